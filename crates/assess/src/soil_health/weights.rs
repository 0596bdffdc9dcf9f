//! Weights of indicators.

use super::SoilHealthError;
use crate::quantity::{not_negative, positive};

/// Weights divided by their sum.
///
/// # Errors
/// No weight; one below 0; all 0.
///
/// # Examples
/// ```
/// use soilscope_assess::soil_health::normalised_weights;
/// assert_eq!(normalised_weights(&[3.0, 1.0])?, [0.75, 0.25]);
/// # Ok::<(), soilscope_assess::soil_health::SoilHealthError>(())
/// ```
pub fn normalised_weights(raw: &[f64]) -> Result<Vec<f64>, SoilHealthError> {
    if raw.is_empty() {
        return Err(SoilHealthError::Nothing);
    }
    for &weight in raw {
        not_negative("weight", weight)?;
    }
    let sum = positive("sum of the weights", raw.iter().sum())?;
    Ok(raw.iter().map(|weight| weight / sum).collect())
}

/// Weights from a principal-component analysis: each indicator has the share of its component in the variance that the
/// retained components explain, and all are divided by their sum. `of` says which component each indicator was kept for.
///
/// # Errors
/// No indicator; a variance that is not above 0; [`SoilHealthError::Component`].
///
/// # Source
/// *Applied and Environmental Soil Science* 2014, 646502, Table 4, where two indicators of one component have its whole share
/// each before all are divided.
///
/// # Examples
/// ```
/// use soilscope_assess::soil_health::component_weights;
/// // Two indicators of the first component, one of the second.
/// assert_eq!(component_weights(&[40.0, 20.0], &[0, 0, 1])?, [0.4, 0.4, 0.2]);
/// # Ok::<(), soilscope_assess::soil_health::SoilHealthError>(())
/// ```
pub fn component_weights(variances: &[f64], of: &[usize]) -> Result<Vec<f64>, SoilHealthError> {
    for &variance in variances {
        positive("variance that a component explains", variance)?;
    }
    let total: f64 = variances.iter().sum();
    let weight = |(indicator, &component): (usize, &usize)| {
        let components = variances.len();
        let found = variances.get(component).map(|variance| variance / total);
        found.ok_or(SoilHealthError::Component { indicator, component, components })
    };
    normalised_weights(&of.iter().enumerate().map(weight).collect::<Result<Vec<_>, _>>()?)
}
