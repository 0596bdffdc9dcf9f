//! Point and diffuse contributions told apart by the distance from known sources.

use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::drift::Drift;
use soilscope_core::executor::{self, Executor, Serial};
use soilscope_core::likelihood::{Engine, LikelihoodFit, LikelihoodSettings, Method, fit_likelihood};
use soilscope_core::simulation::quantile_of_sorted;

use super::SourcesError;
use super::proximity::check;

/// The model with one length of decay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Decay {
    /// Length over which the effect falls to 1/e, coordinate units.
    pub length: f64,
    /// Logarithm of the factor by which a place at a source is above one far away.
    pub effect: f64,
    /// Its standard error, the variogram taken as known.
    pub standard_error: f64,
    /// Log-likelihood above that of the model without sources.
    pub gain: f64,
}

/// What goes with the nearness to sources, with the rest as diffuse.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointShare {
    /// Samples.
    pub samples: usize,
    /// The lengths that were tried, shortest first.
    pub lengths: Vec<Decay>,
    /// Share of the mean of all samples that goes with the nearness to sources: lower end of the interval, estimate, upper end.
    /// Below 0 where values are lower near them.
    pub share: [f64; 3],
    /// Of each sample, likewise. One row a sample, so not serialised.
    #[serde(skip)]
    pub each: Vec<[f64; 3]>,
    /// The factor by which a place at a source is above one far away, likewise.
    pub factor_at_source: [f64; 3],
    /// Length of decay, likewise, among those that were tried.
    pub length: [f64; 3],
    /// Of the lengths that were tried, the shortest and the longest: an interval that ends there has no end of its own.
    pub tried: [f64; 2],
}

impl PointShare {
    /// The length with the highest likelihood.
    ///
    /// # Panics
    /// Never: there is a length.
    pub fn best(&self) -> &Decay {
        best_of(&self.lengths)
    }

    /// Whether the interval of the share is above 0.
    pub fn is_shown(&self) -> bool {
        self.share[0] > 0.0
    }
}

/// Lengths of decay that are tried at first; then six more beside the best.
const LENGTHS: usize = 8;
/// What twice the log-likelihood may be below its maximum within a region of 90 % of two parameters: a quantile of χ², −2 ln 0.1.
const REGION: f64 = 4.605_170_185_988_091;
const EXACT: usize = 400;

/// Tells what goes with the nearness to known sources from the rest.
///
/// A concentration is taken as a background times 1 + (F − 1) exp(−d / L), with d the distance to the nearest source and F the
/// factor by which a source itself is above places far away. The logarithm of the background is a constant, plus a spatially
/// correlated field and a nugget: kriging with an external drift, fitted by maximum likelihood for each of several L, and in
/// F by Gauss–Newton steps in its logarithm, which are external drifts too. At a sample the share
/// (F − 1) exp(−d / L) / (1 + (F − 1) exp(−d / L)) of the concentration then goes with the source; of all samples, the sum of
/// those parts over the sum of the values. Intervals are the extremes over the
/// region of all L and F together whose likelihood is no less than such a region of 90 % has (twice the logarithm within 4.61
/// of the highest, quadratic in log F for each L). As one of both, such an interval holds the truth more often than in 90 % of
/// cases, and it pays for having looked for the L that fits best. Tried are lengths from a third of the first decile of the
/// distances, or a fiftieth of the largest where that is more, to the largest.
///
/// What is called diffuse is all the rest: natural background, diffuse input, and sources that the inventory does not hold.
/// Where the background varies much, or what comes from a source does not grow with it, the share is approximate. The field
/// competes with the sources for what both explain, so that an effect over longer distances than the field's own
/// range is hard to tell, and the interval says so by being wide. One length and one strength serve all sources; wind,
/// streams and the size of the sources are not in it. That something goes with the distance does not say that it comes
/// from there.
///
/// # Units
/// Values in any unit, above 0; distances and lengths in coordinate units; shares from 0 to 1.
///
/// # Source
/// Diggle & Ribeiro (2007), *Model-based Geostatistics*, ch. 5 (maximum likelihood with a trend of covariates). The trend by
/// distance is usual in the epidemiology of point sources: Diggle (1990), *Journal of the Royal Statistical Society A* 153:349
/// (there for points of disease, with another function of the distance). Shares and their region are this project's.
///
/// # Errors
/// Values that are not above 0, distances of another number than samples, fewer than 20 samples, distances that do not
/// differ, and what a fit by likelihood refuses.
pub fn point_share(samples: &Samples, distances: &[f64], executor: &dyn Executor) -> Result<PointShare, SourcesError> {
    check(samples, distances)?;
    let values = samples.values();
    if let Some(sample) = values.iter().position(|v| !(*v > 0.0)) {
        let (value, requirement) = (values[sample], "a value above 0, which has a logarithm");
        return Err(SourcesError::Value { sample, analyte: 0, value, requirement });
    }
    let logarithms = samples.with_values(values.iter().map(|v| v.ln()).collect())?;
    let engine = if samples.len() <= EXACT { Engine::Exact } else { Engine::Vecchia { neighbours: 30 } };
    let template = "Nug + Exp".parse()?;
    let fit = |samples: &Samples, method| {
        let drift = Drift::external(samples.covariate_count());
        let how = LikelihoodSettings { method, engine, ..LikelihoodSettings::default() };
        fit_likelihood(samples, drift, &template, &how, &Serial)
    };
    let without = fit(&logarithms, Method::Ml)?.log_likelihood;
    let decays = |lengths: &[f64]| -> Result<Vec<Decay>, SourcesError> {
        let fits = executor::map(executor, lengths.len(), |k| with_sources(&logarithms, distances, lengths[k], fit))?;
        let decay = |(fit, &length): (soilscope_core::Result<Fit>, &f64)| {
            let Fit { log_likelihood, effect, standard_error } = fit?;
            Ok(Decay { length, effect, standard_error, gain: log_likelihood - without })
        };
        fits.into_iter().zip(lengths).map(decay).collect()
    };
    let (coarse, step) = lengths(distances);
    let mut lengths = decays(&coarse)?;
    // Between the best and its neighbours the likelihood is looked at more closely.
    let best = best_of(&lengths).length;
    let fine: Vec<f64> = [-0.75, -0.5, -0.25, 0.25, 0.5, 0.75].iter().map(|part| best * step.powf(*part)).collect();
    let [shortest, longest] = [coarse[0], coarse[coarse.len() - 1]];
    let within: Vec<f64> = fine.into_iter().filter(|l| (shortest..=longest).contains(l)).collect();
    lengths.extend(decays(&within)?);
    lengths.sort_by(|a, b| a.length.total_cmp(&b.length));
    Ok(shares(values, distances, lengths))
}

/// One model's fit.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    log_likelihood: f64,
    effect: f64,
    standard_error: f64,
}

/// Steps of Gauss and Newton, at most; after one below a quarter of the standard error the next would be far smaller.
const STEPS: usize = 8;

/// The most likely log F for one length.
fn with_sources(
    logarithms: &Samples,
    distances: &[f64],
    length: f64,
    fit: impl Fn(&Samples, Method) -> soilscope_core::Result<LikelihoodFit>,
) -> soilscope_core::Result<Fit> {
    let n = logarithms.len() as f64;
    let near: Vec<f64> = distances.iter().map(|d| (-d / length).exp()).collect();
    let last = |fit: &LikelihoodFit| fit.coefficients.last().map_or((0.0, 0.0), |c| (c.estimate, c.standard_error));
    let mut found = Fit::default();
    for _ in 0..STEPS {
        let factor = found.effect.exp();
        let whole = |near: &f64| 1.0 + (factor - 1.0) * near;
        let rest = logarithms.values().iter().zip(&near).map(|(y, near)| y - whole(near).ln()).collect();
        let slope: Vec<f64> = near.iter().map(|near| factor * near / whole(near)).collect();
        let mean = slope.iter().sum::<f64>() / n;
        // The drift's functions are in standard deviations.
        let deviation = (slope.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let tangent = logarithms.with_values(rest)?.with_covariates(&[slope])?;
        let linear = fit(&tangent, Method::Ml)?;
        let (step, error) = last(&linear);
        let log_likelihood = linear.log_likelihood;
        // A factor of e⁵ is more than any model of this kind can tell.
        found = Fit { log_likelihood, effect: found.effect + (step / deviation).clamp(-2.0, 2.0), ..found };
        if step.abs() <= 0.25 * error || found.effect.abs() > 5.0 {
            // Maximum likelihood takes the sill too small, and with it the error; the restricted one does not.
            found.standard_error = last(&fit(&tangent, Method::Reml)?).1 / deviation;
            return Ok(found);
        }
        found.standard_error = error / deviation;
    }
    Ok(found)
}

/// Lengths of decay, evenly in their logarithms, and the ratio of each to the one before.
fn lengths(distances: &[f64]) -> (Vec<f64>, f64) {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let largest = sorted[sorted.len() - 1];
    let least = (quantile_of_sorted(&sorted, 0.1) / 3.0).max(largest / 50.0);
    let step = (largest / least).powf(1.0 / (LENGTHS - 1) as f64);
    ((0..LENGTHS).map(|k| least * step.powi(k as i32)).collect(), step)
}

/// The length with the highest likelihood, the shortest of equals.
fn best_of(lengths: &[Decay]) -> &Decay {
    let best = lengths.iter().reduce(|a, b| if b.gain > a.gain { b } else { a });
    best.unwrap_or_else(|| unreachable!("lengths are tried"))
}

/// Shares at the estimate, and their extremes over the region of lengths and effects.
fn shares(values: &[f64], distances: &[f64], lengths: Vec<Decay>) -> PointShare {
    let best = *best_of(&lengths);
    // Ends of the effect for each length that is in the region.
    let region: Vec<(f64, f64)> = lengths
        .iter()
        .filter_map(|d| {
            let room = REGION - 2.0 * (best.gain - d.gain);
            let width = d.standard_error * room.max(0.0).sqrt();
            (room >= 0.0).then_some([(d.length, d.effect - width), (d.length, d.effect + width)])
        })
        .flatten()
        .collect();
    let three = |of: &dyn Fn((f64, f64)) -> f64| {
        let all = || region.iter().map(|&at| of(at));
        [all().fold(f64::INFINITY, f64::min), of((best.length, best.effect)), all().fold(f64::NEG_INFINITY, f64::max)]
    };
    let share = |distance: f64, (length, effect): (f64, f64)| {
        let added = effect.exp_m1() * (-distance / length).exp();
        added / (1.0 + added)
    };
    let sum: f64 = values.iter().sum();
    let whole = |at: (f64, f64)| values.iter().zip(distances).map(|(v, &d)| v * share(d, at)).sum::<f64>() / sum;
    PointShare {
        samples: values.len(),
        share: three(&whole),
        each: distances.iter().map(|&d| three(&|at| share(d, at))).collect(),
        factor_at_source: three(&|(_, effect)| effect.exp()),
        length: three(&|(length, _)| length),
        tried: [lengths[0].length, lengths[lengths.len() - 1].length],
        lengths,
    }
}
