//! `soilscope variogram`.

use std::path::PathBuf;

use clap::Args;

use super::{DriftArgs, ErrorArgs, ModelArgs, SampleArgs};

#[derive(Debug, Args)]
pub(crate) struct Variogram {
    #[command(flatten)]
    pub(crate) samples: SampleArgs,
    #[command(flatten)]
    pub(crate) errors: ErrorArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) drift: DriftArgs,
    /// Only the empirical variogram, no fit
    #[arg(long, conflicts_with_all = ["model", "fit_weights", "fit", "intervals"])]
    pub(crate) no_fit: bool,
    /// Write the variogram cloud to this CSV file: every pair of samples up to the largest lag, with their lines in the file
    #[arg(long, value_name = "FILE.csv", help_heading = "Other variograms")]
    pub(crate) cloud: Option<PathBuf>,
    /// Covariances of the lag classes instead of semivariances, the variance at lag 0 first; no fit
    #[arg(long, help_heading = "Other variograms", conflicts_with_all = [
        "model", "fit_weights", "fit", "intervals", "estimator", "no_fit", "cloud", "cross",
    ])]
    pub(crate) covariogram: bool,
    /// Direct and cross variograms of --analyte and these, of the places where both are measured, with a linear model of
    /// coregionalisation that has the structures of --analyte's own model; its sills are fitted, so --model leaves them open
    #[arg(long, value_name = "ANALYTE[,ANALYTE…]", value_delimiter = ',', requires = "analyte", help_heading = "Other variograms",
        conflicts_with_all = ["cloud", "estimator", "error_sd", "error_cv"])]
    pub(crate) cross: Vec<String>,
    /// Write to a file by its ending: .csv the lag classes, .json everything, .png or .svg a plot; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}
