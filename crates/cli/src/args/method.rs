//! How values are predicted: the drift, the samples that serve a target, the support, errors of the samples.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use soilscope_core::support::BlockNodes;

use crate::words::{Block, CovariateRaster, Fallback, Method, Neighbours, RelativeError};

/// What is kriged, and with which spatial mean.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Method")]
pub(crate) struct DriftArgs {
    /// `ordinary`, `simple:MEAN` (on the modelling scale), `universal:DEGREE` (a polynomial of the place, 1 to 4),
    /// `external:COVARIATE[,COVARIATE…]` (as dist, sqrt(dist), log(dist), dist^2), `indicator:VALUE` (the probability of
    /// being above it), `cokriging:ANALYTE[,ANALYTE…]` (other analytes help to predict this one, measured at the same places
    /// or at others), `idw:POWER` or `nearest`
    #[arg(long, default_value = "ordinary", value_name = "METHOD")]
    pub(crate) method: Method,
    /// Degree of a polynomial of the place beside the covariates of `external`
    #[arg(long, value_name = "DEGREE", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) drift_degree: Option<u8>,
    /// Raster of a covariate, in the CRS of the map; a place has the value of the cell it lies in. Samples have theirs from
    /// the column NAME, or from the raster where there is none; may be repeated
    #[arg(long, value_name = "NAME=RASTER")]
    pub(crate) covariate: Vec<CovariateRaster>,
    /// Covariate whose numbers are names of classes, as a column of text is by itself; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) categorical: Vec<String>,
}

/// How values are predicted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Method")]
pub(crate) struct MethodArgs {
    #[command(flatten)]
    pub(crate) drift: DriftArgs,
    /// File of the other analytes of `cokriging`, read with the same options [default: the file of the samples]. Wherever
    /// they are from, --unit and --limit are those of --analyte alone
    #[arg(long, value_name = "SAMPLES")]
    pub(crate) secondary: Option<PathBuf>,
    /// Most samples for a target, nearest first, or `all` [default: all up to 300 samples (for IDW 12), else 32]; for
    /// cokriging, most of each analyte [default: all up to 1000 of them together, else 32]
    #[arg(long, value_name = "MAX", allow_negative_numbers = true, alias = "neighbors")]
    pub(crate) neighbours: Option<Neighbours>,
    /// Fewest samples for a target: with fewer there is no prediction
    #[arg(long, value_name = "MIN", allow_negative_numbers = true, default_value = "1", alias = "min-neighbors")]
    pub(crate) min_neighbours: NonZeroUsize,
    /// Largest distance of a sample to its target
    #[arg(long, value_name = "DISTANCE", allow_negative_numbers = true)]
    pub(crate) radius: Option<f64>,
    /// Sectors around a target that share --neighbours evenly: 4 or 8
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "neighbours")]
    pub(crate) sectors: Option<usize>,
    /// Samples that the mean or drift is estimated from: a target's neighbours, or all at once, which serves targets in gaps
    /// much wider than the neighbourhood
    #[arg(long, value_enum, value_name = "SAMPLES")]
    pub(crate) drift_from: Option<DriftFrom>,
    /// What to use where `--model auto` finds no model: `idw:POWER`, `nearest`, `mean`, or a whole model [default: stop and say
    /// why]
    #[arg(long, value_name = "METHOD|MODEL")]
    pub(crate) fallback: Option<Fallback>,
    /// Multiply the variances by what spatial-block cross-validation finds them wrong by
    #[arg(long)]
    pub(crate) calibrate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DriftFrom {
    /// The neighbours of each target
    Neighbours,
    /// All samples, by generalised least squares (Vecchia's approximation)
    All,
}

/// What a prediction speaks for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Method")]
pub(crate) struct BlockArgs {
    /// Predict the mean of a block around each target, CRS units [default: the value at the target]
    #[arg(long, value_name = "SIZE[xSIZE]", allow_negative_numbers = true)]
    pub(crate) block: Option<Block>,
    /// Points that stand for a block [default: gauss4]
    #[arg(long, value_enum, value_name = "NODES", requires = "block")]
    pub(crate) block_nodes: Option<NodesChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NodesChoice {
    /// 4 × 4 Gauss–Legendre nodes
    #[value(name = "gauss4")]
    Gauss4,
    /// Centres of 4 × 4 equal parts
    #[value(name = "regular4")]
    Regular4,
}

impl From<NodesChoice> for BlockNodes {
    fn from(choice: NodesChoice) -> Self {
        match choice {
            NodesChoice::Gauss4 => Self::GAUSS_4,
            NodesChoice::Regular4 => Self::REGULAR_4,
        }
    }
}

/// Measurement errors of the samples.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Samples")]
pub(crate) struct ErrorArgs {
    /// Column of standard deviations of the samples' measurement errors, in the unit of the values
    #[arg(long, value_name = "COLUMN", conflicts_with = "error_cv")]
    pub(crate) error_sd: Option<String>,
    /// Measurement errors as a share of the value: a percentage for all, or a column of percentages
    #[arg(long, value_name = "COLUMN|PERCENT", allow_negative_numbers = true)]
    pub(crate) error_cv: Option<RelativeError>,
}

impl ErrorArgs {
    /// Whether errors were given.
    pub(crate) fn are_given(&self) -> bool {
        self.error_sd.is_some() || self.error_cv.is_some()
    }
}
