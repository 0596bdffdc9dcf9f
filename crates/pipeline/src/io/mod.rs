//! Files. The only place that knows GDAL, nodata values and NaN for "no value".

pub mod covariate_in;
mod ffi;
pub mod geojson;
pub mod geopackage;
pub mod geotiff;
mod lonlat;
pub mod mask_in;
mod placed;
pub mod raster_in;
mod rings;
pub mod vector;

use std::path::Path;

use crate::Error;

pub use ffi::{CACHE, end_process, prepare};

/// GDAL's version, as in `3.6.2`.
pub fn gdal_version() -> String {
    gdal::version_info("RELEASE_NAME")
}

/// An error of reading `path`.
fn read_error(path: &Path, message: impl ToString) -> Error {
    Error::Unreadable { file: path.display().to_string(), reason: message.to_string() }
}

/// The error of a file that is not there.
fn missing(path: &Path) -> Error {
    Error::NoSuchFile { file: path.display().to_string() }
}

/// What a full disk is called, whatever a library says of it.
const DISK_FULL: &str = "no space is left on the disk";

/// An error of writing `path`. Libraries tell of a full disk in their own ways, or only of what follows from it, so the
/// disk itself is asked.
fn write_error(path: &Path, message: impl ToString) -> Error {
    let mut message = message.to_string();
    if !message.ends_with(DISK_FULL) && disk_is_full(path) {
        message = format!("{message}: {DISK_FULL}");
    }
    Error::Write { path: path.to_owned(), message }
}

/// Whether a megabyte can no longer be written beside `path`.
fn disk_is_full(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let mut probe = std::ffi::OsString::from(".");
    probe.push(name);
    probe.push(format!(".{}.probe", std::process::id()));
    let probe = path.with_file_name(probe);
    let outcome = std::fs::write(&probe, vec![0; 1 << 20]);
    let _ = std::fs::remove_file(&probe); // there may be none
    outcome.is_err_and(|e| matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded))
}
