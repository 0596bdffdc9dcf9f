//! Worked examples from the literature, at the digits that are printed: tests A to S of the project's list of formulas
//! (docs/formulas.md), and laws of the formulas. D is in `thresholds`, Q and R are in the core's `censored`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crop;
mod ecology;
mod health;
mod indices;
mod leaching;
mod printed;
mod soil_health;
mod trend;
