//! What cross-validation residuals say of a model.

use super::standardised::Standardised;
use crate::transform::{Transform, normal_cdf};
use crate::{Gap, Mixture, Outcome, Predictions, Samples};

/// One held-out sample with its prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Residual {
    /// The sample's value, data units; the limit of a sample that is only known to be below it.
    pub observed: f64,
    /// Predicted probability that the sample is below its limit, where that is all that is known of it; it has no residual then.
    pub below_limit: Option<f64>,
    /// Prediction from the other folds, data units; `None` where there is none.
    pub prediction: Option<f64>,
    /// Prediction error variance, data units squared.
    pub variance: Option<f64>,
    /// Observed minus predicted, data units.
    pub residual: Option<f64>,
    /// Residual over its standard deviation, on the modelling scale; the limit's for a sample below its limit. As with gstat the variance is that of the field: under
    /// a model with measurement error the sample's own error is in the residual, and not in it.
    pub zscore: Option<f64>,
    /// Continuous ranked probability score, data units.
    pub crps: Option<f64>,
    /// −ln of the predicted density at the observation, on the scale of the data: ½ ln(2πσ²) + ½ z² on the modelling scale,
    /// less the logarithm of the transform's slope. Comparable between transforms; `None` for normal scores. Of a sample below its
    /// limit −ln of the predicted probability of that.
    pub log_score: Option<f64>,
    /// Why there is no prediction.
    pub gap: Option<Gap>,
}

/// Share of samples inside the central prediction interval of a nominal probability.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coverage {
    /// Nominal probability.
    pub nominal: f64,
    /// Share of samples inside.
    pub observed: f64,
}

/// Scores over all samples that have a prediction.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Scores {
    /// Samples with a value and a prediction.
    pub n: usize,
    /// Samples without one.
    pub gaps: usize,
    /// Mean error, observed − predicted, data units: 0 is unbiased.
    pub me: f64,
    /// Mean absolute error, data units.
    pub mae: f64,
    /// Root mean squared error, data units.
    pub rmse: f64,
    /// Share of the variance of the observations that is predicted: 1 − MSE / mean squared deviation from their mean.
    pub r2: Option<f64>,
    /// Lin's concordance correlation coefficient: 2 cov / (variances of both + squared difference of their means), over n; 1 is agreement, and
    /// not only correlation (Lin 1989, *Biometrics* 45:255). `None` where neither varies.
    pub ccc: Option<f64>,
    /// Mean squared deviation ratio: mean squared z-score on the modelling scale; 1 is a right variance (Webster & Oliver
    /// 2007, ch. 8). `None` without variances.
    pub msdr: Option<f64>,
    /// Mean continuous ranked probability score, data units; smaller is better (Gneiting & Raftery 2007, *JASA* 102:359).
    pub crps: Option<f64>,
    /// Mean logarithmic score: −ln of the predicted density at the observation, on the scale of the data, or of the predicted
    /// probability of being below the limit, where only that is known; smaller is better (Good 1952; Gneiting & Raftery 2007).
    /// `None` where it is infinite ([`BelowLimits::impossible`]).
    pub log_score: Option<f64>,
    /// Coverage of central intervals; empty without variances.
    pub coverage: Vec<Coverage>,
    /// Samples that are only known to be below a limit: they count in `msdr`, `log_score` and `coverage`, by what the prediction
    /// says of them given that they are below, and in no other score. `None` where there is none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub below_limits: Option<BelowLimits>,
}

/// What was predicted of samples that are only known to be below a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BelowLimits {
    /// Such samples with a prediction.
    pub n: usize,
    /// Mean of the predicted probabilities that they are below their limits.
    pub mean_probability: f64,
    /// Samples of which that probability is 0, as far as numbers go: some 38 deviations below the prediction. Their log score is
    /// infinite, and so is each mean that it is in, which is not given then.
    pub impossible: usize,
    /// Mean of −ln of these probabilities; 0 is sure of it. `None` where it is infinite.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub log_score: Option<f64>,
}

/// Central intervals reported: probability, and the standard normal quantile of its upper end.
pub(super) const INTERVALS: [(f64, f64); 4] = [
    (0.5, 0.674_489_750_196_081_7),
    (0.8, 1.281_551_565_544_600_4),
    (0.9, 1.644_853_626_951_472_2),
    (0.95, 1.959_963_984_540_054),
];

/// Pairs samples (data units) with their cross-validation outcomes (on the scale of `transform`).
///
/// # Panics
/// Outcomes of another number of samples.
pub fn residuals(samples: &Samples, outcomes: &[Outcome], transform: &Transform) -> Vec<Residual> {
    residuals_with_limits(samples, &[], &Predictions::from_outcomes(outcomes), transform)
}

/// Pairs samples (data units), of which some are only known to be below their values, with what was predicted of them (on the
/// scale of `transform`).
///
/// # Panics
/// Predictions of another number of samples.
pub fn residuals_with_limits(
    samples: &Samples,
    below: &[bool],
    predictions: &Predictions,
    transform: &Transform,
) -> Vec<Residual> {
    assert_eq!(samples.len(), predictions.len(), "one prediction a sample");
    let of = |(i, &observed): (usize, &f64)| {
        let is_below = below.get(i).copied().unwrap_or(false);
        residual(observed, is_below, &predictions.get(i), predictions.mixture(i), transform)
    };
    samples.values().iter().enumerate().map(of).collect()
}

fn residual(observed: f64, is_below: bool, outcome: &Outcome, mixture: Mixture<'_>, transform: &Transform) -> Residual {
    let nothing = Residual {
        observed,
        below_limit: None,
        prediction: None,
        variance: None,
        residual: None,
        zscore: None,
        crps: None,
        log_score: None,
        gap: None,
    };
    let modelled = match outcome {
        Ok(prediction) => prediction,
        Err(gap) => return Residual { gap: Some(*gap), ..nothing },
    };
    let back = transform.back_mixed(*modelled, mixture);
    if !back.value.is_finite() || back.variance.is_some_and(|v| !v.is_finite()) {
        return Residual { gap: Some(Gap::NotFinite), ..nothing };
    }
    let sd = modelled.variance.filter(|&v| v > 0.0).map(f64::sqrt);
    let on_scale = transform.forward_value(observed);
    let predicted = Residual {
        prediction: Some(back.value),
        variance: back.variance,
        zscore: sd.map(|sd| (on_scale - modelled.value) / sd),
        ..nothing
    };
    if is_below {
        let below = transform.not_above_mixed(modelled, mixture, observed);
        let log_score = below.map(|p| -p.ln()).filter(|s| s.is_finite());
        return Residual { below_limit: below, log_score, ..predicted };
    }
    Residual {
        residual: Some(observed - back.value),
        crps: sd.map(|sd| crps(observed, modelled.value, sd, transform)).filter(|c| c.is_finite()),
        log_score: sd.and_then(|_| transform.log_score_mixed(modelled, mixture, observed)),
        ..predicted
    }
}

/// Continuous ranked probability score of a Gaussian with this mean and standard deviation on the modelling scale.
///
/// # Source
/// Gaussian: Gneiting & Raftery (2007), *JASA* 102:359. Log-normal: Baran & Lerch (2015), *Q. J. R. Meteorol. Soc.*
/// 141:2289. Both are compared with the score's definition, integrated numerically, in the tests below.
fn crps(observed: f64, mean: f64, sd: f64, transform: &Transform) -> f64 {
    match transform {
        Transform::None => {
            let z = (observed - mean) / sd;
            let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
            sd * (z * (2.0 * normal_cdf(z) - 1.0) + 2.0 * density - 1.0 / std::f64::consts::PI.sqrt())
        }
        Transform::Log => {
            let z = (observed.ln() - mean) / sd;
            let expectation = (mean + 0.5 * sd * sd).exp();
            observed * (2.0 * normal_cdf(z) - 1.0)
                - 2.0 * expectation * (normal_cdf(z - sd) + normal_cdf(sd / std::f64::consts::SQRT_2) - 1.0)
        }
        other => crps_by_quantiles(observed, mean, sd, other),
    }
}

/// The score of any monotone transform, as the integral of the quantile score over the standard normal scale, in two parts
/// that meet at the observed value, where its slope jumps: Simpson's rule, to some eight digits.
///
/// # Source
/// Laio & Tamea (2007), *Hydrology and Earth System Sciences* 11:1267: the score is twice the mean quantile score.
fn crps_by_quantiles(observed: f64, mean: f64, sd: f64, transform: &Transform) -> f64 {
    const PANELS: usize = 200;
    const END: f64 = 8.5;
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let split = ((transform.forward_value(observed) - mean) / sd).clamp(-END, END);
    let quantile = |t: f64| transform.back_value(mean + sd * t);
    let below = |t: f64| 2.0 * normal_cdf(t) * (observed - quantile(t)) * density(t);
    let above = |t: f64| 2.0 * normal_cdf(-t) * (quantile(t) - observed) * density(t);
    let simpson = |f: &dyn Fn(f64) -> f64, from: f64, to: f64| {
        let step = (to - from) / (2 * PANELS) as f64;
        let weight = |k: usize| {
            if k == 0 || k == 2 * PANELS {
                1.0
            } else if k % 2 == 1 {
                4.0
            } else {
                2.0
            }
        };
        (0..=2 * PANELS).map(|k| weight(k) * f(from + k as f64 * step)).sum::<f64>() * step / 3.0
    };
    simpson(&below, -END, split) + simpson(&above, split, END)
}

impl Scores {
    /// Scores of residuals; `None` where no sample has a prediction.
    pub fn of(residuals: &[Residual]) -> Option<Self> {
        let pairs: Vec<(f64, f64)> = residuals.iter().filter_map(|r| Some((r.observed, r.residual?))).collect();
        if pairs.is_empty() {
            return None;
        }
        let n = pairs.len();
        let mean_of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n as f64;
        let mse = mean_of(&|p| p.1 * p.1);
        let mean = mean_of(&|p| p.0);
        let spread = mean_of(&|p| (p.0 - mean).powi(2));
        let standardised = |r: &Residual| Some(Standardised { z: r.zscore?, below: r.below_limit.is_some() });
        let z: Vec<Standardised> = residuals.iter().filter_map(standardised).collect();
        let share = |quantile: f64| z.iter().map(|z| z.inside(quantile)).sum::<f64>() / z.len() as f64;
        let below: Vec<&Residual> = residuals.iter().filter(|r| r.below_limit.is_some()).collect();
        let impossible = below.iter().filter(|r| r.below_limit == Some(0.0)).count();
        let crps: Vec<f64> = residuals.iter().filter_map(|r| r.crps).collect();
        let log_scores: Vec<f64> = residuals.iter().filter_map(|r| r.log_score).collect();
        let average = |v: &[f64]| (!v.is_empty()).then(|| v.iter().sum::<f64>() / v.len() as f64);
        let squares: Vec<f64> = z.iter().map(|z| z.square()).collect();
        Some(Self {
            n,
            gaps: residuals.len() - n - below.len(),
            me: mean_of(&|p| p.1),
            mae: mean_of(&|p| p.1.abs()),
            rmse: mse.sqrt(),
            r2: (spread > 0.0).then(|| 1.0 - mse / spread),
            ccc: concordance(&pairs, mean),
            msdr: average(&squares),
            crps: average(&crps),
            // A mean without the worst failures would be the better, the more of them there are.
            log_score: average(&log_scores).filter(|_| impossible == 0),
            coverage: if z.is_empty() {
                Vec::new()
            } else {
                INTERVALS.iter().map(|&(nominal, q)| Coverage { nominal, observed: share(q) }).collect()
            },
            below_limits: (!below.is_empty()).then(|| BelowLimits {
                n: below.len(),
                mean_probability: below.iter().filter_map(|r| r.below_limit).sum::<f64>() / below.len() as f64,
                impossible,
                log_score: average(&below.iter().filter_map(|r| r.log_score).collect::<Vec<_>>())
                    .filter(|_| impossible == 0),
            }),
        })
    }
}

/// Of pairs of an observation, whose mean is given, and observation less prediction.
fn concordance(pairs: &[(f64, f64)], mean: f64) -> Option<f64> {
    let n = pairs.len() as f64;
    let predicted = pairs.iter().map(|(observed, residual)| observed - residual).sum::<f64>() / n;
    let (mut observations, mut predictions, mut both) = (0.0, 0.0, 0.0);
    for (observed, residual) in pairs {
        let (a, b) = (observed - mean, observed - residual - predicted);
        observations += a * a / n;
        predictions += b * b / n;
        both += a * b / n;
    }
    let whole = observations + predictions + (mean - predicted).powi(2);
    (whole > 0.0).then(|| 2.0 * both / whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::BoxCox;

    /// By hand: 1, 2, 3 predicted as 2, 3, 4: variances 2/3, covariance 2/3, means apart by 1: (4/3) / (4/3 + 1) = 4/7.
    #[test]
    fn concordance_is_agreement_and_not_correlation() {
        let of = |pairs: &[(f64, f64)]| concordance(pairs, pairs.iter().map(|p| p.0).sum::<f64>() / pairs.len() as f64);
        let shifted = of(&[(1.0, -1.0), (2.0, -1.0), (3.0, -1.0)]).unwrap();
        assert!((shifted - 4.0 / 7.0).abs() < 1e-15, "{shifted}");
        assert_eq!(of(&[(1.0, 0.0), (2.0, 0.0), (4.0, 0.0)]), Some(1.0));
        // Predictions that run the other way: −1.
        assert!((of(&[(1.0, -2.0), (2.0, 0.0), (3.0, 2.0)]).unwrap() + 1.0).abs() < 1e-15);
        assert_eq!(of(&[(2.0, 0.0), (2.0, 0.0)]), None);
    }

    /// ∫ (F(x) − 1{x ≥ observed})² dx by the midpoint rule.
    fn crps_by_integration(observed: f64, cdf: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
        let steps = 400_000;
        let width = (high - low) / f64::from(steps);
        (0..steps)
            .map(|k| {
                let x = low + (f64::from(k) + 0.5) * width;
                (cdf(x) - f64::from(u8::from(x >= observed))).powi(2) * width
            })
            .sum()
    }

    #[test]
    fn crps_agrees_with_its_definition() {
        let gaussian = crps(1.3, 0.4, 0.7, &Transform::None);
        let integral = crps_by_integration(1.3, |x| normal_cdf((x - 0.4) / 0.7), -10.0, 10.0);
        assert!((gaussian - integral).abs() < 1e-5, "{gaussian} against {integral}");
        let log_normal = crps(1.3, 0.4, 0.7, &Transform::Log);
        let integral = crps_by_integration(1.3, |x| normal_cdf((x.ln() - 0.4) / 0.7), 1e-9, 60.0);
        assert!((log_normal - integral).abs() < 1e-3, "{log_normal} against {integral}");
        // Any monotone transform, checked where there is a closed form, and by its definition.
        for (transform, closed) in [(Transform::None, gaussian), (Transform::Log, log_normal)] {
            let general = crps_by_quantiles(1.3, 0.4, 0.7, &transform);
            assert!((general / closed - 1.0).abs() < 1e-7, "{general} against {closed}");
        }
        let root = Transform::BoxCox(BoxCox::new(0.5).unwrap());
        let general = crps(1.3, 0.4, 0.7, &root);
        let cdf = |x: f64| normal_cdf((root.forward_value(x) - 0.4) / 0.7);
        let integral = crps_by_integration(1.3, cdf, 0.0, 30.0);
        assert!((general - integral).abs() < 1e-4, "{general} against {integral}");
    }

    /// The densities that log scores are of integrate to 1, whatever the transform.
    #[test]
    fn log_scores_are_of_densities() {
        let root = Transform::BoxCox(crate::transform::BoxCox::new(0.5).unwrap());
        for transform in [Transform::None, Transform::Log, root] {
            let outcome = Ok(crate::Prediction { value: 1.4, variance: Some(0.2), multiplier: 0.0 });
            let steps = 200_000;
            let width = 60.0 / f64::from(steps);
            let total: f64 = (0..steps)
                .map(|k| residual((f64::from(k) + 0.5) * width, false, &outcome, Mixture::NORMAL, &transform))
                .filter_map(|r| r.log_score.map(|s| (-s).exp() * width))
                .sum();
            assert!((total - 1.0).abs() < 2e-3, "{transform:?}: {total}");
        }
    }

    /// A limit far below its prediction is the worst that a model can do: its score is as bad as it is, and never left out.
    #[test]
    fn limits_far_below_predictions_are_not_left_out() {
        let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![0.0, 0.0, 1.0]).unwrap();
        let of = |value: f64, draws: &[f64]| {
            let at = |value| Ok(crate::Prediction { value, variance: Some(1.0), multiplier: 0.0 });
            let mut predictions = Predictions::from_outcomes(&[at(0.0), at(value), at(1.0)]);
            if !draws.is_empty() {
                predictions.mixtures_mut().set(1, 1.0, draws.iter().copied());
            }
            Scores::of(&residuals_with_limits(&samples, &[true, true, false], &predictions, &Transform::None)).unwrap()
        };
        // Φ(−10) = 7.619853e-24, of the half whose mean is 10; that of the other half, at 30, is nothing beside it.
        for (scores, expected) in
            [(of(10.0, &[]), -(7.619_853e-24_f64).ln()), (of(20.0, &[-10.0, 10.0]), -(0.5 * 7.619_853e-24_f64).ln())]
        {
            let below = scores.below_limits.unwrap();
            let second = 2.0 * below.log_score.unwrap() - 2.0_f64.ln();
            assert!((second - expected).abs() < 1e-6, "{second} {expected}");
            assert_eq!((below.n, below.impossible), (2, 0));
        }
        let scores = of(60.0, &[]);
        let below = scores.below_limits.unwrap();
        assert_eq!((below.n, below.impossible, below.log_score, scores.log_score), (2, 1, None, None));
        assert_eq!(below.mean_probability, 0.25);
    }

    #[test]
    fn scores_of_hand_made_residuals() {
        let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 2.0, 6.0]).unwrap();
        let at = |value| Ok(crate::Prediction { value, variance: Some(4.0), multiplier: 0.0 });
        let outcomes = [at(2.0), at(2.0), Err(Gap::SingularSystem)];
        let scores = Scores::of(&residuals(&samples, &outcomes, &Transform::None)).unwrap();
        assert_eq!((scores.n, scores.gaps), (2, 1));
        assert_eq!((scores.me, scores.mae, scores.rmse), (-0.5, 0.5, 0.5_f64.sqrt()));
        assert_eq!(scores.msdr, Some(0.125));
        assert_eq!(scores.coverage[0].observed, 1.0);
    }
}
