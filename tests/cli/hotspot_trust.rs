//! Hotspots know which of their cells are not to be trusted, and their class does.

use std::path::Path;

use serde_json::Value;

use crate::support::{folder, soilscope};
use crate::verbs::with;

/// Far beyond the samples, with a model and a confidence by which the far land is hot, too.
const WIDE: [&str; 16] = [
    "--unit",
    "mg/kg",
    "--transform",
    "log",
    "--model",
    "0.05 Nug + 3 Sph(3000)",
    "--threshold",
    "500",
    "--cell",
    "100",
    "--bounds",
    "177000,328000,183000,335000",
    "--confidence",
    "0.4",
    "--realisations",
    "0",
];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn features(folder: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    json["features"].as_array().unwrap().clone()
}

/// Values of a raster, row by row, by GDAL itself.
fn cells(folder: &Path, file: &str) -> Vec<f64> {
    let words = ["-q", "-of", "XYZ", file, "/vsistdout/"];
    let run = std::process::Command::new("gdal_translate").args(words).current_dir(folder).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines().filter_map(|line| line.split_whitespace().nth(2)).map(|v| v.parse().unwrap()).collect()
}

#[test]
fn hotspots_beyond_the_samples_are_not_certain() {
    let folder = folder();
    let words = [&with("map", &WIDE)[..], &["-o", "out"]].concat();
    let told = soilscope(folder.path(), &words).done();
    let record: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/run.json")).unwrap()).unwrap();
    let hotspots = &record["hotspots"];
    let known = &hotspots["trust"]["known"];

    // All together, against the rasters read by GDAL. Probabilities are in 32 bits.
    let (chances, bits) = (cells(folder.path(), "out/zinc_exceedance.tif"), cells(folder.path(), "out/zinc_trust.tif"));
    let hot = || chances.iter().zip(&bits).filter(|(p, _)| **p as f32 >= 0.4).map(|(_, bits)| *bits as u8);
    let doubtful = hot().filter(|bits| *bits > 0).count();
    assert!(doubtful > 100 && hot().count() > doubtful, "{doubtful}");
    assert_eq!(number(&known["untrusted_area_on_map"]), doubtful as f64 * 1e4);
    for (name, bit) in [("extrapolation", 1), ("too-few-neighbours", 2), ("near-sill", 4), ("cluster", 8)] {
        let count = hot().filter(|bits| bits & bit > 0).count();
        assert_eq!(known["reasons"].get(name).map_or(0.0, number), count as f64, "{name}");
    }
    let share = doubtful as f64 / hot().count() as f64;
    assert!((number(&known["untrusted_share"]) / share - 1.0).abs() < 1e-3);
    // On the ground, as the areas.
    let ground = number(&hotspots["area_m2"]) / number(&hotspots["area_on_map"]);
    assert!((number(&known["untrusted_area_m2"]) / (doubtful as f64 * 1e4 * ground) - 1.0).abs() < 1e-3);

    // Each.
    let each = features(folder.path(), "out/zinc_hotspots.geojson");
    let of = |feature: &Value, name: &str| feature["properties"][name].clone();
    let sum: f64 = each.iter().map(|f| number(&of(f, "untrusted_area_m2"))).sum();
    assert!((sum / number(&known["untrusted_area_m2"]) - 1.0).abs() < 1e-9);
    let (mut demoted, mut counts) = (0, std::collections::HashMap::<String, usize>::new());
    for f in &each {
        let (share, class) = (number(&of(f, "untrusted_share")), of(f, "class").as_str().unwrap().to_owned());
        let area = number(&of(f, "untrusted_area_m2"));
        assert!((area - share * number(&of(f, "area_m2"))).abs() < 1e-6 && (0.0..=1.0).contains(&share));
        assert_eq!(of(f, "untrusted_reasons").is_null(), share == 0.0, "{f}");
        let reason = of(f, "class_reason").as_str().unwrap().to_owned();
        assert_eq!(reason.contains("not to be trusted"), share > 0.5, "{f}");
        assert!(share <= 0.5 || class == "needs samples", "{f}");
        demoted += usize::from(share > 0.5 && number(&of(f, "samples_above")) > 0.0);
        *counts.entry(class).or_default() += 1;
    }
    // Samples inside are above, and most of it is beyond them.
    assert!(demoted > 0, "{each:#?}");
    for class in ["certain", "probable", "needs samples"] {
        let stated = number(&hotspots["classes"][class.replace(' ', "-")]);
        assert_eq!(stated, counts.get(class).copied().unwrap_or(0) as f64, "{class}");
    }
    assert_eq!(
        number(&known["above_bound"]),
        each.iter().filter(|f| number(&of(f, "untrusted_share")) > 0.5).count() as f64
    );
    assert!(
        told.out.contains("of their area not to be trusted (") && told.out.contains("needs samples"),
        "{}",
        told.out
    );

    // The verb says the same of the rasters; without the raster of trust it says that it does not know.
    let rasters = ["hotspots", "out/zinc_prediction.tif", "out/zinc_exceedance.tif", "--confidence", "0.4"];
    let files = ["--trust", "out/zinc_trust.tif", "-o", "again.geojson", "-o", "again.gpkg", "--json"];
    let again = soilscope(folder.path(), &[&rasters[..], &files].concat()).done().json();
    assert_eq!(again["hotspots"]["trust"], hotspots["trust"]);
    assert_eq!(again["rasters"][2]["role"], "trust");
    for (a, b) in each.iter().zip(features(folder.path(), "again.geojson")) {
        for name in ["untrusted_area_m2", "untrusted_share", "untrusted_reasons"] {
            assert_eq!(of(a, name), of(&b, name), "{name}");
        }
        assert!(b["properties"].get("class").is_none(), "no samples were given");
    }
    let blind = soilscope(folder.path(), &[&rasters[..], &["--json"]].concat()).done().json();
    assert_eq!(blind["hotspots"]["trust"], "not-known");
    assert!(blind["each"][0].get("untrusted_share").is_none());
}

#[test]
fn trust_of_another_map_is_refused() {
    let folder = folder();
    let small = |out: &'static str, more: &[&'static str]| {
        let base = ["--transform", "log", "--model", "0.05 Nug + 0.59 Sph(897)", "--threshold", "500", "--cell", "200"];
        let rest = ["--realisations", "0", "--bounds", "178400,329600,181600,333800", "-o", out];
        soilscope(folder.path(), &[&with("map", &base)[..], &rest, more].concat()).done();
    };
    small("out", &[]);
    small("masked", &["--mask", "meuse_area.csv"]);
    soilscope(folder.path(), &with("map", &["--cell", "100", "-o", "fine"])).done();
    for (trust, why) in [
        ("fine/zinc_trust.tif", "not of one grid"),
        ("out/zinc_sd.tif", "is no sum of reasons not to trust a cell, which go from 0 to 31"),
        ("masked/zinc_trust.tif", "no value, where the map is hot: give the trust of the same map"),
        ("none.tif", "none.tif"),
    ] {
        let words = ["hotspots", "out/zinc_exceedance.tif", "--confidence", "0.3", "--trust", trust, "-o", "no.gpkg"];
        let run = soilscope(folder.path(), &words);
        assert!(run.code == Some(2) && run.err.contains(why), "{trust}: {}", run.err);
        assert!(!folder.path().join("no.gpkg").exists(), "{trust}");
    }
}
