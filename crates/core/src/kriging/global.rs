//! One system of all samples, factored once.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::cholesky::{LANES, row_start, solve_lower_lanes};
use super::{Kriging, non_negative};
use crate::variogram::Variogram;
use crate::{Coord, Error, Gap, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets};

/// What the system of all samples says whatever the target.
pub(super) struct GlobalSystem {
    /// C⁻¹1, empty for a known mean.
    pub(super) inverse_one: DVector<f64>,
    /// 1ᵀC⁻¹1.
    pub(super) information: f64,
    /// Known or estimated (generalised least-squares) mean.
    pub(super) mean: f64,
    /// C⁻¹(z − mean).
    pub(super) dual: DVector<f64>,
}

impl GlobalSystem {
    /// The system, beside its factored covariance matrix.
    ///
    /// # Errors
    /// [`Error::SingularSystem`].
    pub(super) fn new(recipe: &Kriging, samples: &Samples) -> Result<(Cholesky<f64, Dyn>, Self)> {
        let n = samples.len();
        let variogram = &recipe.variogram;
        let mut matrix = DMatrix::zeros(n, n);
        for (j, mut column) in matrix.column_iter_mut().enumerate() {
            variogram.covariances(samples.coords()[j], samples.coords(), column.as_mut_slice());
            column[j] += variogram.error_variance();
        }
        let diagonal = variogram.sill() + variogram.error_variance();
        let singular = || Error::SingularSystem { size: n, model: variogram.to_string() };
        let cholesky = Cholesky::new(matrix).ok_or_else(singular)?;
        let tolerance = 4.0 * n as f64 * f64::EPSILON * diagonal;
        if cholesky.l_dirty().diagonal().iter().any(|&d| !(d * d > tolerance)) {
            return Err(singular());
        }
        let centre = recipe.drift.known_mean().unwrap_or_else(|| samples.mean());
        let centred = DVector::from_iterator(n, samples.values().iter().map(|v| v - centre));
        let system = if recipe.drift.known_mean().is_some() {
            let dual = cholesky.solve(&centred);
            Self { inverse_one: DVector::zeros(0), information: 0.0, mean: centre, dual }
        } else {
            let inverse_one = cholesky.solve(&DVector::repeat(n, 1.0));
            let information = inverse_one.sum();
            let offset = inverse_one.dot(&centred) / information;
            let dual = cholesky.solve(&centred.add_scalar(-offset));
            Self { inverse_one, information, mean: centre + offset, dual }
        };
        Ok((cholesky, system))
    }
}

/// Kriging with every sample for every target.
pub(super) struct GlobalKriging {
    variogram: Variogram,
    coords: Vec<Coord>,
    system: GlobalSystem,
    /// The factor, packed row by row for the triangular solves.
    lower: Vec<f64>,
}

impl GlobalKriging {
    pub(super) fn new(recipe: &Kriging, samples: &Samples) -> Result<Self> {
        let (cholesky, system) = GlobalSystem::new(recipe, samples)?;
        let n = samples.len();
        let factor = cholesky.l_dirty();
        let mut lower = vec![0.0; row_start(n)];
        for i in 0..n {
            for j in 0..=i {
                lower[row_start(i) + j] = factor[(i, j)];
            }
        }
        Ok(Self { variogram: recipe.variogram.clone(), coords: samples.coords().to_vec(), system, lower })
    }
}

impl Predictor for GlobalKriging {
    fn has_variance(&self) -> bool {
        true
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        let n = self.coords.len();
        let sill = self.variogram.sill();
        let ordinary = !self.system.inverse_one.is_empty();
        out.reset(targets.len(), true);
        let (row, lanes) = scratch.kriging.rows(n);
        for first in (0..targets.len()).step_by(LANES) {
            let count = LANES.min(targets.len() - first);
            let mut value = [self.system.mean; LANES];
            let mut excess = [0.0; LANES];
            for lane in 0..count {
                self.variogram.covariances(targets.coord(first + lane), &self.coords, row);
                for (r, l) in row.iter().zip(lanes.iter_mut()) {
                    l[lane] = *r;
                }
                value[lane] += super::cholesky::dot(row, self.system.dual.as_slice());
                if ordinary {
                    excess[lane] = 1.0 - super::cholesky::dot(row, self.system.inverse_one.as_slice());
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
                let multiplier = if ordinary { excess[lane] / self.system.information } else { 0.0 };
                let variance = sill - explained[lane] + multiplier * excess[lane];
                let variance = Some(non_negative(variance));
                let place = Gap::check_place(targets.coord(first + lane));
                out.set(first + lane, place.map(|()| Prediction { value: value[lane], variance, multiplier }));
            }
        }
    }
}
