//! Rasters of a bundle: a run's cells brought onto agreed grids, written so that every reader finds the same numbers.

mod average;
mod choose;
mod coverage;
mod grid;
mod layer;
mod layers;
mod outline;
mod products;
mod source;
mod tally;
mod write;

pub use choose::{Geographic, GridChoice, Grids};
pub use grid::{Grid, GridId};
pub use layer::{Layer, Quantile};
pub use layers::rasters;

use super::names::Naming;
use super::source::Variable;

/// What every file of a map says of it and the run cannot know.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapset {
    /// The names.
    pub naming: Naming,
    /// The unit of the values, as `mg/kg`.
    pub unit: String,
    /// The number of the Chemical Abstracts Service.
    pub cas: Option<String>,
    /// The property in the GloSIS code lists.
    pub glosis_uri: Option<String>,
    /// The property in the INSPIRE code lists.
    pub inspire_uri: Option<String>,
    /// Which part of the content the extraction reaches, as `pseudo_total`.
    pub fraction: String,
    /// The extraction's code of `procedures.csv`.
    pub extraction: String,
    /// When the samples were taken, as `2019/2021`.
    pub period: String,
    /// The licence's SPDX identifier.
    pub licence: String,
    /// Where the threshold is from, where the run does not say it.
    pub threshold_source: Option<String>,
}

/// What area a value speaks for.
pub(crate) struct Support {
    /// The run's own words: `point`, or a block.
    of_prediction: String,
    /// Side of the run's cells in metres, where they are larger than those of the target: the target's are then parts of one value.
    coarser_than_target_m: Option<f64>,
}

impl Support {
    fn of(source: &source::Source, variable: &Variable, projection: &outline::Projection<'_>) -> Self {
        let cells = &source.cells;
        let is_metres = cells.crs.is_projected() && (cells.crs.linear_units() - 1.0).abs() < 1e-12;
        // Degrees of latitude, on the sphere of 6371.0088 km.
        let side = if cells.crs.is_geographic() { Some(cells.cell[1] * 111_195.08) } else { None };
        let side = is_metres.then(|| cells.cell[0].max(cells.cell[1])).or(side);
        let is_coarser = projection.cells_in_one() < 1.0 - 1e-6;
        Self { of_prediction: variable.support.clone(), coarser_than_target_m: side.filter(|_| is_coarser) }
    }
}
