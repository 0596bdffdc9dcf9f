//! Cross-validation: which samples are held out together, and what the residuals say.

mod calibration;
mod folds;
mod scores;
mod skill;

pub use calibration::{Calibration, CoverageInterval, OFF_BY, calibrate};
pub use folds::Folds;
pub use scores::{Coverage, Residual, Scores, residuals};
pub use skill::{Forecast, ReliabilityStep, Skill, skill};
