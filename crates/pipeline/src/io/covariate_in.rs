//! Covariates from rasters.

use std::path::Path;

use soilscope_core::Coord;

use super::placed::PlacedRaster;
use crate::Result;
use crate::covariates::{Covariates, Encoding, PatchCovariates, Remark};
use crate::grid::Patch;

/// A raster that says a number at places: that of the cell which holds the place.
pub struct RasterCovariate(PlacedRaster);

impl RasterCovariate {
    /// Opens band `band` (from 1) of the raster at `path`.
    ///
    /// # Errors
    /// As [`RasterIn::open`](super::raster_in::RasterIn::open); a raster that is rotated or does not say where it is.
    pub fn open(path: &Path, band: usize) -> Result<Self> {
        PlacedRaster::open(path, band, "a covariate").map(Self)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The raster's CRS as WKT; `None` where the file has none.
    pub fn wkt(&self) -> Option<&str> {
        self.0.wkt()
    }

    /// The values at places in the raster's CRS, in their order; `None` outside and where there is no data.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn at(&self, places: &[Coord]) -> Result<Vec<Option<f64>>> {
        self.0.at(places)
    }
}

/// The drift's columns of a grid's cells, from one raster for each source of an encoding; all in the grid's CRS.
///
/// Only what a tile needs is read, so memory does not grow.
pub struct RasterCovariates<'a> {
    encoding: &'a Encoding,
    rasters: Vec<&'a RasterCovariate>,
}

impl<'a> RasterCovariates<'a> {
    /// Rasters in the order of the encoding's sources.
    ///
    /// # Panics
    /// Another number of rasters than sources.
    pub fn new(encoding: &'a Encoding, rasters: Vec<&'a RasterCovariate>) -> Self {
        assert_eq!(encoding.sources().len(), rasters.len(), "one raster a source");
        Self { encoding, rasters }
    }
}

impl Covariates for RasterCovariates<'_> {
    fn count(&self) -> usize {
        self.encoding.columns()
    }

    fn fill(&self, patch: &Patch<'_>, out: &mut PatchCovariates) -> Result<()> {
        let (cells, sources, columns) = (patch.cells(), self.rasters.len(), self.count());
        let mut raw = vec![f64::NAN; cells * sources];
        for (k, raster) in self.rasters.iter().enumerate() {
            raster.0.for_each(patch, |cell, value| raw[cell * sources + k] = value.unwrap_or(f64::NAN))?;
        }
        out.values.clear();
        out.values.resize(cells * columns, f64::NAN);
        out.remarks.clear();
        out.remarks.resize(cells, Remark::default());
        for (cell, remark) in out.remarks.iter_mut().enumerate() {
            let row = &mut out.values[cell * columns..(cell + 1) * columns];
            *remark = self.encoding.encode(&raw[cell * sources..(cell + 1) * sources], row);
        }
        Ok(())
    }
}
