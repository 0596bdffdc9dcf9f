//! How near our numbers come to the reference's, judged, and recorded where `SOILSCOPE_AGREEMENT` names a folder.

use std::path::PathBuf;

use crate::vectors::Case;

/// How a difference is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// |ours − reference|.
    Absolute,
    /// |ours − reference| / |reference|.
    Relative,
    /// ours / reference − 1, for a quantity of which less is better: below 0 is better than the reference.
    Excess,
}

impl Measure {
    fn difference(self, ours: f64, reference: f64) -> f64 {
        match self {
            _ if ours == reference => 0.0,
            Self::Absolute => (ours - reference).abs(),
            Self::Relative => (ours - reference).abs() / reference.abs(),
            Self::Excess => ours / reference - 1.0,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Relative => "relative",
            Self::Excess => "excess",
        }
    }
}

/// The worst difference of one case so far.
#[must_use = "a case is judged by `done`"]
pub(crate) struct Agreement<'a> {
    case: &'a Case,
    measure: Measure,
    asked: f64,
    reached: f64,
    /// Where the worst difference is, and its two numbers.
    worst: String,
    compared: usize,
}

impl<'a> Agreement<'a> {
    /// Differences of `case` must not exceed `asked`.
    pub(crate) fn new(case: &'a Case, measure: Measure, asked: f64) -> Self {
        Self { case, measure, asked, reached: f64::NEG_INFINITY, worst: String::new(), compared: 0 }
    }

    pub(crate) fn absolute(case: &'a Case, asked: f64) -> Self {
        Self::new(case, Measure::Absolute, asked)
    }

    pub(crate) fn relative(case: &'a Case, asked: f64) -> Self {
        Self::new(case, Measure::Relative, asked)
    }

    /// One number of ours against the reference's; `row` counts from 0.
    pub(crate) fn compare(&mut self, column: &str, row: usize, ours: f64, reference: f64) {
        let difference = self.measure.difference(ours, reference);
        let place = format!("{} column {column} row {row}: {ours} against {reference}", self.case.id);
        assert!(!difference.is_nan(), "{place}");
        if difference > self.reached {
            (self.reached, self.worst) = (difference, place);
        }
        self.compared += 1;
    }

    /// A column of ours against the reference's, but for [skipped](Case::skips) rows; what is missing must be missing in
    /// both.
    pub(crate) fn column(&mut self, column: &str, ours: &[Option<f64>]) {
        let case = self.case;
        let reference = case.answer.column(column);
        assert_eq!(reference.len(), ours.len(), "{} column {column}: rows", case.id);
        for (row, (ours, &reference)) in ours.iter().zip(reference).enumerate() {
            match ours {
                _ if case.skips(row) => {}
                None => assert!(reference.is_nan(), "{} column {column} row {row}: nothing of {reference}", case.id),
                Some(ours) => self.compare(column, row, *ours, reference),
            }
        }
    }

    /// Judges the case, and records what it reached.
    pub(crate) fn done(self) {
        assert!(self.compared > 0, "{}: nothing was compared", self.case.id);
        let (reached, asked, how) = (self.reached, self.asked, self.measure.word());
        // Written so that NaN fails.
        assert!(reached <= asked, "off by {reached:e} ({how}), asked for {asked:e}: {}", self.worst);
        if let Some(folder) = folder() {
            let record = serde_json::json!({
                "id": self.case.id, "kind": self.case.kind, "description": self.case.description,
                "asked": asked, "reached": reached, "measure": how,
            });
            std::fs::write(folder.join(format!("{}.json", self.case.id)), format!("{record:#}\n")).unwrap();
        }
    }
}

/// Where agreement is recorded, if it is.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os("SOILSCOPE_AGREEMENT").map(PathBuf::from)
}
