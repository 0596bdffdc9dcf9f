//! Predicts a whole grid: tiles in parallel, one writer.
//!
//! The workers of one thread pool take tiles by number, compute them with a scratch of their own and hand them over in a
//! queue of bounded length, so memory is a few tiles a thread however large the grid. The calling thread writes. A cell's
//! value depends on its place alone, so a map is the same to the last bit for any number of threads and any tile size;
//! that asks of a predictor that it gives a place the same value in whatever company it is asked for.
//!
//! Several variables go over the grid in one pass ([`run_together`]): of each tile what is the same for them is done once, and
//! each has its own [`Plan`] and sink. A run of one variable is such a pass of one.

mod columns;
mod course;
mod layers;
mod memory;
mod predictors;
mod report;
mod share;
mod shop;
mod trial;

use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use soilscope_core::Predictor;
use soilscope_core::together::Together;
use soilscope_core::transform::Transform;
use soilscope_core::trust::Trust;

use crate::covariates::Covariates;
use crate::grid::Grid;
use crate::mask::Mask;
use crate::product::{Layer, Scale};
use crate::thresholds::Thresholds;
use crate::tile::{Tile, TileSink};
use crate::{Error, Result, Unwatched, Watch};
use course::Course;
use predictors::Predictors;
use shop::{Bench, Done, Shop};

pub use memory::RunMemory;
pub use report::{LayerReport, RunReport, StripReport, TrustReport, WorkReport, gap_name};
pub use share::Share;
pub use trial::{Trial, trial, trial_together};

/// Side of a tile in cells, unless the caller says otherwise.
pub const DEFAULT_TILE: NonZeroUsize = NonZeroUsize::new(128).expect("not 0");

/// Finished tiles waiting for the writer, for each worker.
const QUEUE: usize = 2;

/// What is to be computed of one variable, and how.
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

/// One variable of a run of several.
pub struct Member<'a> {
    /// What is to be computed of it.
    pub plan: &'a Plan<'a>,
    /// Which of its strips.
    pub share: &'a Share,
    /// Where they go; the caller finishes it.
    pub sink: &'a mut dyn TileSink,
}

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
    let mut alone = [Member { plan, share, sink }];
    let mut reports = pass(&mut alone, Predictors::One(predictor), watch)?;
    Ok(reports.swap_remove(0))
}

/// Predicts several variables in one pass over the grid, each of `members` by the predictor of the same number in `together`; one report
/// each, in their order. Each variable has the values, and each sink gets the tiles, of a run of it alone.
///
/// A strip that any of them lacks is gone over, and given to those that lack it: runs that were stopped may have left one of them
/// further than another.
///
/// # Examples
/// ```
/// use soilscope_core::{executor::Serial, idw::InverseDistance, neighbourhood::Neighbourhood, together::Together, Samples};
/// # use soilscope_pipeline::{grid::*, product::{Layer, Scale}, run::*, tile::{Tile, TileSink}, Result, Unwatched, Watch};
/// struct Sum(f64);
/// impl TileSink for Sum {
///     fn write(&mut self, tile: &Tile) -> Result<()> {
///         self.0 += tile.values(0).flatten().map(f64::from).sum::<f64>();
///         Ok(())
///     }
/// #   fn finish(self: Box<Self>, _: &dyn Watch) -> Result<Vec<std::path::PathBuf>> { Ok(Vec::new()) }
/// }
/// let places = vec![[0.5, 0.5], [3.5, 0.5]];
/// let recipe = InverseDistance { power: 2.0, neighbourhood: Neighbourhood::nearest(1)? };
/// let mut together = Together::default();
/// together.add(&recipe, &Samples::new(places.clone(), vec![1.0, 2.0])?, &Serial)?; // zinc
/// together.add(&recipe, &Samples::new(places, vec![10.0, 30.0])?, &Serial)?; // lead
/// # let grid = Grid::new([0.0, 1.0], [1.0, 1.0], [4, 1], GridCrs::Local, 100).unwrap();
/// # let plan = Plan {
/// #     grid, mask: None, covariates: None, thresholds: vec![], trust: None, layers: vec![Layer::Prediction],
/// #     transform: soilscope_core::transform::Transform::None, scale: Scale::Data, clip: None, threads: 1.try_into().unwrap(),
/// #     tile: DEFAULT_TILE,
/// # };
/// let (share, mut zinc, mut lead) = (Share::whole(&plan), Sum(0.0), Sum(0.0)); // of four cells in a row
/// let mut members = [
///     Member { plan: &plan, share: &share, sink: &mut zinc },
///     Member { plan: &plan, share: &share, sink: &mut lead },
/// ];
/// let reports = run_together(&mut members, &together, &Unwatched)?;
/// assert_eq!((zinc.0, lead.0, reports[1].predicted), (6.0, 80.0, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`run_share`], of the first that fails: all of them stop.
///
/// # Panics
/// As [`run_share`]; no member, or another number than of predictors; plans of different grids, threads or tiles, with masks or covariates
/// that are not the very same object, or shares of different strips.
pub fn run_together(members: &mut [Member<'_>], together: &Together, watch: &dyn Watch) -> Result<Vec<RunReport>> {
    pass(members, Predictors::Together(together), watch)
}

/// Goes over the grid once: the one way in which grids are predicted.
fn pass(members: &mut [Member<'_>], predictors: Predictors<'_>, watch: &dyn Watch) -> Result<Vec<RunReport>> {
    let begun = Instant::now();
    let plans: Vec<&Plan<'_>> = members.iter().map(|member| member.plan).collect();
    check(&plans, predictors)?;
    let shares: Vec<&Share> = members.iter().map(|member| member.share).collect();
    let course = Course::of(&shares);
    let threads = plans[0].threads.get();
    let pool = pool(plans[0].threads)?;
    let shop = Shop::new(&plans, &course, predictors, watch);
    let mut progress: Vec<_> =
        shares.iter().zip(&plans).map(|(share, plan)| share.progress(plan.layers.len())).collect();
    let mut writing = Duration::ZERO;
    watch.stage("predicting", course.cells());
    watch.advance(course.cells_done());
    pool.in_place_scope(|scope| {
        let (sender, receiver) = sync_channel(QUEUE * threads);
        for _ in 0..threads {
            let (sender, shop) = (sender.clone(), &shop);
            scope.spawn(move |_| shop.work(&sender));
        }
        drop(sender); // so that the loop ends when the workers do
        for (strip, done) in receiver {
            let since = Instant::now();
            let outcome = done.and_then(|Done { cells, tiles }| {
                for ((member, progress), tile) in members.iter_mut().zip(&mut progress).zip(tiles) {
                    if !progress.lacks(strip) {
                        continue;
                    }
                    let complete = match tile {
                        Some((tile, tally)) => {
                            member.sink.write(&tile)?;
                            progress.tile(strip, &tile, tally)
                        }
                        None => progress.empty(strip, cells),
                    };
                    if let Some(report) = complete {
                        member.sink.strip(report)?;
                    }
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
    work.variables = plans.len();
    let report = |((plan, share), progress): ((&&Plan<'_>, &&Share), &share::Progress)| {
        RunReport::new(plan, share.done.iter().chain(progress.reports()), begun, work)
    };
    Ok(plans.iter().zip(&shares).zip(&progress).map(report).collect())
}

/// Computes one tile of the grid by its number; `None` where no cell is inside the mask.
///
/// # Errors
/// As [`run_share`].
///
/// # Panics
/// As [`run_share`], and a number beyond those of the grid.
pub fn one_tile(plan: &Plan<'_>, predictor: &dyn Predictor, number: usize) -> Result<Option<Tile>> {
    let (plans, predictors) = ([plan], Predictors::One(predictor));
    check(&plans, predictors)?;
    let course = Course::of(&[&Share::whole(plan)]);
    let shop = Shop::new(&plans, &course, predictors, &Unwatched);
    let done = shop.guarded(&plan.grid.tiles(plan.tile.get()).get(number), &[true], &mut Bench::default())?;
    Ok(done.tiles.into_iter().flatten().next().map(|(tile, _)| tile))
}

/// Refuses plans that their predictors cannot serve, or not in one pass.
fn check(plans: &[&Plan<'_>], predictors: Predictors<'_>) -> Result<()> {
    assert!(!plans.is_empty() && plans.len() == predictors.len(), "a plan for each predictor, and one at least");
    let first = plans[0];
    for (k, plan) in plans.iter().enumerate() {
        assert!(
            plan.grid == first.grid && plan.threads == first.threads && plan.tile == first.tile,
            "a pass has one grid, in tiles of one size, and one number of threads"
        );
        assert!(
            is_same(plan.mask, first.mask) && is_same(plan.covariates, first.covariates),
            "a pass has one mask and the same covariates of cells for all"
        );
        check_one(plan, predictors.get(k))?;
    }
    Ok(())
}

/// Whether both are the same object, or none.
fn is_same<T: ?Sized>(one: Option<&T>, other: Option<&T>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => std::ptr::addr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Refuses a plan that its predictor cannot serve.
fn check_one(plan: &Plan<'_>, predictor: &dyn Predictor) -> Result<()> {
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
