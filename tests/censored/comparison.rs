//! Values below limits as what they are, against half the limit, where the truth is known: `make non-detects` writes the
//! tables into docs/non-detects.md.

use std::fmt::Write;

use nalgebra::{Cholesky, DMatrix, DVector};
use soilscope_core::censored::{CensoredFitSettings, CensoredKriging, Measurement, fit_censored, recommend};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::{Engine, LikelihoodSettings, fit_likelihood};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::normal::normal_quantile;
use soilscope_core::random::Random;
use soilscope_core::transform::normal_cdf;
use soilscope_core::validation::Folds;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Interpolator, Outcome, Predictions, Samples, Scratch, Targets};

use crate::coverage::coverage;
use crate::spatial::model;

/// Half the width of a 90 % interval, in standard deviations.
const NINETY: f64 = 1.644_853_626_951_472_7;

/// How values below limits enter.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Complete,
    HalfLimit,
    Censored,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Complete => "no limits (what could be had)",
            Self::HalfLimit => "half the limit",
            Self::Censored => "below the limit",
        }
    }
}

/// Sums of a way's errors.
#[derive(Default, Clone)]
struct Sums {
    count: f64,
    error: f64,
    squared: f64,
    covered: f64,
    low_count: f64,
    low_error: f64,
    low_covered: f64,
    brier: f64,
    probability: f64,
    exceeding: f64,
    fields: f64,
    mean_error: f64,
    mean_squared: f64,
}

impl Sums {
    /// One place: what was predicted of a Gaussian value, and the value.
    fn place(&mut self, value: f64, variance: f64, truth: f64, low: bool) {
        let inside = f64::from(u8::from((truth - value).abs() <= NINETY * variance.sqrt()));
        self.count += 1.0;
        self.error += value - truth;
        self.squared += (value - truth).powi(2);
        self.covered += inside;
        if low {
            self.low_count += 1.0;
            self.low_error += value - truth;
            self.low_covered += inside;
        }
    }
}

/// A way's model and predictions at `targets`: value, variance, and probability of being above `threshold`.
fn predict(
    way: Way,
    samples: &Samples,
    below: &[bool],
    targets: &[Coord],
    threshold: f64,
) -> Vec<(f64, f64, f64, f64)> {
    let template: ModelTemplate = "Nug + Exp".parse().unwrap();
    let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
    let points = Targets::points(targets);
    let kriging = |variogram: Variogram| Kriging::new(variogram, Drift::Constant, Neighbourhood::Global);
    if way == Way::Censored {
        let settings = CensoredFitSettings { warm_up: 6, averaged: 10, ..CensoredFitSettings::default() };
        let fit = fit_censored(samples, below, Drift::Constant, &template, &settings, &Serial).unwrap();
        let recipe = CensoredKriging::new(kriging(fit.variogram), below.to_vec());
        let predictor = recipe.fit_with(samples, &Serial).unwrap();
        let above = predictor.exceedance(&points, threshold, &mut scratch);
        soilscope_core::Predictor::predict_into(&predictor, &points, &mut scratch, &mut out);
        return out
            .iter()
            .zip(above)
            .map(|(p, above)| p.map(|p| (p.value, p.variance.unwrap(), above.unwrap(), p.multiplier)).unwrap())
            .collect();
    }
    let fit = fit_likelihood(samples, Drift::Constant, &template, &LikelihoodSettings::default(), &Serial).unwrap();
    kriging(fit.variogram).fit(samples).unwrap().predict_into(&points, &mut scratch, &mut out);
    out.iter()
        .map(|p| {
            let p = p.unwrap();
            let variance = p.variance.unwrap();
            (p.value, variance, normal_cdf((p.value - threshold) / variance.sqrt()), p.multiplier)
        })
        .collect()
}

const SAMPLES: usize = 120;
const HELD_OUT: usize = 80;
const GRID: usize = 15;

/// Log-normal fields with two limits: half of the samples have one, half the other.
fn simulated(fields: u64, quantiles: [f64; 2]) -> Vec<(Way, Sums)> {
    let truth = model("0.1 Nug + 0.9 Exp(15)");
    let limits = quantiles.map(normal_quantile);
    let ways = [Way::Complete, Way::HalfLimit, Way::Censored];
    let mut sums = vec![Sums::default(); ways.len()];
    for field in 0..fields {
        let mut random = Random::stream(2026, field);
        let mut places: Vec<Coord> =
            (0..SAMPLES + HELD_OUT).map(|_| [100.0 * random.uniform(), 100.0 * random.uniform()]).collect();
        let step = 100.0 / GRID as f64;
        let centre = |k: usize| (k as f64 + 0.5) * step;
        places.extend((0..GRID * GRID).map(|k| [centre(k % GRID), centre(k / GRID)]));
        let n = places.len();
        let covariance =
            |i: usize, j: usize| truth.covariance([places[i][0] - places[j][0], places[i][1] - places[j][1]]);
        let factor = Cholesky::new(DMatrix::from_fn(n, n, covariance)).unwrap();
        let logs = factor.l() * DVector::from_fn(n, |_, _| random.normal());
        let limit = |i: usize| limits[i % 2];
        let below: Vec<bool> = (0..SAMPLES).map(|i| logs[i] < limit(i)).collect();
        let field_mean =
            |of: &dyn Fn(usize) -> f64| (SAMPLES + HELD_OUT..n).map(of).sum::<f64>() / (GRID * GRID) as f64;
        let true_mean = field_mean(&|k| logs[k].exp());
        for (way, sums) in ways.iter().zip(&mut sums) {
            let value = |i: usize| match (below[i], way) {
                (true, Way::HalfLimit) => limit(i) - std::f64::consts::LN_2,
                (true, Way::Censored) => limit(i),
                _ => logs[i],
            };
            let samples = Samples::new(places[..SAMPLES].to_vec(), (0..SAMPLES).map(value).collect()).unwrap();
            let found = predict(*way, &samples, &below, &places[SAMPLES..], 0.0);
            for k in SAMPLES..SAMPLES + HELD_OUT {
                let (value, variance, above, _) = found[k - SAMPLES];
                sums.place(value, variance, logs[k], logs[k] < limits[1]);
                let exceeds = f64::from(u8::from(logs[k] > 0.0));
                sums.brier += (above - exceeds).powi(2);
                sums.probability += above;
                sums.exceeding += exceeds;
            }
            // The mean of a log-normal prediction.
            let mean = field_mean(&|k| {
                let (value, variance, _, multiplier) = found[k - SAMPLES];
                (value + 0.5 * variance - multiplier).exp()
            });
            sums.fields += 1.0;
            sums.mean_error += mean / true_mean - 1.0;
            sums.mean_squared += (mean / true_mean - 1.0).powi(2);
        }
    }
    ways.into_iter().zip(sums).collect()
}

fn simulated_table(fields: u64) -> String {
    let mut text = String::from(
        "| below limits | method | bias | RMSE | 90 % intervals hold | bias of low places | intervals of low places hold | \
         mean: bias | mean: RMSE | exceeding: predicted − true | Brier score |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (share, quantiles) in [("20 %", [0.1, 0.3]), ("50 %", [0.35, 0.65])] {
        let found = simulated(fields, quantiles);
        for (way, s) in &found {
            let percent = |x: f64| format!("{:.1} %", 100.0 * x);
            let _ = writeln!(
                text,
                "| {share} | {} | {:+.3} | {:.3} | {} | {:+.3} | {} | {:+.1} % | {} | {:+.1} % | {:.4} |",
                way.name(),
                s.error / s.count,
                (s.squared / s.count).sqrt(),
                percent(s.covered / s.count),
                s.low_error / s.low_count,
                percent(s.low_covered / s.low_count),
                100.0 * s.mean_error / s.fields,
                percent((s.mean_squared / s.fields).sqrt()),
                100.0 * (s.probability - s.exceeding) / s.count,
                s.brier / s.count,
            );
        }
        let [complete, half, censored] = [&found[0].1, &found[1].1, &found[2].1];
        // What the whole is for: nearer to what could be had than half the limit is.
        assert!(censored.squared < half.squared, "RMSE, {share}");
        let coverage = |s: &Sums| s.covered / s.count;
        assert!((coverage(censored) - 0.9).abs() < 0.03, "coverage {}, {share}", coverage(censored));
        assert!((censored.error / censored.count).abs() < (half.error / half.count).abs() + 0.02);
        assert!(complete.squared < censored.squared);
    }
    text
}

/// USGS cadmium: log values of the topsoil, `None` where the file says "below"; places in km.
fn cadmium(path: &str) -> Vec<(Coord, f64, bool)> {
    let mut reader = csv::Reader::from_path(path).expect("the file that was found");
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
    let (x, y, value, flag) = (at("x_5070"), at("y_5070"), at("Cd"), at("Cd_nd"));
    let mut seen = std::collections::BTreeSet::new();
    reader
        .records()
        .filter_map(|r| {
            let r = r.unwrap();
            let number = |k: usize| r[k].parse::<f64>().ok();
            let (x, y, v) = (number(x)?, number(y)?, number(value)?);
            // Two samples at one place: the first is kept.
            seen.insert((x.to_bits(), y.to_bits())).then(|| ([x / 1000.0, y / 1000.0], v.ln(), &r[flag] == "1"))
        })
        .collect()
}

/// Thresholds above the laboratory's limit, so that of every site it is known on which side it is, and between its values, which are
/// whole tenths; mg/kg.
const THRESHOLDS: [f64; 2] = [0.25, 0.45];
/// The limit of every second site, mg/kg: hides values of 0.1 and 0.2.
const RAISED: f64 = 0.25;

/// Raises the limit of half of the sites, and asks all held-out sites whether they are above a threshold, and the
/// quantified ones for their value.
fn cadmium_table(path: &str) -> String {
    let all = cadmium(path);
    let places: Vec<Coord> = all.iter().map(|s| s.0).collect();
    let original: Vec<bool> = all.iter().map(|s| s.2).collect();
    let raised = RAISED.ln();
    let below: Vec<bool> = all.iter().enumerate().map(|(i, s)| s.2 || i.is_multiple_of(2) && s.1 < raised).collect();
    let limit = |i: usize| if i.is_multiple_of(2) { all[i].1.max(raised) } else { all[i].1 };
    let n = all.len();
    let counted = |flags: &[bool]| flags.iter().filter(|b| **b).count();
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    let mut text = format!(
        "{n} sites, {} of them below the laboratory's limit ({}), {} ({}) after the limit of every second site was raised. Ten \
         folds; {} and {} of the sites are above the two thresholds.\n\n\
         | method | above 0.25: predicted − true | Brier score | above 0.45: predicted − true | Brier score | quantified sites: bias | RMSE | 90 % \
         intervals hold |\n|---|---|---|---|---|---|---|---|\n",
        counted(&original),
        percent(counted(&original) as f64 / n as f64),
        counted(&below),
        percent(counted(&below) as f64 / n as f64),
        percent(all.iter().filter(|s| s.1 > THRESHOLDS[0].ln()).count() as f64 / n as f64),
        percent(all.iter().filter(|s| s.1 > THRESHOLDS[1].ln()).count() as f64 / n as f64),
    );
    let template: ModelTemplate = "Nug + Exp".parse().unwrap();
    let likelihood = LikelihoodSettings { engine: Engine::Vecchia { neighbours: 10 }, ..LikelihoodSettings::default() };
    let settings = CensoredFitSettings {
        likelihood: likelihood.clone(),
        warm_up: 4,
        averaged: 6,
        ..CensoredFitSettings::default()
    };
    let kriging = |variogram: Variogram| Kriging::new(variogram, Drift::Constant, Neighbourhood::nearest(32).unwrap());
    for (name, flags, halved) in [
        ("the laboratory's limits, below them", &original, false),
        ("the laboratory's limits, halved", &original, true),
        ("raised limits, below them", &below, false),
        ("raised limits, halved", &below, true),
    ] {
        let value = |i: usize| match (flags[i], halved) {
            (false, _) => all[i].1,
            (true, halved) => {
                let limit = if std::ptr::eq(flags, &original) { all[i].1 } else { limit(i) };
                if halved { limit - std::f64::consts::LN_2 } else { limit }
            }
        };
        let samples = Samples::new(places.clone(), (0..n).map(value).collect()).unwrap();
        let folds = Folds::random(&samples, 10, 1).unwrap();
        let outcomes: Vec<Outcome> = if halved {
            let fit = fit_likelihood(&samples, Drift::Constant, &template, &likelihood, &Serial).unwrap();
            kriging(fit.variogram).leave_out(&samples, &folds).unwrap()
        } else {
            let fit = fit_censored(&samples, flags, Drift::Constant, &template, &settings, &Serial).unwrap();
            eprintln!("{name}: {}", fit.variogram);
            CensoredKriging::new(kriging(fit.variogram), flags.clone()).leave_out(&samples, &folds).unwrap()
        };
        let mut sums = Sums::default();
        let mut skill = [(0.0, 0.0); 2];
        for i in 0..n {
            let p = outcomes[i].unwrap();
            let variance = p.variance.unwrap();
            for (skill, threshold) in skill.iter_mut().zip(THRESHOLDS) {
                let above = normal_cdf((p.value - threshold.ln()) / variance.sqrt());
                let truth = f64::from(u8::from(!original[i] && all[i].1 > threshold.ln()));
                skill.0 += (above - truth) / n as f64;
                skill.1 += (above - truth).powi(2) / n as f64;
            }
            if !original[i] {
                sums.place(p.value, variance, all[i].1, below[i]);
            }
        }
        let _ = writeln!(
            text,
            "| {name} | {:+.1} % | {:.4} | {:+.1} % | {:.4} | {:+.3} | {:.3} | {} |",
            100.0 * skill[0].0,
            skill[0].1,
            100.0 * skill[1].0,
            skill[1].1,
            sums.error / sums.count,
            (sums.squared / sums.count).sqrt(),
            percent(sums.covered / sums.count),
        );
    }
    text
}

/// The limit that the rule chooses, over normal, mildly and strongly skewed columns with and without limits.
fn recommended_table() -> String {
    let mut text = String::from("| values | n | limits | chosen limit is above the true mean |\n|---|---|---|---|\n");
    let kinds = [
        ("normal", None),
        ("log-normal, σ 0.5", Some(0.5)),
        ("log-normal, σ 1", Some(1.0)),
        ("log-normal, σ 1.5", Some(1.5)),
    ];
    for (name, sigma) in kinds {
        for n in [15, 40] {
            for limits in [&[][..], &[0.5, 0.9]] {
                if sigma.is_none() && !limits.is_empty() {
                    continue;
                }
                let chosen = |m: &[Measurement]| recommend(m, 0.95, 1).ok().map(|r| r.limit.value);
                let (share, counted) = coverage(400, n, sigma, limits, chosen);
                let said = if limits.is_empty() { "none" } else { "0.5, 0.9 medians" };
                let _ = writeln!(text, "| {name} | {n} | {said} | {:.1} % of {counted} |", 100.0 * share);
            }
        }
    }
    text
}

/// Replaces what is between two marks of the page.
fn replaced(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (head, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no mark {begin}"));
    let (_, tail) = rest.split_once(&end).unwrap_or_else(|| panic!("no mark {end}"));
    format!("{head}{begin}\n{text}\n{end}{tail}")
}

#[test]
#[ignore = "some minutes in release: `make non-detects`"]
fn write_the_tables() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/non-detects.md");
    let mut text = std::fs::read_to_string(page).unwrap();
    let fields = 100;
    let table = format!("{fields} fields.\n\n{}", simulated_table(fields));
    println!("{table}");
    text = replaced(&text, "simulated", &table);
    text = replaced(&text, "limits of the mean", &recommended_table());
    match std::env::var("SOILSCOPE_CADMIUM") {
        Ok(path) if !path.is_empty() => {
            let table = cadmium_table(&path);
            println!("{table}");
            text = replaced(&text, "cadmium", &table);
        }
        _ => println!("cadmium is skipped: usgs_ds801_top5_metals.csv was not found; its table stays as it was"),
    }
    std::fs::write(page, text).unwrap();
}

/// The tables' machinery, on few fields: the censored way is unbiased at low places where half the limit is not.
#[test]
fn a_few_fields_already_tell() {
    let found = simulated(6, [0.35, 0.65]);
    let low = |k: usize| found[k].1.low_error / found[k].1.low_count;
    assert!(found.iter().all(|(_, s)| s.count == 6.0 * HELD_OUT as f64 && s.fields == 6.0));
    assert!(found[2].1.squared < 1.6 * found[0].1.squared, "{} {}", found[2].1.squared, found[0].1.squared);
    assert!(low(2).is_finite() && found[2].1.covered / found[2].1.count > 0.8);
}
