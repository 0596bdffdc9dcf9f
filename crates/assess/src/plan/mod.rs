//! Where to sample next: sites that lower most what is wrong with a map, designs where there is no map yet, and the chance
//! that a hotspot lies between the samples.

mod detection;
mod greedy;
mod initial;
mod misclassification;

pub use detection::{Lattice, Target, miss_of_lattice, miss_of_samples, spacing_for_miss};
pub use greedy::{Cell, Limits, Lower, Pick, Plan, propose};
pub use initial::{lattice_points, places_looked_at, spacing_of_strata, stratified_cells, stratified_strata};
pub use misclassification::{expected_misclassification, owen_t};
