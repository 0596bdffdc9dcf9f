//! Places where two variables were measured, and how these vary together there.

use crate::variogram::shared_places;
use crate::{Result, Samples};

/// What two variables have in common.
///
/// # Examples
/// ```
/// use soilscope_core::cokriging::Collocation;
/// use soilscope_core::Samples;
/// let zinc = Samples::new(vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], vec![1.0, 2.0, 3.0])?;
/// let lead = Samples::new(vec![[2.0, 0.0], [1.0, 0.0], [0.0, 0.0], [9.0, 9.0]], vec![5.0, 4.0, 1.0, 7.0])?;
/// let together = Collocation::of(&zinc, &lead)?;
/// assert_eq!(together.places, 3);
/// assert!((together.correlation.unwrap() - 4.0 / (2.0_f64 * 26.0 / 3.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), soilscope_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Collocation {
    /// Places where both are known, told by equal coordinates.
    pub places: usize,
    /// Pearson's correlation there; `None` with fewer than three places, or where one of the two does not vary.
    pub correlation: Option<f64>,
}

impl Collocation {
    /// Compares two variables.
    ///
    /// # Errors
    /// Two samples of one variable at one place.
    pub fn of(first: &Samples, second: &Samples) -> Result<Self> {
        first.check_distinct_places()?;
        second.check_distinct_places()?;
        let shared = shared_places(first, second);
        let places = shared.coords.len();
        Ok(Self { places, correlation: if places < 3 { None } else { correlation(&shared.first, &shared.second) } })
    }
}

fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    // Roots first: the product of two sums of squares may overflow where their roots do not.
    let r = ab / aa.sqrt() / bb.sqrt();
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}
