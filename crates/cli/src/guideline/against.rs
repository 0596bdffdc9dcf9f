//! The samples of a file against limits: how many are above, and of how many that cannot be told.

use anyhow::{Result, bail};
use serde::Serialize;
use soilscope_assess::threshold::{Limit, Standing, TableVersion, ThresholdError};
use soilscope_pipeline::samples::SampleTable;

use super::held::{Held, hold};
use super::record::caveats;
use super::soil::SoilColumns;
use super::{Guidelines, parts, refuse_idle_soil};
use crate::args::GuidelineArgs;
use crate::field::short_number;

/// Analytes held against limits.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Against {
    table: TableVersion,
    limits: Vec<Row>,
    /// Analytes that a code has no limit for, or that the table does not know.
    without: Vec<String>,
}

/// One analyte against one limit.
#[derive(Debug, Clone, Serialize)]
struct Row {
    analyte: String,
    symbol: String,
    unit: Option<String>,
    code: String,
    instrument: String,
    year: Option<u16>,
    level: String,
    land_use: String,
    basis: String,
    source: String,
    source_kind: &'static str,
    verified: bool,
    standing: Standing,
    #[serde(flatten)]
    held: Held,
    caveats: Vec<String>,
}

/// Holds each analyte of a file against each code.
pub(crate) fn against(args: &GuidelineArgs, only: Option<&str>, samples: &SampleTable) -> Result<Option<Against>> {
    let Some(typed) = &args.guideline else { return Ok(None) };
    let table = Guidelines::open(&args.table)?;
    let soil = SoilColumns::new(&args.soil, samples);
    let mut against = Against { table: table.version().clone(), limits: Vec::new(), without: Vec::new() };
    let mut limits = Vec::new();
    for code in typed.split(',').map(str::trim).filter(|code| !code.is_empty()) {
        let (code, named) = parts(code);
        for column in samples.analytes() {
            match table.limit(code, named.unwrap_or(column.name())) {
                Ok(limit) => limits.push((limit, column)),
                // Of a file with many columns those count that the limit speaks of.
                Err(ThresholdError::Analyte { .. } | ThresholdError::NoLimit { .. })
                    if only.is_none() && named.is_none() =>
                {
                    against.without.push(format!("{code}: {}", column.name()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    refuse_idle_soil(&limits.iter().map(|(limit, _)| limit).collect::<Vec<_>>(), &args.soil)?;
    for (limit, column) in &limits {
        let held = hold(limit, column, samples, &soil)?;
        against.limits.push(Row::new(limit, column.name(), column.unit().map(|u| u.name()), held, &soil));
    }
    if against.limits.is_empty() {
        bail!("--guideline {typed}: there is no limit for any of the analytes: {}", against.without.join(", "));
    }
    Ok(Some(against))
}

impl Row {
    fn new(limit: &Limit<'_>, analyte: &str, unit: Option<&str>, held: Held, soil: &SoilColumns<'_>) -> Self {
        let own = limit.depends_on().iter().all(|&property| soil.gives(property));
        let entry = limit.entries()[0];
        let caveats = match limit.published() {
            // What is for the standard soil was computed for each sample, where its soil is known.
            Ok(mut at) => {
                at.standard_soil &= !own;
                at.assumed.retain(|_| !own);
                caveats(&at)
            }
            Err(_) => limit
                .entries()
                .iter()
                .filter(|e| e.standing() == limit.standing())
                .take(1)
                .map(|e| format!("{}: {} for {} is {}", e.code, e.conditions, e.analyte, e.standing().words()))
                .filter(|_| limit.standing() != Standing::Verified)
                .collect(),
        };
        Self {
            analyte: analyte.to_owned(),
            symbol: limit.analyte().to_owned(),
            unit: unit.map(str::to_owned),
            code: limit.code().to_string(),
            instrument: entry.instrument.clone(),
            year: entry.year,
            level: entry.level.clone(),
            land_use: entry.land_use.clone(),
            basis: entry.basis.clone(),
            source: entry.source.clone(),
            source_kind: entry.source_kind.name(),
            verified: limit.entries().iter().all(|e| e.verified),
            standing: limit.standing(),
            held,
            caveats,
        }
    }

    fn line(&self) -> String {
        let unit = self.unit.as_deref().unwrap_or_default();
        let limit = match self.held.limits {
            Some([low, high]) if low < high => {
                format!("{} to {}{} {unit}", short_number(low), short_number(high), self.standing.mark())
            }
            Some([only, _]) => format!("{}{} {unit}", short_number(only), self.standing.mark()),
            None => "no limit".to_owned(),
        };
        let tally = &self.held.tally;
        let percent = self.held.share_above.map_or_else(String::new, |[least, most]| match least == most {
            true => format!(" ({:.1} %)", 100.0 * least),
            false => format!(" ({:.1} to {:.1} %)", 100.0 * least, 100.0 * most),
        });
        let year = self.year.map_or_else(String::new, |year| format!(", {year}"));
        let mut text = format!(
            "{} against {}{year}, {limit}: {} of {} above{percent}",
            self.analyte,
            self.code,
            tally.above,
            tally.compared()
        );
        if tally.cannot_tell > 0 {
            text += &format!(
                "\n         {} cannot be told: the limit of detection lies above the threshold, or is not stated (lines {})",
                tally.cannot_tell,
                lines(&self.held.rows_cannot_tell, tally.cannot_tell)
            );
        }
        if tally.without_limit > 0 {
            text += &format!("\n         {} have no limit", tally.without_limit);
            if let Some(why) = &self.held.why_without {
                text += &format!(": {why}");
            }
        }
        for caveat in &self.caveats {
            text += &format!("\n         {caveat}");
        }
        text
    }
}

fn lines(rows: &[usize], count: usize) -> String {
    let shown: Vec<String> = rows.iter().take(10).map(ToString::to_string).collect();
    let more = if count > shown.len() { format!(" and {} more", count - shown.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

impl Against {
    /// Analyte, code and number of each limit that is one number for all samples.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        self.limits.iter().filter_map(|row| match row.held.limits {
            Some([low, high]) if low == high => Some((row.analyte.as_str(), row.code.as_str(), low)),
            _ => None,
        })
    }

    /// For people, below the report of the check.
    pub(crate) fn to_text(&self) -> String {
        let mut text = "\n".to_owned();
        for row in &self.limits {
            text += &format!("limit    {}\n", row.line());
        }
        if !self.without.is_empty() {
            text += &format!("limit    none for {}\n", self.without.join(", "));
        }
        let mut marks: Vec<Standing> = self.limits.iter().map(|row| row.standing).collect();
        marks.sort_unstable();
        marks.dedup();
        for legend in marks.into_iter().filter_map(Standing::legend) {
            text += &format!("         {legend}\n");
        }
        text
    }
}
