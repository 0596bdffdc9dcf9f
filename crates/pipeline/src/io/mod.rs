//! Files. The only place that knows GDAL, nodata values and NaN for "no value".

mod ffi;
pub mod geojson;
pub mod geopackage;
pub mod geotiff;
mod lonlat;
pub mod mask_in;
pub mod raster_in;
pub mod vector;

use std::path::Path;

use crate::Error;

pub use ffi::prepare;

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

/// An error of writing `path`.
fn write_error(path: &Path, message: impl ToString) -> Error {
    Error::Write { path: path.to_owned(), message: message.to_string() }
}
