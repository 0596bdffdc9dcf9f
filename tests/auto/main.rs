//! `auto::choose` on fields whose truth is known, on planted errors, and on real samples.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]
#![allow(clippy::print_stdout, reason = "measured rates are worth reading: cargo test -- --nocapture")]

mod calibration;
mod fields;
#[path = "../likelihood/generator.rs"]
mod generator;
mod meuse;
mod rates;
mod refusals;
mod simulated;
mod sphere;
