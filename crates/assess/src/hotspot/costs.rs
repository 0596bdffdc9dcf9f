//! What treating hotspots costs, against what leaving the rest costs.

use serde::Serialize;

use super::{AtConfidence, ConfidenceCurve};

/// What a unit of soil costs, in any currency; a unit is an area or, for a depth, a volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UnitCosts {
    /// To treat one, polluted or not.
    pub treat: f64,
    /// To leave one that is above the threshold untreated.
    pub leave: Option<f64>,
}

/// Expected costs where hotspots at one confidence are treated and the rest is left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExpectedCosts {
    /// Of the treatment, which is certain.
    pub treat: f64,
    /// Of what is above the threshold and left; `None` without its unit cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave: Option<f64>,
    /// Both.
    pub total: f64,
}

impl UnitCosts {
    /// Expected costs at one confidence, where what counts as 1 in the curve is so many units.
    pub fn expected(&self, at: &AtConfidence, units: f64) -> ExpectedCosts {
        self.of(at.size * units, at.false_negative * units)
    }

    /// Expected costs of treating so many units, where so many of those that are left are expected above the threshold.
    pub fn of(&self, treated: f64, left_above: f64) -> ExpectedCosts {
        let treat = self.treat * treated;
        let leave = self.leave.map(|leave| leave * left_above);
        ExpectedCosts { treat, leave, total: treat + leave.unwrap_or(0.0) }
    }

    /// The confidence from which treatment pays: a cell with exceedance probability p costs `treat` or, in expectation, p ×
    /// `leave`, so the least expected cost is reached by treating where p is at least `treat` / `leave`. `None` without both, and
    /// where leaving is cheaper even for certain pollution.
    ///
    /// # Source
    /// Expected loss of a decision for each cell, as in Goovaerts (1997), *Geostatistics for Natural Resources Evaluation*, sec. 7.4.
    ///
    /// # Examples
    /// ```
    /// use soilscope_assess::hotspot::{ConfidenceCurve, UnitCosts};
    /// let costs = UnitCosts { treat: 100.0, leave: Some(400.0) };
    /// assert_eq!(costs.pays_from(), Some(0.25));
    ///
    /// let mut curve = ConfidenceCurve::default();
    /// (0..1000).for_each(|i| curve.push(f64::from(i) / 1000.0));
    /// let total = |confidence| costs.expected(&curve.at(confidence), 1.0).total;
    /// assert!(total(0.25) < total(0.2) && total(0.25) < total(0.3));
    /// ```
    pub fn pays_from(&self) -> Option<f64> {
        self.leave.map(|leave| self.treat / leave).filter(|p| *p <= 1.0)
    }

    /// Expected costs where treatment pays; its confidence is rounded up to thousandths, as the curve's are.
    pub fn least(&self, curve: &ConfidenceCurve, units: f64) -> Option<(AtConfidence, ExpectedCosts)> {
        let at = curve.at(self.pays_from()?);
        Some((at, self.expected(&at, units)))
    }
}
