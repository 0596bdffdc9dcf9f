//! Every model: its formula by another way, its validity in the plane and on the sphere, its edges.

use nalgebra::DMatrix;
use proptest::prelude::*;
use soilscope_core::Error;
use soilscope_core::metric::Metric;
use soilscope_core::variogram::{Anisotropy, Model, Structure, Variogram};

use crate::oracle::matern;
use crate::{any, assert_close, cases};

/// Any model with a sill.
fn bounded() -> impl Strategy<Value = Model> {
    prop_oneof![
        Just(Model::Spherical),
        Just(Model::Exponential),
        Just(Model::Gaussian),
        (0.05..=2.0_f64).prop_map(|exponent| Model::PoweredExponential { exponent }),
        (0.05..20.0_f64).prop_map(|smoothness| Model::Matern { smoothness }),
        (0.05..20.0_f64).prop_map(|smoothness| Model::Stein { smoothness }),
        Just(Model::Bessel),
        Just(Model::Circular),
        Just(Model::Pentaspherical),
        Just(Model::Linear),
        Just(Model::Periodic),
        Just(Model::Wave),
        Just(Model::HoleEffect),
    ]
}

/// Any model.
fn model() -> impl Strategy<Value = Model> {
    prop_oneof![
        13 => bounded(),
        1 => Just(Model::UnboundedLinear),
        1 => (0.01..1.99_f64).prop_map(|exponent| Model::Power { exponent }),
        1 => Just(Model::Logarithmic),
    ]
}

/// 1 less the covariance of two balls' overlap in d dimensions: ∫ from q to 1 of (1−t²)^((d−1)/2), over that from 0.
fn ball(dimensions: i32, q: f64) -> f64 {
    let integral = |from: f64| {
        // With t = sin u the integrand is cosᵈ u, smooth at both ends.
        let (a, b) = (from.asin(), std::f64::consts::FRAC_PI_2);
        let steps = 2000;
        let step = (b - a) / f64::from(steps);
        let at = |k: i32| (a + step * f64::from(k)).cos().powi(dimensions);
        // Simpson's rule.
        let inner: f64 = (1..steps).map(|k| f64::from(2 + 2 * (k % 2)) * at(k)).sum();
        step / 3.0 * (at(0) + inner + at(steps))
    };
    if q >= 1.0 { 1.0 } else { 1.0 - integral(q) / integral(0.0) }
}

/// The model's formula by another way.
fn expected(model: Model, q: f64) -> f64 {
    let pi = std::f64::consts::PI;
    match model {
        Model::Linear => ball(1, q),
        Model::Circular => ball(2, q),
        Model::Spherical => ball(3, q),
        Model::Pentaspherical => ball(5, q),
        Model::Exponential => 1.0 - (-q).exp(),
        Model::Gaussian => 1.0 - (-(q * q)).exp(),
        Model::PoweredExponential { exponent } => 1.0 - (-(exponent * q.ln()).exp()).exp(),
        Model::Matern { smoothness } => 1.0 - matern(smoothness, q),
        Model::Stein { smoothness } => 1.0 - matern(smoothness, 2.0 * smoothness.sqrt() * q),
        Model::Bessel => 1.0 - matern(1.0, q),
        Model::Periodic => 1.0 - (2.0 * pi * q).cos(),
        // The mean of cos(q u) for u from 0 to 1.
        Model::Wave => 1.0 - mean_cosine(pi * q),
        Model::HoleEffect => 1.0 - mean_cosine(q),
        Model::UnboundedLinear => q,
        Model::Power { exponent } => (exponent * q.ln()).exp(),
        Model::Logarithmic => (1.0 + q).ln(),
        other => panic!("{other:?}"),
    }
}

fn mean_cosine(x: f64) -> f64 {
    // The midpoint rule of cos x u errs by a factor that is known: (h x / 2) / sin(h x / 2).
    let steps = 64;
    let half = x / f64::from(2 * steps);
    let sum: f64 = (0..steps).map(|k| (f64::from(2 * k + 1) * half).cos()).sum();
    sum / f64::from(steps) * half.sin() / half
}

/// Smallest eigenvalue of a covariance matrix.
fn smallest_eigenvalue(n: usize, covariance: impl Fn(usize, usize) -> f64) -> f64 {
    DMatrix::from_fn(n, n, covariance).symmetric_eigenvalues().min()
}

fn separation(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_model_is_its_formula_by_another_way(model in model(), q in prop_oneof![0.01..3.0_f64, 0.9..1.1_f64]) {
        let tolerance = 1e-11 * expected(model, q).max(1.0);
        assert_close(model.unit_semivariance(q), expected(model, q), tolerance, &format!("{model:?} at {q}"));
    }

    /// From the smallest number to the largest lag: 0 at 0, never negative, never beyond twice the sill, and no jumps.
    #[test]
    fn a_model_is_a_number_at_any_lag(model in model(), power in -320.0..308.0_f64) {
        let q = 10.0_f64.powf(power);
        let gamma = model.unit_semivariance(q);
        prop_assert_eq!(model.unit_semivariance(0.0), 0.0);
        prop_assert!(gamma >= 0.0 && !gamma.is_nan(), "{} at {}", gamma, q);
        prop_assert!(!model.is_bounded() || gamma <= 2.0);
        prop_assert!(model.unit_semivariance(f64::NAN).is_nan());
        let farthest = if model.is_bounded() { 1.0 } else { f64::INFINITY };
        prop_assert_eq!(model.unit_semivariance(f64::INFINITY), farthest);
        if q < 1e6 {
            let next = model.unit_semivariance(q + 1e-9 * q.min(1.0));
            // Numbers beside 1 have no more digits than these.
            prop_assert!((next - gamma).abs() <= 1e-7 * gamma + 1e-8 * q.min(1.0) + 3e-14, "{gamma} and {next} at {q}");
        }
    }

    /// Sill and range are scales, and anisotropy a stretch.
    #[test]
    fn sill_range_and_ratio_scale(
        model in model(), sill in 0.01..100.0_f64, range in 1.0..1e4_f64, lag in 0.01..1e5_f64, ratio in 0.1..1.0_f64,
    ) {
        let range = if model.has_range() { range } else { 1.0 };
        let s = Structure::new(model, sill, range).unwrap().with_anisotropy(Anisotropy::new(0.0, ratio).unwrap());
        let v = Variogram::new(0.0, vec![s]).unwrap();
        let jump = if model == Model::Logarithmic { range.ln() } else { 0.0 };
        let unit = |h: f64| sill * (model.unit_semivariance(h / range) + jump);
        for (h, separation) in [(lag, [0.0, lag]), (lag, [0.0, -lag]), (lag / ratio, [lag, 0.0])] {
            assert_close(v.semivariance(separation), unit(h), 1e-12 * unit(h).max(sill), "semivariance");
        }
        prop_assert_eq!(v.sill(), sill);
        prop_assert_eq!(v.is_bounded(), model.is_bounded());
        prop_assert_eq!(v.effective_range().is_infinite(), !model.is_bounded());
    }

    /// The first lag at which 95 % of the sill is reached, also where the model falls again.
    #[test]
    fn the_effective_range_is_the_first(
        model in bounded(), other in bounded(), range in 1.0..100.0_f64, ratio in 0.1..20.0_f64, share in 0.0..1.0_f64,
        nugget in 0.0..0.5_f64,
    ) {
        let part = |model, sill, range| Structure::new(model, sill, range).unwrap();
        let v = Variogram::new(nugget, vec![part(model, share, range), part(other, 1.0 - share, range * ratio)]).unwrap();
        let reach = v.effective_range();
        prop_assert!(v.semivariance([reach, 0.0]) >= (0.95 - 1e-9) * v.sill());
        for k in 1..200 {
            prop_assert!(v.semivariance([reach * f64::from(k) / 200.0 * (1.0 - 1e-9), 0.0]) < 0.951 * v.sill());
        }
    }

    #[test]
    fn covariances_of_many_are_those_of_each(
        model in model(), range in 1.0..100.0_f64, ratio in 0.2..1.0_f64, coords in any::places(1, 20),
    ) {
        let range = if model.has_range() { range } else { 1.0 };
        let s = Structure::new(model, 0.7, range).unwrap().with_anisotropy(Anisotropy::new(30.0, ratio).unwrap());
        let v = Variogram::new(0.3, vec![s]).unwrap();
        let mut out = vec![f64::NAN; coords.len()];
        v.covariances(coords[0], &coords, &mut out);
        for (&c, o) in coords.iter().zip(out) {
            let each = v.covariance(separation(c, coords[0]));
            assert_close(o, each, 1e-14 * each.abs().max(1.0), &v.to_string());
        }
    }

    #[test]
    fn models_meet_at_their_limits(q in 0.0..6.0_f64) {
        let exponential = Model::Exponential.unit_semivariance(q);
        for (model, same) in [
            (Model::Matern { smoothness: 0.5 }, exponential),
            (Model::PoweredExponential { exponent: 1.0 }, exponential),
            (Model::PoweredExponential { exponent: 2.0 }, Model::Gaussian.unit_semivariance(q)),
            (Model::Bessel, Model::Matern { smoothness: 1.0 }.unit_semivariance(q)),
            (Model::Wave, Model::HoleEffect.unit_semivariance(std::f64::consts::PI * q)),
            (Model::Power { exponent: 1.0 }, Model::UnboundedLinear.unit_semivariance(q)),
            // Stein's range makes a smooth Matérn model Gaussian: exp(−q²) in the limit, 1/κ away from it.
            (Model::Stein { smoothness: 0.5 }, Model::Exponential.unit_semivariance(2.0_f64.sqrt() * q)),
        ] {
            assert_close(model.unit_semivariance(q), same, 2e-15 * same.max(1.0), &format!("{model:?}"));
        }
        let smooth = Model::Stein { smoothness: 100.0 }.unit_semivariance(q);
        assert_close(smooth, Model::Gaussian.unit_semivariance(q), 0.01, "a smooth model");
    }
}

proptest! {
    #![proptest_config(cases(128))]

    /// Covariances are positive definite, semivariances of unbounded models conditionally negative definite.
    #[test]
    fn what_is_valid_in_the_plane_is_positive_definite(
        model in model(), places in any::places(3, 36), range in 1.0..200.0_f64, azimuth in 0.0..180.0_f64, ratio in 0.2..1.0_f64,
    ) {
        let range = if model.has_range() { range } else { 1.0 };
        let s = Structure::new(model, 1.0, range).unwrap().with_anisotropy(Anisotropy::new(azimuth, ratio).unwrap());
        let v = Variogram::new(0.0, vec![s]).unwrap();
        if model.largest_dimension() == Some(1) {
            prop_assert_eq!(v.check_on(Metric::Plane).unwrap().len(), 1);
            return Ok(());
        }
        prop_assert!(v.check_on(Metric::Plane).unwrap().is_empty());
        let n = places.len();
        let gamma = |i: usize, j: usize| v.semivariance(separation(places[i], places[j]));
        let (least, scale) = if model.is_bounded() {
            (smallest_eigenvalue(n, |i, j| v.covariance(separation(places[i], places[j]))), 1.0)
        } else {
            // Covariances of increments from the first place.
            let scale = (1..n).map(|i| gamma(0, i)).fold(0.0, f64::max);
            (smallest_eigenvalue(n - 1, |i, j| gamma(i + 1, 0) + gamma(j + 1, 0) - gamma(i + 1, j + 1)), scale)
        };
        prop_assert!(least > -1e-12 * scale * n as f64, "{v}: {least}");
    }
}

#[test]
fn what_is_valid_along_a_line_only_fails_in_the_plane() {
    for (model, spacing) in [(Model::Linear, 0.7), (Model::Periodic, 0.3)] {
        let place = |k: usize| [(k % 8) as f64 * spacing, (k / 8) as f64 * spacing];
        let v = Variogram::new(0.0, vec![Structure::new(model, 1.0, 1.0).unwrap()]).unwrap();
        let least = smallest_eigenvalue(64, |i, j| v.covariance(separation(place(i), place(j))));
        assert!(least < -0.05, "{model:?}: {least}");
        let along = smallest_eigenvalue(64, |i, j| v.covariance([(i as f64 - j as f64) * spacing, 0.0]));
        assert!(along > -1e-12, "{model:?} along a line: {along}");
        let remarks = v.check_on(Metric::Plane).unwrap();
        assert!(remarks.len() == 1 && remarks[0].contains("along a line only"), "{remarks:?}");
    }
}

/// Coefficients of a function of the angle in Legendre polynomials, by Gauss's rule: a covariance on the sphere has none
/// below 0 (Schoenberg 1942).
fn least_legendre_coefficient(correlation: impl Fn(f64) -> f64) -> f64 {
    const NODES: usize = 2000;
    let legendre = |degree: usize, x: f64| {
        let (mut before, mut value) = (1.0, x);
        for k in 1..degree {
            let k = k as f64;
            (before, value) = (value, ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0));
        }
        (value, before)
    };
    let mut coefficients = [0.0_f64; 40];
    for i in 0..NODES {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (NODES as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..5 {
            let (value, before) = legendre(NODES, x);
            slope = NODES as f64 * (before - x * value) / (1.0 - x * x);
            x -= value / slope;
        }
        let weight = 2.0 / ((1.0 - x * x) * slope * slope) * correlation(x.acos());
        let (mut before, mut value) = (1.0, x);
        for (k, c) in coefficients.iter_mut().enumerate() {
            let k = k as f64;
            *c += (k + 0.5) * weight * before;
            (before, value) = (value, ((2.0 * k + 3.0) * x * value - (k + 1.0) * before) / (k + 2.0));
        }
    }
    coefficients.into_iter().fold(f64::INFINITY, f64::min)
}

#[test]
fn the_sphere_takes_what_is_valid_there() {
    let radius = 6371.0;
    let earth = Metric::Sphere { radius };
    let variogram = |text: &str| text.parse::<Variogram>().unwrap();
    let coefficient = |v: &Variogram| least_legendre_coefficient(|angle| v.covariance([angle * radius, 0.0]));
    for text in [
        "0.1 Nug + 1 Sph(900)",
        "1 Sph(9000)",
        "1 Sph(30000)",
        "1 Exp(2000)",
        "1 Exc(3000, kappa=1)",
        "1 Exc(3000, kappa=0.4)",
        "1 Mat(3000, kappa=0.5)",
        "1 Mat(3000, kappa=0.2)",
        "1 Ste(3000, kappa=0.3)",
        "1 Pen(2000)",
        "1 Pen(20000)",
    ] {
        let v = variogram(text);
        assert_eq!(v.check_on(earth), Ok(vec![]), "{text}");
        let without_nugget = Variogram::new(0.0, v.structures().to_vec()).unwrap();
        assert!(coefficient(&without_nugget) > -1e-9, "{text}: {}", coefficient(&without_nugget));
    }
    for text in [
        "1 Gau(9000)",
        "1 Exc(30000, kappa=1.5)",
        "1 Mat(9000, kappa=1.5)",
        "1 Ste(9000, kappa=2)",
        "1 Bes(9000)",
        "1 Lin(9000)",
        "1 Per(9000)",
        "1 Wav(9000)",
        "1 Hol(9000)",
    ] {
        let v = variogram(text);
        assert!(matches!(v.check_on(earth), Err(Error::NotOnSphere { .. })), "{text}");
        assert!(coefficient(&v) < -1e-6, "{text}: {}", coefficient(&v));
    }
    for (text, reason) in [
        ("1 Cir(3000)", "not known to be"),
        ("1 Pen(20100)", "half the circumference"),
        ("1 Exp(3000, az=30, ratio=0.5)", "anisotropic"),
        ("1 Lin(0)", "no sill"),
        ("1 Pow(0.5)", "no sill"),
        ("1 Log(2)", "no sill"),
    ] {
        let message = variogram(text).check_on(earth).unwrap_err().to_string();
        assert!(message.contains(reason), "{text}: {message}");
    }
    assert!(variogram("1 Exp(3)").check_on(Metric::Sphere { radius: 0.0 }).is_err());
}

/// At short lags each model follows the first term of its power series to the digits of a number.
#[test]
fn short_lags_keep_their_digits() {
    let pi = std::f64::consts::PI;
    for q in [1e-5, 1e-9, 1e-20, 1e-120_f64] {
        for (model, leading) in [
            (Model::Spherical, 1.5 * q),
            (Model::Circular, 4.0 / pi * q),
            (Model::Pentaspherical, 1.875 * q),
            (Model::Exponential, q),
            (Model::Gaussian, q * q),
            (Model::PoweredExponential { exponent: 1.7 }, q.powf(1.7)),
            (Model::Periodic, 2.0 * (pi * q).powi(2)),
            (Model::Wave, (pi * q).powi(2) / 6.0),
            (Model::HoleEffect, q * q / 6.0),
            (Model::Logarithmic, q),
        ] {
            let ratio = model.unit_semivariance(q) / leading;
            assert!((ratio - 1.0).abs() < 2.0 * q + 1e-14, "{model:?} at {q}: {ratio}");
        }
    }
    // A whole number of periods and a bit, in which the bit has eight digits.
    let bit = 1e-6 * 2.0_f64.powi(10);
    let far = Model::Periodic.unit_semivariance(1000.0 + bit);
    assert_close(far / Model::Periodic.unit_semivariance(bit), 1.0, 1e-9, "a phase");
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    for (model, range) in [
        (Model::PoweredExponential { exponent: 0.0 }, 1.0),
        (Model::PoweredExponential { exponent: 2.1 }, 1.0),
        (Model::PoweredExponential { exponent: f64::NAN }, 1.0),
        (Model::Power { exponent: 0.0 }, 1.0),
        (Model::Power { exponent: 2.0 }, 1.0),
        (Model::Power { exponent: f64::NAN }, 1.0),
        (Model::Power { exponent: 1.0 }, 2.0),
        (Model::UnboundedLinear, 2.0),
        (Model::Logarithmic, 0.9),
        (Model::Linear, 0.0),
        (Model::Periodic, f64::INFINITY),
    ] {
        assert!(matches!(Structure::new(model, 1.0, range), Err(Error::Parameter { .. })), "{model:?}({range})");
    }
}
