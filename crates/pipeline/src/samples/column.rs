//! Columns beside the analytes: their cells as numbers, and refusals of them.

use super::cell::{self, Refusal};
use super::points::PointTable;
use super::source::Source;
use super::table::{SampleTable, TextColumn};
use crate::Error;
use crate::Result;
use crate::error::{BadCell, shorten};

/// A refusal of a cell of a table.
fn bad_cell(source: &Source, row: usize, column: &str, text: &str, reason: String, remedy: String) -> Error {
    BadCell {
        file: source.path.clone(),
        row_word: source.row_word(),
        row,
        column: Some(column.to_owned()),
        value: shorten(text),
        reason,
        remedy,
    }
    .into()
}

fn number(source: &Source, row: usize, column: &str, text: &str) -> Result<Option<f64>> {
    cell::read_plain(text.as_bytes(), source.decimal.unwrap_or_default())
        .map_err(|Refusal { reason, remedy }| bad_cell(source, row, column, text, reason.to_owned(), remedy.to_owned()))
}

/// The text of a cell; `None` where it is empty or says that nothing is there.
fn text(cell: &str) -> Option<&str> {
    (!cell::is_missing(cell.as_bytes())).then_some(cell.trim())
}

impl TextColumn {
    /// The text of a record; `None` where the cell is empty or says that nothing is there, as `NA`.
    ///
    /// # Panics
    /// A record that is not there.
    pub fn text(&self, record: usize) -> Option<&str> {
        text(&self.cells[record])
    }
}

impl SampleTable {
    /// A column that was kept as text: by its exact name, then without regard to case.
    pub fn text_column(&self, name: &str) -> Option<&TextColumn> {
        let columns = self.text_columns();
        let same = |c: &&TextColumn| c.name.to_lowercase() == name.to_lowercase();
        columns.iter().find(|c| c.name == name).or_else(|| columns.iter().find(same))
    }

    /// The number in a cell of a kept column; `None` where it is empty or says that nothing is there.
    ///
    /// # Errors
    /// The cell holds something else, which the message names with its row.
    ///
    /// # Panics
    /// A record that is not there.
    pub fn number(&self, column: &TextColumn, record: usize) -> Result<Option<f64>> {
        number(self.source(), self.lines()[record], &column.name, &column.cells[record])
    }

    /// A refusal of a cell of a kept column.
    ///
    /// # Panics
    /// A record that is not there.
    pub fn refuse_cell(
        &self,
        column: &TextColumn,
        record: usize,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Error {
        let text = &column.cells[record];
        bad_cell(self.source(), self.lines()[record], &column.name, text, reason.into(), remedy.into())
    }
}

impl PointTable {
    /// Number of a column: by its exact name, then without regard to case.
    pub fn column(&self, name: &str) -> Option<usize> {
        let header = self.header();
        let same = |h: &String| h.to_lowercase() == name.to_lowercase();
        header.iter().position(|h| h == name).or_else(|| header.iter().position(same))
    }

    /// The number in a cell; `None` where it is empty or says that nothing is there.
    ///
    /// # Errors
    /// The cell holds something else, which the message names with its row.
    ///
    /// # Panics
    /// A point or a column that is not there.
    pub fn number(&self, point: usize, column: usize) -> Result<Option<f64>> {
        let text = self.cells(point).nth(column).unwrap_or_default();
        number(self.source(), self.lines()[point], &self.header()[column], text)
    }

    /// The text of a cell; `None` where it is empty or says that nothing is there.
    ///
    /// # Panics
    /// A point that is not there.
    pub fn text(&self, point: usize, column: usize) -> Option<&str> {
        text(self.cells(point).nth(column).unwrap_or_default())
    }
}
