//! Results taken together: A008 for sums of a sample, A013, A017, A018, A022, A023 and A024.

use std::collections::{BTreeMap, BTreeSet};

use crate::tables;

use super::columns::Field;
use super::context::Judge;
use super::entry::{Entry, Quantity, Subject};
use super::number::{Parsed, brief, shown};
use super::place::{Qc, Row};

pub(super) fn judge(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    if entries.is_empty() {
        return;
    }
    sums_of_samples(judge, rows, entries);
    censored_share(judge, rows, entries);
    pools(judge, rows, entries);
    parts_and_wholes(judge, rows, entries);
    controls(judge, rows, entries);
    duplicates(judge, rows, entries);
}

/// The middle of values; `None` of none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match (n, n % 2) {
        (0, _) => None,
        (_, 1) => Some(values[n / 2]),
        _ => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// A008, for the sum of one sample.
fn sums_of_samples(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    // One specimen by one way of extraction; species and sums would count a second time.
    let mut sums: BTreeMap<(&str, &str), (f64, f64, usize)> = BTreeMap::new();
    for e in entries.iter().filter(|e| e.family() == "content" && !rows[e.row].specimen.is_empty()) {
        let counts = e.subject.is_some_and(|s| s.is_contaminant() && !s.is_sum());
        if !counts || e.method.is_some_and(|m| m.fraction == "species") || matches!(e.code, "CrVI" | "MEHG" | "TBT") {
            continue;
        }
        let (Quantity::Quantified(v), Some(factor)) = (e.quantity, e.mass) else { continue };
        let key = (rows[e.row].specimen, e.method.map_or("", |m| m.group));
        let sum = sums.entry(key).or_insert((0.0, 0.0, e.row));
        sum.0 += v * factor;
        sum.1 = sum.1.max(v * factor);
    }
    for (sum, most, row) in sums.into_values() {
        // One value above it is told as such.
        if sum > 1e6 && most <= 1e6 {
            let found = format!("{} mg/kg in one sample", brief(sum));
            judge.add("A008", judge.at(row), &found, "at most 1000000 mg/kg");
        }
    }
}

/// A013.
fn censored_share(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let mut shares: BTreeMap<(&str, &str), (u64, u64, usize)> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine && e.quantity != Quantity::Faulty) {
        let share = shares.entry((e.code, e.family())).or_insert((0, 0, e.row));
        share.0 += u64::from(e.quantity.is_censored());
        share.1 += 1;
    }
    for ((code, _), (censored, n, row)) in shares {
        let share = censored as f64 / n as f64;
        let found = format!("{censored} of {n} results of {} censored", shown(code));
        // The analyte stands in what is expected too: findings that expect the same are counted, not listed.
        let expected = match share {
            s if s > 0.8 => "at most 80 percent censored: above it the mean map is refused",
            s if s > 0.5 => "at most 50 percent censored",
            _ => continue,
        };
        judge.add("A013", judge.at(row), &found, &format!("{}: {expected}", shown(code)));
    }
}

/// A017 and A018.
fn pools(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let harmonised = judge.options.harmonisation.as_ref().is_some_and(|h| !h.trim().is_empty());
    let mut pools: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    let mut portable: BTreeMap<(&str, &str), [Option<usize>; 2]> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine) {
        let Some(method) = e.method else { continue };
        let pool = (e.code, e.family());
        // Of a method without a group nothing is known that could be compared: A020 tells it. A row may say that its value
        // was brought to another group.
        let harmonised = judge.of(e.row, e.slots, Field::HarmonisedGroup);
        let group = if harmonised.is_empty() { method.group } else { harmonised };
        if !group.is_empty() {
            pools.entry(pool).or_default().entry(group).or_insert(e.row);
        }
        let by_hand = method.code == "PXRF" || judge.of(e.row, e.slots, Field::DeterminationCode) == "PXRF";
        portable.entry(pool).or_default()[usize::from(by_hand)].get_or_insert(e.row);
    }
    for ((code, _), groups) in pools {
        if groups.len() > 1 && !harmonised {
            let names: Vec<&str> = groups.keys().copied().collect();
            let row = groups.values().max().copied().unwrap_or_default();
            let found = format!("{} by methods of groups {}", shown(code), names.join(", "));
            let expected = "one comparability group for one map, or a declared model of harmonisation";
            judge.add("A017", judge.at(row), &found, &format!("{}: {expected}", shown(code)));
        }
    }
    for ((code, _), found) in portable {
        if let [Some(_), Some(row)] = found {
            let found = format!("{} by portable XRF among others", shown(code));
            let expected = format!("{}: portable XRF apart from laboratory results", shown(code));
            judge.add("A018", judge.at(row), &found, &expected);
        }
    }
}

/// A022.
fn parts_and_wholes(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    /// The greatest whole and the greatest part.
    type Pair = [Option<(f64, usize)>; 2];
    let mut pairs: BTreeMap<(&str, &str), Pair> = BTreeMap::new();
    let mut chromium: BTreeMap<&str, Pair> = BTreeMap::new();
    let keep = |slot: &mut Option<(f64, usize)>, value: f64, row: usize| {
        if slot.is_none_or(|(v, _)| value > v) {
            *slot = Some((value, row));
        }
    };
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine && !rows[e.row].specimen.is_empty()) {
        let Some(value) = e.value() else { continue };
        let specimen = rows[e.row].specimen;
        let part = match e.method.map_or("unknown", |m| m.fraction) {
            "total" | "pseudo_total" => Some(0),
            "reactive" | "available" | "exchangeable" | "soluble" | "sequential" => Some(1),
            _ => None,
        };
        if let Some(part) = part {
            keep(&mut pairs.entry((specimen, e.code)).or_default()[part], value, e.row);
        }
        match (e.code, part) {
            ("Cr", Some(0)) => keep(&mut chromium.entry(specimen).or_default()[0], value, e.row),
            ("CrVI", _) => keep(&mut chromium.entry(specimen).or_default()[1], value, e.row),
            _ => {}
        }
    }
    let expected = "no part larger than the whole of one specimen";
    let mut compared = false;
    for ((_, code), pair) in pairs {
        let [Some((whole, _)), Some((part, row))] = pair else { continue };
        compared = true;
        if whole < part {
            let found = format!("{} extracted {} above total {}", shown(code), brief(part), brief(whole));
            judge.add("A022", judge.at(row), &found, expected);
        }
    }
    for pair in chromium.into_values() {
        let [Some((whole, _)), Some((part, row))] = pair else { continue };
        compared = true;
        if whole < part {
            let found = format!("CrVI {} above Cr {}", brief(part), brief(whole));
            judge.add("A022", judge.at(row), &found, expected);
        }
    }
    if !compared {
        judge.skip("A022", "no specimen has both a whole and a part of one analyte");
    }
}

/// A023.
fn controls(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let mut soil: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine) {
        if let Some(value) = e.value() {
            soil.entry((e.code, e.family())).or_default().push(value);
        }
    }
    let medians: BTreeMap<_, f64> =
        soil.into_iter().filter_map(|(key, mut values)| Some((key, median(&mut values)?))).collect();
    let (mut compared, mut without) = (false, 0_u64);
    for e in entries.iter().filter(|e| !rows[e.row].qc.is_soil()) {
        let Some(value) = e.value() else {
            compared |= rows[e.row].qc == Qc::Blank && e.quantity.is_censored();
            continue;
        };
        let place = judge.cell(e.row, &e.slots.label);
        if rows[e.row].qc == Qc::Blank {
            let Some(median) = medians.get(&(e.code, e.family())) else { continue };
            compared = true;
            if value > 0.1 * median {
                let found = format!("a blank of {} beside a median of {}", brief(value), brief(*median));
                judge.add("A023", place, &found, "blanks at most 10 percent of the median");
            }
            continue;
        }
        let Some(certified) = certified(judge, e).filter(|c| *c > 0.0) else {
            without += 1;
            continue;
        };
        compared = true;
        let recovery = 100.0 * value / certified;
        if !(80.0..=120.0).contains(&recovery) {
            let found = format!("recovery {} %", brief(recovery));
            judge.add("A023", place, &found, "80 to 120 % of the certified value of reference materials");
        }
    }
    if !compared {
        judge.skip("A023", "the table has neither blanks nor reference materials with certified values");
    }
    if without > 0 {
        judge.limit("A023", format!("{without} results of reference materials have no certified value"));
    }
}

/// The certified value of a reference material, in the analyte's default unit.
fn certified(judge: &Judge<'_>, e: &Entry<'_>) -> Option<f64> {
    let own = judge.layout.number(judge.table, e.row, e.slots, Field::CertifiedValue).and_then(Parsed::any);
    if let Some(own) = own {
        return Some(own * e.factor?);
    }
    let material = judge.text(e.row, Field::QcParent);
    let known = &judge.options.extension.references;
    let reference = known.iter().find(|r| r.material == material && r.analyte == e.code)?;
    let to = e.subject.and_then(Subject::default_unit)?;
    let molar = e.subject.and_then(Subject::molar_mass);
    Some(reference.value * tables::conversion(tables::unit_spelt(&reference.unit)?, to, molar)?)
}

/// A024.
fn duplicates(judge: &mut Judge<'_>, rows: &[Row<'_>], entries: &[Entry<'_>]) {
    let extraction = |e: &Entry<'_>| e.method.map_or("", |m| m.code).to_owned();
    let mut parents: BTreeMap<(&str, &str, String), f64> = BTreeMap::new();
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Routine && !rows[e.row].specimen.is_empty()) {
        if let Some(value) = e.value() {
            parents.entry((rows[e.row].specimen, e.code, extraction(e))).or_insert(value);
        }
    }
    let (mut compared, mut orphans) = (false, BTreeSet::new());
    for e in entries.iter().filter(|e| rows[e.row].qc == Qc::Duplicate) {
        let Some(value) = e.value() else { continue };
        let parent = judge.text(e.row, Field::QcParent);
        let Some(first) = parents.get(&(parent, e.code, extraction(e))) else {
            orphans.insert(e.row);
            continue;
        };
        compared = true;
        let mean = (first + value) / 2.0;
        // Of two values the standard deviation is their difference over the root of two.
        let deviation = 100.0 * (first - value).abs() / std::f64::consts::SQRT_2 / mean;
        if mean > 0.0 && deviation > 20.0 {
            let found = format!("relative standard deviation {} %", brief(deviation));
            judge.add("A024", judge.cell(e.row, &e.slots.label), &found, "at most 20 % between duplicates");
        }
    }
    if !compared {
        judge.skip("A024", "the table has no pairs of duplicates that are both quantified");
    }
    if !orphans.is_empty() {
        let what = format!("{} rows of duplicates have no quantified parent in the table", orphans.len());
        judge.limit("A024", what);
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }
}
