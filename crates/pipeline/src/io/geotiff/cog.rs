//! The cloud-optimised copies that a run ends with.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use gdal::Dataset;
use gdal::cpl::CslStringList;

use super::{GeoTiffOptions, driver};
use crate::io::ffi::{self, Copied, Listening};
use crate::io::write_error;
use crate::product::RasterFile;
use crate::tidy::Beside;
use crate::{Error, Result, Watch};

/// A file that waits for its copy.
pub(super) struct Waiting {
    pub(super) product: RasterFile,
    pub(super) copy_at: Beside,
    /// The raster; made by the thread that copies it, and closed before what follows is removed.
    pub(super) source: Box<dyn FnOnce() -> Result<Dataset> + Send>,
    /// Files that are not needed once it is copied.
    pub(super) pieces: Vec<Beside>,
}

/// Copies all files, as many at a time as there are threads for, and gives them their names.
pub(super) fn complete(
    files: Vec<Waiting>,
    mut options: GeoTiffOptions,
    cells: u64,
    watch: &dyn Watch,
) -> Result<Vec<std::path::PathBuf>> {
    watch.stage("writing", cells * files.len() as u64);
    // What GDAL does in one thread of a file is as much as what it compresses: so threads are for files first.
    let workers =
        options.threads.min(options.side_by_side).min(NonZeroUsize::new(files.len()).unwrap_or(NonZeroUsize::MIN));
    options.threads = NonZeroUsize::new(options.threads.get() / workers).unwrap_or(NonZeroUsize::MIN);
    let files: Vec<_> = files.into_iter().map(|file| Mutex::new(Some(file))).collect();
    let finished: Vec<OnceLock<Result<Beside>>> = files.iter().map(|_| OnceLock::new()).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let take = || {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        let file = files.get(nth).filter(|_| !failed.load(Ordering::Relaxed))?;
        Some((nth, file.lock().unwrap_or_else(PoisonError::into_inner).take()?))
    };
    let work = || {
        while let Some((nth, file)) = take() {
            let done = file.complete(&options, cells, &Stoppable { watch, failed: &failed });
            if done.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            // Each number is given out once.
            let _ = finished[nth].set(done);
        }
    };
    thread::scope(|scope| (0..workers.get()).for_each(|_| drop(scope.spawn(work))));
    // A failure stops the copies beside it: the others say that they were stopped, or were never begun.
    let (mut copies, mut error) = (Vec::with_capacity(finished.len()), None);
    for done in finished {
        match done.into_inner().unwrap_or(Err(Error::Interrupted)) {
            Ok(copy) => copies.push(copy),
            Err(Error::Interrupted) => error = error.or(Some(Error::Interrupted)),
            Err(other) => error = error.filter(|e| !matches!(e, Error::Interrupted)).or(Some(other)),
        }
    }
    if let Some(error) = error {
        return Err(error);
    }
    // Names are given when all files are there, so a failure in the last one leaves none.
    copies.into_iter().map(Beside::persist).collect()
}

/// A watch that also says stop when another file failed.
struct Stoppable<'a> {
    watch: &'a dyn Watch,
    failed: &'a AtomicBool,
}

impl Watch for Stoppable<'_> {
    fn advance(&self, done: u64) {
        self.watch.advance(done);
    }

    fn cancelled(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.watch.cancelled()
    }
}

impl Waiting {
    /// Makes the cloud-optimised copy, and checks it.
    fn complete(self, options: &GeoTiffOptions, cells: u64, watch: &dyn Watch) -> Result<Beside> {
        let Self { product, copy_at, source, pieces } = self;
        let cog = driver("COG")?;
        let creation = options_of(options, product.bands.len(), product.classes);
        let creation = creation.map_err(|e| Error::Gdal { message: e.to_string() })?;
        let listening = Listening::with_workers();
        let fail = |message: String| write_error(&product.path, message);
        let source = source()?;
        if let Some(message) = listening.failures() {
            return Err(fail(message));
        }
        let mut reported = 0;
        let copied = ffi::create_copy(&cog, &source, copy_at.path(), &creation, &mut |done| {
            let now = (done.clamp(0.0, 1.0) * cells as f64) as u64;
            if now > reported {
                watch.advance(now - reported);
                reported = now;
            }
            !watch.cancelled()
        });
        let copy = match copied {
            Copied::Done(copy) => copy,
            Copied::Stopped => return Err(Error::Interrupted),
            Copied::Failed => return Err(fail(listening.reason(&"GDAL's COG driver failed without a message"))),
        };
        // GDAL before 3.7 tells of a full disk while closing in no other way than its message.
        let closed = copy.close();
        if let Some(message) = listening.failures().or(closed.err().map(|e| e.to_string())) {
            return Err(fail(message));
        }
        watch.advance(cells - reported);
        check(copy_at.path(), source.raster_size()).map_err(|message| fail(listening.reason(&message)))?;
        // The pieces go first, so that disk is free for the next layer.
        drop(source);
        drop(pieces);
        Ok(copy_at)
    }
}

/// Opens what was written: the least that a reader does.
pub(super) fn check(path: &Path, size: (usize, usize)) -> std::result::Result<(), String> {
    let dataset = Dataset::open(path).map_err(|e| format!("the file that was written cannot be read: {e}"))?;
    if dataset.raster_size() != size {
        return Err("the file that was written has another size".into());
    }
    Ok(())
}

/// Our creation options under those of the user. Of classes no mean can be taken and no floating-point predictor made, so
/// that for them only the user's other options count.
pub(super) fn options_of(options: &GeoTiffOptions, bands: usize, classes: bool) -> gdal::errors::Result<CslStringList> {
    let compression = options.creation.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("COMPRESS"));
    let compression = compression.map_or("DEFLATE".into(), |(_, value)| value.to_ascii_uppercase());
    let threads = options.threads.to_string();
    // The driver keeps all bands of a block together, so blocks of many bands are smaller.
    let block = if bands == 1 { "512" } else { "128" };
    let mut ours = vec![
        ("COMPRESS", compression.as_str()),
        ("BLOCKSIZE", block),
        ("BIGTIFF", "IF_SAFER"),
        ("NUM_THREADS", &threads),
        ("OVERVIEW_RESAMPLING", if classes { "MODE" } else { "AVERAGE" }),
    ];
    if matches!(compression.as_str(), "DEFLATE" | "LZW" | "ZSTD") && !classes {
        ours.push(("PREDICTOR", "FLOATING_POINT"));
    }
    if matches!(compression.as_str(), "DEFLATE" | "ZSTD") {
        ours.push(("LEVEL", "1"));
    }
    let mut list = CslStringList::new();
    let for_numbers = |name: &str| {
        let name = name.to_ascii_uppercase();
        name == "PREDICTOR" || name.ends_with("RESAMPLING")
    };
    let theirs = options.creation.iter().filter(|(name, _)| !(classes && for_numbers(name)));
    let theirs = theirs.map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in ours.into_iter().chain(theirs) {
        list.set_name_value(name, value)?;
    }
    Ok(list)
}
