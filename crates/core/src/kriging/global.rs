//! One system of all samples, factored once.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::cholesky::row_start;
use super::redundant::independent_rows;
use super::setting::Setting;
use super::system::{Covariances, Factor, Rows, TILE, add_products, padded};
use super::weights::EachTarget;
use super::{Kriging, non_negative};
use crate::drift::RANK_TOLERANCE;
use crate::executor::Executor;
use crate::{Coord, Error, Gap, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// What the system of all samples says whatever the target.
pub(super) struct GlobalSystem {
    pub(super) setting: Setting,
    /// The samples of the system: all but those that say nothing new.
    pub(super) samples: Samples,
    /// Samples left out, increasing.
    pub(super) left_out: Vec<usize>,
    /// The factored covariance matrix of the samples.
    pub(super) factor: Factor,
    /// C⁻¹F (n × columns of the drift).
    pub(super) inverse_drift: DMatrix<f64>,
    /// Factor of G = FᵀC⁻¹F.
    pub(super) gram: Cholesky<f64, Dyn>,
    /// β of the centred data.
    pub(super) coefficients: DVector<f64>,
    /// C⁻¹(z − Fβ).
    pub(super) dual: DVector<f64>,
    covariances: Covariances,
}

impl GlobalSystem {
    /// # Errors
    /// [`Error::SingularSystem`] for a model that is no covariance at the samples, [`Error::DriftSingular`], a cancelled
    /// executor.
    pub(super) fn new(recipe: &Kriging, samples: &Samples, executor: &dyn Executor) -> Result<Self> {
        let setting = Setting::new(recipe, samples)?;
        let reach = setting.variogram.reach();
        Self::within(recipe, setting, samples, reach, executor)
    }

    /// Of covariances that end within `reach`.
    pub(super) fn within(
        recipe: &Kriging,
        setting: Setting,
        samples: &Samples,
        reach: Option<[f64; 2]>,
        executor: &dyn Executor,
    ) -> Result<Self> {
        let covariances = Covariances::new(&setting.variogram);
        if let Some(factor) = factored(&setting, &covariances, samples, reach, executor)? {
            return Self::solved(setting, covariances, samples.clone(), Vec::new(), factor);
        }
        let singular = || Error::SingularSystem { size: samples.len(), model: recipe.variogram.to_string() };
        let kept = independent_rows(&packed(&setting, samples), samples.len()).ok_or_else(singular)?;
        let left_out = (0..samples.len()).filter(|i| kept.binary_search(i).is_err()).collect();
        let samples = samples.subset(&kept)?;
        let factor = factored(&setting, &covariances, &samples, reach, executor)?.ok_or_else(singular)?;
        Self::solved(setting, covariances, samples, left_out, factor)
    }

    fn solved(
        setting: Setting,
        covariances: Covariances,
        samples: Samples,
        left_out: Vec<usize>,
        factor: Factor,
    ) -> Result<Self> {
        let n = samples.len();
        let columns = setting.basis.columns();
        let centred = DVector::from_iterator(n, samples.values().iter().map(|v| v - setting.centre));
        let drift = setting.basis.matrix(&samples);
        let inverse_drift = factor.solve(&drift);
        let singular = || Error::DriftSingular { columns, samples: n };
        let gram = drift.transpose() * &inverse_drift;
        let diagonal = gram.diagonal();
        let gram = Cholesky::new(gram).ok_or_else(singular)?;
        let pivots = gram.l_dirty().diagonal();
        if pivots.iter().zip(diagonal.iter()).any(|(p, d)| !(p * p > RANK_TOLERANCE * d)) {
            return Err(singular());
        }
        let coefficients = gram.solve(&inverse_drift.tr_mul(&centred));
        let rest = centred - drift * &coefficients;
        let dual = factor.solve(&DMatrix::from_columns(&[rest])).column(0).into_owned();
        Ok(Self { setting, samples, left_out, factor, inverse_drift, gram, coefficients, dual, covariances })
    }
}

/// The factored covariance matrix of all samples; `None` where it is singular in floating point.
fn factored(
    setting: &Setting,
    covariances: &Covariances,
    samples: &Samples,
    reach: Option<[f64; 2]>,
    executor: &dyn Executor,
) -> Result<Option<Factor>> {
    let errors: Vec<f64> = (0..samples.len()).map(|i| setting.error_variance(samples, i)).collect();
    let variance = setting.variogram.covariance([0.0; 2]);
    Factor::new(covariances, samples.coords(), &errors, reach, variance, executor)
}

/// The lower triangle of the covariance matrix, row by row.
fn packed(setting: &Setting, samples: &Samples) -> Vec<f64> {
    let n = samples.len();
    let mut lower = vec![0.0; row_start(n)];
    for i in 0..n {
        let row = &mut lower[row_start(i)..=row_start(i) + i];
        setting.variogram.covariances(samples.coords()[i], &samples.coords()[..=i], row);
        row[i] += setting.error_variance(samples, i);
    }
    lower
}

/// Kriging with every sample for every target.
///
/// Targets are predicted by blocks, each a matrix of right-hand sides W = L⁻¹C₀: values and the drift's conditions are products of
/// the covariances C₀ with C⁻¹(z − Fβ) and C⁻¹F, and what the samples explain of the variance is the sum of squares of
/// each column of W.
pub(super) struct GlobalKriging {
    pub(super) system: GlobalSystem,
    /// C⁻¹(z − Fβ) and the columns of C⁻¹F, by position of the samples in the factor.
    weights: Vec<Vec<f64>>,
}

/// Targets of a block that have a prediction.
#[derive(Default)]
struct Block<'a> {
    targets: Vec<usize>,
    places: Vec<Coord>,
    covariates: Vec<&'a [f64]>,
}

impl GlobalKriging {
    pub(super) fn new(recipe: &Kriging, samples: &Samples, executor: &dyn Executor) -> Result<Self> {
        Ok(Self::of(GlobalSystem::new(recipe, samples, executor)?))
    }

    pub(super) fn of(system: GlobalSystem) -> Self {
        let columns = std::iter::once(system.dual.as_slice());
        let columns = columns.chain(system.inverse_drift.as_slice().chunks_exact(system.samples.len()));
        let weights = columns.map(|column| system.factor.order().iter().map(|&i| column[i]).collect()).collect();
        Self { system, weights }
    }

    /// Predicts every target into `out`, and calls `each`, if there is one, with those that have a prediction, the samples of
    /// the system and their weights.
    pub(super) fn predict_blocks<'a>(
        &self,
        targets: &'a Targets<'_>,
        out: &mut Predictions,
        mut each: Option<&mut EachTarget<'a>>,
    ) {
        out.reset(targets.len(), true);
        let needed = self.system.setting.basis.covariates();
        for block in blocks(targets, self.system.factor.is_cut()) {
            let mut known = Block::default();
            for target in block {
                let at = targets.coord(target);
                match Gap::check_place(at).and_then(|()| targets.known_covariates(target, needed)) {
                    Ok(covariates) => {
                        known.targets.push(target);
                        known.places.push(at);
                        known.covariates.push(covariates);
                    }
                    Err(gap) => out.set(target, Err(gap)),
                }
            }
            if !known.targets.is_empty() {
                self.predict_block(&known, out, each.as_deref_mut());
            }
        }
    }

    fn predict_block(&self, block: &Block<'_>, out: &mut Predictions, each: Option<&mut EachTarget<'_>>) {
        let system = &self.system;
        let Setting { basis, centre, own_variance, .. } = &system.setting;
        let count = block.targets.len();
        let mut rows = Rows::new(&system.factor, count);
        let mut sums = vec![vec![0.0; padded(count)]; self.weights.len()];
        rows.fill(&system.factor, &system.covariances, &system.setting, &block.places, |range, tile| {
            for (weights, sums) in self.weights.iter().zip(&mut sums) {
                add_products(tile, &weights[range.clone()], sums);
            }
        });
        rows.forward(&system.factor);
        let mut explained = vec![0.0; padded(count)];
        rows.add_squares(&mut explained);
        // f₀, r = f₀ − FᵀC⁻¹c₀ and G⁻¹r, a column a target.
        let mut drift = DMatrix::zeros(basis.columns(), count);
        let mut spare = Vec::new();
        for (k, mut column) in drift.column_iter_mut().enumerate() {
            system.setting.drift(basis, block.places[k], block.covariates[k], column.as_mut_slice(), &mut spare);
        }
        let rest = DMatrix::from_fn(basis.columns(), count, |column, k| drift[(column, k)] - sums[1 + column][k]);
        let solved = system.gram.solve(&rest);
        for (k, &target) in block.targets.iter().enumerate() {
            let (drift, solved) = (drift.column(k), solved.column(k));
            let value = centre + sums[0][k] + drift.dot(&system.coefficients);
            let variance = Some(non_negative(own_variance - explained[k] + rest.column(k).dot(&solved)));
            out.set(target, Ok(Prediction { value, variance, multiplier: drift.dot(&solved) }));
        }
        let Some(each) = each else { return };
        // λ = C⁻¹c₀ + C⁻¹FG⁻¹r.
        rows.backward(&system.factor);
        let n = system.samples.len();
        let all = n + system.left_out.len();
        let kept: Vec<usize> = (0..all).filter(|i| system.left_out.binary_search(i).is_err()).collect();
        let mut weights = vec![0.0; n];
        for (k, &target) in block.targets.iter().enumerate().filter(|&(_, &target)| out.get(target).is_ok()) {
            rows.copy_row(&system.factor, k, &mut weights);
            for (column, g) in system.inverse_drift.column_iter().zip(solved.column(k)) {
                weights.iter_mut().zip(column).for_each(|(w, f)| *w += f * g);
            }
            each(target, &kept, &weights);
        }
    }
}

/// Targets, by their numbers, in blocks of at most as many as a tile has rows: in their order, or those together that are close together.
fn blocks(targets: &Targets<'_>, close: bool) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..targets.len()).collect();
    if !close {
        return all.chunks(TILE).map(<[usize]>::to_vec).collect();
    }
    let mut waiting = vec![all];
    let mut blocks = Vec::new();
    while let Some(mut some) = waiting.pop() {
        if some.len() <= CLOSE {
            some.sort_unstable();
            blocks.push(some);
            continue;
        }
        let side = |axis: usize| {
            let along = some.iter().map(|&i| targets.coord(i)[axis]).filter(|c| c.is_finite());
            let (low, high) =
                along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c), high.max(c)));
            high - low
        };
        let axis = usize::from(side(1) > side(0));
        let half = some.len() / 2;
        let key = |i: usize| targets.coord(i)[axis];
        some.select_nth_unstable_by(half, |&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        let rest = some.split_off(half);
        waiting.push(rest);
        waiting.push(some);
    }
    blocks
}

/// Most targets of a block where covariances end.
const CLOSE: usize = 96;

impl Predictor for GlobalKriging {
    fn has_variance(&self) -> bool {
        true
    }

    fn covariates(&self) -> usize {
        self.system.setting.basis.covariates()
    }

    fn left_out(&self) -> &[usize] {
        &self.system.left_out
    }

    fn predict_into(&self, targets: &Targets<'_>, _scratch: &mut Scratch, out: &mut Predictions) {
        self.predict_blocks(targets, out, None);
    }
}
