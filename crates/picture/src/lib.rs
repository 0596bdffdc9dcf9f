//! Pictures of what soilscope found: plain data in, SVG text out, and PNG from SVG with the crate's own font.
//!
//! The crate exists because a renderer and a font are dependencies that no other crate should carry. It knows nothing
//! of files, coordinate reference systems, kriging or clocks: the same input always gives the same bytes.
//!
//! - [`map_svg`] draws a raster, hotspots and samples with a legend, a scale bar and a north arrow;
//! - [`variogram_svg`] draws an empirical variogram and its model;
//! - [`scatter_svg`] draws observed against predicted values;
//! - [`reliability_svg`] draws forecast probabilities against what happened;
//! - [`two_way_svg`] draws a map of classes of two properties at once;
//! - [`curves_svg`] draws lines over one axis, in panels;
//! - [`shares_svg`] draws shares of a whole with their intervals, as bars in a table;
//! - [`svg_to_png`] turns any of them into a PNG without asking the system for a font.
//!
//! The SVG has no `id`, no style sheet and no script, so that several can stand in one HTML page.
//!
//! ```
//! use soilscope_picture::{MapPicture, Raster, map_svg, svg_to_png};
//!
//! let values = [120.0, 300.0, f32::NAN, 900.0];
//! let picture = MapPicture {
//!     title: "Zinc in topsoil",
//!     legend: "zinc (mg/kg)",
//!     raster: Some(Raster { values: &values, width: 2, height: 2, west: 0.0, north: 80.0, cell: [40.0, 40.0] }),
//!     threshold: Some(720.0),
//!     width_px: 400,
//!     ..MapPicture::default()
//! };
//! let svg = map_svg(&picture);
//! assert!(svg.starts_with("<svg"));
//! assert_eq!(svg_to_png(&svg, 1.0)?[1..4], *b"PNG");
//! # Ok::<(), soilscope_picture::Error>(())
//! ```

mod chart;
mod colour;
mod curves;
mod error;
mod map;
mod number;
mod png;
mod raster;
mod reliability;
mod scale;
mod scatter;
mod shares;
mod svg;
mod text;
mod variogram;

pub use colour::{Palette, Rgb};
pub use curves::{Curve, CurvesPanel, CurvesPlot, curves_svg};
pub use error::{Error, Result};
pub use map::{
    LINE_STYLES, LengthUnit, MapPicture, Outlines, PlaceClass, PlacesMap, TwoWayKey, TwoWayMap, Words, map_svg,
    places_svg, shades, two_way_svg,
};
pub use png::svg_to_png;
pub use raster::Raster;
pub use reliability::{ReliabilityPlot, Step, reliability_svg};
pub use scale::{ColourScale, Scale};
pub use scatter::{ScatterPlot, scatter_svg};
pub use shares::{Share, SharesColumn, SharesPlot, shares_svg};
pub use variogram::{Lag, VariogramPlot, VariogramSeries, variogram_svg};
