//! Sums over many pairs by lag class and direction: distances, classes and terms in vector instructions.

use std::marker::PhantomData;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::classify::{Classifier, ROUND};
use super::design::{Sector, Sums};
use super::pairs::PairSearch;
use super::terms::Term;
use crate::metric::Metric;
use crate::simd::{MOST_LANES, vectors, vectors_mut};

/// Sums of the pairs in [`runs`](PairSearch::runs) of some positions, by direction, then by lag class.
///
/// The distances and terms of a run are computed in vectors and kept; when there are enough of them, each is added to a cell.
/// The order of additions, and so every bit, depends on the positions alone.
pub(super) struct Accumulate<'a, T> {
    pub(super) search: &'a PairSearch,
    pub(super) positions: Range<usize>,
    pub(super) classifier: &'a Classifier,
    pub(super) classes: usize,
    /// None for all directions together.
    pub(super) sectors: &'a [Sector],
    /// By position, [padded](PairSearch::by_position).
    pub(super) columns: [&'a [f64]; 2],
    pub(super) term: PhantomData<T>,
}

/// Pairs that are kept before they are added up: their distances, terms and slots stay in the first cache.
const ROOM: usize = 512;

/// Numbers of the pairs kept; vectors may write a little beyond the last.
type Kept = [f64; ROOM + MOST_LANES];

impl<T: Term> WithSimd for Accumulate<'_, T> {
    type Output = Vec<Sums>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Sums> {
        let groups = self.sectors.len().max(1);
        let mut totals = Totals::new(groups * (self.classes + 1));
        let (mut lags, mut terms) = ([0.0; ROOM + MOST_LANES], [0.0; ROOM + MOST_LANES]);
        let mut slots: Vec<Kept> = vec![[0.0; ROOM + MOST_LANES]; groups];
        let mut kept = 0;
        for (p, mut partners) in self.search.runs(self.positions.clone()) {
            while !partners.is_empty() {
                let count = partners.len().min(ROOM - kept);
                let next = partners.start..partners.start + count;
                let to = kept..kept + count.next_multiple_of(S::F64_LANES);
                self.lags(simd, p, next.clone(), &mut lags[to.clone()]);
                self.terms(simd, p, next.start, &mut terms[to.clone()]);
                self.slots(simd, p, next.start, &lags[to.clone()], &mut slots, to);
                kept += count;
                partners.start += count;
                if kept == ROOM {
                    totals.add(self.classifier, &lags[..kept], &terms[..kept], &slots);
                    kept = 0;
                }
            }
        }
        totals.add(self.classifier, &lags[..kept], &terms[..kept], &slots);
        totals.finish(self.classes)
    }
}

impl<T: Term> Accumulate<'_, T> {
    /// Distances from `p` to each of `partners`, as [`Metric::distance`] gives them.
    #[inline(always)]
    fn lags<S: Simd>(&self, simd: S, p: usize, partners: Range<usize>, out: &mut [f64]) {
        if self.search.metric() != Metric::Plane {
            let coords = self.search.coords();
            for (out, q) in out.iter_mut().zip(partners) {
                *out = self.search.metric().distance(coords[p], coords[q]);
            }
            return;
        }
        let [x, y] = self.search.axes();
        let (at_x, at_y) = (simd.splat_f64s(x[p]), simd.splat_f64s(y[p]));
        let read = partners.start..partners.start + out.len();
        let (x, y) = (vectors::<S>(&x[read.clone()]), vectors::<S>(&y[read]));
        for ((out, &x), &y) in vectors_mut::<S>(out).iter_mut().zip(x).zip(y) {
            let (dx, dy) = (simd.sub_f64s(x, at_x), simd.sub_f64s(y, at_y));
            // Not fused: which class a pair is in may not depend on the machine.
            *out = simd.sqrt_f64s(simd.add_f64s(simd.mul_f64s(dx, dx), simd.mul_f64s(dy, dy)));
        }
    }

    #[inline(always)]
    fn terms<S: Simd>(&self, simd: S, p: usize, first: usize, out: &mut [f64]) {
        let at = self.columns.map(|column| simd.splat_f64s(column[p]));
        let [a, b] = self.columns.map(|column| vectors::<S>(&column[first..first + out.len()]));
        for ((out, &a), &b) in vectors_mut::<S>(out).iter_mut().zip(a).zip(b) {
            *out = T::of(simd, at, [a, b]);
        }
    }

    /// Slots of the classifier in each direction; the last, which is beyond all classes, for pairs in other directions.
    #[inline(always)]
    fn slots<S: Simd>(&self, simd: S, p: usize, first: usize, lags: &[f64], slots: &mut [Kept], to: Range<usize>) {
        let (scale, last) = self.classifier.scale();
        let (scale, last, round) = (simd.splat_f64s(scale), simd.splat_f64s(last), simd.splat_f64s(ROUND));
        let most = simd.splat_f64s(f64::MAX);
        let lags = vectors::<S>(lags);
        let of_lag =
            |h: S::f64s| simd.add_f64s(simd.min_f64s(simd.mul_f64s(simd.min_f64s(h, most), scale), last), round);
        if self.sectors.is_empty() {
            for (slot, &h) in vectors_mut::<S>(&mut slots[0][to]).iter_mut().zip(lags) {
                *slot = of_lag(h);
            }
            return;
        }
        let [x, y] = self.search.axes();
        let (at_x, at_y) = (simd.splat_f64s(x[p]), simd.splat_f64s(y[p]));
        let read = first..first + to.len();
        let (x, y) = (vectors::<S>(&x[read.clone()]), vectors::<S>(&y[read]));
        for (sector, slots) in self.sectors.iter().zip(slots) {
            let out = vectors_mut::<S>(&mut slots[to.clone()]);
            for (((slot, &h), &x), &y) in out.iter_mut().zip(lags).zip(x).zip(y) {
                let within = sector.contain(simd, [simd.sub_f64s(x, at_x), simd.sub_f64s(y, at_y)], h);
                *slot = simd.select_f64s(within, of_lag(h), simd.add_f64s(last, round));
            }
        }
    }
}

/// Sums while pairs come in, by group and by class with one more for what is beyond all classes. Neighbouring pairs are often
/// of one class, and an addition waits for the one before: so each cell has several sums, taken in turn, while there are not
/// too many cells for the cache.
enum Totals {
    InTurns(Vec<Turns<8>>),
    OneByOne(Vec<Turns<1>>),
}

/// Sums of one cell.
#[derive(Debug, Clone, Copy)]
struct Turns<const N: usize> {
    /// Distances and terms.
    sums: [[f64; 2]; N],
    counts: [u64; N],
}

const MOST_CELLS_IN_TURNS: usize = 4096;

impl Totals {
    fn new(cells: usize) -> Self {
        match cells <= MOST_CELLS_IN_TURNS {
            true => Self::InTurns(vec![Turns::NONE; cells]),
            false => Self::OneByOne(vec![Turns::NONE; cells]),
        }
    }

    fn add(&mut self, classifier: &Classifier, lags: &[f64], terms: &[f64], slots: &[Kept]) {
        match self {
            Self::InTurns(cells) => add_up(classifier, lags, terms, slots, cells),
            Self::OneByOne(cells) => add_up(classifier, lags, terms, slots, cells),
        }
    }

    /// By group and class, without what is beyond all classes.
    fn finish(self, classes: usize) -> Vec<Sums> {
        let cells: Vec<Sums> = match self {
            Self::InTurns(cells) => cells.iter().map(Turns::total).collect(),
            Self::OneByOne(cells) => cells.iter().map(Turns::total).collect(),
        };
        cells.chunks_exact(classes + 1).flat_map(|group| &group[..classes]).copied().collect()
    }
}

impl<const N: usize> Turns<N> {
    const NONE: Self = Self { sums: [[0.0; 2]; N], counts: [0; N] };

    fn total(&self) -> Sums {
        self.sums.iter().zip(self.counts).fold(Sums::default(), |mut total, (&[dist, term], np)| {
            total.add(&Sums { np, dist, term });
            total
        })
    }
}

/// Adds pairs to their cells. Never inlined: it needs the registers for itself.
#[inline(never)]
fn add_up<const N: usize>(
    classifier: &Classifier,
    lags: &[f64],
    terms: &[f64],
    slots: &[Kept],
    cells: &mut [Turns<N>],
) {
    let group = cells.len() / slots.len();
    for (slots, cells) in slots.iter().zip(cells.chunks_exact_mut(group)) {
        for (i, ((slot, &h), &term)) in slots.iter().zip(lags).zip(terms).enumerate() {
            let cell = &mut cells[classifier.class(h, slot.to_bits())];
            let [dist, sum] = cell.sums[i % N];
            cell.sums[i % N] = [dist + h, sum + term];
            cell.counts[i % N] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::*;
    use crate::Coord;
    use crate::executor::Serial;
    use crate::random::Random;
    use crate::variogram::design::Design;
    use crate::variogram::terms::{MeanOverSquaredMean, ProductOfDifferences, RootOfDifference};
    use crate::variogram::{Direction, LagClasses};

    /// Sums from the definition, every pair by itself.
    fn plain(design: &Design<'_>, coords: &[Coord], metric: Metric, term: impl Fn(usize, usize) -> f64) -> Vec<Sums> {
        let mut sums = vec![Sums::default(); design.cells()];
        for i in 0..coords.len() {
            for j in i + 1..coords.len() {
                let h = metric.distance(coords[i], coords[j]);
                design.cells_of(metric.separation(coords[i], coords[j]), h, |cell| {
                    sums[cell].add(&Sums { np: 1, dist: h, term: term(i, j) });
                });
            }
        }
        sums
    }

    fn assert_same(found: &[Sums], expected: &[Sums], what: &str) {
        assert_eq!(found.len(), expected.len());
        for (cell, (a, b)) in found.iter().zip(expected).enumerate() {
            assert_eq!(a.np, b.np, "{what}, cell {cell}");
            for (a, b) in [(a.dist, b.dist), (a.term, b.term)] {
                assert!((a - b).abs() <= 1e-12 * b.abs(), "{what}, cell {cell}: {a} is not {b}");
            }
        }
    }

    /// Uniform; in clusters; on a lattice, where many pairs are exactly at a bound or in no direction but on its limit; mostly
    /// duplicates; on a line.
    fn layouts(random: &mut Random) -> Vec<Vec<Coord>> {
        let mut uniform = |n: usize, side: f64| -> Vec<Coord> {
            (0..n).map(|_| [side * random.uniform(), side * random.uniform()]).collect()
        };
        let centres = uniform(6, 1000.0);
        let clustered = uniform(600, 30.0).into_iter().enumerate().map(|(i, c)| {
            let centre = centres[i % centres.len()];
            [centre[0] + c[0], 5e6 + centre[1] + c[1]]
        });
        let clustered = clustered.collect();
        let lattice = uniform(700, 25.0).iter().map(|c| c.map(|v| 40.0 * v.floor())).collect();
        let duplicates = uniform(300, 3.0).iter().map(|c| c.map(|v| 40.0 * v.floor())).collect();
        let line = uniform(200, 1000.0).iter().map(|c| [4e5, c[1]]).collect();
        vec![uniform(800, 1000.0), clustered, lattice, duplicates, line, uniform(2, 50.0), uniform(3, 50.0)]
    }

    #[test]
    fn sums_are_those_of_every_pair_by_itself() {
        let mut random = Random::new(21);
        for (layout, coords) in layouts(&mut random).iter().enumerate() {
            let a: Vec<f64> = coords.iter().map(|_| 1.0 + random.uniform()).collect();
            let b: Vec<f64> = coords.iter().map(|_| 1.0 + random.uniform()).collect();
            let all = [
                LagClasses::regular(200.0, 40.0).unwrap(),
                LagClasses::regular(1500.0, 0.3).unwrap(),
                LagClasses::with_boundaries(vec![1e-9, 40.0, 40.0_f64.next_up(), 56.6, 120.0]).unwrap(),
            ];
            for (lags, azimuths) in all.iter().zip([&[][..], &[0.0, 45.0, 77.0], &[90.0]]) {
                for directions in
                    [vec![], azimuths.iter().map(|&azimuth| Direction { azimuth, tolerance: 22.5 }).collect()]
                {
                    let what = format!("layout {layout}, {} classes, {directions:?}", lags.upper().len());
                    let design = Design::new(lags, &directions, Metric::Plane).unwrap();
                    let search = PairSearch::new(coords, Metric::Plane, lags.cutoff());
                    let columns = [&search.by_position(&a)[..], &search.by_position(&b)];
                    let found = design.sums(&search, &Serial, columns, ProductOfDifferences).unwrap();
                    let size = |i: usize, j: usize| (a[i] - a[j]).abs();
                    // Products of either sign cancel: compared as squares of one column.
                    let squares = design.sums(&search, &Serial, [columns[0]; 2], ProductOfDifferences).unwrap();
                    assert_same(&squares, &plain(&design, coords, Metric::Plane, |i, j| size(i, j).powi(2)), &what);
                    let products = plain(&design, coords, Metric::Plane, |i, j| (a[i] - a[j]) * (b[i] - b[j]));
                    for (a, b) in found.iter().zip(&products) {
                        assert!((a.term - b.term).abs() <= 1e-12 * b.np as f64, "{what}: {} is not {}", a.term, b.term);
                    }
                    let roots = design.sums(&search, &Serial, columns, RootOfDifference).unwrap();
                    assert_same(&roots, &plain(&design, coords, Metric::Plane, |i, j| size(i, j).sqrt()), &what);
                    let errors = design.sums(&search, &Serial, columns, MeanOverSquaredMean).unwrap();
                    let share = |i: usize, j: usize| 0.5 * (a[i] + a[j]) / (0.5 * (b[i] + b[j])).powi(2);
                    assert_same(&errors, &plain(&design, coords, Metric::Plane, share), &what);
                }
            }
        }
    }

    #[test]
    fn sums_on_a_sphere_are_those_of_every_pair_by_itself() {
        let mut random = Random::new(22);
        let coords: Vec<Coord> =
            (0..500).map(|_| [360.0 * random.uniform() - 180.0, 170.0 * random.uniform() - 85.0]).collect();
        let values: Vec<f64> = coords.iter().map(|_| random.normal()).collect();
        let lags = LagClasses::regular(6e6, 4e5).unwrap();
        let design = Design::new(&lags, &[], Metric::EARTH).unwrap();
        let search = PairSearch::new(&coords, Metric::EARTH, lags.cutoff());
        let column = search.by_position(&values);
        let found = design.sums(&search, &Serial, [&column; 2], ProductOfDifferences).unwrap();
        assert_same(&found, &plain(&design, &coords, Metric::EARTH, |i, j| (values[i] - values[j]).powi(2)), "sphere");
    }

    /// Nothing is fused and nothing depends on the lanes.
    #[test]
    fn instruction_sets_give_the_same_bits() {
        let mut random = Random::new(23);
        for coords in layouts(&mut random) {
            let values: Vec<f64> = coords.iter().map(|_| random.normal()).collect();
            let lags = LagClasses::regular(200.0, 13.0).unwrap();
            for directions in [vec![], vec![Direction { azimuth: 30.0, tolerance: 50.0 }]] {
                let design = Design::new(&lags, &directions, Metric::Plane).unwrap();
                let search = PairSearch::new(&coords, Metric::Plane, lags.cutoff());
                let column = search.by_position(&values);
                let bits = |arch: Arch| -> Vec<_> {
                    let sums = arch.dispatch(design.part::<RootOfDifference>(
                        &search,
                        0..coords.len(),
                        &Classifier::new(lags.upper()),
                        [&column; 2],
                    ));
                    sums.iter().map(|s| (s.np, s.dist.to_bits(), s.term.to_bits())).collect()
                };
                assert_eq!(bits(Arch::new()), bits(Arch::Scalar));
            }
        }
    }
}
