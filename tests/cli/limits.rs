//! Values below limits: `--nondetect censored`, samples that cannot tell, statistics of a column.

use std::fmt::Write as _;
use std::path::Path;

use soilscope_core::random::Random;
use soilscope_pipeline::io::raster_in::RasterIn;
use tempfile::TempDir;

use crate::support::{Run, root, soilscope, table};

/// The first campaign of the monitoring data has ten samples below 12 mg/kg among 120.
fn monitoring() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root().join("data/synthetic_monitoring.csv"), folder.path().join("lead.csv")).unwrap();
    folder
}

const MODEL: &str = "0.03 Nug + 0.5 Sph(5000)";

fn run(folder: &Path, verb: &str, more: &[&str]) -> Run {
    let words = [verb, "lead.csv", "--crs", "local", "--duplicates", "first", "--nondetect", "censored"];
    soilscope(folder, &[&words[..], more].concat())
}

/// With a complete model and a logarithm, so that nothing has to be fitted.
fn quick(folder: &Path, verb: &str, more: &[&str]) -> Run {
    run(folder, verb, &[&["--transform", "log", "--model", MODEL], more].concat())
}

#[track_caller]
fn refused(run: Run, why: &str) {
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains(why) && run.err.lines().count() <= 4, "{}", run.err);
}

/// 80 samples of a log-normal field, those below `limit` written as it.
fn field(limit: f64) -> (TempDir, Vec<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(21);
    let mut text = "x,y,lead (mg/kg)\n".to_owned();
    let mut values = Vec::new();
    for _ in 0..80 {
        let [x, y] = [100.0 * random.uniform(), 100.0 * random.uniform()];
        let value = (2.0 + 0.7 * (x / 20.0).sin() + 0.5 * (y / 30.0).cos() + 0.3 * random.normal()).exp();
        let shown = if value < limit { format!("<{limit}") } else { format!("{value:.3}") };
        writeln!(text, "{x:.3},{y:.3},{shown}").unwrap();
        values.push(value);
    }
    std::fs::write(folder.path().join("lead.csv"), text).unwrap();
    (folder, values)
}

#[test]
fn a_variogram_is_fitted_to_limits_as_limits() {
    let (folder, _) = field(6.0);
    let run = run(folder.path(), "variogram", &["--transform", "log", "--model", "Nug + Sph", "--json"]).done();
    let model = &run.json()["model"];
    let censored = &model["censored"];
    assert_eq!((censored["samples"].as_u64(), censored["method"].as_str()), (Some(80), Some("stochastic-em")));
    assert!(censored["below"].as_u64().unwrap() > 20, "{censored}");
    let [nugget, sill, range] = &censored["parameters"].as_array().unwrap()[..] else { panic!("{censored}") };
    for parameter in [nugget, sill, range] {
        let at = |key: &str| parameter[key].as_f64().unwrap_or(0.0);
        assert!(at("lower") <= at("estimate") && at("estimate") <= at("upper"), "{parameter}");
    }
    let text = self::run(folder.path(), "variogram", &["--transform", "log", "--model", "Nug + Sph"]).done().out;
    assert!(text.contains("stochastic EM") && text.contains("half the limit standing for values below it"), "{text}");
    // A complete model is used as it is.
    let given = quick(folder.path(), "variogram", &["--json"]).done().json();
    assert_eq!(given["model"]["origin"], "given");
    assert!(given["model"].get("censored").is_none());
}

#[test]
fn an_automatic_model_is_fitted_again_and_says_so() {
    let (folder, _) = field(6.0);
    let run = run(folder.path(), "validate", &["--transform", "log", "--folds", "5", "--json"]).done();
    let record = run.json();
    let model = &record["model"];
    assert_eq!(model["origin"], "automatic");
    assert!(run.err.contains("its parameters were fitted again"), "{}", run.err);
    let chosen = model["choice"]["chosen"].to_string();
    assert!(model["censored"]["below"].as_u64() > Some(20) && !chosen.contains(model["notation"].as_str().unwrap()));
    let limits = &record["method"]["below_limits"];
    assert_eq!((limits["draws"].as_u64(), limits["method"].as_str()), (Some(200), Some("data-augmentation")));
    assert_eq!((&limits["limits"][0][0], &limits["settings"]["seed"]), (&6.0.into(), &1.into()));
    assert!(limits["mixing"].as_f64().unwrap() < 1.2, "{limits}");
}

/// At a sample below its limit the prediction is below it, and so is all of its distribution.
#[test]
fn a_sample_below_its_limit_is_predicted_below_it() {
    let folder = monitoring();
    std::fs::write(folder.path().join("at.csv"), "x,y\n15.4,4390.2\n242.1,4311.3\n4036,1\n7020.2,2617.1\n").unwrap();
    let words = ["--at", "at.csv", "--threshold", "12"];
    let rows = table(&quick(folder.path(), "predict", &words).done().out);
    for row in &rows[..3] {
        let number = |key: &str| row[key].parse::<f64>().unwrap();
        assert!(number("prediction") < 12.0 && number("variance") > 0.0 && number("exceedance") == 0.0, "{row:?}");
    }
    assert_eq!(rows[3]["prediction"].parse::<f64>().unwrap().round(), 40.0);
    // Half the limit is a value of which nobody doubts.
    let half = soilscope(
        folder.path(),
        &[
            &["predict", "lead.csv", "--crs", "local", "--duplicates", "first", "--transform", "log", "--model", MODEL],
            &words[..],
        ]
        .concat(),
    );
    let row = &table(&half.done().out)[0];
    assert!(
        (row["prediction"].parse::<f64>().unwrap() - 6.0).abs() < 1e-9
            && row["variance"].parse::<f64>().unwrap() < 1e-9
    );
    let json = quick(folder.path(), "predict", &["--at", "at.csv", "--threshold", "12", "--json"]).done().json();
    assert!(json["distribution"].as_str().unwrap().starts_with("mixture of 200"), "{json}");
}

#[test]
fn validation_scores_what_is_known() {
    let folder = monitoring();
    let run = quick(folder.path(), "validate", &["--threshold", "40", "-o", "rows.csv", "--json"]).done();
    let record = run.json();
    let scores = &record["scores"];
    assert_eq!((scores["n"].as_u64(), scores["below_limits"]["n"].as_u64()), (Some(110), Some(10)));
    assert!(scores["below_limits"]["mean_probability"].as_f64().unwrap() > 0.2, "{scores}");
    assert_eq!(record["skill"]["route"], "mixture");
    assert_eq!((record["skill"]["n"].as_u64(), record["skill"]["undecided"].as_u64()), (Some(120), Some(0)));
    assert_eq!(record["calibration"]["n"], 120);
    let rows = table(&std::fs::read_to_string(folder.path().join("rows.csv")).unwrap());
    let below: Vec<_> = rows.iter().filter(|row| !row["limit"].is_empty()).collect();
    assert_eq!(below.len(), 10);
    for row in below {
        let probability = row["probability_below"].parse::<f64>().unwrap();
        assert!(row["observed"].is_empty() && row["residual"].is_empty() && row["limit"] == "12");
        assert!((0.0..=1.0).contains(&probability) && !row["prediction"].is_empty(), "{row:?}");
    }
    let squares: Vec<f64> = rows.iter().filter_map(|r| r["residual"].parse::<f64>().ok()).map(|r| r * r).collect();
    let rmse = (squares.iter().sum::<f64>() / 110.0).sqrt();
    assert!((rmse / scores["rmse"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let text = quick(folder.path(), "validate", &[]).done().out;
    assert!(text.contains("10 samples are below their limits") && text.contains("log score"), "{text}");
}

#[test]
fn a_map_records_how_limits_entered() {
    let folder = monitoring();
    let words = ["--threshold", "40", "--cell", "500", "-o", "out", "--json"];
    let run = quick(folder.path(), "map", &words).done();
    let record = run.json();
    assert_eq!(record["samples"]["nondetect"], "censored");
    assert_eq!(record["method"]["below_limits"]["below"], 10);
    assert!(record["settings"]["distribution"].as_str().unwrap().starts_with("mixture of 200"));
    assert!(record.get("undecided").is_none());
    assert!(run.err.contains("each is taken as below its limit, and no number stands for it"), "{}", run.err);
    let tif = std::fs::read(folder.path().join("out/lead_mg_kg_exceedance.tif")).unwrap();
    assert!(String::from_utf8_lossy(&tif).contains("mixture of 200 distributions"));
    let tif = std::fs::read(folder.path().join("out/lead_mg_kg_prediction.tif")).unwrap();
    assert!(String::from_utf8_lossy(&tif).contains("10 samples are below their limits, each drawn 200 times"));
    // The same again, on other threads, to the last bit.
    let again = quick(folder.path(), "map", &["--threshold", "40", "--cell", "500", "-o", "again", "--threads", "1"]);
    again.done();
    for name in ["prediction", "sd", "exceedance"] {
        let read = |folder_name: &str| {
            std::fs::read(folder.path().join(format!("{folder_name}/lead_mg_kg_{name}.tif"))).unwrap()
        };
        assert!(read("out") == read("again"), "{name}");
    }
}

/// Each realisation has a draw of its own of what is below limits: below the limit, and not the same in all.
#[test]
fn realisations_draw_what_is_below_limits() {
    let folder = monitoring();
    // One more, where the centre of the first cell is.
    let text = std::fs::read_to_string(folder.path().join("lead.csv")).unwrap() + "S300,-100,4500,2001-06-01,<12\n";
    std::fs::write(folder.path().join("lead.csv"), text).unwrap();
    let words = ["--bounds", "-84.6,4290.2,915.4,4490.2", "--cell", "200", "--realisations", "300", "--fields", "none"];
    let more = ["--quantiles", "0.1,0.9", "--threshold", "12", "-o", "out", "--json"];
    let record = quick(folder.path(), "simulate", &[&words[..], &more[..]].concat()).done().json();
    assert_eq!(record["below_limits"]["below"], 11);
    let simulator = &record["simulation"]["simulator"];
    assert_eq!((&record["below_limits"]["draws"], simulator), (&300.into(), &"circulant-embedding".into()));
    std::fs::write(folder.path().join("at.csv"), "x,y\n-100,4500\n").unwrap();
    let krige = table(&quick(folder.path(), "predict", &["--at", "at.csv"]).done().out);
    let first = |name: &str| {
        let raster = RasterIn::open(&folder.path().join(format!("out/lead_mg_kg_{name}.tif")), 1).unwrap();
        raster.rows().next().unwrap().unwrap()[0].unwrap()
    };
    let (mean, low, high) = (first("mean"), first("q0.1"), first("q0.9"));
    assert!(low < mean && mean < high && high < 12.0, "{low} {mean} {high}");
    let predicted: f64 = krige[0]["prediction"].parse().unwrap();
    assert!((mean / predicted - 1.0).abs() < 0.1, "{mean} {predicted}");
}

#[test]
fn where_nothing_is_below_a_limit_nothing_changes() {
    let (folder, _) = field(f64::MIN_POSITIVE);
    let censored = quick(folder.path(), "validate", &[]).done();
    assert!(
        censored.err.contains("no sample is below a limit, so --nondetect censored changes nothing"),
        "{}",
        censored.err
    );
    let plain =
        soilscope(folder.path(), &["validate", "lead.csv", "--crs", "local", "--transform", "log", "--model", MODEL]);
    assert_eq!(censored.out, plain.done().out);
}

/// The mean of values below limits is below the mean of the limits; beside quantified values half the limit stands in their mean.
#[test]
fn places_with_several_samples_have_the_limit_of_their_mean() {
    let (folder, _) = field(6.0);
    let mut text = std::fs::read_to_string(folder.path().join("lead.csv")).unwrap();
    text += "200,200,<4\n200,200,<8\n300,200,<4\n300,200,10\n";
    std::fs::write(folder.path().join("lead.csv"), text).unwrap();
    let words = ["--transform", "log", "--model", MODEL, "-o", "rows.csv", "--duplicates", "mean"];
    let words = [&["validate", "lead.csv", "--crs", "local", "--nondetect", "censored"], &words[..]].concat();
    let run = soilscope(folder.path(), &words).done();
    let rows = table(&std::fs::read_to_string(folder.path().join("rows.csv")).unwrap());
    assert_eq!((rows[80]["limit"].as_str(), rows[80]["observed"].as_str()), ("6", ""));
    assert_eq!((rows[81]["limit"].as_str(), rows[81]["observed"].as_str()), ("", "6"));
    assert!(run.err.contains("averaged with quantified ones: 1; half the limit stands"), "{}", run.err);
}

#[test]
fn what_cannot_use_limits_is_refused() {
    let folder = monitoring();
    let at = folder.path();
    std::fs::write(at.join("at.csv"), "x,y\n1,2\n").unwrap();
    refused(run(at, "validate", &["--transform", "normal-score"]), "a value below a limit has none");
    for method in ["idw:2", "nearest"] {
        refused(run(at, "validate", &["--method", method]), "no distribution to draw values below limits from");
    }
    refused(run(at, "validate", &["--method", "indicator:40"]), "does not go with --method indicator");
    let words = ["--drift-from", "all", "--neighbours", "16", "--model", MODEL];
    refused(run(at, "validate", &words), "use --neighbours all for a mean of all samples");
    refused(run(at, "validate", &["--fallback", "mean"]), "does not go with --fallback");
    refused(run(at, "validate", &["--fit", "reml"]), "name a --model to fit");
    refused(run(at, "validate", &["--model", "Nug + Sph", "--intervals", "profile", "--fit", "reml"]), "Rubin's rule");
    refused(run(at, "validate", &["--model", "Nug + Sph", "--cutoff", "900"]), "has no lag classes");
    refused(run(at, "association", &[]), "whose statistics need a number for each sample");
    refused(run(at, "simulate", &["-o", "out", "--transform", "normal-score"]), "a value below a limit has none");
    let words = ["--transform", "log", "--simulator", "sgs", "-o", "out"];
    refused(run(at, "simulate", &words), "whose realisations share the values of the samples");
    refused(run(at, "validate", &["--analyte", "lead_mg_kg", "--method", "cokriging:zinc"]), "krige the analyte alone");
    for option in [&["--no-fit"][..], &["--covariogram"], &["--cloud", "cloud.csv"]] {
        refused(run(at, "variogram", option), &format!("does not go with {}", option[0]));
    }
    let cross = ["--analyte", "lead_mg_kg", "--cross", "lead_mg_kg"];
    assert_eq!(run(at, "variogram", &cross).code, Some(2));
    // All but one sample below limits tell no distribution.
    std::fs::write(at.join("lead.csv"), "x,y,lead (mg/kg)\n1,1,<5\n2,1,<5\n3,2,7\n4,4,<5\n").unwrap();
    refused(quick(at, "predict", &["--at", "at.csv"]), "quantified values");
}

/// In every way of treating them, samples below a limit above the threshold are neither above nor not.
#[test]
fn samples_that_cannot_tell_are_flagged() {
    let folder = monitoring();
    let at = folder.path();
    std::fs::write(at.join("at.csv"), "x,y\n1,2\n").unwrap();
    // One that is not above, and one that is below a limit below: that is known.
    let mut text = std::fs::read_to_string(at.join("lead.csv")).unwrap();
    text += "S201,100,100,2001-06-01,7\nS202,7900,4900,2001-06-01,<8\n";
    std::fs::write(at.join("lead.csv"), text).unwrap();
    for how in ["censored", "limit/2", "limit", "limit/sqrt2"] {
        let words = ["validate", "lead.csv", "--crs", "local", "--duplicates", "first", "--nondetect", how];
        let more = ["--transform", "log", "--model", MODEL, "--threshold", "11", "--json"];
        let run = soilscope(at, &[&words[..], &more[..]].concat()).done();
        let record = run.json();
        assert!(run.err.contains("10 samples are below limits that are above 11"), "{how}: {}", run.err);
        assert_eq!(
            (&record["undecided"]["count"], &record["undecided"]["lines"][0]),
            (&10.into(), &14.into()),
            "{how}"
        );
        let skill = &record["skill"];
        assert_eq!((skill["undecided"].as_u64(), skill["n"].as_u64()), (Some(10), Some(112)), "{how}");
        assert_eq!(skill["happened"], 110, "{how}");
    }
    let run = quick(at, "predict", &["--at", "at.csv", "--threshold", "11", "--json"]).done();
    assert_eq!(run.json()["undecided"]["count"], 10);
    let words = ["--threshold", "11", "--confidence", "0.05", "--cell", "500", "-o", "out", "--json"];
    let run = quick(at, "map", &words).done();
    let record = run.json();
    assert_eq!(record["undecided"]["count"], 10);
    assert!(record["notes"].to_string().contains("ask the laboratory for a lower limit there"));
    let inside = record["hotspots"]["undecided"].as_u64().unwrap();
    // Realisations have draws of their own too.
    let joint = &record["hotspots"]["joint"];
    assert!(joint["simulator"].as_str().unwrap().ends_with("a draw of the values below limits each"), "{joint}");
    let polygons = std::fs::read(at.join("out/lead_mg_kg_hotspots.gpkg")).unwrap();
    assert!(inside > 0 && inside <= 10 && String::from_utf8_lossy(&polygons).contains("samples_undecided"), "{inside}");
}

#[test]
fn check_tells_how_high_a_mean_may_be() {
    let folder = monitoring();
    let words = ["check", "lead.csv", "--crs", "local", "--threshold", "11"];
    let json = soilscope(folder.path(), &[&words[..], &["--json"]].concat()).done().json();
    let column = &json["statistics"][0];
    assert_eq!((&column["censoring"]["count"], &column["censoring"]["below"]), (&902.into(), &30.into()));
    assert_eq!(column["censoring"]["limits"].as_array().unwrap().len(), 3);
    let methods: Vec<&str> =
        column["estimates"].as_array().unwrap().iter().map(|e| e["method"].as_str().unwrap()).collect();
    assert_eq!(
        methods,
        [
            "Kaplan-Meier",
            "regression on order statistics",
            "likelihood, normal",
            "likelihood, log-normal",
            "likelihood, gamma"
        ]
    );
    // Of the families the true one, log-normal, has the lowest AIC.
    let aic = |k: usize| column["estimates"][k]["aic"].as_f64().unwrap();
    assert!(aic(3) < aic(2) && aic(3) < aic(4));
    let upper: Vec<Option<f64>> =
        column["upper_limits"].as_array().unwrap().iter().map(|u| u["value"].as_f64()).collect();
    assert!(upper[0].is_some() && upper[1].is_none() && upper[2] > upper[0] && upper[3].is_some(), "{upper:?}");
    assert!(column["upper_limits"][1]["refused"].as_str().unwrap().contains("defined for quantified values only"));
    let recommended = &column["recommended"];
    assert!(
        recommended["source"].as_str().unwrap().contains("EPA/600/R-07/041")
            && recommended["value"].as_f64() == upper[3]
    );
    let counted = &json["threshold"][0];
    // Limits of 12 cannot tell, and stay among those compared; those of 8 and 10 are below 11.
    assert_eq!((&counted["cannot_tell"], &counted["compared"]), (&19.into(), &902.into()));
    assert_eq!((&json["means"][0]["shown_below"], &json["means"][0]["threshold"]), (&false.into(), &11.0.into()));
    let text = soilscope(folder.path(), &words).done().out;
    for part in [
        "Kaplan-Meier",
        "95 % upper limit of the mean",
        "19 cannot be told",
        "is not below 11",
        "902 rows share their place",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let high = soilscope(folder.path(), &["check", "lead.csv", "--crs", "local", "--threshold", "60"]).done().out;
    assert!(high.contains("is below 60"), "{high}");
    // Without values below limits the table has what applies; with several columns a line each.
    let folder = crate::support::folder();
    let zinc = soilscope(folder.path(), &["check", "meuse.csv", "--analyte", "zinc", "--crs", "EPSG:28992"]).done().out;
    assert!(zinc.contains("arithmetic") && !zinc.contains("order statistics") && zinc.contains("Land's H 5"), "{zinc}");
    let all = soilscope(folder.path(), &["check", "meuse.csv", "--crs", "EPSG:28992"]).done().out;
    assert!(all.contains("95 % upper limit of it") && all.contains("--analyte NAME"), "{all}");
    let words = ["check", "meuse.csv", "--crs", "EPSG:28992", "--threshold", "5"];
    refused(soilscope(folder.path(), &words), "--threshold is of one analyte");
}

/// The head of a column may carry its unit; the guideline is of the analyte, and so is the mean's line.
#[test]
fn check_holds_the_mean_against_a_limit_where_the_head_carries_the_unit() {
    let (folder, _) = field(6.0);
    let words = ["check", "lead.csv", "--crs", "local", "--guideline", "NL/intervention:Pb"];
    let json = soilscope(folder.path(), &[&words[..], &["--json"]].concat()).json();
    assert_eq!(json["means"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["means"][0]["analyte"], "lead (mg/kg)");
    let text = soilscope(folder.path(), &words).out;
    assert!(text.contains("mean     lead (mg/kg): its upper limit"), "{text}");
}

/// "ND" says nothing of how low a value is, but it is low: statistics without it are too high, and say so.
#[test]
fn check_counts_non_detects_without_a_limit() {
    let (folder, _) = field(0.0);
    let path = folder.path().join("lead.csv");
    let mut text = std::fs::read_to_string(&path).unwrap();
    (0..25).for_each(|k| writeln!(text, "{k},200,ND").unwrap());
    std::fs::write(&path, &text).unwrap();
    let check = |more: &[&str]| soilscope(folder.path(), &[&["check", "lead.csv", "--crs", "local"], more].concat());
    let column = check(&["--json"]).json()["statistics"][0].clone();
    assert_eq!((&column["not_detected"], &column["censoring"]["count"]), (&25.into(), &80.into()), "{column}");
    assert!(column["cautions"].to_string().contains("the mean and its limits are too high"), "{column}");
    let out = check(&[]).out;
    assert!(
        out.contains("80 values, none below a stated limit, 25 not detected and without a limit left out"),
        "{out}"
    );
    assert!(
        out.contains("careful: not detected, with no limit stated: 25") && !out.contains("none below a limit"),
        "{out}"
    );
    // Several columns have a line each, and those of which it holds the caution.
    let two = text
        .lines()
        .map(|l| format!("{l},{}\n", if l.starts_with('x') { "zinc (mg/kg)" } else { "5" }))
        .collect::<String>();
    std::fs::write(&path, two).unwrap();
    let out = check(&[]).out;
    assert!(out.contains("careful: lead (mg/kg): not detected") && !out.contains("careful: zinc"), "{out}");
}

/// Where no sample is quantified there is no map, whatever stands for limits: that is the result, and no wrong column.
#[test]
fn samples_that_are_all_below_limits_are_refused_as_that() {
    let (folder, _) = field(1e6);
    for nondetect in ["censored", "limit/2", "limit", "limit/sqrt2", "drop"] {
        for verb in ["validate", "variogram"] {
            let words = [verb, "lead.csv", "--analyte", "lead (mg/kg)", "--crs", "local", "--nondetect", nondetect];
            let run = soilscope(folder.path(), &words);
            assert!(!run.err.contains("right column"), "{nondetect}: {}", run.err);
            refused(run, "all 80 samples are below their limits, the highest of which is 1000000");
        }
    }
}
