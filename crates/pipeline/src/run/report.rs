//! What came of a run, of one strip and of all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use soilscope_core::trust::Doubts;
use soilscope_core::{Gap, Spent};

use super::Plan;
use crate::product::Layer;
use crate::summary::{Statistics, Summary};
use crate::tile::Tile;

/// What came of a run. Cells = predicted + outside the mask + gaps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Cells of the grid, or of the strips that the run was about.
    pub cells: u64,
    /// Cells with a value.
    pub predicted: u64,
    /// Cells outside the mask, which were not computed.
    pub outside_mask: u64,
    /// Cells inside the mask without a value, by reason.
    pub gaps: BTreeMap<String, u64>,
    /// Predicted cells whose system was singular until samples that say nothing new were left out of it.
    pub reduced: u64,
    /// Predicted cells whose prediction was cut to the plan's bounds.
    pub clipped: u64,
    /// Predicted cells with a covariate below or above those of all samples.
    pub extrapolated: u64,
    /// Cells without a value for a class of a covariate that no sample has; among the gaps they are missing covariates.
    pub unknown_class: u64,
    /// Predicted cells that are doubtful, where the plan has a judge of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustReport>,
    /// Statistics of each layer, in the plan's order.
    pub layers: Vec<LayerReport>,
    /// Time taken, in seconds, by the pass over the grid; with what follows all that differs between runs of one plan.
    pub seconds: f64,
    /// Where it went.
    pub work: WorkReport,
}

/// Seconds of all threads that compute, together, by what they did; of this run, not of strips that were done before.
///
/// Where several variables were computed in one pass over the grid they are of the pass, in the report of each: not to be added up.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct WorkReport {
    /// Variables that were computed in the pass: 1 for a run of one.
    pub variables: usize,
    /// Looking for samples; 0 for methods that do not tell, as the next two.
    pub search: f64,
    /// Covariances of samples with each other, and their factors.
    pub systems: f64,
    /// Covariances of cells with samples, solutions and what follows from them.
    pub solutions: f64,
    /// All else that computes: masks, covariates, judging, layers; of methods that do not tell, everything.
    pub other: f64,
    /// Waiting for the writer.
    pub waiting: f64,
    /// Of the one thread that writes: tiles into strips, and strips to the disk.
    pub writing: f64,
}

impl WorkReport {
    /// What a worker did in `busy` and then waited.
    pub(super) fn add(&mut self, spent: Spent, busy: Duration, waiting: Duration) {
        self.search += spent.search.as_secs_f64();
        self.systems += spent.systems.as_secs_f64();
        self.solutions += spent.solutions.as_secs_f64();
        self.other += busy.saturating_sub(spent.search + spent.systems + spent.solutions).as_secs_f64();
        self.waiting += waiting.as_secs_f64();
    }
}

/// Predicted cells that are not to be trusted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrustReport {
    /// Cells with at least one reason.
    pub doubtful: u64,
    /// Cells by reason; a cell may have several.
    pub reasons: BTreeMap<String, u64>,
}

/// One layer of a finished run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LayerReport {
    /// What the layer holds.
    pub layer: Layer,
    /// Its values in numbers; `None` where no cell has one.
    pub statistics: Option<Statistics>,
}

/// Short name of a gap's reason, for reports.
pub fn gap_name(gap: Gap) -> &'static str {
    match gap {
        Gap::TooFewNeighbours { .. } => "too-few-neighbours",
        Gap::SingularSystem => "singular-system",
        Gap::SingularDrift => "singular-drift",
        Gap::MissingCovariate => "missing-covariate",
        Gap::NotFinite => "not-finite",
        _ => "other",
    }
}

/// Counts of cells.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) predicted: u64,
    pub(super) outside: u64,
    pub(super) gaps: BTreeMap<&'static str, u64>,
    pub(super) reduced: u64,
    pub(super) clipped: u64,
    pub(super) extrapolated: u64,
    pub(super) unknown_class: u64,
    pub(super) doubtful: u64,
    pub(super) doubts: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts what is doubtful about a cell.
    pub(super) fn doubt(&mut self, doubts: Doubts) {
        if doubts.is_empty() {
            return;
        }
        self.doubtful += 1;
        for reason in Doubts::REASONS {
            if doubts.has(reason) {
                *self.doubts.entry(reason.name()).or_default() += 1;
            }
        }
    }
}

/// What came of a strip: enough to go on from there without its cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StripReport {
    /// Which of the grid's [`Strips`](crate::strips::Strips).
    pub strip: usize,
    /// Its cells.
    pub cells: u64,
    predicted: u64,
    outside_mask: u64,
    gaps: BTreeMap<String, u64>,
    reduced: u64,
    clipped: u64,
    extrapolated: u64,
    unknown_class: u64,
    trust: TrustReport,
    summaries: Vec<Summary>,
}

fn add<K: Into<String>>(to: &mut BTreeMap<String, u64>, counts: impl IntoIterator<Item = (K, u64)>) {
    counts.into_iter().for_each(|(name, n)| *to.entry(name.into()).or_default() += n);
}

impl StripReport {
    /// Of no cell yet.
    pub(super) fn new(strip: usize, layers: usize) -> Self {
        Self {
            strip,
            cells: 0,
            predicted: 0,
            outside_mask: 0,
            gaps: BTreeMap::new(),
            reduced: 0,
            clipped: 0,
            extrapolated: 0,
            unknown_class: 0,
            trust: TrustReport::default(),
            summaries: vec![Summary::default(); layers],
        }
    }

    /// Statistics of each layer.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// Cells with a value.
    pub fn predicted(&self) -> u64 {
        self.predicted
    }

    pub(super) fn add_empty(&mut self, cells: u64) {
        self.cells += cells;
        self.outside_mask += cells;
    }

    pub(super) fn add_tile(&mut self, tile: &Tile, tally: Tally) {
        self.cells += tile.present().len() as u64;
        self.predicted += tally.predicted;
        self.outside_mask += tally.outside;
        add(&mut self.gaps, tally.gaps);
        self.reduced += tally.reduced;
        self.clipped += tally.clipped;
        self.extrapolated += tally.extrapolated;
        self.unknown_class += tally.unknown_class;
        self.trust.doubtful += tally.doubtful;
        add(&mut self.trust.reasons, tally.doubts);
        self.summaries.iter_mut().enumerate().for_each(|(i, summary)| summary.merge(tile.summary(i)));
    }

    fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        self.predicted += other.predicted;
        self.outside_mask += other.outside_mask;
        add(&mut self.gaps, other.gaps.clone());
        self.reduced += other.reduced;
        self.clipped += other.clipped;
        self.extrapolated += other.extrapolated;
        self.unknown_class += other.unknown_class;
        self.trust.doubtful += other.trust.doubtful;
        add(&mut self.trust.reasons, other.trust.reasons.clone());
        self.summaries.iter_mut().zip(&other.summaries).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}

impl RunReport {
    /// Of all strips of a run.
    pub(super) fn new<'a>(
        plan: &Plan<'_>,
        strips: impl IntoIterator<Item = &'a StripReport>,
        begun: Instant,
        work: WorkReport,
    ) -> Self {
        let mut total = StripReport::new(0, plan.layers.len());
        strips.into_iter().for_each(|strip| total.merge(strip));
        Self {
            cells: total.cells,
            predicted: total.predicted,
            outside_mask: total.outside_mask,
            gaps: total.gaps,
            reduced: total.reduced,
            clipped: total.clipped,
            extrapolated: total.extrapolated,
            unknown_class: total.unknown_class,
            trust: plan.trust.map(|_| total.trust),
            layers: (plan.layers.iter().zip(&total.summaries))
                .map(|(&layer, summary)| LayerReport { layer, statistics: summary.finish() })
                .collect(),
            seconds: begun.elapsed().as_secs_f64(),
            work,
        }
    }
}
