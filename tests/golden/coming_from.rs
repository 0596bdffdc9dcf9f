//! `docs/coming-from.md` beside what gstat, GSTools and PyKrige answered (`scripts/coming-from/peers.csv`, by `make peers`):
//! the models in its tables are read from it and computed with, and every number there is checked.

use std::f64::consts::PI;
use std::sync::LazyLock;

use soilscope_core::drift::Drift;
use soilscope_core::kriging::Kriging;
use soilscope_core::metric::Metric;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::transform::Transform;
use soilscope_core::validation::{Folds, Scores, residuals};
use soilscope_core::variogram::{
    Direction, EmpiricalVariogram, Estimator, FitWeights, LagClass, LagClasses, ModelTemplate, Variogram,
    empirical_variogram, fit,
};
use soilscope_core::{Coord, Interpolator, Prediction, Predictions, Samples, Scratch, Targets};

use crate::vectors::{data, root, square_roots};

const PLACES: [&str; 2] = ["away", "sample"];
/// What a peer answered to one item of a case.
struct Answer {
    case: String,
    tool: String,
    item: String,
    value: f64,
    variance: Option<f64>,
}

fn answers() -> &'static [Answer] {
    static ANSWERS: LazyLock<Vec<Answer>> = LazyLock::new(|| {
        let path = root().join("scripts/coming-from/peers.csv");
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let rows = reader.records().map(|row| row.unwrap()).filter(|row| &row[0] != "version");
        let text = |row: &csv::StringRecord, k: usize| row[k].to_owned();
        rows.map(|row| Answer {
            case: text(&row, 0),
            tool: text(&row, 1),
            item: text(&row, 2),
            value: row[3].parse().unwrap(),
            variance: row[4].parse().ok(),
        })
        .collect()
    });
    &ANSWERS
}

fn answer(case: &str, tool: &str, item: &str) -> &'static Answer {
    let found = answers().iter().find(|a| a.case == case && a.tool == tool && a.item == item);
    found.unwrap_or_else(|| panic!("peers.csv has no {case}, {tool}, {item}"))
}

fn chapter() -> String {
    std::fs::read_to_string(root().join("docs/coming-from.md")).unwrap()
}

/// Cells of the table rows that begin with a name in backticks, under headings that begin with `head`.
fn rows(head: &str) -> Vec<Vec<String>> {
    let chapter = chapter();
    let mut inside = false;
    let mut rows = Vec::new();
    for line in chapter.lines() {
        if !line.starts_with('|') {
            inside = false;
        } else if line.starts_with(head) {
            inside = true;
        } else if inside && line.starts_with("| `") {
            rows.push(line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

/// What stands between backticks.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn variogram(notation: &str) -> Variogram {
    let template: ModelTemplate = notation.parse().unwrap_or_else(|e| panic!("{e}"));
    template.complete().unwrap().unwrap_or_else(|| panic!("{notation} leaves something open"))
}

/// Asserts that a number of the chapter is this one, rounded to the digits it is written with.
#[track_caller]
fn assert_rounded(written: &str, number: f64, what: &str) {
    let decimals = written.split_once('.').map_or(0, |(_, d)| d.len());
    let value: f64 = written.parse().unwrap_or_else(|_| panic!("{what}: '{written}' is not a number"));
    let last = 10_f64.powi(-(decimals as i32));
    assert!((value - number).abs() <= 0.5001 * last, "{what}: the chapter has {written}, but it is {number}");
}

fn log_zinc() -> Samples {
    let table = data("meuse.csv");
    Samples::new(table.coords(), table.column("zinc").iter().map(|v| v.ln()).collect()).unwrap()
}

fn places() -> [Coord; 2] {
    [[180_430.0, 331_870.0], data("meuse.csv").coords()[0]]
}

/// Longitude and latitude of a field in which every kilometre is a degree.
fn degrees([easting, northing]: Coord) -> Coord {
    [(easting - 180_000.0) / 1000.0 + 5.0, (northing - 331_000.0) / 1000.0 + 52.0]
}

/// Predictions at both places.
fn predictions(kriging: &Kriging, samples: &Samples, covariates: &[f64]) -> [Prediction; 2] {
    let mut out = Predictions::default();
    let places = if samples.metric() == Metric::Plane { places() } else { places().map(degrees) };
    let targets = Targets::points(&places).with_covariates(covariates, covariates.len() / 2);
    kriging.fit(samples).unwrap().predict_into(&targets, &mut Scratch::default(), &mut out);
    [out.get(0).unwrap(), out.get(1).unwrap()]
}

/// The case of this name with this model.
fn case(id: &str, variogram: Variogram) -> [Prediction; 2] {
    let mut samples = log_zinc();
    let mut covariates = Vec::new();
    let mut kriging = Kriging::new(variogram, Drift::Constant, Neighbourhood::Global);
    match id {
        "nearest-12" | "anis-nearest-12" => kriging.neighbourhood = Neighbourhood::nearest(12).unwrap(),
        "simple" => kriging.drift = Drift::KnownMean(5.9),
        "linear" => kriging.drift = Drift::polynomial(1),
        "external" => {
            kriging.drift = Drift::external(1);
            let roots = square_roots(&data("meuse.csv"));
            covariates = vec![0.5, roots[0]];
            samples = samples.with_covariates(&[roots]).unwrap();
        }
        "block" => kriging.support = Support::block([40.0, 40.0], BlockNodes::GAUSS_4).unwrap(),
        "indicator" => {
            let above = samples.values().iter().map(|&v| f64::from(u8::from(v > 500_f64.ln()))).collect();
            samples = samples.with_values(above).unwrap();
        }
        "sphere" => {
            // Distances in degrees along great circles, as PyKrige's.
            let coords = samples.coords().iter().copied().map(degrees).collect();
            samples = Samples::new(coords, samples.values().to_vec()).unwrap().on_sphere(180.0 / PI).unwrap();
        }
        "nugget-each" => {
            let errors = (0..samples.len()).map(|i| if i < 50 { 0.05 } else { 0.01 }).collect();
            samples = samples.with_error_variances(errors).unwrap();
        }
        "twice" => {
            let (mut coords, mut values) = (samples.coords().to_vec(), samples.values().to_vec());
            coords.push(coords[0]);
            values.push(values[0] + 0.4);
            samples = Samples::new(coords, values).unwrap();
        }
        _ => {}
    }
    let found = predictions(&kriging, &samples, &covariates);
    if id == "lognormal" { found.map(|p| Transform::Log.back(p)) } else { found }
}

/// The chapter's conversions: a row names the case, each peer's call and our model, and ends with value and variance away
/// from samples. The peers' answers must be ours at both places, and their calls those of the scripts.
#[test]
fn the_same_model_in_other_words_gives_the_same_numbers() {
    let rows = rows("| case | gstat | GSTools | PyKrige | soilscope");
    assert!(rows.len() >= 20, "{} rows", rows.len());
    let read = |name: &str| std::fs::read_to_string(root().join("scripts/coming-from").join(name)).unwrap();
    let (r, python) = (read("peers.R"), read("peers.py"));
    for row in rows {
        let [name, gstat, gstools, pykrige, ours, value, variance] = row.as_slice() else { panic!("{row:?}") };
        let id = name.trim_matches('`');
        let model = code(ours).next().unwrap_or_else(|| panic!("{id}: no model"));
        // Some tools report the variance of a new measurement, not of the field: with the nugget that ours leaves out.
        let more: f64 = ours.split_once("variance + ").map_or(0.0, |(_, number)| number.parse().unwrap());
        let found = case(id, variogram(model));
        assert_rounded(value, found[0].value, id);
        assert_rounded(variance, found[0].variance.unwrap() + more, id);
        for (tool, cell, script) in [("gstat", gstat, &r), ("GSTools", gstools, &python), ("PyKrige", pykrige, &python)]
        {
            let mut calls = code(cell).peekable();
            if calls.peek().is_none() {
                continue;
            }
            for call in calls {
                assert!(script.contains(call), "{id}: the scripts do not call {call}");
            }
            for (place, p) in PLACES.iter().zip(found) {
                let theirs = answer(id, tool, place);
                let asked = match (id, tool) {
                    // GSTools solves the drift in raw coordinates by a pseudo-inverse, which costs it digits.
                    ("linear", "GSTools") => 2e-9,
                    // A chord for the great circle.
                    ("sphere", "GSTools") => 1e-7,
                    // gstat's nodes are of 32 bits.
                    ("block", _) => 5e-8,
                    _ => 1e-9,
                };
                assert!((theirs.value - p.value).abs() < asked, "{id}, {tool}, {place}: {} and {p:?}", theirs.value);
                let ours = p.variance.unwrap() + more;
                let off = theirs.variance.unwrap() - ours;
                assert!(off.abs() < asked, "{id}, {tool}, {place}: variances {:?} and {ours}", theirs.variance);
            }
        }
    }
}

/// Rows of the chapter where tools do not agree: case, tool, place, theirs, ours. Both sides are checked.
#[test]
fn differences_are_as_the_chapter_has_them() {
    let rows = rows("| case | tool | place");
    assert!(rows.len() >= 6, "{} rows", rows.len());
    for row in rows {
        let [name, tool, place, their_value, their_variance, model, value, variance, _why] = row.as_slice() else {
            panic!("{row:?}")
        };
        let id = name.trim_matches('`');
        let theirs = answer(id, tool, place);
        assert_rounded(their_value, theirs.value, id);
        assert_rounded(their_variance, theirs.variance.unwrap(), id);
        let computed_as = id.trim_end_matches("-exact").trim_end_matches("-smoothed");
        let found = case(computed_as, variogram(code(model).next().unwrap()));
        let ours = found[PLACES.iter().position(|p| p == place).unwrap()];
        assert_rounded(value, ours.value, id);
        assert_rounded(variance, ours.variance.unwrap(), id);
        let apart = (theirs.value - ours.value).abs() + (theirs.variance.unwrap() - ours.variance.unwrap()).abs();
        assert!(apart > 1e-4, "{id}: {tool} agrees after all");
    }
}

#[test]
fn a_pair_on_the_border_of_lag_classes_counts_in_the_lower() {
    let samples = Samples::new(vec![[0.0, 0.0], [100.0, 0.0], [250.0, 0.0]], vec![1.0, 2.0, 4.0]).unwrap();
    let lags = LagClasses::with_boundaries(vec![100.0, 200.0, 300.0]).unwrap();
    let ours = empirical_variogram(&samples, &lags, &[], Estimator::Matheron).unwrap();
    let classes: Vec<(u64, f64)> = ours.classes.iter().map(|c| (c.np, c.gamma)).collect();
    assert_eq!(classes, [(1, 0.5), (1, 2.0), (1, 4.5)]);
    for (k, class) in classes.iter().enumerate() {
        let gstat = answer("edges", "gstat", &k.to_string());
        assert_eq!((gstat.variance.unwrap(), gstat.value), (class.0 as f64, class.1));
    }
    // [lower, upper): the pair at 100 is in the second class.
    let gstools: Vec<_> = (0..3).map(|k| answer("edges", "GSTools", &k.to_string())).collect();
    assert_eq!(gstools.iter().map(|a| a.variance.unwrap()).collect::<Vec<_>>(), [0.0, 2.0, 1.0]);
    assert_eq!(gstools[1].value, (0.5 + 2.0) / 2.0);
    // Equal classes from the shortest distance to the longest.
    let pykrige: Vec<_> = (0..2).map(|k| answer("edges", "PyKrige", &k.to_string())).collect();
    assert_eq!(
        pykrige.iter().map(|a| (a.value, a.variance.unwrap())).collect::<Vec<_>>(),
        [(1.25, 125.0), (4.5, 250.0)]
    );
}

fn lags() -> LagClasses {
    LagClasses::regular(1500.0, 100.0).unwrap()
}

#[test]
fn empirical_variograms_are_the_peers() {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
    let along = [Direction { azimuth: 30.0, tolerance: 10.0 }];
    for (name, estimator, directions) in [
        ("variogram-matheron", Estimator::Matheron, &[][..]),
        ("variogram-cressie", Estimator::CressieHawkins, &[]),
        ("variogram-azimuth", Estimator::Matheron, &along),
    ] {
        let ours = empirical_variogram(&log_zinc(), &lags(), directions, estimator).unwrap();
        assert_eq!(ours.classes.len(), 15);
        for (k, class) in ours.classes.iter().enumerate() {
            let gstat = answer(name, "gstat", &k.to_string());
            assert_eq!(gstat.variance.unwrap(), class.np as f64, "{name} {k}");
            assert!(near(gstat.value, class.gamma), "{name} {k}");
            let gstools = answer(name, "GSTools", &k.to_string());
            // One pair is exactly 200 m apart or 300 m, and GSTools has it in the class above.
            let moved = match (name, k) {
                ("variogram-azimuth", _) => 0.0,
                (_, 1) => -1.0,
                (_, 2) => 1.0,
                _ => 0.0,
            };
            assert_eq!(gstools.variance.unwrap(), class.np as f64 + moved, "{name} {k}");
            if moved != 0.0 {
                continue;
            }
            // GSTools has the term 0.045/N² of Cressie & Hawkins' correction, gstat and we have not.
            let n = class.np as f64;
            let short = 0.457 + 0.494 / n;
            let factor = if estimator == Estimator::CressieHawkins { short / (short + 0.045 / (n * n)) } else { 1.0 };
            assert!(near(gstools.value, class.gamma * factor), "{name} {k}");
        }
    }
}

/// Spherical model with nugget, fitted to these classes: nugget, partial sill, range.
fn spherical(classes: Vec<LagClass>, weights: &FitWeights) -> [f64; 3] {
    let empirical = EmpiricalVariogram { classes, estimator: Estimator::Matheron, cutoff: 1500.0 };
    let fitted = fit(&empirical, &"Nug + Sph".parse().unwrap(), weights).unwrap().variogram;
    let structure = fitted.structures()[0];
    [fitted.nugget(), structure.partial_sill(), structure.range()]
}

#[test]
fn fits_differ_by_the_classes_distance_and_the_weights() {
    let theirs = |case: &str, tool: &str| ["nugget", "var", "len_scale"].map(|item| answer(case, tool, item).value);
    let near = |ours: [f64; 3], theirs: [f64; 3], relative: f64| {
        assert!(ours.iter().zip(theirs).all(|(o, t)| (o / t - 1.0).abs() < relative), "{ours:?} and {theirs:?}");
    };
    let weights = FitWeights::PairsOverSquaredDistance;
    let ours = empirical_variogram(&log_zinc(), &lags(), &[], Estimator::Matheron).unwrap();
    near(spherical(ours.classes, &weights), theirs("fit", "gstat"), 5e-6);
    // GSTools: the middle of each class stands for its mean distance.
    let middles = |k: usize| {
        let class = answer("variogram-matheron", "GSTools", &k.to_string());
        let np = class.variance.unwrap() as u64;
        LagClass { np, dist: 100.0 * k as f64 + 50.0, gamma: class.value, azimuth: None, error_variance: 0.0 }
    };
    let classes: Vec<LagClass> = (0..15).map(middles).collect();
    near(spherical(classes.clone(), &weights), theirs("fit", "GSTools"), 1e-4);
    near(spherical(classes, &FitWeights::Equal), theirs("fit-default", "GSTools"), 1e-4);
}

#[test]
fn the_chapter_shows_the_tasks_as_they_are_run() {
    let chapter = chapter();
    for name in ["task-gstat.R", "task-gstools.py", "task-pykrige.py"] {
        let task = std::fs::read_to_string(root().join("scripts/coming-from").join(name)).unwrap();
        assert!(chapter.contains(&format!("\n{task}```\n")), "docs/coming-from.md does not show {name} as it is");
    }
}

/// The numbers of a whole task: model, means over the grid, scores of leaving one out, all on the logarithm.
fn task(variogram: Variogram) -> [(&'static str, f64); 7] {
    let structure = variogram.structures()[0];
    let (nugget, psill, range) = (variogram.nugget(), structure.partial_sill(), structure.range());
    let samples = log_zinc();
    let kriging = Kriging::new(variogram, Drift::Constant, Neighbourhood::Global);
    let (grid, mut map) = (data("meuse_grid.csv").coords(), Predictions::default());
    kriging.fit(&samples).unwrap().predict_into(&Targets::points(&grid), &mut Scratch::default(), &mut map);
    let mean = |of: fn(Prediction) -> f64| map.iter().map(|p| of(p.unwrap())).sum::<f64>() / map.len() as f64;
    let left_out = kriging.leave_out(&samples, &Folds::leave_one_out(&samples)).unwrap();
    let scores = Scores::of(&residuals(&samples, &left_out, &Transform::None)).unwrap();
    [
        ("nugget", nugget),
        ("psill", psill),
        ("range", range),
        ("mean", mean(|p| p.value)),
        ("variance", mean(|p| p.variance.unwrap())),
        ("rmse", scores.rmse),
        ("msdr", scores.msdr.unwrap()),
    ]
}

#[test]
fn a_whole_task_gives_the_chapters_numbers() {
    let classes = empirical_variogram(&log_zinc(), &lags(), &[], Estimator::Matheron).unwrap();
    let rows = rows("| number | tool |");
    assert_eq!(rows.len(), 3 * 7);
    for tool in ["gstat", "GSTools", "PyKrige"] {
        let theirs = |item: &str| answer("task", tool, item).value;
        let model = if tool == "gstat" {
            fit(&classes, &"Nug + Sph".parse().unwrap(), &FitWeights::default()).unwrap().variogram
        } else {
            variogram(&format!("{} Nug + {} Sph({})", theirs("nugget"), theirs("psill"), theirs("range")))
        };
        for (item, ours) in task(model) {
            let what = format!("{item}, {tool}");
            let row = rows.iter().find(|row| row[0] == format!("`{item}`") && row[1] == tool).unwrap();
            assert_rounded(&row[2], theirs(item), &what);
            if row[3] == "*given*" {
                continue;
            }
            assert_rounded(&row[3], ours, &what);
            // With the model given nothing is left but rounding; with one's own fit, where each search ended.
            let asked = if tool == "gstat" { 5e-6 } else { 1e-9 };
            assert!((theirs(item) / ours - 1.0).abs() < asked, "{what}: {} and {ours}", theirs(item));
        }
    }
}
