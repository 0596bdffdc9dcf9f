//! Sheets of a workbook, or of a folder of CSV files with the sheets' names, as rows of texts.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};

use super::archive;
use crate::long::csv_in;
use crate::long::number;
use crate::long::sheet::{Limits, Record, cell, checked_cell};
use crate::long::{Dialect, Report};
use crate::{Error, Result};

/// A sheet: its rows as they come, no header told from them yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    /// What errors call it.
    pub(super) path: PathBuf,
    /// Its rows with their numbers.
    pub(super) rows: Vec<Record>,
    /// Whether its numbers have a decimal comma.
    pub(super) comma: bool,
}

/// Sheets by name, as [`key`] spells it.
pub(super) type Sheets = BTreeMap<String, Raw>;

/// A sheet's name without what people change about it.
pub(super) fn key(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', '-'], " ")
}

/// The sheets of a workbook of Excel 2007 or later.
pub(super) fn xlsx(path: &Path, limits: &Limits, report: &mut Report) -> Result<Sheets> {
    let bytes = archive::checked(path, limits, report)?;
    let unreadable = |e: calamine::XlsxError| Error::unreadable(path, e);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut sheets = Sheets::new();
    let mut held = 0;
    for name in book.sheet_names() {
        let at = PathBuf::from(format!("{}, sheet {name}", path.display()));
        let mut rows: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
        let Ok(mut cells) = book.worksheet_cells_reader(&name) else {
            // A sheet of a chart has no cells.
            report.notice(format!("sheet {name} has no cells to read"));
            continue;
        };
        while let Some(found) = cells.next_cell_with_formula_metadata().map_err(unreadable)? {
            report.formulas += u64::from(found.formula.is_some());
            let (row, column) = found.pos;
            let text = text_of(&found.value);
            if text.is_empty() {
                continue;
            }
            if column as usize >= limits.columns || u64::from(row) >= limits.rows {
                let reason = format!("stands beyond column {} or row {}", limits.columns, limits.rows);
                return Err(cell(
                    &at,
                    u64::from(row) + 1,
                    &format!("column {}", column + 1),
                    &text,
                    &reason,
                    "remove it",
                ));
            }
            checked_cell(&at, u64::from(row) + 1, &format!("column {}", column + 1), &text, limits)?;
            // Shared texts count once for every cell that shows them.
            held += text.len() as u64 + 64;
            if held > limits.unpacked_bytes {
                let reason = format!("its cells hold more than {} bytes", limits.unpacked_bytes);
                return Err(Error::refused(path.display(), reason, "save the sheets as CSV"));
            }
            rows.entry(row).or_default().insert(column, text);
        }
        let rows = rows.into_iter().map(|(row, cells)| {
            let last = cells.keys().next_back().map_or(0, |&c| c as usize);
            let mut texts = vec![String::new(); last + 1];
            cells.into_iter().for_each(|(column, text)| texts[column as usize] = text);
            Record { row: u64::from(row) + 1, cells: texts }
        });
        sheets.insert(key(&name), Raw { path: at, rows: rows.collect(), comma: false });
    }
    Ok(sheets)
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => number::write(*n),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(time) => date(time),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn date(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        return number::write(time.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}") }
}

/// CSV files of a folder as sheets; only regular files that end in `.csv`, no folder below it.
pub(super) fn folder(path: &Path, dialect: &Dialect, limits: &Limits, report: &mut Report) -> Result<Sheets> {
    let unreadable = |e: std::io::Error| Error::unreadable(path, e);
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            files.push(file);
        }
        if files.len() > limits.entries {
            return Err(Error::refused(
                path.display(),
                format!("more than {} files", limits.entries),
                "give the sheets alone",
            ));
        }
    }
    files.sort();
    let mut sheets = Sheets::new();
    for file in files {
        let (rows, comma) = csv_in::raw(&file, dialect, limits, report)?;
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if sheets.insert(key(&name), Raw { path: file.clone(), rows, comma }).is_some() {
            return Err(Error::refused(file.display(), "another file has the same sheet's name", "remove one"));
        }
    }
    Ok(sheets)
}
