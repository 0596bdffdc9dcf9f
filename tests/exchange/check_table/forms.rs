//! Other forms of the same table: wide, with semicolons and decimal commas, GeoJSON, GeoPackage, places only, a node's export.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gdal::DriverManager;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use serde_json::{Map, Value, json};
use soilscope_exchange::check::{Purpose, Severity, TableJudgement};

use super::good::{Case, fired, judge_file, judge_text, luxembourg, severity, told};

const BASE: [&str; 15] = [
    "site_code",
    "profile_code",
    "specimen_code",
    "plot_type",
    "element_type",
    "longitude",
    "latitude",
    "positional_accuracy_m",
    "country",
    "sampling_date",
    "upper_depth_cm",
    "lower_depth_cm",
    "data_owner",
    "licence",
    "access_level",
];

/// The routine aqua regia results of the good table, one row for each specimen: cadmium in ug/kg, with all companions.
fn wide() -> Case {
    let good = Case::good();
    let more = [
        "Cd[ug/kg]",
        "Cd__lod",
        "Cd__loq",
        "Cd__censor",
        "Cd__unc",
        "Cd__ext",
        "Cu",
        "Cu__unc",
        "Zn[mg/kg]",
        "Zn__unc",
        "depth_note",
    ];
    let header = BASE.iter().chain(&more).map(|s| (*s).to_owned()).collect();
    let mut case = Case { header, rows: Vec::new(), options: good.options.clone() };
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..good.rows.len() {
        if good.cell(row, "qc_type") != "routine" || good.cell(row, "extraction_code") != "AR_ISO54321" {
            continue;
        }
        let specimen = good.cell(row, "specimen_code").to_owned();
        let to = *at.entry(specimen).or_insert_with(|| {
            case.rows.push(vec![String::new(); case.header.len()]);
            for name in BASE {
                let last = case.rows.len() - 1;
                case.put(last, name, good.cell(row, name));
            }
            case.rows.len() - 1
        });
        let value = good.cell(row, "value");
        let number = value.parse::<f64>().ok();
        match good.cell(row, "analyte_code") {
            "Cd" => {
                let cell = number.map_or_else(|| value.replace("0.05", "50"), |v| format!("{:.1}", v * 1000.0));
                case.put(to, "Cd[ug/kg]", &cell);
                case.put(to, "Cd__lod", "20");
                case.put(to, "Cd__loq", "50");
                case.put(to, "Cd__censor", good.cell(row, "censor"));
                case.put(to, "Cd__unc", &number.map_or_else(String::new, |v| format!("{:.1}", v * 180.0)));
                case.put(to, "Cd__ext", "AR_ISO11466");
            }
            code => {
                let column = if code == "Cu" { "Cu" } else { "Zn[mg/kg]" };
                case.put(to, column, value);
                case.put(to, &format!("{code}__unc"), &number.map_or_else(String::new, |v| format!("{:.2}", v * 0.18)));
            }
        }
    }
    case
}

const SIDE: &str = r#"{"extraction_code": "AR_ISO54321", "laboratory": "Laboratory A"}"#;

fn judge(case: &Case, text: &str, side: &str) -> TableJudgement {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.csv");
    std::fs::write(&path, text).unwrap();
    if !side.is_empty() {
        std::fs::write(folder.path().join("wide.columns.json"), side).unwrap();
    }
    judge_file(&path, &case.options)
}

fn wide_with(side: &str, spoil: impl FnOnce(&mut Case)) -> TableJudgement {
    let mut case = wide();
    spoil(&mut case);
    judge(&case, &case.csv(), side)
}

fn no_finding(judgement: &TableJudgement) {
    assert_eq!(fired(judgement), BTreeSet::new(), "{}", told(judgement));
}

/// The facts of cadmium but for rounding of its unit.
fn same_cadmium(a: &TableJudgement, b: &TableJudgement) {
    let (a, b) = (&a.facts.analytes["Cd"], &b.facts.analytes["Cd"]);
    assert_eq!((a.n, a.censored, a.sites, &a.unit), (b.n, b.censored, b.sites, &b.unit));
    for (x, y) in [(a.min, b.min), (a.median, b.median), (a.max, b.max)] {
        assert!((x.unwrap() - y.unwrap()).abs() < 1e-4, "{x:?} {y:?}");
    }
}

#[test]
fn a_good_wide_table_keeps_every_rule_and_holds_the_same() {
    let judgement = wide_with(SIDE, |_| {});
    no_finding(&judgement);
    same_cadmium(&judgement, &Case::good().judge());
    assert_eq!(judgement.facts.analytes.keys().collect::<Vec<_>>(), ["Cd", "Cu", "Zn"]);
}

#[test]
fn semicolons_tabs_and_decimal_commas_make_no_difference() {
    let case = wide();
    let mut comma = case.clone();
    for (c, name) in case.header.iter().enumerate() {
        // Coordinates keep their points: the manner is that of a column.
        if name.contains('C') || name.contains("Zn") {
            comma.rows.iter_mut().for_each(|r| r[c] = r[c].replace('.', ","));
        }
    }
    for delimiter in [';', '\t'] {
        let judgement = judge(&comma, &comma.delimited(delimiter), SIDE);
        no_finding(&judgement);
        assert_eq!(judgement.facts, judge(&case, &case.csv(), SIDE).facts);
    }
    // Between commas they are suspicious; one among points is, too.
    let judgement = judge(&comma, &comma.csv(), SIDE);
    assert!(fired(&judgement).contains("A021"), "{}", told(&judgement));
    let mut one = case.clone();
    let row = (0..one.rows.len()).find(|&r| one.cell(r, "Cu").contains('.')).unwrap();
    let cell = one.cell(row, "Cu").replace('.', ",");
    one.put(row, "Cu", &cell);
    assert_eq!(fired(&judge(&one, &one.delimited(';'), SIDE)), BTreeSet::from(["A021".to_owned()]));
}

#[test]
fn a_byte_order_mark_and_other_line_ends_make_no_difference() {
    let case = Case::good();
    let text = format!("\u{feff}{}", case.csv().replace('\n', "\r\n"));
    no_finding(&judge_text(&text, "samples.csv", &case.options));
}

#[test]
fn companions_go_before_brackets_before_the_side_file_before_the_table() {
    // Without the side file copper and zinc have no method; the companion gives cadmium its own.
    let judgement = wide_with("", |_| {});
    let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str(), f.count)).collect();
    assert_eq!(of, [("A016", "row 2, column Cu", 140)], "{}", told(&judgement));
    // The side file's unit is not that of a column in brackets.
    let side = r#"{"extraction_code": "AR_ISO54321", "unit": "ug/kg"}"#;
    let judgement = wide_with(side, |_| {});
    assert_eq!(judgement.facts.analytes["Zn"], wide_with(SIDE, |_| {}).facts.analytes["Zn"]);
    let copper = [side, SIDE].map(|s| wide_with(s, |_| {}).facts.analytes["Cu"].max.unwrap());
    assert!((copper[0] * 1000.0 - copper[1]).abs() < 1e-9);
    // Of one column, by its name or its code, with another name for the analyte.
    let side =
        r#"{"extraction_code": "AR_ISO54321", "columns": {"copper (mg/kg)": {"analyte_code": "Cu", "unit": "mg/kg"}}}"#;
    let judgement = wide_with(side, |c| {
        let column = c.column("Cu");
        c.header[column] = "copper (mg/kg)".to_owned();
    });
    no_finding(&judgement);
    assert_eq!(judgement.facts.analytes["Cu"].max, Some(copper[1]));
}

#[test]
fn faults_of_wide_tables_are_found_where_they_are() {
    let one = |id: &str, place: &str, spoil: &dyn Fn(&mut Case)| {
        let judgement = wide_with(SIDE, |c| spoil(c));
        let of: Vec<_> = judgement.findings.iter().map(|f| (f.id.as_str(), f.place.as_str())).collect();
        assert_eq!(of, [(id, place)], "{}", told(&judgement));
    };
    one("A009", "row 6, column Cd[ug/kg]", &|c| {
        c.put(4, "Cd[ug/kg]", "");
        c.put(4, "Cd__censor", "lt_lod");
        c.put(4, "Cd__lod", "");
    });
    one("A016", "row 6, column Cd[ug/kg]", &|c| c.put(4, "Cd__ext", "AQUA"));
    one("A014", "row 6, column Cu", &|c| c.put(4, "Cu__unc", "0"));
    one("A004", "row 6, column Cu", &|c| c.put(4, "Cu", "n.n."));
    one("A001", "column Cadmium[mg/kg]", &|c| c.add("Cadmium[mg/kg]"));
    one("A001", "column ni", &|c| c.add("ni"));
    one("A001", "column Xx", &|c| c.add("Xx__lod"));
    one("S002", "row 1", &|c| c.drop("sampling_date"));
    let unit = wide_with(SIDE, |c| {
        let column = c.column("Zn[mg/kg]");
        c.header[column] = "Zn[mg/l]".to_owned();
    });
    assert_eq!(fired(&unit), BTreeSet::from(["A003".to_owned()]), "{}", told(&unit));
    // An empty cell is no result, and -9999 is an empty cell.
    let judgement = wide_with(SIDE, |c| {
        c.put(4, "Cu", "-9999");
        c.put(5, "Cu", "NA");
        c.put(6, "Cu", "");
    });
    no_finding(&judgement);
    assert_eq!(judgement.facts.analytes["Cu"].n, 67);
}

#[test]
fn a_table_without_results_is_one_of_places_or_lacks_them() {
    let mut case = wide();
    case.header.truncate(15);
    case.rows.iter_mut().for_each(|r| r.truncate(15));
    for name in ["specimen_code", "sampling_date", "upper_depth_cm", "lower_depth_cm", "positional_accuracy_m"] {
        case.drop(name);
    }
    let judgement = case.judge();
    // The second layers repeat their places.
    assert_eq!(fired(&judgement), BTreeSet::from(["S017".to_owned()]), "{}", told(&judgement));
    case.rows.dedup();
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(
        judgement.judged.contains(&"S006") && judgement.judged.contains(&"P005") && !judgement.judged.contains(&"A004")
    );
    case.options.purpose = Purpose::Samples;
    assert!(fired(&case.judge()).contains("S002"));
}

#[test]
fn a_nodes_export_is_judged_by_its_own_columns() {
    let good = wide();
    let mut case = Case {
        header: [
            "plot_code",
            "profile_code",
            "plot_type",
            "element_type",
            "longitude",
            "latitude",
            "sampling_date",
            "upper_depth",
            "lower_depth",
            "CAD__TOTAL_HCL-AQUAREGIA",
            "ZIN__TOTAL_HCL-AQUAREGIA",
            "ZINEXT__EXTR_DTPA",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
        options: good.options.clone(),
    };
    case.options.fao_export = true;
    case.options.country = Some(luxembourg());
    for row in 0..good.rows.len() {
        let cell = |name| good.cell(row, name).to_owned();
        let zinc = cell("Zn[mg/kg]");
        let cadmium = cell("Cd[ug/kg]").parse::<f64>().map_or_else(|_| String::new(), |v| (v / 1000.0).to_string());
        let part = zinc.parse::<f64>().map_or_else(|_| String::new(), |v| (v / 8.0).to_string());
        case.rows.push(vec![
            cell("site_code"),
            cell("profile_code"),
            "TrialPit".into(),
            "Layer".into(),
            cell("longitude"),
            cell("latitude"),
            cell("sampling_date"),
            cell("upper_depth_cm"),
            cell("lower_depth_cm"),
            cadmium,
            zinc,
            part,
        ]);
    }
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(judgement.judged.contains(&"S020") && judgement.judged.contains(&"S006"));
    assert_eq!(judgement.facts.analytes["Zn"].groups.iter().map(String::as_str).collect::<Vec<_>>(), ["AR", "DTPA"]);
    let mut lacking = case.clone();
    lacking.drop("sampling_date");
    assert_eq!(fired(&lacking.judge()), BTreeSet::from(["S002".to_owned()]));
    let mut deep = case.clone();
    deep.put(3, "lower_depth", "20.5");
    assert_eq!(fired(&deep.judge()), BTreeSet::from(["S012".to_owned()]));
    let mut censored = case;
    censored.put(3, "CAD__TOTAL_HCL-AQUAREGIA", "1500");
    assert_eq!(fired(&censored.judge()), BTreeSet::from(["A006".to_owned()]));
}

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
fn layer(path: &Path, name: &str, columns: &[&str], rows: &[Vec<String>], epsg: Option<u32>, places: &[[f64; 2]]) {
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

#[test]
fn coordinates_in_a_plane_are_brought_to_degrees() {
    let mut case = Case::good();
    let traditional = |code: u32| {
        let mut srs = SpatialRef::from_epsg(code).unwrap();
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        srs
    };
    let transform = CoordTransform::new(&traditional(4326), &traditional(2169)).unwrap();
    for name in ["x", "y", "crs"] {
        case.add(name);
    }
    for row in 0..case.rows.len() {
        let [x, y] = ["longitude", "latitude"].map(|n| case.cell(row, n).parse::<f64>());
        if let (Ok(x), Ok(y)) = (x, y) {
            let (mut xs, mut ys) = ([x], [y]);
            transform.transform_coords(&mut xs, &mut ys, &mut []).unwrap();
            case.put(row, "x", &format!("{:.2}", xs[0]));
            case.put(row, "y", &format!("{:.2}", ys[0]));
            case.put(row, "crs", "EPSG:2169");
        }
    }
    no_finding(&case.judge());
    case.drop("longitude");
    case.drop("latitude");
    let judgement = case.judge();
    no_finding(&judgement);
    assert!(judgement.judged.contains(&"S005") && judgement.facts.positions.len() == 60);
    for (crs, id) in [("EPSG:5773", "S005"), ("2169", "S005"), ("", "S005"), ("EPSG:4326", "S003")] {
        let mut bad = case.clone();
        let row = bad.plain("Cd")[4];
        bad.put(row, "crs", crs);
        assert_eq!(fired(&bad.judge()), BTreeSet::from([id.to_owned()]), "{crs}");
    }
}
