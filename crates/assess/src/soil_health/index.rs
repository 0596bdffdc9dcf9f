//! The additive index.

use serde::Serialize;

use super::{Scored, SoilHealthError};
use crate::class::{Bound, Class, Scheme};
use crate::quantity::share;
use crate::threshold::Standing;

/// One scored indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// What it is.
    pub name: String,
    /// From 0 to 1.
    pub score: f64,
    /// Share of the index, from 0 to 1.
    pub weight: f64,
    /// How far the form of its score can be trusted.
    pub standing: Standing,
    /// Whether it is a contaminant, which can veto.
    pub contaminant: bool,
}

impl Indicator {
    /// An indicator of the soil's functions, with what [`Score::scored`](super::Score::scored) gives or a number of one's own.
    pub fn new(name: &str, score: impl Into<Scored>, weight: f64) -> Self {
        let Scored { value, standing } = score.into();
        Self { name: name.to_owned(), score: value, weight, standing, contaminant: false }
    }

    /// A contaminant.
    pub fn contaminant(name: &str, score: impl Into<Scored>, weight: f64) -> Self {
        Self { contaminant: true, ..Self::new(name, score, weight) }
    }
}

/// Soil health of one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SoilHealth {
    /// Σ weight × score, from 0 to 1.
    pub value: f64,
    /// The least score, which the sum hides.
    pub least: f64,
    /// The indicator that has it.
    pub least_of: String,
    /// Contaminants that score 0.
    pub failing: Vec<String>,
    /// Whether they lowered the class.
    pub vetoed: bool,
    /// The worst standing of the scores' forms.
    pub standing: Standing,
    /// Class, a convention of this library; after the veto.
    pub class: Class,
}

/// How far weights may be from 1 together: published ones are rounded.
const ROUNDING: f64 = 1e-6;
/// The highest class that a contaminant with score 0 leaves.
const VETO: usize = 2;
const LABELS: [&str; 5] = ["very poor", "poor", "moderate", "good", "very good"];

/// Additive index of soil health, Σ w S, with its least score and the veto of contaminants.
///
/// # Errors
/// No indicator; a score or weight that is not from 0 to 1; [`SoilHealthError::Weights`].
///
/// # Source
/// The sum: R package SQIpro. Veto and classes (0.2, 0.4, 0.6, 0.8): this library's.
pub fn soil_health(indicators: &[Indicator]) -> Result<SoilHealth, SoilHealthError> {
    let (mut value, mut sum) = (0.0, 0.0);
    for indicator in indicators {
        let weight = share("weight", indicator.weight)?;
        value += weight * share("score", indicator.score)?;
        sum += weight;
    }
    let least = indicators.iter().min_by(|a, b| a.score.total_cmp(&b.score)).ok_or(SoilHealthError::Nothing)?;
    if !((sum - 1.0).abs() <= ROUNDING) {
        return Err(SoilHealthError::Weights { sum });
    }
    let scheme = Scheme {
        variant: "own convention 0.2/0.4/0.6/0.8",
        bounds: &[0.2, 0.4, 0.6, 0.8],
        labels: &LABELS,
        on: Bound::Above,
        standing: Standing::Unverified,
    };
    let mut class = scheme.of(value);
    let failing = indicators.iter().filter(|i| i.contaminant && i.score == 0.0).map(|i| i.name.clone());
    let failing: Vec<String> = failing.collect();
    let vetoed = !failing.is_empty() && class.rank > VETO;
    if vetoed {
        class.rank = VETO;
        class.label = LABELS[VETO - 1];
        class.caution = Some("a contaminant scores 0, so the class is no higher than poor");
    }
    let standing = indicators.iter().map(|i| i.standing).fold(Standing::Verified, Standing::max);
    Ok(SoilHealth { value, least: least.score, least_of: least.name.clone(), failing, vetoed, standing, class })
}
