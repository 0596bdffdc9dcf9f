//! Long tables: a row per result.

use super::build::{Given, Reading};
use super::columns;
use super::report::shown;
use super::sheet::Sheet;
use crate::Result;

/// Whether a header is that of a long table: it names the analyte and its value.
pub(crate) fn is_long(fields: &[Option<&'static str>]) -> bool {
    ["analyte_code", "value"].iter().all(|needed| fields.contains(&Some(*needed)))
}

/// Reads all results of a long table.
pub(crate) fn read(reading: &mut Reading<'_>, sheet: Sheet<'_>) -> Result<()> {
    let fields = columns::fields(&sheet.path, &sheet.header, reading.defaults)?;
    reading.from(&sheet.path);
    for (name, field) in sheet.header.iter().zip(&fields) {
        match field {
            Some(field) => {
                reading.report.columns.insert(name.clone(), (*field).to_owned());
            }
            None => reading.report.ignored.push(shown(name)),
        }
    }
    for record in sheet.records {
        let record = record?;
        reading.report.rows_read += 1;
        let cells = sheet.header.iter().zip(&fields).zip(&record.cells);
        let given: Vec<Given<'_>> = cells
            .filter_map(|((column, field), text)| Some(Given { field: (*field)?, column, text, comma: sheet.comma }))
            .collect();
        reading.result(record.row, &given)?;
    }
    Ok(())
}
