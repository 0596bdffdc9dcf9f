//! From a file to rows of cells: delimited text, GeoPackage or GeoJSON, told by what is in it.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use serde_json::{Map, Value};

use crate::check::Findings;
use crate::{Error, Result, tables};

use super::columns;
use super::number::{self, Decimal, shown};
use super::text::{self, Cells};
use super::{features, vector};

/// A table as it was found.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Its name in findings.
    pub file: String,
    /// What one of its rows is called: `row` or `feature`.
    pub word: &'static str,
    /// Names of columns, trimmed.
    pub header: Vec<String>,
    /// Its rows, without the header.
    pub cells: Cells,
    /// Whether commas may be decimal separators.
    pub may_have_decimal_commas: bool,
}

/// What opening gives: a table, or nothing that can be judged further.
#[derive(Debug)]
pub(super) enum Opened {
    /// A table.
    Table(Table),
    /// The findings say what it is instead.
    Hopeless,
}

/// Bytes that are read before it is decided what a file is.
const START: u64 = 1024 * 1024;

/// Opens `path`; what is wrong with the file as such is added to `findings` under S001 (and S005, for a `crs` member).
///
/// # Errors
/// There is no such regular file, or it is larger than what is judged.
pub(super) fn open(path: &Path, file: &str, fao: bool, findings: &mut Findings) -> Result<Opened> {
    let bytes = size(path)?;
    if bytes > text::MAX_BYTES {
        // That an export is far too large is what S020 says.
        return too_large(path, fao, format!("it has {bytes} bytes, and at most {} are judged", text::MAX_BYTES));
    }
    let source = File::open(path).map_err(|e| Error::unreadable(path, e))?;
    let mut start = Vec::new();
    (&source).take(START).read_to_end(&mut start).map_err(|e| Error::unreadable(path, e))?;
    let named = |end: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
    let mut hopeless = |found: &str, expected: &str| {
        findings.add("S001", file, "file", found, expected);
        Ok(Opened::Hopeless)
    };
    let table = "UTF-8 text with one header row, GeoPackage or GeoJSON";
    if bytes == 0 {
        return hopeless("an empty file", table);
    }
    if start.starts_with(b"SQLite format 3\0") {
        return vector::open(path, file, findings);
    }
    if named("gpkg") {
        return hopeless("a file named .gpkg that is no SQLite database", "a GeoPackage, or another name");
    }
    if start.starts_with(b"PK\x03\x04") {
        return hopeless("a ZIP archive, perhaps a workbook", "the table saved as CSV");
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return hopeless("UTF-16", "UTF-8");
    }
    let first = start.iter().find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xef | 0xbb | 0xbf));
    if named("geojson") || named("json") || first == Some(&b'{') {
        return features::open(path, file, bytes, findings);
    }
    if !start.iter().any(|&b| !b.is_ascii_whitespace()) && bytes <= START {
        return hopeless("a file of blanks only", table);
    }
    let delimiter = text::delimiter(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start), columns::is_known);
    let reading = text::read(Cursor::new(start).chain(source), delimiter).map_err(|e| Error::unreadable(path, e))?;
    if reading.cut {
        if fao {
            let limit = tables::crosswalk()["fao_sis_csv"]["limits"]["rows"].as_u64().unwrap_or(u64::MAX);
            let rows = format!("{} rows", reading.rows - 1);
            findings.add("S020", file, "file", rows, format!("at most {limit} rows"));
        }
        let what = format!("it has more than {} rows or {} cells", text::MAX_ROWS, text::MAX_CELLS);
        return too_large(path, fao, what);
    }
    Ok(delimited(file, delimiter, reading, findings))
}

/// The size of a regular file.
///
/// # Errors
/// There is none.
pub(super) fn size(path: &Path) -> Result<u64> {
    let meta = std::fs::symlink_metadata(path).map_err(|e| Error::unreadable(path, e))?;
    if meta.is_symlink() {
        return Err(Error::unreadable(path, "it is a symbolic link, and none is followed"));
    }
    if !meta.is_file() {
        return Err(Error::unreadable(path, "it is no regular file"));
    }
    Ok(meta.len())
}

fn too_large(path: &Path, fao: bool, what: String) -> Result<Opened> {
    if fao { Ok(Opened::Hopeless) } else { Err(Error::refused(path.display(), what, "judge it in parts")) }
}

fn delimited(file: &str, delimiter: u8, reading: text::Reading, findings: &mut Findings) -> Opened {
    let in_header = reading.flaws.iter().any(|f| f.row == 1);
    for flaw in &reading.flaws {
        findings.add("S001", file, format!("row {}", flaw.row), flaw.what, flaw.expected);
    }
    if in_header || reading.cells.len() == 0 {
        if !in_header {
            findings.add("S001", file, "row 1", "no rows", "one header row");
        }
        return Opened::Hopeless;
    }
    let mut cells = reading.cells;
    let mut header = trimmed(cells.take_first());
    if cells.len() > 0 && is_second_header(&header, &cells) {
        findings.add("S001", file, "row 2", "column names below another header row", "one header row");
        header = trimmed(cells.take_first());
    } else if headless(&header) {
        findings.add("S001", file, "row 1", "values where names of columns are expected", "one header row");
        return Opened::Hopeless;
    }
    let table = Table { file: file.to_owned(), word: "row", header, cells, may_have_decimal_commas: delimiter != b',' };
    form(&table, findings);
    Opened::Table(table)
}

fn trimmed(cells: Vec<String>) -> Vec<String> {
    cells.into_iter().map(|c| c.trim().to_owned()).collect()
}

/// Whether the first row of data holds names of columns that the header lacks.
fn is_second_header(header: &[String], cells: &Cells) -> bool {
    let above = header.iter().filter(|h| columns::is_known(h)).count();
    let below = (0..cells.width(0)).filter(|&c| columns::is_known(cells.get(0, c))).count();
    below >= 3 && below > above
}

/// Whether most of what stands in the header is numbers.
fn headless(header: &[String]) -> bool {
    let filled: Vec<_> = header.iter().filter(|h| !h.is_empty()).collect();
    let numbers = filled.iter().filter(|h| number::parse(h, Decimal::Point).any().is_some()).count();
    filled.is_empty() || (2 * numbers >= filled.len() && !filled.iter().any(|h| columns::is_known(h)))
}

/// S001, as far as it concerns names and widths of rows.
fn form(table: &Table, findings: &mut Findings) {
    let file = &table.file;
    let mut seen = std::collections::BTreeSet::new();
    for (i, name) in table.header.iter().enumerate() {
        let place = format!("column {}", i + 1);
        if name.is_empty() {
            // Spreadsheets leave columns behind that hold nothing at all.
            if (0..table.cells.len()).any(|r| !table.cells.get(r, i).trim().is_empty()) {
                findings.add("S001", file, place, "a column without a name", "a name for each column");
            }
        } else if !seen.insert(name) {
            findings.add("S001", file, place, shown(name), "no two columns of one name");
        }
    }
    let width = table.header.len();
    for row in 0..table.cells.len() {
        let place = || format!("{} {}", table.word, table.cells.number(row));
        let cells = table.cells.width(row);
        if cells != width {
            let found = format!("{cells} cells below a header of {width}");
            findings.add("S001", file, place(), found, "as many cells as names of columns");
        } else if width > 1 && (0..width).all(|c| table.cells.get(row, c).trim() == table.header[c]) {
            findings.add("S001", file, place(), "the header once more", "one header row");
        }
    }
}

/// What the side file `{stem}.columns.json` says; nothing where there is none.
pub(super) fn side_file(path: &Path, findings: &mut Findings) -> Map<String, Value> {
    let Some(stem) = path.file_stem().and_then(|s| s.to_str()) else { return Map::new() };
    let side = path.with_file_name(format!("{stem}.columns.json"));
    let Ok(meta) = std::fs::symlink_metadata(&side) else { return Map::new() };
    let read = || -> Option<Map<String, Value>> {
        if !meta.is_file() || meta.len() > 1024 * 1024 {
            return None;
        }
        match serde_json::from_str(&std::fs::read_to_string(&side).ok()?).ok()? {
            Value::Object(map) => Some(map),
            _ => None,
        }
    };
    read().unwrap_or_else(|| {
        let file = format!("{stem}.columns.json");
        findings.add("S001", &file, "file", "no JSON object", "a regular file of at most 1 MiB with one JSON object");
        Map::new()
    })
}
