//! Gaussian fields at random places, by the Cholesky factor of their covariances.

use nalgebra::{DMatrix, DVector};
use soilscope_core::metric::{EARTH_RADIUS, Metric};
use soilscope_core::random::Random;
use soilscope_core::variogram::{ModelTemplate, Variogram};
use soilscope_core::{Coord, Samples};

pub(crate) fn model(text: &str) -> Variogram {
    text.parse::<ModelTemplate>().unwrap().complete().unwrap().unwrap()
}

/// `n` samples of a field with mean 10 in a square of side 1000.
pub(crate) fn field(text: &str, n: usize, seed: u64) -> Samples {
    let mut random = Random::new(seed);
    let coords: Vec<Coord> = (0..n).map(|_| [random.uniform() * 1000.0, random.uniform() * 1000.0]).collect();
    drawn(text, Samples::new(coords, vec![0.0; n]).unwrap(), &mut random)
}

/// `n` samples of a field with mean 10 on the Earth, 20° by 20° round the date line.
pub(crate) fn field_on_sphere(text: &str, n: usize, seed: u64) -> Samples {
    let mut random = Random::new(seed);
    let longitude = |u: f64| if u < 0.5 { 170.0 + 20.0 * u } else { -190.0 + 20.0 * u };
    let coords: Vec<Coord> = (0..n).map(|_| [longitude(random.uniform()), -30.0 + 20.0 * random.uniform()]).collect();
    drawn(text, Samples::new(coords, vec![0.0; n]).unwrap().on_sphere(EARTH_RADIUS).unwrap(), &mut random)
}

/// A field of this model at these places.
fn drawn(text: &str, places: Samples, random: &mut Random) -> Samples {
    let (variogram, n, coords) = (model(text), places.len(), places.coords());
    let covariances = if places.metric() == Metric::Plane {
        DMatrix::from_fn(n, n, |i, j| variogram.covariance([coords[i][0] - coords[j][0], coords[i][1] - coords[j][1]]))
    } else {
        distances(&places).map(|h| variogram.covariance([h, 0.0]))
    };
    let white = DVector::from_fn(n, |_, _| random.normal());
    let values = covariances.cholesky().unwrap().l() * white;
    places.with_values(values.iter().map(|v| v + 10.0).collect()).unwrap()
}

fn distances(samples: &Samples) -> DMatrix<f64> {
    let (n, coords) = (samples.len(), samples.coords());
    DMatrix::from_fn(n, n, |i, j| if i == j { 0.0 } else { samples.metric().distance(coords[i], coords[j]) })
}

/// Least standard error of the logarithm of the effective range of a Matérn field with this nugget, partial sill, range
/// and smoothness, all unknown, and an unknown mean: gᵀI⁻¹g with I = ½ tr(P Cⱼ P Cₗ) by the logarithms.
pub(crate) fn least_error(samples: &Samples, truth: [f64; 4]) -> f64 {
    let n = samples.len();
    let distances = distances(samples);
    let at = |moved: usize, by: f64| {
        let mut v = truth;
        v[moved] *= f64::exp(by);
        model(&format!("{} Nug + {} Mat({}, kappa={})", v[0], v[1], v[2], v[3]))
    };
    let matrix = |v: &Variogram| DMatrix::from_fn(n, n, |i, j| v.covariance([distances[(i, j)], 0.0]));
    let inverse = matrix(&at(0, 0.0)).cholesky().unwrap().inverse();
    let ones = inverse.column_sum();
    let projected = &inverse - &ones * ones.transpose() / ones.sum();
    let step = 1e-4;
    let slopes: Vec<DMatrix<f64>> =
        (0..4).map(|k| &projected * (matrix(&at(k, step)) - matrix(&at(k, -step))) / (2.0 * step)).collect();
    let information = DMatrix::from_fn(4, 4, |k, l| 0.5 * slopes[k].dot(&slopes[l].transpose()));
    let gradient = DVector::from_fn(4, |k, _| {
        (at(k, step).effective_range() / at(k, -step).effective_range()).ln() / (2.0 * step)
    });
    gradient.dot(&information.cholesky().unwrap().solve(&gradient)).sqrt()
}

/// The same places with other values.
pub(crate) fn with_values(samples: &Samples, f: impl Fn(usize, f64) -> f64) -> Samples {
    samples.with_values(samples.values().iter().enumerate().map(|(i, &v)| f(i, v)).collect()).unwrap()
}

/// The most of `n` events of probability `p` each that come up, but once in a thousand times.
pub(crate) fn at_most(n: usize, p: f64) -> usize {
    let (mut term, mut below) = ((1.0 - p).powi(n as i32), 0.0);
    for k in 0..n {
        below += term;
        if below > 0.999 {
            return k;
        }
        term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    n
}

#[test]
fn at_most_is_the_quantile_of_the_binomial_distribution() {
    // The sums of the definition, in exact fractions.
    assert_eq!([at_most(40, 0.05), at_most(200, 0.05), at_most(1, 0.5)], [7, 21, 1]);
}
