//! One way to walk the rows of a file, whatever its format.

use std::io::Read;
use std::path::Path;

use csv::ByteRecord;
use soilscope_core::Coord;

use super::cell::{self, Decimal, Refusal};
use super::columnar;
use super::delimited::Delimited;
use super::source::{Format, Source};
use super::unit::Unit;
use crate::crs::Crs;
use crate::error::{BadCell, shorten};
use crate::{Error, Result};

/// What a file of text is.
const TEXT_TABLE: &str = "a text table";
/// First bytes by which formats are told apart.
const HEAD: u64 = 64;

/// An opened file: a header and rows of text, and places where the format has them.
pub(super) struct Input {
    pub(super) source: Source,
    pub(super) header: Vec<String>,
    /// The CRS that the file holds.
    pub(super) crs: Option<Crs>,
    pub(super) decimal: Decimal,
    pub(super) body: Body,
}

/// Where the rows are.
pub(super) enum Body {
    Text(Delimited),
    /// Attributes as text and the point, of each feature; `placed` where the layer has a geometry at all.
    #[cfg_attr(not(feature = "gdal"), allow(dead_code, reason = "only GDAL makes features"))]
    Features {
        rows: Vec<(ByteRecord, Option<Coord>)>,
        placed: bool,
    },
    #[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "without the feature there is none"))]
    Columns(Box<columnar::Table>),
}

/// What of each row is wanted.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "other files are read whole"))]
pub(super) struct Wanted<'a> {
    /// Columns whose cells are looked at, others may come empty; `None` for all.
    pub(super) columns: Option<&'a [usize]>,
    /// Whether the place is, in a file that has geometries.
    pub(super) place: bool,
}

impl Wanted<'_> {
    /// Everything.
    pub(super) const ALL: Self = Self { columns: None, place: true };
}

/// Rows by which columns are recognised.
pub(super) const SEEN: usize = 2000;

/// One row while it is walked over.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Line, row or feature, counted from 1.
    pub(super) number: usize,
    pub(super) record: &'a ByteRecord,
    /// The place, in a file that has geometries.
    pub(super) place: Option<Coord>,
}

impl Row<'_> {
    pub(super) fn cell(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }
}

impl Input {
    /// Opens a file by its content and name, once; `-` is standard input.
    ///
    /// What is no regular file can be read but once: it is taken into memory, and must be text.
    pub(super) fn open(path: &Path, layer: Option<&str>) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Self::from_stream(&mut std::io::stdin().lock(), "standard input".to_owned(), path, layer);
        }
        let file = path.display().to_string();
        let unreadable = |error: std::io::Error| Error::Unreadable { file: file.clone(), reason: error.to_string() };
        let found = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NoSuchFile { file: file.clone() },
            _ => unreadable(error),
        })?;
        if found.is_dir() {
            return Err(Error::Unreadable { file, reason: "it is a folder, not a file".to_owned() });
        }
        if !found.is_file() {
            let mut stream = std::fs::File::open(path).map_err(unreadable)?;
            return Self::from_stream(&mut stream, file, path, layer);
        }
        match format_by_name(path)? {
            Some(format) => Self::from_binary(path, format, layer),
            None => {
                let opened = std::fs::File::open(path).map_err(unreadable)?;
                if !is_named_as_text(path) {
                    let mut head = Vec::new();
                    (&opened).take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
                    if let Some(format) = format_by_content(&head) {
                        return Self::from_binary(path, format, layer);
                    }
                }
                refuse_layer(&file, TEXT_TABLE, layer)?;
                super::delimited::from_file(file, opened)
            }
        }
    }

    fn from_stream(stream: &mut dyn Read, file: String, path: &Path, layer: Option<&str>) -> Result<Self> {
        let mut format = format_by_name(path)?;
        let mut bytes = Vec::new();
        if format.is_none() {
            let read = stream.read_to_end(&mut bytes);
            read.map_err(|error| Error::Unreadable { file: file.clone(), reason: error.to_string() })?;
            format = format_by_content(&bytes);
        }
        match format {
            None => {
                refuse_layer(&file, TEXT_TABLE, layer)?;
                super::delimited::from_bytes(file, bytes)
            }
            Some(format) => Err(Error::Table {
                file,
                reason: format!("is {} from a pipe, which has no places to go back to", format.name()),
                remedy: "write it to a file and name that; only text is read from a pipe or standard input".to_owned(),
            }),
        }
    }

    fn from_binary(path: &Path, format: Format, layer: Option<&str>) -> Result<Self> {
        if format != Format::Parquet {
            return super::vector::open(path, format, layer);
        }
        refuse_layer(&path.display().to_string(), "a Parquet file", layer)?;
        columnar::open(path)
    }

    /// Whether places come from geometries.
    pub(super) fn has_geometry(&self) -> bool {
        match &self.body {
            Body::Text(_) => false,
            Body::Features { placed, .. } => *placed,
            Body::Columns(table) => table.has_geometry(),
        }
    }

    /// About how many rows there are, so that room for them need not grow.
    pub(super) fn rows_expected(&self) -> usize {
        match &self.body {
            Body::Text(text) => text.rows.saturating_add(text.rows / 50).saturating_add(16),
            Body::Features { rows, .. } => rows.len(),
            Body::Columns(table) => table.rows(),
        }
    }

    /// Walks over all rows, in order, until one is refused.
    pub(super) fn for_each(&self, wanted: Wanted<'_>, mut visit: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        match &self.body {
            Body::Text(text) => text.for_each(self, visit),
            Body::Features { rows, .. } => rows
                .iter()
                .enumerate()
                .try_for_each(|(i, (record, place))| visit(Row { number: i + 1, record, place: *place })),
            Body::Columns(table) => table.for_each(self, wanted, usize::MAX, visit),
        }
    }

    /// The first rows of text.
    pub(super) fn sample(&self) -> &[ByteRecord] {
        match &self.body {
            Body::Text(text) => &text.sample,
            Body::Features { .. } | Body::Columns(_) => &[],
        }
    }

    /// Cells of one column in the first rows, to recognise it by.
    pub(super) fn sample_column(&self, column: usize, mut visit: impl FnMut(&[u8])) -> Result<()> {
        match &self.body {
            Body::Text(text) => text.sample.iter().for_each(|record| visit(record.get(column).unwrap_or_default())),
            Body::Features { rows, .. } => {
                rows.iter().take(SEEN).for_each(|(record, _)| visit(record.get(column).unwrap_or_default()));
            }
            Body::Columns(table) => {
                let wanted = Wanted { columns: Some(&[column]), place: false };
                table.for_each(self, wanted, SEEN, |row| {
                    visit(row.cell(column));
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Index of a column by its exact name, then without regard to case.
    pub(super) fn column(&self, name: &str) -> Result<Option<usize>> {
        let by = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.header.iter().enumerate().filter(|(_, h)| same(h)).map(|(i, _)| i).collect()
        };
        let name = &super::text::one_line(name);
        let exact = by(&|h| h == name);
        let found = if exact.is_empty() { by(&|h| h.to_lowercase() == name.to_lowercase()) } else { exact };
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(self.refuse(
                format!(
                    "{} columns could be '{name}': {}",
                    found.len(),
                    found
                        .iter()
                        .map(|&i| format!("'{}' (column {})", self.header[i], i + 1))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
                "give each column its own name",
            )),
        }
    }

    /// As [`column`](Self::column), where it must be there.
    pub(super) fn required_column(&self, name: &str) -> Result<usize> {
        self.column(name)?.ok_or_else(|| Error::Unknown {
            file: self.source.path.clone(),
            what: "column",
            name: name.to_owned(),
            available: self.header.clone(),
            nearest: super::spelling::nearest(name, self.header.iter().map(String::as_str)),
        })
    }

    pub(super) fn refuse(&self, reason: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::Table { file: self.source.path.clone(), reason: reason.into(), remedy: remedy.into() }
    }

    /// A refusal of one cell.
    pub(super) fn bad_cell(&self, row: Row<'_>, column: usize, refusal: Refusal) -> BadCell {
        if refusal.is_no_number()
            && self.sample().first() == Some(row.record)
            && Unit::parse(cell::trim(row.cell(column))).is_some()
        {
            let reason = "is not a number; this looks like a row of units";
            return self.bad_row(
                row,
                Some(column),
                reason,
                "remove it; units may stand in the names, as 'zinc (mg/kg)'",
            );
        }
        self.bad_row(row, Some(column), refusal.reason, refusal.remedy)
    }

    /// A refusal of a row, or of one of its cells.
    pub(super) fn bad_row(
        &self,
        row: Row<'_>,
        column: Option<usize>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> BadCell {
        BadCell {
            file: self.source.path.clone(),
            row_word: self.source.row_word(),
            row: row.number,
            column: column.map(|c| self.header[c].clone()),
            value: column.map_or_else(String::new, |c| shorten(cell::trim(row.cell(c)))),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

fn refuse_layer(file: &str, what: &str, layer: Option<&str>) -> Result<()> {
    layer.map_or(Ok(()), |_| {
        Err(Error::Table {
            file: file.to_owned(),
            reason: format!("is {what}, which has no layers"),
            remedy: "leave the layer out".to_owned(),
        })
    })
}

/// The format other than text that a file's name shows.
fn format_by_name(path: &Path) -> Result<Option<Format>> {
    match extension(path).as_str() {
        "gpkg" => Ok(Some(Format::GeoPackage)),
        "geojson" | "json" | "geojsonl" => Ok(Some(Format::GeoJson)),
        "shp" => Ok(Some(Format::Shapefile)),
        "fgb" => Ok(Some(Format::FlatGeobuf)),
        "parquet" | "geoparquet" | "pq" => Ok(Some(Format::Parquet)),
        "feather" | "arrow" => Err(Error::Table {
            file: path.display().to_string(),
            reason: "is an Arrow file, which is not read".to_owned(),
            remedy: "write it as Parquet".to_owned(),
        }),
        "dbf" | "shx" => Err(Error::Table {
            file: path.display().to_string(),
            reason: "is one part of a Shapefile".to_owned(),
            remedy: "name the .shp file".to_owned(),
        }),
        _ => Ok(None),
    }
}

/// Whether a file's name says that it is text, whatever its first bytes look like.
fn is_named_as_text(path: &Path) -> bool {
    matches!(extension(path).as_str(), "csv" | "tsv" | "txt")
}

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The format that a file's first bytes show; `None` for text.
fn format_by_content(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"SQLite format 3") {
        Some(Format::GeoPackage)
    } else if head.starts_with(&[0, 0, 0x27, 0x0a]) {
        Some(Format::Shapefile)
    } else if head.starts_with(b"fgb\x03") {
        Some(Format::FlatGeobuf)
    } else if head.starts_with(b"PAR1") {
        Some(Format::Parquet)
    } else if head.trim_ascii_start().starts_with(b"{") {
        Some(Format::GeoJson)
    } else {
        None
    }
}
