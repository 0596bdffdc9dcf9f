//! Covariances by tiles.

use pulp::{Simd, WithSimd};

use super::tile::{PANEL, Tile};
use crate::Coord;
use crate::kriging::setting::Setting;
use crate::simd::{dispatch, vectors, vectors_mut};
use crate::variogram::{LaneCovariance, Variogram};

/// Vectors of places that [`LaneCovariance`] takes at a time.
const GROUP: usize = 4;

/// A model's covariances, in vector instructions where they can compute it.
#[derive(Debug)]
pub(in crate::kriging) struct Covariances {
    variogram: Variogram,
    lanes: Option<LaneCovariance>,
}

impl Covariances {
    pub(in crate::kriging) fn new(variogram: &Variogram) -> Self {
        Self { variogram: variogram.clone(), lanes: LaneCovariance::new(variogram) }
    }

    /// Covariances of places, one a row, with places, one a column; 0 in what rows and columns the tile has more.
    ///
    /// # Panics
    /// More places than rows or columns.
    pub(super) fn fill(&self, rows: &[Coord], columns: &[Coord], tile: &mut Tile) {
        assert!(rows.len() <= tile.rows() && columns.len() <= tile.columns(), "room for all");
        match &self.lanes {
            Some(lanes) => dispatch(Fill { lanes, rows, columns, tile }),
            None => self.fill_plain(rows, columns, tile),
        }
    }

    /// As [`fill`](Self::fill), for targets with the support of a setting.
    pub(super) fn fill_targets(&self, setting: &Setting, targets: &[Coord], columns: &[Coord], tile: &mut Tile) {
        if setting.nodes().is_empty() {
            return self.fill(targets, columns, tile);
        }
        // The mean over a block's nodes.
        let mut of_node = Tile::zeros(tile.rows(), tile.columns());
        tile.numbers_mut().fill(0.0);
        for node in setting.nodes() {
            let moved: Vec<Coord> = targets.iter().map(|t| [t[0] + node.offset[0], t[1] + node.offset[1]]).collect();
            self.fill(&moved, columns, &mut of_node);
            let pairs = tile.numbers_mut().iter_mut().zip(of_node.numbers());
            pairs.for_each(|(sum, c)| *sum += node.weight * c);
        }
    }

    /// The plain formulas, of the models that vectors do not compute.
    fn fill_plain(&self, rows: &[Coord], columns: &[Coord], tile: &mut Tile) {
        let mut row = vec![0.0; columns.len()];
        tile.numbers_mut().fill(0.0);
        for (r, &place) in rows.iter().enumerate() {
            self.variogram.covariances(place, columns, &mut row);
            let panel = tile.panel_mut(r / PANEL);
            panel.iter_mut().skip(r % PANEL).step_by(PANEL).zip(&row).for_each(|(to, c)| *to = *c);
        }
    }
}

struct Fill<'a> {
    lanes: &'a LaneCovariance,
    rows: &'a [Coord],
    columns: &'a [Coord],
    tile: &'a mut Tile,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { lanes, rows, columns, tile } = self;
        let Some(last) = rows.last() else { return };
        let (width, group) = (S::F64_LANES, GROUP * S::F64_LANES);
        let places: Vec<[S::f64s; 2]> = columns.iter().map(|c| c.map(|v| simd.splat_f64s(v))).collect();
        let mut found = vec![[simd.splat_f64s(0.0); GROUP]; columns.len()];
        let mut room = [[0.0; GROUP * PANEL]; 2];
        for first in (0..rows.len()).step_by(group) {
            for k in 0..group {
                let place = rows.get(first + k).unwrap_or(last);
                (room[0][k], room[1][k]) = (place[0], place[1]);
            }
            let at = |axis: usize| {
                let at = vectors::<S>(&room[axis][..group]);
                [at[0], at[1], at[2], at[3]]
            };
            lanes.fill(simd, [at(0), at(1)], places.iter().copied(), &mut found);
            for q in 0..GROUP {
                let row = first + q * width;
                if row >= tile.rows() {
                    break;
                }
                let to = vectors_mut::<S>(tile.panel_mut(row / PANEL));
                let to = to.iter_mut().skip(row % PANEL / width).step_by(PANEL / width);
                to.zip(&found).for_each(|(to, found)| *to = found[q]);
            }
        }
        // What is no place is no covariance.
        for row in rows.len()..tile.rows() {
            (0..columns.len()).for_each(|c| tile.set(row, c, 0.0));
        }
        for panel in 0..tile.rows() / PANEL {
            tile.panel_mut(panel)[columns.len() * PANEL..].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variogram::ModelTemplate;

    #[test]
    fn tiles_hold_the_covariances_of_their_places() {
        let places = |n: usize, shift: f64| -> Vec<Coord> {
            (0..n).map(|i| [(i * 37 % 101) as f64 + shift, (i * 53 % 89) as f64]).collect()
        };
        for notation in ["0.5 Nug + 2 Sph(40)", "1 Exp(30)", "0.5 Nug + 1 Cir(30)", "1 Wav(20)"] {
            let variogram = notation.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
            let covariances = Covariances::new(&variogram);
            for (rows, columns) in [(1, 1), (8, 16), (37, 21), (70, 9)] {
                let (rows, columns) = (places(rows, 0.0), places(columns, 3.0));
                let mut tile = Tile::zeros(rows.len().next_multiple_of(8), columns.len().next_multiple_of(8));
                tile.numbers_mut().fill(f64::NAN);
                covariances.fill(&rows, &columns, &mut tile);
                for r in 0..tile.rows() {
                    for c in 0..tile.columns() {
                        let known = rows.get(r).zip(columns.get(c));
                        let expected = known.map_or(0.0, |(a, b)| variogram.covariance([a[0] - b[0], a[1] - b[1]]));
                        assert!((tile.get(r, c) - expected).abs() < 1e-13, "{notation} {r} {c}");
                    }
                }
            }
        }
    }
}
