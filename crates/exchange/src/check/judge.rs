//! The way into the judge.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{Error, Result};

use super::Verdict;
use super::bundle::{self, CheckOptions};

/// Judges a bundle: a folder, or a zip archive of one, which is unpacked into a private folder that is gone afterwards.
///
/// What the bundle holds is data of strangers: nothing is followed, executed or fetched, and what is read is bounded.
///
/// # Errors
/// If it cannot be read as a bundle (no folder, no archive, an archive that would write elsewhere or grow without bound), a
/// template or second bundle cannot be read, or it was interrupted. What is wrong with a bundle that can be read is no
/// error but a finding.
pub fn judge(path: &Path, options: &CheckOptions<'_>) -> Result<Verdict> {
    let about = std::fs::metadata(path).map_err(|e| Error::unreadable(path, e))?;
    if about.is_dir() {
        let whole = path.canonicalize().map_err(|e| Error::unreadable(path, e))?;
        return bundle::judge(&whole, options);
    }
    if !about.is_file() {
        return Err(Error::unreadable(path, "it is neither a file nor a folder"));
    }
    if is_archive(path)? {
        let unpacked = bundle::archive::unpack(path, options.interrupted)?;
        return bundle::judge(unpacked.bundle(), options);
    }
    Err(Error::refused(
        path.display(),
        "it is neither a folder nor a zip archive",
        "name the folder of a bundle, or its archive",
    ))
}

/// Whether a file begins as a zip archive does and calls itself one: a workbook is one too, but no bundle.
fn is_archive(path: &Path) -> Result<bool> {
    let mut begin = [0; 4];
    let read = File::open(path).and_then(|mut f| f.read(&mut begin)).map_err(|e| Error::unreadable(path, e))?;
    let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    Ok(named || (read == 4 && &begin == b"PK\x03\x04" && path.extension().is_none()))
}
