//! The curve of areas against confidence.

use anyhow::Result;
use soilscope_pipeline::tidy::Beside;

use super::captions;
use super::one::{Job, filled};
use super::picture::method_words;
use crate::follow::wrote;
use crate::guideline::GuidelineRecord;
use crate::hotspots::Traced;
use crate::hotspots::curve::{CurveSettings, Curves};
use crate::output;
use crate::record::FileRecord;

impl Job {
    /// The curve of areas against confidence; `None` without probabilities.
    pub(super) fn curve_of<'a>(&'a self, found: &'a Traced) -> Option<Curves<'a>> {
        let decision = &self.args.decision;
        let settings = CurveSettings {
            confidence: decision.confidence,
            depth: decision.depth,
            treat_cost: decision.treat_cost,
            leave_cost: decision.leave_cost,
        };
        let local = self.source.crs().is_local();
        self.field.has_variance().then(|| Curves {
            curve: &found.curve,
            local,
            settings,
            threshold: Some(decision.threshold.map_or_else(|| "that of each cell".to_owned(), |t| t.to_string())),
            limit: self.limit.as_ref().map(GuidelineRecord::carried),
        })
    }

    /// Writes it.
    pub(super) fn curves(&self, found: &Traced, csv: Beside, png: Beside) -> Result<Vec<FileRecord>> {
        let Some(curves) = self.curve_of(found) else { return Ok(Vec::new()) };
        let path = self.paths.of("curve.csv");
        output::fill(csv, &curves.csv()?)?;
        wrote(&path);
        let table = FileRecord::of("curve", &path)?;
        let above = captions::above(&self.args, self.limit.as_ref(), &self.source);
        let title = format!("Hotspots of {above}");
        let drawn = curves.png(&title, &found.shown().said_of(method_words(&self.field)))?;
        Ok(vec![table, filled(png, &self.paths.of("curve.png"), &drawn)?])
    }
}
