//! The workloads, done as a program does them that embeds the library: its threads, its memory, no rasters.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;
use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, map};
use soilscope_core::idw::InverseDistance;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::simulation::{SequentialGaussian, Simulator};
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{Estimator, LagClasses, ModelTemplate, Variogram, empirical_variogram_with};
use soilscope_core::{Coord, Interpolator, Predictions, Samples, Scratch, Targets};
use soilscope_pipeline::Unwatched;
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::samples::{Preparation, ReadOptions, read_samples};

use crate::setting::{CLASSES, CUTOFF, Cells, EXPONENTIAL, SPHERICAL};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// Ordinary kriging of the nearest samples, with variance (P1, P2).
    Local,
    /// Inverse squared distance of the nearest samples (P3).
    Idw,
    /// Ordinary kriging of all samples, spherical model, with variance (P4).
    Global,
    /// The same with an exponential model.
    GlobalExponential,
    /// Empirical variogram (P5).
    Variogram,
    /// Each sample from the nearest others (P6).
    LeaveOneOut,
    /// Conditional sequential Gaussian simulation (P7).
    Simulation,
    /// Reading the samples and no more (P8).
    Read,
}

/// How it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Threads that compute.
    pub threads: NonZeroUsize,
    /// Samples for a target, nearest first.
    pub neighbours: usize,
    /// Realisations of a simulation.
    pub realisations: usize,
}

/// Columns of numbers by name, in the order of the cells, samples or lag classes.
pub type Columns = Vec<(&'static str, Vec<f64>)>;

/// What a run says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// From samples in memory to results in memory, seconds.
    pub compute_s: f64,
    /// From the file to samples in memory, seconds.
    pub read_s: f64,
    /// Threads that computed.
    pub threads: usize,
    /// Samples.
    pub samples: usize,
    /// Cells, samples or draws that results stand for.
    pub results: usize,
    /// Results without a value.
    pub gaps: usize,
    /// Most memory that the process held until there were results, MiB; `None` where the system does not say it.
    pub peak_rss_mib: Option<f64>,
    /// Of that the results, MiB: what a program that wants them all must hold anyway.
    pub results_mib: f64,
}

/// Side of the tiles that are computed at a time, as in the pipeline.
const TILE: usize = 128;

/// Reads the samples of a file that [`write_samples`](crate::field::write_samples) wrote.
///
/// # Errors
/// A file that cannot be read or is not of that kind.
pub fn read(path: &Path) -> Result<Samples> {
    let options = ReadOptions { analytes: vec!["value".into()], crs: Some("local".into()), ..ReadOptions::default() };
    Ok(read_samples(path, &options)?.prepare("value", &Preparation::default())?.samples)
}

/// Does `work` on the samples of a file and leaves each column in `out` as `NAME.f64`, with `self.json` beside them.
///
/// # Errors
/// What the library says, or files that cannot be read or written.
pub fn run(work: Work, samples: &Path, cells: Cells, settings: Settings, out: &Path) -> Result<Record> {
    let begun = Instant::now();
    let samples = read(samples)?;
    let read_s = begun.elapsed().as_secs_f64();
    let threads = Threads::new(settings.threads, &Unwatched)?;
    let begun = Instant::now();
    let columns = compute(work, &samples, cells, settings, &threads)?;
    let compute_s = begun.elapsed().as_secs_f64();
    let first = columns.first().map_or(&[][..], |(_, column)| column.as_slice());
    let record = Record {
        compute_s,
        read_s,
        threads: settings.threads.get(),
        samples: samples.len(),
        results: first.len(),
        gaps: first.iter().filter(|v| v.is_nan()).count(),
        peak_rss_mib: peak_rss_mib(),
        results_mib: columns.iter().map(|(_, c)| c.len() * 8).sum::<usize>() as f64 / f64::from(1 << 20),
    };
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for (name, column) in &columns {
        let path = out.join(format!("{name}.f64"));
        write(&path, column).with_context(|| format!("cannot write {}", path.display()))?;
    }
    fs::write(out.join("self.json"), serde_json::to_vec(&record)?)?;
    Ok(record)
}

/// Little-endian numbers of eight bytes.
fn write(path: &Path, column: &[f64]) -> io::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    column.iter().try_for_each(|v| file.write_all(&v.to_le_bytes()))?;
    file.flush()
}

/// The columns of `work`: `pred`, and `var` where the method has a variance; of a variogram `pred` are the semivariances and
/// `np` the pairs; of a simulation `pred` holds one realisation after the other.
///
/// # Errors
/// What the library says.
pub fn compute(
    work: Work,
    samples: &Samples,
    cells: Cells,
    settings: Settings,
    threads: &dyn Executor,
) -> Result<Columns> {
    match work {
        Work::Local => predict(&kriging(SPHERICAL, Some(settings))?, samples, cells, threads),
        Work::Idw => {
            let neighbourhood = Neighbourhood::nearest(settings.neighbours)?;
            predict(&InverseDistance { power: 2.0, neighbourhood }, samples, cells, threads)
        }
        Work::Global => predict(&kriging(SPHERICAL, None)?, samples, cells, threads),
        Work::GlobalExponential => predict(&kriging(EXPONENTIAL, None)?, samples, cells, threads),
        Work::Variogram => variogram(samples, threads),
        Work::LeaveOneOut => leave_one_out(&kriging(SPHERICAL, Some(settings))?, samples, threads),
        Work::Simulation => simulate(samples, cells, settings, threads),
        Work::Read => Ok(Columns::new()),
    }
}

fn model(text: &str) -> Result<Variogram> {
    text.parse::<ModelTemplate>()?.complete()?.with_context(|| format!("`{text}` leaves something open"))
}

/// Of the nearest samples, or of all where there are no settings for that.
fn kriging(text: &str, local: Option<Settings>) -> Result<Kriging> {
    let neighbourhood = match local {
        Some(settings) => Neighbourhood::nearest(settings.neighbours)?,
        None => Neighbourhood::Global,
    };
    Ok(Kriging::new(model(text)?, Drift::Constant, neighbourhood))
}

/// Where the tiles of some rows put their cells.
struct Band<'a> {
    value: &'a mut [f64],
    variance: &'a mut [f64],
}

fn predict(recipe: &dyn Interpolator, samples: &Samples, cells: Cells, threads: &dyn Executor) -> Result<Columns> {
    let predictor = recipe.fit_on(samples, threads)?;
    let has_variance = predictor.has_variance();
    let mut value = vec![0.0; cells.count()];
    let mut variance = vec![0.0; if has_variance { cells.count() } else { 0 }];
    let [columns, rows] = cells.size;
    let mut variances = variance.chunks_mut(TILE * columns);
    let bands: Vec<Mutex<Band<'_>>> = value
        .chunks_mut(TILE * columns)
        .map(|value| Mutex::new(Band { value, variance: variances.next().unwrap_or_default() }))
        .collect();
    let across = columns.div_ceil(TILE);
    // Scratches are kept from tile to tile; there are as many as tiles in work.
    let scratches = Mutex::new(Vec::<(Scratch, Predictions)>::new());
    map(threads, across * bands.len(), |tile| {
        let first = [tile % across * TILE, tile / across * TILE];
        let size = [TILE.min(columns - first[0]), TILE.min(rows - first[1])];
        let mut work = held(&scratches).pop().unwrap_or_default();
        let (scratch, predictions) = &mut work;
        predictor.predict_into(&Targets::window(cells.window(first, size)), scratch, predictions);
        let mut band = held(&bands[tile / across]);
        for (index, outcome) in predictions.iter().enumerate() {
            let at = index / size[0] * columns + first[0] + index % size[0];
            band.value[at] = outcome.map_or(f64::NAN, |p| p.value);
            if has_variance {
                band.variance[at] = outcome.ok().and_then(|p| p.variance).unwrap_or(f64::NAN);
            }
        }
        drop(band);
        held(&scratches).push(work);
    })?;
    drop(bands);
    let mut result = vec![("pred", value)];
    if has_variance {
        result.push(("var", variance));
    }
    Ok(result)
}

/// A task that panicked ends the program anyway.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn variogram(samples: &Samples, threads: &dyn Executor) -> Result<Columns> {
    let lags = LagClasses::regular(CUTOFF, CUTOFF / CLASSES as f64)?;
    let classes = empirical_variogram_with(samples, &lags, &[], Estimator::Matheron, threads)?.classes;
    ensure!(classes.len() == CLASSES, "{} of {CLASSES} lag classes have pairs", classes.len());
    let column = |f: fn(&soilscope_core::variogram::LagClass) -> f64| classes.iter().map(f).collect();
    Ok(vec![("pred", column(|c| c.gamma)), ("np", column(|c| c.np as f64)), ("dist", column(|c| c.dist))])
}

fn leave_one_out(recipe: &Kriging, samples: &Samples, threads: &dyn Executor) -> Result<Columns> {
    let outcomes = recipe.leave_out_on(samples, &Folds::leave_one_out(samples), threads)?;
    let value = outcomes.iter().map(|p| p.map_or(f64::NAN, |p| p.value)).collect();
    let variance = outcomes.iter().map(|p| p.ok().and_then(|p| p.variance).unwrap_or(f64::NAN)).collect();
    Ok(vec![("pred", value), ("var", variance)])
}

/// Half of the neighbours are samples at most, half are cells drawn before.
fn simulate(samples: &Samples, cells: Cells, settings: Settings, threads: &dyn Executor) -> Result<Columns> {
    let mut recipe = SequentialGaussian::new(model(SPHERICAL)?, Drift::Constant, 1);
    recipe.sample_neighbours = settings.neighbours / 2;
    recipe.node_neighbours = settings.neighbours - settings.neighbours / 2;
    let nodes: Vec<Coord> = (0..cells.count()).map(|i| cells.centre(i)).collect();
    let fields = recipe.prepare(Some(samples), &nodes)?.simulate(0..settings.realisations, threads)?;
    Ok(vec![("pred", (0..settings.realisations).flat_map(|k| fields.realisation(k)).collect())])
}

/// Most memory that this process has held, from the kernel.
fn peak_rss_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}
