//! Rasters: the same bits for any threads and tiles, complete or absent, and readable as cloud-optimised GeoTIFF.

mod files;
mod grids;
mod masks;
mod runs;
mod support;
