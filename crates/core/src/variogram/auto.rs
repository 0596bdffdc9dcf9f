//! The default model: the best of the usual ones.

use super::{EmpiricalVariogram, Fit, FitWeights, Model, ModelTemplate, fit};
use crate::{Error, Result};

/// A model that was tried, with its weighted sum of squares.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Candidate {
    /// The fitted model.
    pub fit: Fit,
    /// Its text, in gstat's notation.
    pub notation: String,
}

/// The chosen fit, and what it was chosen against.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AutoFit {
    /// The candidate with the smallest weighted sum of squares.
    pub chosen: Fit,
    /// All candidates, best first.
    pub candidates: Vec<Candidate>,
}

/// Models tried, each with a nugget.
const CANDIDATES: [Model; 4] =
    [Model::Spherical, Model::Exponential, Model::Gaussian, Model::Matern { smoothness: 1.5 }];

/// Fits spherical, exponential, Gaussian and Matérn (κ = 1.5) models with nugget, and keeps the one with the smallest
/// weighted sum of squares.
///
/// # Errors
/// [`Error::NoSpatialStructure`] where even the best fit is a pure nugget, or reaches its sill before the first lag
/// class: then the samples show no correlation at the distances they have. Otherwise as [`fit`].
pub fn fit_best(empirical: &EmpiricalVariogram, weights: &FitWeights) -> Result<AutoFit> {
    let mut candidates: Vec<Candidate> = CANDIDATES
        .iter()
        .map(|&model| {
            let fit = fit(empirical, &ModelTemplate::with_nugget(model), weights)?;
            Ok(Candidate { notation: fit.variogram.to_string(), fit })
        })
        .collect::<Result<_>>()?;
    candidates.sort_by(|a, b| a.fit.sserr.total_cmp(&b.fit.sserr));
    let chosen = candidates[0].fit.clone();
    let first_lag = empirical.classes.iter().map(|c| c.dist).fold(f64::INFINITY, f64::min);
    let structured: f64 = chosen.variogram.structures().iter().map(|s| s.partial_sill()).sum();
    if structured <= 1e-6 * chosen.variogram.sill() || chosen.variogram.effective_range() <= first_lag {
        let tried = CANDIDATES.map(Model::abbreviation).join(", ");
        return Err(Error::NoSpatialStructure { tried, nugget: chosen.variogram.sill() });
    }
    Ok(AutoFit { chosen, candidates })
}
