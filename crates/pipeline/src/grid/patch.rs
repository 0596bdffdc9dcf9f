//! Rectangles of a grid's cells, and the tiles that a grid is divided into.

use soilscope_core::{Coord, Window};

use super::{Bounds, Grid};

/// A rectangle of cells of a grid.
#[derive(Debug, Clone, Copy)]
pub struct Patch<'a> {
    /// The grid.
    pub grid: &'a Grid,
    /// Column and row of the north-west cell.
    pub first: [usize; 2],
    /// Columns, rows.
    pub size: [usize; 2],
}

impl Patch<'_> {
    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Centre of cell `index`, counting row by row: the same to the last bit in whatever patch.
    #[inline]
    pub fn centre(&self, index: usize) -> Coord {
        let (row, column) = (index / self.size[0], index % self.size[0]);
        [self.grid.easting(self.first[0] + column), self.grid.northing(self.first[1] + row)]
    }

    /// The rectangle of the cells' centres.
    pub fn centres(&self) -> Bounds {
        let [left, top] = self.centre(0);
        let [right, bottom] = self.centre(self.cells() - 1);
        Bounds { min: [left, bottom], max: [right, top] }
    }

    /// The cells as prediction targets.
    pub fn window(&self) -> Window {
        Window { origin: self.centre(0), step: [self.grid.cell()[0], -self.grid.cell()[1]], size: self.size }
    }
}

/// The tiles of a grid, by number.
#[derive(Debug, Clone, Copy)]
pub struct Tiles<'a> {
    grid: &'a Grid,
    side: usize,
    across: usize,
    down: usize,
}

impl<'a> Tiles<'a> {
    pub(crate) fn new(grid: &'a Grid, side: usize) -> Self {
        assert!(side > 0, "a tile has a side");
        let [columns, rows] = grid.size();
        Self { grid, side, across: columns.div_ceil(side), down: rows.div_ceil(side) }
    }

    /// How many tiles there are.
    pub fn len(&self) -> usize {
        self.across * self.down
    }

    /// Whether there is none: never, as a grid has cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tile `index`; those at the eastern and southern edge may be smaller.
    pub fn get(&self, index: usize) -> Patch<'a> {
        let first = [index % self.across * self.side, index / self.across * self.side];
        let size = [0, 1].map(|axis| self.side.min(self.grid.size()[axis] - first[axis]));
        Patch { grid: self.grid, first, size }
    }
}
