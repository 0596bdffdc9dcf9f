//! How much of a column is below its limits, and what follows for its statistics.

use std::fmt;

use super::{Measurement, Refused};

/// Share of values below their limits above which no estimator is used.
const MOST_BELOW: f64 = 0.8;

/// How many values are below which limits.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Censoring {
    /// Measurements.
    pub count: usize,
    /// Values below their limits.
    pub below: usize,
    /// Each limit, increasing, and how many values are below it.
    pub limits: Vec<(f64, usize)>,
}

/// What to be careful with.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Caution {
    /// More than half of the values are below their limits.
    MoreThanHalfBelow,
    /// Fewer values than the method is recommended for.
    FewValues {
        /// Measurements.
        found: usize,
        /// Recommended.
        recommended: usize,
    },
    /// The lowest value is a limit, so the lower tail rests on a convention: its share of the distribution.
    LeftMass {
        /// Share that the convention places.
        share: f64,
    },
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MoreThanHalfBelow => {
                write!(
                    f,
                    "more than half of the values are below their limits: the lower half of the distribution rests on the method"
                )
            }
            Self::FewValues { found, recommended } => {
                write!(f, "{found} values, where practice after Helsel (2012) asks for {recommended} or more")
            }
            Self::LeftMass { share } => {
                write!(
                    f,
                    "{:.1} % of the distribution lies below every quantified value, and its place is a convention",
                    100.0 * share
                )
            }
        }
    }
}

impl Censoring {
    /// Counts the limits of a column.
    ///
    /// # Errors
    /// [`Refused::NotANumber`].
    ///
    /// # Examples
    /// ```
    /// use soilscope_core::censored::{Censoring, Measurement::{BelowLimit, Quantified}};
    /// let censoring = Censoring::of(&[BelowLimit(5.0), Quantified(7.0), BelowLimit(2.0), BelowLimit(5.0)])?;
    /// assert_eq!((censoring.below, censoring.limits), (3, vec![(2.0, 1), (5.0, 2)]));
    /// # Ok::<(), soilscope_core::censored::Refused>(())
    /// ```
    pub fn of(measurements: &[Measurement]) -> Result<Self, Refused> {
        let mut limits = Vec::new();
        for (index, m) in measurements.iter().enumerate() {
            match *m {
                Measurement::Quantified(value) if value.is_finite() => {}
                Measurement::BelowLimit(limit) if limit > 0.0 && limit.is_finite() => limits.push(limit),
                Measurement::Quantified(value) | Measurement::BelowLimit(value) => {
                    return Err(Refused::NotANumber { index, value });
                }
            }
        }
        let below = limits.len();
        limits.sort_by(f64::total_cmp);
        let counted = limits.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect();
        Ok(Self { count: measurements.len(), below, limits: counted })
    }

    /// Quantified values.
    pub fn quantified(&self) -> usize {
        self.count - self.below
    }

    /// Share of values below their limits, from 0 to 1.
    pub fn share_below(&self) -> f64 {
        self.below as f64 / self.count.max(1) as f64
    }

    /// Counts, and refuses what no estimator of a whole distribution should be used for: fewer quantified values than
    /// `needed`, none at all, or more than 80 % below.
    pub(super) fn checked(measurements: &[Measurement], needed: usize, method: &'static str) -> Result<Self, Refused> {
        let counts = Self::of(measurements)?;
        let (count, below, found) = (counts.count, counts.below, counts.quantified());
        if found == 0 && count > 0 {
            return Err(Refused::AllBelow { count });
        }
        if counts.share_below() > MOST_BELOW {
            return Err(Refused::MostlyBelow { below, count, method });
        }
        if found < needed {
            return Err(Refused::TooFewQuantified { found, needed, method });
        }
        Ok(counts)
    }

    /// What to be careful with, for a method that is recommended for so many values.
    pub(super) fn cautions(&self, recommended: usize) -> Vec<Caution> {
        let mut cautions = Vec::new();
        if self.share_below() > 0.5 {
            cautions.push(Caution::MoreThanHalfBelow);
        }
        if self.below > 0 && self.count < recommended {
            cautions.push(Caution::FewValues { found: self.count, recommended });
        }
        cautions
    }
}

/// The quantified values, in the order of the measurements.
pub(super) fn quantified(measurements: &[Measurement]) -> Vec<f64> {
    let value = |m: &Measurement| match *m {
        Measurement::Quantified(value) => Some(value),
        Measurement::BelowLimit(_) => None,
    };
    measurements.iter().filter_map(value).collect()
}

/// Refuses quantified values without spread.
pub(super) fn check_spread(values: &[f64]) -> Result<(), Refused> {
    match values {
        [first, rest @ ..] if rest.iter().all(|v| v == first) => {
            Err(Refused::NoVariation { count: values.len(), value: *first })
        }
        _ => Ok(()),
    }
}

/// The measurements' natural logarithms.
pub(super) fn logarithms(measurements: &[Measurement], method: &'static str) -> Result<Vec<Measurement>, Refused> {
    let log = |(index, m): (usize, &Measurement)| match *m {
        Measurement::Quantified(value) if value > 0.0 => Ok(Measurement::Quantified(value.ln())),
        Measurement::Quantified(value) => Err(Refused::NotPositive { index, value, method }),
        Measurement::BelowLimit(limit) => Ok(Measurement::BelowLimit(limit.ln())),
    };
    measurements.iter().enumerate().map(log).collect()
}
