//! Spatial association: do samples near each other resemble each other, and where?
//!
//! [`moran`] and [`geary`] judge all samples together, [`local_moran`] and [`local_g`] each with its neighbours. Who is whose
//! neighbour is said by [`Weights`]. Many local tests find something by chance alone: [`false_discovery_rate`] adjusts them.
//!
//! # Examples
//! ```
//! use soilscope_core::{Samples, association::{Weights, false_discovery_rate, local_moran, moran}};
//! // A ridge of high values through a plain.
//! let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
//! let values: Vec<f64> = coords.iter().map(|c| (-(c[0] - 4.0).powi(2)).exp() + 0.01 * (c[1] * 1.7).sin()).collect();
//! let samples = Samples::new(coords, values)?;
//! let weights = Weights::k_nearest(&samples, 8)?.row_standardised();
//! assert!(moran(&samples, &weights)?.randomisation.z > 5.0);
//! let p: Vec<Option<f64>> = local_moran(&samples, &weights)?
//!     .iter()
//!     .map(|local| local.as_ref().ok().and_then(|l| l.conditional).map(|test| test.p))
//!     .collect();
//! let adjusted = false_discovery_rate(&p)?;
//! assert!(adjusted.iter().flatten().any(|&q| q < 0.05));
//! # Ok::<(), soilscope_core::Error>(())
//! ```

mod discovery;
mod getis_ord;
mod global;
mod local_moran;
mod permutation;
mod weights;

pub use discovery::false_discovery_rate;
pub use getis_ord::{LocalG, local_g};
pub use global::{GlobalAssociation, geary, moran};
pub use local_moran::{LocalMoran, Pattern, local_moran};
pub use permutation::{Permutations, permutation_p_values};
pub use weights::Weights;

use crate::transform::normal_cdf;
use crate::{Error, Result, Samples};

/// Why a sample has no local statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Untested {
    /// It has no neighbour.
    NoNeighbours,
    /// The statistic is the same for every arrangement of the other values: they are all equal, or all weigh the same.
    NoContrast,
}

/// A statistic beside what it would be if values were arranged at random.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Test {
    /// Mean over arrangements.
    pub expectation: f64,
    /// Variance over arrangements.
    pub variance: f64,
    /// Standard deviations that the statistic lies above its expectation.
    pub z: f64,
    /// Two-sided probability of so large a |z|, as for a normal distribution.
    pub p: f64,
}

impl Test {
    /// `None` where the variance is no more than the rounding of terms of this `size`.
    fn new(value: f64, expectation: f64, variance: f64, size: f64) -> Option<Self> {
        if !(variance > CONTRAST * size) {
            return None;
        }
        let z = (value - expectation) / variance.sqrt();
        Some(Self { expectation, variance, z, p: two_sided(z) })
    }
}

/// Share of its terms below which a difference is rounding error.
const CONTRAST: f64 = 1e-12;

/// Probability that a standard normal number is at least |z| from 0.
fn two_sided(z: f64) -> f64 {
    2.0 * normal_cdf(-z.abs())
}

/// Deviations from the mean in units of the largest: every statistic here is the same for values in any unit.
struct Deviations {
    z: Vec<f64>,
    /// Mean square.
    m2: f64,
    /// Fourth moment over the squared second.
    b2: f64,
}

impl Deviations {
    /// # Errors
    /// Fewer than `needed` samples, other weights than samples, or equal values.
    fn new(samples: &Samples, weights: &Weights, needed: usize, purpose: &'static str) -> Result<Self> {
        let n = samples.len();
        if weights.len() != n {
            return Err(Error::LengthMismatch {
                left_name: "samples",
                left: n,
                right_name: "weights",
                right: weights.len(),
            });
        }
        if n < needed {
            return Err(Error::TooFewSamples { found: n, needed, purpose });
        }
        samples.check_variation()?;
        let largest = |v: &[f64]| v.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        // Dividing first keeps sums of the largest numbers finite.
        let scale = largest(samples.values());
        let scaled: Vec<f64> = samples.values().iter().map(|v| v / scale).collect();
        let mean = scaled.iter().sum::<f64>() / n as f64;
        // A value that is the mean but for rounding is the mean: its sign would be a matter of chance.
        let deviation =
            |v: &f64| if (v - mean).abs() <= 8.0 * f64::EPSILON * (v.abs() + mean.abs()) { 0.0 } else { v - mean };
        let mut z: Vec<f64> = scaled.iter().map(deviation).collect();
        let unit = largest(&z);
        if unit == 0.0 {
            return Err(Error::NoVariation { count: n, value: samples.values()[0] });
        }
        z.iter_mut().for_each(|z| *z /= unit);
        let moment = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / n as f64;
        let m2 = moment(2);
        let b2 = moment(4) / (m2 * m2);
        Ok(Self { z, m2, b2 })
    }

    /// Weighted sum of a sample's neighbours, itself included where it has a weight.
    fn lag(&self, weights: &Weights, i: usize) -> f64 {
        weights.of(i).map(|(j, w)| w * self.z[j]).sum()
    }
}
