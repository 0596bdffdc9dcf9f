//! Rasters.
