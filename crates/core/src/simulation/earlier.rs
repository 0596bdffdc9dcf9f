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
/// Most places that are sorted by whole numbers; a power of two.
const KEYS: usize = 128;

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
    ///
    /// All places in a square around `at` are looked at that is expected to hold enough, without a branch that a processor
    /// would have to guess; if those within the distance to its border are too few, it was too small.
    pub(super) fn nearest(&self, at: Coord, before: usize, most: usize, out: &mut Vec<Near>) {
        let before = before.min(self.coords.len());
        if most == 0 || before == 0 {
            return out.clear();
        }
        let mut found = Found { near: out, count: 0 };
        match self.levels.iter().find(|l| l.count >= before) {
            Some(buckets) if before > FEW && before > most => {
                // Squared half side of the square, in buckets.
                let wanted = most as f64 * 1.2 + 3.0;
                let mut half = wanted / (std::f64::consts::PI * FILL) * (buckets.count as f64 / before as f64);
                while !buckets.within(at, half.sqrt(), before as u32, &mut found) && found.count < most {
                    half *= (1.1 * wanted / found.count.max(1) as f64).clamp(1.4, 8.0);
                    found.count = 0;
                }
            }
            _ => {
                let room = found.room(before);
                for (rank, (c, room)) in self.coords[..before].iter().zip(room).enumerate() {
                    *room = (squared_distance(*c, at), rank as u32);
                }
                found.count = before;
            }
        }
        found.keep(most);
    }
}

/// Places found so far, in any order.
struct Found<'a> {
    /// The first `count` count.
    near: &'a mut Vec<Near>,
    count: usize,
}

impl Found<'_> {
    /// Room for as many more.
    fn room(&mut self, more: usize) -> &mut [Near] {
        let room = self.count + more;
        if self.near.len() < room {
            self.near.resize(room.next_power_of_two(), (0.0, 0));
        }
        &mut self.near[self.count..room]
    }

    /// Takes those of a rank below `before` whose square distance is no more than `reach`.
    #[inline(always)]
    fn add(&mut self, at: Coord, places: &[Coord], ranks: &[u32], before: u32, reach: f64) {
        let room = self.room(places.len());
        let mut count = 0;
        for k in 0..places.len().min(ranks.len()) {
            let squared = squared_distance(places[k], at);
            room[count] = (squared, ranks[k]);
            count += usize::from((ranks[k] < before) & (squared <= reach));
        }
        self.count += count;
    }

    /// Keeps the `most` nearest, in their order.
    fn keep(self, most: usize) {
        let Self { near, count } = self;
        near.truncate(count);
        let order = |a: &Near, b: &Near| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if count > 2 * most {
            near.select_nth_unstable_by(most, order);
            near.truncate(most);
        }
        let mut keys = [0_u64; KEYS];
        let Some(keys) = keys.get_mut(..near.len()) else {
            near.sort_unstable_by(order);
            return near.truncate(most);
        };
        // Distances without their last bits, and positions in their place: whole numbers are sorted without branches. The numbers
        // are those of square distances, which are not negative.
        for (position, (key, (squared, _))) in keys.iter_mut().zip(near.iter()).enumerate() {
            *key = squared.to_bits() & !(KEYS as u64 - 1) | position as u64;
        }
        keys.sort_unstable();
        let mut sorted = [(0.0, 0); KEYS];
        for (slot, key) in sorted.iter_mut().zip(keys.iter()) {
            *slot = near[(key & (KEYS as u64 - 1)) as usize];
        }
        near.copy_from_slice(&sorted[..keys.len()]);
        // What the missing bits and equal distances leave to be done.
        for i in 1..near.len() {
            let mut j = i;
            while j > 0 && order(&near[j], &near[j - 1]).is_lt() {
                near.swap(j, j - 1);
                j -= 1;
            }
        }
        near.truncate(most);
    }
}

#[inline(always)]
fn squared_distance(a: Coord, b: Coord) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// Places by square cells of a grid.
#[derive(Debug, Clone)]
struct Buckets {
    count: usize,
    origin: Coord,
    side: f64,
    size: [usize; 2],
    /// Where each bucket's places start; one more than there are buckets.
    start: Vec<u32>,
    /// Places by bucket, and their ranks.
    places: Vec<Coord>,
    ranks: Vec<u32>,
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
        let (mut places, mut ranks) = (vec![[0.0; 2]; coords.len()], vec![0; coords.len()]);
        for (rank, c) in coords.iter().enumerate() {
            let slot = &mut next[bucket(c)];
            (places[*slot as usize], ranks[*slot as usize]) = (*c, rank as u32);
            *slot += 1;
        }
        Self { count: coords.len(), origin: low, side, size, start, places, ranks }
    }

    /// Finds the places of a rank below `before` that are no more than `half` sides of a bucket away. Tells whether there are none
    /// beyond.
    fn within(&self, at: Coord, half: f64, before: u32, found: &mut Found<'_>) -> bool {
        let place = [0, 1].map(|k| (at[k] - self.origin[k]) / self.side);
        // Beside what is wanted a little more, for the rounding of the division.
        let edge = half * (1.0 + 1e-9) + 1e-9 * (place[0].abs() + place[1].abs());
        let last = self.size.map(|n| (n - 1) as f64);
        // Written so that it is true where a number is none, and ends the search.
        let whole = [0, 1].iter().all(|&k| !(place[k] - edge > 0.0 || place[k] + edge < last[k] + 1.0));
        let reach = if whole { f64::INFINITY } else { (half * self.side).powi(2) };
        let span = |k: usize| {
            let (first, end) = ((place[k] - edge).max(0.0), (place[k] + edge).min(last[k]));
            (end >= 0.0 && first < last[k] + 1.0).then_some((first as usize, end as usize))
        };
        let (Some(columns), Some(rows)) = (span(0), span(1)) else { return false };
        for row in rows.0..=rows.1 {
            // The buckets of a row lie one after the other.
            let bucket = row * self.size[0];
            let range = self.start[bucket + columns.0] as usize..self.start[bucket + columns.1 + 1] as usize;
            found.add(at, &self.places[range.clone()], &self.ranks[range], before, reach);
        }
        whole
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
