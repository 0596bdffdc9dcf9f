//! The nearest samples in each sector around many targets that lie together.
//!
//! How deep a sample lies in a sector around c is the lesser of its distances from the sector's two sides, negative outside. Around a
//! target within h of c that changes by at most h: a sample deeper than h is in the sector of all targets of the region, one that is
//! more than h outside in that of none. Let d be the distance from c to the k-th nearest of the former: the k nearest in a target's
//! sector are within d + h of it, and so within d + 2h of c. These, sector by sector, are the region's candidates; a region is cut in
//! four while it has many of them, and each of its targets then looks at all that are left.
//!
//! Nothing is approximate: a target gets the samples that [`SampleIndex::neighbours`] finds alone.

use super::near::{Candidates, FEW, Near, NearScratch, Region, Visit, extent, slack};
use super::sides::signature;
use super::{SampleIndex, Sectors};
use crate::{Coord, Targets};

/// Samples looked at, times those wanted, before a region is given all there are: at the rim some sectors hold none.
const PATIENCE: usize = 64;

/// Working memory of a search by sectors.
#[derive(Debug, Default)]
pub(super) struct AroundScratch {
    /// Distances of samples that are in a sector for sure.
    sure: [Vec<f64>; Sectors::MOST],
    /// Squared distances and numbers of a target's samples.
    of_target: [Vec<(f64, u32)>; Sectors::MOST],
    all: Vec<(u32, f64)>,
}

/// How the neighbours of targets are found.
pub(super) struct Around<'a, 't> {
    targets: &'a Targets<'t>,
    sectors: Sectors,
    /// Normals of each sector's sides, into the sector.
    normals: Vec<[Coord; 2]>,
    /// Most samples of a sector.
    share: usize,
    own: Option<&'a [usize]>,
    radius: Option<f64>,
}

impl<'a, 't> Around<'a, 't> {
    /// For at most `max` samples in all, without a target's `own`.
    pub(super) fn new(
        targets: &'a Targets<'t>,
        sectors: Sectors,
        max: usize,
        own: Option<&'a [usize]>,
        radius: Option<f64>,
    ) -> Self {
        let width = 360.0 / sectors.count() as f64;
        // A side of azimuth a points to (sin a, cos a), and clockwise of it is (cos a, −sin a).
        let side = |k: usize| (width * k as f64).to_radians().sin_cos();
        let normals = (0..sectors.count()).map(|k| {
            let ((sin, cos), (next_sin, next_cos)) = (side(k), side(k + 1));
            [[cos, -sin], [-next_cos, next_sin]]
        });
        Self { targets, sectors, normals: normals.collect(), share: max / sectors.count(), own, radius }
    }

    /// How deep a sample at this separation lies in a sector.
    fn depth(&self, sector: usize, [x, y]: Coord) -> f64 {
        let [first, second] = self.normals[sector];
        (first[0] * x + first[1] * y).min(second[0] * x + second[1] * y)
    }

    /// Visits the targets of a region.
    pub(super) fn walk(
        &self,
        index: &SampleIndex,
        region: Region,
        serves: impl Fn(usize) -> bool,
        scratch: &mut NearScratch,
        visit: &mut impl Visit,
    ) {
        if scratch.levels.is_empty() {
            scratch.levels.push(Candidates::default());
        }
        let Some((centre, half)) = extent(self.targets, &region, &scratch.order) else { return };
        let reach = self.first_reach(index, centre, half, &serves, scratch);
        index.within(centre, reach, &mut scratch.found);
        scratch.levels[0].take(&mut scratch.found, serves);
        let wanted = self.share * self.sectors.count();
        let mut open = vec![(region, 0)];
        while let Some((region, level)) = open.pop() {
            let Some((centre, half)) = extent(self.targets, &region, &scratch.order) else { continue };
            if level > 0 {
                self.narrow(level, centre, half, scratch);
            }
            if region.len() > FEW && scratch.levels[level].sample.len() > 3 * wanted {
                let quarters = region.quarters(self.targets, &mut scratch.order, centre);
                open.extend(quarters.into_iter().map(|quarter| (quarter, level + 1)));
                continue;
            }
            match &region {
                Region::Window([columns, rows]) => {
                    let Some(window) = self.targets.as_window() else { return };
                    for row in rows.clone() {
                        for column in columns.clone() {
                            let target = row * window.size[0] + column;
                            self.visit(target, window.centre(column, row), level, scratch, visit);
                        }
                    }
                }
                Region::List(range) => {
                    for nth in range.clone() {
                        let target = scratch.order[nth] as usize;
                        self.visit(target, self.targets.coord(target), level, scratch, visit);
                    }
                }
            }
            visit.region_done();
        }
    }

    /// Samples that bound a sector's reach: where a target's own may be among them, one more.
    fn bounding(&self) -> usize {
        self.share + usize::from(self.own.is_some())
    }

    /// How far from the centre of the first region its candidates are; infinite where they are not bounded.
    fn first_reach(
        &self,
        index: &SampleIndex,
        centre: Coord,
        half: f64,
        serves: &impl Fn(usize) -> bool,
        scratch: &mut NearScratch,
    ) -> f64 {
        let by_radius = self.radius.map_or(f64::INFINITY, |radius| radius + half);
        let mut counts = [0; Sectors::MOST];
        let mut open = self.sectors.count();
        scratch.found.clear();
        for (squared, sample, at) in index.by_key(centre).take(PATIENCE * self.share * self.sectors.count()) {
            let distance = squared.sqrt();
            if distance > by_radius {
                break;
            }
            let apart = [at[0] - centre[0], at[1] - centre[1]];
            for (sector, count) in counts.iter_mut().enumerate().take(self.sectors.count()) {
                if serves(sample) && self.depth(sector, apart) > half + slack(distance, centre) {
                    *count += 1;
                    open -= usize::from(*count == self.bounding());
                }
            }
            if open == 0 {
                let reach = by_radius.min(distance + 2.0 * half);
                return reach + slack(reach, centre);
            }
        }
        by_radius + slack(by_radius, centre)
    }

    /// The candidates of a region from those of the region around it.
    fn narrow(&self, level: usize, centre: Coord, half: f64, scratch: &mut NearScratch) {
        let NearScratch { levels, around, .. } = scratch;
        if levels.len() == level {
            levels.push(Candidates::default());
        }
        let (outer, inner) = levels.split_at_mut(level);
        let (outer, inner) = (&outer[level - 1], &mut inner[0]);
        let count = self.sectors.count();
        let places = || outer.at[0].iter().zip(&outer.at[1]).map(|(x, y)| [x - centre[0], y - centre[1]]);
        let distance = |apart: Coord| (apart[0] * apart[0] + apart[1] * apart[1]).sqrt();
        around.sure.iter_mut().for_each(Vec::clear);
        for apart in places() {
            let distance = distance(apart);
            for sector in 0..count {
                if self.depth(sector, apart) > half + slack(distance, centre) {
                    around.sure[sector].push(distance);
                }
            }
        }
        let by_radius = self.radius.map_or(f64::INFINITY, |radius| radius + half);
        let reach: [f64; Sectors::MOST] = std::array::from_fn(|sector| {
            let (sure, nth) = (&mut around.sure[sector], self.bounding() - 1);
            let bounded = sure.len() > nth;
            let by_number = if bounded { *sure.select_nth_unstable_by(nth, f64::total_cmp).1 } else { f64::INFINITY };
            let reach = by_radius.min(by_number + 2.0 * half);
            reach + slack(reach, centre)
        });
        inner.sample.clear();
        inner.at.iter_mut().for_each(Vec::clear);
        for (i, apart) in places().enumerate() {
            let distance = distance(apart);
            let may_serve = |sector: usize| {
                distance <= reach[sector] && self.depth(sector, apart) >= -(half + slack(distance, centre))
            };
            if (0..count).any(may_serve) {
                inner.sample.push(outer.sample[i]);
                (0..2).for_each(|axis| inner.at[axis].push(outer.at[axis][i]));
            }
        }
    }

    /// Visits a target with the nearest candidates of each sector, equal distances the lowest number first.
    fn visit(&self, target: usize, at: Coord, level: usize, scratch: &mut NearScratch, visit: &mut impl Visit) {
        let NearScratch { levels, members, distances, around, .. } = scratch;
        let Candidates { sample, at: places, .. } = &levels[level];
        let AroundScratch { of_target, all, .. } = around;
        let limit = self.radius.map_or(f64::INFINITY, |r| r * r);
        let own = self.own.map(|own| own[target] as u32);
        of_target.iter_mut().for_each(Vec::clear);
        for ((&sample, x), y) in sample.iter().zip(&places[0]).zip(&places[1]) {
            let apart = [x - at[0], y - at[1]];
            let squared = apart[0].powi(2) + apart[1].powi(2);
            if squared <= limit && own != Some(sample) {
                of_target[self.sectors.of(apart)].push((squared, sample));
            }
        }
        all.clear();
        for found in of_target.iter_mut() {
            if found.len() > self.share {
                found.select_nth_unstable_by(self.share - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                found.truncate(self.share);
            }
            all.extend(found.iter().map(|&(squared, sample)| (sample, squared)));
        }
        all.sort_unstable_by_key(|&(sample, _)| sample);
        members.clear();
        members.extend(all.iter().map(|&(sample, _)| sample));
        distances.clear();
        distances.extend(all.iter().map(|&(_, squared)| squared));
        visit.visit(target, &Near { members, squared: distances, signature: signature(members) });
    }
}
