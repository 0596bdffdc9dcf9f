//! Rows, and where each came from.

use std::path::{Path, PathBuf};

use super::Row;

/// Rows of the long table in the order read, each with the file and row it came from.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::{Row, Table};
/// let mut table = Table::new();
/// let file = table.file("lab.csv".as_ref());
/// table.push(Row { site_code: "A001".into(), ..Row::default() }, file, 2);
/// assert_eq!(table.origin(0), ("lab.csv".as_ref(), 2));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Table {
    files: Vec<PathBuf>,
    rows: Vec<Row>,
    origins: Vec<(usize, u64)>,
}

impl Table {
    /// Without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a file (or a sheet of one) known as a source of rows; [`Table::push`] takes what it returns.
    pub fn file(&mut self, path: &Path) -> usize {
        self.files.iter().position(|f| f == path).unwrap_or_else(|| {
            self.files.push(path.to_owned());
            self.files.len() - 1
        })
    }

    /// Adds a row that stands in row `line` of `file`, the header being row 1.
    ///
    /// # Panics
    /// If `file` is not from [`Table::file`] of this table.
    pub fn push(&mut self, row: Row, file: usize, line: u64) {
        assert!(file < self.files.len(), "no such file of this table: {file}");
        self.rows.push(row);
        self.origins.push((file, line));
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows, to be changed in place; where they came from stays.
    pub fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// Keeps the rows that `wanted` is true of, in their order, with where they came from.
    ///
    /// # Examples
    /// ```
    /// use soilscope_exchange::long::{Row, Table};
    /// let mut table = Table::new();
    /// let file = table.file("lab.csv".as_ref());
    /// table.push(Row { qc_type: "blank".into(), ..Row::default() }, file, 2);
    /// table.push(Row { site_code: "A001".into(), ..Row::default() }, file, 3);
    /// table.retain(Row::is_of_the_soil);
    /// assert_eq!((table.len(), table.origin(0).1), (1, 3));
    /// ```
    pub fn retain(&mut self, wanted: impl Fn(&Row) -> bool) {
        let keep: Vec<bool> = self.rows.iter().map(wanted).collect();
        let mut kept = keep.iter();
        self.rows.retain(|_| kept.next().copied().unwrap_or(false));
        let mut kept = keep.iter();
        self.origins.retain(|_| kept.next().copied().unwrap_or(false));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The file and row that row `index` came from.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn origin(&self, index: usize) -> (&Path, u64) {
        let (file, line) = self.origins[index];
        (&self.files[file], line)
    }

    /// All rows of `other` behind these.
    pub fn extend(&mut self, other: Self) {
        let files: Vec<usize> = other.files.iter().map(|f| self.file(f)).collect();
        self.rows.extend(other.rows);
        self.origins.extend(other.origins.into_iter().map(|(file, line)| (files[file], line)));
    }
}
