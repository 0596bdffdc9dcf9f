//! Which strips of a grid a run is about: all, those that an earlier run left, or a part.

use std::collections::BTreeMap;

use super::Plan;
use super::report::{StripReport, Tally};
use crate::strips::Strips;
use crate::tile::Tile;

/// Strips to be computed, and what came of those that were computed before.
#[derive(Debug, Clone)]
pub struct Share {
    strips: Strips,
    /// By number, ascending.
    todo: Vec<usize>,
    /// Tiles in the strips of `todo` before each, and in all.
    before: Vec<usize>,
    /// What came of strips before.
    pub(super) done: Vec<StripReport>,
}

impl Share {
    /// Of a grid's `strips` those of `wanted` that are not in `done`, of which only those in `wanted` count.
    pub fn new(strips: Strips, wanted: std::ops::Range<usize>, done: Vec<StripReport>) -> Self {
        let done: BTreeMap<usize, StripReport> =
            done.into_iter().filter(|report| wanted.contains(&report.strip)).map(|r| (r.strip, r)).collect();
        let todo: Vec<usize> = wanted.filter(|strip| !done.contains_key(strip)).collect();
        let mut before = vec![0];
        for &strip in &todo {
            before.push(before[before.len() - 1] + strips.tiles(strip).len());
        }
        Self { strips, todo, before, done: done.into_values().collect() }
    }

    /// The whole grid of a plan in one strip.
    pub fn whole(plan: &Plan<'_>) -> Self {
        Self::new(Strips::one(&plan.grid, plan.tile), 0..1, Vec::new())
    }

    /// The strips that are to be computed.
    pub fn todo(&self) -> &[usize] {
        &self.todo
    }

    /// Cells of all its strips.
    pub(super) fn cells(&self) -> u64 {
        self.cells_done() + self.todo.iter().map(|&strip| self.strips.cells(strip)).sum::<u64>()
    }

    /// Cells that were computed before.
    pub(super) fn cells_done(&self) -> u64 {
        self.done.iter().map(|report| report.cells).sum()
    }

    /// The tile that is the `nth` to be computed: the place of its strip in `todo`, and its number in the grid.
    pub(super) fn tile(&self, nth: usize) -> Option<(usize, usize)> {
        let at = self.before.partition_point(|&before| before <= nth) - 1;
        let &strip = self.todo.get(at)?;
        Some((at, self.strips.tiles(strip).start + nth - self.before[at]))
    }

    pub(super) fn progress(&self, layers: usize) -> Progress {
        let of = |&strip: &usize| (self.strips.tiles(strip).len(), StripReport::new(strip, layers));
        Progress(self.todo.iter().map(of).collect())
    }
}

/// What came of each strip that is to be computed, and how many of its tiles are still to come.
pub(super) struct Progress(Vec<(usize, StripReport)>);

impl Progress {
    /// A tile came; the report of its strip where that is complete with it.
    pub(super) fn tile(&mut self, at: usize, tile: &Tile, tally: Tally) -> Option<&StripReport> {
        self.0[at].1.add_tile(tile, tally);
        self.came(at)
    }

    /// A tile came in which no cell is inside the mask.
    pub(super) fn empty(&mut self, at: usize, cells: u64) -> Option<&StripReport> {
        self.0[at].1.add_empty(cells);
        self.came(at)
    }

    fn came(&mut self, at: usize) -> Option<&StripReport> {
        let (left, report) = &mut self.0[at];
        *left -= 1;
        (*left == 0).then_some(report)
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = &StripReport> {
        self.0.iter().map(|(_, report)| report)
    }
}
