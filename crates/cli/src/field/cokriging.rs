//! Co-kriging: other analytes help to predict the one that is asked for.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, Collocation, LmcFit, LmcSettings, Means, fit_lmc};
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::variogram::{
    CrossVariogram, EmpiricalVariogram, LagClasses, ModelTemplate, Parameter, StructureTemplate, cross_variograms_with,
};
use soilscope_pipeline::samples::PreparationRecord;

use super::calibration::CalibrationRecord;
use super::held_out::{AwayFromAll, CoKriged};
use super::lags::{LagSettings, empirical, lag_classes};
use super::model::{ModelRecord, automatic, fitted_with};
use super::{Built, MethodRecord, likelihood, recipe};
use crate::args::{Common, EstimatorChoice, FitChoice, MethodArgs, ModelArgs};
use crate::choice::{self, executor};
use crate::errors::ErrorRecord;
use crate::secondary::Secondary;
use crate::source::Source;
use crate::subject::Subject;
use crate::words::transform_name;

/// Up to this many samples of all analytes together each target uses all of them by default. One factorisation serves all
/// targets then: with 4 × 155 samples a cell took 38 µs, a system of the nearest 32 of each analyte 59 µs.
pub(crate) const GLOBAL_UP_TO: usize = 1000;
/// Fewest places that two analytes must share: below, a cross variogram has no classes of 30 pairs.
const FEWEST_SHARED: usize = 10;
/// Below this the cross variogram is worth a warning, as a variogram of so few samples is.
const FEW_SHARED: usize = soilscope_core::auto::FEWEST_SAMPLES;
/// Directions in which variograms are taken where an automatic model is anisotropic.
pub(crate) const DIRECTIONS: [f64; 4] = [0.0, 45.0, 90.0, 135.0];

/// The linear model of coregionalisation, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CoregionalisationRecord {
    /// In the order of the matrices' rows and columns; the first is the one that is predicted.
    analytes: Vec<String>,
    /// `least-squares`: Goulard and Voltz (1992).
    fitted_by: &'static str,
    /// Weighted sum of squares over all pairs of analytes in both orders, each analyte scaled to a mean semivariance of 1;
    /// before any calibration.
    sserr: f64,
    terms: Vec<TermRecord>,
    /// Direct and cross variograms that it was fitted to.
    variograms: Vec<CrossVariogram>,
}

/// A structure with its coefficients.
#[derive(Debug, Clone, Serialize)]
struct TermRecord {
    /// Its variogram of sill 1 in gstat's notation: `Nug`, `Sph(900)`.
    structure: String,
    /// Units of the rows' and columns' analytes on the modelling scale, multiplied.
    coefficients: Vec<Vec<f64>>,
}

/// A secondary analyte, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SecondaryRecord {
    pub(crate) analyte: String,
    /// Its scale: the same kind as that of the analyte that is predicted, with a power of its own where it is to be found.
    transform: String,
    /// Places where both are known.
    places_shared: usize,
    /// Pearson's correlation with the analyte that is predicted, at those places and on the modelling scales.
    correlation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurement_errors: Option<ErrorRecord>,
    samples: PreparationRecord,
}

impl SecondaryRecord {
    /// In words, behind `with`.
    pub(crate) fn words(&self, primary: &str) -> String {
        let correlation = self.correlation.map(|r| format!(", correlation {r:.3} there")).unwrap_or_default();
        format!(
            "{}: {} samples, {} of them at places of {primary}{correlation}",
            self.analyte, self.samples.used, self.places_shared
        )
    }
}

impl MethodRecord {
    /// Secondary analytes with the numbers of their samples, for a picture's subtitle; empty where there are none.
    pub(crate) fn with_secondary(&self) -> String {
        let each: Vec<String> = self.secondary.iter().map(|s| format!("{} ({})", s.analyte, s.samples.used)).collect();
        if each.is_empty() { String::new() } else { format!(", with {}", each.join(", ")) }
    }
}

impl MethodRecord {
    /// Co-kriging with a linear model of coregionalisation that has the structures of the primary analyte's own model.
    pub(super) fn cokriging(
        &mut self,
        model_args: &ModelArgs,
        args: &MethodArgs,
        subject: Subject,
        source: &Source,
        common: &Common,
    ) -> Result<Built> {
        ensure!(
            model_args.estimator == EstimatorChoice::Matheron,
            "--estimator: cross semivariances have no robust estimator, and all of a coregionalisation must be of one kind; leave \
             it out"
        );
        let samples = subject.on_scale.len();
        let total = samples + source.secondary().iter().map(|s| s.samples().len()).sum::<usize>();
        let neighbourhood = recipe::neighbourhood_of(args, false, samples, total <= GLOBAL_UP_TO)?;
        let mut all = vec![subject.on_scale.clone()];
        let mut names = vec![source.analyte().to_owned()];
        for other in source.secondary() {
            let (transform, on_scale) = other.located(on_scale(model_args, other))?;
            self.secondary.push(SecondaryRecord::new(other, transform, Collocation::of(&subject.on_scale, &on_scale)?));
            names.push(other.name().to_owned());
            all.push(on_scale);
        }
        let mut remarks = shared_places(&names, &all)?;
        subject.observed.check_variation()?;
        let start = start(model_args, &subject, common)?;
        let variograms = cross_variograms_with(&all, &start.lags, &start.settings.directions(), &executor(common)?)?;
        let settings = LmcSettings { weights: choice::weights(model_args).0, ..LmcSettings::default() };
        let mut fit = fit_lmc(&names, &variograms, &start.template, &settings)
            .context("no linear model of coregionalisation can be fitted")?;
        let secondary = all.split_off(1);
        let cokriging = CoKriging { model: fit.model.clone(), means: Means::Unknown, neighbourhood };
        let mut recipe = CoKrigingPrimary { cokriging, primary: 0, secondary };
        let away =
            |recipe: &CoKrigingPrimary| AwayFromAll { recipe: recipe.clone(), samples: subject.on_scale.clone() };
        let mut calibrated = None;
        if args.calibrate {
            let variogram = fit.model.variogram(0)?;
            let (record, _) = CalibrationRecord::applied(&away(&recipe), &variogram, &subject.on_scale, &[], common)?;
            if let Some(factor) = record.multiplied_by {
                fit.model = fit.model.scaled(factor).context("--calibrate: the held-out errors give no factor")?;
                recipe.cokriging.model = fit.model.clone();
            }
            calibrated = Some(record);
        }
        remarks.extend(what_is_gained(&fit, &recipe, &subject.on_scale, &names));
        let alone = Kriging::new(start.model.variogram.clone(), subject.drift, neighbourhood);
        let mut model = start.model;
        model.remarks.push(format!(
            "shapes and ranges are those of {} alone ({}); sills were fitted again, to the variograms of all analytes together",
            names[0],
            model.short_notation()
        ));
        model.remarks.extend(remarks);
        let direct = variograms[0].variogram.clone();
        let model = model.coregionalised(&fit, direct, record(&fit, names, variograms))?;
        (self.method, self.neighbourhood) = ("ordinary-cokriging", neighbourhood);
        Ok(Built {
            at_points: Some(Box::new(away(&recipe))),
            cokriged: Some(CoKriged::new(recipe.clone(), alone, start.settings)),
            interpolator: Box::new(recipe),
            model: Some(model),
            calibrated,
            simulated: None,
            subject,
        })
    }
}

impl SecondaryRecord {
    fn new(other: &Secondary, transform: String, together: Collocation) -> Self {
        Self {
            analyte: other.name().to_owned(),
            transform,
            places_shared: together.places,
            correlation: together.correlation,
            measurement_errors: other.errors().cloned(),
            samples: other.record().clone(),
        }
    }
}

/// A secondary analyte on its modelling scale, and the name of that.
fn on_scale(args: &ModelArgs, other: &Secondary) -> soilscope_core::Result<(String, Samples)> {
    let samples = other.samples();
    samples.check_for_kriging(2)?;
    samples.check_variation()?;
    let transform = args.transform.for_samples(samples)?;
    Ok((transform_name(&transform), transform.forward(samples)?))
}

/// Refuses analytes without a cross variogram, and warns of those with a poor one.
pub(crate) fn shared_places(names: &[String], all: &[Samples]) -> Result<Vec<String>> {
    let mut remarks = Vec::new();
    for (k, b) in all.iter().enumerate() {
        for (a, name) in all[..k].iter().zip(names) {
            let places = Collocation::of(a, b)?.places;
            let other = &names[k];
            ensure!(
                places >= FEWEST_SHARED,
                "{other} and {name} were both measured at {places} places (with equal coordinates), and their cross variogram needs \
                 at least {FEWEST_SHARED}: leave one of them out, or write the coordinates of one place alike"
            );
            if places < FEW_SHARED {
                remarks.push(format!(
                    "{other} and {name} were both measured at {places} places only: how they vary together is uncertain"
                ));
            }
        }
    }
    Ok(remarks)
}

/// Where the fit of the coregionalisation starts.
pub(crate) struct Start {
    /// The primary analyte's own model, with what is to be said of it.
    pub(crate) model: ModelRecord,
    /// Its structures, with ranges held and sills open.
    pub(crate) template: ModelTemplate,
    pub(crate) lags: LagClasses,
    pub(crate) settings: LagSettings,
}

/// Fits the primary analyte's own model, whose structures a coregionalisation then has.
pub(crate) fn start(args: &ModelArgs, subject: &Subject, common: &Common) -> Result<Start> {
    let Some(template) = &args.model.template else {
        let model = automatic(args, subject, common)?;
        let template = opened(&ModelTemplate::from(&model.variogram), true);
        let mut settings = match &model.choice {
            Some(choice) => LagSettings::designed(choice),
            None => LagSettings::new(args, &subject.on_scale),
        };
        if !template.structures.iter().all(StructureTemplate::is_isotropic) {
            settings.azimuths = DIRECTIONS.to_vec();
            settings.tolerance = Some(90.0 / DIRECTIONS.len() as f64);
        }
        let lags = LagClasses::with_boundaries(settings.boundaries.clone())?;
        return Ok(Start { model, template, lags, settings });
    };
    let mut sills = template.structures.iter().map(|s| s.partial_sill).chain(template.nugget);
    ensure!(
        sills.all(Parameter::is_free),
        "--model '{}': nugget and partial sills are matrices in co-kriging, fitted to all analytes: leave them open, as '{}'",
        args.model.text,
        opened(template, template.nugget.is_some())
    );
    let settings = LagSettings::new(args, &subject.on_scale);
    let lags = lag_classes(args, &subject.on_scale)?;
    // Lag options are of the coregionalisation too, so a likelihood of the primary analyte is no reason to refuse them.
    let model = match args.fit {
        FitChoice::Wls => fitted_with(args, template, empirical(args, &subject.residuals, common)?, subject, common)?,
        _ => likelihood::fitted(args, template, subject, common)?.judged(subject)?,
    };
    let template = opened(&ModelTemplate::from(&model.variogram), template.nugget.is_some());
    Ok(Start { model, template, lags, settings })
}

/// The structures with all but their sills held.
pub(crate) fn opened(template: &ModelTemplate, nugget: bool) -> ModelTemplate {
    let structures = template.structures.iter();
    ModelTemplate {
        nugget: nugget.then_some(Parameter::Free),
        error_variance: template.error_variance,
        structures: structures.map(|s| StructureTemplate { partial_sill: Parameter::Free, ..*s }).collect(),
    }
}

/// What is said where a secondary analyte adds nothing, or little.
fn what_is_gained(fit: &LmcFit, recipe: &CoKrigingPrimary, primary: &Samples, names: &[String]) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut little = Vec::new();
    let global = recipe.cokriging.neighbourhood == Neighbourhood::Global;
    for (k, other) in recipe.secondary.iter().enumerate() {
        let (name, first) = (&names[k + 1], &names[0]);
        let places = Collocation::of(primary, other).map_or(0, |c| c.places);
        let nowhere_else = places == other.len();
        let proportional = fit.model.is_proportional(0, k + 1);
        if proportional && fit.model.sill(0, k + 1) == 0.0 {
            remarks.push(format!("{name} adds nothing: the model finds no correlation with {first}"));
        } else if proportional && nowhere_else && (global || places == primary.len()) {
            remarks.push(format!(
                "{name} adds nothing: it was measured only where {first} was, and their cross variogram is a multiple of the \
                 variogram of {first}, so that co-kriging equals kriging ({first} is autokrigeable)"
            ));
        } else if nowhere_else {
            little.push(name.as_str());
        }
    }
    if !little.is_empty() {
        let (first, list) = (&names[0], listed(&little));
        remarks.push(format!(
            "{list} measured only where {first} was: of what is known at the same places co-kriging gains little over kriging \
             {first} alone; `validate` has the scores of both"
        ));
    }
    remarks
}

/// `lead was`, `copper and lead were`.
fn listed(names: &[&str]) -> String {
    match names {
        [all @ .., last] if !all.is_empty() => format!("{} and {last} were", all.join(", ")),
        _ => format!("{} was", names.concat()),
    }
}

fn record(fit: &LmcFit, analytes: Vec<String>, variograms: Vec<CrossVariogram>) -> CoregionalisationRecord {
    let terms = fit.model.terms().iter();
    CoregionalisationRecord {
        analytes,
        fitted_by: "least-squares",
        sserr: fit.sserr,
        terms: terms
            .map(|t| TermRecord { structure: t.name(), coefficients: t.coefficients().clone().into() })
            .collect(),
        variograms,
    }
}

impl ModelRecord {
    /// The model of the primary analyte as the linear model of coregionalisation has it.
    fn coregionalised(self, fit: &LmcFit, direct: EmpiricalVariogram, record: CoregionalisationRecord) -> Result<Self> {
        Ok(Self {
            // That of the fit of this analyte alone.
            sserr: None,
            empirical: Some(direct),
            coregionalisation: Some(Box::new(record)),
            ..self.with_variogram(fit.model.variogram(0)?)
        })
    }
}
