//! soilscope-core over rasters: a [`grid`] is divided into tiles, [`run`] predicts them in parallel, a [`tile::TileSink`]
//! writes them. This crate knows files, GDAL and threads, and nothing of the mathematics nor of the command line.

pub mod covariates;
pub mod crs;
mod error;
pub mod executor;
pub mod grid;
#[cfg(feature = "gdal")]
pub mod io;
pub mod journal;
pub mod mask;
pub mod points;
pub mod product;
pub mod run;
pub mod samples;
pub mod scatter;
pub mod strips;
pub mod summary;
pub mod thresholds;
pub mod tidy;
pub mod tile;
pub mod watch;

pub use error::{Error, Result};
pub use watch::{Unwatched, Watch};
