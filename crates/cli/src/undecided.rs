//! Samples that cannot tell on which side of a threshold they are, because their limit is above it.

use serde::Serialize;

use crate::source::Source;

/// Lines that are kept, at most.
const KEPT: usize = 50;
/// Lines that are said.
const SAID: usize = 10;

/// Samples below limits that are above the threshold.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Undecided {
    pub(crate) count: usize,
    /// Their lines in the file, the first 50.
    lines: Vec<usize>,
    /// Their numbers.
    #[serde(skip)]
    pub(crate) samples: Vec<usize>,
    #[serde(skip)]
    threshold: Option<f64>,
}

impl Undecided {
    /// Those of one threshold for all.
    pub(crate) fn of(source: &Source, threshold: Option<f64>) -> Self {
        Self { threshold, ..Self::of_each(source, |_| threshold) }
    }

    /// Each against its own threshold.
    pub(crate) fn of_each(source: &Source, threshold: impl Fn(usize) -> Option<f64>) -> Self {
        let cannot_tell = |&i: &usize| threshold(i).is_some_and(|t| source.is_undecided(i, t));
        let samples: Vec<usize> = (0..source.samples().len()).filter(cannot_tell).collect();
        let lines = samples.iter().take(KEPT).map(|&i| source.line(i)).collect();
        Self { count: samples.len(), lines, samples, threshold: None }
    }

    /// For the record: nothing where there are none.
    pub(crate) fn some(&self) -> Option<&Self> {
        (self.count > 0).then_some(self)
    }

    /// What a reader must know.
    pub(crate) fn note(&self) -> Option<String> {
        let lines: Vec<String> = self.lines.iter().take(SAID).map(ToString::to_string).collect();
        let more = if self.count > SAID { format!(" and {} more", self.count - SAID) } else { String::new() };
        let threshold = self.threshold.map_or_else(|| "the threshold of their place".to_owned(), |t| t.to_string());
        (self.count > 0).then(|| {
            format!(
                "{} samples are below limits that are above {threshold}: nobody knows on which side of it they are (lines {}{more}); ask \
                 the laboratory for a lower limit there",
                self.count,
                lines.join(", ")
            )
        })
    }

    /// Which samples, one flag each.
    pub(crate) fn flags(&self, samples: usize) -> Vec<bool> {
        let mut flags = vec![false; samples];
        self.samples.iter().for_each(|&i| flags[i] = true);
        flags
    }
}
