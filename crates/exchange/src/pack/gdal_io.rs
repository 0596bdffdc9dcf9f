//! What the gdal crate has no safe face for, and how its files are opened here.
//!
//! The only unsafe code of the crate's packer.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use gdal::cpl::CslStringList;
use gdal::raster::RasterBand;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::{Dataset, DatasetOptions, Driver, DriverManager, GdalOpenFlags};

use crate::{Error, Result};

/// What GDAL says while it is listened to.
#[derive(Default)]
struct Heard {
    first_failure: Option<String>,
    disk_is_full: bool,
}

thread_local! {
    /// Of everyone who listens on this thread, the innermost last.
    static HEARD: RefCell<Vec<Heard>> = const { RefCell::new(Vec::new()) };
}

/// Keeps GDAL from printing on this thread, from reading and writing `.aux.xml` files and from looking for others beside, and hears what it
/// complains of, until dropped. One begun inside another keeps what it hears from the outer one.
pub(crate) struct Hush {
    /// Handlers are a stack of the thread's.
    thread: PhantomData<*const ()>,
}

unsafe extern "C" fn hear(kind: gdal_sys::CPLErr::Type, _number: gdal_sys::CPLErrorNum, message: *const c_char) {
    if message.is_null() {
        return;
    }
    // SAFETY: GDAL passes a text that ends with a null character and lives for the call.
    let message = unsafe { CStr::from_ptr(message) }.to_string_lossy();
    // Neither a thread that ends nor a listener that is being read may make this panic, for it is called from C.
    let _ = HEARD.try_with(|heard| {
        let Ok(mut heard) = heard.try_borrow_mut() else { return };
        let Some(heard) = heard.last_mut() else { return };
        // libtiff tells of it as a warning at times, and then fails with what follows from it.
        heard.disk_is_full |= message.contains("No space left on device");
        if matches!(kind, gdal_sys::CPLErr::CE_Failure | gdal_sys::CPLErr::CE_Fatal) && heard.first_failure.is_none() {
            heard.first_failure = Some(message.into_owned());
        }
    });
}

impl Hush {
    pub(crate) fn new() -> Self {
        for (name, value) in OPTIONS {
            // Fails only for a name or value with a null character.
            let _ = gdal::config::set_thread_local_config_option(name, value);
        }
        HEARD.with_borrow_mut(|heard| heard.push(Heard::default()));
        // SAFETY: a handler that lives as long as the program; it is taken away again in `drop` on the same thread, for the type is not
        // `Send`.
        unsafe { gdal_sys::CPLPushErrorHandler(Some(hear)) };
        Self { thread: PhantomData }
    }

    /// What GDAL first complained of since this began, warnings aside: some failures, as of a disk that is full when a file is closed, are
    /// told in no other way.
    pub(crate) fn failure(&self) -> Option<String> {
        HEARD.with_borrow(|heard| {
            let heard = heard.last()?;
            let failure = heard.first_failure.clone()?;
            Some(if heard.disk_is_full { "no space is left on the disk".to_owned() } else { failure })
        })
    }

    /// `error`, or better what GDAL said.
    pub(crate) fn reason(&self, error: &dyn std::fmt::Display) -> String {
        self.failure().unwrap_or_else(|| error.to_string())
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        let _ = self.thread;
        // SAFETY: takes away what `new` put on this thread's stack.
        unsafe { gdal_sys::CPLPopErrorHandler() };
        let is_last = HEARD.with_borrow_mut(|heard| {
            heard.pop();
            heard.is_empty()
        });
        // Options have no stack: they stay while anybody listens.
        for (name, _) in OPTIONS.iter().filter(|_| is_last) {
            let _ = gdal::config::clear_thread_local_config_option(name);
        }
    }
}

const OPTIONS: [(&str, &str); 2] = [("GDAL_PAM_ENABLED", "NO"), ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")];

/// Opens a local plain file for reading with one driver and no other.
pub(crate) fn open(path: &Path, driver: &str) -> Result<Dataset> {
    let is_plain = std::fs::symlink_metadata(path).map_err(|e| Error::unreadable(path, e))?.file_type().is_file();
    if !is_plain {
        return Err(Error::unreadable(path, "it is a link or no plain file"));
    }
    // A relative name such as `/vsicurl/…` exists only where somebody made such a folder; an absolute one is what GDAL is given.
    let path = std::path::absolute(path).map_err(|e| Error::unreadable(path, e))?;
    if path.starts_with("/vsi") || path.to_str().is_none_or(|text| text.starts_with("/vsi")) {
        return Err(Error::unreadable(&path, "its name is one that GDAL takes for something else"));
    }
    let hush = Hush::new();
    let flags = GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VECTOR;
    let drivers = [driver];
    let options = DatasetOptions { open_flags: flags, allowed_drivers: Some(&drivers), ..DatasetOptions::default() };
    Dataset::open_ex(&path, options).map_err(|e| Error::unreadable(&path, hush.reason(&e)))
}

/// A driver by its short name.
pub(crate) fn driver(name: &str) -> Result<Driver> {
    DriverManager::get_driver_by_name(name)
        .map_err(|_| Error::refused("GDAL", format!("it has no driver {name}"), "install GDAL 3.6 or newer with it"))
}

/// A coordinate system by EPSG code, easting or longitude first.
pub(crate) fn epsg(code: u32) -> Result<SpatialRef> {
    let hush = Hush::new();
    let crs = SpatialRef::from_epsg(code);
    crs.map(traditional)
        .map_err(|e| Error::refused(format!("EPSG:{code}"), hush.reason(&e), "use a coordinate system that PROJ knows"))
}

/// The same, easting or longitude first.
pub(crate) fn traditional(mut crs: SpatialRef) -> SpatialRef {
    crs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    crs
}

/// Sets the unit of a band's values. Returns whether GDAL took it.
pub(crate) fn set_unit(band: &mut RasterBand<'_>, unit: &str) -> bool {
    let Ok(unit) = CString::new(unit) else { return false };
    // SAFETY: the band is alive for the call and borrowed mutably; GDAL copies the text.
    let outcome = unsafe { gdal_sys::GDALSetRasterUnitType(band.c_rasterband(), unit.as_ptr()) };
    outcome == gdal_sys::CPLErr::CE_None
}

/// Copies `source` to `path`; asks `interrupted` now and then.
///
/// # Panics
/// When `interrupted` panics, after GDAL has ended the copy.
pub(crate) fn create_copy(
    driver: &Driver,
    source: &Dataset,
    path: &Path,
    options: &CslStringList,
    interrupted: &dyn Fn() -> bool,
) -> Result<Dataset> {
    let hush = Hush::new();
    let name = path.to_str().and_then(|text| CString::new(text).ok());
    let name = name.ok_or_else(|| Error::unwritable(path, "its name is no text that GDAL takes"))?;
    let mut asked = Asked { interrupted, stopped: false, panic: None };
    // SAFETY: all pointers outlive the call. `ask` gets the pointer to `asked` back, on the thread of this call only, because GDAL reports
    // progress where a copy was begun.
    let copy = unsafe {
        gdal_sys::GDALCreateCopy(
            driver.c_driver(),
            name.as_ptr(),
            source.c_dataset(),
            0,
            options.as_ptr(),
            Some(ask),
            (&raw mut asked).cast(),
        )
    };
    // SAFETY: a handle that is not null is a new dataset that nobody else owns.
    let copy = (!copy.is_null()).then(|| unsafe { Dataset::from_c_dataset(copy) });
    if let Some(panic) = asked.panic {
        drop(copy);
        resume_unwind(panic);
    }
    match (copy, asked.stopped, hush.failure()) {
        (_, true, _) => Err(Error::Interrupted),
        (Some(copy), _, None) => Ok(copy),
        (_, _, Some(reason)) => Err(Error::unwritable(path, reason)),
        (None, _, None) => Err(Error::unwritable(path, "GDAL made no copy and gave no reason")),
    }
}

struct Asked<'a> {
    interrupted: &'a dyn Fn() -> bool,
    stopped: bool,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

unsafe extern "C" fn ask(_done: f64, _message: *const c_char, asked: *mut c_void) -> c_int {
    // SAFETY: `create_copy` passed an `Asked` that lives until GDAL returns and is not touched meanwhile.
    let asked = unsafe { &mut *asked.cast::<Asked<'_>>() };
    // A panic must not cross C code: it is kept, and goes on when GDAL has returned.
    match catch_unwind(AssertUnwindSafe(|| (asked.interrupted)())) {
        Ok(stop) => {
            asked.stopped |= stop;
            c_int::from(!stop)
        }
        Err(panic) => {
            asked.panic = Some(panic);
            0
        }
    }
}

/// Closes what was written; a disk that is full says so here at the latest.
pub(crate) fn close(dataset: Dataset, path: &Path) -> Result<()> {
    let hush = Hush::new();
    let closed = dataset.close();
    match (hush.failure(), closed) {
        (None, Ok(())) => Ok(()),
        (Some(reason), _) => Err(Error::unwritable(path, reason)),
        (None, Err(e)) => Err(Error::unwritable(path, e)),
    }
}

/// GDAL's cache of blocks, which is the whole process's, at no more than this until dropped: rasters are read and written in order, so more of
/// it costs memory and saves nothing.
pub(crate) struct SmallCache {
    before: i64,
}

impl SmallCache {
    const BYTES: i64 = 64 << 20;

    pub(crate) fn new() -> Self {
        // SAFETY: both take and return plain numbers and are documented as callable at any time.
        let before = unsafe {
            let before = gdal_sys::GDALGetCacheMax64();
            gdal_sys::GDALSetCacheMax64(before.min(Self::BYTES));
            before
        };
        Self { before }
    }
}

impl Drop for SmallCache {
    fn drop(&mut self) {
        // SAFETY: as in `new`.
        unsafe { gdal_sys::GDALSetCacheMax64(self.before) };
    }
}

/// A configuration option of GDAL on this thread, until dropped.
pub(crate) struct Setting(&'static str);

impl Setting {
    pub(crate) fn set(name: &'static str, value: &str) -> Result<Self> {
        gdal::config::set_thread_local_config_option(name, value)
            .map_err(|e| Error::refused("GDAL", e, "this is a fault of the program"))?;
        Ok(Self(name))
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        // Fails only for a name with a null character.
        let _ = gdal::config::clear_thread_local_config_option(self.0);
    }
}
