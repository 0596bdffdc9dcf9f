//! Where a map lies.

use soilscope_pipeline::crs::Crs;
use soilscope_pipeline::grid::Grid;

use crate::args::GridArgs;
use crate::source::Source;

/// Whose frame it is, in records.
pub(super) const FIRST: &str = "the map of the first analyte";

/// Where a map lies, for another analyte's to lie there too.
pub(super) struct Frame {
    crs: Crs,
    cell: f64,
    bounds: Vec<f64>,
}

impl Frame {
    pub(super) fn new(source: &Source, grid: &Grid) -> Self {
        let bounds = grid.bounds();
        Self {
            crs: source.crs().clone(),
            cell: grid.cell()[0],
            bounds: vec![bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]],
        }
    }

    pub(super) fn crs(&self) -> &Crs {
        &self.crs
    }

    /// The same grid, asked for.
    pub(super) fn of(&self, args: &GridArgs) -> GridArgs {
        if args.like.is_some() {
            return args.clone();
        }
        GridArgs { cell: Some(self.cell), bounds: self.bounds.clone(), ..args.clone() }
    }
}
