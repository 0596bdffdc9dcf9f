//! Whether the values would better be modelled on another scale: proposed, never done in silence.

use super::candidates::{Candidate, FittedBy, Scorer, difference, domain, shapes, weighted_fit};
use super::lags::LagDesign;
use super::terms::Data;
use crate::drift::{Drift, ols_residuals};
use crate::likelihood::{Bounded, template_of};
use crate::normal::normal_quantile;
use crate::transform::Transform;
use crate::variogram::{Estimator, FitWeights};
use crate::{Result, Samples};

/// Skewness below which values are symmetric enough.
const LEAST_SKEWNESS: f64 = 0.5;

/// How the values are distributed, and what a logarithm would do.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TransformChoice {
    /// Skewness of the values: 0 is symmetric, above 1 is far from it.
    pub skewness: f64,
    /// Box–Cox exponent of the largest likelihood, with its 95 % interval; 1 leaves values as they are, 0 is the logarithm.
    /// `None` where a value is 0 or less.
    pub box_cox: Option<[f64; 3]>,
    /// What the logarithm gains in log score of held-out samples on the data's scale, and that difference's standard error.
    pub gain: Option<[f64; 2]>,
    /// Whether the logarithm is proposed: the values are skewed, the interval of the exponent does not hold 1, and the gain is above two
    /// standard errors.
    pub log_proposed: bool,
}

/// Looks at the distribution, and where it is not symmetric models the logarithms too: the log scores of both scales are
/// comparable, since the density of a value is that of its logarithm over the value.
///
/// # Source
/// Box & Cox (1964), *J. R. Stat. Soc. B* 26:211, for the exponent and its likelihood (of independent values).
pub(super) fn transform_choice(
    chosen: &Candidate,
    scorer: &Scorer<'_>,
    lags: &LagDesign,
    drift: Drift,
    seed: u64,
) -> Result<TransformChoice> {
    let samples = &scorer.data.samples;
    let values = samples.values();
    let mut choice =
        TransformChoice { skewness: skewness(values), box_cox: box_cox(values), gain: None, log_proposed: false };
    let Some([_, _, high]) = choice.box_cox else { return Ok(choice) };
    if high >= 1.0 || drift.known_mean().is_some() {
        return Ok(choice);
    }
    let executor = scorer.executor;
    let logs = Transform::Log.forward(samples)?;
    let data = Data::new(logs.clone(), drift)?;
    let own = Bounded::new(&logs, drift, domain(lags, samples), executor)?;
    let own_scorer = Scorer::new(&data, seed, executor);
    let residuals = ols_residuals(drift, &logs)?;
    let empirical = lags.for_part(&residuals, seed, executor)?.empirical(&residuals, Estimator::Matheron, executor)?;
    let mut best: Option<Candidate> = None;
    let model = chosen.variogram.structures().first().map_or(shapes(samples.metric())[0], |s| s.model());
    let fitted = weighted_fit(&empirical, &[model], &FitWeights::default())?;
    let maximum = own.maximise(&template_of(&[model]), &fitted.variogram)?;
    let found = [
        own_scorer.without_structure()?,
        own_scorer.candidate(fitted.variogram, FittedBy::WeightedLeastSquares, 3, false)?,
        own_scorer.candidate(maximum.variogram, FittedBy::RestrictedLikelihood, 3, false)?,
    ];
    for candidate in found.into_iter().flatten() {
        if best.as_ref().is_none_or(|b| candidate.log_score < b.log_score) {
            best = Some(candidate);
        }
    }
    let Some(best) = best else { return Ok(choice) };
    let on_data: Vec<f64> = best.scores.iter().zip(own_scorer.targets()).map(|(s, &i)| s + logs.values()[i]).collect();
    if own_scorer.targets() == scorer.targets() {
        let gain = difference(&chosen.scores, &on_data);
        choice.gain = Some(gain);
        choice.log_proposed = choice.skewness > LEAST_SKEWNESS && gain[0] > 2.0 * gain[1];
    }
    Ok(choice)
}

/// Third central moment over the cube of the standard deviation.
pub(super) fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let spread = moment(2);
    if spread > 0.0 { moment(3) / spread.powf(1.5) } else { 0.0 }
}

/// Exponent from −2 to 2 that makes the values most nearly normal, with its 95 % profile-likelihood interval.
fn box_cox(values: &[f64]) -> Option<[f64; 3]> {
    if values.iter().any(|&v| v <= 0.0) {
        return None;
    }
    let n = values.len() as f64;
    // In units of the geometric mean, so that powers neither overflow nor lose digits.
    let log_mean = values.iter().map(|v| v.ln()).sum::<f64>() / n;
    let logs: Vec<f64> = values.iter().map(|v| v.ln() - log_mean).collect();
    let likelihood = |lambda: f64| -> f64 {
        let power = |l: f64| if lambda == 0.0 { l } else { (lambda * l).exp_m1() / lambda };
        let mean = logs.iter().map(|&l| power(l)).sum::<f64>() / n;
        // The Jacobian Σ (λ − 1) ln z is 0 in this unit.
        -0.5 * n * (logs.iter().map(|&l| (power(l) - mean).powi(2)).sum::<f64>() / n).ln()
    };
    let grid: Vec<(f64, f64)> = (-100..=100).map(|k| f64::from(k) / 50.0).map(|l| (l, likelihood(l))).collect();
    let best = grid.iter().copied().filter(|g| g.1.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1))?;
    // Half the 95 % quantile of χ² with one degree of freedom.
    let fall = 0.5 * normal_quantile(0.975).powi(2);
    let inside = |g: &&(f64, f64)| g.1 >= best.1 - fall;
    let low = grid.iter().find(inside)?.0;
    let high = grid.iter().rfind(inside)?.0;
    Some([best.0, low, high])
}

/// Whether the logarithms of the values are nearer to symmetric.
pub(super) fn log_would_help(samples: &Samples) -> bool {
    let values = samples.values();
    if values.iter().any(|&v| v <= 0.0) {
        return false;
    }
    let logs: Vec<f64> = values.iter().map(|v| v.ln()).collect();
    skewness(&logs).abs() < 0.5 * skewness(values).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_exponent_is_that_of_the_sample() {
        let mut random = Random::new(5);
        let normal: Vec<f64> = (0..400).map(|_| 10.0 + random.normal()).collect();
        let log_normal: Vec<f64> = normal.iter().map(|v| (v - 10.0).exp() * 1e6).collect();
        let [_, low, high] = box_cox(&normal).unwrap();
        assert!(low < 1.0 && high > 1.0, "{low} {high}");
        let [lambda, low, high] = box_cox(&log_normal).unwrap();
        assert!(lambda.abs() < 0.15 && low < 0.0 && high > 0.0 && high < 0.3, "{lambda} {low} {high}");
        assert_eq!(box_cox(&[1.0, 0.0]), None);
        assert!(skewness(&log_normal) > 2.0 && skewness(&normal).abs() < 0.4);
    }
}
