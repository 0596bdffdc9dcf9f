//! Rows with a place, or polygons, in the files that every verb writes: CSV, GeoPackage, GeoJSON.

use std::path::Path;

use anyhow::Result;
use soilscope_core::Coord;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::geopackage::{self, write_geopackage};
use soilscope_pipeline::io::vector::{Feature, Value};

use crate::output;

/// Names and values of one row, in order; the names are the same for all rows of a file.
pub(crate) type Columns<N> = Vec<(N, Value)>;

/// Rows as CSV, with a header; empty without rows.
pub(crate) fn csv<N: AsRef<str>>(rows: impl IntoIterator<Item = Columns<N>>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (k, row) in rows.into_iter().enumerate() {
        if k == 0 {
            writer.write_record(row.iter().map(|(name, _)| name.as_ref()))?;
        }
        writer.write_record(row.into_iter().map(|(_, value)| value.into_cell()))?;
    }
    Ok(writer.into_inner()?)
}

/// A row at a place.
pub(crate) fn point<N: Into<String>>(place: Coord, row: Columns<N>) -> Feature {
    Feature {
        geometry: geo::Geometry::Point(place.into()),
        properties: row.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// Writes GeoJSON, which is in longitude and latitude: not for a local plane.
pub(crate) fn geojson(path: &Path, overwrite: bool, crs: &Crs, features: &[Feature]) -> Result<()> {
    let transformer = Transformer::new(crs, &Crs::parse("EPSG:4326")?)?;
    let mut to_lon_lat = |c: Coord| transformer.forward(c);
    Ok(write_geojson(path, output::existing(overwrite), features, Some(&mut to_lon_lat))?)
}

/// Writes a GeoPackage with one layer, in the CRS of the features.
pub(crate) fn geopackage(
    path: &Path,
    overwrite: bool,
    crs: &Crs,
    (name, kind): (&str, geopackage::Kind),
    features: &[Feature],
) -> Result<()> {
    let date = output::dated()?;
    let layer = geopackage::Layer { name, kind, crs_wkt: crs.to_wkt(), last_change: Some(&date) };
    Ok(write_geopackage(path, output::existing(overwrite), &layer, features)?)
}
