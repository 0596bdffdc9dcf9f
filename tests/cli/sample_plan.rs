//! Where to sample next, and first.

use std::path::Path;

use crate::estimation::{noise, on_noise};
use crate::support::{Run, folder, names, soilscope, table};
use crate::verbs::with;

pub(crate) const MODEL: &str = "0.05 Nug + 0.59 Sph(897)";

/// A map of zinc in `run`.
fn mapped(folder: &Path, more: &[&'static str]) {
    let words = ["--transform", "log", "--model", MODEL, "--mask", "meuse_area.csv", "--cell", "80", "-o", "run"];
    soilscope(folder, &[&with("map", &words)[..], more].concat()).done();
}

pub(crate) fn plan(folder: &Path, words: &[&str]) -> Run {
    soilscope(folder, &[&["sample-plan"], words].concat())
}

pub(crate) fn refused(folder: &Path, words: &[&str], why: &str) {
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

/// Two columns of 2 km of an ESRI ASCII grid: one value in the west and one in the east of 180000.
pub(crate) fn halves(folder: &Path, name: &str, west: &str, east: &str) {
    let text = format!(
        "ncols 2\nnrows 1\nxllcorner 178000\nyllcorner 329000\ndx 2000\ndy 5000\nNODATA_value -9999\n{west} {east}\n"
    );
    std::fs::write(folder.join(name), text).unwrap();
}

/// The eastings of sites.
pub(crate) fn eastings(record: &serde_json::Value) -> Vec<f64> {
    record["sites"].as_array().unwrap().iter().map(|s| s["x"].as_f64().unwrap()).collect()
}

#[test]
fn rasters_say_where_one_may_sample_and_what_it_costs() {
    let folder = folder();
    let at = folder.path();
    mapped(at, &["--threshold", "500"]);
    // Outside is what is 0 and what is nodata.
    for outside in ["0", "-9999"] {
        halves(at, "access.asc", outside, "1");
        let record = plan(at, &["run", "-n", "5", "--access", "access.asc", "--json"]).done().json();
        let x = eastings(&record);
        assert!(x.len() == 5 && x.iter().all(|x| *x > 180_000.0), "{x:?}");
    }
    // Dear in the east: the cost is that of a sample and that of the place, and sites are where it is low.
    halves(at, "cost.asc", "20", "100000");
    let words = ["run", "-n", "5", "--cost-per-sample", "100", "--cost-raster", "cost.asc", "--json"];
    let run = plan(at, &words).done();
    let record = run.json();
    assert!(eastings(&record).iter().all(|x| *x < 180_000.0), "{record}");
    assert_eq!((record["cost"].as_f64(), record["sites"][0]["cost"].as_f64()), (Some(600.0), Some(120.0)));
    // Nowhere in the west.
    halves(at, "cost.asc", "-9999", "100000");
    let run = plan(at, &words).done();
    let record = run.json();
    assert!(eastings(&record).iter().all(|x| *x > 180_000.0), "{record}");
    assert!(run.err.contains("places have no cost in cost.asc and are left out"), "{}", run.err);
    halves(at, "cost.asc", "-100", "-100");
    refused(at, &words, "with --cost-per-sample it must be above 0");
    halves(at, "cost.asc", "-9999", "-9999");
    refused(at, &words, "no cost at any place");
}

/// A budget that buys nothing is said to, costs nothing, and no empty file is left.
#[test]
fn a_plan_without_sites_says_why_and_writes_nothing() {
    let folder = folder();
    mapped(folder.path(), &[]);
    let words = ["run", "--budget", "9", "--cost-per-sample", "10"];
    let run = plan(folder.path(), &words).done();
    assert!(run.out.contains("0 sites") && run.out.contains("the budget is less than any site costs"), "{}", run.out);
    assert!(run.out.contains("cost: 0\n"), "{}", run.out);
    for file in ["plan.csv", "plan.gpkg", "plan.gpx"] {
        let why = "no site is proposed, and nothing is written: the budget is less than any site costs";
        refused(folder.path(), &[&words[..], &["-o", file]].concat(), why);
        assert!(!folder.path().join(file).exists());
    }
    // Places of a cell are no nearer to each other than cells are.
    let run = plan(folder.path(), &["run", "-n", "1", "--candidates", "1", "--json"]).done();
    assert!(run.err.contains("--candidates 1 became 80"), "{}", run.err);
    assert!(!plan(folder.path(), &["run", "-n", "1", "--candidates", "160"]).done().err.contains("became"));
}

/// Where no sample is near enough nothing is predicted: said, counted, and left out.
#[test]
fn a_map_with_gaps_is_planned_for_where_it_predicts() {
    let folder = folder();
    let at = folder.path();
    mapped(at, &["--threshold", "500", "--radius", "150"]);
    let run = plan(at, &["run", "-n", "3", "-o", "plan.csv", "--json"]).done();
    let record = run.json();
    assert_eq!(record["sites"].as_array().unwrap().len(), 3);
    let text = std::fs::read_to_string(at.join("run/run.json")).unwrap();
    let map: serde_json::Value = serde_json::from_str(&text).unwrap();
    let without = &record["without_prediction"];
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {record}"));
    // As many cells of 80 m as the map itself has left without a prediction.
    let gaps = number(&without["area"]) / 6400.0;
    let cells = number(&record["computed"]["cells_of_map"]);
    let layers = map["cells"]["layers"].as_array().unwrap();
    let predicted = number(&layers[0]["statistics"]["count"]);
    assert!(gaps > 0.0 && number(&without["candidates"]) > 0.0);
    assert_eq!((gaps, number(&without["share"])), (cells - predicted, gaps / cells), "{map}");
    assert!(number(&without["furthest"]["distance"]) > 150.0);
    assert!(run.err.contains("have no prediction and are not in what is lowered"), "{}", run.err);
    // Only such ground to choose from is refused.
    let [x, y] = ["x", "y"].map(|name| number(&without["furthest"][name]));
    let ring = [[-50.0, -50.0], [50.0, -50.0], [50.0, 50.0], [-50.0, 50.0], [-50.0, -50.0]];
    let rows = ring.map(|[east, north]| format!("{},{}\n", x + east, y + north));
    std::fs::write(at.join("there.csv"), format!("x,y\n{}", rows.concat())).unwrap();
    refused(at, &["run", "-n", "3", "--access", "there.csv"], "predicts nothing where one may sample");
    // A map without gaps has no such record.
    mapped(at, &["--threshold", "500", "--overwrite"]);
    let record = plan(at, &["run", "-n", "3", "--json"]).done().json();
    assert!(record["without_prediction"].is_null(), "{record}");
}

#[test]
fn what_the_map_was_made_with_decides() {
    let folder = folder();
    let at = folder.path();
    // Every value is above its limit, so the map is that of plain kriging.
    mapped(at, &["--nondetect", "censored"]);
    assert_eq!(plan(at, &["run", "-n", "2", "--json"]).done().json()["sites"].as_array().unwrap().len(), 2);
    // Some are below.
    let text = std::fs::read_to_string(at.join("meuse.csv")).unwrap();
    std::fs::write(at.join("below.csv"), text.replacen(",1022,", ",<1022,", 1)).unwrap();
    let words =
        ["map", "below.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--transform", "log", "--model", MODEL];
    soilscope(at, &[&words[..], &["--nondetect", "censored", "--cell", "200", "-o", "below"]].concat()).done();
    refused(at, &["below", "-n", "2"], "with --nondetect censored errors are not Gaussian");
    // Values that have nothing to do with their places.
    noise(at, 80);
    for fallback in ["mean", "0.5 Nug + 0.5 Sph(50)", "idw:2"] {
        let words = ["--fallback", fallback, "--cell", "50", "-o", "noise", "--overwrite"];
        on_noise(at, "map", &words).done();
        refused(at, &["noise", "-n", "2"], "no model was chosen for this map");
    }
}

#[test]
fn an_area_of_distant_polygons_has_its_sites() {
    let folder = folder();
    let at = folder.path();
    let corners = |[west, south, east, north]: [f64; 4]| {
        format!("{west},{south}\n{east},{south}\n{east},{north}\n{west},{north}\n{west},{south}\n")
    };
    let write =
        |name: &str, rings: &[String]| std::fs::write(at.join(name), format!("x,y\n{}", rings.join("\n"))).unwrap();
    // Two hectares, 10⁹ m from each other.
    let rings = [[0.0, 0.0, 100.0, 100.0], [1e9, 1e9, 1e9 + 100.0, 1e9 + 100.0]].map(corners);
    write("distant.csv", &rings);
    let words = ["--area", "distant.csv", "--crs", "local", "-n", "40", "--detect", "circle:10", "--json"];
    for design in ["grid", "triangular", "stratified"] {
        let record = plan(at, &[&["--design", design][..], &words].concat()).done().json();
        let x = eastings(&record);
        let west = x.iter().filter(|x| **x < 1e9).count();
        assert!(x.len().abs_diff(40) <= 12 && west.abs_diff(20) <= 6, "{design}: {west} of {}", x.len());
        // Sites of 500 m² each hit a circle of 314 m² that often, apart from the edges.
        let miss = record["detection"]["miss_of_sites"].as_f64().unwrap();
        assert!(miss > 0.2 && miss < 0.65, "{design}: {miss}");
    }
    // A slanting strip 1 m wide fills next to nothing of its rectangle.
    let strip = "0,0\n1000000,1000000\n1000001,1000000\n1,0\n0,0\n".to_owned();
    write("strip.csv", &[strip]);
    let words = ["--area", "strip.csv", "--crs", "local", "--design", "grid", "--spacing", "100"];
    refused(
        at,
        &words,
        "100010000 places 100 apart lie in the rectangles round the area's polygons, and at most 10000000 are looked through; the area itself has room for 100: take fewer sites",
    );
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
    refused(
        at,
        &["--design", "grid", "--detect", "circle:10", "--miss", "0.05", "--seed", "9"],
        "--seed would have no effect",
    );
    refused(at, &["--design", "grid", "--detect", "square:10", "--miss", "0.05"], "neither circle:RADIUS nor ellipse");
    // Sizes beyond all plans, whose squares are no numbers; and a file that would be written twice.
    for size in ["circle:1e-310", "circle:1e-160", "circle:1e10", "ellipse:20,1e-310"] {
        refused(at, &["--design", "grid", "--detect", size, "--spacing", "1"], "is not a length from 1e-9 to 1e9");
    }
    refused(
        at,
        &["--design", "grid", "--detect", "circle:1", "--spacing", "1e300"],
        "expected a length from 1e-9 to 1e9",
    );
    refused(at, &["run", "-n", "3", "-o", "plan.csv", "-o", "plan.csv"], "-o plan.csv stands twice");
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
    // The azimuth is that of the longer half-axis, whichever is named first.
    let miss_of = |ellipse: &str| {
        let words = ["--design", "grid", "--detect", ellipse, "--spacing", "60", "--json"];
        plan(folder.path(), &words).done().json()["detection"].clone()
    };
    assert_eq!(miss_of("ellipse:15,40,30"), miss_of("ellipse:40,15,30"));
    assert_ne!(miss_of("ellipse:15,40,30")["miss_of_grid"], miss_of("ellipse:40,15,0")["miss_of_grid"]);
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
