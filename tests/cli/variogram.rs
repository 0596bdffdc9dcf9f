//! Variograms of every kind: estimators, models that are not valid everywhere or have no sill.

use crate::support::{folder, soilscope, table};
use crate::verbs::{vector, with};

/// The classes of a run with `--json`, as (pairs, distance, semivariance).
fn classes(words: &[&'static str]) -> Vec<(u64, f64, f64)> {
    let folder = folder();
    let json =
        soilscope(folder.path(), &with("variogram", &[&["--json", "--no-fit"][..], words].concat())).done().json();
    let class =
        |c: &serde_json::Value| (c["np"].as_u64().unwrap(), c["dist"].as_f64().unwrap(), c["gamma"].as_f64().unwrap());
    json["classes"].as_array().unwrap().iter().map(class).collect()
}

#[test]
fn robust_and_relative_estimators_are_those_of_gstat() {
    for (name, words) in [
        ("ev_zn_pairwise_relative.csv", &["--estimator", "pairwise-relative"][..]),
        ("ev_logzn_cressie.csv", &["--estimator", "cressie", "--transform", "log"][..]),
    ] {
        let ours = classes(&[&["--cutoff", "1500", "--width", "100"][..], words].concat());
        let gstat = vector(name);
        assert_eq!(ours.len(), gstat.len(), "{name}");
        for ((np, _, gamma), row) in ours.iter().zip(&gstat) {
            assert_eq!(np.to_string(), row["np"], "{name}");
            let expected: f64 = row["gamma"].parse().unwrap();
            assert!((gamma / expected - 1.0).abs() < 1e-12, "{name}: {gamma} for {expected}");
        }
    }
}

/// The median and the order statistic of the differences of a class, by brute force from the shipped table.
#[test]
fn dowd_and_genton_are_order_statistics_of_the_differences() {
    let text = std::fs::read_to_string(crate::support::root().join("data/meuse.csv")).unwrap();
    let rows: Vec<[f64; 3]> = table(&text).iter().map(|r| ["x", "y", "zinc"].map(|n| r[n].parse().unwrap())).collect();
    let mut differences = Vec::new();
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[..i] {
            let h = (a[0] - b[0]).hypot(a[1] - b[1]);
            if 100.0 < h && h <= 200.0 {
                differences.push((a[2].ln() - b[2].ln()).abs());
            }
        }
    }
    differences.sort_by(f64::total_cmp);
    let n = differences.len();
    let median = 0.5 * (differences[(n - 1) / 2] + differences[n / 2]);
    let mut distances = Vec::new();
    for (i, a) in differences.iter().enumerate() {
        distances.extend(differences[..i].iter().flat_map(|b| [a - b, a + b]));
    }
    distances.sort_by(f64::total_cmp);
    let half = n / 2 + 1;
    let qn = 2.2191 * distances[half * (half - 1) - 1];
    let words = ["--transform", "log", "--cutoff", "500", "--width", "100"];
    for (estimator, expected) in [("dowd", 0.5 * 2.198 * median * median), ("genton", 0.5 * qn * qn)] {
        let (np, _, gamma) = classes(&[&words[..], &["--estimator", estimator]].concat())[1];
        assert_eq!(np as usize, n);
        assert!((gamma / expected - 1.0).abs() < 1e-12, "{estimator}: {gamma} for {expected}");
    }
}

#[test]
fn relative_semivariances_stay_out_of_predictions() {
    let folder = folder();
    let relative = ["--estimator", "pairwise-relative"];
    let fitted =
        soilscope(folder.path(), &with("variogram", &[&relative[..], &["--model", "Nug + Sph"]].concat())).done();
    assert!(fitted.out.contains("the nugget and sills have no unit"), "{}", fitted.out);
    let model = ["--model", "Nug + Sph"];
    for words in [
        with("validate", &model),
        with("predict", &[&model[..], &["--at", "meuse_grid.csv"]].concat()),
        with("map", &[&model[..], &["-o", "out"]].concat()),
        with("simulate", &[&model[..], &["-o", "out"]].concat()),
    ] {
        let run = soilscope(folder.path(), &[&words[..], &relative].concat());
        assert_eq!(run.code, Some(2), "{words:?}: {}", run.err);
        assert!(run.err.contains("see by soilscope variogram which range it shows"), "{words:?}: {}", run.err);
        assert!(!folder.path().join("out").exists(), "{words:?}");
    }
    for (more, why) in [
        (&["--no-fit", "--transform", "log"][..], "no zero of their own"),
        (&["--no-fit", "--method", "universal:1"][..], "both sides of 0"),
        (&["--no-fit", "--method", "indicator:500"][..], "most of its values are 0"),
        (&[][..], "name a --model"),
    ] {
        let run = soilscope(folder.path(), &with("variogram", &[&relative[..], more].concat()));
        assert!(run.code == Some(2) && run.err.contains(why), "{more:?}: {}", run.err);
    }
}

#[test]
fn every_verb_says_where_a_model_is_valid() {
    let folder = folder();
    let model = ["--transform", "log", "--neighbours", "8", "--model", "0.2 Nug + 0.4 Lin(900)"];
    let remark = "0.4 Lin(900) is a valid variogram along a line only";
    for words in [
        with("variogram", &["--transform", "log", "--model", "0.2 Nug + 0.4 Lin(900)"]),
        with("validate", &model),
        with("predict", &[&model[..], &["--at", "meuse_grid.csv"]].concat()),
        with("map", &[&model[..], &["--cell", "200", "-o", "map"]].concat()),
        with(
            "simulate",
            &["--transform", "log", "--model", model[5], "--cell", "400", "--realisations", "2", "-o", "fields"],
        ),
    ] {
        let run = soilscope(folder.path(), &words).done();
        assert!(run.err.contains(remark) || run.out.contains(remark), "{words:?}: {}{}", run.err, run.out);
    }
    let json = soilscope(folder.path(), &with("validate", &[&model[..], &["--json"]].concat())).done().json();
    assert!(json["model"]["remarks"][0].as_str().unwrap().starts_with(remark), "{json}");
}

#[test]
fn a_model_without_a_sill_is_told_in_words() {
    let folder = folder();
    let words = ["--transform", "log", "-o", "v.svg", "-o", "v.json", "--model"];
    let run = soilscope(folder.path(), &with("variogram", &[&words[..], &["Nug + Pow(0.5)"]].concat())).done();
    assert!(run.out.contains("effective range  none: there is no sill"), "{}", run.out);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("v.json")).unwrap();
    assert_eq!(json["model"]["bounded"], false);
    assert!(json["model"].get("sill").is_none() && json["model"].get("effective_range").is_none(), "{json}");
    let drawn = |svg: &str| [">sill ", "95 % of the sill"].map(|label| svg.contains(label));
    assert_eq!(drawn(&read("v.svg")), [false, false]);
    let bounded = with("variogram", &[&["--overwrite"][..], &words, &["Nug + Exp"]].concat());
    soilscope(folder.path(), &bounded).done();
    assert_eq!(drawn(&read("v.svg")), [true, true], "the labels are there where there is a sill");
}

#[test]
fn a_wrong_model_is_told_before_any_file_is_read() {
    let folder = folder();
    for verb in ["variogram", "validate"] {
        let run = soilscope(folder.path(), &[verb, "no_such_file.csv", "--model", "Nug + Spherical"]);
        assert_eq!(run.code, Some(2));
        assert!(run.err.starts_with("error: invalid value 'Nug + Spherical' for '--model <MODEL>':"), "{}", run.err);
        assert!(!run.err.contains("no_such_file"), "{}", run.err);
    }
}
