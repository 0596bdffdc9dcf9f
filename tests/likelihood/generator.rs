//! Gaussian fields at scattered places, drawn one place after the other: an implementation of its own, for the tests of
//! the likelihood and for the example of a nation.
//!
//! Each value is drawn given the values at the nearest places before it, and places come in random order. With all
//! earlier places this is the Cholesky factor's draw, exact; with the nearest 60 the field's covariances differ from the
//! model's by less than the estimates' error at the sizes used here.

use soilscope_core::Coord;
use soilscope_core::random::Random;
use soilscope_core::variogram::Variogram;

/// Places in an area of `extent` × `extent` outside of discs (centre, radius), in random order.
pub(crate) fn places(n: usize, extent: f64, gaps: &[(Coord, f64)], random: &mut Random) -> Vec<Coord> {
    let inside = |c: Coord| gaps.iter().any(|(g, r)| (c[0] - g[0]).hypot(c[1] - g[1]) < *r);
    let mut places = Vec::with_capacity(n);
    while places.len() < n {
        let c = [extent * random.uniform(), extent * random.uniform()];
        if !inside(c) {
            places.push(c);
        }
    }
    places
}

/// A field of mean 0 at `places`, each drawn given at most `neighbours` places before it.
pub(crate) fn field(places: &[Coord], variogram: &Variogram, neighbours: usize, random: &mut Random) -> Vec<f64> {
    let mut buckets = Buckets::new(places, 1);
    let mut values = Vec::with_capacity(places.len());
    let (mut lower, mut row, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for (i, &at) in places.iter().enumerate() {
        if i > 2 * buckets.sized_for {
            buckets = Buckets::new(places, i);
            (0..i).for_each(|j| buckets.insert(places[j], j));
        }
        let near = buckets.nearest(at, neighbours, places);
        let m = near.len();
        // The Cholesky factor of neighbours and place, row by row; the last row holds the weights and the deviation.
        lower.clear();
        data.clear();
        for a in 0..=m {
            let here = if a < m { places[near[a]] } else { at };
            row.clear();
            for b in 0..=a {
                let there = if b < m { places[near[b]] } else { at };
                let start = b * (b + 1) / 2;
                let known: &[f64] = if b < a { &lower[start..start + b] } else { &row[..] };
                let sum: f64 = row.iter().zip(known).map(|(x, y)| x * y).sum();
                let c = variogram.covariance([here[0] - there[0], here[1] - there[1]]) - sum;
                row.push(if b < a { c / lower[start + b] } else { c.max(1e-300).sqrt() });
            }
            let explained: f64 = row.iter().zip(&data).map(|(x, y): (&f64, &f64)| x * y).sum();
            if a < m {
                data.push((values[near[a]] - explained) / row[a]);
            } else {
                values.push(explained + row[a] * random.normal());
            }
            lower.extend_from_slice(&row);
        }
        buckets.insert(at, i);
    }
    values
}

/// Places by square cells.
struct Buckets {
    low: Coord,
    cell: f64,
    side: i64,
    cells: Vec<Vec<usize>>,
    sized_for: usize,
}

impl Buckets {
    fn new(places: &[Coord], sized_for: usize) -> Self {
        let fold = |k: usize, start: f64, f: fn(f64, f64) -> f64| places.iter().map(|c| c[k]).fold(start, f);
        let low = [fold(0, f64::INFINITY, f64::min), fold(1, f64::INFINITY, f64::min)];
        let high = [fold(0, f64::NEG_INFINITY, f64::max), fold(1, f64::NEG_INFINITY, f64::max)];
        let side = ((sized_for as f64).sqrt().ceil() as i64).max(1);
        let cell = ((high[0] - low[0]).max(high[1] - low[1]) / side as f64).max(f64::MIN_POSITIVE);
        Self { low, cell, side, cells: vec![Vec::new(); (side * side) as usize], sized_for }
    }

    fn cell_of(&self, c: Coord) -> (i64, i64) {
        let index = |k: usize| (((c[k] - self.low[k]) / self.cell) as i64).clamp(0, self.side - 1);
        (index(0), index(1))
    }

    fn insert(&mut self, c: Coord, i: usize) {
        let (column, row) = self.cell_of(c);
        self.cells[(row * self.side + column) as usize].push(i);
    }

    fn nearest(&self, at: Coord, count: usize, places: &[Coord]) -> Vec<usize> {
        let (column, row) = self.cell_of(at);
        let mut found: Vec<(f64, usize)> = Vec::new();
        for ring in 0..=self.side {
            for r in row - ring..=row + ring {
                for c in column - ring..=column + ring {
                    let on_ring = (r - row).abs().max((c - column).abs()) == ring;
                    if on_ring && (0..self.side).contains(&r) && (0..self.side).contains(&c) {
                        let cell = &self.cells[(r * self.side + c) as usize];
                        found.extend(cell.iter().map(|&j| ((places[j][0] - at[0]).hypot(places[j][1] - at[1]), j)));
                    }
                }
            }
            // All places nearer than `ring` cells have been seen.
            if found.iter().filter(|f| f.0 <= ring as f64 * self.cell).count() >= count {
                break;
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.truncate(count);
        found.into_iter().map(|f| f.1).collect()
    }
}
