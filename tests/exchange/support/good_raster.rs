//! Rasters of the good bundle, written by GDAL from plain numbers.
#![allow(unsafe_code, reason = "the gdal crate has no function that sets the unit of a band")]

use std::ffi::CString;
use std::fs;
use std::path::Path;

use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};

/// A raster as it will be written; every member may be altered before.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    pub(crate) path: String,
    pub(crate) stat: &'static str,
    pub(crate) grid: &'static str,
    pub(crate) epsg: u32,
    pub(crate) transform: [f64; 6],
    pub(crate) size: [usize; 2],
    /// Of all bands.
    pub(crate) values: Vec<f64>,
    pub(crate) data_type: &'static str,
    /// What is declared; values that are none hold -9999, 255 or 65535 whatever is declared.
    pub(crate) nodata: Option<f64>,
    pub(crate) bands: usize,
    pub(crate) description: String,
    pub(crate) unit: String,
    pub(crate) statistics: bool,
    pub(crate) scale: Option<f64>,
    pub(crate) items: Vec<(&'static str, String)>,
    pub(crate) driver: &'static str,
    pub(crate) options: Vec<(&'static str, &'static str)>,
}

impl Raster {
    /// What stands for no value.
    pub(crate) fn none(&self) -> f64 {
        match self.data_type {
            "UInt8" => 255.0,
            "UInt16" => 65535.0,
            _ => -9999.0,
        }
    }

    /// Writes it below `root`.
    pub(crate) fn write(&self, root: &Path) {
        match self.data_type {
            "UInt8" => self.of(root, |v| v as u8),
            "UInt16" => self.of(root, |v| v as u16),
            _ => self.of(root, |v| v as f32),
        }
    }

    fn of<T: GdalType + Copy>(&self, root: &Path, cast: fn(f64) -> T) {
        let [columns, rows] = self.size;
        let memory = DriverManager::get_driver_by_name("MEM").unwrap();
        let mut set = memory.create_with_band_type::<T, _>("", columns, rows, self.bands).unwrap();
        set.set_geo_transform(&self.transform).unwrap();
        set.set_spatial_ref(&SpatialRef::from_epsg(self.epsg).unwrap()).unwrap();
        for (key, value) in &self.items {
            set.set_metadata_item(key, value, "").unwrap();
        }
        for k in 1..=self.bands {
            self.band(&set, k, cast);
        }
        let path = root.join(&self.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let driver = DriverManager::get_driver_by_name(self.driver).unwrap();
        let options: Vec<String> = self.options.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let options = RasterCreationOptions::from_iter(options.iter().map(String::as_str));
        set.create_copy(&driver, &path, &options).unwrap().close().unwrap();
    }

    fn band<T: GdalType + Copy>(&self, set: &Dataset, k: usize, cast: fn(f64) -> T) {
        let mut band = set.rasterband(k).unwrap();
        let size = (self.size[0], self.size[1]);
        let mut values = Buffer::new(size, self.values.iter().map(|&v| cast(v)).collect());
        band.write((0, 0), size, &mut values).unwrap();
        band.set_no_data_value(self.nodata).unwrap();
        if !self.description.is_empty() {
            band.set_description(&self.description).unwrap();
        }
        if let Some(scale) = self.scale {
            band.set_scale(scale).unwrap();
        }
        let unit = CString::new(self.unit.as_str()).unwrap();
        // SAFETY: the band lives, and GDAL copies the text.
        unsafe { gdal_sys::GDALSetRasterUnitType(band.c_rasterband(), unit.as_ptr()) };
        if self.statistics {
            for (key, value) in self.moments() {
                band.set_metadata_item(key, &value, "").unwrap();
            }
        }
        if self.stat == "SDEV" {
            band.set_metadata_item("SD_SUPPORT", "point", "").unwrap();
        }
    }

    fn moments(&self) -> Vec<(&'static str, String)> {
        let valid: Vec<f64> = self.values.iter().copied().filter(|v| *v != self.none() && v.is_finite()).collect();
        let n = valid.len() as f64;
        let mean = valid.iter().sum::<f64>() / n;
        let sd = (valid.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let end = |worst: f64, pick: fn(f64, f64) -> f64| valid.iter().copied().fold(worst, pick).to_string();
        vec![
            ("STATISTICS_MINIMUM", end(f64::INFINITY, f64::min)),
            ("STATISTICS_MAXIMUM", end(f64::NEG_INFINITY, f64::max)),
            ("STATISTICS_MEAN", mean.to_string()),
            ("STATISTICS_STDDEV", sd.to_string()),
            ("STATISTICS_VALID_PERCENT", (100.0 * n / self.values.len() as f64).to_string()),
        ]
    }
}
