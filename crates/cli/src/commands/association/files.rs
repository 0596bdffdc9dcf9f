//! One row a sample, in files.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use soilscope_core::Coord;
use soilscope_picture::svg_to_png;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::geopackage::{self, write_geopackage};
use soilscope_pipeline::io::vector::{Feature, Value};

use super::local::{Row, Spot, pattern_name, untested_name};
use super::{Report, map};
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
        Kind::Csv => output::fill(output::open(path, overwrite)?, &csv(rows)?)?,
        Kind::Json => output::fill(output::open(path, overwrite)?, &serde_json::to_vec_pretty(report)?)?,
        Kind::Svg => output::fill(output::open(path, overwrite)?, map::draw(report, rows, source).as_bytes())?,
        Kind::Png => {
            let png = svg_to_png(&map::draw(report, rows, source), 1.0)?;
            output::fill(output::open(path, overwrite)?, &png)?;
        }
        Kind::GeoJson => {
            let transformer = Transformer::new(source.crs(), &Crs::parse("EPSG:4326")?)?;
            let mut to_lon_lat = |c: Coord| transformer.forward(c);
            write_geojson(path, output::existing(overwrite), &features(rows), Some(&mut to_lon_lat))?;
        }
        Kind::GeoPackage => {
            let date = output::source_date()?;
            let layer = geopackage::Layer {
                name: "association",
                kind: geopackage::Kind::Point,
                crs_wkt: source.crs().to_wkt(),
                last_change: date.as_deref(),
            };
            write_geopackage(path, output::existing(overwrite), &layer, &features(rows))?;
        }
    }
    wrote(path);
    Ok(())
}

/// The columns of a row, in order.
fn columns(row: &Row) -> Vec<(&'static str, Value)> {
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

fn csv(rows: &[Row]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (k, row) in rows.iter().enumerate() {
        let columns = columns(row);
        if k == 0 {
            writer.write_record(columns.iter().map(|(name, _)| *name))?;
        }
        writer.write_record(columns.into_iter().map(|(_, value)| match value {
            Value::Real(v) => v.to_string(),
            Value::Integer(v) => v.to_string(),
            Value::Text(t) => t,
            Value::Null => String::new(),
        }))?;
    }
    Ok(writer.into_inner()?)
}

fn features(rows: &[Row]) -> Vec<Feature> {
    let feature = |row: &Row| Feature {
        geometry: geo::Geometry::Point(geo::Point::new(row.x, row.y)),
        properties: columns(row).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    rows.iter().map(feature).collect()
}
