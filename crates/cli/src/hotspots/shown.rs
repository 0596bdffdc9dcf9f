//! What held-out samples say of the probabilities that hotspots are drawn from.

use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::Value;

use crate::field::SkillRecord;

/// Whether the probabilities are shown to be better than the share of samples that are above.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Shown {
    /// `None` where that cannot be told, or nobody asked.
    pub(crate) skilled: Option<bool>,
    /// The Brier skill score by held-out blocks.
    score: Option<f64>,
}

/// Items of the raster of probabilities.
const SKILLED: &str = "SKILLED";
const SCORE: &str = "SKILL_SCORE";

impl Shown {
    pub(crate) fn of(skill: Option<&SkillRecord>) -> Self {
        let found = skill.and_then(|skill| skill.found.as_ref());
        Self { skilled: found.map(|found| found.skilled), score: found.map(|found| found.score) }
    }

    /// As a raster of probabilities says of itself.
    pub(crate) fn read(raster: &RasterIn) -> Self {
        let skilled = match raster.metadata(SKILLED).as_deref() {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        };
        Self { skilled, score: raster.metadata(SCORE).and_then(|score| score.parse().ok()) }
    }

    fn word(self) -> &'static str {
        match self.skilled {
            Some(true) => "yes",
            Some(false) => "no",
            None => "cannot be told",
        }
    }

    /// A subtitle, and what a reader of costs must know beside it.
    pub(crate) fn said_of(self, subtitle: &str) -> String {
        match self.skilled {
            Some(false) => format!(
                "{subtitle}; no skill here: the probabilities are not shown to beat the share of samples that are above"
            ),
            _ => subtitle.to_owned(),
        }
    }

    /// For the raster's metadata.
    pub(crate) fn metadata(self) -> Vec<(String, String)> {
        let score = self.score.map(|score| (SCORE.to_owned(), format!("{score:.4}")));
        [(SKILLED.to_owned(), self.word().to_owned())].into_iter().chain(score).collect()
    }

    /// For each hotspot.
    pub(super) fn attributes(self) -> [(&'static str, Value); 2] {
        [("skilled", Value::Text(self.word().to_owned())), ("skill_score", self.score.map_or(Value::Null, Value::Real))]
    }
}
