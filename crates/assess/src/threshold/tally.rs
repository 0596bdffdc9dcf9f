//! How many samples are above a limit, and of how many that cannot be told.

use serde::Serialize;
use soilscope_core::censored::Measurement;

/// Samples held against a limit, each against its own where the limit depends on the soil.
///
/// # Examples
/// ```
/// use soilscope_assess::threshold::Tally;
/// use soilscope_core::censored::Measurement::{BelowLimit, Quantified};
/// let mut tally = Tally::default();
/// for measured in [Quantified(0.9), Quantified(0.6), BelowLimit(0.5), BelowLimit(1.0)] {
///     tally.add(measured, 0.6);
/// }
/// assert_eq!((tally.above, tally.not_above, tally.cannot_tell), (1, 2, 1));
/// assert_eq!(tally.share_above(), Some([0.25, 0.5])); // one of four, or two if the last one is
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Values above the limit.
    pub above: usize,
    /// Values at or below it, and those below a limit of detection that is not above it.
    pub not_above: usize,
    /// Below a limit of detection that lies above the limit, or that is not stated.
    pub cannot_tell: usize,
    /// Samples for which there is no limit: their soil is not known, or no row is for it.
    pub without_limit: usize,
}

impl Tally {
    /// Adds a sample; both numbers in one unit.
    pub fn add(&mut self, measured: Measurement, limit: f64) {
        match measured {
            Measurement::Quantified(value) if value > limit => self.above += 1,
            Measurement::BelowLimit(detection) if detection > limit => self.cannot_tell += 1,
            Measurement::Quantified(_) | Measurement::BelowLimit(_) => self.not_above += 1,
        }
    }

    /// Samples that have a limit.
    pub fn compared(&self) -> usize {
        self.above + self.not_above + self.cannot_tell
    }

    /// Share of the compared samples above the limit: at least, and at most if those of which it cannot be told are; `None`
    /// where there are no samples.
    pub fn share_above(&self) -> Option<[f64; 2]> {
        let n = self.compared();
        (n > 0).then(|| [self.above, self.above + self.cannot_tell].map(|k| k as f64 / n as f64))
    }
}
