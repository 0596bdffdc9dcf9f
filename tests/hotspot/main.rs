//! Hotspot polygons: known shapes, laws against an independent flood fill, and samples.

mod confidence;
mod each;
mod laws;
mod oracle;
mod shapes;
mod truth;
