//! Two campaigns on a map: what changed at a node, and what change could have been seen there.

use serde::Serialize;
use soilscope_core::association::false_discovery_rate;
use soilscope_core::normal::normal_quantile;
use soilscope_core::transform::normal_cdf;

use super::TrendError;
use crate::quantity::{finite, held, inside, not_negative};

/// A kriged value, or a logarithm of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kriged {
    /// The prediction.
    pub value: f64,
    /// Its kriging variance.
    pub variance: f64,
}

/// Change at one node between two campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// Second less first.
    pub difference: f64,
    /// Standard deviation of its error.
    pub sd: f64,
    /// Difference over that.
    pub z: f64,
    /// Two-sided, by the normal distribution.
    pub p: f64,
    /// Difference that would be seen with 95 % confidence: 1.96 sd. To be shown beside a map of change, which is blind to less.
    pub detectable: f64,
}

/// A change of logarithms as a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChangeRatio {
    /// Second over first.
    pub value: f64,
    /// Where it lies with 95 % confidence.
    pub interval: [f64; 2],
}

/// Two-sided 95 %.
const TWO_SIDED: f64 = 0.975;

/// Change at one node: z = (Z2 − Z1)/√(v1 + v2 − 2ρ√(v1 v2)).
///
/// ρ is the correlation of the two campaigns' errors: 0 where they are independent, and 0 is cautious where the same sites
/// were visited, which makes it positive. Better then: krige the paired difference and use its own variance.
///
/// # Errors
/// A number that is not finite; a variance below 0; ρ outside −1 to 1; errors that cancel or are 0.
///
/// # Source
/// Gaussian theory; no published worked example was found.
///
/// # Examples
/// ```
/// use soilscope_assess::trend::{Kriged, change};
/// let half = change(Kriged { value: 10.0, variance: 2.0 }, Kriged { value: 14.0, variance: 2.0 }, 0.5)?;
/// assert!((half.z - 8f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn change(before: Kriged, after: Kriged, correlation: f64) -> Result<Change, TrendError> {
    let difference = finite("prediction", after.value)? - finite("prediction", before.value)?;
    let v1 = not_negative("kriging variance", before.variance)?;
    let v2 = not_negative("kriging variance", after.variance)?;
    held("correlation of the errors", correlation, (-1.0..=1.0).contains(&correlation), "from -1 to 1")?;
    let variance = v1 + v2 - 2.0 * correlation * (v1 * v2).sqrt();
    let sd = held("variance of the difference", variance, variance > 0.0, "above 0")?.sqrt();
    let z = difference / sd;
    let detectable = normal_quantile(TWO_SIDED) * sd;
    Ok(Change { difference, sd, z, p: 2.0 * normal_cdf(-z.abs()), detectable })
}

impl Change {
    /// The change as a ratio, where both campaigns were kriged as natural logarithms: exp(Z2 − Z1), with limits
    /// exp(Z2 − Z1 ± 1.96 sd).
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::trend::{Kriged, change};
    /// let change = change(Kriged { value: 0.0, variance: 0.5 }, Kriged { value: 2f64.ln(), variance: 0.5 }, 0.0)?;
    /// let ratio = change.ratio();
    /// assert!((ratio.value - 2.0).abs() < 1e-12 && (ratio.interval[0] * ratio.interval[1] - 4.0).abs() < 1e-12);
    /// # Ok::<(), soilscope_assess::trend::TrendError>(())
    /// ```
    pub fn ratio(&self) -> ChangeRatio {
        let of = |offset: f64| (self.difference + offset).exp();
        ChangeRatio { value: of(0.0), interval: [of(-self.detectable), of(self.detectable)] }
    }
}

/// Which changes are discoveries when of all that are called so a share `rate` may be false. Nodes should be
/// [`thin`](super::thin)ned to the range first, because neighbours are not independent. `None` was not predicted.
///
/// # Errors
/// A rate that is not above 0 and below 1.
///
/// # Source
/// Benjamini & Hochberg (1995); see [`false_discovery_rate`].
///
/// # Examples
/// ```
/// use soilscope_assess::trend::{Kriged, change, discoveries};
/// let at = |value| change(Kriged { value: 0.0, variance: 0.5 }, Kriged { value, variance: 0.5 }, 0.0);
/// assert_eq!(discoveries(&[Some(at(4.0)?), None, Some(at(2.0)?), Some(at(0.5)?), Some(at(0.2)?)], 0.05)?, [0]);
/// # Ok::<(), soilscope_assess::trend::TrendError>(())
/// ```
pub fn discoveries(changes: &[Option<Change>], rate: f64) -> Result<Vec<usize>, TrendError> {
    inside("rate of false discoveries", rate)?;
    let p: Vec<Option<f64>> = changes.iter().map(|change| change.map(|change| change.p)).collect();
    let adjusted = false_discovery_rate(&p)?;
    Ok(adjusted.iter().enumerate().filter(|(_, q)| q.is_some_and(|q| q <= rate)).map(|(i, _)| i).collect())
}
