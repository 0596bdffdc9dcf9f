//! A table as it comes: a header, and rows of texts with the number each has in its file.

use std::path::PathBuf;

use crate::error::BadCell;
use crate::{Error, Result};

use super::report::shown;

/// What a stranger's file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one cell.
    pub cell_bytes: usize,
    /// Bytes of one row.
    pub row_bytes: usize,
    /// Columns.
    pub columns: usize,
    /// Rows of one file or sheet.
    pub rows: u64,
    /// Bytes of a file that has to be held whole (GeoJSON, an encoding other than UTF-8).
    pub file_bytes: u64,
    /// Bytes of all parts of a workbook, unpacked.
    pub unpacked_bytes: u64,
    /// Unpacked over packed size of one part of a workbook.
    pub ratio: u64,
    /// Parts of a workbook.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cell_bytes: 64 << 10,
            row_bytes: 16 << 20,
            columns: 4096,
            rows: 20_000_000,
            file_bytes: 512 << 20,
            unpacked_bytes: 512 << 20,
            // Sheets of repeated numbers reach some 50; a bomb of zeros 1000.
            ratio: 200,
            entries: 2000,
        }
    }
}

/// A row as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number in the file, the header being row 1.
    pub(crate) row: u64,
    /// Its cells, as many as the header has.
    pub(crate) cells: Vec<String>,
}

/// Rows one after the other.
pub(crate) type Records<'a> = Box<dyn Iterator<Item = Result<Record>> + 'a>;

/// A table as it comes.
pub(crate) struct Sheet<'a> {
    /// What errors and origins call it: the file, or the file and a sheet or layer of it.
    pub(crate) path: PathBuf,
    /// Its columns, trimmed.
    pub(crate) header: Vec<String>,
    /// Its rows.
    pub(crate) records: Records<'a>,
    /// Whether numbers have a decimal comma.
    pub(crate) comma: bool,
}

/// A header that can be one: not too many columns, each with a name of its own.
pub(crate) fn checked_header(path: &std::path::Path, header: Vec<String>, limits: &Limits) -> Result<Vec<String>> {
    if header.len() > limits.columns {
        return Err(Error::refused(
            path.display(),
            format!("{} columns, more than {}", header.len(), limits.columns),
            "give the columns that are needed, or the long form",
        ));
    }
    let header: Vec<String> = header.iter().map(|n| n.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    let mut seen = std::collections::BTreeMap::new();
    for (i, name) in header.iter().enumerate() {
        if name.contains('\0') || name.len() > limits.cell_bytes {
            return Err(cell(
                path,
                1,
                name,
                name,
                "is no name of a column",
                "give columns short names of printable text",
            ));
        }
        if let Some(first) = seen.insert(name.clone(), i).filter(|_| !name.is_empty()) {
            return Err(cell(
                path,
                1,
                name,
                name,
                &format!("stands over columns {} and {}", first + 1, i + 1),
                "give every column its own name",
            ));
        }
    }
    if header.iter().all(String::is_empty) {
        return Err(Error::refused(path.display(), "has no header", "put the names of the columns in the first row"));
    }
    Ok(header)
}

/// The refusal of a cell.
pub(crate) fn cell(path: &std::path::Path, row: u64, column: &str, value: &str, reason: &str, remedy: &str) -> Error {
    Error::Cell(Box::new(BadCell {
        path: path.to_owned(),
        row,
        column: shown(column),
        value: shown(value),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }))
}

/// The refusal of a cell that no table may have: one that is too long, or holds a zero byte.
pub(crate) fn checked_cell(path: &std::path::Path, row: u64, column: &str, value: &str, limits: &Limits) -> Result<()> {
    if value.len() > limits.cell_bytes {
        let reason = format!("{} bytes, more than {}", value.len(), limits.cell_bytes);
        return Err(cell(path, row, column, value, &reason, "is a quotation mark missing or a file of another kind?"));
    }
    if value.contains('\0') {
        return Err(cell(path, row, column, value, "holds a zero byte", "save the table as text in UTF-8"));
    }
    Ok(())
}
