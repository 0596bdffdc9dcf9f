//! Getis and Ord's Gi and Gi*: clusters of high and of low values.

use super::{CONTRAST, Deviations, Untested, Weights, two_sided};
use crate::{Result, Samples};

/// Gi or Gi* of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LocalG {
    /// The statistic, in standard deviations: above 0 among high values, below among low ones.
    pub z: f64,
    /// Two-sided probability of so large a |z|, as for a normal distribution.
    pub p: f64,
}

/// Gi of every sample, the weighted sum of its neighbours beside that of any other samples; with weights that
/// [include the sample itself](Weights::including_self), Gi*.
///
/// A sample whose only link is to itself has no neighbour, and no Gi*.
///
/// # Errors
/// Fewer than three samples, equal values, weights of other samples, or no neighbours at all.
///
/// # Source
/// Ord & Getis (1995), "Local spatial autocorrelation statistics: distributional issues and an application", *Geographical
/// Analysis* 27:286: the standardised statistics, for values of either sign.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, association::{Weights, local_g}};
/// let coords = (0..5).map(|i| [f64::from(i), 0.0]).collect();
/// let samples = Samples::new(coords, vec![9.0, 8.0, 1.0, 2.0, 0.0])?;
/// let band = Weights::band(&samples, 1.0)?;
/// let (gi, gi_star) = (local_g(&samples, &band)?, local_g(&samples, &band.including_self(1.0)?)?);
/// // One neighbour of 8 beside others of mean 2.75 and mean square 69/4.
/// assert!((gi[0].unwrap().z - (8.0 - 2.75) / (69.0 / 4.0 - 2.75_f64.powi(2)).sqrt()).abs() < 1e-14);
/// assert!(gi_star[0].unwrap().z > 1.5 && gi_star[4].unwrap().z < -1.0);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn local_g(samples: &Samples, weights: &Weights) -> Result<Vec<std::result::Result<LocalG, Untested>>> {
    let d = Deviations::new(samples, weights, 3, "Gi and Gi*")?;
    weights.check_linked()?;
    let n = samples.len() as f64;
    let total: f64 = d.z.iter().sum();
    let one = |i: usize| {
        if weights.neighbours(i) == 0 {
            return Err(Untested::NoNeighbours);
        }
        // Gi is compared with the other samples, Gi* with all.
        let (own, others) = if weights.between(i, i) > 0.0 { (0.0, n) } else { (d.z[i], n - 1.0) };
        let mean = (total - own) / others;
        let square = (n * d.m2 - own * own) / others;
        let value_part = square - mean * mean;
        let sum: f64 = weights.of(i).map(|(_, w)| w).sum();
        let squares: f64 = weights.of(i).map(|(_, w)| w * w).sum();
        let weight_part = (others * squares - sum * sum) / (others - 1.0);
        if !(value_part > CONTRAST * square && weight_part > CONTRAST * others / (others - 1.0) * squares) {
            return Err(Untested::NoContrast);
        }
        let z = (d.lag(weights, i) - sum * mean) / (value_part * weight_part).sqrt();
        Ok(LocalG { z, p: two_sided(z) })
    };
    Ok((0..samples.len()).map(one).collect())
}
