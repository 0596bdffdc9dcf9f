//! Areas, volumes and costs against the confidence that hotspots are drawn at.

use anyhow::Result;
use serde::Serialize;
use soilscope_assess::hotspot::{AtConfidence, ConfidenceCurve, ExpectedCosts, UnitCosts};
use soilscope_picture::{Curve, CurvesPanel, CurvesPlot, curves_svg, svg_to_png};

use crate::guideline::Carried;
use crate::guideline::carried::{columns, with_limit};

/// Where on the curve the hotspots are, and what its cells cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurveSettings {
    pub(crate) confidence: f64,
    /// Metres.
    pub(crate) depth: Option<f64>,
    pub(crate) treat_cost: Option<f64>,
    pub(crate) leave_cost: Option<f64>,
}

/// The curve, and what turns its cells into units.
pub(crate) struct Curves<'a> {
    /// Of areas: square metres on the ground, or square units of a local plane.
    pub(crate) curve: &'a ConfidenceCurve,
    pub(crate) local: bool,
    pub(crate) settings: CurveSettings,
    /// The threshold that probabilities are of, as it is written elsewhere.
    pub(crate) threshold: Option<String>,
    /// The limit of the law that it is.
    pub(crate) limit: Option<Carried>,
}

/// Costs, for the record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CostRecord {
    unit_costs: UnitCosts,
    /// What the unit costs are of.
    of: &'static str,
    /// Where the hotspots that were drawn are treated, and all else is left.
    of_hotspots: ExpectedCosts,
    /// Where treatment pays, if it does anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<Least>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Least {
    confidence: f64,
    costs: ExpectedCosts,
}

/// Money as it is written: digits in threes.
fn grouped(amount: f64) -> String {
    if amount.abs() < 1e4 || amount.abs() >= 1e15 {
        return crate::field::short_number(amount);
    }
    let digits = format!("{:.0}", amount.abs());
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if amount < 0.0 { format!("-{text}") } else { text }
}

impl CostRecord {
    /// In one line.
    pub(crate) fn line(&self) -> String {
        let number = grouped;
        let parts = |costs: &ExpectedCosts| match costs.leave {
            Some(leave) => format!(
                "{} ({} to treat hotspots, {} expected of what is left)",
                number(costs.total),
                number(costs.treat),
                number(leave)
            ),
            None => format!("{} to treat hotspots", number(costs.treat)),
        };
        let least = match (&self.least, self.unit_costs.leave) {
            (Some(least), _) => {
                format!(
                    "; least at a confidence of {}: {}",
                    crate::field::short_number(least.confidence),
                    parts(&least.costs)
                )
            }
            (None, Some(_)) => "; treating pays nowhere, as leaving costs less".to_owned(),
            (None, None) => String::new(),
        };
        format!("expected cost: {}{least}", parts(&self.of_hotspots))
    }
}

impl Curves<'_> {
    fn unit_costs(&self) -> Option<UnitCosts> {
        self.settings.treat_cost.map(|treat| UnitCosts { treat, leave: self.settings.leave_cost })
    }

    /// Units of cost of a unit of area.
    fn units(&self) -> f64 {
        self.settings.depth.unwrap_or(1.0)
    }

    /// At every hundredth.
    fn steps(&self) -> Vec<AtConfidence> {
        (1..=100).map(|k| self.curve.at(f64::from(k) / 100.0)).collect()
    }

    /// With the hotspots that were drawn: their area, and what of them is expected above the threshold.
    pub(crate) fn costs(&self, drawn: f64, above: f64) -> Option<CostRecord> {
        let unit_costs = self.unit_costs()?;
        let of = match (self.settings.depth, self.local) {
            (Some(_), _) => "cubic metre",
            (None, false) => "square metre",
            (None, true) => "square unit of the local plane",
        };
        let least = unit_costs.least(self.curve, self.units());
        Some(CostRecord {
            unit_costs,
            of,
            of_hotspots: unit_costs.of(drawn * self.units(), (self.curve.expected() - above).max(0.0) * self.units()),
            least: least.map(|(at, costs)| Least { confidence: at.confidence, costs }),
        })
    }

    /// One row a confidence.
    pub(crate) fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let suffix = if self.local { "" } else { "_m2" };
        let costs = self.unit_costs();
        let mut header: Vec<String> = vec!["confidence".into()];
        header.extend(["area", "false_positive", "false_negative"].map(|name| format!("{name}{suffix}")));
        header.extend(self.settings.depth.map(|_| "volume_m3".to_owned()));
        if let Some(costs) = &costs {
            header.push("treat_cost".into());
            header.extend(costs.leave.iter().flat_map(|_| ["leave_cost", "total_cost"].map(String::from)));
        }
        let about = columns(self.threshold.clone(), self.limit.as_ref());
        header.extend(about.iter().map(|(name, _)| (*name).to_owned()));
        writer.write_record(&header)?;
        for at in self.steps() {
            let area = at.size;
            let mut row = vec![at.confidence, area, at.false_positive, at.false_negative];
            row.extend(self.settings.depth.map(|depth| area * depth));
            if let Some(costs) = &costs {
                let expected = costs.expected(&at, self.units());
                row.push(expected.treat);
                row.extend(expected.leave.iter().flat_map(|&leave| [leave, expected.total]));
            }
            let numbers = row.iter().map(f64::to_string);
            writer.write_record(numbers.chain(about.iter().map(|(_, text)| text.clone())))?;
        }
        Ok(writer.into_inner()?)
    }

    /// The same as a picture.
    pub(crate) fn png(&self, title: &str, subtitle: &str) -> Result<Vec<u8>> {
        let steps = self.steps();
        let most = steps.first().map_or(0.0, |at| at.size);
        let (scale, area_unit) = match (self.local, most) {
            (true, _) => (1.0, "square units of the local plane"),
            (false, m) if m >= 1e6 => (1e-6, "km²"),
            (false, m) if m >= 2e4 => (1e-4, "ha"),
            _ => (1.0, "m²"),
        };
        let line = |of: &dyn Fn(&AtConfidence) -> f64| -> Vec<[f64; 2]> {
            steps.iter().map(|at| [at.confidence, of(at)]).collect()
        };
        let area = |area: f64| area * scale;
        let areas =
            [line(&|at| area(at.size)), line(&|at| area(at.false_positive)), line(&|at| area(at.false_negative))];
        let labels = ["hotspots", "of them expected not above", "outside, expected above"];
        let areas: Vec<Curve<'_>> = areas.iter().zip(labels).map(|(points, label)| Curve { label, points }).collect();
        let y_label = match self.settings.depth {
            None => format!("area, {area_unit}"),
            Some(depth) => format!("area, {area_unit} (volume: times {depth} m)"),
        };
        let mut panels = vec![CurvesPanel { y_label: &y_label, curves: &areas }];
        let mut marks = vec![(self.settings.confidence, "the map")];
        let mut lines = Vec::new();
        if let Some(costs) = self.unit_costs() {
            lines.push(("treating hotspots", line(&|at| costs.expected(at, self.units()).treat)));
            if costs.leave.is_some() {
                lines.push((
                    "leaving what is above outside",
                    line(&|at| costs.expected(at, self.units()).leave.unwrap_or(0.0)),
                ));
                lines.push(("both", line(&|at| costs.expected(at, self.units()).total)));
            }
            // The axis begins at a hundredth.
            marks.extend(costs.pays_from().map(|p| (p.max(0.01), "least expected cost")));
        }
        let costs: Vec<Curve<'_>> = lines.iter().map(|(label, points)| Curve { label, points }).collect();
        if !costs.is_empty() {
            panels.push(CurvesPanel { y_label: "expected cost, in the currency of the unit costs", curves: &costs });
        }
        let subtitle = with_limit(subtitle, self.limit.as_ref());
        let svg = curves_svg(&CurvesPlot {
            title,
            subtitle: &subtitle,
            credit: "Expected areas are sums of exceedance probabilities over cells, before any minimum area of a hotspot.",
            x_label: "confidence: the least probability of a cell in a hotspot",
            panels: &panels,
            marks: &marks,
            ..CurvesPlot::default()
        });
        Ok(svg_to_png(&svg, 1.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn money_is_written_with_its_digits_in_threes() {
        let written = [999.0, 76_606_618.4, 100_000.0, -1_234_567.0].map(grouped);
        assert_eq!(written, ["999", "76,606,618", "100,000", "-1,234,567"]);
    }
}
