//! Wildlife: the soil at which what an animal eats reaches its toxicity reference value.
//!
//! ```
//! use soilscope_assess::ecology::{Receptor, WildlifeToxicity, back_calculate, food_uptake};
//! // The shrew eats earthworms and 3 % soil: 0.36 mg/kg of cadmium, as the U.S. EPA prints it.
//! let level = back_calculate(&Receptor::builtin("shrew")?, &food_uptake("Cd", "earthworm")?, &WildlifeToxicity::builtin("Cd", "mammals")?)?;
//! assert!((level.value - 0.36).abs() < 0.005);
//! # Ok::<(), soilscope_assess::ecology::EcologyError>(())
//! ```

mod eco_ssl;

pub use eco_ssl::{Receptor, SoilLevel, Uptake, WildlifeToxicity, back_calculate, food_uptake, hazard_quotient};

use thiserror::Error;

use crate::quantity::BadQuantity;

/// Why a soil level for wildlife is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EcologyError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// Something that the table does not have.
    #[error("the built-in table has no {what} '{name}'; it has {has}")]
    Unknown {
        /// What is missing.
        what: &'static str,
        /// As it was asked for.
        name: String,
        /// What there is.
        has: String,
    },
    /// No soil content that a number is used for gives a quotient of 1.
    #[error(
        "the hazard quotient does not reach 1 between {least:e} and {most:e} mg/kg of soil: check diet, uptake and reference value"
    )]
    OutOfReach {
        /// Least content tried, mg/kg.
        least: f64,
        /// Most content tried, mg/kg.
        most: f64,
    },
}
