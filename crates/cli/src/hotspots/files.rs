//! Features to GeoPackage and GeoJSON.

use std::path::Path;

use anyhow::Result;
use soilscope_core::Coord;
use soilscope_pipeline::crs::{Crs, Transformer};
use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::geopackage::{self, write_geopackage};
use soilscope_pipeline::io::vector::Feature;

use crate::output;

/// Writes polygons by the ending of the file: `.geojson` in longitude and latitude, else GeoPackage in the map's CRS.
pub(crate) fn write(path: &Path, layer: &str, features: &[Feature], crs: &Crs, overwrite: bool) -> Result<()> {
    let existing = output::existing(overwrite);
    if path.extension().is_some_and(|e| e == "geojson") {
        let transformer = Transformer::new(crs, &Crs::parse("EPSG:4326")?)?;
        let mut to_lon_lat = |c: Coord| transformer.forward(c);
        write_geojson(path, existing, features, Some(&mut to_lon_lat))?;
    } else {
        let date = output::source_date()?;
        let layer = geopackage::Layer {
            name: layer,
            kind: geopackage::Kind::Polygon,
            crs_wkt: crs.to_wkt(),
            last_change: date.as_deref(),
        };
        write_geopackage(path, existing, &layer, features)?;
    }
    Ok(())
}
