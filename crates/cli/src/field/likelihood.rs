//! A model fitted by likelihood.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;
use soilscope_core::likelihood::{
    Coefficient, EngineUsed, Intervals, LikelihoodSettings, Method, ParameterEstimate, fit_likelihood,
};
use soilscope_core::variogram::ModelTemplate;

use super::model::{ModelRecord, Origin, short_number};
use crate::args::{Common, FitChoice, IntervalsChoice, ModelArgs};
use crate::choice::executor;
use crate::subject::Subject;

/// A fit by likelihood, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LikelihoodRecord {
    method: Method,
    engine: EngineUsed,
    intervals: Intervals,
    log_likelihood: f64,
    aic: f64,
    bic: f64,
    converged: bool,
    iterations: usize,
    /// Probability of the intervals.
    probability: f64,
    parameters: Vec<ParameterEstimate>,
    /// Of the mean or drift, by generalised least squares.
    coefficients: Vec<Coefficient>,
}

/// Fits what a template leaves open to the samples of a subject.
pub(super) fn fitted(
    args: &ModelArgs,
    template: &ModelTemplate,
    subject: &Subject,
    common: &Common,
) -> Result<ModelRecord> {
    let settings = LikelihoodSettings {
        method: if args.fit == FitChoice::Ml { Method::Ml } else { Method::Reml },
        intervals: match args.intervals {
            Some(IntervalsChoice::Profile) => Intervals::Profile,
            _ => Intervals::Information,
        },
        ..LikelihoodSettings::default()
    };
    let fit = fit_likelihood(&subject.on_scale, subject.drift, template, &settings, &executor(common)?)?;
    let record = LikelihoodRecord {
        method: fit.method,
        engine: fit.engine,
        intervals: settings.intervals,
        log_likelihood: fit.log_likelihood,
        aic: fit.aic,
        bic: fit.bic,
        converged: fit.converged,
        iterations: fit.iterations,
        probability: fit.probability,
        parameters: fit.parameters,
        coefficients: fit.coefficients,
    };
    Ok(ModelRecord {
        variogram_of: subject.variogram_of,
        remarks: fit.remarks.iter().map(ToString::to_string).collect(),
        likelihood: Some(Box::new(record)),
        by_likelihood: (fit.method == Method::Reml).then(|| template.clone()),
        ..ModelRecord::new(fit.variogram, Origin::Fitted)
    })
}

impl LikelihoodRecord {
    /// Parameters with their intervals, a line each.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        let name = if self.method == Method::Ml { "maximum likelihood" } else { "REML" };
        let engine = match self.engine {
            EngineUsed::Vecchia { neighbours, .. } => format!("Vecchia's approximation, {neighbours} neighbours"),
            _ => "exact".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "fitted by        {name} ({engine}); log-likelihood {:.4}, AIC {:.2}, BIC {:.2}",
            self.log_likelihood, self.aic, self.bic
        );
        let interval = format!("{:.0} % interval", 100.0 * self.probability);
        let _ = writeln!(text, "parameter            estimate  standard error  {interval}");
        let number = |v: Option<f64>, none: &str| v.map_or_else(|| none.to_owned(), short_number);
        for p in &self.parameters {
            let _ = writeln!(
                text,
                "{:<17} {:>11}  {:>14}  {} to {}",
                p.parameter.name(),
                short_number(p.estimate),
                number(p.standard_error, "at its bound"),
                number(p.lower, "0"),
                number(p.upper, "any")
            );
        }
        if self.coefficients.len() > 1 {
            let _ = writeln!(
                text,
                "coefficients of the drift, of functions centred and scaled by the samples (half their extent, standard deviation):"
            );
        }
        for c in &self.coefficients {
            let _ = writeln!(
                text,
                "{:<17} {:>11}  {:>14}",
                if c.name == "1" { "constant" } else { &c.name },
                short_number(c.estimate),
                short_number(c.standard_error)
            );
        }
        text
    }
}
