//! `soilscope thresholds compare`: limits of several jurisdictions side by side, and samples against each.

use anyhow::{Result, bail, ensure};
use serde::Serialize;
use soilscope_assess::threshold::{Entry, Family, Limit, TableVersion, ThresholdError};

use super::rows::{self, Counted, Row, year_cell};
use super::text::{columns, cut, legend};
use super::{Filter, open, samples, table_line, wrote};
use crate::Outcome;
use crate::args::{Common, CompareThresholds};
use crate::field::short_number;
use crate::guideline::{Guidelines, everywhere, fixed, is_used, refuse_idle_soil, six_digits};
use crate::output;

#[derive(Serialize)]
struct Report<'t> {
    table: &'t TableVersion,
    analyte: &'t str,
    /// Limits of another basis do not compare with these.
    basis: Family,
    basis_from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<SamplesRecord>,
    limits: Vec<Row<'t>>,
    /// Codes that have no row for the soil that was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
}

#[derive(Serialize)]
struct SamplesRecord {
    file: String,
    analyte: String,
    unit: Option<String>,
    readings: usize,
}

pub(super) fn run(args: &CompareThresholds, common: &Common) -> Result<Outcome> {
    let file = open(&args.output)?;
    let table = Guidelines::open(&args.table)?;
    let filter = Filter::new(&args.filter, table.entries())?;
    let symbol = table.analyte(&args.analyte)?.symbol;
    let readings = samples::read(args)?;
    let limits: Vec<Limit<'_>> =
        table.limits_for(&symbol).filter(|limit| limit.entries().iter().all(|entry| filter.passes(entry))).collect();
    ensure!(!limits.is_empty(), "no limit for {symbol} fits all of these: leave one of the options out");
    refuse_unused_soil(args, &limits)?;
    let (mut rows, mut without): (Vec<Row<'_>>, Vec<String>) = (Vec::new(), Vec::new());
    for limit in &limits {
        match &readings {
            Some(readings) if is_content(limit) => {
                let counted = samples::count(args, limit, readings)?;
                rows.extend(counted_rows(limit, counted, unit_factor(args, readings)?));
            }
            _ => match plain_rows(args, limit)? {
                of_soil if of_soil.is_empty() => without.push(limit.code().to_string()),
                of_soil => rows.extend(of_soil),
            },
        }
    }
    ensure!(!rows.is_empty(), "no limit for {symbol} has a row for this soil: {}", without.join(", "));
    let (basis, basis_from) = reference(args, &rows)?;
    for row in &mut rows {
        row.why_not = why_not(row, basis);
        row.comparable = Some(row.why_not.is_none());
    }
    // What is no content of the soil has no place among numbers that are.
    rows.sort_by(|a, b| (a.unit != "mg/kg dw").cmp(&(b.unit != "mg/kg dw")).then(a.value.total_cmp(&b.value)));
    if let Some(file) = file {
        output::fill(file, &rows::csv(&rows, true, readings.is_some())?)?;
        wrote(common, args.output.out.as_deref(), rows.len());
    }
    let samples = match (&readings, &args.samples) {
        (Some(readings), Some(path)) => {
            let column = readings.analyte(&args.analyte)?;
            Some(SamplesRecord {
                file: path.display().to_string(),
                analyte: column.column().to_owned(),
                unit: column.unit().map(|u| u.name().to_owned()),
                readings: column.readings().len(),
            })
        }
        _ => None,
    };
    let report = Report { table: table.version(), analyte: &symbol, basis, basis_from, samples, limits: rows, without };
    if common.json {
        output::print_json(&report)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(Outcome::Done)
}

/// Refuses properties of the soil that none of the limits looks at, and columns where there is no file.
fn refuse_unused_soil(args: &CompareThresholds, limits: &[Limit<'_>]) -> Result<()> {
    if args.samples.is_none()
        && let Err(name) = fixed(&args.soil)
    {
        bail!("--soil takes numbers where there are no --samples, not a column as '{name}'");
    }
    refuse_idle_soil(&limits.iter().collect::<Vec<_>>(), &args.soil)
}

/// Whether contents of soil can be held against it: those of an extract cannot.
fn is_content(limit: &Limit<'_>) -> bool {
    limit.entries().iter().all(|entry| {
        entry.unit_kind.in_mg_per_kg().is_some() && !entry.when.other_matrix && entry.basis_kind.family().is_content()
    })
}

/// mg/kg in one unit of the samples.
fn unit_factor(args: &CompareThresholds, readings: &soilscope_pipeline::samples::SampleTable) -> Result<f64> {
    let unit = readings.analyte(&args.analyte)?.unit();
    match unit.map(|u| (u.name(), u.in_mg_per_kg())) {
        Some((_, Some(factor))) => Ok(factor),
        Some((name, None)) => bail!("the samples are in {name}, which is no mass fraction: limits are in mg/kg"),
        None => bail!("the unit of the samples is not known: state it by --unit"),
    }
}

/// A limit for the soil that was given, else every row of it as published; nothing where none is for such a soil.
fn plain_rows<'t>(args: &CompareThresholds, limit: &Limit<'t>) -> Result<Vec<Row<'t>>> {
    // Of samples' own columns nothing is known here: this limit is not counted against them.
    let soil = everywhere(&args.soil);
    if is_used(limit, |property| soil.knows(property)) {
        match limit.at(&soil) {
            Ok(at) => return Ok(vec![in_mg_per_kg(Row::at(&at), at.entry)]),
            Err(ThresholdError::NoRow { .. }) => return Ok(Vec::new()),
            Err(ThresholdError::NeedsSoil { .. }) => {} // every row of it, with what each is for
            Err(error) => return Err(error.into()),
        }
    }
    Ok(limit.entries().iter().map(|entry| in_mg_per_kg(Row::published(entry), entry)).collect())
}

/// A limit with its samples: one row, for each sample's own limit where it depends on the soil.
fn counted_rows<'t>(limit: &Limit<'t>, counted: Counted, factor: f64) -> Vec<Row<'t>> {
    let Some(entry) = limit.entries().first() else { return Vec::new() };
    let mut row = in_mg_per_kg(Row::published(entry), entry);
    row.standing = limit.standing();
    row.verified = limit.entries().iter().all(|e| e.verified);
    if limit.entries().len() > 1 {
        row.conditions = "depends on the soil";
    }
    if let Some([low, _]) = counted.limits {
        let value = six_digits(low * factor);
        row.standard_soil &= value == six_digits(row.value);
        row.value = value;
    }
    row.samples = Some(counted);
    vec![row]
}

/// A row in the unit in which limits are compared, where it converts.
fn in_mg_per_kg<'t>(mut row: Row<'t>, entry: &'t Entry) -> Row<'t> {
    if let Some(factor) = entry.unit_kind.in_mg_per_kg() {
        row.value *= factor;
        row.unit = "mg/kg dw";
    }
    row
}

/// The basis that limits compare with: the one asked for, or that of most.
fn reference(args: &CompareThresholds, rows: &[Row<'_>]) -> Result<(Family, &'static str)> {
    if let Some(wanted) = &args.basis {
        let wanted = wanted.trim().to_lowercase();
        let found = Family::ALL.into_iter().find(|f| f.name() == wanted);
        return match found {
            Some(family) => Ok((family, "--basis")),
            None => bail!("--basis {wanted}: bases are {}", Family::ALL.map(Family::name).join(", ")),
        };
    }
    let count = |family: &Family| rows.iter().filter(|r| r.basis_family == *family).count();
    // Of equals the first, so that the result does not depend on the order of rows.
    let most = Family::ALL.into_iter().rev().max_by_key(count);
    Ok((most.unwrap_or(Family::Total), "that of most of these limits"))
}

/// Why a limit does not compare with those of a basis.
fn why_not(row: &Row<'_>, basis: Family) -> Option<String> {
    if row.unit != "mg/kg dw" {
        Some(format!("unit {}", row.unit))
    } else if row.conditions.contains("sludge not soil") {
        Some("not soil".to_owned())
    } else if row.basis_family != basis {
        Some(format!("basis {}", row.basis_family.name()))
    } else if row.uncorrected {
        // The table has no constants of the correction, so the value is that of a soil which no sample is.
        Some("soil correction not computed".to_owned())
    } else {
        None
    }
}

/// The number of the footnote with a limit's act and source: one for all limits of the same.
fn footnote(acts: &mut Vec<String>, row: &Row<'_>) -> String {
    let act = format!("{}; read in {} ({})", row.instrument, row.source, row.source_kind.replace('_', " "));
    let at = acts.iter().position(|known| *known == act).unwrap_or_else(|| {
        acts.push(act);
        acts.len() - 1
    });
    format!("[{}]", at + 1)
}

fn text(report: &Report<'_>) -> String {
    let counted = report.samples.is_some();
    let mut header = vec!["limit", "unit", "basis", "compares", "code", "year", "act", "for"];
    let mut acts: Vec<String> = Vec::new();
    if counted {
        header.extend(["above", "share", "cannot tell", "no limit"]);
    }
    let lines: Vec<Vec<String>> = report
        .limits
        .iter()
        .map(|row| {
            let mark = row.standing.mark();
            let range = row.samples.as_ref().and_then(|s| s.limits).filter(|[low, high]| low < high);
            let value = match (range, &row.samples) {
                (Some([low, high]), Some(_)) => {
                    let factor = row.value / low;
                    format!("{} to {}{mark}", short_number(low * factor), short_number(high * factor))
                }
                (None, Some(samples)) if samples.limits.is_none() && samples.tally.without_limit > 0 => {
                    format!("?{mark}")
                }
                _ => format!("{}{mark}", short_number(row.value)),
            };
            let standard = if row.standard_soil { "standard soil; " } else { "" };
            let mut line = vec![
                value,
                row.unit.to_owned(),
                row.basis_family.name().to_owned(),
                row.why_not.as_ref().map_or_else(|| "yes".to_owned(), |why| format!("NO: {why}")),
                row.code.clone(),
                year_cell(row.year),
                footnote(&mut acts, row),
                cut(&format!("{standard}{}", row.conditions), 44),
            ];
            if counted {
                let dash = || "-".to_owned();
                match &row.samples {
                    Some(samples) => line.extend([
                        samples.tally.above.to_string(),
                        samples.share_above.map_or_else(dash, |[least, most]| match least == most {
                            true => format!("{:.1} %", 100.0 * least),
                            false => format!("{:.1} to {:.1} %", 100.0 * least, 100.0 * most),
                        }),
                        samples.tally.cannot_tell.to_string(),
                        samples.tally.without_limit.to_string(),
                    ]),
                    None => line.extend([dash(), dash(), dash(), dash()]),
                }
            }
            line
        })
        .collect();
    let mut text = format!("{} in soil, limits from low to high\n", report.analyte);
    if let Some(samples) = &report.samples {
        text += &format!(
            "samples: {} readings of {} ({}) in {}\n",
            samples.readings,
            samples.analyte,
            samples.unit.as_deref().unwrap_or("unit not known"),
            samples.file
        );
    }
    text += &format!("\n{}", columns(&header, &lines, &[0, 8, 9, 10, 11]));
    text.push('\n');
    for (k, act) in acts.iter().enumerate() {
        text += &format!("[{}] {act}\n", k + 1);
    }
    if !report.without.is_empty() {
        text += &format!("no row for this soil: {}\n", report.without.join(", "));
    }
    text += &format!(
        "\ncompared with limits of the basis {}: {}; aqua regia and other extracts find less than a total digestion\n",
        report.basis.name(),
        report.basis_from
    );
    if counted {
        text += "above: values above the limit; cannot tell: below a limit of detection that lies above the limit; how the samples \
                 were digested is not known here, and is yours to compare with the basis\n";
    }
    let mut reasons: Vec<&str> =
        report.limits.iter().filter_map(|r| r.samples.as_ref()?.why_without.as_deref()).collect();
    reasons.dedup();
    for why in reasons.iter().take(5) {
        text += &format!("no limit: {why}\n");
    }
    if reasons.len() > 5 {
        text += &format!("no limit: {} more for reasons like these\n", reasons.len() - 5);
    }
    text + &format!("{}\n{}", table_line(report.table), legend(report.limits.iter().map(|r| r.standing)))
}
