//! What of a hotspot is not to be trusted.

use soilscope_core::trust::Doubts;

use super::HotCell;
use super::label::Merge;

/// What of a hotspot is not to be trusted: cells that there are [doubts](Doubts) about.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Untrusted {
    /// How many cells.
    pub cells: usize,
    /// Their share of the hotspot's area on the ground, 0 to 1.
    pub share: f64,
    /// Of each of [`Doubts::REASONS`], in that order, how many cells have it; a cell may have several.
    pub by_reason: [usize; Doubts::REASONS.len()],
}

impl Untrusted {
    /// The reasons that occur, by the names that records use.
    pub fn reasons(&self) -> impl Iterator<Item = &'static str> {
        let counts = self.by_reason;
        Doubts::REASONS.into_iter().zip(counts).filter(|(_, count)| *count > 0).map(|(reason, _)| reason.name())
    }
}

/// The same while cells are still added.
#[derive(Debug, Clone, Copy)]
pub(super) struct DoubtTally {
    /// Cells that somebody looked for doubts about.
    known: u64,
    cells: u64,
    by_reason: [u64; Doubts::REASONS.len()],
    /// Of these cells, and of all, on the ground.
    untrusted: f64,
    ground: f64,
}

impl DoubtTally {
    pub(super) fn of(cell: HotCell) -> Self {
        let doubts = cell.doubts.unwrap_or_default();
        let doubtful = !doubts.is_empty();
        Self {
            known: u64::from(cell.doubts.is_some()),
            cells: u64::from(doubtful),
            by_reason: Doubts::REASONS.map(|reason| u64::from(doubts.has(reason))),
            untrusted: if doubtful { cell.ground } else { 0.0 },
            ground: cell.ground,
        }
    }

    /// Of so many cells; `None` unless all are known.
    pub(super) fn finish(self, cells: u64) -> Option<Untrusted> {
        (self.known == cells).then(|| Untrusted {
            cells: self.cells as usize,
            share: self.untrusted / self.ground,
            by_reason: self.by_reason.map(|count| count as usize),
        })
    }
}

impl Merge for DoubtTally {
    fn merge(&mut self, other: Self) {
        self.known += other.known;
        self.cells += other.cells;
        self.by_reason.iter_mut().zip(other.by_reason).for_each(|(own, more)| *own += more);
        self.untrusted += other.untrusted;
        self.ground += other.ground;
    }
}
