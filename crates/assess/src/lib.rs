//! What a map means: where it is polluted, and what can be said about those places.
//!
//! Everything here works on numbers in memory, on top of `soilscope-core`. The crate never sees a file, a projection
//! library, a thread or a clock; coordinates are easting, northing in the units of the map's CRS.

pub mod class;
pub mod coefficient;
pub mod crop;
pub mod ecology;
pub mod health;
pub mod hotspot;
pub mod indices;
pub mod leaching;
pub mod plan;
pub mod quantity;
pub mod several;
pub mod soil_health;
pub mod sources;
pub mod threshold;
pub mod trend;
