//! `run.json` of maps of several analytes.

use serde::Serialize;
use soilscope_core::simulation::EmbeddingReport;
use soilscope_pipeline::run::TrustReport;

use super::super::record::AnalyteRecord;
use super::super::summary::ground;
use super::limits::JointLimitsRecord;
use super::model::CoregionalisationRecord;
use super::pairs::PairRecord;
use super::places::PlacesRecord;
use crate::field::shortened;
use crate::hotspots::HotspotRecord;
use crate::record::{FileRecord, Times, Versions};
use crate::spread::Spread;

/// The run.
#[derive(Serialize)]
pub(super) struct RunRecord<'a> {
    pub(super) verb: &'static str,
    pub(super) versions: Versions,
    pub(super) command: Vec<String>,
    #[serde(flatten)]
    pub(super) times: Times,
    pub(super) threads: usize,
    pub(super) inputs: Vec<FileRecord>,
    /// What a map of each alone records.
    pub(super) analytes: Vec<AnalyteRecord<'a>>,
    /// Every two analytes in the samples; not told where rasters alone were asked for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) samples_together: &'a [PairRecord],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) joint: Option<&'a JointRecord>,
    /// Those of all analytes together.
    pub(super) outputs: &'a [FileRecord],
    pub(super) notes: &'a [String],
}

/// What the analytes are together.
#[derive(Debug, Clone, Serialize)]
pub(super) struct JointRecord {
    pub(super) coregionalisation: CoregionalisationRecord,
    pub(super) simulation: SimulationRecord,
    pub(super) area: AreaRecord,
    /// Whether the joint simulation says of each analyte alone what its own map does.
    pub(super) marginals: Vec<MarginalRecord>,
    /// Cells that are not to be trusted, as the map of any analyte says.
    pub(super) trust: TrustReport,
    pub(super) places: PlacesRecord,
    /// Where any of them is above its limit.
    pub(super) hotspots: HotspotRecord,
}

/// How they were simulated.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SimulationRecord {
    pub(super) simulator: &'static str,
    pub(super) realisations: usize,
    pub(super) seed: u64,
    /// Most samples of each analyte for a cell; `None` for all.
    pub(super) sample_neighbours: Option<usize>,
    /// Cells with a map of every analyte, and limits of all.
    pub(super) cells: usize,
    /// How values below limits enter, where no number stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) below_limits: Option<JointLimitsRecord>,
    pub(super) embeddings: Vec<EmbeddingReport>,
}

/// Areas over the realisations.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AreaRecord {
    /// `m2` on the ground, or `square-units` of a local plane.
    pub(super) unit: &'static str,
    /// Of all simulated cells.
    pub(super) simulated: f64,
    /// Any analyte above its limit.
    pub(super) any: Spread,
    /// All of them.
    pub(super) all: Spread,
    /// Sum of fractions above 1.
    pub(super) fractions_above: Spread,
    /// Each analyte above its limit.
    pub(super) each: Vec<EachArea>,
    /// Expected areas of any and of all, were the analytes independent of each other at every place.
    pub(super) any_if_independent: f64,
    pub(super) all_if_independent: f64,
}

/// One analyte.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EachArea {
    pub(super) analyte: String,
    /// Above its limit.
    pub(super) above: Spread,
    /// Of the cells where any analyte is above with the confidence asked for, those where this one is the dominant.
    pub(super) dominant_where_hot: f64,
}

/// Probabilities of one analyte above its limit: share of the joint realisations, against kriging alone.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MarginalRecord {
    pub(super) analyte: String,
    pub(super) cells: usize,
    /// Largest absolute difference at a cell.
    pub(super) largest_difference: f64,
    /// Mean of simulated less kriged.
    pub(super) mean_difference: f64,
    /// Mean absolute difference.
    pub(super) mean_absolute_difference: f64,
    /// What a mean absolute difference comes to by the number of realisations alone, at the kriged probabilities.
    pub(super) by_chance: f64,
}

impl JointRecord {
    /// In a few lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let a = &self.area;
        let size = |v: f64| ground((a.unit == "m2").then_some(v), v);
        let spread = |s: &Spread| format!("{} ({} to {} in 90 %)", size(s.mean), size(s.q05), size(s.q95));
        let mut lines = vec![format!(
            "together, {} realisations of {} with the structures of {}:",
            self.simulation.realisations,
            shortened(&self.coregionalisation.notation),
            self.coregionalisation.structures_of
        )];
        lines.extend(self.simulation.below_limits.iter().map(JointLimitsRecord::line));
        lines.push(format!("  any above its limit: {}; all: {}", spread(&a.any), spread(&a.all)));
        lines.push(format!(
            "  if they were independent: any {}, all {}",
            size(a.any_if_independent),
            size(a.all_if_independent)
        ));
        lines.push(format!("  sum of fractions of the limits above 1: {}", spread(&a.fractions_above)));
        let dominant: Vec<String> =
            a.each.iter().map(|each| format!("{} {}", each.analyte, size(each.dominant_where_hot))).collect();
        let h = &self.hotspots;
        let area = ground(h.area_m2, h.area_on_map);
        lines.push(format!("  hotspots of any: {}, {area}; dominant there: {}", h.count, dominant.join(", ")));
        lines.extend(h.reliance().map(|line| format!("  {line}")));
        let worst = self.marginals.iter().max_by(|a, b| a.largest_difference.total_cmp(&b.largest_difference));
        lines.extend(worst.map(|m| {
            let mean = self.marginals.iter().map(|m| m.mean_absolute_difference).fold(0.0, f64::max);
            format!(
                "  against each map alone, probabilities differ by {mean:.3} in the mean and {:.2} at most ({})",
                m.largest_difference, m.analyte
            )
        }));
        lines
    }
}
