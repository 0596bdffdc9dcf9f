//! Many right-hand sides at a time, each a row: bᵀL⁻ᵀ is the transpose of L⁻¹b.
//!
//! A row has a column for each sample, in the order of elimination, in the tiles of the fronts. Tiles that are 0 are not there:
//! of a target that few samples reach, only the fronts of those and the fronts above them have any, and only those cost.

use std::ops::Range;

use super::covariance::Covariances;
use super::dissection::Extent;
use super::factor::Factor;
use super::sums::add_squares;
use super::tile::{PANEL, TILE, Tile, padded};
use crate::Coord;
use crate::kriging::setting::Setting;

/// Rows of right-hand sides.
#[derive(Debug)]
pub(in crate::kriging) struct Rows {
    count: usize,
    /// By front and column of tiles.
    tiles: Vec<Vec<Option<Tile>>>,
}

impl Rows {
    /// `count` rows of zeros.
    pub(in crate::kriging) fn new(factor: &Factor, count: usize) -> Self {
        let tiles = factor.fronts.iter().map(|f| (0..f.own).map(|_| None).collect()).collect();
        Self { count, tiles }
    }

    pub(in crate::kriging) fn len(&self) -> usize {
        self.count
    }

    /// The number of a row and sample.
    pub(super) fn get(&self, factor: &Factor, row: usize, sample: usize) -> f64 {
        let (front, column) = factor.home(sample);
        self.tiles[front][column / TILE].as_ref().map_or(0.0, |tile| tile.get(row, column % TILE))
    }

    /// Sets the number of a row and sample.
    pub(super) fn set(&mut self, factor: &Factor, row: usize, sample: usize, value: f64) {
        let (front, column) = factor.home(sample);
        self.tile_mut(factor, front, column / TILE).set(row, column % TILE, value);
    }

    /// The tile of a front's column of tiles, made if it is not there.
    pub(super) fn tile_mut(&mut self, factor: &Factor, front: usize, column: usize) -> &mut Tile {
        let (rows, columns) = (padded(self.count), factor.fronts[front].tile(column, column).columns());
        self.tiles[front][column].get_or_insert_with(|| Tile::zeros(rows, columns))
    }

    /// Covariances of targets, one a row, to all samples; `each` sees the tiles of those that are not 0, and their positions.
    pub(in crate::kriging) fn fill(
        &mut self,
        factor: &Factor,
        covariances: &Covariances,
        setting: &Setting,
        targets: &[Coord],
        mut each: impl FnMut(Range<usize>, &Tile),
    ) {
        let nodes = setting.nodes();
        let supports = targets.iter().flat_map(|t| {
            let alone = nodes.is_empty().then_some(*t);
            alone.into_iter().chain(nodes.iter().map(|node| [t[0] + node.offset[0], t[1] + node.offset[1]]))
        });
        let extent = Extent::of(supports);
        for f in 0..factor.fronts.len() {
            let own = factor.dissection.fronts[f].own.clone();
            for j in 0..factor.fronts[f].own {
                if factor.reach.is_some_and(|reach| !extent.touches(&factor.fronts[f].extents[j], reach)) {
                    continue;
                }
                let first = own.start + j * TILE;
                let range = first..own.end.min(first + TILE);
                let tile = self.tile_mut(factor, f, j);
                covariances.fill_targets(setting, targets, &factor.places[range.clone()], tile);
                each(range, tile);
            }
        }
    }

    /// Adds the sum of squares of each row to `sums`.
    pub(in crate::kriging) fn add_squares(&self, sums: &mut [f64]) {
        self.tiles.iter().flatten().flatten().for_each(|tile| add_squares(tile, sums));
    }

    /// A row, in the order of the samples.
    pub(in crate::kriging) fn copy_row(&self, factor: &Factor, row: usize, to: &mut [f64]) {
        for (f, front) in factor.dissection.fronts.iter().enumerate() {
            for (k, &sample) in factor.order()[front.own.clone()].iter().enumerate() {
                to[sample] = self.tiles[f][k / TILE].as_ref().map_or(0.0, |tile| tile.get(row, k % TILE));
            }
        }
    }

    /// X L⁻ᵀ in place of X.
    pub(in crate::kriging) fn forward(&mut self, factor: &Factor) {
        for (f, front) in factor.fronts.iter().enumerate() {
            if self.tiles[f].iter().all(Option::is_none) {
                continue;
            }
            for j in 0..front.own {
                let mut tile = self.tiles[f][j].take();
                for (k, x) in tiles_of(&self.tiles[f][..j]) {
                    let rows = x.rows();
                    let tile = tile.get_or_insert_with(|| Tile::zeros(rows, front.tile(j, j).columns()));
                    tile.less_transposed(x, front.tile(j, k));
                }
                if let Some(tile) = &mut tile {
                    tile.forward(front.tile(j, j));
                }
                self.tiles[f][j] = tile;
            }
            for i in front.own..front.rows() {
                let mut left = Tile::zeros(padded(self.count), front.tile(i, 0).rows());
                tiles_of(&self.tiles[f]).for_each(|(k, x)| left.less_transposed(x, front.tile(i, k)));
                self.scatter(factor, f, i, &left);
            }
        }
    }

    /// Adds columns of a front's border to where their samples are own.
    fn scatter(&mut self, factor: &Factor, front: usize, row: usize, left: &Tile) {
        let first = (row - factor.fronts[front].own) * TILE;
        for (c, &(to, column)) in factor.fronts[front].border[first..].iter().take(left.columns()).enumerate() {
            let tile = self.tile_mut(factor, to, column / TILE);
            let at = column % TILE * PANEL;
            for p in 0..left.rows() / PANEL {
                let from = &left.panel(p)[c * PANEL..(c + 1) * PANEL];
                tile.panel_mut(p)[at..at + PANEL].iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }

    /// X L⁻¹ in place of X.
    pub(in crate::kriging) fn backward(&mut self, factor: &Factor) {
        for (f, front) in factor.fronts.iter().enumerate().rev() {
            for i in front.own..front.rows() {
                let Some(border) = self.gather(factor, f, i) else { continue };
                for j in 0..front.own {
                    self.tile_mut(factor, f, j).less_plain(&border, front.tile(i, j));
                }
            }
            for j in (0..front.own).rev() {
                let mut tile = self.tiles[f][j].take();
                for (i, x) in tiles_of(&self.tiles[f]).filter(|&(i, _)| i > j) {
                    let rows = x.rows();
                    let tile = tile.get_or_insert_with(|| Tile::zeros(rows, front.tile(j, j).columns()));
                    tile.less_plain(x, front.tile(i, j));
                }
                if let Some(tile) = &mut tile {
                    tile.backward(front.tile(j, j));
                }
                self.tiles[f][j] = tile;
            }
        }
    }

    /// The columns of a front's border; `None` where all are 0.
    fn gather(&self, factor: &Factor, front: usize, row: usize) -> Option<Tile> {
        let first = (row - factor.fronts[front].own) * TILE;
        let width = factor.fronts[front].tile(row, 0).rows();
        let mut border = None;
        for (c, &(from, column)) in factor.fronts[front].border[first..].iter().take(width).enumerate() {
            let Some(tile) = &self.tiles[from][column / TILE] else { continue };
            let border = border.get_or_insert_with(|| Tile::zeros(padded(self.count), width));
            let at = column % TILE * PANEL;
            for p in 0..tile.rows() / PANEL {
                border.panel_mut(p)[c * PANEL..(c + 1) * PANEL].copy_from_slice(&tile.panel(p)[at..at + PANEL]);
            }
        }
        border
    }

    /// −X Yᵀ, of rows and rows.
    pub(super) fn less_product_with(&self, other: &Self) -> Tile {
        let mut product = Tile::zeros(padded(self.count), padded(other.count));
        for (x, y) in self.tiles.iter().flatten().zip(other.tiles.iter().flatten()) {
            if let (Some(x), Some(y)) = (x, y) {
                product.less_transposed(x, y);
            }
        }
        product
    }
}

/// The tiles of a front that are there, and their columns.
fn tiles_of(tiles: &[Option<Tile>]) -> impl Iterator<Item = (usize, &Tile)> {
    tiles.iter().enumerate().filter_map(|(j, tile)| tile.as_ref().map(|tile| (j, tile)))
}
