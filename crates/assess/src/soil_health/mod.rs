//! Soil health: indicators scored from 0 to 1, weighted, and summed, with the least score and a veto beside the sum.
//!
//! A weighted mean hides a function of the soil that fails; so the least score always stands beside it, and a contaminant
//! that scores 0 keeps the class at poor or below. No standard says what is good: the classes are a convention of this
//! library.
//!
//! ```
//! use soilscope_assess::soil_health::{Indicator, Score, soil_health};
//! let indicators = [
//!     Indicator::new("organic carbon", Score::More { best: 4.0 }.scored(3.6)?, 0.6),
//!     Indicator::contaminant("cadmium over its limit", Score::CONTAMINATION.scored(2.5)?, 0.4),
//! ];
//! let health = soil_health(&indicators)?;
//! assert!((health.value - 0.54).abs() < 1e-12);
//! assert_eq!((health.class.label, health.vetoed), ("poor", true)); // moderate, were it not for cadmium
//! # Ok::<(), soilscope_assess::soil_health::SoilHealthError>(())
//! ```

mod index;
mod score;
mod weights;

pub use index::{Indicator, SoilHealth, soil_health};
pub use score::{Score, Scored};
pub use weights::{component_weights, normalised_weights};

use thiserror::Error;

use crate::quantity::BadQuantity;

/// Why a score, a weight or an index is refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SoilHealthError {
    /// A number outside the formula's domain.
    #[error(transparent)]
    Quantity(#[from] BadQuantity),
    /// Nothing to weigh.
    #[error("there is no indicator")]
    Nothing,
    /// Weights that are no shares.
    #[error("the weights sum to {sum}, not to 1: divide them by their sum (normalised_weights)")]
    Weights {
        /// Their sum.
        sum: f64,
    },
    /// An indicator of a component that was not retained.
    #[error("indicator {indicator} is of component {component}, but {components} are retained")]
    Component {
        /// Zero-based.
        indicator: usize,
        /// Zero-based.
        component: usize,
        /// How many there are.
        components: usize,
    },
    /// Points of a contamination score that do not ascend.
    #[error("the score of a contaminant falls at {full}, {half} and {none}: they must ascend")]
    Points {
        /// Up to here 1.
        full: f64,
        /// Here ½.
        half: f64,
        /// From here 0.
        none: f64,
    },
}
