//! The same table as GeoJSON and GeoPackage.

use std::collections::BTreeMap;
use std::path::Path;

use gdal::DriverManager;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use serde_json::{Map, Value, json};
use soilscope_exchange::check::Severity;

use super::forms::{SIDE, no_finding, same_cadmium, wide};
use super::good::{Case, fired, judge_file, judge_text, severity, told};

/// The good table as features of sites, each with the rows of its results.
fn geojson(case: &Case) -> Value {
    let mut features: Vec<Value> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..case.rows.len() {
        let cell = |name: &str| case.cell(row, name).to_owned();
        let site = cell("site_code");
        let result: Map<String, Value> = case
            .header
            .iter()
            .filter(|n| !["site_code", "longitude", "latitude"].contains(&n.as_str()))
            .map(|n| {
                let text = cell(n);
                let number = text.parse::<f64>().ok().filter(|_| n != "specimen_code").map(|v| json!(v));
                (n.clone(), number.unwrap_or(if text.is_empty() { Value::Null } else { json!(text) }))
            })
            .collect();
        let place = [cell("longitude"), cell("latitude")].map(|c| c.parse::<f64>().ok());
        let i = *at.entry(site.clone()).or_insert_with(|| {
            let geometry = match place {
                [Some(x), Some(y)] => json!({"type": "Point", "coordinates": [x, y]}),
                _ => Value::Null,
            };
            let properties = json!({"site_code": site, "results": []});
            features.push(json!({"type": "Feature", "geometry": geometry, "properties": properties}));
            features.len() - 1
        });
        features[i]["properties"]["results"].as_array_mut().unwrap().push(Value::Object(result));
    }
    json!({"type": "FeatureCollection", "features": features})
}

#[test]
fn geojson_holds_the_same_as_the_long_table() {
    let case = Case::good();
    let mut value = geojson(&case);
    let judgement = judge_text(&value.to_string(), "samples.geojson", &case.options);
    no_finding(&judgement);
    assert_eq!(judgement.facts, case.judge().facts);
    // A crs is ignored, with a warning; geometries other than points are none of samples.
    value["crs"] = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2169"}});
    let judgement = judge_text(&value.to_string(), "samples.geojson", &case.options);
    assert_eq!(
        (fired(&judgement).len(), severity(&judgement, "S005")),
        (1, Some(Severity::Warning)),
        "{}",
        told(&judgement)
    );
    value.as_object_mut().unwrap().remove("crs");
    value["features"][9]["geometry"] = json!({"type": "LineString", "coordinates": [[6.0, 49.7], [6.1, 49.8]]});
    let judgement = judge_text(&value.to_string(), "samples.geojson", &case.options);
    let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str())).collect();
    assert_eq!(of, [("S001", "feature 10"), ("S002", "feature 10")], "{}", told(&judgement));
}

/// Writes a layer; places are put where `srs` wants them.
pub(super) fn layer(
    path: &Path,
    name: &str,
    columns: &[&str],
    rows: &[Vec<String>],
    epsg: Option<u32>,
    places: &[[f64; 2]],
) {
    // Each row would wait for the disk.
    gdal::config::set_thread_local_config_option("OGR_SQLITE_SYNCHRONOUS", "OFF").unwrap();
    let driver = DriverManager::get_driver_by_name("GPKG").unwrap();
    let mut dataset = if path.exists() {
        let options = gdal::DatasetOptions {
            open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE,
            ..Default::default()
        };
        gdal::Dataset::open_ex(path, options).unwrap()
    } else {
        driver.create_vector_only(path).unwrap()
    };
    let traditional = |code: u32| {
        let mut srs = SpatialRef::from_epsg(code).unwrap();
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        srs
    };
    let srs = epsg.map(traditional);
    let ty = if epsg.is_some() { OGRwkbGeometryType::wkbPoint } else { OGRwkbGeometryType::wkbNone };
    let layer = dataset.create_layer(LayerOptions { name, srs: srs.as_ref(), ty, options: None }).unwrap();
    let fields: Vec<_> = columns.iter().map(|c| (*c, OGRFieldType::OFTString)).collect();
    layer.create_defn_fields(&fields).unwrap();
    let transform = srs.as_ref().map(|to| CoordTransform::new(&traditional(4326), to).unwrap());
    for (i, row) in rows.iter().enumerate() {
        let mut feature = Feature::new(layer.defn()).unwrap();
        for (k, cell) in row.iter().enumerate() {
            feature.set_field_string(k, cell).unwrap();
        }
        if let (Some(transform), Some([x, y])) = (&transform, places.get(i)) {
            let (mut xs, mut ys) = ([*x], [*y]);
            transform.transform_coords(&mut xs, &mut ys, &mut []).unwrap();
            let mut point = Geometry::empty(OGRwkbGeometryType::wkbPoint).unwrap();
            point.add_point_2d((xs[0], ys[0]));
            feature.set_geometry(point).unwrap();
        }
        feature.create(&layer).unwrap();
    }
}

#[test]
fn geopackages_of_three_tables_hold_the_same_as_the_long_table() {
    let case = Case::good();
    let of_site = ["site_code", "country"];
    let of_specimen = [
        "specimen_code",
        "site_code",
        "profile_code",
        "plot_type",
        "element_type",
        "positional_accuracy_m",
        "sampling_date",
        "upper_depth_cm",
        "lower_depth_cm",
    ];
    let pick = |row: usize, names: &[&str]| names.iter().map(|n| case.cell(row, n).to_owned()).collect::<Vec<_>>();
    let (mut sites, mut places, mut specimens) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..case.rows.len() {
        if !case.cell(row, "site_code").is_empty() && !sites.contains(&pick(row, &of_site)) {
            sites.push(pick(row, &of_site));
            places.push(["longitude", "latitude"].map(|n| case.cell(row, n).parse::<f64>().unwrap()));
        }
        if !specimens.contains(&pick(row, &of_specimen)) {
            specimens.push(pick(row, &of_specimen));
        }
    }
    let of_result: Vec<&str> = case
        .header
        .iter()
        .map(String::as_str)
        .filter(|n| *n == "specimen_code" || !(of_site.contains(n) || of_specimen.contains(n) || n.ends_with("itude")))
        .collect();
    let results: Vec<_> = (0..case.rows.len()).map(|r| pick(r, &of_result)).collect();
    let folder = tempfile::tempdir().unwrap();
    for epsg in [4326, 2169] {
        let path = folder.path().join(format!("samples-{epsg}.gpkg"));
        layer(&path, "sites", &of_site, &sites, Some(epsg), &places);
        layer(&path, "specimens", &of_specimen, &specimens, None, &[]);
        layer(&path, "results", &of_result, &results, None, &[]);
        let judgement = judge_file(&path, &case.options);
        no_finding(&judgement);
        let (facts, expected) = (judgement.facts, case.judge().facts);
        assert_eq!((facts.analytes, facts.sites, facts.sampled), (expected.analytes, expected.sites, expected.sampled));
        for (a, b) in facts.positions.iter().zip(&expected.positions) {
            assert!((a[0] - b[0]).abs() < 2e-6 && (a[1] - b[1]).abs() < 2e-6, "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_single_layer_of_points_is_a_wide_table_and_its_two_statements_of_place_are_compared() {
    let case = wide();
    let names: Vec<&str> = case.header.iter().map(String::as_str).filter(|n| !n.ends_with("itude")).collect();
    let rows: Vec<_> =
        (0..case.rows.len()).map(|r| names.iter().map(|n| case.cell(r, n).to_owned()).collect::<Vec<_>>()).collect();
    let mut places: Vec<[f64; 2]> =
        (0..case.rows.len()).map(|r| ["longitude", "latitude"].map(|n| case.cell(r, n).parse().unwrap())).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.gpkg");
    std::fs::write(folder.path().join("wide.columns.json"), SIDE).unwrap();
    layer(&path, "samples", &names, &rows, Some(2169), &places);
    let judgement = judge_file(&path, &case.options);
    no_finding(&judgement);
    same_cadmium(&judgement, &Case::good().judge());
    // Attributes that give degrees beside a geometry some metres off.
    let path = folder.path().join("both.gpkg");
    std::fs::write(folder.path().join("both.columns.json"), SIDE).unwrap();
    places[7][1] += 0.000_02;
    let all: Vec<&str> = case.header.iter().map(String::as_str).collect();
    layer(&path, "samples", &all, &case.rows, Some(4326), &places);
    let judgement = judge_file(&path, &case.options);
    let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str())).collect();
    assert_eq!(of, [("S004", "feature 8")], "{}", told(&judgement));
}
