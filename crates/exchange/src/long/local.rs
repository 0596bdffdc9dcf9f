//! Files of strangers: regular ones on this machine, nothing else.

use std::fs::File;
use std::path::Path;

use crate::{Error, Result};

/// Opens a regular local file; a link, a pipe, a device or a folder is refused before it is opened.
pub(crate) fn open(path: &Path) -> Result<File> {
    regular(path)?;
    let file = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    let opened = file.metadata().map_err(|e| Error::unreadable(path, e))?;
    if opened.is_file() { Ok(file) } else { Err(not_regular(path)) }
}

fn regular(path: &Path) -> Result<()> {
    let found = path.symlink_metadata().map_err(|e| Error::unreadable(path, e))?;
    if found.is_file() { Ok(()) } else { Err(not_regular(path)) }
}

fn not_regular(path: &Path) -> Error {
    Error::refused(path.display(), "is no regular file", "give the file itself: no link, no pipe, no device")
}
