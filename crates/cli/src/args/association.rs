//! `soilscope association`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SampleArgs;
use crate::words::{SpatialWeights, TransformChoice};

#[derive(Debug, Args)]
#[command(
    after_help = "Conventions: probabilities are two-sided (PySAL's and GeoDa's p_sim are one-sided, half of them). Moran's I \
    and Geary's C are tested under randomisation: these values in any order. Local probabilities are those of conditional \
    permutation: each sample keeps its value, and its neighbours' are drawn from all others; the same arrangements serve local \
    Moran's I, Gi and Gi*. q adjusts p for the number of samples (Benjamini and Hochberg 1995): of the samples with q up to \
    --alpha, no more than that share is expected to be found by chance. Gi and Gi* are Ord and Getis' (1995) standardised \
    statistics, the same whether rows are standardised or not; in Gi* a sample weighs as much as its heaviest neighbour."
)]
pub(crate) struct Association {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    /// Scale of the values: `none`, `log`, `box-cox:POWER` (`box-cox` finds the most likely power) or `normal-score`
    #[arg(long, default_value = "none", value_name = "SCALE", help_heading = "Association")]
    pub(crate) transform: TransformChoice,
    /// Neighbours of a sample: `knn:NUMBER` (the nearest), `distance:DISTANCE` (all so near), or `inverse:POWER[:DISTANCE]`
    /// (all, or all so near, by the distance to the power of minus POWER)
    #[arg(long, default_value = "knn:8", value_name = "WEIGHTS", help_heading = "Association")]
    pub(crate) weights: SpatialWeights,
    /// Whether the weights of each sample's neighbours are divided by their sum
    #[arg(long, alias = "standardize", value_enum, default_value_t, value_name = "HOW", help_heading = "Association")]
    pub(crate) standardise: Standardise,
    /// Random arrangements that each sample's probability comes from; 0 takes the normal distribution instead
    #[arg(long, value_name = "N", default_value_t = 999, help_heading = "Association")]
    pub(crate) permutations: u32,
    /// Seed of the arrangements [default: 1]
    #[arg(long, help_heading = "Association")]
    pub(crate) seed: Option<u64>,
    /// Share of false discoveries that is accepted, and the level of the tests of all samples together
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share, help_heading = "Association")]
    pub(crate) alpha: f64,
    /// Write to a file by its ending: .csv, .geojson or .gpkg a row a sample, .json everything, .png or .svg a map of the clusters;
    /// may be repeated
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Standardise {
    /// By the sum of the row: every sample's neighbours count as much in all
    #[default]
    Row,
    /// Not at all: a sample with more neighbours counts more
    None,
}

/// A share between 0 and 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a number between 0 and 1, as 0.05".to_owned())
}
