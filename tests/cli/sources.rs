//! Sources: factors, the nearness to an inventory, and what is refused.

use serde_json::Value;

use crate::support::{folder, names, soilscope, table};

const FOUR: &str = "sources meuse.csv --crs EPSG:28992 --analyte cadmium,copper,lead,zinc -o out";
const ZINC: &str = "sources meuse.csv --crs EPSG:28992 --analyte zinc -o out";

/// Four works: two of them beside the highest values of the Meuse samples.
const WORKS: &str = "x,y,name,kind\n181072,333611,north,smelter\n179100,330600,south,smelter\n180500,331500,east,tip\n\
                     178900,331900,west,tip\n";

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn factors_of_the_meuse_metals_are_written_with_their_uncertainty() {
    let folder = folder();
    let line = format!("{FOUR} --factors 2 --bootstrap 30 --starts 6");
    let run = soilscope(folder.path(), &words(&line)).done();
    assert!(run.out.contains("2 factors of 155 samples") && run.out.contains("found again"), "{}", run.out);
    assert!(
        run.out.contains("not intervals of confidence") && run.err.contains("not identified: factors 1, 2"),
        "{}",
        run.err
    );
    assert!(run.out.lines().count() < 20, "{}", run.out);
    let mut expected: Vec<String> =
        ["contributions.csv", "contributions.gpkg", "factors.png", "profiles.csv", "run.json"].map(String::from).into();
    expected.sort();
    assert_eq!(names(&folder.path().join("out")), expected);
    let read = |name: &str| table(&std::fs::read_to_string(folder.path().join("out").join(name)).unwrap());
    let of = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    let profiles = read("profiles.csv");
    assert_eq!(profiles.len(), 8);
    for analyte in ["cadmium", "copper", "lead", "zinc"] {
        let rows = || profiles.iter().filter(|r| r["analyte"] == analyte);
        assert!((rows().map(|r| of(r, "share")).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(rows().all(|r| of(r, "share_low") <= of(r, "share_high") && r["unit"] == "mg/kg"));
        // Two metals of the Meuse go with each other in all samples: other factors fit as well, and the intervals hold them.
        assert!(rows().all(|r| r["identified"] == "no"));
        assert!(
            rows().all(|r| of(r, "share_low") <= of(r, "share_turned_low")
                && of(r, "share_turned_high") <= of(r, "share_high"))
        );
    }
    let contributions = read("contributions.csv");
    assert_eq!((contributions.len(), contributions[0]["line"].as_str()), (155, "2"));
    let mean = contributions.iter().map(|r| of(r, "factor_1")).sum::<f64>() / 155.0;
    assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    // Profiles times contributions are near the values: the first sample has 1022 mg/kg of zinc.
    let zinc: f64 = ["1", "2"]
        .map(|k| {
            let profile = profiles.iter().find(|r| r["analyte"] == "zinc" && r["factor"] == k).unwrap();
            of(profile, "concentration") * of(&contributions[0], &format!("factor_{k}"))
        })
        .iter()
        .sum();
    assert!((zinc / 1022.0 - 1.0).abs() < 0.25, "{zinc}");
    // The same run gives the same numbers, on one thread too.
    let first = std::fs::read(folder.path().join("out/contributions.csv")).unwrap();
    soilscope(folder.path(), &words(&format!("{line} --overwrite --threads 1"))).done();
    assert_eq!(std::fs::read(folder.path().join("out/contributions.csv")).unwrap(), first);
}

#[test]
fn how_many_factors_there_are_is_not_guessed() {
    let folder = folder();
    let json = soilscope(folder.path(), &words(&format!("{FOUR} --starts 4 --json"))).done().json();
    let fits = json["factors"]["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 3, "four analytes determine up to three");
    let q: Vec<f64> = fits.iter().map(|f| number(&f["q"])).collect();
    assert!(q[0] > q[1] && q[1] > q[2], "{q:?}");
    assert_eq!(number(&fits[1]["expected_q"]), 620.0 - 2.0 * 159.0);
    assert!(json["factors"]["uncertainty"].is_null());
    assert_eq!(names(&folder.path().join("out")), ["factors.csv", "run.json"]);
}

#[test]
fn samples_and_hotspots_are_held_against_an_inventory() {
    let folder = folder();
    std::fs::write(folder.path().join("works.csv"), WORKS).unwrap();
    let polygon = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::28992"}},
        "features":[{"type":"Feature","properties":{"id":7},"geometry":{"type":"Polygon","coordinates":
        [[[181172,333511],[181272,333511],[181272,333711],[181172,333711],[181172,333511]]]}}]}"#;
    std::fs::write(folder.path().join("spots.geojson"), polygon).unwrap();
    let line = format!(
        "{ZINC} --inventory works.csv --type kind --hotspots spots.geojson --within 50,150 --threshold zinc=720 --fields 99"
    );
    let run = soilscope(folder.path(), &words(&line)).done();
    assert!(run.out.contains("4 sources") && run.out.contains("samples above their limit"), "{}", run.out);
    assert!(run.out.lines().count() < 20, "{}", run.out);
    let read = |name: &str| table(&std::fs::read_to_string(folder.path().join("out").join(name)).unwrap());
    let near = read("proximity.csv");
    assert_eq!(near.len(), 155);
    assert_eq!(
        (near[0]["source"].as_str(), near[0]["type"].as_str(), near[0]["distance"].as_str()),
        ("north", "smelter", "0")
    );
    assert!(near[0]["distance_tip"].parse::<f64>().unwrap() > 2000.0 && near[0]["sources_within_50"] == "1");
    let spots = read("hotspots.csv");
    assert_eq!((spots[0]["hotspot"].as_str(), spots[0]["distance"].as_str()), ("7", "100"));
    assert_eq!([&spots[0]["sources_within_50"], &spots[0]["sources_within_150"]], ["0", "1"]);
    let json: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out/run.json")).unwrap()).unwrap();
    let related = &json["inventory"]["analytes"][0];
    assert_eq!(related["test"]["above"], 33);
    let share = related["decay"]["share"].as_array().unwrap();
    assert!(number(&share[0]) <= number(&share[1]) && number(&share[1]) <= number(&share[2]), "{share:?}");
    assert_eq!(json["inventory"]["kinds"], serde_json::json!([["smelter", 2], ["tip", 2]]));
}

/// Values below a limit, and missing ones: read as they are reported.
#[test]
fn limits_and_gaps_are_weighed() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let changed: String = text
        .lines()
        .enumerate()
        .map(|(k, line)| {
            let mut cells: Vec<String> = line.split(',').map(String::from).collect();
            match k {
                1..=20 => cells[3] = "<0.5".into(),
                21..=30 => cells[4] = String::new(),
                _ => {}
            }
            cells.join(",") + "\n"
        })
        .collect();
    std::fs::write(folder.path().join("gaps.csv"), changed).unwrap();
    let line = FOUR.replace("meuse.csv", "gaps.csv") + " --starts 2 --factors 1 --bootstrap 0 --json";
    let json = soilscope(folder.path(), &words(&line)).done().json();
    let factors = &json["factors"];
    assert_eq!([&factors["below_limit"], &factors["missing"], &factors["values"]], [20, 10, 610]);
    assert_eq!(factors["samples"], 155);
}

#[test]
fn what_has_no_effect_or_no_meaning_is_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("works.csv"), WORKS).unwrap();
    let zero = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap().replacen(",85,", ",0,", 1);
    std::fs::write(folder.path().join("zero.csv"), zero).unwrap();
    let works = format!("{ZINC} --inventory works.csv");
    for (line, said) in [
        (format!("{FOUR} --bootstrap 9"), "--factors"),
        (format!("{FOUR} --factors 2 --bootstrap 0 --bootstrap-block 200"), "--bootstrap-block would have no effect"),
        (format!("{FOUR} --factors 4"), "take at most 3"),
        (format!("{FOUR} --factors 2 --error-cv 5,6"), "--error-cv has 2 numbers and --analyte 4 names"),
        (format!("{FOUR} --factors 2 --error-cv 0"), "above 0"),
        (format!("{FOUR} --nondetect limit"), "--nondetect would have no effect"),
        (format!("{FOUR} --nondetect censored"), "--nondetect censored is for kriging"),
        (format!("{FOUR} --limit 3"), "--limit is of one analyte"),
        (format!("{FOUR} --type kind"), "--inventory"),
        (FOUR.replace("meuse.csv", "zero.csv"), "zero.csv, line 2, copper: a value of 0 has no uncertainty"),
        (FOUR.replace("copper", "cadmium"), "twice"),
        (ZINC.to_owned(), "one analyte has no factors"),
        (format!("{works} --factors 2"), "--factors would have no effect"),
        (format!("{works} --type sort"), "no column 'sort'; it has x, y, name, kind"),
        (format!("{works} --threshold lead=3"), "--threshold lead: that is none of the analytes zinc"),
        ("sources meuse.csv --crs EPSG:28992 -o out".to_owned(), "give --analyte"),
    ] {
        let run = soilscope(folder.path(), &words(&line));
        assert_eq!(run.code, Some(2), "{line}: {}", run.out);
        assert!(run.err.contains(said), "{line}: {}", run.err);
        assert!(!folder.path().join("out").exists(), "{line}");
    }
}
