//! The area above a threshold, in every realisation.

use serde::Serialize;
use soilscope_core::simulation::predictive_quantile;
use soilscope_pipeline::crs::Crs;

use crate::field::short_number;
use crate::guideline::GuidelineRecord;
use crate::guideline::carried::beside;

/// How large the area above a threshold is, and how sure that is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AreaAbove {
    threshold: f64,
    /// `m2` on the map's plane, or `square-units` of a local plane.
    unit: &'static str,
    /// Area of all simulated cells.
    simulated: f64,
    mean: f64,
    standard_deviation: f64,
    /// Quantiles over the realisations.
    q05: f64,
    q50: f64,
    q95: f64,
    /// Share of the realisations in which no cell is above.
    none_above: f64,
    /// Of each realisation, in order.
    realisations: Vec<f64>,
}

impl AreaAbove {
    /// From the numbers of cells above in each realisation, of `cells` cells of area `cell` in CRS units squared.
    pub(super) fn new(threshold: f64, counts: &[u64], cells: usize, cell: f64, crs: &Crs) -> Self {
        let (unit, cell) = match crs.metres_per_unit() {
            Some(metres) if !crs.is_local() => ("m2", cell * metres * metres),
            _ => ("square-units", cell),
        };
        let realisations: Vec<f64> = counts.iter().map(|&n| n as f64 * cell).collect();
        let n = realisations.len() as f64;
        let mean = realisations.iter().sum::<f64>() / n;
        let squares: f64 = realisations.iter().map(|a| (a - mean).powi(2)).sum();
        let mut sorted = realisations.clone();
        sorted.sort_by(f64::total_cmp);
        let [q05, q50, q95] = [0.05, 0.5, 0.95].map(|p| predictive_quantile(&sorted, p));
        Self {
            threshold,
            unit,
            simulated: cells as f64 * cell,
            mean,
            standard_deviation: if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 },
            q05,
            q50,
            q95,
            none_above: counts.iter().filter(|&&n| n == 0).count() as f64 / n,
            realisations,
        }
    }

    /// In one line.
    pub(super) fn line(&self, unit: &str, limit: Option<&GuidelineRecord>) -> String {
        let (scale, name) = match self.unit {
            "m2" if self.simulated >= 1e5 => (1e-6, "km²"),
            "m2" => (1.0, "m²"),
            _ => (1.0, "square units"),
        };
        let area = |a: f64| short_number(a * scale);
        format!(
            "area above {}: {} {name} in the mean, {} to {} with 90 % (median {}), of {} {name}",
            beside(limit.map(GuidelineRecord::carried).as_ref(), format!("{} {unit}", self.threshold).trim_end()),
            area(self.mean),
            area(self.q05),
            area(self.q95),
            area(self.q50),
            area(self.simulated)
        )
    }
}
