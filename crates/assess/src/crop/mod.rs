//! From soil to crop: what plants take up, and the soil at which a crop reaches a limit for food.
//!
//! ```
//! use soilscope_assess::crop::TransferModel;
//! use soilscope_assess::threshold::Soil;
//! let wheat = TransferModel::builtin("NL_Cd_wheat")?;
//! let soil = Soil { ph_kcl: Some(5.0), organic_matter: Some(4.3), clay: Some(10.0), ..Soil::default() };
//! let limit = wheat.soil_at(0.24, &soil)?; // mg/kg of dry grain
//! assert_eq!(format!("{:.3}", limit.value), "1.035");
//! # Ok::<(), soilscope_assess::crop::CropError>(())
//! ```

mod basis;
mod phytoextraction;
mod transfer;

pub use basis::{dry_from_fresh, fresh_from_dry, soil_at_by_factor};
pub use phytoextraction::{Cleanup, Harvest};
pub use transfer::{CriticalSoil, Organic, Reaction, TransferModel};

use thiserror::Error;

use crate::quantity::BadQuantity;
use crate::threshold::Property;

/// Why a number about crops is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CropError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// No such model.
    #[error("there is no transfer model '{model}'; there are {}", .has.join(", "))]
    Model {
        /// As it was asked for.
        model: String,
        /// What there is.
        has: Vec<String>,
    },
    /// Something that the model asks of the soil.
    #[error("the model {model} depends on {}, which is not known", .missing.words())]
    NeedsSoil {
        /// The model.
        model: String,
        /// What is missing.
        missing: Property,
    },
    /// A probability of a model that does not say how much it errs.
    #[error("the source of the model {model} does not print how much it errs, so it has no probability")]
    NoResidual {
        /// The model.
        model: String,
    },
    /// A target that is not below where the soil is.
    #[error("the soil is at {from} mg/kg, which is not above the target of {to}: there is nothing to remove")]
    NothingToRemove {
        /// Content now.
        from: f64,
        /// Content to reach.
        to: f64,
    },
}
