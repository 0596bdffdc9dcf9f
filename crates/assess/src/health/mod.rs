//! Human health: doses through soil, hazard quotients, cancer risks, and the contents at which they reach a target.
//!
//! The equations are those of the U.S. EPA's Risk Assessment Guidance for Superfund (RAGS). Exposure factors and toxicity
//! values are the caller's, because they are a choice of jurisdiction and year: arsenic's oral reference dose went from 3e-4
//! to 6e-5 mg/kg-d in 2025, and the slope of benzo(a)pyrene from 7.3 to 1 in 2017. Lead has neither and is refused.
//!
//! Factors for the sensitivity of children to mutagens are not in here: apply them to the slope or the dose.
//!
//! ```
//! use soilscope_assess::health::{Exposure, ReferenceDose, Route};
//! let child = Exposure { days_a_year: 350.0, years: 6.0, body_weight: 15.0, averaging_days: 6.0 * 365.0 };
//! let ingestion = Route::Ingestion { soil_mg_a_day: 200.0, from_site: 1.0 };
//! let cadmium = ReferenceDose::new("Cd", 1e-3)?;
//! // 1 mg/kg-d × 15 kg × 2190 d / (200e-6 kg/d × 350 d/a × 6 a) × 1e-3
//! let content = ingestion.content_at_hazard(1.0, &cadmium, &child)?;
//! assert!((content - 78.2143).abs() < 1e-4);
//! # Ok::<(), soilscope_assess::health::HealthError>(())
//! ```

mod air;
mod risk;
mod route;
mod toxicity;

pub use air::Air;
pub use risk::{HazardIndex, Quotient, cancer_risk_class, hazard_indices};
pub use route::{AgePhase, Exposure, Route, age_adjusted_ingestion, combined_content, ingestion_over_ages};
pub use toxicity::{InhalationUnitRisk, ReferenceConcentration, ReferenceDose, SlopeFactor};

use thiserror::Error;

use crate::quantity::BadQuantity;

/// Why a dose, a risk or a content is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum HealthError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// Lead.
    #[error(
        "lead has no reference dose and no slope factor, because no dose without effect is known: use a model of lead in blood \
         (IEUBK for children, ALM for adults) or a national limit; the 0.0035 mg/kg-d that the literature passes on comes from \
         an old WHO intake"
    )]
    Lead,
    /// A particle emission factor that no air could have.
    #[error(
        "a particle emission factor of {value} m³/kg would be more than 100 mg of soil in every m³ of air: 1.36e9 is the common \
         value (one package has 1.36^9, which is 15.9)"
    )]
    EmissionFactor {
        /// What was given.
        value: f64,
    },
    /// Nothing to combine.
    #[error("there is no route to combine")]
    NoRoute,
}
