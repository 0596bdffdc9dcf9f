//! Values below limits: published examples, slow second implementations, laws and coverage.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod comparison;
mod coverage;
mod joint;
mod laws;
mod oracle;
mod published;
mod spatial;

use soilscope_core::censored::Measurement;

/// Values as a laboratory writes them: `<5 12.1 …`.
fn column(text: &str) -> Vec<Measurement> {
    let number = |t: &str| t.parse::<f64>().expect("a number");
    let read = |t: &str| match t.strip_prefix('<') {
        Some(limit) => Measurement::BelowLimit(number(limit)),
        None => Measurement::Quantified(number(t)),
    };
    text.split_whitespace().map(read).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected} ± {tolerance}");
}
