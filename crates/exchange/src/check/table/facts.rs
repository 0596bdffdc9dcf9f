//! What a table holds, for rules that compare it with maps and statements.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::context::Judge;
use super::entry::{Entry, Quantity, Subject};
use super::place::{Qc, Row};
use super::sites::cell;
use super::statistics::median;

/// Routine results of one analyte.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalyteFacts {
    /// The unit of the numbers below: the analyte's default unit.
    pub unit: String,
    /// Results, censored or not.
    pub n: u64,
    /// Those that are censored.
    pub censored: u64,
    /// The least quantified value.
    pub min: Option<f64>,
    /// The greatest quantified value.
    pub max: Option<f64>,
    /// The median of quantified values.
    pub median: Option<f64>,
    /// Comparability groups of its methods.
    pub groups: BTreeSet<String>,
    /// Different sites with a result.
    pub sites: u64,
}

/// What a table holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableFacts {
    /// Rows of data.
    pub rows: u64,
    /// Results by the code of the analyte.
    pub analytes: BTreeMap<String, AnalyteFacts>,
    /// Different site codes; where there are none, different positions.
    pub sites: u64,
    /// Different positions, degrees of WGS 84, in ascending order.
    pub positions: Vec<[f64; 2]>,
    /// The first and the last day of sampling, as far as dates can be read.
    pub sampled: Option<[Date; 2]>,
}

pub(super) fn of(judge: &Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) -> TableFacts {
    let soil = || rows.iter().filter(|r| r.qc.is_soil());
    let codes: BTreeSet<&str> = soil().map(|r| r.site).filter(|s| !s.is_empty()).collect();
    let cells: BTreeSet<[i64; 2]> = soil().filter_map(|r| r.place).map(cell).collect();
    let dates = || soil().filter_map(|r| r.date).map(|d| d.first());
    let mut facts = TableFacts {
        rows: judge.table.cells.len() as u64,
        sites: if codes.is_empty() { cells.len() } else { codes.len() } as u64,
        positions: cells.into_iter().map(|c| c.map(|v| v as f64 / 1e7)).collect(),
        sampled: dates().min().zip(dates().max()).map(|(a, b)| [a, b]),
        analytes: BTreeMap::new(),
    };
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut sites: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine && e.quantity != Quantity::Faulty) {
        let Some(subject) = e.subject else { continue };
        let of = facts.analytes.entry(e.code.to_owned()).or_default();
        of.unit = Subject::default_unit(subject).map(|u| u.unit.clone()).unwrap_or_default();
        of.n += 1;
        of.censored += u64::from(e.quantity.is_censored());
        of.groups.extend(e.method.map(|m| m.group.to_owned()).filter(|g| !g.is_empty()));
        values.entry(e.code).or_default().extend(e.value());
        sites.entry(e.code).or_default().insert(rows[e.row].site);
    }
    for (code, mut values) in values {
        let Some(of) = facts.analytes.get_mut(code) else { continue };
        of.median = median(&mut values);
        of.min = values.first().copied();
        of.max = values.last().copied();
        of.sites = sites.get(code).map_or(0, |s| s.len() as u64);
    }
    facts
}
