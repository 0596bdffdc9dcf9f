//! Where a model is from and whether it is right: fits by likelihood, fallbacks, calibration, errors counted once.

use std::path::Path;

use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::likelihood::{LikelihoodSettings, Method, fit_likelihood};
use soilscope_core::random::Random;
use soilscope_core::{Coord, Samples};

use crate::support::{Run, folder, names, soilscope, table};
use crate::verbs::with;

const LOG: [&str; 2] = ["--transform", "log"];
const SCALE: [&str; 2] = ["--scale", "transformed"];

/// The shipped samples, as read by nobody but this test.
fn meuse() -> Samples {
    let text = std::fs::read_to_string(crate::support::root().join("data/meuse.csv")).unwrap();
    let rows = table(&text);
    let number = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    let coords: Vec<Coord> = rows.iter().map(|r| [number(r, "x"), number(r, "y")]).collect();
    Samples::new(coords, rows.iter().map(|r| number(r, "zinc").ln()).collect()).unwrap()
}

/// Samples without structure.
pub(crate) fn noise(folder: &Path, n: usize) {
    let mut random = Random::new(5);
    let mut text = "x,y,zinc\n".to_owned();
    for _ in 0..n {
        let [x, y, v] = [random.uniform() * 1000.0, random.uniform() * 1000.0, 20.0 + random.normal()];
        text += &format!("{x:.1},{y:.1},{v:.3}\n");
    }
    std::fs::write(folder.join("noise.csv"), text).unwrap();
}

pub(crate) fn on_noise(folder: &Path, verb: &str, words: &[&str]) -> Run {
    let common = [verb, "noise.csv", "--analyte", "zinc", "--crs", "local", "--unit", "mg/kg"];
    soilscope(folder, &[&common[..], words].concat())
}

#[track_caller]
fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} against {b}");
}

#[test]
fn likelihood_fits_are_the_librarys_with_their_intervals() {
    let folder = folder();
    for (name, method) in [("reml", Method::Reml), ("ml", Method::Ml)] {
        let words = [&with("variogram", &["--model", "Nug + Exp", "--json", "--fit", name])[..], &LOG].concat();
        let record = soilscope(folder.path(), &words).done().json();
        let settings = LikelihoodSettings { method, ..LikelihoodSettings::default() };
        let template = "Nug + Exp".parse().unwrap();
        let fit = fit_likelihood(&meuse(), Drift::Constant, &template, &settings, &Serial).unwrap();
        let likelihood = &record["model"]["likelihood"];
        close(likelihood["log_likelihood"].as_f64().unwrap(), fit.log_likelihood, 1e-9);
        assert_eq!((likelihood["method"].as_str(), likelihood["engine"].as_str()), (Some(name), Some("exact")));
        for (ours, theirs) in likelihood["parameters"].as_array().unwrap().iter().zip(&fit.parameters) {
            for (key, value) in [("estimate", Some(theirs.estimate)), ("lower", theirs.lower), ("upper", theirs.upper)]
            {
                assert_eq!(ours[key].as_f64().is_some(), value.is_some());
                let value = value.unwrap_or(0.0);
                close(ours[key].as_f64().unwrap_or(0.0), value, 1e-9 * (1.0 + value.abs()));
            }
        }
        // The lag classes are shown beside it, and were not fitted to.
        assert!(!record["classes"].as_array().unwrap().is_empty());
        assert!(record["model"].get("sserr").is_none() && record["model"]["origin"] == "fitted");
    }
    let words = with("variogram", &["--model", "Nug + Exp", "--fit", "reml", "--intervals", "profile"]);
    let text = soilscope(folder.path(), &[&words[..], &LOG].concat()).done().out;
    for expected in ["REML (exact)", "95 % interval", "partial sill", "constant"] {
        assert!(text.contains(expected), "{text}");
    }
    // A map with it says so in its record.
    let words = ["--model", "Nug + Exp", "--fit", "reml", "--cell", "100", "-o", "out", "--json"];
    let record = soilscope(folder.path(), &[&with("map", &words)[..], &LOG].concat()).done().json();
    assert_eq!(record["model"]["likelihood"]["parameters"].as_array().unwrap().len(), 3);
    assert!(record["model"].get("empirical").is_none());
}

#[test]
fn a_drift_of_all_samples_is_that_of_one_system() {
    let folder = folder();
    let words = |more: &[&'static str]| -> Vec<[f64; 2]> {
        let base = with("predict", &["--at", "meuse_grid.csv", "--model", "0.05 Nug + 0.59 Sph(897)", "--method"]);
        let run = soilscope(folder.path(), &[&base[..], &["universal:1"], &LOG, &SCALE, more].concat()).done();
        let rows = table(&run.out);
        rows.iter().map(|r| [r["prediction"].parse().unwrap(), r["variance"].parse().unwrap()]).collect()
    };
    let one_system = words(&["--neighbours", "all"]);
    let every = words(&["--neighbours", "155", "--drift-from", "all"]);
    let all = words(&["--neighbours", "24", "--drift-from", "all"]);
    let near = words(&["--neighbours", "24"]);
    let worst = |other: &[[f64; 2]]| {
        let off = one_system.iter().zip(other).map(|(a, b)| (a[0] - b[0]).abs() / a[1].sqrt());
        off.fold(0.0, f64::max)
    };
    // With every sample near, only the drift is approximate; with 24 so are weights, but less than with a drift of 24.
    assert!(worst(&every) < 0.01, "{}", worst(&every));
    assert!(worst(&near) > 2.0 * worst(&all), "{} {}", worst(&near), worst(&all));
    let words = ["--neighbours", "24", "--drift-from", "all", "--cell", "100", "-o", "out", "--json"];
    let record = soilscope(folder.path(), &[&with("map", &words)[..], &LOG].concat()).done().json();
    assert_eq!(
        (&record["method"]["drift_from"], &record["method"]["method"]),
        (&"all".into(), &"ordinary-kriging".into())
    );
}

#[test]
fn a_map_falls_back_to_what_was_named_and_says_so() {
    let folder = folder();
    noise(folder.path(), 80);
    let refused = on_noise(folder.path(), "map", &["-o", "out"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("[no-spatial-structure]") && refused.err.contains("--fallback"), "{}", refused.err);
    for (fallback, method) in [
        ("idw:3", "inverse-distance"),
        ("nearest", "nearest"),
        ("mean", "ordinary-kriging"),
        ("0.4 Nug + 0.6 Sph(200)", "ordinary-kriging"),
    ] {
        let words = ["--fallback", fallback, "--cell", "50", "-o", "out", "--overwrite", "--json"];
        let run = on_noise(folder.path(), "map", &words).done();
        let record = run.json();
        assert_eq!(record["method"]["method"], method);
        let taken = &record["method"]["fallback"];
        assert_eq!((taken["used"].as_str(), taken["code"].as_str()), (Some(fallback), Some("no-spatial-structure")));
        assert!(run.err.contains(&format!("{fallback} is used instead")), "{}", run.err);
        let notes = record["notes"].as_array().unwrap();
        assert!(notes.iter().any(|n| n.as_str().unwrap().contains("is used instead")), "{notes:?}");
        assert_eq!(record["settings"]["fallback"], fallback);
        let sd = names(folder.path()).contains(&"out/zinc_sd.tif".to_owned());
        assert_eq!((sd, record.get("model").is_some()), (method == "ordinary-kriging", method == "ordinary-kriging"));
    }
    // The mean of all, with the standard deviation of a new value.
    std::fs::write(folder.path().join("at.csv"), "x,y\n500.05,500.05\n-9000,12000\n").unwrap();
    let values: Vec<f64> = table(&std::fs::read_to_string(folder.path().join("noise.csv")).unwrap())
        .iter()
        .map(|r| r["zinc"].parse().unwrap())
        .collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    for row in table(&on_noise(folder.path(), "predict", &["--at", "at.csv", "--fallback", "mean"]).done().out) {
        close(row["prediction"].parse().unwrap(), mean, 1e-9);
        close(row["variance"].parse().unwrap(), variance * (1.0 + 1.0 / n), 1e-9);
    }
    // With a model there is nothing to fall back from.
    let chosen = [&with("validate", &["--fallback", "mean", "--json"])[..], &LOG].concat();
    let record = soilscope(folder.path(), &chosen).done().json();
    assert!(record["method"].get("fallback").is_none() && record["model"]["origin"] == "automatic");
}

/// Samples of more than one system holds.
#[test]
fn a_mean_of_many_samples_is_theirs() {
    let folder = folder();
    noise(folder.path(), 2500);
    std::fs::write(folder.path().join("at.csv"), "x,y\n-9000,12000\n").unwrap();
    let words = ["--at", "at.csv", "--fallback", "mean", "--method", "universal:1", "--json"];
    let run = on_noise(folder.path(), "predict", &words).done();
    let record = run.json();
    assert_eq!(record["method"]["fallback"]["used"], "mean");
    // A plane of noise is known to a few hundredths, and to some tenths far outside.
    let row = &record["predictions"][0];
    let variance = row["variance"].as_f64().unwrap();
    assert!((0.9..3.0).contains(&variance) && (row["prediction"].as_f64().unwrap() - 20.0).abs() < 4.0, "{row}");
}

#[test]
fn wrong_variances_are_told_and_set_right() {
    let folder = folder();
    let model = ["--model", "0.005 Nug + 0.06 Sph(897)"];
    let validate = |more: &[&'static str]| {
        soilscope(folder.path(), &[&with("validate", &["--json"])[..], &LOG, &model, more].concat()).done()
    };
    let run = validate(&[]);
    let calibration = &run.json()["calibration"];
    let factor = calibration["msdr"].as_f64().unwrap();
    assert!(factor > 3.0 && calibration["off"] == true && calibration["off_by"] == 1.5, "{calibration}");
    assert!(calibration.get("multiplied_by").is_none());
    assert!(run.err.contains("the prediction variance is too small") && run.err.contains("--calibrate"), "{}", run.err);
    let mended = validate(&["--calibrate"]);
    assert_eq!(mended.json()["calibration"]["multiplied_by"].as_f64(), Some(factor));
    assert!(mended.err.contains("all variances are multiplied by"), "{}", mended.err);
    // Predictions stay on the scale of the model, variances are multiplied.
    let predict = |more: &[&'static str]| {
        let words = ["--at", "meuse_grid.csv"];
        let run = soilscope(folder.path(), &[&with("predict", &words)[..], &LOG, &SCALE, &model, more].concat()).done();
        table(&run.out)
    };
    for (before, after) in predict(&[]).iter().zip(predict(&["--calibrate"])).step_by(50) {
        let number = |text: &str| text.parse::<f64>().unwrap();
        close(number(&before["prediction"]), number(&after["prediction"]), 1e-9);
        close(factor * number(&before["variance"]), number(&after["variance"]), 1e-9);
    }
    let words = [&with("map", &["--cell", "100", "-o", "out", "--json", "--calibrate"])[..], &LOG, &model].concat();
    let run = soilscope(folder.path(), &words).done();
    let record = run.json();
    assert_eq!(record["calibration"]["multiplied_by"].as_f64(), Some(factor));
    close(record["model"]["sill"].as_f64().unwrap(), 0.065 * factor, 1e-9);
    // A model that is right is left in peace.
    let run = soilscope(folder.path(), &[&with("validate", &["--json"])[..], &LOG].concat()).done();
    let record = run.json();
    assert!(record["calibration"]["off"] == false && !run.err.contains("calibrate"), "{}", run.err);
    for coverage in record["calibration"]["coverage"].as_array().unwrap() {
        let [low, high] = [0, 1].map(|k| coverage["interval"][k].as_f64().unwrap());
        assert!((low..=high).contains(&coverage["nominal"].as_f64().unwrap()), "{coverage}");
    }
    // Five samples say nothing of blocks, and that is said.
    let few: String = std::fs::read_to_string(folder.path().join("meuse.csv"))
        .unwrap()
        .lines()
        .take(3)
        .fold(String::new(), |text, line| text + line + "\n");
    std::fs::write(folder.path().join("few.csv"), few).unwrap();
    let words =
        ["validate", "few.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--model", "1 Nug + 9 Sph(900)", "--json"];
    let record = soilscope(folder.path(), &words).done().json();
    assert!(record["calibration"].get("not_possible").is_some() || record["calibration"]["n"] == 2, "{record}");
}

/// An error of the same size for all samples is part of the nugget that least squares find, and no more part of the model.
#[test]
fn errors_of_samples_are_counted_once() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let with_errors: String = text
        .lines()
        .enumerate()
        .map(|(k, line)| if k == 0 { format!("{line},sd\n") } else { format!("{line},60\n") })
        .collect();
    std::fs::write(folder.path().join("errors.csv"), with_errors).unwrap();
    let words =
        ["variogram", "errors.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--json", "--model", "Nug + Sph(900)"];
    let plain = soilscope(folder.path(), &words).done().json();
    let run = soilscope(folder.path(), &[&words[..], &["--error-sd", "sd"]].concat()).done();
    let number = |record: &serde_json::Value, key: &str| record["model"][key].as_f64().unwrap();
    close(number(&plain, "nugget") - number(&run.json(), "nugget"), 3600.0, 1e-6);
    close(number(&plain, "sill") - number(&run.json(), "sill"), 3600.0, 1e-6);
    assert_eq!(run.json()["classes"][0]["error_variance"], 3600.0);
    assert_eq!(run.json()["classes"][0]["gamma"], plain["classes"][0]["gamma"]);
    let remarks = run.json()["model"]["remarks"].to_string();
    assert!(remarks.contains("without the samples' measurement errors"), "{remarks}");
    // The likelihood has them on its diagonal.
    let likelihood = [&words[..], &["--fit", "reml"]].concat();
    let plain = soilscope(folder.path(), &likelihood).done().json();
    let run = soilscope(folder.path(), &[&likelihood[..], &["--error-sd", "sd"]].concat()).done().json();
    close(number(&plain, "nugget") - number(&run, "nugget"), 3600.0, 0.01 * number(&plain, "nugget"));
    // An automatic model too: its nugget is that of the field, within what candidates differ by.
    let automatic =
        ["validate", "errors.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--json", "--error-sd", "sd"];
    let run = soilscope(folder.path(), &automatic).done().json();
    assert!(run["model"]["remarks"].to_string().contains("without the samples' measurement errors"), "{run}");
    assert_eq!(run["model"]["choice"]["empirical"]["classes"][0]["error_variance"], 3600.0);
    // What a drift leaves has the errors of its samples.
    let drift = [&words[..], &["--method", "universal:1"]].concat();
    let plain = soilscope(folder.path(), &drift).done().json();
    let run = soilscope(folder.path(), &[&drift[..], &["--error-sd", "sd"]].concat()).done().json();
    close(number(&plain, "sill") - number(&run, "sill"), 3600.0, 1e-6);
}

#[test]
fn options_without_effect_are_refused() {
    let folder = folder();
    noise(folder.path(), 60);
    for (words, why) in [
        ("--fit reml", "an automatic model compares both ways of fitting"),
        (
            "--fit reml --model 'Nug_+_Sph' --cutoff 900",
            "--cutoff would have no effect: a likelihood is of the samples",
        ),
        ("--fit ml --model '1_Nug_+_2_Sph(300)'", "--fit would have no effect: the model is complete"),
        ("--intervals profile --model 'Nug_+_Sph'", "--intervals would have no effect: least squares have none"),
        ("--fit reml --method idw", "--fit would have no effect: this --method has no model"),
        ("--fallback mean --model 'Nug_+_Sph'", "--fallback would have no effect: it is for --model auto"),
        ("--fallback mean --method idw", "--fallback would have no effect: this --method has no model"),
        ("--fallback idw --error-cv 10", "has no use for measurement errors"),
        ("--fallback nearest --block 40", "--block asks for means of blocks"),
        ("--fallback idw --method indicator:500", "gives no probability"),
        ("--fallback idw --calibrate", "has no variance to --calibrate"),
        ("--calibrate --method nearest", "--calibrate would have no effect: this --method has no variance"),
        (
            "--calibrate --method indicator:500",
            "--calibrate would have no effect: the kriging variance of an indicator",
        ),
        ("--calibrate --error-cv 10", "those of the measurement errors are given"),
        ("--drift-from all", "--drift-from all would have no effect: all samples serve every target already"),
        ("--drift-from all --method simple:500", "--drift-from all would have no effect: the mean is known"),
        ("--drift-from all --neighbours 20 --radius 900", "of the options of the search it takes --neighbours alone"),
        ("--drift-from all --neighbours 20 --block 40", "--drift-from all predicts points"),
        ("--drift-from all --method idw", "--drift-from would have no effect: this --method has no model"),
        ("--fallback 'Nug_+_Sph'", "the model is not whole"),
    ] {
        let words: Vec<String> = words.split(' ').map(|w| w.trim_matches('\'').replace('_', " ")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let common = ["predict", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--at", "meuse_grid.csv"];
        let run = soilscope(folder.path(), &[&common[..], &words].concat());
        assert!(run.code == Some(2) && run.err.contains(why) && run.out.is_empty(), "{words:?}: {}", run.err);
    }
}
