//! How wrong hotspots are expected to be, at any confidence.

use serde::Serialize;

/// Steps of probability that are told apart.
const STEPS: usize = 1000;

/// Sums of exceedance probabilities over the cells of a map, by probability: enough for the areas at any confidence. Cells count 1 each, or
/// their area where it differs.
///
/// The expected area above the threshold is the sum of probabilities whatever cells depend on one another; its spread is not,
/// and takes joint simulation.
///
/// # Examples
/// ```
/// use soilscope_assess::hotspot::ConfidenceCurve;
/// let mut curve = ConfidenceCurve::default();
/// [0.95, 0.85, 0.3, 0.0].iter().for_each(|&p| curve.push(p));
/// let at = curve.at(0.8);
/// assert_eq!(at.size, 2.0);
/// assert!((at.false_positive - 0.2).abs() < 1e-12); // 0.05 + 0.15 of the two cells inside are not above
/// assert!((at.false_negative - 0.3).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceCurve {
    /// Sizes of cells, and the same times their probabilities, of probabilities from k / 1000 to before (k + 1) / 1000.
    steps: Vec<(f64, f64)>,
}

impl Default for ConfidenceCurve {
    fn default() -> Self {
        Self { steps: vec![(0.0, 0.0); STEPS + 1] }
    }
}

/// What hotspots at one confidence hold and miss, in cells or whatever their sizes are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtConfidence {
    /// The smallest probability of a cell in a hotspot.
    pub confidence: f64,
    /// Of all cells in hotspots.
    pub size: f64,
    /// Of those, what is expected not to be above the threshold.
    pub false_positive: f64,
    /// Outside hotspots, what is expected to be above.
    pub false_negative: f64,
}

impl ConfidenceCurve {
    /// Adds a cell with its exceedance probability, 0 to 1.
    pub fn push(&mut self, probability: f64) {
        self.push_sized(probability, 1.0);
    }

    /// Adds a cell that counts as so much.
    pub fn push_sized(&mut self, probability: f64, size: f64) {
        // A probability is stored in 32 bits: 0.8 must count as 0.8.
        let step = ((probability * STEPS as f64 + 1e-4) as usize).min(STEPS);
        self.steps[step].0 += size;
        self.steps[step].1 += size * probability;
    }

    /// The same of other cells.
    pub fn merge(&mut self, other: &Self) {
        for (a, b) in self.steps.iter_mut().zip(&other.steps) {
            a.0 += b.0;
            a.1 += b.1;
        }
    }

    /// What is expected to be above the threshold.
    pub fn expected(&self) -> f64 {
        self.steps.iter().map(|s| s.1).sum()
    }

    /// What has a probability of at least `confidence`, which is rounded up to thousandths.
    pub fn at(&self, confidence: f64) -> AtConfidence {
        let first = ((confidence * STEPS as f64 - 1e-6).ceil().max(0.0) as usize).min(STEPS);
        let (outside, inside) = self.steps.split_at(first);
        let size: f64 = inside.iter().map(|s| s.0).sum();
        AtConfidence {
            confidence: first as f64 / STEPS as f64,
            size,
            false_positive: (size - inside.iter().map(|s| s.1).sum::<f64>()).max(0.0),
            false_negative: outside.iter().map(|s| s.1).sum(),
        }
    }
}
