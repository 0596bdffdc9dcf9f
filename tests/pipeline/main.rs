//! Rasters: the same bits for any threads and tiles, complete or absent, and readable as cloud-optimised GeoTIFF.

// Tests may panic.
#![allow(clippy::unwrap_used)]

mod covariates;
mod files;
mod grids;
mod masks;
mod runs;
mod strips;
mod support;
mod thresholds;
mod together;
