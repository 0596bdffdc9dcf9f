//! How sure the factors are: the same analysis of samples drawn anew.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_core::Coord;
use soilscope_core::executor::{self, Executor};
use soilscope_core::random::Random;
use soilscope_core::simulation::predictive_quantile;

use super::data::Concentrations;
use super::descent::{Factors, descend};
use super::factorise::{Factorisation, scale, start};
use super::intervals::{Deviations, deviations, interval};
use super::match_factors::best_match;
use super::nonnegative::{Few, MOST_FACTORS};
use super::rotation::{Rotation, rotations};
use crate::several::Correlation;
use crate::sources::SourcesError;

/// What is drawn together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Blocks<'a> {
    /// Each sample by itself: right where samples are unrelated.
    Single,
    /// All samples of a square, since neighbours repeat each other and would make the factors look too sure.
    Squares {
        /// Places of the samples.
        coords: &'a [Coord],
        /// Side of the squares, coordinate units.
        side: f64,
    },
}

/// Settings of the resampling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapSettings<'a> {
    /// Resamples.
    pub runs: usize,
    /// Where they come from.
    pub seed: u64,
    /// What is drawn together.
    pub blocks: Blocks<'a>,
    /// Most turns of least squares from one start.
    pub most_turns: usize,
}

/// An interval of 90 % and what is in it: lower end, the estimate less its bias, upper end.
pub type Range3 = [f64; 3];

/// How sure a factorisation is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Uncertainty {
    /// Resamples that gave as many factors.
    pub runs: usize,
    /// Resamples in which a factor contributed nothing: they are in no quantile.
    pub failed: usize,
    /// Squares with samples; the number of samples where each was drawn by itself.
    pub blocks: usize,
    /// Of each factor, the share of resamples in which the factor that is matched with it goes with it over the samples
    /// (correlation of contributions of at least 0.6): where it is well below 1 the factor is not a stable one.
    pub found_again: Vec<f64>,
    /// Of each factor, whether the data tell it from what others can be turned into. Where they do not, the intervals below are
    /// joined with what [`rotation`](Self::rotation) holds, and are no intervals of confidence.
    pub identified: Vec<bool>,
    /// By how much intervals of identified factors' profiles are wider than errors that have nothing to do with each other would make them: neighbours that
    /// repeat each other, and misfits that go together.
    pub widened: f64,
    /// Of each factor and analyte, the interval of what it brings to the mean of these samples, in the analyte's unit.
    pub profiles: Vec<Vec<Range3>>,
    /// Of each factor and analyte, the interval of its share.
    pub shares: Vec<Vec<Range3>>,
    /// Of each sample and factor, the interval of the contribution. One row a sample, so not serialised.
    #[serde(skip)]
    pub contributions: Vec<Vec<Range3>>,
    /// What solutions hold that fit nearly as well.
    pub rotation: Rotation,
}

/// Correlation of contributions from which on a factor counts as found again.
const FOUND_AGAIN: f64 = 0.6;
/// Share by which solutions that fit nearly as well may leave the interval of a factor that counts as identified.
const BEYOND: f64 = 0.05;
const RESAMPLES: u64 = 0x504d_4602;
const ERRORS: u64 = 0x504d_4603;

/// A resample's factors, in the order of the base's and scaled by all samples.
struct Resample {
    factors: Factors,
    found: [bool; MOST_FACTORS],
}

/// Factorises samples drawn anew and samples with errors drawn anew, and turns factors into each other as far as they fit.
///
/// *Intervals of profiles.* Each value is drawn anew around what is fitted of it, by its uncertainty, and all is factorised
/// again: how far these estimates are from the factors that they were made from is how far the estimate may be from the true
/// ones, their mean difference is its bias, and both are taken off the estimate. Uncertainties are taken as √(Q / expected Q)
/// larger where that is above 1. Drawing samples instead of errors misses the bias altogether, and with it a part of the
/// spread, since the samples that bound the factors are left out of a third of the resamples; but it shows what
/// errors drawn one by one cannot: neighbours that repeat each other, and misfits that go together. So squares of samples are
/// drawn as well, and so are single samples of the values that were drawn anew, and intervals are wider by the ratio
/// of both spreads (the median over profiles of identified factors that the bound of 0 does not hold) where it is above 1.
///
/// *Intervals of contributions* are the quantiles over the values that were drawn anew.
///
/// *What resampling cannot show.* Where no sample and no analyte is almost free of a factor it can be turned into another one
/// without any loss of fit. [`rotations`] looks how far; where that leaves the interval of a share by more than 0.05, the factor
/// is not identified, and its intervals are joined with the ranges found there.
///
/// Each resample's factors are matched with the base's one to one, by the correlation of their contributions to all samples,
/// and scaled to a mean contribution of 1 over all samples. Unlike in some programs, a resample whose factors are hardly
/// like the base's stays in the quantiles: leaving it out would make them too narrow.
///
/// # Source
/// Efron & Tibshirani (1993), *An Introduction to the Bootstrap*, ch. 6 (errors drawn from a model), 8 (blocks for dependent
/// data), 10 (bias) and 13; Beran (1987), *Biometrika* 74:457 (resampling of resamples to correct a resampling); Norris et al.
/// (2014), *EPA PMF 5.0 User Guide* (resampling rows, and the correlation of 0.6); Paatero, Eberly, Brown & Norris (2014),
/// *Atmospheric Measurement Techniques* 7:781 (that resampling does not show rotation, and that displacing does). One-to-one matching, the
/// ratio of spreads and when a factor counts as identified are this project's.
///
/// # Errors
/// No run, places of another number than samples, a side that is not above 0, fewer than two squares with samples, a
/// factorisation of other data, [`SourcesError::FewerFactors`] where no resample has as many factors, or a cancelled executor.
pub fn bootstrap(
    data: &Concentrations,
    base: &Factorisation,
    settings: &BootstrapSettings<'_>,
    executor: &dyn Executor,
) -> Result<Uncertainty, SourcesError> {
    let (n, m, p) = (data.samples(), data.analytes(), base.factors);
    base.check_of(data)?;
    if settings.runs == 0 {
        return Err(SourcesError::Parameter { name: "the number of resamples", value: 0.0, requirement: "at least 1" });
    }
    let blocks = blocks(&settings.blocks, n)?;
    let best = base.as_factors();
    let from_base = |on: &Concentrations| descend(best.f.clone(), p, on, settings.most_turns);
    let larger = base.misfit().max(1.0);
    let drawn = executor::map(executor, settings.runs, |run| {
        let mut random = Random::substream(settings.seed, RESAMPLES, run as u64);
        let mut rows = Vec::with_capacity(n);
        while rows.len() < n {
            rows.extend(&blocks[random.below(blocks.len() as u64) as usize]);
        }
        let resampled = data.resampled(&rows);
        let ends = [from_base(&resampled), descend(start(data, p, &mut random), p, &resampled, settings.most_turns)];
        let [from_base, from_chance] = &ends;
        let lower = if from_chance.trace.last() < from_base.trace.last() { from_chance } else { from_base };
        matched(data, base, &lower.factors.f)
    })?;
    let redrawn = executor::map(executor, settings.runs, |run| {
        let mut random = Random::substream(settings.seed, ERRORS, run as u64);
        let again = data.redrawn(|i, j| best.fitted(i, j), larger, &mut random);
        let first = matched(&again, base, &from_base(&again).factors.f)?;
        let rows: Vec<usize> = (0..n).map(|_| random.below(n as u64) as usize).collect();
        let of_it = descend(first.factors.f.clone(), p, &again.resampled(&rows), settings.most_turns);
        let second = matched(&again, base, &of_it.factors.f)?;
        Some([first, second])
    })?;
    let runs = drawn.iter().zip(&redrawn).filter(|(a, b)| a.is_some() && b.is_some()).count();
    let cases: Vec<Resample> = drawn.into_iter().flatten().collect();
    let pairs: Vec<[Resample; 2]> = redrawn.into_iter().flatten().collect();
    if cases.is_empty() || pairs.is_empty() {
        return Err(SourcesError::FewerFactors { factors: p });
    }
    let of_all = |value: &dyn Fn(&Factors, usize, usize) -> f64| -> Vec<Vec<Deviations>> {
        let one = |k: usize, j: usize| {
            let of = |r: &Resample| value(&r.factors, k, j);
            deviations(value(&best, k, j), cases.iter().map(of), pairs.iter().map(|[a, b]| [of(a), of(b)]))
        };
        (0..p).map(|k| (0..m).map(|j| one(k, j)).collect()).collect()
    };
    let of_profiles = of_all(&|f, k, j| f.f[j][k]);
    let of_shares = of_all(&|f, k, j| f.share(k, j));
    let range = |mut values: Vec<f64>| -> Range3 {
        values.sort_by(f64::total_cmp);
        [0.05, 0.5, 0.95].map(|p| predictive_quantile(&values, p))
    };
    let of_sample = |i: usize| (0..p).map(|k| range(pairs.iter().map(|[a, _]| a.factors.g[i][k]).collect())).collect();
    let mut contributions: Vec<Vec<Range3>> = (0..n).map(of_sample).collect();

    let rotation = rotations(data, base, executor)?;
    let leaves = |of: &Deviations, turned: &[f64; 2]| {
        let [low, _, high] = interval(of, 1.0, 1.0);
        low - turned[0] > BEYOND || turned[1] - high > BEYOND
    };
    let identified: Vec<bool> =
        (0..p).map(|k| !of_shares[k].iter().zip(&rotation.shares[k]).any(|(of, turned)| leaves(of, turned))).collect();
    // Where a factor can be turned, samples drawn anew spread along the turn, which says nothing of neighbours.
    let told = of_profiles.iter().zip(&identified).filter(|(_, told)| **told);
    let widened = Deviations::widened(told.flat_map(|(row, _)| row));
    let intervals = |all: &[Vec<Deviations>], most: f64| -> Vec<Vec<Range3>> {
        let row = |(row, told): (&Vec<Deviations>, &bool)| {
            row.iter().map(|of| interval(of, if *told { widened } else { 1.0 }, most)).collect()
        };
        all.iter().zip(&identified).map(row).collect()
    };
    let (mut profiles, mut shares) = (intervals(&of_profiles, f64::INFINITY), intervals(&of_shares, 1.0));
    let join = |held: &mut Range3, turned: &[f64; 2]| {
        held[0] = held[0].min(turned[0]);
        held[2] = held[2].max(turned[1]);
    };
    for k in (0..p).filter(|&k| !identified[k]) {
        shares[k].iter_mut().zip(&rotation.shares[k]).for_each(|(held, turned)| join(held, turned));
        profiles[k].iter_mut().zip(&rotation.profiles[k]).for_each(|(held, turned)| join(held, turned));
        contributions.iter_mut().zip(&rotation.contributions).for_each(|(held, turned)| join(&mut held[k], &turned[k]));
    }
    let again = |k: usize| cases.iter().filter(|r| r.found[k]).count() as f64 / cases.len() as f64;
    Ok(Uncertainty {
        runs,
        failed: settings.runs - runs,
        blocks: blocks.len(),
        found_again: (0..p).map(again).collect(),
        identified,
        widened,
        profiles,
        shares,
        contributions,
        rotation,
    })
}

/// Samples that are drawn together.
fn blocks(blocks: &Blocks<'_>, samples: usize) -> Result<Vec<Vec<usize>>, SourcesError> {
    let Blocks::Squares { coords, side } = blocks else { return Ok((0..samples).map(|i| vec![i]).collect()) };
    if coords.len() != samples {
        return Err(SourcesError::Count { what: "places of samples", found: coords.len(), needed: samples });
    }
    if !(*side > 0.0 && side.is_finite()) {
        return Err(SourcesError::Parameter { name: "the side of a square", value: *side, requirement: "above 0" });
    }
    let low = [0, 1].map(|axis| coords.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min));
    let mut squares: BTreeMap<[i64; 2], Vec<usize>> = BTreeMap::new();
    for (i, c) in coords.iter().enumerate() {
        squares.entry([0, 1].map(|axis| ((c[axis] - low[axis]) / side).floor() as i64)).or_default().push(i);
    }
    if squares.len() < 2 {
        let requirement = "so small that samples are in at least two squares";
        return Err(SourcesError::Parameter { name: "the side of a square", value: *side, requirement });
    }
    Ok(squares.into_values().collect())
}

/// Factors of a resample as those of all samples, matched with the base's; `None` where one contributes nothing.
fn matched(data: &Concentrations, base: &Factorisation, f: &[Few]) -> Option<Resample> {
    let (n, p) = (data.samples(), base.factors);
    let g = (0..n).map(|i| Factors::contributions(f, p, data, i, |x, _| x)).collect();
    let mut factors = Factors { count: p, g, f: f.to_vec() };
    scale(&mut factors)?;
    let correlation = |k: usize, l: usize| {
        let pairs: Vec<[f64; 2]> = (0..n).map(|i| [base.contributions[i][k], factors.g[i][l]]).collect();
        // A factor that is the same in all samples goes with nothing.
        Correlation::of(&pairs).pearson.unwrap_or(0.0)
    };
    let mut table = [[0.0; MOST_FACTORS]; MOST_FACTORS];
    (0..p).for_each(|k| (0..p).for_each(|l| table[k][l] = correlation(k, l)));
    let order = best_match(p, |k, l| table[k][l]);
    let mut found = [false; MOST_FACTORS];
    order.iter().enumerate().for_each(|(k, &l)| found[k] = table[k][l] >= FOUND_AGAIN);
    let in_order = |f: &Few| -> Few { std::array::from_fn(|k| order.get(k).map_or(0.0, |&l| f[l])) };
    factors.f.iter_mut().for_each(|f| *f = in_order(f));
    factors.g.iter_mut().for_each(|g| *g = in_order(g));
    Some(Resample { factors, found })
}
