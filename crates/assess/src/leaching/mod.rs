//! From soil to groundwater: partition between soil, water and air, dilution, metals in the soil solution, pesticides.
//!
//! ```
//! use soilscope_assess::leaching::{PorousSoil, Sorption};
//! // Cadmium: 0.005 mg/L in the well, diluted 20 times, Kd 75 L/kg.
//! let soil = PorousSoil { water: 0.3, air: 0.13, bulk_density: 1.5 };
//! let level = soil.screening_level(0.005, 20.0, &Sorption { kd: 75.0, henry: 0.0 })?;
//! assert!((level - 7.52).abs() < 1e-12);
//! # Ok::<(), soilscope_assess::leaching::LeachingError>(())
//! ```

mod dilution;
mod metal;
mod pesticide;
mod three_phase;
mod transport;

pub use dilution::{Aquifer, DilutionAttenuation, Source};
pub use metal::{CadmiumSoil, Form, MetalSoil, SoilSolution, WaterRegime, cadmium_solution, metal_solution};
pub use pesticide::{Gus, gus};
pub use three_phase::{PorousSoil, Sorption, henry_without_unit, kd_of_organic};
pub use transport::{Column, attenuation, retardation};

use thiserror::Error;

use crate::quantity::BadQuantity;

/// Why a number about leaching is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LeachingError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// A metal without a regression.
    #[error("there is no regression for {metal}; there are some for {has}")]
    Metal {
        /// As it was asked for.
        metal: String,
        /// What there is.
        has: String,
    },
    /// A regression that says next to nothing.
    #[error(
        "the direct regression for {metal} explains {r2} of the variance: it says next to nothing of the soil solution; take the \
         inverse form as a bound, or measure the solution"
    )]
    Useless {
        /// The metal.
        metal: String,
        /// Its R².
        r2: f64,
    },
    /// Water and air that do not fit into the pores.
    #[error("water {water} and air {air} are together more than the soil's volume")]
    Pores {
        /// Water, share of the volume.
        water: f64,
        /// Air, share of the volume.
        air: f64,
    },
}
