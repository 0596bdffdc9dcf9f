//! Sample files: reading them, judging them, and making samples of them that can be interpolated.
//!
//! [`read_samples`] reads delimited text, wide or long, GeoParquet, and vector files through GDAL. What the laboratory reported stays
//! as reported: a value below its limit is a [`Measurement::BelowLimit`](soilscope_core::censored::Measurement), never a
//! number, until [`SampleTable::prepare`] substitutes one as it was told to, and counts it.
//!
//! ```
//! use soilscope_pipeline::samples::{Preparation, ReadOptions, read_samples};
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("site.csv");
//! std::fs::write(&path, "x;y;lead_mg_kg\n0;0;12,5\n10;0;<2\n0;10;7\n").expect("written");
//! let options = ReadOptions { analytes: vec!["lead".into()], crs: Some("local".into()), ..ReadOptions::default() };
//! let table = read_samples(&path, &options)?;
//! let prepared = table.prepare("lead", &Preparation::default())?;
//! assert_eq!(prepared.samples.values(), [12.5, 1.0, 7.0]); // half the limit, and said so:
//! assert_eq!(prepared.record.below_limit, 1);
//! # Ok::<(), soilscope_pipeline::Error>(())
//! ```

mod analyte;
mod cell;
mod collector;
mod column;
mod columnar;
mod delimited;
mod duplicates;
mod input;
mod judge;
mod long;
mod memory;
mod nearest;
mod place;
mod points;
mod prepare;
mod reading;
mod report;
mod source;
mod spelling;
mod statistics;
mod table;
mod text;
mod unit;
mod vector;
mod wide;

use std::path::Path;

use crate::Result;

use collector::Collector;
use input::Input;

pub use cell::Decimal;
pub use duplicates::Duplicates;
pub use memory::{Room, RowMemory, memory_per_row};
pub use points::{PointTable, read_points};
pub use prepare::{DuplicateRecord, Preparation, PreparationRecord, Prepared};
pub use report::{
    AnalyteReport, CheckReport, DuplicateReport, Extent, Finding, LimitCount, NeighbourDistances, Outlier, Severity,
};
pub use source::{Format, Shape, Source};
pub use statistics::Summary;
pub use table::{AnalyteColumn, Reading, SampleTable, TextColumn, UnitSource};
pub use text::Encoding;
pub use unit::Unit;

/// What to read of a file, and what the file does not say itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadOptions {
    /// Columns of a wide file or names of a long one. None: everything that looks measured, as a check wants it.
    pub analytes: Vec<String>,
    /// Column of eastings or longitudes, where it has no usual name.
    pub x: Option<String>,
    /// Column of northings or latitudes.
    pub y: Option<String>,
    /// The CRS, as [`Crs::parse`](crate::crs::Crs::parse) takes it, where the file does not hold one.
    pub crs: Option<String>,
    /// The layer of a vector file that has several.
    pub layer: Option<String>,
    /// The unit that values are wanted in, and are taken to be in where the file does not say.
    pub unit: Option<String>,
    /// The limit that `n.d.` stands for where the file states none, in the unit of the values read.
    pub default_limit: Option<f64>,
    /// Further columns to keep as text.
    pub columns: Vec<String>,
    /// Columns to keep as text where the file has them.
    pub optional_columns: Vec<String>,
    /// Collect what cannot be understood instead of refusing the file: for a check. Implied when no analyte is named.
    pub tolerant: bool,
    /// How much memory there is; a file whose samples do not fit is refused before they are kept. None: no limit.
    pub room: Option<Room>,
}

/// Reads a sample file.
///
/// # Errors
/// The file cannot be opened or is no table; columns, analytes or layers are missing or ambiguous; the CRS is neither
/// stated nor in the file; a cell cannot be understood. The last two are collected where `options` is tolerant, and then
/// refused by [`SampleTable::prepare`].
pub fn read_samples(path: &Path, options: &ReadOptions) -> Result<SampleTable> {
    table_from(Input::open(path, options.layer.as_deref())?, options)
}

fn table_from(mut input: Input, options: &ReadOptions) -> Result<SampleTable> {
    if let Some(limit) = options.default_limit.filter(|limit| !(limit.is_finite() && *limit > 0.0)) {
        return Err(crate::Error::Core(soilscope_core::Error::Parameter {
            name: "the limit of detection",
            value: limit,
            requirement: "a positive number",
        }));
    }
    let mut collector = Collector::new(&input, options)?;
    let long = long::columns(&input);
    let wide_too = || -> Result<bool> {
        let Some(long) = long else { return Ok(true) };
        let mut all = !options.analytes.is_empty();
        for name in &options.analytes {
            all &= analyte::column_of(&input, name)?.is_some_and(|column| !long.contains(column));
        }
        Ok(all)
    };
    let (shape, analytes) = match long {
        Some(columns) if !wide_too()? => (Shape::Long, long::read(&input, columns, options, &mut collector)?),
        _ => (Shape::Wide, wide::read(&input, options, &mut collector)?),
    };
    let collected = collector.finish()?;
    input.source.shape = Some(shape);
    Ok(collected.into_table(input.source, analytes))
}
