//! What is said of hotspots: joint distributions, curves, costs, rounded outlines.

use serde_json::Value;

use crate::support::{folder, root, soilscope, table};
use crate::verbs::with;

const MAP: [&str; 12] = [
    "--unit",
    "mg/kg",
    "--transform",
    "log",
    "--threshold",
    "500",
    "--mask",
    "meuse_area.csv",
    "--cell",
    "40",
    "-o",
    "out",
];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn features(folder: &std::path::Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    json["features"].as_array().unwrap().clone()
}

#[test]
fn hotspots_have_intervals_from_joint_simulation() {
    let folder = folder();
    let more = ["--depth", "0.5", "--bulk-density", "1.3", "--json"];
    let record = soilscope(folder.path(), &[&with("map", &MAP)[..], &more].concat()).done().json();
    let hotspots = &record["hotspots"];
    let joint = &hotspots["joint"];
    assert!(joint["realisations"] == 200 && joint["seed"] == 1, "{joint}");
    assert_eq!(joint["cells"], joint["simulated_cells"]);
    // The mean over realisations is the sum of probabilities, which is what the map says is above.
    let expected = number(&hotspots["area_m2"])
        - number(&hotspots["errors"]["false_positive"]) * number(&hotspots["area_m2"])
            / number(&hotspots["area_on_map"]);
    let simulated = number(&joint["area_above"]["mean"]);
    assert!((simulated / expected - 1.0).abs() < 0.02, "{simulated} {expected}");
    let (low, high) = (number(&joint["area_above"]["q05"]), number(&joint["area_above"]["q95"]));
    assert!(low < expected && expected < high);
    let mut mass = 0.0;
    for feature in features(folder.path(), "out/zinc_hotspots.geojson") {
        let of = |name: &str| number(&feature["properties"][name]);
        assert!(of("mean_low") < of("mean") && of("mean") < of("mean_high"), "{feature}");
        assert!(of("area_above_m2_low") <= of("area_above_m2_high") && of("area_above_m2_high") <= of("area_m2"));
        assert!((of("volume_above_m3_high") - 0.5 * of("area_above_m2_high")).abs() < 1e-6);
        assert!(of("mass_kg_low") < of("mass_kg_high"));
        // mg/kg in soil of 1.3 t/m3, half a metre deep.
        mass += of("mean") * of("area_m2") * 0.5 * 1.3 / 1000.0;
    }
    assert!((number(&joint["mass_kg"]["mean"]) / mass - 1.0).abs() < 0.03, "{mass} {}", joint["mass_kg"]);
    // The same numbers for any number of threads; other ones for another seed.
    let again = |more: &[&str]| {
        let words = [&with("map", &MAP)[..], &["--overwrite", "--json"], more].concat();
        soilscope(folder.path(), &words).done().json()["hotspots"]["joint"]["area_above"].clone()
    };
    assert_eq!(again(&["--threads", "1"]), again(&["--threads", "3"]));
    assert_ne!(again(&["--seed", "2"]), again(&[]));
    assert!(again(&["--realisations", "0"]).is_null());
}

#[test]
fn a_drift_is_simulated_and_what_cannot_be_is_said() {
    let folder = folder();
    std::fs::copy(root().join("data/meuse_dist.tif"), folder.path().join("dist.tif")).unwrap();
    let drift = ["--method", "external:sqrt(dist)", "--covariate", "dist=dist.tif", "--json"];
    let base = ["--transform", "log", "--threshold", "500", "--realisations", "40", "-o", "out"];
    let record = soilscope(folder.path(), &[&with("map", &base)[..], &drift].concat()).done().json();
    let hotspots = &record["hotspots"];
    let expected = number(&hotspots["area_on_map"]) - number(&hotspots["errors"]["false_positive"]);
    let simulated = number(&hotspots["joint"]["area_above"]["mean"]);
    assert!((simulated / expected - 1.0).abs() < 0.03, "{simulated} {expected}");
    for (more, why) in [
        (
            &["--method", "idw:2", "--seed", "3"][..],
            "--seed would have no effect: hotspots are not simulated: the method has no model",
        ),
        (&["--method", "idw:2", "--depth", "1"], "--depth would have no effect"),
        (&["--block", "40", "--realisations", "20"], "a mean of blocks is not simulated"),
        (&["--realisations", "0", "--seed", "3"], "--realisations 0 simulates nothing"),
        (&["--depth", "1", "--bulk-density", "1.3", "--unit", "%"], "values in mg/kg"),
        (&["--bulk-density", "1.3"], "--depth"),
        (&["--depth", "1", "--bulk-density", "1300"], "divide kg/m3 by 1000"),
        (&["--leave-cost", "1"], "--treat-cost"),
        (&["--smooth", "9"], "1..=5"),
    ] {
        let words = [&with("map", &["--threshold", "500", "--cell", "100", "-o", "no"])[..], more].concat();
        let run = soilscope(folder.path(), &words);
        assert!(run.code == Some(2) && run.err.contains(why), "{more:?}: {}", run.err);
        assert!(!folder.path().join("no").exists());
    }
}

#[test]
fn areas_and_costs_stand_against_confidence() {
    let folder = folder();
    let more = ["--depth", "0.5", "--treat-cost", "80", "--leave-cost", "250", "--realisations", "0", "--json"];
    let record = soilscope(folder.path(), &[&with("map", &MAP)[..], &more].concat()).done().json();
    let costs = &record["hotspots"]["costs"];
    assert_eq!(costs["of"], "cubic metre");
    assert_eq!(number(&costs["least"]["confidence"]), 80.0 / 250.0);
    let rows = table(&std::fs::read_to_string(folder.path().join("out/zinc_curve.csv")).unwrap());
    assert_eq!(rows.len(), 100);
    let column = |name: &str| rows.iter().map(|r| r[name].parse().unwrap()).collect::<Vec<f64>>();
    let (area, outside, total) = (column("area_m2"), column("false_negative_m2"), column("total_cost"));
    assert!(area.windows(2).all(|w| w[0] >= w[1]) && outside.windows(2).all(|w| w[0] <= w[1]));
    let least = (0..100).min_by(|&a, &b| total[a].total_cmp(&total[b])).unwrap();
    assert_eq!(rows[least]["confidence"], "0.32");
    assert!((number(&costs["least"]["costs"]["total"]) / total[least] - 1.0).abs() < 1e-12);
    let at_map = &rows[79];
    // The polygons' own areas, and those of their cells row by row.
    let treated = at_map["area_m2"].parse::<f64>().unwrap() * 40.0;
    assert!((number(&costs["of_hotspots"]["treat"]) / treated - 1.0).abs() < 1e-4);
    assert!((area[79] / number(&record["hotspots"]["area_m2"]) - 1.0).abs() < 1e-4);
    assert_eq!(&std::fs::read(folder.path().join("out/zinc_curve.png")).unwrap()[1..4], b"PNG");
}

#[test]
fn realisations_are_spread_over_models_only_where_a_likelihood_says_how() {
    let folder = folder();
    let joint = |more: &[&str]| {
        let base = ["--transform", "log", "--threshold", "500", "--cell", "100", "--realisations", "30", "-o", "out"];
        let words = [&with("map", &base)[..], &["--overwrite", "--json"], more].concat();
        soilscope(folder.path(), &words).done().json()["hotspots"]["joint"].clone()
    };
    let models = |joint: &Value| -> Vec<String> {
        joint["models"].as_array().unwrap().iter().map(|m| m.as_str().unwrap().to_owned()).collect()
    };
    let reml = joint(&["--model", "0.1 Nug + Exp", "--fit", "reml"]);
    assert!(number(&reml["models_are"]["drawn"]["effective"]) > 20.0, "{reml}");
    let drawn = models(&reml);
    assert!(drawn.len() == 20 && drawn.iter().any(|m| *m != drawn[0]));
    assert!(drawn.iter().all(|m| m.starts_with("0.1 Nug + ")), "what was given is held: {drawn:?}");
    let wls = joint(&["--model", "Nug + Exp"]);
    assert!(wls["models_are"] == "fitted-by-least-squares" && models(&wls).len() == 1, "{wls}");
    let given = joint(&["--model", "0.05 Nug + 0.59 Sph(897)"]);
    assert!(given["models_are"] == "given" && models(&given) == ["0.05 Nug + 0.59 Sph(897)"], "{given}");
    let few = [&with("map", &["--threshold", "500", "-o", "no"])[..], &["--realisations", "5"]].concat();
    assert!(soilscope(folder.path(), &few).err.contains("expected 20 to 10000, or 0 for none"));
}

#[test]
fn a_second_run_keeps_what_it_wrote_itself() {
    use sha2::{Digest, Sha256};
    let folder = folder();
    let words = [&with("map", &MAP)[..], &["--realisations", "0", "--overwrite", "--json"]].concat();
    soilscope(folder.path(), &words).done();
    let record = soilscope(folder.path(), &words).done().json();
    for file in record["outputs"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let bytes = std::fs::read(folder.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(file["sha256"], sum.as_str(), "{path}");
    }
}

#[test]
fn means_beyond_every_sample_are_warned_of() {
    let folder = folder();
    let base =
        ["--transform", "log", "--model", "0.05 Nug + 3 Sph(3000)", "--threshold", "500", "--cell", "200", "-o", "out"];
    // Far beyond the samples, where the chance is still high.
    let wide = ["--bounds", "170000,325000,190000,340000", "--confidence", "0.3"];
    let run = soilscope(folder.path(), &[&with("map", &base)[..], &wide].concat()).done();
    assert!(run.err.contains("is above every sample (1839)"), "{}", run.err);
    let inside =
        [&with("map", &MAP)[..], &["--model", "0.05 Nug + 0.59 Sph(897)", "--realisations", "20", "--overwrite"]]
            .concat();
    assert!(!soilscope(folder.path(), &inside).done().err.contains("above every sample"));
}

#[test]
fn outlines_are_rounded_on_request_only() {
    let folder = folder();
    let base = [&with("map", &MAP)[..], &["--realisations", "0", "--overwrite"]].concat();
    soilscope(folder.path(), &base).done();
    let plain = features(folder.path(), "out/zinc_hotspots.geojson");
    soilscope(folder.path(), &[&base[..], &["--smooth", "2"]].concat()).done();
    let round = features(folder.path(), "out/zinc_hotspots.geojson");
    assert_eq!(plain.len(), round.len());
    for (a, b) in plain.iter().zip(&round) {
        assert_eq!(a["properties"], b["properties"], "what is said stays that of the cells");
        assert_ne!(a["geometry"], b["geometry"]);
    }
}

#[test]
fn maps_already_made_have_the_hotspots_of_their_run() {
    let folder = folder();
    let more = ["--realisations", "0", "--treat-cost", "80", "--leave-cost", "250", "--json"];
    let map = soilscope(folder.path(), &[&with("map", &MAP)[..], &more].concat()).done().json();
    let rasters = ["hotspots", "out/zinc_prediction.tif", "out/zinc_exceedance.tif"];
    let costs = ["--treat-cost", "80", "--leave-cost", "250"];
    let files = ["-o", "again.geojson", "-o", "again.gpkg", "-o", "curve.csv", "-o", "curve.png", "--json"];
    let again = soilscope(folder.path(), &[&rasters[..], &costs, &files].concat()).done().json();
    for name in ["count", "area_m2", "errors", "costs"] {
        assert_eq!(again["hotspots"][name], map["hotspots"][name], "{name}");
    }
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("curve.csv"), read("out/zinc_curve.csv"));
    let (theirs, ours) =
        (features(folder.path(), "out/zinc_hotspots.geojson"), features(folder.path(), "again.geojson"));
    assert_eq!(theirs.len(), ours.len());
    for (a, b) in theirs.iter().zip(&ours) {
        assert_eq!(a["geometry"], b["geometry"]);
        for name in ["area_m2", "mean", "maximum", "mean_probability", "analyte", "unit", "confidence", "distribution"]
            .iter()
            .chain(&["false_positive_m2", "false_negative_nearby_m2", "skilled"])
        {
            assert_eq!(a["properties"][name], b["properties"][name], "{name}");
        }
        let (score, known) = (number(&a["properties"]["skill_score"]), number(&b["properties"]["skill_score"]));
        assert!((score - known).abs() < 1e-4, "the raster keeps four digits");
        assert!(b["properties"].get("samples_inside").is_none(), "no samples were given");
    }
    // Probabilities alone, at another confidence; and values alone.
    let run =
        soilscope(folder.path(), &["hotspots", "out/zinc_exceedance.tif", "--confidence", "0.5", "--corners"]).done();
    assert!(run.out.contains("hotspots above 500, ") && run.out.contains("mean probability"), "{}", run.out);
    let values = soilscope(folder.path(), &["hotspots", "out/zinc_prediction.tif", "--threshold", "500", "--json"]);
    let values = values.done().json();
    assert!(values["hotspots"]["rule"]["prediction"]["above"] == 500.0 && values["hotspots"].get("errors").is_none());
    assert!(number(&values["each"][0]["mean"]) > 500.0);

    soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "coarse"])).done();
    for (words, why) in [
        (&["hotspots", "out/zinc_prediction.tif"][..], "is no probability: they are from 0 to 1"),
        (&["hotspots", "out/zinc_prediction.tif", "coarse/zinc_sd.tif"], "not of one grid"),
        (&["hotspots", "out/zinc_exceedance.tif", "--confidence", "1.5"], "--confidence is a probability"),
        (&["hotspots", "out/zinc_exceedance.tif", "--depth", "1"], "--depth would have no effect"),
        (
            &["hotspots", "out/zinc_prediction.tif", "--threshold", "5", "-o", "c.csv"],
            "without probabilities there is no curve",
        ),
        (&["hotspots", "out/zinc_exceedance.tif", "-o", "spots.shp"], "by the ending of the file"),
        (&["hotspots", "out/zinc_exceedance.tif", "--crs", "EPSG:4326"], "leave --crs out"),
        (&["hotspots", "out/zinc_exceedance.tif", "-o", "curve.csv"], "curve.csv"),
        (&["hotspots", "none.tif"], "none.tif"),
        (&["hotspots"], "RASTER"),
    ] {
        let run = soilscope(folder.path(), words);
        assert!(run.code == Some(2) && run.err.contains(why), "{words:?}: {}", run.err);
    }
}
