//! Sums of files, and what else lies in a folder.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::State;
use crate::{Error, Result};

/// How much is read between two looks at whether to stop.
const BUFFER: usize = 1 << 18;

/// SHA-256 of a file, in lowercase hexadecimal digits.
///
/// # Errors
/// It cannot be read, or is no regular file; the work was interrupted.
pub(super) fn sum(path: &Path, interrupted: &dyn Fn() -> bool) -> Result<String> {
    let kind = fs::symlink_metadata(path).map_err(|e| Error::unreadable(path, e))?.file_type();
    if !kind.is_file() {
        // A link could lead anywhere, and a pipe never ends.
        return Err(Error::unreadable(path, "it is no regular file"));
    }
    let mut file = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; BUFFER]);
    loop {
        if interrupted() {
            return Err(Error::Interrupted);
        }
        match file.read(&mut buffer).map_err(|e| Error::unreadable(path, e))? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok(hasher.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// What became of a file whose sum was recorded.
pub(super) fn state(path: &Path, recorded: &str, interrupted: &dyn Fn() -> bool) -> Result<State> {
    if matches!(fs::symlink_metadata(path), Err(e) if e.kind() == std::io::ErrorKind::NotFound) {
        return Ok(State::Missing);
    }
    match sum(path, interrupted) {
        Ok(found) if found == recorded => Ok(State::Same),
        Ok(found) => Ok(State::Changed { recorded: recorded.to_owned(), found }),
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(Error::Unreadable { reason, .. }) => Ok(State::Unreadable { reason }),
        Err(other) => Err(other),
    }
}

/// Names of everything below a folder that is no folder itself, relative, with forward slashes, sorted; links are not followed.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let (mut found, mut todo) = (Vec::new(), vec![String::new()]);
    while let Some(within) = todo.pop() {
        let at = folder.join(&within);
        for entry in fs::read_dir(&at).map_err(|e| Error::unreadable(&at, e))? {
            let entry = entry.map_err(|e| Error::unreadable(&at, e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = if within.is_empty() { name } else { format!("{within}/{name}") };
            let kind = entry.file_type().map_err(|e| Error::unreadable(entry.path(), e))?;
            if kind.is_dir() { todo.push(name) } else { found.push(name) }
        }
    }
    found.sort_unstable();
    Ok(found)
}
