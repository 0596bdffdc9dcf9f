//! What `soilscope simulate` writes, and says of it.

use crate::support::{folder, names, soilscope};
use crate::verbs::with;

/// A coarse simulation of Meuse zinc, whose record it gives.
fn simulate(folder: &std::path::Path, out: &'static str, more: &[&'static str]) -> serde_json::Value {
    let words =
        ["--mask", "meuse_area.csv", "--cell", "100", "--realisations", "24", "--seed", "7", "--json", "-o", out];
    soilscope(folder, &[&with("simulate", &words)[..], more].concat()).done().json()
}

const LOG: [&str; 4] = ["--transform", "log", "--model", "0.05 Nug + 0.59 Sph(897)"];

#[test]
fn simulate_writes_everything_and_accounts_for_every_cell() {
    let folder = folder();
    let record =
        simulate(folder.path(), "out", &[&LOG[..], &["--threshold", "500", "--quantiles", "0.05,0.5,0.95"]].concat());
    let expected = [
        "run.json",
        "zinc_exceedance.tif",
        "zinc_mean.tif",
        "zinc_q0.05.tif",
        "zinc_q0.5.tif",
        "zinc_q0.95.tif",
        "zinc_realisations.tif",
        "zinc_sd.tif",
    ];
    assert_eq!(names(&folder.path().join("out")), expected);
    let on_disk: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/run.json")).unwrap()).unwrap();
    assert_eq!(on_disk, record, "--json prints the record");
    let count = |name: &str| record["cells"][name].as_u64().unwrap();
    assert_eq!(count("simulated") + count("outside_mask") + count("not_finite"), count("cells"));
    assert_eq!(record["simulation"]["simulator"], "circulant-embedding");
    let area = &record["area_above"];
    let number = |name: &str| area[name].as_f64().unwrap();
    assert_eq!(area["realisations"].as_array().unwrap().len(), 24);
    assert_eq!(number("simulated"), count("simulated") as f64 * 1e4);
    assert!(number("q05") < number("q50") && number("q50") < number("q95") && number("q95") < number("simulated"));
    // The mean area is the sum of the cells' exceedance shares, which the raster has: its mean times its cells.
    let said = gdalinfo(folder.path(), "out/zinc_exceedance.tif");
    let mean: f64 = said.split("STATISTICS_MEAN=").nth(1).unwrap().lines().next().unwrap().trim().parse().unwrap();
    assert!((mean * number("simulated") / number("mean") - 1.0).abs() < 1e-4, "{mean}, {area}");
}

fn gdalinfo(folder: &std::path::Path, file: &str) -> String {
    let output = std::process::Command::new("gdalinfo").arg(file).current_dir(folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && err.is_empty() && !out.to_lowercase().contains("warning"), "{out} {err}");
    out.into_owned()
}

#[test]
fn realisations_are_bands_or_files_or_not_written() {
    let folder = folder();
    simulate(folder.path(), "together", &LOG);
    let said = gdalinfo(folder.path(), "together/zinc_realisations.tif");
    for expected in
        ["LAYOUT=COG", "Band 24 ", "Description = zinc, realisation 24 (mg/kg)", "SEED=7", "Unit Type: mg/kg"]
    {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    assert!(!said.contains("Band 25 "));
    simulate(folder.path(), "separate", &[&LOG[..], &["--fields", "separate"]].concat());
    let files = names(&folder.path().join("separate"));
    assert_eq!(files.iter().filter(|n| n.contains("realisation_")).count(), 24, "{files:?}");
    let band = |file: &str, band: &str| {
        let words = ["-of", "XYZ", "-b", band, file, "/vsistdout/"];
        let output =
            std::process::Command::new("gdal_translate").args(words).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    assert_eq!(band("together/zinc_realisations.tif", "3"), band("separate/zinc_realisation_03.tif", "1"));
    // What an earlier run left is removed with its record.
    simulate(folder.path(), "separate", &[&LOG[..], &["--fields", "none", "--overwrite"]].concat());
    assert_eq!(names(&folder.path().join("separate")), ["run.json", "zinc_mean.tif", "zinc_sd.tif"]);
}

#[test]
fn fields_are_the_same_for_any_number_of_threads() {
    let folder = folder();
    for simulator in ["circulant", "sgs"] {
        let mut first = None;
        for (out, threads) in [("one", "1"), ("two", "2"), ("five", "5")] {
            let more = ["--threads", threads, "--simulator", simulator, "--overwrite"];
            simulate(folder.path(), out, &[&LOG[..], &more].concat());
            let bytes = std::fs::read(folder.path().join(out).join("zinc_realisations.tif")).unwrap();
            assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{simulator}, {threads} threads");
        }
    }
}

#[test]
fn normal_scores_stay_within_their_bounds() {
    let folder = folder();
    let scores = ["--transform", "normal-score", "--decluster", "200", "--lowest", "50", "--highest", "2500"];
    for simulator in ["circulant", "sgs"] {
        let more = ["--simulator", simulator, "--overwrite"];
        let record = simulate(folder.path(), "out", &[&scores[..], &more].concat());
        assert_eq!(record["simulation"]["known_mean"], 0.0);
        assert_eq!(record["scale"]["bounds"], serde_json::json!([50.0, 2500.0]));
        let declustered = &record["scale"]["declustered"];
        assert!(declustered["mean"].as_f64().unwrap() < declustered["plain_mean"].as_f64().unwrap());
        let said = gdalinfo(folder.path(), "out/zinc_realisations.tif");
        let numbers = |name: &str| -> Vec<f64> {
            said.split(name).skip(1).map(|t| t.lines().next().unwrap().trim().parse().unwrap()).collect()
        };
        let (low, high) = (numbers("STATISTICS_MINIMUM="), numbers("STATISTICS_MAXIMUM="));
        assert_eq!(low.len(), 24);
        assert!(low.iter().all(|v| *v >= 50.0) && low.iter().any(|v| *v < 113.0), "beyond the lowest sample: {low:?}");
        assert!(high.iter().all(|v| *v <= 2500.0) && high.iter().any(|v| *v > 1839.0), "{high:?}");
    }
}

#[test]
fn auto_falls_back_where_the_range_is_long_and_says_so() {
    let folder = folder();
    let words = ["--transform", "log", "--model", "0.1 Nug + 1 Exp(2000000)", "--fields", "none"];
    let record = simulate(folder.path(), "out", &words);
    assert_eq!(record["simulation"]["simulator"], "sequential-gaussian");
    let notes = record["notes"].to_string();
    assert!(notes.contains("cannot be embedded") && notes.contains("ordinary kriging"), "{notes}");
    let refused = soilscope(
        folder.path(),
        &[&with("simulate", &["--cell", "100", "-o", "other", "--simulator", "circulant"])[..], &words[..4]].concat(),
    );
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("cannot be embedded"), "{}", refused.err);
    assert!(!folder.path().join("other").exists(), "nothing is left");
}

#[test]
fn what_has_no_effect_or_no_sense_is_refused() {
    let folder = folder();
    for (words, expected) in [
        (&["--lowest", "0"][..], "--lowest"),
        (&["--decluster", "100"], "--decluster"),
        (&["--nodes", "8"], "--nodes"),
        (&["--own-paths", "--simulator", "circulant"], "--own-paths"),
        (&["--quantiles", "0.5,1"], "--quantiles"),
        (&["--quantiles", "0.5,0.5"], "--quantiles"),
        (&["--method", "idw:2"], "--method"),
        (&["--max-memory", "0.0001"], "--max-memory"),
        (&["--fields", "separate", "--realisations", "500"], "--fields separate"),
        (&["--realisations", "0"], "--realisations"),
        (&["--transform", "normal-score", "--highest", "500"], "upper bound"),
        (&["--model", "1 Nug", "--cutoff", "500"], "--cutoff"),
        (&["--model", "1 Pow(1)"], "simulation"),
        (&["--method", "universal:1"], "--method"),
    ] {
        let run = soilscope(folder.path(), &[&with("simulate", &["--cell", "100", "-o", "out"])[..], words].concat());
        assert_eq!(run.code, Some(2), "{words:?}: {}", run.err);
        assert!(run.err.contains(expected), "{words:?}: {}", run.err);
        assert!(!folder.path().join("out").exists(), "{words:?}: nothing is left");
    }
}

#[test]
fn a_folder_holds_a_map_or_fields() {
    let folder = folder();
    soilscope(folder.path(), &[&with("map", &["--cell", "100", "-o", "out"])[..], &LOG].concat()).done();
    let refused = soilscope(
        folder.path(),
        &[&with("simulate", &["--cell", "100", "-o", "out", "--overwrite"])[..], &LOG].concat(),
    );
    assert!(refused.code == Some(2) && refused.err.contains("use another folder"), "{}", refused.err);
    simulate(folder.path(), "fields", &LOG);
    let refused =
        soilscope(folder.path(), &[&with("map", &["--cell", "100", "-o", "fields", "--overwrite"])[..], &LOG].concat());
    assert!(refused.code == Some(2) && refused.err.contains("use another folder"), "{}", refused.err);
}
