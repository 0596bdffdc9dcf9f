//! `soilscope map`: from samples to rasters, hotspots, a picture and the run record.

mod decision;
pub(crate) mod grid;
mod hotspots;
pub(crate) mod picture;
mod products;
pub(crate) mod provenance;
mod reach;
mod reliability;
mod summary;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::Value as Json;
use soilscope_core::Coord;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::grid::Grid;
use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::geopackage::{self, write_geopackage};
use soilscope_pipeline::io::geotiff::{GeoTiffOptions, GeoTiffSink};
use soilscope_pipeline::io::vector::Value;
use soilscope_pipeline::mask::Mask;
use soilscope_pipeline::product::Scale;
use soilscope_pipeline::run::{self, Plan, RunReport};
use soilscope_pipeline::samples::PreparationRecord;
use soilscope_pipeline::thresholds::Thresholds;
use soilscope_pipeline::tile::TileSink;

use crate::Outcome;
use crate::args::{Common, Map, ScaleChoice};
use crate::commands::validate::{ValidationRecord, cross_validate};
use crate::counts::Counts;
use crate::covariates::Covariates;
use crate::creation;
use crate::field::{CalibrationRecord, Field, Judged, MethodRecord, ModelRecord, SkillRecord};
use crate::follow::{Progress, check_interrupt, make_folder, watching, wrote};
use crate::guideline::{self, CellLimits, GuidelineRecord};
use crate::output::{self, say};
use crate::record::{FileRecord, Times, Versions, command_line, finish};
use crate::source::{Source, Wanted};
use crate::words::{Folds, TransformChoice, transformed};
use decision::{check_decision, refuse_for_cells, with_limit};
use grid::GridRecord;
use hotspots::{HotspotRecord, Rule};
use products::{layers, products};
use provenance::{inputs, refuse_another_record, remove_outdated, settings};

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
    method: &'a MethodRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelRecord>,
    validation: ValidationRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<CalibrationRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<SkillRecord>,
    grid: GridRecord,
    cells: &'a RunReport,
    /// Lines of samples that say nothing new beside others and were left out of a system of all.
    left_out: Vec<usize>,
    /// The limit of the law that the threshold is.
    #[serde(skip_serializing_if = "Option::is_none")]
    guideline: Option<&'a GuidelineRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hotspots: Option<HotspotRecord>,
    outputs: Vec<FileRecord>,
    notes: Vec<String>,
}

/// Paths of what a map is made of.
pub(crate) struct Paths {
    folder: PathBuf,
    stem: String,
}

impl Paths {
    pub(crate) fn new(folder: &Path, analyte: &str) -> Self {
        Self { folder: folder.to_owned(), stem: output::slug(analyte) }
    }

    pub(crate) fn of(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{}_{what}", self.stem))
    }
}

pub(crate) fn run(args: &Map, common: &Common) -> Result<Outcome> {
    let mut times = Times::start();
    guideline::check(&args.decision.guideline)?;
    check_decision(args)?;
    let creation = creation::options(&args.co)?;
    ensure!(
        args.samples.samples.is_file() || !(args.samples.samples.exists() || args.samples.samples == Path::new("-")),
        "{}: a map's record holds the sum of its samples, so they must be a file that can be read again: save them first",
        args.samples.samples.display()
    );
    refuse_another_record(&args.out, "map", args.samples.analyte.as_deref())?;
    output::source_date()?; // refused now and not after the computing
    let mut inputs = inputs(&args.samples, &args.grid, Some(&args.method))?;
    for (role, path) in guideline::file(&args.decision.guideline).into_iter().filter(|(_, path)| path.is_file()) {
        inputs.push(FileRecord::of(role, path)?);
    }
    make_folder(&args.out)?;
    let progress = Progress::new(common);

    let template = grid::template_crs(&args.grid)?;
    let wanted = Wanted {
        template: template.as_ref(),
        drift: Some(&args.method.drift),
        secondary: args.method.secondary.as_deref(),
        errors: Some(&args.errors),
        ..Wanted::default()
    };
    let source = Source::read(&args.samples, common, wanted)?;
    let (limit, cells) = guideline::resolve_for_cells(&args.decision.guideline, &source)?.unzip();
    let (limit, cells) = (limit.as_ref(), cells.flatten());
    let args = &with_limit(args, limit)?;
    for path in cells.iter().flat_map(CellLimits::files) {
        inputs.push(FileRecord::of("soil", path)?);
    }
    // Of a limit that differs from place to place, that of each sample's place.
    let at_samples = cells.as_ref().map(|cells| cells.at(source.samples().coords())).transpose()?;
    let paths = Paths::new(&args.out, source.analyte());
    times.lap("read");
    check_interrupt("the model was fitted")?;

    let (grid, mask, grid_record) = grid::build(&args.grid, &args.method.drift.covariate, &source)?;
    let field = source.located(
        progress
            .busy("fitting the model", || Field::new(&args.model, &args.method, Some(&args.block), &source, common)),
    )?;
    if cells.is_some() {
        refuse_for_cells(&field)?;
    }
    let mut notes = notes(args, &field, &source);
    notes.extend(limit.iter().flat_map(|limit| limit.notes()));
    let products = products(args, limit, &field, &source, &paths);
    let threads = common.threads()?;
    let options =
        GeoTiffOptions { existing: output::existing(args.overwrite), creation, threads, tile: run::DEFAULT_TILE };
    // Every output is opened before the computing, so that a place that cannot be written is told now.
    let picture_file = output::open(&paths.of("map.png"), args.overwrite)?;
    let forecasts = args.decision.threshold.is_some() && field.has_variance();
    let reliability_file = forecasts.then(|| output::open(&paths.of("reliability.png"), args.overwrite)).transpose()?;
    let record_file = output::open(&args.out.join("run.json"), args.overwrite)?;
    let vector_files = if args.decision.is_decided() { vector_paths(&paths, &source) } else { Vec::new() };
    for path in &vector_files {
        drop(output::open(path, args.overwrite)?);
    }
    let sink = Box::new(GeoTiffSink::create(&grid, &products, &options)?);
    announce(common, args, &field, &grid_record, &source);
    times.lap("model");

    let validation = progress.busy("cross-validating", || cross_validate(&field, &source, &Folds::LeaveOneOut, 1))?.0;
    let judged = progress.busy("holding blocks out", || field.judged(args.decision.threshold, &source, common))?;
    let Judged { calibration, skill } = judged;
    if !args.method.calibrate {
        notes.extend(calibration.iter().flat_map(CalibrationRecord::notes));
    }
    notes.extend(skill.as_ref().and_then(SkillRecord::warning));
    times.lap("validation");
    check_interrupt("the map was computed")?;

    let (report, left_out) = compute(
        args,
        &field,
        grid,
        mask.as_ref().map(|m| m as &dyn Mask),
        cells.as_ref().map(|cells| cells as &dyn Thresholds),
        &source,
        sink,
        threads,
        &progress,
    )?;
    drop(progress);
    notes.extend(reach::notes(&paths.of("prediction.tif"), &field, &source)?);
    for (reason, count) in &report.gaps {
        notes.push(format!("{count} cells have no prediction: {reason}"));
    }
    let counts = Counts {
        reduced: report.reduced,
        clipped: report.clipped,
        extrapolated: report.extrapolated,
        unknown_class: report.unknown_class,
        left_out,
    };
    notes.extend(counts.notes("cells", report.cells - report.outside_mask));
    if report.predicted == 0 {
        let why = match report.outside_mask == report.cells {
            true => "the mask leaves none: does it lie where the samples do, and in the CRS it says?",
            false => "the reasons stand above",
        };
        notes.push(format!("no cell has a prediction: {why}"));
    }
    times.lap("map");

    let mut outputs = Vec::new();
    for product in &products {
        outputs.push(FileRecord::of("raster", &product.path)?);
    }
    let found = match rule(args, &field) {
        Some(rule) => {
            let indicator = field.method.indicator.is_some();
            let probability = if indicator { "prediction.tif" } else { "exceedance.tif" };
            let exceedance = field.has_variance().then(|| paths.of(probability));
            let mut found = hotspots::trace(
                &paths.of("prediction.tif"),
                exceedance.as_deref(),
                rule,
                args.decision.min_area,
                source.samples(),
                |i| {
                    let own = at_samples.as_ref().map(|limits| limits[i]).or(args.decision.threshold);
                    own.is_some_and(|limit| source.is_above(i, limit))
                },
            )?;
            let areas = hotspots::areas_m2(&found.0.hotspots, source.crs())?;
            found.1.area_m2 = areas.as_ref().map(|areas| areas.iter().fold(0.0, |sum, area| sum + area));
            write_hotspots(args, limit, &field, &source, &found.0, areas.as_deref(), &vector_files)?;
            for path in &vector_files {
                wrote(path);
                outputs.push(FileRecord::of("hotspots", path)?);
            }
            Some(found)
        }
        None => None,
    };
    times.lap("hotspots");

    notes.extend(remove_outdated(args, &paths, &products, &vector_files)?);
    let png = picture(args, limit, &field, &source, &paths, found.as_ref().map(|f| &f.0.hotspots), skill.as_ref())?;
    output::fill(picture_file, &png)?;
    wrote(&paths.of("map.png"));
    outputs.push(FileRecord::of("picture", &paths.of("map.png"))?);
    if let (Some(file), Some(skill)) = (reliability_file, &skill) {
        output::fill(file, &reliability::draw(skill, &field, &source)?)?;
        wrote(&paths.of("reliability.png"));
        outputs.push(FileRecord::of("picture", &paths.of("reliability.png"))?);
    }
    times.lap("picture");

    times.finish();
    let record = RunRecord {
        verb: "map",
        versions: Versions::here(),
        command: command_line(),
        times,
        threads: threads.get(),
        analyte: source.analyte(),
        unit: field.unit(&source),
        inputs,
        settings: settings(args, &field),
        samples: source.record(),
        crs: source.crs(),
        method: &field.method,
        model: field.model.as_ref(),
        validation,
        calibration,
        skill,
        grid: grid_record,
        cells: &report,
        left_out: counts.left_out,
        guideline: limit,
        hotspots: found.map(|f| f.1),
        outputs,
        notes,
    };
    // What was said when the samples were read is not said again.
    let told = source.remarks().len() + field.remarks.len();
    finish(common, &record, &record.notes[told..], &summary::summary(args, &record), record_file)
}

/// Computes the rasters; also the lines of samples that the method left out.
#[allow(clippy::too_many_arguments, reason = "the parts of a plan, each used once")]
fn compute(
    args: &Map,
    field: &Field,
    grid: Grid,
    mask: Option<&dyn Mask>,
    thresholds: Option<&dyn Thresholds>,
    source: &Source,
    mut sink: Box<GeoTiffSink>,
    threads: NonZeroUsize,
    progress: &Progress,
) -> Result<(RunReport, Vec<usize>)> {
    let predictor = source.located(progress.busy("preparing", || field.interpolator.fit(&field.on_scale)))?;
    let left_out = predictor.left_out().iter().map(|&i| source.line(i)).collect();
    let covariates = source.covariates().map(Covariates::of_cells).transpose()?;
    let plan = Plan {
        grid,
        mask,
        covariates: covariates.as_ref().map(|c| c as &dyn soilscope_pipeline::covariates::Covariates),
        thresholds,
        layers: layers(args, field),
        transform: field.transform.clone(),
        scale: if args.scale == ScaleChoice::Data { Scale::Data } else { Scale::Transformed },
        clip: field.bounds(),
        threads,
        tile: run::DEFAULT_TILE,
    };
    watching(|| {
        let report = run::run(&plan, predictor.as_ref(), sink.as_mut(), progress)?;
        // From here on there are files of this run: the record of an earlier one no longer describes the folder.
        match std::fs::remove_file(args.out.join("run.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for path in sink.finish(progress)? {
            wrote(&path);
        }
        Ok((report, left_out))
    })
}

/// Which cells are hot, where a threshold says what polluted means.
fn rule(args: &Map, field: &Field) -> Option<Rule> {
    if !args.decision.is_decided() {
        return None;
    }
    Some(if field.has_variance() {
        Rule::Probability { at_least: args.decision.confidence }
    } else {
        // Where cells have limits of their own the method has an error model.
        Rule::Prediction { above: args.decision.threshold? }
    })
}

fn notes(args: &Map, field: &Field, source: &Source) -> Vec<String> {
    let mut notes: Vec<String> = source.remarks().to_vec();
    notes.extend(field.remarks.iter().cloned());
    if args.decision.is_decided() && !field.has_variance() {
        notes.push(format!(
            "{} has no error model: hotspots are where the prediction is above the threshold, and how sure that is stays unknown",
            field.method.method
        ));
    }
    if args.decision.is_decided() && source.crs().is_local() {
        notes.push("a local plane is nowhere on Earth: hotspots are written as GeoPackage, not as GeoJSON".into());
    }
    notes
}

fn vector_paths(paths: &Paths, source: &Source) -> Vec<PathBuf> {
    let mut files = vec![paths.of("hotspots.gpkg")];
    if !source.crs().is_local() {
        files.insert(0, paths.of("hotspots.geojson"));
    }
    files
}

#[allow(clippy::too_many_arguments, reason = "what a hotspot says of itself, each used once")]
fn write_hotspots(
    args: &Map,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
    found: &hotspots::Traced,
    areas: Option<&[f64]>,
    files: &[PathBuf],
) -> Result<()> {
    let text = |t: &str| Value::Text(t.to_owned());
    let mut about = vec![
        ("analyte", text(source.analyte())),
        ("unit", field.unit(source).map_or(Value::Null, text)),
        ("threshold", args.decision.threshold.map_or(Value::Null, Value::Real)),
        ("confidence", if field.has_variance() { Value::Real(args.decision.confidence) } else { Value::Null }),
        ("rule", text(if field.has_variance() { "exceedance probability" } else { "prediction above threshold" })),
        ("distribution", field.distribution().map_or(Value::Null, |d| text(&d))),
    ];
    about.extend(limit.iter().flat_map(|limit| limit.attributes()));
    let features = hotspots::features(found, areas, &about);
    let existing = output::existing(args.overwrite);
    for path in files {
        if path.extension().is_some_and(|e| e == "geojson") {
            let transformer = Transformer::new(source.crs(), &Crs::parse("EPSG:4326")?)?;
            let mut to_lon_lat = |c: Coord| transformer.forward(c);
            write_geojson(path, existing, &features, Some(&mut to_lon_lat))?;
        } else {
            let date = output::source_date()?;
            let layer = geopackage::Layer {
                name: "hotspots",
                kind: geopackage::Kind::Polygon,
                crs_wkt: source.crs().to_wkt(),
                last_change: date.as_deref(),
            };
            write_geopackage(path, existing, &layer, &features)?;
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "what a picture says, each used once")]
fn picture(
    args: &Map,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
    paths: &Paths,
    found: Option<&soilscope_assess::hotspot::Hotspots>,
    skill: Option<&SkillRecord>,
) -> Result<Vec<u8>> {
    let unit = source.unit().unwrap_or("");
    let analyte = source.analyte();
    let legend = match (args.scale, unit) {
        _ if field.method.indicator.is_some() => "probability".to_owned(),
        (ScaleChoice::Transformed, _) => transformed(&field.transform, analyte),
        // Some laboratories write the unit into the name.
        (_, unit) if unit.is_empty() || analyte.contains(unit) => analyte.to_owned(),
        _ => format!("{analyte} ({unit})"),
    };
    let title = args.title.clone().unwrap_or_else(|| format!("{analyte} in soil"));
    let what = if let Some(value) = field.method.indicator {
        format!(" of {analyte} > {value} {unit}").trim_end().to_owned()
    } else if args.model.transform != TransformChoice::None {
        format!(" of {}", transformed(&field.transform, analyte))
    } else {
        String::new()
    };
    let with = field.method.with_secondary();
    let mut subtitle = format!("{}{what}, {} samples{with}", picture::method_words(field), source.samples().len());
    if let Some(fallback) = &field.method.fallback {
        subtitle = format!("{subtitle}; fallback: {}", fallback.code.replace('-', " "));
    }
    if let Some(model) = &field.model {
        subtitle = format!("{subtitle}; {}", model.short_notation());
    }
    let threshold = args.decision.threshold;
    let shown = |t: f64| limit.and_then(GuidelineRecord::short_threshold).unwrap_or_else(|| t.to_string());
    let mut hotspot_label = match threshold {
        Some(t) if field.has_variance() => {
            format!("{analyte} > {} {unit} with a probability of at least {}", shown(t), args.decision.confidence)
        }
        Some(t) => format!("prediction above {} {unit}", shown(t)),
        None if limit.is_some() => format!(
            "{analyte} above the limit of each place with a probability of at least {}",
            args.decision.confidence
        ),
        None => String::new(),
    };
    if let Some(limit) = limit {
        hotspot_label = format!("{} ({})", hotspot_label.trim_end(), limit.name());
    }
    let credit = format!(
        "{}  ·  soilscope {}  ·  {}",
        source.crs().title(),
        env!("CARGO_PKG_VERSION"),
        source.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    );
    let words = picture::Words {
        title: &title,
        subtitle: &subtitle,
        legend: &legend,
        hotspots: hotspot_label.trim_end(),
        credit: &credit,
        on_scale: args.scale == ScaleChoice::Transformed,
        warning: if skill.is_some_and(|s| !s.is_skilled()) {
            "no skill here: the probabilities are not shown to beat the base rate"
        } else {
            ""
        },
    };
    // On the transformed scale, and of a probability, the colours are not those of the threshold.
    let marked = threshold.filter(|_| args.scale == ScaleChoice::Data && field.method.indicator.is_none());
    picture::draw(&paths.of("prediction.tif"), found, marked, field, source, &words)
}

/// What is about to be done, for `-v`.
fn announce(common: &Common, args: &Map, field: &Field, grid: &GridRecord, source: &Source) {
    if common.quiet {
        return;
    }
    field.announce(source, common);
    if common.verbose > 0 {
        say(&format!("crs: {}", source.crs().title()));
        say(&format!("grid: {} x {} cells of {} ({})", grid.columns, grid.rows, grid.cell[0], grid.cell_from));
        say(&format!("extent: {:?} ({})", grid.bounds, grid.extent_from));
        say(&format!("settings: {}", settings(args, field)));
    }
}
