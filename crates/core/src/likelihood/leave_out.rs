//! Cross-validation of kriging under a global trend.

use nalgebra::{Cholesky, DMatrix};

use super::data::Data;
use super::kernel::Kernel;
use super::ordering::max_min_order;
use super::predict::{Trend, VecchiaKriging, VecchiaPredictor, VecchiaScratch};
use super::vecchia::{Vecchia, Work};
use crate::executor::Serial;
use crate::predict::leave_out_by_refitting;
use crate::validation::Folds;
use crate::{Error, Gap, Outcome, Result, Samples};

/// Largest fold whose samples are taken out of the trend by the matrix of its own; for larger ones a new fit is quicker.
const SMALL_FOLD: usize = 200;

/// Predicts each sample from those of other folds, with the trend estimated from them.
///
/// With Q the approximate inverse of the covariance matrix and I the samples of a fold, leaving them out turns YᵀQY into
/// YᵀQY − (QY)ᵢᵀ Qᵢᵢ⁻¹ (QY)ᵢ: the density of the others, by integrating the fold's samples out of the same approximation.
/// Folds of more than 200 samples are left out by fitting again.
///
/// # Errors
/// Folds that do not fit the samples, and as the fit.
pub(super) fn leave_out(recipe: &VecchiaKriging, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
    folds.check(samples)?;
    let mut sizes = vec![0; folds.count()];
    (0..samples.len()).for_each(|i| sizes[folds.of(i)] += 1);
    if sizes.iter().any(|&s| s > SMALL_FOLD) {
        return leave_out_by_refitting(recipe, samples, folds);
    }
    super::fit::refuse_unbounded(&(&recipe.variogram).into())?;
    recipe.variogram.check_on(samples.metric())?;
    super::fit::refuse_coincident(samples, recipe.variogram.error_variance())?;
    let data = Data::new(samples, recipe.drift)?;
    let data = data.reordered(&max_min_order(&data.places));
    let kernel = Kernel::new(&recipe.variogram, &[], data.len() * recipe.nearest.get()).on(data.metric);
    let trends = if data.functions() == 0 {
        vec![Some(Trend::none()); folds.count()]
    } else {
        let vecchia = Vecchia::of_ordered(data.clone(), recipe.trend_neighbours.get(), &Serial)?;
        let singular = || Error::SingularSystem { size: data.len(), model: recipe.variogram.to_string() };
        trends(&vecchia, &kernel, folds, &sizes).ok_or_else(singular)?
    };
    // Every fold brings a trend of its own.
    let predictor = VecchiaPredictor::new(recipe, data, kernel, Trend::none());
    let data = &predictor.data;
    let mut outcomes = vec![Err(Gap::SingularSystem); samples.len()];
    let mut scratch = VecchiaScratch::default();
    for rank in 0..data.len() {
        let position = data.positions[rank] as usize;
        let held = folds.of(position);
        let Some(trend) = &trends[held] else { continue };
        let keep = |i: u32| folds.of(data.positions[i as usize] as usize) != held;
        let covariates = if data.basis.covariates() > 0 { samples.covariates(position) } else { &[] };
        outcomes[position] =
            predictor.predict_one(samples.coords()[position], covariates, Some(trend), keep, &mut scratch);
    }
    Ok(outcomes)
}

/// The trend without each fold; `None` for a fold without which there is none.
fn trends(vecchia: &Vecchia, kernel: &Kernel, folds: &Folds, sizes: &[usize]) -> Option<Vec<Option<Trend>>> {
    let data = vecchia.data();
    let (n, c) = (data.len(), data.columns);
    // Fold of each rank, and its number within it.
    let mut next = vec![0; sizes.len()];
    let mut place = vec![(0, 0); n];
    for (rank, p) in place.iter_mut().enumerate() {
        let fold = folds.of(data.positions[rank] as usize);
        *p = (fold, next[fold]);
        next[fold] += 1;
    }
    let mut own: Vec<DMatrix<f64>> = sizes.iter().map(|&s| DMatrix::zeros(s, s)).collect();
    let mut product: Vec<DMatrix<f64>> = sizes.iter().map(|&s| DMatrix::zeros(s, c)).collect();
    let mut cross = DMatrix::zeros(c, c);
    let mut work = Work::default();
    for block in vecchia.blocks() {
        if !work.factor(data, block, kernel, false) {
            return None;
        }
        for responses in block.responses.chunks(super::lanes::LANES) {
            work.form_products(responses, kernel);
            for (lane, &r) in responses.iter().enumerate() {
                let r = r as usize;
                let y = &work.solved[r * c..(r + 1) * c];
                for s in 0..c {
                    for t in 0..c {
                        cross[(s, t)] += y[s] * y[t];
                    }
                }
                let row = || work.inverse[..=r].iter().map(|x| x[lane]).zip(&block.places);
                for (b, &i) in row() {
                    let (fold, k) = place[i as usize];
                    for (s, y) in y.iter().enumerate() {
                        product[fold][(k, s)] += b * y;
                    }
                    for (d, &j) in row() {
                        let (other, l) = place[j as usize];
                        if other == fold {
                            own[fold][(k, l)] += b * d;
                        }
                    }
                }
            }
        }
    }
    let without = |(own, product): (DMatrix<f64>, DMatrix<f64>)| {
        let solved = Cholesky::new(own)?.solve(&product);
        Trend::of(&(&cross - product.tr_mul(&solved)))
    };
    Some(own.into_iter().zip(product).map(without).collect())
}
