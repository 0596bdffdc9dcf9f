//! From settings to a fitted model and a method: what the verbs that model a field share.

mod calibration;
mod censored;
mod cokriging;
mod fallback;
mod held_out;
mod lags;
mod likelihood;
mod model;
mod recipe;
mod refusals;
mod skill;

use anyhow::{Context, Result};
use serde::Serialize;
use soilscope_core::censored::ImputationSettings;
use soilscope_core::drift::Drift;
use soilscope_core::idw::{InverseDistance, Nearest};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::support::Support;
use soilscope_core::transform::Transform;
use soilscope_core::{Interpolator, Samples};

use crate::args::{BlockArgs, Common, DriftFrom, MethodArgs, ModelArgs};
use crate::covariates::CovariateRecord;
use crate::errors::ErrorRecord;
use crate::output::say;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::{Fallback, Method};
use cokriging::SecondaryRecord;
pub(crate) use cokriging::{DIRECTIONS, GLOBAL_UP_TO, Start, opened, shared_places, start};
use fallback::FallbackRecord;
use held_out::CoKriged;
use model::Origin;
use recipe::Recipe;

pub(crate) use calibration::CalibrationRecord;
pub(crate) use censored::{LimitsRecord, mixing_note, refuse_limits};
pub(crate) use held_out::CokrigingValidation;
pub(crate) use lags::{LagSettings, empirical, lag_classes};
pub(crate) use model::{ModelRecord, automatic, fitted_with, model, short_number, shortened};
pub(crate) use refusals::{refuse_idle, refuse_other_threshold, refuse_scale};
pub(crate) use skill::{Judged, JudgedByWidth, Limits, SkillRecord};

/// The method in words, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodRecord {
    pub(crate) method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) known_mean: Option<f64>,
    /// Degree of the drift's polynomial, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drift_degree: Option<u8>,
    /// Covariates of the drift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) covariates: Vec<CovariateRecord>,
    /// The value that the indicator is above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) indicator: Option<f64>,
    /// Analytes that help to predict this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) secondary: Vec<SecondaryRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) power: Option<f64>,
    pub(crate) support: Support,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measurement_errors: Option<ErrorRecord>,
    pub(crate) neighbourhood: Neighbourhood,
    /// Samples that the mean or drift is estimated from; `None` where it is known or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drift_from: Option<DriftFrom>,
    /// What was used because no model was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fallback: Option<FallbackRecord>,
    /// How values below limits enter, where no number stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) below_limits: Option<LimitsRecord>,
}

impl MethodRecord {
    /// The nearest sample.
    fn nearest(&mut self, args: &MethodArgs) -> Result<Box<dyn Interpolator>> {
        self.method = "nearest";
        self.neighbourhood = Neighbourhood::Moving(Search::new(Some(1), 1, args.radius)?);
        Ok(Box::new(Nearest { radius: args.radius }))
    }

    /// A weighted mean.
    fn inverse_distance(&mut self, power: f64, args: &MethodArgs, source: &Source) -> Result<Box<dyn Interpolator>> {
        self.method = "inverse-distance";
        self.power = Some(power);
        self.neighbourhood = recipe::neighbourhood(args, true, source.samples().len())?;
        Ok(Box::new(InverseDistance { power, neighbourhood: self.neighbourhood }))
    }

    /// Kriging with the model asked for, or what was named for the case that there is none.
    fn kriging(
        &mut self,
        model_args: &ModelArgs,
        args: &MethodArgs,
        subject: Subject,
        source: &Source,
        common: &Common,
    ) -> Result<Built> {
        let samples = subject.on_scale.len();
        let neighbourhood = recipe::neighbourhood(args, false, samples)?;
        let mut recipe = Recipe::new(args, subject.drift, neighbourhood, self.support)?;
        if source.errors().is_none() {
            subject.on_scale.check_for_kriging(2).context("these samples cannot be kriged")?;
        }
        let model = model(model_args, &subject, common);
        let mut model = match model {
            Ok(model) => model,
            Err(error) => match (FallbackRecord::of(&error, args.fallback.as_ref(), source), &args.fallback) {
                (Some(record), Some(fallback)) => {
                    self.fallback = Some(record);
                    match fallback {
                        Fallback::InverseDistance { power } => {
                            return Ok(Built::without_model(subject, self.inverse_distance(*power, args, source)?));
                        }
                        Fallback::Nearest => return Ok(Built::without_model(subject, self.nearest(args)?)),
                        Fallback::Mean => {
                            recipe = recipe.of_mean(samples)?;
                            ModelRecord::new(fallback::mean_model(&subject)?, Origin::Fallback)
                        }
                        Fallback::Model(variogram) => {
                            ModelRecord::new((**variogram).clone(), Origin::Fallback).judged(&subject)?
                        }
                    }
                }
                _ => return Err(error),
            },
        };
        model.variogram_of = subject.variogram_of;
        self.method = match args.drift.method {
            Method::Simple { .. } => "simple-kriging",
            Method::Universal { .. } => "universal-kriging",
            Method::External { .. } => "external-drift-kriging",
            Method::Indicator { .. } => "indicator-kriging",
            _ => "ordinary-kriging",
        };
        self.neighbourhood = recipe.neighbourhood;
        self.drift_from = subject.drift.known_mean().is_none().then_some(recipe.drift_from());
        let below = &subject.below;
        let (mut interpolator, mut at_points) = recipe.with(&model.variogram, below);
        let mut calibrated = None;
        if args.calibrate {
            let at_points_now = at_points.as_deref().unwrap_or(interpolator.as_ref());
            let (record, variogram) =
                CalibrationRecord::applied(at_points_now, &model.variogram, &subject.on_scale, below, common)?;
            calibrated = Some(record);
            model = model.with_variogram(variogram);
            (interpolator, at_points) = recipe.with(&model.variogram, below);
        }
        if !below.is_empty() {
            let kriging = Kriging::new(model.variogram.clone(), subject.drift, recipe.neighbourhood);
            let settings = ImputationSettings::default();
            let mixture = "mixture of the draws' normal distributions";
            let limits = LimitsRecord::new(&kriging, settings, mixture, &subject, common)?.1;
            model.remarks.extend(limits.note());
            self.below_limits = Some(limits);
        }
        let simulated = recipe.simulated(&model.variogram);
        Ok(Built { subject, model: Some(model), interpolator, at_points, calibrated, simulated, cokriged: None })
    }
}

/// A field ready to be fitted to samples: scale, model and method.
pub(crate) struct Field {
    pub(crate) transform: Transform,
    /// What is predicted, in its own unit, at the samples.
    pub(crate) observed: Samples,
    /// The samples on the modelling scale.
    pub(crate) on_scale: Samples,
    /// Which samples are only known to be below these values; empty where none is.
    pub(crate) below: Vec<bool>,
    /// `None` for methods without a model.
    pub(crate) model: Option<ModelRecord>,
    /// `None` where no variogram was fitted.
    pub(crate) lags: Option<LagSettings>,
    pub(crate) method: MethodRecord,
    pub(crate) interpolator: Box<dyn Interpolator>,
    /// What a reader should know of how it came about.
    pub(crate) remarks: Vec<String>,
    /// The same for points, to hold samples against; `None` where it predicts points itself.
    at_points: Option<Box<dyn Interpolator>>,
    /// Set where the variances were calibrated.
    calibrated: Option<CalibrationRecord>,
    /// Kriging that fields can be simulated around; `None` for what has none.
    simulated: Option<Kriging>,
    /// What the validation of co-kriging takes.
    pub(crate) cokriged: Option<CoKriged>,
}

/// A method with its samples on the scale it works on.
struct Built {
    subject: Subject,
    model: Option<ModelRecord>,
    interpolator: Box<dyn Interpolator>,
    at_points: Option<Box<dyn Interpolator>>,
    calibrated: Option<CalibrationRecord>,
    simulated: Option<Kriging>,
    cokriged: Option<CoKriged>,
}

impl Built {
    /// Without a model, on the data's own scale.
    fn without_model(subject: Subject, interpolator: Box<dyn Interpolator>) -> Self {
        let on_scale = subject.observed.clone();
        let subject = Subject { transform: Transform::None, on_scale, ..subject };
        Self { subject, model: None, interpolator, at_points: None, calibrated: None, simulated: None, cokriged: None }
    }
}

impl Field {
    /// Chooses model and method for samples in the data's unit.
    pub(crate) fn new(
        model_args: &ModelArgs,
        method_args: &MethodArgs,
        block: Option<&BlockArgs>,
        source: &Source,
        common: &Common,
    ) -> Result<Self> {
        let args = &method_args.drift;
        let support = recipe::support(block)?;
        fallback::check(model_args, method_args, support != Support::Point, source)?;
        if !args.method.is_kriging() {
            refusals::refuse_for_methods_without_model(model_args, method_args, support, source)?;
        }
        censored::refuse(model_args, method_args, source)?;
        refusals::refuse_calibration(method_args, source)?;
        refusals::refuse_for_cokriging(method_args, support)?;
        let subject = Subject::new(model_args, args, source)?;
        let mut record = MethodRecord {
            method: "",
            known_mean: subject.drift.known_mean(),
            drift_degree: if let Drift::Trend { degree, .. } = subject.drift { Some(degree) } else { None },
            covariates: source.covariates().map(crate::covariates::Covariates::records).unwrap_or_default(),
            indicator: args.method.indicator(),
            secondary: Vec::new(),
            power: None,
            support,
            measurement_errors: source.errors().cloned(),
            neighbourhood: Neighbourhood::Global,
            drift_from: None,
            fallback: None,
            below_limits: None,
        };
        let built = match args.method {
            Method::Nearest => Built::without_model(subject, record.nearest(method_args)?),
            Method::InverseDistance { power } => {
                Built::without_model(subject, record.inverse_distance(power, method_args, source)?)
            }
            Method::CoKriging { .. } => record.cokriging(model_args, method_args, subject, source, common)?,
            _ => record.kriging(model_args, method_args, subject, source, common)?,
        };
        let Built { subject, model, interpolator, at_points, calibrated, simulated, cokriged } = built;
        let fitted = model.as_ref().is_some_and(|m| m.empirical.is_some());
        let lags = fitted.then(|| match model.as_ref().and_then(|m| m.choice.as_ref()) {
            Some(choice) => LagSettings::designed(choice),
            None => LagSettings::new(model_args, &subject.on_scale),
        });
        let lags = cokriged.as_ref().map(|c| c.lags.clone()).or(lags);
        let mut remarks: Vec<String> = record.fallback.iter().map(FallbackRecord::note).collect();
        remarks.extend(model.iter().flat_map(|m| m.remarks.iter().cloned()));
        remarks.extend(calibrated.iter().flat_map(CalibrationRecord::notes));
        let Subject { transform, observed, on_scale, below, .. } = subject;
        Ok(Self {
            transform,
            observed,
            on_scale,
            below,
            model,
            lags,
            method: record,
            interpolator,
            remarks,
            at_points,
            calibrated,
            simulated,
            cokriged,
        })
    }

    /// What predicts points, as the samples are.
    pub(crate) fn at_points(&self) -> &dyn Interpolator {
        self.at_points.as_deref().unwrap_or(self.interpolator.as_ref())
    }

    /// Kriging that fields can be simulated around, of the values and with a variance that is theirs, or why there is none.
    pub(crate) fn simulated(&self) -> std::result::Result<&Kriging, &'static str> {
        match (&self.simulated, &self.model) {
            (_, None) => Err("the method has no model"),
            _ if self.method.indicator.is_some() => Err("an indicator has no values to simulate"),
            _ if self.method.support != Support::Point => Err("a mean of blocks is not simulated"),
            _ if self.on_scale.metric().is_sphere() => {
                Err("fields are simulated on a plane: use a projected --out-crs")
            }
            (_, Some(model)) if !model.bounded => Err("the model has no sill"),
            (None, _) if self.cokriged.is_some() => Err("co-kriging is not simulated here"),
            (None, _) => Err("kriging with a mean from all samples (--drift-from all) is not simulated"),
            (Some(kriging), _) => Ok(kriging),
        }
    }

    /// Whether the model was fitted to the samples and so may be another: not where it was given, or calibrated on samples held out.
    pub(crate) fn model_is_uncertain(&self) -> bool {
        let fitted = self.model.as_ref().is_some_and(ModelRecord::is_fitted);
        fitted && self.calibrated.is_none()
    }

    /// Bounds of what is predicted, where it has any: a probability is between 0 and 1, its kriging predictor need not be.
    pub(crate) fn bounds(&self) -> Option<[f64; 2]> {
        self.method.indicator.map(|_| [0.0, 1.0])
    }

    /// The distribution that probabilities assume, in words; `None` without an error model.
    pub(crate) fn distribution(&self) -> Option<String> {
        let indicator = self.method.indicator.map(|_| "none is assumed (indicator kriging)".to_owned());
        let of = |limits: &LimitsRecord| {
            format!(
                "mixture of {} distributions, one for each draw of the values below limits; each {}",
                limits.draws,
                self.transform.distribution()
            )
        };
        let mixture = self.method.below_limits.as_ref().map(of);
        indicator.or(mixture).or_else(|| self.has_variance().then(|| self.transform.distribution()))
    }

    /// Unit of the predictions, where there is one: none for a probability.
    pub(crate) fn unit<'a>(&self, source: &'a Source) -> Option<&'a str> {
        if self.method.indicator.is_some() { None } else { source.unit() }
    }

    /// Says which model is used, and what a reader should know of it.
    pub(crate) fn announce(&self, source: &Source, common: &Common) {
        if common.quiet {
            return;
        }
        if let Some(model) = &self.model {
            say(&format!("model: {}", model.short_notation()));
        }
        for other in &self.method.secondary {
            say(&format!("with {}", other.words(source.analyte())));
        }
        for remark in &self.remarks {
            say(&format!("note: {remark}"));
        }
    }

    /// Whether predictions carry a variance.
    pub(crate) fn has_variance(&self) -> bool {
        self.model.is_some()
    }
}
