//! Sample files, from the bytes to samples that can be interpolated.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod check;
mod columnar;
mod crs;
mod delimited;
mod hostile;
mod judge_places;
mod long;
mod places;
mod prepare;
mod shared;
mod streams;
mod values;
mod vector;

use std::path::{Path, PathBuf};

use soilscope_core::censored::Measurement;
use soilscope_pipeline::Error;
use soilscope_pipeline::samples::{ReadOptions, Reading, SampleTable, read_samples};
use tempfile::TempDir;

/// A folder with one file in it.
struct Scratch {
    folder: TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Self { folder, path }
    }
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(name)
}

/// Analytes by comma, on a local plane.
fn local(analytes: &str) -> ReadOptions {
    ReadOptions { crs: Some("local".into()), ..wanting(analytes) }
}

fn wanting(analytes: &str) -> ReadOptions {
    let analytes = analytes.split(',').filter(|a| !a.is_empty()).map(str::to_owned).collect();
    ReadOptions { analytes, ..ReadOptions::default() }
}

fn read_text(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<SampleTable, Error> {
    read_samples(&Scratch::new("t.csv", text).path, options)
}

/// The error's text without the temporary folder.
fn refusal(text: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    plain(&read_text(text, options).expect_err("should be refused"))
}

fn plain(error: &Error) -> String {
    let text = error.to_string();
    match (text.find("/"), text.find("t.csv")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to..]),
        _ => text,
    }
}

/// Readings of the first analyte: values, `Err(limit)` below one, NaN for missing, `Err(NaN)` for no limit.
fn readings(table: &SampleTable) -> Vec<String> {
    table.analytes()[0]
        .readings()
        .iter()
        .map(|reading| match reading {
            Reading::Missing => "missing".to_owned(),
            Reading::NotDetected => "nd".to_owned(),
            Reading::Measured(Measurement::Quantified(v)) => v.to_string(),
            Reading::Measured(Measurement::BelowLimit(l)) => format!("<{l}"),
        })
        .collect()
}
