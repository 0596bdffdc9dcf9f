//! From the cells of one result to a row: defaults, names, units, censoring, and every refusal with its cell.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::censoring::{self, Stated};
use super::defaults::{Defaults, Fields};
use super::field::is_null;
use super::names::{self, Found, Measured};
use super::report::{Report, shown};
use super::set::set;
use super::sheet::{Limits, cell};
use super::{Row, Table, number};
use crate::{Error, Result, tables};

/// How a file is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Results that cannot be read are left out and listed, instead of being an error.
    pub lenient: bool,
    /// What the file may cost.
    pub limits: Limits,
}

/// What a cell gives a field; `text` as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) field: &'a str,
    pub(crate) column: &'a str,
    pub(crate) text: &'a str,
    /// Whether its numbers have a decimal comma: cells of a file may, what a person declares has not.
    pub(crate) comma: bool,
}

/// The one field that is no column of the long table: a flag that the value is a limit of something not detected.
pub(crate) const NOT_DETECTED: &str = "not_detected";

/// Reads results into a table and counts what happens.
pub(crate) struct Reading<'a> {
    pub(crate) defaults: &'a Defaults,
    pub(crate) options: &'a Options,
    pub(crate) table: Table,
    pub(crate) report: Report,
    path: PathBuf,
    file: usize,
    keys: HashMap<String, (usize, u64)>,
}

enum Built {
    Row(Box<Row>),
    Missing,
    NoCode,
}

/// The cells of one result by field; the first that is not missing counts.
struct Cells<'a> {
    by: BTreeMap<&'a str, Given<'a>>,
    row: u64,
    path: &'a Path,
}

impl<'a> Cells<'a> {
    fn get(&self, field: &str) -> Option<Given<'a>> {
        self.by.get(field).copied()
    }

    fn refuse(&self, field: &str, reason: &str, remedy: &str) -> Error {
        let given = self.get(field);
        let (column, text) = given.map_or((field, ""), |g| (g.column, g.text));
        cell(self.path, self.row, column, text, reason, remedy)
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(defaults: &'a Defaults, options: &'a Options) -> Self {
        Self {
            defaults,
            options,
            table: Table::new(),
            report: Report::default(),
            path: PathBuf::new(),
            file: 0,
            keys: HashMap::new(),
        }
    }

    /// What is read from here on stands in `path` (a file, or a file and a sheet of it).
    pub(crate) fn from(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
        self.file = self.table.file(path);
    }

    /// The file's name for reports, without its folder.
    fn name(&self) -> String {
        self.path.file_name().map_or_else(|| self.path.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    /// Takes one result, or says why not.
    pub(crate) fn result(&mut self, row: u64, given: &[Given<'_>]) -> Result<()> {
        self.result_of(row, given, &[])
    }

    /// Takes one result, with what a side file declares for its column, the nearest declaration first.
    pub(crate) fn result_of(&mut self, row: u64, given: &[Given<'_>], side: &[&Fields]) -> Result<()> {
        self.report.results += 1;
        match self.build(row, given, side) {
            Ok(Built::Row(built)) => self.keep(*built, row),
            Ok(Built::Missing) => self.report.missing += 1,
            Ok(Built::NoCode) => self.report.without_code += 1,
            Err(error @ Error::Cell(_)) if self.options.lenient => self.report.refuse(&error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn keep(&mut self, built: Row, row: u64) {
        let key = built.key().join("\u{1f}");
        if let Some(&(file, first)) = self.keys.get(&key) {
            let place = if file == self.file { String::new() } else { " of an earlier file".to_owned() };
            self.report
                .duplicate(format!("row {row} repeats row {first}{place} ({})", shown(&built.key()[..3].join(" "))));
        } else {
            self.keys.insert(key, (self.file, row));
        }
        self.report.kept += 1;
        let counted = self.report.analytes.entry(built.analyte_code.clone()).or_default();
        counted.results += 1;
        if built.value == Some(0.0) {
            counted.zeros += 1;
        }
        let censor = built.censor.code();
        if !censor.is_empty() {
            *counted.censored.entry(censor.to_owned()).or_default() += 1;
        }
        if counted.uri.is_none() {
            counted.uri = names::analyte(&built.analyte_code).and_then(|f| f.measured.uri()).map(str::to_owned);
        }
        self.table.push(built, self.file, row);
    }

    fn build(&mut self, row: u64, given: &[Given<'_>], side: &[&Fields]) -> Result<Built> {
        let (path, defaults) = (self.path.clone(), self.defaults);
        let mut cells = Cells { by: BTreeMap::new(), row, path: &path };
        for g in given.iter().filter(|g| !is_null(g.text)) {
            cells.by.entry(g.field).or_insert(Given { text: g.text.trim(), ..*g });
        }
        // An empty cell says nothing about its analyte's name or procedure either.
        let flagged = cells.get(NOT_DETECTED).is_some_and(|g| super::value::not_detected(g.text) != Ok(false));
        let told = ["value", "censor", "value_low", "value_high"].iter().any(|field| cells.get(field).is_some());
        if !told && !flagged {
            return Ok(Built::Missing);
        }
        let Some((found, name)) = self.analyte(&cells)? else { return Ok(Built::NoCode) };
        let analyte = matches!(found.measured, Measured::Analyte(_));
        let own = defaults.analytes.get(&name).or_else(|| defaults.analytes.get(found.measured.code()));

        // What the file states beside the value, before what is declared for a whole analyte or table joins it.
        let stated = Stated {
            lod: cells.get("lod").is_some(),
            loq: cells.get("loq").is_some(),
            uol: cells.get("uol").is_some(),
        };
        let own: Vec<&Fields> = side.iter().copied().chain(own).collect();
        let declared = self.declared_limits(&cells, &own, found.measured);
        let all = declared.iter().map(|(f, t)| (*f, t.as_str())).chain(own.iter().flat_map(|o| rest(o))).chain(
            // A unit or procedure declared for the whole table is that of its contaminants, not of pH or clay beside them.
            defaults
                .fields
                .iter()
                .map(|(f, t)| (f.as_str(), t.as_str()))
                .filter(|(f, _)| analyte || !of_contaminants(f)),
        );
        for (field, text) in all.filter(|(_, text)| !is_null(text)) {
            cells.by.entry(field).or_insert(Given { field, column: field, text, comma: false });
        }
        let Some(procedure) = self.procedure(&cells, found)? else { return Ok(Built::NoCode) };
        let Some((unit, spelt)) = self.unit(&cells, found, &name)? else { return Ok(Built::NoCode) };

        let mut built = Row { analyte_code: found.measured.code().to_owned(), ..Row::default() };
        if let Some(given) = cells.get("land_use") {
            match names::land_use(given.text) {
                Some(code) => code.clone_into(&mut built.land_use),
                None => {
                    let file = self.name();
                    let why = "is not in land_use.csv: its results are kept without";
                    self.report.unresolved("land_use", given.text, &file, cells.row, 1, why);
                }
            }
        }
        for given in cells.by.values() {
            if !matches!(
                given.field,
                "analyte_code"
                    | "cas_number"
                    | "land_use"
                    | "value"
                    | "censor"
                    | "unit"
                    | "extraction_code"
                    | NOT_DETECTED
            ) {
                set(&mut built, given, cells.path, cells.row)?;
            }
        }
        if let Some(procedure) = procedure {
            built.extraction_code.clone_from(&procedure.code);
            if built.fraction.is_empty() {
                built.fraction.clone_from(&procedure.fraction);
            }
        }
        let state = censoring::State {
            value: cells.get("value").map(|g| (g.text, g.comma)),
            censor: cells.get("censor").map(|g| g.text),
            flag: cells.get(NOT_DETECTED).map(|g| g.text),
            stated,
        };
        let differs = censoring::apply(&mut built, &state).map_err(|w| cells.refuse(w.field, &w.reason, w.remedy))?;
        if differs {
            self.report.notice(
                "limits written in value cells differ from the lod, loq or uol columns: the columns were taken",
            );
        }
        if !censoring::has_result(&built) {
            return Ok(Built::Missing);
        }
        self.convert(&mut built, &cells, found.measured, unit, spelt)?;
        self.complete(&mut built, &cells, found.measured)?;
        Ok(Built::Row(Box::new(built)))
    }

    fn analyte(&mut self, cells: &Cells<'_>) -> Result<Option<(Found, String)>> {
        let cas = cells.get("cas_number");
        let name = cells.get("analyte_code").map(|g| g.text).or(cas.map(|g| g.text));
        let name = name.or_else(|| self.defaults.fields.get("analyte_code").map(String::as_str));
        let Some(name) = name else {
            return Err(cells.refuse(
                "analyte_code",
                "no analyte is named",
                "fill the column, or give analyte_code in the defaults",
            ));
        };
        let mapped = self.defaults.analytes.get(name).and_then(|own| own.get("analyte_code"));
        let found =
            names::analyte(mapped.map_or(name, String::as_str)).or_else(|| cas.and_then(|g| names::analyte(g.text)));
        let Some(mut found) = found else {
            let why = "means no analyte or soil property here: left out; give [analytes.\"name\"] code in the defaults, or ignore it";
            let file = self.name();
            self.report.unresolved("analyte", name, &file, cells.row, 1, why);
            return Ok(None);
        };
        // Declared by the table's owner is as sure as written in the file.
        found.exact |= mapped.is_some();
        if let (Some(given), Measured::Analyte(analyte)) = (cas, found.measured) {
            let known = analyte.cas_number.as_deref();
            if !names::cas_checks(given.text) {
                return Err(cells.refuse("cas_number", "its check digit does not hold", "correct the number"));
            }
            if known.is_some_and(|known| known != given.text) {
                let reason = format!("is not the number of {}, which is {}", analyte.code, known.unwrap_or_default());
                return Err(cells.refuse("cas_number", &reason, "correct the analyte or its number"));
            }
        }
        Ok(Some((found, name.to_owned())))
    }

    /// Limits declared for an analyte, in the unit of the cell: that of the declaration may be another.
    fn declared_limits(&self, cells: &Cells<'_>, own: &[&Fields], measured: Measured) -> Vec<(&'static str, String)> {
        let factor = |fields: &Fields| -> Option<f64> {
            let from = self.unit_named(fields.get("unit")?)?;
            let to = self.unit_named(cells.get("unit")?.text)?;
            tables::conversion(from, to, measured.molar_mass())
        };
        let declared = |field: &'static str| {
            let (fields, text) = own.iter().find_map(|o| Some((*o, o.get(field)?)))?;
            let scaled = number::parse(text).map(|n| number::write(number::scale(n, factor(fields).unwrap_or(1.0))));
            Some((field, scaled.unwrap_or_else(|| text.clone())))
        };
        ["lod", "loq", "uol"].into_iter().filter_map(declared).collect()
    }

    /// The procedure; `Some(None)` where a soil property has none here.
    fn procedure(&mut self, cells: &Cells<'_>, found: Found) -> Result<Option<Option<&'static tables::Procedure>>> {
        let property = matches!(found.measured, Measured::Property(_));
        let Some(given) = cells.get("extraction_code") else {
            if property {
                return Ok(Some(None));
            }
            return Err(cells.refuse(
                "extraction_code",
                &format!("the procedure of {} is not stated", found.measured.code()),
                "fill the column or give extraction_code in the defaults; UNKNOWN_TOTAL where nobody knows",
            ));
        };
        let mapped = self.defaults.procedures.get(given.text).map_or(given.text, String::as_str);
        let Some(procedure) = names::procedure(mapped) else {
            let file = self.name();
            let why = if property {
                "means no procedure here: the soil property is kept without"
            } else {
                "means no procedure here: its results are left out; give [procedures] \"name\" = code in the defaults"
            };
            self.report.unresolved("procedure", given.text, &file, cells.row, 1, why);
            return Ok(property.then_some(None));
        };
        if found.extractable && matches!(procedure.fraction.as_str(), "total" | "pseudo_total") {
            let reason =
                format!("is a procedure for {} content, its analyte is named as extractable", procedure.fraction);
            return Err(cells.refuse("extraction_code", &reason, "correct the analyte's name or the procedure"));
        }
        Ok(Some(Some(procedure)))
    }

    fn unit_named(&self, spelling: &str) -> Option<&'static tables::Unit> {
        let mapped = self.defaults.units.get(spelling.trim()).map_or(spelling, String::as_str).trim();
        let same = |known: &str| !known.is_empty() && known == mapped;
        tables::unit_spelt(mapped).or_else(|| {
            let qudt = |uri: &str| same(uri) || same(uri.rsplit('/').next().unwrap_or_default());
            tables::units().iter().find(|u| same(&u.ucum) || qudt(&u.qudt_uri))
        })
    }

    fn unit(&mut self, cells: &Cells<'_>, found: Found, name: &str) -> Result<Option<(&'static tables::Unit, String)>> {
        let default = tables::unit(found.measured.unit()).expect("default units are in units.csv");
        let code = found.measured.code();
        if let Some(given) = cells.get("unit") {
            return match self.unit_named(given.text) {
                Some(unit) => Ok(Some((unit, given.text.to_owned()))),
                None => Err(cells.refuse(
                    "unit",
                    "is no unit of units.csv",
                    "correct it, or give [units] \"spelling\" = unit in the defaults",
                )),
            };
        }
        if found.exact {
            self.report.notice(format!("unit of {code} not stated: {} taken, its default", default.unit));
            return Ok(Some((default, default.unit.clone())));
        }
        let file = self.name();
        let why = format!(
            "means {code}, but its unit is not stated: left out; give [analytes.\"{}\"] unit, or ignore it",
            shown(name)
        );
        self.report.unresolved("unit", name, &file, cells.row, 1, &why);
        Ok(None)
    }

    fn convert(
        &mut self,
        built: &mut Row,
        cells: &Cells<'_>,
        measured: Measured,
        from: &'static tables::Unit,
        spelt: String,
    ) -> Result<()> {
        let to = tables::unit(measured.unit()).expect("default units are in units.csv");
        let Some(factor) = tables::conversion(from, to, measured.molar_mass()) else {
            let reason = format!("is not convertible to {}, the unit of {}", to.unit, measured.code());
            return Err(cells.refuse("unit", &reason, "correct the unit or the analyte"));
        };
        let given = cells.get("value").map(|g| g.text).unwrap_or_default();
        if factor != 1.0 {
            for quantity in built.quantities().into_iter().flatten() {
                *quantity = number::scale(*quantity, factor);
            }
            self.report.converted(&built.analyte_code, &spelt, &to.unit, factor);
            let extractable = !matches!(built.fraction.as_str(), "total" | "pseudo_total" | "unknown" | "");
            if from.unit == "%" && extractable && matches!(measured, Measured::Analyte(_)) {
                self.report.notice(format!(
                    "{}: % of an extractable trace element brought to {} with factor {factor}: the ontology gives percent where \
                     laboratories report mg/kg; look whether the unit is meant",
                    built.analyte_code, to.unit
                ));
            }
        }
        if built.original_unit.is_empty() && spelt != to.unit {
            built.original_unit = spelt;
        }
        let rewritten = factor != 1.0 || built.value.map(number::write).unwrap_or_default() != given;
        if built.original_value.is_empty() && rewritten && !given.is_empty() {
            given.clone_into(&mut built.original_value);
        }
        built.unit.clone_from(&to.unit);
        Ok(())
    }

    /// What a row must have and what follows from what it has.
    fn complete(&mut self, built: &mut Row, cells: &Cells<'_>, measured: Measured) -> Result<()> {
        let missing = |field: &str| {
            cells.refuse(field, "is missing", &format!("fill the column, or give {field} in the defaults"))
        };
        if let Measured::Analyte(analyte) = measured {
            built.cas_number = analyte.cas_number.clone().unwrap_or_default();
        }
        if let Some(upper) = built.upper_depth_cm.zip(built.lower_depth_cm).filter(|(upper, lower)| upper >= lower) {
            let reason = format!("is not below the upper depth {}", upper.0);
            return Err(cells.refuse("lower_depth_cm", &reason, "correct the depths; centimetres below the surface"));
        }
        let (upper, lower) = (
            built.upper_depth_cm.ok_or_else(|| missing("upper_depth_cm"))?,
            built.lower_depth_cm.ok_or_else(|| missing("lower_depth_cm"))?,
        );
        if built.site_code.is_empty() {
            let from = [&built.plot_code, &built.profile_code].into_iter().find(|code| !code.is_empty()).cloned();
            built.site_code = from.ok_or_else(|| missing("site_code"))?;
            self.report.notice("site_code is missing: the plot's or profile's code was taken");
        }
        if built.specimen_code.is_empty() {
            built.specimen_code = format!("{}-{}-{}", built.profile(), number::write(upper), number::write(lower));
            self.report.notice("specimen_code is missing: made of the profile's code and the depths");
        }
        let date = built.sampling_date.ok_or_else(|| missing("sampling_date"))?;
        if built.date_precision.is_empty() && date.precision() != "day" {
            date.precision().clone_into(&mut built.date_precision);
        }
        for (field, text) in
            [("country", &built.country), ("data_owner", &built.data_owner), ("licence", &built.licence)]
        {
            if text.is_empty() {
                return Err(missing(field));
            }
        }
        if built.access_level.is_empty() {
            built.access_level = "restricted".to_owned();
            self.report.notice("access_level is not stated: restricted taken");
        }
        let lonlat = built.longitude.zip(built.latitude).is_some();
        let plane = built.x.zip(built.y).is_some();
        if plane && !lonlat && built.crs.is_empty() {
            return Err(missing("crs"));
        }
        if !plane && !lonlat && built.admin_unit.is_empty() {
            return Err(cells.refuse(
                "longitude",
                "the row has no place",
                "give longitude and latitude, or x, y and crs, or admin_unit; [columns] names them",
            ));
        }
        Ok(())
    }
}

fn rest(own: &Fields) -> impl Iterator<Item = (&str, &str)> {
    let fields = own.iter().map(|(f, t)| (f.as_str(), t.as_str()));
    fields.filter(|(f, _)| !matches!(*f, "lod" | "loq" | "uol" | "analyte_code"))
}

fn of_contaminants(field: &str) -> bool {
    matches!(
        field,
        "unit" | "extraction_code" | "determination_code" | "fraction" | "lod" | "loq" | "uol" | "cas_number"
    )
}
