//! Candidates inside and outside of a target's neighbours, and how they change places from one target to the next.

use pulp::Simd;

use crate::Coord;
use crate::random::SplitMix64;
use crate::simd::{MOST_LANES, vectors, vectors_mut};

/// Beyond everything: its square is infinite.
const FAR: f64 = 1e200;

/// The candidates of a region, divided by the target that was visited last.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// By increasing number.
    inside: Side,
    outside: Side,
    signature: u128,
    ranks: Vec<u32>,
    squared: Vec<f64>,
}

/// Columns of places are padded to whole vectors.
#[derive(Debug, Default)]
struct Side {
    sample: Vec<u32>,
    at: [Vec<f64>; 2],
    squared: Vec<f64>,
}

/// A sample's part in the signature of a set.
#[inline]
fn key(sample: u32) -> u128 {
    let mut mix = SplitMix64::new(u64::from(sample));
    u128::from(mix.next_u64()) << 64 | u128::from(mix.next_u64())
}

/// The signature of a set: in whatever order its samples come and go (Zobrist 1970).
pub(super) fn signature(samples: &[u32]) -> u128 {
    samples.iter().fold(0, |sum, &sample| sum ^ key(sample))
}

impl Sides {
    /// Divides candidates, by increasing number, for the first target of a region: the `most` nearest inside.
    #[inline(always)]
    pub(super) fn begin<S: Simd>(&mut self, simd: S, samples: &[u32], at: &[Vec<f64>; 2], most: usize, target: Coord) {
        let Self { inside, outside, ranks, squared, .. } = self;
        inside.clear();
        outside.clear();
        distances(simd, at, target, squared);
        ranks.clear();
        ranks.extend(0..samples.len() as u32);
        if samples.len() > most {
            let by_distance = |a: &u32, b: &u32| squared[*a as usize].total_cmp(&squared[*b as usize]).then(a.cmp(b));
            ranks.select_nth_unstable_by(most - 1, by_distance);
            ranks[..most].sort_unstable();
        }
        for (nth, &rank) in ranks.iter().enumerate() {
            let side = if nth < most { &mut *inside } else { &mut *outside };
            side.push(samples[rank as usize], [at[0][rank as usize], at[1][rank as usize]]);
        }
        self.signature = signature(&inside.sample);
        let filler = inside.sample.first().map_or([0.0; 2], |_| [inside.at[0][0], inside.at[1][0]]);
        inside.pad(filler);
        outside.pad([FAR; 2]);
        inside.measure(simd, target);
    }

    /// Divides the same candidates for another target, which is quick where it is near the one before.
    #[inline(always)]
    pub(super) fn move_to<S: Simd>(&mut self, simd: S, target: Coord) {
        let Self { inside, outside, signature, .. } = self;
        let mut farthest = inside.measure(simd, target)[1];
        if outside.sample.is_empty() || inside.sample.is_empty() {
            return;
        }
        let mut nearest = outside.measure(simd, target)[0];
        while nearest <= farthest {
            // Inside they stand by number: of those equally far the last is the first to go.
            let Some(leaves) = inside.last_at(simd, farthest) else { return };
            let Some(enters) = outside.lowest_at(simd, nearest) else { return };
            if nearest == farthest && outside.sample[enters] > inside.sample[leaves] {
                return;
            }
            *signature ^= key(inside.sample[leaves]) ^ key(outside.sample[enters]);
            let entering = outside.entry(enters);
            outside.set(enters, inside.entry(leaves));
            inside.replace(leaves, entering);
            farthest = extremes(simd, &inside.squared)[1];
            nearest = extremes(simd, &outside.squared)[0];
        }
    }

    /// Numbers of the neighbours, increasing, and squared distances to them.
    #[inline(always)]
    pub(super) fn inside(&self) -> (&[u32], &[f64]) {
        (&self.inside.sample, &self.inside.squared[..self.inside.sample.len()])
    }

    /// The signature of the neighbours.
    #[inline(always)]
    pub(super) fn signature(&self) -> u128 {
        self.signature
    }
}

/// A candidate: number, place, squared distance to the target.
type Entry = (u32, Coord, f64);

impl Side {
    fn clear(&mut self) {
        self.sample.clear();
        self.at.iter_mut().for_each(Vec::clear);
        self.squared.clear();
    }

    fn push(&mut self, sample: u32, at: Coord) {
        self.sample.push(sample);
        (0..2).for_each(|axis| self.at[axis].push(at[axis]));
    }

    /// Fills the columns up to whole vectors.
    fn pad(&mut self, filler: Coord) {
        let padded = self.sample.len().next_multiple_of(MOST_LANES);
        (0..2).for_each(|axis| self.at[axis].resize(padded, filler[axis]));
        self.squared.resize(padded, 0.0);
    }

    /// Squared distances to a target; the least and the greatest.
    #[inline(always)]
    fn measure<S: Simd>(&mut self, simd: S, target: Coord) -> [f64; 2] {
        distances(simd, &self.at, target, &mut self.squared);
        extremes(simd, &self.squared)
    }

    #[inline(always)]
    fn entry(&self, i: usize) -> Entry {
        (self.sample[i], [self.at[0][i], self.at[1][i]], self.squared[i])
    }

    #[inline(always)]
    fn set(&mut self, i: usize, (sample, at, squared): Entry) {
        self.sample[i] = sample;
        (self.at[0][i], self.at[1][i], self.squared[i]) = (at[0], at[1], squared);
    }

    /// The last of those at this squared distance; they stand by increasing number.
    #[inline(always)]
    fn last_at<S: Simd>(&self, simd: S, squared: f64) -> Option<usize> {
        let len = self.sample.len();
        for (nth, v) in vectors::<S>(&self.squared).iter().enumerate().rev() {
            if holds(simd, *v, squared) {
                let first = nth * S::F64_LANES;
                let numbers = &self.squared[first..(first + S::F64_LANES).min(len)];
                if let Some(i) = numbers.iter().rposition(|&d| d == squared) {
                    return Some(first + i);
                }
            }
        }
        None
    }

    /// Of those at this squared distance the one of the lowest number.
    #[inline(always)]
    fn lowest_at<S: Simd>(&self, simd: S, squared: f64) -> Option<usize> {
        let len = self.sample.len();
        let mut lowest = None;
        for (nth, v) in vectors::<S>(&self.squared).iter().enumerate() {
            if holds(simd, *v, squared) {
                let first = nth * S::F64_LANES;
                for i in first..(first + S::F64_LANES).min(len) {
                    if self.squared[i] == squared && lowest.is_none_or(|l: usize| self.sample[i] < self.sample[l]) {
                        lowest = Some(i);
                    }
                }
            }
        }
        lowest
    }

    /// Puts another candidate in the place of number `leaves`, in its rank by number.
    #[inline(always)]
    fn replace(&mut self, leaves: usize, entry: Entry) {
        let len = self.sample.len();
        let before = self.sample.partition_point(|&sample| sample < entry.0);
        // That of `leaves` itself no longer counts.
        let place = before - usize::from(before > leaves);
        let (from, to) = if place < leaves { (place..leaves, place + 1) } else { (leaves + 1..place + 1, leaves) };
        self.sample.copy_within(from.clone(), to);
        for column in self.at.iter_mut().chain([&mut self.squared]) {
            column.copy_within(from.clone(), to);
        }
        self.set(place, entry);
        // What fills the last vector is one of them, so that it changes no greatest distance.
        let first = self.entry(0);
        for k in len..self.squared.len() {
            (self.at[0][k], self.at[1][k], self.squared[k]) = (first.1[0], first.1[1], first.2);
        }
    }
}

/// Whether a number is in a vector.
#[inline(always)]
fn holds<S: Simd>(simd: S, vector: S::f64s, number: f64) -> bool {
    simd.first_true_m64s(simd.equal_f64s(vector, simd.splat_f64s(number))) < S::F64_LANES
}

/// The least and the greatest of whole vectors of numbers; infinities of the wrong sign where there are none.
#[inline(always)]
fn extremes<S: Simd>(simd: S, numbers: &[f64]) -> [f64; 2] {
    let (mut least, mut greatest) = (simd.splat_f64s(f64::INFINITY), simd.splat_f64s(f64::NEG_INFINITY));
    for v in vectors::<S>(numbers) {
        least = simd.min_f64s(least, *v);
        greatest = simd.max_f64s(greatest, *v);
    }
    [simd.reduce_min_f64s(least), simd.reduce_max_f64s(greatest)]
}

/// Squared distances from a place to all of `at`, padded to whole vectors; no product is fused with the sum.
#[inline(always)]
pub(super) fn distances<S: Simd>(simd: S, at: &[Vec<f64>; 2], from: Coord, out: &mut Vec<f64>) {
    let n = at[0].len();
    out.resize(n, 0.0);
    let whole = n - n % S::F64_LANES;
    let [x, y] = from.map(|c| simd.splat_f64s(c));
    let columns = vectors::<S>(&at[0][..whole]).iter().zip(vectors::<S>(&at[1][..whole]));
    for (d, (e, n)) in vectors_mut::<S>(&mut out[..whole]).iter_mut().zip(columns) {
        let (dx, dy) = (simd.sub_f64s(*e, x), simd.sub_f64s(*n, y));
        *d = simd.add_f64s(simd.mul_f64s(dx, dx), simd.mul_f64s(dy, dy));
    }
    for i in whole..n {
        out[i] = (at[0][i] - from[0]).powi(2) + (at[1][i] - from[1]).powi(2);
    }
}
