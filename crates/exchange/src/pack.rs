//! Bundles from finished runs: rasters on agreed grids, hotspots, styles, and the records beside them.

mod about;
mod assemble;
mod dcat;
mod doc;
mod entry;
mod fao;
pub(crate) mod gdal_io;
mod iso;
pub mod names;
mod points;
mod privacy_check;
mod qa;
pub mod raster;
mod records;
mod release;
mod report;
pub mod source;
mod stable;
mod stac;
pub mod styles;
pub mod vector;
mod xml;

pub use about::{About, Access, Date, Extent, Privacy, Subject};
pub use assemble::{PackOptions, Packed, pack};
pub use fao::CensoredAs;
pub use iso::IsoProfile;
