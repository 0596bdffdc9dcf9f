//! Weighted least-squares fit of a variogram model.
//!
//! For given ranges (and smoothness, azimuth and ratio) the sills enter linearly, so they are solved exactly under the
//! bound that none is negative, and the search runs over the others alone (variable projection: Golub & Pereyra 1973, *SIAM J. Numer. Anal.* 10:413). With one
//! free range the whole interval is scanned before it is refined, so the fit does not depend on a start value and
//! cannot end at a negative range or sill.

use nalgebra::{DMatrix, DVector};

use super::shapes::Shapes;
use super::{EmpiricalVariogram, LagClass, ModelTemplate, Parameter, Structure, Variogram};
use crate::{Coord, Error, Result};

/// Weight of a lag class in the sum of squares.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum FitWeights {
    /// N: number of pairs (gstat's method 1).
    Pairs,
    /// N / h²: number of pairs over squared mean distance (gstat's default, method 7).
    #[default]
    PairsOverSquaredDistance,
    /// N / γ(h)² with γ of this reference model (Cressie 1985, *Mathematical Geology* 17:563; gstat's method 2, where the
    /// reference is the start model). Fitting again with the result as reference makes it iterative.
    PairsOverSquaredSemivariance(Variogram),
    /// 1 (gstat's method 6).
    Equal,
}

impl FitWeights {
    pub(crate) fn of(&self, class: &LagClass) -> f64 {
        let np = class.np as f64;
        match self {
            Self::Pairs => np,
            // A class of coincident pairs has no distance to weigh by, and says nothing about the range.
            Self::PairsOverSquaredDistance if class.dist == 0.0 => 0.0,
            Self::PairsOverSquaredDistance => np / (class.dist * class.dist),
            Self::PairsOverSquaredSemivariance(reference) => {
                let gamma = reference.semivariance(separation(class));
                if gamma > 0.0 { np / (gamma * gamma) } else { 0.0 }
            }
            Self::Equal => 1.0,
        }
    }
}

/// A class's mean separation as a vector; without a direction any will do.
pub(crate) fn separation(class: &LagClass) -> Coord {
    let (sin, cos) = class.azimuth.unwrap_or(0.0).to_radians().sin_cos();
    [class.dist * sin, class.dist * cos]
}

/// A fitted variogram.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fit {
    /// The model.
    pub variogram: Variogram,
    /// Weighted sum of squares at the optimum.
    pub sserr: f64,
    /// Whether a range ended at the largest that was looked at: the samples do not show a sill.
    pub range_at_limit: bool,
}

/// Most sills that are fitted together: every set of them is tried.
const MOST_FREE_SILLS: usize = 8;

/// Fits the free parameters of `template` to `empirical`.
///
/// # Units
/// As the empirical variogram's.
///
/// # Errors
/// Fewer classes (of a weight above 0) than free parameters, more than four free parameters beside the sills or eight free
/// sills, a class that is not finite, no variation at all where the sills are free, none beyond the measurement errors, or anisotropy in the template where the empirical
/// variogram has no directions.
///
/// # Examples
/// ```
/// use soilscope_core::variogram::{EmpiricalVariogram, Estimator, FitWeights, LagClass, Model, ModelTemplate, fit};
/// // Classes that lie exactly on 1 Nug + 2 Sph(30).
/// let truth: ModelTemplate = "1 Nug + 2 Sph(30)".parse()?;
/// let truth = truth.complete()?.unwrap();
/// let classes = (1..=6).map(|k| f64::from(k) * 10.0)
///     .map(|h| LagClass { np: 100, dist: h, gamma: truth.semivariance([h, 0.0]), azimuth: None, error_variance: 0.0 }).collect();
/// let empirical = EmpiricalVariogram { classes, estimator: Estimator::Matheron, cutoff: 60.0 };
/// let fitted = fit(&empirical, &ModelTemplate::with_nugget(Model::Spherical), &FitWeights::default())?;
/// assert!((fitted.variogram.structures()[0].range() - 30.0).abs() < 1e-4);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn fit(empirical: &EmpiricalVariogram, template: &ModelTemplate, weights: &FitWeights) -> Result<Fit> {
    let problem = Problem::new(empirical, template, weights)?;
    let shapes = Shapes::new(template, empirical.classes.iter().map(|c| c.dist))?;
    let (units, range_at_limit) = shapes.least(|units| problem.sills(units).1)?;
    let (variogram, sserr) = problem.solution(&units)?;
    Ok(Fit { variogram, sserr, range_at_limit })
}

/// The data of a fit, with what is held taken out.
struct Problem<'a> {
    template: &'a ModelTemplate,
    classes: &'a [LagClass],
    separations: Vec<Coord>,
    weights: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(empirical: &'a EmpiricalVariogram, template: &'a ModelTemplate, weights: &FitWeights) -> Result<Self> {
        let classes = &empirical.classes[..];
        let weights: Vec<f64> = classes.iter().map(|c| weights.of(c)).collect();
        let used = weights.iter().filter(|&&w| w > 0.0).count();
        if used < template.unknowns() {
            return Err(Error::Underdetermined { classes: used, unknowns: template.unknowns() });
        }
        for (index, class) in classes.iter().enumerate() {
            for (what, value) in [("semivariance", class.gamma), ("distance", class.dist)] {
                if !value.is_finite() {
                    return Err(Error::LagClassNotFinite { index, what, value });
                }
            }
        }
        let free_sills = template.structures.iter().map(|s| s.partial_sill).chain(template.nugget);
        let free_sills = free_sills.filter(|&p| p == Parameter::Free).count();
        if free_sills > MOST_FREE_SILLS {
            let requirement = "8 or fewer: fix some with psill Type";
            return Err(Error::Parameter { name: "number of free sills", value: free_sills as f64, requirement });
        }
        if free_sills > 0 && classes.iter().all(|c| c.gamma == 0.0) {
            return Err(Error::FlatVariogram { classes: classes.len() });
        }
        let directional = classes.iter().all(|c| c.azimuth.is_some());
        if !directional && template.unknowns() > 0 && template.structures.iter().any(|s| !s.is_isotropic()) {
            return Err(Error::Notation {
                text: template.to_string(),
                reason: "anisotropic structures can only be fitted to a variogram in directions (--azimuths)".into(),
            });
        }
        Ok(Self { template, classes, separations: classes.iter().map(separation).collect(), weights })
    }

    /// A class's semivariance without what measurement errors add to it: those of the samples, and the model's own.
    fn of_field(&self, class: &LagClass) -> f64 {
        let own = if class.dist > 0.0 { self.template.error_variance } else { 0.0 };
        class.of_field() - own
    }

    /// The variogram of these structures, and its weighted sum of squares.
    fn solution(&self, units: &[Structure]) -> Result<(Variogram, f64)> {
        let (sills, sserr) = self.sills(units);
        if sills.iter().all(|&s| s == 0.0) && self.classes.iter().any(|c| self.of_field(c) < c.gamma) {
            return Err(Error::OnlyErrors { classes: self.classes.len() });
        }
        let structures =
            units.iter().zip(&sills[1..]).map(|(u, &sill)| u.with_partial_sill(sill)).collect::<Result<Vec<_>>>()?;
        let variogram = Variogram::new(sills[0], structures)?.with_error_variance(self.template.error_variance)?;
        Ok((variogram, sserr))
    }

    /// Best nugget and partial sills (nugget first) for these structures, and their weighted sum of squares.
    fn sills(&self, units: &[Structure]) -> (Vec<f64>, f64) {
        let parameters: Vec<Parameter> = std::iter::once(self.template.nugget.unwrap_or(Parameter::Fixed(0.0)))
            .chain(self.template.structures.iter().map(|s| s.partial_sill))
            .collect();
        let rows = self.classes.len();
        let unit = DMatrix::from_fn(rows, parameters.len(), |i, k| {
            if k == 0 {
                f64::from(u8::from(self.classes[i].dist > 0.0))
            } else {
                units[k - 1].semivariance(self.separations[i])
            }
        });
        let mut residual = DVector::from_iterator(rows, self.classes.iter().map(|c| self.of_field(c)));
        for (k, p) in parameters.iter().enumerate() {
            if let Parameter::Fixed(value) = p {
                residual.axpy(-value, &unit.column(k), 1.0);
            }
        }
        let free: Vec<usize> = (0..parameters.len()).filter(|&k| parameters[k] == Parameter::Free).collect();
        let weight = DVector::from_column_slice(&self.weights);
        let (solution, sserr) = non_negative_least_squares(&unit.select_columns(&free), &residual, &weight);
        let mut sills: Vec<f64> = parameters.iter().map(|p| p.fixed().unwrap_or(0.0)).collect();
        for (&k, &value) in free.iter().zip(&solution) {
            sills[k] = value;
        }
        (sills, sserr)
    }
}

/// Minimises Σ w (b − A x)² over x ≥ 0 by trying every set of columns that may be positive: exact, and quick for the few
/// columns that a variogram has ([`MOST_FREE_SILLS`]).
fn non_negative_least_squares(a: &DMatrix<f64>, b: &DVector<f64>, weight: &DVector<f64>) -> (Vec<f64>, f64) {
    let columns = a.ncols();
    let root = weight.map(f64::sqrt);
    let target = b.component_mul(&root);
    let mut best = (vec![0.0; columns], target.norm_squared());
    for set in 1_u32..(1 << columns) {
        let chosen: Vec<usize> = (0..columns).filter(|k| set & (1 << k) != 0).collect();
        let mut part = a.select_columns(&chosen);
        for mut column in part.column_iter_mut() {
            column.component_mul_assign(&root);
        }
        let qr = part.clone().qr();
        let Some(x) = qr.r().solve_upper_triangular(&(qr.q().transpose() * &target)) else { continue };
        if x.iter().any(|&v| !v.is_finite() || v < 0.0) {
            continue;
        }
        let sserr = (&target - part * &x).norm_squared();
        if sserr < best.1 {
            let mut solution = vec![0.0; columns];
            for (&k, &value) in chosen.iter().zip(x.iter()) {
                solution[k] = value;
            }
            best = (solution, sserr);
        }
    }
    best
}
