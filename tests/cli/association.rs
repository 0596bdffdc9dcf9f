//! Spatial association: the reference's numbers, and what a person is told.

use serde_json::Value;

use crate::support::{folder, soilscope, table};
use crate::verbs::{vector, with};

/// The rows of the CSV that a run writes.
fn rows(words: &[&'static str]) -> Vec<std::collections::HashMap<String, String>> {
    let folder = folder();
    soilscope(folder.path(), &with("association", &[words, &["-o", "a.csv"]].concat())).done();
    table(&std::fs::read_to_string(folder.path().join("a.csv")).unwrap())
}

fn close(what: &str, ours: &str, expected: &str) {
    let [a, b] = [ours, expected].map(|t| t.parse::<f64>().unwrap_or_else(|_| panic!("{what}: '{t}'")));
    assert!((a - b).abs() < 1e-10, "{what}: {a} for {b}");
}

#[test]
fn global_statistics_are_those_of_the_reference() {
    let folder = folder();
    let reference = vector("moran_geary.csv");
    for (row, weights) in
        reference.iter().zip([&["--weights", "knn:8"][..], &["--weights", "distance:500", "--standardise", "none"]])
    {
        let words = [&["--transform", "log", "--json", "--permutations", "9"], weights].concat();
        let json = soilscope(folder.path(), &with("association", &words)).done().json();
        assert_eq!(json["weights"]["row_standardised"], row["weights"].ends_with("rowstd"), "{json}");
        for (column, ours) in [
            ("moran_i", &json["moran"]["value"]),
            ("moran_e", &json["moran"]["randomisation"]["expectation"]),
            ("moran_var", &json["moran"]["randomisation"]["variance"]),
            ("geary_c", &json["geary"]["value"]),
            ("geary_var", &json["geary"]["randomisation"]["variance"]),
        ] {
            close(column, &ours.to_string(), &row[column]);
        }
    }
}

#[test]
fn local_statistics_are_those_of_the_reference() {
    let ours = rows(&["--transform", "log", "--permutations", "0"]);
    let reference = vector("local_moran_knn8.csv");
    assert_eq!(ours.len(), reference.len());
    for (ours, row) in ours.iter().zip(&reference) {
        assert_eq!(ours["line"].parse::<usize>().unwrap(), row["row"].parse::<usize>().unwrap() + 1, "a header line");
        if row["tie"] == "0" {
            close("moran", &ours["moran"], &row["ii"]);
            close("moran_z", &ours["moran_z"], &row["z_cond"]);
        }
    }
    let ours = rows(&["--transform", "log", "--permutations", "0", "--weights", "distance:500"]);
    for (ours, row) in ours.iter().zip(&vector("local_g_band500.csv")) {
        assert_eq!(ours["neighbours"], row["n_neighbours"]);
        close("gi_z", &ours["gi_z"], &row["gi"]);
        close("gi_star_z", &ours["gi_star_z"], &row["gi_star"]);
    }
}

#[test]
fn the_map_shows_every_sample_by_its_cluster() {
    let folder = folder();
    let words = ["--transform", "log", "--json", "-o", "map.svg", "-o", "map.png"];
    let json = soilscope(folder.path(), &with("association", &words)).done().json();
    let svg = std::fs::read_to_string(folder.path().join("map.svg")).unwrap();
    let mut left = 155;
    for (name, label) in [
        ("high_among_high", "high among high"),
        ("low_among_low", "low among low"),
        ("high_among_low", "high among low"),
        ("low_among_high", "low among high"),
    ] {
        let count = json["found"][name].as_u64().unwrap();
        assert!(svg.contains(&format!("{label}: {count}<")), "{label}: {count}");
        left -= count;
    }
    assert!(svg.contains(&format!("not significant: {left}<")));
    assert_eq!(svg.matches("<circle").count(), 155 + 5, "a disc a sample, and one a class in the legend");
    assert_eq!(&std::fs::read(folder.path().join("map.png")).unwrap()[1..4], b"PNG");
}

/// What is called a cluster follows from the columns beside it.
#[test]
fn clusters_and_spots_are_what_the_adjusted_probabilities_say() {
    let rows = rows(&["--transform", "log", "--alpha", "0.1"]);
    let number = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    let mean = rows.iter().map(|r| number(r, "value").ln()).sum::<f64>() / rows.len() as f64;
    // Adjusted by hand: the least of p m / rank over this rank and those after it.
    let mut sorted: Vec<f64> = rows.iter().map(|r| number(r, "moran_p")).collect();
    sorted.sort_by(f64::total_cmp);
    let m = sorted.len() as f64;
    for row in &rows {
        let p = number(row, "moran_p");
        let later = sorted.iter().enumerate().filter(|(_, s)| **s >= p);
        let q = later.map(|(k, s)| s * m / (k + 1) as f64).fold(1.0, f64::min);
        close("moran_q", &row["moran_q"], &q.to_string());
        assert_eq!(row["pattern"].starts_with("high"), number(row, "value").ln() > mean, "{row:?}");
        assert_eq!(row["cluster"].is_empty(), q > 0.1, "{row:?}");
        assert!(row["cluster"].is_empty() || row["cluster"] == row["pattern"], "{row:?}");
        let z = number(row, "gi_star_z");
        let spot = if number(row, "gi_star_q") > 0.1 {
            ""
        } else if z > 0.0 {
            "hot"
        } else {
            "cold"
        };
        assert_eq!(row["spot"], spot, "{row:?}");
        assert_eq!(row["moran_p"], row["gi_p"], "the same arrangements serve all three");
    }
    assert!(rows.iter().filter(|r| r["cluster"] == "high-among-high").count() > 10);
}

#[test]
fn probabilities_depend_on_the_seed_and_not_on_threads() {
    let folder = folder();
    let run = |more: &[&'static str]| {
        let words = [&["--json", "--transform", "log", "--permutations", "199"], more].concat();
        soilscope(folder.path(), &with("association", &words)).done().json()
    };
    let (one, three, other) = (run(&["--threads", "1"]), run(&["--threads", "3"]), run(&["--seed", "7"]));
    assert_eq!(one, three);
    assert_ne!(one["local"][0]["moran_p"], other["local"][0]["moran_p"]);
    assert_eq!(one["local"].as_array().unwrap().len(), 155);
    assert_eq!((&one["permutations"]["count"], &one["permutations"]["seed"]), (&199.into(), &1.into()));
}

#[test]
fn every_file_has_the_same_rows() {
    let folder = folder();
    let names = ["a.csv", "a.geojson", "a.gpkg", "a.json"];
    let out: Vec<&str> = names.iter().flat_map(|name| ["-o", name]).collect();
    let run =
        soilscope(folder.path(), &[&with("association", &["--unit", "mg/kg", "--json"])[..], &out].concat()).done();
    assert!(run.json().get("local").is_none(), "the rows are in the files");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let csv = table(&read("a.csv"));
    let all: Value = serde_json::from_str(&read("a.json")).unwrap();
    let geojson: Value = serde_json::from_str(&read("a.geojson")).unwrap();
    for (k, row) in csv.iter().enumerate() {
        for (name, text) in row {
            for value in [&all["local"][k][name], &geojson["features"][k]["properties"][name]] {
                let told = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    number => number.as_f64().unwrap().to_string(),
                };
                assert_eq!(&told, text, "row {k}, {name}");
            }
        }
    }
    // A GeoPackage is read back as samples: its rows are points with these columns.
    let back = ["validate", "a.gpkg", "--analyte", "gi_z", "--method", "idw:2", "--json"];
    let json = soilscope(folder.path(), &back).done().json();
    assert_eq!(json["scores"]["n"], 155);
}

#[test]
fn islands_are_told_and_not_tested() {
    let folder = folder();
    let words = ["--weights", "distance:150", "--transform", "log"];
    let run = soilscope(folder.path(), &with("association", &words)).done();
    assert!(run.out.contains("without a neighbour: lines "), "{}", run.out);
    assert!(run.out.contains("  not tested: no neighbours"), "{}", run.out);
    let json = soilscope(folder.path(), &with("association", &[&words[..], &["--json"]].concat())).done().json();
    let islands = json["weights"]["islands"].as_array().unwrap();
    let local = json["local"].as_array().unwrap();
    let alone: Vec<&Value> = local.iter().filter(|r| r["neighbours"] == 0).map(|r| &r["line"]).collect();
    assert!(!alone.is_empty() && alone == islands.iter().collect::<Vec<_>>(), "{alone:?} {islands:?}");
    assert_eq!(json["found"]["untested"], alone.len());
    assert!(local.iter().filter(|r| r["neighbours"] == 0).all(|r| r["untested"] == "no-neighbours"));
}

#[test]
fn too_few_arrangements_for_a_discovery_are_told() {
    let folder = folder();
    let words = ["--transform", "log", "--permutations", "19", "--alpha", "0.01"];
    let run = soilscope(folder.path(), &with("association", &words)).done();
    // 2/20 of 155 tests at 0.01.
    assert!(run.out.contains("where 1550 samples or more have it: --permutations 31000 or more"), "{}", run.out);
}

#[test]
fn what_has_no_effect_or_no_meaning_is_refused() {
    let folder = folder();
    for (words, why) in [
        (&["--permutations", "0", "--seed", "3"][..], "--seed would have no effect"),
        (&["--weights", "knn:155"], "below the number of samples"),
        (&["--weights", "distance:1"], "raise the distance"),
        (&["--weights", "rook:1"], "expected knn:NUMBER"),
        (&["--alpha", "1"], "expected a number between 0 and 1"),
        (&["-o", "a.shp"], "the ending says what is written"),
        (&["-o", "meuse_grid.csv"], "use --overwrite to replace it"),
        (&["-o", "a.csv", "-o", "a.csv"], "-o a.csv stands twice"),
        (&["--crs", "local", "-o", "a.geojson"], "a local plane has none"),
    ] {
        let meuse = ["association", "meuse.csv", "--analyte", "zinc"];
        let crs = if words.contains(&"--crs") { &[][..] } else { &["--crs", "EPSG:28992"] };
        let run = soilscope(folder.path(), &[&meuse[..], crs, words].concat());
        assert!(run.code == Some(2) && run.err.contains(why), "{words:?}: {}", run.err);
        assert!(!folder.path().join("a.geojson").exists() && run.out.is_empty());
    }
}
