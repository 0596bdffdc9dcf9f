//! Why a statistic is not computed.

use thiserror::Error;

/// A statistic that these measurements cannot carry: why, and what to do instead.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// A value or limit is NaN, infinite, or a limit that is not above 0.
    #[error(
        "measurement {index} is {value}: a value must be a finite number, and a limit above 0; correct it or leave it out"
    )]
    NotANumber {
        /// Zero-based measurement.
        index: usize,
        /// The offending number.
        value: f64,
    },
    /// A method on logarithms, or of a positive quantity, met a value that is not above 0.
    #[error(
        "measurement {index} is {value}, but {method} needs values above 0: give a 0 or less as below its limit, or use \
         Kaplan-Meier"
    )]
    NotPositive {
        /// Zero-based measurement.
        index: usize,
        /// Its value.
        value: f64,
        /// The method.
        method: &'static str,
    },
    /// No value is quantified.
    #[error("all {count} values are below their limits: report that and the highest limit, or ask for lower limits")]
    AllBelow {
        /// Measurements.
        count: usize,
    },
    /// Too many values are below their limits.
    #[error(
        "{below} of {count} values are below their limits, more than 80 %: {method} would rest on too little; report the share \
         above the threshold, or the highest values (practice after Helsel 2012)"
    )]
    MostlyBelow {
        /// Values below their limits.
        below: usize,
        /// Measurements.
        count: usize,
        /// The method.
        method: &'static str,
    },
    /// Too few values are quantified.
    #[error("{found} quantified values are too few: {method} needs at least {needed}; report them one by one")]
    TooFewQuantified {
        /// Quantified values.
        found: usize,
        /// The least.
        needed: usize,
        /// The method.
        method: &'static str,
    },
    /// Too few measurements.
    #[error(
        "{found} values are too few: {method} needs at least {needed}; use Chebyshev's limit, or take more samples"
    )]
    TooFew {
        /// Measurements.
        found: usize,
        /// The least.
        needed: usize,
        /// The method.
        method: &'static str,
    },
    /// All quantified values are equal.
    #[error("all {count} quantified values are {value}: there is no spread to estimate; report the value")]
    NoVariation {
        /// Quantified values.
        count: usize,
        /// Their value.
        value: f64,
    },
    /// The likelihood has no maximum that the search found.
    #[error("the likelihood of a {family} distribution has no maximum here ({reason}): use Kaplan-Meier")]
    NoMaximum {
        /// The family.
        family: &'static str,
        /// What happened.
        reason: &'static str,
    },
    /// A distribution that the test of a probability plot is not made for.
    #[error("a probability plot tests normal and log-normal values, not {family} ones: compare likelihoods instead")]
    NoTest {
        /// The family.
        family: &'static str,
    },
    /// Land's limit where the logarithms scatter too much.
    #[error(
        "the standard deviation of the logarithms is {deviation:.3}, above 1: Land's limit may then be absurdly high where the \
         distribution is not quite log-normal; use Chebyshev's limit"
    )]
    TooSkewed {
        /// Standard deviation of the natural logarithms.
        deviation: f64,
    },
    /// Land's limit of censored values.
    #[error(
        "{below} values are below their limits, and Land's limit is defined for quantified values only: use Chebyshev's limit"
    )]
    Incomplete {
        /// Values below their limits.
        below: usize,
    },
    /// A setting outside its domain.
    #[error("{name} is {value}, but must be {requirement}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The domain.
        requirement: &'static str,
    },
}
