//! The variogram and the trend of samples of which some are only known to be below a limit.

use super::conditionals::Conditionals;
use super::imputations::{ImputationSettings, Sampler, check_flags, with_values};
use crate::drift::Drift;
use crate::executor::Executor;
use crate::kriging::Kriging;
use crate::likelihood::{Bound, Coefficient, LikelihoodFit, LikelihoodSettings, Remark, fit_likelihood};
use crate::neighbourhood::Neighbourhood;
use crate::normal::normal_quantile;
use crate::random::Random;
use crate::variogram::{FreeParameter, ModelTemplate, Variogram};
use crate::{Error, Result, Samples};

const PURPOSE: u64 = 0x7374_6f63_6845_4d31;

/// Settings of a fit with values below limits.
#[derive(Debug, Clone, PartialEq)]
pub struct CensoredFitSettings {
    /// The likelihood of the completed samples.
    pub likelihood: LikelihoodSettings,
    /// Iterations before the first that counts.
    pub warm_up: usize,
    /// Iterations whose estimates are averaged.
    pub averaged: usize,
    /// Sweeps of the sampler in an iteration.
    pub sweeps: usize,
    /// Earlier neighbours of each sample in Vecchia's approximation of the sampler, beyond 1000 samples.
    pub neighbours: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for CensoredFitSettings {
    fn default() -> Self {
        Self {
            likelihood: LikelihoodSettings::default(),
            warm_up: 10,
            averaged: 20,
            sweeps: 20,
            neighbours: 30,
            seed: 1,
        }
    }
}

/// One estimated parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CensoredEstimate {
    /// Which.
    pub parameter: FreeParameter,
    /// Mean of the estimates: variances in the square of the samples' unit, ranges in coordinate units, azimuths in degrees.
    pub estimate: f64,
    /// Lower end of the interval; `None` where the samples set none.
    pub lower: Option<f64>,
    /// Upper end of the interval; `None` where the samples set none.
    pub upper: Option<f64>,
    /// Standard deviation of the estimates between iterations, of the logarithm (an azimuth: in radians): what not knowing the
    /// values below limits adds to the error.
    pub between: f64,
    /// How many of the averaged estimates were not a maximum inside their domain.
    pub at_bound: usize,
}

/// A variogram and a trend fitted with values below limits.
#[derive(Debug, Clone, PartialEq)]
pub struct CensoredFit {
    /// The model of the averaged estimates.
    pub variogram: Variogram,
    /// Its free parameters, in the template's order.
    pub parameters: Vec<CensoredEstimate>,
    /// The trend's coefficients; empty for a known mean.
    pub coefficients: Vec<Coefficient>,
    /// Samples, and how many of them are below their limits.
    pub samples: usize,
    /// Those below their limits.
    pub below: usize,
    /// Iterations, warming up included; 0 where no value is below a limit and one fit is exact.
    pub iterations: usize,
    /// Fits that did not find their maximum.
    pub not_converged: usize,
    /// What the last fit says beside.
    pub remarks: Vec<Remark>,
    /// Probability of the intervals.
    pub probability: f64,
}

/// Fits the free parameters of `template`, and the trend, to samples of which some are below limits, by stochastic EM.
///
/// In turn, values below limits are drawn given the others and the model (as by [`Imputations`](super::Imputations)), and the model is
/// fitted to the samples so completed by [`fit_likelihood`]. After a warming up the estimates vary around the maximum of the
/// censored likelihood; they are averaged: variances as they are, ranges, shapes and ratios by their logarithms. Intervals
/// are normal on the logarithm, with the mean of the fits' variances plus (1 + 1/m) times the variance between the m fits (Rubin's rule).
/// The fits being drawn at estimates and not at draws of the parameters, intervals are somewhat too short where more than
/// about half of the samples are below limits.
///
/// Without values below limits this is [`fit_likelihood`].
///
/// # Units
/// As [`fit_likelihood`].
///
/// # Errors
/// As [`fit_likelihood`] and [`Imputations::draw`](super::Imputations::draw); fewer than 2 averaged iterations.
///
/// # Source
/// Celeux & Diebolt (1985), *Computational Statistics Quarterly* 2:73 (stochastic EM); Rubin (1987), *Multiple Imputation for Nonresponse in
/// Surveys* (intervals).
///
/// # Examples
/// ```
/// use soilscope_core::censored::{CensoredFitSettings, fit_censored};
/// use soilscope_core::{Samples, drift::Drift, executor::Serial, random::Random};
///
/// // Standard normal numbers without correlation, of which those below −½ are only known to be so.
/// let mut random = Random::new(5);
/// let coords: Vec<[f64; 2]> = (0..60).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let values: Vec<f64> = coords.iter().map(|_| random.normal()).collect();
/// let below: Vec<bool> = values.iter().map(|v| *v < -0.5).collect();
/// let samples = Samples::new(coords, values.iter().map(|v| v.max(-0.5)).collect())?;
/// let settings = CensoredFitSettings { warm_up: 5, averaged: 10, ..CensoredFitSettings::default() };
/// let fit = fit_censored(&samples, &below, Drift::Constant, &"Nug".parse()?, &settings, &Serial)?;
/// assert!((fit.variogram.nugget() - 1.0).abs() < 0.5 && fit.coefficients[0].estimate.abs() < 0.4);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn fit_censored(
    samples: &Samples,
    below: &[bool],
    drift: Drift,
    template: &ModelTemplate,
    settings: &CensoredFitSettings,
    executor: &dyn Executor,
) -> Result<CensoredFit> {
    check_flags(samples, below)?;
    let censored = below.iter().filter(|b| **b).count();
    let first = fit_likelihood(samples, drift, template, &settings.likelihood, executor)?;
    if censored == 0 {
        return averaged(&[first], template, settings, 0, samples.len(), 0);
    }
    if settings.averaged < 2 || settings.sweeps < 1 {
        let value = settings.averaged.min(settings.sweeps) as f64;
        let requirement = "at least 2 averaged iterations, and 1 sweep";
        return Err(Error::Parameter { name: "number of iterations or sweeps", value, requirement });
    }
    let imputation = ImputationSettings { neighbours: settings.neighbours, ..ImputationSettings::default() };
    imputation.check()?;
    let mut variogram = first.variogram;
    let mut state: Option<Vec<(usize, f64)>> = None;
    let mut fits = Vec::with_capacity(settings.averaged);
    for iteration in 0..settings.warm_up + settings.averaged {
        let recipe = Kriging::new(variogram.clone(), drift, Neighbourhood::Global);
        let conditionals = Conditionals::new(&recipe, samples, below, settings.neighbours, executor)?;
        let random = Random::substream(settings.seed, PURPOSE, iteration as u64);
        let mut sampler = Sampler::new(&conditionals, samples.values(), random);
        if let Some(state) = &state {
            sampler.start_at(&state.iter().map(|s| s.1).collect::<Vec<_>>());
        }
        sampler.sweep(settings.sweeps);
        let drawn: Vec<(usize, f64)> = conditionals.samples.iter().copied().zip(sampler.values()).collect();
        let mut values = samples.values().to_vec();
        drawn.iter().for_each(|&(i, y)| values[i] = y);
        state = Some(drawn);
        let start = LikelihoodSettings { start: Some(variogram), ..settings.likelihood.clone() };
        let fit = fit_likelihood(&with_values(samples, values)?, drift, template, &start, executor)?;
        variogram = fit.variogram.clone();
        if iteration >= settings.warm_up {
            fits.push(fit);
        }
    }
    averaged(&fits, template, settings, settings.warm_up + settings.averaged, samples.len(), censored)
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}

fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (centre, n) = (mean(values.clone()), values.clone().count());
    if n < 2 { 0.0 } else { values.map(|v| (v - centre).powi(2)).sum::<f64>() / (n - 1) as f64 }
}

fn averaged(
    fits: &[LikelihoodFit],
    template: &ModelTemplate,
    settings: &CensoredFitSettings,
    iterations: usize,
    samples: usize,
    below: usize,
) -> Result<CensoredFit> {
    let (last, m) = (&fits[fits.len() - 1], fits.len() as f64);
    let probability = settings.likelihood.probability;
    let quantile = normal_quantile(0.5 + 0.5 * probability);
    let parameters: Vec<CensoredEstimate> = (0..last.parameters.len())
        .map(|k| {
            if let [only] = fits {
                let p = only.parameters[k];
                let at_bound = usize::from(p.bound.is_some());
                let (parameter, estimate, lower, upper) = (p.parameter, p.estimate, p.lower, p.upper);
                return CensoredEstimate { parameter, estimate, lower, upper, between: 0.0, at_bound };
            }
            combined(fits, k, quantile)
        })
        .collect();
    let coefficients = (0..last.coefficients.len())
        .map(|k| {
            let of = || fits.iter().map(move |f| &f.coefficients[k]);
            let within = mean(of().map(|c| c.standard_error.powi(2)));
            let between = variance(of().map(|c| c.estimate));
            let standard_error = (within + (1.0 + 1.0 / m) * between).sqrt();
            Coefficient {
                name: last.coefficients[k].name.clone(),
                estimate: mean(of().map(|c| c.estimate)),
                standard_error,
            }
        })
        .collect();
    let values: Vec<f64> = parameters.iter().map(|p| p.estimate).collect();
    // A fit of one may have a nugget that the template has not, to keep its matrix regular.
    let variogram = if let [only] = fits { only.variogram.clone() } else { template.with_values(&values)? };
    let not_converged = fits.iter().filter(|f| !f.converged).count();
    let remarks = last.remarks.clone();
    Ok(CensoredFit {
        variogram,
        parameters,
        coefficients,
        samples,
        below,
        iterations,
        not_converged,
        remarks,
        probability,
    })
}

/// One parameter over all fits.
fn combined(fits: &[LikelihoodFit], k: usize, quantile: f64) -> CensoredEstimate {
    let of = || fits.iter().map(move |f| &f.parameters[k]);
    let parameter = fits[0].parameters[k].parameter;
    let m = fits.len() as f64;
    let turn = 180.0;
    let first = fits[0].parameters[k].estimate;
    // Azimuths are the same after half a turn: all on the first one's side.
    let azimuth = |a: f64| a - turn * ((a - first) / turn).round();
    let estimate = match parameter {
        FreeParameter::Azimuth(_) => mean(of().map(|p| azimuth(p.estimate))).rem_euclid(turn),
        _ if parameter.is_linear() => mean(of().map(|p| p.estimate)),
        _ => mean(of().map(|p| p.estimate.ln())).exp(),
    };
    let inside: Vec<usize> = (0..fits.len()).filter(|&f| fits[f].parameters[k].bound.is_none()).collect();
    let at_bound = fits.len() - inside.len();
    let coordinate = |f: usize| match parameter {
        FreeParameter::Azimuth(_) => azimuth(fits[f].parameters[k].estimate).to_radians(),
        _ => fits[f].parameters[k].estimate.ln(),
    };
    let between = variance(inside.iter().map(|&f| coordinate(f)));
    if 2 * at_bound > fits.len() {
        // One-sided, as most of the fits say: the other end is the farthest that one of them allows.
        let ends =
            |f: fn(&crate::likelihood::ParameterEstimate) -> Option<f64>| -> Option<Vec<f64>> { of().map(f).collect() };
        let zero = of().any(|p| p.bound == Some(Bound::Zero));
        let upper = ends(|p| p.upper).map(|u| u.into_iter().fold(f64::NEG_INFINITY, f64::max));
        let lower = ends(|p| p.lower).map(|l| l.into_iter().fold(f64::INFINITY, f64::min));
        let lower = if zero { Some(0.0) } else { lower };
        return CensoredEstimate { parameter, estimate, lower, upper, between: between.sqrt(), at_bound };
    }
    let within = mean(inside.iter().map(|&f| fits[f].covariance[(k, k)]));
    let half = quantile * (within + (1.0 + 1.0 / m) * between).sqrt();
    let end = |side: f64| match parameter {
        FreeParameter::Azimuth(_) => estimate + side * half.to_degrees(),
        // A ratio ends at isotropy.
        FreeParameter::Ratio(_) => (estimate * (side * half).exp()).min(1.0),
        _ => estimate * (side * half).exp(),
    };
    let (lower, upper) = (Some(end(-1.0)), Some(end(1.0)));
    CensoredEstimate { parameter, estimate, lower, upper, between: between.sqrt(), at_bound }
}
