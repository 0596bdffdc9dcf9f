//! What a reader should know of predictions, in numbers.

use serde::Serialize;

/// How many predicted places there is something to say of.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    /// Systems that were singular until samples that say nothing new were left out.
    pub(crate) reduced: u64,
    /// Predictions cut to their bounds.
    pub(crate) clipped: u64,
    /// A covariate is beyond those of all samples.
    pub(crate) extrapolated: u64,
    /// No prediction, for a class that no sample has.
    pub(crate) unknown_class: u64,
    /// Lines of samples that say nothing new beside others and were left out of a system of all.
    pub(crate) left_out: Vec<usize>,
}

impl Counts {
    /// The counts in words, of `total` places called `what` (`cells`).
    pub(crate) fn notes(&self, what: &str, total: u64) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.left_out.is_empty() {
            let lines: Vec<String> = self.left_out.iter().take(10).map(ToString::to_string).collect();
            let more = if self.left_out.len() > lines.len() { " …" } else { "" };
            notes.push(format!(
                "{} samples say nothing that their neighbours do not, under a model so smooth, and were left out (lines {}{more}): \
                 the system is singular with them; a nugget in the --model keeps them",
                self.left_out.len(),
                lines.join(", ")
            ));
        }
        let mut note = |count: u64, words: &str| {
            if count > 0 {
                notes.push(format!("{count} of {total} {what} {words}"));
            }
        };
        note(
            self.reduced,
            "have a system from which samples that say nothing new under the model were left out, as it is singular with them",
        );
        note(self.clipped, "had a predicted probability below 0 or above 1, which was cut to 0 or 1");
        note(
            self.extrapolated,
            "have a covariate below or above those of all samples: there the drift is extrapolated",
        );
        note(self.unknown_class, "have a class of a covariate that no sample has, and so no prediction");
        notes
    }
}
