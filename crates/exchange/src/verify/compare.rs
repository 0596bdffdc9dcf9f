//! Two runs that should be one: which files differ, in which cells, and by how much.

mod raster;
mod text;
mod vector;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Recorded, Role, folder, record, recorded};
use crate::{Error, Result};

pub use raster::Cells;

/// How a file of the second run is to the one that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The bytes that were recorded.
    Identical,
    /// Other bytes that say the same: no number further apart than the tolerance.
    Equal {
        /// In what the bytes differ, as far as it is known.
        remark: String,
    },
    /// Cells differ.
    Cells(Cells),
    /// Something else differs.
    Different {
        /// The first place where, and in how many.
        what: String,
    },
    /// The second run did not write it.
    Missing,
    /// The file of the first run is not what was recorded any more, so what is in it cannot be compared.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Whether the second run says the same.
    pub fn agrees(&self) -> bool {
        matches!(self, Self::Identical | Self::Equal { .. })
    }
}

/// What became of each file that a run wrote, and of its record.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Relative difference that counts as none.
    pub tolerance: f64,
    /// File, and how it is.
    pub files: Vec<(String, Outcome)>,
    /// What the versions of the two runs' programs are, where they differ.
    pub versions: Option<[Value; 2]>,
}

impl Comparison {
    /// Whether every file says the same.
    pub fn agrees(&self) -> bool {
        self.files.iter().all(|(_, outcome)| outcome.agrees())
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (file, outcome) in &self.files {
            let file = crate::plain(file);
            let _ = match outcome {
                Outcome::Identical => writeln!(text, "identical  {file}"),
                Outcome::Equal { remark } => writeln!(text, "equal      {file}: {}", crate::plain(remark)),
                Outcome::Cells(cells) => writeln!(text, "DIFFERENT  {file}: {cells}"),
                Outcome::Different { what } => writeln!(text, "DIFFERENT  {file}: {}", crate::plain(what)),
                Outcome::Missing => writeln!(text, "MISSING    {file}: the replay did not write it"),
                Outcome::Unknown { reason } => writeln!(text, "UNKNOWN    {file}: {}", crate::plain(reason)),
            };
        }
        if let Some([then, now]) = &self.versions {
            let _ = writeln!(text, "versions   recorded {then}, here {now}");
        }
        // The record tells of one run: it is never the same to the byte.
        let written = self.files.iter().filter(|(file, _)| file != super::RECORD);
        let identical = written.clone().filter(|(_, o)| *o == Outcome::Identical).count();
        let all = written.count();
        let verdict = match (self.agrees(), identical == all) {
            (true, true) => "the replay gave the same bytes".to_owned(),
            (true, false) => format!("the replay agrees (relative tolerance {})", self.tolerance),
            (false, _) => "the replay gave ANOTHER answer".to_owned(),
        };
        let _ = writeln!(text, "{verdict}: {identical} of {all} files are identical");
        text
    }
}

/// Compares a run with another of the same command, in another folder. Numbers within `tolerance` of the larger of the two are equal.
///
/// # Errors
/// A record cannot be read; it was interrupted.
pub fn compare(run: &Path, again: &Path, tolerance: f64, interrupted: &dyn Fn() -> bool) -> Result<Comparison> {
    let (first, second) = (record::read(run)?, record::read(again)?);
    let mut files = Vec::new();
    for file in recorded(&first).iter().filter(|file| file.role == Role::Output) {
        let outcome = of_file(file, run, again, tolerance, interrupted)?;
        files.push((file.name().to_owned(), outcome));
    }
    files.push((super::RECORD.to_owned(), of_records(&first, &second, tolerance)));
    let versions = |of: &Value| of.get("versions").cloned().unwrap_or_default();
    let versions = [versions(&first), versions(&second)];
    Ok(Comparison { tolerance, files, versions: (versions[0] != versions[1]).then_some(versions) })
}

fn of_file(
    file: &Recorded,
    run: &Path,
    again: &Path,
    tolerance: f64,
    interrupted: &dyn Fn() -> bool,
) -> Result<Outcome> {
    let (then, now) = (run.join(file.name()), again.join(file.name()));
    if fs::symlink_metadata(&now).is_err() {
        return Ok(Outcome::Missing);
    }
    if folder::sum(&now, interrupted)? == file.sha256 {
        return Ok(Outcome::Identical);
    }
    match folder::state(&then, &file.sha256, interrupted)? {
        super::State::Same => {}
        super::State::Missing => {
            return Ok(Outcome::Unknown {
                reason: "the replay wrote other bytes, and the run's own file is gone".into(),
            });
        }
        _ => {
            return Ok(Outcome::Unknown {
                reason:
                    "the replay wrote other bytes than were recorded, and the run's own file has been changed since"
                        .into(),
            });
        }
    }
    match file.name().rsplit('.').next() {
        Some("tif") => raster::compare(&then, &now, tolerance, interrupted),
        Some("gpkg") => vector::compare(&then, &now, tolerance, interrupted),
        Some("csv" | "geojson" | "json" | "txt" | "md" | "gpx" | "html") => {
            let read = |path: &Path| fs::read_to_string(path).map_err(|e| Error::unreadable(path, e));
            Ok(text::compare(&read(&then)?, &read(&now)?, tolerance))
        }
        _ => Ok(Outcome::Different { what: "the bytes differ".into() }),
    }
}

/// Members of a record that tell of one run and not of its result.
const OF_ONE_RUN: [&str; 13] = [
    "started",
    "dated",
    "seconds",
    "peak_memory",
    "threads",
    "command",
    "versions",
    "work",
    "path",
    "file",
    "sha256",
    "bytes",
    "masks",
];

/// A record as it should be again, whenever and wherever the run was.
fn lasting(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| !OF_ONE_RUN.contains(&key.as_str()))
            .map(|(key, member)| (key.clone(), lasting(member)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(each) => each.iter().map(lasting).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn of_records(first: &Value, second: &Value, tolerance: f64) -> Outcome {
    let written = |value: &Value| serde_json::to_string_pretty(&lasting(value)).unwrap_or_default();
    match text::compare(&written(first), &written(second), tolerance) {
        Outcome::Identical => Outcome::Equal { remark: "but for times, paths and sums".into() },
        other => other,
    }
}
