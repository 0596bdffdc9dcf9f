//! The grids that a bundle's rasters are on.

use serde::Serialize;

/// Which of the specification's grids (`grids.json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GridId {
    /// 30 arc seconds.
    Gsp30s,
    /// 0.0022457 degree.
    Gsn250,
    /// That of a raster that was given.
    Template,
    /// Projected, in metres.
    National,
}

impl GridId {
    /// As files write it.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(soilscope_exchange::pack::raster::GridId::Gsp30s.name(), "gsp30s");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Gsp30s => "gsp30s",
            Self::Gsn250 => "gsn250",
            Self::Template => "template",
            Self::National => "national",
        }
    }
}

/// Cells of a target: north up, without rotation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grid {
    /// Which grid.
    pub id: GridId,
    /// The code of its coordinate system.
    pub epsg: u32,
    /// The name of the coordinate system.
    pub crs_name: String,
    /// Width and height of a cell, both positive, in degrees or metres; equal but for a template that says otherwise.
    pub cell: [f64; 2],
    /// West and north edge. Longitudes of a grid across the antimeridian continue past 180.
    pub origin: [f64; 2],
    /// Columns and rows.
    pub size: [usize; 2],
    /// What was done to have it, for the lineage.
    pub remark: String,
}

impl Grid {
    /// GDAL's order: west edge, cell width, 0, north edge, 0, minus cell height.
    pub fn transform(&self) -> [f64; 6] {
        [self.origin[0], self.cell[0], 0.0, self.origin[1], 0.0, -self.cell[1]]
    }

    /// West, south, east, north.
    pub fn bounds(&self) -> [f64; 4] {
        let [west, north] = self.origin;
        [west, self.edge_y(self.size[1]), self.edge_x(self.size[0]), north]
    }

    /// Whether its units are degrees.
    pub fn is_geographic(&self) -> bool {
        self.id != GridId::National
    }

    /// Whether it runs across the antimeridian, its longitudes continuing past 180.
    pub fn crosses_antimeridian(&self) -> bool {
        self.is_geographic() && self.edge_x(self.size[0]) > 180.0 + 1e-9
    }

    /// The western edge of a column, one past the last being the eastern edge of the grid.
    pub(crate) fn edge_x(&self, column: usize) -> f64 {
        self.origin[0] + column as f64 * self.cell[0]
    }

    /// The northern edge of a row.
    pub(crate) fn edge_y(&self, row: usize) -> f64 {
        self.origin[1] - row as f64 * self.cell[1]
    }
}
