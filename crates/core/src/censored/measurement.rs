//! What a laboratory reported, and what a user may ask to stand in for it.

/// What a laboratory reported.
///
/// A value below the limit is never a number: [`Substitution`] turns it into one only where a user asked for it.
///
/// # Units
/// The analyte's, as `mg/kg`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Measurement {
    /// A quantified value.
    Quantified(f64),
    /// Somewhere below this limit.
    BelowLimit(f64),
}

impl Measurement {
    /// The same measurement in another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Quantified(value) => Self::Quantified(value * factor),
            Self::BelowLimit(limit) => Self::BelowLimit(limit * factor),
        }
    }

    /// Whether the value is below its limit.
    pub fn is_below_limit(self) -> bool {
        matches!(self, Self::BelowLimit(_))
    }
}

/// What stands in for a value below its limit, where the user asked for a number, or that nothing does.
///
/// Substitution biases means and variances (Helsel 2012, *Statistics for Censored Environmental Data*, ch. 1): its use is
/// counted and reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Substitution {
    /// Half the limit.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "limit/2"))]
    HalfLimit,
    /// The limit itself: an upper bound.
    #[cfg_attr(feature = "serde", serde(rename = "limit"))]
    Limit,
    /// The limit divided by √2.
    #[cfg_attr(feature = "serde", serde(rename = "limit/sqrt2"))]
    LimitOverSqrt2,
    /// Leave the sample out.
    #[cfg_attr(feature = "serde", serde(rename = "drop"))]
    Drop,
    /// None: the number is the limit, and the value somewhere below it.
    #[cfg_attr(feature = "serde", serde(rename = "censored"))]
    Censored,
}

impl Substitution {
    /// The number to use for `measurement`, or `None` where it is left out; for [`Censored`](Self::Censored) the limit.
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::censored::{Measurement, Substitution};
    /// assert_eq!(Substitution::HalfLimit.apply(Measurement::BelowLimit(0.2)), Some(0.1));
    /// assert_eq!(Substitution::HalfLimit.apply(Measurement::Quantified(0.2)), Some(0.2));
    /// assert_eq!(Substitution::Drop.apply(Measurement::BelowLimit(0.2)), None);
    /// ```
    pub fn apply(self, measurement: Measurement) -> Option<f64> {
        match (measurement, self) {
            (Measurement::Quantified(value), _) => Some(value),
            (Measurement::BelowLimit(limit), Self::HalfLimit) => Some(limit / 2.0),
            (Measurement::BelowLimit(limit), Self::Limit | Self::Censored) => Some(limit),
            (Measurement::BelowLimit(limit), Self::LimitOverSqrt2) => Some(limit / std::f64::consts::SQRT_2),
            (Measurement::BelowLimit(_), Self::Drop) => None,
        }
    }
}
