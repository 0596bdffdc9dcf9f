//! A row for each result: analyte, value, unit, qualifier.

use std::collections::HashMap;

use super::analyte::{self, Companions, FlagColumn};
use super::cell;
use super::input::{Input, Wanted};
use super::reading::{self, ReadingColumns, Scale};
use super::source::Shape;
use super::table::{AnalyteColumn, UnitSource};
use super::unit::Unit;
use super::{Collector, ReadOptions};
use crate::Result;
use crate::error::shorten;

const ANALYTE: [&str; 23] = [
    "analyte",
    "parameter",
    "param",
    "parametername",
    "element",
    "substance",
    "determinand",
    "compound",
    "contaminant",
    "property",
    "chemical",
    "constituent",
    "stoff",
    "analyt",
    "parametre",
    "paramètre",
    "parametro",
    "parámetro",
    "elemento",
    "analytename",
    // The long table of the exchange specification.
    "analytecode",
    "characteristicname",
    "variable",
];
const VALUE: [&str; 18] = [
    "value",
    "result",
    "concentration",
    "conc",
    "measurement",
    "measuredvalue",
    "resultvalue",
    "messwert",
    "wert",
    "gehalt",
    "valeur",
    "resultat",
    "résultat",
    "valor",
    "resultado",
    "concentratie",
    "resultmeasurevalue",
    "waarde",
];
const UNIT: [&str; 12] = [
    "unit",
    "units",
    "uom",
    "einheit",
    "unite",
    "unité",
    "unidad",
    "eenheid",
    "resultunit",
    "unitofmeasure",
    "unitcode",
    "resultmeasureunitcode",
];
const FLAG: [&str; 15] = [
    "qualifier",
    "flag",
    "detectionflag",
    "nd",
    "censored",
    "censor",
    "nondetect",
    "sign",
    "operator",
    "lt",
    "belowlimit",
    "qual",
    "resultqualifier",
    "prefix",
    "bdl",
];
const DETECTED: [&str; 3] = ["detected", "isdetected", "detection"];
const LIMIT: [&str; 14] = [
    "lod",
    "loq",
    "limit",
    "detectionlimit",
    "mdl",
    "rl",
    "dl",
    "ql",
    "reportinglimit",
    "limitofdetection",
    "limitofquantification",
    "nachweisgrenze",
    "bestimmungsgrenze",
    "detectionquantitationlimit",
];
/// More names than this in an analyte column are no analytes.
const MOST_ANALYTES: usize = 2000;

/// The columns of a long table.
#[derive(Debug, Clone, Copy)]
pub(super) struct LongColumns {
    analyte: usize,
    unit: Option<usize>,
    reading: ReadingColumns,
}

/// Recognises a long table by its header.
pub(super) fn columns(input: &Input) -> Option<LongColumns> {
    let simple: Vec<String> = input
        .header
        .iter()
        .map(|name| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
        .collect();
    // In the order of the words: a column `analyte` wins over one that is called `variable`.
    let find = |words: &[&str]| words.iter().find_map(|word| simple.iter().position(|name| name == word));
    let flag = find(&FLAG)
        .map(|column| FlagColumn { column, one_is_detected: false })
        .or_else(|| find(&DETECTED).map(|column| FlagColumn { column, one_is_detected: true }));
    let limit = |words: &[&str]| find(words).map(|column| (column, 1.0));
    let quantification = limit(&["loq"]).filter(|_| limit(&["lod"]).is_some());
    let beside = Companions { flag, limit: limit(&LIMIT), quantification };
    Some(LongColumns {
        analyte: find(&ANALYTE)?,
        unit: find(&UNIT),
        reading: ReadingColumns { value: find(&VALUE)?, beside },
    })
}

impl LongColumns {
    /// Whether a column that was matched as an analyte's is one of these.
    pub(super) fn contains(&self, column: usize) -> bool {
        column == self.analyte || column == self.reading.value
    }

    /// Those that say which analytes there are, in which units.
    fn survey(&self) -> Vec<usize> {
        [Some(self.analyte), Some(self.reading.value), self.unit].into_iter().flatten().collect()
    }
}

/// A name in the analyte column, and the units that its values are given in.
struct Found {
    name: String,
    /// Rows of it.
    rows: usize,
    units: Vec<Vec<u8>>,
}

/// Names as they stand in the file, and their index.
type Ids = HashMap<Vec<u8>, usize>;
/// Units as they stand in the file, and the factor from each; `None` where it does not convert.
type Factors = HashMap<Vec<u8>, Option<f64>>;

/// What to do with the rows of one name.
struct Job {
    factors: Factors,
    analyte: usize,
}

/// Reads the analytes that were asked for, or all.
pub(super) fn read(
    input: &Input,
    columns: LongColumns,
    options: &ReadOptions,
    collector: &mut Collector<'_>,
) -> Result<Vec<AnalyteColumn>> {
    let (ids, found) = survey(input, columns)?;
    let groups = groups(input, &found, options)?;
    let mut analytes = Vec::with_capacity(groups.len());
    let (mut expected, mut most) = (0, 0);
    let mut readings = Vec::with_capacity(groups.len());
    let mut jobs: Vec<Option<Job>> = found.iter().map(|_| None).collect();
    for (asked, members) in groups {
        let (mut analyte, factors) = prepare(input, columns, &found, &asked, &members, options, collector)?;
        let rows = members.iter().map(|&m| found[m].rows).sum();
        expected += rows;
        most = most.max(rows);
        readings.push(rows);
        if members.len() > 1 {
            let spellings: Vec<&str> = members.iter().map(|&m| found[m].name.as_str()).collect();
            analyte.notes.push(format!("spellings read as one analyte: {}", spellings.join(", ")));
        }
        for member in members {
            jobs[member] = Some(Job { factors: factors.clone(), analyte: analytes.len() });
        }
        analytes.push(analyte);
    }
    // Before anything is kept.
    collector.expect(Shape::Long, expected, analytes.len(), most)?;
    analytes.iter_mut().zip(readings).for_each(|(analyte, rows)| analyte.expect(rows));
    let looked_at = collector.columns(columns.survey().into_iter().chain(columns.reading.all()));
    let wanted = Wanted { columns: Some(&looked_at), place: collector.wants_place() };
    input.for_each(wanted, |row| {
        let name = cell::trim(row.cell(columns.analyte));
        let Some(job) = ids.get(name.as_bytes()).and_then(|&id| jobs[id].as_ref()) else { return Ok(()) };
        let has_value = |row: super::input::Row<'_>| !cell::is_missing(row.cell(columns.reading.value));
        let Some(record) = collector.place(row, has_value)? else { return Ok(()) };
        let analyte = &mut analytes[job.analyte];
        let unit_text = columns.unit.map_or(&b""[..], |c| row.cell(c).trim_ascii());
        let factor = match job.factors.get(unit_text) {
            Some(&Some(factor)) => factor,
            _ if !has_value(row) => 1.0,
            _ => {
                let (reason, remedy) = if unit_text.is_empty() {
                    (
                        "has no unit, where other rows of this analyte state one".to_owned(),
                        "fill the unit in".to_owned(),
                    )
                } else {
                    let wanted = analyte.unit.as_ref().map_or("mg/kg", Unit::name);
                    (
                        format!("is no unit that converts to {wanted}"),
                        format!("write it in {wanted}, or correct the unit"),
                    )
                };
                return analyte.unreadable.take(input.bad_row(row, columns.unit, reason, remedy));
            }
        };
        let mg_per_kg = analyte.unit.as_ref().and_then(Unit::in_mg_per_kg).map(|own| own * factor);
        let scale = Scale { factor, mg_per_kg, default_limit: options.default_limit };
        match reading::read(input, row, &columns.reading, scale) {
            Ok((reading, unmarked)) => {
                analyte.rows.push(record);
                analyte.readings.push(reading);
                if unmarked {
                    analyte.unmarked.push(row.number);
                }
                Ok(())
            }
            Err(bad) => analyte.unreadable.take(*bad),
        }
    })?;
    Ok(analytes.into_iter().map(AnalyteColumn::whole).collect())
}

/// All names of analytes with their units.
fn survey(input: &Input, columns: LongColumns) -> Result<(Ids, Vec<Found>)> {
    let mut ids = Ids::new();
    let mut found: Vec<Found> = Vec::new();
    let wanted = Wanted { columns: Some(&columns.survey()), place: false };
    input.for_each(wanted, |row| {
        let name = cell::trim(row.cell(columns.analyte));
        if name.is_empty() {
            return if cell::is_missing(row.cell(columns.reading.value)) {
                Ok(())
            } else {
                Err(input
                    .bad_row(row, Some(columns.analyte), "a value without the name of its analyte", "fill it in")
                    .into())
            };
        }
        let id = match ids.get(name.as_bytes()) {
            Some(&id) => id,
            None => {
                ids.insert(name.as_bytes().to_vec(), found.len());
                found.push(Found { name: name.to_owned(), rows: 0, units: Vec::new() });
                if found.len() > MOST_ANALYTES {
                    return Err(input.refuse(
                        format!(
                            "more than {MOST_ANALYTES} different names stand in column '{}'",
                            input.header[columns.analyte]
                        ),
                        "if that is not the column of analytes, give it another name",
                    ));
                }
                found.len() - 1
            }
        };
        found[id].rows += 1;
        if let Some(unit) = columns.unit {
            let unit = row.cell(unit).trim_ascii();
            let units = &mut found[id].units;
            if units.last().map(Vec::as_slice) != Some(unit)
                && !units.iter().any(|u| u == unit)
                && !cell::is_missing(row.cell(columns.reading.value))
            {
                units.push(unit.to_vec());
            }
        }
        Ok(())
    })?;
    if found.is_empty() {
        return Err(input.refuse("has a header but no rows", "add the samples"));
    }
    Ok((ids, found))
}

/// Which names make an analyte, by the name it was asked for: spellings that differ by case are one.
fn groups(input: &Input, found: &[Found], options: &ReadOptions) -> Result<Vec<(String, Vec<usize>)>> {
    let all_like = |name: &str| -> Vec<usize> {
        let lower = name.to_lowercase();
        (0..found.len()).filter(|&i| found[i].name.to_lowercase() == lower).collect()
    };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |asked: &str, members: Vec<usize>| {
        if !groups.iter().any(|(_, m)| *m == members) {
            groups.push((asked.to_owned(), members));
        }
    };
    if options.analytes.is_empty() {
        for one in found {
            add(&one.name, all_like(&one.name));
        }
    }
    for wanted in &options.analytes {
        let matches = analyte::matching(wanted, found.iter().map(|f| f.name.as_str()));
        let Some(&first) = matches.first() else {
            return Err(analyte::unknown(input, wanted, found.iter().map(|f| f.name.clone()).collect()));
        };
        let members = all_like(&found[first].name);
        if matches.iter().any(|m| !members.contains(m)) {
            let names: Vec<&str> = matches.iter().map(|&m| found[m].name.as_str()).collect();
            return Err(input.refuse(
                format!("several names could be the analyte '{wanted}': {}", names.join(", ")),
                "name the one meant in full",
            ));
        }
        add(wanted, members);
    }
    Ok(groups)
}

/// The unit of an analyte, and the factor to it from each unit that its rows state; `None` where there is none.
fn prepare(
    input: &Input,
    columns: LongColumns,
    found: &[Found],
    asked: &str,
    members: &[usize],
    options: &ReadOptions,
    collector: &Collector<'_>,
) -> Result<(AnalyteColumn, Factors)> {
    let name = &found[members[0]].name;
    let mut texts: Vec<Vec<u8>> = members.iter().flat_map(|&m| found[m].units.iter().cloned()).collect();
    texts.dedup();
    let stated = options.unit.as_deref().map(Unit::stated);
    let parse = |text: &[u8]| {
        let text = cell::trim(text);
        Unit::parse(text).or_else(|| stated.clone().filter(|unit| unit.name().eq_ignore_ascii_case(text)))
    };
    let known: Vec<Unit> = texts.iter().filter(|t| !t.is_empty()).filter_map(|t| parse(t)).collect();
    let is_blank = texts.iter().all(Vec::is_empty);
    let (unit, source, without) = if is_blank {
        let in_name = Unit::split_suffix(name).map(|(_, unit)| unit);
        let (unit, source, factor) =
            super::wide::unit_of(name, in_name, options.unit.as_deref()).map_err(|(has, wants)| {
                input.refuse(format!("'{name}' is in {has}, which does not convert to {wants}"), "leave --unit out")
            })?;
        (unit, source, Some(factor))
    } else if let Some(wanted) = stated.clone() {
        (Some(wanted), UnitSource::UnitColumn, Some(1.0))
    } else {
        let first = known.first().cloned();
        let mixed = known.iter().any(|unit| Some(unit) != first.as_ref());
        let target =
            if mixed && known.iter().all(|u| u.in_mg_per_kg().is_some()) { Some(Unit::mg_per_kg()) } else { first };
        (target, UnitSource::UnitColumn, None)
    };
    let mut factors = Factors::new();
    let mut converted = Vec::new();
    for text in &texts {
        let factor = if text.is_empty() { without } else { parse(text).and_then(|u| u.factor_to(unit.as_ref()?)) };
        if factor.is_some_and(|f| f != 1.0) {
            converted.push(shorten(cell::trim(text)));
        }
        factors.insert(text.clone(), factor);
    }
    if columns.unit.is_none() {
        factors.insert(Vec::new(), without);
    }
    let mut column = AnalyteColumn::new(asked, name, unit, source, collector.tolerant());
    column.notes.extend(options.unit.as_deref().and_then(Unit::doubt));
    if !converted.is_empty() {
        let target = column.unit.as_ref().map_or("", Unit::name);
        column.notes.push(format!("values in {} were converted to {target}", converted.join(", ")));
    }
    Ok((column, factors))
}
