//! Plans for limits of the law: of their own in each cell, and marked wherever a plan is written.

use std::path::Path;

use crate::sample_plan::{MODEL, eastings, halves, plan, refused};
use crate::support::{folder, soilscope, table};
use crate::verbs::with;

/// A map of zinc against the Dutch limit of the soil, which `--soil` says.
fn mapped(folder: &Path, soil: &str, out: &str) {
    let words = ["--unit", "mg/kg", "--transform", "log", "--model", MODEL, "--mask", "meuse_area.csv", "--cell", "80"];
    let limit = ["--guideline", "NL/intervention", "--soil", soil, "--realisations", "0", "-o", out];
    soilscope(folder, &[&with("map", &words)[..], &limit].concat()).done();
}

#[test]
fn each_cell_has_its_own_limit() {
    let folder = folder();
    let at = folder.path();
    // The same everywhere, as a number and as a raster: the same plan, but for the raster's 32 bits.
    mapped(at, "om=5,clay=8", "number");
    halves(at, "same.asc", "5", "5");
    mapped(at, "om=same.asc,clay=8", "same");
    let number = plan(at, &["number", "-n", "4", "--json"]).done().json();
    let same = plan(at, &["same", "-n", "4", "--json"]).done().json();
    let before = |record: &serde_json::Value| record["before"].as_f64().unwrap();
    assert!((before(&number) / before(&same) - 1.0).abs() < 1e-5);
    assert_eq!(eastings(&number), eastings(&same));
    let own = same["thresholds"]["lowest"].as_f64().unwrap();
    assert!((own / number["threshold"].as_f64().unwrap() - 1.0).abs() < 1e-6 && same["threshold"].is_null());

    // Another soil in the east: other limits there, other sites.
    halves(at, "soil.asc", "2", "12");
    mapped(at, "om=soil.asc,clay=8", "run");
    let words = ["run", "-n", "6", "-o", "plan.csv", "-o", "plan.png"];
    let said = plan(at, &words).done();
    let record = plan(at, &["run", "-n", "6", "--json"]).done().json();
    let range = &record["thresholds"];
    let [low, high] = [&range["lowest"], &range["highest"]].map(|v| v.as_f64().unwrap());
    // (50 + 3 clay + 1.5 om) / 140 of 720.
    assert!((low - 720.0 * (50.0 + 24.0 + 3.0) / 140.0).abs() < 0.01, "{range}");
    assert!((high - 720.0 * (50.0 + 24.0 + 18.0) / 140.0).abs() < 0.01, "{range}");
    for site in record["sites"].as_array().unwrap() {
        let own = site["threshold"].as_f64().unwrap();
        assert_eq!(own, if site["x"].as_f64().unwrap() < 180_000.0 { low } else { high }, "{site}");
    }
    assert_eq!(record["lower"], "misclassification");
    assert_ne!(before(&record), before(&same));
    let limit = "limit: the limit of each cell, 396 to 473.1 mg/kg: NL/intervention/any for Zn";
    assert!(said.out.contains(limit) && said.out.contains("above its limit of 396 mg/kg"), "{}", said.out);
    let rows = table(&std::fs::read_to_string(at.join("plan.csv")).unwrap());
    assert!(
        rows.iter().all(|row| row["threshold"].parse::<f64>().is_ok() && row["limit_code"] == "NL/intervention/any")
    );
    // What the map wrote is what is planned for.
    assert!(record["inputs"].as_array().unwrap().iter().any(|i| i["path"] == "run/zinc_threshold.tif"), "{record}");

    // Nobody knows the soil of the east: no side is wrong there.
    halves(at, "half.asc", "5", "-9999");
    mapped(at, "om=half.asc,clay=8", "half");
    let half = plan(at, &["half", "-n", "4", "--json"]).done().json();
    let share = half["without_limit"]["share"].as_f64().unwrap();
    assert!(share > 0.2 && share < 0.8 && before(&half) < before(&same), "{share}");
    assert!(plan(at, &["half", "-n", "4"]).done().err.contains("have no limit, as where the soil is not known"));

    std::fs::write(at.join("run/zinc_threshold.tif"), "other").unwrap();
    refused(at, &["run", "-n", "3"], "run/zinc_threshold.tif is not what the map wrote");
    std::fs::remove_file(at.join("run/zinc_threshold.tif")).unwrap();
    refused(at, &["run", "-n", "3"], "run/zinc_threshold.tif is not there");
}

#[test]
fn an_unverified_limit_is_marked_in_every_file() {
    let folder = folder();
    let at = folder.path();
    let map = ["map", "meuse.csv", "--analyte", "lead", "--unit", "mg/kg", "--crs", "EPSG:28992", "--transform", "log"];
    let how = ["--model", MODEL, "--mask", "meuse_area.csv", "--cell", "80", "--realisations", "0"];
    let limit = ["--guideline", "FI/lower-guideline", "-o", "run"];
    soilscope(at, &[&map[..], &how, &limit].concat()).done();
    let files = ["plan.csv", "plan.geojson", "plan.gpx", "plan.gpkg"];
    let mut words = vec!["run", "-n", "3", "-o", "plan.png"];
    files.iter().for_each(|file| words.extend(["-o", file]));
    let said = plan(at, &words).done();
    let record = plan(at, &["run", "-n", "3", "--json"]).done();
    let source = record.json()["guideline"]["source"].as_str().unwrap().to_owned();
    let mut texts: Vec<(String, String)> = files
        .iter()
        .map(|f| (f.to_string(), String::from_utf8_lossy(&std::fs::read(at.join(f)).unwrap()).into_owned()))
        .collect();
    texts.extend([("stdout".to_owned(), said.out), ("json".to_owned(), record.out)]);
    for (name, text) in texts {
        for mark in ["FI/lower-guideline", "UNVERIFIED", &source, "200"] {
            let escaped = mark.replace('&', "&amp;");
            assert!(text.contains(mark) || text.contains(&escaped), "{name} does not say {mark}");
        }
    }
    assert!(said.err.contains("is UNVERIFIED: it was written down without the act at hand"), "{}", said.err);
    // Variances know no limit.
    let variance = plan(at, &["run", "-n", "3", "--lower", "variance", "--json"]).done().json();
    assert!(variance["limit"].is_null() && variance["sites"][0]["threshold"].is_null());
}
