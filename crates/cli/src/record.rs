//! The run record: everything it takes to judge a map, or to make it again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use soilscope_pipeline::tidy::Beside;

use crate::Outcome;
use crate::args::Common;
use crate::follow::complete;
use crate::memory::{Bytes, peak};
use crate::output::{self, say};

/// A file that went in or came out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FileRecord {
    pub(crate) role: &'static str,
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl FileRecord {
    /// Reads the file once for its sum.
    pub(crate) fn of(role: &'static str, path: &Path) -> Result<Self> {
        let failed = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(failed)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let n = file.read(&mut buffer).with_context(failed)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
            bytes += n as u64;
        }
        let sha256 = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Self { role, path: path.display().to_string(), bytes, sha256 })
    }
}

/// Versions of what computed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Versions {
    pub(crate) soilscope: &'static str,
    pub(crate) gdal: String,
    pub(crate) proj: String,
}

impl Versions {
    pub(crate) fn here() -> Self {
        Self {
            soilscope: env!("CARGO_PKG_VERSION"),
            gdal: soilscope_pipeline::io::gdal_version(),
            proj: soilscope_pipeline::crs::proj_version(),
        }
    }
}

/// When the run took place, and how long its stages took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Times {
    /// UTC.
    pub(crate) started: String,
    /// The time that the files of the run hold, UTC: with `SOURCE_DATE_EPOCH` set to it another run can give the same bytes.
    pub(crate) dated: String,
    /// Wall-clock seconds by stage.
    pub(crate) seconds: BTreeMap<&'static str, f64>,
    /// The most memory that the process held, bytes; `None` where the system does not say.
    pub(crate) peak_memory: Option<Bytes>,
    #[serde(skip)]
    begun: Instant,
    #[serde(skip)]
    lap: Instant,
}

impl Times {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        let started = output::now();
        // One that cannot be read is refused where files are opened.
        let dated = output::dated().unwrap_or_else(|_| started.clone());
        Self { started, dated, seconds: BTreeMap::new(), peak_memory: None, begun: now, lap: now }
    }

    /// Ends a stage.
    pub(crate) fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        *self.seconds.entry(stage).or_default() += (now - self.lap).as_secs_f64();
        self.lap = now;
    }

    /// Ends the run.
    pub(crate) fn finish(&mut self) {
        self.seconds.insert("total", self.begun.elapsed().as_secs_f64());
        self.peak_memory = peak();
    }
}

/// The command as it was typed.
pub(crate) fn command_line() -> Vec<String> {
    std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect()
}

/// Writes the record of a run last, for a folder with a record is a finished run, and says what came of it.
pub(crate) fn finish(
    common: &Common,
    record: &impl Serialize,
    notes: &[String],
    summary: &str,
    file: Beside,
) -> Result<Outcome> {
    let mut text = serde_json::to_vec_pretty(record)?;
    text.push(b'\n');
    output::fill(file, &text)?;
    complete();
    if !common.quiet {
        notes.iter().for_each(|note| say(&format!("note: {note}")));
    }
    if common.json {
        output::print(std::str::from_utf8(&text)?)?;
    } else if !common.quiet {
        output::print(summary)?;
    }
    Ok(Outcome::Done)
}
