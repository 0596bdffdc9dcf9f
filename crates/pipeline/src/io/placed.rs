//! A raster by places: the value of the cell that holds a place, read where it is needed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use soilscope_core::Coord;

use super::raster_in::{RasterIn, Resampling};
use super::read_error;
use crate::grid::Patch;
use crate::{Error, Result};

/// Cells read at a time for a tile, unless a single row has more.
const WINDOW: usize = 1 << 20;

/// An unrotated raster that says where it is.
///
/// Each thread has its own handle of the file, as GDAL wants it, and reads what a tile needs, so memory does not grow.
pub(super) struct PlacedRaster {
    path: PathBuf,
    band: usize,
    size: [usize; 2],
    west_north: [f64; 2],
    step: [f64; 2],
    wkt: Option<String>,
    handles: Mutex<Vec<RasterIn>>,
}

impl PlacedRaster {
    /// Opens band `band` (from 1) of the raster at `path`, which is to serve as `role` (`a mask`).
    pub(super) fn open(path: &Path, band: usize, role: &str) -> Result<Self> {
        let raster = RasterIn::open(path, band)?;
        let place = raster
            .geotransform()
            .ok_or_else(|| read_error(path, "the raster does not say where it is (no geotransform)"))?;
        let [west, width, shear, north, turn, height] = place;
        if shear != 0.0 || turn != 0.0 || width == 0.0 || height == 0.0 {
            return Err(Error::Table {
                file: path.display().to_string(),
                reason: format!("the raster is rotated, and only unrotated ones can be {role}"),
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

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The raster's CRS as WKT; `None` where the file has none.
    pub(super) fn wkt(&self) -> Option<&str> {
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

    /// Whether some cell of the patch may lie in the raster.
    pub(super) fn meets(&self, patch: &Patch<'_>) -> bool {
        (0..2).all(|axis| self.places(axis, patch).iter().any(Option::is_some))
    }

    fn with_handle<T>(&self, work: impl FnOnce(&RasterIn) -> Result<T>) -> Result<T> {
        let idle = self.handles.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let raster = match idle {
            Some(raster) => raster,
            None => RasterIn::open(&self.path, self.band)?,
        };
        let outcome = work(&raster)?;
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(raster);
        Ok(outcome)
    }

    /// Visits the cells of the patch whose centre lies in the raster, with the value there.
    pub(super) fn for_each(&self, patch: &Patch<'_>, visit: impl FnMut(usize, Option<f64>)) -> Result<()> {
        self.with_handle(|raster| self.visit_with(raster, patch, visit))
    }

    fn visit_with(
        &self,
        raster: &RasterIn,
        patch: &Patch<'_>,
        mut visit: impl FnMut(usize, Option<f64>),
    ) -> Result<()> {
        let (columns, rows) = (self.places(0, patch), self.places(1, patch));
        let (Some(west), Some(east)) = (columns.iter().flatten().min(), columns.iter().flatten().max()) else {
            return Ok(());
        };
        let width = east - west + 1;
        let mut buffer = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            // As many rows of the patch as their cells of the raster fit, at least one.
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
                    visit(i * patch.size[0] + j, raster.value(number));
                }
            }
            start = end;
        }
        Ok(())
    }

    /// The values at places, in their order; `None` outside the raster and where it has none.
    pub(super) fn at(&self, places: &[Coord]) -> Result<Vec<Option<f64>>> {
        // By rows, so that a block of the file is unpacked once while GDAL keeps it.
        let cell = |place: &Coord| Some([self.place(0, place[0])?, self.place(1, place[1])?]);
        let mut order: Vec<(usize, [usize; 2])> =
            places.iter().enumerate().filter_map(|(i, place)| Some((i, cell(place)?))).collect();
        order.sort_by_key(|&(i, [column, row])| (row, column, i));
        let mut values = vec![None; places.len()];
        let mut buffer = Vec::new();
        self.with_handle(|raster| {
            for (i, first) in order {
                raster.read(first, [1, 1], [1, 1], Resampling::Nearest, &mut buffer)?;
                values[i] = raster.value(buffer[0]);
            }
            Ok(())
        })?;
        Ok(values)
    }
}
