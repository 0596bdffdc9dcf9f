//! The model: given, fitted or chosen, with what a reader should know of it.

use anyhow::Result;
use serde::Serialize;
use soilscope_core::auto::{Choice, FittedBy};
use soilscope_core::likelihood::reopened;
use soilscope_core::variogram::{self, EmpiricalVariogram, ModelTemplate, Structure, Variogram, fit};

use super::censored::{self, CensoredRecord};
use super::cokriging::CoregionalisationRecord;
use super::lags::empirical;
use super::likelihood::{self, LikelihoodRecord};
use super::refusals::{refuse_idle, refuse_relative};
use crate::args::{Common, FitChoice, ModelArgs};
use crate::choice;
use crate::subject::Subject;

/// How a model came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// All of it was given.
    Given,
    /// The user's model, its open parameters fitted.
    Fitted,
    /// The one of the usual models that predicts held-out samples best.
    Automatic,
    /// What `--fallback` names, as no model was chosen.
    Fallback,
}

/// The model, and where it comes from.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModelRecord {
    /// gstat's notation.
    pub(crate) notation: String,
    pub(crate) origin: Origin,
    /// What it is a model of: `values`, `indicator`, or `ols-residuals` of the drift.
    pub(crate) variogram_of: &'static str,
    pub(crate) nugget: f64,
    pub(crate) error_variance: f64,
    /// Whether it has a sill; one without goes on rising with distance.
    pub(crate) bounded: bool,
    /// `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sill: Option<f64>,
    /// Distance to 95 % of the sill along the longest axis, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effective_range: Option<f64>,
    pub(crate) structures: Vec<Structure>,
    /// Weighted sum of squares of the fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sserr: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fit_weights: Option<&'static str>,
    /// Fit by likelihood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) likelihood: Option<Box<LikelihoodRecord>>,
    /// Fit with values below limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) censored: Option<Box<CensoredRecord>>,
    /// What an automatic model was chosen against, and how sure that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choice: Option<Box<Choice>>,
    /// What a reader should know of the fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) empirical: Option<EmpiricalVariogram>,
    /// The model of all analytes of a co-kriging, of which this is the one that is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coregionalisation: Option<Box<CoregionalisationRecord>>,
    /// What was open where the fit is by likelihood, which says how sure it is.
    #[serde(skip)]
    pub(crate) by_likelihood: Option<ModelTemplate>,
    #[serde(skip)]
    pub(crate) variogram: Variogram,
}

/// The model that `args` ask for, fitted to what is left of the drift where something is left open.
pub(crate) fn model(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<ModelRecord> {
    refuse_relative(args)?;
    if !subject.below.is_empty() {
        return censored::model(args, subject, common);
    }
    let Some(template) = &args.model.template else { return automatic(args, subject, common) };
    if let Some(given) = template.complete()? {
        refuse_idle(
            &[args.lag_options(), args.fit_options()].concat(),
            "the model is complete, so no variogram is fitted",
        )?;
        let model = ModelRecord::new(given, Origin::Given).judged(subject)?;
        return Ok(ModelRecord { variogram_of: subject.variogram_of, ..model });
    }
    subject.observed.check_variation()?;
    if args.fit != FitChoice::Wls {
        refuse_idle(&args.lag_options(), "a likelihood is of the samples themselves, not of lag classes")?;
        return likelihood::fitted(args, template, subject, common)?.judged(subject);
    }
    fitted(args, template, empirical(args, &subject.residuals, common)?, subject)
}

/// The model that predicts held-out samples best.
pub(crate) fn automatic(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<ModelRecord> {
    refuse_idle(&args.fit_options(), "an automatic model compares both ways of fitting; name a --model to fit")?;
    let choice = choice::automatic(args, subject, common)?;
    let mut remarks = choice.remarks.clone();
    if choice.transform.as_ref().is_some_and(|t| t.log_proposed) {
        remarks.push("to model the logarithm: --transform log".into());
    }
    remarks.extend(errors_taken_off(subject));
    let variogram = choice.variogram().clone();
    let by_likelihood = choice.chosen.fitted_by == FittedBy::RestrictedLikelihood;
    Ok(ModelRecord {
        by_likelihood: by_likelihood.then(|| reopened(&variogram)),
        variogram_of: subject.variogram_of,
        fit_weights: Some(choice::weights(args).1),
        remarks,
        empirical: Some(choice.empirical.clone()),
        choice: Some(Box::new(choice)),
        ..ModelRecord::new(variogram, Origin::Automatic)
    })
}

/// The model that `args` ask for beside the empirical variogram of a subject, which a fit by likelihood does not use.
pub(crate) fn fitted_with(
    args: &ModelArgs,
    template: &ModelTemplate,
    empirical: EmpiricalVariogram,
    subject: &Subject,
    common: &Common,
) -> Result<ModelRecord> {
    if args.fit == FitChoice::Wls || template.unknowns() == 0 {
        if template.unknowns() == 0 {
            refuse_idle(&args.fit_options(), "the model is complete, so nothing is fitted")?;
        }
        return fitted(args, template, empirical, subject);
    }
    let weights = args.fit_weights != crate::args::WeightsChoice::default();
    refuse_idle(if weights { &["--fit-weights"] } else { &[] }, "a likelihood has no lag classes")?;
    let model = likelihood::fitted(args, template, subject, common)?.judged(subject)?;
    Ok(ModelRecord { empirical: Some(empirical), ..model })
}

/// Fits the model that `args` ask for to the empirical variogram of a subject.
fn fitted(
    args: &ModelArgs,
    template: &ModelTemplate,
    empirical: EmpiricalVariogram,
    subject: &Subject,
) -> Result<ModelRecord> {
    let mut model = fit_to(args, template, empirical)?;
    model.variogram_of = subject.variogram_of;
    model.remarks.extend(errors_taken_off(subject).filter(|_| template.unknowns() > 0));
    model.judged(subject)
}

/// What is said of the samples' measurement errors, which the semivariances hold and the model does not.
fn errors_taken_off(subject: &Subject) -> Option<String> {
    let variances = subject.on_scale.error_variances()?;
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    Some(format!(
        "the model is of the field without the samples' measurement errors, whose variances ({} on average) were taken off the \
         semivariances before the fit",
        short_number(mean)
    ))
}

/// Fits the model that `args` ask for to an empirical variogram.
fn fit_to(args: &ModelArgs, template: &ModelTemplate, empirical: EmpiricalVariogram) -> Result<ModelRecord> {
    refuse_idle(
        &args.intervals.map_or(Vec::new(), |_| vec!["--intervals"]),
        "least squares have none: use --fit reml",
    )?;
    let (weights, weights_name) = choice::weights(args);
    let origin = if template.unknowns() == 0 { Origin::Given } else { Origin::Fitted };
    let fitted = fit(&empirical, template, &weights)?;
    let mut remarks = Vec::new();
    if fitted.range_at_limit {
        remarks.push(format!(
            "the range ended at the largest that was looked for: up to the cutoff of {} the samples show no sill; \
             raise --cutoff, or mind that the field has a trend",
            empirical.cutoff
        ));
    }
    let first_lag = empirical.classes.iter().map(|c| c.dist).fold(f64::INFINITY, f64::min);
    if origin == Origin::Fitted && fitted.variogram.effective_range() <= first_lag {
        remarks.push(
            "the fit has no structure at the distances that the samples have: every prediction is close to the mean"
                .into(),
        );
    }
    Ok(ModelRecord {
        sserr: Some(fitted.sserr),
        fit_weights: Some(weights_name),
        remarks,
        empirical: Some(empirical),
        ..ModelRecord::new(fitted.variogram, origin)
    })
}

impl ModelRecord {
    /// The notation with four significant digits, for people; the record has all of them.
    pub(crate) fn short_notation(&self) -> String {
        shortened(&self.notation)
    }

    /// Whether the samples said what it is.
    pub(crate) fn is_fitted(&self) -> bool {
        matches!(self.origin, Origin::Fitted | Origin::Automatic)
    }

    /// The same with another variogram.
    pub(super) fn with_variogram(self, variogram: Variogram) -> Self {
        let of_variogram = Self::new(variogram, self.origin);
        Self {
            variogram_of: self.variogram_of,
            sserr: self.sserr,
            fit_weights: self.fit_weights,
            likelihood: self.likelihood,
            censored: self.censored,
            choice: self.choice,
            remarks: self.remarks,
            empirical: self.empirical,
            coregionalisation: self.coregionalisation,
            by_likelihood: self.by_likelihood,
            ..of_variogram
        }
    }

    /// The same, refused where it is no model where the samples lie, with remarks on what is doubtful of it there.
    pub(super) fn judged(mut self, subject: &Subject) -> Result<Self> {
        let remarks = self.variogram.check_on(subject.on_scale.metric())?;
        self.remarks.extend(remarks.iter().map(|remark| shortened(remark)));
        Ok(self)
    }

    pub(super) fn new(variogram: Variogram, origin: Origin) -> Self {
        let bounded = variogram.is_bounded();
        Self {
            notation: variogram.to_string(),
            origin,
            variogram_of: "values",
            nugget: variogram.nugget(),
            error_variance: variogram.error_variance(),
            bounded,
            sill: bounded.then(|| variogram.sill()),
            effective_range: bounded.then(|| variogram.effective_range()),
            structures: variogram.structures().to_vec(),
            sserr: None,
            fit_weights: None,
            likelihood: None,
            censored: None,
            choice: None,
            remarks: Vec::new(),
            empirical: None,
            coregionalisation: None,
            by_likelihood: None,
            variogram,
        }
    }
}
/// Significant digits for people; records have all of them.
const DIGITS: u8 = 4;

/// A model's notation for people.
pub(crate) fn shortened(notation: &str) -> String {
    variogram::short_notation(notation, DIGITS)
}

/// A number for people.
pub(crate) fn short_number(number: f64) -> String {
    variogram::short_number(number, DIGITS)
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_is_shortened_for_people() {
        let text = "0.050660440117212796 Nug + 0.5906058345559698 Mat(897.0064225714316, kappa=1.5, az=30, ratio=0.4)";
        let variogram = text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
        let record = ModelRecord::new(variogram, Origin::Given);
        assert_eq!(record.short_notation(), "0.05066 Nug + 0.5906 Mat(897, kappa=1.5, az=30, ratio=0.4)");
        assert_eq!(short_number(740579.1534663637), "740579");
        assert_eq!(short_number(1.5e-9), "1.500e-9");
    }
}
