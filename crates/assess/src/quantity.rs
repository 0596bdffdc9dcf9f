//! Numbers that a formula cannot take.

use thiserror::Error;

/// A number outside the domain of a formula.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{name} is {value}, but must be {requirement}")]
pub struct BadQuantity {
    /// What it is, with its unit.
    pub name: &'static str,
    /// What was given.
    pub value: f64,
    /// The domain.
    pub requirement: &'static str,
}

pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, value.is_finite() && value > 0.0, "a number above 0")
}

pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, value.is_finite() && value >= 0.0, "a number of at least 0")
}

/// From 0 to 1, both included.
pub(crate) fn share(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

/// Between 0 and 1, both left out.
pub(crate) fn inside(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, value > 0.0 && value < 1.0, "above 0 and below 1")
}

pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, value.is_finite(), "a finite number")
}

/// Days a year, of which a leap year has 366.
pub(crate) fn days_a_year(value: f64) -> Result<f64, BadQuantity> {
    held("days of exposure a year", value, value > 0.0 && value <= 366.0, "above 0 and at most 366")
}

pub(crate) fn ph(value: f64) -> Result<f64, BadQuantity> {
    held("pH", value, (0.0..=14.0).contains(&value), "from 0 to 14")
}

pub(crate) fn percent(name: &'static str, value: f64) -> Result<f64, BadQuantity> {
    held(name, value, value > 0.0 && value <= 100.0, "above 0 and at most 100 percent")
}

/// What a formula made of numbers that it takes, but that together lead out of what a number can hold.
pub(crate) fn held(name: &'static str, value: f64, holds: bool, requirement: &'static str) -> Result<f64, BadQuantity> {
    if holds { Ok(value) } else { Err(BadQuantity { name, value, requirement }) }
}
