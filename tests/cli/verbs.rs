//! What each verb gives to a person or a script.

use crate::support::{folder, root, soilscope, table};

pub(crate) const MEUSE: [&str; 5] = ["meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992"];
const GSTAT_MODEL: &str = "0.05 Nug + 0.59 Sph(897)";

pub(crate) fn with(verb: &'static str, rest: &[&'static str]) -> Vec<&'static str> {
    [&[verb], &MEUSE[..], rest].concat()
}

/// Columns of a case of the reference vectors.
pub(crate) fn vector(name: &str) -> Vec<std::collections::HashMap<String, String>> {
    let path = root().join("tests/golden/vectors/cases").join(name);
    table(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn predict_on_the_meuse_grid_equals_gstat() {
    let folder = folder();
    let words = ["--at", "meuse_grid.csv", "--transform", "log", "--scale", "transformed", "--model", GSTAT_MODEL];
    let run = soilscope(
        folder.path(),
        &[&with("predict", &words)[..], &["--neighbours", "all", "--threshold", "500"]].concat(),
    )
    .done();
    let (ours, gstat, exceedance) = (table(&run.out), vector("ok_sph.csv"), vector("exceedance_500.csv"));
    assert_eq!(ours.len(), gstat.len());
    let number = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    for (k, (ours, gstat)) in ours.iter().zip(&gstat).enumerate() {
        assert_eq!(ours["x"], gstat["x"], "the columns of the points are kept");
        for (name, difference) in [
            ("prediction", number(ours, "prediction") - number(gstat, "pred")),
            ("variance", number(ours, "variance") - number(gstat, "var")),
            ("exceedance", number(ours, "exceedance") - number(&exceedance[k], "p")),
        ] {
            assert!(difference.abs() < 1e-9, "row {k} {name}: off by {difference:e}");
        }
        assert_eq!(ours["gap"], "");
    }
}

#[test]
fn predict_says_why_a_point_has_no_value() {
    let folder = folder();
    let words = [
        "--at",
        "meuse_grid.csv",
        "--model",
        GSTAT_MODEL,
        "--transform",
        "log",
        "--scale",
        "transformed",
        "--radius",
        "250",
        "--min-neighbours",
        "5",
    ];
    let run = soilscope(folder.path(), &with("predict", &words)).done();
    let (ours, gstat) = (table(&run.out), vector("ok_local_nmin5_maxdist250.csv"));
    let missing = gstat.iter().filter(|row| row["pred"] == "NA").count();
    assert!(missing > 100);
    assert_eq!(
        ours.iter().filter(|row| row["prediction"].is_empty() && row["gap"] == "too-few-neighbours").count(),
        missing
    );
    assert!(
        run.err.contains(&format!("{missing} of 3103 points have no prediction: too-few-neighbours")),
        "{}",
        run.err
    );
}

#[test]
fn predict_writes_vector_files() {
    let folder = folder();
    for name in ["points.geojson", "points.gpkg"] {
        let words = ["--at", "meuse_grid.csv", "--model", GSTAT_MODEL, "-o"];
        soilscope(folder.path(), &[&with("predict", &words)[..], &[name]].concat()).done();
    }
    let text = std::fs::read_to_string(folder.path().join("points.geojson")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first = &json["features"][0];
    let lon_lat: Vec<f64> =
        first["geometry"]["coordinates"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    // The Meuse near Stein.
    assert!((lon_lat[0] - 5.76).abs() < 0.01 && (lon_lat[1] - 50.99).abs() < 0.01, "{lon_lat:?}");
    assert!(first["properties"]["prediction"].as_f64().unwrap() > 100.0);
    assert_eq!(json["features"].as_array().unwrap().len(), 3103);
}

#[test]
fn variogram_equals_gstat() {
    let folder = folder();
    let words = [
        "--transform",
        "log",
        "--cutoff",
        "1500",
        "--width",
        "100",
        "--model",
        "Nug + Sph",
        "--json",
        "-o",
        "lags.csv",
    ];
    let json = soilscope(folder.path(), &with("variogram", &words)).done().json();
    let gstat = vector("ev_logzn_omni.csv");
    let lags = table(&std::fs::read_to_string(folder.path().join("lags.csv")).unwrap());
    assert_eq!(json["classes"].as_array().unwrap().len(), gstat.len());
    for ((class, row), gstat) in json["classes"].as_array().unwrap().iter().zip(&lags).zip(&gstat) {
        assert_eq!(class["np"].as_u64().unwrap().to_string(), gstat["np"]);
        let expected: f64 = gstat["gamma"].parse().unwrap();
        assert!((class["gamma"].as_f64().unwrap() / expected - 1.0).abs() < 1e-12);
        assert_eq!(row["gamma"].parse::<f64>().unwrap(), class["gamma"].as_f64().unwrap(), "numbers read back");
    }
    let structure = &json["model"]["structures"][0];
    assert_eq!(structure["model"], "spherical");
    assert!((structure["range"].as_f64().unwrap() - 942.52).abs() < 0.01);
    assert!(json["model"]["notation"].as_str().unwrap().contains("Sph(942.5"));
}

#[test]
fn variogram_draws_and_describes() {
    let folder = folder();
    let run = soilscope(
        folder.path(),
        &with("variogram", &["--transform", "log", "-o", "v.png", "-o", "v.svg", "-o", "v.json"]),
    )
    .done();
    assert!(run.out.contains("chosen among"), "{}", run.out);
    assert_eq!(&std::fs::read(folder.path().join("v.png")).unwrap()[1..4], b"PNG");
    assert!(std::fs::read_to_string(folder.path().join("v.svg")).unwrap().contains("<svg"));
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("v.json")).unwrap()).unwrap();
    assert_eq!(json["model"]["origin"], "automatic");
    let candidates = json["model"]["choice"]["candidates"].as_array().unwrap();
    assert!(candidates.len() >= 9 && candidates.iter().any(|c| c["fitted_by"] == "variance"), "{candidates:?}");
    assert!(run.out.contains("Near samples are alike"), "{}", run.out);
}

#[test]
fn validate_equals_gstat() {
    let folder = folder();
    let words = ["--transform", "log", "--model", GSTAT_MODEL, "--neighbours", "20", "-o", "cv.csv", "--json"];
    let json = soilscope(folder.path(), &with("validate", &words)).done().json();
    let ours = table(&std::fs::read_to_string(folder.path().join("cv.csv")).unwrap());
    let gstat = vector("cv_loo_nmax20.csv");
    assert_eq!(ours.len(), gstat.len());
    let mut squares = 0.0;
    for (ours, gstat) in ours.iter().zip(&gstat) {
        let (z, expected): (f64, f64) = (ours["zscore"].parse().unwrap(), gstat["zscore"].parse().unwrap());
        if gstat["tie"] == "0" {
            assert!((z - expected).abs() < 1e-9, "{z} against {expected}");
        }
        squares += z * z;
    }
    let msdr = json["scores"]["msdr"].as_f64().unwrap();
    assert!((msdr - squares / 155.0).abs() < 1e-12);
    assert!((0.5..2.0).contains(&msdr));
    assert_eq!(json["scores"]["coverage"].as_array().unwrap().len(), 4);
}

#[test]
fn validate_in_folds_and_blocks() {
    let folder = folder();
    for (folds, name) in [("5", "random"), ("block:500", "spatial-blocks"), ("column:landuse", "column")] {
        let json =
            soilscope(folder.path(), &[&with("validate", &["--json", "--folds"])[..], &[folds]].concat()).done().json();
        assert_eq!(json["folds"], name);
        assert_eq!(json["scores"]["n"], 155);
    }
}

#[test]
fn validate_in_folds_of_a_column_equals_gstat() {
    let folder = folder();
    // gstat's folds: (row - 1) mod 5 + 1.
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let fold = |k: usize| if k == 0 { "fold".to_owned() } else { ((k - 1) % 5 + 1).to_string() };
    let lines: Vec<String> = text.lines().enumerate().map(|(k, line)| format!("{line},{}", fold(k))).collect();
    std::fs::write(folder.path().join("folds.csv"), lines.join("\n")).unwrap();
    let words = [
        "validate",
        "folds.csv",
        "--analyte",
        "zinc",
        "--crs",
        "EPSG:28992",
        "--transform",
        "log",
        "--model",
        GSTAT_MODEL,
        "--folds",
        "column:fold",
        "-o",
        "cv.csv",
    ];
    soilscope(folder.path(), &words).done();
    let ours = table(&std::fs::read_to_string(folder.path().join("cv.csv")).unwrap());
    for (ours, gstat) in ours.iter().zip(&vector("cv_5fold.csv")) {
        let (z, expected): (f64, f64) = (ours["zscore"].parse().unwrap(), gstat["zscore"].parse().unwrap());
        assert!((z - expected).abs() < 1e-9, "{z} against {expected}");
    }
    let refused = soilscope(folder.path(), &with("validate", &["--folds", "column:nowhere"]));
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("nowhere"), "{}", refused.err);
}

#[test]
fn check_judges_a_file() {
    let folder = folder();
    let run = soilscope(folder.path(), &with("check", &[])).done();
    assert!(run.out.contains("zinc") && run.out.contains("155"), "{}", run.out);
    let json = soilscope(folder.path(), &with("check", &["--json"])).done().json();
    assert!(json["findings"].is_array(), "{json}");
}

#[test]
fn codes_of_points_are_not_numbers() {
    let folder = folder();
    std::fs::write(folder.path().join("at.csv"), "x,y,site,depth\n181000,333000,007,1.5\n180500,332000,12,2\n")
        .unwrap();
    let json = soilscope(folder.path(), &with("predict", &["--at", "at.csv", "--json"])).done().json();
    assert_eq!(json["predictions"][0]["site"], "007");
    assert_eq!(json["predictions"][1]["site"], "12", "a column is one or the other");
    assert_eq!(json["predictions"][0]["depth"], 1.5);
}

#[test]
fn predict_refuses_columns_that_would_stand_twice() {
    let folder = folder();
    std::fs::write(folder.path().join("at.csv"), "x,y,prediction\n181000,333000,1\n").unwrap();
    let run = soilscope(folder.path(), &with("predict", &["--at", "at.csv"]));
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("'prediction' already"), "{}", run.err);
}

#[test]
fn quiet_is_quiet() {
    let folder = folder();
    let run = soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "out", "-q"])).done();
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn json_usage_describes_every_verb() {
    let folder = folder();
    let json = soilscope(folder.path(), &["--json-usage"]).done().json();
    let verbs: Vec<&str> = json["verbs"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(
        verbs,
        [
            "check",
            "variogram",
            "validate",
            "predict",
            "map",
            "hotspots",
            "association",
            "simulate",
            "sample-plan",
            "sources",
            "thresholds",
            "exchange",
            "import",
            "verify",
            "replay"
        ]
    );
}

#[test]
fn help_of_every_verb() {
    let folder = folder();
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("help", soilscope(folder.path(), &["--help"]).done().out);
        for verb in ["check", "variogram", "validate", "predict", "map", "hotspots", "association", "simulate", "sample-plan", "sources", "thresholds", "exchange", "import", "verify", "replay"] {
            insta::assert_snapshot!(format!("help_{verb}"), soilscope(folder.path(), &[verb, "--help"]).done().out);
        }
        for verb in ["list", "show", "compare"] {
            let help = soilscope(folder.path(), &["thresholds", verb, "--help"]).done().out;
            insta::assert_snapshot!(format!("help_thresholds_{verb}"), help);
        }
        for verb in ["pack", "check"] {
            let help = soilscope(folder.path(), &["exchange", verb, "--help"]).done().out;
            insta::assert_snapshot!(format!("help_exchange_{verb}"), help);
        }
    });
}
