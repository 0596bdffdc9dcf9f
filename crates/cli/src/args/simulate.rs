//! `soilscope simulate`: how fields are simulated, and what is written of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ErrorArgs, GridArgs, GuidelineArgs, ModelArgs, SampleArgs};
use crate::words::{Method, Neighbours};

#[derive(Debug, Clone, Args)]
pub(crate) struct Simulate {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    #[command(flatten)]
    pub(crate) errors: ErrorArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) scores: ScoreArgs,
    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
    #[command(flatten)]
    pub(crate) grid: GridArgs,
    /// What "polluted" means: above this value, in the data's unit
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite, group = "limit-to-hold", help_heading = "Decision")]
    pub(crate) threshold: Option<f64>,
    #[command(flatten)]
    pub(crate) guideline: GuidelineArgs,
    /// Quantiles of the realisations at each cell, as 0.05,0.5,0.95
    #[arg(
        long,
        value_name = "P1,P2,…",
        value_delimiter = ',',
        allow_negative_numbers = true,
        help_heading = "Decision"
    )]
    pub(crate) quantiles: Vec<f64>,
    /// Polygons, as the hotspots of a map: mean, area, volume and mass above the threshold in each, with their spread over the
    /// realisations
    #[arg(long, value_name = "POLYGONS", requires = "limit-to-hold", help_heading = "Decision")]
    pub(crate) zones: Option<PathBuf>,
    /// Depth of the soil that the values stand for, metres: gives volumes
    #[arg(
        long,
        value_name = "METRES",
        requires = "zones",
        allow_negative_numbers = true,
        value_parser = crate::words::positive,
        help_heading = "Decision"
    )]
    pub(crate) depth: Option<f64>,
    /// Dry bulk density of the soil, t/m3: gives masses
    #[arg(
        long,
        value_name = "T/M3",
        requires = "depth",
        allow_negative_numbers = true,
        value_parser = crate::words::bulk_density,
        help_heading = "Decision"
    )]
    pub(crate) bulk_density: Option<f64>,
    /// Folder for the results; made where it does not exist
    #[arg(short, long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: PathBuf,
    /// How the realisations themselves are written
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = "Output")]
    pub(crate) fields: FieldsChoice,
    /// Replace results that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
    /// Creation option of GDAL's COG driver, as COMPRESS=ZSTD; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Output")]
    pub(crate) co: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FieldsChoice {
    /// A raster with a band for each
    #[default]
    Together,
    /// A raster for each
    Separate,
    /// Not at all, only what they say together
    None,
}

/// How ranks become Gaussian.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Normal scores")]
pub(crate) struct ScoreArgs {
    /// Lowest value that there can be [default: of the samples]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite)]
    pub(crate) lowest: Option<f64>,
    /// Highest value that there can be [default: of the samples]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = crate::words::finite)]
    pub(crate) highest: Option<f64>,
    /// Weigh the samples by squares of this side, against dense sampling where values are high
    #[arg(long, value_name = "SIDE", allow_negative_numbers = true)]
    pub(crate) decluster: Option<f64>,
}

/// How fields are simulated.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Simulation")]
pub(crate) struct SimulationArgs {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) realisations: u32,
    /// Seed of all random numbers: the same seed gives the same fields
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// `auto`: circulant where the model allows it on this grid, else sgs
    #[arg(long, value_enum, default_value_t)]
    pub(crate) simulator: SimulatorChoice,
    /// `ordinary` (the mean is estimated) or `simple:MEAN` (on the modelling scale) [default: ordinary; simple:0 for
    /// normal scores]
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<Method>,
    /// Most samples for a cell, nearest first, or `all` [default: sgs 16; circulant all up to 1000 samples, else 64]
    #[arg(long, value_name = "MAX", allow_negative_numbers = true, alias = "neighbors")]
    pub(crate) neighbours: Option<Neighbours>,
    /// Most cells simulated before, nearest first, for a cell; sgs only [default: 32]
    #[arg(long, value_name = "MAX", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) nodes: Option<u32>,
    /// Order of the cells; sgs only [default: coarse-to-fine]
    #[arg(long, value_enum)]
    pub(crate) path: Option<PathChoice>,
    /// A path for each realisation, not one for all; sgs only, and slow
    #[arg(long)]
    pub(crate) own_paths: bool,
    /// Refuse to hold more than this in memory, in GiB
    #[arg(long, value_name = "GIB", default_value_t = 4.0)]
    pub(crate) max_memory: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SimulatorChoice {
    #[default]
    Auto,
    /// Sequential Gaussian simulation
    Sgs,
    /// Circulant embedding, conditioned by kriging
    Circulant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathChoice {
    CoarseToFine,
    Random,
}
