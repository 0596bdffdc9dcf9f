//! Cloud-optimised GeoTIFFs: tiles of 512, DEFLATE, overviews inside, all that describes them in the file and nothing beside it.

use std::fs;
use std::path::{Path, PathBuf};

use gdal::cpl::CslStringList;
use gdal::raster::{Buffer, ColorEntry, ColorTable, PaletteInterpretation};
use gdal::{Dataset, Metadata};

use super::grid::Grid;
use super::layer::Quantile;
use super::tally::{Statistics, Tally};
use crate::pack::gdal_io::{self, Hush};
use crate::{Error, Result};

/// Side of the tiles, and of the blocks that are computed at a time.
pub(crate) const TILE: usize = 512;

/// What cells of a raster are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// Real numbers; −9999 for none.
    Real,
    /// Classes; 255 for none.
    Classes,
}

impl Values {
    pub(crate) fn nodata(self) -> f64 {
        match self {
            Self::Real => -9999.0,
            Self::Classes => 255.0,
        }
    }

    /// As `layer_stats.csv` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Real => "Float32",
            Self::Classes => "UInt8",
        }
    }
}

/// What is written into a file beside its cells.
pub(crate) struct Description {
    pub(crate) text: String,
    pub(crate) unit: String,
    /// Items of the file.
    pub(crate) file: Vec<(String, String)>,
    /// Items of its band.
    pub(crate) band: Vec<(String, String)>,
    /// Red, green and blue of each class, from 0.
    pub(crate) colours: Vec<[u8; 3]>,
}

/// A raster that is being filled: a plain GeoTIFF, of which the cloud-optimised one is made when all its cells are known.
pub(crate) struct Draft {
    values: Values,
    dataset: Dataset,
    path: PathBuf,
    size: [usize; 2],
    /// Of the blocks that are put.
    side: usize,
    tally: Tally,
    band: Vec<f32>,
}

/// A file that was written.
pub(crate) struct Written {
    pub(crate) statistics: Option<Statistics>,
    pub(crate) valid: u64,
    pub(crate) quantiles: Vec<Quantile>,
}

impl Draft {
    /// An empty raster of a grid in a file that is not to stay, to be filled by blocks of so many cells a side, row by row.
    pub(crate) fn create(path: PathBuf, grid: &Grid, values: Values, colours: &[[u8; 3]], side: usize) -> Result<Self> {
        let hush = Hush::new();
        let failed = |reason: String| Error::unwritable(&path, reason);
        let driver = gdal_io::driver("GTiff")?;
        let mut options = CslStringList::new();
        let tile = TILE.to_string();
        for (name, value) in [
            ("TILED", "YES"),
            ("BLOCKXSIZE", tile.as_str()),
            ("BLOCKYSIZE", tile.as_str()),
            ("SPARSE_OK", "TRUE"),
            ("BIGTIFF", "IF_SAFER"),
        ] {
            options.set_name_value(name, value).map_err(|e| failed(e.to_string()))?;
        }
        let [columns, rows] = grid.size;
        let dataset = match values {
            Values::Real => driver.create_with_band_type_with_options::<f32, _>(&path, columns, rows, 1, &options),
            Values::Classes => driver.create_with_band_type_with_options::<u8, _>(&path, columns, rows, 1, &options),
        };
        let mut dataset = dataset.map_err(|e| failed(hush.reason(&e)))?;
        let crs = gdal_io::epsg(grid.epsg)?;
        let placed = dataset.set_geo_transform(&grid.transform()).and_then(|()| dataset.set_spatial_ref(&crs));
        let described = placed.and_then(|()| {
            let mut band = dataset.rasterband(1)?;
            band.set_no_data_value(Some(values.nodata()))?;
            if !colours.is_empty() {
                let mut table = ColorTable::new(PaletteInterpretation::Rgba);
                for (class, [r, g, b]) in (0..).zip(colours) {
                    let entry = ColorEntry::rgba((*r).into(), (*g).into(), (*b).into(), 255);
                    table.set_color_entry(class, &entry);
                }
                band.set_color_table(&table);
            }
            Ok(())
        });
        described.map_err(|e| failed(hush.reason(&e)))?;
        Ok(Self { values, dataset, path, size: grid.size, side, tally: Tally::new(), band: Vec::new() })
    }

    /// The cells of a block, row by row; NaN for none.
    pub(crate) fn put(&mut self, first: [usize; 2], size: [usize; 2], cells: impl Iterator<Item = f32>) -> Result<()> {
        self.band.clear();
        self.band.extend(cells);
        self.band.iter().filter(|v| !v.is_nan()).for_each(|v| self.tally.add(*v));
        // Blocks that are never written take no room, and are read as without values.
        if self.band.iter().all(|v| v.is_nan()) {
            return Ok(());
        }
        let hush = Hush::new();
        let nodata = self.values.nodata() as f32;
        let cells = self.band.iter().map(|v| if v.is_nan() { nodata } else { *v });
        let (window, shape) = ((first[0] as isize, first[1] as isize), (size[0], size[1]));
        let written = self.dataset.rasterband(1).and_then(|mut band| match self.values {
            Values::Real => band.write(window, shape, &mut Buffer::new(shape, cells.collect::<Vec<f32>>())),
            Values::Classes => {
                band.write(window, shape, &mut Buffer::new(shape, cells.map(|v| v as u8).collect::<Vec<u8>>()))
            }
        });
        match (written, hush.failure()) {
            (Ok(()), None) => Ok(()),
            (_, Some(reason)) => Err(Error::unwritable(&self.path, reason)),
            (Err(e), None) => Err(Error::unwritable(&self.path, e)),
        }
    }

    /// Share of cells with a value in percent, and the statistics of those.
    fn statistics(&self) -> (f64, Option<Statistics>) {
        let cells = self.size[0] as f64 * self.size[1] as f64;
        (100.0 * self.tally.count() as f64 / cells, self.tally.statistics())
    }

    /// Makes the cloud-optimised file at `path` and reads it again.
    pub(crate) fn finish(
        mut self,
        path: &Path,
        about: &Description,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Written> {
        self.describe(about)?;
        let flushed = {
            let hush = Hush::new();
            let flushed = self.dataset.flush_cache();
            hush.failure().or(flushed.err().map(|e| e.to_string()))
        };
        if let Some(reason) = flushed {
            return Err(Error::unwritable(&self.path, reason));
        }
        let copy =
            gdal_io::create_copy(&gdal_io::driver("COG")?, &self.dataset, path, &creation(self.values)?, interrupted)?;
        gdal_io::close(copy, path)?;
        let quantiles = self.read_again(path, interrupted)?;
        let Self { dataset, path: draft, tally, .. } = self;
        gdal_io::close(dataset, &draft)?;
        // The room is needed for the next one.
        fs::remove_file(&draft).map_err(|e| Error::unwritable(&draft, e))?;
        Ok(Written { statistics: tally.statistics(), valid: tally.count(), quantiles })
    }

    fn describe(&mut self, about: &Description) -> Result<()> {
        let hush = Hush::new();
        let (percent, statistics) = self.statistics();
        let described = (|| {
            for (name, value) in &about.file {
                self.dataset.set_metadata_item(name, value, "")?;
            }
            let mut band = self.dataset.rasterband(1)?;
            band.set_description(&about.text)?;
            for (name, value) in &about.band {
                band.set_metadata_item(name, value, "")?;
            }
            if let Some(Statistics { min, max, mean, sd }) = statistics {
                let items = [("MINIMUM", min), ("MAXIMUM", max), ("MEAN", mean), ("STDDEV", sd)];
                for (name, value) in items {
                    band.set_metadata_item(&format!("STATISTICS_{name}"), &value.to_string(), "")?;
                }
            }
            band.set_metadata_item("STATISTICS_VALID_PERCENT", &format!("{percent:.4}"), "")?;
            if !about.unit.is_empty() && !gdal_io::set_unit(&mut band, &about.unit) {
                return Err(gdal::errors::GdalError::BadArgument(format!("the unit '{}'", about.unit)));
            }
            Ok(())
        })();
        described.map_err(|e| Error::unwritable(&self.path, hush.reason(&e)))
    }

    /// Every cell of the file at `path` as it was put, and quantiles by the way: a disk that was full is found out here at the latest.
    fn read_again(&self, path: &Path, interrupted: &dyn Fn() -> bool) -> Result<Vec<Quantile>> {
        let dataset = gdal_io::open(path, "GTiff")?;
        let hush = Hush::new();
        let failed =
            |reason: String| Error::unwritable(path, format!("what was written cannot be read again: {reason}"));
        let band = dataset.rasterband(1).map_err(|e| failed(hush.reason(&e)))?;
        let (mut seen, mut quantiles) = (Tally::new(), self.tally.quantiles());
        let nodata = self.values.nodata() as f32;
        let mut cells = Vec::new();
        for (first, size) in blocks(self.size, self.side) {
            if interrupted() {
                return Err(Error::Interrupted);
            }
            cells.resize(size[0] * size[1], 0.0);
            let (window, shape) = ((first[0] as isize, first[1] as isize), (size[0], size[1]));
            band.read_into_slice(window, shape, shape, &mut cells, None).map_err(|e| failed(hush.reason(&e)))?;
            for value in cells.iter().filter(|v| **v != nodata) {
                seen.add(*value);
                if let Some(quantiles) = &mut quantiles {
                    quantiles.add(*value);
                }
            }
        }
        // Blocks come in the same order as they were put, so sums are equal to the last bit.
        if dataset.raster_size() != (self.size[0], self.size[1])
            || seen.count() != self.tally.count()
            || seen.statistics() != self.tally.statistics()
        {
            return Err(failed("it has other values".to_owned()));
        }
        let found = quantiles.map(|q| q.finish()).unwrap_or_default();
        Ok(found.into_iter().map(|(share, value)| Quantile { share, value }).collect())
    }
}

/// The first cell and the size of each block of a grid, row by row.
pub(crate) fn blocks(size: [usize; 2], side: usize) -> impl Iterator<Item = ([usize; 2], [usize; 2])> {
    let across = move || (0..size[0]).step_by(side);
    (0..size[1]).step_by(side).flat_map(move |row| across().map(move |column| [column, row])).map(move |first| {
        let length = |axis: usize| side.min(size[axis] - first[axis]);
        (first, [length(0), length(1)])
    })
}

/// Creation options of the COG driver. One thread, so that equal cells give equal bytes whatever the machine.
fn creation(values: Values) -> Result<CslStringList> {
    let resampling = match values {
        Values::Real => "AVERAGE",
        Values::Classes => "MODE",
    };
    let mut options = CslStringList::new();
    for (name, value) in [
        ("COMPRESS", "DEFLATE"),
        ("LEVEL", "6"),
        // 3 for real numbers, 2 for whole ones.
        ("PREDICTOR", "YES"),
        ("BLOCKSIZE", "512"),
        ("OVERVIEWS", "IGNORE_EXISTING"),
        ("OVERVIEW_RESAMPLING", resampling),
        ("NUM_THREADS", "1"),
        ("BIGTIFF", "IF_SAFER"),
        ("GEOTIFF_VERSION", "1.1"),
    ] {
        options.set_name_value(name, value).map_err(|e| Error::refused("GDAL", e, "this is a fault of the program"))?;
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_a_grid_once() {
        let all: Vec<_> = blocks([1000, 600], 512).collect();
        assert_eq!(all[0], ([0, 0], [512, 512]));
        assert_eq!(all[1], ([512, 0], [488, 512]));
        assert_eq!(all[3], ([512, 512], [488, 88]));
        assert_eq!(all.len(), 4);
        assert_eq!(all.iter().map(|(_, s)| s[0] * s[1]).sum::<usize>(), 600_000);
    }
}
