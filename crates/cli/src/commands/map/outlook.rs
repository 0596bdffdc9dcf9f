//! What a map will take, told before it is made: cells, memory, disk, time.

use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_pipeline::io;
use soilscope_pipeline::io::geotiff::COPYING;
use soilscope_pipeline::run::{RunMemory, Trial, trial_together};
use soilscope_pipeline::strips::Strips;

use super::one::{Job, Opened};
use super::pass::{Pass, passes};
use super::picture::MOST;
use crate::Outcome;
use crate::args::Common;
use crate::choice::Interrupts;
use crate::field::short_number;
use crate::follow::{Progress, give_up, watching};
use crate::memory::{Bytes, held, peak};
use crate::output;

/// How long tiles are tried, to tell how long all take.
const TRIED: Duration = Duration::from_secs(2);

/// Share of a raster's size that its overviews take at most, and what they wait in.
const OVERVIEWS: f64 = 4.0 / 3.0;

// Measured by `peak_memory` of maps of 20,000 samples on 2,000 × 2,000, 5,000 × 5,000 and 10,000 × 10,000 cells, beyond what is held and GDAL's
// cache: two files side by side 78 and 91 MiB (the larger two), pictures 191 to 208 MiB, realisations 222, 324 and 344 MiB.

/// What realisations of hotspots take: a batch, three times as much while it is conditioned, and their systems.
const SIMULATING: u64 = 400 << 20;

/// What drawing takes: the picture and its compression, and this much for each cell that is drawn (of larger maps not all are).
const DRAWING: u64 = 48 << 20;
const DRAWING_CELL: u64 = 80;

/// From so many cells on a file that is completed takes half as much again.
const MANY_CELLS: u64 = 10_000_000;

/// Memory of a pass over the grid, by what takes it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MemoryPlan {
    /// Held when the samples were read and the model was fitted: program, libraries, samples.
    held: Bytes,
    /// The most that was held until then.
    peak: Bytes,
    /// Analytes that are computed in the pass.
    analytes: usize,
    /// The search among samples, or the system of all of them; of all analytes of the pass.
    predictor: Bytes,
    /// What cross-validation takes beside that, where it is asked for.
    validation: Bytes,
    threads: NonZeroUsize,
    /// Of each of these.
    thread: Bytes,
    waiting: Bytes,
    gdal_cache: Bytes,
    /// Files that are completed side by side.
    side_by_side: NonZeroUsize,
    completing: Bytes,
    /// Of what follows the rasters: pictures, and realisations of hotspots where there are some.
    following: Bytes,
    /// The most at any time.
    most: Bytes,
}

impl MemoryPlan {
    /// Of the maps of a pass, completing as many files side by side as fit into `limit`.
    fn new(pass: &Pass<'_>, limit: Option<Bytes>) -> Result<Option<Self>> {
        let (Some(held), Some(peak)) = (held(), peak()) else { return Ok(None) };
        let covariates = pass.covariates()?;
        let run = RunMemory::together(&pass.plans(covariates.as_ref()));
        let (mut predictors, mut validation, mut thread, mut files, mut following) = (0, 0, 0, 0, 0);
        for Job { field, source, args, products, grid, .. } in pass.jobs.iter().copied() {
            let memory = field.interpolator.memory(&field.on_scale).map_err(Into::<anyhow::Error>::into);
            let Some(memory) = source.located(memory)? else { return Ok(None) };
            // They are there at the same time; samples are held out of one analyte after another, and a thread predicts one after another.
            predictors += memory.held;
            let whole = args.only.is_empty() && args.run.part.is_none();
            if whole {
                let simulates = args.decision.is_decided() && args.decision.realisations != Some(0);
                let drawn = DRAWING_CELL * grid.cells().min((MOST[0] * MOST[1]) as u64);
                following = following.max(if simulates { SIMULATING } else { DRAWING + drawn });
            }
            if whole && field.method.neighbourhood == Neighbourhood::Global {
                validation = memory.held.max(validation);
            }
            thread = memory.thread.max(thread);
            files = products.len().max(files);
        }
        let threads = pass.jobs[0].threads;
        let grid_cells = pass.jobs[0].grid.cells();
        let mut plan = Self {
            held,
            peak,
            analytes: pass.jobs.len(),
            predictor: Bytes(predictors),
            validation: Bytes(validation),
            threads,
            thread: Bytes(thread + run.thread),
            waiting: Bytes(run.waiting),
            gdal_cache: Bytes(io::CACHE as u64),
            side_by_side: threads.min(NonZeroUsize::new(files).unwrap_or(NonZeroUsize::MIN)),
            completing: Bytes(if grid_cells > MANY_CELLS { COPYING / 2 * 3 } else { COPYING }),
            following: Bytes(following),
            most: Bytes(0),
        };
        plan.most = plan.sum();
        while limit.is_some_and(|limit| plan.most > limit)
            && let Some(fewer) = NonZeroUsize::new(plan.side_by_side.get() - 1)
        {
            plan.side_by_side = fewer;
            plan.most = plan.sum();
        }
        Ok(Some(plan))
    }

    /// Computing, completing, and hotspots and pictures follow one another.
    fn sum(&self) -> Bytes {
        let computing =
            self.predictor.0 + self.validation.0 + self.threads.get() as u64 * self.thread.0 + self.waiting.0;
        let completing = self.side_by_side.get() as u64 * self.completing.0;
        Bytes(self.peak.0.max(self.held.0 + self.gdal_cache.0 + computing.max(completing).max(self.following.0)))
    }

    /// The sum, in words.
    fn words(&self) -> String {
        let validation = match self.validation.0 {
            0 => String::new(),
            _ => format!(" + {} for cross-validation", self.validation),
        };
        let following = match self.following.0 {
            0 => String::new(),
            SIMULATING => format!("; realisations of hotspots, and pictures, {}", self.following),
            _ => format!("; pictures, {}", self.following),
        };
        let of = if self.analytes > 1 { format!(" of each of {} analytes", self.analytes) } else { String::new() };
        format!(
            "{} held by the program with its samples and model (at most {} until now) + {} of GDAL's cache + the largest of: computing, {} \
             for the search or system{of}{validation} + {} threads of {} + {} of tiles on their way; completing files, {} side by side \
             of {}{following}",
            self.held,
            self.peak,
            self.gdal_cache,
            self.predictor,
            self.threads,
            self.thread,
            self.waiting,
            self.side_by_side,
            self.completing
        )
    }
}

/// Keeps to a limit of memory: how many files may be completed side by side.
///
/// # Errors
/// Maps that cannot be made within the limit, with the sum.
pub(super) fn fit(pass: &Pass<'_>) -> Result<NonZeroUsize> {
    let first = pass.jobs[0];
    let Some(limit) = first.args.run.memory else { return Ok(first.threads) };
    let plan = MemoryPlan::new(pass, Some(limit))?.with_context(|| {
        format!("--memory: what {} takes cannot be told beforehand here: leave --memory out", first.field.method.method)
    })?;
    if plan.most > limit {
        let mut remedies = vec!["allow more"];
        // Worth saying where it is a tenth of the whole.
        if plan.threads.get() > 1 && 10 * plan.threads.get() as u64 * plan.thread.0 > plan.most.0 {
            remedies.push("fewer --threads");
        }
        if pass.jobs.len() > 1 {
            remedies.push("fewer analytes in one run");
        }
        if pass.jobs.iter().any(|job| job.field.method.neighbourhood == Neighbourhood::Global) {
            remedies.push("a search by --neighbours N instead of all samples for each cell");
        }
        if plan.following.0 == SIMULATING {
            remedies.push("--realisations 0");
        }
        if plan.validation.0 > 0 || plan.following.0 > 0 {
            remedies.push("rasters alone by --only");
        }
        bail!(
            "--memory {limit}: the map of {} takes up to {}: {}; {}",
            pass.names(),
            plan.most,
            plan.words(),
            remedies.join(", or ")
        );
    }
    Ok(plan.side_by_side)
}

/// What is told of one analyte.
#[derive(Debug, Serialize)]
struct Analyte<'a> {
    analyte: &'a str,
    method: &'static str,
    neighbourhood: Neighbourhood,
    rasters: Vec<String>,
}

/// What is told of a pass over the grid before it is made.
#[derive(Debug, Serialize)]
struct Outlook<'a> {
    /// Whose maps are computed in it.
    analytes: Vec<Analyte<'a>>,
    columns: usize,
    rows: usize,
    cells: u64,
    strips: usize,
    memory: Option<MemoryPlan>,
    /// While computing, at most: strips are not compressed.
    disk_while_computing: Bytes,
    /// In the end, at most.
    disk_of_results: Bytes,
    trial: Trial,
    /// Of computing the rasters.
    expected_seconds: f64,
}

impl<'a> Outlook<'a> {
    fn new(pass: &Pass<'a>, progress: &Progress) -> Result<Self> {
        let first = pass.jobs[0];
        let memory = MemoryPlan::new(pass, first.args.run.memory)?;
        let prepared = pass.prepare(progress)?;
        let plans = pass.plans(prepared.covariates.as_ref());
        let trial = watching(|| {
            progress.busy("trying some tiles", || trial_together(&plans, &prepared.together, TRIED, &Interrupts))
        })?;
        let cells = first.grid.cells();
        let products = || pass.jobs.iter().flat_map(|job| &job.products);
        let of_cell: u64 = products().map(|p| if p.layer.is_class() { 1 } else { 4 }).sum();
        let strips = Bytes(of_cell * cells);
        let results = Bytes((strips.0 as f64 * OVERVIEWS) as u64);
        let name = |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let analyte = |job: &&'a Job| Analyte {
            analyte: job.source.analyte(),
            method: job.field.method.method,
            neighbourhood: job.field.method.neighbourhood,
            rasters: job.products.iter().map(|product| name(&product.path)).collect(),
        };
        Ok(Self {
            analytes: pass.jobs.iter().map(analyte).collect(),
            columns: first.grid.size()[0],
            rows: first.grid.size()[1],
            cells,
            strips: Strips::of(&first.grid, plans[0].tile).len(),
            memory,
            // What is being completed has its overviews wait beside it.
            disk_while_computing: Bytes(strips.0 + results.0),
            disk_of_results: results,
            expected_seconds: trial.expected(cells),
            trial,
        })
    }

    fn lines(&self) -> String {
        let memory = match &self.memory {
            Some(plan) => format!("at most {}: {}", plan.most, plan.words()),
            None => "not known beforehand for this method".to_owned(),
        };
        let pass = match self.analytes.len() {
            1 => String::new(),
            n => format!(" all {n} in one pass over the grid"),
        };
        let rasters: Vec<String> = self.analytes.iter().flat_map(|analyte| analyte.rasters.iter().cloned()).collect();
        format!(
            "{}\
             grid      {} x {} = {} cells, {} strips\n\
             rasters   {}\n\
             memory    {memory}\n\
             disk      at most {} while it is made, {} in the end\n\
             time      about {} to compute{pass}: {} of {} tiles took {} s; reading, judging and writing come on top\n",
            self.analytes.iter().map(Analyte::line).collect::<String>(),
            self.columns,
            self.rows,
            self.cells,
            self.strips,
            rasters.join(", "),
            self.disk_while_computing,
            self.disk_of_results,
            span(self.expected_seconds),
            self.trial.tiles,
            self.trial.of_tiles,
            short_number(self.trial.seconds),
        )
    }
}

impl Analyte<'_> {
    fn line(&self) -> String {
        let neighbours = match self.neighbourhood {
            Neighbourhood::Global => "all samples for each cell".to_owned(),
            Neighbourhood::Moving(search) => {
                let most = search.max.map_or_else(|| "samples".to_owned(), |max| format!("the {max} nearest samples"));
                let within = search.radius.map(|r| format!(" within {}", short_number(r))).unwrap_or_default();
                format!("{most}{within} for each cell")
            }
        };
        format!("{}: {}, {neighbours}\n", self.analyte, self.method)
    }
}

/// A length of time for a person.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// Tells what maps that are opened will take; nothing is written.
pub(super) fn tell(opened: &[Opened], progress: &Progress, common: &Common) -> Result<Outcome> {
    let passes = passes(opened);
    let outlooks = passes.iter().map(|pass| Outlook::new(pass, progress)).collect::<Result<Vec<_>>>()?;
    ensure!(!outlooks.is_empty(), "there is nothing to map");
    for pass in &passes {
        fit(pass)?;
    }
    give_up();
    if common.json {
        output::print_json(&outlooks)?;
    } else {
        output::print(&outlooks.iter().map(Outlook::lines).collect::<String>())?;
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_for_people() {
        assert_eq!([0.4, 60.0, 600.0, 7200.0, 900_000.0].map(span), ["0 s", "60 s", "10 min", "2.0 h", "10.4 days"]);
    }
}
