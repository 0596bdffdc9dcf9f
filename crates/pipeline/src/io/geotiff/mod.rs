//! Cloud-optimised GeoTIFFs, of one layer each or of several as bands.
//!
//! Tiles come in any order, and a cloud-optimised file must be written in one: so tiles first go into plain, sparse
//! GeoTIFFs, one a strip, and GDAL's COG driver copies what they are together, with overviews, in the end. None bears the
//! target's name until all is on the disk. In a [journal](crate::journal) strips outlive the process.

mod cog;
mod pieces;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, Driver, DriverManager};

use super::ffi::{self, Listening};
use super::raster_in::{RasterIn, Resampling};
use super::write_error;
use crate::grid::{Grid, GridCrs};
use crate::journal::Journal;
use crate::product::{Product, RasterFile};
use crate::run::StripReport;
use crate::strips::Strips;
use crate::summary::Summary;
use crate::tidy::{Beside, Existing};
use crate::tile::{Tile, TileSink};
use crate::{Error, Result, Watch};
use cog::Waiting;

/// How a file spells a cell without a value.
pub const NODATA: f32 = -9999.0;

/// How a file of [classes](crate::product::Layer::is_class) spells a cell without one.
pub const NO_CLASS: u8 = 255;

/// Memory that completing a file takes, bytes, however large it is: GDAL's blocks on their way through the compressor and to the overviews.
pub const COPYING: u64 = 32 << 20;

/// By how much numbers of two machines may differ, as a share of them: the last digits of 32-bit numbers.
const SAME: f64 = 1e-5;

/// How GeoTIFFs are written.
#[derive(Debug, Clone)]
pub struct GeoTiffOptions {
    /// What to do with files that exist.
    pub existing: Existing,
    /// Creation options of GDAL's COG driver, which replace ours: `("COMPRESS", "ZSTD")`.
    pub creation: Vec<(String, String)>,
    /// Threads that compress.
    pub threads: NonZeroUsize,
    /// Files that are completed side by side, at most: each takes [`COPYING`] of memory.
    pub side_by_side: NonZeroUsize,
    /// Side of the run's tiles, in cells; it only decides how fast tiles are stored meanwhile.
    pub tile: NonZeroUsize,
}

/// One file in the making.
struct File {
    product: RasterFile,
    copy_at: Beside,
    /// One a band.
    summaries: Vec<Summary>,
}

/// A strip of one file.
struct Piece {
    /// Closed before the file below is removed: fields are dropped in this order.
    dataset: Dataset,
    at: Beside,
}

/// What is on the disk of a strip.
enum Pieces {
    /// In the making, or of a run without a journal: they go with the sink.
    Own(Vec<Beside>),
    /// In the journal.
    Kept(Vec<PathBuf>),
}

/// Where strips of a map are kept.
struct Keeper {
    journal: Arc<Journal>,
    /// By which the map's records are found.
    stem: String,
    /// Complete, and not on record yet.
    waiting: Vec<StripReport>,
    /// What computed each strip that was there before.
    writers: BTreeMap<usize, String>,
}

/// Writes the layers of a run as cloud-optimised GeoTIFFs of 32-bit floating-point numbers, classes as bytes.
///
/// Cells without a value hold [`NODATA`], or [`NO_CLASS`]; the very value −9999 is written as its neighbour −9998.999. Equal maps are equal
/// bytes, whatever the threads, tiles and strips.
pub struct GeoTiffSink {
    files: Vec<File>,
    grid: Grid,
    strips: Strips,
    /// Strips that tiles are coming for, each with a piece of every file.
    open: BTreeMap<usize, Vec<Piece>>,
    closed: BTreeMap<usize, Pieces>,
    keeper: Option<Keeper>,
    /// Kept as they came: GDAL's own list and driver handles stay on one thread.
    options: GeoTiffOptions,
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
        let cog = driver("COG")?;
        let creation = cog::options_of(options, 1, false).map_err(fail)?;
        if !ffi::options_are_valid(&cog, &creation) {
            let message = listening.warnings().unwrap_or_default();
            return Err(Error::Gdal { message: format!("creation options: {message}") });
        }
        if let GridCrs::Wkt(wkt) = grid.crs() {
            SpatialRef::from_wkt(wkt).map_err(fail)?;
        }
        let mut files: Vec<File> = Vec::with_capacity(products.len());
        for product in products {
            if files.iter().any(|other| other.product.path == product.path) {
                return Err(write_error(&product.path, "two layers would be written to this file"));
            }
            if product.bands.is_empty() {
                return Err(write_error(&product.path, "a raster needs a band"));
            }
            let copy_at = Beside::new(&product.path, options.existing)?;
            files.push(File {
                product: product.clone(),
                copy_at,
                summaries: vec![Summary::default(); product.bands.len()],
            });
        }
        Ok(Self {
            files,
            grid: grid.clone(),
            strips: Strips::one(grid, options.tile),
            open: BTreeMap::new(),
            closed: BTreeMap::new(),
            keeper: None,
            options: options.clone(),
            buffer: Vec::new(),
        })
    }

    /// Keeps strips in a journal as they are done, under the name `stem`; tells what came of those that are there already,
    /// for the run's [`Share`](crate::run::Share) of [`Strips::of`] the grid.
    ///
    /// # Errors
    /// [`Error::Write`] for strips that are not what they should be.
    pub fn keep_in(&mut self, journal: &Arc<Journal>, stem: &str) -> Result<Vec<StripReport>> {
        self.strips = Strips::of(&self.grid, self.options.tile);
        let (mut reports, mut writers) = (Vec::new(), BTreeMap::new());
        for kept in journal.kept(stem)? {
            let strip = kept.report.strip;
            if strip >= self.strips.len() || ![0, self.files.len()].contains(&kept.files.len()) {
                return Err(write_error(journal.folder(), format!("strip {strip} of {stem} is not of this run")));
            }
            for path in &kept.files {
                let size = (self.grid.size()[0], self.strips.rows(strip).len());
                cog::check(path, size).map_err(|message| write_error(path, message))?;
            }
            let summaries = self.files.iter_mut().flat_map(|file| &mut file.summaries);
            summaries.zip(kept.report.summaries()).for_each(|(summary, of_strip)| summary.merge(of_strip));
            self.closed.insert(strip, Pieces::Kept(kept.files));
            writers.insert(strip, kept.writer);
            reports.push(kept.report);
        }
        let journal = Arc::clone(journal);
        self.keeper = Some(Keeper { journal, stem: stem.to_owned(), waiting: Vec::new(), writers });
        Ok(reports)
    }

    /// Tiles on both sides of each seam, where strips that were there before were computed by different processes: by their
    /// numbers in the grid, one in each strip.
    pub fn seams(&self) -> Vec<usize> {
        let Some(keeper) = &self.keeper else { return Vec::new() };
        let across = self.grid.size()[0].div_ceil(self.options.tile.get());
        let (mut tiles, mut before) = (Vec::new(), None::<(&usize, &String)>);
        for (strip, writer) in &keeper.writers {
            if let Some((north, other)) = before
                && other != writer
            {
                tiles.push(self.strips.tiles(*north).end - across / 2 - 1);
                tiles.push(self.strips.tiles(*strip).start + across / 2);
            }
            before = Some((strip, writer));
        }
        tiles
    }

    /// Holds a tile that was computed again against what its strip has there.
    ///
    /// # Errors
    /// [`Error::Write`] where they differ by more than the last digits, as what other instructions computed may, or the strip cannot be read.
    pub fn compare(&self, tile: &Tile) -> Result<()> {
        let [column, row] = tile.first();
        let strip = self.strips.of_row(row);
        let (Some(keeper), Some(Pieces::Kept(files))) = (&self.keeper, self.closed.get(&strip)) else { return Ok(()) };
        let first = [column, row - self.strips.rows(strip).start];
        let mut found = Vec::new();
        for (layer, path) in files.iter().enumerate() {
            let raster = RasterIn::open(path, 1)?;
            raster.read(first, tile.size(), tile.size(), Resampling::Nearest, &mut found)?;
            for (cell, (now, &then)) in tile.values(layer).zip(&found).enumerate() {
                let then = raster.value(then);
                let alike = match (now.map(f64::from), then) {
                    (Some(now), Some(then)) => (now - then).abs() <= SAME * now.abs().max(then.abs()).max(1e-30),
                    (now, then) => now.is_none() && then.is_none(),
                };
                if !alike {
                    let [columns, _] = tile.size();
                    let writer = keeper.writers.get(&strip).map_or("", String::as_str);
                    return Err(write_error(
                        path,
                        format!(
                            "is not what is computed here: row {} and column {} of the map have {then:?} there and {now:?} here \
                             (written by {writer}); remove {}.{strip:06}.json beside it, and compute its part again",
                            row + cell / columns,
                            column + cell % columns,
                            keeper.stem
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Adds items to the metadata of the file at `path`, for what is known only after the files were opened.
    ///
    /// # Errors
    /// [`Error::Write`] where there is no such file.
    pub fn describe(&mut self, path: &Path, items: &[(String, String)]) -> Result<()> {
        let Some(file) = self.files.iter_mut().find(|file| file.product.path == path) else {
            return Err(write_error(path, "it is none of the files that are being written"));
        };
        for (name, value) in items {
            file.product.metadata.retain(|(known, _)| known != name);
            file.product.metadata.push((name.clone(), value.clone()));
        }
        Ok(())
    }

    /// Puts on record what is complete, where a journal keeps it: for a run that ends before its end. Returns how many strips are on record.
    ///
    /// # Errors
    /// [`Error::Write`], as on a full disk.
    pub fn record(&mut self) -> Result<usize> {
        let Some(keeper) = &mut self.keeper else { return Ok(0) };
        let mut strips = Vec::new();
        for report in keeper.waiting.drain(..) {
            if let Some(Pieces::Own(files)) = self.closed.remove(&report.strip) {
                strips.push((report, files));
            }
        }
        for (strip, files) in keeper.journal.record(&keeper.stem, strips)? {
            self.closed.insert(strip, Pieces::Kept(files));
        }
        Ok(keeper.journal.recorded())
    }

    /// Whether a run that ends now should leave what it has: where a journal has something already, or it is time that it had.
    pub fn is_worth_recording(&self) -> bool {
        self.keeper.as_ref().is_some_and(|keeper| keeper.journal.recorded() > 0 || keeper.journal.is_due(&keeper.stem))
    }

    /// A piece of every file for a strip that begins.
    fn begin(&self, strip: usize) -> Result<Vec<Piece>> {
        let gtiff = driver("GTiff")?;
        let piece = |file: &File| {
            let (target, existing) = match &self.keeper {
                Some(keeper) => {
                    let name = Path::new(file.product.path.file_name().unwrap_or_default());
                    (keeper.journal.place(name, strip), Existing::Replace)
                }
                None => (file.product.path.clone(), self.options.existing),
            };
            let at = Beside::new(&target, existing)?;
            let (rows, tile) = (self.strips.rows(strip), self.options.tile.get());
            let listening = Listening::here();
            let dataset = pieces::create_piece(&gtiff, &self.grid, rows, &file.product, at.path(), tile)
                .map_err(|e| write_error(&file.product.path, listening.reason(&e)))?;
            Ok(Piece { dataset, at })
        };
        self.files.iter().map(piece).collect()
    }

    /// Closes the pieces of a strip: they are whole files then.
    fn close(&mut self, strip: usize) -> Result<()> {
        let listening = Listening::with_workers();
        let mut files = Vec::new();
        for (Piece { dataset, at }, file) in self.open.remove(&strip).into_iter().flatten().zip(&self.files) {
            let closed = dataset.close();
            if let Some(message) = listening.failures().or(closed.err().map(|e| e.to_string())) {
                return Err(write_error(&file.product.path, message));
            }
            files.push(at);
        }
        self.closed.insert(strip, Pieces::Own(files));
        Ok(())
    }
}

impl TileSink for GeoTiffSink {
    fn write(&mut self, tile: &Tile) -> Result<()> {
        let ([column, row], size) = (tile.first(), tile.size());
        let strip = self.strips.of_row(row);
        if !self.open.contains_key(&strip) {
            let pieces = self.begin(strip)?;
            self.open.insert(strip, pieces);
        }
        let row = row - self.strips.rows(strip).start;
        let listening = Listening::with_workers();
        let pieces = self.open.get(&strip).into_iter().flatten();
        let bands = self.files.iter_mut().zip(pieces).flat_map(|(File { product, summaries, .. }, piece)| {
            let (product, tiles) = (&*product, &piece.dataset);
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

    fn strip(&mut self, report: &StripReport) -> Result<()> {
        // One whose tiles were all empty has no files.
        self.close(report.strip)?;
        if let Some(keeper) = &mut self.keeper {
            keeper.waiting.push(report.clone());
            if keeper.journal.is_due(&keeper.stem) {
                self.record()?;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, watch: &dyn Watch) -> Result<Vec<PathBuf>> {
        let mut sink = *self;
        for strip in sink.open.keys().copied().collect::<Vec<_>>() {
            sink.close(strip)?;
        }
        // What took so long to compute is not lost while it is copied.
        if sink.is_worth_recording() {
            sink.record()?;
        }
        let Self { files, grid, strips, closed, options, .. } = sink;
        let cells = grid.cells();
        // Of each strip the path of each file, and those that go when they are copied.
        let mut paths: Vec<Vec<(usize, PathBuf)>> = files.iter().map(|_| Vec::new()).collect();
        let mut own: Vec<Vec<Beside>> = files.iter().map(|_| Vec::new()).collect();
        for (strip, pieces) in closed {
            match pieces {
                Pieces::Kept(kept) => paths.iter_mut().zip(kept).for_each(|(paths, at)| paths.push((strip, at))),
                Pieces::Own(pieces) => {
                    for (k, piece) in pieces.into_iter().enumerate() {
                        paths[k].push((strip, piece.path().to_owned()));
                        own[k].push(piece);
                    }
                }
            }
        }
        let waiting = files.into_iter().zip(paths).zip(own).map(|((file, paths), pieces)| {
            let File { product, copy_at, summaries } = file;
            let (grid, tile, described) = (grid.clone(), options.tile.get(), product.clone());
            let source = Box::new(move || {
                let listening = Listening::here();
                let fail = |e: gdal::errors::GdalError| write_error(&described.path, listening.reason(&e));
                let paths: Vec<(usize, &Path)> = paths.iter().map(|(strip, path)| (*strip, path.as_path())).collect();
                let dataset = pieces::join(&grid, &strips, &described, &paths, tile)?.map_err(fail)?;
                for (band, summary) in summaries.iter().enumerate() {
                    pieces::describe_statistics(&dataset, band + 1, summary, cells).map_err(fail)?;
                }
                Ok(dataset)
            });
            Waiting { product, copy_at, source, pieces }
        });
        cog::complete(waiting.collect(), options, cells, watch)
    }
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
