//! Maximum likelihood, REML and their approximation: against a plain second implementation, against simulated truth, and
//! by what any right likelihood must satisfy.
//!
//! What takes minutes is ignored here and run by `make truth`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "measured coverage is worth reading: cargo test -- --nocapture")]

mod bounds;
mod generator;
mod laws;
mod oracle;
mod prediction;
mod sphere;
mod truth;

use soilscope_core::likelihood::{Engine, LikelihoodSettings, Method};
use soilscope_core::random::Random;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Samples};

fn model(text: &str) -> Variogram {
    text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

fn with(engine: Engine, method: Method) -> LikelihoodSettings {
    LikelihoodSettings { engine, method, ..LikelihoodSettings::default() }
}

/// A field of `variogram` with a plane of slope 0.02 and mean 3, exactly, at `n` places of a square of 100.
fn simulated(n: usize, variogram: &Variogram, seed: u64) -> Samples {
    let mut random = Random::new(seed);
    let places = generator::places(n, 100.0, &[], &mut random);
    let mut values = exactly(&places, variogram, &mut random);
    for (z, c) in values.iter_mut().zip(&places) {
        *z += 3.0 + 0.02 * c[0];
    }
    Samples::new(places, values).unwrap()
}

/// A field of mean 0, by the Cholesky factor of its whole covariance matrix.
fn exactly(places: &[Coord], variogram: &Variogram, random: &mut Random) -> Vec<f64> {
    let n = places.len();
    let covariance = nalgebra::DMatrix::from_fn(n, n, |i, j| {
        variogram.covariance([places[i][0] - places[j][0], places[i][1] - places[j][1]])
    });
    let normal = nalgebra::DVector::from_fn(n, |_, _| random.normal());
    (nalgebra::Cholesky::new(covariance).unwrap().l() * normal).data.into()
}

/// Samples with errors of their own and a covariate, some at one place.
fn furnished(n: usize, seed: u64) -> Samples {
    let samples = simulated(n, &model("0.2 Nug + 1 Exp(15)"), seed);
    let mut coords: Vec<Coord> = samples.coords().to_vec();
    coords[n - 1] = coords[0];
    coords[n - 2] = coords[1];
    coords[n - 3] = coords[1];
    let errors = (0..n).map(|i| 0.05 + 0.01 * (i % 7) as f64).collect();
    let covariate = (0..n).map(|i| ((i * 13) % 29) as f64).collect();
    Samples::new(coords, samples.values().to_vec())
        .unwrap()
        .with_error_variances(errors)
        .unwrap()
        .with_covariates(&[covariate])
        .unwrap()
}
