//! What a field says of one limit.

use anyhow::Result;
use serde::Serialize;
use soilscope_pipeline::product::Layer;
use soilscope_pipeline::run::RunReport;

use super::super::one::Job;
use crate::field::{Limits, SkillRecord};
use crate::guideline::{GuidelineRecord, six_digits};
use crate::hotspots::HotspotRecord;
use crate::spread::Spread;

/// One limit.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) guideline: GuidelineRecord,
    /// Lowest and highest limit of a cell, in the unit of the data.
    pub(super) limits: Option<[f64; 2]>,
    pub(super) hotspots: usize,
    /// `m2` on the ground, or `square-units` of a local plane; that of all areas here.
    pub(super) area_unit: &'static str,
    /// Of the hotspots.
    pub(super) area: f64,
    /// Of the area of the hotspots that which is above the limit, by joint simulation; `None` where nothing was simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) area_above: Option<Spread>,
    /// Expected above the limit on the whole map.
    pub(super) expected_above: f64,
    /// Expected in hotspots and not above the limit.
    pub(super) false_positive: f64,
    /// Expected outside hotspots and above it.
    pub(super) false_negative: f64,
    pub(super) samples: Samples,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skill: Option<SkillRecord>,
}

/// The samples against the limit of their place.
#[derive(Debug, Default, Serialize)]
pub(super) struct Samples {
    pub(super) used: usize,
    pub(super) above: usize,
    /// Below limits that are above it: nobody knows.
    pub(super) undecided: usize,
    /// Where the soil is not known.
    pub(super) without_limit: usize,
}

impl Job {
    /// The limits that the skill of probabilities is of.
    pub(in super::super) fn limits_of_skill<'a>(&self, of_samples: Option<&'a [f64]>) -> Limits<'a> {
        of_samples.map_or_else(|| self.args.decision.threshold.into(), Limits::Each)
    }

    /// The row of the limit in question.
    pub(super) fn row(&self, found: &HotspotRecord, skill: Option<&SkillRecord>, report: &RunReport) -> Result<Row> {
        let guideline = self.limit.clone().ok_or_else(|| anyhow::anyhow!("limits of the law are compared"))?;
        let mut samples = Samples { used: self.source.samples().len(), ..Samples::default() };
        let own = self.limits_of_samples()?;
        for i in 0..samples.used {
            match own.as_ref().map(|limits| limits[i]).or(self.args.decision.threshold) {
                Some(limit) if limit.is_nan() => samples.without_limit += 1,
                _ if self.undecided.samples.binary_search(&i).is_ok() => samples.undecided += 1,
                Some(limit) => samples.above += usize::from(self.source.is_above(i, limit)),
                None => samples.without_limit += 1,
            }
        }
        let (scale, area_unit) = match found.area_m2 {
            Some(_) => (found.ground_over_map.unwrap_or(1.0), "m2"),
            None => (1.0, "square-units"),
        };
        let errors = found.errors.as_ref();
        let of = |area: Option<f64>| area.unwrap_or(0.0) * scale;
        Ok(Row {
            limits: self.args.decision.threshold.map(|t| [t, t]).or_else(|| self.limits_of_cells(report)),
            hotspots: found.count,
            area_unit,
            area: found.area_m2.unwrap_or(found.area_on_map),
            area_above: found.joint.as_ref().map(|joint| joint.area_above),
            expected_above: of(errors.map(|e| e.expected_above)),
            false_positive: of(errors.map(|e| e.false_positive)),
            false_negative: of(errors.map(|e| e.false_negative)),
            samples,
            skill: skill.cloned(),
            guideline,
        })
    }

    /// Lowest and highest of the limits of the cells in question, out of the raster of them.
    fn limits_of_cells(&self, report: &RunReport) -> Option<[f64; 2]> {
        let path = super::of_code(&self.paths.of("threshold.tif"), &self.ending);
        let layer = self.products.iter().position(|product| product.path == path)?;
        let statistics = report.layers.get(layer)?.statistics?;
        matches!(report.layers[layer].layer, Layer::CellThreshold | Layer::NthThreshold { .. })
            // Rasters hold 32 bits, in which 412.3 has a tail of digits.
            .then_some([six_digits(statistics.min), six_digits(statistics.max)])
    }
}
