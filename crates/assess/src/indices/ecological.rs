//! Potential ecological risk.

use serde::Serialize;

use super::classes::{self, RiskClasses};
use super::error::IndexError;
use super::index::Index;
use super::ratios::Ratios;
use super::response::{ResponseFactor, ResponseFactors};
use crate::class::Class;
use crate::threshold::Standing;

/// Ecological risk of one element.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskFactor {
    /// Tr × CF.
    pub value: f64,
    /// Share of the sum over elements.
    pub share: f64,
    /// The toxic-response factor that was used.
    pub response: ResponseFactor,
    /// Its class.
    pub class: Class,
}

/// Potential ecological risk of all elements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EcologicalRisk {
    /// RI: the sum over elements.
    pub index: Index,
    /// Er of each element, in the order of the sample.
    pub factors: Vec<RiskFactor>,
    /// The worst standing of the toxic-response factors and of the bounds of the index's classes.
    pub standing: Standing,
}

/// Potential ecological risk RI: the sum of toxic-response factor times contamination factor.
///
/// `scaled` bounds of the classes are in proportion to the factors used; see [`RiskClasses`].
///
/// # Errors
/// [`IndexError::NoFactor`], [`IndexError::NotABackground`].
///
/// # Source
/// Hakanson (1980), *Water Research* 14:975.
///
/// # Examples
/// ```
/// use soilscope_assess::indices::{Digestion, NonDetects, Ratios, Reference, ResponseFactors, RiskClasses, Sample, ecological_risk};
/// use soilscope_core::censored::Measurement::Quantified;
/// let background = Reference::background("local", Digestion::Total, [("Cd", 0.2), ("Zn", 100.0)])?;
/// let sample = Sample::new(Digestion::Total, [("Cd", Quantified(0.4)), ("Zn", Quantified(300.0))])?;
/// let ratios = Ratios::new(&sample, &background, NonDetects::Refuse)?;
/// let risk = ecological_risk(&ratios, &ResponseFactors::hakanson(), RiskClasses::Scaled)?;
/// assert!((risk.index.value - (30.0 * 2.0 + 1.0 * 3.0)).abs() < 1e-12);
/// # Ok::<(), soilscope_assess::indices::IndexError>(())
/// ```
pub fn ecological_risk(
    ratios: &Ratios,
    responses: &ResponseFactors,
    limits: RiskClasses,
) -> Result<EcologicalRisk, IndexError> {
    ratios.needs_background("the potential ecological risk")?;
    let mut factors = Vec::with_capacity(ratios.ratios.len());
    for ratio in &ratios.ratios {
        let response = responses.of(&ratio.element)?.clone();
        let value = response.value * ratio.value;
        factors.push(RiskFactor { value, share: 0.0, response, class: classes::risk_factor(value) });
    }
    let value: f64 = factors.iter().map(|f| f.value).sum();
    for factor in &mut factors {
        factor.share = factor.value / value;
    }
    let elements: Vec<&str> = ratios.ratios.iter().map(|r| r.element.as_str()).collect();
    let class = match limits {
        RiskClasses::HakansonFixed => classes::hakanson_risk_class(value, &elements),
        RiskClasses::Scaled => classes::scaled_risk_class(value, factors.iter().map(|f| f.response.value).sum()),
    };
    let substituted = ratios.ratios.iter().filter(|r| r.substituted).count();
    let index = Index { value, reference: ratios.reference.clone(), elements: elements.len(), substituted, class };
    let standing = factors.iter().map(|f| f.response.standing).fold(index.class.standing, Standing::max);
    Ok(EcologicalRisk { index, factors, standing })
}
