//! What realisations say of zones: mean, area, volume and mass together.

use crate::support::{folder, soilscope, table};
use crate::verbs::with;

fn polygon(name: &str, [west, south, east, north]: [f64; 4]) -> String {
    format!(
        r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Polygon","coordinates":
        [[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
    )
}

const WORDS: [&str; 14] = [
    "--transform",
    "log",
    "--model",
    "0.05 Nug + 0.59 Sph(897)",
    "--threshold",
    "500",
    "--cell",
    "100",
    "--realisations",
    "40",
    "--fields",
    "none",
    "-o",
    "out",
];

#[test]
fn zones_have_joint_distributions() {
    let folder = folder();
    let all = polygon("all", [178_000.0, 329_000.0, 182_000.0, 334_000.0]);
    let part = polygon("north", [180_000.0, 332_500.0, 182_000.0, 334_000.0]);
    let away = polygon("away", [100_000.0, 300_000.0, 100_500.0, 300_500.0]);
    let text = format!(
        r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"EPSG:28992"}}}},"features":[{all},{part},{away}]}}"#
    );
    std::fs::write(folder.path().join("zones.geojson"), text).unwrap();
    let more = ["--zones", "zones.geojson", "--depth", "0.5", "--bulk-density", "1.4", "--unit", "mg/kg", "--json"];
    let record = soilscope(folder.path(), &[&with("simulate", &WORDS)[..], &more].concat()).done().json();
    let zones = record["zones"].as_array().unwrap();
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert_eq!(zones.iter().map(|z| z["zone"].as_str().unwrap()).collect::<Vec<_>>(), ["all", "north", "away"]);
    // The zone of all cells is the map.
    for (ours, of_map) in [("mean", "mean"), ("q05", "q05"), ("q95", "q95")] {
        let (a, b) = (number(&zones[0]["area_above_m2"][ours]), number(&record["area_above"][of_map]));
        assert!((a - b).abs() < 1e-6 * b, "{ours}: {a} {b}");
    }
    assert_eq!(number(&zones[0]["area_m2"]), number(&record["area_above"]["simulated"]));
    for zone in &zones[..2] {
        let of = |key: &str| number(&zone[key]["q50"]);
        assert!((of("volume_above_m3") - 0.5 * of("area_above_m2")).abs() < 1e-6 * of("volume_above_m3"));
        // Soil above 500 mg/kg holds more than 500 g/t, and less than ten times that.
        let per_tonne =
            number(&zone["mass_above_kg"]["mean"]) * 1000.0 / (1.4 * number(&zone["volume_above_m3"]["mean"]));
        assert!((500.0..5000.0).contains(&per_tonne), "{per_tonne}");
        let share = number(&zone["mean_above"]);
        assert!((0.0..=1.0).contains(&share) && number(&zone["mean"]["q05"]) < number(&zone["mean"]["q95"]));
    }
    assert!(number(&zones[1]["area_m2"]) < number(&zones[0]["area_m2"]));
    // A zone without simulated cells has no numbers, and is not left out.
    assert!(zones[2]["cells"] == 0 && zones[2].get("mean").is_none());
    let rows = table(&std::fs::read_to_string(folder.path().join("out/zinc_zones.csv")).unwrap());
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1]["area_above_m2_q95"].parse::<f64>().ok(), zones[1]["area_above_m2"]["q95"].as_f64());
    assert!(rows[2]["mean_q50"].is_empty());
    // Hotspots of a map are zones.
    let map = ["--transform", "log", "--threshold", "500", "--cell", "100", "-o", "map"];
    soilscope(folder.path(), &with("map", &map)).done();
    let more = ["--zones", "map/zinc_hotspots.gpkg", "--overwrite", "--json"];
    let record = soilscope(folder.path(), &[&with("simulate", &WORDS)[..], &more].concat()).done().json();
    let first = &record["zones"][0];
    assert!(first["zone"] == "1" && number(&first["mean_above"]) > 0.5, "{first}");
    assert!(first.get("volume_above_m3").is_none());
}

#[test]
fn zones_that_cannot_be_used_are_refused() {
    let folder = folder();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, polygon("far", [5.0, 50.0, 5.1, 50.1]));
    std::fs::write(folder.path().join("far.geojson"), text).unwrap();
    let base = with("simulate", &WORDS);
    for (more, why) in [
        (&["--zones", "far.geojson"][..], "no zone holds the centre of a simulated cell"),
        (&["--zones", "none.gpkg"], "none.gpkg"),
        (&["--depth", "0.5"], "--zones"),
        (&["--zones", "far.geojson", "--depth", "0"], "expected a number above 0"),
        (&["--zones", "far.geojson", "--depth", "1", "--bulk-density", "1.4", "--unit", "%"], "values in mg/kg"),
    ] {
        let run = soilscope(folder.path(), &[&base[..], more].concat());
        assert!(run.code == Some(2) && run.err.contains(why), "{more:?}: {}", run.err);
    }
}
