//! What values betray: A012 (substituted values) and A021 (a factor of 1000 between laboratories).

use std::collections::{BTreeMap, HashMap};

use super::columns::Field;
use super::context::Judge;
use super::entry::{Entry, Quantity, Subject};
use super::number::{brief, shown};
use super::place::{Qc, Row};
use super::statistics::median;

/// Results of an analyte below which a pile at the smallest value says nothing.
const PILE_FROM: usize = 20;
/// How many equal smallest values make a pile, at the least, and what share of all.
const PILE: usize = 5;
const PILE_SHARE: f64 = 0.05;
/// How many times as often as any other value: rounding makes ties too, but as many further up.
const PILE_HEIGHT: usize = 3;
/// Results of a laboratory, and of the others, below which medians say nothing.
const MEDIAN_FROM: usize = 5;
/// The power of ten between medians from which a factor of 1000 is nearer than one of 100.
const THOUSAND: f64 = 2.5;

pub(super) fn judge(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    if entries.is_empty() {
        return;
    }
    substituted(judge, rows, entries);
    laboratories(judge, rows, entries);
}

/// A012.
fn substituted(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let mut values: BTreeMap<(&str, &str), Vec<(f64, usize)>> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc.is_soil() && e.subject.is_some_and(Subject::is_contaminant)) {
        let Quantity::Quantified(reported) = e.quantity else { continue };
        if reported == 0.0 {
            let place = judge.cell(e.row, &e.slots.label);
            judge.add("A012", place, "zero", "a censored entry where nothing was found");
        } else if let Some(value) = e.value()
            && rows[e.row].qc == Qc::Routine
        {
            values.entry((e.code, e.family())).or_default().push((value, e.row));
        }
    }
    for ((code, _), values) in values.into_iter().filter(|(_, v)| v.len() >= PILE_FROM) {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for (value, _) in &values {
            *counts.entry(value.to_bits()).or_default() += 1;
        }
        let Some(&(least, row)) = values.iter().min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))) else {
            continue;
        };
        let pile = counts.remove(&least.to_bits()).unwrap_or(0);
        let other = counts.values().copied().max().unwrap_or(0);
        let heavy = pile >= PILE && pile as f64 >= PILE_SHARE * values.len() as f64 && pile >= PILE_HEIGHT * other;
        if heavy {
            let found =
                format!("{pile} of {} values of {} are its smallest, {}", values.len(), shown(code), brief(least));
            let expected = format!("{}: censored entries instead of a value put in their place", shown(code));
            judge.add("A012", judge.at(row), &found, &expected);
        }
    }
}

/// A021, as far as it concerns factors.
fn laboratories(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    type Groups<'a> = BTreeMap<(&'a str, &'a str), Vec<(f64, usize)>>;
    let mut analytes: BTreeMap<(&str, &str), Groups<'_>> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc.is_soil()) {
        let Some(value) = e.value().filter(|v| *v > 0.0) else { continue };
        let laboratory = judge.of(e.row, e.slots, Field::Laboratory);
        let groups = analytes.entry((e.code, e.family())).or_default();
        groups.entry((laboratory, e.unit)).or_default().push((value, e.row));
    }
    let mut compared = false;
    for ((code, _), groups) in &analytes {
        let mut suspects: Vec<(usize, usize, f64)> = Vec::new();
        for (key, own) in groups {
            let mut others: Vec<f64> =
                groups.iter().filter(|(k, _)| *k != key).flat_map(|(_, v)| v).map(|v| v.0).collect();
            if own.len() < MEDIAN_FROM || others.len() < MEDIAN_FROM {
                continue;
            }
            let mut values: Vec<f64> = own.iter().map(|v| v.0).collect();
            let (Some(here), Some(there)) = (median(&mut values), median(&mut others)) else { continue };
            compared = true;
            if (here / there).log10().abs() >= THOUSAND {
                suspects.push((own.len(), own[0].1, here / there));
            }
        }
        // Of two groups each is far from the other: the smaller one is told.
        if suspects.len() == 2 && groups.len() == 2 {
            suspects.sort_by_key(|(n, row, _)| (*n, std::cmp::Reverse(*row)));
            suspects.truncate(1);
        }
        for (_, row, ratio) in suspects {
            let found = format!("median of {} {} times that of other laboratories", shown(code), brief(ratio));
            judge.add("A021", judge.at(row), &found, &format!("{}: values in the unit that is stated", shown(code)));
        }
    }
    if !compared {
        judge.limit("A021", "no analyte has enough results of two laboratories or units to compare medians");
    }
}
