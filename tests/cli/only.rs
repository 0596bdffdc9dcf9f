//! `soilscope map --only`: rasters alone, which are those of the whole map.

use crate::support::{folder, names, soilscope};
use crate::verbs::with;

const MAP: [&str; 8] = ["--transform", "log", "--mask", "meuse_area.csv", "--cell", "40", "--json", "-o"];

#[test]
fn rasters_alone_are_those_of_the_whole_map() {
    let folder = folder();
    let map = |out: &'static str, more: &[&'static str]| {
        soilscope(folder.path(), &[&with("map", &MAP)[..], &[out], more].concat()).done().json()
    };
    map("whole", &["--threshold", "500", "--realisations", "0"]);
    let record = map("alone", &["--only", "prediction,sd"]);
    assert_eq!(names(&folder.path().join("alone")), ["run.json", "zinc_prediction.tif", "zinc_sd.tif"]);
    let bytes = |path: &str| std::fs::read(folder.path().join(path)).unwrap();
    for file in ["zinc_prediction.tif", "zinc_sd.tif"] {
        assert_eq!(bytes(&format!("alone/{file}")), bytes(&format!("whole/{file}")), "{file}");
    }
    assert_eq!(record["settings"]["only"], serde_json::json!(["prediction", "sd"]));
    assert_eq!(record["outputs"].as_array().unwrap().len(), 2);
    for part in ["validation", "skill", "trust", "hotspots"] {
        assert!(record.get(part).is_none(), "{part} was not asked for");
    }
    assert!(record["cells"]["predicted"].as_u64().unwrap() > 3000 && record["cells"].get("trust").is_none());

    // In the place of a whole map they leave nothing of it behind.
    let record = map("whole", &["--threshold", "500", "--only", "exceedance,trust", "--overwrite"]);
    assert_eq!(names(&folder.path().join("whole")), ["run.json", "zinc_exceedance.tif", "zinc_trust.tif"]);
    assert!(record["trust"].is_object() && record["cells"]["trust"].is_object());
    let removed = |name: &str| record["notes"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains(name));
    assert!(["zinc_prediction.tif", "zinc_map.png", "zinc_hotspots.gpkg"].into_iter().all(removed));
}

#[test]
fn rasters_that_are_not_there_and_wishes_without_effect_are_refused() {
    let folder = folder();
    for (more, reason) in [
        (&["--only", "exceedance"][..], "of being above a --threshold or a --guideline"),
        (&["--only", "threshold", "--threshold", "500"], "one for all cells"),
        (&["--only", "sd", "--method", "idw:2"], "has no error model"),
        (&["--only", "prediction", "--threshold", "500"], "--threshold would have no effect"),
        (&["--only", "prediction", "--title", "Zinc"], "--title"),
        (&["--only", "exceedance", "--threshold", "500", "--realisations", "5"], "--realisations"),
        (&["--only", "hotspots"], "possible values: prediction, sd, exceedance, threshold, trust"),
    ] {
        let words = [&with("map", &["--cell", "100", "-o", "out"])[..], more].concat();
        let refused = soilscope(folder.path(), &words);
        assert_eq!(refused.code, Some(2), "{more:?}");
        assert!(refused.err.contains(reason), "{more:?}: {}", refused.err);
        assert!(!folder.path().join("out/run.json").exists(), "{more:?}");
    }
    let words = ["--guideline", "FI/lower-guideline,SE/guideline/km", "--only", "exceedance", "-o", "out"];
    let limits = soilscope(folder.path(), &[&with("map", &["--cell", "100"])[..], &words].concat());
    assert!(limits.code == Some(2) && limits.err.contains("--only is for one limit"), "{}", limits.err);
}
