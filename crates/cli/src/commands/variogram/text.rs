//! A variogram in words and a table.

use std::fmt::Write as _;

use soilscope_core::auto::Choice;
use soilscope_core::transform::Transform;
use soilscope_core::variogram::Estimator;

use super::{Report, of};
use crate::field;
use crate::words::transform_name;

/// An analyte with its unit and scale.
pub(super) fn named(analyte: &str, unit: Option<&str>, transform: &Transform) -> String {
    let scale = match transform {
        Transform::None => String::new(),
        Transform::Log => ", natural logarithm".to_owned(),
        other => format!(", {}", transform_name(other)),
    };
    let unit = unit.map(|u| format!(" ({u}{scale})")).unwrap_or_default();
    format!("{analyte}{unit}")
}

/// The verb's result for people.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}{}: {} samples, variance {:.6}",
        named(report.analyte, report.unit, &report.transform),
        of(report.variogram_of),
        report.samples,
        report.sample_variance
    );
    let directional = report.classes.iter().any(|c| c.azimuth.is_some());
    let _ = writeln!(
        text,
        "{}{:>10} {:>14} {:>16}",
        if directional { " azimuth" } else { "" },
        "pairs",
        "distance",
        if report.estimator == Estimator::PairwiseRelative { "relative" } else { "semivariance" }
    );
    for class in report.classes {
        let azimuth = class.azimuth.map(|a| format!("{a:>8}")).unwrap_or_default();
        let _ = writeln!(text, "{azimuth}{:>10} {:>14.4} {:>16.8}", class.np, class.dist, class.gamma);
    }
    if let Some(model) = report.model {
        let _ = writeln!(text, "\nmodel            {}", model.notation);
        let _ = match (model.effective_range, model.sill) {
            (Some(range), Some(sill)) => writeln!(text, "effective range  {range:.4} (95 % of the sill of {sill:.6})"),
            _ => {
                writeln!(text, "effective range  none: there is no sill, the semivariance goes on rising with distance")
            }
        };
        if let Some(sserr) = model.sserr {
            let _ = writeln!(text, "sum of squares   {sserr:.6e}");
        }
        if let Some(likelihood) = &model.likelihood {
            text += &format!("\n{}", likelihood.table());
        }
        if let Some(censored) = &model.censored {
            text += &format!("\n{}", censored.table());
        }
        if let Some(choice) = &model.choice {
            text += &compared(choice);
        }
        // The explanation holds its own.
        for remark in model.remarks.iter().skip(model.choice.as_ref().map_or(0, |c| c.remarks.len())) {
            let _ = writeln!(text, "note: {remark}");
        }
    }
    text
}

/// What an automatic model was chosen against, in words and as a table.
fn compared(choice: &Choice) -> String {
    let mut text = format!("\n{}\n\n", choice.explain());
    let _ = writeln!(text, "log score       +/-      RMSE   MSDR   chosen among (a smaller log score is better)");
    for candidate in &choice.candidates {
        let _ = writeln!(
            text,
            "{:>9.4} {:>9.4} {:>9} {:>6.2}   {}",
            candidate.log_score,
            candidate.behind_best[1],
            field::short_number(candidate.rmse),
            candidate.msdr,
            field::shortened(&candidate.notation)
        );
    }
    text
}
