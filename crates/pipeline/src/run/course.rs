//! The way of a run over the grid: which tiles, in which order, for which variables.

use super::Share;
use crate::strips::Strips;

/// The strips that any of several variables lacks, tile by tile.
pub(super) struct Course {
    strips: Strips,
    /// By number, ascending, with the variables that lack each.
    todo: Vec<(usize, Vec<bool>)>,
    /// Tiles in the strips of `todo` before each, and in all.
    before: Vec<usize>,
    /// Cells of all strips that the variables are about, done or not.
    cells: u64,
}

/// A tile that is to be computed.
pub(super) struct Next<'a> {
    /// Its strip.
    pub(super) strip: usize,
    /// Its number in the grid.
    pub(super) number: usize,
    /// Which variables lack it.
    pub(super) lacking: &'a [bool],
}

impl Course {
    /// Of the shares of one variable each, at least one.
    ///
    /// # Panics
    /// Shares of different strips.
    pub(super) fn of(shares: &[&Share]) -> Self {
        let strips = shares[0].strips;
        assert!(shares.iter().all(|share| share.strips == strips), "a pass has one division into strips");
        let (mut todo, mut before, mut cells) = (Vec::new(), vec![0], 0);
        for strip in 0..strips.len() {
            let lacking: Vec<bool> = shares.iter().map(|share| share.lacks(strip)).collect();
            if lacking.contains(&true) {
                before.push(before[before.len() - 1] + strips.tiles(strip).len());
                todo.push((strip, lacking));
            } else if !shares.iter().any(|share| share.has(strip)) {
                continue;
            }
            cells += strips.cells(strip);
        }
        Self { strips, todo, before, cells }
    }

    /// The tile that is the `nth` to be computed.
    pub(super) fn tile(&self, nth: usize) -> Option<Next<'_>> {
        let at = self.before.partition_point(|&before| before <= nth) - 1;
        let (strip, lacking) = self.todo.get(at)?;
        Some(Next { strip: *strip, number: self.strips.tiles(*strip).start + nth - self.before[at], lacking })
    }

    /// Cells of all its strips, counted once for all variables.
    pub(super) fn cells(&self) -> u64 {
        self.cells
    }

    /// Cells that were computed before, for all variables.
    pub(super) fn cells_done(&self) -> u64 {
        self.cells - self.todo.iter().map(|(strip, _)| self.strips.cells(*strip)).sum::<u64>()
    }
}
