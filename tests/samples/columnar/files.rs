//! Parquet files, written by the library that reads them.

use std::ops::Range;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// Metadata of points as WKB, in longitude and latitude.
pub(super) const GEO: &str = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Point"]}}}"#;

/// Cells of a leaf of the schema.
pub(super) enum Column<'a> {
    Int(Vec<Option<i32>>),
    Long(Vec<Option<i64>>),
    Single(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Text(Vec<Option<&'a str>>),
    Bytes(Vec<Option<Vec<u8>>>),
    /// The one member of a structure that need not be there.
    Boxed(Vec<Option<f64>>),
    Repeated(Vec<Vec<i32>>),
}

pub(super) struct Table<'a> {
    pub(super) schema: &'a str,
    /// Metadata of GeoParquet.
    pub(super) geo: Option<&'a str>,
    pub(super) columns: Vec<Column<'a>>,
    pub(super) rows: usize,
    /// Rows of a group.
    pub(super) group: usize,
}

/// Points with values of zinc and lead.
pub(super) fn of_points<'a>(geo: Option<&'a str>, places: &[[f64; 2]]) -> Table<'a> {
    Table {
        schema: "message m { optional binary geometry; optional double zinc; optional binary lead (UTF8); }",
        geo,
        rows: places.len(),
        group: 2,
        columns: vec![
            Column::Bytes(places.iter().map(|&at| Some(wkb(at))).collect()),
            Column::Double((0..places.len()).map(|i| Some(i as f64 + 1.5)).collect()),
            Column::Text((0..places.len()).map(|i| Some(["<2", "7"][i % 2])).collect()),
        ],
    }
}

/// A point as well-known binary.
pub(super) fn wkb([x, y]: [f64; 2]) -> Vec<u8> {
    [&[1, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// The values that are there, and the level of every cell.
fn parted<T: Clone, U>(cells: &[Option<T>], convert: impl Fn(T) -> U) -> (Vec<U>, Vec<i16>) {
    let levels = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    (cells.iter().flatten().cloned().map(convert).collect(), levels)
}

impl Table<'_> {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.compressed(Compression::SNAPPY)
    }

    pub(super) fn compressed(&self, compression: Compression) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(self.schema).unwrap());
        let geo = self.geo.map(|geo| vec![KeyValue::new("geo".to_owned(), geo.to_owned())]);
        let how = WriterProperties::builder().set_compression(compression).set_key_value_metadata(geo).build();
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(how)).unwrap();
        for first in (0..self.rows).step_by(self.group) {
            let rows = first..self.rows.min(first + self.group);
            let mut group = file.next_row_group().unwrap();
            for column in &self.columns {
                let mut writer = group.next_column().unwrap().unwrap();
                column.write(rows.clone(), writer.untyped());
                writer.close().unwrap();
            }
            group.close().unwrap();
        }
        file.close().unwrap();
        bytes
    }

    /// Where the pages of a column of the first group are.
    pub(super) fn column_bytes(&self, bytes: &[u8], column: usize) -> Range<usize> {
        let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(bytes)).unwrap();
        let (start, len) = reader.metadata().row_group(0).column(column).byte_range();
        start as usize..(start + len) as usize
    }
}

impl Column<'_> {
    fn write(&self, rows: Range<usize>, writer: &mut ColumnWriter<'_>) {
        fn bytes(bytes: &[u8]) -> ByteArray {
            ByteArray::from(bytes.to_vec())
        }
        match (self, writer) {
            (Self::Int(cells), ColumnWriter::Int32ColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| v);
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Long(cells), ColumnWriter::Int64ColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| v);
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Single(cells), ColumnWriter::FloatColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| v);
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Double(cells) | Self::Boxed(cells), ColumnWriter::DoubleColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| v);
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Bool(cells), ColumnWriter::BoolColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| v);
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Text(cells), ColumnWriter::ByteArrayColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| bytes(v.as_bytes()));
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Bytes(cells), ColumnWriter::ByteArrayColumnWriter(w)) => {
                let (values, levels) = parted(&cells[rows], |v| bytes(&v));
                w.write_batch(&values, Some(&levels), None).unwrap();
            }
            (Self::Repeated(cells), ColumnWriter::Int32ColumnWriter(w)) => {
                let (mut values, mut levels, mut repeated) = (vec![], vec![], vec![]);
                for cell in &cells[rows] {
                    levels.extend(if cell.is_empty() { vec![0] } else { vec![1; cell.len()] });
                    repeated.extend((0..cell.len().max(1)).map(|k| i16::from(k > 0)));
                    values.extend_from_slice(cell);
                }
                w.write_batch(&values, Some(&levels), Some(&repeated)).unwrap();
            }
            _ => panic!("a column of another type than the schema's"),
        }
    }
}
