//! Kriging of many samples under one global trend.

use std::num::NonZeroUsize;

use super::Coefficient;
use super::data::Data;
use super::kdtree::KdTree;
use super::kernel::Kernel;
use super::leave_out;
use super::ordering::max_min_order;
use super::place::{Place, place};
use super::vecchia::Vecchia;
use crate::drift::Drift;
use crate::executor::{Executor, Serial};
use crate::kriging::cholesky::{dot, factor, row_start, solve_lower};
use crate::kriging::non_negative;
use crate::validation::Folds;
use crate::variogram::{ModelTemplate, Variogram};
use crate::{
    Coord, Error, Gap, Interpolator, Outcome, Prediction, Predictions, Predictor, Result, Samples, Scratch, Targets,
};

/// Kriging for 10⁴ to 10⁶ samples: the trend's coefficients and their covariance from all samples at once, by generalised
/// least squares with Vecchia's approximation, and the residual from samples near and around the target.
///
/// With f₀ and F the drift's functions at the target and its neighbours N, c and C their covariances, β̂ and V the global
/// coefficients and their covariance, and k = C⁻¹c:
///
/// prediction = f₀ᵀβ̂ + kᵀ(z − Fβ̂); variance = C(0) − cᵀk + rᵀVr, with r = f₀ − Fᵀk.
///
/// With all samples as neighbours this is universal kriging. Ordinary kriging in a moving neighbourhood estimates the mean
/// from the neighbours alone: beside a gap wider than the neighbourhood that is another mean than the region's, with a
/// variance that does not know of the trend. Here the mean is the region's, and its error is in the variance.
///
/// Neighbours are the nearest samples, and the nearest of each coarser level of the maximum-minimum-distance order (its
/// first quarter, sixteenth, …), which lie around a target in a gap where the nearest all lie on one side of it.
///
/// Cross-validation estimates the trend again without each fold, from the same approximation where folds are small and
/// from a new one otherwise.
///
/// # Examples
/// ```
/// use soilscope_core::drift::Drift;
/// use soilscope_core::likelihood::VecchiaKriging;
/// use soilscope_core::{Interpolator, Samples, variogram::ModelTemplate};
///
/// let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let values = coords.iter().map(|c| 1.0 + 2.0 * c[0] + (3.0 * c[1]).sin()).collect();
/// let samples = Samples::new(coords, values)?;
/// let variogram = "0.1 Nug + 1 Exp(3)".parse::<ModelTemplate>()?.complete()?.unwrap();
/// let predictor = VecchiaKriging::new(variogram, Drift::polynomial(1)).fit(&samples)?;
/// // Far outside the trend goes on, and the variance holds the whole sill and the trend's own error.
/// let far = predictor.predict([60.0, 5.0]).unwrap();
/// assert!((far.value - 121.0).abs() < 8.0 && far.variance.unwrap() > 1.1);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VecchiaKriging {
    /// Model of the field on the samples' scale.
    pub variogram: Variogram,
    /// Spatial mean, estimated from all samples.
    pub drift: Drift,
    /// Earlier neighbours of each sample in the estimation of the trend.
    pub trend_neighbours: NonZeroUsize,
    /// Nearest samples of a target.
    pub nearest: NonZeroUsize,
    /// Nearest samples of each coarser level, beside those; 0 for none.
    pub around: usize,
}

/// Neighbours of the trend's estimation, nearest samples of a target, and samples of each coarser level.
const TREND_NEIGHBOURS: NonZeroUsize = NonZeroUsize::new(super::DEFAULT_NEIGHBOURS).expect("not 0");
const NEAREST: NonZeroUsize = NonZeroUsize::new(40).expect("not 0");
const AROUND: usize = 6;

impl VecchiaKriging {
    /// The recipe with 30 neighbours for the trend, and for a target 40 nearest samples and 6 of each coarser level.
    pub fn new(variogram: Variogram, drift: Drift) -> Self {
        Self { variogram, drift, trend_neighbours: TREND_NEIGHBOURS, nearest: NEAREST, around: AROUND }
    }

    /// As [`fit`](Interpolator::fit), on an executor.
    ///
    /// # Errors
    /// As [`fit_likelihood`](super::fit_likelihood), and a singular covariance matrix.
    pub fn fit_with(&self, samples: &Samples, executor: &dyn Executor) -> Result<VecchiaPredictor> {
        super::fit::refuse_unbounded(&ModelTemplate::from(&self.variogram))?;
        self.variogram.check_on(samples.metric())?;
        super::fit::refuse_coincident(samples, self.variogram.error_variance())?;
        let data = Data::new(samples, self.drift)?;
        let data = data.reordered(&max_min_order(&data.places));
        let pairs = data.len() * self.nearest.get();
        let kernel = Kernel::new(&self.variogram, &[], pairs).on(data.metric);
        let neighbours = self.trend_neighbours.get();
        let trend = if data.functions() == 0 {
            Trend::none()
        } else {
            let vecchia = Vecchia::of_ordered(data.clone(), neighbours, executor)?;
            let singular = || Error::SingularSystem { size: data.len(), model: self.variogram.to_string() };
            let terms = vecchia.terms(&kernel, false, executor)?.ok_or_else(singular)?;
            Trend::of(&terms.cross).ok_or_else(singular)?
        };
        Ok(VecchiaPredictor::new(self, data, kernel, trend))
    }
}

impl Interpolator for VecchiaKriging {
    fn fit(&self, samples: &Samples) -> Result<Box<dyn Predictor>> {
        Ok(Box::new(self.fit_with(samples, &Serial)?))
    }

    fn leave_out(&self, samples: &Samples, folds: &Folds) -> Result<Vec<Outcome>> {
        leave_out::leave_out(self, samples, folds)
    }
}

/// Trend coefficients of the scaled functions and the residuals, with their covariance.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trend {
    pub(super) coefficients: Vec<f64>,
    /// Covariance, row by row.
    pub(super) covariance: Vec<f64>,
}

impl Trend {
    pub(super) fn none() -> Self {
        Self { coefficients: Vec::new(), covariance: Vec::new() }
    }

    /// The generalised least-squares trend of YᵀC⁻¹Y; `None` where it cannot be estimated.
    pub(super) fn of(cross: &nalgebra::DMatrix<f64>) -> Option<Self> {
        let p = cross.ncols() - 1;
        let cholesky = nalgebra::Cholesky::new(cross.view((0, 0), (p, p)).into_owned())?;
        let solved = cholesky.solve(&cross.view((0, p), (p, 1)).into_owned());
        Some(Self { coefficients: solved.data.into(), covariance: cholesky.inverse().data.into() })
    }

    /// fᵀβ̂.
    #[inline]
    fn at(&self, functions: &[f64]) -> f64 {
        functions.iter().zip(&self.coefficients).map(|(f, b)| f * b).sum()
    }

    /// aᵀVb.
    #[inline]
    fn product(&self, a: &[f64], b: &[f64]) -> f64 {
        let p = a.len();
        a.iter().zip(self.covariance.chunks_exact(p.max(1))).map(|(x, row)| x * dot(row, b)).sum()
    }
}

/// Ready to predict.
#[derive(Debug, Clone)]
pub struct VecchiaPredictor {
    pub(super) data: Data,
    kernel: Kernel,
    sill: f64,
    trend: Trend,
    /// z − Fβ̂ of each sample.
    residuals: Vec<f64>,
    /// All samples, then the first quarter, sixteenth … of them.
    levels: Vec<KdTree>,
    nearest: usize,
    around: usize,
}

/// Working memory of a prediction.
#[derive(Debug, Default)]
pub(crate) struct VecchiaScratch {
    found: Vec<(f64, u32)>,
    chosen: Vec<u32>,
    coords: Vec<Place>,
    lower: Vec<f64>,
    covariances: Vec<f64>,
    weights: Vec<f64>,
    functions: Vec<f64>,
    excess: Vec<f64>,
}

impl VecchiaPredictor {
    pub(super) fn new(recipe: &VecchiaKriging, data: Data, kernel: Kernel, trend: Trend) -> Self {
        let mut levels = vec![KdTree::new(&data.places)];
        let mut size = data.len() / 4;
        while recipe.around > 0 && size >= 4 * recipe.around {
            levels.push(KdTree::new(&data.places[..size]));
            size /= 4;
        }
        let mut predictor = Self {
            sill: recipe.variogram.sill(),
            residuals: Vec::new(),
            kernel,
            trend,
            levels,
            nearest: recipe.nearest.get(),
            around: recipe.around,
            data,
        };
        predictor.residuals = predictor.residuals_of(&predictor.trend);
        predictor
    }

    /// The trend's coefficients, by generalised least squares over all samples; empty for a known mean.
    pub fn coefficients(&self) -> Vec<Coefficient> {
        let p = self.data.functions();
        let variances: Vec<f64> = (0..p).map(|k| self.trend.covariance[k * p + k]).collect();
        self.data.coefficients(&self.trend.coefficients, &variances)
    }

    pub(super) fn residuals_of(&self, trend: &Trend) -> Vec<f64> {
        let p = self.data.functions();
        (0..self.data.len())
            .map(|i| {
                let row = self.data.row(i);
                row[p] - trend.at(&row[..p])
            })
            .collect()
    }

    /// Predicts one place with a trend of its own from the samples (by rank) that `keep` allows.
    pub(super) fn predict_one(
        &self,
        at: Coord,
        covariates: &[f64],
        trend: Option<&Trend>,
        keep: impl Fn(u32) -> bool,
        s: &mut VecchiaScratch,
    ) -> Outcome {
        Gap::check_place(at)?;
        let target = place(self.data.metric, at);
        self.choose(target, keep, s);
        let m = s.chosen.len();
        let nugget = self.kernel.nugget();
        s.coords.clear();
        s.coords.extend(s.chosen.iter().map(|&i| self.data.places[i as usize]));
        s.lower.resize(row_start(m), 0.0);
        for i in 0..m {
            let row = &mut s.lower[row_start(i)..=row_start(i) + i];
            self.kernel.covariances(s.coords[i], &s.coords[..=i], row);
            row[i] += nugget + self.kernel.error_variance() + self.data.error(s.chosen[i] as usize);
            if self.data.coincident {
                for j in 0..i {
                    if s.coords[j] == s.coords[i] {
                        row[j] += nugget;
                    }
                }
            }
        }
        s.covariances.resize(m, 0.0);
        self.kernel.covariances(target, &s.coords, &mut s.covariances);
        for (c, place) in s.covariances.iter_mut().zip(&s.coords) {
            if *place == target {
                *c += nugget;
            }
        }
        if !factor(&mut s.lower, m) {
            return Err(Gap::SingularSystem);
        }
        s.weights.clone_from(&s.covariances);
        solve_lower(&s.lower, &mut s.weights);
        let explained = dot(&s.weights, &s.weights);
        for i in (0..m).rev() {
            let row = &s.lower[row_start(i)..=row_start(i) + i];
            let x = s.weights[i] / row[i];
            s.weights[i] = x;
            for (w, l) in s.weights[..i].iter_mut().zip(row) {
                *w -= l * x;
            }
        }
        let p = self.data.functions();
        s.functions.resize(p, 0.0);
        self.data.basis.fill(at, covariates, &mut s.functions);
        s.excess.clone_from(&s.functions);
        let mut value = self.data.known_mean + dot(&s.functions, self.data.ordinary.as_slice());
        for (&i, w) in s.chosen.iter().zip(&s.weights) {
            let row = self.data.row(i as usize);
            for (e, f) in s.excess.iter_mut().zip(row) {
                *e -= w * f;
            }
            value += w * trend.map_or_else(|| self.residuals[i as usize], |t| row[p] - t.at(&row[..p]));
        }
        let trend = trend.unwrap_or(&self.trend);
        value += trend.at(&s.functions);
        let variance = self.sill - explained + trend.product(&s.excess, &s.excess);
        let multiplier = trend.product(&s.functions, &s.excess);
        let prediction = Prediction { value, variance: Some(non_negative(variance)), multiplier };
        let finite = value.is_finite() && variance.is_finite() && multiplier.is_finite();
        if finite { Ok(prediction) } else { Err(Gap::NotFinite) }
    }

    /// The nearest samples, and the nearest of each coarser level, by increasing rank.
    fn choose(&self, at: Place, keep: impl Fn(u32) -> bool, s: &mut VecchiaScratch) {
        s.chosen.clear();
        for (level, tree) in self.levels.iter().enumerate() {
            let count = if level == 0 { self.nearest } else { self.around };
            tree.nearest(at, count, &keep, &mut s.found);
            s.chosen.extend(s.found.iter().map(|&(_, i)| i));
        }
        s.chosen.sort_unstable();
        s.chosen.dedup();
    }
}

impl Predictor for VecchiaPredictor {
    fn has_variance(&self) -> bool {
        true
    }

    fn covariates(&self) -> usize {
        self.data.basis.covariates()
    }

    fn predict_into(&self, targets: &Targets<'_>, scratch: &mut Scratch, out: &mut Predictions) {
        out.reset(targets.len(), true);
        for i in 0..targets.len() {
            let known = targets.known_covariates(i, self.covariates());
            let outcome = known.and_then(|covariates| {
                self.predict_one(targets.coord(i), covariates, None, |_| true, &mut scratch.vecchia)
            });
            out.set(i, outcome);
        }
    }
}
