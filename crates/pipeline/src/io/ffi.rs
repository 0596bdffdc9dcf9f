//! What the gdal crate has no safe face for, and GDAL's messages.
//!
//! The only unsafe code of the crate.
#![allow(unsafe_code)]

use std::any::Any;
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};

use gdal::Dataset;
use gdal::cpl::CslStringList;
use gdal::errors::CplErrType;
use gdal::raster::RasterBand;

/// Memory of GDAL's cache of blocks, in bytes. We read and write in order, so a larger one would only cost memory.
pub const CACHE: i64 = 16 << 20;
/// Messages kept of one job; a full disk can give one for each block.
const KEPT: usize = 20;

/// What each thread that collects has heard from GDAL.
static HEARD: Mutex<Option<HashMap<ThreadId, Heard>>> = Mutex::new(None);

#[derive(Default)]
struct Heard {
    /// Whether messages of threads that nobody listens to, as GDAL's own workers, are ours too.
    workers: bool,
    failures: Vec<String>,
    warnings: Vec<String>,
}

fn heard() -> MutexGuard<'static, Option<HashMap<ThreadId, Heard>>> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prepares GDAL for this process: nothing is printed to stderr, and the block cache is bounded. Cheap to call again.
///
/// Everything in `io` calls it; call it before using the gdal crate directly.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Overviews wait in a file that is gone in a moment: compressing it takes as long as the rest of them.
        let _ = gdal::config::set_config_option("COG_TMP_COMPRESSION", "NONE");
        hear_libtiff();
        listen();
    });
}

/// Hears libtiff where GDAL sets no handler of its own for it, as 3.10 does not: libtiff would print to stderr, and a full
/// disk would be told to nobody, for GDAL then only says what follows from it.
///
/// libtiff is GDAL's and not ours, so its functions are looked up in the running program and left alone where they are
/// not: a GDAL with a libtiff inside does not export them.
fn hear_libtiff() {
    type Handler = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_void);
    type SetHandler = unsafe extern "C" fn(Option<Handler>) -> Option<Handler>;
    let handlers: [(_, Option<Handler>); 2] =
        [(c"TIFFSetErrorHandler", Some(tiff_error)), (c"TIFFSetWarningHandler", None)];
    for (name, handler) in handlers {
        // SAFETY: a look-up by a C string that outlives it.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if !symbol.is_null() {
            // SAFETY: under these names libtiff exports functions that take and return a nullable pointer to a handler of
            // (module, format, arguments); what is returned is not called.
            let set: SetHandler = unsafe { std::mem::transmute::<*mut c_void, SetHandler>(symbol) };
            // SAFETY: as above; nobody uses libtiff before GDAL, which comes after this call, and the handler is static.
            unsafe { set(handler) };
        }
    }
}

/// libtiff's errors. Their text needs a `va_list`, which Rust cannot read; but the system's error number still stands, and a
/// full disk is all that must be known of it.
extern "C" fn tiff_error(_module: *const c_char, _format: *const c_char, _arguments: *mut c_void) {
    let error = std::io::Error::last_os_error();
    if error.kind() == std::io::ErrorKind::StorageFull {
        hear(CplErrType::Failure, "No space left on device");
    }
}

/// Makes [`hear`] GDAL's error handler, whoever else set one since [`prepare`].
pub(crate) fn listen() {
    gdal::config::set_error_handler(|kind, _number, message| hear(kind, message));
    // SAFETY: takes a number, and is documented as callable at any time.
    unsafe { gdal_sys::GDALSetCacheMax64(CACHE) };
}

/// Keeps a message for those whom it concerns.
fn hear(kind: CplErrType, message: &str) {
    let id = thread::current().id();
    let mut heard = heard();
    let Some(listeners) = heard.as_mut() else { return };
    let own = listeners.contains_key(&id);
    for (&listener, messages) in listeners.iter_mut() {
        if listener == id || (!own && messages.workers) {
            let list = match kind {
                CplErrType::Failure | CplErrType::Fatal => &mut messages.failures,
                CplErrType::Warning => &mut messages.warnings,
                _ => continue,
            };
            if list.len() < KEPT && !list.iter().any(|m| m == message) {
                list.push(message.to_owned());
            }
        }
    }
}

/// Collects what GDAL says on this thread, until dropped: some failures, as of a full disk, are told in no other way.
/// Jobs may be nested; an inner one keeps its messages from the outer one.
pub(crate) struct Listening {
    outer: Option<Heard>,
}

impl Listening {
    /// Listens to this thread.
    pub(crate) fn here() -> Self {
        Self::new(false)
    }

    /// Listens to this thread and to GDAL's own worker threads, which compress and write.
    pub(crate) fn with_workers() -> Self {
        Self::new(true)
    }

    fn new(workers: bool) -> Self {
        prepare();
        let messages = Heard { workers, ..Heard::default() };
        Self { outer: heard().get_or_insert_default().insert(thread::current().id(), messages) }
    }

    /// The failures so far as one text; `None` if there was none.
    pub(crate) fn failures(&self) -> Option<String> {
        self.read(|heard| &heard.failures)
    }

    /// The warnings so far as one text; `None` if there was none.
    pub(crate) fn warnings(&self) -> Option<String> {
        self.read(|heard| &heard.warnings)
    }

    /// `error`, or better what GDAL said.
    pub(crate) fn reason(&self, error: &dyn std::fmt::Display) -> String {
        self.failures().or_else(|| self.warnings()).unwrap_or_else(|| error.to_string())
    }

    fn read(&self, list: fn(&Heard) -> &Vec<String>) -> Option<String> {
        let heard = heard();
        let list = list(heard.as_ref()?.get(&thread::current().id())?);
        let first = list.first()?;
        // libtiff follows one failed write with a dozen consequences; the first says what happened.
        if list.iter().any(|message| message.contains("No space left on device")) {
            return Some(super::DISK_FULL.to_owned());
        }
        Some(match list.len() {
            1 => first.clone(),
            n => format!("{first} (and {} more)", n - 1),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut heard = heard();
        let id = thread::current().id();
        if let Some(listeners) = heard.as_mut() {
            match self.outer.take() {
                Some(outer) => listeners.insert(id, outer),
                None => listeners.remove(&id),
            };
        }
    }
}

/// Sets the unit of a band's values. Returns whether GDAL took it.
pub(crate) fn set_unit(band: &mut RasterBand<'_>, unit: &str) -> bool {
    let Ok(unit) = CString::new(unit) else { return false };
    // SAFETY: the band is alive for the call, borrowed mutably; GDAL copies the string.
    let outcome = unsafe { gdal_sys::GDALSetRasterUnitType(band.c_rasterband(), unit.as_ptr()) };
    outcome == gdal_sys::CPLErr::CE_None
}

/// Whether the driver knows the creation options and their values; GDAL says what it dislikes as warnings.
pub(crate) fn options_are_valid(driver: &gdal::Driver, options: &CslStringList) -> bool {
    // SAFETY: both outlive the call, which only reads them.
    unsafe { gdal_sys::GDALValidateCreationOptions(driver.c_driver(), options.as_ptr()) != 0 }
}

/// What became of [`create_copy`].
pub(crate) enum Copied {
    /// The new dataset.
    Done(Dataset),
    /// `progress` said no.
    Stopped,
    /// GDAL could not; its message is in the [`Listening`].
    Failed,
}

/// Copies a dataset to `path` with `driver`. `progress` gets the done part from 0 to 1, and stops the copy with `false`.
///
/// # Panics
/// When `progress` panics, after GDAL has ended the copy.
pub(crate) fn create_copy(
    driver: &gdal::Driver,
    source: &Dataset,
    path: &Path,
    options: &CslStringList,
    progress: &mut dyn FnMut(f64) -> bool,
) -> Copied {
    let Some(Ok(path)) = path.to_str().map(CString::new) else { return Copied::Failed };
    let mut follower = Follower { progress, stopped: false, panic: None };
    // SAFETY: all pointers outlive the call. `follow` gets the pointer to `follower` back on the thread of this call only:
    // GDAL reports progress where the job was started, never from its workers.
    let copy = unsafe {
        gdal_sys::GDALCreateCopy(
            driver.c_driver(),
            path.as_ptr(),
            source.c_dataset(),
            0,
            options.as_ptr(),
            Some(follow),
            (&raw mut follower).cast(),
        )
    };
    // SAFETY: a handle that is not null is a new dataset that nobody else owns.
    let copy = (!copy.is_null()).then(|| unsafe { Dataset::from_c_dataset(copy) });
    if let Some(panic) = follower.panic {
        drop(copy);
        resume_unwind(panic);
    }
    match copy {
        _ if follower.stopped => Copied::Stopped,
        Some(copy) => Copied::Done(copy),
        None => Copied::Failed,
    }
}

struct Follower<'a> {
    progress: &'a mut dyn FnMut(f64) -> bool,
    stopped: bool,
    panic: Option<Box<dyn Any + Send>>,
}

unsafe extern "C" fn follow(done: f64, _message: *const c_char, follower: *mut c_void) -> c_int {
    // SAFETY: `create_copy` passed a `Follower` that lives until GDAL returns, and uses it no more meanwhile.
    let follower = unsafe { &mut *follower.cast::<Follower<'_>>() };
    // A panic must not cross C code: it is kept, and goes on when GDAL has returned.
    match catch_unwind(AssertUnwindSafe(|| (follower.progress)(done))) {
        Ok(true) => 1,
        Ok(false) => {
            follower.stopped = true;
            0
        }
        Err(panic) => {
            follower.panic = Some(panic);
            0
        }
    }
}

/// Ends the process at once, without what C libraries would do at an orderly end: for an interrupt while other threads are inside GDAL, whose
/// own end takes away what they use and lets the process crash.
///
/// Nothing is flushed that C buffers; Rust's stderr has no buffer.
pub fn end_process(code: i32) -> ! {
    unsafe extern "C" {
        fn _exit(code: c_int) -> !;
    }
    // SAFETY: `_exit` of POSIX and the Windows runtime takes any number, touches no memory of ours and does not return.
    unsafe { _exit(code) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::DriverManager;

    fn memory() -> Dataset {
        prepare();
        DriverManager::get_driver_by_name("MEM").unwrap().create_with_band_type::<f32, _>("", 1500, 1500, 1).unwrap()
    }

    #[test]
    fn unit_is_set() {
        let dataset = memory();
        let mut band = dataset.rasterband(1).unwrap();
        assert!(set_unit(&mut band, "mg/kg"));
        assert_eq!(band.unit(), "mg/kg");
        assert!(!set_unit(&mut band, "nul\0"));
    }

    #[test]
    fn messages_are_collected_and_nested() {
        let outer = Listening::here();
        {
            let inner = Listening::here();
            assert!(Dataset::open("/nonexistent/file.tif").is_err() || inner.failures().is_some());
            let _ = gdal::spatial_ref::SpatialRef::from_wkt("not a CRS");
            assert!(inner.failures().is_some());
        }
        assert_eq!(outer.failures(), None);
    }

    #[test]
    fn progress_rises_to_one_and_can_stop_or_panic() {
        let (dataset, gtiff) = (memory(), DriverManager::get_driver_by_name("GTiff").unwrap());
        let options = CslStringList::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let mut seen = Vec::new();
        let copied = create_copy(&gtiff, &dataset, &path, &options, &mut |done| {
            seen.push(done);
            true
        });
        assert!(matches!(copied, Copied::Done(_)));
        assert!(seen.is_sorted() && seen.last() == Some(&1.0));

        let listening = Listening::with_workers();
        let copied = create_copy(&gtiff, &dataset, &path, &options, &mut |done| done < 0.3);
        assert!(matches!(copied, Copied::Stopped));
        drop(listening);

        let panicked = catch_unwind(AssertUnwindSafe(|| {
            create_copy(&gtiff, &dataset, &path, &options, &mut |_| panic!("in progress"))
        }));
        assert!(panicked.is_err());
    }

    #[test]
    fn unknown_options_are_found() {
        prepare();
        let cog = DriverManager::get_driver_by_name("COG").unwrap();
        let listening = Listening::here();
        let mut options = CslStringList::new();
        options.set_name_value("COMPRESS", "DEFLATE").unwrap();
        assert!(options_are_valid(&cog, &options));
        options.set_name_value("COMPRES", "DEFLATE").unwrap();
        assert!(!options_are_valid(&cog, &options));
        assert!(listening.warnings().unwrap().contains("COMPRES"));
    }
}
