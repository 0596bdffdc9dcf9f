//! Samples in time and depth: S010–S015 and S017–S019.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::columns::{Field, NAMES, Shape};
use super::context::Judge;
use super::number::{Parsed, When, brief, shown};
use super::place::Row;

pub(super) fn judge(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if judge.places_only() {
        for id in ["S010", "S011", "S012", "S013", "S014", "S019"] {
            judge.skip(id, "the table holds places, not samples");
        }
    } else {
        identity(judge, rows);
        dates(judge, rows);
        depths(judge, rows);
        layers(judge, rows);
    }
    accuracy(judge, rows);
    duplicates(judge);
    kinds(judge, rows);
}

/// S002, as far as it concerns cells that no other rule asks for.
fn identity(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if judge.options.fao_export {
        return;
    }
    for field in [Field::SiteCode, Field::SpecimenCode, Field::Country, Field::DataOwner] {
        let name = NAMES[field as usize];
        if !judge.layout.has(field) {
            continue;
        }
        for (i, row) in rows.iter().enumerate() {
            // A blank belongs to no site and no country.
            let needed = row.qc.is_soil() || matches!(field, Field::SpecimenCode | Field::DataOwner);
            if needed && judge.text(i, field).is_empty() {
                judge.add("S002", judge.cell(i, name), "nothing", &format!("{name} in every row"));
            }
        }
    }
}

/// S010 and S019.
fn dates(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if !judge.layout.has(Field::SamplingDate) {
        judge.skip("S010", "the table has no column sampling_date");
        judge.skip("S019", "the table has no column sampling_date");
        return;
    }
    let today = judge.options.today;
    let (mut first, mut last) = (None, None);
    for (i, row) in rows.iter().enumerate() {
        let cell = judge.text(i, Field::SamplingDate);
        if cell.is_empty() && !row.qc.is_soil() {
            continue;
        }
        let place = || judge.cell(i, "sampling_date");
        let precision = judge.text(i, Field::DatePrecision);
        let Some(when) = row.date else {
            let found = if cell.is_empty() { "no date".to_owned() } else { shown(cell) };
            judge.add("S010", place(), &found, "YYYY-MM-DD, or YYYY-MM or YYYY with date_precision");
            continue;
        };
        let place = place();
        if !["", "day", "month", "year"].contains(&precision) {
            judge.add("S010", place, &shown(precision), "date_precision day, month or year");
            continue;
        }
        if !matches!(when, When::Day(_)) && precision != when.precision() {
            let found = format!("{} with date_precision '{precision}'", shown(cell));
            judge.add("S010", place, &found, "date_precision month for YYYY-MM, year for YYYY");
            continue;
        }
        if when.first() > today {
            judge.add("S010", place, &shown(cell), &format!("no day after {today}"));
            continue;
        }
        if when.first() < date(1900, 1, 1) {
            judge.add("S010", place, &shown(cell), "no day before 1900-01-01");
            continue;
        }
        let day = when.first();
        if first.is_none_or(|(d, _)| day < d) {
            first = Some((day, i));
        }
        if last.is_none_or(|(d, _)| day > d) {
            last = Some((day, i));
        }
    }
    let (Some((first, _)), Some((last, at))) = (first, last) else {
        judge.skip("S019", "no row has a date that can be read");
        return;
    };
    if judge.options.temporal_term {
        judge.skip("S019", "the model has a temporal term");
    } else if first.checked_add(10.years()).is_ok_and(|end| last > end) {
        let found = format!("{first} to {last}");
        judge.add("S019", judge.at(at), &found, "at most 10 years, or a temporal term in the model");
    }
}

/// S011 and S012.
fn depths(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if !judge.layout.has(Field::UpperDepth) || !judge.layout.has(Field::LowerDepth) {
        for id in ["S011", "S012", "S013", "S014"] {
            judge.skip(id, "the table lacks a column of depths");
        }
        return;
    }
    let expected = "numbers, 0 <= upper < lower <= 1000 cm";
    for (i, row) in rows.iter().enumerate() {
        let cells = [judge.text(i, Field::UpperDepth), judge.text(i, Field::LowerDepth)];
        if cells == ["", ""] && !row.qc.is_soil() {
            continue;
        }
        let Some([upper, lower]) = row.depth else {
            let found = format!("'{}' to '{}'", shown(cells[0]), shown(cells[1]));
            judge.add("S011", judge.at(i), &found, expected);
            continue;
        };
        if !(0.0 <= upper && upper < lower && lower <= 1000.0) {
            judge.add("S011", judge.at(i), &format!("{} to {}", brief(upper), brief(lower)), expected);
        } else if upper.fract() != 0.0 || lower.fract() != 0.0 {
            let found = format!("{upper} to {lower}");
            judge.add("S012", judge.at(i), &found, "whole centimetres, as an FAO node stores them");
        }
    }
}

/// S013 and S014.
fn layers(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    /// A profile, and the day where the profile is but a site.
    type Visit<'a> = (&'a str, Option<Date>);
    let mut profiles: BTreeMap<Visit<'_>, Vec<([f64; 2], usize)>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(_, r)| r.qc.is_soil() && !r.profile.0.is_empty()) {
        let Some([upper, lower]) = row.depth.filter(|[u, l]| u < l) else { continue };
        // A site without codes of profiles may be visited again; a profile is opened once.
        let visit = row.date.filter(|_| !row.profile.1).map(|d| d.first());
        profiles.entry((&row.profile.0, visit)).or_default().push(([upper, lower], i));
    }
    if profiles.is_empty() {
        for id in ["S013", "S014"] {
            judge.skip(id, "no row has both a profile and depths");
        }
        return;
    }
    for mut layers in profiles.into_values() {
        layers.sort_by(|(a, i), (b, k)| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])).then(i.cmp(k)));
        layers.dedup_by(|(a, _), (b, _)| a == b);
        // The deepest end so far: a thick layer may overlap more than its neighbour.
        let mut end = f64::NEG_INFINITY;
        for ([upper, lower], row) in layers {
            if upper < end {
                let found =
                    format!("{} to {} cm, where another layer ends at {} cm", brief(upper), brief(lower), brief(end));
                judge.add("S014", judge.at(row), &found, "layers of a profile that do not overlap");
            } else if upper > end && end.is_finite() {
                let found = format!("nothing between {} and {} cm", brief(end), brief(upper));
                judge.add("S013", judge.at(row), &found, "contiguous layers, or the profile split");
            }
            end = end.max(lower);
        }
    }
}

/// S015.
fn accuracy(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    if judge.options.fao_export {
        judge.skip("S015", "the export has no column of accuracies");
        return;
    }
    if judge.places_only() && !judge.layout.has(Field::PositionalAccuracy) {
        judge.skip("S015", "the table holds published places without accuracies");
        return;
    }
    if !rows.iter().any(|r| r.place.is_some()) {
        judge.skip("S015", "no row has a place that can be read");
        return;
    }
    let half = judge.options.target_cell_m.map(|cell| cell / 2.0);
    if half.is_none() {
        judge.limit("S015", "the cell of the map is not known, so that accuracies cannot be compared with it");
    }
    if !judge.layout.has(Field::PositionalAccuracy) {
        judge.add("S015", "row 1".to_owned(), "no column positional_accuracy_m", "an accuracy for each position");
        return;
    }
    for (i, _) in rows.iter().enumerate().filter(|(_, r)| r.qc.is_soil() && r.place.is_some()) {
        let place = judge.cell(i, "positional_accuracy_m");
        match judge.number(i, Field::PositionalAccuracy) {
            Some(Parsed::Number(m)) if m >= 0.0 => {
                if let Some(half) = half.filter(|half| m > *half) {
                    let expected = format!("at most {} m, half a cell", brief(half));
                    judge.add("S015", place, &format!("{} m", brief(m)), &expected);
                }
            }
            None => judge.add("S015", place, "nothing", "an accuracy for each position"),
            Some(_) => judge.add("S015", place, "no number of metres", "an accuracy for each position"),
        }
    }
}

/// S017.
fn duplicates(judge: &mut Judge<'_>) {
    let cells = &judge.table.cells;
    // A number of the record alone makes no other result.
    let columns: Vec<usize> =
        (0..judge.table.header.len()).filter(|&c| !judge.table.header[c].eq_ignore_ascii_case("record_id")).collect();
    let same = |a: usize, b: usize| columns.iter().all(|&c| cells.get(a, c).trim() == cells.get(b, c).trim());
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    let (mut repeated, mut first) = (0_u64, None);
    for row in 0..cells.len() {
        let mut hasher = DefaultHasher::new();
        for &c in &columns {
            cells.get(row, c).trim().hash(&mut hasher);
        }
        let known = seen.entry(hasher.finish()).or_default();
        if known.iter().any(|&k| same(k, row)) {
            repeated += 1;
            first.get_or_insert(row);
        } else {
            known.push(row);
        }
    }
    if let Some(first) = first.filter(|_| repeated as f64 > 0.05 * cells.len() as f64) {
        let found = format!("{repeated} of {} rows repeat another", cells.len());
        judge.add("S017", judge.at(first), &found, "at most 5 percent exact duplicates");
    }
    if judge.layout.shape == Shape::Places {
        judge.limit("S017", "rows were compared, since the table has no results");
    }
}

/// S018.
fn kinds(judge: &mut Judge<'_>, rows: &[Row<'_>]) {
    let kinds = [
        (Field::ElementType, &["Horizon", "Layer"][..], "element_type Horizon or Layer"),
        (Field::PlotType, &["TrialPit", "Borehole", "Sample"][..], "plot_type TrialPit, Borehole or Sample"),
    ];
    if kinds.iter().all(|(field, ..)| !judge.layout.has(*field)) {
        judge.skip("S018", "the table has neither element_type nor plot_type");
    }
    for (field, known, expected) in kinds {
        for i in 0..rows.len() {
            let cell = judge.text(i, field);
            if !cell.is_empty() && !known.contains(&cell) {
                judge.add("S018", judge.cell(i, NAMES[field as usize]), &shown(cell), expected);
            }
        }
    }
}
