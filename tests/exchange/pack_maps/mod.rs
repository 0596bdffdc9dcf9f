//! Rasters, hotspots and styles of bundles, from run folders that are made here.

mod raster;
mod runs;
mod source;
mod vector;
