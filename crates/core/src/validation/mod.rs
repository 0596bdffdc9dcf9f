//! Cross-validation: which samples are held out together, and what the residuals say.

mod folds;
mod scores;

pub use folds::Folds;
pub use scores::{Coverage, Residual, Scores, residuals};
