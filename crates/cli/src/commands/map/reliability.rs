//! The reliability diagram of a map's probabilities.

use anyhow::Result;
use soilscope_picture::{ReliabilityPlot, Step, reliability_svg, svg_to_png};

use super::picture::method_words;
use crate::field::{Field, SkillRecord};
use crate::guideline::GuidelineRecord;
use crate::guideline::carried::with_limit;
use crate::source::Source;

/// Draws it, as PNG.
pub(super) fn draw(
    skill: &SkillRecord,
    limit: Option<&GuidelineRecord>,
    field: &Field,
    source: &Source,
) -> Result<Vec<u8>> {
    let unit = source.unit().unwrap_or("");
    let unit = skill.threshold.map_or("", |_| unit);
    let title = format!("Probability of {} above {} {unit}", source.analyte(), skill.above());
    let mut steps = Vec::new();
    let mut scores = Vec::new();
    let mut subtitle = format!("{}; {}", method_words(field), skill.line());
    let mut base_rate = None;
    if let Some(found) = &skill.found {
        subtitle = format!("{}; {} samples held out in {} blocks", method_words(field), found.n, found.blocks);
        base_rate = Some(found.happened as f64 / found.n as f64);
        steps.extend(found.reliability.iter().map(|s| Step {
            forecasts: [s.from, s.to],
            observed: s.observed,
            count: s.n,
        }));
        let interval = |i: Option<[f64; 2]>| i.map_or_else(String::new, |[l, h]| format!(" ({l:.2} to {h:.2})"));
        scores.push(format!("Brier score {:.3}; of the base rate {:.3}", found.brier, found.brier_of_base_rate));
        scores.push(format!("skill {:.2}{}", found.score, interval(found.score_interval)));
        scores.push(format!("area under the ROC curve {:.2}{}", found.auc, interval(found.auc_interval)));
        scores.push(format!(
            "miscalibration {:.3}, discrimination {:.3}, uncertainty {:.3}",
            found.miscalibration, found.discrimination, found.uncertainty
        ));
        if !found.skilled {
            scores.push("no skill is shown beyond chance".into());
        }
    }
    let subtitle = with_limit(&subtitle, limit.map(GuidelineRecord::carried).as_ref());
    let scores: Vec<&str> = scores.iter().map(String::as_str).collect();
    let forecasts: Vec<(f64, bool)> = skill.forecasts.iter().map(|f| (f.probability, f.happened)).collect();
    let svg = reliability_svg(&ReliabilityPlot {
        title: title.trim_end(),
        subtitle: &subtitle,
        credit: "Steps by isotonic regression; a disc's area is the number of forecasts. Marks at the edges: held-out samples \
                 above the value (top) and not (bottom).",
        x_label: "forecast probability",
        y_label: "share of samples above the value",
        steps: &steps,
        base_rate,
        forecasts: &forecasts,
        scores: &scores,
        words: ["as often as forecast", "base rate"],
        ..ReliabilityPlot::default()
    });
    Ok(svg_to_png(&svg, 1.0)?)
}
