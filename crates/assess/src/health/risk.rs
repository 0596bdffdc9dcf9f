//! Sums of hazard quotients, and what a cancer risk is called.

use std::collections::BTreeMap;

use serde::Serialize;

use super::HealthError;
use crate::class::{Bound, Class, Scheme};
use crate::quantity::not_negative;
use crate::threshold::Standing;

/// One hazard quotient of a sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Quotient {
    /// The substance.
    pub substance: String,
    /// The organ it acts on; `None` where that is not known.
    pub organ: Option<String>,
    /// Dose over reference dose, by one route.
    pub value: f64,
}

/// Sums of hazard quotients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HazardIndex {
    /// Over everything: an upper bound of the sum of any organ.
    pub all: f64,
    /// By organ; quotients whose organ is not known are in each, since they could act on it.
    pub by_organ: BTreeMap<String, f64>,
    /// Whether an organ's sum is above 1; without organs, whether that of all is.
    pub concern: bool,
}

/// Hazard indices: sums of hazard quotients over routes and substances that act on the same organ.
///
/// # Errors
/// No quotient; one below 0.
///
/// # Source
/// U.S. EPA (1989), RAGS Part A, EPA/540/1-89/002: quotients add up within a target organ; above 1 is of concern.
///
/// # Examples
/// ```
/// use soilscope_assess::health::{Quotient, hazard_indices};
/// let of = |substance: &str, organ: &str, value| Quotient { substance: substance.into(), organ: Some(organ.into()), value };
/// let index = hazard_indices(&[of("Cd", "kidney", 0.7), of("As", "skin", 0.6)])?;
/// assert!((index.all - 1.3).abs() < 1e-12 && !index.concern);
/// # Ok::<(), soilscope_assess::health::HealthError>(())
/// ```
pub fn hazard_indices(quotients: &[Quotient]) -> Result<HazardIndex, HealthError> {
    if quotients.is_empty() {
        return Err(HealthError::NoRoute);
    }
    let (mut all, mut unknown) = (0.0, 0.0);
    let mut by_organ: BTreeMap<String, f64> = BTreeMap::new();
    for quotient in quotients {
        let value = not_negative("hazard quotient", quotient.value)?;
        all += value;
        match &quotient.organ {
            Some(organ) => *by_organ.entry(organ.clone()).or_default() += value,
            None => unknown += value,
        }
    }
    for sum in by_organ.values_mut() {
        *sum += unknown;
    }
    let concern = if by_organ.is_empty() { all > 1.0 } else { by_organ.values().any(|sum| *sum > 1.0) };
    Ok(HazardIndex { all, by_organ, concern })
}

/// What a cancer risk is called: below 1e-6 negligible, to 1e-4 tolerable, above unacceptable.
///
/// # Errors
/// A risk below 0.
///
/// # Examples
/// ```
/// use soilscope_assess::health::cancer_risk_class;
/// assert_eq!(cancer_risk_class(1.98e-5)?.label, "tolerable range");
/// # Ok::<(), soilscope_assess::health::HealthError>(())
/// ```
pub fn cancer_risk_class(risk: f64) -> Result<Class, HealthError> {
    not_negative("cancer risk", risk)?;
    const BOUNDS: [f64; 2] = [1e-6, 1e-4];
    let scheme = Scheme {
        variant: "RAGS 1e-6/1e-4",
        bounds: &BOUNDS,
        labels: &["negligible", "tolerable range", "unacceptable"],
        on: Bound::Above,
        standing: Standing::SecondHand,
    };
    // The range holds both of its ends.
    let scheme = if risk == BOUNDS[1] { Scheme { on: Bound::Below, ..scheme } } else { scheme };
    Ok(scheme.of(risk))
}
