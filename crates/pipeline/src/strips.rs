//! Strips: rows of tiles that are kept, recorded and handed on together.

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::grid::Grid;

/// Cells of a strip, unless a single row of tiles has more.
const CELLS: usize = 1 << 18;

/// A grid divided into strips from the north, each of whole rows of tiles.
///
/// # Examples
/// ```
/// use soilscope_pipeline::grid::{Bounds, Grid, GridCrs};
/// use soilscope_pipeline::run::DEFAULT_TILE;
/// use soilscope_pipeline::strips::Strips;
/// let extent = Bounds { min: [0.0, 0.0], max: [1_000.0, 700.0] };
/// let grid = Grid::covering(extent, [1.0, 1.0], GridCrs::Local, 1_000_000)?;
/// let strips = Strips::of(&grid, DEFAULT_TILE);
/// assert_eq!((strips.len(), strips.rows(0), strips.rows(2)), (3, 0..256, 512..700));
/// assert_eq!(strips.tiles(1), 16..32); // 8 tiles in a row, two rows
/// # Ok::<(), soilscope_pipeline::grid::GridError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strips {
    size: [usize; 2],
    side: usize,
    /// Rows of cells of a strip but the last.
    height: usize,
}

impl Strips {
    /// Strips of 2¹⁸ cells, or of one row of tiles where that has more: they depend on the grid and the tile alone.
    pub fn of(grid: &Grid, tile: NonZeroUsize) -> Self {
        let row_of_tiles = grid.size()[0].saturating_mul(tile.get());
        Self { size: grid.size(), side: tile.get(), height: tile.get() * (CELLS / row_of_tiles).max(1) }
    }

    /// The grid as one strip.
    pub fn one(grid: &Grid, tile: NonZeroUsize) -> Self {
        Self { size: grid.size(), side: tile.get(), height: grid.size()[1].next_multiple_of(tile.get()) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.size[1].div_ceil(self.height)
    }

    /// Whether there is none: never, as a grid has cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of cells of a strip.
    pub fn rows(&self, strip: usize) -> Range<usize> {
        strip * self.height..((strip + 1) * self.height).min(self.size[1])
    }

    /// The strip of a row of cells.
    pub fn of_row(&self, row: usize) -> usize {
        row / self.height
    }

    /// The tiles of a strip, by their numbers in [`Grid::tiles`].
    pub fn tiles(&self, strip: usize) -> Range<usize> {
        let across = self.size[0].div_ceil(self.side);
        let rows = self.rows(strip);
        across * (rows.start / self.side)..across * rows.end.div_ceil(self.side)
    }

    /// How many cells a strip has.
    pub fn cells(&self, strip: usize) -> u64 {
        (self.rows(strip).len() * self.size[0]) as u64
    }

    /// The strips of one of `parts` equal shares, counted from 0: none where there are more parts than strips.
    pub fn part(&self, part: usize, parts: NonZeroUsize) -> Range<usize> {
        let bound = |k: usize| (self.len() as u128 * k as u128 / parts.get() as u128) as usize;
        bound(part)..bound(part + 1)
    }
}
