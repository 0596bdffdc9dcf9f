//! Spatial interpolation of soil samples: variograms, kriging, inverse distance, cross-validation.
//!
//! This crate is the mathematics and nothing else: it knows no file, thread, clock, coordinate system or command line. It
//! builds on any target that nalgebra and rstar build on, and may be embedded anywhere.
//!
//! # From points in memory to predictions
//! ```
//! use soilscope_core::{Interpolator, Samples, auto, executor::Serial};
//! use soilscope_core::{drift::Drift, kriging::Kriging, neighbourhood::Neighbourhood};
//!
//! # fn main() -> Result<(), soilscope_core::Error> {
//! # let coords: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10) * 10.0, f64::from(i / 10) * 10.0]).collect();
//! # let values: Vec<f64> = coords.iter().map(|c| (c[0] / 25.0).sin() + (c[1] / 30.0).cos()).collect();
//! let samples = Samples::new(coords, values)?;
//! let choice = auto::choose(&samples, &auto::Settings::default(), &Serial)?;
//! println!("{}", choice.explain());
//! let kriging = Kriging::new(choice.variogram().clone(), Drift::Constant, Neighbourhood::nearest(32)?);
//! let predictor = kriging.fit(&samples)?;
//! match predictor.predict([42.0, 17.0]) {
//!     Ok(p) => println!("{} ± {}", p.value, p.variance.unwrap_or(0.0).sqrt()),
//!     Err(gap) => println!("no prediction: {gap:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Conventions
//! - Coordinates are easting then northing, in CRS units; azimuths are degrees clockwise from north. Samples made
//!   [`on_sphere`](Samples::on_sphere) have longitude then latitude in degrees, and great-circle distances.
//! - Ranges are gstat's parameters, not distances to 95 % of the sill ([`variogram::Variogram::effective_range`] is that).
//! - A lag class is (lower, upper].
//! - The kriging variance of a point includes the nugget, and is 0 at a sample without measurement error; measurement
//!   error is not part of it.
//! - Results depend on the samples and settings alone: not on the order of calls, the size of a batch, or a thread.

pub mod association;
pub mod auto;
pub mod censored;
pub mod cokriging;
pub mod declustering;
pub mod drift;
mod error;
pub mod executor;
pub mod idw;
pub mod kriging;
pub mod likelihood;
mod memory;
pub mod metric;
mod mixture;
pub mod neighbourhood;
pub mod normal;
pub mod normal_score;
mod predict;
pub mod random;
mod samples;
mod simd;
pub mod simulation;
mod spent;
pub mod student;
pub mod support;
mod targets;
pub mod together;
pub mod transform;
pub mod trust;
pub mod validation;
pub mod variogram;

pub use error::{Error, Result};
pub use memory::Memory;
pub use mixture::{Mixture, Mixtures};
pub use predict::{Gap, Interpolator, Outcome, Prediction, Predictions, Predictor, Scratch, leave_out_by_refitting};
pub use samples::{Samples, place_key};
pub use simd::instruction_set;
pub use spent::Spent;
pub use targets::{Targets, Window};

/// A place: easting, northing, in CRS units; always this order.
pub type Coord = [f64; 2];

/// The Rust of a chapter of the documentation is run with that of the library.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from.md")]
struct ComingFrom;
