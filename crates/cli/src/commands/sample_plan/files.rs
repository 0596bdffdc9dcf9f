//! One row a site, in files.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::Coord;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::geopackage::Kind as Geometry;
use soilscope_pipeline::io::vector::{Feature, Value};

use super::gpx::{self, Waypoint};
use crate::features::{Columns, csv, geojson, geopackage, point};
use crate::follow::wrote;
use crate::output;

/// A file's kind, from its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    GeoJson,
    GeoPackage,
    Gpx,
    Png,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("geojson") => Ok(Self::GeoJson),
            Some("gpkg") => Ok(Self::GeoPackage),
            Some("gpx") => Ok(Self::Gpx),
            Some("png") => Ok(Self::Png),
            _ => bail!("{}: the ending says what is written: .gpkg, .geojson, .csv, .gpx or .png", path.display()),
        }
    }
}

/// A proposed site.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) rank: usize,
    pub(super) x: f64,
    pub(super) y: f64,
    /// `None` on a local plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lon_lat: Option<Coord>,
    /// The limit of the place, in the unit of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cumulative_gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected_after: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cumulative_cost: Option<f64>,
    pub(super) why: String,
}

/// Longitudes and latitudes of WGS 84; `None` on a local plane.
pub(super) fn lon_lats(places: &[Coord], crs: &Crs) -> Result<Vec<Option<Coord>>> {
    if crs.is_local() {
        return Ok(vec![None; places.len()]);
    }
    let transformer = Transformer::new(crs, &Crs::parse("EPSG:4326")?)?;
    places.iter().map(|&place| Ok(Some(transformer.forward(place)?))).collect()
}

/// Refuses longitudes and latitudes of a plane that is nowhere on Earth.
pub(super) fn refuse_nowhere(kinds: &[Kind], crs: &Crs) -> Result<()> {
    ensure!(
        !crs.is_local() || !(kinds.contains(&Kind::GeoJson) || kinds.contains(&Kind::Gpx)),
        "GeoJSON and GPX are longitude and latitude, and a local plane has none: write .csv or .gpkg"
    );
    Ok(())
}

/// What the sites of a plan are of.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) title: String,
    /// Of the limit, in words; empty without one.
    pub(super) limit: String,
    /// Columns that are the same for all sites.
    pub(super) columns: Vec<(&'static str, Value)>,
}

/// Writes one file.
pub(super) fn write(
    kind: Kind,
    path: &Path,
    overwrite: bool,
    crs: &Crs,
    about: &About,
    rows: &[Row],
    picture: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<()> {
    match kind {
        Kind::Csv => output::fill(output::open(path, overwrite)?, &csv(rows.iter().map(|row| columns(row, about)))?)?,
        Kind::Png => output::fill(output::open(path, overwrite)?, &picture()?)?,
        Kind::Gpx => {
            let title = format!("soilscope sample-plan: {}", about.title);
            let document = gpx::document(&title, &about.limit, &waypoints(rows));
            output::fill(output::open(path, overwrite)?, document.as_bytes())?;
        }
        Kind::GeoJson => geojson(path, overwrite, crs, &features(rows, about))?,
        Kind::GeoPackage => {
            geopackage(path, overwrite, crs, ("sample_plan", Geometry::Point), &features(rows, about))?;
        }
    }
    wrote(path);
    Ok(())
}

/// The columns of a row, in order; the same for all rows of a plan, in which a place without a limit has an empty one.
fn columns(row: &Row, about: &About) -> Columns<&'static str> {
    let mut columns: Columns<&'static str> =
        vec![("rank", Value::Integer(row.rank as i64)), ("x", row.x.into()), ("y", row.y.into())];
    let [lon, lat] = row.lon_lat.map_or([None; 2], |c| c.map(Some));
    let known = |column: &(&'static str, Option<f64>)| column.1.is_some();
    let numbers = [
        ("lon", lon),
        ("lat", lat),
        ("gain", row.gain),
        ("cumulative_gain", row.cumulative_gain),
        ("expected_before", row.expected_before),
        ("expected_after", row.expected_after),
        ("cost", row.cost),
        ("cumulative_cost", row.cumulative_cost),
    ];
    columns.extend(numbers.into_iter().filter(known).map(|(name, value)| (name, value.into())));
    if !about.limit.is_empty() {
        columns.push(("threshold", row.threshold.map_or(Value::Null, Value::Real)));
        columns.extend(about.columns.iter().cloned());
    }
    columns.push(("why", Value::Text(row.why.clone())));
    columns
}

fn features(rows: &[Row], about: &About) -> Vec<Feature> {
    rows.iter().map(|row| point([row.x, row.y], columns(row, about))).collect()
}

fn waypoints(rows: &[Row]) -> Vec<Waypoint> {
    // Ranks of one width, so that receivers list them in order.
    let width = rows.len().to_string().len();
    let point = |row: &Row| {
        let name = format!("{:0width$}", row.rank);
        row.lon_lat.map(|lon_lat| Waypoint { lon_lat, name, description: row.why.clone() })
    };
    rows.iter().filter_map(point).collect()
}
