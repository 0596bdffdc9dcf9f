//! Cholesky factorisation C = LLᵀ of the covariance matrix of all samples, by fronts and tiles.
//!
//! A front is the dense triangle of its own samples and, below, its border:
//!
//! ```text
//! | L₁₁     |   C₁₁ + S₁₁ = L₁₁L₁₁ᵀ,   L₂₁ = (C₂₁ + S₂₁) L₁₁⁻ᵀ,
//! | L₂₁  S  |   S = S₂₂ − L₂₁L₂₁ᵀ
//! ```
//!
//! with S₁₁, S₂₁ and S₂₂ the sums of what the children left, S, for this front's parent (Duff & Reid 1983). A single front
//! is the ordinary blocked factorisation. Tiles are computed column by column, each whole by one task: its covariances,
//! less all products, times the inverse of the diagonal tile. So nothing is stored but the factor, and no number
//! depends on the number of threads.

use nalgebra::DMatrix;

use super::covariance::Covariances;
use super::dissection::{Dissection, Extent, Front};
use super::rows::Rows;
use super::tile::{TILE, Tile, padded};
use crate::executor::{Executor, Serial, map};
use crate::{Coord, Result};

/// The factor of a covariance matrix.
#[derive(Debug)]
pub(in crate::kriging) struct Factor {
    pub(super) dissection: Dissection,
    /// Positions of samples.
    position: Vec<usize>,
    /// Places by position.
    pub(super) places: Vec<Coord>,
    /// How far covariances reach, where they end.
    pub(super) reach: Option<[f64; 2]>,
    pub(super) fronts: Vec<Factored>,
}

/// A front of the factor.
#[derive(Debug)]
pub(super) struct Factored {
    /// How many tiles its own samples take.
    pub(super) own: usize,
    /// By column of tiles, from the diagonal down: own rows, then the border's.
    pub(super) columns: Vec<Vec<Tile>>,
    /// Where the border's samples are own: front and column there.
    pub(super) border: Vec<(usize, usize)>,
    /// The places of each column of tiles.
    pub(super) extents: Vec<Extent>,
}

impl Factored {
    /// The tile of a row and column of tiles.
    pub(super) fn tile(&self, row: usize, column: usize) -> &Tile {
        &self.columns[column][row - column]
    }

    /// Rows of tiles.
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// What a child's border leaves for its parent: the lower triangle of tiles, by column, and the rows there.
struct Left {
    columns: Vec<Vec<Tile>>,
    to: Vec<usize>,
}

/// Rows of a front in tiles: own samples, then the border, each in whole panels.
#[derive(Debug, Clone, Copy)]
struct Layout {
    own: usize,
    border: usize,
}

impl Layout {
    fn of(front: &Front) -> Self {
        Self { own: front.own.len(), border: front.border.len() }
    }

    fn own_tiles(self) -> usize {
        self.own.div_ceil(TILE)
    }

    fn tiles(self) -> usize {
        self.own_tiles() + self.border.div_ceil(TILE)
    }

    /// Of a row of tiles: the first own or border sample, and how many.
    fn samples(self, tile: usize) -> (usize, usize) {
        let own = self.own_tiles();
        if tile < own {
            (tile * TILE, TILE.min(self.own - tile * TILE))
        } else {
            let first = (tile - own) * TILE;
            (first, TILE.min(self.border - first))
        }
    }

    /// First row of a row of tiles; rows count own samples in whole panels, then the border.
    fn first_row(self, tile: usize) -> usize {
        let own = self.own_tiles();
        if tile < own { tile * TILE } else { padded(self.own) + (tile - own) * TILE }
    }
}

/// What a front is factored from.
struct Source<'a> {
    front: &'a Front,
    layout: Layout,
    covariances: &'a Covariances,
    places: &'a [Coord],
    /// Error variances by position.
    errors: &'a [f64],
    children: Vec<Left>,
    /// Largest diagonal element.
    largest: f64,
    tolerance: f64,
}

impl Source<'_> {
    /// Places of the samples of a row of tiles.
    fn places(&self, tile: usize) -> Vec<Coord> {
        let (first, count) = self.layout.samples(tile);
        if tile < self.layout.own_tiles() {
            let first = self.front.own.start + first;
            self.places[first..first + count].to_vec()
        } else {
            self.front.border[first..first + count].iter().map(|&p| self.places[p]).collect()
        }
    }

    /// Covariances, with own columns, and what the children left.
    fn start(&self, row: usize, column: usize) -> Tile {
        let ((_, rows), (_, columns)) = (self.layout.samples(row), self.layout.samples(column));
        let mut tile = Tile::zeros(padded(rows), padded(columns));
        if column < self.layout.own_tiles() {
            self.covariances.fill(&self.places(row), &self.places(column), &mut tile);
        }
        if row == column && row < self.layout.own_tiles() {
            let first = self.front.own.start + self.layout.samples(row).0;
            for k in 0..rows {
                tile.set(k, k, tile.get(k, k) + self.errors[first + k]);
            }
            // What is no sample is one apart from all others.
            (rows..padded(rows)).for_each(|k| tile.set(k, k, self.largest));
        }
        let (first_row, first_column) = (self.layout.first_row(row), self.layout.first_row(column));
        for child in &self.children {
            let within = |first: usize, count: usize| {
                let from = child.to.partition_point(|&t| t < first);
                from..child.to.partition_point(|&t| t < first + count)
            };
            let below = within(first_row, rows);
            for c in within(first_column, columns) {
                let (in_column, to_column) = (c / TILE, child.to[c] - first_column);
                for r in below.start.max(c)..below.end {
                    let left = child.columns[in_column][r / TILE - in_column].get(r % TILE, c % TILE);
                    let to = child.to[r] - first_row;
                    tile.set(to, to_column, tile.get(to, to_column) + left);
                }
            }
        }
        tile
    }

    /// A diagonal tile, with the columns before it done.
    fn diagonal(&self, done: &[Vec<Tile>], own: Option<&Tile>, at: usize) -> Option<Tile> {
        let mut tile = self.start(at, at);
        done.iter().enumerate().for_each(|(k, column)| tile.less_square(&column[at - k]));
        own.into_iter().for_each(|x| tile.less_square(x));
        tile.factor(self.tolerance).then_some(tile)
    }

    /// The own columns of tiles, and what they leave; `None` where a pivot is too small.
    fn factor(&self, executor: &dyn Executor) -> Result<Option<(Factored, Vec<Vec<Tile>>)>> {
        let (own, all) = (self.layout.own_tiles(), self.layout.tiles());
        let mut columns: Vec<Vec<Tile>> = Vec::with_capacity(own);
        // A strip between samples that are far apart anyway may be empty.
        let first = if own > 0 { self.diagonal(&[], None, 0) } else { Some(Tile::zeros(0, 0)) };
        let Some(mut diagonal) = first else { return Ok(None) };
        for j in 0..own {
            // The first task also makes the next diagonal tile, which the next column waits for.
            let tasks = map(executor, all - j - 1, |task| {
                let i = j + 1 + task;
                let mut tile = self.start(i, j);
                columns.iter().enumerate().for_each(|(k, column)| tile.less_transposed(&column[i - k], &column[j - k]));
                tile.forward(&diagonal);
                let next = (task == 0 && i < own).then(|| self.diagonal(&columns, Some(&tile), i));
                (tile, next)
            })?;
            // In the diagonal tile's place.
            let mut column = vec![Tile::zeros(0, 0)];
            let mut next = None;
            for (tile, made) in tasks {
                column.push(tile);
                next = made.or(next);
            }
            let following = match next {
                Some(Some(tile)) => tile,
                Some(None) => return Ok(None),
                // The last column has none.
                None => Tile::zeros(0, 0),
            };
            column[0] = std::mem::replace(&mut diagonal, following);
            columns.push(column);
        }
        let pairs: Vec<(usize, usize)> = (own..all).flat_map(|j| (j..all).map(move |i| (i, j))).collect();
        let left = map(executor, pairs.len(), |task| {
            let (i, j) = pairs[task];
            let mut tile = self.start(i, j);
            for (k, column) in columns.iter().enumerate() {
                if i == j {
                    tile.less_square(&column[i - k]);
                } else {
                    tile.less_transposed(&column[i - k], &column[j - k]);
                }
            }
            tile
        })?;
        let mut left = left.into_iter();
        let left = (own..all).map(|j| left.by_ref().take(all - j).collect()).collect();
        let extents = (0..own).map(|j| Extent::of(self.places(j))).collect();
        Ok(Some((Factored { own, columns, border: Vec::new(), extents }, left)))
    }
}

impl Factor {
    /// Of the covariances between `places` with the error variances of each on the diagonal, which end within `reach`, if they
    /// do. `None` where the matrix is singular in floating point: a pivot is not above 4nε of the largest diagonal element.
    ///
    /// # Errors
    /// A cancelled executor.
    pub(in crate::kriging) fn new(
        covariances: &Covariances,
        places: &[Coord],
        errors: &[f64],
        reach: Option<[f64; 2]>,
        variance: f64,
        executor: &dyn Executor,
    ) -> Result<Option<Self>> {
        let n = places.len();
        let dissection = Dissection::new(places, reach);
        let mut position = vec![0; n];
        dissection.order.iter().enumerate().for_each(|(p, &sample)| position[sample] = p);
        let places: Vec<Coord> = dissection.order.iter().map(|&i| places[i]).collect();
        let errors: Vec<f64> = dissection.order.iter().map(|&i| errors[i]).collect();
        let largest = variance + errors.iter().copied().fold(0.0, f64::max);
        let tolerance = 4.0 * n as f64 * f64::EPSILON * largest;
        let fronts = &dissection.fronts;
        let mut done: Vec<Option<Factored>> = fronts.iter().map(|_| None).collect();
        let mut left: Vec<Option<Left>> = fronts.iter().map(|_| None).collect();
        let mut parent = vec![None; fronts.len()];
        for (f, front) in fronts.iter().enumerate() {
            front.children.iter().for_each(|&c| parent[c] = Some(f));
        }
        let deepest = fronts.iter().map(|f| f.depth).max().unwrap_or(0);
        for depth in (0..=deepest).rev() {
            let level: Vec<usize> = (0..fronts.len()).filter(|&f| fronts[f].depth == depth).collect();
            let source = |&f: &usize| Source {
                front: &fronts[f],
                layout: Layout::of(&fronts[f]),
                covariances,
                places: &places,
                errors: &errors,
                children: fronts[f].children.iter().filter_map(|&c| left[c].take()).collect(),
                largest,
                tolerance,
            };
            let sources: Vec<Source<'_>> = level.iter().map(source).collect();
            // Many fronts are a task each; few are many tasks each.
            let results: Vec<_> = if sources.len() < MANY_FRONTS {
                sources.iter().map(|source| source.factor(executor)).collect::<Result<_>>()?
            } else {
                let results = map(executor, sources.len(), |task| sources[task].factor(&Serial))?;
                results.into_iter().collect::<Result<_>>()?
            };
            for (&f, result) in level.iter().zip(results) {
                let Some((factored, columns)) = result else { return Ok(None) };
                let to = parent[f].map_or_else(Vec::new, |p| rows_in(&fronts[f].border, &fronts[p]));
                (done[f], left[f]) = (Some(factored), Some(Left { columns, to }));
            }
        }
        // Where each position is own.
        let mut home = vec![(0, 0); n];
        for (f, front) in fronts.iter().enumerate() {
            front.own.clone().enumerate().for_each(|(k, p)| home[p] = (f, k));
        }
        let factored = done.into_iter().flatten().zip(fronts).map(|(mut factored, front)| {
            factored.border = front.border.iter().map(|&p| home[p]).collect();
            factored
        });
        let fronts = factored.collect();
        Ok(Some(Self { dissection, position, places, reach, fronts }))
    }

    /// Samples by position, in whose order [`Rows`] have their columns.
    pub(in crate::kriging) fn order(&self) -> &[usize] {
        &self.dissection.order
    }

    /// Whether covariances end, so that targets are best taken by what is near.
    pub(in crate::kriging) fn is_cut(&self) -> bool {
        self.fronts.len() > 1
    }

    /// Where a sample stands in that order.
    pub(in crate::kriging) fn position(&self, sample: usize) -> usize {
        self.position[sample]
    }

    /// The front and column there of a sample.
    pub(super) fn home(&self, sample: usize) -> (usize, usize) {
        let position = self.position(sample);
        let front = self.dissection.fronts.partition_point(|f| f.own.end <= position);
        (front, position - self.dissection.fronts[front].own.start)
    }

    /// C⁻¹B, with a row of B for each sample.
    pub(in crate::kriging) fn solve(&self, b: &DMatrix<f64>) -> DMatrix<f64> {
        let mut solved = DMatrix::zeros(b.nrows(), b.ncols());
        for first in (0..b.ncols()).step_by(TILE) {
            let count = TILE.min(b.ncols() - first);
            let mut rows = Rows::new(self, count);
            for k in 0..count {
                (0..b.nrows()).for_each(|i| rows.set(self, k, i, b[(i, first + k)]));
            }
            rows.forward(self);
            rows.backward(self);
            for k in 0..count {
                (0..b.nrows()).for_each(|i| solved[(i, first + k)] = rows.get(self, k, i));
            }
        }
        solved
    }

    /// The rows and columns `of` of C⁻¹, as the products of L⁻¹'s columns.
    pub(in crate::kriging) fn inverse_block(&self, of: &[usize]) -> DMatrix<f64> {
        let blocks: Vec<Rows> = of
            .chunks(TILE)
            .map(|samples| {
                let mut rows = Rows::new(self, samples.len());
                samples.iter().enumerate().for_each(|(k, &i)| rows.set(self, k, i, 1.0));
                rows.forward(self);
                rows
            })
            .collect();
        let mut inverse = DMatrix::zeros(of.len(), of.len());
        for (p, a) in blocks.iter().enumerate() {
            for (q, b) in blocks[..=p].iter().enumerate() {
                let product = a.less_product_with(b);
                for r in 0..a.len() {
                    for c in 0..b.len() {
                        let value = -product.get(r, c);
                        inverse[(p * TILE + r, q * TILE + c)] = value;
                        inverse[(q * TILE + c, p * TILE + r)] = value;
                    }
                }
            }
        }
        inverse
    }
}

/// Fronts of one depth from which each is a task.
const MANY_FRONTS: usize = 8;

/// Rows of a parent's front where a child's border stands.
fn rows_in(border: &[usize], parent: &Front) -> Vec<usize> {
    let own = padded(parent.own.len());
    border
        .iter()
        .map(
            |&p| {
                if p < parent.own.end { p - parent.own.start } else { own + parent.border.partition_point(|&b| b < p) }
            },
        )
        .collect()
}
