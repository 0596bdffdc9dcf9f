//! What every program of the comparison is told alike: the square, its cells, the model.
//!
//! The peers' scripts hold the same numbers, each in its own language; a difference would show as a disagreement.

use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};
use soilscope_core::{Coord, Window};

/// South-western corner of the square, metres.
pub const CORNER: Coord = [3_500_000.0, 2_000_000.0];
/// Its side, metres.
pub const SIDE: f64 = 1_000_000.0;
/// Variance of the nugget, ppm².
pub const NUGGET: f64 = 100.0;
/// Sill: nugget and partial sill of the one structure, ppm².
pub const SILL: f64 = 400.0;
/// Spherical model: its compact support makes the matrix of a global system sparse.
pub const SPHERICAL: &str = "100 Nug + 300 Sph(50000)";
/// Exponential model of the same sill and nugget, whose covariances never end.
pub const EXPONENTIAL: &str = "100 Nug + 300 Exp(16000)";
/// Largest lag of the empirical variogram, metres.
pub const CUTOFF: f64 = 100_000.0;
/// Its lag classes.
pub const CLASSES: usize = 15;

/// Square cells of the square, row 0 in the north: all of them, or a rectangle.
///
/// Written as cells a side, and the rectangle's first column, first row, columns and rows after a colon.
///
/// # Examples
/// ```
/// use soilscope_bench::setting::Cells;
/// let part: Cells = "4000:1750,1750,500,250".parse()?;
/// assert_eq!((part.side, part.first, part.size), (4000, [1750, 1750], [500, 250]));
/// assert_eq!(part.centre(0), [3_937_625.0, 2_562_375.0]);
/// assert!("4000:3999,0,2,1".parse::<Cells>().is_err());
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells {
    /// Cells along a side of the square.
    pub side: usize,
    /// First column, first row.
    pub first: [usize; 2],
    /// Columns, rows.
    pub size: [usize; 2],
}

impl FromStr for Cells {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| part.parse::<usize>().with_context(|| format!("`{part}` of `{text}` is no number"));
        let (side, rest) = text.split_once(':').map_or((text, None), |(side, rest)| (side, Some(rest)));
        let side = number(side)?;
        ensure!(side > 0, "`{text}` has no cells");
        let Some(rest) = rest else { return Ok(Self { side, first: [0, 0], size: [side, side] }) };
        let parts = rest.split(',').map(number).collect::<Result<Vec<_>>>()?;
        let &[column, row, columns, rows] = parts.as_slice() else {
            anyhow::bail!("`{text}` is not SIDE:COLUMN,ROW,COLUMNS,ROWS");
        };
        ensure!(
            columns > 0 && rows > 0 && column + columns <= side && row + rows <= side,
            "the rectangle of `{text}` is empty or beyond its {side} × {side} cells"
        );
        Ok(Self { side, first: [column, row], size: [columns, rows] })
    }
}

impl Cells {
    /// How many.
    pub fn count(&self) -> usize {
        self.size[0] * self.size[1]
    }

    fn step(&self) -> f64 {
        SIDE / self.side as f64
    }

    /// Centre of a cell, counted row by row.
    pub fn centre(&self, index: usize) -> Coord {
        let (column, row) = (self.first[0] + index % self.size[0], self.first[1] + index / self.size[0]);
        let step = self.step();
        [CORNER[0] + (column as f64 + 0.5) * step, CORNER[1] + SIDE - (row as f64 + 0.5) * step]
    }

    /// Some of the cells as a target of the library: `first` and `size` count from this rectangle's corner.
    pub fn window(&self, first: [usize; 2], size: [usize; 2]) -> Window {
        let step = self.step();
        Window { origin: self.centre(first[1] * self.size[0] + first[0]), step: [step, -step], size }
    }

    /// Where in this rectangle the cells of another one are, in their order.
    ///
    /// # Errors
    /// Cells of another size, or some that are not here.
    pub fn positions_of(&self, other: &Self) -> Result<Vec<usize>> {
        let inside = (0..2)
            .all(|k| other.first[k] >= self.first[k] && other.first[k] + other.size[k] <= self.first[k] + self.size[k]);
        ensure!(self.side == other.side && inside, "the cells {other:?} are not among {self:?}");
        let at = |i: usize| {
            let (column, row) = (other.first[0] + i % other.size[0], other.first[1] + i / other.size[0]);
            (row - self.first[1]) * self.size[0] + column - self.first[0]
        };
        Ok((0..other.count()).map(at).collect())
    }
}
