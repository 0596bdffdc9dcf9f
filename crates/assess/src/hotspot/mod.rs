//! Hotspots: areas of a map that are hot, as valid polygons with statistics, in one pass over the rows.
//!
//! A cell is hot when the caller says so, such as when its value, or the probability that it exceeds a threshold, is high
//! enough. Hot cells that hang together are one hotspot. Memory holds two rows, the hotspots kept, and the outlines of
//! those that the next row can still extend; it does not grow with the number of rows, and hotspots below the minimum
//! area are forgotten as soon as they end.

mod class;
mod confidence;
mod costs;
mod label;
mod samples;
mod smooth;
mod trace;
mod tracer;
mod untrusted;

use geo::{Geometry, MultiPolygon};
use serde::{Deserialize, Serialize};
use soilscope_core::Coord;
use soilscope_core::trust::Doubts;
use thiserror::Error;

pub use class::{CERTAIN_UP_TO, ClassReason, Classed, HotspotClass, UNTRUSTED_UP_TO};
pub use confidence::{AtConfidence, ConfidenceCurve};
pub use costs::{ExpectedCosts, UnitCosts};
pub use smooth::smoothed;
pub use tracer::HotspotTracer;
pub use untrusted::Untrusted;

/// Which neighbours of a hot cell belong to the same hotspot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connectivity {
    /// Cells that share an edge: a hotspot is one polygon.
    #[default]
    Four,
    /// Cells that share an edge or a corner: a hotspot is one polygon for each of its areas that meet only at corners.
    Eight,
}

/// What counts as a hotspot.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct HotspotSettings {
    /// Smallest area of a hotspot, CRS units squared; smaller ones are dropped but counted.
    pub minimum_area: f64,
    /// Which cells hang together.
    pub connectivity: Connectivity,
}

/// Where the cells are: a regular grid along the axes of the CRS, its rows from north to south.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GridFrame {
    /// Outer corner of the first cell: west, north.
    pub origin: Coord,
    /// Size of a cell in CRS units, east-west and north-south; both positive.
    pub cell: [f64; 2],
    /// Cells in a row.
    pub columns: usize,
}

impl GridFrame {
    /// Area of a cell, CRS units squared.
    pub fn cell_area(&self) -> f64 {
        self.cell[0] * self.cell[1]
    }

    /// The corner with this many columns to its west and rows to its north.
    fn corner(&self, column: u32, row: u32) -> Coord {
        [self.origin[0] + f64::from(column) * self.cell[0], self.origin[1] - f64::from(row) * self.cell[1]]
    }

    /// Centre of a cell.
    fn centre(&self, column: u32, row: u32) -> Coord {
        [
            self.origin[0] + (f64::from(column) + 0.5) * self.cell[0],
            self.origin[1] - (f64::from(row) + 0.5) * self.cell[1],
        ]
    }
}

/// What a map says about a hot cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HotCell {
    /// Mapped value, finite, in the map's unit.
    pub value: f64,
    /// Probability that the threshold is exceeded, 0 to 1; `None` for a map without uncertainty.
    pub probability: Option<f64>,
    /// Reasons not to trust what the map says there; `None` where nobody looked for any.
    pub doubts: Option<Doubts>,
    /// Area of the cell on the ground, positive, in a unit that is the same for all cells: 1 where all are alike. It weighs the
    /// share of a hotspot that is not to be trusted.
    pub ground: f64,
}

/// Frames and settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum HotspotError {
    /// The origin is not a place.
    #[error("the map's north-western corner ({easting}, {northing}) is not a place: both must be finite numbers")]
    Origin {
        /// Easting, CRS units.
        easting: f64,
        /// Northing, CRS units.
        northing: f64,
    },
    /// The cell has no area.
    #[error("a cell of {width} by {height} has no area: both sizes must be positive (flip the rows of a south-up map)")]
    Cell {
        /// East-west size, CRS units.
        width: f64,
        /// North-south size, CRS units.
        height: f64,
    },
    /// The grid has no columns, or more than can be counted.
    #[error("a map of {columns} columns cannot be traced: it takes 1 to {most}")]
    Columns {
        /// Columns asked for.
        columns: usize,
        /// The most there can be.
        most: u32,
    },
    /// The minimum area is not an area.
    #[error("a minimum area of {area} is not an area: use 0 to keep every hotspot")]
    MinimumArea {
        /// What was given, CRS units squared.
        area: f64,
    },
}

/// One hotspot.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hotspot {
    /// Rank by area: 1 is the largest, and the north-western one of equals.
    pub id: usize,
    /// Its outline in the map's CRS, valid by OGC Simple Features: exteriors counter-clockwise, holes clockwise, closed,
    /// no repeated or collinear vertices, touching itself or a hole at single points at most. One polygon with
    /// [`Connectivity::Four`].
    pub shape: MultiPolygon<f64>,
    /// Cells in it.
    pub cells: usize,
    /// Their area, CRS units squared.
    pub area: f64,
    /// Mean of the cells' values.
    pub mean_value: f64,
    /// Largest value of a cell.
    pub max_value: f64,
    /// Centre of the cell with the largest value, the first from the north-west of equals.
    pub peak: Coord,
    /// Mean of the cells' exceedance probabilities; `None` unless every cell has one.
    pub mean_probability: Option<f64>,
    /// What of it is not to be trusted; `None` unless that is known of every cell.
    pub untrusted: Option<Untrusted>,
    /// Samples in it, counted by [`Hotspots::count_samples`]; 0 before.
    pub samples_inside: usize,
}

impl Hotspot {
    /// The shape as a polygon where it is one, as a multi-polygon otherwise.
    pub fn geometry(&self) -> Geometry<f64> {
        match self.shape.0.as_slice() {
            [polygon] => Geometry::Polygon(polygon.clone()),
            _ => Geometry::MultiPolygon(self.shape.clone()),
        }
    }
}

/// Hot areas below [`HotspotSettings::minimum_area`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Dropped {
    /// How many.
    pub count: usize,
    /// Their cells.
    pub cells: usize,
    /// Their area, CRS units squared.
    pub area: f64,
}

/// All hotspots of a map.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hotspots {
    /// Hotspots, the largest first.
    pub spots: Vec<Hotspot>,
    /// What was too small to be one.
    pub dropped: Dropped,
    frame: GridFrame,
}

impl Hotspots {
    /// The grid they were traced on.
    pub fn frame(&self) -> &GridFrame {
        &self.frame
    }

    /// Cells in all hotspots, dropped ones left out.
    pub fn cells(&self) -> usize {
        self.spots.iter().map(|s| s.cells).sum()
    }

    /// Area of all hotspots, CRS units squared, dropped ones left out.
    pub fn area(&self) -> f64 {
        self.cells() as f64 * self.frame.cell_area()
    }
}
