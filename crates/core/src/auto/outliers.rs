//! Whether a few samples carry the fit.

use super::candidates::weighted_fit;
use super::lags::LagDesign;
use crate::executor::Executor;
use crate::variogram::{Estimator, FitWeights, Model, Variogram};
use crate::{Result, Samples};

/// Share of the squared differences that samples must hold to be said to carry them.
const CARRIED: f64 = 0.25;
/// Distance from the median, in units of the median absolute deviation made a standard deviation, from which a value is
/// suspected: a normal value is that far once in two million.
const SUSPECT: f64 = 5.0;
/// Most samples that may be said to carry a fit together: more are a distribution.
const MOST: usize = 3;
/// A fit hangs on samples if without them the sill, or the effective range, is another by this factor.
const SILL_FACTOR: f64 = 4.0 / 3.0;
const RANGE_FACTOR: f64 = 2.0;
/// Robust semivariances this many times smaller than the usual ones are worth a remark.
const DISAGREE: f64 = 2.0;

/// Samples that carry the fit, and what it is with and without them.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Carriers {
    /// Zero-based samples, the most influential first.
    pub samples: Vec<usize>,
    /// Their values.
    pub values: Vec<f64>,
    /// Their share of all squared differences within the cutoff.
    pub share: f64,
    /// The model with them, in gstat's notation.
    pub with: String,
    /// The model without them.
    pub without: String,
    /// The model of all samples from a robust variogram (Cressie & Hawkins).
    pub robust: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) from_robust: Option<Variogram>,
}

/// Looks for a value far from the others, or up to three where no more are, that hold a quarter of the squared differences of the variogram,
/// and without which the model would be another.
pub(super) fn carriers(
    values: &Samples,
    lags: &LagDesign,
    weights: &FitWeights,
    seed: u64,
    executor: &dyn Executor,
) -> Result<Option<Carriers>> {
    let suspects = suspects(values.values());
    if suspects.is_empty() {
        return Ok(None);
    }
    // Where many are far off, that is how the values are distributed, and only one that carries all alone is looked for.
    let most = if suspects.len() > MOST { 1 } else { MOST };
    let cutoff = lags.classes().cutoff();
    let usual = lags.empirical(values, Estimator::Matheron, executor)?;
    let all: f64 = if lags.drawn == values.len() {
        usual.classes.iter().map(|c| 2.0 * c.np as f64 * c.gamma).sum()
    } else {
        // Of many samples: as if the share within the cutoff were that of all pairs.
        let n = values.len() as f64;
        n * n * values.variance()
    };
    let reach = if lags.drawn == values.len() { cutoff } else { f64::INFINITY };
    let mut taken: Vec<usize> = Vec::new();
    let mut share = 0.0;
    for i in suspects.into_iter().take(most) {
        share += squared_differences(values, i, &taken, reach) / all;
        taken.push(i);
        if share >= CARRIED {
            break;
        }
    }
    if share < CARRIED {
        return Ok(None);
    }
    let kept: Vec<usize> = (0..values.len()).filter(|i| !taken.contains(i)).collect();
    let rest = values.subset(&kept)?;
    if rest.check_variation().is_err() {
        return Ok(None);
    }
    let model = [Model::Spherical];
    let with = weighted_fit(&usual, &model, weights)?.variogram;
    let without_lags = lags.for_part(&rest, seed, executor)?;
    let without =
        weighted_fit(&without_lags.empirical(&rest, Estimator::Matheron, executor)?, &model, weights)?.variogram;
    let robust =
        weighted_fit(&lags.empirical(values, Estimator::CressieHawkins, executor)?, &model, weights)?.variogram;
    let apart = |a: f64, b: f64, factor: f64| a > factor * b || b > factor * a;
    let another = apart(with.sill(), without.sill(), SILL_FACTOR)
        || apart(with.effective_range(), without.effective_range(), RANGE_FACTOR);
    Ok(another.then(|| Carriers {
        values: taken.iter().map(|&i| values.values()[i]).collect(),
        samples: taken,
        share: share.min(1.0),
        with: with.to_string(),
        without: without.to_string(),
        robust: robust.to_string(),
        from_robust: Some(robust),
    }))
}

/// Values far from the median, farthest first.
fn suspects(values: &[f64]) -> Vec<usize> {
    let median = |mut v: Vec<f64>| {
        v.sort_unstable_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let centre = median(values.to_vec());
    let sizes: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    // Where most values are equal, as those below a limit are, the mean size stands for the median.
    let spread = match 1.4826 * median(sizes.clone()) {
        0.0 => sizes.iter().sum::<f64>() / sizes.len() as f64,
        spread => spread,
    };
    let distance = |i: usize| (values[i] - centre).abs();
    let mut far: Vec<usize> = (0..values.len()).filter(|&i| distance(i) > SUSPECT * spread).collect();
    far.sort_by(|&a, &b| distance(b).total_cmp(&distance(a)).then(a.cmp(&b)));
    far
}

/// Squared differences of sample `i` to those within `reach`, but for `passed`.
fn squared_differences(values: &Samples, i: usize, passed: &[usize], reach: f64) -> f64 {
    let (coords, v) = (values.coords(), values.values());
    (0..values.len())
        .filter(|j| *j != i && !passed.contains(j))
        .filter(|&j| values.metric().distance(coords[i], coords[j]) <= reach)
        .map(|j| (v[i] - v[j]).powi(2))
        .sum()
}

/// How many times the usual semivariances are the robust ones, where that is worth a word.
pub(super) fn disagreement(values: &Samples, lags: &LagDesign, executor: &dyn Executor) -> Result<Option<f64>> {
    let usual = lags.empirical(values, Estimator::Matheron, executor)?;
    let robust = lags.empirical(values, Estimator::CressieHawkins, executor)?;
    let mut ratios: Vec<f64> = usual
        .classes
        .iter()
        .zip(&robust.classes)
        .filter(|(_, r)| r.gamma > 0.0)
        .map(|(u, r)| u.gamma / r.gamma)
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    Ok(ratios.get(ratios.len() / 2).copied().filter(|&r| r > DISAGREE))
}
