//! Results one by one: A001–A011, A014–A016, A019, A020, A025 and A026.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Error, Result, tables};

use super::columns::{Field, Shape, Slots};
use super::context::Judge;
use super::entry::{Entry, Method, Quantity, Subject};
use super::number::{self, Mark, Parsed, brief, shown};
use super::place::{Qc, Row};

/// Results of one table that are held.
const MAX_RESULTS: usize = 4_000_000;

/// Rules about results.
const OF_RESULTS: [&str; 26] = [
    "A001", "A002", "A003", "A004", "A005", "A006", "A007", "A008", "A009", "A010", "A011", "A012", "A013", "A014",
    "A015", "A016", "A017", "A018", "A019", "A020", "A021", "A022", "A023", "A024", "A025", "A026",
];

/// Reads all results and judges each for itself.
///
/// # Errors
/// There are more than are judged.
pub(super) fn entries<'a>(judge: &mut Judge<'a>, rows: &[Row<'a>]) -> Result<Vec<Entry<'a>>> {
    let mut entries = Vec::new();
    for name in &judge.layout.strange {
        let place = format!("column {}", shown(name));
        let expected = format!("{}: a code of analytes.csv, soil_properties.csv or the extension table", shown(name));
        judge.add("A001", place, &shown(name), &expected);
    }
    if judge.layout.results.is_empty() {
        for id in OF_RESULTS {
            judge.skip(id, "the table has no column of results");
        }
        return Ok(entries);
    }
    let mut known = Known::default();
    for (row, sample) in rows.iter().enumerate() {
        for slots in &judge.layout.results {
            if let Some(entry) = entry(judge, sample, row, slots, &mut known) {
                if entries.len() == MAX_RESULTS {
                    let reason = format!("it has more than {MAX_RESULTS} results");
                    return Err(Error::refused(&judge.table.file, reason, "judge it in parts"));
                }
                entries.push(entry);
            }
        }
    }
    if entries.is_empty() {
        for id in OF_RESULTS {
            judge.skip(id, "the table holds no result");
        }
    }
    let has = |field| judge.layout.results.iter().any(|s| s.has(field));
    let absent = [
        (Field::CasNumber, "A002", "the table gives no CAS numbers"),
        (Field::Basis, "A019", "the table says nothing of the basis; dry weight is taken"),
    ];
    let absent: Vec<_> = absent.into_iter().filter(|(field, ..)| !has(*field)).collect();
    let uncertain = has(Field::UncertaintyExpanded) || has(Field::UncertaintyRelative) || has(Field::CoverageFactor);
    for (_, id, why) in absent {
        judge.skip(id, why);
    }
    if !uncertain {
        judge.skip("A014", "the table has no uncertainties");
    }
    if judge.options.fao_export {
        judge.skip("A015", "the export has no column of uncertainties");
    }
    if !entries.iter().any(|e| e.subject.is_some_and(Subject::is_sum)) {
        judge.skip("A026", "no result is one of a sum");
    }
    judge.limit(
        "A010",
        "lod and loq have no unit of their own, so that whether theirs is that of the value cannot be seen",
    );
    Ok(entries)
}

/// What codes and methods mean, looked up once.
#[derive(Default)]
struct Known<'a> {
    subjects: HashMap<&'a str, Option<Subject<'a>>>,
    methods: HashMap<&'a str, Option<Method<'a>>>,
    /// Codes without a property in GloSIS that were told.
    told: BTreeSet<&'a str>,
}

fn entry<'a>(
    judge: &mut Judge<'a>,
    sample: &Row<'a>,
    row: usize,
    slots: &'a Slots,
    known: &mut Known<'a>,
) -> Option<Entry<'a>> {
    let cell = judge.of(row, slots, Field::Value);
    let censor = judge.of(row, slots, Field::Censor);
    if judge.layout.shape == Shape::Wide && cell.is_empty() && censor.is_empty() {
        return None;
    }
    let options = judge.options;
    let code = judge.of(row, slots, Field::AnalyteCode);
    let subject = *known.subjects.entry(code).or_insert_with(|| Subject::of(code, &options.extension));
    let place = judge.cell(row, &slots.label);
    if subject.is_none() {
        let found = if code.is_empty() { "no analyte_code".to_owned() } else { shown(code) };
        judge.add("A001", place.clone(), &found, "a code of analytes.csv, soil_properties.csv or the extension table");
    }
    let extraction = judge.of(row, slots, Field::ExtractionCode);
    let method = *known.methods.entry(extraction).or_insert_with(|| Method::of(extraction, &options.extension));
    let unit = judge.of(row, slots, Field::Unit);
    let (factor, mass) = conversion(judge, &place, subject, unit);
    let quantity = quantity(judge, row, slots, &place, [cell, censor]);
    let rejected = judge.of(row, slots, Field::QcFlag) == "reject";
    let entry = Entry { row, slots, code, subject, method, unit, factor, mass, quantity, rejected };
    how(judge, &entry, &place, extraction);
    cas(judge, &entry, &place);
    size(judge, &entry, &place, sample.qc);
    limits(judge, &entry, &place);
    uncertainty(judge, &entry, &place, sample.qc);
    if let Some(subject) = subject
        && !subject.has_glosis_property()
        && known.told.insert(code)
    {
        let expected = "a GloSIS property; the export for an FAO node lists it as an extension needed";
        judge.add("A025", place.clone(), &shown(code), &format!("{}: {expected}", shown(code)));
    }
    if subject.is_some_and(Subject::is_sum) {
        sum(judge, &entry, &place);
    }
    Some(entry)
}

/// A003.
fn conversion(
    judge: &mut Judge<'_>,
    place: &str,
    subject: Option<Subject<'_>>,
    unit: &str,
) -> (Option<f64>, Option<f64>) {
    let Some(read) = tables::unit_spelt(unit).filter(|_| !unit.is_empty()) else {
        let found = if unit.is_empty() { "no unit".to_owned() } else { format!("unit {}", shown(unit)) };
        judge.add("A003", place.to_owned(), &found, "a unit of units.csv");
        return (None, None);
    };
    let Some(subject) = subject else { return (None, None) };
    let mass = tables::unit("mg/kg").and_then(|mg| tables::conversion(read, mg, subject.molar_mass()));
    let Some(to) = subject.default_unit() else { return (None, mass) };
    let factor = tables::conversion(read, to, subject.molar_mass());
    if factor.is_none() {
        let expected = format!("a unit that converts to {}", to.unit);
        judge.add("A003", place.to_owned(), &format!("unit {}", shown(unit)), &expected);
    }
    (factor, mass)
}

/// A004, A009 and A021 as far as they concern how the value is written.
fn quantity(judge: &mut Judge<'_>, row: usize, slots: &Slots, place: &str, [cell, censor]: [&str; 2]) -> Quantity {
    let layout = judge.layout;
    let number = |field| layout.number(judge.table, row, slots, field);
    let limit = |field| number(field).and_then(Parsed::any);
    let [lod, loq, uol] = [Field::Lod, Field::Loq, Field::Uol].map(limit);
    let [low, high] = [Field::ValueLow, Field::ValueHigh].map(limit);
    let decimal = layout.decimal(slots.value);
    let add = |judge: &mut Judge<'_>, id: &str, found: &str, expected: &str| {
        judge.add(id, place.to_owned(), found, expected);
    };
    let plain = "a finite number, or a censored entry";
    if let Some((mark, rest)) = number::inline(cell) {
        let Some(bound) = number::parse(rest, decimal).any() else {
            add(judge, "A004", &shown(cell), plain);
            return Quantity::Faulty;
        };
        return match mark {
            Mark::Below => Quantity::Below(match censor {
                "lt_lod" => lod.unwrap_or(bound),
                _ => loq.or(lod).unwrap_or(bound),
            }),
            Mark::Above => Quantity::Above(uol.unwrap_or(bound)),
        };
    }
    let value = (!cell.is_empty()).then(|| number::parse(cell, decimal));
    if let Some(Parsed::Not) = value {
        add(judge, "A004", &shown(cell), plain);
        return Quantity::Faulty;
    }
    if let Some(Parsed::Odd(_, why)) = value {
        add(judge, "A021", why, "one decimal separator and no other mark in numbers");
    }
    let value = value.and_then(Parsed::any);
    let needs = |judge: &mut Judge<'_>, found: &str, expected: &str| {
        judge.add("A009", place.to_owned(), found, expected);
        Quantity::Unlimited
    };
    let contradicts = |limit: Option<f64>| value.is_some() && value != limit && limit.is_some();
    let (fits, quantity) = match censor {
        "" => match value {
            Some(v) => (true, Quantity::Quantified(v)),
            None => {
                add(judge, "A004", "neither a value nor a censoring", plain);
                return Quantity::Faulty;
            }
        },
        "lt_lod" => match lod {
            Some(l) => (!contradicts(lod), Quantity::Below(l)),
            None => return needs(judge, "lt_lod without lod", "the lod of a result below it"),
        },
        "lt_loq" => match loq {
            Some(l) => (true, Quantity::Below(l)),
            None => return needs(judge, "lt_loq without loq", "the loq of a result below it"),
        },
        "gt_uol" => match uol {
            Some(u) => (!contradicts(uol), Quantity::Above(u)),
            None => return needs(judge, "gt_uol without uol", "the uol of a result above it"),
        },
        "interval" => match (low, high) {
            (Some(l), Some(h)) if l <= h => (value.is_none(), Quantity::Between(l, h)),
            _ => return needs(judge, "interval without both bounds", "value_low and value_high, in this order"),
        },
        "nd" => (value.is_none(), Quantity::Unlimited),
        _ => {
            add(judge, "A004", &format!("censor {}", shown(censor)), "a code of censoring.csv");
            return Quantity::Faulty;
        }
    };
    if !fits {
        let expected = "a censored entry whose value is empty, or its limit where censoring.csv allows it";
        add(judge, "A004", &format!("a value beside censor {censor}"), expected);
    }
    quantity
}

/// A016, A019 and A020.
fn how(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str, extraction: &str) {
    // How pH and the like were measured stands in no table of ours.
    let asked = entry.subject.is_none_or(Subject::is_contaminant) || !extraction.is_empty();
    if entry.method.is_none() && asked {
        let found = if extraction.is_empty() { "no extraction_code".to_owned() } else { shown(extraction) };
        judge.add("A016", place.to_owned(), &found, "a code of procedures.csv or the extension table");
    }
    if entry.method.is_some_and(|m| m.unknown) {
        judge.add("A020", place.to_owned(), &shown(extraction), "the method of extraction");
    }
    let basis = judge.of(entry.row, entry.slots, Field::Basis);
    if basis.is_empty() || basis == "dry_weight" {
        return;
    }
    if !["fresh_weight", "ash"].contains(&basis) {
        judge.add("A019", place.to_owned(), &format!("basis {}", shown(basis)), "dry_weight, fresh_weight or ash");
        return;
    }
    let dry = judge.layout.number(judge.table, entry.row, entry.slots, Field::DryMatter).and_then(Parsed::plain);
    if !dry.is_some_and(|d| d > 0.0 && d <= 100.0) {
        let expected = "dry_matter_pct within 0..100 beside any basis but dry_weight";
        judge.add("A019", place.to_owned(), &format!("basis {basis} without dry matter"), expected);
    }
}

/// A002.
fn cas(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str) {
    let cas = judge.of(entry.row, entry.slots, Field::CasNumber);
    if cas.is_empty() {
        return;
    }
    if !checks(cas) {
        judge.add("A002", place.to_owned(), &shown(cas), "a CAS number whose check digit is right");
    } else if let Some(known) = entry.subject.and_then(Subject::cas)
        && known != cas
    {
        let expected = "the CAS number of the analyte in analytes.csv or the extension table";
        judge.add("A002", place.to_owned(), &format!("{} for {}", shown(cas), shown(entry.code)), expected);
    }
}

/// Whether a CAS number has its form and its check digit.
pub(super) fn checks(cas: &str) -> bool {
    let parts: Vec<&str> = cas.split('-').collect();
    let [first, second, check] = parts[..] else { return false };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !(2..=7).contains(&first.len()) || second.len() != 2 || check.len() != 1 || !parts.iter().all(|p| digits(p)) {
        return false;
    }
    // The last digit is the sum of the others, each times its place from the right, modulo 10.
    let body = first.bytes().chain(second.bytes()).rev();
    let sum: u32 = body.zip(1..).map(|(b, place)| u32::from(b - b'0') * place).sum();
    sum % 10 == u32::from(check.as_bytes()[0] - b'0')
}

/// A005, A006, A007 and, for one value, A008.
fn size(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str, qc: Qc) {
    let Quantity::Quantified(reported) = entry.quantity else { return };
    if reported < 0.0 {
        judge.add("A005", place.to_owned(), &brief(reported), "no negative value");
        return;
    }
    if let Some(mass) = entry.mass.map(|m| m * reported).filter(|&m| m > MILLION) {
        judge.add("A008", place.to_owned(), &format!("{} mg/kg", brief(mass)), "at most 1000000 mg/kg");
    }
    let (Some(subject), Some(value)) = (entry.subject, entry.value()) else { return };
    let unit = subject.default_unit().map_or("", |u| u.unit.as_str());
    let range = |[low, high]: [Option<f64>; 2]| {
        let ends = [low, high].map(|b| b.map_or_else(|| "any".to_owned(), |b| b.to_string()));
        format!("{} within {}..{} {unit}", entry.code, ends[0], ends[1])
    };
    let outside = |[low, high]: [Option<f64>; 2]| low.is_some_and(|l| value < l) || high.is_some_and(|h| value > h);
    let found = format!("{} {unit}", brief(value));
    // What is usual is told of contents of whole soil: of extracted parts it would be too much, and of blanks nonsense.
    let whole = qc.is_soil() && entry.family() == "content";
    if outside(subject.bounds()) {
        judge.add("A006", place.to_owned(), &found, &range(subject.bounds()));
    } else if whole && outside(subject.typical()) {
        judge.add("A007", place.to_owned(), &found, &format!("usually {}", range(subject.typical())));
    }
}

const MILLION: f64 = 1e6;

/// A010 and A011.
fn limits(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str) {
    let read = |field| judge.layout.number(judge.table, entry.row, entry.slots, field);
    let [lod, loq] = [read(Field::Lod), read(Field::Loq)];
    for (name, limit) in [("lod", lod), ("loq", loq)] {
        if limit.is_some_and(|l| !l.plain().is_some_and(|l| l > 0.0)) {
            judge.add("A010", place.to_owned(), &format!("{name} is no positive number"), "positive lod and loq");
            return;
        }
    }
    let [lod, loq] = [lod, loq].map(|l| l.and_then(Parsed::plain));
    if let (Some(lod), Some(loq)) = (lod, loq)
        && lod > loq
    {
        judge.add("A010", place.to_owned(), &format!("lod {} above loq {}", brief(lod), brief(loq)), "lod <= loq");
        return;
    }
    // Zero is told by A012, and less by A005; what is flagged has been seen.
    let Quantity::Quantified(value) = entry.quantity else { return };
    let flagged = ["suspect", "reject"].contains(&judge.of(entry.row, entry.slots, Field::QcFlag));
    if value <= 0.0 || flagged {
        return;
    }
    if lod.is_some_and(|lod| value < lod) {
        judge.add("A011", place.to_owned(), "a value below its lod", "qc_flag suspect, or censored as lt_lod");
    } else if loq.is_some_and(|loq| value < loq) {
        judge.add("A011", place.to_owned(), "a value below its loq", "an interval, or censored as lt_loq");
    }
}

/// A014 and A015.
fn uncertainty(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str, qc: Qc) {
    let read = |field| judge.layout.number(judge.table, entry.row, entry.slots, field);
    let given = [Field::UncertaintyExpanded, Field::UncertaintyRelative].map(read);
    if given.iter().flatten().any(|u| !u.plain().is_some_and(|u| u > 0.0)) {
        judge.add("A014", place.to_owned(), "an uncertainty that is no positive number", "positive uncertainties");
    }
    if let Some(k) = read(Field::CoverageFactor)
        && !k.plain().is_some_and(|k| (1.0..=3.0).contains(&k))
    {
        judge.add("A014", place.to_owned(), "another coverage_factor", "coverage_factor between 1 and 3");
    }
    let asked = matches!(entry.quantity, Quantity::Quantified(_)) && qc.is_soil() && !judge.options.fao_export;
    if asked && given == [None, None] {
        judge.add("A015", place.to_owned(), "no uncertainty", "an uncertainty for each quantified result");
    }
}

/// A026. The members stand in columns `sum_members` and `sum_censored_rule`, under these names in `remark`, or in the extension table.
fn sum(judge: &mut Judge<'_>, entry: &Entry<'_>, place: &str) {
    let own = match entry.subject {
        Some(Subject::Own(a)) => Some([a.members.as_str(), a.censored_rule.as_str()]),
        _ => None,
    };
    let remark = judge.of(entry.row, entry.slots, Field::Remark);
    let said: BTreeMap<&str, &str> =
        remark.split(';').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.trim(), v.trim())).collect();
    let find = |field, key: &str, k: usize| -> String {
        let cell = judge.of(entry.row, entry.slots, field);
        let found = [Some(cell), said.get(key).copied(), own.map(|o| o[k])];
        found.into_iter().flatten().find(|s| !s.is_empty()).unwrap_or_default().to_owned()
    };
    let members = find(Field::SumMembers, "sum_members", 0);
    let rule = find(Field::SumCensoredRule, "sum_censored_rule", 1);
    let codes: Vec<&str> = members.split(['+', ' ', '|', ',']).map(str::trim).filter(|c| !c.is_empty()).collect();
    let unknown = codes.iter().find(|c| Subject::of(c, &judge.options.extension).is_none());
    let found = match (codes.len(), unknown, rule.is_empty()) {
        (0, ..) => "a sum without a list of members".to_owned(),
        (1, ..) => "a sum of one member".to_owned(),
        (_, Some(code), _) => format!("a sum with the unknown member {}", shown(code)),
        (_, None, true) => "a sum without a rule for censored members".to_owned(),
        (_, None, false) => return,
    };
    judge.add("A026", place.to_owned(), &found, "sum_members and sum_censored_rule for each sum");
}

#[cfg(test)]
mod tests {
    use super::checks;
    use crate::tables;

    #[test]
    fn the_check_digit_is_that_of_the_registry() {
        assert!(tables::analytes().iter().filter_map(|a| a.cas_number.as_deref()).all(checks));
        for wrong in ["7440-43-8", "7440-43", "7440-43-99", "x440-43-9", "1-23-4", "7440 43 9", ""] {
            assert!(!checks(wrong), "{wrong}");
        }
    }
}
