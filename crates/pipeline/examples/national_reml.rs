//! A nation of samples: REML for variogram and trend from 100 000 samples with large gaps, then predictions with intervals
//! at 50 000 places inside the gaps, beside plain local ordinary kriging.
//!
//! `cargo run --release -p soilscope-pipeline --example national_reml [samples [seed]]`
#![allow(clippy::print_stdout, reason = "an example's output")]
#![allow(clippy::unwrap_used, reason = "an example ends where something is wrong")]

#[path = "../../../tests/likelihood/generator.rs"]
mod generator;

use std::num::NonZeroUsize;
use std::time::Instant;

use soilscope_core::drift::Drift;
use soilscope_core::executor::{Executor, map};
use soilscope_core::kriging::Kriging;
use soilscope_core::likelihood::{LikelihoodSettings, VecchiaKriging, fit_likelihood};
use soilscope_core::neighbourhood::Neighbourhood;
use soilscope_core::random::Random;
use soilscope_core::variogram::ModelTemplate;
use soilscope_core::{Coord, Interpolator, Predictions, Predictor, Samples, Scratch, Targets};
use soilscope_pipeline::Unwatched;
use soilscope_pipeline::executor::Threads;

/// Side of the nation, metres.
const EXTENT: f64 = 1_000_000.0;

fn main() {
    let samples: usize = std::env::args().nth(1).map_or(100_000, |n| n.parse().unwrap());
    let seed: u64 = std::env::args().nth(2).map_or(1, |seed| seed.parse().unwrap());
    let targets = samples / 2;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let executor = Threads::new(threads, &Unwatched).unwrap();

    // The truth, at samples and targets together: a plane and an exponential field with nugget.
    let truth = "0.3 Nug + 1 Exp(40000)".parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap();
    let gaps: Vec<(Coord, f64)> = (0..12)
        .map(|i| {
            let (column, row) = (f64::from(i % 4), f64::from(i / 4));
            (
                [(0.14 + 0.24 * column) * EXTENT, (0.18 + 0.32 * row) * EXTENT],
                (40_000.0 + 3_000.0 * column) + 5_000.0 * row,
            )
        })
        .collect();
    let mut random = Random::new(seed);
    let mut places = generator::places(samples, EXTENT, &gaps, &mut random);
    for k in 0..targets {
        let (centre, radius) = gaps[k % gaps.len()];
        let (angle, share) = (std::f64::consts::TAU * random.uniform(), random.uniform().sqrt());
        places.push([centre[0] + radius * share * angle.cos(), centre[1] + radius * share * angle.sin()]);
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    random.shuffle(&mut order);
    let clock = Instant::now();
    let shuffled: Vec<Coord> = order.iter().map(|&i| places[i]).collect();
    let field = generator::field(&shuffled, &truth, 40, &mut random);
    let mut values = vec![0.0; places.len()];
    for (&i, z) in order.iter().zip(&field) {
        values[i] = 5.0 + 1.5e-6 * places[i][0] - 1e-6 * places[i][1] + z;
    }
    println!("simulated {samples} samples and {targets} targets in {} gaps: {:.1} s", gaps.len(), seconds(clock));
    let observed = values.split_off(samples);
    let wanted = places.split_off(samples);
    let samples = Samples::new(places, values).unwrap();

    let clock = Instant::now();
    let template = "Nug + Exp".parse().unwrap();
    let drift = Drift::polynomial(1);
    let fit = fit_likelihood(&samples, drift, &template, &LikelihoodSettings::default(), &executor).unwrap();
    let fitted = seconds(clock);
    println!(
        "REML fit on {threads} threads: {fitted:.1} s, {} ({:?}, {} steps)",
        fit.variogram, fit.engine, fit.iterations
    );
    for p in &fit.parameters {
        println!("  {:?}: {:.5} ({:.5} to {:.5})", p.parameter, p.estimate, p.lower.unwrap(), p.upper.unwrap());
    }
    for remark in &fit.remarks {
        println!("  {remark}");
    }

    let clock = Instant::now();
    let recipe = VecchiaKriging::new(fit.variogram.clone(), drift);
    let predictor = recipe.fit_with(&samples, &executor).unwrap();
    let prepared = seconds(clock);
    let clock = Instant::now();
    let ours = predict(&predictor, &wanted, &executor);
    let predicted = seconds(clock);
    println!(
        "global trend: {prepared:.1} s; predictions: {predicted:.1} s; fit and predictions {:.1} s",
        fitted + prepared + predicted
    );
    for c in predictor.coefficients() {
        println!("  {}: {:.4} ± {:.4}", c.name, c.estimate, c.standard_error);
    }
    report("global trend, 40 nearest and around", &ours, &observed);
    let nearest = VecchiaKriging { nearest: NonZeroUsize::new(70).unwrap(), around: 0, ..recipe };
    let nearest = nearest.fit_with(&samples, &executor).unwrap();
    report("global trend, 70 nearest", &predict(&nearest, &wanted, &executor), &observed);
    for count in [16, 64] {
        let local = Kriging::new(fit.variogram.clone(), Drift::Constant, Neighbourhood::nearest(count).unwrap());
        let local = local.fit(&samples).unwrap();
        report(&format!("local ordinary kriging, {count} nearest"), &predict(&*local, &wanted, &executor), &observed);
    }
}

fn seconds(clock: Instant) -> f64 {
    clock.elapsed().as_secs_f64()
}

/// Prediction and variance at each place.
fn predict(predictor: &dyn Predictor, places: &[Coord], executor: &dyn Executor) -> Vec<(f64, f64)> {
    let chunks: Vec<&[Coord]> = places.chunks(500).collect();
    let parts = map(executor, chunks.len(), |k| {
        let (mut scratch, mut out) = (Scratch::default(), Predictions::default());
        predictor.predict_into(&Targets::points(chunks[k]), &mut scratch, &mut out);
        out.iter().map(|p| p.map(|p| (p.value, p.variance.unwrap())).unwrap()).collect::<Vec<_>>()
    });
    parts.unwrap().concat()
}

fn report(name: &str, predictions: &[(f64, f64)], observed: &[f64]) {
    let n = observed.len() as f64;
    let pairs = || predictions.iter().zip(observed);
    let rmse = (pairs().map(|(p, z)| (p.0 - z).powi(2)).sum::<f64>() / n).sqrt();
    let inside = pairs().filter(|(p, z)| (p.0 - *z).abs() <= 1.959_964 * p.1.sqrt()).count() as f64 / n;
    let width = 2.0 * 1.959_964 * predictions.iter().map(|p| p.1.sqrt()).sum::<f64>() / n;
    let ratio = pairs().map(|(p, z)| (p.0 - z).powi(2) / p.1).sum::<f64>() / n;
    println!(
        "{name}: RMSE {rmse:.4}, 95 % intervals hold {:.2} %, mean width {width:.3}, squared z {ratio:.3}",
        100.0 * inside
    );
}
