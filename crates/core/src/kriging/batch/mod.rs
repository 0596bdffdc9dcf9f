//! Many targets at a time: those with the same neighbours share one system, and a vector holds a system in every lane.
//!
//! [`MovingKriging::predict_one`](super::moving::MovingKriging) is the plain version, which does what does not go in lanes and what
//! tests compare with.

mod solve;
mod targets;
pub(crate) mod triangle;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

use solve::{Asked, BatchScratch, arrange, solve};
pub(super) use solve::{Data, Recipe};

use crate::neighbourhood::{Held, Near, NearScratch, SampleIndex, Search, Visit};
use crate::spent::Spent;
use crate::{Gap, Predictions, Targets};

/// Most samples of a system in lanes: more are quicker one system at a time, and take less room.
const MOST_SAMPLES: usize = 256;

/// A batch is solved when it has this many systems or targets: enough to fill lanes with alike ones, few enough for a cache.
const FULL: [usize; 2] = [512, 16_384];

/// Working memory of predictions in batches, one per thread.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    jobs: Jobs,
    scratch: BatchScratch,
    /// Targets that are left to be predicted one by one, after the number of the predictor.
    alone: Vec<(u32, u32)>,
    pub(crate) spent: Spent,
}

impl Batch {
    /// The targets, after the number of a predictor, that are still to be predicted one by one: those whose system is singular in
    /// floating point, or too large.
    pub(super) fn take_alone(&mut self) -> Vec<(u32, u32)> {
        std::mem::take(&mut self.alone)
    }

    /// Gives back the room of what was taken.
    pub(super) fn give_alone(&mut self, alone: Vec<(u32, u32)>) {
        self.alone = alone;
    }
}

/// Where the neighbours of targets are from.
pub(super) struct Searched<'a> {
    pub(super) index: &'a SampleIndex,
    pub(super) search: &'a Search,
    pub(super) held: Held<'a>,
}

/// Predicts the targets that a search finds neighbours for, by each of `recipes`, which need as many covariates; false where it
/// cannot be done, else some are left to be [predicted one by one](Batch::take_alone).
pub(super) fn predict(
    recipes: &[Recipe<'_>],
    Searched { index, search, held }: Searched<'_>,
    targets: &Targets<'_>,
    near: &mut NearScratch,
    batch: &mut Batch,
    outs: &mut [Predictions],
) -> bool {
    batch.jobs.clear();
    batch.alone.clear();
    let needed = recipes.first().map_or(0, |recipe| recipe.setting.basis.covariates());
    let (begun, before) = (Instant::now(), batch.spent);
    let mut collect = Collect { recipes, needed, least: search.min.get(), targets, batch, outs, last: None };
    if !index.visit_near(targets, search, held, near, &mut collect) {
        return false;
    }
    collect.solve();
    let solving = (batch.spent.systems + batch.spent.solutions) - (before.systems + before.solutions);
    batch.spent.search += begun.elapsed().saturating_sub(solving);
    true
}

/// Collects targets by their neighbours.
struct Collect<'a, 't> {
    recipes: &'a [Recipe<'a>],
    /// Covariates of a target.
    needed: usize,
    least: usize,
    targets: &'a Targets<'t>,
    batch: &'a mut Batch,
    outs: &'a mut [Predictions],
    /// The set of the target before, which is often this one's.
    last: Option<(u128, u32)>,
}

impl Collect<'_, '_> {
    fn solve(&mut self) {
        let Batch { jobs, scratch, alone, spent } = &mut *self.batch;
        arrange(jobs, scratch);
        for recipe in self.recipes {
            *spent += solve(recipe, jobs, scratch, Asked { targets: self.targets, outs: self.outs, singular: alone });
        }
        jobs.clear();
        self.last = None;
    }

    fn none(&mut self, target: usize, gap: Gap) {
        self.outs.iter_mut().for_each(|out| out.set(target, Err(gap)));
    }
}

impl Visit for Collect<'_, '_> {
    #[inline]
    fn visit(&mut self, target: usize, near: &Near<'_>) {
        let found = near.members.len();
        if self.needed > 0
            && let Err(gap) = self.targets.known_covariates(target, self.needed)
        {
            return self.none(target, gap);
        }
        if found < self.least {
            return self.none(target, Gap::TooFewNeighbours { found: found as u32, needed: self.least as u32 });
        }
        if found > MOST_SAMPLES {
            return self.batch.alone.extend((0..self.outs.len() as u32).map(|member| (member, target as u32)));
        }
        let jobs = &mut self.batch.jobs;
        let set = match self.last {
            Some((signature, set)) if signature == near.signature => set,
            _ => jobs.set(near.signature, near.members),
        };
        self.last = Some((near.signature, set));
        jobs.add(set, target as u32);
    }

    fn region_done(&mut self) {
        if self.batch.jobs.sets.len() >= FULL[0] || self.batch.jobs.pairs.len() >= FULL[1] {
            self.solve();
        }
    }
}

/// Sets of neighbours, and the targets that each serves.
#[derive(Debug, Default)]
struct Jobs {
    sets: Vec<Set>,
    /// Samples of all sets, increasing within each.
    members: Vec<u32>,
    /// Set and target, in the order in which they came.
    pairs: Vec<(u32, u32)>,
    by_signature: HashMap<u128, u32, BuildHasherDefault<Signed>>,
}

#[derive(Debug, Clone, Copy)]
struct Set {
    first: u32,
    len: u32,
    targets: u32,
}

/// Signatures are random already.
#[derive(Debug, Default)]
struct Signed(u64);

impl Hasher for Signed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.0 = self.0.rotate_left(8) ^ u64::from(b));
    }

    fn write_u128(&mut self, signature: u128) {
        self.0 = signature as u64;
    }
}

impl Jobs {
    fn clear(&mut self) {
        self.sets.clear();
        self.members.clear();
        self.pairs.clear();
        self.by_signature.clear();
    }

    /// The set of this signature, which has these members.
    fn set(&mut self, signature: u128, members: &[u32]) -> u32 {
        *self.by_signature.entry(signature).or_insert_with(|| {
            let first = self.members.len() as u32;
            self.members.extend_from_slice(members);
            self.sets.push(Set { first, len: members.len() as u32, targets: 0 });
            (self.sets.len() - 1) as u32
        })
    }

    /// Adds a target to a set.
    fn add(&mut self, set: u32, target: u32) {
        self.sets[set as usize].targets += 1;
        self.pairs.push((set, target));
    }

    /// Samples of a set, increasing.
    fn members(&self, set: usize) -> &[u32] {
        let Set { first, len, .. } = self.sets[set];
        &self.members[first as usize..(first + len) as usize]
    }
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::solve::solve_by;
    use super::*;
    use crate::drift::Drift;
    use crate::kriging::{Kriging, setting::Setting};
    use crate::neighbourhood::Neighbourhood;
    use crate::random::Random;
    use crate::variogram::{LaneCovariance, Variogram};
    use crate::{Coord, Samples};

    /// Sets of 1 to 33 samples, which share targets unevenly, by the best instructions there are and by none.
    #[test]
    fn instruction_sets_agree() {
        let mut random = Random::new(17);
        let mut place = || [1e5 + 100.0 * random.uniform(), 5e6 + 100.0 * random.uniform()];
        let coords: Vec<Coord> = (0..150).map(|_| place()).collect();
        let places: Vec<Coord> = (0..120).map(|_| place()).collect();
        let values = coords.iter().map(|c| 1e3 + (c[0] / 20.0).sin() + (c[1] / 30.0).cos()).collect();
        let samples = Samples::new(coords, values).unwrap();
        let targets = Targets::points(&places);
        for (model, drift) in [
            ("0.1 Nug + 1 Sph(40)", Drift::Constant),
            ("0.1 Nug + 1 Exp(30)", Drift::polynomial(1)),
            ("0.2 Nug + 1 Mat(20, kappa=1.5)", Drift::KnownMean(1e3)),
        ] {
            let kriging = Kriging::new(model.parse::<Variogram>().unwrap(), drift, Neighbourhood::nearest(33).unwrap());
            let setting = Setting::new(&kriging, &samples).unwrap();
            let covariance = LaneCovariance::new(&setting.variogram).unwrap();
            let data = vec![Data { values: samples.values(), centre: setting.centre, out: 0 }];
            let recipe = &Recipe { setting: &setting, covariance: &covariance, samples: &samples, data };
            let mut jobs = Jobs::default();
            for target in 0..places.len() as u32 {
                let size = 5 + target / 4 % 29;
                let members: Vec<u32> = (0..size).map(|k| 4 * k + target / 4 % 4).collect();
                let set = jobs.set(u128::from(target / 4), &members);
                jobs.add(set, target);
            }
            let solved = |arch: Arch| {
                let (mut out, mut singular) = (Predictions::default(), Vec::new());
                out.reset(places.len(), true);
                let outs = std::slice::from_mut(&mut out);
                let asked = Asked { targets: &targets, outs, singular: &mut singular };
                solve_by(arch, recipe, &jobs, &mut BatchScratch::default(), asked);
                assert!(singular.is_empty(), "{singular:?}");
                out
            };
            let (best, plain) = (solved(Arch::new()), solved(Arch::Scalar));
            for (a, b) in best.iter().zip(plain.iter()) {
                let (a, b) = (a.unwrap(), b.unwrap());
                assert!((a.value - b.value).abs() <= 1e-12 * b.value.abs(), "{model}: {a:?} is not {b:?}");
                let (of_a, of_b) = (a.variance.unwrap(), b.variance.unwrap());
                assert!((of_a - of_b).abs() <= 1e-12 * setting.own_variance, "{model}: {a:?} is not {b:?}");
            }
        }
    }
}
