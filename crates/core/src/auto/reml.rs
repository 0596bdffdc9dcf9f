//! Parameters by restricted maximum likelihood, started from the weighted fit.

use std::cell::Cell;

use super::terms::{Data, Predicted, Terms};
use crate::executor::Executor;
use crate::variogram::search::simplex_to;
use crate::variogram::{Anisotropy, Model, Structure, Variogram};
use crate::{Error, Result};

/// The smallest nugget share of models that are smooth at the origin: without one their systems are singular in floating
/// point where samples are close together.
pub(super) const LEAST_SMOOTH_SHARE: f64 = 1e-3;
/// Corners of the simplex this close together, in logarithms of ranges and shares, end the search.
const TOLERANCE: f64 = 0.01;
/// Most steps of the simplex.
const STEPS: usize = 160;
/// Smallest ratio of anisotropy looked for.
const LEAST_RATIO: f64 = 0.1;

/// The likelihood of the samples as a function of a model.
pub(super) struct Likelihood<'a> {
    pub(super) data: &'a Data,
    pub(super) terms: &'a Terms,
    pub(super) executor: &'a dyn Executor,
    /// Smallest and largest effective range, coordinate units.
    pub(super) ranges: (f64, f64),
}

/// A maximum.
#[derive(Debug, Clone)]
pub(super) struct Maximum {
    pub(super) variogram: Variogram,
    pub(super) point: Vec<f64>,
}

/// Which parameters are free: of each model its share and range; a common anisotropy.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) models: Vec<Model>,
    pub(super) anisotropic: bool,
}

impl Shape {
    /// The variogram of a sill of 1 at a point: the square root of the nugget's weight; of each structure the logarithm of
    /// its effective range (geometric mean of both axes) and, from the second on, the square root of its weight; then,
    /// where anisotropic, the logarithm of the ratio as a vector of twice the azimuth. Round a circle the vector has no
    /// preferred direction, so isotropy, its zero, is an inner point.
    pub(super) fn variogram(&self, point: &[f64]) -> Result<Variogram> {
        let mut weights = vec![point[0] * point[0], 1.0];
        weights.extend(point[2..].chunks(2).take(self.models.len() - 1).map(|c| c[0] * c[0]));
        let total: f64 = weights.iter().sum();
        let mut shares: Vec<f64> = weights.iter().map(|w| w / total).collect();
        if self.models.iter().any(|m| is_smooth(*m)) && shares[0] < LEAST_SMOOTH_SHARE {
            let scale = (1.0 - LEAST_SMOOTH_SHARE) / (1.0 - shares[0]);
            shares.iter_mut().for_each(|s| *s *= scale);
            shares[0] = LEAST_SMOOTH_SHARE;
        }
        let anisotropy = if self.anisotropic {
            let [u, v] = [point[point.len() - 2], point[point.len() - 1]];
            let ratio = (-u.hypot(v)).exp().max(LEAST_RATIO);
            Anisotropy::new(0.5 * v.atan2(u).to_degrees().rem_euclid(360.0), ratio)?
        } else {
            Anisotropy::ISOTROPIC
        };
        let structures = self.models.iter().enumerate().map(|(k, &model)| {
            let log_range = if k == 0 { point[1] } else { point[2 * k + 1] };
            let range = log_range.exp() / effective_factor(model) / anisotropy.ratio().sqrt();
            Ok(Structure::new(model, shares[k + 1], range)?.with_anisotropy(anisotropy))
        });
        Variogram::new(shares[0], structures.collect::<Result<_>>()?)
    }

    /// The point of a variogram of this shape.
    pub(super) fn point(&self, variogram: &Variogram) -> Vec<f64> {
        let structures = variogram.structures();
        let first = structures[0].partial_sill().max(1e-9 * variogram.sill());
        let log_range = |s: &Structure| (s.range() * s.anisotropy().ratio().sqrt() * effective_factor(s.model())).ln();
        let mut point = vec![(variogram.nugget() / first).sqrt().min(10.0), log_range(&structures[0])];
        for s in &structures[1..] {
            point.extend([(s.partial_sill() / first).sqrt().min(10.0), log_range(s)]);
        }
        if self.anisotropic {
            let anisotropy = structures[0].anisotropy();
            let (sin, cos) = (2.0 * anisotropy.azimuth()).to_radians().sin_cos();
            point.extend([cos, sin].map(|c| -anisotropy.ratio().ln() * c));
        }
        point
    }

    fn sizes(&self) -> Vec<f64> {
        let mut sizes = vec![0.25, 0.4];
        sizes.extend([0.3, 0.4].repeat(self.models.len() - 1));
        if self.anisotropic {
            sizes.extend([0.4, 0.4]);
        }
        sizes
    }
}

/// Whether the model rises from the origin without a slope.
pub(super) fn is_smooth(model: Model) -> bool {
    match model {
        Model::Gaussian => true,
        _ => model.smoothness().is_some_and(|k| k > 1.0),
    }
}

/// Effective range over range parameter.
pub(super) fn effective_factor(model: Model) -> f64 {
    Structure::new(model, 1.0, 1.0).and_then(|s| Variogram::new(0.0, vec![s])).map_or(1.0, |v| v.effective_range())
}

impl Likelihood<'_> {
    /// The variogram of a point with its best sill, and its deviance.
    ///
    /// Without measurement errors the variances of all terms are proportional to the sill, whose best value is then the
    /// mean squared standardised error.
    fn profile(&self, shape: &Shape, point: &[f64], log_sill: Option<f64>) -> Result<Option<(Variogram, f64)>> {
        let unit = shape.variogram(point)?;
        let scaled = |sill: f64| unit.scaled(sill);
        let variogram = match log_sill {
            Some(log) => scaled(log.exp())?,
            None => unit.clone(),
        };
        let terms: Option<Vec<Predicted>> =
            self.terms.predict(self.data, &variogram, self.executor)?.into_iter().collect();
        let Some(terms) = terms else { return Ok(None) };
        let n = terms.len() as f64;
        let logs: f64 = terms.iter().map(|t| t.variance.ln()).sum();
        let squares: f64 = terms.iter().map(|t| t.error * t.error / t.variance).sum();
        Ok(Some(match log_sill {
            Some(_) => (variogram, logs + squares),
            None => (scaled((squares / n).max(f64::MIN_POSITIVE))?, n * (squares / n).ln() + logs + n),
        }))
    }

    /// The maximum nearest to the best of `starts`.
    pub(super) fn maximise(&self, shape: &Shape, starts: &[Vec<f64>]) -> Result<Maximum> {
        let own_errors = self.data.samples.error_variances().is_some();
        let cancelled = Cell::new(false);
        let (low, high) = (self.ranges.0.ln(), self.ranges.1.ln());
        let free = shape.sizes().len();
        let within = |x: &[f64]| {
            let log_ranges = (0..shape.models.len()).map(|k| x[if k == 0 { 1 } else { 2 * k + 1 }]);
            let stretch = if shape.anisotropic { x[free - 2].hypot(x[free - 1]) } else { 0.0 };
            // The longest range, along the major axis, is what the extent limits.
            let fits = |r: f64| r >= low && r + 0.5 * stretch <= high;
            x[0].abs() <= 10.0 && stretch <= -LEAST_RATIO.ln() && log_ranges.into_iter().all(fits)
        };
        let deviance = |x: &[f64]| {
            if !within(x) {
                return f64::MAX;
            }
            let log_sill = own_errors.then(|| x[free]);
            match self.profile(shape, &x[..free], log_sill) {
                Ok(Some((_, deviance))) if deviance.is_finite() => deviance,
                Err(Error::Cancelled) => {
                    cancelled.set(true);
                    f64::MAX
                }
                _ => f64::MAX,
            }
        };
        let mut sizes = shape.sizes();
        let log_variance = self.data.samples.variance().max(f64::MIN_POSITIVE).ln();
        let full = |start: &Vec<f64>| -> Vec<f64> {
            let mut x = start.clone();
            for k in 0..shape.models.len() {
                let at = if k == 0 { 1 } else { 2 * k + 1 };
                x[at] = x[at].clamp(low, high);
            }
            x.extend(own_errors.then_some(log_variance));
            x
        };
        sizes.extend(own_errors.then_some(0.4));
        let best = starts.iter().map(full).map(|x| (deviance(&x), x)).min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, start)) = best else { return Err(Error::Underdetermined { classes: 0, unknowns: free }) };
        let (_, mut found) = simplex_to(TOLERANCE, STEPS, &start, &sizes, &deviance);
        if shape.anisotropic || shape.models.len() > 1 {
            // A simplex of four dimensions may have folded up early.
            found = simplex_to(TOLERANCE, STEPS, &found, &sizes, &deviance).1;
        }
        if cancelled.get() || self.executor.cancelled() {
            return Err(Error::Cancelled);
        }
        let log_sill = own_errors.then(|| found[free]);
        match self.profile(shape, &found[..free], log_sill)? {
            Some((variogram, _)) => Ok(Maximum { variogram, point: found[..free].to_vec() }),
            None => {
                let model = shape.variogram(&found[..free])?.to_string();
                Err(Error::SingularSystem { size: self.data.samples.len(), model })
            }
        }
    }

    /// The maximum of a single structure, from a scan of ranges and nuggets beside `start`.
    pub(super) fn single(&self, model: Model, start: Option<&Variogram>) -> Result<Maximum> {
        let shape = Shape { models: vec![model], anisotropic: false };
        let (low, high) = (self.ranges.0.ln(), self.ranges.1.ln());
        let mut starts: Vec<Vec<f64>> = Vec::new();
        for k in 1..6 {
            for root in [0.3, 1.0] {
                starts.push(vec![root, low + (high - low) * f64::from(k) / 7.0]);
            }
        }
        starts.extend(start.map(|v| shape.point(v)));
        self.maximise(&shape, &starts)
    }
}
