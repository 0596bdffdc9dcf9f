//! One field held against limits of several jurisdictions.

use std::path::Path;

use crate::sample_plan::{MODEL, halves};
use crate::support::{Run, folder, names, soilscope, table};

const FINLAND: &str = "FI_lower-guideline_other-than-industrial";

fn map(folder: &Path, analyte: &str, guideline: &str, out: &str, more: &[&str]) -> Run {
    let samples = ["map", "meuse.csv", "--analyte", analyte, "--unit", "mg/kg", "--crs", "EPSG:28992"];
    let how = ["--transform", "log", "--mask", "meuse_area.csv", "--cell", "80", "--confidence", "0.5"];
    soilscope(folder, &[&samples[..], &how, &["--guideline", guideline, "-o", out], more].concat())
}

#[test]
fn each_limit_has_what_a_map_of_its_own_has() {
    let folder = folder();
    let at = folder.path();
    halves(at, "soil.asc", "2", "12");
    let model = ["--model", MODEL, "--realisations", "20"];
    let soil = ["--soil", "om=soil.asc,clay=8"];
    let both = map(at, "lead", "FI/lower-guideline,NL/intervention", "both", &[&model[..], &soil].concat()).done();
    map(at, "lead", "FI/lower-guideline", "finland", &model).done();
    map(at, "lead", "NL/intervention", "netherlands", &[&model[..], &soil].concat()).done();
    let read = |name: &str| std::fs::read(at.join(name)).unwrap();
    // The first limit keeps the names of a map with one.
    for (what, alone) in [("exceedance.tif", "finland"), ("hotspots.geojson", "finland"), ("prediction.tif", "finland")]
    {
        assert!(read(&format!("both/lead_{what}")) == read(&format!("{alone}/lead_{what}")), "{what}");
    }
    for what in ["exceedance", "threshold", "hotspots"] {
        let ending = if what == "hotspots" { "geojson" } else { "tif" };
        let (other, alone) =
            (format!("both/lead_{what}_NL_intervention_any.{ending}"), format!("netherlands/lead_{what}.{ending}"));
        assert!(read(&other) == read(&alone), "{other}");
    }
    assert!(read("both/lead_map.png") != read("finland/lead_map.png"), "the picture shows both");

    // The table says what each record says.
    let record =
        |run: &str| -> serde_json::Value { serde_json::from_slice(&read(&format!("{run}/run.json"))).unwrap() };
    let rows = table(&String::from_utf8(read("both/lead_compare.csv")).unwrap());
    let compared = record("both")["compared"]["rows"].as_array().unwrap().clone();
    assert_eq!((rows.len(), compared.len()), (2, 2));
    for ((row, json), alone) in rows.iter().zip(&compared).zip([record("finland"), record("netherlands")]) {
        let spots = &alone["hotspots"];
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        let scale = spots["ground_over_map"].as_f64().unwrap();
        assert_eq!(number("area"), spots["area_m2"].as_f64().unwrap());
        for name in ["expected_above", "false_positive", "false_negative"] {
            assert_eq!(number(name), spots["errors"][name].as_f64().unwrap() * scale, "{name}");
            assert_eq!(json[name].as_f64().unwrap(), number(name));
        }
        assert_eq!(number("area_above_low"), spots["joint"]["area_above"]["q05"].as_f64().unwrap());
        assert_eq!(json["guideline"]["code"], alone["guideline"]["code"]);
        assert_eq!(row["limit_code"], alone["guideline"]["code"].as_str().unwrap());
        assert_eq!(json["skill"]["brier"], alone["skill"]["brier"]);
        assert_eq!(number("samples"), 155.0);
    }
    let above = table(&String::from_utf8(read("meuse.csv")).unwrap())
        .iter()
        .filter(|row| row["lead"].parse::<f64>().unwrap() > 200.0)
        .count();
    assert_eq!(rows[0]["samples_above"], above.to_string());
    // 85 (50 + clay + om) in the place of 85 standard soil: 530 of 85.
    let limit = |om: f64| 530.0 * (50.0 + 8.0 + om) / 85.0;
    for (name, om) in [("lowest_limit", 2.0), ("highest_limit", 12.0)] {
        assert!((rows[1][name].parse::<f64>().unwrap() / limit(om) - 1.0).abs() < 1e-5, "{:?}", rows[1]);
    }
    for said in [
        "compared: 2 limits on one field",
        "FI/lower-guideline/other-than-industrial, 200! mg/kg",
        "UNVERIFIED",
        "! unverified",
    ] {
        assert!(both.out.contains(said), "{said} in {}", both.out);
    }
    assert!(both.out.contains("NL/intervention/any, 374.1 to 436.5 mg/kg"), "{}", both.out);

    // A map with one limit does not keep what was compared.
    map(at, "lead", "FI/lower-guideline", "both", &[&model[..], &["--overwrite"]].concat()).done();
    let left = names(&at.join("both"));
    assert!(!left.iter().any(|name| name.contains("NL_") || name.contains("compare")), "{left:?}");
}

#[test]
fn several_analytes_are_each_held_against_each_limit() {
    let folder = folder();
    let at = folder.path();
    let codes = "NL/intervention,FI/lower-guideline";
    let run = map(at, "lead,zinc", codes, "run", &["--realisations", "20", "--soil", "om=5,clay=8"]).done();
    assert_eq!(run.out.matches("compared: 2 limits on one field").count(), 2, "{}", run.out);
    let files = names(&at.join("run"));
    // Together they are told for the first.
    assert!(run.err.contains("told for the first of the limits, NL/intervention"), "{}", run.err);
    assert!(
        files.iter().any(|name| name == "joint_any.tif") && !files.iter().any(|name| name.starts_with("joint_any_"))
    );
    for analyte in ["lead", "zinc"] {
        for file in
            ["exceedance.tif", &format!("exceedance_{FINLAND}.tif"), &format!("hotspots_{FINLAND}.gpkg"), "compare.csv"]
        {
            assert!(files.contains(&format!("{analyte}_{file}")), "{file} in {files:?}");
        }
    }
}

#[test]
fn comparisons_that_cannot_be_made_are_refused() {
    let folder = folder();
    let at = folder.path();
    let refused = |guideline: &str, more: &[&str], why: &str| {
        let run = map(at, "lead", guideline, "run", more);
        assert_eq!(run.code, Some(2), "{guideline}: {}", run.out);
        assert!(run.err.contains(why), "{guideline}: {}", run.err);
    };
    refused("NL/intervention,", &[], "there is a comma without a code");
    refused("NL/intervention,NL/intervention/any", &[], "are the same limit");
    refused("a,b,c,d,e", &[], "a map compares at most 4 limits");
    refused("NL/intervention,FI/lower-guideline", &["--soil", "ph=6"], "--soil ph would have no effect");
    refused("NL/intervention,XX/nothing", &[], "XX");
    let kinds = ["--method", "idw:2", "--transform", "none"];
    let run = soilscope(
        at,
        &[
            &["map", "meuse.csv", "--analyte", "lead", "--unit", "mg/kg", "--crs", "EPSG:28992", "--cell", "80"][..],
            &["--guideline", "NL/intervention,FI/lower-guideline", "-o", "idw"],
            &kinds,
        ]
        .concat(),
    );
    assert!(run.err.contains("limits are compared by the probability of being above each"), "{}", run.err);
    let words = ["validate", "meuse.csv", "--analyte", "lead", "--unit", "mg/kg", "--crs", "EPSG:28992"];
    let run = soilscope(at, &[&words[..], &["--guideline", "NL/intervention,FI/lower-guideline"]].concat());
    assert!(run.err.contains("a field is held against one limit"), "{}", run.err);
}
