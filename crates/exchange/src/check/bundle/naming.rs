//! Rules N: names of rasters.

pub mod pattern;
