//! A Parquet file as a table: its header, and its rows as far as they are asked for.

use std::fs::File;
use std::path::Path;

use csv::ByteRecord;
use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArrayType, DoubleType};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use soilscope_core::Coord;

use super::super::cell::Decimal;
use super::super::input::{Body, Input, Row, Wanted};
use super::super::source::{Format, Source};
use super::column::{Cells, Kind, Typed, bytes_of, cells_of, ordinates_of};
use super::geometry::{self, Encoding, Geometry, Leaf};
use super::guard::guarded;
use super::wkb::{self, Refusal};
use crate::error::{BadCell, shorten};
use crate::{Error, Result};

/// Rows that are taken in at a time.
const BATCH: usize = 4096;

/// An opened file.
pub(in super::super) struct Table {
    reader: SerializedFileReader<File>,
    /// Of each column of the header.
    columns: Vec<(Leaf, Kind)>,
    geometry: Option<Geometry>,
    rows: usize,
}

/// Opens a file by its footer, which says what there is and where.
pub(in super::super) fn open(path: &Path) -> Result<Input> {
    let file = path.display().to_string();
    let unreadable = |reason: String| Error::Unreadable { file: file.clone(), reason };
    let opened = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let reader = guarded(|| SerializedFileReader::new(opened))
        .map_err(|why| unreadable(format!("it is not a Parquet file, or not a whole one ({why})")))?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let geometry = geometry::find(&file, metadata.file_metadata())?;
    let (mut header, mut columns) = (Vec::new(), Vec::new());
    for (index, column) in schema.columns().iter().enumerate() {
        if let Some(kind) = Kind::of(column) {
            header.push(super::super::text::one_line(column.name()));
            columns.push((Leaf { index, most: column.max_def_level() }, kind));
        }
    }
    if columns.is_empty() {
        return Err(Error::Table {
            file,
            reason: "has no column of numbers or text: lists, structures and bytes are none".to_owned(),
            remedy: "write each quantity as a column of its own".to_owned(),
        });
    }
    let rows = metadata.row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or(0));
    let rows = rows.fold(0_usize, usize::saturating_add);
    let source = Source::new(file, if geometry.is_some() { Format::GeoParquet } else { Format::Parquet });
    let crs = geometry.as_ref().and_then(|geometry| geometry.crs.clone());
    let body = Body::Columns(Box::new(Table { reader, columns, geometry, rows }));
    Ok(Input { source, header, crs, decimal: Decimal::Point, body })
}

/// Places of one row group.
enum Places {
    Wkb(Box<Typed<ByteArrayType>>),
    Point(Box<[Typed<DoubleType>; 2]>),
}

impl Places {
    fn fill(&mut self, rows: usize) -> parquet::errors::Result<usize> {
        match self {
            Self::Wkb(bytes) => bytes.fill(rows),
            Self::Point(axes) => {
                let [x, y] = &mut **axes;
                Ok(x.fill(rows)?.min(y.fill(rows)?))
            }
        }
    }

    fn next(&mut self) -> std::result::Result<Option<Coord>, Refusal> {
        match self {
            Self::Wkb(bytes) => bytes.next().map_or(Ok(None), |bytes| wkb::point(bytes.data())),
            Self::Point(axes) => {
                let [x, y] = &mut **axes;
                Ok(match (x.next(), y.next()) {
                    (Some(&x), Some(&y)) if !(x.is_nan() && y.is_nan()) => Some([x, y]),
                    _ => None,
                })
            }
        }
    }
}

impl Table {
    pub(in super::super) fn has_geometry(&self) -> bool {
        self.geometry.is_some()
    }

    /// As many rows as the file says to have.
    pub(in super::super) fn rows(&self) -> usize {
        self.rows
    }

    /// Walks over the first `most` rows; cells of columns that are not wanted are empty.
    pub(in super::super) fn for_each(
        &self,
        input: &Input,
        wanted: Wanted<'_>,
        most: usize,
        mut visit: impl FnMut(Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let (mut record, mut text) = (ByteRecord::new(), String::new());
        let mut number = 0;
        for (nth, group) in self.reader.metadata().row_groups().iter().enumerate() {
            let mut left = usize::try_from(group.num_rows()).unwrap_or(0).min(most - number);
            if left == 0 {
                continue;
            }
            let group =
                guarded(|| self.reader.get_row_group(nth)).map_err(|why| self.broken(input, nth, None, &why))?;
            let mut places = match &self.geometry {
                Some(geometry) if wanted.place => Some((&geometry.column, self.places(input, nth, &*group, geometry)?)),
                _ => None,
            };
            let mut columns: Vec<Option<Box<dyn Cells>>> = Vec::with_capacity(self.columns.len());
            for column in 0..self.columns.len() {
                columns.push(match wanted.columns.is_none_or(|wanted| wanted.contains(&column)) {
                    true => Some(self.cells(input, nth, &*group, column)?),
                    false => None,
                });
            }
            while left > 0 {
                let rows = left.min(BATCH);
                let short = |name: &str, found: parquet::errors::Result<usize>| match found {
                    Ok(found) if found == rows => Ok(()),
                    Ok(_) => {
                        Err(parquet::errors::ParquetError::EOF(format!("'{name}' has fewer rows than the file says")))
                    }
                    Err(error) => Err(error),
                };
                if let Some((name, places)) = &mut places {
                    guarded(|| short(name, places.fill(rows)))
                        .map_err(|why| self.broken(input, nth, Some(name), &why))?;
                }
                for (cells, name) in columns.iter_mut().zip(&input.header) {
                    let Some(cells) = cells else { continue };
                    guarded(|| short(name, cells.fill(rows)))
                        .map_err(|why| self.broken(input, nth, Some(name), &why))?;
                }
                for _ in 0..rows {
                    number += 1;
                    record.clear();
                    for cells in &mut columns {
                        text.clear();
                        if let Some(cells) = cells {
                            cells.next(&mut text);
                        }
                        record.push_field(text.as_bytes());
                    }
                    let place = match &mut places {
                        Some((name, places)) => places.next().map_err(|why| bad_place(input, number, name, &why))?,
                        None => None,
                    };
                    visit(Row { number, record: &record, place })?;
                }
                left -= rows;
            }
        }
        Ok(())
    }

    /// The cells of a column of the header in a row group.
    fn cells(&self, input: &Input, nth: usize, group: &dyn RowGroupReader, column: usize) -> Result<Box<dyn Cells>> {
        let (leaf, kind) = self.columns[column];
        let name = &input.header[column];
        let reader = self.column(input, nth, group, leaf, name)?;
        cells_of(kind, reader, leaf.most)
            .ok_or_else(|| self.broken(input, nth, Some(name), "its type does not go with what it stands for"))
    }

    fn places(&self, input: &Input, nth: usize, group: &dyn RowGroupReader, geometry: &Geometry) -> Result<Places> {
        let name = &geometry.column;
        let column = |leaf: Leaf| self.column(input, nth, group, leaf, name);
        let places = match geometry.encoding {
            Encoding::Wkb(leaf) => bytes_of(column(leaf)?, leaf.most).map(|bytes| Places::Wkb(Box::new(bytes))),
            Encoding::Point { x, y } => ordinates_of(column(x)?, x.most)
                .zip(ordinates_of(column(y)?, y.most))
                .map(|(x, y)| Places::Point(Box::new([x, y]))),
        };
        places.ok_or_else(|| self.broken(input, nth, Some(name), "its type is no geometry's"))
    }

    fn column(
        &self,
        input: &Input,
        nth: usize,
        group: &dyn RowGroupReader,
        leaf: Leaf,
        name: &str,
    ) -> Result<ColumnReader> {
        let chunk = group.metadata().column(leaf.index);
        let how = match chunk.compression() {
            Compression::BROTLI(_) => Some("Brotli"),
            Compression::LZO => Some("LZO"),
            _ => None,
        };
        if let Some(how) = how {
            return Err(input.refuse(
                format!("compresses its column '{}' with {how}, which is not read here", shorten(name)),
                "write it with Snappy, Zstandard, gzip, LZ4 or no compression",
            ));
        }
        guarded(|| group.get_column_reader(leaf.index)).map_err(|why| self.broken(input, nth, Some(name), &why))
    }

    /// The refusal of a file whose bytes are not what its footer says.
    fn broken(&self, input: &Input, group: usize, column: Option<&str>, why: &str) -> Error {
        let column = column.map_or_else(String::new, |name| format!(", column '{}'", shorten(name)));
        let reason = format!("row group {}{column}: {why}; write it again, or copy it again", group + 1);
        Error::Unreadable { file: input.source.path.clone(), reason }
    }
}

/// The refusal of a geometry; words as those for other files with geometries.
fn bad_place(input: &Input, row: usize, column: &str, why: &Refusal) -> BadCell {
    let (column, reason, remedy) = match why {
        Refusal::NoPoint(kind) => (
            None,
            format!("has a geometry that is no single point ({kind})"),
            "samples are points; use the centroids, or another file",
        ),
        Refusal::NoWkb(why) => {
            (Some(column.to_owned()), format!("holds no geometry as well-known binary: {why}"), "write the file again")
        }
    };
    BadCell {
        file: input.source.path.clone(),
        row_word: input.source.row_word(),
        row,
        column,
        value: String::new(),
        reason,
        remedy: remedy.to_owned(),
    }
}
