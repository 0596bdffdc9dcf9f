//! What is said beside a limit of the law: the row that was taken, what was assumed, and how far it can be trusted.

use std::path::Path;

use crate::support::{folder, names, soilscope, table};

const SAMPLES: [&str; 5] = ["meuse.csv", "--crs", "EPSG:28992", "--unit", "mg/kg"];

/// Swiss limits are of two extracts, and humus does not choose between them.
#[test]
fn organic_matter_does_not_choose_the_extract_of_a_swiss_limit() {
    let folder = folder();
    let check = |code: &str, soil: &str| {
        let words = ["--analyte", "cadmium", "--guideline", code, "--soil", soil, "--json"];
        soilscope(folder.path(), &[&["check"], &SAMPLES[..], &words].concat())
    };
    let both = check("CH/guide", "om=10");
    assert_eq!(both.code, Some(2));
    assert!(both.err.contains("CH/guide/any/nitric-extract, CH/guide/any/soluble"), "{}", both.err);
    let held = check("CH/guide/any/nitric-extract", "om=10").done().json()["guidelines"]["limits"][0].clone();
    assert_eq!((&held["limits"], &held["compared"]), (&serde_json::json!([0.8, 0.8]), &155.into()));
    assert!(held["caveats"].to_string().contains("2 M HNO3 extract"), "{held}");
    assert!(held["caveats"].to_string().contains("organic matter up to 15 % (155)"), "{held}");
    // Above 15 % of humus there is no row, by a number or by the samples' own column.
    let peat = check("CH/guide/any/nitric-extract", "om=20").done().json()["guidelines"]["limits"][0].clone();
    assert_eq!((&peat["without_limit"], &peat["limits"]), (&155.into(), &serde_json::Value::Null), "{peat}");
    let own = check("CH/guide/any/nitric-extract", "om=om").done().json()["guidelines"]["limits"][0].clone();
    assert_eq!(own["limits"], serde_json::json!([0.8, 0.8]));
    assert!(own["without_limit"].as_u64().is_some_and(|n| n > 0 && n < 20), "{own}");
    // The soluble content is for any soil.
    let idle = check("CH/guide/any/soluble", "om=10");
    assert!(idle.code == Some(2) && idle.err.contains("would have no effect"), "{}", idle.err);
    let words = ["thresholds", "compare", "--analyte", "Cd", "--jurisdiction", "CH", "--json", "--soil"];
    let compare = |om: &str| {
        let json = soilscope(folder.path(), &[&words[..], &[om]].concat()).done().json();
        let rows = json["limits"].as_array().unwrap().iter();
        let nitric = rows.filter(|r| r["basis_family"] == "nitric-extract").count();
        (nitric, json["without"].as_array().map_or(0, Vec::len))
    };
    assert_eq!((compare("om=10"), compare("om=20")), ((3, 0), (0, 3)));
    let samples = ["--samples", "meuse.csv", "--unit", "mg/kg", "--analyte", "cadmium"];
    let json = soilscope(
        folder.path(),
        &[&["thresholds", "compare", "--jurisdiction", "CH", "--json", "--soil", "om=om"], &samples[..]].concat(),
    );
    assert_eq!(json.done().json()["limits"].as_array().map(Vec::len), Some(6));
}

/// The share is of all samples, and those of which it cannot be told make it a range, for a number as for a limit of the law.
#[test]
fn samples_that_cannot_tell_stay_in_the_denominator() {
    let folder = folder();
    let rows = (0..20).map(|k| format!("{k},{},{}\n", k * k % 7, if k < 15 { "0.2" } else { "<0.5" }));
    let text = format!("x,y,Cd_mg_kg\n{}", rows.collect::<String>());
    std::fs::write(folder.path().join("cd.csv"), text).unwrap();
    let words = ["check", "cd.csv", "--crs", "local", "--threshold", "0.1"];
    let text = soilscope(folder.path(), &words).done().out;
    assert!(text.contains("15 of 20 above 0.1 (75.0 to 100.0 %)"), "{text}");
    assert!(text.contains("5 cannot be told"), "{text}");
    let json = soilscope(folder.path(), &[&words[..], &["--json"]].concat()).done().json();
    let counted = &json["threshold"][0];
    assert_eq!(
        (&counted["compared"], &counted["share_above"]),
        (&20.into(), &serde_json::json!([0.75, 1.0])),
        "{counted}"
    );
}

/// What `map` says of the soil that a limit is for, `check` says too.
#[test]
fn check_says_what_it_assumes_of_the_soil() {
    let folder = folder();
    let check = |more: &[&str]| {
        let words = ["--analyte", "zinc", "--guideline"];
        soilscope(folder.path(), &[&["check"], &SAMPLES[..], &words, more].concat())
    };
    let european = check(&["EU/soil-upper"]).done().out;
    assert!(european.contains("it is for soils with pH from 6 to 7, which is not known here"), "{european}");
    let german = check(&["DE/precautionary", "--soil", "texture=loam,ph=6.5"]).done().out;
    assert!(german.contains("total organic carbon up to 9 %, which is not known here"), "{german}");
    assert!(german.contains("texture loam or silt"), "the class that was taken: {german}");
    let known = check(&["DE/precautionary", "--soil", "texture=loam,ph=6.5,toc=3"]).done().out;
    assert!(!known.contains("which is not known here"), "{known}");
    // Half of what a formula takes is not used, and so is refused.
    let half = check(&["NL/intervention", "--soil", "clay=8"]);
    assert_eq!(half.code, Some(2));
    assert!(half.err.contains("--soil clay would have no effect") && half.err.contains("--soil om=10"), "{}", half.err);
}

/// pH that was computed with is not said to be left out, and the class it chose is.
#[test]
fn the_class_that_a_soil_chose_is_said() {
    let folder = folder();
    let words =
        ["--analyte", "zinc", "--guideline", "CN/screening/farmland", "--soil", "ph=6", "--at", "meuse_grid.csv"];
    let run =
        soilscope(folder.path(), &[&["predict"], &SAMPLES[..], &words, &["--json", "-o", "p.csv"]].concat()).done();
    assert!(!run.err.contains("not computed: soil pH"), "{}", run.err);
    assert!(run.err.contains("of the act's classes of soil it is that for pH above 5.5 up to 6.5"), "{}", run.err);
    assert!(run.err.contains("soil pH (water)"), "{}", run.err);
    assert_eq!(run.json()["guideline"]["class"], serde_json::json!(["pH above 5.5 up to 6.5"]));
}

/// Where the table has no year, nothing is left blank.
#[test]
fn a_year_that_is_not_given_is_said_so() {
    let folder = folder();
    soilscope(folder.path(), &["thresholds", "list", "-o", "all.csv"]).done();
    let rows = table(&std::fs::read_to_string(folder.path().join("all.csv")).unwrap());
    assert!(rows.iter().all(|r| !r["year"].is_empty()));
    assert_eq!(rows.iter().filter(|r| r["year"] == "not given").count(), 382);
    // A comparison names act and source of each limit in a footnote.
    let text =
        soilscope(folder.path(), &["thresholds", "compare", "--analyte", "Cd", "--jurisdiction", "NL,US"]).done().out;
    assert!(text.contains("[1]") && text.contains("; read in "), "{text}");
    assert!(text.contains("not given"), "{text}");
    let words = ["--analyte", "zinc", "--guideline", "NL/intervention"];
    let text = soilscope(folder.path(), &[&["check"], &SAMPLES[..], &words].concat()).done().out;
    assert!(text.contains("Circulaire bodemsanering 2009 Annex 1") && text.contains("read in "), "{text}");
}

/// Whether the bytes of a file hold some words.
fn holds(file: &Path, words: &str) -> bool {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    bytes.windows(words.len()).any(|w| w == words.as_bytes())
}

/// The number of an unverified limit stands nowhere without its code and mark: in no text, table, layer, record or picture. What
/// sample-plan writes of a map is its own test's.
#[test]
fn no_output_shows_an_unverified_limit_without_its_mark() {
    let folder = folder();
    let at = folder.path();
    let lead = ["meuse.csv", "--analyte", "lead", "--crs", "EPSG:28992", "--unit", "mg/kg"];
    let run = |verb: &[&str], more: &[&str]| soilscope(at, &[verb, &lead[..], more].concat()).done();
    let code = "FI/lower-guideline/other-than-industrial";
    let limit = ["--guideline", "FI/lower-guideline"];
    let number = ["--threshold", "200"];
    let map = ["--cell", "160", "--transform", "log", "--realisations", "20", "-o"];
    let marked = |what: &str, text: &str| {
        let lines =
            || text.lines().filter(|l| l.contains("above 200") || l.contains("below 200") || l.contains(" 200 mg"));
        for line in lines().filter(|l| !l.starts_with("note: ")) {
            assert!(line.contains("200!") || line.contains("UNVERIFIED"), "{what}: {line}");
        }
        assert!(text.contains("UNVERIFIED") && text.contains(code), "{what}: {text}");
    };

    // The verbs' own words.
    let unverified = run(&["map"], &[&map[..], &["unv"], &limit].concat());
    marked("map", &unverified.out);
    assert!(unverified.out.contains("hotspots above 200! (FI/lower-guideline/"), "{}", unverified.out);
    let check = run(&["check"], &limit);
    marked("check", &check.out);
    assert!(check.out.lines().any(|l| l.starts_with("mean ") && l.contains("200!")), "{}", check.out);
    assert_eq!(run(&["check"], &[&limit[..], &["--json"]].concat()).json()["means"][0]["standing"], "unverified");
    marked("validate", &run(&["validate"], &[&limit[..], &["--folds", "5"]].concat()).out);
    let zones = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"field"},"geometry":
        {"type":"Polygon","coordinates":[[[5.72,50.95],[5.77,50.95],[5.77,51.0],[5.72,51.0],[5.72,50.95]]]}}]}"#;
    std::fs::write(at.join("zones.geojson"), zones).unwrap();
    let fields = ["--cell", "160", "--realisations", "5", "--fields", "none", "--zones", "zones.geojson", "-o", "sim"];
    marked("simulate", &run(&["simulate"], &[&fields[..], &limit].concat()).out);
    for out in ["p.csv", "p.geojson", "p.gpkg"] {
        run(&["predict"], &[&limit[..], &["--at", "meuse_grid.csv", "-o", out]].concat());
    }
    let points = run(&["predict"], &[&limit[..], &["--at", "meuse_grid.csv", "--json"]].concat()).json();
    assert_eq!(points["predictions"][0]["limit_standing"], "UNVERIFIED");
    let again = ["hotspots", "unv/lead_prediction.tif", "unv/lead_exceedance.tif"];
    let files = ["-o", "h.geojson", "-o", "h.gpkg", "-o", "h.csv", "-o", "h.png"];
    marked("hotspots", &soilscope(at, &[&again[..], &files].concat()).done().out);
    let json = soilscope(at, &[&again[..], &["--json"]].concat()).done().json();
    assert_eq!(
        (&json["limit"]["limit_standing"], &json["each"][0]["limit_code"]),
        (&"UNVERIFIED".into(), &code.into())
    );

    // Every file that has the number. Predictions, their errors and the mask of trust are of no threshold.
    let without = ["lead_prediction.tif", "lead_sd.tif", "lead_trust.tif"];
    let files = names(&at.join("unv")).into_iter().filter(|name| !without.contains(&name.as_str()));
    let files =
        files.map(|name| format!("unv/{name}")).chain(names(&at.join("sim")).into_iter().map(|n| format!("sim/{n}")));
    let files: Vec<String> =
        files.chain(["p.csv", "p.geojson", "p.gpkg", "h.geojson", "h.gpkg", "h.csv"].map(String::from)).collect();
    for name in [
        "unv/lead_exceedance.tif",
        "unv/lead_hotspots.gpkg",
        "unv/lead_curve.csv",
        "unv/run.json",
        "sim/lead_zones.csv",
    ] {
        assert!(files.iter().any(|f| f == name), "{name} is among {files:?}");
    }
    for name in files.iter().filter(|f| !f.ends_with(".png")) {
        for words in [code, if name.ends_with(".json") { "\"unverified\"" } else { "UNVERIFIED" }] {
            assert!(holds(&at.join(name), words), "{name} does not say {words}");
        }
    }
    // Letters are outlines in pictures: with the mark they are others than those of the same number.
    run(&["map"], &[&map[..], &["num"], &number].concat());
    let pictures: Vec<&String> = files.iter().filter(|f| f.starts_with("unv/") && f.ends_with(".png")).collect();
    assert_eq!(pictures.len(), 3, "{pictures:?}");
    let read = |name: &str| std::fs::read(at.join(name)).unwrap();
    for name in pictures {
        assert_ne!(read(name), read(&name.replace("unv/", "num/")), "{name} does not show the limit");
    }
    let more = ["hotspots", "num/lead_prediction.tif", "num/lead_exceedance.tif", "-o", "n.png"];
    soilscope(at, &more).done();
    assert_ne!(read("h.png"), read("n.png"));
}

/// A limit for another digestion is said not to compare, wherever it is used; how it errs is said too.
#[test]
fn a_limit_of_another_basis_is_said_not_to_compare() {
    let folder = folder();
    let map = |basis: &[&str], out: &str| {
        let words =
            ["--analyte", "zinc", "--guideline", "NL/intervention", "--cell", "160", "--realisations", "0", "-o", out];
        soilscope(folder.path(), &[&["map"], &SAMPLES[..], &words, basis].concat())
    };
    let silent = map(&[], "silent").done();
    assert!(
        silent.err.contains("how the samples were digested is not known here: say it by --basis"),
        "{}",
        silent.err
    );
    let other = map(&["--basis", "aqua-regia"], "other").done();
    assert!(
        other.err.contains("so they do NOT compare: it finds less, so soil can be above the limit"),
        "{}",
        other.err
    );
    assert!(other.out.contains("ANOTHER BASIS than the samples"), "{}", other.out);
    for file in ["zinc_exceedance.tif", "zinc_hotspots.geojson", "run.json"] {
        assert!(holds(&folder.path().join("other").join(file), "aqua-regia"), "{file}");
    }
    let same = map(&["--basis", "total"], "same").done();
    assert!(!same.err.contains("compare") && !same.err.contains("--basis"), "{}", same.err);
    // The act's standard soil stands in the raster, the hotspots and the picture, not in messages alone.
    for file in ["zinc_exceedance.tif", "zinc_hotspots.geojson", "zinc_hotspots.gpkg"] {
        assert!(holds(&folder.path().join("same").join(file), "standard soil"), "{file}");
    }
    assert!(same.out.contains("standard soil"), "{}", same.out);
    for (words, why) in
        [(["--basis", "cold-water"], "bases are total, aqua-regia"), (["--basis", "leachate"], "bases are total")]
    {
        let refused = map(&words, "none");
        assert!(refused.code == Some(2) && refused.err.contains(why), "{}", refused.err);
    }
    let words = ["--analyte", "zinc", "--threshold", "500", "--basis", "total", "-o", "none"];
    let idle = soilscope(folder.path(), &[&["map"], &SAMPLES[..], &words].concat());
    assert!(idle.code == Some(2) && idle.err.contains("--basis would have no effect"), "{}", idle.err);
    let check = |basis: &[&str]| {
        let words = ["--analyte", "zinc", "--guideline", "SE/guideline/km"];
        soilscope(folder.path(), &[&["check"], &SAMPLES[..], &words, basis].concat()).done().out
    };
    assert!(check(&["--basis", "total"]).contains("do NOT compare"));
}

/// An indicator's hotspots hold probabilities, and name them so.
#[test]
fn hotspots_of_an_indicator_are_of_probabilities() {
    let folder = folder();
    let words = ["--analyte", "zinc", "--method", "indicator:500", "--threshold", "500", "--cell", "160", "-o", "out"];
    soilscope(folder.path(), &[&["map"], &SAMPLES[..], &words].concat()).done();
    let text = std::fs::read_to_string(folder.path().join("out/zinc_hotspots.geojson")).unwrap();
    let hotspots: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = hotspots["features"][0]["properties"].as_object().unwrap();
    assert!(of.contains_key("maximum_probability") && of.contains_key("mean_probability"), "{of:?}");
    assert!(!of.contains_key("mean") && !of.contains_key("maximum"), "{of:?}");
}

/// Flanders corrects its limits of metals for the soil, which the table cannot: they are no numbers to compare with.
#[test]
fn limits_that_would_be_corrected_do_not_compare() {
    let folder = folder();
    let words = ["thresholds", "compare", "--analyte", "Zn", "--jurisdiction", "BE-VLG", "--json"];
    let json = soilscope(folder.path(), &words).done().json();
    let limits = json["limits"].as_array().unwrap();
    assert!(!limits.is_empty() && limits.iter().all(|l| l["why_not"] == "soil correction not computed"), "{json}");
    let words = ["thresholds", "compare", "--analyte", "Cd", "--jurisdiction", "BE-VLG", "--json"];
    let json = soilscope(folder.path(), &words).done().json();
    let standards =
        json["limits"].as_array().unwrap().iter().filter(|l| l["conditions"].to_string().contains("standard soil"));
    assert!(standards.clone().count() == 5 && standards.clone().all(|l| l["comparable"] == true), "{json}");
}

/// Every attribute of a hotspot and every number of their record is explained to who has to decide by them.
#[test]
fn every_attribute_and_number_of_hotspots_is_documented() {
    let folder = folder();
    let words = ["--guideline", "NL/intervention", "--basis", "total", "--depth", "0.5", "--bulk-density", "1.3"];
    let more =
        ["--treat-cost", "50", "--leave-cost", "200", "--smooth", "1", "--min-area", "30000", "--realisations", "20"];
    let out = ["--analyte", "zinc", "--transform", "log", "--cell", "160", "--out", "out", "--json"];
    let record = soilscope(folder.path(), &[&["map"], &SAMPLES[..], &words, &more, &out].concat()).done().json();
    let documented = std::fs::read_to_string(crate::support::root().join("docs/hotspots.md")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("out/zinc_hotspots.geojson")).unwrap();
    let hotspots: serde_json::Value = serde_json::from_str(&text).unwrap();
    let attributes = hotspots["features"][0]["properties"].as_object().unwrap();
    assert!(attributes.len() > 30, "{attributes:?}");
    // An upper end stands beside its lower one.
    for name in attributes.keys().map(|name| name.replace("_high", "_low")) {
        assert!(documented.contains(&format!("`{name}`")), "the attribute {name}");
    }
    let numbers = record["hotspots"].as_object().unwrap();
    assert!(numbers.len() > 10, "{numbers:?}");
    for name in numbers.keys() {
        let said = ["`", "."].map(|end| documented.contains(&format!("`{name}{end}")));
        assert!(said.contains(&true), "the number {name}");
    }
    for name in numbers["errors"].as_object().unwrap().keys() {
        assert!(documented.contains(&format!("`errors.{name}`")), "the number errors.{name}");
    }
}
