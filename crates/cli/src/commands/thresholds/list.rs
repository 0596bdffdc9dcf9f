//! `soilscope thresholds list`.

use anyhow::{Result, ensure};
use serde::Serialize;
use soilscope_assess::threshold::{Entry, Standing, TableVersion};

use super::rows::{self, Row, year_cell};
use super::text::{columns, cut, legend};
use super::{Filter, open, table_line, wrote};
use crate::Outcome;
use crate::args::{Common, ListThresholds};
use crate::guideline::Guidelines;
use crate::output;

#[derive(Serialize)]
struct Report<'t> {
    table: &'t TableVersion,
    sets: Vec<SetRecord<'t>>,
}

/// One set of limits.
#[derive(Serialize)]
struct SetRecord<'t> {
    code: String,
    jurisdiction: &'t str,
    instrument: &'t str,
    year: Option<u16>,
    level: &'t str,
    land_use: &'t str,
    land_use_code: &'static str,
    analytes: Vec<&'t str>,
    verified: usize,
    second_hand: usize,
    unverified: usize,
    /// The limits of the analyte that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Row<'t>>,
}

pub(super) fn run(args: &ListThresholds, common: &Common) -> Result<Outcome> {
    let file = open(&args.output)?;
    let table = Guidelines::open(&args.table)?;
    let filter = Filter::new(&args.filter, table.entries())?;
    let analyte = args.analyte.as_ref().map(|name| table.analyte(name)).transpose()?;
    let wanted =
        |entry: &&Entry| filter.passes(entry) && analyte.as_ref().is_none_or(|analyte| analyte.symbol == entry.analyte);
    let mut sets = Vec::new();
    let mut entries: Vec<&Entry> = Vec::new();
    for set in table.sets() {
        let found: Vec<&Entry> = set.rows.iter().map(|&i| &table.entries()[i]).filter(wanted).collect();
        let Some(first) = found.first() else { continue };
        let count = |standing| found.iter().filter(|e| e.standing() == standing).count();
        let mut analytes: Vec<&str> = found.iter().map(|e| e.analyte.as_str()).collect();
        analytes.sort_unstable();
        analytes.dedup();
        sets.push(SetRecord {
            code: set.code.to_string(),
            jurisdiction: &first.jurisdiction,
            instrument: &first.instrument,
            year: first.year,
            level: &first.level,
            land_use: &first.land_use,
            land_use_code: first.land_use_code.name(),
            analytes,
            verified: count(Standing::Verified),
            second_hand: count(Standing::SecondHand),
            unverified: count(Standing::Unverified),
            limits: if analyte.is_some() { found.iter().map(|e| Row::published(e)).collect() } else { Vec::new() },
        });
        entries.extend(found);
    }
    ensure!(!sets.is_empty(), "no limit fits all of these: leave one of the options out");
    if let Some(file) = file {
        let rows: Vec<Row<'_>> = entries.iter().map(|e| Row::published(e)).collect();
        output::fill(file, &rows::csv(&rows, false, false)?)?;
        wrote(common, args.output.out.as_deref(), rows.len());
    }
    if common.json {
        output::print_json(&Report { table: table.version(), sets })?;
    } else {
        output::print(&text(&sets, table.version(), &entries))?;
    }
    Ok(Outcome::Done)
}

fn text(sets: &[SetRecord<'_>], version: &TableVersion, entries: &[&Entry]) -> String {
    let valued = sets.iter().any(|set| !set.limits.is_empty());
    let rows: Vec<Vec<String>> = sets
        .iter()
        .map(|set| {
            let marks = [(set.second_hand, Standing::SecondHand), (set.unverified, Standing::Unverified)];
            let marks = marks.iter().filter(|(n, _)| *n > 0).map(|(n, standing)| format!("{n}{}", standing.mark()));
            let last = if valued { values(&set.limits) } else { set.analytes.len().to_string() };
            let year = year_cell(set.year);
            vec![
                set.code.clone(),
                last,
                marks.collect::<Vec<_>>().join(" "),
                year,
                cut(set.level, 34),
                cut(set.land_use, 40),
            ]
        })
        .collect();
    let limits = if valued { "limit" } else { "analytes" };
    let table = columns(&["code", limits, "marked", "year", "level", "land use"], &rows, &[1, 2]);
    let marks = legend(entries.iter().map(|e| e.standing()));
    format!("{table}\n{} sets, {} limits; {}\n{marks}", sets.len(), entries.len(), table_line(version))
}

/// The limits of one set, with their marks: one, or the lowest and highest where they depend on the soil.
fn values(limits: &[Row<'_>]) -> String {
    let marked = |row: &Row<'_>| format!("{}{}", row.value, row.standing.mark());
    let (low, high) = (
        limits.iter().min_by(|a, b| a.value.total_cmp(&b.value)),
        limits.iter().max_by(|a, b| a.value.total_cmp(&b.value)),
    );
    match (low, high) {
        (Some(low), Some(high)) if low.value != high.value => {
            format!("{} to {} {}", marked(low), marked(high), low.unit)
        }
        (Some(only), _) => format!("{} {}", marked(only), only.unit),
        _ => String::new(),
    }
}
