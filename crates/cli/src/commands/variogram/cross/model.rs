//! The linear model of coregionalisation of several analytes.

use anyhow::{Context, Result};
use serde::Serialize;
use soilscope_core::Samples;
use soilscope_core::cokriging::{Coefficients, Coregionalisation, LmcSettings, fit_lmc};
use soilscope_core::executor::Executor;
use soilscope_core::variogram::{CrossVariogram, cross_variograms_with};

use crate::args::{Common, ModelArgs};
use crate::choice::{self, executor};
use crate::field::{ModelRecord, Start, shared_places, start};
use crate::subject::Subject;

/// The model, and where it comes from: what `--method cokriging` would use. Names are those of its record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CoregionalisationRecord {
    /// In the order of the matrices' rows and columns.
    analytes: Vec<String>,
    /// Its terms in gstat's notation, without sills.
    pub(super) notation: String,
    /// The first analyte's own model, whose structures these are.
    pub(super) alone: ModelRecord,
    /// `least-squares`: Goulard and Voltz (1992).
    fitted_by: &'static str,
    fit_weights: &'static str,
    /// Weighted sum of squares over all pairs in both orders, each analyte scaled to a mean semivariance of 1.
    pub(super) sserr: f64,
    pub(super) terms: Vec<Term>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remarks: Vec<String>,
    #[serde(skip)]
    pub(super) model: Coregionalisation,
}

/// The nugget or a structure, with what it contributes to each sill and cross sill.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Term {
    /// Its variogram of sill 1 in gstat's notation: `Nug`, `Sph(900)`.
    pub(super) structure: String,
    /// A row and a column an analyte, in the product of their units.
    pub(super) coefficients: Coefficients,
    /// The same over the roots of the diagonal; `None` where an analyte has no share in the term.
    pub(super) correlations: Vec<Vec<Option<f64>>>,
}

/// The variograms of all pairs, and the model with the structures of the first analyte's own.
pub(super) fn fitted(
    args: &ModelArgs,
    names: &[String],
    variables: &[Samples],
    subject: &Subject,
    common: &Common,
) -> Result<(Vec<CrossVariogram>, CoregionalisationRecord)> {
    let remarks = shared_places(names, variables)?;
    let Start { model: alone, template, lags, settings } = start(args, subject, common)?;
    let threads = executor(common)?;
    let variograms = cross_variograms_with(variables, &lags, &settings.directions(), &threads as &dyn Executor)?;
    let (weights, fit_weights) = choice::weights(args);
    let fit = fit_lmc(names, &variograms, &template, &LmcSettings { weights, ..LmcSettings::default() })
        .context("no linear model of coregionalisation can be fitted")?;
    let terms: Vec<Term> = fit.model.terms().iter().map(|t| Term::new(t.name(), t.coefficients())).collect();
    let record = CoregionalisationRecord {
        analytes: names.to_vec(),
        notation: terms.iter().map(|t| t.structure.as_str()).collect::<Vec<_>>().join(" + "),
        alone,
        fitted_by: "least-squares",
        fit_weights,
        sserr: fit.sserr,
        terms,
        remarks,
        model: fit.model,
    };
    Ok((variograms, record))
}

impl Term {
    fn new(structure: String, coefficients: &Coefficients) -> Self {
        let count = coefficients.order();
        let correlation = |i: usize, j: usize| {
            let scale = (coefficients.get(i, i) * coefficients.get(j, j)).sqrt();
            // Rounding may leave a hair beyond 1.
            (scale > 0.0).then(|| (coefficients.get(i, j) / scale).clamp(-1.0, 1.0))
        };
        let correlations = (0..count).map(|i| (0..count).map(|j| correlation(i, j)).collect()).collect();
        Self { structure, coefficients: coefficients.clone(), correlations }
    }
}
