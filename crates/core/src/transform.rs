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
    /// multiplier (0 for simple kriging). The variance is that of its error, v² [(e⁻ᵐ − 1)² + e⁻²ᵐ (exp(σ²) − 1)] with
    /// v = exp(y + σ²/2 − m): an unbiased estimate of the mean squared error, 0 at a sample, and the variance of a log-normal
    /// distribution where m = 0. It follows from the moments of jointly log-normal Z(x₀) and its predictor, in which the
    /// unknown factor exp(2μ + 2λᵀc₀) is replaced by its unbiased estimate exp(2y − 2m). Without a variance the value is
    /// exp(y), the median.
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
                let m = prediction.multiplier;
                let value = (prediction.value + variance / 2.0 - m).exp();
                let relative = (-m).exp_m1().powi(2) + (-2.0 * m).exp() * variance.exp_m1();
                Prediction { value, variance: Some(value * value * relative), multiplier: 0.0 }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of standard normal numbers (Box and Muller 1958) of SplitMix64.
    fn normal_pairs() -> impl Iterator<Item = [f64; 2]> {
        let mut state = 7_u64;
        let mut uniform = move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        std::iter::repeat_with(move || {
            let (r, angle) = ((-2.0 * uniform().ln()).sqrt(), std::f64::consts::TAU * uniform());
            [r * angle.cos(), r * angle.sin()]
        })
    }

    #[test]
    fn log_normal_prediction_and_its_variance_are_unbiased() {
        // Y* and Y₀ of mean 1 as ordinary kriging makes them: var Y* = a + m, cov = a, C(0) = σ² + a − m.
        let (a, m, sill) = (0.15, 0.08, 0.4);
        let variance: f64 = sill - a + m;
        let n = 400_000;
        let (mut error, mut squared, mut stated) = (0.0, 0.0, 0.0);
        for [u, w] in normal_pairs().take(n) {
            let spread = f64::sqrt(a + m);
            let y = 1.0 + spread * u;
            let truth = 1.0 + a / spread * u + (sill - a * a / (a + m)).sqrt() * w;
            let back = Transform::Log.back(Prediction { value: y, variance: Some(variance), multiplier: m });
            let difference = back.value - truth.exp();
            error += difference / n as f64;
            squared += difference * difference / n as f64;
            stated += back.variance.unwrap() / n as f64;
        }
        assert!(error.abs() < 0.01, "mean error {error}, of values of {}", (1.0 + sill / 2.0).exp());
        assert!((stated / squared - 1.0).abs() < 0.02, "stated {stated}, found {squared}");
        let at_sample = Transform::Log.back(Prediction { value: 2.0, variance: Some(0.0), multiplier: 0.0 });
        assert_eq!(at_sample.variance, Some(0.0));
    }
}
