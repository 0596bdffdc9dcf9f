//! The groundwater ubiquity score of pesticides.

use serde::Serialize;

use super::LeachingError;
use crate::class::{Bound, Class, Scheme};
use crate::quantity::positive;
use crate::threshold::Standing;

/// Groundwater ubiquity score of a pesticide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gus {
    /// The score.
    pub value: f64,
    /// Potential to leach.
    pub class: Class,
}

/// Groundwater ubiquity score: log₁₀ DT50 × (4 − log₁₀ Koc), with the half-life DT50 in soil in days and Koc in L/kg.
///
/// # Errors
/// A half-life or Koc that is not above 0.
///
/// # Source
/// Score and classes: npic.orst.edu/envir/gus.html, after Gustafson (1989), *Environmental Toxicology and Chemistry* 8:339, which was
/// not read.
///
/// # Examples
/// ```
/// use soilscope_assess::leaching::gus;
/// let atrazine = gus(146.0, 100.0)?;
/// assert_eq!((format!("{:.3}", atrazine.value), atrazine.class.label), ("4.329".to_owned(), "high"));
/// # Ok::<(), soilscope_assess::leaching::LeachingError>(())
/// ```
pub fn gus(half_life: f64, koc: f64) -> Result<Gus, LeachingError> {
    let half_life = positive("half-life in days", half_life)?.log10();
    let value = half_life * (4.0 - positive("Koc in L/kg", koc)?.log10());
    let bounds = [0.0, 1.8, 2.8];
    let scheme = Scheme {
        variant: "GUS 0/1.8/2.8",
        bounds: &bounds,
        labels: &["extremely low", "low", "moderate", "high"],
        on: Bound::Above,
        standing: Standing::SecondHand,
    };
    // High begins above 2.8, not at it.
    let scheme = if value == bounds[2] { Scheme { on: Bound::Below, ..scheme } } else { scheme };
    Ok(Gus { value, class: scheme.of(value) })
}
