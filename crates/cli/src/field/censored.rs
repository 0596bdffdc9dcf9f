//! Values below their limits as what they are: the model fitted to them, and the draws that stand for them.

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::censored::{
    CensoredEstimate, CensoredFit, CensoredFitSettings, Censoring, ImputationSettings, Imputations, fit_censored,
};
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::{Coefficient, LikelihoodSettings, Method as Likelihood};
use soilscope_core::variogram::{ModelTemplate, Parameter, StructureTemplate};

use super::model::{ModelRecord, Origin, automatic, short_number};
use super::refusals::refuse_idle;
use crate::args::{Common, DriftFrom, FitChoice, IntervalsChoice, MethodArgs, ModelArgs};
use crate::choice::executor;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::{Method, TransformChoice};

/// Chains that have not mixed beyond this are said to have not (Gelman & Rubin 1992).
const MIXED: f64 = 1.1;

/// A fit with values below limits, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CensoredRecord {
    /// `stochastic-em` of the restricted or the plain likelihood.
    method: &'static str,
    likelihood: Likelihood,
    /// Samples, and those below their limits.
    samples: usize,
    below: usize,
    iterations: usize,
    /// Fits of them that did not find their maximum.
    not_converged: usize,
    seed: u64,
    /// Probability of the intervals.
    probability: f64,
    parameters: Vec<CensoredEstimate>,
    /// Of the mean or drift, by generalised least squares.
    coefficients: Vec<Coefficient>,
}

/// How values below limits enter predictions, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LimitsRecord {
    /// `data-augmentation`: drawn jointly, given the quantified values, their limits and the model.
    method: &'static str,
    /// Samples below their limits.
    pub(crate) below: usize,
    /// Each limit, in the data's unit, and how many samples are below it.
    limits: Vec<(f64, usize)>,
    pub(crate) draws: usize,
    settings: ImputationSettings,
    /// Potential scale reduction of the worst value: 1 where chains agree.
    mixing: f64,
    /// What probabilities, means and variances in the data's unit are of.
    distribution: &'static str,
    /// What scores of predictions are of.
    scores: &'static str,
}

/// Which distribution each score takes.
const SCORES: &str = "CRPS, MSDR and coverage take one normal distribution with the mean and total variance of the mixture; the log score and \
                      exceedance take the mixture";

/// What else can be done with values below limits.
const OTHER: &str =
    "leave values below their limits out by --nondetect drop, or let a number stand for them, as --nondetect limit/2";

/// Refuses what does not know limits, before anything is computed.
pub(super) fn refuse(model: &ModelArgs, args: &MethodArgs, source: &Source) -> Result<()> {
    if source.below().is_empty() {
        return Ok(());
    }
    refuse_limits(model, &args.drift.method)?;
    ensure!(
        args.drift_from != Some(DriftFrom::All),
        "--nondetect censored does not go with --drift-from all: use --neighbours all for a mean of all samples"
    );
    ensure!(
        args.fallback.is_none(),
        "--nondetect censored does not go with --fallback: name a --model for the case that none is found"
    );
    Ok(())
}

/// Refuses scales and methods on which a limit says nothing.
pub(crate) fn refuse_limits(model: &ModelArgs, method: &Method) -> Result<()> {
    ensure!(
        model.transform != TransformChoice::NormalScore,
        "--nondetect censored does not go with --transform normal-score, which gives each value its rank, and a value below a limit has \
         none: use --transform log or box-cox, or {OTHER}"
    );
    let name = match method {
        Method::Nearest => Some("nearest"),
        Method::InverseDistance { .. } => Some("idw"),
        _ => None,
    };
    if let Some(name) = name {
        bail!(
            "--nondetect censored does not go with --method {name}, which has no distribution to draw values below limits from: use a \
             kriging, or {OTHER}"
        );
    }
    ensure!(
        method.indicator().is_none(),
        "--nondetect censored does not go with --method indicator, which knows already that a value is not above where its limit is \
         not: leave --nondetect censored out"
    );
    refuse_intervals(model)
}

/// Refuses intervals that a fit with limits does not have.
fn refuse_intervals(model: &ModelArgs) -> Result<()> {
    ensure!(
        model.intervals != Some(IntervalsChoice::Profile),
        "--intervals profile does not go with --nondetect censored, whose intervals are those of many fits, by Rubin's rule: leave it out"
    );
    Ok(())
}

/// The model that `args` ask for, fitted with limits where something is left open.
pub(super) fn model(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<ModelRecord> {
    let Some(template) = &args.model.template else {
        ensure!(
            args.fit == FitChoice::Wls,
            "--fit would have no effect: --model auto with --nondetect censored is fitted by restricted likelihood; name a --model to fit"
        );
        let chosen = automatic(args, subject, common)?;
        let fit = fitted(args, &shape_of(&chosen), subject, common)?;
        let mut model = record(fit, args, subject, Origin::Automatic)?;
        let mut remarks = chosen.remarks.clone();
        remarks.push(format!(
            "the shape of the model is the automatic choice with half the limit standing for values below it ({}); its parameters were \
             fitted again with these as what they are, below their limits",
            chosen.short_notation()
        ));
        remarks.append(&mut model.remarks);
        return Ok(ModelRecord {
            fit_weights: chosen.fit_weights,
            remarks,
            empirical: chosen.empirical,
            choice: chosen.choice,
            ..model
        });
    };
    if let Some(given) = template.complete()? {
        refuse_idle(&[args.lag_options(), args.fit_options()].concat(), "the model is complete, so nothing is fitted")?;
        let model = ModelRecord::new(given, Origin::Given).judged(subject)?;
        return Ok(ModelRecord { variogram_of: subject.variogram_of, ..model });
    }
    refuse_idle(
        &args.lag_options(),
        "with --nondetect censored a model is fitted by likelihood, which has no lag classes",
    )?;
    record(fitted(args, template, subject, common)?, args, subject, Origin::Fitted)
}

/// The shapes of a model, with sills, nugget and ranges open.
fn shape_of(chosen: &ModelRecord) -> ModelTemplate {
    let template = ModelTemplate::from(&chosen.variogram);
    let open = |s: &StructureTemplate| StructureTemplate {
        partial_sill: Parameter::Free,
        range: if s.model.has_range() { Parameter::Free } else { s.range },
        ..*s
    };
    ModelTemplate {
        nugget: Some(Parameter::Free),
        error_variance: template.error_variance,
        structures: template.structures.iter().map(open).collect(),
    }
}

fn fitted(args: &ModelArgs, template: &ModelTemplate, subject: &Subject, common: &Common) -> Result<CensoredFit> {
    let method = if args.fit == FitChoice::Ml { Likelihood::Ml } else { Likelihood::Reml };
    let likelihood = LikelihoodSettings { method, ..LikelihoodSettings::default() };
    let settings = CensoredFitSettings { likelihood, ..CensoredFitSettings::default() };
    Ok(fit_censored(&subject.on_scale, &subject.below, subject.drift, template, &settings, &executor(common)?)?)
}

fn record(fit: CensoredFit, args: &ModelArgs, subject: &Subject, origin: Origin) -> Result<ModelRecord> {
    let mut remarks: Vec<String> = fit.remarks.iter().map(ToString::to_string).collect();
    if fit.not_converged > 0 {
        remarks.push(format!(
            "{} of {} fits with values below limits drawn did not find their maximum",
            fit.not_converged, fit.iterations
        ));
    }
    let censored = CensoredRecord {
        method: "stochastic-em",
        likelihood: if args.fit == FitChoice::Ml { Likelihood::Ml } else { Likelihood::Reml },
        samples: fit.samples,
        below: fit.below,
        iterations: fit.iterations,
        not_converged: fit.not_converged,
        seed: CensoredFitSettings::default().seed,
        probability: fit.probability,
        parameters: fit.parameters,
        coefficients: fit.coefficients,
    };
    ModelRecord {
        variogram_of: subject.variogram_of,
        remarks,
        censored: Some(Box::new(censored)),
        ..ModelRecord::new(fit.variogram, origin)
    }
    .judged(subject)
}

impl LimitsRecord {
    /// Draws under a model, and what there is to record of them.
    pub(crate) fn new(
        kriging: &Kriging,
        settings: ImputationSettings,
        distribution: &'static str,
        subject: &Subject,
        common: &Common,
    ) -> Result<(Imputations, Self)> {
        let draws = Imputations::draw(kriging, &subject.on_scale, &subject.below, &settings, &executor(common)?)?;
        let censoring = Censoring::of(&limits(&subject.observed, &subject.below))?;
        let record = Self {
            method: "data-augmentation",
            below: censoring.below,
            limits: censoring.limits,
            draws: draws.count(),
            settings,
            mixing: draws.mixing(),
            distribution,
            scores: SCORES,
        };
        Ok((draws, record))
    }

    /// What a reader should know.
    pub(crate) fn note(&self) -> Option<String> {
        mixing_note(self.mixing)
    }
}

/// What a reader should know of chains that have not mixed.
pub(crate) fn mixing_note(mixing: f64) -> Option<String> {
    (mixing > MIXED).then(|| {
        format!(
            "the draws of values below limits have not mixed well (potential scale reduction {mixing:.2} at the worst sample, above {MIXED}): \
             variances there are less sure"
        )
    })
}

fn limits(observed: &Samples, below: &[bool]) -> Vec<soilscope_core::censored::Measurement> {
    use soilscope_core::censored::Measurement::{BelowLimit, Quantified};
    let of = |(&v, &b): (&f64, &bool)| if b { BelowLimit(v) } else { Quantified(v) };
    observed.values().iter().zip(below).map(of).collect()
}

impl CensoredRecord {
    /// Parameters with their intervals, a line each.
    pub(crate) fn table(&self) -> String {
        let name = if self.likelihood == Likelihood::Ml { "maximum likelihood" } else { "REML" };
        let mut text = format!(
            "fitted by        {name} with {} of {} samples below their limits (stochastic EM, {} iterations)\n",
            self.below, self.samples, self.iterations
        );
        text += &format!("parameter            estimate  {:.0} % interval\n", 100.0 * self.probability);
        let number = |v: Option<f64>, none: &str| v.map_or_else(|| none.to_owned(), short_number);
        for p in &self.parameters {
            text += &format!(
                "{:<17} {:>11}  {} to {}\n",
                p.parameter.name(),
                short_number(p.estimate),
                number(p.lower, "0"),
                number(p.upper, "any")
            );
        }
        for c in &self.coefficients {
            text += &format!(
                "{:<17} {:>11}  standard error {}\n",
                if c.name == "1" { "constant" } else { &c.name },
                short_number(c.estimate),
                short_number(c.standard_error)
            );
        }
        text
    }
}
