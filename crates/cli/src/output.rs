//! Where results and messages go: results to stdout or whole files, messages to stderr.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use soilscope_pipeline::tidy::{Beside, Existing};

/// A message to stderr. A closed stderr is not a reason to fail.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}

/// Prints to stdout; fails where stdout does, as on a full disk.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("cannot write to stdout"),
    }
}

/// Prints one JSON document to stdout.
pub(crate) fn print_json(document: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    print(&text)
}

/// Whether outputs may be replaced.
pub(crate) fn existing(overwrite: bool) -> Existing {
    if overwrite { Existing::Replace } else { Existing::Refuse }
}

/// Opens outputs before the computing: each can then be written, and none is left if the run fails.
pub(crate) fn open(path: &Path, overwrite: bool) -> Result<Beside> {
    Ok(Beside::new(path, existing(overwrite))?)
}

/// Refuses a file that would be written twice.
pub(crate) fn refuse_twice(paths: &[PathBuf]) -> Result<()> {
    for (i, path) in paths.iter().enumerate() {
        ensure!(!paths[..i].contains(path), "-o {} stands twice", path.display());
    }
    Ok(())
}

/// Fills an opened output and gives it its name.
pub(crate) fn fill(output: Beside, bytes: &[u8]) -> Result<()> {
    std::fs::write(output.path(), bytes).with_context(|| format!("cannot write {}", output.target().display()))?;
    output.persist()?;
    Ok(())
}

/// A name for files from an analyte's: letters, digits, `-` and `_` stay, the rest becomes `_`.
pub(crate) fn slug(name: &str) -> String {
    let cleaned: String =
        name.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
    let cleaned = cleaned.trim_matches('_');
    if cleaned.is_empty() { "analyte".into() } else { cleaned.chars().take(80).collect() }
}

/// When this process was first asked for the time, UTC.
pub(crate) fn now() -> String {
    static STARTED: OnceLock<jiff::Timestamp> = OnceLock::new();
    written(*STARTED.get_or_init(jiff::Timestamp::now))
}

fn written(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The one time that files of a run hold: what `SOURCE_DATE_EPOCH` says (reproducible-builds.org), else when the run began, so that
/// equal runs can give equal bytes.
pub(crate) fn dated() -> Result<String> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(now()) };
    let seconds: i64 =
        text.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH '{text}' is not a number of seconds"))?;
    Ok(written(jiff::Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is out of range")?))
}
