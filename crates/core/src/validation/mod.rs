//! Cross-validation: which samples are held out together, and what the residuals say.

mod calibration;
mod folds;
mod groups;
mod hold_out;
mod scores;
mod skill;
mod standardised;

pub use calibration::{Calibration, CoverageInterval, OFF_BY, calibrate, calibration};
pub use folds::Folds;
pub(crate) use groups::{leave_out_by_groups, predict_groups};
pub use hold_out::{HeldOut, hold_out_blocks, hold_out_blocks_of};
pub use scores::{BelowLimits, Coverage, Residual, Scores, residuals, residuals_with_limits};
pub use skill::{Forecast, ReliabilityStep, Skill, skill};
