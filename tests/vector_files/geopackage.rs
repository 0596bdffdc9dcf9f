//! GeoPackage as GDAL's own programs and SQLite see it.

use std::path::Path;
use std::process::Command;

use geo::polygon;
use soilscope_pipeline::Error;
use soilscope_pipeline::io::geopackage::{Kind, Layer, write_geopackage};
use soilscope_pipeline::io::vector::{Feature, Value};
use soilscope_pipeline::tidy::Existing;

use crate::{feature, names, square, varied};

const DATE: &str = "2026-11-21T04:16:00.000Z";

fn layer(kind: Kind, crs_wkt: Option<&str>) -> Layer<'_> {
    Layer { name: "hotspots", kind, crs_wkt, last_change: Some(DATE) }
}

fn wkt(code: u32) -> String {
    gdal::spatial_ref::SpatialRef::from_epsg(code).and_then(|crs| crs.to_wkt()).expect("a known code")
}

/// What `ogrinfo` says, which must not be a warning.
fn ogrinfo(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ogrinfo").arg("-ro").arg(file).args(arguments).output().expect("ogrinfo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.to_lowercase().contains("warning"), "{text}");
    text
}

fn written(layer: &Layer<'_>, features: &[Feature]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.gpkg");
    write_geopackage(&file, Existing::Refuse, layer, features).expect("a file");
    assert_eq!(names(folder.path()), ["a.gpkg"]);
    (folder, file)
}

#[test]
fn features_come_back() {
    let wkt = wkt(28992);
    let mut second = feature(polygon![(x: 10.0, y: 0.0), (x: 20.0, y: 0.0), (x: 20.0, y: 10.0)]);
    second.properties = vec![("mean".into(), Value::Integer(2)), ("more".into(), Value::Real(1.5))];
    let (_folder, file) = written(&layer(Kind::Polygon, Some(&wkt)), &[varied(square()), second]);
    let text = ogrinfo(&file, &["-al"]);
    for expected in [
        "Layer name: hotspots",
        "Geometry: Polygon\n",
        "Feature Count: 2",
        "Amersfoort / RD New",
        "FID Column = fid",
        "Geometry Column = geom",
        "id: Integer64 (0.0)",
        "mean: Real (0.0)",
        "name: String (0.0)",
        "nothing: String (0.0)",
        "not a number: Real (0.0)",
        "more: Real (0.0)",
        "mean (Real) = 0.3",
        "name (String) = Pyhäjärvi \"east\"",
        "not a number (Real) = (null)",
        "mean (Real) = 2",
        "id (Integer64) = (null)",
        "POLYGON ((0 0,1000 0,1000 1000,0 1000,0 0),(400 400,400 600,600 600,600 400,400 400))",
    ] {
        assert!(text.contains(expected), "no '{expected}' in\n{text}");
    }
    let same = ogrinfo(&file, &["-q", "-sql", "SELECT mean = 0.1 + 0.2 AS same FROM hotspots WHERE fid = 1"]);
    assert!(same.contains("= 1\n"), "every bit of a number comes back: {same}");
    let check = ogrinfo(&file, &["-q", "-sql", "PRAGMA integrity_check"]);
    assert!(check.contains("= ok"), "{check}");
    assert!(ogrinfo(&file, &["-q", "-sql", "SELECT last_change FROM gpkg_contents"]).contains("2026"));
}

#[test]
fn a_local_plane_is_undefined_cartesian() {
    let (_folder, file) = written(&layer(Kind::Point, None), &[feature(geo::Point::new(12.5, 99.0))]);
    for table in ["gpkg_contents", "gpkg_geometry_columns"] {
        let text = ogrinfo(&file, &["-q", "-sql", &format!("SELECT srs_id FROM {table}")]);
        assert!(text.contains("= -1\n"), "{text}");
    }
    // The header of the geometry repeats it, little-endian, after "GP", version and flags.
    let text = ogrinfo(&file, &["-q", "-sql", "SELECT hex(substr(geom, 5, 4)) AS srs FROM hotspots"]);
    assert!(text.contains("FFFFFFFF"), "{text}");
    assert!(ogrinfo(&file, &["-al", "-so"]).contains("Geometry: Point"));
}

#[test]
fn latitude_first_systems_are_written_longitude_first() {
    let wkt = wkt(4326);
    let (_folder, file) = written(&layer(Kind::Point, Some(&wkt)), &[feature(geo::Point::new(25.0, 60.0))]);
    assert!(ogrinfo(&file, &["-al"]).contains("POINT (25 60)"));
    assert!(ogrinfo(&file, &["-q", "-sql", "SELECT srs_id FROM gpkg_contents"]).contains("= 4326"));
    let text = ogrinfo(&file, &["-q", "-sql", "SELECT min_x, min_y FROM gpkg_contents"]);
    assert!(text.contains("min_x (Real) = 25") && text.contains("min_y (Real) = 60"), "{text}");
}

#[test]
fn a_layer_without_features_still_has_its_kind() {
    let wkt = wkt(3067);
    let (_folder, file) = written(&layer(Kind::Polygon, Some(&wkt)), &[]);
    let text = ogrinfo(&file, &["-al", "-so"]);
    assert!(text.contains("Geometry: Polygon\n") && text.contains("Feature Count: 0"), "{text}");
}

#[test]
fn one_multi_geometry_makes_all_multi() {
    let many = geo::MultiPolygon(vec![square()]);
    let (_folder, file) = written(&layer(Kind::Polygon, None), &[feature(square()), feature(many)]);
    let text = ogrinfo(&file, &["-al"]);
    assert!(text.contains("Geometry: Multi Polygon"));
    assert_eq!(text.matches("MULTIPOLYGON (((").count(), 2);
}

#[test]
fn names_of_ours_give_way_to_properties() {
    let mut point = feature(geo::Point::new(0.0, 0.0));
    point.properties = vec![("FID".into(), Value::Text("a".into())), ("geom".into(), Value::Real(1.0))];
    let (_folder, file) = written(&layer(Kind::Point, None), &[point]);
    let text = ogrinfo(&file, &["-al"]);
    for expected in ["FID Column = _fid", "Geometry Column = _geom", "FID (String) = a", "geom (Real) = 1"] {
        assert!(text.contains(expected), "no '{expected}' in\n{text}");
    }
}

#[test]
fn equal_input_gives_equal_bytes() {
    let wkt = wkt(28992);
    for crs in [Some(wkt.as_str()), None] {
        let features: Vec<Feature> =
            (0..300).map(|i| varied(geo::Point::new(f64::from(i % 17), f64::from(i)))).collect();
        let (_one, a) = written(&layer(Kind::Point, crs), &features);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let (_two, b) = written(&layer(Kind::Point, crs), &features);
        assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap(), "files differ");
    }
}

#[test]
fn many_features_have_an_index() {
    let features: Vec<Feature> =
        (0..5000).map(|i| feature(geo::Point::new(f64::from(i % 71), f64::from(i / 71)))).collect();
    let (_folder, file) = written(&layer(Kind::Point, None), &features);
    let text = ogrinfo(&file, &["-al", "-so", "-spat", "9.5", "9.5", "10.5", "10.5"]);
    assert!(text.contains("Feature Count: 1"), "{text}");
    let index = ogrinfo(&file, &["-q", "-sql", "SELECT count(*) AS n FROM rtree_hotspots_geom"]);
    assert!(index.contains("n (Integer) = 5000"), "{index}");
}

#[test]
fn what_no_layer_can_hold_is_refused_and_leaves_no_file() {
    let with = |name: &str, value: Value| {
        let mut point = feature(geo::Point::new(0.0, 0.0));
        point.properties = vec![(name.into(), value)];
        point
    };
    let cases: [(&str, Vec<Feature>, &str); 6] = [
        ("", vec![with("Zinc", Value::Null), with("zinc", Value::Null)], "ignores case"),
        ("", vec![feature(geo::Point::new(0.0, 0.0)), feature(square())], "feature 2"),
        ("", vec![with("", Value::Null)], "name"),
        ("", vec![with("a\0", Value::Null)], "null characters"),
        ("", vec![with("a", Value::Text("\0".into()))], "null character"),
        ("not a CRS", vec![], ""),
    ];
    for (crs, features, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.gpkg");
        let layer = layer(Kind::Point, (!crs.is_empty()).then_some(crs));
        let message = write_geopackage(&file, Existing::Refuse, &layer, &features).unwrap_err().to_string();
        assert!(message.contains(reason) && message.contains("a.gpkg"), "{message}");
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
}

#[test]
fn an_existing_file_is_kept_or_replaced() {
    let (_folder, file) = written(&layer(Kind::Point, None), &[]);
    let point = [feature(geo::Point::new(0.0, 0.0))];
    let refused = write_geopackage(&file, Existing::Refuse, &layer(Kind::Point, None), &point);
    assert!(matches!(refused, Err(Error::Exists { .. })));
    write_geopackage(&file, Existing::Replace, &layer(Kind::Point, None), &point).unwrap();
    assert!(ogrinfo(&file, &["-al", "-so"]).contains("Feature Count: 1"));
}
