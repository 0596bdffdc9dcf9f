//! Probabilities of being above a threshold, and the proof that they are worth anything.

use soilscope_core::random::Random;

use crate::support::{folder, names, soilscope};
use crate::verbs::with;

#[test]
fn a_map_with_a_threshold_proves_its_skill() {
    let folder = folder();
    let words = ["--transform", "log", "--threshold", "500", "--cell", "100", "-o", "out", "--json"];
    let run = soilscope(folder.path(), &with("map", &words)).done();
    let record = run.json();
    let skill = &record["skill"];
    assert_eq!((skill["skilled"].as_bool(), skill["route"].as_str()), (Some(true), Some("gaussian")));
    let number = |key: &str| skill[key].as_f64().unwrap();
    assert!(number("brier") < number("brier_of_base_rate") && number("auc") > 0.7, "{skill}");
    let parts = number("miscalibration") - number("discrimination") + number("uncertainty");
    assert!((parts - number("brier")).abs() < 1e-12);
    assert_eq!(skill["happened"], 57); // samples above 500 mg/kg in the file
    assert!(names(folder.path()).contains(&"out/zinc_reliability.png".to_owned()));
    assert!(!run.err.contains("no skill"), "{}", run.err);
    // The same numbers without a map, and by another route.
    let words = ["--transform", "log", "--threshold", "500", "--json"];
    let validated = soilscope(folder.path(), &with("validate", &words)).done().json();
    assert_eq!(validated["skill"]["brier"], skill["brier"]);
    let indicator = soilscope(folder.path(), &with("validate", &["--method", "indicator:500", "--json"])).done().json();
    assert_eq!((&indicator["skill"]["route"], &indicator["skill"]["skilled"]), (&"indicator".into(), &true.into()));
    assert!(indicator.get("calibration").is_none());
    // And by shares of simulated fields, which are the Gaussian probabilities but for the number of fields.
    let words =
        ["--transform", "log", "--threshold", "500", "--cell", "200", "--realisations", "8", "-o", "fields", "--json"];
    let simulated = soilscope(folder.path(), &with("simulate", &words)).done().json();
    assert_eq!((&simulated["skill"]["route"], &simulated["skill"]["skilled"]), (&"simulation".into(), &true.into()));
    assert_eq!(simulated["skill"]["happened"], 57);
    assert!((simulated["skill"]["brier"].as_f64().unwrap() - number("brier")).abs() < 0.02, "{}", simulated["skill"]);
    // Nothing is above 5000, so nothing can be proved, and that is said.
    let words = ["--transform", "log", "--threshold", "5000"];
    let run = soilscope(folder.path(), &with("validate", &words)).done();
    assert!(run.err.contains("no skill is shown") && run.out.contains("happened at none of the 155"), "{}", run.err);
}

#[test]
fn where_there_is_no_skill_the_map_says_so() {
    let folder = folder();
    let mut random = Random::new(9);
    let mut text = "x,y,zinc\n".to_owned();
    for _ in 0..90 {
        let [x, y, v] = [random.uniform() * 1000.0, random.uniform() * 1000.0, 20.0 + random.normal()];
        text += &format!("{x:.1},{y:.1},{v:.3}\n");
    }
    std::fs::write(folder.path().join("noise.csv"), text).unwrap();
    let words = [
        "map",
        "noise.csv",
        "--analyte",
        "zinc",
        "--crs",
        "local",
        "--model",
        "0.2 Nug + 0.8 Sph(300)",
        "--threshold",
        "20.5",
        "--cell",
        "50",
        "-o",
        "out",
        "--json",
    ];
    let run = soilscope(folder.path(), &words).done();
    let record = run.json();
    assert_eq!(record["skill"]["skilled"], false);
    assert!(run.err.contains("no skill here"), "{}", run.err);
    let notes = record["notes"].as_array().unwrap();
    assert!(notes.iter().any(|n| n.as_str().unwrap().starts_with("no skill here")), "{notes:?}");
    // Nor is any hotspot of it certain, and raster, hotspots and what is made of them later say why.
    let words = ["hotspots", "out/zinc_exceedance.tif", "--crs", "local", "--confidence", "0.5", "--json"];
    let again = soilscope(folder.path(), &words).done().json();
    let each = again["each"].as_array().unwrap();
    assert!(!each.is_empty() && each.iter().all(|spot| spot["skilled"] == "no"), "{each:?}");
    assert_eq!(
        format!("{:.4}", each[0]["skill_score"].as_f64().unwrap()),
        format!("{:.4}", record["skill"]["score"].as_f64().unwrap())
    );
    let words = [&words_of_map("0.3")[..], &["--json"]].concat();
    let record = soilscope(folder.path(), &words).done().json();
    assert_eq!(record["skill"]["skilled"], false);
    let classes = &record["hotspots"]["classes"];
    assert_eq!(classes["certain"], 0);
    assert!(classes["probable"].as_u64().unwrap() > 0, "{classes}");
}

/// A map of noise, hot from this confidence on.
fn words_of_map(confidence: &'static str) -> Vec<&'static str> {
    let model = ["--model", "0.2 Nug + 0.8 Sph(300)", "--cell", "50", "--overwrite", "-o", "sure"];
    let decision = ["--threshold", "20.5", "--confidence", confidence, "--realisations", "0"];
    [&["map", "noise.csv", "--analyte", "zinc", "--crs", "local"][..], &model, &decision].concat()
}

/// `<500` says nothing of 400, and everything of 600.
#[test]
fn a_limit_above_the_threshold_decides_nothing() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = header.iter().position(|&h| h == "zinc").unwrap();
    let mut below = 0;
    let censored: String = text
        .lines()
        .enumerate()
        .map(|(k, line)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if k > 0 && k % 4 == 0 && cells[column].parse::<f64>().unwrap() < 500.0 {
                cells[column] = "<500".into();
                below += 1;
            }
            cells.join(",") + "\n"
        })
        .collect();
    std::fs::write(folder.path().join("censored.csv"), censored).unwrap();
    let words = |threshold: &'static str| {
        let common = ["validate", "censored.csv", "--analyte", "zinc", "--crs", "EPSG:28992", "--transform", "log"];
        let run = soilscope(folder.path(), &[&common[..], &["--json", "--threshold", threshold]].concat());
        run.done().json()["skill"].clone()
    };
    assert!(below > 20);
    assert_eq!((words("400")["undecided"].as_u64(), words("400")["n"].as_u64()), (Some(below), Some(155 - below)));
    assert_eq!((words("600")["undecided"].as_u64(), words("600")["n"].as_u64()), (Some(0), Some(155)));
}

#[test]
fn thresholds_without_a_probability_are_refused() {
    let folder = folder();
    for (words, why) in [
        (
            ["--method", "idw", "--threshold", "500"],
            "--threshold would have no effect: this --method gives no probability",
        ),
        (["--method", "indicator:400", "--threshold", "500"], "says nothing of a --threshold of 500"),
    ] {
        let run = soilscope(folder.path(), &with("validate", &words));
        assert!(run.code == Some(2) && run.err.contains(why), "{}", run.err);
    }
}

/// What hotspots state of their errors is what the probabilities of their cells say.
#[test]
fn hotspots_state_their_errors() {
    let folder = folder();
    let words = ["--transform", "log", "--threshold", "500", "--cell", "100", "-o", "out", "--json"];
    let record = soilscope(folder.path(), &with("map", &words)).done().json();
    let errors = &record["hotspots"]["errors"];
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let exceedance =
        record["cells"]["layers"].as_array().unwrap().iter().find(|l| l["layer"].to_string().contains("xceed"));
    let mean = number(&exceedance.unwrap()["statistics"]["mean"]);
    let cells = number(&record["cells"]["predicted"]);
    let expected = number(&errors["expected_above"]);
    assert!((expected - mean * cells * 1e4).abs() < 1e-4 * expected, "{expected} {}", mean * cells * 1e4);
    let area = number(&record["hotspots"]["area_on_map"]);
    let (positive, negative) = (number(&errors["false_positive"]), number(&errors["false_negative"]));
    assert!((area - positive + negative - expected).abs() < 1e-6 * expected);
    assert!(positive > 0.0 && positive < 0.2 * area && negative > positive);
    let curve = errors["by_confidence"].as_array().unwrap();
    let at = curve.iter().find(|at| at["confidence"] == 0.8).unwrap();
    assert_eq!((&at["area"], curve.len()), (&record["hotspots"]["area_on_map"], 19));
    assert!(curve.windows(2).all(|w| number(&w[0]["area"]) >= number(&w[1]["area"])));
    // Each hotspot too.
    let text = std::fs::read_to_string(folder.path().join("out/zinc_hotspots.geojson")).unwrap();
    let features: serde_json::Value = serde_json::from_str(&text).unwrap();
    // What is missed lies mostly by some hotspot; cells that are hardly ever above are by none.
    let nearby: f64 = (features["features"].as_array().unwrap().iter())
        .map(|feature| number(&feature["properties"]["false_negative_nearby_m2"]))
        .sum();
    assert!(nearby > 0.6 * negative && nearby < 1.001 * negative, "{nearby} {negative}");
    for feature in features["features"].as_array().unwrap() {
        let own = &feature["properties"];
        assert_eq!(own["skilled"], "yes");
        let wrong = number(&own["area_m2"]) * (1.0 - number(&own["mean_probability"]));
        assert!((number(&own["false_positive_m2"]) - wrong).abs() < 1e-6 * (1.0 + wrong), "{own}");
        let above = own["samples_above"].as_u64().unwrap();
        assert!(above <= own["samples_inside"].as_u64().unwrap());
        let untrusted = number(&own["untrusted_share"]) > 0.5;
        assert_eq!(own["class"] == "needs samples", above == 0 || untrusted, "{own}");
    }
}

#[test]
fn verdicts_can_be_asked_for_at_any_width_of_blocks() {
    let folder = folder();
    let base = ["--transform", "log", "--model", "0.05 Nug + 0.59 Sph(897)", "--threshold", "500"];
    let asked = [&with("validate", &base)[..], &["--block-samples", "5,20", "--json"]].concat();
    let json = soilscope(folder.path(), &asked).done().json();
    let widths = json["by_block_samples"].as_array().unwrap();
    assert_eq!(widths.iter().map(|w| w["samples_a_block"].as_f64().unwrap()).collect::<Vec<_>>(), [5.0, 20.0]);
    let score = |k: usize| widths[k]["skill"]["score"].as_f64().unwrap();
    let size = |k: usize| widths[k]["calibration"]["block_size"].as_f64().unwrap();
    assert!(size(1) > 1.9 * size(0) && score(1) < score(0), "wider gaps are harder: {widths:?}");
    let text = soilscope(folder.path(), &asked[..asked.len() - 1]).done().out;
    assert!(text.contains("blocks of 5 samples: squared errors") && text.contains("blocks of 20 samples"), "{text}");
    for (more, why) in [
        (&["--block-samples", "0"][..], "expected a number above 0"),
        (&["--method", "nearest", "--block-samples", "5"], "--block-samples would have no effect"),
    ] {
        let run = soilscope(folder.path(), &[&with("validate", &[])[..], more].concat());
        assert!(run.code == Some(2) && run.err.contains(why), "{more:?}: {}", run.err);
    }
    let run = soilscope(folder.path(), &[&with("validate", &base)[..], &["--block-samples", "80"]].concat()).done();
    assert!(run.out.contains("not possible: number of samples in a block"), "{}", run.out);
}

/// A line has no area: blocks of it hold what was asked for all the same, in whatever direction it lies.
#[test]
fn blocks_of_a_transect_hold_as_many_samples_as_asked() {
    let folder = folder();
    let blocks = |name: &str, at: &dyn Fn(f64) -> [f64; 2]| {
        let row = |i: u32| {
            let [x, y] = at(10.0 * f64::from(i));
            let noise = f64::from(i * 7919 % 101) / 101.0;
            format!("{x},{y},{}\n", 10.0 + 3.0 * (f64::from(i) / 9.0).sin() + noise)
        };
        std::fs::write(folder.path().join(name), format!("x,y,zinc\n{}", (0..120).map(row).collect::<String>()))
            .unwrap();
        let words = [
            "validate",
            name,
            "--analyte",
            "zinc",
            "--unit",
            "mg/kg",
            "--crs",
            "local",
            "--model",
            "0.2 Nug + 4 Sph(200)",
        ];
        let words = [&words[..], &["--threshold", "11", "--block-samples", "5,20", "--json"]].concat();
        let json = soilscope(folder.path(), &words).done().json();
        let each = json["by_block_samples"].as_array().unwrap().iter();
        each.map(|width| width["calibration"]["blocks"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for found in [blocks("east.csv", &|t| [t, 0.0]), blocks("north-east.csv", &|t| [0.6 * t, 0.8 * t])] {
        assert!((15..=38).contains(&found[0]) && (4..=9).contains(&found[1]), "{found:?}");
    }
}
