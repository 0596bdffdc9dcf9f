//! How sure the factors are: the same analysis of samples drawn anew.

use std::collections::BTreeMap;

use serde::Serialize;
use soilscope_core::Coord;
use soilscope_core::executor::{self, Executor};
use soilscope_core::random::Random;
use soilscope_core::simulation::quantile_of_sorted;

use super::data::Concentrations;
use super::descent::{Factors, descend};
use super::factorise::{Factorisation, scale, start};
use super::match_factors::best_match;
use super::nonnegative::{Few, MOST_FACTORS};
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

/// Quantiles over the resamples: 5 %, 50 % and 95 %.
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
    /// Of each factor and analyte, quantiles of what it brings to the mean sample, in the analyte's unit.
    pub profiles: Vec<Vec<Range3>>,
    /// Of each factor and analyte, quantiles of its share.
    pub shares: Vec<Vec<Range3>>,
    /// Of each sample and factor, quantiles of the contribution. One row a sample, so not serialised.
    #[serde(skip)]
    pub contributions: Vec<Vec<Range3>>,
}

/// Correlation of contributions from which on a factor counts as found again.
const FOUND_AGAIN: f64 = 0.6;
const RESAMPLES: u64 = 0x504d_4602;
const ERRORS: u64 = 0x504d_4603;

/// One resample's factors, in the order of the base's and scaled by all samples.
struct Resample {
    f: Vec<Few>,
    found: [bool; MOST_FACTORS],
}

/// Resamples the samples and factorises each resample again, from the base factors and from a random start, whichever ends
/// lower.
///
/// Each resample's factors are matched with the base's one to one, by the correlation of their contributions to all samples,
/// and scaled to a mean contribution of 1 over all samples. Unlike in some programs, a resample whose factors are hardly
/// like the base's stays in the quantiles: leaving it out would make them too narrow. The quantiles of a sample's
/// contribution also hold the error of its own values: these are moved at random by their uncertainties, which are taken as
/// √(Q / expected Q) larger where that is above 1, since the factors then explain the values less well than they are measured.
///
/// The intervals hold what chance in the samples brings; of the freedom to rotate factors into each other they hold only what
/// resampling happens to show, so they are too narrow where no sample and no analyte is almost free of a factor.
///
/// # Source
/// Efron & Tibshirani (1993), *An Introduction to the Bootstrap*, ch. 8 (drawing cases; blocks for dependent data) and 13
/// (quantiles); Norris et al. (2014), *EPA PMF 5.0 User Guide* (resampling rows, and the correlation of 0.6). One-to-one
/// matching and the moved values are this project's.
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
    for (what, found, needed) in
        [("contributions", base.contributions.len(), n), ("profiles' analytes", base.analyte_q.len(), m)]
    {
        if found != needed {
            return Err(SourcesError::Count { what, found, needed });
        }
    }
    if settings.runs == 0 {
        return Err(SourcesError::Parameter { name: "the number of resamples", value: 0.0, requirement: "at least 1" });
    }
    let blocks = blocks(&settings.blocks, n)?;
    let base_f: Vec<Few> =
        (0..m).map(|j| std::array::from_fn(|k| if k < p { base.profiles[k][j] } else { 0.0 })).collect();
    let drawn = executor::map(executor, settings.runs, |run| {
        let mut random = Random::substream(settings.seed, RESAMPLES, run as u64);
        let mut rows = Vec::with_capacity(n);
        while rows.len() < n {
            rows.extend(&blocks[random.below(blocks.len() as u64) as usize]);
        }
        let resampled = data.resampled(&rows);
        let starts = [base_f.clone(), start(data, p, &mut random)];
        let ends = starts.map(|f| descend(f, p, &resampled, settings.most_turns));
        let [from_base, from_chance] = &ends;
        let lower = if from_chance.trace.last() < from_base.trace.last() { from_chance } else { from_base };
        matched(data, base, &lower.factors.f)
    })?;
    let resamples: Vec<Resample> = drawn.into_iter().flatten().collect();
    if resamples.is_empty() {
        return Err(SourcesError::FewerFactors { factors: p });
    }
    let over = |value: &dyn Fn(&Resample) -> f64| range(resamples.iter().map(value).collect());
    let each = |value: &dyn Fn(&Resample, usize, usize) -> f64| -> Vec<Vec<Range3>> {
        (0..p).map(|k| (0..m).map(|j| over(&|r| value(r, k, j))).collect()).collect()
    };
    let share = |r: &Resample, k: usize, j: usize| {
        let total: f64 = r.f[j][..p].iter().sum();
        if total > 0.0 { r.f[j][k] / total } else { 0.0 }
    };
    let larger = base.misfit().max(1.0);
    let contributions = executor::map(executor, n, |i| {
        let mut random = Random::substream(settings.seed, ERRORS, i as u64);
        let of = |r: &Resample, random: &mut Random| {
            Factors::contributions(&r.f, p, data, i, |x, s| x + larger * s * random.normal())
        };
        let drawn: Vec<Few> = resamples.iter().map(|r| of(r, &mut random)).collect();
        (0..p).map(|k| range(drawn.iter().map(|g| g[k]).collect())).collect::<Vec<Range3>>()
    })?;
    let again = |k: usize| resamples.iter().filter(|r| r.found[k]).count() as f64 / resamples.len() as f64;
    Ok(Uncertainty {
        runs: resamples.len(),
        failed: settings.runs - resamples.len(),
        blocks: blocks.len(),
        found_again: (0..p).map(again).collect(),
        profiles: each(&|r, k, j| r.f[j][k]),
        shares: each(&share),
        contributions,
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
    let f = factors.f.iter().map(|f| std::array::from_fn(|k| order.get(k).map_or(0.0, |&l| f[l]))).collect();
    Some(Resample { f, found })
}

fn range(mut values: Vec<f64>) -> Range3 {
    values.sort_by(f64::total_cmp);
    [0.05, 0.5, 0.95].map(|p| quantile_of_sorted(&values, p))
}
