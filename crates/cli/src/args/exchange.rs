//! Exchange between institutions: what is unchanged, what another run gives.

use std::path::PathBuf;

use clap::Args;

/// `soilscope verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every file is as it was recorded; 1 one is not, or the signature is not valid; 2 the folder cannot be read."
)]
pub(crate) struct Verify {
    /// The folder of a run (with run.json) or a bundle (with MANIFEST.sha256)
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The signer's public key, as minisign wrote it: the signature of the bundle must be by this key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Folder with the files that a run read, where they are not where they were
    #[arg(long, value_name = "FOLDER")]
    pub(crate) inputs: Option<PathBuf>,
}

/// `soilscope replay`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 the answers agree; 1 they do not; 2 the run cannot be made again.")]
pub(crate) struct Replay {
    /// The folder of a run: map, simulate or sources, with its run.json
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Folder with the files that the run read, where they are not where they were
    #[arg(long, value_name = "FOLDER")]
    pub(crate) inputs: Option<PathBuf>,
    /// Folder for the files of the second run [default: they are compared and removed]
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Numbers this close are equal, relative to the larger: another processor or version of a library may round otherwise
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) tolerance: f64,
    /// Replace files of an earlier replay
    #[arg(long)]
    pub(crate) overwrite: bool,
}
