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
    #[arg(long, conflicts_with_all = ["model", "fit_weights"])]
    pub(crate) no_fit: bool,
    /// Write to a file by its ending: .csv the lag classes, .json everything, .png or .svg a plot; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) overwrite: bool,
}
