//! The Box–Cox family of transforms, which holds the logarithm and the data as they are.
//!
//! # Source
//! Box & Cox (1964), *Journal of the Royal Statistical Society B* 26:211.

use super::gaussian::back_by_expectation;
use crate::{Error, Prediction, Result, Samples};

/// y = (z^λ − 1)/λ, the natural logarithm for λ = 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BoxCox {
    lambda: f64,
}

/// Largest |λ|: beyond it the transform says nothing about soil.
const MOST_LAMBDA: f64 = 3.0;

impl BoxCox {
    /// The natural logarithm.
    pub const LOG: Self = Self { lambda: 0.0 };

    /// # Errors
    /// A λ outside [−3, 3].
    pub fn new(lambda: f64) -> Result<Self> {
        if !(-MOST_LAMBDA..=MOST_LAMBDA).contains(&lambda) {
            return Err(Error::Parameter { name: "Box-Cox lambda", value: lambda, requirement: "from -3 to 3" });
        }
        Ok(Self { lambda })
    }

    /// The λ in [−2, 2] under which the values are most likely normal.
    ///
    /// The profile log-likelihood −(n/2) ln σ̂²(λ) + (λ − 1) Σ ln z is maximised as if the values were independent, which
    /// samples of a field are not: a proposal, not an estimate with a standard error.
    ///
    /// # Errors
    /// As [`forward`](Self::forward) for a logarithm, or values that are all equal.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Samples, normal::normal_quantile, transform::BoxCox};
    /// let coords = (0..99).map(|i| [f64::from(i), 0.0]).collect();
    /// let values = (1..100).map(|i| (2.0 + 0.2 * normal_quantile(f64::from(i) / 100.0)).powi(2)).collect();
    /// let lambda = BoxCox::most_likely(&Samples::new(coords, values)?)?.lambda();
    /// assert!((lambda - 0.5).abs() < 0.1, "{lambda}");
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn most_likely(samples: &Samples) -> Result<Self> {
        samples.check_variation()?;
        Self::LOG.check_domain(samples)?;
        // In units of the geometric mean the Jacobian is 1, and powers stay within bounds.
        let logs: Vec<f64> = samples.values().iter().map(|v| v.ln()).collect();
        let mean_log = logs.iter().sum::<f64>() / logs.len() as f64;
        let spread = |lambda: f64| {
            let y: Vec<f64> = logs.iter().map(|l| power(lambda, l - mean_log)).collect();
            let mean = y.iter().sum::<f64>() / y.len() as f64;
            y.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let (mut low, mut high) = (-2.0_f64, 2.0_f64);
        while high - low > 1e-6 {
            // ln σ̂²(λ) has one minimum for all but freak data; golden section finds it, or one of them.
            let third = (high - low) * 0.381_966_011_250_105_2;
            if spread(low + third) < spread(high - third) { high -= third } else { low += third }
        }
        Self::new(0.5 * (low + high))
    }

    /// λ.
    pub fn lambda(self) -> f64 {
        self.lambda
    }

    /// Refuses values that the transform cannot take.
    ///
    /// # Errors
    /// [`Error::Transform`] for a value below 0, or one of 0 where λ ≤ 0.
    pub(super) fn check_domain(self, samples: &Samples) -> Result<()> {
        let outside = |v: f64| if self.lambda > 0.0 { v < 0.0 } else { v <= 0.0 };
        if let Some(index) = samples.values().iter().position(|&v| outside(v)) {
            let (transform, requirement) = if self.lambda > 0.0 {
                ("Box-Cox", "values of 0 or more")
            } else if self.lambda == 0.0 {
                ("log", "values above 0; zeros are usually non-detects: give them as '<limit'")
            } else {
                (
                    "Box-Cox",
                    "values above 0 where lambda is below 0; zeros are usually non-detects: give them as '<limit'",
                )
            };
            return Err(Error::Transform { index, value: samples.values()[index], transform, requirement });
        }
        Ok(())
    }

    /// y of a value in the transform's domain; −1/λ or −∞ for 0.
    #[inline]
    pub fn forward(self, z: f64) -> f64 {
        if z <= 0.0 && self.lambda > 0.0 { -1.0 / self.lambda } else { power(self.lambda, z.ln()) }
    }

    /// dy/dz, by which a small error on the data's scale is one on the modelling scale.
    #[inline]
    pub(super) fn slope(self, z: f64) -> f64 {
        z.powf(self.lambda - 1.0)
    }

    /// z of a y: 0 below the transform's range, infinite above it.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::transform::BoxCox;
    /// let root = BoxCox::new(0.5)?;
    /// assert!((root.back(root.forward(9.0)) - 9.0).abs() < 1e-14);
    /// assert_eq!(root.back(-3.0), 0.0);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    #[inline]
    pub fn back(self, y: f64) -> f64 {
        let ly = self.lambda * y;
        if self.lambda.abs() < 1e-12 {
            y.exp()
        } else if ly > -1.0 {
            (ly.ln_1p() / self.lambda).exp()
        } else if self.lambda > 0.0 {
            0.0
        } else {
            f64::INFINITY
        }
    }

    /// Second derivative of [`back`](Self::back).
    fn curvature(self, y: f64) -> f64 {
        (1.0 - self.lambda) * self.back(y).powf(1.0 - 2.0 * self.lambda)
    }

    /// First derivative of [`back`](Self::back).
    fn back_slope(self, y: f64) -> f64 {
        self.back(y).powf(1.0 - self.lambda)
    }

    /// A prediction in the data's unit; see [`Transform::back`](super::Transform::back).
    pub(super) fn back_prediction(self, p: Prediction) -> Prediction {
        let Some(variance) = p.variance else {
            return Prediction { value: self.back(p.value), variance: None, multiplier: 0.0 };
        };
        // Var(Y*) + this is the variance of the field, so that the predictor has the field's mean.
        let missing = variance - 2.0 * p.multiplier;
        if self.lambda < 0.0 || missing < 0.0 {
            // No expectation exists, or no distribution is narrow enough: two terms of the series instead.
            let value = self.back(p.value) + 0.5 * self.curvature(p.value) * missing;
            let spread = self.back_slope(p.value).powi(2) * variance;
            return Prediction { value, variance: Some(spread), multiplier: 0.0 };
        }
        back_by_expectation(p.value, missing, variance, |y| self.back(y))
    }

    /// Trans-Gaussian kriging as gstat's `krigeTg`: z = φ(y) + φ″(μ)(σ²/2 − m), variance φ′(μ)²σ², with φ the way back, μ the
    /// generalised least-squares mean on the modelling scale and m the Lagrange multiplier.
    ///
    /// A series around one mean for all targets. [`Transform::back`](super::Transform::back) takes the whole distribution
    /// at each target instead, and is what maps are made with; this one is for those who compare with gstat.
    ///
    /// # Units
    /// `prediction` and `mean` on the modelling scale; the result in the data's unit.
    ///
    /// # Source
    /// Cressie (1993), *Statistics for Spatial Data*, sec. 3.2.2.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::{Prediction, transform::BoxCox};
    /// let y = Prediction { value: 1.0, variance: Some(0.2), multiplier: 0.05 };
    /// let z = BoxCox::new(0.5)?.trans_gaussian(y, 2.0);
    /// assert!((z.value - (1.5_f64.powi(2) + 0.5 * (0.1 - 0.05))).abs() < 1e-15);
    /// # Ok::<(), soilscope_core::Error>(())
    /// ```
    pub fn trans_gaussian(self, prediction: Prediction, mean: f64) -> Prediction {
        let variance = prediction.variance.unwrap_or(0.0);
        let correction = self.curvature(mean) * (0.5 * variance - prediction.multiplier);
        let value = self.back(prediction.value) + correction;
        Prediction { value, variance: prediction.variance.map(|v| self.back_slope(mean).powi(2) * v), multiplier: 0.0 }
    }
}

/// (e^(λl) − 1)/λ, l for λ = 0, without loss of digits near it.
fn power(lambda: f64, log: f64) -> f64 {
    if lambda.abs() < 1e-12 { log } else { (lambda * log).exp_m1() / lambda }
}
