//! Gaussian fields at random places, by the Cholesky factor of their covariances.

use nalgebra::{DMatrix, DVector};
use soilscope_core::random::Random;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Samples};

pub(crate) fn model(text: &str) -> Variogram {
    text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

/// `n` samples of a field with mean 10 in a square of side 1000.
pub(crate) fn field(text: &str, n: usize, seed: u64) -> Samples {
    let variogram = model(text);
    let mut random = Random::new(seed);
    let coords: Vec<Coord> = (0..n).map(|_| [random.uniform() * 1000.0, random.uniform() * 1000.0]).collect();
    let covariances =
        DMatrix::from_fn(n, n, |i, j| variogram.covariance([coords[i][0] - coords[j][0], coords[i][1] - coords[j][1]]));
    let white = DVector::from_fn(n, |_, _| random.normal());
    let values = covariances.cholesky().unwrap().l() * white;
    Samples::new(coords, values.iter().map(|v| v + 10.0).collect()).unwrap()
}

/// The same places with other values.
pub(crate) fn with_values(samples: &Samples, f: impl Fn(usize, f64) -> f64) -> Samples {
    samples.with_values(samples.values().iter().enumerate().map(|(i, &v)| f(i, v)).collect()).unwrap()
}
