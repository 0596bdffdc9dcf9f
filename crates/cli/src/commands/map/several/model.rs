//! The linear model of coregionalisation of the analytes of a run.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::censored::{JointFitSettings, fit_joint};
use soilscope_core::cokriging::{Coefficients, Coregionalisation, LmcFit, LmcSettings, Means, Term, fit_lmc};
use soilscope_core::variogram::{CrossVariogram, LagClasses, ModelTemplate, StructureTemplate};

use super::super::one::Job;
use super::limits;
use crate::args::{Common, Map};
use crate::choice::{self, executor};
use crate::field::{DIRECTIONS, LagSettings, lag_classes, opened, shared_places};

/// The model, and where it comes from.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CoregionalisationRecord {
    /// In the order of the matrices' rows and columns.
    analytes: Vec<String>,
    /// Its terms in gstat's notation, without sills.
    pub(super) notation: String,
    /// The analyte whose own model has these shapes and ranges.
    pub(super) structures_of: String,
    /// Analytes whose own models have others, which these replace.
    pub(super) structures_replaced_of: Vec<String>,
    /// Correlations by least squares (Goulard and Voltz 1992), variances from each analyte's own model.
    fitted_by: &'static str,
    fit_weights: &'static str,
    /// Weighted sum of squares over all pairs of analytes in both orders, each scaled to a mean semivariance of 1, before the
    /// variances are those of each analyte's own model.
    sserr: f64,
    /// The same with the structures of each analyte's own model; `None` where they cannot be fitted.
    tried: Vec<(String, Option<f64>)>,
    terms: Vec<TermRecord>,
    /// How the correlations were found where values are below limits and no number stands for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    below_limits: Option<LimitsFitRecord>,
}

/// A fit to semivariances that are expected given the limits.
#[derive(Debug, Clone, Serialize)]
struct LimitsFitRecord {
    /// `stochastic-approximation-em`: values below limits drawn given all analytes, semivariances averaged over the draws.
    method: &'static str,
    iterations: usize,
    settings: JointFitSettings,
}

#[cfg(test)]
impl CoregionalisationRecord {
    /// A record that says this and nothing else.
    pub(super) fn example(structures_of: &str, notation: &str) -> Self {
        Self {
            analytes: Vec::new(),
            notation: notation.to_owned(),
            structures_of: structures_of.to_owned(),
            structures_replaced_of: Vec::new(),
            fitted_by: "",
            fit_weights: "",
            sserr: 0.0,
            tried: Vec::new(),
            terms: Vec::new(),
            below_limits: None,
        }
    }
}

/// The nugget or a structure.
#[derive(Debug, Clone, Serialize)]
struct TermRecord {
    structure: String,
    /// In the product of the analytes' units on their modelling scales.
    coefficients: Coefficients,
}

/// The model, and what was found with it.
pub(super) struct Fitted {
    pub(super) model: Coregionalisation,
    pub(super) record: CoregionalisationRecord,
    pub(super) remarks: Vec<String>,
    /// Mean correlation in the samples over draws of the values below limits, of every two analytes in the order of their pairs.
    pub(super) correlations: Option<Vec<Option<f64>>>,
}

/// What was chosen with a fit.
struct Chosen {
    structures_of: String,
    template: ModelTemplate,
    sserr: f64,
    tried: Vec<(String, Option<f64>)>,
}

/// Fits the model with the structures of each analyte's own, and takes the best: no analyte is the first.
pub(super) fn fitted(args: &Map, jobs: &[&Job], common: &Common) -> Result<Fitted> {
    let names: Vec<String> = jobs.iter().map(|job| job.source.analyte().to_owned()).collect();
    let samples: Vec<Samples> = jobs.iter().map(|job| job.field.on_scale.clone()).collect();
    let remarks = shared_places(&names, &samples)?;
    let keeps_nugget = args.model.model.template.as_ref().is_none_or(|t| t.nugget.is_some());
    let (mut templates, mut own): (Vec<(String, ModelTemplate)>, Vec<ModelTemplate>) = Default::default();
    for job in jobs {
        let name = job.source.analyte();
        let model = job.field.model.as_ref().with_context(|| format!("{name} has no model"))?;
        let template = opened(&ModelTemplate::from(&model.variogram), keeps_nugget);
        if model.variogram.is_bounded() && !templates.iter().any(|(_, other)| *other == template) {
            templates.push((name.to_owned(), template.clone()));
        }
        own.push(template);
    }
    if templates.is_empty() {
        bail!(
            "no analyte's model has a sill, and without one the analytes cannot be simulated together: name a --model"
        );
    }
    let (lags, mut lag_settings) = lags(args, jobs)?;
    if !templates.iter().all(|(_, t)| t.structures.iter().all(StructureTemplate::is_isotropic)) {
        lag_settings.azimuths = DIRECTIONS.to_vec();
        lag_settings.tolerance = Some(90.0 / DIRECTIONS.len() as f64);
    }
    let (weights, fit_weights) = choice::weights(&args.model);
    let how = LmcSettings { weights, ..LmcSettings::default() };
    let fit = |variograms: &[CrossVariogram]| best(&names, &templates, jobs, variograms, &how);
    let settings = JointFitSettings::default();
    let directions = lag_settings.directions();
    let below = limits::flags(jobs);
    let means = Means::Unknown;
    let fit = fit_joint(&samples, &below, &means, (&lags, &directions), &settings, &executor(common)?, fit)?;
    let (model, Chosen { structures_of, template, sserr, tried }) = (fit.model, fit.detail);
    let terms = model.terms().iter();
    let replaced = names.iter().zip(&own).filter(|(_, own)| **own != template).map(|(name, _)| name.clone());
    let with_limits = fit.iterations > 0;
    let record = CoregionalisationRecord {
        notation: model.terms().iter().map(Term::name).collect::<Vec<_>>().join(" + "),
        structures_replaced_of: replaced.collect(),
        structures_of,
        fitted_by: "least-squares, with the variances of each analyte's own model",
        fit_weights,
        sserr,
        tried,
        terms: terms.map(|t| TermRecord { structure: t.name(), coefficients: t.coefficients().clone() }).collect(),
        below_limits: with_limits.then_some(LimitsFitRecord {
            method: "stochastic-approximation-em",
            iterations: fit.iterations,
            settings,
        }),
        analytes: names,
    };
    Ok(Fitted { model, record, remarks, correlations: with_limits.then_some(fit.correlations) })
}

/// The fit to these variograms with each of the structures, the best of them, with each analyte's own variances.
fn best(
    names: &[String],
    templates: &[(String, ModelTemplate)],
    jobs: &[&Job],
    variograms: &[CrossVariogram],
    how: &LmcSettings,
) -> Result<(Coregionalisation, Chosen)> {
    type Best = Option<(String, ModelTemplate, LmcFit)>;
    let (mut best, mut tried): (Best, Vec<(String, Option<f64>)>) = (None, Vec::new());
    let mut refused = None;
    for (name, template) in templates {
        match fit_lmc(names, variograms, template, how) {
            Ok(fit) => {
                tried.push((name.clone(), Some(fit.sserr)));
                if best.as_ref().is_none_or(|(.., other)| fit.sserr < other.sserr) {
                    best = Some((name.clone(), template.clone(), fit));
                }
            }
            Err(error) => {
                tried.push((name.clone(), None));
                refused = Some(error);
            }
        }
    }
    let (structures_of, template, fit) = match (best, refused) {
        (Some(best), _) => best,
        (None, Some(error)) => return Err(error).context("no linear model of coregionalisation can be fitted"),
        (None, None) => bail!("no linear model of coregionalisation can be fitted"),
    };
    let model = with_own_variances(&fit.model, jobs, variograms, &template, how)?;
    Ok((model, Chosen { structures_of, template, sserr: fit.sserr, tried }))
}

/// The lag classes of the first analyte that has some, for all: cross variograms need one set.
fn lags(args: &Map, jobs: &[&Job]) -> Result<(LagClasses, LagSettings)> {
    let on_scale = &jobs[0].field.on_scale;
    let automatic = args.model.model.is_auto();
    match jobs.iter().find_map(|job| job.field.lags.clone()).filter(|l| automatic && !l.boundaries.is_empty()) {
        Some(settings) => Ok((LagClasses::with_boundaries(settings.boundaries.clone())?, settings)),
        None => Ok((lag_classes(&args.model, on_scale)?, LagSettings::new(&args.model, on_scale))),
    }
}

/// The model in which each analyte varies as its own model says, as nearly as the shared structures can, and analytes vary
/// together as `fit` says: in every term its correlations between the analytes, and variances that fit the analytes' own models.
///
/// A map of one analyte and the joint simulation then agree but for what structures differ in. Coefficients stay positive
/// semi-definite: those of a term are D R D, with R the correlations of a positive semi-definite matrix.
fn with_own_variances(
    fit: &Coregionalisation,
    jobs: &[&Job],
    variograms: &[CrossVariogram],
    template: &ModelTemplate,
    settings: &LmcSettings,
) -> Result<Coregionalisation> {
    let mut own: Vec<Coregionalisation> = Vec::new();
    for (v, job) in jobs.iter().enumerate() {
        let name = job.source.analyte();
        let direct = variograms.iter().find(|pair| pair.variables == [v, v]);
        let mut direct = direct.with_context(|| format!("{name} has no variogram"))?.clone();
        let variogram =
            job.field.model.as_ref().map(|m| &m.variogram).with_context(|| format!("{name} has no model"))?;
        direct.variables = [0, 0];
        for class in &mut direct.variogram.classes {
            let (sin, cos) = class.azimuth.unwrap_or(0.0).to_radians().sin_cos();
            class.gamma = variogram.semivariance([class.dist * sin, class.dist * cos]);
            class.error_variance = 0.0; // a model has none
        }
        own.push(fit_lmc(&[name.to_owned()], &[direct], template, settings)?.model);
    }
    let n = jobs.len();
    let term = |(k, t): (usize, &Term)| -> Result<Term> {
        let b = t.coefficients();
        let entry = |i: usize, j: usize| {
            let deviation = |v: usize| own[v].terms()[k].coefficients().get(0, 0).max(0.0).sqrt();
            let scale = (b.get(i, i) * b.get(j, j)).sqrt();
            match i == j {
                true => own[i].terms()[k].coefficients().get(0, 0).max(0.0),
                false if scale > 0.0 => deviation(i) * deviation(j) * b.get(i.max(j), i.min(j)) / scale,
                false => 0.0,
            }
        };
        let rows: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| entry(i.max(j), i.min(j))).collect()).collect();
        let coefficients = Coefficients::from_rows(&rows)?;
        Ok(match t.unit().structures() {
            [structure] => Term::structure(*structure, coefficients)?,
            _ => Term::nugget(coefficients)?,
        })
    };
    let terms = fit.terms().iter().enumerate().map(term).collect::<Result<_>>()?;
    Ok(Coregionalisation::new(fit.variables().to_vec(), terms)?)
}
