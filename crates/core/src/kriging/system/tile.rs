//! Blocks of a large matrix, and the operations that its factorisation and all solves are made of.
//!
//! A tile holds its rows in panels of eight; a panel holds, column after column, the eight numbers of that column. So eight rows
//! of a column are one vector (or two, four, eight), and eight columns of a transposed operand stand together to be
//! broadcast: the operands of a product need no packing. All operations work on rows X from the right, each lane a row
//! of its own with its products taken off one by one in the order of the columns. So a row's numbers do not depend on its
//! company, nor on who computes the tile:
//!
//! - [`Tile::less_transposed`]: X − A Bᵀ, with B's rows the columns of X,
//! - [`Tile::less_plain`]: X − A B,
//! - [`Tile::forward`], [`Tile::backward`]: X L⁻ᵀ and X L⁻¹,
//! - [`Tile::factor`]: L, which is the same as the first and third for the rows of the matrix itself.

use super::kernel::{Kernel, Work};
use crate::simd::{Aligned, dispatch};

/// Rows of a panel.
pub(super) const PANEL: usize = 8;

/// Rows and columns of most tiles: three of them fill the second-level cache, and are whole groups of three panels.
pub(in crate::kriging) const TILE: usize = 192;

/// Whole panels that hold `count` rows.
pub(in crate::kriging) const fn padded(count: usize) -> usize {
    count.next_multiple_of(PANEL)
}

/// A block of a matrix in panels; rows and columns are multiples of [`PANEL`].
#[derive(Debug)]
pub(in crate::kriging) struct Tile {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) numbers: Aligned,
}

impl Tile {
    /// # Panics
    /// Rows or columns that are not whole panels.
    pub(super) fn zeros(rows: usize, columns: usize) -> Self {
        assert!(rows.is_multiple_of(PANEL) && columns.is_multiple_of(PANEL), "whole panels");
        Self { rows, columns, numbers: Aligned::zeros(rows * columns) }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    fn place(&self, row: usize, column: usize) -> usize {
        (row / PANEL * self.columns + column) * PANEL + row % PANEL
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        self.numbers.get()[self.place(row, column)]
    }

    pub(super) fn set(&mut self, row: usize, column: usize, value: f64) {
        let place = self.place(row, column);
        self.numbers.get_mut()[place] = value;
    }

    /// The columns of a panel, eight numbers each.
    pub(super) fn panel(&self, panel: usize) -> &[f64] {
        &self.numbers.get()[panel * self.columns * PANEL..(panel + 1) * self.columns * PANEL]
    }

    /// As [`panel`](Self::panel), to write to.
    pub(super) fn panel_mut(&mut self, panel: usize) -> &mut [f64] {
        let width = self.columns * PANEL;
        &mut self.numbers.get_mut()[panel * width..(panel + 1) * width]
    }

    /// All panels one after the other.
    pub(super) fn numbers(&self) -> &[f64] {
        self.numbers.get()
    }

    /// As [`numbers`](Self::numbers), to write to.
    pub(super) fn numbers_mut(&mut self) -> &mut [f64] {
        self.numbers.get_mut()
    }

    /// X − A Bᵀ in place of X.
    ///
    /// # Panics
    /// Sizes that do not fit.
    pub(super) fn less_transposed(&mut self, a: &Self, b: &Self) {
        assert!(self.rows == a.rows && self.columns == b.rows && a.columns == b.columns, "sizes fit");
        dispatch(Kernel { x: self, work: Work::LessTransposed { a, b, lower: false } });
    }

    /// The lower triangle of X − A Aᵀ; what is above is of no meaning then.
    ///
    /// # Panics
    /// Sizes that do not fit.
    pub(super) fn less_square(&mut self, a: &Self) {
        assert!(self.rows == a.rows && self.columns == a.rows, "sizes fit");
        dispatch(Kernel { x: self, work: Work::LessTransposed { a, b: a, lower: true } });
    }

    /// X − A B in place of X.
    ///
    /// # Panics
    /// Sizes that do not fit.
    pub(super) fn less_plain(&mut self, a: &Self, b: &Self) {
        assert!(self.rows == a.rows && self.columns == b.columns && a.columns == b.rows, "sizes fit");
        dispatch(Kernel { x: self, work: Work::LessPlain { a, b } });
    }

    /// X L⁻ᵀ in place of X, with L in the lower triangle of a factored tile.
    ///
    /// # Panics
    /// Sizes that do not fit.
    pub(super) fn forward(&mut self, lower: &Self) {
        assert!(lower.rows == lower.columns && self.columns == lower.rows, "sizes fit");
        dispatch(Kernel { x: self, work: Work::Forward { lower } });
    }

    /// X L⁻¹ in place of X, with L in the lower triangle of a factored tile.
    ///
    /// # Panics
    /// Sizes that do not fit.
    pub(super) fn backward(&mut self, lower: &Self) {
        assert!(lower.rows == lower.columns && self.columns == lower.rows, "sizes fit");
        dispatch(Kernel { x: self, work: Work::Backward { lower } });
    }

    /// The Cholesky factor in place of the lower triangle; what is above is of no meaning then. False where a pivot is not
    /// above `tolerance`.
    ///
    /// # Panics
    /// A tile that is not square.
    #[must_use]
    pub(super) fn factor(&mut self, tolerance: f64) -> bool {
        assert!(self.rows == self.columns, "a square tile");
        dispatch(Kernel { x: self, work: Work::Factor { tolerance } })
    }
}
