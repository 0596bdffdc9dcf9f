//! Wide tables: a row per specimen, a column per analyte, companions beside it (specification, section 3.2).

use std::collections::BTreeMap;
use std::path::Path;

use super::build::{Given, NOT_DETECTED, Reading};
use super::defaults::{Defaults, Fields};
use super::field::is_null;
use super::report::shown;
use super::sheet::Sheet;
use super::side::Side;
use super::{columns, names};
use crate::{Error, Result};

/// The ends of names of companion columns, and the fields they give.
const COMPANIONS: [(&str, &str); 6] = [
    ("__lod", "lod"),
    ("__loq", "loq"),
    ("__censor", "censor"),
    ("__unc", "uncertainty_expanded"),
    ("__ext", "extraction_code"),
    ("__flag", "qc_flag"),
];

/// A column of values and what stands beside it.
struct Values<'a> {
    column: usize,
    /// The analyte as the header names it, without its bracket.
    name: &'a str,
    /// The unit of the bracket.
    unit: Option<&'a str>,
    /// Companion columns and their fields.
    beside: Vec<(usize, &'static str)>,
}

/// What the columns of a wide table are.
struct Layout<'a> {
    fields: Vec<Option<&'static str>>,
    values: Vec<Values<'a>>,
    unknown: Vec<usize>,
}

/// The name and unit of `Cd[ug/kg]`.
pub(crate) fn bracket(header: &str) -> (&str, Option<&str>) {
    match header.strip_suffix(']').and_then(|h| h.split_once('[')) {
        Some((name, unit)) if !name.trim().is_empty() && !unit.trim().is_empty() => (name.trim(), Some(unit.trim())),
        _ => (header, None),
    }
}

impl<'a> Layout<'a> {
    fn of(path: &Path, header: &'a [String], defaults: &Defaults, side: &Side) -> Result<Self> {
        let mut fields = columns::fields(path, header, defaults)?;
        let is_values = |name: &str| {
            defaults.analytes.contains_key(name)
                || side.of(name).contains_key("analyte_code")
                || names::analyte(name).is_some()
        };
        let mut layout = Self { fields: vec![None; header.len()], values: Vec::new(), unknown: Vec::new() };
        // What names the analyte itself is no column of a table that has one per analyte.
        fields.iter_mut().filter(|f| matches!(f, Some("analyte_code" | "value"))).for_each(|f| *f = None);
        let mut rest = Vec::new();
        for (i, name) in header.iter().enumerate() {
            let (base, unit) = bracket(name);
            if fields[i].is_some() {
                layout.fields[i] = fields[i];
            } else if defaults.ignore.contains(name) {
            } else if is_values(base) || side.of(name).contains_key("analyte_code") {
                layout.values.push(Values { column: i, name: base, unit, beside: Vec::new() });
            } else {
                rest.push(i);
            }
        }
        for i in rest {
            let flag = defaults.nondetect_flag.as_deref().map(|end| (end, NOT_DETECTED));
            let beside = COMPANIONS.iter().copied().chain(flag).find_map(|(end, field)| {
                let of = header[i].strip_suffix(end)?;
                let column = layout.values.iter().position(|v| v.name == of || header[v.column] == of)?;
                Some((column, field))
            });
            match beside {
                Some((column, field)) => layout.values[column].beside.push((i, field)),
                None => layout.unknown.push(i),
            }
        }
        if layout.values.is_empty() {
            return Err(Error::refused(
                path.display(),
                "no column is an analyte by code, name, CAS number, GloSIS or INSPIRE name",
                "name the analytes in [analytes.*] of the defaults",
            ));
        }
        Ok(layout)
    }

    fn tell(&self, header: &[String], reading: &mut Reading<'_>) {
        let columns = &mut reading.report.columns;
        for (i, field) in self.fields.iter().enumerate() {
            if let Some(field) = field {
                columns.insert(header[i].clone(), (*field).to_owned());
            }
        }
        for values in &self.values {
            let code =
                reading.defaults.analytes.get(values.name).and_then(|own| own.get("analyte_code")).map(String::as_str);
            let found = names::analyte(code.unwrap_or(values.name));
            let code = found.map_or_else(|| code.unwrap_or(values.name), |f| f.measured.code());
            columns.insert(header[values.column].clone(), format!("values of {code}"));
            for (i, field) in &values.beside {
                columns.insert(header[*i].clone(), format!("{field} of {code}"));
            }
        }
        let ignored = header.iter().filter(|name| reading.defaults.ignore.contains(*name)).map(|n| shown(n));
        reading.report.ignored.extend(ignored);
    }
}

/// Reads all results of a wide table; `of_column` is what is declared for a column elsewhere in the file (a sheet of procedures).
pub(crate) fn read(reading: &mut Reading<'_>, sheet: Sheet<'_>, side: &Side) -> Result<()> {
    let Sheet { path, header, records, comma } = sheet;
    let layout = Layout::of(&path, &header, reading.defaults, side)?;
    reading.from(&path);
    layout.tell(&header, reading);
    let declared: BTreeMap<usize, Fields> =
        layout.values.iter().map(|v| (v.column, side.for_column(&header[v.column], v.name))).collect();
    let mut unknown: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for record in records {
        let record = record?;
        reading.report.rows_read += 1;
        for &i in layout.unknown.iter().filter(|&&i| !is_null(&record.cells[i])) {
            unknown.entry(i).or_insert((0, record.row)).0 += 1;
        }
        let mut given = Vec::new();
        for values in &layout.values {
            let cell =
                |i: usize, field: &'static str| Given { field, column: &header[i], text: &record.cells[i], comma };
            let column = header[values.column].as_str();
            let own = &declared[&values.column];
            given.clear();
            given.push(cell(values.column, "value"));
            given.extend(values.beside.iter().map(|&(i, field)| cell(i, field)));
            given.extend(values.unit.map(|unit| Given { field: "unit", column, text: unit, comma: false }));
            let name = own.get("analyte_code").map_or(values.name, String::as_str);
            given.push(Given { field: "analyte_code", column, text: name, comma: false });
            given.extend((0..header.len()).filter_map(|i| Some(cell(i, layout.fields[i]?))));
            reading.result_of(record.row, &given, &[own])?;
        }
    }
    let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    for i in layout.unknown {
        // A column without a single cell says nothing and is only named.
        let (count, first) = unknown.get(&i).copied().unwrap_or((0, 1));
        let why =
            "is neither a field nor an analyte here: left out; name it in [columns] or [analytes.*], or in ignore";
        reading.report.unresolved("column", &header[i], &file, first, count, why);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_hold_units() {
        assert_eq!(bracket("Cd[ug/kg]"), ("Cd", Some("ug/kg")));
        assert_eq!(bracket("Cd [mg/kg]"), ("Cd", Some("mg/kg")));
        assert_eq!(bracket("Benzo[a]pyrene"), ("Benzo[a]pyrene", None));
        assert_eq!(bracket("Cd"), ("Cd", None));
        assert_eq!(bracket("[x]"), ("[x]", None));
    }
}
