//! Models that the samples allow beside the best one.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::{DEFAULT_NEIGHBOURS, Engine, LikelihoodFit, LikelihoodSettings, fit_likelihood, log_likelihood};
use crate::drift::Drift;
use crate::executor::Executor;
use crate::random::Random;
use crate::variogram::{FreeParameter, ModelTemplate, Parameter, Variogram};
use crate::{Result, Samples};

/// Up to this many samples candidates are weighed by their exact likelihood, beyond by Vecchia's.
const EXACT_UP_TO: usize = 400;
/// Candidates for each model that is drawn, with the exact likelihood and with Vecchia's, which is slower.
const CANDIDATES: [usize; 2] = [10, 3];
/// Largest standard deviation of the logarithm of a parameter in what candidates are drawn from: what the samples determine no better
/// than that is looked at within e^±2 of the best.
const WIDEST: f64 = 1.0;

/// Models that the samples allow.
#[derive(Debug, Clone, PartialEq)]
pub struct PlausibleModels {
    /// As many as were asked for; one may stand more than once.
    pub models: Vec<Variogram>,
    /// How many equally likely candidates tell as much as those that they were drawn from: (Σw)² / Σw².
    pub effective: f64,
}

/// The shapes of a variogram, their smoothness and directions held, its variances and ranges open, and a nugget where there was none.
pub fn reopened(variogram: &Variogram) -> ModelTemplate {
    let mut template = ModelTemplate::from(variogram);
    template.nugget = Some(Parameter::Free);
    for structure in &mut template.structures {
        structure.partial_sill = Parameter::Free;
        if structure.model.has_range() {
            structure.range = Parameter::Free;
        }
    }
    template
}

/// Draws `count` models from what the samples say of the open parameters of a template: the distribution that the restricted likelihood
/// has under a flat prior on their logarithms.
///
/// Kriging and simulation with one model take it as true; spread over such models, intervals hold the error of the model too. They are
/// spread around the best model by restricted likelihood, so they belong to a map whose model was fitted so.
///
/// Candidates are drawn from the normal distribution that the expected information gives the logarithms, half of them with twice its
/// standard deviation, and the models from the candidates in proportion to likelihood over density; the likelihood is exact up to 400
/// samples and Vecchia's beyond. What the template holds is held, and so are directions and parameters at a bound.
///
/// # Source
/// Rubin (1988), *Using the SIR algorithm to simulate posterior distributions*, Bayesian Statistics 3:395. For kriging with parameters
/// that are not known: Diggle & Ribeiro (2007), *Model-based Geostatistics*, ch. 7.
///
/// # Errors
/// As [`fit_likelihood`].
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::executor::Serial;
/// use soilscope_core::likelihood::plausible_models;
/// use soilscope_core::random::Random;
/// use soilscope_core::{Samples, variogram::ModelTemplate};
/// let mut random = Random::new(1);
/// let coords: Vec<[f64; 2]> = (0..60).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
/// let values = coords.iter().map(|c| (c[0] / 15.0).sin() + (c[1] / 20.0).cos() + 0.3 * random.normal()).collect();
/// let samples = Samples::new(coords, values)?;
/// let template: ModelTemplate = "0.1 Nug + Exp".parse()?;
/// let drawn = plausible_models(&samples, Drift::Constant, &template, None, 8, 1, &Serial)?;
/// assert_eq!(drawn.models.len(), 8);
/// assert!(drawn.models.iter().any(|m| m.sill() != drawn.models[0].sill()));
/// assert!(drawn.models.iter().all(|m| m.nugget() == 0.1)); // it was given
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn plausible_models(
    samples: &Samples,
    drift: Drift,
    template: &ModelTemplate,
    start: Option<&Variogram>,
    count: usize,
    seed: u64,
    executor: &dyn Executor,
) -> Result<PlausibleModels> {
    let settings = LikelihoodSettings { start: start.cloned(), ..LikelihoodSettings::default() };
    let fit = fit_likelihood(samples, drift, template, &settings, executor)?;
    let certain = || PlausibleModels { models: vec![fit.variogram.clone(); count], effective: 1.0 };
    let Some(proposal) = Proposal::new(&fit) else { return Ok(certain()) };
    let exact = samples.len() <= EXACT_UP_TO;
    let engine = if exact { Engine::Exact } else { Engine::Vecchia { neighbours: DEFAULT_NEIGHBOURS } };
    let settings = LikelihoodSettings { engine, ..settings };
    let mut random = Random::stream(seed, 0);
    let mut candidates = Vec::new();
    for k in 0..CANDIDATES[usize::from(!exact)] * count {
        let (values, log_density) = proposal.draw(&mut random, if k % 2 == 1 { 2.0 } else { 1.0 });
        // What the model cannot be, as a ratio above 1, is not drawn; nor is what no system can be made of.
        let Ok(model) = template.with_values(&values) else { continue };
        match log_likelihood(samples, drift, &model, &settings, executor) {
            Ok(likelihood) => candidates.push((model, likelihood - log_density)),
            Err(crate::Error::Cancelled) => return Err(crate::Error::Cancelled),
            Err(_) => {}
        }
    }
    Ok(resampled(&candidates, count, &mut random).unwrap_or_else(certain))
}

/// Draws models in proportion to their weights, evenly spread over the sum of weights.
fn resampled(candidates: &[(Variogram, f64)], count: usize, random: &mut Random) -> Option<PlausibleModels> {
    let most = candidates.iter().map(|c| c.1).reduce(f64::max)?;
    let weights: Vec<f64> = candidates.iter().map(|c| (c.1 - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let effective = sum * sum / weights.iter().map(|w| w * w).sum::<f64>();
    let step = sum / count as f64;
    let mut at = step * random.uniform();
    let (mut models, mut passed) = (Vec::with_capacity(count), 0.0);
    for ((model, _), weight) in candidates.iter().zip(weights) {
        passed += weight;
        while at < passed && models.len() < count {
            models.push(model.clone());
            at += step;
        }
    }
    models.resize(count, candidates.last()?.0.clone());
    // In an order that does not follow their parameters.
    random.shuffle(&mut models);
    Some(PlausibleModels { models, effective })
}

/// Where parameters may be, as the information says.
struct Proposal {
    /// Logarithms of the estimates.
    centre: Vec<f64>,
    /// Parameters that are not at a bound.
    inside: Vec<usize>,
    /// Cholesky factor of their covariance matrix.
    lower: DMatrix<f64>,
}

impl Proposal {
    /// `None` where nothing varies.
    fn new(fit: &LikelihoodFit) -> Option<Self> {
        let inside: Vec<usize> = (0..fit.parameters.len())
            .filter(|&j| {
                let p = &fit.parameters[j];
                fit.covariance[(j, j)] > 0.0 && p.estimate > 0.0 && !matches!(p.parameter, FreeParameter::Azimuth(_))
            })
            .collect();
        let mut part = fit.covariance.select_rows(&inside).select_columns(&inside);
        let narrower: Vec<f64> = part.diagonal().iter().map(|v| (WIDEST / v.sqrt()).min(1.0)).collect();
        for (i, a) in narrower.iter().enumerate() {
            for (j, b) in narrower.iter().enumerate() {
                part[(i, j)] *= a * b;
            }
        }
        let lower = Cholesky::new(part).filter(|_| !inside.is_empty())?.unpack();
        Some(Self { centre: fit.parameters.iter().map(|p| p.estimate.ln()).collect(), inside, lower })
    }

    /// Values of all parameters, and the logarithm of the density of their logarithms up to a constant.
    fn draw(&self, random: &mut Random, wide: f64) -> (Vec<f64>, f64) {
        let d = self.inside.len();
        let z = DVector::from_fn(d, |_, _| wide * random.normal());
        let step = &self.lower * &z;
        let mut values: Vec<f64> = self.centre.iter().map(|c| c.exp()).collect();
        for (&j, step) in self.inside.iter().zip(step.iter()) {
            values[j] = (self.centre[j] + step).exp();
        }
        let squares = z.norm_squared();
        let density = |wide: f64| (-0.5 * squares / (wide * wide)).exp() / wide.powi(d as i32);
        (values, (0.5 * (density(1.0) + density(2.0))).max(f64::MIN_POSITIVE).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::simulation::{SequentialGaussian, Simulator};

    fn field(n: usize) -> Samples {
        let mut random = Random::new(3);
        let coords: Vec<[f64; 2]> = (0..n).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
        let run = SequentialGaussian::new(model("0.2 Nug + 0.8 Exp(12)"), Drift::KnownMean(5.0), 4);
        let values = run.prepare(None, &coords).unwrap().simulate(0..1, &Serial).unwrap();
        Samples::new(coords, values.realisation(0).collect()).unwrap()
    }

    fn model(text: &str) -> Variogram {
        text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
    }

    #[test]
    fn models_spread_as_the_likelihood_does() {
        for n in [150, 450] {
            let samples = field(n);
            let at = model("0.2 Nug + 0.8 Exp(12)");
            let fit =
                fit_likelihood(&samples, Drift::Constant, &reopened(&at), &LikelihoodSettings::default(), &Serial);
            let fit = fit.unwrap();
            let draw =
                || plausible_models(&samples, Drift::Constant, &reopened(&at), Some(&at), 200, 9, &Serial).unwrap();
            let PlausibleModels { models, effective } = draw();
            assert!(models.len() == 200 && effective > 100.0, "{n}: {effective}");
            let logs: Vec<f64> = models.iter().map(|m| m.structures()[0].range().ln()).collect();
            let mean = logs.iter().sum::<f64>() / 200.0;
            let sd = (logs.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
            let stated = fit.covariance[(2, 2)].sqrt();
            // The likelihood of few samples is skewed: its spread is that of the information to a factor.
            assert!(sd > 0.7 * stated && sd < 1.6 * stated, "{n}: {sd} {stated}");
            let centre = fit.parameters[2].estimate.ln();
            assert!((mean - centre).abs() < stated, "{n}: {mean} {centre}");
            // The same seed draws the same models.
            assert_eq!(models, draw().models);
        }
    }

    #[test]
    fn what_cannot_vary_does_not() {
        let samples = field(60);
        let template = "0 Nug + Mat(kappa=1.5)".parse().unwrap();
        let models = plausible_models(&samples, Drift::Constant, &template, None, 5, 1, &Serial).unwrap().models;
        assert!(models.iter().all(|m| m.nugget() == 0.0 && m.structures()[0].model().smoothness() == Some(1.5)));
    }
}
