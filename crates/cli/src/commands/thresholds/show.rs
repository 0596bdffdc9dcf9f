//! `soilscope thresholds show`.

use anyhow::{Result, anyhow};
use serde::Serialize;
use soilscope_assess::threshold::{Limit, TableVersion};

use super::rows::{self, Row, year_cell};
use super::text::{columns, legend};
use super::{open, table_line, wrote};
use crate::Outcome;
use crate::args::{Common, ShowThresholds};
use crate::guideline::{Guidelines, fixed, is_used, parts, refuse_idle_soil, with_remedy};
use crate::output;

#[derive(Serialize)]
struct Report<'t> {
    table: &'t TableVersion,
    code: String,
    limits: Vec<Row<'t>>,
}

pub(super) fn run(args: &ShowThresholds, common: &Common) -> Result<Outcome> {
    let file = open(&args.output)?;
    let table = Guidelines::open(&args.table)?;
    let soil = fixed(&args.soil)
        .map_err(|name| anyhow!("--soil takes numbers here, not a column as '{name}': there are no samples"))?;
    let (code, analyte) = parts(&args.code);
    let limits: Vec<Limit<'_>> = match args.analyte.as_deref().or(analyte) {
        Some(analyte) => vec![table.limit(code, analyte)?],
        None => {
            let set = table.set(code)?;
            let mut analytes: Vec<&str> = set.rows.iter().map(|&i| table.entries()[i].analyte.as_str()).collect();
            analytes.sort_unstable();
            analytes.dedup();
            let code = set.code.to_string();
            analytes.into_iter().map(|analyte| table.limit(&code, analyte)).collect::<Result<_, _>>()?
        }
    };
    refuse_idle_soil(&limits.iter().collect::<Vec<_>>(), &args.soil)?;
    let mut rows = Vec::new();
    for limit in &limits {
        let dependent = is_used(limit, |property| args.soil.iter().any(|given| given.property == property));
        match limit.at(&soil) {
            Ok(at) if dependent => rows.push(Row::at(&at)),
            // One limit was asked for, and the soil with it: what is missing is told.
            Err(error) if dependent && limits.len() == 1 => return Err(with_remedy(error)),
            _ => rows.extend(limit.entries().iter().map(|entry| Row::published(entry))),
        }
    }
    if let Some(file) = file {
        output::fill(file, &rows::csv(&rows, false, false)?)?;
        wrote(common, args.output.out.as_deref(), rows.len());
    }
    let code = limits.first().map(|l| l.code().to_string()).unwrap_or_default();
    if common.json {
        output::print_json(&Report { table: table.version(), code, limits: rows })?;
    } else {
        output::print(&text(&code, &rows, table.version()))?;
    }
    Ok(Outcome::Done)
}

fn text(code: &str, rows: &[Row<'_>], version: &TableVersion) -> String {
    let all = |get: fn(&Row<'_>) -> String| {
        let mut found: Vec<String> = rows.iter().map(get).collect();
        found.sort_unstable();
        found.dedup();
        found.join("\n                ")
    };
    let mut text = format!("{code}\n");
    for (name, words) in [
        ("jurisdiction", all(|r| r.jurisdiction.to_owned())),
        ("instrument", all(|r| r.instrument.to_owned())),
        ("year", all(|r| year_cell(r.year))),
        ("level", all(|r| r.level.to_owned())),
        ("land use", all(|r| format!("{} ({})", r.land_use, r.land_use_code))),
        ("protects", all(|r| r.receptor.to_owned())),
        ("source", all(|r| format!("{} ({})", r.source, r.source_kind.replace('_', " ")))),
    ] {
        text += &format!("  {name:<14}{words}\n");
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let note = if row.note.is_empty() { String::new() } else { format!(" [{}]", row.note) };
            let soil = match (row.soil_factor, row.standard_soil) {
                (Some(factor), _) => format!("{} × {factor:.4} for this soil; ", row.published),
                (None, true) => "standard soil; ".to_owned(),
                _ => String::new(),
            };
            vec![
                row.analyte.to_owned(),
                format!("{}{}", crate::field::short_number(row.value), row.standing.mark()),
                row.unit.to_owned(),
                row.basis.to_owned(),
                format!("{soil}{}{note}", row.conditions),
            ]
        })
        .collect();
    text += "\n";
    text += &columns(&["analyte", "limit", "unit", "basis", "conditions [note]"], &lines, &[1]);
    format!("{text}\n{}\n{}", table_line(version), legend(rows.iter().map(|r| r.standing)))
}
