//! Co-kriging as it is asked for on the command line: against the library called directly, and what it says of itself.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use soilscope_core::cokriging::{CoKriging, CoKrigingPrimary, LmcFit, LmcSettings, Means, fit_lmc};
use soilscope_core::neighbourhood::{Neighbourhood, Search};
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{LagClasses, cross_variograms};
use soilscope_core::{Coord, Interpolator, Samples};
use tempfile::TempDir;

use crate::support::{folder, root, soilscope, table};
use crate::verbs::{vector, with};

/// On the logarithm, with gstat's lag classes and range.
const LOG: [&str; 10] =
    ["--transform", "log", "--scale", "transformed", "--model", "Nug + Sph(900)", "--cutoff", "1500", "--width", "100"];
const ZINC_HALF: [&str; 5] = ["zinc.csv", "--analyte", "zinc", "--crs", "EPSG:28992"];

type Row = HashMap<String, String>;

fn number(row: &Row, name: &str) -> f64 {
    row[name].parse().unwrap_or_else(|_| panic!("{name}: '{}'", row[name]))
}

fn meuse() -> Vec<Row> {
    table(&std::fs::read_to_string(root().join("data/meuse.csv")).unwrap())
}

fn place(row: &Row) -> Coord {
    [number(row, "x"), number(row, "y")]
}

/// The logarithm of a metal at every so many samples.
fn logarithm(name: &str, every: usize) -> Samples {
    let rows = meuse();
    let rows: Vec<&Row> = rows.iter().step_by(every).collect();
    let values = rows.iter().map(|r| number(r, name).ln()).collect();
    Samples::new(rows.iter().map(|r| place(r)).collect(), values).unwrap()
}

/// What the library makes of zinc at every so many samples, with other metals at all.
fn library(every: usize, others: &[&str], neighbourhood: Neighbourhood) -> (LmcFit, CoKrigingPrimary, Samples) {
    let zinc = logarithm("zinc", every);
    let secondary: Vec<Samples> = others.iter().map(|name| logarithm(name, 1)).collect();
    let all: Vec<Samples> = std::iter::once(&zinc).chain(&secondary).cloned().collect();
    let names: Vec<String> = std::iter::once(&"zinc").chain(others).map(|&n| n.to_owned()).collect();
    let variograms = cross_variograms(&all, &LagClasses::regular(1500.0, 100.0).unwrap(), &[]).unwrap();
    let template = "Nug + Sph(900)".parse().unwrap();
    let fit = fit_lmc(&names, &variograms, &template, &LmcSettings::default()).unwrap();
    let cokriging = CoKriging { model: fit.model.clone(), means: Means::Unknown, neighbourhood };
    (fit, CoKrigingPrimary { cokriging, primary: 0, secondary }, zinc)
}

/// Zinc at every other sample in a file of its own, and in a long file beside lead at all of them.
fn heterotopic() -> TempDir {
    let folder = folder();
    let (mut zinc, mut long) = (String::from("x,y,zinc,sd\n"), String::from("x,y,analyte,value,unit,sd\n"));
    for (k, row) in meuse().iter().enumerate() {
        let [x, y] = [&row["x"], &row["y"]];
        if k % 2 == 0 {
            zinc += &format!("{x},{y},{},5\n", row["zinc"]);
            long += &format!("{x},{y},zinc,{},mg/kg,5\n", row["zinc"]);
        }
        long += &format!("{x},{y},lead,{},mg/kg,2\n", row["lead"]);
    }
    std::fs::write(folder.path().join("zinc.csv"), zinc).unwrap();
    std::fs::write(folder.path().join("long.csv"), long).unwrap();
    folder
}

/// Predictions of these words on the Meuse grid.
fn on_the_grid(folder: &Path, samples: &[&'static str], more: &[&'static str]) -> Vec<Row> {
    let words = [&["predict"], samples, &["--at", "meuse_grid.csv"], more].concat();
    table(&soilscope(folder, &words).done().out)
}

/// Every fifth prediction is the library's.
#[track_caller]
fn equals_library(ours: &[Row], recipe: &CoKrigingPrimary, samples: &Samples) {
    let predictor = recipe.fit(samples).unwrap();
    assert!(ours.len() > 3000);
    for row in ours.iter().step_by(5) {
        let theirs = predictor.predict(place(row)).unwrap();
        assert!((number(row, "prediction") - theirs.value).abs() < 1e-12, "{row:?} {theirs:?}");
        assert!((number(row, "variance") - theirs.variance.unwrap()).abs() < 1e-12, "{row:?} {theirs:?}");
    }
}

#[test]
fn four_metals_equal_the_library_and_are_near_gstat() {
    let folder = folder();
    let method = ["--method", "cokriging:cadmium,copper,lead"];
    let samples = &with("predict", &[])[1..];
    let ours = on_the_grid(folder.path(), samples, &[&LOG[..], &method].concat());
    let others = ["cadmium", "copper", "lead"];
    let (fit, recipe, zinc) = library(1, &others, Neighbourhood::Global);
    equals_library(&ours, &recipe, &zinc);
    // gstat clips each matrix and stretches its diagonal by 1.01, which raises variances by 1 % and more; this is no tolerance
    // of rounding. Of the same model gstat's predictions are met to 1e-9 in tests/golden.
    let gstat = vector("ck_4metals.csv");
    assert!(gstat.len() > 400);
    for theirs in &gstat {
        let ours = &ours[theirs["row"].parse::<usize>().unwrap() - 1];
        assert!((number(ours, "prediction") - number(theirs, "zn_pred")).abs() < 0.06);
        let ratio = number(ours, "variance") / number(theirs, "zn_var");
        assert!((0.98..0.995).contains(&ratio), "{ratio}");
    }
    // The matrices and their fit stand in the record.
    let words = [&LOG[..], &method, &["--at", "meuse_grid.csv", "--json", "-o", "p.csv"]].concat();
    let json = soilscope(folder.path(), &with("predict", &words)).done().json();
    let record = &json["model"]["coregionalisation"];
    assert_eq!(record["analytes"], serde_json::json!(["zinc", "cadmium", "copper", "lead"]));
    assert_eq!(record["fitted_by"], "least-squares");
    assert!((record["sserr"].as_f64().unwrap() / fit.sserr - 1.0).abs() < 1e-12);
    assert_eq!(record["variograms"].as_array().unwrap().len(), 10);
    for (term, name) in ["Nug", "Sph(900)"].iter().enumerate() {
        assert_eq!(record["terms"][term]["structure"], *name);
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            let ours = record["terms"][term]["coefficients"][i][j].as_f64().unwrap();
            let theirs = fit.model.terms()[term].coefficients().get(i, j);
            assert!((ours - theirs).abs() < 1e-13, "{name} {i} {j}: {ours} {theirs}");
        }
    }
    assert_eq!(json["model"]["notation"], fit.model.variogram(0).unwrap().to_string());
}

#[test]
fn neighbours_count_for_each_analyte() {
    let folder = folder();
    let more = ["--method", "cokriging:lead", "--neighbours", "8", "--radius", "700"];
    let ours = on_the_grid(folder.path(), &with("predict", &[])[1..], &[&LOG[..], &more].concat());
    let search = Search::new(Some(8), 1, Some(700.0)).unwrap();
    let (_, recipe, zinc) = library(1, &["lead"], Neighbourhood::Moving(search));
    equals_library(&ours, &recipe, &zinc);
}

#[test]
fn analytes_at_other_places_are_used_from_a_long_file_or_a_second_one() {
    let folder = heterotopic();
    let (_, recipe, zinc) = library(2, &["lead"], Neighbourhood::Global);
    let long = ["long.csv", "--analyte", "zinc", "--crs", "EPSG:28992"];
    let from_long = on_the_grid(folder.path(), &long, &[&LOG[..], &["--method", "cokriging:lead"]].concat());
    equals_library(&from_long, &recipe, &zinc);
    let second = ["--method", "cokriging:lead", "--secondary", "meuse.csv"];
    let from_second = on_the_grid(folder.path(), &ZINC_HALF, &[&LOG[..], &second].concat());
    assert_eq!(from_long, from_second);
    // The half without zinc is what lead is for: its samples make zinc surer.
    let alone = on_the_grid(folder.path(), &ZINC_HALF, &[&LOG[..], &["--method", "ordinary"]].concat());
    let mean = |rows: &[Row]| rows.iter().map(|r| number(r, "variance")).sum::<f64>() / rows.len() as f64;
    assert!(mean(&from_long) < 0.95 * mean(&alone), "{} {}", mean(&from_long), mean(&alone));
}

#[test]
fn units_of_a_secondary_analyte_do_not_matter() {
    let folder = folder();
    let mut text = String::from("x,y,lead\n");
    for row in meuse() {
        text += &format!("{},{},{}\n", row["x"], row["y"], number(&row, "lead") * 1024.0);
    }
    std::fs::write(folder.path().join("lead.csv"), text).unwrap();
    let samples = &with("predict", &[])[1..];
    let words = ["--method", "cokriging:lead", "--model", "Nug + Sph(900)"];
    let own = on_the_grid(folder.path(), samples, &words);
    let other = on_the_grid(folder.path(), samples, &[&words[..], &["--secondary", "lead.csv"]].concat());
    for (a, b) in own.iter().zip(&other) {
        for name in ["prediction", "variance"] {
            assert!((number(a, name) / number(b, name) - 1.0).abs() < 1e-9, "{a:?} {b:?}");
        }
    }
}

#[test]
fn an_analyte_that_adds_nothing_is_told_and_is_kriging() {
    let folder = heterotopic();
    let samples = &with("predict", &[])[1..];
    let model = ["--transform", "log", "--model", "Sph(900)", "--method", "cokriging:lead"];
    let words = [&["predict"], samples, &model, &["--at", "meuse_grid.csv", "--json", "-o", "co.csv"]].concat();
    let run = soilscope(folder.path(), &words).done();
    assert!(run.err.contains("lead adds nothing"), "{}", run.err);
    assert!(run.err.contains("co-kriging equals kriging"), "{}", run.err);
    let notation = run.json()["model"]["notation"].as_str().unwrap().to_owned();
    let words = ["--at", "meuse_grid.csv", "--transform", "log", "-o", "alone.csv", "--model"];
    let words: Vec<&str> = [&with("predict", &words)[..], &[&notation]].concat();
    soilscope(folder.path(), &words).done();
    let read = |name: &str| table(&std::fs::read_to_string(folder.path().join(name)).unwrap());
    let (co, alone) = (read("co.csv"), read("alone.csv"));
    assert_eq!(co.len(), alone.len());
    for (a, b) in co.iter().zip(&alone) {
        for name in ["prediction", "variance"] {
            assert!((number(a, name) / number(b, name) - 1.0).abs() < 1e-9, "{a:?} {b:?}");
        }
    }
    // With a nugget in another proportion, and at other places, it is not true and not said.
    let half = [&["validate"], &ZINC_HALF[..], &model, &["--secondary", "meuse.csv"]].concat();
    assert!(!soilscope(folder.path(), &half).done().err.contains("adds nothing"));
    let nugget = with("validate", &["--transform", "log", "--model", "Nug + Sph", "--method", "cokriging:copper,lead"]);
    let run = soilscope(folder.path(), &nugget).done();
    assert!(!run.err.contains("adds nothing"), "{}", run.err);
    assert!(run.err.contains("copper and lead were measured only where zinc was"), "{}", run.err);
}

fn rmse(scores: &Value) -> f64 {
    scores["rmse"].as_f64().unwrap()
}

#[test]
fn validation_holds_out_secondary_samples_and_shows_both_alternatives() {
    let folder = folder();
    let words = ["--transform", "log", "--model", "Nug + Sph(900)", "--cutoff", "1500", "--width", "100"];
    let co = ["--method", "cokriging:lead", "-o", "co.csv"];
    let run = soilscope(folder.path(), &[&with("validate", &words)[..], &co, &["--json"]].concat()).done();
    let record = run.json();
    let other = &record["cokriging"];
    assert_eq!(other["secondary"], "held out with their fold");
    assert_eq!(other["secondary_held_out"], 155);
    // Lead at the place says most of what there is to know: scores that keep it promise too much.
    let held = rmse(&record["scores"]);
    assert!(rmse(&other["secondary_known"]) < 0.5 * held, "{other}");
    let alone = soilscope(folder.path(), &[&with("validate", &words)[..], &["--json"]].concat()).done().json();
    assert_eq!(other["kriging_alone"], alone["scores"]);
    assert_eq!(other["model_alone"], alone["model"]["notation"]);
    // Row by row the library's, which tests/laws hold against fitting again.
    let (_, recipe, zinc) = library(1, &["lead"], Neighbourhood::Global);
    let folds = Folds::leave_one_out(&zinc);
    let theirs = recipe.leave_out_with(&zinc, &folds, &recipe.at_places_of(&zinc, &folds)).unwrap();
    let rows = table(&std::fs::read_to_string(folder.path().join("co.csv")).unwrap());
    assert_eq!(rows.len(), theirs.len());
    for ((row, theirs), z) in rows.iter().zip(&theirs).zip(zinc.values()) {
        let theirs = theirs.unwrap();
        let zscore = (z - theirs.value) / theirs.variance.unwrap().sqrt();
        assert!((number(row, "zscore") - zscore).abs() < 1e-9, "{row:?} {zscore}");
    }
    let text = soilscope(folder.path(), &[&with("validate", &words)[..], &co[..2]].concat()).done().out;
    assert!(text.contains("secondary the secondary samples of a fold were held out with it, 155 in all"), "{text}");
    assert!(text.contains("\nknown     RMSE ") && text.contains("\nalone     RMSE "), "{text}");
}

#[test]
fn secondary_samples_belong_to_the_fold_of_their_block_or_text() {
    let folder = heterotopic();
    // The fourth quarter of the places, and of lead alone: a block of a kilometre around it has zinc too.
    let validate = |folds: &'static str, samples: &[&'static str], more: &[&'static str]| {
        let words = ["--transform", "log", "--model", "Nug + Sph(900)", "--method", "cokriging:lead", "--json"];
        let words = [&["validate"], samples, &words, &["--folds", folds], more].concat();
        soilscope(folder.path(), &words).done().json()["cokriging"]["secondary_held_out"].as_u64().unwrap()
    };
    let second = ["--secondary", "meuse.csv"];
    assert_eq!(validate("loo", &ZINC_HALF, &second), 78);
    assert_eq!(validate("7", &ZINC_HALF, &second), 78);
    let rows = meuse();
    let block = |row: &Row| place(row).map(|v| (v / 600.0).floor() as i64);
    let with_zinc: Vec<[i64; 2]> = rows.iter().step_by(2).map(block).collect();
    let inside = rows.iter().filter(|r| with_zinc.contains(&block(r))).count() as u64;
    assert!((79..155).contains(&inside), "some of lead is in blocks of zinc, some not: {inside}");
    assert_eq!(validate("block:600", &ZINC_HALF, &second), inside);
    // By text where the second file has the column, else at the places.
    let mut text = String::from("x,y,zinc,soil\n");
    for row in rows.iter().step_by(2) {
        text += &format!("{},{},{},{}\n", row["x"], row["y"], row["zinc"], row["soil"]);
    }
    std::fs::write(folder.path().join("zinc.csv"), text).unwrap();
    assert_eq!(validate("column:soil", &ZINC_HALF, &second), 155);
    assert_eq!(validate("column:soil", &ZINC_HALF, &["--secondary", "long.csv"]), 78);
}

#[test]
fn the_record_of_a_map_says_all() {
    let folder = heterotopic();
    let more = ["--method", "cokriging:lead", "--secondary", "meuse.csv", "--model", "Nug + Sph", "--transform", "log"];
    let words = [&["map"], &ZINC_HALF[..], &more, &["--mask", "meuse_area.csv", "-o", "out", "--json"]].concat();
    let run = soilscope(folder.path(), &words).done();
    let record = run.json();
    let inputs: Vec<&str> = record["inputs"].as_array().unwrap().iter().map(|f| f["role"].as_str().unwrap()).collect();
    assert_eq!(inputs[..2], ["samples", "secondary samples"]);
    assert_eq!(record["method"]["method"], "ordinary-cokriging");
    let lead = &record["method"]["secondary"][0];
    assert_eq!(
        (&lead["analyte"], &lead["transform"], &lead["places_shared"]),
        (&"lead".into(), &"log".into(), &78.into())
    );
    assert_eq!((&lead["samples"]["used"], &lead["samples"]["crs_reason"]), (&155.into(), &"that of zinc".into()));
    let correlation = lead["correlation"].as_f64().unwrap();
    assert!((0.9..1.0).contains(&correlation), "{correlation}");
    assert!(run.err.contains("with lead: 155 samples, 78 of them at places of zinc, correlation 0.9"), "{}", run.err);
    // The range is that of zinc's own variogram.
    let own = [&["variogram"], &ZINC_HALF[..], &["--model", "Nug + Sph", "--transform", "log", "--json"]].concat();
    let own = soilscope(folder.path(), &own).done().json();
    assert_eq!(record["model"]["structures"][0]["range"], own["model"]["structures"][0]["range"]);
    assert_ne!(record["model"]["sill"], own["model"]["sill"]);
    assert!(record["notes"].to_string().contains("those of zinc alone"), "{}", record["notes"]);
    assert_eq!(record["validation"]["cokriging"]["secondary_held_out"], 78);
    assert_eq!(record["cells"]["gaps"], serde_json::json!({}));
}

#[test]
fn an_automatic_model_lends_its_shape_and_range() {
    let folder = folder();
    let words = with("validate", &["--transform", "log", "--method", "cokriging:lead", "--json"]);
    let record = soilscope(folder.path(), &words).done().json();
    let own = soilscope(folder.path(), &with("variogram", &["--transform", "log", "--json"])).done().json();
    assert_eq!(record["model"]["origin"], "automatic");
    assert_eq!(record["model"]["choice"]["chosen"]["notation"], own["model"]["notation"]);
    let same = |name: &str| assert_eq!(record["model"]["structures"][0][name], own["model"]["structures"][0][name]);
    same("model");
    same("range");
    // Noise is refused as it is without lead.
    let mut text = String::from("x,y,zinc,lead\n");
    for (k, row) in meuse().iter().enumerate() {
        text += &format!("{},{},{},{}\n", row["x"], row["y"], 100 + (k * 7919) % 101, row["lead"]);
    }
    std::fs::write(folder.path().join("noise.csv"), text).unwrap();
    let words = ["validate", "noise.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--method", "cokriging:lead"];
    let refused = soilscope(folder.path(), &words);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("[no-spatial-structure]"), "{}", refused.err);
}

#[test]
fn likelihood_gives_the_range_and_calibration_scales_all_variances() {
    let folder = folder();
    let words = ["--transform", "log", "--model", "Nug + Sph", "--method", "cokriging:lead", "--json"];
    let json =
        |more: &[&'static str]| soilscope(folder.path(), &[&with("validate", &words)[..], more].concat()).done().json();
    let reml = json(&["--fit", "reml"]);
    let own = with("variogram", &["--transform", "log", "--model", "Nug + Sph", "--fit", "reml", "--json"]);
    let own = soilscope(folder.path(), &own).done().json();
    assert_eq!(reml["model"]["structures"][0]["range"], own["model"]["structures"][0]["range"]);
    assert_ne!(json(&[])["model"]["structures"][0]["range"], own["model"]["structures"][0]["range"]);
    // Calibration is of predictions without lead at the held-out places, and multiplies every matrix.
    let (plain, calibrated) = (json(&[]), json(&["--calibrate"]));
    let factor = calibrated["calibration"]["multiplied_by"].as_f64().unwrap();
    assert_eq!(plain["calibration"]["msdr"].as_f64(), Some(factor));
    assert!((factor - 1.0).abs() > 0.01, "{factor}");
    let entry = |json: &Value, i: usize, j: usize| {
        json["model"]["coregionalisation"]["terms"][1]["coefficients"][i][j].as_f64().unwrap()
    };
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
        assert!((entry(&calibrated, i, j) / entry(&plain, i, j) / factor - 1.0).abs() < 1e-12);
    }
    let msdr = |json: &Value| json["scores"]["msdr"].as_f64().unwrap();
    assert!((msdr(&plain) / msdr(&calibrated) / factor - 1.0).abs() < 1e-9);
    assert!(
        (rmse(&plain["cokriging"]["kriging_alone"]) - rmse(&calibrated["cokriging"]["kriging_alone"])).abs() < 1e-9
    );
}

#[test]
fn errors_of_the_samples_are_of_those_they_are_given_for() {
    let folder = heterotopic();
    let model = ["--transform", "log", "--model", "Nug + Sph(900)", "--method", "cokriging:lead", "--json"];
    let long = ["validate", "long.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--error-sd", "sd"];
    let record = soilscope(folder.path(), &[&long[..], &model].concat()).done().json();
    assert_eq!(record["method"]["measurement_errors"]["mean_variance"], 25.0);
    assert_eq!(record["method"]["secondary"][0]["measurement_errors"]["mean_variance"], 4.0);
    let wide = [&["validate"], &ZINC_HALF[..], &["--error-sd", "sd", "--secondary", "meuse.csv"], &model].concat();
    let run = soilscope(folder.path(), &wide).done();
    assert!(run.err.contains("lead: taken as measured without error"), "{}", run.err);
    assert!(run.json()["method"]["secondary"][0]["measurement_errors"].is_null());
    // A share of the value is one of all analytes, and is taken off their own semivariances before the fit.
    let record = |more: &[&'static str]| {
        let words = [&["validate"], &ZINC_HALF[..], &["--secondary", "meuse.csv"], &model, more].concat();
        soilscope(folder.path(), &words).done().json()["model"]["coregionalisation"].clone()
    };
    let (without, with) = (record(&[]), record(&["--error-cv", "10"]));
    for (pair, expected) in [(0, Some(0.01)), (1, None), (2, Some(0.01))] {
        for class in with["variograms"][pair]["variogram"]["classes"].as_array().unwrap() {
            // 10 % of the value is 0.1 on the logarithm, to first order.
            match (class["error_variance"].as_f64(), expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{found}"),
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }
    let nugget = |json: &Value, k: usize| json["terms"][0]["coefficients"][k][k].as_f64().unwrap();
    for k in 0..2 {
        assert!(nugget(&with, k) < nugget(&without, k) - 0.003, "{with} {without}");
    }
}

#[test]
fn notes_of_a_secondary_analyte_stand_under_its_name() {
    let folder = heterotopic();
    let long = std::fs::read_to_string(folder.path().join("long.csv")).unwrap();
    std::fs::write(folder.path().join("long.csv"), long.replacen("lead,299,", "lead,<50,", 1)).unwrap();
    let words = ["validate", "long.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--method", "cokriging:lead"];
    let model = ["--transform", "log", "--model", "Nug + Sph", "--nondetect", "limit"];
    let run = soilscope(folder.path(), &[&words[..], &model].concat()).done();
    assert!(
        run.err.contains("note: lead: values below their limit: 1 (0.65 %); the limit stands for each"),
        "{}",
        run.err
    );
}

#[test]
fn what_cokriging_cannot_do_is_refused_with_its_reason() {
    let folder = heterotopic();
    let mut copy = String::from("x,y,zinc,zinc_percent,lead\n");
    for (k, row) in meuse().iter().enumerate() {
        let lead = if k < 8 { row["lead"].as_str() } else { "" };
        let percent = number(row, "zinc") / 1e4;
        copy += &format!("{},{},{},{percent},{lead}\n", row["x"], row["y"], row["zinc"]);
    }
    std::fs::write(folder.path().join("copy.csv"), copy).unwrap();
    let zinc = "meuse.csv --analyte zinc --crs EPSG:28992";
    let lead = format!("{zinc} --method cokriging:lead");
    let copies = "copy.csv --analyte zinc --crs EPSG:28992 --transform log";
    for (words, why) in [
        ("validate meuse.csv --crs EPSG:28992 --method cokriging:lead".to_owned(), "needs to know which analyte"),
        (format!("validate {zinc} --method cokriging:zinc"), "the analyte to predict itself"),
        (format!("validate {zinc} --method cokriging:leed"), "did you mean 'lead'?"),
        (format!("validate {zinc} --method cokriging"), "cokriging needs the other analytes"),
        (format!("validate {zinc} --method cokriging:lead,"), "an analyte has no name"),
        (format!("validate {zinc} --method cokriging:lead,LEAD"), "names 'lead' twice"),
        (format!("validate {zinc} --secondary meuse.csv"), "it is for --method cokriging"),
        (format!("validate {lead} --secondary absent.csv"), "absent.csv: there is no such file"),
        (format!("validate {zinc} --method cokriging:zinc --secondary long.csv"), "rename it in the file"),
        (format!("validate {lead} --estimator cressie"), "no robust estimator"),
        (format!("validate {lead} --drift-degree 1"), "it is for --method external"),
        (format!("validate {lead} --covariate a=b.tif"), "it is for --method external"),
        (
            format!("validate {lead} --duplicates keep --error-cv 10"),
            "pairs the samples of two analytes by their place",
        ),
        (format!("validate {lead} --out-crs EPSG:4326"), "computed on a plane"),
        (format!("predict {lead} --block 40 --at meuse_grid.csv"), "predicts points only"),
        (format!("validate {lead} --drift-from all"), "means are of the samples in its system"),
        (format!("validate {lead} --fallback idw:2"), "would leave the other analytes out"),
        (format!("validate {lead} --calibrate --error-cv 10"), "those of the measurement errors are given"),
        (format!("variogram {lead}"), "this is the variogram of one analyte"),
        (format!("simulate {lead} -o out"), "ordinary or simple:MEAN"),
        ("validate - --analyte zinc --crs EPSG:28992 --method cokriging:lead".to_owned(), "a stream has no places"),
        (
            format!("validate {zinc} --transform log --method cokriging:dist"),
            "line 14, dist: the value 0 cannot be used",
        ),
        (format!("validate {copies} --method cokriging:zinc_percent"), "leave it out of --method cokriging"),
        (format!("validate {copies} --method cokriging:lead"), "lead and zinc were both measured at 8 places"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let run = soilscope(folder.path(), &words);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(why), "{words:?}: {}", run.err);
    }
    for (model, why) in [
        ("0.05 Nug + 0.59 Sph(897)", "leave them open, as 'Nug + Sph(897)'"),
        ("0.05 Err + Nug + Sph(897)", "measurement errors belong to the samples"),
        ("Nug + Sph(900, az=30, ratio=0.5)", "variogram in directions"),
    ] {
        let run = soilscope(folder.path(), &with("validate", &["--method", "cokriging:lead", "--model", model]));
        assert!(run.code == Some(2) && run.err.contains(why), "{model}: {}", run.err);
    }
    assert!(!folder.path().join("out").exists());
}
