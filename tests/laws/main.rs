//! What any right answer must satisfy, on random input, and agreement with a slow second implementation.
//!
//! Cases are the same in every run. `PROPTEST_RNG_SEED=7 PROPTEST_CASES=5000 cargo test -p soilscope-core --test laws`
//! looks elsewhere and longer; what it finds becomes a named test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any;
mod association;
mod cokriging;
mod cokriging_cases;
mod cokriging_left_out;
mod coregionalisation;
mod estimators;
mod every_interpolator;
mod extremes;
mod fit;
mod fit_models;
mod inverse_distance;
mod kriging;
mod leave_out;
mod measurement_errors;
mod models;
mod notation;
mod oracle;
mod samples;
mod scores;
mod searches;
mod skill;
mod sphere;
mod together;
mod trust;
mod unbounded;
mod universal;
mod variograms;

use proptest::test_runner::{Config, RngSeed};

/// `cases` fixed cases, unless the environment asks for others.
fn cases(cases: u32) -> Config {
    let asked = |name: &str| std::env::var_os(name).is_some();
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if !asked("PROPTEST_CASES") {
        config.cases = cases;
    }
    if !asked("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(20_261_121);
    }
    config
}

/// Fails where `a` and `b` differ by more than `tolerance`, and where either is NaN.
#[track_caller]
fn assert_close(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance, "{what}: {a} against {b}, off by {:e}", (a - b).abs());
}

/// Fails where two outcomes differ by more than these, are NaN, or are different gaps.
#[track_caller]
fn assert_outcomes(ours: &[soilscope_core::Outcome], other: &[soilscope_core::Outcome], value: f64, variance: f64) {
    assert_eq!(ours.len(), other.len());
    for (i, pair) in ours.iter().zip(other).enumerate() {
        match pair {
            (Ok(a), Ok(b)) => {
                assert_close(a.value, b.value, value, &format!("value {i}"));
                assert_eq!(a.variance.is_some(), b.variance.is_some());
                if let (Some(v), Some(w)) = (a.variance, b.variance) {
                    assert_close(v, w, variance, &format!("variance {i}"));
                    assert!(v >= 0.0, "variance {i} is {v}");
                }
                assert_close(a.multiplier, b.multiplier, variance, &format!("multiplier {i}"));
            }
            (Err(a), Err(b)) => assert_eq!(a, b, "gap {i}"),
            (a, b) => panic!("outcome {i}: {a:?} against {b:?}"),
        }
    }
}
