//! GDAL, where it reads files of strangers: local files only, named drivers only, in silence, with no files beside.

use std::marker::PhantomData;

use gdal::config;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::Folder;

/// While it lives, GDAL prints nothing in this thread, looks for no files beside those it opens, and writes none.
pub struct Quiet {
    /// Handlers and options are of a thread, so this is not sent to another.
    thread: PhantomData<*const ()>,
}

const OPTIONS: [(&str, &str); 3] = [
    ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
    ("GDAL_PAM_ENABLED", "NO"),
    ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "{none}"),
];

impl Quiet {
    /// From now on, until it is dropped.
    #[allow(
        unsafe_code,
        reason = "the gdal crate can only set the handler of the whole process, which is the program's"
    )]
    pub fn new() -> Self {
        for (key, value) in OPTIONS {
            let _ = config::set_thread_local_config_option(key, value);
        }
        // SAFETY: pushes a handler of GDAL's own on this thread's stack; `drop` takes it off in the same thread, since this is not `Send`.
        unsafe { gdal_sys::CPLPushErrorHandler(Some(gdal_sys::CPLQuietErrorHandler)) };
        Self { thread: PhantomData }
    }
}

impl Default for Quiet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Quiet {
    #[allow(unsafe_code, reason = "as in `new`")]
    fn drop(&mut self) {
        let _ = self.thread;
        // SAFETY: takes off what `new` put on.
        unsafe { gdal_sys::CPLPopErrorHandler() };
        for (key, _) in OPTIONS {
            let _ = config::clear_thread_local_config_option(key);
        }
    }
}

/// Opens a raster of the bundle as GeoTIFF; hold a [`Quiet`] meanwhile.
///
/// # Errors
/// With GDAL's words, if it is no listed regular file or no GeoTIFF.
pub fn raster(folder: &Folder, relative: &str) -> Result<Dataset, String> {
    open(folder, relative, GdalOpenFlags::GDAL_OF_RASTER, "GTiff")
}

/// Opens a vector file of the bundle by one named driver (`GPKG`, `GeoJSON`), read-only; hold a [`Quiet`] meanwhile.
///
/// # Errors
/// With GDAL's words, if it is no listed regular file or nothing the driver reads.
pub fn vector(folder: &Folder, relative: &str, driver: &str) -> Result<Dataset, String> {
    open(folder, relative, GdalOpenFlags::GDAL_OF_VECTOR, driver)
}

fn open(folder: &Folder, relative: &str, kind: GdalOpenFlags, driver: &str) -> Result<Dataset, String> {
    let path = folder.path(relative).ok_or("there is no such regular file")?;
    // Absolute, so that no name (`/vsi…` below it, `GTIFF_DIR:…`) is a prefix that GDAL would follow.
    let path = path.canonicalize().map_err(|e| e.to_string())?;
    if path.starts_with("/vsi") || path.to_str().is_some_and(|p| p.starts_with("/vsi")) {
        return Err("it lies where GDAL would not read a file".to_owned());
    }
    let drivers = [driver];
    let options = DatasetOptions {
        open_flags: kind | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&drivers),
        ..DatasetOptions::default()
    };
    Dataset::open_ex(&path, options).map_err(|e| shortened(&e.to_string(), &path.to_string_lossy()))
}

/// GDAL's words without the machine's path.
fn shortened(words: &str, path: &str) -> String {
    words.replace(path, "the file").chars().take(200).collect()
}
