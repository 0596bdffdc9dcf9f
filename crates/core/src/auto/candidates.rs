//! The models that are tried, and how well each predicts samples it has not seen.

use super::lags::LagDesign;
use super::terms::{Data, Predicted, Terms, drawn};
use crate::executor::{Executor, map};
use crate::likelihood::{Bounded, Domain, template_of, with_least_nugget};
use crate::metric::Metric;
use crate::random::Random;
use crate::variogram::{EmpiricalVariogram, Fit, FitWeights, Model, Structure, Variogram, fit};
use crate::{Error, Result, Samples};

/// Random stream of the places that gaps are measured at.
const PLACES: u64 = 0x706c_6163;
/// Most samples that are held out and scored.
const MOST_TARGETS: usize = 1000;
/// Neighbours that a held-out sample is predicted from.
const NEIGHBOURS: usize = 32;
/// Share of the sill below which structure is none: then predictions are the mean.
const LEAST_STRUCTURE: f64 = 0.05;
/// Samples it takes to look for two structures at once: five parameters.
const NESTED_FROM: usize = 100;

/// Two structures are two where their ranges differ by this factor and each has this share of the sill.
const LEAST_APART: f64 = 1.5;
const LEAST_SHARE: f64 = 0.02;

/// The smallest nugget share of models that are smooth at the origin: without one their systems are singular in floating
/// point where samples are close together.
const LEAST_SMOOTH_SHARE: f64 = 1e-3;
/// Smallest ratio of anisotropy looked for.
const LEAST_RATIO: f64 = 0.1;

/// Shapes tried with a nugget and one structure: a linear rise to a sharp sill, a linear rise to a slow one, a smooth
/// start, and the smoothest. On a sphere the smooth ones are not valid, and a rough one takes their place.
pub(super) fn shapes(metric: Metric) -> &'static [Model] {
    const PLANE: [Model; 4] =
        [Model::Spherical, Model::Exponential, Model::Matern { smoothness: 1.5 }, Model::Gaussian];
    const SPHERE: [Model; 3] = [Model::Spherical, Model::Exponential, Model::Matern { smoothness: 0.25 }];
    if metric.is_sphere() { &SPHERE } else { &PLANE }
}

/// How a candidate's parameters were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum FittedBy {
    /// From the variance of the samples alone: the model without structure.
    Variance,
    /// By weighted least squares of the empirical variogram.
    WeightedLeastSquares,
    /// By restricted maximum likelihood of the samples.
    RestrictedLikelihood,
}

/// A model that was tried.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Candidate {
    /// The model.
    pub variogram: Variogram,
    /// Its text, in gstat's notation.
    pub notation: String,
    /// Where its parameters come from.
    pub fitted_by: FittedBy,
    /// How many parameters that is.
    pub parameters: usize,
    /// Mean over held-out samples of −ln(density of the observation under its prediction): smaller is better.
    pub log_score: f64,
    /// What it loses against the best candidate, and that difference's standard error.
    pub behind_best: [f64; 2],
    /// Root mean squared error of the held-out samples, unit of the values.
    pub rmse: f64,
    /// Mean squared error over predicted variance; 1 is a right variance.
    pub msdr: f64,
    /// Whether the range ended at the largest that was looked for.
    pub range_at_limit: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) scores: Vec<f64>,
}

/// Mean of paired differences a − b, and its standard error.
pub(super) fn difference(a: &[f64], b: &[f64]) -> [f64; 2] {
    let n = a.len() as f64;
    let mean = a.iter().zip(b).map(|(a, b)| a - b).sum::<f64>() / n;
    let square = a.iter().zip(b).map(|(a, b)| (a - b - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    [mean, (square / n).sqrt()]
}

/// Holds samples out and scores what a model says of them.
///
/// Every target is predicted twice: from all others, and without those nearer than a sample is to a random place of the
/// area. Where samples are spread evenly both are the same; where they are clustered the second stands for the gaps of
/// the map, and a model must do well in both (after the idea of Milà et al. 2022, *Methods Ecol. Evol.* 13:1304, that held-out
/// samples should be as far from the others as the places to be predicted are).
pub(super) struct Scorer<'a> {
    pub(super) data: &'a Data,
    between: Terms,
    gaps: Terms,
    pub(super) executor: &'a dyn Executor,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(data: &'a Data, seed: u64, executor: &'a dyn Executor) -> Self {
        let targets = drawn(data.samples.len(), MOST_TARGETS, seed);
        let coords = data.samples.coords();
        let gaps: Vec<f64> = (0..targets.len())
            .map(|k| {
                // A place between two samples: inside their area, whatever its form.
                let mut random = Random::substream(seed, PLACES, k as u64);
                let [a, b] = [0; 2].map(|_| coords[random.below(coords.len() as u64) as usize]);
                let t = random.uniform();
                data.index.nearest_distance(data.samples.metric().between(a, b, t))
            })
            .collect();
        let between = Terms::held_out(data, &targets, &vec![0.0; targets.len()], NEIGHBOURS);
        let gaps = Terms::held_out(data, &targets, &gaps, NEIGHBOURS);
        Self { data, between, gaps, executor }
    }

    /// Whether most samples cannot be predicted from their neighbours, whatever the variogram, because these do not tell the
    /// drift's columns apart.
    pub(super) fn is_starved(&self) -> bool {
        let wanted = self.data.samples.len().min(MOST_TARGETS);
        2 * self.between.targets().len() < wanted || 2 * self.gaps.targets().len() < wanted
    }

    /// Samples held out.
    pub(super) fn targets(&self) -> &[usize] {
        self.between.targets()
    }

    /// The candidate of a fitted model; `None` where its systems are singular, or it is all but a nugget.
    pub(super) fn candidate(
        &self,
        variogram: Variogram,
        fitted_by: FittedBy,
        parameters: usize,
        range_at_limit: bool,
    ) -> Result<Option<Candidate>> {
        if variogram.nugget() > (1.0 - LEAST_STRUCTURE) * variogram.sill() {
            return Ok(None);
        }
        let of = |terms: &Terms| -> Result<Option<Vec<Predicted>>> {
            Ok(terms.predict(self.data, &variogram, self.executor)?.into_iter().collect())
        };
        let (Some(between), Some(gaps)) = (of(&self.between)?, of(&self.gaps)?) else { return Ok(None) };
        let mut candidate = self.judged(variogram, fitted_by, &between, &gaps);
        candidate.parameters = parameters;
        candidate.range_at_limit = range_at_limit;
        Ok(Some(candidate))
    }

    /// The model without structure: every prediction is what the drift says.
    pub(super) fn without_structure(&self) -> Result<Option<Candidate>> {
        let all = self.data.without_structure();
        if all.is_empty() {
            return Ok(None);
        }
        let of = |terms: &Terms| -> Vec<Predicted> { terms.targets().iter().map(|&i| all[i]).collect() };
        let variance = all.iter().map(|p| p.variance).fold(f64::INFINITY, f64::min);
        let variogram = Variogram::new(variance, Vec::new())?;
        Ok(Some(self.judged(variogram, FittedBy::Variance, &of(&self.between), &of(&self.gaps))))
    }

    fn judged(
        &self,
        variogram: Variogram,
        fitted_by: FittedBy,
        between: &[Predicted],
        gaps: &[Predicted],
    ) -> Candidate {
        let mut scores: Vec<f64> = between.iter().map(|p| p.log_score()).collect();
        for (&target, gap) in self.gaps.targets().iter().zip(gaps) {
            if let Ok(k) = self.between.targets().binary_search(&target) {
                scores[k] = 0.5 * (scores[k] + gap.log_score());
            }
        }
        let all = || between.iter().chain(gaps);
        let count = (between.len() + gaps.len()) as f64;
        Candidate {
            notation: variogram.to_string(),
            variogram,
            fitted_by,
            parameters: 1,
            log_score: scores.iter().sum::<f64>() / scores.len() as f64,
            behind_best: [0.0; 2],
            rmse: (all().map(|p| p.error * p.error).sum::<f64>() / count).sqrt(),
            msdr: all().map(|p| p.error * p.error / p.variance).sum::<f64>() / count,
            range_at_limit: false,
            scores,
        }
    }
}

/// All candidates with structure: each shape by least squares and by likelihood, then the best shape twice.
pub(super) fn structured(
    scorer: &Scorer<'_>,
    likelihood: &Bounded<'_>,
    empirical: &EmpiricalVariogram,
    weights: &FitWeights,
) -> Result<Vec<Candidate>> {
    let samples = &scorer.data.samples;
    let shapes = shapes(samples.metric());
    let least_squares = map(scorer.executor, shapes.len(), |k| weighted_fit(empirical, &shapes[k..=k], weights))?;
    let mut found: Vec<Candidate> = Vec::new();
    for (&model, fitted) in shapes.iter().zip(least_squares) {
        let fitted = usable(fitted)?;
        let start = match &fitted {
            Some(fitted) => fitted.variogram.clone(),
            None => halved(model, samples)?,
        };
        let maximum = usable(likelihood.maximise(&template_of(&[model]), &start))?;
        if let Some(fitted) = fitted {
            found.extend(scorer.candidate(
                fitted.variogram,
                FittedBy::WeightedLeastSquares,
                3,
                fitted.range_at_limit,
            )?);
        }
        let Some(maximum) = maximum else { continue };
        let at_limit = likelihood.is_longest(&maximum);
        found.extend(scorer.candidate(maximum.variogram, FittedBy::RestrictedLikelihood, 3, at_limit)?);
    }
    let best = found.iter().min_by(|a, b| a.log_score.total_cmp(&b.log_score));
    let Some(best) = best.filter(|_| samples.len() >= NESTED_FROM) else { return Ok(found) };
    let single = best.variogram.structures()[0];
    let starts = [(0.25, 1.0), (0.1, 1.0), (0.5, 2.0)].map(|(short, long): (f64, f64)| {
        let of = |factor: f64| Structure::new(single.model(), 0.5 * single.partial_sill(), single.range() * factor);
        Variogram::new(best.variogram.nugget(), vec![of(short)?, of(long)?])
    });
    let starts = starts.into_iter().collect::<Result<Vec<_>>>()?;
    let Some(maximum) = usable(likelihood.maximise_from(&template_of(&[single.model(); 2]), &starts))? else {
        return Ok(found);
    };
    let [short, long] = [0, 1].map(|k| &maximum.variogram.structures()[k]);
    let apart = (short.range() / long.range()).ln().abs() > LEAST_APART.ln();
    let both = [short, long].iter().all(|s| s.partial_sill() > LEAST_SHARE * maximum.variogram.sill());
    if !(apart && both) {
        return Ok(found); // one structure written twice
    }
    found.extend(scorer.candidate(maximum.variogram, FittedBy::RestrictedLikelihood, 5, false)?);
    Ok(found)
}

/// What could be computed: a model that cannot be fitted is no candidate, and no reason to stop.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn usable<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(Error::Cancelled) => Err(Error::Cancelled),
        other => Ok(other.ok()),
    }
}

/// Where a search begins that least squares tell nothing: half the variance a nugget, and a tenth of the extent.
fn halved(model: Model, samples: &Samples) -> Result<Variogram> {
    let half = 0.5 * samples.variance();
    Variogram::new(half, vec![Structure::new(model, half, 0.1 * samples.diagonal())?])
}

/// A nugget and structures of these shapes by weighted least squares.
pub(super) fn weighted_fit(empirical: &EmpiricalVariogram, models: &[Model], weights: &FitWeights) -> Result<Fit> {
    let mut fitted = fit(empirical, &template_of(models), weights)?;
    fitted.variogram = with_least_nugget(fitted.variogram, LEAST_SMOOTH_SHARE)?;
    Ok(fitted)
}

/// The candidate to take: the best of the simplest kind that is within one standard error of the best of all; first of all the
/// one without structure.
pub(super) fn simplest_within_one_error(candidates: &mut [Candidate]) -> usize {
    let best = (0..candidates.len()).min_by(|&a, &b| candidates[a].log_score.total_cmp(&candidates[b].log_score));
    let Some(best) = best else { return 0 };
    let scores = candidates[best].scores.clone();
    for c in candidates.iter_mut() {
        c.behind_best = difference(&c.scores, &scores);
    }
    let within = |c: &Candidate| c.behind_best[0] <= c.behind_best[1];
    let key = |&i: &usize| (candidates[i].parameters, candidates[i].log_score);
    (0..candidates.len())
        .filter(|&i| within(&candidates[i]))
        .min_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)))
        .unwrap_or(best)
}

/// Where the likelihood looks: effective ranges from half the usual distance of neighbours to half the extent's diagonal,
/// beyond which samples cannot show where a variogram levels off.
pub(super) fn domain(lags: &LagDesign, samples: &Samples) -> Domain {
    let diagonal = samples.diagonal();
    let low = 0.5 * lags.nearest.min(lags.boundaries[0]);
    Domain {
        reaches: Some((low.max(1e-6 * diagonal), 0.5 * diagonal)),
        smooth_nugget: LEAST_SMOOTH_SHARE,
        ratio: LEAST_RATIO,
        common_direction: true,
    }
}
