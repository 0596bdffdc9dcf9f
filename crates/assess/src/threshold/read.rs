//! Reading a table of limits, strictly: a row that is not understood is refused by line, column and value.

use super::basis::Basis;
use super::code::{self, Code};
use super::condition::Conditions;
use super::entry::{Entry, LandUse, SourceKind};
use super::error::{BadRow, ThresholdError};
use super::unit::LimitUnit;

/// Columns of a table of limits. The first eleven must hold something, but for `conditions` and `cas`.
pub const COLUMNS: [&str; 16] = [
    "jurisdiction",
    "instrument",
    "level",
    "land_use",
    "land_use_code",
    "receptor",
    "analyte",
    "cas",
    "value",
    "unit",
    "conditions",
    "basis",
    "source_url",
    "source_kind",
    "verified",
    "note",
];

/// Columns that may be empty.
const OPTIONAL: [&str; 3] = ["cas", "conditions", "note"];

pub(super) fn entries(text: &str, table: &str) -> Result<Vec<Entry>, ThresholdError> {
    let failed = |why: String| ThresholdError::Table { table: table.to_owned(), why };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| failed(e.to_string()))?.clone();
    let mut places = [0; COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(COLUMNS) {
        *place = header.iter().position(|h| h.trim() == name).ok_or_else(|| {
            failed(format!("there is no column '{name}'; a table of limits has the columns {}", COLUMNS.join(",")))
        })?;
    }
    let mut entries = Vec::new();
    // Lines are counted here, by bytes: those of the reader lag behind in a long file.
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|e| failed(e.to_string()))?;
        let begins = record.position().map_or(0, |p| p.byte() as usize);
        let begins = begins + text[begins..].len() - text[begins..].trim_start_matches(['\r', '\n']).len();
        line += text[counted..begins].matches('\n').count();
        counted = begins;
        if record.len() != header.len() {
            return Err(failed(format!(
                "line {line} has {} fields, the header {}: put fields with a comma in quotation marks",
                record.len(),
                header.len()
            )));
        }
        let row = Row { table, line, record: &record, places: &places };
        entries.push(row.entry()?);
    }
    if entries.is_empty() {
        return Err(failed("there are no rows below the header".to_owned()));
    }
    code::assign(&mut entries);
    Ok(entries)
}

struct Row<'a> {
    table: &'a str,
    line: usize,
    record: &'a csv::StringRecord,
    places: &'a [usize; COLUMNS.len()],
}

impl Row<'_> {
    fn get(&self, column: &str) -> &str {
        let k = COLUMNS.iter().position(|c| *c == column).unwrap_or_default();
        self.record.get(self.places[k]).unwrap_or_default().trim()
    }

    fn bad(&self, column: &str, why: impl Into<String>) -> BadRow {
        BadRow {
            table: self.table.to_owned(),
            line: self.line,
            column: column.to_owned(),
            value: self.get(column).to_owned(),
            why: why.into(),
        }
    }

    fn entry(&self) -> Result<Entry, BadRow> {
        for column in COLUMNS.iter().filter(|column| !OPTIONAL.contains(column)) {
            if self.get(column).is_empty() {
                return Err(self.bad(column, "is empty: every limit states it"));
            }
        }
        let own = |column: &str| self.get(column).to_owned();
        let value: f64 = self.get("value").parse().map_err(|_| self.bad("value", "is not a number"))?;
        if !(value.is_finite() && value > 0.0) {
            return Err(self.bad("value", "is no limit: it must be a number above 0"));
        }
        let unit_kind = LimitUnit::parse(self.get("unit")).ok_or_else(|| {
            self.bad("unit", "is not known: write mg/kg, ug/kg, ng/kg, g/kg, %, ng TEQ/kg, mg/L leachate or kg/ha/yr")
        })?;
        let land_use_code = LandUse::parse(self.get("land_use_code")).ok_or_else(|| {
            let names = LandUse::ALL.map(LandUse::name).join(", ");
            self.bad("land_use_code", format!("is none of {names}"))
        })?;
        let kinds = SourceKind::NAMES;
        let source_kind = kinds.iter().find(|(name, _)| *name == self.get("source_kind")).map(|(_, kind)| *kind);
        let source_kind = source_kind
            .ok_or_else(|| self.bad("source_kind", format!("is none of {}", kinds.map(|(name, _)| name).join(", "))))?;
        let verified = match self.get("verified") {
            "yes" => true,
            "no" => false,
            _ => return Err(self.bad("verified", "is neither yes nor no")),
        };
        let cas = Some(own("cas")).filter(|cas| !cas.is_empty());
        if cas.as_deref().is_some_and(|cas| !is_cas(cas)) {
            return Err(self.bad("cas", "is no CAS number: its check digit does not fit"));
        }
        let when = Conditions::parse(self.get("conditions"))
            .map_err(|part| self.bad("conditions", format!("cannot be computed: '{part}' is not understood")))?;
        let (instrument_name, year) = code::instrument(self.get("instrument"));
        Ok(Entry {
            code: Code::new(Vec::new()), // given to all of a table at once
            jurisdiction: own("jurisdiction"),
            instrument: own("instrument"),
            instrument_name,
            year,
            level: own("level"),
            land_use: own("land_use"),
            land_use_code,
            receptor: own("receptor"),
            analyte: own("analyte"),
            cas,
            value,
            unit: own("unit"),
            unit_kind,
            conditions: own("conditions"),
            when,
            basis: own("basis"),
            basis_kind: Basis::of(self.get("basis")),
            source: own("source_url"),
            source_kind,
            verified,
            note: own("note"),
            line: self.line,
        })
    }
}

/// Whether the last digit is the check digit of the others.
fn is_cas(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let shape = parts.len() == 3 && parts[1].len() == 2 && parts[2].len() == 1;
    let Some((&check, rest)) = digits.split_last() else { return false };
    shape
        && text.chars().all(|c| c.is_ascii_digit() || c == '-')
        && rest.iter().rev().zip(1..).map(|(digit, place)| digit * place).sum::<u32>() % 10 == check
}
