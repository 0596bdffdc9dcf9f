//! A model without a parameter touched, or the reason why not.
//!
//! [`choose`] makes lag classes that suit the samples ([`LagDesign`]), asks whether there is spatial structure at all
//! ([`StructureTest`]) and whether one value carries the fit ([`Carriers`]), fits the usual shapes by weighted least
//! squares and by restricted likelihood, and compares them by how well they predict samples they have not seen
//! ([`Candidate`]). The simplest within one standard error of the best is taken; predicting the mean is the simplest.
//! Then it looks for anisotropy ([`AnisotropyTest`]) and at the distribution of the values ([`TransformChoice`]).
//!
//! The likelihood is [`likelihood`](crate::likelihood)'s, by Vecchia's approximation in bounded time; what is the model's own
//! is that samples are held out and predicted, which no likelihood does. `docs/auto.md` has the rates of error.
//!
//! Where the samples do not carry a model, [`choose`] refuses with a [`Refusal`]: a code, what was found, and a remedy.

mod anisotropy;
mod candidates;
mod explain;
mod lags;
mod outliers;
mod refusal;
mod structure_test;
mod terms;
mod transform_choice;

pub use anisotropy::{AnisotropicFit, AnisotropyTest};
pub use candidates::{Candidate, FittedBy};
pub use lags::LagDesign;
pub use outliers::Carriers;
pub use refusal::{FEWEST_SAMPLES, Refusal};
pub use structure_test::StructureTest;
pub use transform_choice::TransformChoice;

use candidates::{Scorer, domain, simplest_within_one_error, structured};
use terms::Data;

use crate::drift::{Drift, ols_residuals};
use crate::executor::Executor;
use crate::likelihood::{Bounded, ParameterEstimate, template_of};
use crate::variogram::{EmpiricalVariogram, Estimator, FitWeights, LagClasses, Model, Variogram};
use crate::{Error, Result, Samples, place_key};

/// Probability of the structure test above which there is none.
const LEVEL: f64 = 0.05;

/// What may be asked of [`choose`]; the default asks for nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Spatial mean.
    pub drift: Drift,
    /// Lag classes; `None` for those of [`LagDesign::new`].
    pub lags: Option<LagClasses>,
    /// Semivariances. With another than Matheron's a value that carries the fit is no reason to refuse: it is told, and
    /// left out of the likelihoods and scores.
    pub estimator: Estimator,
    /// Weights of lag classes in least squares.
    pub weights: FitWeights,
    /// Whether the values have been transformed already: then no transform is proposed.
    pub transformed: bool,
    /// Seed of what is drawn at random: orders, permutations, subsets.
    pub seed: u64,
}

/// The model chosen, against what, and how sure.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Choice {
    /// The model to use.
    pub chosen: Candidate,
    /// All that were tried, best log score first.
    pub candidates: Vec<Candidate>,
    /// The parameters of the chosen shape by restricted likelihood, with 95 % intervals. Where the chosen model was fitted by
    /// weighted least squares they are not its own, but what the samples say of them.
    pub parameters: Vec<ParameterEstimate>,
    /// How sure, in a sentence.
    pub sure: String,
    /// Whether near samples are alike.
    pub structure: StructureTest,
    /// Whether directions differ; `None` where the samples are too few to ask, or on a sphere.
    pub anisotropy: Option<AnisotropyTest>,
    /// How the values are distributed; `None` where they have been transformed, or a remark says that it was not asked.
    pub transform: Option<TransformChoice>,
    /// Lag classes.
    pub lags: LagDesign,
    /// The empirical variogram in those classes (of residuals, where there is a drift).
    pub empirical: EmpiricalVariogram,
    /// Samples at different places that it is based on.
    pub samples: usize,
    /// Samples that were held out and predicted.
    pub held_out: usize,
    /// Samples that carry the usual fit, where a robust estimator was asked for.
    pub carriers: Option<Carriers>,
    /// What a reader should know.
    pub remarks: Vec<String>,
}

impl Choice {
    /// The model to use.
    pub fn variogram(&self) -> &Variogram {
        &self.chosen.variogram
    }
}

/// Chooses a model for samples on the modelling scale.
///
/// The result depends on the samples and settings alone, not on who executes it or how many threads there are. The work
/// is bounded: of more than 1,000 samples as many are held out and scored, and of more than 2,000 the conditional densities of
/// as many enter the likelihood, each given its neighbours among all. Samples on a sphere are compared along great circles,
/// by shapes that are valid there, and without a test for directions.
///
/// # Units
/// Those of the samples.
///
/// # Errors
/// [`Error::NoModel`] with the reason; samples without the drift's covariates, or that cannot carry the drift;
/// [`Error::Cancelled`].
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, auto, executor::Serial};
/// # let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10) * 10.0, f64::from(i / 10) * 10.0]).collect();
/// # let values: Vec<f64> = coords.iter().map(|c| (c[0] / 25.0).sin() + (c[1] / 30.0).cos()).collect();
/// let samples = Samples::new(coords, values)?;
/// let choice = auto::choose(&samples, &auto::Settings::default(), &Serial)?;
/// println!("{}", choice.explain());
/// assert!(choice.variogram().effective_range() > 20.0);
/// let few = samples.subset(&[0, 1, 2])?;
/// let refused = auto::choose(&few, &auto::Settings::default(), &Serial);
/// assert!(matches!(refused, Err(soilscope_core::Error::NoModel(reason)) if reason.code() == "too-few-samples"));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn choose(samples: &Samples, settings: &Settings, executor: &dyn Executor) -> Result<Choice> {
    let refuse = |reason: Refusal| Err(Error::NoModel(Box::new(reason)));
    if let Err(Error::NoVariation { count, value }) = samples.check_variation() {
        return refuse(Refusal::NoVariation { count, value });
    }
    let distinct = distinct_places(samples);
    if distinct.len() < FEWEST_SAMPLES {
        return refuse(Refusal::TooFewSamples { found: distinct.len(), needed: FEWEST_SAMPLES });
    }
    let samples_at = samples.subset(&distinct)?;
    let (drift, seed) = (settings.drift, settings.seed);
    let residuals = ols_residuals(drift, &samples_at)?;
    let lags = match &settings.lags {
        Some(classes) => LagDesign::given(classes.clone(), &residuals, executor)?,
        None => LagDesign::new(&residuals, seed, executor)?,
    };
    let all = Data::new(samples_at, drift)?;
    let structure = structure_test::structure_test(&all, &residuals, seed, executor)?;
    if structure.p > LEVEL {
        return refuse(Refusal::NoSpatialStructure { samples: distinct.len(), structure, gain: None });
    }
    let mut remarks: Vec<String> = Vec::new();
    let looked_for = outliers::carriers(&residuals, &lags, &settings.weights, seed, executor);
    let mut carriers = or_remark(looked_for, "whether a few samples carry the fit", &mut remarks)?.flatten();
    if let Some(found) = &mut carriers {
        let positions = found.samples.clone();
        found.values = positions.iter().map(|&i| all.samples.values()[i]).collect();
        found.samples = positions.iter().map(|&i| distinct[i]).collect();
        if settings.estimator == Estimator::Matheron {
            let log_would_help = !settings.transformed && transform_choice::log_would_help(&all.samples);
            return refuse(Refusal::OutlierCarriesFit { carriers: found.clone(), log_would_help });
        }
    }
    // What a carrier says of the others is left out, as the robust estimator does.
    let data = match &carriers {
        Some(found) => {
            let kept: Vec<usize> = (0..distinct.len()).filter(|&i| !found.samples.contains(&distinct[i])).collect();
            Data::new(all.samples.subset(&kept)?, drift)?
        }
        None => all,
    };
    let empirical = lags.empirical(&residuals, settings.estimator, executor)?;
    let likelihood = Bounded::new(&data.samples, drift, domain(&lags, &data.samples), executor)?;
    let mut scorer = Scorer::new(&data, seed, executor);
    let of_residuals;
    let starved = scorer.is_starved();
    if starved {
        of_residuals = Data::new(ols_residuals(drift, &data.samples)?, Drift::Constant)?;
        scorer = Scorer::new(&of_residuals, seed, executor);
        remarks.push(
            "few neighbourhoods hold what tells the drift's columns apart, as those of a rare class: candidates were compared on \
             what least squares leave of the drift, and no transform was looked for"
                .into(),
        );
    }
    let mut candidates: Vec<Candidate> = scorer.without_structure()?.into_iter().collect();
    candidates.extend(structured(&scorer, &likelihood, &empirical, &settings.weights)?);
    let taken = simplest_within_one_error(&mut candidates);
    if candidates[taken].fitted_by == FittedBy::Variance {
        let gain = Some(gain_over(&candidates[taken], &candidates));
        return refuse(Refusal::NoSpatialStructure { samples: distinct.len(), structure, gain });
    }
    let mut chosen = candidates[taken].clone();
    let models: Vec<Model> = chosen.variogram.structures().iter().map(|s| s.model()).collect();
    let template = template_of(&models);
    let mut maximum = likelihood.maximise(&template, &chosen.variogram)?;
    let mut anisotropy = None;
    if data.samples.len() >= anisotropy::FROM && !samples.metric().is_sphere() {
        let isotropic = (&template, &maximum);
        if let Some(found) = anisotropy::anisotropy_test(&chosen, isotropic, &scorer, &likelihood, seed)? {
            if let Some((with, of)) = found.fitted {
                if found.test.taken {
                    (chosen, maximum) = (with.clone(), of);
                }
                candidates.push(with);
            }
            anisotropy = Some(found.test);
        }
    }
    let parameters = likelihood.parameters(&maximum)?;
    let transform = if settings.transformed || starved {
        None
    } else {
        let looked_at = transform_choice::transform_choice(&chosen, &scorer, &lags, drift, seed);
        or_remark(looked_at, "how the values are distributed", &mut remarks)?
    };
    simplest_within_one_error(&mut candidates);
    candidates.sort_by(|a, b| a.log_score.total_cmp(&b.log_score));
    if let Some(c) = candidates.iter().find(|c| c.notation == chosen.notation) {
        chosen.behind_best = c.behind_best;
    }
    let disagreement = match settings.estimator {
        Estimator::Matheron => outliers::disagreement(&residuals, &lags, executor)?,
        _ => None,
    };
    let mut choice = Choice {
        sure: explain::sure(&chosen, &candidates, &parameters),
        held_out: scorer.targets().len(),
        chosen,
        parameters,
        candidates,
        structure,
        anisotropy,
        transform,
        lags,
        empirical,
        samples: distinct.len(),
        carriers,
        remarks: Vec::new(),
    };
    remarks.extend(explain::remarks(&choice, samples.len(), samples.metric().is_sphere(), disagreement));
    choice.remarks = remarks;
    Ok(choice)
}

/// The answer to a question that a model can be chosen without, or a remark why there is none.
///
/// # Errors
/// [`Error::Cancelled`].
fn or_remark<T>(answer: Result<T>, question: &str, remarks: &mut Vec<String>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Cancelled) => Err(Error::Cancelled),
        Err(error) => {
            remarks.push(format!("{question} could not be told: {error}"));
            Ok(None)
        }
    }
}

/// What the best candidate with structure gains over the mean, and that difference's standard error; nothing where no fit has
/// structure.
fn gain_over(mean: &Candidate, candidates: &[Candidate]) -> [f64; 2] {
    let structured = candidates.iter().filter(|c| c.fitted_by != FittedBy::Variance);
    let best = structured.min_by(|a, b| a.log_score.total_cmp(&b.log_score));
    best.map_or([0.0; 2], |best| candidates::difference(&mean.scores, &best.scores))
}

/// The first sample at each place, increasing.
fn distinct_places(samples: &Samples) -> Vec<usize> {
    let key = |i: usize| place_key(samples.coords()[i]);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by_key(|&i| (key(i), i));
    order.dedup_by_key(|i| key(*i));
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What could not be asked is told, and nobody's wish to stop is taken for that.
    #[test]
    fn an_answer_that_fails_becomes_a_remark() {
        let mut remarks = Vec::new();
        assert_eq!(or_remark(Ok(3), "a", &mut remarks), Ok(Some(3)));
        assert_eq!(or_remark::<()>(Err(Error::Cancelled), "b", &mut remarks), Err(Error::Cancelled));
        assert!(remarks.is_empty());
        assert_eq!(or_remark::<()>(Err(Error::NoContrast), "whether it is", &mut remarks), Ok(None));
        assert_eq!(remarks, [format!("whether it is could not be told: {}", Error::NoContrast)]);
    }
}
