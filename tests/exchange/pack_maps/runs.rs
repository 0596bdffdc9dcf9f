//! Run folders as `soilscope map` writes them, with values that a test chooses, and rasters read again through GDAL.

use std::fs;
use std::path::{Path, PathBuf};

use gdal::raster::Buffer;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, LayerAccess, LayerOptions, ToGdal};
use gdal::{Dataset, DriverManager};
use gdal_sys::{OGRFieldType, OGRwkbGeometryType};
use geo::Polygon;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use soilscope_exchange::pack::names::{Naming, Tokens};
use soilscope_exchange::pack::raster::{GridChoice, Grids, Layer, Mapset, rasters};
use soilscope_exchange::pack::source::Run;
use soilscope_exchange::{country, tables};

/// Mean, standard deviation, probability and bits of trust of a cell; NaN for none.
pub(super) type Cell = [f32; 4];

/// What a map has at a column and row.
pub(super) type Values<'a> = &'a dyn Fn(usize, usize) -> Cell;

/// A map that never was.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) analyte: &'static str,
    pub(super) epsg: u32,
    /// West and north edge.
    pub(super) origin: [f64; 2],
    pub(super) cell: [f64; 2],
    pub(super) size: [usize; 2],
    pub(super) threshold: Option<f64>,
    pub(super) distribution: &'static str,
}

impl Fake {
    pub(super) fn new(epsg: u32, origin: [f64; 2], cell: f64, size: [usize; 2]) -> Self {
        let distribution = "log-normal (Gaussian on the natural logarithm)";
        Self { analyte: "zinc", epsg, origin, cell: [cell, cell], size, threshold: Some(50.0), distribution }
    }

    pub(super) fn crs(&self) -> SpatialRef {
        crs(self.epsg)
    }

    fn bounds(&self) -> [f64; 4] {
        let [w, n] = self.origin;
        [w, n - self.size[1] as f64 * self.cell[1], w + self.size[0] as f64 * self.cell[0], n]
    }

    /// The record of this map, without its outputs.
    fn record(&self) -> Value {
        let kind = if self.crs().is_projected() { "projected" } else { "geographic" };
        let mut record = json!({
            "analyte": self.analyte, "unit": "mg/kg",
            "settings": {
                "transform": "log", "distribution": self.distribution, "scale": "data", "threshold": self.threshold,
                "confidence": self.threshold.map(|_| 0.8),
            },
            "samples": { "rows": 155, "used": 150, "missing": 5, "quantified": 140, "below_limit": 10, "nondetect": "limit/2" },
            "crs": { "authority": format!("EPSG:{}", self.epsg), "name": self.crs().name().unwrap(), "kind": kind },
            "method": { "method": "ordinary-kriging", "support": "point" },
            "grid": { "columns": self.size[0], "rows": self.size[1], "cell": self.cell, "bounds": self.bounds() },
            "cells": { "cells": self.size[0] * self.size[1], "predicted": 1, "outside_mask": 0, "gaps": { "too-few": 2 },
                "trust": { "doubtful": 3 } },
            "outputs": [], "notes": ["a note"],
        });
        if self.threshold.is_some() {
            record["hotspots"] = json!({ "rule": { "probability": { "at_least": 0.8 } } });
        }
        record
    }

    /// Writes the rasters into the folder and returns the record with their sums.
    fn rasters(&self, folder: &Path, value: &dyn Fn(usize, usize) -> Cell) -> Value {
        let mut record = self.record();
        let endings = ["prediction", "sd", "exceedance", "trust"];
        for (i, ending) in endings.into_iter().enumerate() {
            if ending == "exceedance" && self.threshold.is_none() {
                continue;
            }
            let path = folder.join(format!("{}_{ending}.tif", self.analyte));
            let cells = (0..self.size[0] * self.size[1]).map(|n| value(n % self.size[0], n / self.size[0])[i]);
            let transform = [self.origin[0], self.cell[0], 0.0, self.origin[1], 0.0, -self.cell[1]];
            if ending == "trust" {
                let cells: Vec<u8> = cells.map(|v| if v.is_nan() { 255 } else { v as u8 }).collect();
                write(&path, self.size, transform, &self.crs(), 255.0, cells);
            } else {
                let cells: Vec<f32> = cells.map(|v| if v.is_nan() { -9999.0 } else { v }).collect();
                write(&path, self.size, transform, &self.crs(), -9999.0, cells);
            }
            add(&mut record, "raster", &path);
        }
        record
    }

    /// A finished run of this map.
    pub(super) fn run(&self, folder: &Path, value: impl Fn(usize, usize) -> Cell) -> Run {
        self.run_with(folder, value, &[])
    }

    /// The same with hotspots: their places of samples and their polygons.
    pub(super) fn run_with(
        &self,
        folder: &Path,
        value: impl Fn(usize, usize) -> Cell,
        hotspots: &[(i64, Polygon<f64>)],
    ) -> Run {
        let mut record = self.rasters(folder, &value);
        if !hotspots.is_empty() {
            let path = folder.join(format!("{}_hotspots.gpkg", self.analyte));
            write_hotspots(&path, &self.crs(), hotspots);
            add(&mut record, "hotspots", &path);
        }
        for (name, value) in head() {
            record[name] = value;
        }
        finish(folder, &record)
    }
}

/// A run of several maps.
pub(super) fn several(folder: &Path, maps: &[(Fake, Values<'_>)]) -> Run {
    let mut record = Value::Object(head().into_iter().collect());
    record["analytes"] = maps.iter().map(|(map, value)| map.rasters(folder, value)).collect();
    record["outputs"] = json!([]);
    let together = folder.join("joint_any.tif");
    fs::write(&together, "not opened").unwrap();
    add(&mut record, "raster", &together);
    finish(folder, &record)
}

fn head() -> Vec<(String, Value)> {
    let members = json!({
        "verb": "map", "versions": { "soilscope": "0.1.0", "gdal": "3.6.2", "proj": "9.1.1" },
        "command": ["/usr/bin/soilscope", "map", "/home/somebody/zinc.csv"], "started": "2024-05-27T10:11:12Z",
        "inputs": [{ "role": "samples", "path": "/home/somebody/zinc.csv", "bytes": 12, "sha256": "0".repeat(64) }],
        "notes": ["of all"],
    });
    members.as_object().unwrap().clone().into_iter().collect()
}

fn finish(folder: &Path, record: &Value) -> Run {
    fs::write(folder.join("run.json"), serde_json::to_vec_pretty(record).unwrap()).unwrap();
    Run::open(folder, &|| false).unwrap()
}

pub(super) fn sum(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
}

fn add(record: &mut Value, role: &str, path: &Path) {
    let bytes = fs::metadata(path).unwrap().len();
    let entry = json!({ "role": role, "path": path.to_str().unwrap(), "bytes": bytes, "sha256": sum(path) });
    record["outputs"].as_array_mut().unwrap().push(entry);
}

pub(super) fn crs(epsg: u32) -> SpatialRef {
    let mut crs = SpatialRef::from_epsg(epsg).unwrap();
    crs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    crs
}

/// A plain GeoTIFF.
pub(super) fn write<T: gdal::raster::GdalType + Copy>(
    path: &Path,
    size: [usize; 2],
    transform: [f64; 6],
    crs: &SpatialRef,
    nodata: f64,
    cells: Vec<T>,
) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<T, _>(path, size[0], size[1], 1).unwrap();
    dataset.set_geo_transform(&transform).unwrap();
    dataset.set_spatial_ref(crs).unwrap();
    let mut band = dataset.rasterband(1).unwrap();
    band.set_no_data_value(Some(nodata)).unwrap();
    let shape = (size[0], size[1]);
    band.write((0, 0), shape, &mut Buffer::new(shape, cells)).unwrap();
    dataset.close().unwrap();
}

fn write_hotspots(path: &Path, crs: &SpatialRef, hotspots: &[(i64, Polygon<f64>)]) {
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let mut dataset = driver.create_vector_only(path).unwrap();
    let ty = OGRwkbGeometryType::wkbPolygon;
    let table = dataset.create_layer(LayerOptions { name: "hotspots", srs: Some(crs), ty, options: None }).unwrap();
    let reals = ["mean", "maximum", "mean_probability", "confidence", "threshold", "untrusted_share"];
    for name in reals {
        FieldDefn::new(name, OGRFieldType::OFTReal).unwrap().add_to_layer(&table).unwrap();
    }
    for name in ["id", "samples_inside"] {
        FieldDefn::new(name, OGRFieldType::OFTInteger64).unwrap().add_to_layer(&table).unwrap();
    }
    for name in ["class", "class_reason"] {
        FieldDefn::new(name, OGRFieldType::OFTString).unwrap().add_to_layer(&table).unwrap();
    }
    for (i, (samples, polygon)) in hotspots.iter().enumerate() {
        let mut row = Feature::new(table.defn()).unwrap();
        row.set_geometry(polygon.to_gdal().unwrap()).unwrap();
        for (at, value) in [120.5, 200.0, 0.9, 0.8, 50.0, 0.25].into_iter().enumerate() {
            row.set_field_double(at, value).unwrap();
        }
        row.set_field_integer64(6, i as i64 + 1).unwrap();
        row.set_field_integer64(7, *samples).unwrap();
        row.set_field_string(8, "certain").unwrap();
        row.set_field_string(9, "a sample inside is above").unwrap();
        row.create(&table).unwrap();
    }
    dataset.close().unwrap();
}

/// What a run cannot know.
pub(super) fn mapset(analyte: &str) -> Mapset {
    let analyte = tables::analyte(analyte).unwrap();
    let country = country::by_alpha3("NLD").unwrap();
    let naming = Naming::new(country, Tokens::default(), 2024, analyte, "pseudo_total", [0, 30]).unwrap();
    Mapset {
        naming,
        unit: "mg/kg".to_owned(),
        cas: analyte.cas_number.clone(),
        glosis_uri: analyte.glosis_uri.clone(),
        inspire_uri: None,
        fraction: "pseudo_total".to_owned(),
        extraction: "AR_ISO54321".to_owned(),
        period: "2019-04-01/2021-09-30".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        threshold_source: Some("Soil act, annex 2".to_owned()),
    }
}

/// The rasters of the first map of a run.
pub(super) fn pack(run: &Run, choice: &GridChoice, into: &Path) -> (Grids, Vec<Layer>) {
    let grids = Grids::of(&[run], choice).unwrap();
    let layers = rasters(run, &run.variables[0], &mapset("Zn"), &grids, into, &mut |_| {}, &|| false).unwrap();
    (grids, layers)
}

/// A raster as a reader finds it.
pub(super) struct Read {
    pub(super) dataset: Dataset,
    pub(super) size: [usize; 2],
    pub(super) transform: [f64; 6],
    /// Without a value: NaN.
    pub(super) cells: Vec<f64>,
}

impl Read {
    pub(super) fn of(path: &Path) -> Self {
        let dataset = Dataset::open(path).unwrap();
        let (columns, rows) = dataset.raster_size();
        let band = dataset.rasterband(1).unwrap();
        let nodata = band.no_data_value().unwrap();
        let cells = band.read_as::<f64>((0, 0), (columns, rows), (columns, rows), None).unwrap();
        let cells = cells.data().iter().map(|v| if *v == nodata { f64::NAN } else { *v }).collect();
        let transform = dataset.geo_transform().unwrap();
        Self { size: [columns, rows], transform, cells, dataset }
    }

    /// The one of a product and a flavour.
    pub(super) fn layer(into: &Path, layers: &[Layer], flavour: &str, stat: &str) -> Self {
        Self::of(&path(into, layers, flavour, stat))
    }

    pub(super) fn at(&self, column: usize, row: usize) -> f64 {
        self.cells[row * self.size[0] + column]
    }

    /// West, north, east and south edge of a cell.
    pub(super) fn edges(&self, column: usize, row: usize) -> [f64; 4] {
        let [w, dx, _, n, _, dy] = self.transform;
        [w + column as f64 * dx, n + row as f64 * dy, w + (column + 1) as f64 * dx, n + (row + 1) as f64 * dy]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.cells.iter().enumerate().map(|(i, v)| (i % self.size[0], i / self.size[0], *v))
    }
}

pub(super) fn path(into: &Path, layers: &[Layer], flavour: &str, stat: &str) -> PathBuf {
    let found = layers.iter().find(|l| l.flavour == flavour && l.stat == stat);
    into.join(&found.unwrap_or_else(|| panic!("no {flavour} {stat}")).path)
}

/// Every file below a folder, with its bytes.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found
                    .push((path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

/// A number from 0 to 1 that only looks random.
pub(super) fn noise(a: usize, b: usize) -> f32 {
    let mut x = (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (b as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    x = (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((x ^ (x >> 29)) >> 40) as f32 / (1u64 << 24) as f32
}
