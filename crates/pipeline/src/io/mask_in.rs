//! Masks from files: polygons of any vector format that GDAL reads, rings in a CSV, rasters.

use std::path::Path;

use gdal::vector::{Geometry, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{LineString, MultiPolygon, Polygon};

use super::ffi::Listening;
use super::placed::PlacedRaster;
use super::{missing, read_error};
use crate::Result;
use crate::grid::Patch;
use crate::mask::{Mask, Overlap};

/// Polygons of a file, with the file's CRS as WKT where it has one.
#[derive(Debug, Clone)]
pub struct PolygonFile {
    /// The polygons of all features.
    pub polygons: MultiPolygon<f64>,
    /// Their CRS.
    pub wkt: Option<String>,
}

/// Reads polygons: from a CSV with the columns `x,y` of rings one after the other, parted by an empty row or
/// `NA` or by their closing vertex, or from `layer` (the first one
/// unless named) of any vector file that GDAL reads.
///
/// # Errors
/// A file that cannot be read, has no polygons, or curved ones.
pub fn read_polygons(path: &Path, layer: Option<&str>) -> Result<PolygonFile> {
    let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let (polygons, wkt) = if is_csv {
        (super::rings::read(path)?, None)
    } else {
        let file = read_vector(path, layer)?;
        (MultiPolygon::new(file.zones.into_iter().flat_map(|z| z.polygons.0).collect()), file.wkt)
    };
    if polygons.0.is_empty() {
        return Err(read_error(path, "there is no polygon in it"));
    }
    Ok(PolygonFile { polygons, wkt })
}

/// A feature's polygons.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its attribute `name` or `id`, else its number from 1.
    pub label: String,
    /// Its polygons.
    pub polygons: MultiPolygon<f64>,
}

/// Zones of a file, with the file's CRS as WKT where it has one.
#[derive(Debug, Clone)]
pub struct ZoneFile {
    /// Features with polygons, in the file's order.
    pub zones: Vec<Zone>,
    /// Their CRS.
    pub wkt: Option<String>,
}

/// Reads the features with polygons of the first layer of any vector file that GDAL reads, one zone each.
///
/// # Errors
/// A file that cannot be read, has no polygons, or curved ones.
pub fn read_zones(path: &Path) -> Result<ZoneFile> {
    let file = read_vector(path, None)?;
    if file.zones.is_empty() {
        return Err(read_error(path, "there is no polygon in it"));
    }
    Ok(file)
}

/// The attribute that names a feature.
fn label(feature: &gdal::vector::Feature<'_>) -> Option<String> {
    let named = |wanted: &str| {
        let (_, value) = feature.fields().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        value?.into_string().filter(|text| !text.is_empty())
    };
    let numbered = || {
        let (_, value) = feature.fields().find(|(name, _)| name.eq_ignore_ascii_case("id"))?;
        value?.into_int64().map(|id| id.to_string())
    };
    named("name").or_else(|| named("id")).or_else(numbered)
}

fn read_vector(path: &Path, layer: Option<&str>) -> Result<ZoneFile> {
    let listening = Listening::here();
    if !path.exists() && !path.starts_with("/vsi") {
        return Err(missing(path));
    }
    let fail = |e: gdal::errors::GdalError| read_error(path, listening.reason(&e));
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(path, options).map_err(fail)?;
    let mut layer = match layer {
        Some(name) => dataset.layer_by_name(name),
        None => dataset.layer(0),
    }
    .map_err(fail)?;
    let wkt = layer.spatial_ref().and_then(|crs| crs.to_wkt().ok()).filter(|wkt| !wkt.is_empty());
    let mut zones = Vec::new();
    for (number, feature) in layer.features().enumerate() {
        let mut polygons = Vec::new();
        if let Some(geometry) = feature.geometry() {
            let mut flat = geometry.clone();
            flat.flatten_to_2d();
            collect(path, &flat, &mut polygons)?;
        }
        if !polygons.is_empty() {
            let label = label(&feature).unwrap_or_else(|| (number + 1).to_string());
            zones.push(Zone { label, polygons: MultiPolygon::new(polygons) });
        }
    }
    match listening.failures() {
        Some(message) => Err(read_error(path, message)),
        None => Ok(ZoneFile { zones, wkt }),
    }
}

/// Adds the polygons of `geometry`; points and lines have no inside and are passed over.
fn collect(path: &Path, geometry: &Geometry, polygons: &mut Vec<Polygon<f64>>) -> Result<()> {
    match geometry.geometry_name().as_str() {
        "POLYGON" if geometry.is_empty() => {}
        "POLYGON" => {
            let mut rings = (0..geometry.geometry_count()).map(|i| {
                let mut points = Vec::new();
                geometry.get_geometry(i).get_points(&mut points);
                LineString::from_iter(points.into_iter().map(|(x, y, _)| (x, y)))
            });
            if let Some(exterior) = rings.next() {
                polygons.push(Polygon::new(exterior, rings.collect()));
            }
        }
        "MULTIPOLYGON" | "GEOMETRYCOLLECTION" => {
            for i in 0..geometry.geometry_count() {
                collect(path, &geometry.get_geometry(i), polygons)?;
            }
        }
        name @ ("CURVEPOLYGON" | "MULTISURFACE" | "POLYHEDRALSURFACE" | "TIN") => {
            return Err(read_error(
                path,
                format!("it holds a {name}: make plain polygons first (ogr2ogr -nlt CONVERT_TO_LINEAR)"),
            ));
        }
        _ => {}
    }
    Ok(())
}

/// Cells whose centre is in a raster's cell that is neither nodata nor 0; the raster is in the grid's CRS.
///
/// Only what a tile needs is read, and each thread has its own handle of the file, so memory does not grow.
pub struct RasterMask(PlacedRaster);

impl RasterMask {
    /// Opens band `band` (from 1) of the raster at `path`.
    ///
    /// # Errors
    /// As [`RasterIn::open`](super::raster_in::RasterIn::open); a raster that is rotated or does not say where it is.
    pub fn open(path: &Path, band: usize) -> Result<Self> {
        PlacedRaster::open(path, band, "a mask").map(Self)
    }

    /// The raster's CRS as WKT; `None` where the file has none.
    pub fn wkt(&self) -> Option<&str> {
        self.0.wkt()
    }
}

impl Mask for RasterMask {
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        inside.fill(false);
        self.0.for_each(patch, |cell, value| inside[cell] = value.is_some_and(|v| v != 0.0))
    }

    fn overlap(&self, patch: &Patch<'_>) -> Overlap {
        if self.0.meets(patch) { Overlap::Some } else { Overlap::None }
    }
}
