//! Scales on which a field is modelled, and the way back to the data's unit.

mod box_cox;
mod gaussian;
mod mixed;

pub use box_cox::BoxCox;

use crate::normal_score::NormalScore;
use crate::{Error, Prediction, Result, Samples};

/// A transform of the data before modelling.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Transform {
    /// The data as they are; the prediction error is taken as Gaussian.
    #[default]
    None,
    /// Natural logarithm; the field is log-normal.
    Log,
    /// A power; the field is normal after it.
    BoxCox(BoxCox),
    /// Ranks; the field is normal on their scores.
    NormalScore(Box<NormalScore>),
}

impl Transform {
    /// The samples on the modelling scale, with what they carry. Error variances follow by the delta method: they are
    /// multiplied by the square of the transform's slope at the value.
    ///
    /// # Errors
    /// [`Error::Transform`] where a value is outside the transform's domain: a logarithm needs values above 0; or for
    /// normal scores of samples with measurement errors, since ranks have no slope by which errors could follow.
    pub fn forward(&self, samples: &Samples) -> Result<Samples> {
        let power = match self {
            Self::None => return Ok(samples.clone()),
            Self::Log => BoxCox::LOG,
            Self::BoxCox(power) => *power,
            Self::NormalScore(scores) => {
                if let Some(index) = (0..samples.len()).find(|&i| samples.error_variance(i) > 0.0) {
                    let (transform, requirement) = ("normal-score", "samples without measurement errors of their own");
                    return Err(Error::Transform { index, value: samples.values()[index], transform, requirement });
                }
                return samples.with_values(samples.values().iter().map(|&v| scores.forward(v)).collect());
            }
        };
        power.check_domain(samples)?;
        let values = samples.values();
        let transformed = samples.with_values(values.iter().map(|&v| power.forward(v)).collect())?;
        let Some(errors) = samples.error_variances() else { return Ok(transformed) };
        // At 0 a power below 1 has no slope: such a sample cannot carry an error.
        let error = |(&z, &e): (&f64, &f64)| if e == 0.0 { 0.0 } else { power.slope(z).powi(2) * e };
        transformed.with_error_variances(values.iter().zip(errors).map(error).collect())
    }

    /// A value on the modelling scale; −∞ or NaN outside the transform's domain.
    #[inline]
    pub fn forward_value(&self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log => value.ln(),
            Self::BoxCox(power) => power.forward(value),
            Self::NormalScore(scores) => scores.forward(value),
        }
    }

    /// Logarithm of the transform's slope at a value in the data's unit: what a density on the modelling scale is multiplied
    /// by on the data's. `None` for normal scores, which are a table and have no slope at its entries.
    pub(crate) fn log_slope(&self, value: f64) -> Option<f64> {
        match self {
            Self::None => Some(0.0),
            Self::Log => Some(-value.ln()),
            Self::BoxCox(power) => Some(power.slope(value).ln()),
            Self::NormalScore(_) => None,
        }
    }

    /// The quantile in the data's unit of a quantile on the modelling scale: the way back of a value as it is, without a
    /// correction for the mean.
    #[inline]
    pub fn back_value(&self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Log => value.exp(),
            Self::BoxCox(power) => power.back(value),
            Self::NormalScore(scores) => scores.back(value),
        }
    }

    /// A prediction in the data's unit, from one on the modelling scale.
    ///
    /// The value is E φ(Y) for Y normal around the prediction y with variance σ² − 2m, with φ the way back and m the
    /// Lagrange multiplier (0 for simple kriging). The kriging predictor itself varies with variance C(0) − (σ² − 2m), so
    /// that together they have the distribution of the field, and the mean of predictions is the field's: unbiased
    /// whatever φ. For the logarithm that is exp(y + σ²/2 − m), the known log-normal predictor, and the variance is that of
    /// its error, v² [(e⁻ᵐ − 1)² + e⁻²ᵐ (exp(σ²) − 1)]: an unbiased estimate of the mean squared error, 0 at a sample, and the
    /// variance of a log-normal distribution where m = 0. It follows from the moments of jointly log-normal Z(x₀) and its
    /// predictor, in which the unknown factor exp(2μ + 2λᵀc₀) is replaced by its unbiased estimate exp(2y − 2m). For powers
    /// the variance is Var φ(Y) + (E φ(Y) − v)² with Y of variance σ².
    ///
    /// For normal scores φ is made of straight pieces, which the quadrature takes to about a hundredth of the deviation.
    /// Where there is no such expectation (a power below 0; or σ² < 2m, far outside the samples with a drift) φ is replaced
    /// by two terms of its series around y. Without a variance the value is φ(y), the median.
    ///
    /// # Units
    /// Value in the data's unit, variance in its square.
    ///
    /// # Source
    /// Cressie (1993), *Statistics for Spatial Data*, sec. 3.2.2 (log-normal and trans-Gaussian kriging), with the
    /// multiplier's sign as in [`Prediction::multiplier`]; the expectation for powers is derived above.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Prediction, transform::Transform};
    /// let on_log = Prediction { value: 2.0, variance: Some(0.5), multiplier: 0.0 };
    /// assert_eq!(Transform::Log.back(on_log).value, (2.0_f64 + 0.25).exp());
    /// ```
    pub fn back(&self, prediction: Prediction) -> Prediction {
        match (self, prediction.variance) {
            (Self::None, _) => prediction,
            (Self::BoxCox(power), _) if *power == BoxCox::LOG => Self::Log.back(prediction),
            (Self::BoxCox(power), _) => power.back_prediction(prediction),
            (Self::NormalScore(scores), None) => {
                Prediction { value: scores.back(prediction.value), variance: None, multiplier: 0.0 }
            }
            (Self::NormalScore(scores), Some(variance)) => {
                let missing = (variance - 2.0 * prediction.multiplier).max(0.0);
                gaussian::back_by_expectation(prediction.value, missing, variance, |y| scores.back(y))
            }
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
    pub fn exceedance(&self, prediction: &Prediction, threshold: f64) -> Option<f64> {
        let variance = prediction.variance?;
        let threshold = match self.threshold(threshold) {
            Ok(threshold) => threshold,
            Err(certain) => return Some(certain),
        };
        let excess = prediction.value - threshold;
        if variance <= 0.0 {
            return Some(if excess > 0.0 { 1.0 } else { 0.0 });
        }
        Some(normal_cdf(excess / variance.sqrt()))
    }

    /// A threshold on the modelling scale, or the probability of being above it where the scale does not reach there.
    fn threshold(&self, threshold: f64) -> std::result::Result<f64, f64> {
        Ok(match self {
            Self::None => threshold,
            Self::Log if threshold <= 0.0 => return Err(1.0),
            Self::Log => threshold.ln(),
            // The field cannot be negative, and 0 only where the power is above 0.
            Self::BoxCox(power) if threshold < 0.0 || (threshold == 0.0 && power.lambda() <= 0.0) => return Err(1.0),
            Self::BoxCox(power) => power.forward(threshold),
            Self::NormalScore(scores) if threshold < scores.bounds()[0] => return Err(1.0),
            Self::NormalScore(scores) if threshold >= scores.bounds()[1] => return Err(0.0),
            Self::NormalScore(scores) => scores.forward(threshold),
        })
    }

    /// The distribution assumed by [`exceedance`](Self::exceedance), for the record.
    pub fn distribution(&self) -> String {
        match self {
            Self::None => "Gaussian".into(),
            Self::Log => "log-normal (Gaussian on the natural logarithm)".into(),
            Self::NormalScore(_) => "Gaussian on the normal scores of the samples".into(),
            Self::BoxCox(power) => format!("Gaussian on the Box-Cox scale with lambda {}", power.lambda()),
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

    /// Ordinary kriging's predictor and truth, as in the test below, on a square-root scale: the mean of predictions is the
    /// mean of truths, and the stated variance the mean squared error.
    #[test]
    fn power_prediction_is_unbiased_and_its_variance_right() {
        let (a, m, sill, mu) = (0.15, 0.08, 0.4, 2.5);
        let variance: f64 = sill - a + m;
        let n = 100_000;
        let root = Transform::BoxCox(BoxCox::new(0.5).unwrap());
        let (mut error, mut squared, mut stated) = (0.0, 0.0, 0.0);
        for [u, w] in normal_pairs().take(n) {
            let spread = f64::sqrt(a + m);
            let y = mu + spread * u;
            let truth = root.back_value(mu + a / spread * u + (sill - a * a / (a + m)).sqrt() * w);
            let back = root.back(Prediction { value: y, variance: Some(variance), multiplier: m });
            error += (back.value - truth) / n as f64;
            squared += (back.value - truth).powi(2) / n as f64;
            stated += back.variance.unwrap() / n as f64;
        }
        // Errors have a standard deviation of 1.3: their mean is good to 0.004.
        assert!(error.abs() < 0.013, "mean error {error}");
        assert!((stated / squared - 1.0).abs() < 0.03, "stated {stated}, found {squared}");
    }

    #[test]
    fn box_cox_of_lambda_0_is_the_logarithm_and_of_1_is_a_shift() {
        let p = Prediction { value: 1.2, variance: Some(0.3), multiplier: 0.05 };
        let (power, log) = (Transform::BoxCox(BoxCox::LOG).back(p), Transform::Log.back(p));
        assert_eq!(power, log);
        let shift = Transform::BoxCox(BoxCox::new(1.0).unwrap()).back(Prediction { value: 5.0, multiplier: 0.0, ..p });
        assert!((shift.value - 6.0).abs() < 1e-12 && (shift.variance.unwrap() - 0.3).abs() < 1e-12, "{shift:?}");
        let at_sample = Transform::BoxCox(BoxCox::new(0.3).unwrap()).back(Prediction {
            value: 2.0,
            variance: Some(0.0),
            multiplier: 0.0,
        });
        assert_eq!((at_sample.value, at_sample.variance), (BoxCox::new(0.3).unwrap().back(2.0), Some(0.0)));
    }

    #[test]
    fn exceedance_of_a_power_is_that_of_its_scale() {
        let p = Prediction { value: 1.0, variance: Some(0.5), multiplier: 0.0 };
        for lambda in [-0.5, 0.0, 0.3, 1.0] {
            let power = BoxCox::new(lambda).unwrap();
            let transform = Transform::BoxCox(power);
            let at_median = transform.exceedance(&p, power.back(1.0)).unwrap();
            assert!((at_median - 0.5).abs() < 1e-12, "{lambda}: {at_median}");
            assert_eq!(transform.exceedance(&p, -1.0), Some(1.0));
        }
    }

    #[test]
    fn normal_scores_come_back_unbiased_and_within_the_data() {
        let values: Vec<f64> =
            (1..200).map(|i| (1.0 + 0.8 * crate::normal::normal_quantile(f64::from(i) / 200.0)).exp()).collect();
        let coords = (0..values.len()).map(|i| [i as f64, 0.0]).collect();
        let samples = Samples::new(coords, values.clone()).unwrap();
        let transform = Transform::NormalScore(Box::new(NormalScore::from_values(&values, None).unwrap()));
        let scores = transform.forward(&samples).unwrap();
        for (&z, &y) in values.iter().zip(scores.values()) {
            let back = transform.back(Prediction { value: y, variance: Some(0.0), multiplier: 0.0 });
            assert!((back.value / z - 1.0).abs() < 1e-12 && back.variance == Some(0.0), "{z}: {back:?}");
        }
        // A prediction that says nothing has the data's mean and variance.
        let nothing = transform.back(Prediction { value: 0.0, variance: Some(1.0), multiplier: 0.0 });
        let deviation = samples.variance().sqrt();
        assert!((nothing.value - samples.mean()).abs() < 0.02 * deviation, "{} {}", nothing.value, samples.mean());
        assert!((nothing.variance.unwrap().sqrt() / deviation - 1.0).abs() < 0.03, "{nothing:?} {deviation}");
        let p = Prediction { value: 0.3, variance: Some(0.5), multiplier: 0.0 };
        assert_eq!(transform.exceedance(&p, 0.0), Some(1.0));
        assert_eq!(transform.exceedance(&p, 1e9), Some(0.0));
        assert!((transform.exceedance(&p, transform.back_value(0.3)).unwrap() - 0.5).abs() < 1e-12);
        let with_errors = samples.with_error_variances(vec![0.1; values.len()]).unwrap();
        assert!(matches!(transform.forward(&with_errors), Err(Error::Transform { index: 0, .. })));
    }

    #[test]
    fn error_variances_follow_the_slope() {
        let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0]], vec![2.0, 4.0]).unwrap();
        let samples = samples.with_error_variances(vec![0.04, 0.0]).unwrap();
        let log = Transform::Log.forward(&samples).unwrap();
        assert!((log.error_variance(0) - 0.01).abs() < 1e-15 && log.error_variance(1) == 0.0);
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
