//! Bundles that arrive as one zip archive.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipArchive;

use crate::{Error, Result};

use super::folder::{DEEPEST, MOST_FILES};

/// Most bytes of all files together, unpacked.
const MOST_BYTES: u64 = 16 << 30;
/// Most bytes that one byte of the archive may become, once a file is larger than [`FREE`].
const MOST_RATIO: u64 = 200;
/// Bytes up to which a file may be packed however well.
const FREE: u64 = 1 << 20;
/// Longest name.
const LONGEST_NAME: usize = 1024;

/// An unpacked archive; gone when dropped.
#[derive(Debug)]
pub(in crate::check) struct Unpacked {
    _private: TempDir,
    bundle: PathBuf,
}

impl Unpacked {
    /// The bundle's folder.
    pub(in crate::check) fn bundle(&self) -> &Path {
        &self.bundle
    }
}

/// Unpacks an archive into a private folder.
///
/// # Errors
/// If it is no zip archive, has more than [`MOST_FILES`] entries, an entry that would lie outside its folder, that is a
/// link, that comes twice, or that grows beyond bounds; and if it was interrupted.
pub(in crate::check) fn unpack(path: &Path, interrupted: &dyn Fn() -> bool) -> Result<Unpacked> {
    let mut file = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    few(&mut file, path)?;
    let mut archive = ZipArchive::new(file).map_err(|e| Error::unreadable(path, e))?;
    if archive.len() > MOST_FILES {
        return Err(refused(path, format!("it has {} entries", archive.len())));
    }
    let private = tempfile::Builder::new()
        .prefix("soilscope-check-")
        .tempdir()
        .map_err(|e| Error::unwritable("a temporary folder", e))?;
    let mut names = BTreeSet::new();
    let mut total = 0;
    for i in 0..archive.len() {
        if interrupted() {
            return Err(Error::Interrupted);
        }
        let mut entry = archive.by_index(i).map_err(|e| Error::unreadable(path, e))?;
        let name = entry.name().map_err(|e| Error::unreadable(path, e))?.into_owned();
        let shown: String = name.chars().take(80).flat_map(char::escape_default).collect();
        let relative =
            inside(&name).ok_or_else(|| refused(path, format!("the entry '{shown}' would lie outside its folder")))?;
        if entry.encrypted() {
            return Err(refused(path, format!("the entry '{shown}' is encrypted")));
        }
        // Of a file's kind by Unix: absent, a folder or a regular file.
        if !matches!(entry.unix_mode().map_or(0, |mode| mode & 0o170_000), 0 | 0o040_000 | 0o100_000) {
            return Err(refused(path, format!("the entry '{shown}' is a link or a device")));
        }
        let target = private.path().join(&relative);
        if entry.is_dir() {
            fs::create_dir_all(&target).map_err(|e| Error::unwritable(&target, e))?;
            continue;
        }
        if !names.insert(relative) {
            return Err(refused(path, format!("the entry '{shown}' comes twice")));
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::unwritable(parent, e))?;
        }
        let allowed = entry.compressed_size().saturating_mul(MOST_RATIO).max(FREE).min(MOST_BYTES - total);
        let written = copy(&mut entry, &target, allowed, interrupted).map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => Error::Interrupted,
            io::ErrorKind::FileTooLarge => refused(path, format!("the entry '{shown}' grows beyond bounds")),
            _ => Error::unreadable(path, format!("the entry '{shown}': {e}")),
        })?;
        total += written;
    }
    let bundle = lonely(private.path()).unwrap_or_else(|| private.path().to_owned());
    Ok(Unpacked { _private: private, bundle })
}

fn refused(path: &Path, reason: String) -> Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Error::refused(name, reason, "ask its sender for a plain zip of the bundle's folder")
}

/// Whether the archive declares few entries: its directory is read whole, so its size is looked at before.
fn few(file: &mut File, path: &Path) -> Result<()> {
    let unreadable = |e: io::Error| Error::unreadable(path, e);
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    // The end record and the longest comment; before them the records of a large archive.
    let tail = length.min(66_000);
    file.seek(SeekFrom::Start(length - tail)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes).map_err(unreadable)?;
    let number = |at: usize, width: usize| {
        let part = bytes.get(at..at + width)?;
        Some(part.iter().rev().fold(0_u64, |n, &b| (n << 8) | u64::from(b)))
    };
    for at in 0..bytes.len() {
        let entries = match bytes[at..].get(..4) {
            Some(b"PK\x05\x06") => number(at + 10, 2),
            Some(b"PK\x06\x06") => number(at + 32, 8),
            _ => None,
        };
        if let Some(entries) = entries.filter(|&n| n > MOST_FILES as u64) {
            return Err(refused(path, format!("it declares {entries} entries")));
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(())
}

/// The path of an entry below its folder; `None` for one that would leave it, on any system.
fn inside(name: &str) -> Option<PathBuf> {
    let plain = name.strip_suffix('/').unwrap_or(name);
    let parts: Vec<_> = plain.split('/').collect();
    let fine = |part: &&str| !part.is_empty() && *part != "." && *part != "..";
    let safe = name.len() <= LONGEST_NAME
        && parts.len() <= DEEPEST + 2
        && !plain.contains(['\\', '\0', ':'])
        && parts.iter().all(fine);
    safe.then(|| parts.iter().collect())
}

/// Copies at most `allowed` bytes into a new file.
fn copy(from: &mut impl Read, target: &Path, allowed: u64, interrupted: &dyn Fn() -> bool) -> io::Result<u64> {
    let mut to = OpenOptions::new().write(true).create_new(true).open(target)?;
    let mut buffer = vec![0; 1 << 16];
    let mut written = 0;
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(written);
        }
        written += n as u64;
        if written > allowed {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        to.write_all(&buffer[..n])?;
        if interrupted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
}

/// The only folder in a folder without files, which is then the bundle.
fn lonely(folder: &Path) -> Option<PathBuf> {
    let entries: Vec<_> = fs::read_dir(folder).ok()?.collect::<Result<_, _>>().ok()?;
    match &entries[..] {
        [one] if one.file_type().is_ok_and(|t| t.is_dir()) => Some(one.path()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_their_folder_are_refused() {
        for name in ["../a", "a/../../b", "/etc/passwd", "a//b", "./a", "C:/a", "a\\b", "a\0b", "", "/", "a/.."] {
            assert_eq!(inside(name), None, "{name:?}");
        }
        assert_eq!(inside("a/b c.txt").unwrap(), Path::new("a/b c.txt"));
        assert_eq!(inside("a/").unwrap(), Path::new("a"));
    }
}
