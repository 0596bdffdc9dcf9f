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

/// Models tried, each with a nugget: a linear rise to a sharp sill, a linear rise to a slow one, and two that start
/// smoothly, between which Matérn's κ = 1.5 is the once differentiable middle. Other smoothness is not tried: lag classes
/// of soil samples seldom reach down to where it shows.
const CANDIDATES: [Model; 4] =
    [Model::Spherical, Model::Exponential, Model::Gaussian, Model::Matern { smoothness: 1.5 }];

/// Fits spherical, exponential, Gaussian and Matérn (κ = 1.5) models with nugget, isotropic and without measurement
/// error, and keeps the one with the smallest weighted sum of squares.
///
/// All four have three parameters, so the sums compare like with like and no penalty for parameters is needed. The
/// models come in the order above where sums are equal. The sum says how well the lag classes are met, not how well
/// unsampled places are: where candidates are close, cross-validation decides. A `chosen` whose
/// [`range_at_limit`](Fit::range_at_limit) is set shows no sill within the cutoff.
///
/// # Errors
/// [`Error::NoSpatialStructure`] where even the best fit is a pure nugget, or has 95 % of its sill (nugget included)
/// before the first lag class: then the samples show no correlation at the distances they have.
/// [`Error::FlatVariogram`] where all semivariances are 0. Otherwise as [`fit`].
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
