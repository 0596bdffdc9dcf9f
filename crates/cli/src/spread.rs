//! A number that differs from realisation to realisation.

use serde::Serialize;
use soilscope_core::simulation::predictive_quantile;

/// Mean and quantiles over the realisations: 90 % of further ones lie between the outer two.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) q05: f64,
    pub(crate) q50: f64,
    pub(crate) q95: f64,
}

impl Spread {
    /// Of at least one number.
    pub(crate) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = numbers.collect();
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        sorted.sort_by(f64::total_cmp);
        let [q05, q50, q95] = [0.05, 0.5, 0.95].map(|p| predictive_quantile(&sorted, p));
        Self { mean, q05, q50, q95 }
    }

    /// Of the numbers times a factor of at least 0.
    pub(crate) fn times(self, factor: f64) -> Self {
        let Self { mean, q05, q50, q95 } = self;
        Self { mean: mean * factor, q05: q05 * factor, q50: q50 * factor, q95: q95 * factor }
    }
}
