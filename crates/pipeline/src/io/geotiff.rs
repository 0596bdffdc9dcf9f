//! Cloud-optimised GeoTIFFs, of one layer each or of several as bands.
//!
//! Tiles come in any order, and a cloud-optimised file must be written in one: so tiles first go into a plain, sparse
//! GeoTIFF beside the target, and GDAL's COG driver copies it, with overviews, in the end. Neither bears the target's name
//! until all is on the disk.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use gdal::cpl::CslStringList;
use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, Driver, DriverManager, Metadata};

use super::ffi::{self, Copied, Listening};
use super::write_error;
use crate::grid::{Grid, GridCrs};
use crate::product::{Product, RasterFile};
use crate::summary::Summary;
use crate::tidy::{Beside, Existing};
use crate::tile::{Tile, TileSink};
use crate::{Error, Result, Watch};

/// How a file spells a cell without a value.
pub const NODATA: f32 = -9999.0;

/// How a file of [classes](crate::product::Layer::is_class) spells a cell without one.
pub const NO_CLASS: u8 = 255;

/// How GeoTIFFs are written.
#[derive(Debug, Clone)]
pub struct GeoTiffOptions {
    /// What to do with files that exist.
    pub existing: Existing,
    /// Creation options of GDAL's COG driver, which replace ours: `("COMPRESS", "ZSTD")`.
    pub creation: Vec<(String, String)>,
    /// Threads that compress.
    pub threads: NonZeroUsize,
    /// Side of the run's tiles, in cells; it only decides how fast tiles are stored meanwhile.
    pub tile: NonZeroUsize,
}

/// One file in the making.
struct File {
    product: RasterFile,
    /// Closed before the files below are removed: fields are dropped in this order.
    tiles: Dataset,
    tiles_at: Beside,
    copy_at: Beside,
    /// One a band.
    summaries: Vec<Summary>,
}

/// Writes the layers of a run as cloud-optimised GeoTIFFs of 32-bit floating-point numbers, classes as bytes.
///
/// Cells without a value hold [`NODATA`], or [`NO_CLASS`]; the very value −9999 is written as its neighbour −9998.999. Equal maps are equal
/// bytes, whatever the threads and tiles.
pub struct GeoTiffSink {
    files: Vec<File>,
    /// Kept as they came: GDAL's own list and driver handles stay on one thread.
    options: GeoTiffOptions,
    cells: u64,
    buffer: Vec<f32>,
}

impl GeoTiffSink {
    /// Prepares the files of `products`, whose layers are those of the run's plan in the same order.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`] for a folder that cannot be written, an option that the COG driver does not
    /// know, or a CRS that GDAL cannot read: all before anything is computed.
    pub fn create(grid: &Grid, products: &[Product], options: &GeoTiffOptions) -> Result<Self> {
        Self::create_files(grid, &products.iter().map(RasterFile::from).collect::<Vec<_>>(), options)
    }

    /// Prepares files of several bands: the layers of the tiles that come are those of the first file's bands, then those
    /// of the second's, and so on.
    ///
    /// # Errors
    /// As [`create`](Self::create), and a file without a band.
    pub fn create_files(grid: &Grid, products: &[RasterFile], options: &GeoTiffOptions) -> Result<Self> {
        // A full disk is told by message alone, so nobody else's handler may stand in the way.
        ffi::listen();
        let listening = Listening::here();
        let fail = |error: gdal::errors::GdalError| Error::Gdal { message: listening.reason(&error) };
        let (gtiff, cog) = (driver("GTiff")?, driver("COG")?);
        let creation = cog_options(options, 1, false).map_err(fail)?;
        if !ffi::options_are_valid(&cog, &creation) {
            let message = listening.warnings().unwrap_or_default();
            return Err(Error::Gdal { message: format!("creation options: {message}") });
        }
        let crs = match grid.crs() {
            GridCrs::Local => None,
            GridCrs::Wkt(wkt) => Some(SpatialRef::from_wkt(wkt).map_err(fail)?),
        };
        let mut files = Vec::with_capacity(products.len());
        for (i, product) in products.iter().enumerate() {
            if products[..i].iter().any(|other| other.path == product.path) {
                return Err(write_error(&product.path, "two layers would be written to this file"));
            }
            if product.bands.is_empty() {
                return Err(write_error(&product.path, "a raster needs a band"));
            }
            let copy_at = Beside::new(&product.path, options.existing)?;
            let tiles_at = Beside::new(&product.path, options.existing)?;
            let tiles = create_tiles(&gtiff, grid, crs.as_ref(), product, tiles_at.path(), options)
                .map_err(|e| write_error(&product.path, listening.reason(&e)))?;
            files.push(File {
                product: product.clone(),
                tiles,
                tiles_at,
                copy_at,
                summaries: vec![Summary::default(); product.bands.len()],
            });
        }
        Ok(Self { files, options: options.clone(), cells: grid.cells(), buffer: Vec::new() })
    }

    /// Adds items to the metadata of the file at `path`, for what is known only after the files were opened.
    ///
    /// # Errors
    /// [`Error::Write`] where GDAL does not take an item, or there is no such file.
    pub fn describe(&mut self, path: &Path, items: &[(String, String)]) -> Result<()> {
        let listening = Listening::here();
        let Some(file) = self.files.iter_mut().find(|file| file.product.path == path) else {
            return Err(write_error(path, "it is none of the files that are being written"));
        };
        for (name, value) in items {
            let set = file.tiles.set_metadata_item(name, value, "");
            set.map_err(|e| write_error(path, listening.reason(&e)))?;
        }
        Ok(())
    }
}

impl TileSink for GeoTiffSink {
    fn write(&mut self, tile: &Tile) -> Result<()> {
        let listening = Listening::with_workers();
        let ([column, row], size) = (tile.first(), tile.size());
        let bands = self.files.iter_mut().flat_map(|file| {
            let File { product, tiles, summaries, .. } = file;
            let (product, tiles) = (&*product, &*tiles);
            summaries.iter_mut().enumerate().map(move |(band, summary)| (product, tiles, band + 1, summary))
        });
        for (layer, (product, tiles, band, summary)) in bands.enumerate() {
            summary.merge(tile.summary(layer));
            let corner = (column as isize, row as isize);
            let outcome = if product.classes {
                let classes = tile.values(layer).map(|value| value.map_or(NO_CLASS, |class| class as u8)).collect();
                let mut buffer = Buffer::new((size[0], size[1]), classes);
                tiles.rasterband(band).and_then(|mut band| band.write(corner, (size[0], size[1]), &mut buffer))
            } else {
                self.buffer.clear();
                self.buffer.extend(tile.values(layer).map(|value| match value {
                    Some(value) if value == NODATA => NODATA.next_up(),
                    Some(value) => value,
                    None => NODATA,
                }));
                let mut buffer = Buffer::new((size[0], size[1]), std::mem::take(&mut self.buffer));
                let outcome =
                    tiles.rasterband(band).and_then(|mut band| band.write(corner, (size[0], size[1]), &mut buffer));
                (_, self.buffer) = buffer.into_shape_and_vec();
                outcome
            };
            // GDAL writes behind: what it says now may be of an earlier tile, and it is as fatal.
            if let Some(message) = listening.failures().or(outcome.err().map(|e| e.to_string())) {
                return Err(write_error(&product.path, message));
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, watch: &dyn Watch) -> Result<Vec<PathBuf>> {
        let Self { files, mut options, cells, .. } = *self;
        watch.stage("writing", cells * files.len() as u64);
        // What GDAL does in one thread of a file is as much as what it compresses: so threads are for files first.
        let workers = options.threads.min(NonZeroUsize::new(files.len()).unwrap_or(NonZeroUsize::MIN));
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

impl File {
    /// Makes the cloud-optimised copy, and checks it.
    fn complete(self, options: &GeoTiffOptions, cells: u64, watch: &dyn Watch) -> Result<Beside> {
        let Self { product, mut tiles, tiles_at, copy_at, summaries } = self;
        let cog = driver("COG")?;
        let creation = cog_options(options, product.bands.len(), product.classes);
        let creation = creation.map_err(|e| Error::Gdal { message: e.to_string() })?;
        let listening = Listening::with_workers();
        let fail = |message: String| write_error(&product.path, message);
        for (band, summary) in summaries.iter().enumerate() {
            describe_statistics(&tiles, band + 1, summary, cells).map_err(|e| fail(listening.reason(&e)))?;
        }
        tiles.flush_cache().map_err(|e| fail(listening.reason(&e)))?;
        if let Some(message) = listening.failures() {
            return Err(fail(message));
        }
        let mut reported = 0;
        let copied = ffi::create_copy(&cog, &tiles, copy_at.path(), &creation, &mut |done| {
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
        check(copy_at.path(), tiles.raster_size()).map_err(|message| fail(listening.reason(&message)))?;
        // The plain file goes first, so that disk is free for the next layer.
        drop(tiles);
        drop(tiles_at);
        Ok(copy_at)
    }
}

/// Opens what was written: the least that a reader does.
fn check(path: &Path, size: (usize, usize)) -> std::result::Result<(), String> {
    let dataset = Dataset::open(path).map_err(|e| format!("the file that was written cannot be read: {e}"))?;
    if dataset.raster_size() != size {
        return Err("the file that was written has another size".into());
    }
    Ok(())
}

fn driver(name: &str) -> Result<Driver> {
    ffi::prepare();
    DriverManager::get_driver_by_name(name).map_err(|_| Error::Gdal {
        message: format!(
            "this GDAL ({}) has no {name} driver: install GDAL 3.1 or later",
            gdal::version_info("RELEASE_NAME")
        ),
    })
}

/// The plain GeoTIFF that takes tiles as they come. Blocks that never come take no room.
fn create_tiles(
    gtiff: &Driver,
    grid: &Grid,
    crs: Option<&SpatialRef>,
    product: &RasterFile,
    path: &Path,
    options: &GeoTiffOptions,
) -> gdal::errors::Result<Dataset> {
    // A block that is a tile is written once; TIFF blocks are multiples of 16.
    let side = options.tile.get();
    let block = if side.is_multiple_of(16) && (64..=1024).contains(&side) { side } else { 256 }.to_string();
    let mut creation = CslStringList::new();
    for (name, value) in [
        ("TILED", "YES"),
        ("BLOCKXSIZE", &block),
        ("BLOCKYSIZE", &block),
        ("SPARSE_OK", "TRUE"),
        ("BIGTIFF", "IF_SAFER"),
        ("INTERLEAVE", "BAND"),
    ] {
        creation.set_name_value(name, value)?;
    }
    let [columns, rows] = grid.size();
    let bands = product.bands.len();
    let (mut dataset, nodata) = if product.classes {
        let dataset = gtiff.create_with_band_type_with_options::<u8, _>(path, columns, rows, bands, &creation)?;
        (dataset, f64::from(NO_CLASS))
    } else {
        let dataset = gtiff.create_with_band_type_with_options::<f32, _>(path, columns, rows, bands, &creation)?;
        (dataset, f64::from(NODATA))
    };
    dataset.set_geo_transform(&grid.geotransform())?;
    if let Some(crs) = crs {
        dataset.set_spatial_ref(crs)?;
    }
    for (name, value) in &product.metadata {
        dataset.set_metadata_item(name, value, "")?;
    }
    for (i, description) in product.bands.iter().enumerate() {
        let mut band = dataset.rasterband(i + 1)?;
        band.set_no_data_value(Some(nodata))?;
        band.set_description(description)?;
        if !ffi::set_unit(&mut band, &product.unit) {
            return Err(gdal::errors::GdalError::BadArgument(format!("the unit '{}'", product.unit)));
        }
    }
    Ok(dataset)
}

/// Statistics in the file, so that `gdalinfo` and a GIS need not read it all; the copy takes them over.
fn describe_statistics(tiles: &Dataset, band: usize, summary: &Summary, cells: u64) -> gdal::errors::Result<()> {
    let Some(statistics) = summary.finish() else { return Ok(()) };
    let mut band = tiles.rasterband(band)?;
    let percent = 100.0 * statistics.count as f64 / cells as f64;
    for (name, value) in [
        ("STATISTICS_MINIMUM", statistics.min.to_string()),
        ("STATISTICS_MAXIMUM", statistics.max.to_string()),
        ("STATISTICS_MEAN", statistics.mean.to_string()),
        ("STATISTICS_STDDEV", statistics.standard_deviation.to_string()),
        ("STATISTICS_VALID_PERCENT", format!("{percent:.4}")),
    ] {
        band.set_metadata_item(name, &value, "")?;
    }
    Ok(())
}

/// Our creation options under those of the user. Of classes no mean can be taken and no floating-point predictor made, so
/// that for them only the user's other options count.
fn cog_options(options: &GeoTiffOptions, bands: usize, classes: bool) -> gdal::errors::Result<CslStringList> {
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
