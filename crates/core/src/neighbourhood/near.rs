//! The nearest samples of many targets that lie together, found from one another.
//!
//! Let c be the centre of a region of targets, h the farthest that a target is from it, and d the distance from c to its
//! k-th nearest sample. Any target's k nearest are then within d + 2h of c (twice the triangle inequality): these are the
//! region's candidates. A region is cut in four while that makes the candidates fewer, each quarter choosing among those of the
//! whole. In a small region targets are visited so that each is beside the one before, and has nearly its neighbours: as long
//! as no candidate outside is nearer than the farthest inside, they are the same; else the two change places, and again.
//!
//! Nothing is approximate: a target gets the samples that [`SampleIndex::neighbours`] finds alone, equal distances the lowest
//! number first. Squared distances are computed without fused products, so that all machines agree on them.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::around::{Around, AroundScratch};
use super::sides::{Sides, signature};
use super::{SampleIndex, Search};
use crate::simd::dispatch;
use crate::{Coord, Targets};

/// Targets of a region that is not cut any further.
pub(super) const FEW: usize = 16;

/// What is done with a target and its neighbours.
pub(crate) trait Visit {
    /// Takes one target. Nothing is known of a target whose place is not finite: none is visited.
    fn visit(&mut self, target: usize, near: &Near<'_>);
    /// Called when a region's targets have all been visited.
    fn region_done(&mut self) {}
}

/// The neighbours of one target.
pub(crate) struct Near<'a> {
    /// Numbers of the samples, increasing.
    pub(crate) members: &'a [u32],
    /// Squared distances to them.
    pub(crate) squared: &'a [f64],
    /// A number that is the same for the same samples and, for all practical purposes, for no others: of n sets two share a
    /// signature with a probability of n² / 2¹²⁹.
    pub(crate) signature: u128,
}

/// Samples that are held out: they are no neighbours.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    Nothing,
    /// Of each target the sample of this number, which lies there.
    Own(&'a [usize]),
    /// Of every target those that this is true of.
    These(&'a dyn Fn(usize) -> bool),
}

impl Held<'_> {
    /// Whether a sample may be a neighbour of a target.
    pub(crate) fn keeps(self, target: usize, sample: usize) -> bool {
        match self {
            Self::Nothing => true,
            Self::Own(own) => own[target] != sample,
            Self::These(held) => !held(sample),
        }
    }
}

/// Working memory of a search over many targets.
#[derive(Debug, Default)]
pub(crate) struct NearScratch {
    /// Candidates of each level of regions within regions.
    pub(super) levels: Vec<Candidates>,
    pub(super) found: Vec<(u32, Coord)>,
    squared: Vec<f64>,
    pub(super) order: Vec<u32>,
    sides: Sides,
    pub(super) members: Vec<u32>,
    pub(super) distances: Vec<f64>,
    pub(super) around: AroundScratch,
}

/// Samples that may be neighbours, by increasing number.
#[derive(Debug, Default, Clone)]
pub(super) struct Candidates {
    pub(super) sample: Vec<u32>,
    pub(super) at: [Vec<f64>; 2],
    /// Squared distance from the region's centre within which they are.
    area: f64,
}

impl Candidates {
    /// Takes those of the samples found that serve.
    pub(super) fn take(&mut self, found: &mut Vec<(u32, Coord)>, serves: impl Fn(usize) -> bool) {
        found.retain(|&(sample, _)| serves(sample as usize));
        found.sort_unstable_by_key(|&(sample, _)| sample);
        self.sample.clear();
        self.sample.extend(found.iter().map(|&(sample, _)| sample));
        for axis in 0..2 {
            self.at[axis].clear();
            self.at[axis].extend(found.iter().map(|(_, at)| at[axis]));
        }
    }
}

/// Which targets: a rectangle of a window's columns and rows, or a part of a list.
#[derive(Debug, Clone)]
pub(super) enum Region {
    Window([Range<usize>; 2]),
    List(Range<usize>),
}

impl SampleIndex {
    /// Visits every target with its neighbours, in whatever order suits. False, and nothing is visited, where each target must be
    /// searched alone: on a sphere.
    pub(crate) fn visit_near(
        &self,
        targets: &Targets<'_>,
        search: &Search,
        held: Held<'_>,
        scratch: &mut NearScratch,
        visit: &mut impl Visit,
    ) -> bool {
        if self.is_sphere() {
            return false;
        }
        let order = &mut scratch.order;
        order.clear();
        // Targets that are nowhere are left out of the order; a window is all somewhere, or nowhere.
        let region = match targets.as_window() {
            Some(window) => Region::Window([0..window.size[0], 0..window.size[1]]),
            None => {
                order.extend((0..targets.len() as u32).filter(|&i| is_finite(targets.coord(i as usize))));
                Region::List(0..order.len())
            }
        };
        let Some((centre, half)) = extent(targets, &region, order) else { return true };
        if !is_finite(centre) || !half.is_finite() {
            return false;
        }
        let max = search.max.map_or(usize::MAX, std::num::NonZero::get);
        // Of one more than are wanted a target's own can go.
        let (most, own) = if let Held::Own(own) = held { (max.saturating_add(1), Some(own)) } else { (max, None) };
        let serves = |sample: usize| if let Held::These(held) = held { !held(sample) } else { true };
        if let Some(sectors) = search.sectors {
            let around = Around::new(targets, sectors, max, own, search.radius);
            around.walk(self, region, serves, scratch, visit);
            return true;
        }
        let reach = self.reach(centre, half, most, search.radius, serves);
        if scratch.levels.is_empty() {
            scratch.levels.push(Candidates::default());
        }
        let (root, found) = (&mut scratch.levels[0], &mut scratch.found);
        self.within(centre, reach + slack(reach, centre), found);
        root.take(found, serves);
        root.area = reach * reach;
        dispatch(Walk { targets, most, own, radius: search.radius, scratch, visit, region });
        true
    }
}

/// Whether both coordinates are numbers.
fn is_finite(at: Coord) -> bool {
    at[0].is_finite() && at[1].is_finite()
}

/// What is added to a bound for the rounding of places of this size.
pub(super) fn slack(reach: f64, centre: Coord) -> f64 {
    1e-12 * reach + 16.0 * f64::EPSILON * (centre[0].abs() + centre[1].abs())
}

/// Centre of a region's targets and the farthest that one may be from it; `None` where there is no target.
pub(super) fn extent(targets: &Targets<'_>, region: &Region, order: &[u32]) -> Option<(Coord, f64)> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let mut include = |at: Coord| {
        for axis in 0..2 {
            low[axis] = low[axis].min(at[axis]);
            high[axis] = high[axis].max(at[axis]);
        }
    };
    match region {
        Region::Window([columns, rows]) => {
            if columns.is_empty() || rows.is_empty() {
                return None;
            }
            let window = targets.as_window()?;
            include(window.centre(columns.start, rows.start));
            include(window.centre(columns.end - 1, rows.end - 1));
        }
        Region::List(range) => {
            if range.is_empty() {
                return None;
            }
            order[range.clone()].iter().for_each(|&i| include(targets.coord(i as usize)));
        }
    }
    let centre = [0.5 * low[0] + 0.5 * high[0], 0.5 * low[1] + 0.5 * high[1]];
    Some((centre, (0.5 * (high[0] - low[0])).hypot(0.5 * (high[1] - low[1]))))
}

struct Walk<'a, 't, V> {
    targets: &'a Targets<'t>,
    /// How many are found for a target; one more than are wanted where its own is not wanted.
    most: usize,
    own: Option<&'a [usize]>,
    radius: Option<f64>,
    scratch: &'a mut NearScratch,
    visit: &'a mut V,
    region: Region,
}

impl<V: Visit> WithSimd for Walk<'_, '_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // Regions yet to be walked, with their level.
        let mut open = vec![(self.region.clone(), 0)];
        while let Some((region, level)) = open.pop() {
            let Some((centre, half)) = extent(self.targets, &region, &self.scratch.order) else { continue };
            if level > 0 {
                self.narrow(simd, level, centre, half);
            }
            let (count, candidates) = (region.len(), self.scratch.levels[level].sample.len());
            // Cutting pays while a target looks at many candidates that cannot be its neighbours. Of all within a radius these are
            // the more, the wider the region is against it.
            let many = match self.radius {
                Some(radius) if self.most == usize::MAX => candidates > 2 * FEW && half > 0.25 * radius,
                _ => candidates > self.most.saturating_mul(2).max(self.most.saturating_add(24)),
            };
            // Targets of a list can be as far apart as samples: few share their candidates.
            let few = if matches!(region, Region::List(_)) { FEW / 4 } else { FEW };
            if count > few && many {
                let quarters = region.quarters(self.targets, &mut self.scratch.order, centre);
                open.extend(quarters.into_iter().map(|quarter| (quarter, level + 1)));
            } else {
                self.walk(simd, &region, level);
                self.visit.region_done();
            }
        }
    }
}

impl Region {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Window([columns, rows]) => columns.len() * rows.len(),
            Self::List(range) => range.len(),
        }
    }

    /// A region in at most four parts, cut at its centre; `order` is of the targets of lists.
    pub(super) fn quarters(&self, targets: &Targets<'_>, order: &mut [u32], centre: Coord) -> Vec<Self> {
        match self {
            Self::Window([columns, rows]) => {
                let halves = |r: &Range<usize>| {
                    let middle = r.start + r.len().div_ceil(2);
                    [r.start..middle, middle..r.end]
                };
                // A long rectangle is cut across alone.
                let columns_cut = columns.len() * 2 > rows.len();
                let rows_cut = rows.len() * 2 > columns.len();
                let of = |cut: bool, r: &Range<usize>| if cut { halves(r).to_vec() } else { vec![r.clone()] };
                let mut parts = Vec::with_capacity(4);
                for rows in of(rows_cut, rows) {
                    parts.extend(
                        of(columns_cut, columns).into_iter().map(|columns| Self::Window([columns, rows.clone()])),
                    );
                }
                parts
            }
            Self::List(range) => {
                let mut cut = |range: Range<usize>, axis: usize| {
                    let part = &mut order[range.clone()];
                    part.sort_unstable_by_key(|&i| (targets.coord(i as usize)[axis] > centre[axis], i));
                    let middle =
                        range.start + part.partition_point(|&i| targets.coord(i as usize)[axis] <= centre[axis]);
                    [range.start..middle, middle..range.end]
                };
                let [south, north] = cut(range.clone(), 1);
                let parts = [cut(south, 0), cut(north, 0)];
                let parts: Vec<Range<usize>> = parts.into_iter().flatten().filter(|r| !r.is_empty()).collect();
                if parts.len() == 1 {
                    // All at one place: any cut will do.
                    let middle = range.start + range.len() / 2;
                    return vec![Self::List(range.start..middle), Self::List(middle..range.end)];
                }
                parts.into_iter().map(Self::List).collect()
            }
        }
    }
}

impl<V: Visit> Walk<'_, '_, V> {
    /// The candidates of a region from those of the region around it.
    #[inline(always)]
    fn narrow<S: Simd>(&mut self, simd: S, level: usize, centre: Coord, half: f64) {
        let NearScratch { levels, squared, .. } = &mut *self.scratch;
        if levels.len() == level {
            levels.push(Candidates::default());
        }
        let (outer, inner) = levels.split_at_mut(level);
        let (outer, inner) = (&outer[level - 1], &mut inner[0]);
        let n = outer.sample.len();
        super::sides::distances(simd, &outer.at, centre, squared);
        let mut reach = self.radius.map_or(f64::INFINITY, |r| r + half);
        if n > self.most {
            let held = holding(&squared[..n], self.most, outer.area, &mut inner.at[0]);
            reach = reach.min(held.sqrt() + 2.0 * half);
        }
        let limit = (reach + slack(reach, centre)).powi(2);
        inner.area = limit;
        inner.sample.resize(n, 0);
        inner.at.iter_mut().for_each(|column| column.resize(n, 0.0));
        // Each is written where the next one goes, and stays if it is near enough: there is no branch to guess.
        let (mut kept, outer_x, outer_y) = (0, &outer.at[0][..n], &outer.at[1][..n]);
        let [x, y] = &mut inner.at;
        for (i, &d) in squared[..n].iter().enumerate() {
            (inner.sample[kept], x[kept], y[kept]) = (outer.sample[i], outer_x[i], outer_y[i]);
            kept += usize::from(d <= limit);
        }
        inner.sample.truncate(kept);
        inner.at.iter_mut().for_each(|column| column.truncate(kept));
    }

    /// Visits the targets of a region, each beside the one before.
    #[inline(always)]
    fn walk<S: Simd>(&mut self, simd: S, region: &Region, level: usize) {
        let mut fresh = true;
        match region {
            Region::Window([columns, rows]) => {
                let Some(window) = self.targets.as_window() else { return };
                for (nth, row) in rows.clone().enumerate() {
                    let width = columns.len();
                    for k in 0..width {
                        let column = columns.start + if nth % 2 == 0 { k } else { width - 1 - k };
                        let target = row * window.size[0] + column;
                        self.step(simd, target, window.centre(column, row), level, fresh);
                        fresh = false;
                    }
                }
            }
            Region::List(range) => {
                for nth in range.clone() {
                    let target = self.scratch.order[nth] as usize;
                    self.step(simd, target, self.targets.coord(target), level, fresh);
                    fresh = false;
                }
            }
        }
    }

    /// Moves on to a target, and visits it.
    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, target: usize, at: Coord, level: usize, fresh: bool) {
        let NearScratch { levels, sides, members, distances, .. } = &mut *self.scratch;
        if fresh {
            let Candidates { sample, at: places, .. } = &levels[level];
            sides.begin(simd, sample, places, self.most, at);
        } else {
            sides.move_to(simd, at);
        }
        let (samples, squared) = sides.inside();
        let limit = self.radius.map_or(f64::INFINITY, |r| r * r);
        let near = if self.own.is_some() || self.radius.is_some() && squared.iter().any(|&d| d > limit) {
            let left_out = self.own.and_then(|own| leaves(own[target], samples, squared, self.most));
            members.clear();
            distances.clear();
            let near = samples.iter().zip(squared).enumerate();
            for (_, (&sample, &d)) in near.filter(|&(nth, (_, &d))| d <= limit && Some(nth) != left_out) {
                members.push(sample);
                distances.push(d);
            }
            Near { members, squared: distances, signature: signature(members) }
        } else {
            Near { members: samples, squared, signature: sides.signature() }
        };
        self.visit.visit(target, &near);
    }
}

/// A squared distance within which there are at least `most` of these, and not many more; `area` is one that holds nearly all.
///
/// To count is several times quicker than to select, and a bound need not be the least.
#[inline(always)]
fn holding(squared: &[f64], most: usize, area: f64, spare: &mut Vec<f64>) -> f64 {
    let few = most + most / 4 + 4;
    let mut within = 1.2 * area * most as f64 / squared.len() as f64;
    for _ in 0..4 {
        let count: usize = squared.iter().map(|&d| usize::from(d <= within)).sum();
        if (most..=few).contains(&count) {
            return within;
        }
        within *= (most + most / 8 + 2) as f64 / count.max(1) as f64;
    }
    spare.clear();
    spare.extend_from_slice(squared);
    *spare.select_nth_unstable_by(most - 1, f64::total_cmp).1
}

/// Which of the samples found is not wanted: a target's own, or where more than are wanted lie at its place and it is not among
/// these, the farthest, of equally far ones the last.
fn leaves(own: usize, samples: &[u32], squared: &[f64], most: usize) -> Option<usize> {
    samples.binary_search(&(own as u32)).ok().or_else(|| {
        let farthest = (0..samples.len()).max_by(|&a, &b| squared[a].total_cmp(&squared[b]).then(a.cmp(&b)));
        farthest.filter(|_| samples.len() == most)
    })
}

#[cfg(test)]
mod tests;
