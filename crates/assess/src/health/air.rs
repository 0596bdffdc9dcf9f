//! Inhalation as RAGS Part F has it: by the concentration in air, not by a dose.

use super::HealthError;
use super::route::emission_factor;
use super::toxicity::{InhalationUnitRisk, ReferenceConcentration};
use crate::quantity::{days_a_year, held, inside, not_negative, positive};

/// Breathing dust of the soil: RAGS Part F.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Air {
    /// Hours a day, ET.
    pub hours_a_day: f64,
    /// Days a year, EF.
    pub days_a_year: f64,
    /// Years, ED.
    pub years: f64,
    /// Averaging time AT, days.
    pub averaging_days: f64,
    /// Particle emission factor PEF, m³/kg.
    pub emission_factor: f64,
}

/// µg in a mg.
const UG_IN_MG: f64 = 1000.0;

impl Air {
    /// Concentration in air that exposure amounts to, EC = C × EF × ED × (ET/24) / (PEF × AT), mg/m³.
    ///
    /// # Errors
    /// A number outside its domain; [`HealthError::EmissionFactor`].
    ///
    /// # Source
    /// U.S. EPA (2009), RAGS Part F, EPA-540-R-070-002, as in the R package EnviroPRA2.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::health::Air;
    /// // All the time, all of the averaging time: content over emission factor.
    /// let air = Air { hours_a_day: 24.0, days_a_year: 365.0, years: 70.0, averaging_days: 25550.0, emission_factor: 1e9 };
    /// assert!((air.concentration(50.0)? - 5e-8).abs() < 1e-20);
    /// # Ok::<(), soilscope_assess::health::HealthError>(())
    /// ```
    pub fn concentration(&self, content: f64) -> Result<f64, HealthError> {
        Ok(not_negative("content in mg/kg", content)? * self.of_one()?)
    }

    fn of_one(&self) -> Result<f64, HealthError> {
        let hours = self.hours_a_day;
        held("hours of exposure a day", hours, hours > 0.0 && hours <= 24.0, "above 0 and at most 24")?;
        let days = days_a_year(self.days_a_year)?;
        let years = positive("years of exposure", self.years)?;
        let averaging = positive("averaging time in days", self.averaging_days)?;
        Ok(days * years * (hours / 24.0) / (emission_factor(self.emission_factor)? * averaging))
    }

    /// Hazard quotient EC / RfC of soil with `content` mg/kg.
    ///
    /// # Errors
    /// As [`Air::concentration`].
    pub fn hazard_quotient(&self, content: f64, reference: &ReferenceConcentration) -> Result<f64, HealthError> {
        Ok(self.concentration(content)? / reference.value())
    }

    /// Cancer risk EC × IUR of soil with `content` mg/kg; the unit risk is per µg/m³.
    ///
    /// # Errors
    /// As [`Air::concentration`].
    pub fn cancer_risk(&self, content: f64, unit: &InhalationUnitRisk) -> Result<f64, HealthError> {
        Ok(self.concentration(content)? * UG_IN_MG * unit.value())
    }

    /// Content, mg/kg, at which breathing alone reaches a hazard quotient of `target`.
    ///
    /// # Errors
    /// As [`Air::concentration`].
    pub fn content_at_hazard(&self, target: f64, reference: &ReferenceConcentration) -> Result<f64, HealthError> {
        Ok(positive("target hazard quotient", target)? * reference.value() / self.of_one()?)
    }

    /// Content, mg/kg, at which breathing alone reaches a cancer risk of `target`.
    ///
    /// # Errors
    /// As [`Air::concentration`].
    pub fn content_at_cancer_risk(&self, target: f64, unit: &InhalationUnitRisk) -> Result<f64, HealthError> {
        Ok(inside("target cancer risk", target)? / (self.of_one()? * UG_IN_MG * unit.value()))
    }
}
