//! The samples of a file against limits: how many are above, and of how many that cannot be told.

use anyhow::{Result, bail};
use serde::Serialize;
use soilscope_assess::threshold::{Limit, Standing, TableVersion, ThresholdError};
use soilscope_pipeline::samples::SampleTable;

use super::held::{Held, hold};
use super::record::year_words;
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
        let held = hold(limit, column, samples, &soil, args.basis)?;
        against.limits.push(Row::new(limit, column.name(), column.unit().map(|u| u.name()), held));
    }
    if against.limits.is_empty() {
        bail!("--guideline {typed}: there is no limit for any of the analytes: {}", against.without.join(", "));
    }
    Ok(Some(against))
}

impl Row {
    fn new(limit: &Limit<'_>, analyte: &str, unit: Option<&str>, held: Held) -> Self {
        // Of the rows that samples were held against the least trusted speaks for all; of all where none has a limit.
        let used = || limit.entries().iter().copied().filter(|entry| held.used.contains(&entry.line));
        let least = used().max_by_key(|entry| entry.standing());
        let entry = least.unwrap_or(limit.entries()[0]);
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
            verified: used().all(|entry| entry.verified) && entry.verified,
            standing: if least.is_some() { entry.standing() } else { limit.standing() },
            held,
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
        let tallied = &self.held.tallied;
        let year = year_words(self.year);
        let mut text = format!("{} against {}, {year}, {limit}: {}", self.analyte, self.code, tallied.words("above"));
        let mut more = vec![format!("{}; read in {}", self.instrument, self.source)];
        more.extend(tallied.doubt());
        let without = tallied.tally.without_limit;
        if without > 0 {
            let why = self.held.why_without.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            more.push(format!("{without} have no limit{why}"));
        }
        more.extend(self.held.caveats.iter().cloned());
        for line in more {
            text += &format!("\n         {line}");
        }
        text
    }
}

impl Against {
    /// Analyte, code, number and standing of each limit that is one number for all samples.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&str, &str, f64, Standing)> {
        self.limits.iter().filter_map(|row| match row.held.limits {
            Some([low, high]) if low == high => Some((row.analyte.as_str(), row.code.as_str(), low, row.standing)),
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
            text += &format!("marks    {legend}\n");
        }
        text
    }
}
