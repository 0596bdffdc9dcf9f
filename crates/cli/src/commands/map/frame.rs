//! Where a map lies.

use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::grid::Grid;

use crate::source::Source;

/// Whose frame it is, in records.
pub(super) const FIRST: &str = "the map of the first analyte";

/// Where a map lies, for another analyte's to lie there too.
pub(super) struct Frame {
    crs: Crs,
    grid: Grid,
}

impl Frame {
    pub(super) fn new(source: &Source, grid: &Grid) -> Self {
        Self { crs: source.crs().clone(), grid: grid.clone() }
    }

    pub(super) fn crs(&self) -> &Crs {
        &self.crs
    }

    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }
}
