//! What a run takes of memory beside its predictor, told before it begins.

use soilscope_core::Prediction;

use super::{Plan, QUEUE};
use crate::covariates::Covariates;

/// Memory of a run, in bytes, however large the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunMemory {
    /// What each thread keeps to compute a tile, beside what the predictor takes.
    pub thread: u64,
    /// Tiles that are finished and wait for the writer, at most.
    pub waiting: u64,
}

impl RunMemory {
    /// Of a plan.
    ///
    /// # Examples
    /// ```
    /// # use soilscope_pipeline::{grid::*, product::{Layer, Scale}, run::{DEFAULT_TILE, Plan, RunMemory}};
    /// # let extent = Bounds { min: [0.0, 0.0], max: [100_000.0, 100_000.0] };
    /// # let plan = |cell| Plan {
    /// #     grid: Grid::covering(extent, [cell, cell], GridCrs::Local, 10_000_000_000).unwrap(), mask: None, covariates: None,
    /// #     thresholds: vec![], trust: None, layers: vec![Layer::Prediction], transform: soilscope_core::transform::Transform::None,
    /// #     scale: Scale::Data, clip: None, threads: 2.try_into().unwrap(), tile: DEFAULT_TILE,
    /// # };
    /// // Of plans of 10⁶ and of 10¹⁰ cells:
    /// assert_eq!(RunMemory::of(&plan(100.0)), RunMemory::of(&plan(1.0)));
    /// ```
    pub fn of(plan: &Plan<'_>) -> Self {
        let cells = plan.tile.get().min(plan.grid.size()[0]) * plan.tile.get().min(plan.grid.size()[1]);
        let covariates = plan.covariates.map_or(0, Covariates::count);
        // A prediction with its outcome, a place, what is inside, covariates twice, thresholds, doubts.
        let of_cell = 2 * size_of::<Prediction>() + 16 + 9 + 16 * covariates + 8 * plan.thresholds.len() + 32;
        let of_tile = cells * (4 * plan.layers.len() + 1);
        let threads = plan.threads.get();
        Self { thread: (cells * of_cell + of_tile) as u64, waiting: ((QUEUE * threads + 1) * of_tile) as u64 }
    }

    /// Of several plans in one pass over the grid: at most what each takes.
    pub fn together<'a>(plans: impl IntoIterator<Item = &'a Plan<'a>>) -> Self {
        let none = Self { thread: 0, waiting: 0 };
        plans
            .into_iter()
            .map(Self::of)
            .fold(none, |all, one| Self { thread: all.thread + one.thread, waiting: all.waiting + one.waiting })
    }
}
