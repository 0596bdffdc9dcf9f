//! `soilscope hotspots`: polygons and their statistics out of rasters that exist.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};
use soilscope_assess::hotspot::{Connectivity, HotspotSettings};
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::io::raster_in::RasterIn;
use soilscope_pipeline::io::vector::{Feature, Value};

use crate::Outcome;
use crate::args::{Common, Hotspots};
use crate::field::{refuse_idle, short_number};
use crate::follow::wrote;
use crate::guideline::Carried;
use crate::guideline::carried::beside;
use crate::hotspots::curve::{CurveSettings, Curves};
use crate::hotspots::shown::Shown;
use crate::hotspots::{self, HotspotRecord, Rasters, Rule, Traced, trusted};
use crate::output;
use crate::record::FileRecord;

/// What the outputs are, by their endings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Polygons,
    CurveTable,
    CurvePicture,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    rasters: Vec<FileRecord>,
    crs: Crs,
    /// As the raster states it, or as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<String>,
    /// The limit of the law that it is, as the raster states it.
    #[serde(skip_serializing_if = "JsonMap::is_empty")]
    limit: JsonMap<String, Json>,
    hotspots: HotspotRecord,
    /// Attributes of each, the largest first.
    each: Vec<JsonMap<String, Json>>,
}

pub(crate) fn run(args: &Hotspots, common: &Common) -> Result<Outcome> {
    let kinds = args.out.iter().map(|path| kind(path)).collect::<Result<Vec<_>>>()?;
    let (values, probabilities) = match (&args.rasters[..], args.threshold) {
        ([both], None) => (both, Some(both)),
        ([values], Some(_)) => (values, None),
        ([values, probabilities], None) => (values, Some(probabilities)),
        _ => bail!("--threshold is for one raster of values; a second one holds probabilities: leave one of them out"),
    };
    for (i, path) in args.out.iter().enumerate() {
        ensure!(!args.out[..i].contains(path), "-o {} stands twice", path.display());
    }
    check(args, probabilities.is_some(), &kinds)?;
    let rasters =
        Rasters { prediction: values, exceedance: probabilities.map(|p| p.as_path()), trust: args.trust.as_deref() };
    let crs = the_crs(args, rasters)?;
    ensure!(
        args.depth.is_none() || !crs.is_local(),
        "--depth makes cubic metres of areas, and a local plane has no metres: state the CRS, or leave it out"
    );
    for (path, kind) in args.out.iter().zip(&kinds) {
        ensure!(
            *kind != Kind::Polygons || !crs.is_local() || path.extension().is_none_or(|e| e != "geojson"),
            "{}: GeoJSON is in longitude and latitude, which a local plane has not: write .gpkg",
            path.display()
        );
        drop(output::open(path, args.overwrite)?);
    }

    let confidence = args.confidence.unwrap_or(0.8);
    let rule = match args.threshold {
        Some(above) => Rule::Prediction { above },
        None => Rule::Probability { at_least: confidence },
    };
    let connectivity = if args.corners { Connectivity::Eight } else { Connectivity::Four };
    let settings = HotspotSettings { minimum_area: args.min_area, connectivity };
    let shown =
        probabilities.map(|path| RasterIn::open(path, 1)).transpose()?.map_or_else(Shown::default, |r| Shown::read(&r));
    let (mut found, mut record) = hotspots::trace(rasters, rule, settings, None, shown, &crs)?;
    let areas = hotspots::measure(&found, &mut record, &crs)?;
    let curve_settings =
        CurveSettings { confidence, depth: args.depth, treat_cost: args.treat_cost, leave_cost: args.leave_cost };
    let curve = found.curve.clone();
    let about = About::read(args, values, probabilities.map(|p| p.as_path()))?;
    let curves = probabilities.is_some().then(|| Curves {
        curve: &curve,
        local: crs.is_local(),
        settings: curve_settings,
        threshold: about.threshold.clone(),
        limit: about.limit.clone(),
    });
    record.costs = found.costs(curves.as_ref(), areas.as_deref());
    hotspots::smooth(&mut found, &mut record, args.smooth);

    let features = features(args, &found, areas.as_deref(), values, probabilities.map(|p| p.as_path()), &about)?;
    for (path, kind) in args.out.iter().zip(kinds) {
        match (kind, &curves) {
            (Kind::CurveTable, Some(curves)) => {
                output::fill(output::open(path, args.overwrite)?, &curves.csv()?)?;
            }
            (Kind::CurvePicture, Some(curves)) => {
                let name = probabilities.map_or(values, |p| p);
                let png = curves.png("Hotspots by confidence", &shown.said_of(&name.display().to_string()))?;
                output::fill(output::open(path, args.overwrite)?, &png)?;
            }
            _ => hotspots::files::write(path, "hotspots", &features, &crs, args.overwrite)?,
        }
        wrote(path);
    }
    let mut files = vec![FileRecord::of("raster", values)?];
    files.extend(probabilities.filter(|p| *p != values).map(|p| FileRecord::of("probabilities", p)).transpose()?);
    files.extend(rasters.trust.map(|p| FileRecord::of("trust", p)).transpose()?);
    let text = text(args, &record, &found, areas.as_deref(), &about);
    if common.json {
        let each = features.into_iter().map(attributes).collect();
        let limit =
            about.limit.iter().flat_map(Carried::attributes).map(|(name, value)| (name.to_owned(), json(value)));
        let (threshold, limit) = (about.threshold.clone(), limit.collect());
        output::print_json(&Report { rasters: files, crs, threshold, limit, hotspots: record, each })?;
    } else if !common.quiet {
        output::print(&text)?;
    }
    crate::follow::complete();
    Ok(Outcome::Done)
}

fn kind(path: &Path) -> Result<Kind> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("gpkg" | "geojson") => Ok(Kind::Polygons),
        Some("csv") => Ok(Kind::CurveTable),
        Some("png") => Ok(Kind::CurvePicture),
        _ => bail!(
            "{}: polygons are written as .gpkg or .geojson, the curve as .csv or .png, by the ending of the file",
            path.display()
        ),
    }
}

/// Refuses what has no meaning, or no effect.
fn check(args: &Hotspots, probable: bool, kinds: &[Kind]) -> Result<()> {
    let confidence = args.confidence.unwrap_or(0.8);
    ensure!(
        confidence > 0.0 && confidence <= 1.0,
        "--confidence is a probability above 0 and at most 1, not {confidence}"
    );
    if !probable {
        let given = [
            ("--depth", args.depth.is_some()),
            ("--treat-cost", args.treat_cost.is_some()),
            ("-o FILE.csv or .png", kinds.iter().any(|k| *k != Kind::Polygons)),
        ];
        let idle: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        refuse_idle(&idle, "without probabilities there is no curve of areas against confidence")?;
    }
    let curve = kinds.iter().any(|k| *k != Kind::Polygons);
    if args.depth.is_some() && args.treat_cost.is_none() && !curve {
        refuse_idle(&["--depth"], "volumes stand in the curve: write it by -o FILE.csv, or give --treat-cost")?;
    }
    Ok(())
}

/// The CRS of the rasters, which must lie on one grid and hold probabilities where these are expected.
fn the_crs(args: &Hotspots, rasters: Rasters<'_>) -> Result<Crs> {
    let Rasters { prediction: values, exceedance: probabilities, trust } = rasters;
    let raster = RasterIn::open(values, 1)?;
    raster.grid(u64::MAX)?; // what is turned or upside down is refused here
    let file = values.display();
    let stated = args.crs.as_deref().map(Crs::parse).transpose()?;
    let own = raster.wkt().map(|wkt| Crs::parse(&wkt)).transpose()?;
    let crs = match (own, stated) {
        (Some(own), Some(stated)) if !own.same_as(&stated) => {
            bail!("{file} says that it is in {}, and --crs {}: leave --crs out", own.title(), stated.title())
        }
        (Some(crs), _) | (None, Some(crs)) => crs,
        (None, None) => bail!("{file} does not say what CRS it is in: state it by --crs, or --crs local"),
    };
    for path in [probabilities, trust].into_iter().flatten() {
        let other = RasterIn::open(path, 1)?;
        let (ours, theirs) = (raster.geotransform(), other.geotransform());
        ensure!(
            raster.size() == other.size() && ours == theirs,
            "{file} and {}: the rasters are not of one grid: {:?} and {:?} cells, {ours:?} and {theirs:?}; warp one to the other \
             (gdalwarp{})",
            path.display(),
            raster.size(),
            other.size(),
            if trust == Some(path) { " -r near" } else { "" }
        );
    }
    let Some(path) = probabilities else { return Ok(crs) };
    let chances = RasterIn::open(path, 1)?;
    for (number, row) in chances.rows().enumerate() {
        let row = row?;
        let bad = row
            .iter()
            .enumerate()
            .find_map(|(column, v)| Some((column, (*v)?)).filter(|(_, v)| !(-1e-6..=1.0 + 1e-6).contains(v)));
        if let Some((column, value)) = bad {
            bail!(
                "{}, row {}, column {}: {value} is no probability: they are from 0 to 1; of a raster of values say --threshold",
                path.display(),
                number + 1,
                column + 1
            );
        }
    }
    Ok(crs)
}

/// What is polluted, in the words of the raster that says it.
struct About {
    threshold: Option<String>,
    limit: Option<Carried>,
}

impl About {
    /// A threshold that was given is the user's, and no limit of the law.
    fn read(args: &Hotspots, values: &Path, probabilities: Option<&Path>) -> Result<Self> {
        if let Some(threshold) = args.threshold {
            return Ok(Self { threshold: Some(threshold.to_string()), limit: None });
        }
        let raster = RasterIn::open(probabilities.unwrap_or(values), 1)?;
        Ok(Self { threshold: raster.metadata("THRESHOLD"), limit: Carried::of_raster(&raster) })
    }
}

/// Hotspots with what the rasters say they are of.
fn features(
    args: &Hotspots,
    found: &Traced,
    areas: Option<&[f64]>,
    values: &Path,
    probabilities: Option<&Path>,
    limit: &About,
) -> Result<Vec<Feature>> {
    let text = |t: String| if t.is_empty() { Value::Null } else { Value::Text(t) };
    let raster = RasterIn::open(values, 1)?;
    let of = RasterIn::open(probabilities.unwrap_or(values), 1)?;
    let item = |name: &str| text(of.metadata(name).unwrap_or_default());
    let mut about = vec![
        ("analyte", item("ANALYTE")),
        ("unit", text(raster.unit())),
        ("threshold", args.threshold.map_or_else(|| number(item("THRESHOLD")), Value::Real)),
        ("confidence", probabilities.map_or(Value::Null, |_| Value::Real(args.confidence.unwrap_or(0.8)))),
        ("rule", text(if probabilities.is_some() { "exceedance probability" } else { "value above threshold" }.into())),
        ("distribution", item("DISTRIBUTION")),
        ("raster", text(of.path().display().to_string())),
    ];
    about.extend(limit.limit.iter().flat_map(Carried::attributes));
    let mut features = hotspots::features(found, areas, &about);
    if probabilities == Some(values) {
        hotspots::of_probabilities(&mut features);
    }
    Ok(features)
}

/// A number as a number; other words, as of a limit of each cell, as they are.
fn number(value: Value) -> Value {
    match &value {
        Value::Text(text) => text.parse().map_or(value, Value::Real),
        _ => value,
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Text(t) => Json::from(t),
        Value::Integer(i) => Json::from(i),
        Value::Real(r) => Json::from(r),
        Value::Null => Json::Null,
    }
}

fn attributes(feature: Feature) -> JsonMap<String, Json> {
    feature.properties.into_iter().map(|(name, value)| (name, json(value))).collect()
}

/// For people: all together, then the ten largest.
fn text(args: &Hotspots, record: &HotspotRecord, found: &Traced, areas: Option<&[f64]>, about: &About) -> String {
    let unit = if areas.is_some() { "m²" } else { "square units" };
    let total = record.area_m2.unwrap_or(record.area_on_map);
    let above = about.threshold.as_deref().map(|t| format!(" above {}", beside(about.limit.as_ref(), t)));
    let mut lines = vec![format!(
        "{} hotspots{}, {} {unit}{}",
        record.count,
        above.unwrap_or_default(),
        short_number(total),
        if record.dropped.count > 0 {
            format!("; {} smaller than {} left out", record.dropped.count, args.min_area)
        } else {
            String::new()
        }
    )];
    lines.extend(record.reliance());
    if let Some(costs) = &record.costs {
        lines.push(costs.line());
    }
    for (k, spot) in found.hotspots.spots.iter().enumerate().take(10) {
        let area = areas.map_or(spot.area, |areas| areas[k]);
        let probability = spot.mean_probability.map(|p| format!(", mean probability {p:.2}")).unwrap_or_default();
        let share = spot.untrusted.map(|untrusted| untrusted.share).filter(|share| *share > 0.0);
        let untrusted =
            share.map(|share| format!(", {} not to be trusted", trusted::percent(share))).unwrap_or_default();
        let area = short_number(area);
        lines.push(format!("{:>4}  {area} {unit}, {} cells{probability}{untrusted}", spot.id, spot.cells));
    }
    if found.hotspots.spots.len() > 10 {
        lines.push(format!("      and {} more", found.hotspots.spots.len() - 10));
    }
    lines.join("\n") + "\n"
}
