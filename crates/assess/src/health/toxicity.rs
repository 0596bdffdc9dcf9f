//! Toxicity values, which lead does not have.

use super::HealthError;
use crate::quantity::{held, not_negative, positive};

/// Refuses lead by any of its names, and a value that is not above 0.
fn checked(substance: &str, name: &'static str, value: f64) -> Result<f64, HealthError> {
    let substance = substance.trim().to_lowercase();
    if ["pb", "lead", "7439-92-1"].contains(&substance.as_str()) {
        return Err(HealthError::Lead);
    }
    Ok(positive(name, value)?)
}

fn gut(absorbs: f64) -> Result<f64, HealthError> {
    Ok(held("share that the gut absorbs", absorbs, absorbs > 0.0 && absorbs <= 1.0, "above 0 and at most 1")?)
}

/// Reference dose RfD: a daily dose without expected effect, mg/kg-d.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceDose {
    value: f64,
}

impl ReferenceDose {
    /// That of a substance.
    ///
    /// # Errors
    /// [`HealthError::Lead`]; a value that is not above 0.
    pub fn new(substance: &str, value: f64) -> Result<Self, HealthError> {
        Ok(Self { value: checked(substance, "reference dose in mg/kg-d", value)? })
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Hazard quotient: dose over reference dose.
    ///
    /// # Errors
    /// A dose below 0.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::health::ReferenceDose;
    /// assert_eq!(ReferenceDose::new("As", 3e-4)?.hazard_quotient(6e-4)?, 2.0);
    /// assert!(ReferenceDose::new("lead", 3.5e-3).is_err());
    /// # Ok::<(), soilscope_assess::health::HealthError>(())
    /// ```
    pub fn hazard_quotient(&self, dose: f64) -> Result<f64, HealthError> {
        Ok(not_negative("dose in mg/kg-d", dose)? / self.value)
    }

    /// For the skin, where doses are absorbed ones: the oral reference dose times the share GIABS that the gut absorbs.
    ///
    /// # Errors
    /// A share that is not above 0 and at most 1.
    pub fn dermal(&self, gut_absorbs: f64) -> Result<Self, HealthError> {
        Ok(Self { value: self.value * gut(gut_absorbs)? })
    }
}

/// Slope factor SF: cancer risk of a lifetime's daily dose, 1/(mg/kg-d).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlopeFactor {
    value: f64,
}

impl SlopeFactor {
    /// That of a substance.
    ///
    /// # Errors
    /// [`HealthError::Lead`]; a value that is not above 0.
    pub fn new(substance: &str, value: f64) -> Result<Self, HealthError> {
        Ok(Self { value: checked(substance, "slope factor in kg-d/mg", value)? })
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Cancer risk: dose times slope.
    ///
    /// # Errors
    /// A dose below 0.
    pub fn risk(&self, dose: f64) -> Result<f64, HealthError> {
        Ok(not_negative("dose in mg/kg-d", dose)? * self.value)
    }

    /// For the skin: the oral slope over the share GIABS that the gut absorbs.
    ///
    /// # Errors
    /// A share that is not above 0 and at most 1.
    pub fn dermal(&self, gut_absorbs: f64) -> Result<Self, HealthError> {
        Ok(Self { value: self.value / gut(gut_absorbs)? })
    }
}

/// Reference concentration RfC in air, mg/m³.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceConcentration {
    value: f64,
}

impl ReferenceConcentration {
    /// That of a substance.
    ///
    /// # Errors
    /// [`HealthError::Lead`]; a value that is not above 0.
    pub fn new(substance: &str, value: f64) -> Result<Self, HealthError> {
        Ok(Self { value: checked(substance, "reference concentration in mg/m³", value)? })
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.value
    }
}

/// Inhalation unit risk IUR, 1/(µg/m³).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InhalationUnitRisk {
    value: f64,
}

impl InhalationUnitRisk {
    /// That of a substance.
    ///
    /// # Errors
    /// [`HealthError::Lead`]; a value that is not above 0.
    pub fn new(substance: &str, value: f64) -> Result<Self, HealthError> {
        Ok(Self { value: checked(substance, "inhalation unit risk in m³/µg", value)? })
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.value
    }
}
