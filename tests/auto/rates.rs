//! How often [`choose`] errs, over many fields whose truth is known, and how long it takes: the table of `docs/auto.md`.
//!
//! What is asserted follows from the stated levels by the binomial distribution ([`at_most`]), not from what was seen.

use std::time::Instant;

use soilscope_core::auto::{Choice, Settings, choose};
use soilscope_core::drift::Drift;
use soilscope_core::executor::Serial;
use soilscope_core::kriging::Kriging;
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::{Error, Interpolator, Predictions, Samples, Scratch, Targets};

use crate::fields::{at_most, model};
use crate::generator;

/// Fields of a case.
const SEEDS: u64 = 200;
/// The stated level of the tests for structure and for directions.
const LEVEL: f64 = 0.05;
/// Places of each field that [`choose`] does not see.
const UNSEEN: usize = 60;

/// What became of one field.
enum Outcome {
    Refused,
    Chosen {
        /// Probability of the anisotropy test, and whether the direction was taken.
        anisotropy: Option<(f64, bool)>,
        /// Effective range over that of the truth.
        range: f64,
        /// Mean of −ln(density) of unseen values, less the truth's.
        loss: f64,
    },
}

/// A field of `n` samples, and what is made of it.
fn outcome(text: &str, n: usize, seed: u64) -> Outcome {
    let truth = model(text);
    let mut random = Random::new(seed);
    let places = generator::places(n + UNSEEN, 1000.0, &[], &mut random);
    // Up to 300 places the draw is exact.
    let values = generator::field(&places, &truth, if n <= 300 { n + UNSEEN } else { 60 }, &mut random);
    let values: Vec<f64> = values.iter().map(|v| v + 10.0).collect();
    let samples = Samples::new(places[..n].to_vec(), values[..n].to_vec()).unwrap();
    let choice = match choose(&samples, &Settings { transformed: true, ..Settings::default() }, &Serial) {
        Err(Error::NoModel(reason)) => {
            assert_eq!(reason.code(), "no-spatial-structure");
            return Outcome::Refused;
        }
        other => other.unwrap(),
    };
    let score = |variogram: &soilscope_core::variogram::Variogram| {
        let kriging = Kriging::new(variogram.clone(), Drift::Constant, Neighbourhood::nearest(64).unwrap());
        let mut out = Predictions::default();
        let fitted = kriging.fit(&samples).unwrap();
        fitted.predict_into(&Targets::points(&places[n..]), &mut Scratch::default(), &mut out);
        let scores = out.iter().zip(&values[n..]).map(|(predicted, observed)| {
            let p = predicted.unwrap();
            let variance = p.variance.unwrap();
            0.5 * ((2.0 * std::f64::consts::PI * variance).ln() + (observed - p.value).powi(2) / variance)
        });
        scores.sum::<f64>() / UNSEEN as f64
    };
    let Choice { anisotropy, chosen, .. } = &choice;
    Outcome::Chosen {
        anisotropy: anisotropy.as_ref().map(|a| (a.p, a.taken)),
        range: chosen.variogram.effective_range() / truth.effective_range(),
        loss: score(&chosen.variogram) - score(&truth),
    }
}

/// Counts of a case.
#[derive(Default)]
struct Counts {
    refused: usize,
    tested: usize,
    anisotropic: usize,
    taken: usize,
    ranges: Vec<f64>,
    losses: Vec<f64>,
}

impl Counts {
    /// What the level allows of an isotropic field.
    fn check_isotropic(&self) {
        assert!(self.anisotropic <= at_most(self.tested, LEVEL), "{} of {}", self.anisotropic, self.tested);
    }
}

fn counted(text: &str, n: usize, seeds: u64) -> Counts {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|t| {
                let own = (t..seeds).step_by(threads as usize);
                scope.spawn(move || own.map(|seed| outcome(text, n, 10_000 + seed)).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut counts = Counts::default();
    for outcome in outcomes {
        match outcome {
            Outcome::Refused => counts.refused += 1,
            Outcome::Chosen { anisotropy, range, loss } => {
                if let Some((p, taken)) = anisotropy {
                    counts.tested += 1;
                    counts.anisotropic += usize::from(p <= LEVEL);
                    counts.taken += usize::from(taken);
                }
                counts.ranges.push(range);
                counts.losses.push(loss);
            }
        }
    }
    counts.ranges.sort_by(f64::total_cmp);
    counts.losses.sort_by(f64::total_cmp);
    let at = |v: &[f64], q: f64| v.get((q * v.len() as f64) as usize).copied().unwrap_or(f64::NAN);
    let range = |q: f64| at(&counts.ranges, q);
    println!(
        "| {text} | {n} | {seeds} | {} | {} of {} | {} | {:.2} ({:.2} to {:.2}) | {:.3} |",
        counts.refused,
        counts.anisotropic,
        counts.tested,
        counts.taken,
        range(0.5),
        range(0.05),
        range(0.95),
        counts.losses.iter().sum::<f64>() / counts.losses.len() as f64,
    );
    counts
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn noise() {
    for n in [60, 155] {
        let counts = counted("1 Nug", n, SEEDS);
        let accepted = counts.ranges.len();
        assert!(accepted <= at_most(SEEDS as usize, LEVEL), "{accepted}");
    }
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn isotropic_fields() {
    for (text, n) in [
        ("0.5 Nug + 0.5 Exp(100)", 155),
        ("0.3 Nug + 0.7 Exp(100)", 155),
        ("0.2 Nug + 0.8 Sph(300)", 60),
        ("0.2 Nug + 0.8 Sph(300)", 155),
        ("0.1 Nug + 0.9 Sph(400)", 155),
        ("0.1 Nug + 0.9 Mat(80, kappa=1.5)", 155),
        ("0.1 Nug + 0.9 Exp(300)", 155),
        ("0.3 Nug + 0.7 Exp(100)", 500),
    ] {
        counted(text, n, SEEDS).check_isotropic();
    }
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn many_samples() {
    for text in ["0.3 Nug + 0.7 Exp(100)", "0.2 Nug + 0.8 Sph(300)"] {
        counted(text, 3000, 100).check_isotropic();
    }
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn anisotropic_fields() {
    for (text, n) in [
        ("0.1 Nug + 0.9 Sph(400, az=30, ratio=0.3)", 155),
        ("0.2 Nug + 0.8 Exp(150, az=30, ratio=0.5)", 155),
        ("0.2 Nug + 0.8 Exp(150, az=30, ratio=0.5)", 500),
    ] {
        let counts = counted(text, n, SEEDS);
        // A test that is worth its name finds more than its level.
        assert!(counts.anisotropic > at_most(counts.tested, LEVEL), "{} of {}", counts.anisotropic, counts.tested);
    }
}

#[test]
#[ignore = "minutes: run by `make truth`"]
fn time_is_bounded() {
    let truth = model("0.3 Nug + 0.7 Exp(50)");
    for n in [155, 2000, 5000, 100_000] {
        let mut random = Random::new(1);
        let places = generator::places(n, 1000.0, &[], &mut random);
        let values = generator::field(&places, &truth, 40, &mut random);
        let samples = Samples::new(places, values).unwrap();
        let start = Instant::now();
        let choice = choose(&samples, &Settings { transformed: true, ..Settings::default() }, &Serial).unwrap();
        println!("| {n} | {:.1} s |", start.elapsed().as_secs_f64());
        assert!(choice.samples == n && choice.held_out <= 1000 && choice.lags.drawn <= 2500);
    }
}
