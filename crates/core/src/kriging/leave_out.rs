//! Cross-validation without fitting again.

use std::ops::Range;

use nalgebra::{Cholesky, DMatrix};

use super::global::GlobalSystem;
use super::moving::MovingKriging;
use super::system::TILE;
use super::{Kriging, non_negative};
use crate::drift::RANK_TOLERANCE;
use crate::executor::{Executor, Serial, map};
use crate::neighbourhood::Neighbourhood;
use crate::predict::leave_out_by_refitting;
use crate::validation::Folds;
use crate::{Error, Gap, Outcome, Prediction, Result, Samples, Scratch};

/// Cross-validation with all samples, from one factor: with B = C⁻¹ − C⁻¹FG⁻¹FᵀC⁻¹ the residuals of the samples of a fold
/// I, predicted from all others, are B_II⁻¹(Bz)_I, and their covariances B_II⁻¹.
///
/// The multipliers follow from the same: fᵢᵀG⁻¹r without the fold is the i-th of B_II⁻¹C⁻¹FG⁻¹fᵢ, rows of the fold. For a
/// fold of one sample all of these are divisions by Bᵢᵢ.
///
/// Where the drift stands on samples of the fold, as that of a class which no other fold has, B_II is singular: a combination
/// n = Fc of the drift's functions is 0 at all samples outside. Samples where n is 0 too do not need it, and are predicted
/// by any generalised inverse of B_II, whose choice does not touch them; the others of the fold are gaps.
///
/// # Source
/// Dubrule (1983), *Mathematical Geology* 15:687.
///
/// # Errors
/// Folds that do not fit the samples, or what the system of all samples says, a cancelled executor.
pub(super) fn global(
    recipe: &Kriging,
    samples: &Samples,
    folds: &Folds,
    executor: &dyn Executor,
) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    if recipe.support != crate::support::Support::Point {
        return leave_out_by_refitting(recipe, samples, folds);
    }
    let system = GlobalSystem::new(recipe, samples, executor)?;
    if !system.left_out.is_empty() {
        // Without a sample, one that said the same and was left out comes in.
        return leave_out_by_refitting(recipe, samples, folds);
    }
    let drift = system.setting.basis.matrix(samples);
    // G⁻¹FᵀC⁻¹, sample by sample.
    let solved = system.gram.solve(&system.inverse_drift.transpose());
    let mut members = vec![Vec::new(); folds.count()];
    (0..samples.len()).for_each(|i| members[folds.of(i)].push(i));
    // Samples that are eliminated together have most of their zeros together.
    members.sort_by_key(|held| held.first().map(|&i| system.factor.position(i)));
    let batches = batches(&members);
    let of_batch = map(executor, batches.len(), |batch| {
        let folds = &members[batches[batch].clone()];
        let all: Vec<usize> = folds.iter().flatten().copied().collect();
        let inverse = system.factor.inverse_block(&all);
        let mut outcomes = Vec::with_capacity(all.len());
        let mut first = 0;
        for held in folds {
            let own = inverse.view((first, first), (held.len(), held.len())).into_owned();
            first += held.len();
            let v = system.inverse_drift.select_rows(held);
            let b = &own - &v * solved.select_columns(held);
            let Some((covariances, told)) = inverse_of_fold(own, b) else {
                outcomes.extend(held.iter().map(|&i| (i, Err(Gap::SingularDrift))));
                continue;
            };
            let residuals = &covariances * system.dual.select_rows(held);
            let multipliers = &covariances * (&v * system.gram.solve(&drift.select_rows(held).transpose()));
            for (k, &i) in held.iter().enumerate() {
                // The covariances are of differences to the samples, their measurement errors included.
                let variance = non_negative(covariances[(k, k)] - system.setting.error_variance(samples, i));
                let value = samples.values()[i] - residuals[k];
                let prediction = Prediction { value, variance: Some(variance), multiplier: multipliers[(k, k)] };
                let outcome = if !told[k] {
                    Err(Gap::SingularDrift)
                } else if value.is_finite() && variance.is_finite() {
                    Ok(prediction)
                } else {
                    Err(Gap::NotFinite)
                };
                outcomes.push((i, outcome));
            }
        }
        outcomes
    })?;
    let mut outcomes = vec![Err(Gap::SingularDrift); samples.len()];
    of_batch.into_iter().flatten().for_each(|(i, outcome)| outcomes[i] = outcome);
    Ok(outcomes)
}

/// Folds, one after the other, whose samples are right-hand sides together: of at most [`TILE`] samples, or a fold alone.
fn batches(members: &[Vec<usize>]) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut held = 0;
    for (fold, of_fold) in members.iter().enumerate() {
        held += of_fold.len();
        match batches.last_mut() {
            Some(last) if held <= TILE => last.end = fold + 1,
            _ => {
                batches.push(fold..fold + 1);
                held = of_fold.len();
            }
        }
    }
    batches
}

/// An inverse of B_II, generalised where it is singular, and which of the fold's samples it serves; `own` is C⁻¹ of the fold.
pub(crate) fn inverse_of_fold(own: DMatrix<f64>, b: DMatrix<f64>) -> Option<(DMatrix<f64>, Vec<bool>)> {
    let roots = own.diagonal().map(f64::sqrt);
    let alone = Cholesky::new(own)?;
    if let Some(whole) = Cholesky::new(b.clone()) {
        let (pivots, of_alone) = (whole.l_dirty().diagonal(), alone.l_dirty().diagonal());
        if pivots.iter().zip(of_alone.iter()).all(|(b, own)| b * b > RANK_TOLERANCE * own * own) {
            return Some((whole.inverse(), vec![true; roots.len()]));
        }
    }
    let scaled = DMatrix::from_fn(roots.len(), roots.len(), |i, j| b[(i, j)] / (roots[i] * roots[j]));
    let eigen = scaled.symmetric_eigen();
    let is_null = |k: usize| eigen.eigenvalues[k] <= RANK_TOLERANCE * eigen.eigenvalues.amax().max(1.0);
    let (null, rest): (Vec<usize>, Vec<usize>) = (0..roots.len()).partition(|&k| is_null(k));
    if null.is_empty() || rest.is_empty() {
        return None;
    }
    // Its rounding errors leave some 10⁻⁹ of a null vector where it is 0.
    let null = eigen.eigenvectors.select_columns(&null);
    let told = null.row_iter().map(|row| row.norm() < 1e-7).collect();
    let mut vectors = eigen.eigenvectors.select_columns(&rest);
    for (mut column, &k) in vectors.column_iter_mut().zip(&rest) {
        column /= eigen.eigenvalues[k].sqrt();
    }
    for (mut row, root) in vectors.row_iter_mut().zip(roots.iter()) {
        row /= *root;
    }
    Some((&vectors * vectors.transpose(), told))
}

/// What is done with a held-out sample, its prediction, the samples in its system and their weights.
pub(crate) type EachHeld<'a> = dyn FnMut(usize, Outcome, &[usize], &[f64]) + 'a;

impl Kriging {
    /// C⁻¹ and B = C⁻¹ − C⁻¹FG⁻¹FᵀC⁻¹ of all samples.
    ///
    /// # Errors
    /// As [`fit`](crate::Interpolator::fit); samples that say nothing new are an error here.
    pub(crate) fn precisions(&self, samples: &Samples) -> Result<(DMatrix<f64>, DMatrix<f64>)> {
        self.check(samples)?;
        let system = GlobalSystem::new(self, samples, &Serial)?;
        if !system.left_out.is_empty() {
            return Err(Error::SingularSystem { size: samples.len(), model: self.variogram.to_string() });
        }
        let all: Vec<usize> = (0..samples.len()).collect();
        let inverse = system.factor.inverse_block(&all);
        let of_drift = &system.inverse_drift * system.gram.solve(&system.inverse_drift.transpose());
        let without_drift = &inverse - of_drift;
        Ok((inverse, without_drift))
    }

    /// Predicts the samples `wanted` from those of the other folds in a moving neighbourhood, and tells the samples in each system and
    /// their weights; none where there is no prediction.
    ///
    /// # Panics
    /// A global neighbourhood.
    pub(crate) fn leave_out_weighted(
        &self,
        samples: &Samples,
        folds: &Folds,
        wanted: &[usize],
        each: &mut EachHeld<'_>,
    ) -> Result<()> {
        self.check(samples)?;
        let Neighbourhood::Moving(search) = self.neighbourhood else { panic!("for moving neighbourhoods") };
        let predictor = MovingKriging::new(self, samples, search)?;
        let mut scratch = Scratch::default();
        predictor.prepare(&mut scratch.kriging);
        for &i in wanted {
            let held = folds.of(i);
            let covariates = predictor.covariates_of(samples, i);
            let outcome = predictor.predict_one(samples.coords()[i], covariates, |j| folds.of(j) != held, &mut scratch);
            match outcome {
                Ok(_) => {
                    let (near, weights) = scratch.kriging.weights();
                    each(i, outcome, near, weights);
                }
                Err(_) => each(i, outcome, &[], &[]),
            }
        }
        Ok(())
    }
}
