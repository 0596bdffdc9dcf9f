//! The empirical variogram: pairs of samples by lag class and direction.

use super::design::{Design, Sums};
use super::estimator::Kind;
use super::pairs::PairSearch;
use super::terms::{Mean, MeanOverSquaredMean};
use super::{Direction, Estimator, LagClasses};
use crate::executor::{Executor, Serial, map};
use crate::{Error, Result, Samples};

/// One lag class with pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LagClass {
    /// Number of pairs, at least 1.
    pub np: u64,
    /// Mean separation of the pairs, coordinate units.
    pub dist: f64,
    /// Semivariance, unit squared.
    pub gamma: f64,
    /// Azimuth of the direction in degrees, `None` for all directions together.
    pub azimuth: Option<f64>,
    /// What the samples' own measurement errors add to `gamma`: the mean over the pairs of half the sum of both error
    /// variances. [`fit`](super::fit) takes it off, for kriging counts those errors itself.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
    pub error_variance: f64,
}

impl LagClass {
    /// Semivariance of the field: without what the samples' measurement errors add. Below 0 where chance made differences
    /// smaller than those errors.
    pub fn of_field(&self) -> f64 {
        self.gamma - self.error_variance
    }
}

#[cfg(feature = "serde")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// Semivariances by lag class; classes without pairs are left out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EmpiricalVariogram {
    /// Classes by direction, then by lag.
    pub classes: Vec<LagClass>,
    /// The estimator used.
    pub estimator: Estimator,
    /// Largest lag looked at.
    pub cutoff: f64,
}

/// Most pairs of one class that an estimator may hold in memory: 2²⁶, up to 1.5 GiB while they are brought together.
const MOST_PAIRS: u64 = 1 << 26;
/// Pairs of several classes that are held together, to look at the samples less often.
const BATCH: u64 = 1 << 22;

/// Empirical variogram of `samples`: each unordered pair within the cutoff once, in all directions together or, where
/// `directions` are given, in each of them.
///
/// The variogram of what a drift leaves is that of [`ols_residuals`](crate::drift::ols_residuals).
///
/// # Units
/// Lags in coordinate units, semivariances in the square of the values' unit (pairwise relative ones have no unit).
///
/// # Errors
/// Fewer than two samples, an azimuth that is not finite, a tolerance outside (0, 90], no pair within the cutoff and the
/// directions, values that the estimator cannot take, or too many or too few pairs in a class for it.
///
/// # Source
/// Webster & Oliver (2007), *Geostatistics for Environmental Scientists*, ch. 4, for the Matheron estimator.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::{Estimator, LagClasses, empirical_variogram}};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let v = empirical_variogram(&samples, &LagClasses::regular(2.0, 1.0)?, &[], Estimator::Matheron)?;
/// assert_eq!((v.classes[0].np, v.classes[0].gamma), (2, (4.0 + 1.0) / 4.0));
/// assert_eq!((v.classes[1].np, v.classes[1].gamma), (1, 0.5));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn empirical_variogram(
    samples: &Samples,
    lags: &LagClasses,
    directions: &[Direction],
    estimator: Estimator,
) -> Result<EmpiricalVariogram> {
    empirical_variogram_with(samples, lags, directions, estimator, &Serial)
}

/// [`empirical_variogram`] on the threads of `executor`: the same bits for any number of them.
///
/// # Errors
/// As [`empirical_variogram`], or [`Error::Cancelled`].
pub fn empirical_variogram_with(
    samples: &Samples,
    lags: &LagClasses,
    directions: &[Direction],
    estimator: Estimator,
    executor: &dyn Executor,
) -> Result<EmpiricalVariogram> {
    if samples.len() < 2 {
        return Err(Error::TooFewSamples { found: samples.len(), needed: 2, purpose: "a variogram" });
    }
    let design = Design::new(lags, directions, samples.metric())?;
    estimator.check(samples)?;
    let search = PairSearch::new(samples.coords(), samples.metric(), lags.cutoff());
    let values = search.by_position(samples.values());
    let sums = estimator.sums(&design, &search, executor, &values)?;
    let gammas = match estimator.kind() {
        Kind::Sum(semivariance) => sums.iter().map(|s| semivariance(s.term, s.np)).collect(),
        Kind::Together(semivariance, needed) => {
            let size = |p: usize, q: usize| (values[q] - values[p]).abs();
            together(&design, &search, executor, &sums, needed, size, semivariance)?
        }
    };
    let errors = mean_errors(&design, &search, executor, samples, estimator)?;
    let classes = classes(&design, &sums, &gammas, errors.as_deref());
    if classes.is_empty() {
        return Err(design.no_pairs(samples.coords(), samples.metric()));
    }
    Ok(EmpiricalVariogram { classes, estimator, cutoff: lags.cutoff() })
}

/// Mean of half the summed error variances of each cell's pairs; `None` where samples have no errors of their own.
///
/// Errors that are independent of each other and of the field add it to the expected semivariance of a cell; to a robust one
/// only where all are equal. Of relative differences it is a share of the squared mean too.
pub(super) fn mean_errors(
    design: &Design<'_>,
    search: &PairSearch,
    executor: &dyn Executor,
    samples: &Samples,
    estimator: Estimator,
) -> Result<Option<Vec<f64>>> {
    let Some(variances) = samples.error_variances() else { return Ok(None) };
    let (errors, values) = (search.by_position(variances), search.by_position(samples.values()));
    let columns = [&errors[..], &values];
    let sums = match estimator {
        Estimator::PairwiseRelative => design.sums(search, executor, columns, MeanOverSquaredMean)?,
        _ => design.sums(search, executor, columns, Mean)?,
    };
    Ok(Some(sums.iter().map(|s| s.term / s.np as f64).collect()))
}

/// Cells with pairs as lag classes.
pub(super) fn classes(design: &Design<'_>, sums: &[Sums], gammas: &[f64], errors: Option<&[f64]>) -> Vec<LagClass> {
    let cells = sums.iter().zip(gammas).enumerate();
    let class = |(cell, (s, &gamma)): (usize, (&Sums, &f64))| LagClass {
        np: s.np,
        dist: s.mean_distance(),
        gamma,
        azimuth: design.azimuth(cell),
        error_variance: errors.map_or(0.0, |e| e[cell]),
    };
    cells.filter(|(_, (s, _))| s.np > 0).map(class).collect()
}

/// Semivariances of all cells by an estimator that needs a cell's pairs together: one look at the samples for as many
/// cells as fit in a batch.
fn together(
    design: &Design<'_>,
    search: &PairSearch,
    executor: &dyn Executor,
    sums: &[Sums],
    needed: u64,
    size: impl Fn(usize, usize) -> f64 + Sync,
    semivariance: fn(&mut [f64]) -> f64,
) -> Result<Vec<f64>> {
    if let Some(s) = sums.iter().find(|s| s.np > MOST_PAIRS) {
        let what = "an estimator that needs all differences of a lag class at once";
        return Err(Error::TooManyPairs { pairs: s.np, limit: MOST_PAIRS, what });
    }
    if let Some(s) = sums.iter().find(|s| s.np > 0 && s.np < needed) {
        return Err(Error::TooFewPairs { pairs: s.np, dist: s.mean_distance(), needed });
    }
    let mut gammas = Vec::with_capacity(sums.len());
    while gammas.len() < sums.len() {
        let first = gammas.len();
        let mut pairs = 0;
        let fits = |s: &&Sums| {
            pairs += s.np;
            pairs <= BATCH
        };
        let cells = sums[first..].iter().take_while(fits).count().max(1);
        let sizes = design.gather(search, executor, first..first + cells, &size)?;
        let sizes: Vec<_> = sizes.into_iter().map(std::sync::Mutex::new).collect();
        gammas.extend(map(executor, cells, |k| {
            let mut sizes = sizes[k].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if sizes.is_empty() { 0.0 } else { semivariance(&mut sizes) }
        })?);
    }
    Ok(gammas)
}
