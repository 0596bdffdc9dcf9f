//! Readings held against a number: how many are above, of how many that cannot be told, and which lines these are.

use serde::Serialize;
use soilscope_assess::threshold::Tally;
use soilscope_pipeline::samples::Reading;

/// Lines of samples that are kept, at most.
const KEPT: usize = 50;
/// Lines of samples that are said.
const SAID: usize = 10;

/// What `check` and `thresholds compare` count alike, whether the number is the user's or the law's.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Tallied {
    #[serde(flatten)]
    pub(crate) tally: Tally,
    /// Samples that the share is of: above, not above, and those of which it cannot be told.
    pub(crate) compared: usize,
    /// At least, and at most if those of which it cannot be told are above.
    pub(crate) share_above: Option<[f64; 2]>,
    /// Lines of samples above, the first 50.
    rows_above: Vec<usize>,
    /// Lines of samples of which it cannot be told, the first 50.
    rows_cannot_tell: Vec<usize>,
}

impl Tallied {
    /// Adds a reading of a line of the file; one that is missing is no sample.
    pub(crate) fn add(&mut self, reading: Reading, number: f64, line: usize) {
        let before = self.tally;
        match reading {
            Reading::Missing => return,
            Reading::Measured(measured) => self.tally.add(measured, number),
            // Not detected, and nobody says below what.
            _ => self.tally.cannot_tell += 1,
        }
        if self.tally.above > before.above && self.rows_above.len() < KEPT {
            self.rows_above.push(line);
        }
        if self.tally.cannot_tell > before.cannot_tell && self.rows_cannot_tell.len() < KEPT {
            self.rows_cannot_tell.push(line);
        }
        self.compared = self.tally.compared();
        self.share_above = self.tally.share_above();
    }

    /// `93 of 155 above (60.0 to 94.2 %)`; `above` as the sentence wants it.
    pub(crate) fn words(&self, above: &str) -> String {
        let share = self.share_above.map_or_else(String::new, |share| format!(" ({})", percent(share)));
        format!("{} of {} {above}{share}", self.tally.above, self.compared)
    }

    /// Of how many it cannot be told, and where they stand; nothing where it can of all.
    pub(crate) fn doubt(&self) -> Option<String> {
        let count = self.tally.cannot_tell;
        let shown: Vec<String> = self.rows_cannot_tell.iter().take(SAID).map(ToString::to_string).collect();
        let more = if count > shown.len() { format!(" and {} more", count - shown.len()) } else { String::new() };
        (count > 0).then(|| {
            format!(
                "{count} cannot be told: the limit of detection lies above the threshold, or is not stated (lines {}{more})",
                shown.join(", ")
            )
        })
    }
}

/// A share from least to most, one number where they are the same.
pub(crate) fn percent([least, most]: [f64; 2]) -> String {
    if least == most {
        format!("{:.1} %", 100.0 * least)
    } else {
        format!("{:.1} to {:.1} %", 100.0 * least, 100.0 * most)
    }
}
