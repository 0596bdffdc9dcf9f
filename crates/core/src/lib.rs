//! Spatial interpolation for soil samples.

pub mod censored;
mod error;
pub mod kriging;
pub mod neighbourhood;
mod predict;
mod samples;
pub mod transform;

pub use error::{Error, Result};
pub use predict::{Gap, Interpolator, Prediction, Predictions, Predictor, Scratch, Targets, Window};
pub use samples::Samples;

/// A place: easting, northing, in CRS units; always this order.
pub type Coord = [f64; 2];
