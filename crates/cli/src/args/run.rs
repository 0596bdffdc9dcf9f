//! How a map is computed: at once, in parts, from where an earlier run stopped.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use soilscope_pipeline::journal::Begin;

use crate::memory::Bytes;

/// One of several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) of: NonZeroUsize,
}

/// Reads `3/8`.
fn part(text: &str) -> Result<Part, String> {
    let read = || -> Option<Part> {
        let (number, of) = text.split_once('/')?;
        let part = Part { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? };
        (1..=part.of.get()).contains(&part.number).then_some(part)
    };
    read().ok_or_else(|| "a part is I/N, part I of N counted from 1, as 3/8".to_owned())
}

/// Reads seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.trim().parse::<f64>().ok();
    let duration = number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "seconds are a number from 0 on, as 5 or 0.5".to_owned())
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArgs {
    /// Go on with a run of the same command that did not end, from the strips that it left in the folder; where it left none, begin
    #[arg(long)]
    pub(crate) resume: bool,
    /// Compute part I of N alone, as 3/8, and keep it in the folder: parts need nothing of each other, on one machine or many
    #[arg(long, value_name = "I/N", value_parser = part, conflicts_with_all = ["resume", "assemble", "overwrite"])]
    pub(crate) part: Option<Part>,
    /// Make the map of the parts in the folder, all computed by the same command with --part
    #[arg(long, conflicts_with = "resume")]
    pub(crate) assemble: bool,
    /// Print what the run will take, and do no more: grid, memory, disk, and the time by computing some tiles
    #[arg(long, conflicts_with_all = ["part", "assemble"])]
    pub(crate) dry_run: bool,
    /// Most memory that the process may take, as 2GiB; a map that does not fit is refused with the sum [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<Bytes>,
    /// Seconds after which what was computed since is put on record, for --resume
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, default_value = "5")]
    pub(crate) checkpoint: Duration,
}

impl RunArgs {
    /// How the run stands to what an earlier one left in the folder.
    pub(crate) fn begin(&self, overwrite: bool) -> Begin {
        match self {
            Self { part: Some(_), .. } => Begin::Part,
            Self { assemble: true, .. } => Begin::Assemble,
            Self { resume: true, .. } => Begin::Resume,
            _ if overwrite => Begin::Again,
            _ => Begin::New,
        }
    }
}
