//! `soilscope map`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{BlockArgs, DecisionArgs, ErrorArgs, GridArgs, MethodArgs, ModelArgs, RunArgs, SampleArgs, ScaleChoice};

/// A raster of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RasterChoice {
    /// The prediction
    Prediction,
    /// The standard deviation of its error
    Sd,
    /// The probability of being above the limit
    Exceedance,
    /// The limit of each cell, where it differs
    Threshold,
    /// Reasons not to trust a cell
    Trust,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Map {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    #[command(flatten)]
    pub(crate) errors: ErrorArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) method: MethodArgs,
    #[command(flatten)]
    pub(crate) block: BlockArgs,
    #[command(flatten)]
    pub(crate) grid: GridArgs,
    #[command(flatten)]
    pub(crate) decision: DecisionArgs,
    /// Scale of the prediction and its standard deviation
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(crate) scale: ScaleChoice,
    /// Folder for the results; made where it does not exist
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: PathBuf,
    /// Replace results that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
    /// Creation option of GDAL's COG driver, as COMPRESS=ZSTD; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Output")]
    pub(crate) co: Vec<String>,
    /// Title of the picture [default: analyte and place]
    #[arg(long, help_heading = "Output")]
    pub(crate) title: Option<String>,
    /// These rasters and the record alone, for the quickest run: no cross-validation, hotspots or picture
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "RASTER,…",
        conflicts_with_all = ["title", "confidence", "min_area", "smooth", "depth", "treat_cost", "realisations", "seed"],
        help_heading = "Output"
    )]
    pub(crate) only: Vec<RasterChoice>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl Map {
    /// Whether a raster is wanted.
    pub(crate) fn wants(&self, raster: RasterChoice) -> bool {
        self.only.is_empty() || self.only.contains(&raster)
    }
}
