//! Models that the samples allow beside the best one.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::fit::{Found, searching};
use super::optimise::Objective;
use super::prior::ComplexityPrior;
use super::{DEFAULT_NEIGHBOURS, Engine, LikelihoodSettings};
use crate::drift::Drift;
use crate::executor::Executor;
use crate::random::Random;
use crate::variogram::{FreeParameter, ModelTemplate, Parameter, Variogram};
use crate::{Error, Result, Samples};

/// Up to this many samples candidates are weighed by their exact likelihood, beyond by Vecchia's.
const EXACT_UP_TO: usize = 400;
/// Candidates of a round for each model that is drawn, with the exact likelihood and with Vecchia's, which is slower.
const CANDIDATES: [usize; 2] = [10, 3];
/// Rounds at most. A likelihood with corners and several summits, as a spherical model's with a nugget, is followed badly: of 155 samples
/// 200 candidates told as much as 9 equally likely ones, of a model without a nugget as much as 165.
const ROUNDS: usize = 12;
/// Largest standard deviation of the logarithm of a parameter in what candidates are drawn from.
const WIDEST: f64 = 2.0;

/// Models that the samples allow.
#[derive(Debug, Clone, PartialEq)]
pub struct PlausibleModels {
    /// As many as were asked for; one may stand more than once.
    pub models: Vec<Variogram>,
    /// How many equally likely candidates tell as much as those that they were drawn from: (Σw)² / Σw². It is below the number of
    /// models only where the last round of candidates did not suffice.
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

/// Draws `count` models from what the samples say of the open parameters of a template: the restricted likelihood times a prior that says
/// little.
///
/// Kriging and simulation with one model take it as true; spread over such models, intervals hold the error of the model too. They are
/// spread around the best model by restricted likelihood, so they belong to a map whose model was fitted so.
///
/// The prior is the one that penalises complexity. The square root of each variance (nugget, partial sills) is exponentially distributed,
/// above three times the standard deviation of the samples about their trend with a probability of 0.05. So is the inverse of each
/// effective range (at 95 % of the sill), which is below the typical distance of neighbouring samples with a probability of 0.05, too.
/// Shapes and ratios are flat on the scale of their logarithms. Samples that tell sill and range apart outweigh it. Where they do not, as
/// where the mean changes across their area, the likelihood alone would allow sills of any size, and after a logarithm means of any size.
///
/// Candidates are drawn from a normal distribution of the logarithms around the most likely ones, with the covariance that the expected
/// information and the prior's curvature give; half of them with twice its standard deviation. The models are drawn from the candidates in
/// proportion to likelihood times prior over density; the likelihood is exact up to 400 samples and Vecchia's beyond. Candidates are drawn
/// in rounds until they tell as much as `count` equally likely ones, in 12 at most. What the template holds is held, and so are directions.
///
/// # Source
/// Rubin (1988), *Using the SIR algorithm to simulate posterior distributions*, Bayesian Statistics 3:395. Fuglstad, Simpson, Lindgren &
/// Rue (2019), *Constructing priors that penalize the complexity of Gaussian random fields*, Journal of the American Statistical
/// Association 114:445; that each of several structures has its own, and by its effective range, is ours. For kriging with parameters that
/// are not known: Diggle & Ribeiro (2007), *Model-based Geostatistics*, ch. 7.
///
/// # Errors
/// As [`fit_likelihood`](super::fit_likelihood).
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
    let exact = samples.len() <= EXACT_UP_TO;
    let engine = if exact { Engine::Exact } else { Engine::Vecchia { neighbours: DEFAULT_NEIGHBOURS } };
    let settings = LikelihoodSettings { start: start.cloned(), engine, ..LikelihoodSettings::default() };
    searching(samples, drift, template, &settings, executor, |mut search| {
        search.prior = Some(ComplexityPrior::of(&search.extent));
        let singular = || Error::SingularSystem { size: samples.len(), model: template.to_string() };
        let found = search.in_full(search.maximum(template)?.ok_or_else(singular)?)?;
        let best = found.unknowns.variogram(&found.summit.place)?;
        let certain = || PlausibleModels { models: vec![best.clone(); count], effective: 1.0 };
        let Some(proposal) = Proposal::new(&found) else { return Ok(certain()) };
        let objective = search.objective(search.fine, &found.unknowns);
        let mut random = Random::stream(seed, 0);
        let mut candidates = Vec::new();
        let round = CANDIDATES[usize::from(!exact)] * count;
        for k in 0..ROUNDS * round {
            if k % round == 0 && weighed(&candidates).is_some_and(|(_, effective)| effective >= count as f64) {
                break;
            }
            let (place, log_density) = proposal.draw(&mut random, if k % 2 == 1 { 2.0 } else { 1.0 });
            // What is beyond the domain, as a ratio above 1, is not drawn; nor is what no system can be made of.
            let within = place.iter().zip(&found.unknowns.bounds).all(|(x, (low, high))| (low..=high).contains(&x));
            if let (true, Ok(model)) = (within, found.unknowns.variogram(&place))
                && let Some((_, evaluation)) = objective.at(&place, false)?
            {
                candidates.push((model, evaluation.log_likelihood - log_density));
            }
        }
        Ok(resampled(&candidates, count, &mut random).unwrap_or_else(certain))
    })
}

/// Weights of candidates, and how many equally likely ones tell as much; `None` where there are none.
fn weighed(candidates: &[(Variogram, f64)]) -> Option<(Vec<f64>, f64)> {
    let most = candidates.iter().map(|c| c.1).reduce(f64::max)?;
    let weights: Vec<f64> = candidates.iter().map(|c| (c.1 - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let effective = sum * sum / weights.iter().map(|w| w * w).sum::<f64>();
    Some((weights, effective))
}

/// Draws models in proportion to their weights, evenly spread over the sum of weights.
fn resampled(candidates: &[(Variogram, f64)], count: usize, random: &mut Random) -> Option<PlausibleModels> {
    let (weights, effective) = weighed(candidates)?;
    let step = weights.iter().sum::<f64>() / count as f64;
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
    /// Coordinates of the most likely ones.
    centre: Vec<f64>,
    /// Those that are not at a bound.
    inside: Vec<usize>,
    /// Cholesky factor of their covariance matrix.
    lower: DMatrix<f64>,
}

impl Proposal {
    /// `None` where nothing varies.
    fn new(found: &Found) -> Option<Self> {
        let (unknowns, summit) = (&found.unknowns, &found.summit);
        let inside: Vec<usize> = (0..unknowns.len())
            .filter(|&j| {
                let (x, (low, high)) = (summit.place[j], unknowns.bounds[j]);
                x > low && x < high && !matches!(unknowns.free[j], FreeParameter::Azimuth(_))
            })
            .collect();
        let mut part = summit.evaluation.information.select_rows(&inside).select_columns(&inside);
        // A shape that the samples say nothing of has no information.
        for j in 0..inside.len() {
            part[(j, j)] += WIDEST.powi(-2);
        }
        let lower = Cholesky::new(Cholesky::new(part).filter(|_| !inside.is_empty())?.inverse())?.unpack();
        Some(Self { centre: summit.place.clone(), inside, lower })
    }

    /// Coordinates of all parameters, and the logarithm of their density up to a constant.
    fn draw(&self, random: &mut Random, wide: f64) -> (Vec<f64>, f64) {
        let d = self.inside.len();
        let z = DVector::from_fn(d, |_, _| wide * random.normal());
        let step = &self.lower * &z;
        let mut place = self.centre.clone();
        for (&j, step) in self.inside.iter().zip(step.iter()) {
            place[j] += step;
        }
        let squares = z.norm_squared();
        let density = |wide: f64| (-0.5 * squares / (wide * wide)).exp() / wide.powi(d as i32);
        (place, (0.5 * (density(1.0) + density(2.0))).max(f64::MIN_POSITIVE).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Serial;
    use crate::likelihood::fit_likelihood;
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

    /// Where the mean changes across the area the likelihood alone has its maximum at the longest range looked for, with a sill as large.
    #[test]
    fn sills_that_the_samples_do_not_tell_do_not_run_off() {
        let mut random = Random::new(8);
        let coords: Vec<[f64; 2]> = (0..120).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
        let values: Vec<f64> = coords.iter().map(|c| 0.02 * c[0] + 0.01 * c[1] + 0.2 * random.normal()).collect();
        let mean = values.iter().sum::<f64>() / 120.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 119.0;
        let samples = Samples::new(coords, values).unwrap();
        let template: ModelTemplate = "Nug + Exp".parse().unwrap();
        let fit =
            fit_likelihood(&samples, Drift::Constant, &template, &LikelihoodSettings::default(), &Serial).unwrap();
        let range = fit.parameter(FreeParameter::Range(0)).unwrap();
        assert_eq!(range.bound, Some(crate::likelihood::Bound::Upper), "{}", fit.variogram);
        let drawn = plausible_models(&samples, Drift::Constant, &template, None, 50, 1, &Serial).unwrap();
        assert!(drawn.effective > 50.0, "{}", drawn.effective);
        let mut sills: Vec<f64> = drawn.models.iter().map(Variogram::sill).collect();
        sills.sort_by(f64::total_cmp);
        assert!(
            fit.variogram.sill() > 10.0 * variance && sills[49] < fit.variogram.sill(),
            "{} {sills:?}",
            fit.variogram
        );
        // A trend over the whole area has a larger sill than its samples' variance, and not one without end.
        assert!(sills[25] > variance && sills[25] < 4.0 * variance, "{variance} {sills:?}");
    }

    /// A spherical likelihood has corners and several summits, which a normal distribution does not follow: the candidates of
    /// one round tell as much as 9.
    #[test]
    fn candidates_are_drawn_until_they_suffice() {
        let samples = field(155);
        let template = "Nug + Sph".parse().unwrap();
        for seed in 1..=3 {
            let drawn = plausible_models(&samples, Drift::Constant, &template, None, 20, seed, &Serial).unwrap();
            assert!(drawn.effective >= 20.0, "{seed}: {}", drawn.effective);
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
