//! Which strips of a grid a run is about: all, those that an earlier run left, or a part.

use std::collections::BTreeMap;

use super::Plan;
use super::report::{StripReport, Tally};
use crate::strips::Strips;
use crate::tile::Tile;

/// Strips to be computed, and what came of those that were computed before.
#[derive(Debug, Clone)]
pub struct Share {
    pub(super) strips: Strips,
    /// By number, ascending.
    todo: Vec<usize>,
    /// What came of strips before, by number.
    pub(super) done: Vec<StripReport>,
}

impl Share {
    /// Of a grid's `strips` those of `wanted` that are not in `done`, of which only those in `wanted` count.
    pub fn new(strips: Strips, wanted: std::ops::Range<usize>, done: Vec<StripReport>) -> Self {
        let done: BTreeMap<usize, StripReport> =
            done.into_iter().filter(|report| wanted.contains(&report.strip)).map(|r| (r.strip, r)).collect();
        let todo: Vec<usize> = wanted.filter(|strip| !done.contains_key(strip)).collect();
        Self { strips, todo, done: done.into_values().collect() }
    }

    /// The whole grid of a plan in one strip.
    pub fn whole(plan: &Plan<'_>) -> Self {
        Self::new(Strips::one(&plan.grid, plan.tile), 0..1, Vec::new())
    }

    /// The strips that are to be computed.
    pub fn todo(&self) -> &[usize] {
        &self.todo
    }

    /// Whether a strip is to be computed.
    pub(super) fn lacks(&self, strip: usize) -> bool {
        self.todo.binary_search(&strip).is_ok()
    }

    /// Whether a strip was computed before.
    pub(super) fn has(&self, strip: usize) -> bool {
        self.done.binary_search_by_key(&strip, |report| report.strip).is_ok()
    }

    pub(super) fn progress(&self, layers: usize) -> Progress {
        let of = |&strip: &usize| (strip, (self.strips.tiles(strip).len(), StripReport::new(strip, layers)));
        Progress(self.todo.iter().map(of).collect())
    }
}

/// What came of each strip that is to be computed, and how many of its tiles are still to come.
pub(super) struct Progress(BTreeMap<usize, (usize, StripReport)>);

impl Progress {
    /// Whether tiles of a strip are counted here.
    pub(super) fn lacks(&self, strip: usize) -> bool {
        self.0.contains_key(&strip)
    }

    /// A tile came; the report of its strip where that is complete with it.
    pub(super) fn tile(&mut self, strip: usize, tile: &Tile, tally: Tally) -> Option<&StripReport> {
        self.came(strip, |report| report.add_tile(tile, tally))
    }

    /// A tile came in which no cell is inside the mask.
    pub(super) fn empty(&mut self, strip: usize, cells: u64) -> Option<&StripReport> {
        self.came(strip, |report| report.add_empty(cells))
    }

    fn came(&mut self, strip: usize, add: impl FnOnce(&mut StripReport)) -> Option<&StripReport> {
        let (left, report) = self.0.get_mut(&strip)?;
        add(report);
        *left -= 1;
        (*left == 0).then_some(report)
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = &StripReport> {
        self.0.values().map(|(_, report)| report)
    }
}
