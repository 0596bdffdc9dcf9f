//! A disk that fills up while a file is written.
//!
//! A process whose files may not grow beyond a limit, and which ignores the signal that says so, sees write errors as on a
//! full disk, without the rights that mounting one takes. So the test runs itself again under such a limit.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use soilscope_pipeline::io::geojson::write_geojson;
use soilscope_pipeline::io::geopackage::{Kind, Layer, write_geopackage};
use soilscope_pipeline::io::vector::Feature;
use soilscope_pipeline::tidy::Existing;

use crate::{names, varied};

const FOLDER: &str = "SOILSCOPE_TEST_FULL_DISK";

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    // KiB: within the first table, at the end of it, among the features, and in the index that comes last.
    for limit in [0, 1, 20, 60, 100, 200, 400, 600] {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("bash")
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" --exact full_disk::limited --ignored --nocapture"
            ))
            .arg(std::env::current_exe().unwrap())
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && said.contains("1 passed"), "{limit} KiB: {said}");
        assert!(!said.contains("sqlite3_exec"), "GDAL prints nothing itself, and SQL stays out of messages: {said}");
    }
}

/// Run by the test above.
#[test]
#[ignore = "needs the limit that a_full_disk_is_an_error_and_leaves_nothing sets"]
fn limited() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let features: Vec<Feature> =
        (0..10_000).map(|i| varied(geo::Point::new(f64::from(i % 90), f64::from(i / 120)))).collect();
    let geojson = write_geojson(&folder.join("a.geojson"), Existing::Refuse, &features, None).unwrap_err().to_string();
    assert!(geojson.contains("a.geojson") && geojson.contains("too large"), "{geojson}");
    let layer = Layer { name: "a", kind: Kind::Point, crs_wkt: None, last_change: None };
    let geopackage = write_geopackage(&folder.join("a.gpkg"), Existing::Refuse, &layer, &features);
    let geopackage = geopackage.unwrap_err().to_string();
    assert!(geopackage.contains("a.gpkg") && geopackage.len() < 300, "{geopackage}");
    println!("{geopackage}");
    assert!(names(folder).is_empty(), "{:?}", names(folder));
}
