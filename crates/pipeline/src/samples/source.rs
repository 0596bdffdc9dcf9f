//! Where samples came from, for the record.

use serde::Serialize;

use super::cell::Decimal;
use super::text::Encoding;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Format {
    /// Delimited text.
    #[serde(rename = "delimited text")]
    Delimited,
    /// OGC GeoPackage.
    GeoPackage,
    /// GeoJSON.
    #[serde(rename = "GeoJSON")]
    GeoJson,
    /// ESRI Shapefile.
    Shapefile,
    /// FlatGeobuf.
    FlatGeobuf,
    /// GeoParquet, or Parquet's own geometries.
    GeoParquet,
    /// Parquet without geometries.
    Parquet,
}

impl Format {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delimited => "delimited text",
            Self::GeoPackage => "GeoPackage",
            Self::GeoJson => "GeoJSON",
            Self::Shapefile => "Shapefile",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
            Self::Parquet => "Parquet",
        }
    }
}

/// How a table holds its analytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A column for each analyte.
    Wide,
    /// A row for each result.
    Long,
}

/// A file and what was recognised in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Source {
    /// The path as given.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// The layer of a vector file.
    pub layer: Option<String>,
    /// How text is written.
    pub encoding: Option<Encoding>,
    /// What parts the columns of text.
    pub separator: Option<char>,
    /// The decimal sign of text.
    pub decimal: Option<Decimal>,
    /// Wide or long; `None` for points without analytes.
    pub shape: Option<Shape>,
    /// Rows of data.
    pub rows: usize,
    /// The column of eastings or longitudes, unless geometries hold them.
    pub x: Option<String>,
    /// The column of northings or latitudes.
    pub y: Option<String>,
}

impl Source {
    pub(super) fn new(path: String, format: Format) -> Self {
        Self {
            path,
            format,
            layer: None,
            encoding: None,
            separator: None,
            decimal: None,
            shape: None,
            rows: 0,
            x: None,
            y: None,
        }
    }

    /// What rows are counted in: lines of text from 1 with the header; rows of Parquet or features of other files, from 1.
    pub fn row_word(&self) -> &'static str {
        match self.format {
            Format::Delimited => "line",
            Format::GeoParquet | Format::Parquet => "row",
            _ => "feature",
        }
    }

    /// One line for a person, as `delimited text, UTF-8, ';' between columns, decimal comma, 155 rows`.
    pub fn describe(&self) -> String {
        let mut parts = vec![self.format.name().to_owned()];
        parts.extend(self.layer.as_ref().map(|layer| format!("layer '{layer}'")));
        parts.extend(self.encoding.map(|e| e.name().to_owned()));
        parts.extend(self.separator.map(|s| match s {
            '\t' => "tab between columns".to_owned(),
            s => format!("'{s}' between columns"),
        }));
        parts.extend(self.decimal.map(|d| {
            match d {
                Decimal::Point => "decimal point",
                Decimal::Comma => "decimal comma",
            }
            .to_owned()
        }));
        parts.extend(self.shape.map(|s| {
            match s {
                Shape::Wide => "a column for each analyte",
                Shape::Long => "a row for each result",
            }
            .to_owned()
        }));
        parts.push(format!("{} row{}", self.rows, if self.rows == 1 { "" } else { "s" }));
        parts.join(", ")
    }
}
