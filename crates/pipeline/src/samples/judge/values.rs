//! Judging the values of one analyte.

use soilscope_core::censored::{Measurement, Substitution};

use super::Findings;
use crate::samples::prepare::{Preparation, stands_for};
use crate::samples::report::{AnalyteReport, LimitCount, Outlier, Severity, short};
use crate::samples::statistics::{Summary, robust_scores};
use crate::samples::table::{AnalyteColumn, Reading, SampleTable, UnitSource};
use crate::samples::unit::Unit;

/// Robust standard deviations beyond which a value is an outlier (Iglewicz & Hoaglin 1993).
const OUTLIER: f64 = 3.5;
/// One value in so many may be an outlier, or one at all; more are the shape of the values.
const RARE: usize = 20;
/// Outliers that are listed.
const LISTED: usize = 10;

/// What stands for values below limits in the numbers of a check: where they are taken as what they are, nothing does.
fn in_statistics(nondetect: Substitution) -> Substitution {
    if nondetect == Substitution::Censored { Substitution::Drop } else { nondetect }
}

pub(super) fn judge(
    table: &SampleTable,
    analyte: &AnalyteColumn,
    how: &Preparation,
    findings: &mut Findings,
) -> AnalyteReport {
    let counts = analyte.counts();
    let name = Some(analyte.column());
    let lines = analyte.rows.iter().map(|&record| table.lines[record as usize]);
    let mut values = Vec::with_capacity(analyte.readings.len());
    let (mut quantified, mut quantified_rows) = (Vec::new(), Vec::new());
    let mut limits: Vec<f64> = Vec::new();
    let mut not_detected = Vec::new();
    for (row, reading) in lines.zip(&analyte.readings) {
        match *reading {
            Reading::Missing => {}
            Reading::NotDetected => not_detected.push(row),
            Reading::Measured(measurement) => {
                values.extend(in_statistics(how.nondetect).apply(measurement));
                match measurement {
                    Measurement::Quantified(value) => {
                        quantified.push(value);
                        quantified_rows.push(row);
                    }
                    Measurement::BelowLimit(limit) => limits.push(limit),
                }
            }
        }
    }
    let summary = Summary::of(&values);
    let rows_where = |wanted: &dyn Fn(f64) -> bool| -> Vec<usize> {
        quantified.iter().zip(&quantified_rows).filter(|(v, _)| wanted(**v)).map(|(_, &row)| row).collect()
    };

    findings.add_problems("unreadable", name, &analyte.unreadable);
    if values.len() < 2 {
        let message = format!("usable values: {}; a map needs at least two", values.len());
        findings.add(Severity::Error, "too-few", name, message, &[]);
    } else if values.len() < 10 {
        let message = format!("usable values: only {}; a variogram cannot be estimated from so few", values.len());
        findings.add(Severity::Warning, "few", name, message, &[]);
    } else if values.len() < 50 {
        let message = format!("usable values: {}; a variogram from fewer than 50 to 100 is uncertain", values.len());
        findings.add(Severity::Note, "few", name, message, &[]);
    }
    if let Some(s) = summary.filter(|s| s.count > 1 && s.min == s.max) {
        let message = format!("all values are {}: there is no variation to map", short(s.min));
        findings.add(Severity::Warning, "constant", name, message, &[]);
    }
    if !not_detected.is_empty() {
        let message =
            "not detected, and no limit is stated: these rows cannot be used; a limit column or --limit supplies it";
        findings.add(Severity::Warning, "not-detected", name, message, &not_detected);
    }
    if counts.below_limit > 0 {
        let share = counts.below_limit as f64 / (counts.below_limit + counts.quantified) as f64;
        let message = format!(
            "values below their limit: {} ({:.0} %); in the statistics {}",
            counts.below_limit,
            100.0 * share,
            stands_for(in_statistics(how.nondetect))
        );
        if share > 0.5 {
            let rests = match how.nondetect {
                Substitution::Censored => "rest on limits",
                _ => "show the substitute",
            };
            let message =
                format!("{message}; the map will mostly {rests}; map the chance of exceeding a limit instead");
            findings.add(Severity::Warning, "below-limit", name, message, &[]);
        } else {
            findings.add(Severity::Note, "below-limit", name, message, &[]);
        }
    }
    if !analyte.unmarked.is_empty() {
        let message = "values under the limit beside them that nothing marks as below; they are taken as quantified";
        findings.add(Severity::Warning, "unmarked", name, message, &analyte.unmarked);
    }
    if analyte.unit.as_ref().and_then(Unit::in_mg_per_kg).is_some() {
        let negative = rows_where(&|v| v < 0.0);
        if !negative.is_empty() {
            findings.add(Severity::Warning, "negative", name, "concentrations below zero", &negative);
        }
        let zero = rows_where(&|v| v == 0.0);
        if !zero.is_empty() {
            let message =
                "values of exactly zero: often a value below its limit, or a missing one; write the limit as <0.1";
            findings.add(Severity::Warning, "zero", name, message, &zero);
        }
    }
    if counts.missing * 2 > analyte.readings.len() {
        let message = format!("rows without a value: {} of {}", counts.missing, analyte.readings.len());
        findings.add(Severity::Note, "missing", name, message, &[]);
    }

    let (outlier_count, mut outliers, logarithmic) = outliers(&quantified, &quantified_rows);
    let scale = if logarithmic { " on the logarithm" } else { "" };
    if outlier_count > (quantified.len() / RARE).max(1) {
        outliers.clear();
        let message = format!(
            "values more than {OUTLIER} robust standard deviations from the median{scale}: {outlier_count} of {}; so many \
             are no outliers: the values are spread widely, or come from different kinds of places",
            quantified.len()
        );
        findings.add(Severity::Note, "wide-spread", name, message, &[]);
    } else if outlier_count > 0 {
        let rows: Vec<usize> = outliers.iter().map(|o| o.row).collect();
        let shown: Vec<String> = outliers.iter().take(5).map(|o| short(o.value)).collect();
        let message = format!(
            "outliers: {outlier_count} (more than {OUTLIER} robust standard deviations from the median{scale}), farthest {}: a hotspot, \
             another unit, or a slip?",
            shown.join(", ")
        );
        findings.add(Severity::Warning, "outliers", name, message, &rows);
        findings.count_last(outlier_count);
    }
    for note in &analyte.notes {
        findings.add(Severity::Note, "note", name, note.clone(), &[]);
    }
    AnalyteReport {
        name: analyte.column.clone(),
        unit: analyte.unit.as_ref().map(|u| u.name().to_owned()),
        unit_source: analyte.unit_source,
        rows: analyte.readings.len() + analyte.unreadable.count,
        quantified: counts.quantified,
        missing: counts.missing,
        below_limit: counts.below_limit,
        limits: tally(limits),
        not_detected: counts.not_detected,
        unreadable: analyte.unreadable.count,
        values: summary,
        logarithmic,
        outlier_count,
        outliers,
    }
}

/// What is usual enough to be said of all analytes in one sentence.
pub(super) fn judge_together(analytes: &[AnalyteReport], findings: &mut Findings) {
    let assumed: Vec<&str> =
        analytes.iter().filter(|a| a.unit_source == UnitSource::Assumed).map(|a| a.name.as_str()).collect();
    if !assumed.is_empty() {
        let message = format!("nothing states the unit of {}: mg/kg is assumed; --unit states it", assumed.join(", "));
        findings.add(Severity::Note, "unit-assumed", None, message, &[]);
    }
    let skewed: Vec<String> = analytes
        .iter()
        .filter_map(|a| Some((a, a.values?)))
        .filter(|(_, s)| s.count >= 10 && s.skewness > 1.0 && s.min > 0.0)
        .map(|(a, s)| format!("{} ({})", a.name, short(s.skewness)))
        .collect();
    if !skewed.is_empty() {
        let message = format!("few high values dominate {}, by skewness: consider --transform log", skewed.join(", "));
        findings.add(Severity::Note, "skewed", None, message, &[]);
    }
}

/// How many values are outliers, and the farthest of them.
fn outliers(values: &[f64], rows: &[usize]) -> (usize, Vec<Outlier>, bool) {
    let Some((scores, logarithmic)) = robust_scores(values).filter(|_| values.len() >= 10) else {
        return (0, Vec::new(), false);
    };
    let mut found: Vec<Outlier> = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| score.abs() > OUTLIER)
        .map(|(i, &robust_z)| Outlier { row: rows[i], value: values[i], robust_z })
        .collect();
    found.sort_by(|a, b| b.robust_z.abs().total_cmp(&a.robust_z.abs()).then(a.row.cmp(&b.row)));
    let count = found.len();
    found.truncate(LISTED);
    (count, found, logarithmic)
}

fn tally(mut limits: Vec<f64>) -> Vec<LimitCount> {
    limits.sort_by(f64::total_cmp);
    limits.chunk_by(|a, b| a == b).map(|same| LimitCount { limit: same[0], count: same.len() }).collect()
}
