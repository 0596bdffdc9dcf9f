//! Whether the variance is right, and setting it right.

use anyhow::{Context, Result};
use serde::Serialize;
use soilscope_core::validation::{Calibration, OFF_BY, calibration, hold_out_blocks};
use soilscope_core::variogram::Variogram;
use soilscope_core::{Interpolator, Samples};

use super::Field;
use super::model::short_number;
use crate::args::Common;
use crate::choice::executor;

/// Seed of the blocks that are drawn, and of the resampling.
pub(super) const SEED: u64 = 1;

/// What cross-validation by spatial blocks says of the variance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CalibrationRecord {
    /// As the model says it, before `multiplied_by`.
    #[serde(flatten)]
    pub(crate) found: Option<Calibration>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_possible: Option<String>,
    /// The factor beyond which a variance is called wrong.
    off_by: f64,
    /// What `--calibrate` multiplied all variances by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) multiplied_by: Option<f64>,
}

impl CalibrationRecord {
    pub(super) fn of(outcome: soilscope_core::Result<Calibration>) -> Result<Self> {
        let (found, not_possible) = match outcome {
            Ok(found) => (Some(found), None),
            Err(soilscope_core::Error::Cancelled) => return Err(soilscope_core::Error::Cancelled.into()),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Self { found, not_possible, off_by: OFF_BY, multiplied_by: None })
    }

    /// Calibrates a model: its record, and the model with its variances multiplied.
    ///
    /// # Errors
    /// Samples that it cannot be told from.
    pub(super) fn applied(
        recipe: &dyn Interpolator,
        variogram: &Variogram,
        on_scale: &Samples,
        below: &[bool],
        common: &Common,
    ) -> Result<(Self, Variogram)> {
        let found = hold_out_blocks(recipe, variogram, on_scale, SEED, &executor(common)?)
            .and_then(|held| calibration(&held.with_limits(below), variogram, on_scale, SEED))
            .context("--calibrate")?;
        let factor = found.msdr;
        let scaled = variogram.scaled(factor).context("--calibrate: the held-out errors give no factor")?;
        Ok((Self { multiplied_by: Some(factor), ..Self::of(Ok(found))? }, scaled))
    }

    /// What a reader should know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(why) = &self.not_possible {
            notes.push(format!("whether the variance is right cannot be told: {why}"));
        }
        let Some(found) = &self.found else { return notes };
        match (self.multiplied_by, found.warning()) {
            (None, Some(warning)) => notes.push(format!("{warning}; --calibrate multiplies the variance by that")),
            (Some(factor), _) => {
                let chance = if found.off { "" } else { "; by less than it takes to call it wrong" };
                notes.push(format!(
                    "all variances are multiplied by {}, by which {} held-out blocks find them wrong{chance}; with a --transform \
                     the way back to the unit changes predictions too",
                    short_number(factor),
                    found.blocks
                ));
            }
            (None, None) => {}
        }
        notes
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        let Some(c) = &self.found else {
            return format!("not possible: {}", self.not_possible.as_deref().unwrap_or("unknown"));
        };
        let [low, high] = c.msdr_interval.map(|v| format!("{v:.2}"));
        let inside: Vec<String> =
            c.coverage.iter().map(|c| format!("{:.0} % of {:.0} %", 100.0 * c.observed, 100.0 * c.nominal)).collect();
        let scaled = self.multiplied_by.map_or(String::new(), |_| " before --calibrate".to_owned());
        format!(
            "squared errors {:.2} times the variance ({low} to {high}) over {} blocks of {}{scaled}; intervals hold {}",
            c.msdr,
            c.blocks,
            short_number(c.block_size),
            inside.join(", ")
        )
    }
}

impl Field {
    /// What `--calibrate` found and did.
    pub(crate) fn calibrated(&self) -> Option<&CalibrationRecord> {
        self.calibrated.as_ref()
    }
}
