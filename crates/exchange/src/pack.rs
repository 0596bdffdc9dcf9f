//! Bundles from finished runs: rasters on agreed grids, hotspots, styles, and the records beside them.

mod about;
mod gdal_io;
pub mod names;
pub mod raster;
pub mod source;
pub mod styles;
pub mod vector;

pub use about::{About, Access, Date, Extent, Privacy, Subject};
