//! Rasters that are read: templates, maps for hotspots, pictures.

use std::path::{Path, PathBuf};

use gdal::raster::{GdalDataType, ResampleAlg};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use super::ffi::Listening;
use super::{missing, read_error};
use crate::grid::{Grid, GridCrs};
use crate::{Error, Result};

/// Cells read at a time, at most a row more: 4 million numbers are 32 MB.
const STRIP: usize = 4 << 20;

/// One band of a raster file.
///
/// # Examples
/// ```no_run
/// use soilscope_pipeline::io::raster_in::RasterIn;
/// # fn main() -> soilscope_pipeline::Result<()> {
/// let raster = RasterIn::open("zinc_prediction.tif".as_ref(), 1)?;
/// for row in raster.rows() {
///     let above = row?.iter().flatten().filter(|&&zinc| zinc > 500.0).count();
/// }
/// # Ok(())
/// # }
/// ```
pub struct RasterIn {
    dataset: Dataset,
    path: PathBuf,
    band: usize,
    size: [usize; 2],
    nodata: Option<f64>,
    single: bool,
}

/// How many cells become one in a decimated read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampling {
    /// The cell nearest to the middle.
    Nearest,
    /// The mean of the cells that have a value.
    Average,
}

/// A raster read at a lower resolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Decimated {
    /// Columns, rows.
    pub size: [usize; 2],
    /// Values row by row from the north-west.
    pub values: Vec<Option<f64>>,
}

impl RasterIn {
    /// Opens band `band` (from 1) of the raster at `path`.
    ///
    /// # Errors
    /// A file that is missing or no raster, or has no such band.
    pub fn open(path: &Path, band: usize) -> Result<Self> {
        let listening = Listening::here();
        // GDAL says nothing at all of a missing file. Names such as /vsicurl/… are not in the file system.
        if !path.exists() && !path.starts_with("/vsi") && !path.to_string_lossy().contains(':') {
            return Err(missing(path));
        }
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
            ..DatasetOptions::default()
        };
        let dataset = Dataset::open_ex(path, options).map_err(|e| read_error(path, listening.reason(&e)))?;
        let count = dataset.raster_count();
        if band == 0 || band > count {
            return Err(read_error(path, format!("there is no band {band}: the raster has {count}")));
        }
        let (columns, rows) = dataset.raster_size();
        let (nodata, single) = {
            let band = dataset.rasterband(band).map_err(|e| read_error(path, listening.reason(&e)))?;
            (band.no_data_value(), band.band_type() == GdalDataType::Float32)
        };
        Ok(Self { dataset, path: path.to_owned(), band, size: [columns, rows], nodata, single })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Columns, rows.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// GDAL's six numbers of the raster's place; `None` where the file has none.
    pub fn geotransform(&self) -> Option<[f64; 6]> {
        let _listening = Listening::here();
        self.dataset.geo_transform().ok()
    }

    /// The CRS as WKT; `None` where the file has none.
    pub fn wkt(&self) -> Option<String> {
        let _listening = Listening::here();
        self.dataset.spatial_ref().ok().and_then(|crs| crs.to_wkt().ok()).filter(|wkt| !wkt.is_empty())
    }

    /// The raster's grid, as a template; without a CRS it is a local plane.
    ///
    /// # Errors
    /// No place, rotated, south-up or mirrored, or more cells than `limit`; all name the file.
    pub fn grid(&self, limit: u64) -> Result<Grid> {
        let place = self
            .geotransform()
            .ok_or_else(|| read_error(&self.path, "the raster does not say where it is (no geotransform)"))?;
        let crs = self.wkt().map_or(GridCrs::Local, GridCrs::Wkt);
        Grid::from_geotransform(place, self.size, crs, limit)
            .map_err(|refusal| Error::Template { file: self.path.display().to_string(), refusal })
    }

    /// The unit of the band's values; empty where the file has none.
    pub fn unit(&self) -> String {
        self.dataset.rasterband(self.band).map_or(String::new(), |band| band.unit())
    }

    /// The band's description; empty where the file has none.
    pub fn description(&self) -> String {
        self.dataset.rasterband(self.band).ok().and_then(|band| band.description().ok()).unwrap_or_default()
    }

    /// A metadata item of the band or, failing that, of the file.
    pub fn metadata(&self, name: &str) -> Option<String> {
        let of_band = self.dataset.rasterband(self.band).ok().and_then(|band| band.metadata_item(name, ""));
        of_band.or_else(|| self.dataset.metadata_item(name, ""))
    }

    /// The rows from the north, read a few at a time: memory does not grow with the raster.
    pub fn rows(&self) -> Rows<'_> {
        Rows { raster: self, next: 0, strip: Vec::new(), strip_first: 0 }
    }

    /// The whole raster in at most `most` columns and rows, its proportions kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn decimated(&self, most: [usize; 2], resampling: Resampling) -> Result<Decimated> {
        let shrink = (0..2).map(|axis| self.size[axis] as f64 / most[axis].max(1) as f64).fold(1.0, f64::max);
        let size = [0, 1].map(|axis| ((self.size[axis] as f64 / shrink).round() as usize).max(1));
        let mut values = Vec::new();
        self.read([0, 0], self.size, size, resampling, &mut values)?;
        Ok(Decimated { size, values: values.into_iter().map(|v| self.value(v)).collect() })
    }

    /// Reads a rectangle of cells as numbers, nodata as in the file.
    pub(crate) fn read(
        &self,
        first: [usize; 2],
        size: [usize; 2],
        into: [usize; 2],
        resampling: Resampling,
        buffer: &mut Vec<f64>,
    ) -> Result<()> {
        let listening = Listening::here();
        let fail = |e: gdal::errors::GdalError| read_error(&self.path, listening.reason(&e));
        buffer.clear();
        buffer.resize(into[0] * into[1], 0.0);
        let method = match resampling {
            Resampling::Nearest => ResampleAlg::NearestNeighbour,
            Resampling::Average => ResampleAlg::Average,
        };
        let band = self.dataset.rasterband(self.band).map_err(fail)?;
        let corner = (first[0] as isize, first[1] as isize);
        band.read_into_slice(corner, (size[0], size[1]), (into[0], into[1]), buffer, Some(method)).map_err(fail)?;
        match listening.failures() {
            Some(message) => Err(read_error(&self.path, message)),
            None => Ok(()),
        }
    }

    /// A number of the file as a value: neither nodata nor NaN nor infinite.
    #[inline]
    pub(crate) fn value(&self, number: f64) -> Option<f64> {
        let empty = match self.nodata {
            // A nodata value of a 32-bit band is often written with fewer or more digits than it has.
            Some(nodata) if self.single => number as f32 == nodata as f32,
            Some(nodata) => number == nodata,
            None => false,
        };
        (!empty && number.is_finite()).then_some(number)
    }
}

/// The rows of a raster, from the north.
pub struct Rows<'a> {
    raster: &'a RasterIn,
    next: usize,
    strip: Vec<f64>,
    strip_first: usize,
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<Option<f64>>>;

    fn next(&mut self) -> Option<Self::Item> {
        let [columns, rows] = self.raster.size;
        if self.next >= rows {
            return None;
        }
        if (self.next - self.strip_first) * columns >= self.strip.len() {
            // Whole rows of blocks, as far as they fit: a compressed block is unpacked once.
            let block = self.raster.dataset.rasterband(self.raster.band).map_or(1, |band| band.block_size().1);
            let fit = (STRIP / columns).max(1);
            let height = if block > 0 && block <= fit { fit / block * block } else { fit };
            let height = height.min(rows - self.next);
            self.strip_first = self.next;
            let size = [columns, height];
            let read = self.raster.read([0, self.next], size, size, Resampling::Nearest, &mut self.strip);
            if let Err(error) = read {
                self.next = rows; // an iterator that failed ends
                return Some(Err(error));
            }
        }
        let start = (self.next - self.strip_first) * columns;
        self.next += 1;
        Some(Ok(self.strip[start..start + columns].iter().map(|&v| self.raster.value(v)).collect()))
    }
}
