//! `qa/`: the table of the FAO script with our columns after, and what the judge found.

use std::path::Path;

use serde_json::{Value, json};

use super::entry::{Bundle, Entry};
use super::stable;
use crate::Result;
use crate::check::Verdict;
use crate::tables;

/// The FAO columns, then ours (specification, section 10).
const COLUMNS: [&str; 18] = [
    "property_id",
    "in_range",
    "Names",
    "Uncertainty",
    "projection",
    "resolution",
    "extent",
    "n",
    "me",
    "mae",
    "rmse",
    "r2",
    "mec",
    "ccc",
    "picp90",
    "censored_pct",
    "errors",
    "warnings",
];

/// Writes `qa/QA_QC_{ISO3}.csv`, judged from the layers as they were written and read again.
pub(super) fn table(root: &Path, bundle: &Bundle<'_>, verdict: Option<&Verdict>) -> Result<()> {
    let path = format!("qa/QA_QC_{}.csv", bundle.about.country.alpha3);
    stable::write_csv(root, &path, &COLUMNS, bundle.entries.iter().map(|e| row(bundle, e, verdict)))
}

fn row(bundle: &Bundle<'_>, entry: &Entry<'_>, verdict: Option<&Verdict>) -> Vec<String> {
    let either = |good: bool, yes: &str, no: &str| if good { yes } else { no }.to_owned();
    let main = entry.main();
    let number = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
    let scores = entry.variable.scores.as_ref();
    let score = |of: fn(&super::source::Scores) -> Option<f64>| number(scores.and_then(of));
    let named = main.is_some_and(|l| l.path.ends_with(&entry.names.gsp("Map")));
    let twin = entry.layers.iter().any(|l| l.stat == "SDEV" && l.flavour == "gsp");
    let resolution = match main.map(|l| l.transform[1]) {
        Some(cell) if (cell - 1.0 / 120.0).abs() < 1e-6 => "1 km",
        Some(cell) if format!("{cell:.5}") == "0.00225" => "250 m",
        _ => "Resample layer",
    };
    // The script compares with a mask; of what it finds the specification names no words. All layers of one grid is what can be said.
    let same = entry
        .layers
        .iter()
        .filter(|l| l.flavour != "national")
        .all(|l| main.is_some_and(|m| m.transform == l.transform && m.size == l.size));
    let [errors, warnings] = weighed(entry, verdict);
    let mut row = vec![
        entry.names.property.clone(),
        either(in_range(entry), "Values in range", "Values not in range"),
        either(named, "Correctly named", "Rename layer"),
        either(twin, "Generated", "Missing"),
        either(main.is_some_and(|l| l.epsg == Some(4326)), "WGS 84", "Reproject layer"),
        resolution.to_owned(),
        either(same && !bundle.entries.is_empty(), "Correct extent", "Wrong extent"),
        scores.map(|s| s.n.to_string()).unwrap_or_default(),
    ];
    row.extend([
        score(|s| s.me),
        score(|s| s.mae),
        score(|s| s.rmse),
        score(|s| s.r2),
        score(|s| s.r2),
        score(|s| s.ccc),
        score(|s| s.picp(0.9)),
        number(entry.censored_pct()),
        errors.to_string(),
        warnings.to_string(),
    ]);
    row
}

/// Findings that name a file of this map.
fn weighed(entry: &Entry<'_>, verdict: Option<&Verdict>) -> [usize; 2] {
    let Some(verdict) = verdict else { return [0, 0] };
    let ours = |file: &str| entry.layers.iter().any(|l| l.path == file) || file == entry.iso() || file == entry.stac();
    let count = |weight| verdict.findings.iter().filter(|f| f.severity == weight && ours(&f.file)).count();
    [count(crate::check::Severity::Error), count(crate::check::Severity::Warning)]
}

/// Whether means lie within the bounds of an FAO node for the property, or above zero where there are none.
pub(super) fn in_range(entry: &Entry<'_>) -> bool {
    let analyte = entry.subject.analyte;
    let units = (tables::unit(&analyte.default_unit), tables::unit(&entry.unit));
    let (Some(theirs), Some(ours)) = units else { return false };
    let Some(factor) = tables::conversion(theirs, ours, analyte.molar_mass_g_per_mol) else { return false };
    let (low, high) = (analyte.sis_value_min.unwrap_or(0.0) * factor, analyte.sis_value_max.map(|max| max * factor));
    entry
        .layers
        .iter()
        .filter(|l| l.stat == "MEAN")
        .all(|l| l.min.is_some_and(|min| min >= low) && l.max.is_some_and(|max| high.is_none_or(|high| max <= high)))
}

/// Writes `qa/validation.json`.
pub(super) fn validation(root: &Path, verdict: Option<&Verdict>) -> Result<()> {
    let value = match verdict {
        None => json!({"judged": false, "findings": []}),
        Some(v) => {
            let findings: Vec<Value> = v
                .findings
                .iter()
                .map(|f| {
                    let message = format!("{}: found {}, expected {}", f.place, f.found, f.expected);
                    json!({"id": f.id, "severity": f.severity, "file": f.file, "where": f.place, "found": f.found,
                           "expected": f.expected, "message": message, "count": f.count})
                })
                .collect();
            json!({
                "judged": true, "profile": v.profile.name(), "passed": v.passed(), "errors": v.errors, "warnings": v.warnings,
                "findings": findings, "rules_judged": v.judged, "rules_not_judged": v.not_judged,
            })
        }
    };
    stable::write_json(root, "qa/validation.json", &value)
}
