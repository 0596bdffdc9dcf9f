//! Simulated fields are what they claim to be: they honour samples, have the model's moments, and are the same for anyone
//! who runs them.
//!
//! Seeds are fixed, so a test passes always or never. Bounds are in standard errors that theory gives: 4.5 of them are
//! passed by chance once in 150 000 comparisons.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bits;
mod conditional;
mod joint;
mod kriged;
mod refused;
mod support;
mod unconditional;
