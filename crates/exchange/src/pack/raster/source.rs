//! A run's rasters, opened and agreed with each other and the record.

use std::path::Path;

use gdal::Dataset;
use gdal::spatial_ref::SpatialRef;

use crate::pack::gdal_io::{self, Hush};
use crate::pack::source::{HotRule, Run, Variable};
use crate::{Error, Result};

/// Cells of a raster: north up, without rotation.
pub(crate) struct Cells {
    pub(crate) crs: SpatialRef,
    pub(crate) epsg: Option<u32>,
    /// West and north edge.
    pub(crate) origin: [f64; 2],
    pub(crate) cell: [f64; 2],
    pub(crate) size: [usize; 2],
}

/// What a raster of the run says of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mean,
    Sd,
    Exceedance,
    /// 0 where it can be trusted, else a sum of bits.
    Trust,
}

/// One raster.
pub(crate) struct Band {
    pub(crate) kind: Kind,
    pub(crate) nodata: Option<f64>,
    dataset: Dataset,
    path: std::path::PathBuf,
}

/// The rasters of one map.
pub(crate) struct Source {
    pub(crate) cells: Cells,
    pub(crate) bands: Vec<Band>,
}

impl Cells {
    /// Those of a raster, which are those of the record.
    pub(crate) fn of(path: &Path, variable: &Variable) -> Result<Self> {
        let dataset = gdal_io::open(path, "GTiff")?;
        Self::of_open(&dataset, path, variable)
    }

    fn of_open(dataset: &Dataset, path: &Path, variable: &Variable) -> Result<Self> {
        let hush = Hush::new();
        let crs = dataset.spatial_ref().map_err(|_| {
            let reason = "the map has no coordinate system, so nobody can say where on Earth it is";
            Error::refused(path.display(), reason, "make the map again with --crs or --out-crs")
        })?;
        let crs = gdal_io::traditional(crs);
        let [west, width, shear_x, north, shear_y, height] =
            dataset.geo_transform().map_err(|e| Error::unreadable(path, hush.reason(&e)))?;
        let (columns, rows) = dataset.raster_size();
        let epsg = crs.authority().ok().and_then(|a| a.strip_prefix("EPSG:")?.parse().ok());
        let cells = Self { crs, epsg, origin: [west, north], cell: [width, -height], size: [columns, rows] };
        let said = &variable.grid;
        let close = |a: f64, b: f64, cell: f64| (a - b).abs() <= 1e-6 * cell;
        let [w, s, e, n] = cells.bounds();
        let agrees = shear_x == 0.0
            && shear_y == 0.0
            && width > 0.0
            && height < 0.0
            && said.size == cells.size
            && close(w, said.bounds[0], width)
            && close(s, said.bounds[1], width)
            && close(e, said.bounds[2], width)
            && close(n, said.bounds[3], width)
            && cells.epsg == variable.crs.epsg();
        if !agrees {
            let reason = "its cells or coordinate system are not those of the record";
            return Err(Error::refused(path.display(), reason, "make the map again"));
        }
        Ok(cells)
    }

    /// West, south, east, north.
    pub(crate) fn bounds(&self) -> [f64; 4] {
        let [west, north] = self.origin;
        let (columns, rows) = (self.size[0] as f64, self.size[1] as f64);
        [west, north - rows * self.cell[1], west + columns * self.cell[0], north]
    }
}

impl Source {
    /// The rasters that `variable` has.
    pub(crate) fn open(run: &Run, variable: &Variable) -> Result<Self> {
        let scale = variable.record["settings"]["scale"].as_str();
        if scale.is_some_and(|scale| scale != "data") || !variable.record["method"]["indicator"].is_null() {
            let reason =
                format!("its map of {} is no map of contents but of something computed from them", variable.analyte);
            let remedy =
                "make a map on the scale of the data, without --scale transformed and without an indicator method";
            return Err(Error::refused(run.folder.display(), reason, remedy));
        }
        let mean = variable.needed(run, "_prediction.tif")?;
        let cells = Cells::of(&mean, variable)?;
        let kinds = [
            (Kind::Mean, "_prediction.tif"),
            (Kind::Sd, "_sd.tif"),
            (Kind::Exceedance, "_exceedance.tif"),
            (Kind::Trust, "_trust.tif"),
        ];
        let mut bands = Vec::new();
        for (kind, ending) in kinds {
            let Some(entry) = variable.output(ending) else { continue };
            let path = run.folder.join(&entry.name);
            let dataset = gdal_io::open(&path, "GTiff")?;
            Cells::of_open(&dataset, &path, variable)?;
            let hush = Hush::new();
            let nodata = {
                let band = dataset.rasterband(1).map_err(|e| Error::unreadable(&path, hush.reason(&e)))?;
                let plain = |value: Option<f64>, neutral: f64| value.is_none_or(|value| value == neutral);
                if !plain(band.scale(), 1.0) || !plain(band.offset(), 0.0) {
                    return Err(Error::unreadable(&path, "its values are scaled, which no run writes"));
                }
                band.no_data_value()
            };
            bands.push(Band { kind, nodata, dataset, path });
        }
        Ok(Self { cells, bands })
    }

    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.bands.iter().any(|band| band.kind == kind)
    }

    /// The rule that says which cells are hot, where the rasters suffice for it.
    pub(crate) fn hot(&self, variable: &Variable) -> Option<HotRule> {
        match variable.hot? {
            HotRule::Probability(_) if !self.has(Kind::Exceedance) => None,
            rule => Some(rule),
        }
    }
}

impl Band {
    /// Values of the columns and rows from `first`; those without are NaN.
    pub(crate) fn read(&self, first: [usize; 2], size: [usize; 2], into: &mut Vec<f32>) -> Result<()> {
        let hush = Hush::new();
        into.resize(size[0] * size[1], f32::NAN);
        let failed = |reason: String| Error::unreadable(&self.path, reason);
        let band = self.dataset.rasterband(1).map_err(|e| failed(hush.reason(&e)))?;
        let (window, shape) = ((first[0] as isize, first[1] as isize), (size[0], size[1]));
        band.read_into_slice(window, shape, shape, into, None).map_err(|e| failed(hush.reason(&e)))?;
        if let Some(reason) = hush.failure() {
            return Err(failed(reason));
        }
        if let Some(nodata) = self.nodata {
            let nodata = nodata as f32;
            into.iter_mut().filter(|v| **v == nodata || v.is_infinite()).for_each(|v| *v = f32::NAN);
        }
        Ok(())
    }
}
