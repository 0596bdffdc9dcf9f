//! Features to GeoPackage and GeoJSON.

use std::path::Path;

use anyhow::Result;
use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::io::geopackage::Kind;
use soilscope_pipeline::io::vector::Feature;

use crate::features::{geojson, geopackage};

/// Writes polygons by the ending of the file: `.geojson` in longitude and latitude, else GeoPackage in the map's CRS.
pub(crate) fn write(path: &Path, layer: &str, features: &[Feature], crs: &Crs, overwrite: bool) -> Result<()> {
    if path.extension().is_some_and(|e| e == "geojson") {
        geojson(path, overwrite, crs, features)
    } else {
        geopackage(path, overwrite, crs, (layer, Kind::Polygon), features)
    }
}
