//! Where to sample next, and first.

use std::path::Path;

use crate::support::{Run, folder, names, soilscope, table};
use crate::verbs::with;

const MODEL: &str = "0.05 Nug + 0.59 Sph(897)";

/// A map of zinc in `run`.
fn mapped(folder: &Path, more: &[&'static str]) {
    let words = ["--transform", "log", "--model", MODEL, "--mask", "meuse_area.csv", "--cell", "80", "-o", "run"];
    soilscope(folder, &[&with("map", &words)[..], more].concat()).done();
}

fn plan(folder: &Path, words: &[&str]) -> Run {
    soilscope(folder, &[&["sample-plan"], words].concat())
}

fn refused(folder: &Path, words: &[&str], why: &str) {
    let run = plan(folder, words);
    assert_eq!(run.code, Some(2), "{words:?}: {}", run.out);
    assert!(run.err.contains(why), "{words:?}: {}", run.err);
}

#[test]
fn a_plan_goes_to_every_kind_of_file_with_the_same_sites() {
    let folder = folder();
    mapped(folder.path(), &["--threshold", "500"]);
    let outs = ["plan.gpkg", "plan.gpx", "plan.csv", "plan.geojson", "plan.png"];
    let mut words = vec!["run", "-n", "6", "--json"];
    outs.iter().for_each(|out| words.extend(["-o", out]));
    let record = plan(folder.path(), &words).done().json();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let sites = record["sites"].as_array().unwrap();
    assert_eq!(
        (sites.len(), record["lower"].as_str(), record["threshold"].as_f64()),
        (6, Some("misclassification"), Some(500.0))
    );
    assert_eq!(record["computed"]["covariances"], "of kriging with all samples: exact");
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let gained: f64 = sites.iter().map(|s| number(&s["gain"])).sum();
    assert!((number(&record["before"]) - gained - number(&record["after"])).abs() < 1e-6 * gained);
    assert!(sites.windows(2).all(|w| number(&w[0]["expected_after"]) > number(&w[1]["expected_after"])));

    let rows = table(&read("plan.csv"));
    for (row, site) in rows.iter().zip(sites) {
        assert_eq!(row["x"].parse::<f64>().unwrap(), number(&site["x"]));
        assert_eq!(row["gain"].parse::<f64>().unwrap(), number(&site["gain"]));
        assert!(row["why"].contains("off the area expected on the wrong side"));
    }
    let gpx = read("plan.gpx");
    assert!(gpx.contains(r#"<gpx version="1.1""#) && gpx.contains("http://www.topografix.com/GPX/1/1"), "{gpx}");
    assert_eq!(gpx.matches("<wpt ").count(), 6);
    assert!(gpx.contains(&format!(
        r#"lat="{:.7}" lon="{:.7}""#,
        number(&sites[0]["lon_lat"][1]),
        number(&sites[0]["lon_lat"][0])
    )));
    // GDAL reads what was written, where it is there.
    for file in ["plan.gpkg", "plan.geojson", "plan.gpx"] {
        let output =
            std::process::Command::new("ogrinfo").args(["-ro", "-al", "-so", file]).current_dir(folder.path()).output();
        if let Ok(output) = output {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("Feature Count: 6"), "{file}: {said} {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(std::fs::read(folder.path().join("plan.png")).unwrap().starts_with(b"\x89PNG"));
    refused(folder.path(), &["run", "-n", "6", "-o", "plan.csv"], "use --overwrite");
}

/// What the plan says of the variances, a new map with a sample there finds too.
#[test]
fn a_new_map_has_the_variance_that_was_stated() {
    let folder = folder();
    mapped(folder.path(), &["--scale", "transformed"]);
    let record = plan(folder.path(), &["run", "-n", "1", "--json"]).done().json();
    assert_eq!((record["lower"].as_str(), record["computed"]["cells_side"].as_u64()), (Some("variance"), Some(1)));
    let mean = |run: &str| {
        let text = std::fs::read_to_string(folder.path().join(run).join("run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        let layers = record["cells"]["layers"].as_array().unwrap();
        let sd = &layers.iter().find(|l| l["layer"] == "standard-deviation").unwrap()["statistics"];
        let (mean, spread) = (sd["mean"].as_f64().unwrap(), sd["standard_deviation"].as_f64().unwrap());
        mean * mean + spread * spread
    };
    assert!((mean("run") / record["before"].as_f64().unwrap() - 1.0).abs() < 1e-5);
    // A sample beside the middle of its cell, for at the very place kriging knows the value.
    let site = &record["sites"][0];
    let (x, y) = (site["x"].as_f64().unwrap() + 1.0, site["y"].as_f64().unwrap());
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let cells = header.iter().map(|name| match name.trim_matches('"') {
        "x" => x.to_string(),
        "y" => y.to_string(),
        _ => "300".to_owned(),
    });
    let more = format!("{}\n{}\n", text.trim_end(), cells.collect::<Vec<_>>().join(","));
    std::fs::write(folder.path().join("more.csv"), more).unwrap();
    let words = [
        "map",
        "more.csv",
        "--analyte",
        "zinc",
        "--crs",
        "EPSG:28992",
        "--transform",
        "log",
        "--model",
        MODEL,
        "--mask",
        "meuse_area.csv",
        "--cell",
        "80",
        "--scale",
        "transformed",
        "-o",
        "again",
    ];
    soilscope(folder.path(), &words).done();
    let (stated, found) = (record["after"].as_f64().unwrap(), mean("again"));
    let gain = record["before"].as_f64().unwrap() - stated;
    assert!((stated - found).abs() < 0.03 * gain, "{stated} stated, {found} found, {gain} gained");
}

#[test]
fn access_costs_and_distances_are_kept_to() {
    let folder = folder();
    mapped(folder.path(), &["--threshold", "500"]);
    // The south only.
    std::fs::write(
        folder.path().join("south.csv"),
        "x,y\n178000,329000\n182000,329000\n182000,331000\n178000,331000\n178000,329000\n",
    )
    .unwrap();
    let words = [
        "run",
        "--access",
        "south.csv",
        "--budget",
        "450",
        "--cost-per-sample",
        "100",
        "--min-distance",
        "150",
        "--json",
    ];
    let record = plan(folder.path(), &words).done().json();
    let sites = record["sites"].as_array().unwrap();
    assert_eq!(
        (sites.len(), record["cost"].as_f64(), record["stopped"].as_str()),
        (4, Some(400.0), Some("the budget is spent"))
    );
    let places: Vec<[f64; 2]> = sites.iter().map(|s| [s["x"].as_f64().unwrap(), s["y"].as_f64().unwrap()]).collect();
    let samples: Vec<[f64; 2]> = table(&std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap())
        .iter()
        .map(|row| [row["x"].parse().unwrap(), row["y"].parse().unwrap()])
        .collect();
    for (i, a) in places.iter().enumerate() {
        assert!(a[1] < 331_000.0, "{a:?} is not accessible");
        for b in places[..i].iter().chain(&samples) {
            assert!((a[0] - b[0]).hypot(a[1] - b[1]) >= 150.0, "{a:?} is near {b:?}");
        }
    }
}

#[test]
fn plans_that_cannot_be_made_are_refused() {
    let folder = folder();
    mapped(folder.path(), &[]);
    let at = folder.path();
    refused(at, &[], "name the folder of a finished map");
    refused(at, &["run"], "say how many sites");
    refused(at, &["nowhere", "-n", "3"], "there is no finished map");
    refused(at, &["run", "-n", "3", "--lower", "misclassification"], "needs a threshold");
    refused(at, &["run", "-n", "3", "--cost-per-sample", "10"], "--cost-per-sample would have no effect");
    refused(at, &["run", "-n", "3", "--detect", "circle:10"], "--detect would have no effect");
    refused(at, &["run", "-n", "3", "-o", "plan.shp"], "the ending says what is written");
    refused(
        at,
        &["--design", "grid", "--area", "meuse_area.csv", "--crs", "EPSG:28992", "--lower", "variance", "-n", "3"],
        "--lower would have no effect",
    );
    refused(at, &["--design", "grid", "--area", "meuse_area.csv", "-n", "3"], "does not say its CRS");
    refused(at, &["--design", "stratified", "--detect", "circle:10", "--miss", "0.05"], "depends on the --area");
    refused(at, &["--design", "grid", "--detect", "square:10", "--miss", "0.05"], "neither circle:RADIUS nor ellipse");
    refused(at, &["meuse.csv", "--analyte", "zinc"], "give --detect and --area");
    // A map without an error model, and one whose samples are no longer what they were.
    soilscope(at, &with("map", &["--method", "idw:2", "--cell", "100", "-o", "idw"])).done();
    refused(at, &["idw", "-n", "3"], "has no error model");
    let text = std::fs::read_to_string(at.join("meuse.csv")).unwrap();
    std::fs::write(at.join("meuse.csv"), text.replacen("1022", "1023", 1)).unwrap();
    refused(at, &["run", "-n", "3"], "has changed since the map was made");
    std::fs::remove_file(at.join("meuse.csv")).unwrap();
    refused(at, &["run", "-n", "3"], "call sample-plan from the folder in which map was called");
    assert!(!names(at).iter().any(|name| name.starts_with("plan")));
}

#[test]
fn designs_and_their_chance_to_miss() {
    let folder = folder();
    let area = ["--area", "meuse_area.csv", "--crs", "EPSG:28992"];
    // A circle of 20 m on a square grid of 80 m: π/16 of hitting it.
    let grid = plan(
        folder.path(),
        &[&["--design", "grid", "--spacing", "80", "--detect", "circle:20", "--json"], &area[..]].concat(),
    );
    let record = grid.done().json();
    let miss = record["detection"]["miss_of_grid"].as_f64().unwrap();
    assert!((miss - (1.0 - std::f64::consts::PI / 16.0)).abs() < 1e-12);
    assert!((record["detection"]["miss_of_sites"].as_f64().unwrap() - miss).abs() < 0.02);
    let count = record["sites"].as_array().unwrap().len() as f64;
    assert!((count / (record["area"].as_f64().unwrap() / 6400.0) - 1.0).abs() < 0.05);
    // The inverse.
    let words = ["--design", "triangular", "--detect", "ellipse:40,15,30", "--miss", "0.05", "--json"];
    let spacing = plan(folder.path(), &words).done().json()["spacing"].as_f64().unwrap().to_string();
    let words = ["--design", "triangular", "--detect", "ellipse:40,15,30", "--spacing", &spacing, "--json"];
    let miss = plan(folder.path(), &words).done().json()["detection"]["miss_of_grid"].as_f64().unwrap();
    assert!((miss - 0.05).abs() < 1e-9);
    // Strata are as many as were asked for, and drawn anew with another seed.
    let draw = |seed: &str| {
        let words = ["--design", "stratified", "-n", "25", "--seed", seed, "--json"];
        plan(folder.path(), &[&words[..], &area[..]].concat()).done().json()["sites"].clone()
    };
    assert_eq!(draw("1").as_array().unwrap().len(), 25);
    assert_eq!(draw("1"), draw("1"));
    assert_ne!(draw("1"), draw("2"));
    // Samples that are there.
    let samples = ["meuse.csv", "--analyte", "zinc", "--detect", "circle:100", "--json"];
    let record = plan(folder.path(), &[&samples[..], &area[..]].concat()).done().json();
    let miss = record["detection"]["miss_of_sites"].as_f64().unwrap();
    assert!(miss > 0.2 && miss < 0.5, "{miss}");
}
