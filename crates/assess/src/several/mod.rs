//! Several contaminants at once: what realisations of all of them, simulated together, say of places and areas, and what
//! samples say of how they go together.
//!
//! Maps of single contaminants cannot be combined: whether two are above their limits at one place together depends on how
//! they vary together, which is in realisations of both ([`CoSimulation`](soilscope_core::simulation::CoSimulation)) and in
//! nothing else.

mod joint;
mod limits;
mod samples;

pub use joint::{CellsAbove, Joint, JointProducts};
pub use limits::Limits;
pub(crate) use samples::ranks;
pub use samples::{CoOccurrence, Correlation, Held};

use thiserror::Error;

/// What several contaminants cannot be held against.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SeveralError {
    /// No contaminant.
    #[error("there is no contaminant to hold against a limit")]
    None,
    /// A limit that no concentration can be divided by.
    #[error("the limit of contaminant {contaminant} is {value}: fractions of a limit need one above 0")]
    Limit {
        /// Zero-based.
        contaminant: usize,
        /// The limit.
        value: f64,
    },
    /// Another number of things than there must be.
    #[error("{found} {what}, but there must be {needed}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// The caller's executor gave up.
    #[error("cancelled")]
    Cancelled,
}
