//! One system of all samples, factored once.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::cholesky::{LANES, dot, row_start, solve_lower_lanes};
use super::redundant::independent_rows;
use super::setting::Setting;
use super::{Kriging, non_negative};
use crate::drift::RANK_TOLERANCE;
use crate::{Coord, Error, Gap, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// What the system of all samples says whatever the target.
pub(super) struct GlobalSystem {
    pub(super) setting: Setting,
    /// The samples of the system: all but those that say nothing new.
    pub(super) samples: Samples,
    /// Samples left out, increasing.
    pub(super) left_out: Vec<usize>,
    /// C⁻¹F (n × columns of the drift).
    pub(super) inverse_drift: DMatrix<f64>,
    /// Factor of G = FᵀC⁻¹F.
    pub(super) gram: Cholesky<f64, Dyn>,
    /// β of the centred data.
    pub(super) coefficients: DVector<f64>,
    /// C⁻¹(z − Fβ).
    pub(super) dual: DVector<f64>,
}

impl GlobalSystem {
    /// The system, beside its factored covariance matrix.
    ///
    /// # Errors
    /// [`Error::SingularSystem`] for a model that is no covariance at the samples, [`Error::DriftSingular`].
    pub(super) fn new(recipe: &Kriging, samples: &Samples) -> Result<(Cholesky<f64, Dyn>, Self)> {
        let setting = Setting::new(recipe, samples)?;
        if let Some(cholesky) = factored(&setting, samples) {
            let system = Self::solved(setting, samples.clone(), Vec::new(), &cholesky)?;
            return Ok((cholesky, system));
        }
        let singular = || Error::SingularSystem { size: samples.len(), model: recipe.variogram.to_string() };
        let kept = independent_rows(&packed(&setting, samples), samples.len()).ok_or_else(singular)?;
        let left_out = (0..samples.len()).filter(|i| kept.binary_search(i).is_err()).collect();
        let samples = samples.subset(&kept)?;
        let cholesky = factored(&setting, &samples).ok_or_else(singular)?;
        let system = Self::solved(setting, samples, left_out, &cholesky)?;
        Ok((cholesky, system))
    }

    fn solved(setting: Setting, samples: Samples, left_out: Vec<usize>, c: &Cholesky<f64, Dyn>) -> Result<Self> {
        let n = samples.len();
        let columns = setting.basis.columns();
        let centred = DVector::from_iterator(n, samples.values().iter().map(|v| v - setting.centre));
        let drift = setting.basis.matrix(&samples);
        let inverse_drift = c.solve(&drift);
        let singular = || Error::DriftSingular { columns, samples: n };
        let gram = drift.transpose() * &inverse_drift;
        let diagonal = gram.diagonal();
        let gram = Cholesky::new(gram).ok_or_else(singular)?;
        let pivots = gram.l_dirty().diagonal();
        if pivots.iter().zip(diagonal.iter()).any(|(p, d)| !(p * p > RANK_TOLERANCE * d)) {
            return Err(singular());
        }
        let coefficients = gram.solve(&inverse_drift.tr_mul(&centred));
        let dual = c.solve(&(centred - drift * &coefficients));
        Ok(Self { setting, samples, left_out, inverse_drift, gram, coefficients, dual })
    }
}

/// The factored covariance matrix of all samples; `None` where it is singular in floating point.
fn factored(setting: &Setting, samples: &Samples) -> Option<Cholesky<f64, Dyn>> {
    let n = samples.len();
    let mut matrix = DMatrix::zeros(n, n);
    let mut largest = 0.0_f64;
    for (j, mut column) in matrix.column_iter_mut().enumerate() {
        setting.variogram.covariances(samples.coords()[j], samples.coords(), column.as_mut_slice());
        column[j] += setting.error_variance(samples, j);
        largest = largest.max(column[j]);
    }
    let cholesky = Cholesky::new(matrix)?;
    let tolerance = 4.0 * n as f64 * f64::EPSILON * largest;
    let regular = cholesky.l_dirty().diagonal().iter().all(|&d| d * d > tolerance);
    regular.then_some(cholesky)
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
pub(super) struct GlobalKriging {
    coords: Vec<Coord>,
    pub(super) system: GlobalSystem,
    /// The factor, packed row by row for the triangular solves.
    pub(super) lower: Vec<f64>,
}

impl GlobalKriging {
    pub(super) fn new(recipe: &Kriging, samples: &Samples) -> Result<Self> {
        let (cholesky, system) = GlobalSystem::new(recipe, samples)?;
        let n = system.samples.len();
        let factor = cholesky.l_dirty();
        let mut lower = vec![0.0; row_start(n)];
        for i in 0..n {
            for j in 0..=i {
                lower[row_start(i) + j] = factor[(i, j)];
            }
        }
        Ok(Self { coords: system.samples.coords().to_vec(), system, lower })
    }
}

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

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        let system = &self.system;
        let Setting { basis, centre, own_variance, .. } = &system.setting;
        let columns = basis.columns();
        out.reset(targets.len(), true);
        let mut drift = DVector::zeros(columns);
        let mut spare = Vec::new();
        let (row, lanes) = scratch.kriging.rows(self.coords.len());
        for first in (0..targets.len()).step_by(LANES) {
            let count = LANES.min(targets.len() - first);
            let mut value = [*centre; LANES];
            let mut multiplier = [0.0; LANES];
            let mut excess = [0.0; LANES];
            let mut gap = [None; LANES];
            for lane in 0..count {
                let at = targets.coord(first + lane);
                let covariates =
                    Gap::check_place(at).and_then(|()| targets.known_covariates(first + lane, basis.covariates()));
                let covariates = match covariates {
                    Ok(covariates) => covariates,
                    Err(reason) => {
                        gap[lane] = Some(reason);
                        lanes.iter_mut().for_each(|l| l[lane] = 0.0);
                        continue;
                    }
                };
                system.setting.covariances(at, &self.coords, row, &mut spare);
                for (r, l) in row.iter().zip(lanes.iter_mut()) {
                    l[lane] = *r;
                }
                value[lane] += dot(row, system.dual.as_slice());
                if columns > 0 {
                    system.setting.drift(basis, at, covariates, drift.as_mut_slice(), &mut spare);
                    value[lane] += drift.dot(&system.coefficients);
                    // r = f₀ − FᵀC⁻¹c₀, and G⁻¹r.
                    let mut rest = drift.clone();
                    for (k, inverse) in system.inverse_drift.column_iter().enumerate() {
                        rest[k] -= dot(row, inverse.as_slice());
                    }
                    let solved = system.gram.solve(&rest);
                    multiplier[lane] = drift.dot(&solved);
                    excess[lane] = rest.dot(&solved);
                }
            }
            solve_lower_lanes(&self.lower, lanes);
            let mut explained = [0.0; LANES];
            for w in lanes.iter() {
                for k in 0..LANES {
                    explained[k] += w[k] * w[k];
                }
            }
            for lane in 0..count {
                let variance = Some(non_negative(own_variance - explained[lane] + excess[lane]));
                let prediction = Prediction { value: value[lane], variance, multiplier: multiplier[lane] };
                out.set(first + lane, gap[lane].map_or(Ok(prediction), Err));
            }
        }
    }
}
