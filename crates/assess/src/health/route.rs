//! Doses by ingestion, skin and breath, and the contents that they come from.

use super::HealthError;
use super::toxicity::{ReferenceDose, SlopeFactor};
use crate::quantity::{self, days_a_year, not_negative, positive, share};

/// How long somebody is exposed, and over what the dose is averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Days a year, EF.
    pub days_a_year: f64,
    /// Years, ED.
    pub years: f64,
    /// Body weight BW, kg.
    pub body_weight: f64,
    /// Averaging time AT, days: 365 a year of exposure for effects other than cancer, 25550 (70 years) for cancer.
    pub averaging_days: f64,
}

impl Exposure {
    /// EF × ED / (BW × AT), 1/kg.
    fn share_of_time(&self) -> Result<f64, HealthError> {
        let days = days_a_year(self.days_a_year)?;
        let years = positive("years of exposure", self.years)?;
        let weight = positive("body weight in kg", self.body_weight)?;
        let averaging = positive("averaging time in days", self.averaging_days)?;
        Ok(days * years / (weight * averaging))
    }
}

/// A way of soil into the body, with what it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Route {
    /// Soil and dust that are swallowed.
    Ingestion {
        /// Soil swallowed, IR, mg/d.
        soil_mg_a_day: f64,
        /// Share of it that is from the site, FI.
        from_site: f64,
    },
    /// Soil on the skin.
    Dermal {
        /// Skin that soil reaches, SA, cm².
        skin_cm2: f64,
        /// Soil that sticks, AF, mg/cm² a day.
        adherence: f64,
        /// Share of the substance that is taken up, ABS.
        absorbed: f64,
    },
    /// Dust in the air, as a dose: the form before RAGS Part F. For the newer form see [`Air`](super::Air).
    Inhalation {
        /// Air breathed, InhR, m³/d.
        air_m3_a_day: f64,
        /// Particle emission factor PEF, m³/kg.
        emission_factor: f64,
    },
}

/// mg of soil in a kg, as 1e-6.
const KG_IN_MG: f64 = 1e-6;
/// Least particle emission factor, m³/kg: 100 mg of soil in a m³ of air.
const LEAST_EMISSION_FACTOR: f64 = 1e4;

pub(super) fn emission_factor(value: f64) -> Result<f64, HealthError> {
    positive("particle emission factor in m³/kg", value)?;
    if value < LEAST_EMISSION_FACTOR { Err(HealthError::EmissionFactor { value }) } else { Ok(value) }
}

impl Route {
    /// Average daily dose, mg per kg of body weight and day, of soil that holds `content` mg/kg.
    ///
    /// Ingestion: C × IR × FI × EF × ED × 1e-6 / (BW × AT). Dermal: C × SA × AF × ABS × EF × ED × 1e-6 / (BW × AT).
    /// Inhalation: C × InhR × EF × ED / (PEF × BW × AT).
    ///
    /// # Errors
    /// A number outside its domain; [`HealthError::EmissionFactor`].
    ///
    /// # Source
    /// U.S. EPA (1989), RAGS Part A, EPA/540/1-89/002; the skin as in Part E, EPA/540/R/99/005 (2004); both as in ChinaXiv 201809.00029V1
    /// and the R package EnviroPRA2.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::health::{Exposure, Route};
    /// // The example of EnviroPRA2 for the skin.
    /// let exposure = Exposure { days_a_year: 350.0, years: 24.0, body_weight: 70.0, averaging_days: 25550.0 };
    /// let skin = Route::Dermal { skin_cm2: 2800.0, adherence: 0.2, absorbed: 0.001 };
    /// assert_eq!(format!("{:.4e}", skin.dose(0.2, &exposure)?), "5.2603e-10");
    /// # Ok::<(), soilscope_assess::health::HealthError>(())
    /// ```
    pub fn dose(&self, content: f64, exposure: &Exposure) -> Result<f64, HealthError> {
        Ok(not_negative("content in mg/kg", content)? * self.dose_of_one(exposure)?)
    }

    /// Dose of soil with 1 mg/kg: doses are in proportion to the content.
    fn dose_of_one(&self, exposure: &Exposure) -> Result<f64, HealthError> {
        let a_day = match *self {
            Self::Ingestion { soil_mg_a_day, from_site } => {
                positive("soil swallowed in mg/d", soil_mg_a_day)?
                    * share("share of the soil from the site", from_site)?
            }
            Self::Dermal { skin_cm2, adherence, absorbed } => {
                positive("skin in cm²", skin_cm2)?
                    * positive("soil on the skin in mg/cm² a day", adherence)?
                    * share("share absorbed through the skin", absorbed)?
            }
            Self::Inhalation { air_m3_a_day, emission_factor: factor } => {
                positive("air breathed in m³/d", air_m3_a_day)? / emission_factor(factor)? / KG_IN_MG
            }
        };
        Ok(a_day * KG_IN_MG * exposure.share_of_time()?)
    }

    /// Content, mg/kg, at which this route alone reaches a hazard quotient of `target`.
    ///
    /// # Errors
    /// As [`Route::dose`]; a route by which nothing is taken up.
    pub fn content_at_hazard(
        &self,
        target: f64,
        reference: &ReferenceDose,
        exposure: &Exposure,
    ) -> Result<f64, HealthError> {
        self.content_at(positive("target hazard quotient", target)? * reference.value(), exposure)
    }

    /// Content, mg/kg, at which this route alone reaches a cancer risk of `target`, as 1e-6.
    ///
    /// # Errors
    /// As [`Route::dose`]; a target that is not above 0 and below 1; a route by which nothing is taken up.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::health::{Exposure, Route, SlopeFactor};
    /// let exposure = Exposure { days_a_year: 350.0, years: 24.0, body_weight: 70.0, averaging_days: 25550.0 };
    /// let route = Route::Ingestion { soil_mg_a_day: 100.0, from_site: 1.0 };
    /// let arsenic = SlopeFactor::new("As", 1.5)?;
    /// let content = route.content_at_cancer_risk(1e-6, &arsenic, &exposure)?;
    /// assert!((arsenic.risk(route.dose(content, &exposure)?)? - 1e-6).abs() < 1e-18);
    /// # Ok::<(), soilscope_assess::health::HealthError>(())
    /// ```
    pub fn content_at_cancer_risk(
        &self,
        target: f64,
        slope: &SlopeFactor,
        exposure: &Exposure,
    ) -> Result<f64, HealthError> {
        self.content_at(crate::quantity::inside("target cancer risk", target)? / slope.value(), exposure)
    }

    fn content_at(&self, dose: f64, exposure: &Exposure) -> Result<f64, HealthError> {
        Ok(dose / positive("dose of soil with 1 mg/kg", self.dose_of_one(exposure)?)?)
    }
}

/// Content at which several routes together reach the target that each reaches alone at one of `contents`:
/// 1 / Σ 1/RBC.
///
/// # Errors
/// No route; a content that is not above 0.
///
/// # Source
/// Follows from the sum of quotients or risks over routes (RAGS Part A), each in proportion to the content.
///
/// # Examples
/// ```
/// use soilscope_assess::health::combined_content;
/// assert_eq!(combined_content(&[100.0, 100.0])?, 50.0);
/// # Ok::<(), soilscope_assess::health::HealthError>(())
/// ```
pub fn combined_content(contents: &[f64]) -> Result<f64, HealthError> {
    if contents.is_empty() {
        return Err(HealthError::NoRoute);
    }
    let mut sum = 0.0;
    for &content in contents {
        sum += 1.0 / positive("content of one route in mg/kg", content)?;
    }
    Ok(1.0 / sum)
}

/// Soil swallowed in one phase of life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgePhase {
    /// Soil swallowed, mg/d.
    pub soil_mg_a_day: f64,
    /// Years of this phase.
    pub years: f64,
    /// Body weight, kg.
    pub body_weight: f64,
}

/// Age-adjusted ingestion of soil, mg a/(kg d): Σ IR × ED / BW over the phases of life.
///
/// # Errors
/// No phase; a number that is not above 0.
///
/// # Source
/// Texas 30 TAC 335.553(1), which prints 113.8 and rounds to 114.
///
/// # Examples
/// ```
/// use soilscope_assess::health::{AgePhase, age_adjusted_ingestion};
/// let child = AgePhase { soil_mg_a_day: 200.0, years: 6.0, body_weight: 15.1 };
/// let adult = AgePhase { soil_mg_a_day: 100.0, years: 24.0, body_weight: 70.0 };
/// assert!((age_adjusted_ingestion(&[child, adult])? - 113.8).abs() < 0.05);
/// # Ok::<(), soilscope_assess::health::HealthError>(())
/// ```
pub fn age_adjusted_ingestion(phases: &[AgePhase]) -> Result<f64, HealthError> {
    if phases.is_empty() {
        return Err(HealthError::NoRoute);
    }
    let mut sum = 0.0;
    for phase in phases {
        let soil = positive("soil swallowed in mg/d", phase.soil_mg_a_day)?;
        let years = positive("years of the phase", phase.years)?;
        sum += soil * years / positive("body weight in kg", phase.body_weight)?;
    }
    Ok(sum)
}

/// Average daily dose, mg/kg-d, by an age-adjusted ingestion: C × IFS × EF × 1e-6 / AT.
///
/// # Units
/// Content in mg/kg, adjusted ingestion in mg a/(kg d), at most 366 days a year, averaging time in days.
///
/// # Errors
/// A number outside its domain.
///
/// # Source
/// [`Route::dose`] of ingestion, with [`age_adjusted_ingestion`] in the place of IR × ED / BW.
pub fn ingestion_over_ages(
    content: f64,
    adjusted: f64,
    days_a_year: f64,
    averaging_days: f64,
) -> Result<f64, HealthError> {
    let content = not_negative("content in mg/kg", content)?;
    let adjusted = positive("age-adjusted ingestion in mg a/(kg d)", adjusted)?;
    let days = quantity::days_a_year(days_a_year)?;
    Ok(content * adjusted * days * KG_IN_MG / positive("averaging time in days", averaging_days)?)
}
