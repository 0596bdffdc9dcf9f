//! Folders of finished runs, made of the samples of the Meuse as `soilscope map` would leave them, and those samples as rows.

use std::path::{Path, PathBuf};

use gdal::raster::Buffer;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Defn, Feature, FieldDefn, FieldValue, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{DriverManager, Metadata};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use soilscope_exchange::long::Row;

/// A sample: number, easting, northing, and contents of cadmium, copper, lead and zinc in mg/kg.
pub(super) struct Sample {
    pub(super) number: String,
    pub(super) place: [f64; 2],
    pub(super) contents: [f64; 4],
}

pub(super) const ANALYTES: [&str; 4] = ["cadmium", "copper", "lead", "zinc"];
const CODES: [&str; 4] = ["Cd", "Cu", "Pb", "Zn"];
const THRESHOLDS: [f64; 4] = [4.0, 50.0, 200.0, 500.0];
const WEST: f64 = 178_440.0;
const NORTH: f64 = 333_760.0;
const CELL: f64 = 40.0;
const SIZE: [usize; 2] = [78, 104];

pub(super) fn samples() -> Vec<Sample> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/meuse.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let number = |cell: Option<&str>| cell.unwrap().parse::<f64>().unwrap();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            Sample {
                number: record[0].to_owned(),
                place: [number(record.get(1)), number(record.get(2))],
                contents: std::array::from_fn(|i| number(record.get(3 + i))),
            }
        })
        .collect()
}

/// The samples as rows of the long table, all of one access level, for the analytes at these places of [`ANALYTES`].
pub(super) fn rows(access: &str, analytes: &[usize]) -> Vec<Row> {
    let mut rows = Vec::new();
    for sample in samples() {
        for i in analytes {
            rows.push(Row {
                site_code: format!("Meuse {}", sample.number),
                specimen_code: format!("LAB-{}", sample.number),
                x: Some(sample.place[0]),
                y: Some(sample.place[1]),
                crs: "EPSG:28992".into(),
                country: "NLD".into(),
                sampling_date: Some("1990".parse().unwrap()),
                upper_depth_cm: Some(0.0),
                lower_depth_cm: Some(20.0),
                analyte_code: CODES[*i].into(),
                value: Some(sample.contents[*i]),
                unit: "mg/kg".into(),
                extraction_code: "AR_UNSPEC".into(),
                altitude_m: Some(30.25),
                laboratory: "Laboratory of Utrecht".into(),
                remark: "behind the farm of J. Jansen, telephone 046-4331234".into(),
                data_owner: "Utrecht University".into(),
                licence: "CC-BY-4.0".into(),
                access_level: access.into(),
                ..Row::default()
            });
        }
    }
    rows
}

/// Makes the folder of a run of these analytes; one: a record of one map, several: a record of all.
pub(super) fn run(folder: &Path, analytes: &[usize]) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let samples = samples();
    let mut records: Vec<Value> = analytes.iter().map(|i| map(folder, *i, &samples)).collect();
    let mut record = json!({
        "verb": "map",
        "versions": {"soilscope": "0.1.0", "gdal": "3.6.2", "proj": "9.1.1"},
        "command": ["/home/somebody/bin/soilscope", "map", "/home/somebody/meuse.csv", "-o", folder.display().to_string()],
        "started": "2026-11-22T05:59:45Z",
        "inputs": [{"role": "samples", "path": "/home/somebody/meuse.csv", "bytes": 9775,
                    "sha256": "9e73c8103eb56c34e966541aa008fe9e1ad172149dfde38ae911aba8b812a57b"}],
    });
    let root = record.as_object_mut().unwrap();
    if let [_] = analytes {
        root.extend(records.remove(0).as_object().unwrap().clone());
    } else {
        root.insert("analytes".into(), json!(records));
        root.insert("outputs".into(), json!([]));
        root.insert("notes".into(), json!(["all of them in one pass"]));
    }
    std::fs::write(folder.join("run.json"), serde_json::to_string_pretty(&record).unwrap()).unwrap();
    folder.to_owned()
}

fn map(folder: &Path, i: usize, samples: &[Sample]) -> Value {
    let (analyte, threshold) = (ANALYTES[i], THRESHOLDS[i]);
    let mut layers: [Vec<f32>; 4] = Default::default();
    let mut predicted = 0;
    for row in 0..SIZE[1] {
        for column in 0..SIZE[0] {
            let at = [WEST + (column as f64 + 0.5) * CELL, NORTH - (row as f64 + 0.5) * CELL];
            let cell = cell(at, i, threshold, samples);
            predicted += u64::from(cell[0] != -9999.0);
            for (layer, value) in layers.iter_mut().zip(cell) {
                layer.push(value as f32);
            }
        }
    }
    let mut outputs = Vec::new();
    for ((name, description, unit), values) in [
        ("prediction", format!("{analyte}, predicted (mg/kg)"), "mg/kg"),
        ("sd", format!("{analyte}, standard deviation (mg/kg)"), "mg/kg"),
        ("exceedance", format!("probability of {analyte} above {threshold} mg/kg"), ""),
        ("trust", format!("reasons not to trust the prediction of {analyte}, as bits"), ""),
    ]
    .into_iter()
    .zip(&layers)
    {
        let path = folder.join(format!("{analyte}_{name}.tif"));
        raster(&path, &description, unit, values, name == "trust");
        outputs.push(entry("raster", &path));
    }
    let path = folder.join(format!("{analyte}_hotspots.gpkg"));
    hotspot(&path, threshold, samples);
    outputs.push(entry("hotspots", &path));
    // A picture of the run shows where samples were taken, and its curve holds nothing a bundle wants: neither may be packed.
    for name in ["map.png", "curve.csv"] {
        let path = folder.join(format!("{analyte}_{name}"));
        let places: String = samples.iter().map(|s| format!("{},{}\n", s.place[0], s.place[1])).collect();
        std::fs::write(&path, places).unwrap();
        outputs.push(entry("picture", &path));
    }
    let values: Vec<f64> = samples.iter().map(|s| s.contents[i]).collect();
    json!({
        "analyte": analyte,
        "unit": "mg/kg",
        "settings": {"transform": "log", "distribution": "log-normal (Gaussian on the natural logarithm)", "scale": "data",
                     "threshold": threshold, "confidence": 0.8, "seed": null},
        "samples": {"file": "/home/somebody/meuse.csv", "rows": 155, "used": 155, "missing": 0, "quantified": 155, "below_limit": 0,
                    "nondetect": "limit/2",
                    "min": values.iter().copied().reduce(f64::min), "max": values.iter().copied().reduce(f64::max)},
        "crs": {"definition": "EPSG:28992", "name": "Amersfoort / RD New", "authority": "EPSG:28992", "kind": "projected",
                "unit": "metre", "unit_in_metres_or_degrees": 1.0},
        "method": {"method": "ordinary-kriging", "support": "point", "neighbourhood": "global"},
        "model": {"notation": "0.0957 Nug + 1.907 Mat(504.8, kappa=1.5)"},
        "validation": {"folds": "leave-one-out", "count": 155, "scores": {
            "n": 155, "me": 1.328, "mae": 136.46, "rmse": 215.75, "r2": 0.6523, "ccc": 0.79, "msdr": 1.0096, "crps": 97.86,
            "coverage": [{"nominal": 0.9, "observed": 0.9032}, {"nominal": 0.95, "observed": 0.9484}]}},
        "calibration": {"block_size": 836.8, "blocks": 12, "n": 155, "msdr": 0.8547,
                        "coverage": [{"nominal": 0.9, "observed": 0.929}, {"nominal": 0.95, "observed": 0.9613}]},
        "skill": {"skilled": true, "score": 0.48, "auc": 0.91},
        "guideline": {"threshold": threshold, "unit": "mg/kg", "instrument": "Circulaire bodemsanering", "year": 2013,
                      "level": "intervention value", "land_use": "any", "basis": "total", "source": "https://wetten.overheid.nl/BWBR0033592",
                      "code": "NL/intervention/any", "standing": "verified"},
        "grid": {"columns": SIZE[0], "rows": SIZE[1], "cell": [CELL, CELL],
                 "bounds": [WEST, NORTH - CELL * SIZE[1] as f64, WEST + CELL * SIZE[0] as f64, NORTH]},
        "cells": {"cells": SIZE[0] * SIZE[1], "predicted": predicted, "outside_mask": (SIZE[0] * SIZE[1]) as u64 - predicted,
                  "gaps": {}, "trust": {"doubtful": 0}},
        "hotspots": {"rule": {"probability": {"at_least": 0.8}}, "joint": {"seed": 1, "realisations": 200}},
        "outputs": outputs,
        "notes": ["no sill was found <script>alert(1)</script>"],
    })
}

/// Prediction, standard deviation, probability and trust of a cell: inverse distances, which is enough to have a map.
fn cell(at: [f64; 2], i: usize, threshold: f64, samples: &[Sample]) -> [f64; 4] {
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for sample in samples {
        let distance = (at[0] - sample.place[0]).hypot(at[1] - sample.place[1]);
        let weight = 1.0 / (distance + 50.0).powi(3);
        sum += weight * sample.contents[i];
        weights += weight;
        nearest = nearest.min(distance);
    }
    if nearest > 350.0 {
        return [-9999.0, -9999.0, -9999.0, 255.0];
    }
    let mean = sum / weights;
    let sd = mean * (0.2 + 0.3 * (1.0 - (-nearest / 300.0).exp()));
    let probability = 1.0 / (1.0 + (1.7 * (threshold - mean) / sd).exp());
    [mean, sd, probability, if nearest > 250.0 { 1.0 } else { 0.0 }]
}

fn raster(path: &Path, description: &str, unit: &str, values: &[f32], byte: bool) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let [columns, rows] = SIZE;
    let transform = [WEST, CELL, 0.0, NORTH, 0.0, -CELL];
    if byte {
        let mut dataset = driver.create_with_band_type::<u8, _>(path, columns, rows, 1).unwrap();
        dataset.set_geo_transform(&transform).unwrap();
        dataset.set_spatial_ref(&system()).unwrap();
        let mut band = dataset.rasterband(1).unwrap();
        band.set_no_data_value(Some(255.0)).unwrap();
        let values = values.iter().map(|v| *v as u8).collect();
        band.write((0, 0), (columns, rows), &mut Buffer::new((columns, rows), values)).unwrap();
        return;
    }
    let mut dataset = driver.create_with_band_type::<f32, _>(path, columns, rows, 1).unwrap();
    dataset.set_geo_transform(&transform).unwrap();
    dataset.set_spatial_ref(&system()).unwrap();
    let mut band = dataset.rasterband(1).unwrap();
    band.set_no_data_value(Some(-9999.0)).unwrap();
    band.set_description(description).unwrap();
    if !unit.is_empty() {
        band.set_metadata_item("UNITTYPE", unit, "").unwrap();
    }
    band.write((0, 0), (columns, rows), &mut Buffer::new((columns, rows), values.to_vec())).unwrap();
}

/// One hotspot on the bank of the river, of 10 by 28 cells.
fn hotspot(path: &Path, threshold: f64, samples: &[Sample]) {
    let [west, east, south, north] = [WEST + 60.0 * CELL, WEST + 70.0 * CELL, NORTH - 38.0 * CELL, NORTH - 10.0 * CELL];
    let inside = samples.iter().filter(|s| {
        let [x, y] = s.place;
        x > west && x < east && y > south && y < north
    });
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let mut dataset = driver.create_vector_only(path).unwrap();
    let system = system();
    let layer = dataset
        .create_layer(LayerOptions {
            name: "hotspots",
            srs: Some(&system),
            ty: OGRwkbGeometryType::wkbPolygon,
            options: None,
        })
        .unwrap();
    let numbers = [
        ("mean", threshold * 1.5),
        ("maximum", threshold * 2.0),
        ("mean_probability", 0.9),
        ("samples_inside", inside.count() as f64),
        ("confidence", 0.8),
        ("threshold", threshold),
        ("untrusted_share", 0.0),
    ];
    FieldDefn::new("id", OGRFieldType::OFTInteger64).unwrap().add_to_layer(&layer).unwrap();
    FieldDefn::new("class", OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    for (name, _) in numbers {
        FieldDefn::new(name, OGRFieldType::OFTReal).unwrap().add_to_layer(&layer).unwrap();
    }
    let ring = format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))");
    let defn = Defn::from_layer(&layer);
    let mut feature = Feature::new(&defn).unwrap();
    feature.set_geometry(gdal::vector::Geometry::from_wkt(&ring).unwrap()).unwrap();
    let mut set = |name: &str, value: FieldValue| feature.set_field(defn.field_index(name).unwrap(), &value).unwrap();
    set("id", FieldValue::Integer64Value(1));
    set("class", FieldValue::StringValue("certain".into()));
    for (name, value) in numbers {
        set(name, FieldValue::RealValue(value));
    }
    feature.create(&layer).unwrap();
}

fn system() -> SpatialRef {
    let mut system = SpatialRef::from_epsg(28992).unwrap();
    system.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    system
}

fn entry(role: &str, path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap();
    let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    json!({"role": role, "path": path.display().to_string(), "bytes": bytes.len(), "sha256": sum})
}
