//! Cross-validation without fitting again.

use super::global::GlobalSystem;
use super::moving::MovingKriging;
use super::{Kriging, non_negative};
use crate::neighbourhood::Search;
use crate::validation::Folds;
use crate::{Gap, Outcome, Prediction, Result, Samples, Scratch};

/// Leave-one-out with all samples, from one inverse: with B = C⁻¹ − C⁻¹F(FᵀC⁻¹F)⁻¹FᵀC⁻¹ the residual of sample i is
/// (Bz)ᵢ/Bᵢᵢ and its variance 1/Bᵢᵢ.
///
/// # Source
/// Dubrule (1983), *Mathematical Geology* 15:687.
///
/// # Errors
/// Folds that do not fit the samples, or a singular system of all samples.
pub(super) fn one_global(recipe: &Kriging, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let unknown_mean = recipe.drift.known_mean().is_none();
    let (cholesky, system) = GlobalSystem::new(recipe, samples)?;
    let inverse = cholesky.inverse();
    let outcomes = samples.values().iter().enumerate().map(|(i, &observed)| {
        let of_mean = if unknown_mean { system.inverse_one[i].powi(2) / system.information } else { 0.0 };
        let b = inverse[(i, i)] - of_mean;
        // 1/b is the variance of the difference to the sample, its measurement error included.
        let variance = non_negative(1.0 / b - recipe.variogram.error_variance());
        let prediction = Prediction { value: observed - system.dual[i] / b, variance: Some(variance), multiplier: 0.0 };
        if prediction.value.is_finite() && variance.is_finite() { Ok(prediction) } else { Err(Gap::NotFinite) }
    });
    let mut outcomes: Vec<Outcome> = outcomes.collect();
    if unknown_mean {
        multipliers(&system, &inverse, samples.len(), &mut outcomes);
    }
    Ok(outcomes)
}

/// Lagrange multipliers of the systems without one sample each, from the inverse of the whole system.
///
/// Without sample i the inverse of the remaining covariances is C⁻¹ less (C⁻¹eᵢ)(C⁻¹eᵢ)ᵀ/C⁻¹ᵢᵢ, and the weights of the
/// simple predictor of sample i are −C⁻¹ⱼᵢ/C⁻¹ᵢᵢ; the multiplier is (1 − their sum) over what remains of 1ᵀC⁻¹1.
fn multipliers(system: &GlobalSystem, inverse: &nalgebra::DMatrix<f64>, n: usize, outcomes: &mut [Outcome]) {
    for (i, outcome) in outcomes.iter_mut().enumerate().take(n) {
        let (own, sum) = (inverse[(i, i)], system.inverse_one[i]);
        let excess = sum / own;
        let information = system.information - sum * sum / own;
        if let Ok(prediction) = outcome {
            prediction.multiplier = excess / information;
        }
    }
}

/// Cross-validation in a moving neighbourhood: the search passes over the samples of the target's fold.
pub(super) fn moving(recipe: &Kriging, samples: &Samples, search: Search, folds: &Folds) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let predictor = MovingKriging::new(recipe, samples, search);
    let mut scratch = Scratch::default();
    scratch.kriging.forget();
    let outcomes = samples.coords().iter().enumerate().map(|(i, &at)| {
        let held = folds.of(i);
        predictor.predict_one(at, |j| folds.of(j) != held, &mut scratch)
    });
    Ok(outcomes.collect())
}
