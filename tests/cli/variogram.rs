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

fn number(row: &std::collections::HashMap<String, String>, name: &str) -> f64 {
    row[name].parse().unwrap_or_else(|_| panic!("{name}: {row:?}"))
}

#[test]
fn the_covariogram_is_that_of_gstat() {
    let folder = folder();
    let lags = ["--transform", "log", "--cutoff", "1500", "--width", "100"];
    let words = [&lags[..], &["--covariogram", "--json", "-o", "c.csv", "-o", "c.png"]].concat();
    let json = soilscope(folder.path(), &with("variogram", &words)).done().json();
    // gstat has lag 0 last.
    let mut gstat = vector("ev_logzn_covariogram.csv");
    gstat.rotate_right(1);
    let csv = table(&std::fs::read_to_string(folder.path().join("c.csv")).unwrap());
    let classes = json["classes"].as_array().unwrap();
    assert_eq!((classes.len(), csv.len()), (gstat.len(), gstat.len()));
    for ((class, row), gstat) in classes.iter().zip(&csv).zip(&gstat) {
        assert_eq!(class["np"].to_string(), gstat["np"]);
        for (ours, expected) in [("dist", "dist"), ("covariance", "gamma")] {
            let (ours, expected) = (class[ours].as_f64().unwrap(), number(gstat, expected));
            assert!((ours - expected).abs() <= 1e-12 * expected.abs(), "{ours} for {expected}");
        }
        assert_eq!(number(row, "covariance"), class["covariance"].as_f64().unwrap());
    }
    assert!(json.get("model").is_none());
    assert_eq!(&std::fs::read(folder.path().join("c.png")).unwrap()[1..4], b"PNG");
}

#[test]
fn the_cloud_is_that_of_gstat_by_lines() {
    let folder = folder();
    let words = ["--transform", "log", "--cutoff", "150", "--no-fit", "--cloud", "pairs.csv"];
    soilscope(folder.path(), &with("variogram", &words)).done();
    let ours = table(&std::fs::read_to_string(folder.path().join("pairs.csv")).unwrap());
    let mut ours: Vec<([u64; 2], f64, f64)> = ours
        .iter()
        .map(|r| (["line_2", "line_1"].map(|n| r[n].parse().unwrap()), number(r, "dist"), number(r, "gamma")))
        .collect();
    ours.sort_by_key(|(lines, ..)| *lines);
    let gstat = vector("ev_logzn_cloud150.csv");
    assert_eq!(ours.len(), gstat.len());
    for ((lines, dist, gamma), row) in ours.iter().zip(&gstat) {
        // A header stands before the rows.
        assert_eq!(*lines, ["i", "j"].map(|n| row[n].parse::<u64>().unwrap() + 1));
        assert!((dist / number(row, "dist") - 1.0).abs() < 1e-12);
        assert!((gamma - number(row, "gamma")).abs() <= 1e-12 * gamma);
    }
}

#[test]
fn cross_variograms_are_those_of_gstat() {
    let folder = folder();
    let lags = ["--transform", "log", "--cutoff", "1500", "--width", "100", "--no-fit", "-o", "cross.csv"];
    let words = [&lags[..], &["--cross", "lead,copper,cadmium"]].concat();
    soilscope(folder.path(), &with("variogram", &words)).done();
    let ours = table(&std::fs::read_to_string(folder.path().join("cross.csv")).unwrap());
    let short = |name: &str| match name {
        "cadmium" => "cd",
        "copper" => "cu",
        "lead" => "pb",
        _ => "zn",
    };
    let gstat = vector("ev_cross_4metals.csv");
    assert_eq!(ours.len(), gstat.len());
    let mut rows: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for row in &ours {
        let (a, b) = (short(&row["analyte_1"]), short(&row["analyte_2"]));
        let ids = if a == b { [a.to_owned(), a.to_owned()] } else { [format!("{a}.{b}"), format!("{b}.{a}")] };
        let k = rows.entry(ids[0].clone()).or_default();
        let of_pair: Vec<_> = gstat.iter().filter(|g| ids.contains(&g["id"])).collect();
        let expected = of_pair[*k];
        *k += 1;
        // gstat counts a pair of a cross variogram from either end.
        let times = if a == b { 1.0 } else { 2.0 };
        assert_eq!(times * number(row, "np"), number(expected, "np"), "{ids:?}");
        for name in ["dist", "gamma"] {
            let (ours, expected) = (number(row, name), number(expected, name));
            assert!((ours - expected).abs() <= 1e-12 * expected.abs(), "{ids:?} {name}: {ours} for {expected}");
        }
    }
    assert_eq!(rows.len(), 10);
}

/// Where the sills that fit each variogram alone make positive semi-definite matrices they are the model, and the diagonal is
/// what each analyte's own fit gives.
#[test]
fn the_coregionalisation_agrees_with_each_fit_alone() {
    let folder = folder();
    let words = ["--transform", "log", "--model", "Nug + Sph(900)", "--json", "--cross", "lead", "-o", "c.svg"];
    let json = soilscope(folder.path(), &with("variogram", &words)).done().json();
    let model = &json["coregionalisation"];
    assert_eq!((&model["notation"], &model["alone"]["origin"]), (&"Nug + Sph(900)".into(), &"fitted".into()));
    let sill = |term: usize, i: usize, j: usize| model["terms"][term]["coefficients"][i][j].as_f64().unwrap();
    for (i, analyte) in ["zinc", "lead"].iter().enumerate() {
        let meuse = ["variogram", "meuse.csv", "--analyte", analyte, "--crs", "EPSG:28992"];
        let alone = soilscope(folder.path(), &[&meuse[..], &words[..5]].concat()).done().json();
        let expected = [&alone["model"]["nugget"], &alone["model"]["structures"][0]["partial_sill"]];
        for (term, expected) in expected.iter().enumerate() {
            let expected = expected.as_f64().unwrap();
            assert!(
                (sill(term, i, i) / expected - 1.0).abs() < 1e-9,
                "{analyte} {term}: {} for {expected}",
                sill(term, i, i)
            );
        }
    }
    for term in 0..2 {
        let (cross, diagonal) = (sill(term, 0, 1), sill(term, 0, 0) * sill(term, 1, 1));
        assert!(cross * cross < diagonal && cross == sill(term, 1, 0));
        let correlation = model["terms"][term]["correlations"][0][1].as_f64().unwrap();
        assert!((correlation - cross / diagonal.sqrt()).abs() < 1e-12);
    }
    assert!(std::fs::read_to_string(folder.path().join("c.svg")).unwrap().contains("zinc and lead"));
}

/// What is shown is what co-kriging uses: the structures that suit the first analyte, sills fitted to all variograms.
#[test]
fn the_coregionalisation_is_that_of_cokriging() {
    let folder = folder();
    for model in [&["--model", "Nug + Sph"][..], &[]] {
        let words = [&["--transform", "log", "--json"], model].concat();
        let shown = soilscope(folder.path(), &with("variogram", &[&words[..], &["--cross", "lead"]].concat())).done();
        let used = with("validate", &[&words[..], &["--method", "cokriging:lead"]].concat());
        let (shown, used) = (shown.json(), soilscope(folder.path(), &used).done().json());
        let (shown, used) = (&shown["coregionalisation"], &used["model"]["coregionalisation"]);
        assert_eq!(shown["alone"]["origin"], if model.is_empty() { "automatic" } else { "fitted" });
        for name in ["analytes", "fitted_by", "sserr"] {
            assert!(shown[name] == used[name] && !used[name].is_null(), "{name}: {} {}", shown[name], used[name]);
        }
        for term in 0..2 {
            for name in ["structure", "coefficients"] {
                assert_eq!(shown["terms"][term][name], used["terms"][term][name]);
            }
        }
    }
}

/// Each analyte keeps its samples; the cross variogram takes the places of both.
#[test]
fn analytes_need_not_be_measured_at_the_same_places() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("meuse.csv")).unwrap();
    let lead = text.lines().next().unwrap().split(',').position(|c| c == "lead").unwrap();
    let gaps: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(k, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if k > 0 && k % 3 == 0 {
                cells[lead] = "";
            }
            cells.join(",")
        })
        .collect();
    std::fs::write(folder.path().join("gaps.csv"), gaps.join("\n") + "\n").unwrap();
    let words = "variogram gaps.csv --analyte zinc --crs EPSG:28992 --cross lead --no-fit --json --unit mg/kg";
    let json = soilscope(folder.path(), &words.split(' ').collect::<Vec<_>>()).done().json();
    assert_eq!((&json["analytes"][0]["samples"], &json["analytes"][1]["samples"]), (&155.into(), &104.into()));
    let places: Vec<u64> =
        json["variograms"].as_array().unwrap().iter().map(|v| v["places"].as_u64().unwrap()).collect();
    assert_eq!(places, [155, 104, 104]);
    let first = &json["variograms"][1];
    assert_eq!(first["analytes"], serde_json::json!(["zinc", "lead"]));
}

#[test]
fn other_variograms_refuse_what_would_have_no_effect() {
    let folder = folder();
    for (words, why) in [
        (&["--covariogram", "--model", "Sph"][..], "cannot be used with"),
        (&["--covariogram", "--estimator", "dowd"], "cannot be used with"),
        (&["--covariogram", "--cloud", "c.csv"], "cannot be used with"),
        (&["--covariogram", "--error-cv", "10"], "would have no effect"),
        (&["--cloud", "c.txt"], "a cloud is written as .csv"),
        (&["--cloud", "c.csv", "-o", "c.csv"], "name the same file"),
        (&["--cross", "lead,lead"], "named twice"),
        (&["--cross", "zinc"], "named twice"),
        (&["--cross", "led"], "did you mean 'lead'"),
        (&["--cross", "lead", "--estimator", "cressie"], "cannot be used with"),
        (&["--cross", "lead", "--fit", "reml"], "name a --model to fit"),
        (&["--cross", "lead", "--error-cv", "10"], "cannot be used with"),
        (&["--cross", "lead", "--method", "external:dist"], "use it with --method ordinary or universal:DEGREE"),
        (&["--cross", "lead", "--model", "0.1 Nug + Sph(900)"], "leave them open"),
        (&["--cross", "lead", "--method", "cokriging:lead"], "use it with --method ordinary or universal:DEGREE"),
        (&["--cross", "lead,copper,cadmium", "-o", "c.png"], "4 analytes in 1 direction(s) make 10"),
    ] {
        let run = soilscope(folder.path(), &with("variogram", words));
        assert!(run.code == Some(2) && run.err.contains(why), "{words:?}: {}", run.err);
        assert!(run.out.is_empty() && crate::support::names(folder.path()).len() == 3, "{words:?}");
    }
    let no_analyte = soilscope(folder.path(), &["variogram", "meuse.csv", "--crs", "EPSG:28992", "--cross", "lead"]);
    assert!(no_analyte.err.contains("--analyte"), "{}", no_analyte.err);
}

/// 11,700 places have 68,439,150 pairs: more than 2²⁶, and more than a cloud may have.
#[test]
fn too_many_pairs_are_refused_with_the_arithmetic() {
    let folder = folder();
    let place = |i: u32| format!("{},{},{}\n", i % 117 * 100, i / 117 * 100, f64::from(i % 89) / 7.0);
    let text: String = std::iter::once("x,y,v\n".to_owned()).chain((0..11_700).map(place)).collect();
    std::fs::write(folder.path().join("many.csv"), text).unwrap();
    let words = "variogram many.csv --analyte v --crs local --no-fit --cutoff 20000 --width 20000";
    for (more, why) in [
        (["--estimator", "dowd"], "68439150 pairs of samples are too many for an estimator"),
        (["--estimator", "genton"], "takes at most 67108864: lower the cutoff"),
        (["--cloud", "cloud.csv"], "11700 samples have 68439150 pairs up to 20000, a file of about 4.1 GB"),
    ] {
        let run = soilscope(folder.path(), &words.split(' ').chain(more).collect::<Vec<_>>());
        assert!(run.code == Some(2) && run.err.contains(why), "{more:?}: {}", run.err);
        assert_eq!(crate::support::names(folder.path()).len(), 4, "no file is left");
    }
}
