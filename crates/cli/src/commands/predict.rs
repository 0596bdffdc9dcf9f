//! `soilscope predict`: predictions at given points.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::{Coord, Mixture, Outcome as Predicted};
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::geopackage::Kind as Geometry;
use soilscope_pipeline::io::vector::{Feature, Value};
use soilscope_pipeline::points::predict_points;
use soilscope_pipeline::run::gap_name;
use soilscope_pipeline::samples::{PointTable, ReadOptions, read_points};

use crate::Outcome;
use crate::args::{Common, Predict, ScaleChoice};
use crate::choice::executor_of;
use crate::commands::validate::clip;
use crate::counts::Counts;
use crate::covariates::AtPoints;
use crate::features::{geojson, geopackage, point};
use crate::field::{CalibrationRecord, Field, MethodRecord, ModelRecord, refuse_idle, refuse_scale};
use crate::follow::{Progress, watching};
use crate::guideline::{self, Carried, GuidelineRecord};
use crate::output::{self, say};
use crate::source::{Source, Wanted};
use crate::undecided::Undecided;

/// Names of the columns that are added, and what they hold at every point: the limit of the law that probabilities are of.
struct Columns {
    names: Vec<&'static str>,
    everywhere: Vec<(&'static str, Value)>,
}

/// Added columns of one point.
struct Row {
    prediction: Option<f64>,
    variance: Option<f64>,
    exceedance: Option<f64>,
    gap: Option<&'static str>,
}

#[derive(Serialize)]
struct Report<'a> {
    analyte: &'a str,
    unit: Option<&'a str>,
    scale: &'static str,
    method: &'a MethodRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelRecord>,
    /// Where `--calibrate` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<&'a CalibrationRecord>,
    points: usize,
    gaps: std::collections::BTreeMap<&'static str, usize>,
    #[serde(flatten)]
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// The limit of the law that the threshold is.
    #[serde(skip_serializing_if = "Option::is_none")]
    guideline: Option<&'a GuidelineRecord>,
    /// The distribution that probabilities assume.
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<String>,
    /// Samples below limits that are above the threshold: nobody knows on which side of it they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided: Option<&'a Undecided>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    predictions: Vec<serde_json::Value>,
}

pub(crate) fn run(args: &Predict, common: &Common) -> Result<Outcome> {
    guideline::check(&args.guideline)?;
    let decided = args.threshold.is_some() || args.guideline.guideline.is_some();
    refuse_scale(args.scale, &args.model, &args.block, decided)?;
    let kind = args.out.as_deref().map(Kind::of).transpose()?;
    if let Some(path) = &args.out {
        // Refused now and not after the computing; the writers open the file themselves.
        drop(output::open(path, args.overwrite)?);
    }
    refuse_idle_threshold(args)?;
    let wanted = Wanted {
        drift: Some(&args.method.drift),
        secondary: args.method.secondary.as_deref(),
        errors: Some(&args.errors),
        ..Wanted::default()
    };
    let source = Source::read(&args.samples, common, wanted)?;
    let limit = guideline::resolve(&args.guideline, &source)?;
    let args = &Predict { threshold: limit.as_ref().and_then(|l| l.threshold).or(args.threshold), ..args.clone() };
    let points = read_points(
        &args.at,
        &ReadOptions {
            x: args.samples.x.clone(),
            y: args.samples.y.clone(),
            crs: args.at_crs.clone(),
            ..ReadOptions::default()
        },
    )?;
    for column in ["prediction", "variance", "exceedance", "threshold", "limit_code", "limit_standing", "gap"] {
        ensure!(
            !points.header().iter().any(|name| name == column),
            "{}: there is a column '{column}' already, which the result would have twice: rename it first",
            args.at.display()
        );
    }
    let progress = Progress::new(common);
    let field = source.located(
        progress
            .busy("fitting the model", || Field::new(&args.model, &args.method, Some(&args.block), &source, common)),
    )?;
    field.announce(&source, common);
    ensure!(
        args.threshold.is_none() || field.has_variance(),
        "{} asks for a probability, and {} has no error model: use --method ordinary or simple:MEAN",
        if limit.is_some() { "--guideline" } else { "--threshold" },
        field.method.method
    );
    let points_crs = points.crs().unwrap_or(source.file_crs());
    ensure!(
        points.crs().is_some() || !points.is_named_geographic() || points_crs.is_geographic(),
        "{}: the columns are called longitude and latitude, but the samples are in {}: state the points' CRS, for example --at-crs EPSG:4326",
        args.at.display(),
        points_crs.title()
    );
    let places = working_places(&points, points_crs, source.crs())?;
    let covariates = source.covariates().map(|c| c.of_points(&points, &places)).transpose()?;
    let (rows, counts) = predict(args, &field, &source, &places, covariates.as_ref(), common.threads()?, &progress)?;
    let mut gaps = std::collections::BTreeMap::new();
    for gap in rows.iter().filter_map(|r| r.gap) {
        *gaps.entry(gap).or_insert(0) += 1;
    }
    let undecided = Undecided::of(&source, args.threshold);
    if !common.quiet {
        if let Some(note) = undecided.note() {
            say(&format!("note: {note}"));
        }
        for note in limit.iter().flat_map(GuidelineRecord::notes) {
            say(&format!("note: {note}"));
        }
        for (reason, count) in &gaps {
            say(&format!("note: {count} of {} points have no prediction: {reason}", rows.len()));
        }
        for note in counts.notes("points", rows.len() as u64) {
            say(&format!("note: {note}"));
        }
    }
    let columns = Columns::new(args, limit.as_ref(), &field);
    progress.busy("writing", || write(args, common, kind.as_ref(), &points, points_crs, &columns, &rows))?;
    if common.json {
        let in_json = args.out.is_none();
        output::print_json(&Report {
            analyte: source.analyte(),
            unit: field.unit(&source),
            scale: if args.scale == ScaleChoice::Data { "data" } else { "transformed" },
            method: &field.method,
            model: field.model.as_ref(),
            calibration: field.calibrated(),
            points: rows.len(),
            gaps,
            counts,
            threshold: args.threshold,
            guideline: limit.as_ref(),
            distribution: field.method.below_limits.as_ref().and_then(|_| field.distribution()),
            undecided: undecided.some(),
            predictions: if in_json { json_rows(&points, &columns, &rows) } else { Vec::new() },
        })?;
    }
    Ok(Outcome::Done)
}

/// Writes the result where it was asked for.
fn write(
    args: &Predict,
    common: &Common,
    kind: Option<&Kind>,
    points: &PointTable,
    points_crs: &Crs,
    columns: &Columns,
    rows: &[Row],
) -> Result<()> {
    match kind {
        Some(Kind::Csv) => {
            let path = args.out.as_deref().unwrap_or(Path::new(""));
            output::fill(output::open(path, args.overwrite)?, &csv(points, columns, rows)?)?;
        }
        Some(Kind::GeoJson) => {
            let features = features(points, points.coords(), columns, rows);
            ensure!(
                !points_crs.is_local(),
                "GeoJSON is longitude and latitude, and a local plane has none: write .csv or .gpkg"
            );
            let path = args.out.as_deref().unwrap_or(Path::new(""));
            geojson(path, args.overwrite, points_crs, &features)?;
        }
        Some(Kind::GeoPackage) => {
            let features = features(points, points.coords(), columns, rows);
            let path = args.out.as_deref().unwrap_or(Path::new(""));
            geopackage(path, args.overwrite, points_crs, ("predictions", Geometry::Point), &features)?;
        }
        None if !common.json => output::print(&String::from_utf8(csv(points, columns, rows)?)?)?,
        None => {}
    }
    Ok(())
}

enum Kind {
    Csv,
    GeoJson,
    GeoPackage,
}

impl Kind {
    fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("geojson" | "json") => Ok(Self::GeoJson),
            Some("gpkg") => Ok(Self::GeoPackage),
            _ => bail!("{}: the ending says what is written: .csv, .geojson or .gpkg", path.display()),
        }
    }
}

/// The points in the CRS in which distances are measured.
fn working_places(points: &PointTable, crs: &Crs, working: &Crs) -> Result<Vec<Coord>> {
    if crs.same_as(working) {
        return Ok(points.coords().to_vec());
    }
    let transformer = Transformer::new(crs, working)?;
    Ok(points.coords().iter().map(|&c| transformer.forward(c)).collect::<soilscope_pipeline::Result<_>>()?)
}

/// The predicted rows, and what there is to say of them.
fn predict(
    args: &Predict,
    field: &Field,
    source: &Source,
    places: &[Coord],
    covariates: Option<&AtPoints>,
    threads: NonZeroUsize,
    progress: &Progress,
) -> Result<(Vec<Row>, Counts)> {
    let pool = executor_of(threads)?;
    let fit = || field.interpolator.fit_on(&field.on_scale, &pool);
    let predictor = source.located(progress.busy("preparing", fit))?;
    let values = covariates.map_or(&[][..], |c| &c.values);
    let predicted = watching(|| predict_points(places, values, predictor.as_ref(), threads, progress))?;
    let mut counts = Counts {
        reduced: predicted.reduced as u64,
        left_out: predictor.left_out().iter().map(|&i| source.line(i)).collect(),
        ..Counts::default()
    };
    let mut rows = Vec::with_capacity(places.len());
    for (i, outcome) in predicted.outcomes.into_iter().enumerate() {
        let mut row = row(args, field, outcome, predicted.mixtures.get(i));
        if let (Some(value), Some(bounds)) = (&mut row.prediction, field.bounds()) {
            counts.clipped += u64::from(clip(value, bounds));
        }
        if let Some(remark) = covariates.map(|c| c.remarks[i]) {
            counts.extrapolated += u64::from(remark.extrapolated && row.prediction.is_some());
            counts.unknown_class += u64::from(remark.unknown_class);
        }
        rows.push(row);
    }
    Ok((rows, counts))
}

/// An indicator is of a threshold already.
fn refuse_idle_threshold(args: &Predict) -> Result<()> {
    let given = [("--threshold", args.threshold.is_some()), ("--guideline", args.guideline.guideline.is_some())];
    let indicator = args.method.drift.method.indicator().is_some();
    let idle: Vec<&str> = given.iter().filter(|(_, given)| *given && indicator).map(|(name, _)| *name).collect();
    refuse_idle(&idle, "the prediction of an indicator is a probability already")
}

fn row(args: &Predict, field: &Field, outcome: Predicted, mixture: Mixture<'_>) -> Row {
    let none = Row { prediction: None, variance: None, exceedance: None, gap: None };
    match outcome {
        Err(gap) => Row { gap: Some(gap_name(gap)), ..none },
        Ok(modelled) => {
            let data = args.scale == ScaleChoice::Data;
            let shown = if data { field.transform.back_mixed(modelled, mixture) } else { modelled };
            if !shown.value.is_finite() || shown.variance.is_some_and(|v| !v.is_finite()) {
                return Row { gap: Some(gap_name(soilscope_core::Gap::NotFinite)), ..none };
            }
            Row {
                prediction: Some(shown.value),
                variance: shown.variance,
                exceedance: args.threshold.and_then(|t| field.transform.exceedance_mixed(&modelled, mixture, t)),
                gap: None,
            }
        }
    }
}

impl Columns {
    fn new(args: &Predict, limit: Option<&GuidelineRecord>, field: &Field) -> Self {
        let mut names = vec!["prediction"];
        if field.has_variance() {
            names.push("variance");
        }
        let mut everywhere = Vec::new();
        if let Some(threshold) = args.threshold {
            names.push("exceedance");
            // A probability of a limit of the law says of which, and how far that can be trusted.
            if let Some(limit) = limit.map(GuidelineRecord::carried) {
                everywhere.push(("threshold", Value::Real(threshold)));
                everywhere.extend(Carried::columns(&limit).map(|(name, text)| (name, Value::Text(text))));
            }
        }
        names.extend(everywhere.iter().map(|(name, _)| *name));
        names.push("gap");
        Self { names, everywhere }
    }

    /// What a row has in each.
    fn of<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'static str, Value)> + 'a {
        let number = |v: Option<f64>| v.map_or(Value::Null, Value::Real);
        self.names.iter().map(move |&name| {
            let value = match name {
                "prediction" => number(row.prediction),
                "variance" => number(row.variance),
                "exceedance" => number(row.exceedance),
                "gap" => row.gap.map_or(Value::Null, |g| Value::Text(g.to_owned())),
                _ => self.everywhere.iter().find(|(of, _)| *of == name).map_or(Value::Null, |(_, v)| v.clone()),
            };
            (name, value)
        })
    }
}

fn csv(points: &PointTable, columns: &Columns, rows: &[Row]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(points.header().iter().map(String::as_str).chain(columns.names.iter().copied()))?;
    for (k, row) in rows.iter().enumerate() {
        for field in points.cells(k) {
            writer.write_field(field)?;
        }
        for (_, value) in columns.of(row) {
            writer.write_field(value.into_cell())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.into_inner()?)
}

fn features(points: &PointTable, coords: &[Coord], columns: &Columns, rows: &[Row]) -> Vec<Feature> {
    let numeric = numeric(points);
    let feature = |(k, row): (usize, &Row)| {
        let own = points.header().iter().zip(points.cells(k)).zip(&numeric);
        let own = own.map(|((name, text), &numeric)| (name.clone(), typed(text, numeric)));
        let added = columns.of(row).map(|(name, value)| (name.to_owned(), value));
        point(coords[k], own.chain(added).collect())
    };
    rows.iter().enumerate().map(feature).collect()
}

/// Which columns of the points hold numbers: all cells that are not empty print back to what they are, so that neither a
/// code such as 007 nor a digit is lost.
fn numeric(points: &PointTable) -> Vec<bool> {
    let mut numeric = vec![true; points.header().len()];
    for point in 0..points.len() {
        for (column, text) in points.cells(point).enumerate() {
            let text = text.trim();
            numeric[column] &=
                text.is_empty() || text.parse().is_ok_and(|v: f64| v.is_finite() && v.to_string() == text);
        }
    }
    numeric
}

/// A cell of the points' table as a property.
fn typed(text: &str, numeric: bool) -> Value {
    match (text.trim(), numeric) {
        ("", _) => Value::Null,
        (text, true) => text.parse().map_or(Value::Null, Value::Real),
        (text, false) => Value::Text(text.to_owned()),
    }
}

fn json_rows(points: &PointTable, columns: &Columns, rows: &[Row]) -> Vec<serde_json::Value> {
    let json = |value: Value| match value {
        Value::Real(v) => serde_json::json!(v),
        Value::Integer(v) => serde_json::json!(v),
        Value::Text(t) => serde_json::json!(t),
        Value::Null => serde_json::Value::Null,
    };
    let numeric = numeric(points);
    rows.iter()
        .enumerate()
        .map(|(k, row)| {
            let cells = points.cells(k).zip(&numeric).map(|(text, &numeric)| json(typed(text, numeric)));
            let own = points.header().iter().cloned().zip(cells);
            let added = columns.of(row).map(|(name, value)| (name.to_owned(), json(value)));
            serde_json::Value::Object(own.chain(added).collect())
        })
        .collect()
}
