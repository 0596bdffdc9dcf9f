//! `soilscope hotspots`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
pub(crate) struct Hotspots {
    /// One raster: probabilities of being above a limit, or with --threshold values. Two rasters of one grid: values, then
    /// probabilities
    #[arg(value_name = "RASTER", num_args = 1..=2, required = true)]
    pub(crate) rasters: Vec<PathBuf>,
    /// Raster of reasons not to trust a cell, on the same grid, as a map writes it (ANALYTE_trust.tif): says how much of each hotspot
    /// is not to be trusted, and why
    #[arg(long, value_name = "RASTER")]
    pub(crate) trust: Option<PathBuf>,
    /// A hotspot is where the probability is at least this [default: 0.8]
    #[arg(
        long,
        value_name = "P",
        allow_negative_numbers = true,
        conflicts_with = "threshold",
        help_heading = "Decision"
    )]
    pub(crate) confidence: Option<f64>,
    /// The raster holds values, and a hotspot is where they are above this
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite, help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    /// Leave out hotspots smaller than this, CRS units squared
    #[arg(long, value_name = "AREA", allow_negative_numbers = true, default_value_t = 0.0, help_heading = "Decision")]
    pub(crate) min_area: f64,
    /// Cells that meet at a corner belong together, not only those that share an edge
    #[arg(long, help_heading = "Decision")]
    pub(crate) corners: bool,
    /// Round the outlines by so many passes of corner cutting
    #[arg(long, value_name = "PASSES", value_parser = clap::value_parser!(u8).range(1..=5), help_heading = "Decision")]
    pub(crate) smooth: Option<u8>,
    /// Depth of the soil that the values stand for, metres: gives volumes
    #[arg(long, value_name = "METRES", allow_negative_numbers = true, value_parser = crate::words::positive, help_heading = "Decision")]
    pub(crate) depth: Option<f64>,
    /// What it costs to treat a square metre of ground (a cubic metre of soil, with --depth), in any currency
    #[arg(long, value_name = "MONEY", allow_negative_numbers = true, value_parser = crate::words::positive, help_heading = "Decision")]
    pub(crate) treat_cost: Option<f64>,
    /// What it costs to leave as much that is above the limit untreated
    #[arg(long, value_name = "MONEY", requires = "treat_cost", allow_negative_numbers = true, value_parser = crate::words::positive, help_heading = "Decision")]
    pub(crate) leave_cost: Option<f64>,
    /// CRS of rasters that do not say it; `local` is a plane that is nowhere on Earth
    #[arg(long, value_name = "CRS")]
    pub(crate) crs: Option<String>,
    /// Write polygons (.gpkg, .geojson) or, of probabilities, the curve of areas against confidence (.csv, .png) here, by the ending;
    /// may be repeated
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
}
