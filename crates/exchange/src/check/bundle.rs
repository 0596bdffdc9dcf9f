//! Bundles: folders of files that belong together.

pub mod facts;
pub mod folder;
pub mod local;
pub mod tiff;

pub use facts::{CheckOptions, Facts, Flavour, Layer, RasterFacts};
pub use folder::Folder;
