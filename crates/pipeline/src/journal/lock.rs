//! One process at a time, or several that compute parts.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Name of the lock in a journal.
pub(super) const NAME: &str = "lock";

/// Tries to take a lock that others remove.
const TRIES: usize = 20;

/// A lock on a journal, which the system gives back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    shared: bool,
}

impl Lock {
    /// Makes the folder and takes its lock, alone or with others.
    pub(super) fn take(folder: &Path, shared: bool) -> Result<Self> {
        let path = folder.join(NAME);
        let refuse = |e: std::io::Error| Error::Write { path: folder.to_owned(), message: e.to_string() };
        for _ in 0..TRIES {
            fs::create_dir_all(folder).map_err(refuse)?;
            let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = match opened {
                // The folder was removed meanwhile: whoever had it is done.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                opened => opened.map_err(refuse)?,
            };
            let taken = if shared { file.try_lock_shared() } else { file.try_lock() };
            match taken {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut who = String::new();
                    // Its owner may not have written yet.
                    let _ = file.read_to_string(&mut who);
                    return Err(Error::Busy { folder: folder.to_owned(), who: who.trim().to_owned() });
                }
                // A file system without locks: strips are still written beside and renamed, so that nothing is half written.
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(refuse(error)),
            }
            if !same(&file, &path) {
                continue; // removed between opening and locking
            }
            if !shared {
                // For whom comes too late; not needed otherwise.
                let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", owner()));
            }
            return Ok(Self { file, path, shared });
        }
        Err(Error::Busy { folder: folder.to_owned(), who: String::new() })
    }

    /// Whether nobody else has it, or can get it as long as this lives.
    pub(super) fn is_alone(&self) -> bool {
        !self.shared || self.file.try_lock().is_ok()
    }

    /// Removes its file; it is held until dropped.
    pub(super) fn remove(&self) {
        // What stays is seen when the folder cannot be removed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether an open file is still that of a path.
#[cfg(unix)]
fn same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn same(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// This process, for others.
pub(super) fn owner() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let on = if host.is_empty() { String::new() } else { format!(" on {host}") };
    format!("process {}{on}", std::process::id())
}
