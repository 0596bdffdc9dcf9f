//! The first sites of an area, and how likely a grid of them misses a hotspot.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use geo::{Area, MultiPolygon};
use serde::Serialize;
use soilscope_assess::plan::{
    Lattice, Target, lattice_points, miss_of_lattice, miss_of_samples, places_looked_at, spacing_for_miss,
    spacing_of_strata, stratified_cells, stratified_strata,
};
use soilscope_core::Coord;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::io::mask_in::read_polygons;

use super::files::{self, About, Kind, Row};
use crate::Outcome;
use crate::args::{Cli, Common, DesignChoice, SamplePlan, Verb};
use crate::field::{refuse_idle, short_number};
use crate::follow::complete;
use crate::output;
use crate::record::command_line;
use crate::source::{Source, Wanted};
use crate::words::Hotspot;

/// Centres of hotspots that are looked at, about.
const CENTRES: f64 = 40_000.0;
/// Most places of a grid that are looked at for one design: some seconds.
const LOOKED_AT: f64 = 1e7;

/// The verb's result.
#[derive(Serialize)]
struct Report {
    verb: &'static str,
    command: Vec<String>,
    design: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<Detection>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sites: Vec<Row>,
}

/// How likely a hotspot is missed.
#[derive(Serialize)]
struct Detection {
    hotspot: String,
    /// By a grid that goes on for ever, by its geometry; `None` for random points.
    #[serde(skip_serializing_if = "Option::is_none")]
    miss_of_grid: Option<f64>,
    /// By these very sites, for centres anywhere in the area, and how far that may be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    miss_of_sites: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<f64>,
}

pub(super) fn run(design: DesignChoice, args: &SamplePlan, kinds: &[Kind], common: &Common) -> Result<Outcome> {
    let lattice = match design {
        DesignChoice::Grid => Some(Lattice::Square),
        DesignChoice::Triangular => Some(Lattice::Triangular),
        DesignChoice::Stratified => None,
    };
    ensure!(
        !kinds.contains(&Kind::Png),
        "a picture is drawn of the next sites of a map only: write .gpkg and look at it in a GIS"
    );
    let area = args.area.as_deref().map(|path| polygons(path, args.crs.as_deref())).transpose()?;
    if area.is_none() {
        ensure!(args.out.is_empty() && args.sites.is_none(), "name the --area in which the sites shall lie");
        ensure!(
            args.detect.is_some(),
            "name the --area in which the sites shall lie, or the hotspot that a grid shall --detect"
        );
        ensure!(lattice.is_some(), "how likely random points miss a hotspot depends on the --area");
        refuse_idle(&super::given(&[("--seed", args.seed.is_some())]), "without an --area nothing is drawn")?;
    }
    let size = area.as_ref().map(|(area, _)| area.unsigned_area());
    let Hotspot(target) = args.detect.unwrap_or(Hotspot(Target::Circle { radius: 1.0 }));
    let spacing = match (lattice, args.spacing, args.miss, args.sites) {
        (_, Some(spacing), _, _) => Some(spacing),
        (Some(lattice), None, Some(miss), _) => spacing_for_miss(target, lattice, miss),
        (None, None, Some(_), _) => bail!("--miss finds the spacing of a grid: use --design grid or triangular"),
        (Some(lattice), None, None, Some(n)) => size.map(|size| lattice.spacing(size / f64::from(n))),
        (None, None, None, Some(_)) => None,
        (_, None, None, None) => {
            bail!("say how many sites are wanted (-n 30), their --spacing, or --detect and --miss")
        }
    };
    let seed = args.seed.unwrap_or(1);
    let mut sites = Vec::new();
    let mut detection = args.detect.map(|_| Detection {
        hotspot: words(target),
        miss_of_grid: lattice.zip(spacing).map(|(lattice, spacing)| miss_of_lattice(target, lattice, spacing)),
        miss_of_sites: None,
        error: None,
    });
    if let Some((area, crs)) = &area {
        files::refuse_nowhere(kinds, crs)?;
        let total = area.unsigned_area();
        if let Some(spacing) = spacing {
            let count = total / (spacing * spacing);
            ensure!(
                count < 1e6,
                "a spacing of {spacing} makes some {count:.0} sites: that is no plan; take a wider one"
            );
        }
        let finest = match (spacing, args.sites) {
            (None, Some(n)) => spacing_of_strata(total, n as usize),
            _ => spacing.unwrap_or(f64::INFINITY),
        };
        refuse_endless(area, finest)?;
        let points = match (lattice, spacing, args.sites) {
            (Some(lattice), Some(spacing), _) => lattice_points(area, lattice, spacing, seed),
            (_, Some(spacing), _) => stratified_cells(area, spacing, seed),
            (_, _, Some(n)) => stratified_strata(area, n as usize, seed),
            _ => Vec::new(),
        };
        ensure!(!points.is_empty(), "no site falls into the area: take a smaller --spacing, or another --seed");
        if let Some(detection) = &mut detection {
            let (miss, error) = miss_of_samples(target, &points, &centres(area, seed)?);
            (detection.miss_of_sites, detection.error) = (Some(miss), Some(error));
        }
        let lon_lats = files::lon_lats(&points, crs)?;
        sites = rows(&points, &lon_lats, design);
        for (kind, path) in kinds.iter().zip(&args.out) {
            let about = About { title: "first sites".to_owned(), ..About::default() };
            files::write(*kind, path, args.overwrite, crs, &about, &sites, || bail!("there is no picture"))?;
        }
        complete();
    }
    let name = match design {
        DesignChoice::Grid => "square grid",
        DesignChoice::Triangular => "triangular grid",
        DesignChoice::Stratified => "stratified",
    };
    let seed = area.is_some().then_some(seed);
    let report = Report {
        verb: "sample-plan",
        command: command_line(),
        design: name.to_owned(),
        spacing,
        area: size,
        seed,
        detection,
        sites,
    };
    if common.json {
        output::print_json(&report)?
    } else {
        output::print(&text(&report))?
    }
    Ok(Outcome::Done)
}

/// A hotspot in words.
fn words(target: Target) -> String {
    match target {
        Target::Circle { radius } => format!("circle of radius {radius}"),
        Target::Ellipse { semi_axes: [a, b], azimuth } => {
            let direction = azimuth.map_or_else(|| "in any direction".to_owned(), |az| format!("at {az} degrees"));
            format!("ellipse of half-axes {a} and {b}, {direction}")
        }
    }
}

/// The chance that samples there are miss a hotspot whose centre is anywhere in an area.
pub(super) fn miss(samples: &Path, args: &SamplePlan, common: &Common) -> Result<Outcome> {
    let Some(Hotspot(target)) = args.detect else {
        bail!(
            "{}: of a file of samples a plan says what they may have missed: give --detect and --area",
            samples.display()
        )
    };
    let idle = [("-n", args.sites.is_some()), ("--out", !args.out.is_empty())];
    refuse_idle(&super::given(&idle), "no site is proposed from a file of samples")?;
    let area = args.area.as_deref().context("name the --area in which the hotspot may be")?;
    // The options of reading are those of every verb that reads samples.
    let mut command: Vec<OsString> = vec!["soilscope".into(), "check".into(), samples.into()];
    for (name, value) in [("--analyte", &args.analyte), ("--x", &args.x), ("--y", &args.y), ("--crs", &args.crs)] {
        command.extend(value.iter().flat_map(|value| [OsString::from(name), value.into()]));
    }
    let Verb::Check(check) = Cli::try_parse_from(command)?.verb else { bail!("samples are read by check") };
    let source = Source::read(&check.samples, &Common { quiet: true, ..common.clone() }, Wanted::default())?;
    // Only files without a CRS of their own need what was stated.
    let stated = args.crs.as_deref().or_else(|| source.crs().is_local().then_some("local"));
    let (area, crs) = polygons(area, stated)?;
    ensure!(
        crs.same_as(source.crs()),
        "the samples are in {}, the area in {}: bring them into one projected CRS",
        source.crs().title(),
        crs.title()
    );
    let total = area.unsigned_area();
    let (miss, error) = miss_of_samples(target, source.samples().coords(), &centres(&area, 1)?);
    let detection =
        Detection { hotspot: words(target), miss_of_grid: None, miss_of_sites: Some(miss), error: Some(error) };
    let name = format!("{} samples of {}", source.samples().len(), samples.display());
    let report = Report {
        verb: "sample-plan",
        command: command_line(),
        design: name,
        spacing: None,
        area: Some(total),
        seed: None,
        detection: Some(detection),
        sites: Vec::new(),
    };
    if common.json {
        output::print_json(&report)?
    } else {
        output::print(&text(&report))?
    }
    Ok(Outcome::Done)
}

/// Places all over an area at which the centre of a hotspot may be.
fn centres(area: &MultiPolygon<f64>, seed: u64) -> Result<Vec<Coord>> {
    let step = (area.unsigned_area() / CENTRES).sqrt();
    refuse_endless(area, step)?;
    let centres = lattice_points(area, Lattice::Square, step, seed);
    ensure!(!centres.is_empty(), "the area is too thin to look for hotspots in it");
    Ok(centres)
}

/// Refuses an area that fills so little of the rectangles round its polygons that looking through them does not end.
fn refuse_endless(area: &MultiPolygon<f64>, spacing: f64) -> Result<()> {
    let count = places_looked_at(area, spacing);
    ensure!(
        count <= LOOKED_AT,
        "{count:.0} places {} apart lie in the rectangles round the area's polygons, and at most {LOOKED_AT:.0} are looked through; the area \
         itself has room for {:.0}: take fewer sites or a wider --spacing, or cut long and slanting polygons into shorter ones",
        short_number(spacing),
        area.unsigned_area() / (spacing * spacing)
    );
    Ok(())
}

/// The polygons of an area and their CRS.
fn polygons(path: &Path, stated: Option<&str>) -> Result<(MultiPolygon<f64>, Crs)> {
    let file = read_polygons(path, None)?;
    let crs = match (file.wkt.as_deref(), stated) {
        (Some(wkt), None) => Crs::parse(wkt)?,
        (Some(wkt), Some(stated)) => {
            let (own, stated) = (Crs::parse(wkt)?, Crs::parse(stated)?);
            ensure!(own.same_as(&stated), "{}: the file says {}: leave --crs out", path.display(), own.title());
            own
        }
        (None, Some("local")) => Crs::local(),
        (None, Some(stated)) => Crs::parse(stated)?,
        (None, None) => {
            bail!("{}: the file does not say its CRS: state --crs EPSG:28992, or --crs local", path.display())
        }
    };
    ensure!(
        !crs.is_geographic(),
        "{}: distances are not those of degrees: project the polygons (ogr2ogr -t_srs)",
        path.display()
    );
    let area = file.polygons.unsigned_area();
    ensure!(area > 0.0 && area.is_finite(), "{}: the polygons have no area", path.display());
    Ok((file.polygons, crs))
}

fn rows(points: &[Coord], lon_lats: &[Option<Coord>], design: DesignChoice) -> Vec<Row> {
    let why = match design {
        DesignChoice::Grid | DesignChoice::Triangular => "point of the grid",
        DesignChoice::Stratified => "random point of its stratum",
    };
    let row = |(i, (place, lon_lat)): (usize, (&Coord, &Option<Coord>))| Row {
        rank: i + 1,
        x: place[0],
        y: place[1],
        lon_lat: *lon_lat,
        threshold: None,
        gain: None,
        cumulative_gain: None,
        expected_before: None,
        expected_after: None,
        cost: None,
        cumulative_cost: None,
        why: why.to_owned(),
    };
    points.iter().zip(lon_lats).enumerate().map(row).collect()
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    let spacing = report.spacing.map(|s| format!(" of spacing {}", short_number(s))).unwrap_or_default();
    let count = if report.sites.is_empty() { String::new() } else { format!(": {} sites", report.sites.len()) };
    lines.push(format!("{}{spacing}{count}", report.design));
    if let Some(detection) = &report.detection {
        let percent = |p: f64| format!("{:.2} %", 100.0 * p);
        if let Some(miss) = detection.miss_of_grid {
            lines.push(format!("{} missed by such a grid: {}", detection.hotspot, percent(miss)));
        }
        if let (Some(miss), Some(error)) = (detection.miss_of_sites, detection.error) {
            lines.push(format!(
                "missed by these sites, its centre anywhere in the area: {} (to {})",
                percent(miss),
                percent(error)
            ));
        }
    }
    lines.join("\n") + "\n"
}
