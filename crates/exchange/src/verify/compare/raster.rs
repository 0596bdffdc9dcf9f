//! Rasters, cell by cell, a row of blocks at a time.

use std::fmt;
use std::path::Path;

use gdal::raster::ResampleAlg;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use serde::Serialize;

use super::Outcome;
use super::text::close;
use crate::{Error, Result};

/// Cells that differ between two rasters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cells {
    /// Cells that were compared, over all bands.
    pub compared: u64,
    /// Of these, how many differ.
    pub different: u64,
    /// Of these, how many have a value in one raster and none in the other.
    pub gaps: u64,
    /// The largest difference between two values, in the unit of the raster.
    pub largest: f64,
    /// Where the first one is: band from 1, column and row from 0.
    pub first: [usize; 3],
}

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compared, different, gaps, largest, first: [band, column, row] } = self;
        write!(
            f,
            "{different} of {compared} cells differ, by up to {largest:e}; {gaps} of them have a value in one only; the first is column {column}, row \
             {row} of band {band}"
        )
    }
}

/// A file that this program wrote, or should have written.
fn open(path: &Path) -> Result<Dataset> {
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_RASTER,
        allowed_drivers: Some(&["GTiff"]),
        ..DatasetOptions::default()
    };
    Dataset::open_ex(path, options).map_err(|e| Error::unreadable(path, e))
}

pub(super) fn compare(then: &Path, now: &Path, tolerance: f64, interrupted: &dyn Fn() -> bool) -> Result<Outcome> {
    let (a, b) = (open(then)?, open(now)?);
    let shape = |d: &Dataset| (d.raster_size(), d.raster_count(), d.geo_transform().ok(), d.projection());
    if shape(&a) != shape(&b) {
        return Ok(Outcome::Different { what: format!("another grid: {:?}, recorded {:?}", shape(&b), shape(&a)) });
    }
    let (columns, rows) = a.raster_size();
    let mut cells = Cells { compared: 0, different: 0, gaps: 0, largest: 0.0, first: [0; 3] };
    for band in 1..=a.raster_count() {
        let failed = |e: gdal::errors::GdalError| Error::unreadable(now, e);
        let (left, right) = (a.rasterband(band).map_err(failed)?, b.rasterband(band).map_err(failed)?);
        let (gap_left, gap_right) = (left.no_data_value(), right.no_data_value());
        // Whole rows of blocks, so that none is decompressed twice.
        let height = left.block_size().1.clamp(1, 1024);
        for top in (0..rows).step_by(height) {
            if interrupted() {
                return Err(Error::Interrupted);
            }
            let window = (columns, height.min(rows - top));
            let read = |band: &gdal::raster::RasterBand<'_>| {
                band.read_as::<f64>((0, top as isize), window, window, None::<ResampleAlg>).map_err(failed)
            };
            let (left, right) = (read(&left)?, read(&right)?);
            for (i, (&x, &y)) in left.data().iter().zip(right.data()).enumerate() {
                cells.compared += 1;
                let is_gap = |value: f64, gap: Option<f64>| value.is_nan() || Some(value) == gap;
                let gaps = (is_gap(x, gap_left), is_gap(y, gap_right));
                let same = match gaps {
                    (true, true) => true,
                    (false, false) => close(x, y, tolerance),
                    _ => false,
                };
                if same {
                    continue;
                }
                if cells.different == 0 {
                    cells.first = [band, i % columns, top + i / columns];
                }
                cells.different += 1;
                if gaps.0 == gaps.1 {
                    cells.largest = cells.largest.max((x - y).abs());
                } else {
                    cells.gaps += 1;
                }
            }
        }
    }
    if cells.different > 0 {
        return Ok(Outcome::Cells(cells));
    }
    Ok(Outcome::Equal {
        remark: format!(
            "all {} cells, to {tolerance} of the larger; compression or description differ",
            cells.compared
        ),
    })
}
