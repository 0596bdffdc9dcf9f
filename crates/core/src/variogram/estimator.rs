//! How the pairs of a lag class become one semivariance.

/// Estimator of a lag class's semivariance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Estimator {
    /// Half the mean squared difference (Matheron 1962).
    #[default]
    Matheron,
    /// Robust: 0.5 (mean √|Δ|)⁴ / (0.457 + 0.494/N) (Cressie & Hawkins 1980, *Mathematical Geology* 12:115,
    /// without the term in 1/N², as gstat).
    CressieHawkins,
}

impl Estimator {
    /// What a pair with this difference adds to its class's sum.
    #[inline]
    pub(super) fn term(self, difference: f64) -> f64 {
        match self {
            Self::Matheron => difference * difference,
            Self::CressieHawkins => difference.abs().sqrt(),
        }
    }

    /// Semivariance of a class of `pairs` pairs, from the sum of their terms.
    pub(super) fn semivariance(self, sum: f64, pairs: u64) -> f64 {
        let n = pairs as f64;
        match self {
            Self::Matheron => sum / (2.0 * n),
            Self::CressieHawkins => 0.5 * (sum / n).powi(4) / (0.457 + 0.494 / n),
        }
    }
}
