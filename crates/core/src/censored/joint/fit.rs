//! How several variables vary together, where some values of theirs are only known to be below limits.

use super::super::imputations::{ImputationSettings, Sampler, with_values};
use super::check;
use super::conditionals::Layout;
use crate::cokriging::{Coregionalisation, Means};
use crate::executor::Executor;
use crate::random::Random;
use crate::variogram::{CrossVariogram, Direction, LagClasses, cross_variograms_with};
use crate::{Error, Result, Samples};

const PURPOSE: u64 = 0x6a6f_696e_7466_6974;

/// Settings of a fit of several variables with values below limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct JointFitSettings {
    /// Iterations whose draws are forgotten.
    pub warm_up: usize,
    /// Iterations whose draws are averaged.
    pub averaged: usize,
    /// Sweeps of the sampler in an iteration.
    pub sweeps: usize,
    /// Earlier neighbours, as of [`JointImputations`](super::JointImputations).
    pub neighbours: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for JointFitSettings {
    fn default() -> Self {
        Self { warm_up: 5, averaged: 15, sweeps: 20, neighbours: 30, seed: 1 }
    }
}

/// A model of several variables, and what it was fitted to.
#[derive(Debug, Clone, PartialEq)]
pub struct JointFit<F> {
    /// Direct and cross variograms, expected given the quantified values and the limits.
    pub variograms: Vec<CrossVariogram>,
    /// The model fitted to these.
    pub model: Coregionalisation,
    /// What else the last fit says.
    pub detail: F,
    /// Mean over the averaged draws of Pearson's correlation of every two variables at the places where both were measured, the pairs
    /// in the order (0, 1), (0, 2) … (1, 2) …; `None` where a draw has none.
    pub correlations: Vec<Option<f64>>,
    /// Iterations, warming up included; 0 where no value is below a limit.
    pub iterations: usize,
}

/// Fits a model of several variables, by `fit` to their direct and cross variograms, where some values are below limits. `fit` gives the
/// model and whatever else there is to keep of it.
///
/// In turn, values below limits are drawn together given the others and the model (as by [`JointImputations`](super::JointImputations)),
/// the semivariances of the samples so completed are averaged with those of the draws before, and the model is fitted to the
/// averages. Those of the warm-up are forgotten. This is EM by stochastic approximation with semivariances in the place of sufficient
/// statistics, so that the model in the end is the one whose fit to the semivariances expected under it is itself; by least squares and not
/// by likelihood, it solves an estimating equation.
///
/// The first model is fitted with the limits as values. Without values below limits that is the fit.
///
/// # Errors
/// What `fit` refuses; as [`JointImputations::draw`](super::JointImputations::draw) and [`cross_variograms_with`]; no averaged iteration.
///
/// # Source
/// Delyon, Lavielle & Moulines (1999), *Annals of Statistics* 27:94 (EM by stochastic approximation); Elashoff & Ryan (2004), *Journal of
/// Computational and Graphical Statistics* 13:48 (EM for estimating equations).
///
/// # Examples
/// ```
/// use soilscope_core::censored::{JointFitSettings, fit_joint};
/// use soilscope_core::cokriging::{Coefficients, LmcSettings, Means, fit_lmc};
/// use soilscope_core::variogram::{LagClasses, ModelTemplate};
/// use soilscope_core::{Samples, executor::Serial, random::Random};
///
/// // Two variables without correlation from place to place, and of 0.8 at a place; below −½ the second is only known to be so.
/// let mut random = Random::new(3);
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let one: Vec<f64> = coords.iter().map(|_| random.normal()).collect();
/// let other: Vec<f64> = one.iter().map(|v| 0.8 * v + 0.6 * random.normal()).collect();
/// let below = [vec![false; 100], other.iter().map(|v| *v < -0.5).collect::<Vec<bool>>()];
/// let samples = [Samples::new(coords.clone(), one)?, Samples::new(coords, other.iter().map(|v| v.max(-0.5)).collect())?];
/// let (names, template): ([String; 2], ModelTemplate) = (["zinc".into(), "lead".into()], "Nug".parse()?);
/// let fit = fit_joint(
///     &samples,
///     &below,
///     &Means::Unknown,
///     (&LagClasses::regular(6.0, 2.0)?, &[]),
///     &JointFitSettings::default(),
///     &Serial,
///     |variograms| fit_lmc(&names, variograms, &template, &LmcSettings::default()).map(|fit| (fit.model, fit.sserr)),
/// )?;
/// let correlation = fit.model.sill(0, 1) / (fit.model.sill(0, 0) * fit.model.sill(1, 1)).sqrt();
/// assert!((correlation - 0.8).abs() < 0.1);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn fit_joint<F, E: From<Error>>(
    samples: &[Samples],
    below: &[Vec<bool>],
    means: &Means,
    (lags, directions): (&LagClasses, &[Direction]),
    settings: &JointFitSettings,
    executor: &dyn Executor,
    fit: impl Fn(&[CrossVariogram]) -> std::result::Result<(Coregionalisation, F), E>,
) -> std::result::Result<JointFit<F>, E> {
    let variograms = |samples: &[Samples]| cross_variograms_with(samples, lags, directions, executor);
    let pairs: Vec<Pair> = pairs(samples);
    let mut expected = variograms(samples)?;
    let (mut model, mut detail) = fit(&expected)?;
    let mut correlations = vec![Some(0.0); pairs.len()];
    let censored = below.iter().flatten().any(|b| *b);
    if !censored {
        let correlations = pairs.iter().map(|pair| pair.correlation(samples)).collect();
        return Ok(JointFit { variograms: expected, model, detail, correlations, iterations: 0 });
    }
    check(&model, means, samples, below)?;
    if settings.averaged < 1 || settings.sweeps < 1 {
        let value = settings.averaged.min(settings.sweeps) as f64;
        let requirement = "at least 1 averaged iteration, and 1 sweep";
        return Err(Error::Parameter { name: "number of iterations or sweeps", value, requirement }.into());
    }
    ImputationSettings { neighbours: settings.neighbours, ..ImputationSettings::default() }.check()?;
    let layout = Layout::new(samples, below, means, settings.neighbours, executor)?;
    let mut state: Option<Vec<f64>> = None;
    let iterations = settings.warm_up + settings.averaged;
    for iteration in 0..iterations {
        let conditionals = layout.conditionals(&model, executor)?;
        let random = Random::substream(settings.seed, PURPOSE, iteration as u64);
        let mut sampler = Sampler::new(&conditionals, layout.values(), random);
        if let Some(state) = &state {
            sampler.start_at(state);
        }
        sampler.sweep(settings.sweeps);
        let drawn: Vec<f64> = sampler.values().collect();
        let mut values = layout.values().to_vec();
        conditionals.samples.iter().zip(&drawn).for_each(|(&i, y)| values[i] = *y);
        state = Some(drawn);
        let completed: Vec<Samples> = samples
            .iter()
            .enumerate()
            .map(|(v, own)| with_values(own, values[layout.range(v)].to_vec()))
            .collect::<Result<_>>()?;
        // The part of the new draw: all of it as long as they are forgotten, then that of a mean.
        let averaged = (iteration + 1).saturating_sub(settings.warm_up).max(1);
        let part = 1.0 / averaged as f64;
        for (sum, new) in expected.iter_mut().zip(variograms(&completed)?) {
            for (class, new) in sum.variogram.classes.iter_mut().zip(&new.variogram.classes) {
                class.gamma += part * (new.gamma - class.gamma);
            }
        }
        for (mean, pair) in correlations.iter_mut().zip(&pairs) {
            *mean = mean.zip(pair.correlation(&completed)).map(|(mean, new)| mean + part * (new - mean));
        }
        (model, detail) = fit(&expected)?;
    }
    Ok(JointFit { variograms: expected, model, detail, correlations, iterations })
}

/// Two variables at the places where both were measured.
struct Pair {
    variables: [usize; 2],
    samples: Vec<[usize; 2]>,
}

/// Every two variables.
fn pairs(samples: &[Samples]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for a in 0..samples.len() {
        for b in a + 1..samples.len() {
            pairs.push(Pair { variables: [a, b], samples: shared(&samples[a], &samples[b]) });
        }
    }
    pairs
}

/// Samples of two variables at one place.
fn shared(a: &Samples, b: &Samples) -> Vec<[usize; 2]> {
    let key = |c: &crate::Coord| c.map(|v| (v + 0.0).to_bits());
    let of_b: std::collections::HashMap<_, usize> = b.coords().iter().enumerate().map(|(j, c)| (key(c), j)).collect();
    let partner = |(i, c): (usize, &crate::Coord)| of_b.get(&key(c)).map(|&j| [i, j]);
    a.coords().iter().enumerate().filter_map(partner).collect()
}

impl Pair {
    /// Pearson's correlation; `None` where one of both does not vary.
    fn correlation(&self, samples: &[Samples]) -> Option<f64> {
        let [a, b] = self.variables.map(|v| samples[v].values());
        let n = self.samples.len() as f64;
        let mean = |of: &dyn Fn(&[usize; 2]) -> f64| self.samples.iter().map(of).sum::<f64>() / n;
        let (first, second) = (mean(&|s| a[s[0]]), mean(&|s| b[s[1]]));
        let product = mean(&|s| (a[s[0]] - first) * (b[s[1]] - second));
        let scale = (mean(&|s| (a[s[0]] - first).powi(2)) * mean(&|s| (b[s[1]] - second).powi(2))).sqrt();
        (scale > 0.0).then(|| product / scale)
    }
}
