//! The long table as CSV: RFC 4180 but for line ends, which are LF, and the same bytes for the same table.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

use super::{Row, Table, number};
use crate::{Error, Result};

/// Whether a spreadsheet would run a cell that begins so.
fn runs(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// A text as a cell that no spreadsheet takes for a formula: with an apostrophe in front where it begins as one. Numbers stay.
///
/// # Examples
/// ```
/// use soilscope_exchange::long::{escaped, unescaped};
/// assert_eq!(escaped("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
/// assert_eq!(escaped("-0.5"), "-0.5");
/// assert_eq!(unescaped(&escaped("'=x")), "'=x");
/// ```
pub fn escaped(text: &str) -> Cow<'_, str> {
    if runs(text.trim_start_matches('\'')) && number::parse(text).is_none() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`escaped`] made a cell of.
pub fn unescaped(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if runs(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

impl Table {
    /// The table as CSV: all columns of the schema in its order, then those beside it that some row has.
    ///
    /// # Examples
    /// ```
    /// let text = soilscope_exchange::long::Table::new().to_csv();
    /// assert!(text.starts_with("record_id,project_name,site_code,"));
    /// ```
    pub fn to_csv(&self) -> String {
        let beside =
            Row::BESIDE.iter().filter(|f| self.rows().iter().any(|r| r.cell(f).is_some_and(|c| !c.is_empty())));
        let fields: Vec<&str> = Row::FIELDS.iter().chain(beside).copied().collect();
        let mut out = csv::WriterBuilder::new().from_writer(Vec::new());
        let written = out.write_record(&fields).and_then(|()| {
            self.rows().iter().try_for_each(|row| {
                let cells = fields.iter().map(|f| row.cell(f).unwrap_or_default());
                out.write_record(cells.map(|c| escaped(&c).into_owned()))
            })
        });
        written.expect("rows of one length written to memory");
        let bytes = out.into_inner().expect("written to memory");
        String::from_utf8(bytes).expect("made of texts")
    }

    /// Writes [`Table::to_csv`] to a file, complete or not at all; a file that is there already is replaced.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        let failed = |e: std::io::Error| Error::unwritable(path, e);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        beside.write_all(self.to_csv().as_bytes()).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
        beside.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_reads_back() {
        for text in
            ["=1+1", "+cmd", "-x", "@SUM(A1)", "'=x", "''=x", "\tx", "'", "''", "'a", "plain", "-5", "+5", "'-5"]
        {
            let cell = escaped(text);
            assert_eq!(unescaped(&cell), text);
            assert!(!runs(&cell) || number::parse(&cell).is_some(), "{cell}");
        }
    }
}
