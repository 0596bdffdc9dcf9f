//! `soilscope simulate`: realisations of the field, and what they say together.

mod above;
mod limits;
mod rasters;
mod scale;
mod simulator;
mod skill;
mod zones;

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Value as Json, json};
use soilscope_core::simulation::{NodeStatistics, Simulator, batch_bytes, counts_above};
use soilscope_core::transform::Transform;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::geotiff::{GeoTiffOptions, GeoTiffSink};
use soilscope_pipeline::mask::Mask;
use soilscope_pipeline::run;
use soilscope_pipeline::samples::PreparationRecord;
use soilscope_pipeline::scatter::{cells_inside, scatter};
use soilscope_pipeline::tile::TileSink;

use crate::Outcome;
use crate::args::{Common, FieldsChoice, Simulate};
use crate::commands::map::Paths;
use crate::commands::map::grid::{self, GridRecord};
use crate::commands::map::provenance::{inputs, refuse_another_record};
use crate::creation;
use crate::errors::ErrorRecord;
use crate::field::{LimitsRecord, ModelRecord, SkillRecord, model};
use crate::follow::{Progress, check_interrupt, make_folder, watching, wrote};
use crate::guideline::carried::columns;
use crate::guideline::{self, GuidelineRecord};
use crate::output::{self, say};
use crate::record::{FileRecord, Times, Versions, command_line, finish};
use crate::source::{Source, Wanted};
use crate::subject::Subject;
use crate::words::transform_name;
use above::AreaAbove;
use rasters::Rasters;
use scale::ScaleRecord;
use simulator::{SimulatorRecord, drift, prepare, refuse_idle_options};
use zones::{ZoneRecord, Zones};

/// Most rasters of one realisation each: all are open at a time, two files each, and systems allow about a thousand.
const MOST_FILES: u32 = 300;

/// `run.json`.
#[derive(Serialize)]
struct RunRecord<'a> {
    verb: &'static str,
    versions: Versions,
    command: Vec<String>,
    #[serde(flatten)]
    times: Times,
    threads: usize,
    analyte: &'a str,
    unit: Option<&'a str>,
    inputs: Vec<FileRecord>,
    settings: Json,
    samples: &'a PreparationRecord,
    crs: &'a Crs,
    scale: ScaleRecord,
    model: &'a ModelRecord,
    simulation: SimulatorRecord,
    /// How values below limits enter, where no number stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    below_limits: Option<LimitsRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurement_errors: Option<&'a ErrorRecord>,
    grid: GridRecord,
    cells: Cells,
    /// The limit of the law that the threshold is.
    #[serde(skip_serializing_if = "Option::is_none")]
    guideline: Option<&'a GuidelineRecord>,
    /// Whether the shares of realisations above the threshold have skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<SkillRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area_above: Option<AreaAbove>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<ZoneRecord>,
    outputs: Vec<FileRecord>,
    notes: Vec<String>,
}

/// What became of the cells.
#[derive(Debug, Clone, Copy, Serialize)]
struct Cells {
    cells: u64,
    simulated: u64,
    outside_mask: u64,
    /// Cells with a value beyond a 32-bit number in some realisation: they have no data.
    not_finite: u64,
}

pub(crate) fn run(args: &Simulate, common: &Common) -> Result<Outcome> {
    let mut times = Times::start();
    check(args)?;
    guideline::check(&args.guideline)?;
    let creation = creation::options(&args.co)?;
    refuse_another_record(&args.out, "simulate", args.samples.analyte.as_deref())?;
    output::dated()?; // refused now and not after the computing
    let mut inputs = inputs(&args.samples, &args.grid, None)?;
    if let Some(path) = args.zones.as_ref().filter(|path| path.is_file()) {
        inputs.push(FileRecord::of("zones", path)?);
    }
    for (role, path) in guideline::file(&args.guideline).into_iter().filter(|(_, path)| path.is_file()) {
        inputs.push(FileRecord::of(role, path)?);
    }
    make_folder(&args.out)?;
    let progress = Progress::new(common);

    let template = grid::template_crs(&args.grid)?;
    let wanted = Wanted {
        template: template.as_ref().map(|crs| (crs, grid::TEMPLATE)),
        errors: Some(&args.errors),
        ..Wanted::default()
    };
    let source = Source::read(&args.samples, common, wanted)?;
    let limit = guideline::resolve(&args.guideline, &source)?;
    let args = &Simulate { threshold: limit.as_ref().and_then(|l| l.threshold).or(args.threshold), ..args.clone() };
    let paths = Paths::new(&args.out, source.analyte());
    times.lap("read");
    check_interrupt("the model was fitted")?;

    let (grid, mask, grid_record) = grid::build(&args.grid, &[], &source)?;
    let samples = source.samples();
    let numbers = source.stand_in()?;
    if numbers.is_some() {
        limits::refuse(args)?;
    }
    let of = numbers.as_ref().unwrap_or(samples);
    let (transform, scale) = source.located(scale::transform(args.model.transform, &args.scores, of))?;
    let on_scale = source.located(transform.forward(samples))?;
    let stand_in = source.located(numbers.map(|numbers| transform.forward(&numbers)).transpose())?;
    let subject = Subject {
        observed: samples.clone(),
        residuals: stand_in.clone().unwrap_or_else(|| on_scale.clone()),
        drift: drift(&args.simulation, args.model.transform)?,
        variogram_of: "values",
        below: source.below().to_vec(),
        stand_in,
        transform,
        on_scale,
    };
    let Subject { transform, on_scale, .. } = &subject;
    let model = source.located(progress.busy("fitting the model", || model(&args.model, &subject, common)))?;
    let mut notes: Vec<String> = source.remarks().iter().chain(&model.remarks).cloned().collect();
    let told = source.remarks().len() + model.remarks.len();
    notes.extend(limit.iter().flat_map(GuidelineRecord::notes));

    let mut about = about(args, transform, &source, &model);
    about.extend(limit.iter().flat_map(GuidelineRecord::metadata));
    let rasters = Rasters::new(args, &source, &paths, &about);
    let threads = common.threads()?;
    let options = GeoTiffOptions {
        existing: output::existing(args.overwrite),
        creation,
        threads,
        side_by_side: threads,
        tile: run::DEFAULT_TILE,
    };
    // Every output is opened before the computing, so that a place that cannot be written is told now.
    let record_file = output::open(&args.out.join("run.json"), args.overwrite)?;
    // Nine bytes a cell tell which are inside the mask.
    ensure_memory(args, grid.cells().saturating_mul(9), &format!("a grid of {} cells takes", grid.cells()))?;
    let cells = cells_inside(&grid, mask.as_ref().map(|m| m as &dyn Mask))?;
    ensure!(!cells.is_empty(), "the mask leaves no cell: does it lie where the samples do, and in the CRS it says?");
    let zones = args.zones.as_ref().map(|path| Zones::read(path, args, &source, &grid, &cells)).transpose()?;
    let zones_file = zones.is_some().then(|| output::open(&paths.of("zones.csv"), args.overwrite)).transpose()?;
    let count = args.simulation.realisations as usize;
    let what = format!("{count} realisations of {} cells take", cells.len());
    ensure_memory(args, batch_bytes(cells.len(), count) as u64, &what)?;
    let earlier = earlier_outputs(args);
    let sink = Box::new(GeoTiffSink::create_files(&grid, &rasters.files, &options)?);
    announce(common, &model, &grid_record, &source);
    times.lap("model");

    let skill =
        progress.busy("holding blocks out", || skill::judge(args, &model.variogram, &subject, &source, common))?;
    notes.extend(skill.as_ref().and_then(SkillRecord::warning));
    times.lap("validation");
    let drawn = source.located(limits::draw(args, &model.variogram, &subject, common))?;
    let (imputations, below_limits) = drawn.unzip();
    notes.extend(below_limits.iter().filter_map(LimitsRecord::note));
    let prepared = progress.busy("preparing", || {
        let imputations = imputations.as_ref();
        prepare(&args.simulation, &model.variogram, subject.drift, on_scale, imputations, &grid, &cells)
    });
    let (simulator, simulation, more) = source.located(prepared)?;
    notes.extend(more);
    times.lap("preparation");
    check_interrupt("fields were simulated")?;
    let job = Job { args, grid: &grid, cells: &cells, transform, rasters: &rasters, crs: source.crs(), zones, threads };
    let (not_finite, area_above, zones) = watching(|| job.compute(simulator.as_ref(), sink, &progress))?;
    drop(progress);
    if not_finite > 0 {
        notes.push(format!("{not_finite} cells have no data: in some realisation their value is no 32-bit number"));
    }
    times.lap("simulation");

    let mut outputs = Vec::new();
    if let Some(file) = zones_file {
        let about =
            columns(args.threshold.map(|t| t.to_string()), limit.as_ref().map(GuidelineRecord::carried).as_ref());
        output::fill(file, &zones::csv(&zones, &about)?)?;
        wrote(&paths.of("zones.csv"));
        outputs.push(FileRecord::of("zones", &paths.of("zones.csv"))?);
    }
    for file in &rasters.files {
        outputs.push(FileRecord::of("raster", &file.path)?);
    }
    for path in earlier.iter().filter(|path| path.is_file() && !rasters.files.iter().any(|f| f.path == **path)) {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
        notes.push(format!("{} of an earlier run was removed", path.display()));
    }
    times.finish();
    let record = RunRecord {
        verb: "simulate",
        versions: Versions::here(),
        command: command_line(),
        times,
        threads: threads.get(),
        analyte: source.analyte(),
        unit: source.unit(),
        inputs,
        settings: settings(args),
        samples: source.record(),
        crs: source.crs(),
        scale,
        model: &model,
        simulation,
        below_limits,
        measurement_errors: source.errors(),
        grid: grid_record,
        cells: Cells {
            cells: grid.cells(),
            simulated: cells.len() as u64 - not_finite,
            outside_mask: grid.cells() - cells.len() as u64,
            not_finite,
        },
        guideline: limit.as_ref(),
        skill,
        area_above,
        zones,
        outputs,
        notes,
    };
    // What was said when the samples were read is not said again.
    finish(common, &record, &record.notes[told..], &summary(args, &record), record_file)
}

/// What the computing needs.
struct Job<'a> {
    args: &'a Simulate,
    grid: &'a Grid,
    cells: &'a [usize],
    transform: &'a Transform,
    rasters: &'a Rasters,
    crs: &'a Crs,
    zones: Option<Zones>,
    threads: NonZeroUsize,
}

impl Job<'_> {
    /// Simulates and writes; gives the cells without data, and the areas above the threshold.
    fn compute(
        &self,
        simulator: &dyn Simulator,
        mut sink: Box<GeoTiffSink>,
        progress: &Progress,
    ) -> Result<(u64, Option<AreaAbove>, Vec<ZoneRecord>)> {
        let executor = Threads::new(self.threads, progress)?;
        let count = self.args.simulation.realisations as usize;
        let mut fields = progress.busy("simulating", || simulator.simulate(0..count, &executor))?;
        let (statistics, counts, zones) = progress.busy("summing up", || -> Result<_> {
            fields.map(|v| self.transform.back_value(v));
            let statistics = NodeStatistics::of(&fields, self.args.threshold, &self.args.quantiles, &executor)?;
            let counts =
                self.args.threshold.map(|t| counts_above(&fields, t, &executor).map(|c| (t, c))).transpose()?;
            let zones = match (&self.zones, self.args.threshold) {
                (Some(zones), Some(threshold)) => zones.records(&fields, threshold, &executor)?,
                _ => Vec::new(),
            };
            Ok((statistics, counts, zones))
        })?;
        let area = counts.map(|(threshold, counts)| {
            let cell = self.grid.cell()[0] * self.grid.cell()[1];
            AreaAbove::new(threshold, &counts, self.cells.len(), cell, self.crs)
        });
        let value = |node: usize, layer: usize| self.rasters.value(layer, node, &fields, &statistics);
        let not_finite = scatter(self.grid, self.cells, self.rasters.layers(), value, sink.as_mut(), progress)?;
        // From here on there are files of this run: the record of an earlier one no longer describes the folder.
        match std::fs::remove_file(self.args.out.join("run.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for path in sink.finish(progress)? {
            wrote(&path);
        }
        Ok((not_finite, area, zones))
    }
}

/// Refuses what can be refused before anything is read.
fn check(args: &Simulate) -> Result<()> {
    if let Some(p) = args.quantiles.iter().find(|p| !(**p > 0.0 && **p < 1.0)) {
        anyhow::bail!("--quantiles are probabilities between 0 and 1, not {p}");
    }
    let mut sorted = args.quantiles.clone();
    sorted.sort_by(f64::total_cmp);
    ensure!(sorted.windows(2).all(|w| w[0] != w[1]), "--quantiles: each once");
    ensure!(args.simulation.max_memory > 0.0, "--max-memory must be above 0");
    ensure!(
        args.samples.samples.is_file() || !(args.samples.samples.exists() || args.samples.samples == Path::new("-")),
        "{}: the record holds the sum of the samples, so they must be a file that can be read again: save them first",
        args.samples.samples.display()
    );
    ensure!(
        args.fields != FieldsChoice::Separate || args.simulation.realisations <= MOST_FILES,
        "--fields separate opens a file for each realisation, at most {MOST_FILES}: use --fields together"
    );
    drift(&args.simulation, args.model.transform)?;
    refuse_idle_options(&args.simulation)
}

/// Refuses what memory may not hold: all realisations are held until their quantiles are known.
fn ensure_memory(args: &Simulate, bytes: u64, what: &str) -> Result<()> {
    let gib = bytes as f64 / f64::from(1 << 30);
    ensure!(
        gib <= args.simulation.max_memory,
        "{what} {gib:.1} GiB, and --max-memory is {}: use larger cells, fewer realisations, a smaller extent, or allow more",
        args.simulation.max_memory
    );
    Ok(())
}

/// Rasters that an earlier run's record names, in this folder: a field must not stand beside those of another run.
fn earlier_outputs(args: &Simulate) -> Vec<std::path::PathBuf> {
    let text = std::fs::read(args.out.join("run.json")).unwrap_or_default();
    let record: Json = serde_json::from_slice(&text).unwrap_or_default();
    let names =
        record["outputs"].as_array().into_iter().flatten().filter_map(|o| Path::new(o["path"].as_str()?).file_name());
    names.map(|name| args.out.join(name)).collect()
}

/// Metadata of every raster.
fn about(args: &Simulate, transform: &Transform, source: &Source, model: &ModelRecord) -> Vec<(String, String)> {
    vec![
        ("SOILSCOPE_VERSION".into(), env!("CARGO_PKG_VERSION").into()),
        ("ANALYTE".into(), source.analyte().into()),
        ("TRANSFORM".into(), transform_name(transform)),
        ("VARIOGRAM".into(), model.notation.clone()),
        ("REALISATIONS".into(), args.simulation.realisations.to_string()),
        ("SEED".into(), args.simulation.seed.to_string()),
    ]
}

/// Settings as they took effect, beside those in `scale`, `model`, `simulation` and `grid`.
fn settings(args: &Simulate) -> Json {
    json!({
        "model": args.model.model.text,
        "threshold": args.threshold,
        "quantiles": args.quantiles,
        "fields": match args.fields {
            FieldsChoice::Together => "together",
            FieldsChoice::Separate => "separate",
            FieldsChoice::None => "none",
        },
        "max_memory_gib": args.simulation.max_memory,
        "max_cells": args.grid.max_cells,
        "creation_options": args.co,
    })
}

/// What is about to be done.
fn announce(common: &Common, model: &ModelRecord, grid: &GridRecord, source: &Source) {
    if common.quiet {
        return;
    }
    say(&format!("model: {}", model.short_notation()));
    for remark in &model.remarks {
        say(&format!("note: {remark}"));
    }
    if common.verbose > 0 {
        say(&format!("crs: {}", source.crs().title()));
        say(&format!("grid: {} x {} cells of {} ({})", grid.columns, grid.rows, grid.cell[0], grid.cell_from));
        say(&format!("extent: {:?} ({})", grid.bounds, grid.extent_from));
    }
}

/// A finished simulation in a few lines.
fn summary(args: &Simulate, record: &RunRecord<'_>) -> String {
    let Cells { cells, simulated, outside_mask, .. } = record.cells;
    let mut lines = vec![format!(
        "{}: {} realisations from {} samples ({}, seed {}), {simulated} of {cells} cells, {outside_mask} outside the mask",
        record.analyte,
        record.simulation.realisations,
        record.samples.used,
        record.simulation.simulator,
        record.simulation.seed
    )];
    lines.extend(record.area_above.as_ref().map(|area| area.line(record.unit.unwrap_or(""), record.guideline)));
    lines.push(format!("written to {}: {} rasters, run.json", args.out.display(), record.outputs.len()));
    lines.join("\n") + "\n"
}
