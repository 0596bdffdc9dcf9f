//! Sums over the columns of a tile, row by row. A row's terms are added in the order of the columns.

use pulp::{Simd, WithSimd};

use super::tile::{PANEL, Tile};
use crate::simd::{dispatch, vectors, vectors_mut};

/// Panels whose sums run side by side.
const GROUP: usize = 4;

/// Adds each row's products with the weights of the columns to `sums`.
///
/// # Panics
/// Fewer sums than rows, or more weights than columns.
pub(in crate::kriging) fn add_products(tile: &Tile, weights: &[f64], sums: &mut [f64]) {
    dispatch(Sums { tile, weights: Some(weights), sums });
}

/// Adds each row's sum of squares to `sums`.
///
/// # Panics
/// Fewer sums than rows.
pub(super) fn add_squares(tile: &Tile, sums: &mut [f64]) {
    dispatch(Sums { tile, weights: None, sums });
}

struct Sums<'a> {
    tile: &'a Tile,
    /// Those of the columns; `None` for each number itself.
    weights: Option<&'a [f64]>,
    sums: &'a mut [f64],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { tile, weights, sums } = self;
        match S::F64_LANES {
            8 => run::<S, 1>(simd, tile, weights, sums),
            4 => run::<S, 2>(simd, tile, weights, sums),
            2 => run::<S, 4>(simd, tile, weights, sums),
            _ => run::<S, 8>(simd, tile, weights, sums),
        }
    }
}

#[inline(always)]
fn run<S: Simd, const V: usize>(simd: S, tile: &Tile, weights: Option<&[f64]>, sums: &mut [f64]) {
    let panels = tile.rows() / PANEL;
    let sums = vectors_mut::<S>(&mut sums[..tile.rows()]).as_chunks_mut::<V>().0;
    let mut first = 0;
    while first + GROUP <= panels {
        group::<S, V, GROUP>(simd, tile, weights, first, sums);
        first += GROUP;
    }
    (first..panels).for_each(|panel| group::<S, V, 1>(simd, tile, weights, panel, sums));
}

#[inline(always)]
fn group<S: Simd, const V: usize, const P: usize>(
    simd: S,
    tile: &Tile,
    weights: Option<&[f64]>,
    first: usize,
    sums: &mut [[S::f64s; V]],
) {
    let count = weights.map_or(tile.columns(), <[f64]>::len);
    let columns: [&[[S::f64s; V]]; P] =
        std::array::from_fn(|p| &vectors::<S>(tile.panel(first + p)).as_chunks::<V>().0[..count]);
    let mut held: [[S::f64s; V]; P] = std::array::from_fn(|p| sums[first + p]);
    for c in 0..count {
        for p in 0..P {
            for v in 0..V {
                let x = columns[p][c][v];
                let factor = weights.map_or(x, |w| simd.splat_f64s(w[c]));
                held[p][v] = simd.mul_add_e_f64s(x, factor, held[p][v]);
            }
        }
    }
    sums[first..first + P].copy_from_slice(&held);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_rows() {
        let mut tile = Tile::zeros(56, 16);
        tile.numbers_mut().iter_mut().enumerate().for_each(|(k, x)| *x = (k * 31 % 17) as f64);
        let weights: Vec<f64> = (0..13).map(|c| f64::from(c) - 4.0).collect();
        let (mut products, mut squares) = (vec![1.0; 56], vec![2.0; 56]);
        add_products(&tile, &weights, &mut products);
        add_squares(&tile, &mut squares);
        for r in 0..56 {
            let product: f64 = (0..13).map(|c| tile.get(r, c) * weights[c]).sum();
            let square: f64 = (0..16).map(|c| tile.get(r, c).powi(2)).sum();
            assert_eq!((products[r], squares[r]), (1.0 + product, 2.0 + square), "row {r}");
        }
    }
}
