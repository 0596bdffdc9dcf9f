//! Change in time: trends at one place, and what differs between two campaigns, at places or on a map.
//!
//! ```
//! use soilscope_assess::trend::{Kriged, change};
//! let before = Kriged { value: 10.0, variance: 2.0 };
//! let after = Kriged { value: 14.0, variance: 2.0 };
//! let change = change(before, after, 0.0)?;
//! assert!((change.z - 2.0).abs() < 1e-12 && (change.p - 0.0455).abs() < 5e-5);
//! # Ok::<(), soilscope_assess::trend::TrendError>(())
//! ```

mod change;
mod mann_kendall;
mod paired;
mod sen;
mod signed_rank;
mod thin;

pub use change::{Change, ChangeRatio, Kriged, change, discoveries};
pub use mann_kendall::{MannKendall, SeasonalValue, mann_kendall, seasonal_mann_kendall};
pub use paired::{PairedT, minimum_detectable_difference, paired_ratio};
pub use sen::{SenSlope, sen_slope};
pub use signed_rank::{SignedRank, signed_rank};
pub use thin::thin;

use thiserror::Error;

use crate::quantity::BadQuantity;

/// Why a trend or a change is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrendError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// Something that the core refuses.
    #[error(transparent)]
    Core(#[from] soilscope_core::Error),
    /// Too few values.
    #[error("{found} values are too few: {purpose} needs at least {needed}")]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
        /// What for.
        purpose: &'static str,
    },
    /// Times and values that do not pair.
    #[error("{left} and {right} must be as many, but there are {lefts} and {rights}")]
    Lengths {
        /// What the first are.
        left: &'static str,
        /// How many there are.
        lefts: usize,
        /// What the second are.
        right: &'static str,
        /// How many there are.
        rights: usize,
    },
    /// Times that do not ascend.
    #[error(
        "time {index} is {time}, which is not after {before}: sort by time, and average what was measured at one time"
    )]
    NotAscending {
        /// Zero-based.
        index: usize,
        /// Its time.
        time: f64,
        /// The one before.
        before: f64,
    },
    /// Several limits of the laboratory.
    #[error(
        "values are below different limits ({least} to {most}): ranks hold with one limit only, so raise all to {most} yourself \
         if that loses little"
    )]
    SeveralLimits {
        /// The least limit.
        least: f64,
        /// The greatest.
        most: f64,
    },
    /// Nothing varies.
    #[error("all values are equal or below the limit: there is nothing to test")]
    NoVariation,
}

fn enough(found: usize, needed: usize, purpose: &'static str) -> Result<(), TrendError> {
    if found < needed { Err(TrendError::TooFew { found, needed, purpose }) } else { Ok(()) }
}

/// Times that ascend, one for each of so many values.
fn ascending(times: &[f64], values: usize) -> Result<(), TrendError> {
    if times.len() != values {
        return Err(TrendError::Lengths { left: "times", lefts: times.len(), right: "values", rights: values });
    }
    for &time in times {
        crate::quantity::finite("time", time)?;
    }
    match times.windows(2).position(|pair| pair[1] <= pair[0]) {
        Some(i) => Err(TrendError::NotAscending { index: i + 1, time: times[i + 1], before: times[i] }),
        None => Ok(()),
    }
}
