//! The nearest of the places that come earlier in an order.
//!
//! A node of a path may be conditioned on the nodes before it only. An index of all places with a filter on their rank
//! would look at the whole field for the first nodes, and a tree that grows along the path could not be shared by threads
//! that work on different nodes. So there is one bucket grid for each power of two: the grid of the first 2ʲ places serves
//! the ranks in (2ʲ⁻¹, 2ʲ], at least half of its places come before any of them, and a search looks at a number of places
//! that depends on the neighbours wanted and not on the field. All grids together hold each place twice.

use crate::Coord;

/// Ranks up to here are searched one by one.
const FEW: usize = 64;
/// Places in a bucket, on average.
const FILL: f64 = 2.0;

/// Places in order, ready to be searched by place and rank.
#[derive(Debug, Clone)]
pub(super) struct Earlier {
    coords: Vec<Coord>,
    /// Of the first 2·`FEW`, 4·`FEW` … places; the last holds all.
    levels: Vec<Buckets>,
}

/// A square distance and the rank of the place: what a search finds, nearest first, lowest rank first among equals.
pub(super) type Near = (f64, u32);

impl Earlier {
    /// Indexes places for searches before any rank.
    pub(super) fn new(coords: Vec<Coord>) -> Self {
        let mut levels = Vec::new();
        let mut count = FEW;
        while count < coords.len() {
            count = (2 * count).min(coords.len());
            levels.push(Buckets::new(&coords[..count]));
        }
        Self { coords, levels }
    }

    /// Indexes places for searches among all of them.
    pub(super) fn all(coords: Vec<Coord>) -> Self {
        let levels = if coords.len() > FEW { vec![Buckets::new(&coords)] } else { Vec::new() };
        Self { coords, levels }
    }

    pub(super) fn len(&self) -> usize {
        self.coords.len()
    }

    /// The `most` nearest places to `at` of a rank below `before`.
    pub(super) fn nearest(&self, at: Coord, before: usize, most: usize, out: &mut Vec<Near>) {
        out.clear();
        if most == 0 {
            return;
        }
        let level = self.levels.iter().find(|l| l.count >= before);
        let Some(buckets) = level.filter(|_| before > FEW) else {
            for rank in 0..before.min(self.coords.len()) {
                self.consider(at, rank as u32, most, out);
            }
            return;
        };
        let place = [0, 1].map(|k| (at[k] - buckets.origin[k]) / buckets.side);
        let home = place.map(|p| p.floor() as i64);
        // Rings of buckets around the place's own. The first may lie beyond the grid, where the place does.
        let last = [buckets.size[0] as i64 - 1, buckets.size[1] as i64 - 1];
        let gap = |k: usize| (-home[k]).max(home[k] - last[k]).max(0);
        let far = |k: usize| home[k].abs().max((home[k] - last[k]).abs());
        for ring in gap(0).max(gap(1))..=far(0).max(far(1)) {
            if out.len() == most {
                // Nothing in this ring or beyond is nearer than the border of the square within it.
                let inner = (ring - 1) as f64;
                let reach =
                    [0, 1].map(|k| (place[k] - (home[k] as f64 - inner)).min(home[k] as f64 + inner + 1.0 - place[k]));
                let reach = reach[0].min(reach[1]).max(0.0) * buckets.side;
                if reach * reach > out[most - 1].0 {
                    break;
                }
            }
            for row in (home[1] - ring).max(0)..=(home[1] + ring).min(last[1]) {
                let edge = (row - home[1]).abs() == ring;
                let step = if edge || ring == 0 { 1 } else { 2 * ring };
                let mut column = home[0] - ring;
                if step == 1 {
                    column = column.max(0);
                }
                while column <= (home[0] + ring).min(last[0]) {
                    if column >= 0 {
                        for &rank in buckets.at(column as usize, row as usize) {
                            if (rank as usize) < before {
                                self.consider(at, rank, most, out);
                            }
                        }
                    }
                    column += step;
                }
            }
        }
    }

    #[inline]
    fn consider(&self, at: Coord, rank: u32, most: usize, out: &mut Vec<Near>) {
        let c = self.coords[rank as usize];
        let found = ((c[0] - at[0]).powi(2) + (c[1] - at[1]).powi(2), rank);
        let nearer = |a: &Near, b: &Near| (a.0, a.1) < (b.0, b.1);
        if out.len() == most {
            if !nearer(&found, &out[most - 1]) {
                return;
            }
            out.pop();
        }
        let mut position = out.len();
        while position > 0 && nearer(&found, &out[position - 1]) {
            position -= 1;
        }
        out.insert(position, found);
    }
}

/// Places by square cells of a grid.
#[derive(Debug, Clone)]
struct Buckets {
    count: usize,
    origin: Coord,
    side: f64,
    size: [usize; 2],
    /// Where each bucket's items start; one more than there are buckets.
    start: Vec<u32>,
    items: Vec<u32>,
}

impl Buckets {
    fn new(coords: &[Coord]) -> Self {
        let (mut low, mut high) = (coords[0], coords[0]);
        for c in coords {
            for k in 0..2 {
                low[k] = low[k].min(c[k]);
                high[k] = high[k].max(c[k]);
            }
        }
        let extent = [high[0] - low[0], high[1] - low[1]];
        // Places on a line have no area; there, and for a very narrow strip, the side follows the length.
        let by_area = (extent[0] * extent[1] * FILL / coords.len() as f64).sqrt();
        let by_length = extent[0].max(extent[1]) * FILL / coords.len() as f64;
        let side = Some(by_area.max(by_length)).filter(|s| *s > 0.0).unwrap_or(1.0);
        let size = extent.map(|e| ((e / side).floor() as usize).min(2 * coords.len()) + 1);
        let bucket = |c: &Coord| {
            let [x, y] = [0, 1].map(|k| (((c[k] - low[k]) / side).floor() as usize).min(size[k] - 1));
            y * size[0] + x
        };
        let mut start = vec![0_u32; size[0] * size[1] + 1];
        for c in coords {
            start[bucket(c) + 1] += 1;
        }
        for k in 1..start.len() {
            start[k] += start[k - 1];
        }
        let mut next = start.clone();
        let mut items = vec![0; coords.len()];
        for (rank, c) in coords.iter().enumerate() {
            let slot = &mut next[bucket(c)];
            items[*slot as usize] = rank as u32;
            *slot += 1;
        }
        Self { count: coords.len(), origin: low, side, size, start, items }
    }

    fn at(&self, column: usize, row: usize) -> &[u32] {
        let bucket = row * self.size[0] + column;
        &self.items[self.start[bucket] as usize..self.start[bucket + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn slow(coords: &[Coord], at: Coord, before: usize, most: usize) -> Vec<Near> {
        let mut all: Vec<Near> = coords[..before]
            .iter()
            .enumerate()
            .map(|(i, c)| ((c[0] - at[0]).powi(2) + (c[1] - at[1]).powi(2), i as u32))
            .collect();
        all.sort_by(|a, b| a.partial_cmp(b).unwrap());
        all.truncate(most);
        all
    }

    #[test]
    fn what_is_found_is_what_sorting_finds() {
        let mut random = Random::new(1);
        // Scattered, on a lattice in random order (with ties), in a strip, on a line, and at one place.
        let mut lattice: Vec<Coord> = (0..900).map(|i| [f64::from(i % 30) * 10.0, f64::from(i / 30) * 10.0]).collect();
        random.shuffle(&mut lattice);
        let mut draw = |n: usize, width: f64, height: f64| -> Vec<Coord> {
            (0..n).map(|_| [width * random.uniform(), height * random.uniform()]).collect()
        };
        let cases =
            [lattice, draw(1000, 300.0, 300.0), draw(700, 300.0, 1e-3), draw(300, 300.0, 0.0), draw(200, 0.0, 0.0)];
        let mut out = Vec::new();
        for coords in &cases {
            let (index, all) = (Earlier::new(coords.clone()), Earlier::all(coords.clone()));
            assert_eq!(index.len(), coords.len());
            for before in [0, 1, 5, 64, 65, 128, 129, 190, coords.len()] {
                for at in [coords[before / 2], [150.0, 150.0], [-500.0, 20.0], [1e4, 1e4], [299.9, 0.0]] {
                    for most in [0, 1, 7, 24] {
                        index.nearest(at, before, most, &mut out);
                        assert_eq!(out, slow(coords, at, before, most), "{before} {at:?} {most}");
                        all.nearest(at, before, most, &mut out);
                        assert_eq!(out, slow(coords, at, before, most), "all: {before} {at:?} {most}");
                    }
                }
            }
        }
    }
}
