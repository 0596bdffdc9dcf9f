//! One way to walk the rows of a file, whatever its format.

use std::path::Path;

use csv::ByteRecord;
use soilscope_core::Coord;

use super::cell::{self, Decimal, Refusal};
use super::delimited::Delimited;
use super::source::{Format, Source};
use crate::crs::Crs;
use crate::error::{BadCell, shorten};
use crate::{Error, Result};

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
}

/// One row while it is walked over.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Line or feature, counted from 1.
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
    /// Opens a file by its content and name.
    pub(super) fn open(path: &Path, layer: Option<&str>) -> Result<Self> {
        let file = path.display().to_string();
        let found = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NoSuchFile { file: file.clone() },
            _ => Error::Unreadable { file: file.clone(), reason: error.to_string() },
        })?;
        if found.is_dir() {
            return Err(Error::Unreadable { file, reason: "it is a folder, not a file".to_owned() });
        }
        match vector_format(path)? {
            Some(format) => super::vector::open(path, format, layer),
            None if layer.is_some() => Err(Error::Table {
                file,
                reason: "is a text table, which has no layers".to_owned(),
                remedy: "leave the layer out".to_owned(),
            }),
            None => super::delimited::open(path),
        }
    }

    /// Whether places come from geometries.
    pub(super) fn has_geometry(&self) -> bool {
        matches!(self.body, Body::Features { placed: true, .. })
    }

    /// Walks over all rows, in order, until one is refused.
    pub(super) fn for_each(&self, mut visit: impl FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        match &self.body {
            Body::Text(text) => text.for_each(self, visit),
            Body::Features { rows, .. } => rows
                .iter()
                .enumerate()
                .try_for_each(|(i, (record, place))| visit(Row { number: i + 1, record, place: *place })),
        }
    }

    /// The first rows, to recognise columns by.
    pub(super) fn sample(&self) -> &[ByteRecord] {
        match &self.body {
            Body::Text(text) => &text.sample,
            Body::Features { .. } => &[],
        }
    }

    /// Cells of one column in the first rows.
    pub(super) fn sample_column(&self, column: usize) -> impl Iterator<Item = &[u8]> {
        const SEEN: usize = 2000;
        let features: &[(ByteRecord, Option<Coord>)] = match &self.body {
            Body::Text(_) => &[],
            Body::Features { rows, .. } => &rows[..rows.len().min(SEEN)],
        };
        self.sample()
            .iter()
            .chain(features.iter().map(|(record, _)| record))
            .map(move |r| r.get(column).unwrap_or_default())
    }

    /// Index of a column by its exact name, then without regard to case.
    pub(super) fn column(&self, name: &str) -> Result<Option<usize>> {
        let by = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.header.iter().enumerate().filter(|(_, h)| same(h)).map(|(i, _)| i).collect()
        };
        let name = name.trim();
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

/// The vector format that a file's name or first bytes show; `None` for text.
fn vector_format(path: &Path) -> Result<Option<Format>> {
    use std::io::Read;
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let by_name = match extension.as_str() {
        "gpkg" => Some(Format::GeoPackage),
        "geojson" | "json" | "geojsonl" => Some(Format::GeoJson),
        "shp" => Some(Format::Shapefile),
        "fgb" => Some(Format::FlatGeobuf),
        "dbf" | "shx" => {
            return Err(Error::Table {
                file: path.display().to_string(),
                reason: "is one part of a Shapefile".to_owned(),
                remedy: "name the .shp file".to_owned(),
            });
        }
        _ => None,
    };
    if by_name.is_some() || matches!(extension.as_str(), "csv" | "tsv" | "txt") {
        return Ok(by_name);
    }
    let mut head = Vec::with_capacity(64);
    let unreadable =
        |error: std::io::Error| Error::Unreadable { file: path.display().to_string(), reason: error.to_string() };
    std::fs::File::open(path).map_err(unreadable)?.take(64).read_to_end(&mut head).map_err(unreadable)?;
    Ok(if head.starts_with(b"SQLite format 3") {
        Some(Format::GeoPackage)
    } else if head.starts_with(&[0, 0, 0x27, 0x0a]) {
        Some(Format::Shapefile)
    } else if head.trim_ascii_start().starts_with(b"{") {
        Some(Format::GeoJson)
    } else {
        None
    })
}
