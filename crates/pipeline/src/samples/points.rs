//! Points to predict at: every column as it stands, and a place for each row.

use std::path::Path;

use csv::ByteRecord;
use soilscope_core::Coord;

use super::ReadOptions;
use super::collector::{self, Located};
use super::input::{Input, Wanted};
use super::source::Source;
use crate::Result;
use crate::crs::Crs;

/// Points with their original columns.
#[derive(Debug, Clone, PartialEq)]
pub struct PointTable {
    source: Source,
    header: Vec<String>,
    records: Vec<ByteRecord>,
    coords: Vec<Coord>,
    lines: Vec<usize>,
    crs: Option<Crs>,
    named_geographic: bool,
    notes: Vec<String>,
}

impl PointTable {
    /// What was read and recognised.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Names of the columns as they stand in the file; geometries of a vector file are no column.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.coords.len()
    }

    /// Whether there is none; a table that was read has one.
    pub fn is_empty(&self) -> bool {
        self.coords.is_empty()
    }

    /// The cells of a point, unchanged but for the encoding, in the order of [`header`](Self::header).
    ///
    /// # Panics
    /// A point that is not there.
    pub fn cells(&self, point: usize) -> impl ExactSizeIterator<Item = &str> {
        // Text was made UTF-8 when the file was decoded.
        self.records[point].iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default())
    }

    /// Places, in [`crs`](Self::crs).
    pub fn coords(&self) -> &[Coord] {
        &self.coords
    }

    /// Line or feature of each point.
    pub fn lines(&self) -> &[usize] {
        &self.lines
    }

    /// The CRS that was stated or that the file holds. None: take the samples' CRS.
    pub fn crs(&self) -> Option<&Crs> {
        self.crs.as_ref()
    }

    /// Whether the names of the coordinate columns say longitude and latitude: then a projected CRS of the samples is not
    /// theirs.
    pub fn is_named_geographic(&self) -> bool {
        self.named_geographic
    }

    /// What the reader decided by itself.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Reads points to predict at; of `options`, the analytes, unit and limit have no meaning here.
///
/// # Errors
/// As [`read_samples`](super::read_samples), but a CRS need not be stated; a row without a place is refused.
pub fn read_points(path: &Path, options: &ReadOptions) -> Result<PointTable> {
    let input = Input::open(path, options.layer.as_deref())?;
    let Located { crs, columns, notes } = collector::locate(&input, options)?;
    let (mut records, mut coords, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    input.for_each(Wanted::ALL, |row| {
        let place = columns.place(&input, row, crs.as_ref()).map_err(|bad| *bad)?.ok_or_else(|| {
            input.bad_row(row, None, "a point without a place", "fill its coordinates in, or remove the row")
        })?;
        records.push(row.record.clone());
        coords.push(place);
        lines.push(row.number);
        Ok(())
    })?;
    if coords.is_empty() {
        return Err(input.refuse("has a header but no rows", "add the points"));
    }
    let mut source = input.source.clone();
    source.rows = coords.len();
    (source.x, source.y) = columns.names(&input).map_or((None, None), |(x, y)| (Some(x), Some(y)));
    let named_geographic = columns.named_geographic(&input);
    Ok(PointTable { source, header: input.header, records, coords, lines, crs, named_geographic, notes })
}
