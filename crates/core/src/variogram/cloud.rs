//! The variogram cloud: every pair by itself.

use super::design::Design;
use super::pairs::PairSearch;
use super::{Direction, LagClasses};
use crate::{Error, Result, Samples};

/// One pair of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CloudPair {
    /// Both samples, from 0, the lower first.
    pub samples: [usize; 2],
    /// Separation, coordinate units.
    pub dist: f64,
    /// Half the squared difference, unit squared.
    pub gamma: f64,
    /// Azimuth of the direction in degrees, `None` for all directions together.
    pub azimuth: Option<f64>,
}

/// Every unordered pair of samples within `cutoff`, in all directions together or in each of `directions`; by direction,
/// then by the samples' numbers. A pair exactly between two directions may be in both.
///
/// The cloud tells which samples make a lag class what it is; n samples have up to n (n − 1)/2 pairs, so `limit` says how
/// many the caller has room for.
///
/// # Units
/// Lags in coordinate units, half squared differences in the square of the values' unit.
///
/// # Errors
/// Fewer than two samples, a cutoff that is not above 0, an azimuth that is not finite, a tolerance outside (0, 90], no
/// pair, or more than `limit` of them.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, variogram::variogram_cloud};
/// let samples = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]], vec![1.0, 3.0, 2.0])?;
/// let cloud = variogram_cloud(&samples, 4.0, &[], 1_000)?;
/// assert_eq!((cloud[0].samples, cloud[0].gamma), ([0, 1], 2.0));
/// assert_eq!((cloud[1].samples, cloud[1].dist), ([1, 2], 4.0));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn variogram_cloud(
    samples: &Samples,
    cutoff: f64,
    directions: &[Direction],
    limit: usize,
) -> Result<Vec<CloudPair>> {
    if samples.len() < 2 {
        return Err(Error::TooFewSamples { found: samples.len(), needed: 2, purpose: "a variogram cloud" });
    }
    let lags = LagClasses::regular(cutoff, cutoff)?;
    let design = Design::new(&lags, directions, samples.metric())?;
    let search = PairSearch::new(samples.coords(), samples.metric(), cutoff);
    let values = search.by_position(samples.values());
    let mut pairs = 0_u64;
    let mut cloud = Vec::new();
    search.visit(0..samples.len(), |p, q, separation, h| {
        design.cells_of(separation, h, |cell| {
            pairs += 1;
            if pairs <= limit as u64 {
                let (i, j) = (search.order()[p], search.order()[q]);
                let gamma = 0.5 * (values[q] - values[p]).powi(2);
                cloud.push((
                    cell,
                    CloudPair { samples: [i.min(j), i.max(j)], dist: h, gamma, azimuth: design.azimuth(cell) },
                ));
            }
        });
    });
    if pairs > limit as u64 {
        return Err(Error::TooManyPairs { pairs, limit: limit as u64, what: "a variogram cloud" });
    }
    if cloud.is_empty() {
        return Err(design.no_pairs(samples.coords(), samples.metric()));
    }
    cloud.sort_unstable_by_key(|(cell, pair)| (*cell, pair.samples));
    Ok(cloud.into_iter().map(|(_, pair)| pair).collect())
}
