//! Cross-validation without fitting again.

use super::global::GlobalSystem;
use super::moving::MovingKriging;
use super::{Kriging, non_negative};
use crate::drift::RANK_TOLERANCE;
use crate::neighbourhood::Search;
use crate::predict::leave_out_by_refitting;
use crate::validation::Folds;
use crate::{Gap, Outcome, Prediction, Result, Samples, Scratch};

/// Leave-one-out with all samples, from one inverse: with B = C⁻¹ − C⁻¹FG⁻¹FᵀC⁻¹ the residual of sample i is
/// (Bz)ᵢ/Bᵢᵢ and its variance 1/Bᵢᵢ.
///
/// The multiplier follows from the same: with v = FᵀC⁻¹eᵢ what the other samples leave of the drift functions is
/// r = v/C⁻¹ᵢᵢ, and their G is that of all less vvᵀ/C⁻¹ᵢᵢ, so that fᵢᵀG⁻¹r of the others is fᵢᵀG⁻¹v/Bᵢᵢ.
///
/// # Source
/// Dubrule (1983), *Mathematical Geology* 15:687.
///
/// # Errors
/// Folds that do not fit the samples, or what the system of all samples says.
pub(super) fn one_global(recipe: &Kriging, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    if recipe.support != crate::support::Support::Point {
        return leave_out_by_refitting(recipe, samples, folds);
    }
    let (cholesky, system) = GlobalSystem::new(recipe, samples)?;
    if !system.left_out.is_empty() {
        // Without a sample, one that said the same and was left out comes in.
        return leave_out_by_refitting(recipe, samples, folds);
    }
    let inverse = cholesky.inverse();
    let drift = system.setting.basis.matrix(samples);
    let outcomes = samples.values().iter().enumerate().map(|(i, &observed)| {
        let own = inverse[(i, i)];
        let v = system.inverse_drift.row(i).transpose();
        let solved = system.gram.solve(&v);
        let b = own - v.dot(&solved);
        if !(b > RANK_TOLERANCE * own) {
            return Err(Gap::SingularDrift); // the drift stands on this sample alone
        }
        // 1/b is the variance of the difference to the sample, its measurement error included.
        let variance = non_negative(1.0 / b - system.setting.error_variance(samples, i));
        let multiplier = drift.row(i).transpose().dot(&solved) / b;
        let prediction = Prediction { value: observed - system.dual[i] / b, variance: Some(variance), multiplier };
        if prediction.value.is_finite() && variance.is_finite() { Ok(prediction) } else { Err(Gap::NotFinite) }
    });
    Ok(outcomes.collect())
}

/// Cross-validation in a moving neighbourhood: the search passes over the samples of the target's fold.
pub(super) fn moving(recipe: &Kriging, samples: &Samples, search: Search, folds: &Folds) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let predictor = MovingKriging::new(recipe, samples, search)?;
    let mut scratch = Scratch::default();
    predictor.prepare(&mut scratch.kriging);
    let outcomes = samples.coords().iter().enumerate().map(|(i, &at)| {
        let held = folds.of(i);
        let covariates = predictor.covariates_of(samples, i);
        predictor.predict_one(at, covariates, |j| folds.of(j) != held, &mut scratch)
    });
    Ok(outcomes.collect())
}
