//! Predicts a whole grid: tiles in parallel, one writer.
//!
//! The workers of one thread pool take tiles by number, compute them with a scratch of their own and hand them over in a
//! queue of bounded length, so memory is a few tiles a thread however large the grid. The calling thread writes. A cell's
//! value depends on its place alone, so a map is the same to the last bit for any number of threads and any tile size;
//! that asks of a predictor that it gives a place the same value in whatever company it is asked for.

mod columns;
mod memory;
mod report;
mod share;
mod trial;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use soilscope_core::transform::Transform;
use soilscope_core::trust::{Doubts, Trust, TrustScratch};
use soilscope_core::{Coord, Gap, Mixture, Prediction, Predictions, Predictor, Scratch, Targets};

use crate::covariates::{Covariates, PatchCovariates, Remark};
use crate::grid::{Grid, Patch, Tiles};
use crate::mask::{Mask, Overlap};
use crate::product::{Layer, Scale};
use crate::thresholds::Thresholds;
use crate::tile::{Tile, TileSink};
use crate::{Error, Result, Unwatched, Watch};
use report::Tally;

pub use memory::RunMemory;
pub use report::{LayerReport, RunReport, StripReport, TrustReport, WorkReport, gap_name};
pub use share::Share;
pub use trial::{Trial, trial};

/// Side of a tile in cells, unless the caller says otherwise.
pub const DEFAULT_TILE: NonZeroUsize = NonZeroUsize::new(128).expect("not 0");

/// Finished tiles waiting for the writer, for each worker.
const QUEUE: usize = 2;

/// What is to be computed, and how.
pub struct Plan<'a> {
    /// The cells.
    pub grid: Grid,
    /// Cells outside get no value; `None` predicts every cell.
    pub mask: Option<&'a dyn Mask>,
    /// Covariates of the cells, as many as the predictor's drift has; `None` for a drift without any.
    pub covariates: Option<&'a dyn Covariates>,
    /// Thresholds of the cells, for the layers that need them: cells without one of them are gaps, so that all speak of the same ground.
    pub thresholds: Vec<&'a dyn Thresholds>,
    /// Judges how far each cell is to be trusted; its counts are in the report, its doubts in the layer [`Layer::Trust`].
    pub trust: Option<&'a Trust>,
    /// What a tile holds, in this order.
    pub layers: Vec<Layer>,
    /// The transform under which the predictor sees the data.
    pub transform: Transform,
    /// The scale of predictions, standard deviations and variances.
    pub scale: Scale,
    /// Bounds that predictions are cut to, as 0 and 1 for a probability; cells are counted.
    pub clip: Option<[f64; 2]>,
    /// Threads that compute; the caller's thread writes.
    pub threads: NonZeroUsize,
    /// Side of a tile, in cells: [`DEFAULT_TILE`].
    pub tile: NonZeroUsize,
}

/// Why a cell has no value where thresholds differ and it has none.
const NO_THRESHOLD: &str = "no-threshold";

enum Done {
    Tile(Tile, Tally),
    /// No cell inside the mask.
    Empty(u64),
}

/// A tile of a strip, by the place of the strip among those of the share.
type Message = (usize, Result<Done>);

/// Predicts the grid of `plan` into `sink`, which the caller finishes.
///
/// # Errors
/// As [`run_share`].
///
/// # Panics
/// As [`run_share`].
pub fn run(
    plan: &Plan<'_>,
    predictor: &dyn Predictor,
    sink: &mut dyn TileSink,
    watch: &dyn Watch,
) -> Result<RunReport> {
    run_share(plan, &Share::whole(plan), predictor, sink, watch)
}

/// Predicts some strips of the grid of `plan` into `sink`, which the caller finishes; the report is of these and of those that were done
/// before.
///
/// # Errors
/// [`Error::NoVariance`] for a layer that the method cannot give, [`Error::Core`] for another number of covariates than the
/// predictor needs, [`Error::Interrupted`] when `watch` says so, what the
/// mask or the sink says (computing then stops after the tiles in work), [`Error::Worker`] when a predictor panics.
///
/// # Panics
/// A layer that needs thresholds of the cells or a judge of trust, in a plan without it.
pub fn run_share(
    plan: &Plan<'_>,
    share: &Share,
    predictor: &dyn Predictor,
    sink: &mut dyn TileSink,
    watch: &dyn Watch,
) -> Result<RunReport> {
    let begun = Instant::now();
    check(plan, predictor)?;
    let threads = plan.threads.get();
    let pool = pool(plan.threads)?;
    let shop = Shop::new(plan, share, predictor, watch);
    let mut progress = share.progress(plan.layers.len());
    let mut writing = Duration::ZERO;
    watch.stage("predicting", share.cells());
    watch.advance(share.cells_done());
    pool.in_place_scope(|scope| {
        let (sender, receiver) = sync_channel(QUEUE * threads);
        for _ in 0..threads {
            let (sender, shop) = (sender.clone(), &shop);
            scope.spawn(move |_| shop.work(&sender));
        }
        drop(sender); // so that the loop ends when the workers do
        for (at, done) in receiver {
            let since = Instant::now();
            let outcome = done.and_then(|done| {
                let (cells, complete) = match done {
                    Done::Tile(tile, tally) => {
                        sink.write(&tile)?;
                        (tile.present().len() as u64, progress.tile(at, &tile, tally))
                    }
                    Done::Empty(cells) => (cells, progress.empty(at, cells)),
                };
                if let Some(report) = complete {
                    sink.strip(report)?;
                }
                watch.advance(cells);
                Ok(())
            });
            writing += since.elapsed();
            if let Err(error) = outcome {
                // Returning drops the receiver, which wakes workers that wait to send.
                shop.stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    })?;
    if shop.interrupted.load(Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    let mut work = *shop.work.lock().unwrap_or_else(PoisonError::into_inner);
    work.writing = writing.as_secs_f64();
    Ok(RunReport::new(plan, share.done.iter().chain(progress.reports()), begun, work))
}

/// Computes one tile of the grid by its number; `None` where no cell is inside the mask.
///
/// # Errors
/// As [`run_share`].
///
/// # Panics
/// As [`run_share`], and a number beyond those of the grid.
pub fn one_tile(plan: &Plan<'_>, predictor: &dyn Predictor, number: usize) -> Result<Option<Tile>> {
    check(plan, predictor)?;
    let share = Share::whole(plan);
    let shop = Shop::new(plan, &share, predictor, &Unwatched);
    Ok(match shop.guarded(&plan.grid.tiles(plan.tile.get()).get(number), &mut Bench::default())? {
        Done::Tile(tile, _) => Some(tile),
        Done::Empty(_) => None,
    })
}

/// Refuses a plan that the predictor cannot serve.
fn check(plan: &Plan<'_>, predictor: &dyn Predictor) -> Result<()> {
    if !predictor.has_variance() && plan.layers.iter().any(|layer| layer.needs_variance()) {
        return Err(Error::NoVariance);
    }
    assert!(
        plan.layers.iter().filter_map(|layer| layer.needs_thresholds()).all(|nth| nth < plan.thresholds.len()),
        "a layer needs thresholds of the cells, and the plan has none"
    );
    assert!(plan.trust.is_some() || !plan.layers.contains(&Layer::Trust), "nobody judges the layer of trust");
    let (needed, found) = (predictor.covariates(), plan.covariates.map_or(0, Covariates::count));
    if needed != found {
        return Err(soilscope_core::Error::Covariates { needed, found }.into());
    }
    Ok(())
}

/// Threads of our own, so that a caller's pool is left alone.
pub(crate) fn pool(threads: NonZeroUsize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .thread_name(|i| format!("soilscope-{i}"))
        .build()
        .map_err(|e| Error::Worker { message: format!("cannot start {threads} threads: {e}") })
}

/// What the workers share.
struct Shop<'a> {
    plan: &'a Plan<'a>,
    share: &'a Share,
    predictor: &'a dyn Predictor,
    watch: &'a dyn Watch,
    exact: bool,
    next: AtomicUsize,
    stop: AtomicBool,
    interrupted: AtomicBool,
    work: Mutex<WorkReport>,
}

/// What a worker keeps from tile to tile.
#[derive(Default)]
struct Bench {
    scratch: Scratch,
    predictions: Predictions,
    inside: Vec<bool>,
    cells: Vec<usize>,
    points: Vec<Coord>,
    covariates: PatchCovariates,
    /// Covariates of the points, where the tile does not go as a window.
    picked: Vec<f64>,
    /// Of each of the plan's thresholds those of all cells.
    thresholds: Vec<Vec<f64>>,
    /// Those of one cell.
    own: Vec<f64>,
    trust: TrustScratch,
    doubts: Vec<Doubts>,
    values: Vec<f32>,
}

impl<'a> Shop<'a> {
    fn new(plan: &'a Plan<'a>, share: &'a Share, predictor: &'a dyn Predictor, watch: &'a dyn Watch) -> Self {
        Self {
            plan,
            share,
            predictor,
            watch,
            exact: plan.grid.is_exact(),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            work: Mutex::new(WorkReport::default()),
        }
    }

    /// Computes tiles until there are none, or the run stops.
    fn work(&self, sender: &SyncSender<Message>) {
        let tiles = self.plan.grid.tiles(self.plan.tile.get());
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
            let Some((at, index)) = self.share.tile(self.next.fetch_add(1, Ordering::Relaxed)) else { return };
            if self.watch.cancelled() {
                self.interrupted.store(true, Ordering::Relaxed);
                self.stop.store(true, Ordering::Relaxed);
                return;
            }
            let begun = Instant::now();
            let done = self.guarded(&tiles.get(index), bench);
            if let Ok(Done::Tile(tile, _)) = &done {
                // Computed here, so that the one writer need not.
                (0..self.plan.layers.len()).for_each(|layer| _ = tile.summary(layer));
            }
            let failed = done.is_err();
            *busy += begun.elapsed();
            let finished = Instant::now();
            let sent = sender.send((at, done));
            *waiting += finished.elapsed();
            if sent.is_err() || failed {
                return;
            }
        }
    }

    /// Computes a tile; a panic is an error. The bench is thrown away after that: the run ends.
    fn guarded(&self, patch: &Patch<'_>, bench: &mut Bench) -> Result<Done> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.tile(patch, bench)));
        outcome.unwrap_or_else(|panic| Err(Error::Worker { message: panic_message(panic.as_ref()) }))
    }

    fn tile(&self, patch: &Patch<'_>, bench: &mut Bench) -> Result<Done> {
        let cells = patch.cells();
        let mut inside = cells;
        if let Some(mask) = self.plan.mask {
            match mask.overlap(patch) {
                Overlap::All => {}
                Overlap::None => return Ok(Done::Empty(cells as u64)),
                Overlap::Some => {
                    bench.inside.clear();
                    bench.inside.resize(cells, false);
                    mask.fill(patch, &mut bench.inside)?;
                    inside = bench.inside.iter().filter(|&&i| i).count();
                }
            }
        }
        if inside == 0 {
            return Ok(Done::Empty(cells as u64));
        }
        // Cells outside are computed and dropped only where they are few, since a window is quicker a cell than points.
        let as_window = self.exact && inside * 8 >= cells * 7;
        bench.cells.clear();
        bench.cells.extend((0..cells).filter(|&i| inside == cells || bench.inside[i]));
        let count = self.plan.covariates.map_or(0, Covariates::count);
        if let Some(covariates) = self.plan.covariates {
            covariates.fill(patch, &mut bench.covariates)?;
        }
        bench.thresholds.resize(self.plan.thresholds.len(), Vec::new());
        for (thresholds, cells) in self.plan.thresholds.iter().zip(&mut bench.thresholds) {
            thresholds.fill(patch, cells)?;
        }
        if as_window {
            let targets = Targets::window(patch.window()).with_covariates(&bench.covariates.values, count);
            self.predictor.predict_into(&targets, &mut bench.scratch, &mut bench.predictions);
        } else {
            bench.points.clear();
            bench.points.extend(bench.cells.iter().map(|&i| patch.centre(i)));
            bench.picked.clear();
            for &i in &bench.cells {
                bench.picked.extend_from_slice(&bench.covariates.values[i * count..(i + 1) * count]);
            }
            let targets = Targets::points(&bench.points).with_covariates(&bench.picked, count);
            self.predictor.predict_into(&targets, &mut bench.scratch, &mut bench.predictions);
        }

        if let Some(trust) = self.plan.trust {
            let columns = patch.size[0];
            let wanted = (inside < cells).then_some(&bench.inside[..]);
            let centre = |column, row| patch.centre(row * columns + column);
            trust.of_cells(patch.size, &centre, wanted, &mut bench.trust, &mut bench.doubts);
        }

        if as_window
            && inside == cells
            && let Some(done) = self.columns(patch, bench)
        {
            return Ok(done);
        }
        let mut tile = Tile::new(patch.first, patch.size, self.plan.layers.len());
        let mut tally = Tally { outside: (cells - inside) as u64, ..Tally::default() };
        for (nth, &cell) in bench.cells.iter().enumerate() {
            let target = if as_window { cell } else { nth };
            let remark = if count > 0 { bench.covariates.remarks[cell] } else { Remark::default() };
            bench.own.clear();
            bench.own.extend(bench.thresholds.iter().map(|cells| cells[cell]));
            if bench.own.iter().any(|threshold| !threshold.is_finite()) {
                *tally.gaps.entry(NO_THRESHOLD).or_default() += 1;
                continue;
            }
            let (outcome, mixture) = (bench.predictions.get(target), bench.predictions.mixture(target));
            let doubts = match (self.plan.trust, &outcome) {
                (Some(trust), Ok(prediction)) => {
                    let of_covariates = if remark.extrapolated { Doubts::COVARIATE } else { Doubts::NONE };
                    let of_variance = prediction.variance.map_or(Doubts::NONE, |v| trust.of_variance(v));
                    bench.doubts[cell].and(of_variance).and(of_covariates)
                }
                _ => Doubts::NONE,
            };
            match outcome.and_then(|p| self.values(&p, mixture, &bench.own, doubts, &mut bench.values)) {
                Ok(clipped) => {
                    tally.doubt(doubts);
                    tile.set(cell, &bench.values);
                    tally.predicted += 1;
                    tally.clipped += u64::from(clipped);
                    tally.extrapolated += u64::from(remark.extrapolated);
                    tally.reduced += u64::from(bench.predictions.reduced().binary_search(&target).is_ok());
                }
                Err(gap) => {
                    *tally.gaps.entry(gap_name(gap)).or_default() += 1;
                    tally.unknown_class += u64::from(remark.unknown_class && gap == Gap::MissingCovariate);
                }
            }
        }
        Ok(Done::Tile(tile, tally))
    }

    /// The values of all layers, or a gap in all of them: a value must not stand where its uncertainty does not. Whether
    /// the prediction was cut to the plan's bounds.
    fn values(
        &self,
        modelled: &Prediction,
        mixture: Mixture<'_>,
        thresholds: &[f64],
        doubts: Doubts,
        values: &mut Vec<f32>,
    ) -> std::result::Result<bool, Gap> {
        let mut shown = match self.plan.scale {
            Scale::Data => self.plan.transform.back_mixed(*modelled, mixture),
            Scale::Transformed => *modelled,
        };
        let clipped = self.plan.clip.is_some_and(|[low, high]| {
            let unbounded = shown.value;
            shown.value = unbounded.clamp(low, high);
            shown.value != unbounded
        });
        values.clear();
        for layer in &self.plan.layers {
            let value = match layer {
                Layer::Trust => Some(doubts.bits().into()),
                _ => layer.value_above(thresholds, (modelled, mixture), &shown, &self.plan.transform),
            };
            let value = value.ok_or(Gap::NotFinite)? as f32;
            if !value.is_finite() {
                return Err(Gap::NotFinite);
            }
            values.push(value);
        }
        Ok(clipped)
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a worker stopped on an internal error: {}", text.unwrap_or("no message"))
}
