//! The model that is chosen automatically, and what is said where none is.

use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use soilscope_core::auto::{Choice, Refusal, Settings, choose};
use soilscope_core::executor::Executor;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::FitWeights;
use soilscope_pipeline::executor::Threads;
use soilscope_pipeline::watch::Watch;

use crate::args::{Common, ModelArgs, WeightsChoice};
use crate::field::lag_classes;
use crate::follow;
use crate::subject::Subject;

/// Stops where the user asked to.
pub(crate) struct Interrupts;

impl Watch for Interrupts {
    fn cancelled(&self) -> bool {
        follow::interrupted()
    }
}

/// Chooses a model for a subject on its modelling scale.
pub(crate) fn automatic(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<Choice> {
    ensure!(
        args.azimuths.is_empty(),
        "an automatic model looks for directions itself: leave out --azimuths, or name a --model"
    );
    let lags = match args.cutoff.is_some() || args.width.is_some() || !args.boundaries.is_empty() {
        true => Some(lag_classes(args, &subject.residuals)?),
        false => None,
    };
    // An indicator has no other scale to propose.
    let transformed = subject.transform != Transform::None || subject.variogram_of == "indicator";
    let drift = subject.drift;
    let weights = weights(args).0;
    let settings = Settings { drift, lags, estimator: args.estimator.into(), weights, transformed, seed: 1 };
    Ok(choose(subject.numbers(), &settings, &executor(common)? as &dyn Executor)?)
}

/// The threads asked for, which stop where the user asks to.
pub(crate) fn executor(common: &Common) -> Result<Threads<'static>> {
    executor_of(common.threads()?)
}

/// So many threads, which stop where the user asks to.
pub(crate) fn executor_of(threads: NonZeroUsize) -> Result<Threads<'static>> {
    Ok(Threads::new(threads, &Interrupts)?)
}

/// Weights of lag classes, and their name.
pub(crate) fn weights(args: &ModelArgs) -> (FitWeights, &'static str) {
    match args.fit_weights {
        WeightsChoice::Pairs => (FitWeights::Pairs, "pairs"),
        WeightsChoice::PairsOverSquaredDistance => {
            (FitWeights::PairsOverSquaredDistance, "pairs-over-squared-distance")
        }
        WeightsChoice::Equal => (FitWeights::Equal, "equal"),
    }
}

/// What serves where samples carry no model.
const OTHER_WAYS: &str = "name a --model that is known for this soil, or (map, predict, validate) use --method idw:2, or say by --fallback \
                          what to use in such a case";

/// What was found, samples named by their lines.
pub(crate) fn found(refusal: &Refusal, line: impl Fn(usize) -> usize) -> String {
    match refusal {
        Refusal::OutlierCarriesFit { carriers, log_would_help } => {
            let mut carriers = carriers.clone();
            carriers.samples.iter_mut().for_each(|i| *i = line(*i));
            Refusal::OutlierCarriesFit { carriers, log_would_help: *log_would_help }
                .message()
                .replacen("sample", "line", 1)
        }
        other => other.message(),
    }
}

/// The refusal in the words of the command line: what was found, what to do, the code.
pub(crate) fn words(refusal: &Refusal, line: impl Fn(usize) -> usize + Copy) -> String {
    let remedy = match refusal {
        Refusal::OutlierCarriesFit { carriers, log_would_help } => {
            let lines: Vec<String> = carriers.samples.iter().map(|&i| line(i).to_string()).collect();
            format!(
                "look at line {} of the file: correct the value or leave it out{}, or choose the model by --estimator cressie, \
                 which resists it",
                lines.join(", "),
                if *log_would_help { ", use --transform log" } else { "" }
            )
        }
        Refusal::NoVariation { .. } => refusal.remedy(),
        Refusal::TooFewSamples { .. } => OTHER_WAYS.into(),
        _ => format!("a map would show the mean: sample more densely, {OTHER_WAYS}"),
    };
    format!("{}; {remedy} [{}]", found(refusal, line), refusal.code())
}
