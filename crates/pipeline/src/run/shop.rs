//! The workers of a run, and what they share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use soilscope_core::trust::{Doubts, TrustScratch};
use soilscope_core::{Coord, Predictions, Scratch, Targets};

use super::Plan;
use super::course::{Course, Next};
use super::predictors::Predictors;
use super::report::{Tally, WorkReport};
use crate::covariates::{Covariates, PatchCovariates};
use crate::grid::{Patch, Tiles};
use crate::mask::Overlap;
use crate::tile::Tile;
use crate::{Error, Result, Watch};

/// A tile that was computed.
pub(super) struct Done {
    pub(super) cells: u64,
    /// Of each variable its values and what came of the cells; `None` where no cell is inside the mask, or it was not asked for.
    pub(super) tiles: Vec<Option<(Tile, Tally)>>,
}

/// A tile, and the strip that it is of.
pub(super) type Message = (usize, Result<Done>);

/// What the workers share.
pub(super) struct Shop<'a> {
    plans: &'a [&'a Plan<'a>],
    course: &'a Course,
    predictors: Predictors<'a>,
    watch: &'a dyn Watch,
    exact: bool,
    pub(super) next: AtomicUsize,
    pub(super) stop: AtomicBool,
    pub(super) interrupted: AtomicBool,
    pub(super) work: Mutex<WorkReport>,
}

/// What a worker keeps from tile to tile.
#[derive(Default)]
pub(super) struct Bench {
    scratch: Scratch,
    /// Of each variable.
    pub(super) predictions: Vec<Predictions>,
    pub(super) inside: Vec<bool>,
    pub(super) cells: Vec<usize>,
    points: Vec<Coord>,
    pub(super) covariates: PatchCovariates,
    /// Covariates of the points, where the tile does not go as a window.
    picked: Vec<f64>,
    /// Of each of a plan's thresholds those of all cells.
    pub(super) thresholds: Vec<Vec<f64>>,
    /// Those of one cell.
    pub(super) own: Vec<f64>,
    pub(super) trust: TrustScratch,
    pub(super) doubts: Vec<Doubts>,
    pub(super) values: Vec<f32>,
}

/// How the cells of a tile were asked for, which is the same for all variables.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Cells inside the mask.
    pub(super) inside: usize,
    /// All cells were predicted, not only those inside the mask.
    pub(super) as_window: bool,
    /// Covariates that a cell has.
    pub(super) covariates: usize,
}

impl<'a> Shop<'a> {
    pub(super) fn new(
        plans: &'a [&'a Plan<'a>],
        course: &'a Course,
        predictors: Predictors<'a>,
        watch: &'a dyn Watch,
    ) -> Self {
        Self {
            plans,
            course,
            predictors,
            watch,
            exact: plans[0].grid.is_exact(),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            work: Mutex::new(WorkReport::default()),
        }
    }

    /// The plan whose grid, mask and covariates are those of all.
    fn ground(&self) -> &'a Plan<'a> {
        self.plans[0]
    }

    /// Computes tiles until there are none, or the run stops.
    pub(super) fn work(&self, sender: &SyncSender<Message>) {
        let tiles = self.ground().grid.tiles(self.ground().tile.get());
        let mut bench = Bench::default();
        let (mut busy, mut waiting) = (Duration::ZERO, Duration::ZERO);
        self.tiles(sender, &tiles, &mut bench, &mut busy, &mut waiting);
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.add(bench.scratch.spent(), busy, waiting);
    }

    fn tiles(
        &self,
        sender: &SyncSender<Message>,
        tiles: &Tiles<'_>,
        bench: &mut Bench,
        busy: &mut Duration,
        waiting: &mut Duration,
    ) {
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.course.tile(self.next.fetch_add(1, Ordering::Relaxed));
            let Some(Next { strip, number, lacking }) = next else { return };
            if self.watch.cancelled() {
                self.interrupted.store(true, Ordering::Relaxed);
                self.stop.store(true, Ordering::Relaxed);
                return;
            }
            let begun = Instant::now();
            let done = self.guarded(&tiles.get(number), lacking, bench);
            if let Ok(Done { tiles, .. }) = &done {
                // Computed here, so that the one writer need not.
                let of_tile = |(tile, plan): (&Tile, &&Plan<'_>)| {
                    (0..plan.layers.len()).for_each(|layer| _ = tile.summary(layer))
                };
                tiles
                    .iter()
                    .zip(self.plans)
                    .filter_map(|(tile, plan)| Some((&tile.as_ref()?.0, plan)))
                    .for_each(of_tile);
            }
            let failed = done.is_err();
            *busy += begun.elapsed();
            let finished = Instant::now();
            let sent = sender.send((strip, done));
            *waiting += finished.elapsed();
            if sent.is_err() || failed {
                return;
            }
        }
    }

    /// Computes a tile of the variables that lack it; a panic is an error. The bench is thrown away after that: the run ends.
    pub(super) fn guarded(&self, patch: &Patch<'_>, lacking: &[bool], bench: &mut Bench) -> Result<Done> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.tile(patch, lacking, bench)));
        outcome.unwrap_or_else(|panic| Err(Error::Worker { message: panic_message(panic.as_ref()) }))
    }

    fn tile(&self, patch: &Patch<'_>, lacking: &[bool], bench: &mut Bench) -> Result<Done> {
        let ground = self.ground();
        let cells = patch.cells();
        let empty = || Done { cells: cells as u64, tiles: lacking.iter().map(|_| None).collect() };
        let mut inside = cells;
        if let Some(mask) = ground.mask {
            match mask.overlap(patch) {
                Overlap::All => {}
                Overlap::None => return Ok(empty()),
                Overlap::Some => {
                    bench.inside.clear();
                    bench.inside.resize(cells, false);
                    mask.fill(patch, &mut bench.inside)?;
                    inside = bench.inside.iter().filter(|&&i| i).count();
                }
            }
        }
        if inside == 0 {
            return Ok(empty());
        }
        // Cells outside are computed and dropped only where they are few, since a window is quicker a cell than points.
        let as_window = self.exact && inside * 8 >= cells * 7;
        bench.cells.clear();
        bench.cells.extend((0..cells).filter(|&i| inside == cells || bench.inside[i]));
        let count = ground.covariates.map_or(0, Covariates::count);
        if let Some(covariates) = ground.covariates {
            covariates.fill(patch, &mut bench.covariates)?;
        }
        bench.predictions.resize(self.plans.len(), Predictions::default());
        if as_window {
            let targets = Targets::window(patch.window()).with_covariates(&bench.covariates.values, count);
            self.predictors.predict_into(lacking, &targets, &mut bench.scratch, &mut bench.predictions);
        } else {
            bench.points.clear();
            bench.points.extend(bench.cells.iter().map(|&i| patch.centre(i)));
            bench.picked.clear();
            for &i in &bench.cells {
                bench.picked.extend_from_slice(&bench.covariates.values[i * count..(i + 1) * count]);
            }
            let targets = Targets::points(&bench.points).with_covariates(&bench.picked, count);
            self.predictors.predict_into(lacking, &targets, &mut bench.scratch, &mut bench.predictions);
        }
        let asked = Asked { inside, as_window, covariates: count };
        let variable =
            |(k, plan): (usize, &&Plan<'_>)| lacking[k].then(|| plan.tile_of(k, patch, asked, bench)).transpose();
        let tiles = self.plans.iter().enumerate().map(variable).collect::<Result<_>>()?;
        Ok(Done { cells: cells as u64, tiles })
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a worker stopped on an internal error: {}", text.unwrap_or("no message"))
}
