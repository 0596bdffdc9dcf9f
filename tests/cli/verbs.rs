//! What each verb gives to a person or a script.

use sha2::{Digest, Sha256};

use crate::support::{folder, names, root, soilscope, table};

const MEUSE: [&str; 5] = ["meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992"];
const GSTAT_MODEL: &str = "0.05 Nug + 0.59 Sph(897)";

fn with(verb: &'static str, rest: &[&'static str]) -> Vec<&'static str> {
    [&[verb], &MEUSE[..], rest].concat()
}

/// Columns of a case of the reference vectors.
fn vector(name: &str) -> Vec<std::collections::HashMap<String, String>> {
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
    assert_eq!(json["model"]["candidates"].as_array().unwrap().len(), 4);
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

fn map(folder: &std::path::Path, out: &'static str, more: &[&'static str]) -> serde_json::Value {
    let words =
        ["--transform", "log", "--threshold", "500", "--mask", "meuse_area.csv", "--cell", "40", "--json", "-o", out];
    soilscope(folder, &[&with("map", &words)[..], more].concat()).done().json()
}

#[test]
fn map_writes_everything_and_accounts_for_every_cell() {
    let folder = folder();
    let record = map(folder.path(), "out", &[]);
    let expected = [
        "run.json",
        "zinc_exceedance.tif",
        "zinc_hotspots.geojson",
        "zinc_hotspots.gpkg",
        "zinc_map.png",
        "zinc_prediction.tif",
        "zinc_sd.tif",
    ];
    assert_eq!(names(&folder.path().join("out")), expected);
    let cells = &record["cells"];
    let gaps: u64 = cells["gaps"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
    let count = |name: &str| cells[name].as_u64().unwrap();
    assert_eq!(count("predicted") + count("outside_mask") + gaps, count("cells"));
    assert!(count("predicted") > 3000 && count("outside_mask") > 3000, "{cells}");
    for file in ["inputs", "outputs"].iter().flat_map(|k| record[*k].as_array().unwrap()) {
        let bytes = std::fs::read(folder.path().join(file["path"].as_str().unwrap())).unwrap();
        let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(file["sha256"], sum.as_str(), "{file}");
    }
    let on_disk: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(on_disk, record, "--json prints the record");
    assert!(record["hotspots"]["count"].as_u64().unwrap() >= 1);
    assert!(
        record["validation"]["scores"]["rmse"].as_f64().unwrap() < 367.0,
        "better than the mean: the sd of zinc is 367"
    );
}

#[test]
fn gdal_reads_every_output_without_a_warning() {
    let folder = folder();
    map(folder.path(), "out", &[]);
    let read = |program: &str, words: &[&str]| {
        let output = std::process::Command::new(program).args(words).current_dir(folder.path()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && err.is_empty(), "{program} {words:?}: {err}");
        assert!(!out.to_lowercase().contains("warning"), "{program} {words:?}: {out}");
        out.into_owned()
    };
    for name in ["prediction", "sd", "exceedance"] {
        let said = read("gdalinfo", &[&format!("out/zinc_{name}.tif")]);
        for expected in ["LAYOUT=COG", "NoData Value=-9999", "Type=Float32", "Amersfoort / RD New", "STATISTICS_MEAN"] {
            assert!(said.contains(expected), "{name}: no {expected} in {said}");
        }
        assert_eq!(said.contains("Unit Type: mg/kg"), name != "exceedance", "{said}");
        assert!(said.contains("Description = "), "{said}");
    }
    for file in ["out/zinc_hotspots.geojson", "out/zinc_hotspots.gpkg"] {
        let said = read("ogrinfo", &["-ro", "-al", file]);
        for column in ["area_m2", "mean", "maximum", "mean_probability", "samples_inside"] {
            assert!(said.contains(&format!("{column} (")), "{file}: {said}");
        }
    }
}

#[test]
fn map_is_the_same_for_any_number_of_threads() {
    let folder = folder();
    for (out, threads) in [("one", "1"), ("two", "2"), ("seven", "7")] {
        map(folder.path(), out, &["--threads", threads]);
    }
    for name in ["zinc_prediction.tif", "zinc_sd.tif", "zinc_exceedance.tif", "zinc_hotspots.geojson", "zinc_map.png"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(read("one") == read("two") && read("one") == read("seven"), "{name}");
    }
}

#[test]
fn map_refuses_to_overwrite_unless_told() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "-o", "out"]);
    soilscope(folder.path(), &words).done();
    let refused = soilscope(folder.path(), &words);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("--overwrite"), "{}", refused.err);
    soilscope(folder.path(), &[&words[..], &["--overwrite"]].concat()).done();
}

#[test]
fn map_without_an_error_model_says_so() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "--method", "idw:2", "--threshold", "500", "-o", "out", "--json"]);
    let record = soilscope(folder.path(), &words).done().json();
    assert!(!folder.path().join("out/zinc_sd.tif").exists());
    assert!(!folder.path().join("out/zinc_exceedance.tif").exists());
    assert!(record["notes"].to_string().contains("no error model"), "{}", record["notes"]);
    assert!(record["hotspots"]["count"].as_u64().unwrap() > 0);
}

#[test]
fn map_on_a_local_plane_and_on_a_template() {
    let folder = folder();
    let words = [
        "map",
        "meuse.csv",
        "--analyte",
        "zinc",
        "--crs",
        "local",
        "--cell",
        "100",
        "--threshold",
        "500",
        "-o",
        "site",
    ];
    soilscope(folder.path(), &words).done();
    assert!(folder.path().join("site/zinc_hotspots.gpkg").exists());
    assert!(!folder.path().join("site/zinc_hotspots.geojson").exists(), "longitude and latitude of nowhere");
    let first = map(folder.path(), "first", &[]);
    let words = with("map", &["--like", "first/zinc_prediction.tif", "-o", "second", "--json"]);
    let second = soilscope(folder.path(), &words).done().json();
    for key in ["columns", "rows", "cell", "bounds"] {
        assert_eq!(first["grid"][key], second["grid"][key], "{key}");
    }
}

#[test]
fn hotspot_areas_are_those_on_the_ground() {
    let folder = folder();
    let area = |record: &serde_json::Value| record["hotspots"]["area_m2"].as_f64().unwrap();
    let plane = map(folder.path(), "plane", &[]);
    // The Dutch grid keeps areas to 2 in 10,000 here.
    assert!((area(&plane) / plane["hotspots"]["area_on_map"].as_f64().unwrap() - 1.0).abs() < 3e-4);
    let mercator = soilscope(
        folder.path(),
        &with(
            "map",
            &[
                "--transform",
                "log",
                "--threshold",
                "500",
                "--out-crs",
                "EPSG:3857",
                "--cell",
                "40",
                "-o",
                "m",
                "--json",
            ],
        ),
    )
    .done();
    assert!(mercator.err.contains("does not keep distances"), "{}", mercator.err);
    let record = mercator.json();
    assert!(record["notes"].to_string().contains("does not keep distances"));
    let stretched = record["hotspots"]["area_on_map"].as_f64().unwrap() / area(&record);
    // The secant of 50.98 degrees, squared, but for the flattening.
    assert!((2.45..2.60).contains(&stretched), "{stretched}");
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
fn a_map_that_fails_late_leaves_nothing() {
    let folder = folder();
    let words = with("map", &["--cell", "100", "--threshold", "500", "-o", "out"]);
    // A file that GDAL cannot replace: the hotspots come after the rasters.
    std::fs::create_dir_all(folder.path().join("out/zinc_map.png/x")).unwrap();
    let run = soilscope(folder.path(), &words);
    assert_eq!(run.code, Some(2));
    assert_eq!(names(&folder.path().join("out")), Vec::<String>::new());
    let run = crate::support::program(folder.path()).args(words).env("SOURCE_DATE_EPOCH", "abc").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("SOURCE_DATE_EPOCH"));
}

#[test]
fn a_folder_is_the_map_of_one_analyte() {
    let folder = folder();
    soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "out"])).done();
    let words =
        ["map", "meuse.csv", "--analyte", "lead", "--crs", "EPSG:28992", "--cell", "100", "-o", "out", "--overwrite"];
    let run = soilscope(folder.path(), &words);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("holds a map of zinc"), "{}", run.err);
}

#[test]
fn no_hotspot_is_nothing_and_not_less() {
    let folder = folder();
    let run = soilscope(folder.path(), &with("map", &["--threshold", "100000", "--cell", "100", "-o", "out"])).done();
    assert!(run.out.contains("hotspots above 100000: 0, 0 m², 0 samples inside"), "{}", run.out);
    assert!(folder.path().join("out/zinc_hotspots.gpkg").exists(), "an empty layer says that there is none");
}

#[test]
fn map_says_how_far_it_reaches() {
    let folder = folder();
    let far = soilscope(
        folder.path(),
        &with("map", &["--bounds", "-100,-100,100,100", "--cell", "10", "-o", "far", "--json"]),
    )
    .done()
    .json();
    assert!(far["notes"].to_string().contains("every cell is further than"), "{}", far["notes"]);
    let wide = soilscope(
        folder.path(),
        &with("map", &["--bounds", "175000,325000,185000,337000", "--cell", "100", "-o", "wide", "--json"]),
    )
    .done()
    .json();
    assert!(wide["notes"].to_string().contains("% of the cells"), "{}", wide["notes"]);
    let near = map(folder.path(), "near", &[]);
    assert_eq!(near["notes"], serde_json::json!([]));
}

#[test]
fn overwriting_leaves_no_decision_of_another_map() {
    let folder = folder();
    map(folder.path(), "out", &[]);
    let record =
        soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "out", "--overwrite", "--json"])).done().json();
    assert_eq!(names(&folder.path().join("out")), ["run.json", "zinc_map.png", "zinc_prediction.tif", "zinc_sd.tif"]);
    assert!(record["notes"].to_string().contains("zinc_exceedance.tif of an earlier run was removed"));
}

#[test]
fn a_failed_run_leaves_no_folder() {
    let folder = folder();
    let run =
        soilscope(folder.path(), &["map", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:99999", "-o", "new/deep"]);
    assert_eq!(run.code, Some(2));
    assert!(!folder.path().join("new").exists());
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
    assert_eq!(verbs, ["check", "variogram", "validate", "predict", "map"]);
}

#[test]
fn help_of_every_verb() {
    let folder = folder();
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("help", soilscope(folder.path(), &["--help"]).done().out);
        for verb in ["check", "variogram", "validate", "predict", "map"] {
            insta::assert_snapshot!(format!("help_{verb}"), soilscope(folder.path(), &[verb, "--help"]).done().out);
        }
    });
}
