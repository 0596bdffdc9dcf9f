//! Masks from files: polygons of any vector format that GDAL reads, rings in a CSV, rasters.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gdal::vector::{Geometry, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{LineString, MultiPolygon, Polygon};

use super::ffi::Listening;
use super::raster_in::{RasterIn, Resampling};
use super::{missing, read_error};
use crate::grid::Patch;
use crate::mask::{Mask, Overlap};
use crate::{Error, Result};

/// Cells of a mask raster read at a time for a tile, unless a single row has more.
const WINDOW: usize = 1 << 20;

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
    let file =
        if is_csv { PolygonFile { polygons: super::rings::read(path)?, wkt: None } } else { read_vector(path, layer)? };
    if file.polygons.0.is_empty() {
        return Err(read_error(path, "there is no polygon in it"));
    }
    Ok(file)
}

fn read_vector(path: &Path, layer: Option<&str>) -> Result<PolygonFile> {
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
    let mut polygons = Vec::new();
    for feature in layer.features() {
        if let Some(geometry) = feature.geometry() {
            let mut flat = geometry.clone();
            flat.flatten_to_2d();
            collect(path, &flat, &mut polygons)?;
        }
    }
    match listening.failures() {
        Some(message) => Err(read_error(path, message)),
        None => Ok(PolygonFile { polygons: MultiPolygon::new(polygons), wkt }),
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
pub struct RasterMask {
    path: PathBuf,
    band: usize,
    size: [usize; 2],
    west_north: [f64; 2],
    step: [f64; 2],
    wkt: Option<String>,
    handles: Mutex<Vec<RasterIn>>,
}

impl RasterMask {
    /// Opens band `band` (from 1) of the raster at `path`.
    ///
    /// # Errors
    /// As [`RasterIn::open`]; a raster that is rotated or does not say where it is.
    pub fn open(path: &Path, band: usize) -> Result<Self> {
        let raster = RasterIn::open(path, band)?;
        let place = raster
            .geotransform()
            .ok_or_else(|| read_error(path, "the raster does not say where it is (no geotransform)"))?;
        let [west, width, shear, north, turn, height] = place;
        if shear != 0.0 || turn != 0.0 || width == 0.0 || height == 0.0 {
            return Err(Error::Table {
                file: path.display().to_string(),
                reason: "the raster is rotated, and only unrotated ones can be a mask".to_owned(),
                remedy: "unturn it with gdalwarp".to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            band,
            size: raster.size(),
            west_north: [west, north],
            step: [width, height],
            wkt: raster.wkt(),
            handles: Mutex::new(vec![raster]),
        })
    }

    /// The raster's CRS as WKT; `None` where the file has none.
    pub fn wkt(&self) -> Option<&str> {
        self.wkt.as_deref()
    }

    /// The raster's column (axis 0) or row (axis 1) at a coordinate; `None` outside.
    fn place(&self, axis: usize, coordinate: f64) -> Option<usize> {
        let place = ((coordinate - self.west_north[axis]) / self.step[axis]).floor();
        (place >= 0.0 && place < self.size[axis] as f64).then_some(place as usize)
    }

    /// The raster's column or row of each column or row of the patch.
    fn places(&self, axis: usize, patch: &Patch<'_>) -> Vec<Option<usize>> {
        (patch.first[axis]..patch.first[axis] + patch.size[axis])
            .map(|i| self.place(axis, if axis == 0 { patch.grid.easting(i) } else { patch.grid.northing(i) }))
            .collect()
    }

    fn fill_from(&self, raster: &RasterIn, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        let (columns, rows) = (self.places(0, patch), self.places(1, patch));
        let (Some(west), Some(east)) = (columns.iter().flatten().min(), columns.iter().flatten().max()) else {
            return Ok(());
        };
        let width = east - west + 1;
        let mut buffer = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            // As many rows of the patch as their cells of the mask fit, at least one.
            let Some(first) = rows[start] else {
                start += 1;
                continue;
            };
            let (mut low, mut high, mut end) = (first, first, start + 1);
            while let Some(Some(row)) = rows.get(end).copied() {
                if (high.max(row) - low.min(row) + 1) * width > WINDOW {
                    break;
                }
                (low, high, end) = (low.min(row), high.max(row), end + 1);
            }
            let size = [width, high - low + 1];
            raster.read([*west, low], size, size, Resampling::Nearest, &mut buffer)?;
            for i in start..end {
                let Some(row) = rows[i] else { continue };
                for (j, column) in columns.iter().enumerate() {
                    let Some(column) = column else { continue };
                    let number = buffer[(row - low) * width + column - west];
                    inside[i * patch.size[0] + j] = raster.value(number).is_some_and(|v| v != 0.0);
                }
            }
            start = end;
        }
        Ok(())
    }
}

impl Mask for RasterMask {
    fn fill(&self, patch: &Patch<'_>, inside: &mut [bool]) -> Result<()> {
        inside.fill(false);
        let idle = self.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let raster = match idle {
            Some(raster) => raster,
            None => RasterIn::open(&self.path, self.band)?,
        };
        self.fill_from(&raster, patch, inside)?;
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(raster);
        Ok(())
    }

    fn overlap(&self, patch: &Patch<'_>) -> Overlap {
        let none = |axis| self.places(axis, patch).iter().all(Option::is_none);
        if none(0) || none(1) { Overlap::None } else { Overlap::Some }
    }
}
