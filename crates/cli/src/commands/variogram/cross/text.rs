//! Variograms of several analytes in words and tables.

use std::fmt::Write as _;

use super::super::of;
use super::super::text::named;
use super::Report;
use super::model::CoregionalisationRecord;
use crate::field::{short_number, shortened};

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for a in &report.analytes {
        let name = named(&a.analyte, a.unit.as_deref(), &a.transform);
        let of = of(report.variogram_of);
        let _ = writeln!(text, "{name}{of}: {} samples, variance {:.6}", a.samples, a.sample_variance);
    }
    for pair in &report.variograms {
        let [first, second] = &pair.analytes;
        let what = if first == second { format!("variogram of {first}") } else { format!("{first} and {second}") };
        let _ = writeln!(text, "\n{what}, {} places", pair.places);
        let directional = pair.classes.iter().any(|c| c.azimuth.is_some());
        let azimuth = if directional { " azimuth" } else { "" };
        let _ = writeln!(text, "{azimuth}{:>10} {:>14} {:>16}", "pairs", "distance", "semivariance");
        for class in &pair.classes {
            let azimuth = class.azimuth.map(|a| format!("{a:>8}")).unwrap_or_default();
            let _ = writeln!(text, "{azimuth}{:>10} {:>14.4} {:>16.8}", class.np, class.dist, class.gamma);
        }
    }
    if let Some(model) = &report.coregionalisation {
        text += &modelled(report, model);
    }
    text
}

/// The model, a matrix a term.
fn modelled(report: &Report, model: &CoregionalisationRecord) -> String {
    let mut text = String::new();
    let first = &report.analytes[0].analyte;
    let _ = writeln!(text, "\nlinear model of coregionalisation  {}", shortened(&model.notation));
    let _ = writeln!(text, "its structures are those of {first} alone  {}", model.alone.short_notation());
    let width = report.analytes.iter().map(|a| a.analyte.chars().count()).max().unwrap_or(0).max(10);
    let cell = |what: &str| format!(" {what:>width$}");
    for term in &model.terms {
        let names: String = report.analytes.iter().map(|a| cell(&a.analyte)).collect();
        let _ = writeln!(text, "\n{:<24}{names}   correlation", shortened(&term.structure));
        for (i, analyte) in report.analytes.iter().enumerate() {
            let sills: String =
                (0..report.analytes.len()).map(|j| cell(&short_number(term.coefficients.get(i, j)))).collect();
            let correlations: String = term.correlations[i]
                .iter()
                .map(|r| r.map_or_else(|| format!("{:>7}", "-"), |r| format!("{r:>7.3}")))
                .collect();
            let _ = writeln!(text, "  {:<22}{sills}   {correlations}", analyte.analyte);
        }
    }
    let _ = writeln!(text, "\nsum of squares   {:.6e}", model.sserr);
    for remark in model.alone.remarks.iter().chain(&model.remarks) {
        let _ = writeln!(text, "note: {remark}");
    }
    text
}
