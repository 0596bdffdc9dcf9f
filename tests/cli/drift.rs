//! Drifts, blocks, indicators and errors of samples, as they are asked for on the command line.

use std::collections::HashMap;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{folder, root, soilscope, table};
use crate::verbs::{vector, with};

const MODEL: &str = "0.06 Nug + 0.2 Sph(870)";

/// The Meuse samples, their grid, and the distance to the river as a raster.
fn with_distances() -> TempDir {
    let folder = folder();
    std::fs::copy(root().join("data/meuse_dist.tif"), folder.path().join("dist.tif")).unwrap();
    folder
}

type Row = HashMap<String, String>;

fn number(row: &Row, name: &str) -> f64 {
    row[name].parse().unwrap_or_else(|_| panic!("{name}: '{}'", row[name]))
}

/// Predicts the whole Meuse grid and compares every seventh point with gstat's, to the tolerance of the golden tests.
#[track_caller]
fn equals_gstat(case: &str, tolerance: f64, more: &[&'static str]) {
    let folder = folder();
    let words = [&with("predict", &["--at", "meuse_grid.csv", "--neighbours", "all"])[..], more].concat();
    let ours = table(&soilscope(folder.path(), &words).done().out);
    let gstat = vector(&format!("{case}.csv"));
    assert!(gstat.len() > 400);
    for theirs in &gstat {
        let ours = &ours[theirs["row"].parse::<usize>().unwrap() - 1];
        for (name, theirs) in [("prediction", number(theirs, "pred")), ("variance", number(theirs, "var"))] {
            let theirs = if case == "ik_zn500" && name == "prediction" { theirs.clamp(0.0, 1.0) } else { theirs };
            let difference = number(ours, name) - theirs;
            assert!(difference.abs() < tolerance, "{case} {name}: off by {difference:e}");
        }
    }
}

const ON_LOG: [&str; 4] = ["--transform", "log", "--scale", "transformed"];
const SPH: &str = "0.05 Nug + 0.59 Sph(897)";

#[test]
fn drifts_equal_gstat() {
    equals_gstat("uk_xy", 1e-9, &[&ON_LOG[..], &["--method", "universal:1", "--model", SPH]].concat());
    equals_gstat("uk_sqrtdist", 1e-9, &[&ON_LOG[..], &["--method", "external:sqrt(dist)", "--model", MODEL]].concat());
}

#[test]
fn blocks_equal_gstat() {
    equals_gstat("bk_40", 5e-8, &[&ON_LOG[..], &["--block", "40", "--model", SPH]].concat());
    equals_gstat("bk_200x100", 5e-8, &[&ON_LOG[..], &["--block", "200x100", "--model", SPH]].concat());
    equals_gstat(
        "bk_200_reg4",
        1e-9,
        &[&ON_LOG[..], &["--block", "200", "--block-nodes", "regular4", "--model", SPH]].concat(),
    );
}

#[test]
fn indicators_equal_gstat_and_are_cut_to_probabilities() {
    let words = ["--method", "indicator:500", "--model", "0.08 Nug + 0.15 Sph(900)"];
    equals_gstat("ik_zn500", 1e-9, &words);
    let folder = folder();
    let map = ["--mask", "meuse_area.csv", "--cell", "40", "--threshold", "500", "-o", "out", "--json"];
    let run = soilscope(folder.path(), &[&with("map", &map)[..], &words].concat()).done();
    let record = run.json();
    let clipped = record["cells"]["clipped"].as_u64().unwrap();
    assert!(clipped > 0, "{}", record["cells"]);
    assert!(run.err.contains(&format!("{clipped} of ")), "{}", run.err);
    let statistics = &record["cells"]["layers"][0]["statistics"];
    assert_eq!((statistics["min"].as_f64(), statistics["max"].as_f64()), (Some(0.0), Some(1.0)));
    // Hotspots are where the probability is high enough, without a raster that repeats the prediction.
    assert!(!folder.path().join("out/zinc_exceedance.tif").exists());
    assert_eq!(record["hotspots"]["rule"]["probability"]["at_least"], 0.8);
    assert!(record["hotspots"]["count"].as_u64().unwrap() > 0);
    assert_eq!(record["unit"], serde_json::Value::Null);
    assert!(record["settings"]["distribution"].as_str().unwrap().starts_with("none"));
}

#[test]
fn variogram_of_a_drift_is_that_of_its_residuals() {
    let folder = folder();
    let lags = ["--transform", "log", "--cutoff", "1500", "--width", "100", "--no-fit", "--json"];
    let words = [&with("variogram", &lags)[..], &["--method", "external:sqrt(dist)"]].concat();
    let json = soilscope(folder.path(), &words).done().json();
    assert_eq!(json["variogram_of"], "ols-residuals");
    let gstat = vector("ev_logzn_resid_sqrtdist.csv");
    let classes = json["classes"].as_array().unwrap();
    assert_eq!(classes.len(), gstat.len());
    for (class, gstat) in classes.iter().zip(&gstat) {
        assert_eq!(class["np"].as_u64().unwrap() as f64, number(gstat, "np"));
        assert!((class["gamma"].as_f64().unwrap() / number(gstat, "gamma") - 1.0).abs() < 1e-9);
    }
}

#[test]
fn cross_validation_of_a_drift_equals_gstat() {
    let folder = folder();
    // On the logarithm, as gstat was asked.
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().unwrap().clone();
    let zinc = header.iter().position(|h| h == "zinc").unwrap();
    let mut out = csv::Writer::from_path(folder.path().join("log.csv")).unwrap();
    out.write_record(&header).unwrap();
    for row in rows.records() {
        let row = row.unwrap();
        let cell = |(i, cell): (usize, &str)| {
            if i == zinc { cell.parse::<f64>().unwrap().ln().to_string() } else { cell.into() }
        };
        out.write_record(row.iter().enumerate().map(cell)).unwrap();
    }
    out.flush().unwrap();
    let words = [
        "validate",
        "log.csv",
        "--analyte",
        "zinc",
        "--crs",
        "EPSG:28992",
        "--method",
        "external:sqrt(dist)",
        "--model",
    ];
    soilscope(folder.path(), &[&words[..], &[MODEL, "-o", "residuals.csv"]].concat()).done();
    let ours = table(&std::fs::read_to_string(folder.path().join("residuals.csv")).unwrap());
    for (ours, gstat) in ours.iter().zip(&vector("cv_loo_uk.csv")) {
        assert!((number(ours, "prediction") - number(gstat, "pred")).abs() < 1e-9);
        assert!((number(ours, "variance") - number(gstat, "var")).abs() < 1e-9);
    }
}

fn map(folder: &Path, out: &'static str, more: &[&'static str]) -> serde_json::Value {
    let words = ["--transform", "log", "--model", MODEL, "--json", "-o", out];
    soilscope(folder, &[&with("map", &words)[..], more].concat()).done().json()
}

#[test]
fn map_takes_grid_and_covariate_from_a_raster() {
    let folder = with_distances();
    let drift = ["--method", "external:sqrt(dist)", "--covariate", "dist=dist.tif"];
    let record = map(folder.path(), "out", &drift);
    assert_eq!((&record["grid"]["columns"], &record["grid"]["rows"]), (&78.into(), &104.into()));
    assert_eq!(record["grid"]["cell_from"], "covariate raster");
    assert_eq!(record["cells"]["predicted"], 3103);
    assert_eq!(record["cells"]["gaps"]["missing-covariate"], 78 * 104 - 3103);
    // 35 cells are farther from the river than any sample.
    assert_eq!(record["cells"]["extrapolated"], 35);
    assert!(record["notes"].to_string().contains("35 of "), "{}", record["notes"]);
    assert_eq!(record["method"]["covariates"][0]["columns"], serde_json::json!(["sqrt(dist)"]));
    assert_eq!(record["model"]["variogram_of"], "ols-residuals");
    let roles: Vec<&str> = record["inputs"].as_array().unwrap().iter().map(|f| f["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["samples", "covariate"]);
    // The same points, one by one.
    let words = ["--at", "meuse_grid.csv", "--transform", "log", "--model", MODEL, "-o", "points.csv"];
    soilscope(folder.path(), &[&with("predict", &words)[..], &drift[..2]].concat()).done();
    let points = table(&std::fs::read_to_string(folder.path().join("points.csv")).unwrap());
    let highest = points.iter().map(|p| number(p, "prediction")).fold(0.0, f64::max);
    assert_eq!(record["cells"]["layers"][0]["statistics"]["max"].as_f64().unwrap(), f64::from(highest as f32));
    let one = map(folder.path(), "one", &[&drift[..], &["--threads", "1"]].concat());
    assert_eq!(one["cells"]["layers"], record["cells"]["layers"]);
    for name in ["zinc_prediction.tif", "zinc_sd.tif"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert!(read("out") == read("one"), "{name}");
    }
}

/// The Meuse files without one column.
fn without(folder: &Path, file: &str, column: &str, to: &str) {
    let mut rows = csv::Reader::from_path(folder.join(file)).unwrap();
    let header = rows.headers().unwrap().clone();
    let dropped = header.iter().position(|h| h == column).unwrap();
    let mut out = csv::Writer::from_path(folder.join(to)).unwrap();
    let keep = |row: &csv::StringRecord| -> Vec<String> {
        row.iter().enumerate().filter(|(i, _)| *i != dropped).map(|(_, c)| c.to_owned()).collect()
    };
    out.write_record(keep(&header)).unwrap();
    rows.records().for_each(|row| out.write_record(keep(&row.unwrap())).unwrap());
    out.flush().unwrap();
}

#[test]
fn samples_and_points_without_the_column_have_it_from_the_raster() {
    let folder = with_distances();
    without(folder.path(), "meuse.csv", "dist", "bare.csv");
    let outside = std::fs::read_to_string(folder.path().join("bare.csv")).unwrap().replacen(",181072,", ",191072,", 1);
    std::fs::write(folder.path().join("bare.csv"), outside).unwrap();
    without(folder.path(), "meuse_grid.csv", "dist", "bare_grid.csv");
    let drift = ["--method", "external:sqrt(dist)", "--model", MODEL, "--covariate", "dist=dist.tif"];
    let read = |samples: &'static str, points: &'static str| {
        let words = ["predict", samples, "--analyte", "zinc", "--crs", "EPSG:28992", "--at", points, "--json"];
        soilscope(folder.path(), &[&words[..], &drift].concat()).done()
    };
    let (own, bare) = (read("meuse.csv", "meuse_grid.csv"), read("meuse.csv", "bare_grid.csv"));
    // Points in the centre of their cell have the cell's distance, to the bit.
    let predictions = |run: &serde_json::Value| -> Vec<serde_json::Value> {
        run["predictions"].as_array().unwrap().iter().map(|p| p["prediction"].clone()).collect()
    };
    assert_eq!(predictions(&own.json()), predictions(&bare.json()));
    let from_raster = read("bare.csv", "bare_grid.csv");
    assert!(from_raster.err.contains("the samples have no column 'dist'"), "{}", from_raster.err);
    let json = from_raster.json();
    assert_eq!(json["method"]["covariates"][0]["samples_from"], "raster");
    // Samples beyond the raster are left out, and counted.
    assert!(from_raster.err.contains("left out because dist is not known there: 1 (line 2)"), "{}", from_raster.err);
}

#[test]
fn classes_become_columns_against_the_most_frequent() {
    let folder = folder();
    let points =
        "x,y,soil,landuse\n180000,331500,1,Aa\n180000,331500,2,Ah\n180000,331500,9,unheard of\n180000,331500,,\n";
    std::fs::write(folder.path().join("points.csv"), points).unwrap();
    let words = ["--at", "points.csv", "--model", MODEL, "--transform", "log", "--json", "--method", "external:soil"];
    let run = soilscope(folder.path(), &[&with("predict", &words)[..], &["--categorical", "soil"]].concat()).done();
    let json = run.json();
    let covariate = &json["method"]["covariates"][0];
    assert_eq!(covariate["columns"], serde_json::json!(["soil=2", "soil=3"]));
    let classes = covariate["classes"].as_array().unwrap();
    assert_eq!((&classes[0]["class"], &classes[0]["samples"]), (&"1".into(), &97.into()));
    let gaps: Vec<&serde_json::Value> = json["predictions"].as_array().unwrap().iter().map(|p| &p["gap"]).collect();
    assert_eq!(
        gaps,
        [&serde_json::Value::Null, &serde_json::Value::Null, &"missing-covariate".into(), &"missing-covariate".into()]
    );
    assert_eq!(json["unknown_class"], 1);
    assert!(run.err.contains("class of a covariate that no sample has"), "{}", run.err);
    // Text is classes by itself.
    let words = ["--at", "points.csv", "--model", MODEL, "--json", "--method", "external:landuse"];
    let run = soilscope(folder.path(), &with("predict", &words)).done();
    assert!(run.err.contains("samples left out because landuse is not known there: 1 (line 21)"), "{}", run.err);
    let json = run.json();
    assert_eq!(json["method"]["covariates"][0]["columns"].as_array().unwrap().len(), 14);
    let gaps: Vec<bool> = json["predictions"].as_array().unwrap().iter().map(|p| p["gap"].is_null()).collect();
    assert_eq!(gaps, [true, true, false, false]);
}

#[test]
fn errors_of_samples_smooth_and_duplicates_may_be_kept() {
    let folder = folder();
    // Err in the model is the same error for all samples: gstat's case, by a column of its square root.
    let mut text = String::from("x,y,v,sd\n");
    for row in table(&std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap()) {
        text += &format!("{},{},{},{}\n", row["x"], row["y"], number(&row, "zinc").ln(), 0.05_f64.sqrt());
    }
    std::fs::write(folder.path().join("errors.csv"), &text).unwrap();
    let words =
        |file: &'static str| ["predict", file, "--analyte", "v", "--crs", "EPSG:28992", "--error-sd", "sd", "--at"];
    let run = soilscope(
        folder.path(),
        &[&words("errors.csv")[..], &["meuse.csv", "--model", "0.59 Sph(897)", "--neighbours", "all"]].concat(),
    )
    .done();
    for (ours, gstat) in table(&run.out).iter().zip(&vector("ok_at_data_err.csv")) {
        assert!((number(ours, "prediction") - number(gstat, "pred")).abs() < 1e-9);
        assert!((number(ours, "variance") - number(gstat, "var")).abs() < 1e-9);
    }
    // A place measured twice: two samples with their errors are one with their mean, whose error variance is half.
    let twice = "x,y,v,sd\n0,0,1,0.2\n0,0,3,0.2\n10,0,5,0.1\n0,12,4,0\n";
    std::fs::write(folder.path().join("twice.csv"), twice).unwrap();
    std::fs::write(folder.path().join("at.csv"), "x,y\n3,4\n0,0\n").unwrap();
    let predict = |how: &'static str| {
        let words = [
            "predict",
            "twice.csv",
            "--analyte",
            "v",
            "--crs",
            "local",
            "--error-sd",
            "sd",
            "--at",
            "at.csv",
            "--model",
        ];
        table(&soilscope(folder.path(), &[&words[..], &["1 Sph(30)", "--duplicates", how]].concat()).done().out)
    };
    for (kept, mean) in predict("keep").iter().zip(&predict("mean")) {
        for name in ["prediction", "variance"] {
            assert!((number(kept, name) - number(mean, name)).abs() < 1e-12, "{name}");
        }
    }
    // A relative error on the logarithm is the same for all, by the delta method.
    let words = ["--transform", "log", "--scale", "transformed", "--at", "meuse.csv", "--model", "0.59 Sph(897)"];
    let run = soilscope(
        folder.path(),
        &[&with("predict", &words)[..], &["--error-cv", "20", "--neighbours", "all"]].concat(),
    )
    .done();
    let error = ["predict", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--transform", "log", "--scale"];
    let err = soilscope(
        folder.path(),
        &[
            &error[..],
            &["transformed", "--at", "meuse.csv", "--model", "0.04 Err + 0.59 Sph(897)", "--neighbours", "all"],
        ]
        .concat(),
    )
    .done();
    for (a, b) in table(&run.out).iter().zip(&table(&err.out)) {
        assert!((number(a, "prediction") - number(b, "prediction")).abs() < 1e-9);
    }
}

#[test]
fn refusals_name_the_cell_or_the_option() {
    let folder = with_distances();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("bad.csv", "x,y,zinc,dist,sd\n0,0,1,0.5,0.1\n9,0,2,near,-0.2\n0,9,4,0.2,\n9,9,4,0.3,x\n");
    write("line.csv", "x,y,zinc\n0,0,1\n1,0,3\n2,0,2\n3,0,5\n4,0,4\n");
    let bad = "predict bad.csv --analyte zinc --crs local --at bad.csv --model Sph(5)";
    let meuse = "meuse.csv --analyte zinc --crs EPSG:28992";
    for (words, says) in [
        (format!("{bad} --method external:dist"), "line 3, column 'dist': 'near'"),
        (format!("{bad} --error-sd sd"), "line 3, column 'sd': '-0.2'"),
        (format!("{bad} --error-sd none"), "no column 'none'"),
        (format!("validate {meuse} --method external:ph"), "no column 'ph'"),
        (format!("validate {meuse} --method external:log(dist)"), "log(dist) has no value where its covariate is 0"),
        (format!("validate {meuse} --method external:dist,dist^9"), "powers"),
        (format!("validate {meuse} --method universal:7"), "from 1 to 4"),
        (format!("validate {meuse} --method universal:1 --drift-degree 2"), "--drift-degree"),
        (format!("validate {meuse} --categorical soil"), "--categorical"),
        (format!("validate {meuse} --method external:dist --covariate soil=dist.tif"), "--covariate soil"),
        (format!("validate {meuse} --method external:sqrt(soil) --categorical soil"), "soil has classes"),
        (format!("validate {meuse} --method indicator:9999"), "none of the 155 samples are above 9999"),
        (format!("validate {meuse} --method indicator:500 --transform log"), "--transform"),
        (format!("validate {meuse} --block 40"), "--block"),
        (format!("validate {meuse} --method idw --error-cv 5"), "--error"),
        (format!("validate {meuse} --duplicates keep"), "--error-sd"),
        (format!("check {meuse} --duplicates keep"), "--error-sd"),
        (format!("variogram {meuse} --method simple:3"), "--method simple"),
        (format!("variogram {meuse} --method idw"), "--method idw"),
        (format!("predict {meuse} --at meuse_grid.csv --method idw --block 40"), "--block"),
        (format!("predict {meuse} --at meuse_grid.csv --block 40 --transform log"), "--scale transformed"),
        (format!("predict {meuse} --at meuse_grid.csv --block-nodes gauss4"), "--block"),
        (format!("predict {meuse} --at meuse_grid.csv --block 0"), "no size"),
        (format!("predict {meuse} --at meuse_grid.csv --method indicator:500 --threshold 500"), "--threshold"),
        (format!("predict {meuse} --at meuse_grid.csv --method external:om"), "no column 'om', which the drift needs"),
        (format!("map {meuse} -o out --method external:dist"), "--covariate dist=RASTER"),
        (format!("map {meuse} -o out --method indicator:500 --threshold 400"), "--threshold of 400"),
        (format!("map {meuse} -o out --method external:dist --covariate dist=no.tif"), "no.tif: there is no such file"),
        (
            format!("map {meuse} -o out --method external:dist --covariate dist=dist.tif --out-crs EPSG:32631"),
            "gdalwarp",
        ),
        ("validate line.csv --analyte zinc --crs local --method universal:1".to_owned(), "not independent"),
    ] {
        let run = soilscope(folder.path(), &words.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, Some(2), "{words}: {}", run.err);
        assert!(run.err.contains(says), "{words}: {}", run.err);
        assert!(!run.err.contains("panicked") && !folder.path().join("out").exists(), "{words}: {}", run.err);
    }
}

#[test]
fn samples_that_say_nothing_new_are_named() {
    let folder = folder();
    // A Gaussian model without nugget, and two samples at nearly one place.
    let text = "x,y,v\n0,0,1\n0.0000001,0,1.2\n10,0,5\n0,12,4\n";
    std::fs::write(folder.path().join("close.csv"), text).unwrap();
    let words = "map close.csv --analyte v --crs local --model 1,Gau(50) --cell 2 -o out --json";
    let words: Vec<String> = words.split(' ').map(|w| w.replace("1,Gau", "1 Gau")).collect();
    let run = soilscope(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>()).done();
    assert_eq!(run.json()["left_out"], serde_json::json!([3]));
    assert!(run.err.contains("lines 3"), "{}", run.err);
    let moving: Vec<&str> = words.iter().map(String::as_str).map(|w| if w == "out" { "moving" } else { w }).collect();
    let run = soilscope(folder.path(), &[&moving[..], &["--neighbours", "3"]].concat()).done();
    assert!(run.json()["cells"]["reduced"].as_u64().unwrap() > 0, "{}", run.out);
    assert!(run.err.contains("singular"), "{}", run.err);
}

#[test]
fn the_most_likely_power_is_found_and_told() {
    let folder = folder();
    let words = ["--transform", "box-cox", "--cell", "200", "--threshold", "500", "--json", "-o", "out"];
    let record = soilscope(folder.path(), &with("map", &words)).done().json();
    let name = record["settings"]["transform"].as_str().unwrap();
    let lambda: f64 = name.strip_prefix("box-cox:").unwrap().parse().unwrap();
    assert!((-0.5..0.5).contains(&lambda), "zinc is nearly log-normal: {lambda}");
    assert!(record["settings"]["distribution"].as_str().unwrap().contains("Box-Cox"));
    // Power 0 is the logarithm; variances are estimated in other ways.
    let predict = |transform: &'static str| {
        let words = ["--at", "meuse_grid.csv", "--model", SPH, "--transform", transform, "--threshold", "500"];
        table(&soilscope(folder.path(), &with("predict", &words)).done().out)
    };
    for (power, log) in predict("box-cox:0").iter().zip(&predict("log")) {
        for name in ["prediction", "exceedance"] {
            let (a, b) = (number(power, name), number(log, name));
            assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{name}: {a} and {b}");
        }
    }
}

#[test]
fn normal_scores_return_to_the_samples_range() {
    let folder = folder();
    let words = ["--at", "meuse.csv", "--transform", "normal-score", "--model", "1 Sph(900)", "--threshold", "500"];
    let run = soilscope(folder.path(), &with("predict", &words)).done();
    let samples = table(&std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap());
    for (predicted, sample) in table(&run.out).iter().zip(&samples) {
        // Without a nugget, a prediction at a sample is the sample.
        let zinc = number(sample, "zinc");
        assert!((number(predicted, "prediction") / zinc - 1.0).abs() < 1e-6, "{zinc}: {}", predicted["prediction"]);
        if zinc != 500.0 {
            assert!((number(predicted, "exceedance") - f64::from(u8::from(zinc > 500.0))).abs() < 1e-6);
        }
    }
    let words = ["--transform", "normal-score", "--json"];
    assert_eq!(soilscope(folder.path(), &with("validate", &words)).done().json()["transform"], "normal-score");
    let words = ["--transform", "normal-score", "--error-cv", "10"];
    let run = soilscope(folder.path(), &with("validate", &words));
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("line 2") && run.err.contains("without measurement errors"), "{}", run.err);
}

#[test]
fn a_class_that_one_fold_holds_whole_is_a_gap_and_named() {
    let folder = folder();
    let words = ["--transform", "log", "--model", MODEL, "--method", "external:landuse"];
    let validate = |more: &[&'static str]| soilscope(folder.path(), &[&with("validate", &words)[..], more].concat());
    let json = validate(&["--folds", "10", "--json"]).done().json();
    // Four classes have one sample each; the samples beside them in their folds have a prediction.
    assert_eq!(json["gaps"], serde_json::json!({"singular-drift": 4}));
    assert_eq!(json["scores"]["gaps"], 4);
    let whole = json["whole_classes"].as_array().unwrap();
    assert_eq!(whole.len(), 4, "{whole:?}");
    assert_eq!(
        (&whole[0]["covariate"], &whole[0]["class"], &whole[0]["samples"]),
        (&"landuse".into(), &"DEN".into(), &1.into())
    );
    let run = validate(&["--folds", "10", "-o", "residuals.csv"]).done();
    let fold = whole[0]["fold"].to_string();
    assert!(run.err.contains(&format!("'DEN' of landuse (1 sample) is in fold {fold}")), "{}", run.err);
    assert!(run.out.contains("4 without a prediction (singular-drift 4)"), "{}", run.out);
    let rows = table(&std::fs::read_to_string(folder.path().join("residuals.csv")).unwrap());
    let gaps: Vec<&Row> = rows.iter().filter(|r| r["gap"] == "singular-drift").collect();
    assert_eq!(gaps.len(), 4);
    assert!(gaps.iter().any(|r| r["fold"] == fold), "{gaps:?}");
    // Where that leaves nothing, it is the reason that is told.
    let none = validate(&["--folds", "column:landuse"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("error: no sample can be predicted from the others: without a fold"), "{}", none.err);
    assert!(none.err.contains("'Ah' of landuse (39 samples) is in fold"), "{}", none.err);
    assert!(!none.err.contains("--radius"), "{}", none.err);
}

#[test]
fn the_record_says_why_a_crs_was_taken() {
    let folder = with_distances();
    let mut text = String::from("longitude,latitude,zinc\n");
    // Meuse in degrees, near enough for a CRS.
    for row in table(&std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap()) {
        let [x, y] = [number(&row, "x") - 179_000.0, number(&row, "y") - 331_000.0];
        text += &format!("{},{},{}\n", 5.73 + x / 70_200.0, 50.965 + y / 111_200.0, row["zinc"]);
    }
    std::fs::write(folder.path().join("degrees.csv"), text).unwrap();
    let reason = |more: &[&'static str]| {
        let words =
            ["validate", "degrees.csv", "--analyte", "zinc", "--crs", "EPSG:4326", "--model", "Nug + Sph", "-v"];
        let run = soilscope(folder.path(), &[&words[..], more].concat()).done();
        run.err.lines().find(|l| l.starts_with("samples: ")).unwrap().to_owned()
    };
    let raster = ["--method", "external:dist", "--covariate", "dist=dist.tif", "--transform", "log"];
    assert!(reason(&raster).ends_with("(that of the raster of the covariate dist)"), "{}", reason(&raster));
    assert!(reason(&["--out-crs", "EPSG:28992"]).ends_with("(as asked for)"));
}
