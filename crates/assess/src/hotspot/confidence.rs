//! How wrong hotspots are expected to be, at any confidence.

use serde::Serialize;

/// Steps of probability that are told apart.
const STEPS: usize = 1000;

/// Sums of exceedance probabilities over the cells of a map, by probability: enough for the areas at any confidence.
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
/// assert_eq!(at.cells, 2);
/// assert!((at.false_positive - 0.2).abs() < 1e-12); // 0.05 + 0.15 of the two cells inside are not above
/// assert!((at.false_negative - 0.3).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceCurve {
    /// Cells and summed probabilities, of probabilities from k / 1000 to before (k + 1) / 1000.
    steps: Vec<(u64, f64)>,
}

impl Default for ConfidenceCurve {
    fn default() -> Self {
        Self { steps: vec![(0, 0.0); STEPS + 1] }
    }
}

/// What hotspots at one confidence hold and miss, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtConfidence {
    /// The smallest probability of a cell in a hotspot.
    pub confidence: f64,
    /// Cells in hotspots.
    pub cells: u64,
    /// Of those, the expected number that are not above the threshold.
    pub false_positive: f64,
    /// Cells outside hotspots that are expected to be above.
    pub false_negative: f64,
}

impl ConfidenceCurve {
    /// Adds a cell with its exceedance probability, 0 to 1.
    pub fn push(&mut self, probability: f64) {
        // A probability is stored in 32 bits: 0.8 must count as 0.8.
        let step = ((probability * STEPS as f64 + 1e-4) as usize).min(STEPS);
        self.steps[step].0 += 1;
        self.steps[step].1 += probability;
    }

    /// The same of other cells.
    pub fn merge(&mut self, other: &Self) {
        for (a, b) in self.steps.iter_mut().zip(&other.steps) {
            a.0 += b.0;
            a.1 += b.1;
        }
    }

    /// Expected number of cells above the threshold.
    pub fn expected_cells(&self) -> f64 {
        self.steps.iter().map(|s| s.1).sum()
    }

    /// Areas of cells whose probability is at least `confidence`, which is rounded down to thousandths.
    pub fn at(&self, confidence: f64) -> AtConfidence {
        let first = ((confidence * STEPS as f64 + 1e-9) as usize).min(STEPS);
        let (outside, inside) = self.steps.split_at(first);
        let cells: u64 = inside.iter().map(|s| s.0).sum();
        AtConfidence {
            confidence,
            cells,
            false_positive: (cells as f64 - inside.iter().map(|s| s.1).sum::<f64>()).max(0.0),
            false_negative: outside.iter().map(|s| s.1).sum(),
        }
    }
}

/// How far a hotspot can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotspotClass {
    /// A sample inside is above the threshold, and at most a tenth of the area is expected not to be.
    Certain,
    /// A sample inside is above the threshold, and more than a tenth of the area is expected not to be.
    Probable,
    /// No sample inside is above the threshold: the model alone says so.
    NeedsSamples,
}

/// Share of a hotspot's area that may be expected not to be above the threshold while it is certain.
pub const CERTAIN_UP_TO: f64 = 0.1;

impl HotspotClass {
    /// The class of a hotspot with this mean exceedance probability and so many samples inside that are above the threshold;
    /// our own convention, to be read with both numbers.
    pub fn of(mean_probability: f64, samples_above: usize) -> Self {
        match samples_above {
            0 => Self::NeedsSamples,
            _ if 1.0 - mean_probability <= CERTAIN_UP_TO => Self::Certain,
            _ => Self::Probable,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::NeedsSamples => "needs samples",
        }
    }
}
