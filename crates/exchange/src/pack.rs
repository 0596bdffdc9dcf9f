//! Bundles from finished runs: rasters on agreed grids, hotspots, styles, and the records beside them.

mod about;

pub use about::{About, Access, Date, Extent, Privacy, Subject};
