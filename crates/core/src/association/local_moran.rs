//! Moran's I of each sample with its neighbours.

use super::{CONTRAST, Deviations, Test, Untested, Weights};
use crate::{Result, Samples};

/// A sample beside its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Pattern {
    /// Above the mean among those above it.
    HighAmongHigh,
    /// Below the mean among those below it.
    LowAmongLow,
    /// Above the mean among those below it.
    HighAmongLow,
    /// Below the mean among those above it.
    LowAmongHigh,
}

/// Local Moran's I of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LocalMoran {
    /// (z_i/m₂) Σ_j w_ij z_j, with deviations z from the mean and m₂ their mean square (denominator n).
    pub value: f64,
    /// Which way it lies; `None` where the sample or its neighbours are at the mean.
    pub pattern: Option<Pattern>,
    /// Against all values in any order (total randomisation); `None` where no order changes it.
    pub total: Option<Test>,
    /// Against the other values in any order, this one kept; `None` where no order changes it, as for a sample at the mean.
    pub conditional: Option<Test>,
}

/// Local Moran's I of every sample: far above its expectation in a cluster of high or low values, far below for a sample
/// unlike its neighbours.
///
/// The conditional test is the one to use where there is association over the whole area. Both lean on the normal
/// distribution, which few neighbours do not give: [`permutation_p_values`](super::permutation_p_values) does without it.
///
/// # Errors
/// Fewer than three samples, equal values, weights of other samples or of samples with themselves, or no neighbours at all.
///
/// # Source
/// Anselin (1995), "Local indicators of spatial association: LISA", *Geographical Analysis* 27:93; moments also in Sokal,
/// Oden & Thomson (1998), "Local spatial autocorrelation in a biological model", *Geographical Analysis* 30:331.
///
/// # Examples
/// ```
/// use soilscope_core::{Samples, association::{Pattern, Untested, Weights, local_moran}};
/// let coords = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [9.0, 0.0]];
/// let samples = Samples::new(coords, vec![3.0, 2.0, -4.0, -1.0])?;
/// let local = local_moran(&samples, &Weights::band(&samples, 1.0)?)?;
/// let first = local[0].unwrap();
/// assert!((first.value - 3.0 * 2.0 / 7.5).abs() < 1e-15); // the mean is 0, the mean square 30/4
/// assert_eq!(first.pattern, Some(Pattern::HighAmongHigh));
/// assert_eq!(local[3], Err(Untested::NoNeighbours));
/// # Ok::<(), soilscope_core::Error>(())
/// ```
pub fn local_moran(samples: &Samples, weights: &Weights) -> Result<Vec<std::result::Result<LocalMoran, Untested>>> {
    let d = Deviations::new(samples, weights, 3, "local Moran's I")?;
    weights.check_without_self()?;
    weights.check_linked()?;
    let n = samples.len() as f64;
    let one = |i: usize| {
        if weights.neighbours(i) == 0 {
            return Err(Untested::NoNeighbours);
        }
        let (z, m2, lag) = (d.z[i], d.m2, d.lag(weights, i));
        let value = z * lag / m2;
        let sum: f64 = weights.of(i).map(|(_, w)| w).sum();
        let squares: f64 = weights.of(i).map(|(_, w)| w * w).sum();
        let expectation = -sum / (n - 1.0);
        let terms = [
            squares * (n - d.b2) / (n - 1.0),
            (sum * sum - squares) * (2.0 * d.b2 - n) / ((n - 1.0) * (n - 2.0)),
            -expectation * expectation,
        ];
        let size = terms.iter().map(|t| t.abs()).sum();
        let total = Test::new(value, expectation, terms.iter().sum(), size);
        // Variance of the weights times that of the other values: either may vanish.
        let weight_part = squares - sum * sum / (n - 1.0);
        let value_part = m2 - z * z / (n - 1.0);
        let varies = weight_part > CONTRAST * squares && value_part > CONTRAST * m2;
        let scale = (z / m2) * (z / m2);
        let variance = if varies { scale * n / (n - 2.0) * weight_part * value_part } else { 0.0 };
        let conditional = Test::new(value, -z * z * sum / ((n - 1.0) * m2), variance, 0.0);
        let pattern = match (z > 0.0, lag > 0.0) {
            _ if z == 0.0 || lag == 0.0 => None,
            (true, true) => Some(Pattern::HighAmongHigh),
            (false, false) => Some(Pattern::LowAmongLow),
            (true, false) => Some(Pattern::HighAmongLow),
            (false, true) => Some(Pattern::LowAmongHigh),
        };
        Ok(LocalMoran { value, pattern, total, conditional })
    };
    Ok((0..samples.len()).map(one).collect())
}
