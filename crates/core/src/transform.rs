//! Scales on which a field is modelled, and the way back to the data's unit.

use crate::{Error, Prediction, Result, Samples};

/// A transform of the data before modelling.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Transform {
    /// The data as they are; the prediction error is taken as Gaussian.
    #[default]
    None,
    /// Natural logarithm; the field is log-normal.
    Log,
}

impl Transform {
    /// The samples on the modelling scale.
    ///
    /// # Errors
    /// [`Error::Transform`] where a value is outside the transform's domain: a logarithm needs values above 0.
    pub fn forward(self, samples: &Samples) -> Result<Samples> {
        match self {
            Self::None => Ok(samples.clone()),
            Self::Log => {
                if let Some(index) = samples.values().iter().position(|&v| v <= 0.0) {
                    return Err(Error::Transform {
                        index,
                        value: samples.values()[index],
                        transform: "log",
                        requirement: "values above 0; zeros are usually non-detects: give them as '<limit'",
                    });
                }
                samples.with_values(samples.values().iter().map(|v| v.ln()).collect())
            }
        }
    }

    /// A prediction in the data's unit, from one on the modelling scale.
    ///
    /// For the logarithm the value is the unbiased log-normal kriging predictor exp(y + σ²/2 − m), with m the Lagrange
    /// multiplier (0 for simple kriging), and the variance is that of the log-normal distribution with log-mean y and
    /// log-variance σ², v² (exp(σ²) − 1) with v = exp(y + σ²/2). Without a variance the value is exp(y), the median.
    ///
    /// # Units
    /// Value in the data's unit, variance in its square.
    ///
    /// # Source
    /// Cressie (1993), *Statistics for Spatial Data*, sec. 3.2.2 (log-normal kriging), with the multiplier's sign as in
    /// [`Prediction::multiplier`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Prediction, transform::Transform};
    /// let on_log = Prediction { value: 2.0, variance: Some(0.5), multiplier: 0.0 };
    /// assert_eq!(Transform::Log.back(on_log).value, (2.0_f64 + 0.25).exp());
    /// ```
    pub fn back(self, prediction: Prediction) -> Prediction {
        match (self, prediction.variance) {
            (Self::None, _) => prediction,
            (Self::Log, None) => Prediction { value: prediction.value.exp(), variance: None, multiplier: 0.0 },
            (Self::Log, Some(variance)) => {
                let mean = (prediction.value + variance / 2.0).exp();
                Prediction {
                    value: (prediction.value + variance / 2.0 - prediction.multiplier).exp(),
                    variance: Some(mean * mean * variance.exp_m1()),
                    multiplier: 0.0,
                }
            }
        }
    }

    /// P(field > `threshold`) for a Gaussian prediction error on the modelling scale; `None` without a variance.
    ///
    /// With zero variance, as at a sample, the probability is 0 or 1 (the value itself decides; equality is not above).
    ///
    /// # Units
    /// `threshold` in the data's unit, `prediction` on the modelling scale.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Prediction, transform::Transform};
    /// let on_log = Prediction { value: 500.0_f64.ln(), variance: Some(0.3), multiplier: 0.0 };
    /// assert!((Transform::Log.exceedance(&on_log, 500.0).unwrap() - 0.5).abs() < 1e-15);
    /// ```
    pub fn exceedance(self, prediction: &Prediction, threshold: f64) -> Option<f64> {
        let variance = prediction.variance?;
        let threshold = match self {
            Self::None => threshold,
            Self::Log if threshold <= 0.0 => return Some(1.0),
            Self::Log => threshold.ln(),
        };
        let excess = prediction.value - threshold;
        if variance <= 0.0 {
            return Some(if excess > 0.0 { 1.0 } else { 0.0 });
        }
        Some(normal_cdf(excess / variance.sqrt()))
    }

    /// The distribution assumed by [`exceedance`](Self::exceedance), for the record.
    pub fn distribution(self) -> &'static str {
        match self {
            Self::None => "Gaussian",
            Self::Log => "log-normal (Gaussian on the natural logarithm)",
        }
    }
}

/// Standard normal distribution function.
///
/// # Examples
/// ```
/// assert!((soilscope_core::transform::normal_cdf(1.959963984540054) - 0.975).abs() < 1e-15);
/// ```
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}
