//! Tables of the bundle and of protected places, as text.

use std::path::Path;

use crate::check::bundle::Folder;
use crate::{Error, Result};

/// Most rows of a table that are looked at.
const MOST_ROWS: usize = 2_000_000;

/// A table: its header in lower case, and its rows.
pub(super) struct Table {
    /// Names of the columns, trimmed, in lower case.
    pub(super) names: Vec<String>,
    /// Names as they are written.
    pub(super) header: Vec<String>,
    /// Cells by row; rows may be shorter or longer than the header.
    pub(super) rows: Vec<csv::StringRecord>,
}

impl Table {
    /// A listed CSV file; `None` where it cannot be read as a table.
    pub(super) fn read(folder: &Folder, path: &str) -> Option<Self> {
        Self::of(&folder.text(path)?)
    }

    /// The table of protected places that the caller names.
    pub(super) fn own(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::unreadable(path, e))?;
        Self::of(text.strip_prefix('\u{feff}').unwrap_or(&text))
            .ok_or_else(|| Error::unreadable(path, "it is no table with a header row"))
    }

    fn of(text: &str) -> Option<Self> {
        let first = text.lines().next()?;
        let delimiter =
            [b',', b';', b'\t', b'|'].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count())?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(true)
            .from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().ok()?.iter().map(|h| h.trim().to_owned()).collect();
        let names = header.iter().map(|h| h.to_lowercase()).collect();
        let rows = reader.records().take(MOST_ROWS).map_while(std::result::Result::ok).collect();
        Some(Self { names, header, rows })
    }

    /// The first of the columns that is there.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|n| n == name))
    }

    /// A cell, trimmed; empty where there is none.
    pub(super) fn cell(&self, row: usize, column: Option<usize>) -> &str {
        column.and_then(|c| self.rows[row].get(c)).map_or("", str::trim)
    }

    /// A cell that is a number.
    pub(super) fn number(&self, row: usize, column: Option<usize>) -> Option<f64> {
        let cell = self.cell(row, column);
        // A decimal comma is one where no point is.
        cell.parse().ok().or_else(|| cell.replace(',', ".").parse().ok()).filter(|n: &f64| n.is_finite())
    }
}

/// Names of a column of longitudes, and of latitudes.
pub(super) const LONGITUDE: [&str; 6] = ["longitude", "lon", "long", "lng", "x_wgs84", "easting_deg"];
/// As [`LONGITUDE`].
pub(super) const LATITUDE: [&str; 4] = ["latitude", "lat", "y_wgs84", "northing_deg"];
