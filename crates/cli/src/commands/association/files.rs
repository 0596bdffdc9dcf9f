//! One row a sample, in files.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use soilscope_picture::svg_to_png;
use soilscope_pipeline::io::geopackage::Kind as Geometry;
use soilscope_pipeline::io::vector::{Feature, Value};

use super::local::{Row, Spot, pattern_name, untested_name};
use super::{Report, map};
use crate::features::{Columns, csv, geojson, geopackage, point};
use crate::follow::wrote;
use crate::output;
use crate::source::Source;

/// A file's kind, from its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    GeoJson,
    GeoPackage,
    Json,
    Png,
    Svg,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("geojson") => Ok(Self::GeoJson),
            Some("gpkg") => Ok(Self::GeoPackage),
            Some("json") => Ok(Self::Json),
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => {
                bail!("{}: the ending says what is written: .csv, .geojson, .gpkg, .json, .png or .svg", path.display())
            }
        }
    }
}

/// Refuses longitudes and latitudes of a plane that is nowhere on Earth.
pub(super) fn refuse_nowhere(kinds: &[Kind], source: &Source) -> Result<()> {
    ensure!(
        !kinds.contains(&Kind::GeoJson) || !source.crs().is_local(),
        "GeoJSON is longitude and latitude, and a local plane has none: write .csv or .gpkg"
    );
    Ok(())
}

/// Writes one file.
pub(super) fn write(
    kind: &Kind,
    path: &Path,
    overwrite: bool,
    source: &Source,
    report: &Report<'_>,
    rows: &[Row],
) -> Result<()> {
    match kind {
        Kind::Csv => output::fill(output::open(path, overwrite)?, &csv(rows.iter().map(columns))?)?,
        Kind::Json => output::fill(output::open(path, overwrite)?, &serde_json::to_vec_pretty(report)?)?,
        Kind::Svg => output::fill(output::open(path, overwrite)?, map::draw(report, rows, source).as_bytes())?,
        Kind::Png => {
            let png = svg_to_png(&map::draw(report, rows, source), 1.0)?;
            output::fill(output::open(path, overwrite)?, &png)?;
        }
        Kind::GeoJson => geojson(path, overwrite, source.crs(), &features(rows))?,
        Kind::GeoPackage => {
            geopackage(path, overwrite, source.crs(), ("association", Geometry::Point), &features(rows))?;
        }
    }
    wrote(path);
    Ok(())
}

/// The columns of a row, in order.
fn columns(row: &Row) -> Columns<&'static str> {
    let name = |name: Option<&'static str>| name.map_or(Value::Null, Value::from);
    vec![
        ("line", Value::Integer(row.line as i64)),
        ("x", row.x.into()),
        ("y", row.y.into()),
        ("value", row.value.into()),
        ("neighbours", Value::Integer(row.neighbours as i64)),
        ("moran", row.moran.into()),
        ("moran_z", row.moran_z.into()),
        ("moran_p", row.moran_p.into()),
        ("moran_q", row.moran_q.into()),
        ("pattern", name(row.pattern.map(pattern_name))),
        ("cluster", name(row.cluster.map(pattern_name))),
        ("gi_z", row.gi_z.into()),
        ("gi_p", row.gi_p.into()),
        ("gi_q", row.gi_q.into()),
        ("gi_star_z", row.gi_star_z.into()),
        ("gi_star_p", row.gi_star_p.into()),
        ("gi_star_q", row.gi_star_q.into()),
        ("spot", name(row.spot.map(Spot::name))),
        ("untested", name(row.untested.map(untested_name))),
    ]
}

fn features(rows: &[Row]) -> Vec<Feature> {
    rows.iter().map(|row| point([row.x, row.y], columns(row))).collect()
}
