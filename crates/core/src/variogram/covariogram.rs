//! The covariogram: covariances of pairs of samples by lag class and direction.

use super::design::Design;
use super::pairs::PairSearch;
use super::terms::Product;
use super::{Direction, LagClasses};
use crate::executor::{Executor, Serial};
use crate::{Error, Result, Samples};

/// One lag class with pairs, or the samples with themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CovarianceClass {
    /// Number of pairs, at least 1; at lag 0 the number of samples.
    pub np: u64,
    /// Mean separation of the pairs, coordinate units.
    pub dist: f64,
    /// Mean product of the two deviations from the samples' mean, unit squared.
    pub covariance: f64,
    /// Azimuth of the direction in degrees, `None` for all directions together.
    pub azimuth: Option<f64>,
}

/// Covariances by lag class; classes without pairs are left out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Covariogram {
    /// By direction, then by lag; the first of each direction is lag 0, the variance of the samples with denominator n.
    pub classes: Vec<CovarianceClass>,
    /// Mean of the samples, from which deviations are taken.
    pub mean: f64,
    /// Largest lag looked at.
    pub cutoff: f64,
}

/// Covariogram of `samples`: the mean product of deviations from their mean by lag class, in all directions together or
/// in each of `directions`.
///
/// The mean is estimated from the same samples, so covariances are too small on the whole; the variogram does not need
/// it. The covariogram of what a drift leaves is that of [`ols_residuals`](crate::drift::ols_residuals).
///
/// # Units
/// Lags in coordinate units, covariances in the square of the values' unit.
///
/// # Errors
/// Fewer than two samples, an azimuth that is not finite, a tolerance outside (0, 90], no pair within the cutoff and the
/// directions, or values so large that their products are beyond the largest number.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::{LagClasses, covariogram}};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let c = covariogram(&samples, &LagClasses::regular(2.0, 1.0)?, &[])?;
/// let covariances: Vec<f64> = c.classes.iter().map(|class| class.covariance).collect();
/// assert_eq!(covariances, [2.0 / 3.0, (-1.0 + 0.0) / 2.0, 0.0]);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn covariogram(samples: &Samples, lags: &LagClasses, directions: &[Direction]) -> Result<Covariogram> {
    covariogram_with(samples, lags, directions, &Serial)
}

/// [`covariogram`] on the threads of `executor`: the same bits for any number of them.
///
/// # Errors
/// As [`covariogram`], or [`Error::Cancelled`].
pub fn covariogram_with(
    samples: &Samples,
    lags: &LagClasses,
    directions: &[Direction],
    executor: &dyn Executor,
) -> Result<Covariogram> {
    if samples.len() < 2 {
        return Err(Error::TooFewSamples { found: samples.len(), needed: 2, purpose: "a covariogram" });
    }
    let design = Design::new(lags, directions, samples.metric())?;
    let search = PairSearch::new(samples.coords(), samples.metric(), lags.cutoff());
    let mean = samples.mean();
    let deviations: Vec<f64> = samples.values().iter().map(|v| v - mean).collect();
    let by_position = search.by_position(&deviations);
    let sums = design.sums(&search, executor, [&by_position; 2], Product)?;
    if sums.iter().all(|s| s.np == 0) {
        return Err(design.no_pairs(samples.coords(), samples.metric()));
    }
    let n = samples.len();
    let variance = deviations.iter().map(|d| d * d).sum::<f64>() / n as f64;
    let mut classes = Vec::new();
    let per_group = design.cells() / design.groups();
    for (cell, s) in sums.iter().enumerate() {
        let azimuth = design.azimuth(cell);
        if cell % per_group == 0 {
            classes.push(CovarianceClass { np: n as u64, dist: 0.0, covariance: variance, azimuth });
        }
        if s.np > 0 {
            let covariance = s.term / s.np as f64;
            classes.push(CovarianceClass { np: s.np, dist: s.mean_distance(), covariance, azimuth });
        }
    }
    if let Some(index) = classes.iter().position(|c| !c.covariance.is_finite()) {
        return Err(Error::LagClassNotFinite { index, what: "covariance", value: classes[index].covariance });
    }
    Ok(Covariogram { classes, mean, cutoff: lags.cutoff() })
}
