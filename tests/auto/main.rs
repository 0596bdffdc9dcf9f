//! `auto::choose` on fields whose truth is known, on planted errors, and on real samples.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod calibration;
mod fields;
mod meuse;
mod refusals;
mod simulated;
