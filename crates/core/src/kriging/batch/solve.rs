//! The systems of a batch: their covariances and factors, and the order in which they are taken.

use std::time::Instant;

use pulp::{Simd, WithSimd};

use super::Jobs;
use super::targets::{Outcomes, TargetScratch};
use super::triangle::{BLOCK, block_start, factor};
use crate::drift::Basis;
use crate::kriging::setting::Setting;
use crate::simd::{Aligned, MOST_LANES, dispatch, vectors, vectors_mut};
use crate::spent::Spent;
use crate::variogram::LaneCovariance;
use crate::{Predictions, Samples, Targets};

/// Most targets of one lane: a set with more is factored more than once, so that lanes have about as much to do.
const PIECE: usize = 64;

/// Working memory of a batch, one per thread.
#[derive(Debug, Default)]
pub(crate) struct BatchScratch {
    order: Vec<Piece>,
    /// Targets, those of each set together.
    targets: Vec<u32>,
    /// Where the next target of each set goes.
    next: Vec<u32>,
    /// Eastings and northings of the samples of the systems.
    places: [Aligned; 2],
    matrix: Aligned,
    /// The data and the drift's functions, as rows of right-hand sides.
    heads: Aligned,
    bases: Vec<Basis>,
    functions: Vec<f64>,
    of_targets: TargetScratch,
}

/// Targets of a set that a lane does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    set: u32,
    /// Blocks of rows of its system.
    blocks: u32,
    first: u32,
    len: u32,
}

/// What a batch needs to know of the recipe.
pub(in crate::kriging) struct Recipe<'a> {
    pub(in crate::kriging) setting: &'a Setting,
    pub(in crate::kriging) covariance: &'a LaneCovariance,
    /// Places, covariates and errors of the samples.
    pub(in crate::kriging) samples: &'a Samples,
    /// What is predicted of the same systems, one or several.
    pub(in crate::kriging) data: Vec<Data<'a>>,
}

/// Values of the samples, and where predictions of them go.
#[derive(Clone, Copy)]
pub(in crate::kriging) struct Data<'a> {
    pub(in crate::kriging) values: &'a [f64],
    /// What is taken off them before solving.
    pub(in crate::kriging) centre: f64,
    /// The number of the predictions.
    pub(in crate::kriging) out: usize,
}

/// What becomes of the targets of a batch.
pub(in crate::kriging) struct Asked<'a, 't> {
    pub(in crate::kriging) targets: &'a Targets<'t>,
    /// Those of all data, of which the recipe's have their own.
    pub(in crate::kriging) outs: &'a mut [Predictions],
    /// Targets whose system is singular in floating point, after the number of their predictions: nothing is said of them.
    pub(in crate::kriging) singular: &'a mut Vec<(u32, u32)>,
}

/// Predicts the targets of all jobs, which are [arranged](arrange). Returns the time that it took.
pub(in crate::kriging) fn solve(
    recipe: &Recipe<'_>,
    jobs: &Jobs,
    scratch: &mut BatchScratch,
    asked: Asked<'_, '_>,
) -> Spent {
    dispatch(Solve { recipe, jobs, scratch, asked })
}

/// The same with these instructions.
#[cfg(test)]
pub(super) fn solve_by(
    arch: pulp::Arch,
    recipe: &Recipe<'_>,
    jobs: &Jobs,
    scratch: &mut BatchScratch,
    asked: Asked<'_, '_>,
) {
    arrange(jobs, scratch);
    arch.dispatch(Solve { recipe, jobs, scratch, asked });
}

/// Puts the targets of each set together, and pieces of like size one after the other.
///
/// # Panics
/// A set without samples.
pub(super) fn arrange(jobs: &Jobs, scratch: &mut BatchScratch) {
    let BatchScratch { order, targets, next, .. } = scratch;
    order.clear();
    next.clear();
    let mut first = 0;
    for (number, set) in jobs.sets.iter().enumerate() {
        assert!(set.len > 0, "a system of no samples");
        next.push(first);
        let blocks = set.len.div_ceil(BLOCK as u32);
        let piece = |from: u32| {
            let len = (set.targets - from).min(PIECE as u32);
            Piece { set: number as u32, blocks, first: first + from, len }
        };
        order.extend((0..set.targets).step_by(PIECE).map(piece));
        first += set.targets;
    }
    targets.resize(first as usize, 0);
    for &(set, target) in &jobs.pairs {
        let place = &mut next[set as usize];
        targets[*place as usize] = target;
        *place += 1;
    }
    order.sort_unstable_by_key(|p| (p.blocks, std::cmp::Reverse(p.len), p.set, p.first));
}

struct Solve<'a, 't> {
    recipe: &'a Recipe<'a>,
    jobs: &'a Jobs,
    scratch: &'a mut BatchScratch,
    asked: Asked<'a, 't>,
}

impl WithSimd for Solve<'_, '_> {
    type Output = Spent;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Spent {
        let Self { recipe, jobs, scratch, asked } = self;
        let mut spent = Spent::default();
        let mut outcomes = Outcomes::new(recipe, asked);
        let (mut begun, all) = (0, scratch.order.len());
        while begun < all {
            let order = &scratch.order[begun..];
            let count = order.iter().take(S::F64_LANES).take_while(|p| p.blocks == order[0].blocks).count();
            let since = Instant::now();
            let factored = systems(simd, recipe, jobs, scratch, begun, count, &mut outcomes);
            spent.systems += factored - since;
            spent.solutions += factored.elapsed();
            begun += count;
        }
        spent
    }
}

/// Samples and targets of a lane.
#[derive(Clone, Copy)]
pub(super) struct Lane<'a> {
    pub(super) members: &'a [u32],
    /// Never empty.
    pub(super) targets: &'a [u32],
}

/// Systems of as many pieces as lanes, factored.
pub(super) struct Systems<'a, S: Simd> {
    /// Lanes in use; those beyond repeat the last.
    pub(super) used: usize,
    /// Rows: a multiple of [`BLOCK`], those beyond a lane's samples being of the unit matrix.
    pub(super) n: usize,
    pub(super) eastings: &'a [S::f64s],
    pub(super) northings: &'a [S::f64s],
    pub(super) factor: &'a [[S::f64s; BLOCK]],
    /// 1 in lanes whose system is regular, 0 in others.
    pub(super) regular: S::f64s,
    /// Blocks of n columns: a row for each of the centred data, and after these the drift's functions.
    pub(super) heads: &'a mut [[S::f64s; BLOCK]],
    pub(super) bases: &'a [Basis],
}

/// Factors the systems of `count` pieces from `begun` on, which have as many blocks, and predicts their targets. Returns when they were factored.
#[inline(always)]
fn systems<S: Simd>(
    simd: S,
    recipe: &Recipe<'_>,
    jobs: &Jobs,
    scratch: &mut BatchScratch,
    begun: usize,
    count: usize,
    outcomes: &mut Outcomes<'_, '_>,
) -> Instant {
    let Recipe { setting, covariance, samples, data } = recipe;
    let BatchScratch { order, targets, places, matrix, heads, bases, functions, of_targets, .. } = scratch;
    let lanes = S::F64_LANES;
    let blocks = order[begun].blocks as usize;
    let n = blocks * BLOCK;
    let lane = |lane: usize| {
        let Piece { set, first, len, .. } = order[begun + lane.min(count - 1)];
        Lane { members: jobs.members(set as usize), targets: &targets[first as usize..(first + len) as usize] }
    };

    let [eastings, northings] = places;
    let (eastings, northings) = (eastings.resize(n * lanes), northings.resize(n * lanes));
    let sets: [&[u32]; MOST_LANES] = std::array::from_fn(|l| lane(l).members);
    for k in 0..n {
        for (l, members) in sets.iter().enumerate().take(lanes) {
            // Rows too many are cut off below; meanwhile they stand where the last sample does.
            let [x, y] = samples.coords()[members[k.min(members.len() - 1)] as usize];
            (eastings[k * lanes + l], northings[k * lanes + l]) = (x, y);
        }
    }
    let (eastings, northings) = (vectors::<S>(eastings), vectors::<S>(northings));

    let matrix = matrix.resize(block_start(blocks) * BLOCK * lanes);
    let (tri, _) = vectors_mut::<S>(matrix).as_chunks_mut::<BLOCK>();
    for block in 0..blocks {
        let rows = block * BLOCK..(block + 1) * BLOCK;
        let at = [&eastings[rows.clone()], &northings[rows]].map(|c| std::array::from_fn(|p| c[p]));
        let pairs = eastings.iter().zip(northings).take((block + 1) * BLOCK).map(|(&x, &y)| [x, y]);
        covariance.fill(simd, at, pairs, &mut tri[block_start(block)..block_start(block + 1)]);
    }
    let has_errors = setting.variogram.error_variance() > 0.0 || samples.error_variances().is_some();
    for l in 0..lanes {
        let Lane { members, .. } = lane(l);
        let at = |i: usize, j: usize| ((block_start(i / BLOCK) + j) * BLOCK + i % BLOCK) * lanes + l;
        if has_errors {
            for (i, &sample) in members.iter().enumerate() {
                matrix[at(i, i)] += setting.error_variance(samples, sample as usize);
            }
        }
        for i in members.len()..n {
            (0..i).for_each(|j| matrix[at(i, j)] = 0.0);
            matrix[at(i, i)] = 1.0;
        }
    }
    let (tri, _) = vectors_mut::<S>(matrix).as_chunks_mut::<BLOCK>();
    let regular = factor(simd, tri, blocks, 4.0 * n as f64 * f64::EPSILON);
    let factored = Instant::now();

    let columns = setting.basis.columns();
    let block_len = n * BLOCK * lanes;
    let heads = heads.resize((data.len() + columns).div_ceil(BLOCK) * block_len);
    heads.fill(0.0);
    bases.resize_with(lanes, || setting.basis.clone());
    functions.resize(columns, 0.0);
    // Where a row of right-hand sides begins, of column 0.
    let start = |row: usize| row / BLOCK * block_len + row % BLOCK * lanes;
    for (row, of_row) in data.iter().enumerate() {
        for (k, column) in heads[start(row)..].chunks_mut(BLOCK * lanes).enumerate().take(n) {
            for (l, members) in sets.iter().enumerate().take(lanes) {
                if let Some(&sample) = members.get(k) {
                    column[l] = of_row.values[sample as usize] - of_row.centre;
                }
            }
        }
    }
    if columns == 1 {
        for (k, column) in heads[start(data.len())..].chunks_mut(BLOCK * lanes).enumerate().take(n) {
            for (l, members) in sets.iter().enumerate().take(lanes) {
                column[l] = if k < members.len() { 1.0 } else { 0.0 };
            }
        }
    }
    for l in 0..lanes {
        let Lane { members, .. } = lane(l);
        let at = |row: usize, k: usize| start(row) + k * BLOCK * lanes + l;
        if columns > 1 {
            let basis = &mut bases[l];
            basis.clone_from(&setting.basis);
            basis.recentre(members.iter().map(|&i| samples.coords()[i as usize]));
            for (k, &sample) in members.iter().enumerate() {
                let covariates = if basis.covariates() == 0 { &[] } else { samples.covariates(sample as usize) };
                basis.fill(samples.coords()[sample as usize], covariates, functions);
                (0..columns).for_each(|c| heads[at(data.len() + c, k)] = functions[c]);
            }
        }
    }
    let (heads, _) = vectors_mut::<S>(heads).as_chunks_mut::<BLOCK>();
    let systems = Systems { used: count, n, eastings, northings, factor: tri, regular, heads, bases };
    outcomes.predict(simd, systems, lane, of_targets);
    factored
}
