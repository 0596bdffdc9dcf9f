//! Which pairs are compared with which: lag classes, in all directions together or in some.

use std::marker::PhantomData;

use pulp::Simd;

use super::LagClasses;
use super::accumulate::Accumulate;
use super::classify::Classifier;
use super::pairs::PairSearch;
use super::terms::Term;
use crate::executor::{Executor, map};
use crate::metric::Metric;
use crate::neighbourhood::SampleIndex;
use crate::simd::dispatch;
use crate::{Coord, Error, Result};

/// A direction with its tolerance: pairs within `tolerance` either side of `azimuth`, opposite ways alike.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Direction {
    /// Degrees clockwise from north.
    pub azimuth: f64,
    /// Degrees either side, above 0; 90 takes all pairs.
    pub tolerance: f64,
}

/// Lag classes and directions, checked: a cell is one lag class in one direction, numbered by direction, then by lag.
#[derive(Debug)]
pub(super) struct Design<'a> {
    lags: &'a LagClasses,
    directions: &'a [Direction],
    sectors: Vec<Sector>,
}

/// Sums of one cell while pairs come in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) np: u64,
    pub(super) dist: f64,
    pub(super) term: f64,
}

impl Sums {
    #[inline]
    pub(super) fn add(&mut self, other: &Self) {
        self.np += other.np;
        self.dist += other.dist;
        self.term += other.term;
    }

    /// Mean separation of the pairs.
    pub(super) fn mean_distance(&self) -> f64 {
        self.dist / self.np as f64
    }
}

/// Parts that the work is cut into, whoever does it: sums are added up by part, so they may not depend on the threads.
const PARTS: usize = 64;
/// Most cells that the sums of all parts may have together, 24 bytes each.
const MOST_CELLS: usize = 4_000_000;

impl<'a> Design<'a> {
    /// # Errors
    /// An azimuth that is not finite, a tolerance outside (0, 90], or directions on a sphere.
    pub(super) fn new(lags: &'a LagClasses, directions: &'a [Direction], metric: Metric) -> Result<Self> {
        for d in directions {
            if !(d.tolerance > 0.0 && d.tolerance <= 90.0) {
                let requirement = "above 0 and at most 90 degrees";
                return Err(Error::Parameter { name: "direction tolerance", value: d.tolerance, requirement });
            }
            if !d.azimuth.is_finite() {
                let requirement = "a finite angle in degrees";
                return Err(Error::Parameter { name: "azimuth", value: d.azimuth, requirement });
            }
        }
        if !directions.is_empty() {
            metric.check_plane("directions are the same everywhere")?;
        }
        Ok(Self { lags, directions, sectors: directions.iter().map(|d| Sector::new(*d)).collect() })
    }

    pub(super) fn cutoff(&self) -> f64 {
        self.lags.cutoff()
    }

    /// Directions, or one for all of them together.
    pub(super) fn groups(&self) -> usize {
        self.sectors.len().max(1)
    }

    pub(super) fn cells(&self) -> usize {
        self.groups() * self.lags.upper().len()
    }

    /// Azimuth of a cell's direction; `None` for all directions together.
    pub(super) fn azimuth(&self, cell: usize) -> Option<f64> {
        self.directions.get(cell / self.lags.upper().len()).map(|d| d.azimuth)
    }

    /// Calls `add` with each cell that a pair belongs to.
    #[inline]
    pub(super) fn cells_of(&self, separation: Coord, h: f64, mut add: impl FnMut(usize)) {
        let Some(class) = self.lags.class_of(h) else { return };
        if self.sectors.is_empty() {
            add(class);
        }
        for (group, sector) in self.sectors.iter().enumerate() {
            if sector.contains(separation, h) {
                add(group * self.lags.upper().len() + class);
            }
        }
    }

    /// Pairs, distances and terms by cell; the terms are of two columns by position of `search`.
    ///
    /// # Errors
    /// The executor was cancelled.
    pub(super) fn sums<T: Term>(
        &self,
        search: &PairSearch,
        executor: &dyn Executor,
        columns: [&[f64]; 2],
        _term: T,
    ) -> Result<Vec<Sums>> {
        let parts = (MOST_CELLS / self.cells()).clamp(1, PARTS);
        let classifier = Classifier::new(self.lags.upper());
        let by_part = map(executor, parts, |part| {
            dispatch(self.part::<T>(search, search.part(part, parts), &classifier, columns))
        })?;
        let mut total = vec![Sums::default(); self.cells()];
        for sums in by_part {
            total.iter_mut().zip(sums).for_each(|(t, s)| t.add(&s));
        }
        Ok(total)
    }

    /// The share of [`sums`](Self::sums) of pairs whose earlier position is one of these.
    pub(super) fn part<'b, T: Term>(
        &'b self,
        search: &'b PairSearch,
        positions: std::ops::Range<usize>,
        classifier: &'b Classifier,
        columns: [&'b [f64]; 2],
    ) -> Accumulate<'b, T> {
        let (classes, sectors) = (self.lags.upper().len(), &self.sectors[..]);
        Accumulate { search, positions, classifier, classes, sectors, columns, term: PhantomData }
    }

    /// `term` of each pair in the cells from `first` to before `end`, cell by cell, in an order that depends on the samples
    /// alone.
    ///
    /// # Errors
    /// The executor was cancelled.
    pub(super) fn gather(
        &self,
        search: &PairSearch,
        executor: &dyn Executor,
        cells: std::ops::Range<usize>,
        term: impl Fn(usize, usize) -> f64 + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let parts = (MOST_CELLS / cells.len()).clamp(1, PARTS);
        let mut by_part = map(executor, parts, |part| {
            let mut terms = vec![Vec::new(); cells.len()];
            search.visit(search.part(part, parts), |p, q, separation, h| {
                self.cells_of(separation, h, |cell| {
                    if cells.contains(&cell) {
                        terms[cell - cells.start].push(term(p, q));
                    }
                });
            });
            terms
        })?;
        let together = |k: usize| {
            let pairs = by_part.iter().map(|terms| terms[k].len()).sum();
            let mut all = Vec::with_capacity(pairs);
            by_part.iter_mut().for_each(|terms| all.append(&mut std::mem::take(&mut terms[k])));
            all
        };
        Ok((0..cells.len()).map(together).collect())
    }

    /// Why there is no pair in any cell.
    pub(super) fn no_pairs(&self, coords: &[Coord], metric: Metric) -> Error {
        let index = SampleIndex::with_metric(coords, metric);
        let closest = coords.iter().map(|&c| index.nearest_two(c)[1]).fold(f64::INFINITY, f64::min);
        let cutoff = self.cutoff();
        if closest <= cutoff { Error::NoPairsInDirections { cutoff } } else { Error::NoPairs { cutoff, closest } }
    }
}

/// A direction ready to judge pairs.
#[derive(Debug)]
pub(super) struct Sector {
    sin: f64,
    cos: f64,
    least_cosine: f64,
    all: bool,
}

impl Sector {
    fn new(direction: Direction) -> Self {
        let (sin, cos) = direction.azimuth.to_radians().sin_cos();
        Self { sin, cos, least_cosine: direction.tolerance.to_radians().cos(), all: direction.tolerance == 90.0 }
    }

    /// A pair exactly on the limit counts; a pair at no distance has every direction.
    #[inline]
    fn contains(&self, separation: Coord, h: f64) -> bool {
        self.all || h == 0.0 || (separation[0] * self.sin + separation[1] * self.cos).abs() / h >= self.least_cosine
    }

    /// [`contains`](Self::contains) of many pairs.
    #[inline(always)]
    pub(super) fn contain<S: Simd>(&self, simd: S, [east, north]: [S::f64s; 2], h: S::f64s) -> S::m64s {
        let nothing = simd.splat_f64s(0.0);
        if self.all {
            return simd.less_than_or_equal_f64s(nothing, h);
        }
        let along = simd
            .add_f64s(simd.mul_f64s(east, simd.splat_f64s(self.sin)), simd.mul_f64s(north, simd.splat_f64s(self.cos)));
        let cosine = simd.div_f64s(simd.abs_f64s(along), h);
        let near = simd.greater_than_or_equal_f64s(cosine, simd.splat_f64s(self.least_cosine));
        simd.or_m64s(near, simd.equal_f64s(h, nothing))
    }
}
