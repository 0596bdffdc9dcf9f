//! What is used where no model is chosen, because the user named it.

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::Error;
use soilscope_core::variogram::Variogram;

use super::refusals::refuse_idle;
use crate::args::{MethodArgs, ModelArgs};
use crate::choice;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::Fallback;

/// The fallback that was taken, and why.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FallbackRecord {
    /// As `--fallback` names it.
    pub(crate) used: String,
    /// Code of the refusal.
    pub(crate) code: &'static str,
    /// What was found.
    pub(crate) reason: String,
    /// Whether it is a method without a model: then `--transform` and the drift are left out.
    pub(crate) without_model: bool,
}

impl FallbackRecord {
    /// The record where this error is a refused model and a fallback was named.
    pub(super) fn of(error: &anyhow::Error, fallback: Option<&Fallback>, source: &Source) -> Option<Self> {
        let Some(Error::NoModel(refusal)) = error.downcast_ref::<Error>() else { return None };
        let (reason, fallback) = (choice::found(refusal, |i| source.line(i)), fallback?);
        let without_model = !fallback.has_variance();
        Some(Self { used: fallback.name(), code: refusal.code(), reason, without_model })
    }

    /// For the notes.
    pub(super) fn note(&self) -> String {
        let scale = if self.without_model { ", of the values as they are and without a variance" } else { "" };
        format!(
            "no model was chosen: {} [{}]; {} is used instead{scale}, as --fallback says",
            self.reason, self.code, self.used
        )
    }
}

/// Refuses a fallback that could not be taken, before anything is computed.
pub(super) fn check(model: &ModelArgs, method: &MethodArgs, block: bool, source: &Source) -> Result<()> {
    let Some(fallback) = &method.fallback else { return Ok(()) };
    let idle = |why| refuse_idle(&["--fallback"], why);
    if !method.drift.method.is_kriging() {
        idle("this --method has no model that could be refused")?;
    }
    if !model.model.is_auto() {
        idle("it is for --model auto, and a --model was named")?;
    }
    if fallback.has_variance() {
        return Ok(());
    }
    let name = fallback.name();
    ensure!(!method.calibrate, "--fallback {name} has no variance to --calibrate: name mean or a whole model");
    ensure!(
        source.errors().is_none(),
        "--fallback {name} has no use for measurement errors: name mean or a whole model"
    );
    ensure!(
        !block,
        "--fallback {name} predicts points, and --block asks for means of blocks: name mean or a whole model"
    );
    ensure!(
        method.drift.method.indicator().is_none(),
        "--fallback {name} gives no probability, and --method indicator asks for one: name mean or a whole model"
    );
    Ok(())
}

/// The model of a mean: all of the variance that the drift leaves is a nugget.
pub(super) fn mean_model(subject: &Subject) -> Result<Variogram> {
    let samples = &subject.on_scale;
    let n = samples.len() as f64;
    let residuals = match subject.drift.known_mean() {
        Some(mean) => samples.values().iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n,
        None => {
            let p = soilscope_core::drift::Basis::new(subject.drift, samples)?.columns() as f64;
            subject.residuals.variance() * (n - 1.0) / (n - p).max(1.0)
        }
    };
    let errors = samples.error_variances().map_or(0.0, |e| e.iter().sum::<f64>() / n);
    let left = residuals - errors;
    if left > 0.0 {
        return Ok(Variogram::new(left, Vec::new())?);
    }
    bail!("--fallback mean needs a variance, and there is none beside the measurement errors: name a whole model")
}
