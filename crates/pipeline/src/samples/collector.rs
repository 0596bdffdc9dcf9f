//! Places and text columns while rows are read.

use soilscope_core::Coord;

use super::ReadOptions;
use super::cell;
use super::input::{Input, Row};
use super::memory::{self, Room};
use super::place::{self, PlaceColumns};
use super::source::{Format, Shape, Source};
use super::table::{AnalyteColumn, Problems, SampleTable, TextColumn};
use crate::crs::Crs;
use crate::{Error, Result};

/// Gives each row that has a place a record, and keeps what is asked of it.
pub(super) struct Collector<'a> {
    input: &'a Input,
    columns: PlaceColumns,
    text_columns: Vec<usize>,
    collected: Collected,
    tolerant: bool,
    room: Option<Room>,
}

/// What was collected.
pub(super) struct Collected {
    crs: Option<Crs>,
    crs_example: &'static str,
    crs_hint: &'static str,
    xy: Option<(String, String)>,
    coords: Vec<Coord>,
    lines: Vec<usize>,
    text: Vec<TextColumn>,
    places: Problems,
    empty_rows: usize,
    rows: usize,
    notes: Vec<String>,
}

/// The CRS of a file and its coordinate columns, and what was decided on the way.
pub(super) struct Located {
    pub(super) crs: Option<Crs>,
    pub(super) columns: PlaceColumns,
    pub(super) notes: Vec<String>,
}

/// Settles the CRS and the coordinate columns; a missing CRS is left to the caller.
pub(super) fn locate(input: &Input, options: &ReadOptions) -> Result<Located> {
    let mut notes = Vec::new();
    let stated = options.crs.as_deref().map(Crs::parse).transpose()?;
    let held = input.crs.clone().filter(|_| input.has_geometry()).filter(|crs| {
        let name = crs.name().to_lowercase();
        !(name.starts_with("undefined") || name.starts_with("unknown"))
    });
    if let (Some(stated), Some(held)) = (&stated, &held)
        && !stated.same_as(held)
    {
        let why = if input.source.format == Format::GeoJson { ", as GeoJSON has when it says nothing" } else { "" };
        notes.push(format!("the file says {}{why}, but the stated CRS {} was used", held.title(), stated.title()));
    }
    let crs = stated.or(held);
    let columns = place::find(input, options.x.as_deref(), options.y.as_deref(), crs.as_ref())?;
    Ok(Located { crs, columns, notes })
}

/// The example and the hint of the error that asks for a CRS.
pub(super) fn crs_hint(input: &Input, columns: PlaceColumns) -> (&'static str, &'static str) {
    if columns.named_geographic(input) {
        (
            "EPSG:4326",
            " (the columns are named longitude and latitude; on WGS 84, as GPS gives them, that is EPSG:4326)",
        )
    } else {
        ("EPSG:28992", "")
    }
}

impl<'a> Collector<'a> {
    pub(super) fn new(input: &'a Input, options: &ReadOptions) -> Result<Self> {
        let tolerant = options.tolerant || options.analytes.is_empty();
        let Located { crs, columns, notes } = locate(input, options)?;
        let (crs_example, crs_hint) = crs_hint(input, columns);
        if crs.is_none() && !tolerant {
            return Err(Error::CrsNotStated {
                file: input.source.path.clone(),
                example: crs_example.to_owned(),
                hint: crs_hint.to_owned(),
            });
        }
        let mut text_columns = Vec::new();
        for name in &options.columns {
            text_columns.push(input.required_column(name)?);
        }
        for name in &options.optional_columns {
            text_columns.extend(input.column(name)?.filter(|column| !text_columns.contains(column)));
        }
        let text =
            text_columns.iter().map(|&c| TextColumn { name: input.header[c].clone(), cells: Vec::new() }).collect();
        let collected = Collected {
            crs,
            crs_example,
            crs_hint,
            xy: columns.names(input),
            coords: Vec::new(),
            lines: Vec::new(),
            text,
            places: Problems::new(tolerant),
            empty_rows: 0,
            rows: 0,
            notes,
        };
        Ok(Self { input, columns, text_columns, collected, tolerant, room: options.room })
    }

    pub(super) fn tolerant(&self) -> bool {
        self.tolerant
    }

    /// Makes room for so many rows, if there is so much: else it grows as it must. Of `analytes`, the most frequent of which has `most`
    /// readings.
    ///
    /// # Errors
    /// Rows that take more than the memory allowed.
    pub(super) fn expect(&mut self, shape: Shape, rows: usize, analytes: usize, most: usize) -> Result<()> {
        memory::refuse_too_many(self.input, self.room, shape, [rows, most], [analytes, self.text_columns.len()])?;
        let all = &mut self.collected;
        memory::expect(&mut all.coords, rows);
        memory::expect(&mut all.lines, rows);
        all.text.iter_mut().for_each(|kept| memory::expect(&mut kept.cells, rows));
        Ok(())
    }

    /// What it looks at of a row, with `others`.
    pub(super) fn columns(&self, others: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut columns = self.text_columns.clone();
        if let PlaceColumns::Columns { x, y } = self.columns {
            columns.extend([x, y]);
        }
        columns.extend(others);
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Whether places come from geometries.
    pub(super) fn wants_place(&self) -> bool {
        self.columns == PlaceColumns::Geometry
    }

    pub(super) fn holds_place(&self, column: usize) -> bool {
        matches!(self.columns, PlaceColumns::Columns { x, y } if x == column || y == column)
    }

    /// The record of a row; `None` for one without a place, which is refused if it has a value.
    pub(super) fn place(&mut self, row: Row<'_>, has_value: impl Fn(Row<'_>) -> bool) -> Result<Option<u32>> {
        let all = &mut self.collected;
        all.rows += 1;
        match self.columns.place(self.input, row, all.crs.as_ref()) {
            Ok(Some(place)) => {
                let record = u32::try_from(all.coords.len())
                    .map_err(|_| self.input.refuse("has more than four thousand million rows", "split it"))?;
                all.coords.push(place);
                all.lines.push(row.number);
                for (kept, &column) in all.text.iter_mut().zip(&self.text_columns) {
                    kept.cells.push(cell::trim(row.cell(column)).to_owned());
                }
                Ok(Some(record))
            }
            Ok(None) if has_value(row) => {
                let bad = self.input.bad_row(
                    row,
                    None,
                    "a sample with a value but without a place",
                    "fill its coordinates in, or remove the row",
                );
                all.places.take(bad).map(|()| None)
            }
            Ok(None) => {
                all.empty_rows += 1;
                Ok(None)
            }
            Err(bad) => all.places.take(*bad).map(|()| None),
        }
    }

    /// Checks the whole, once all rows are in.
    pub(super) fn finish(self) -> Result<Collected> {
        let mut all = self.collected;
        all.coords.shrink_to_fit();
        all.lines.shrink_to_fit();
        all.text.iter_mut().for_each(|kept| kept.cells.shrink_to_fit());
        if all.rows == 0 {
            return Err(self.input.refuse("has a header but no rows", "add the samples"));
        }
        let in_degrees = |c: &Coord| c[0].abs() <= 180.0 && c[1].abs() <= 90.0;
        if let Some(crs) = all.crs.as_ref().filter(|crs| crs.metres_per_unit().is_some())
            && !self.tolerant
            && self.columns.named_geographic(self.input)
            && all.coords.iter().all(in_degrees)
        {
            let (x, y) = all.xy.clone().unwrap_or_default();
            return Err(self.input.refuse(
                format!("columns '{x}' and '{y}' hold degrees, but the CRS {} is projected", crs.title()),
                "state the CRS that these coordinates are in, for example --crs EPSG:4326",
            ));
        }
        Ok(all)
    }
}

impl Collected {
    pub(super) fn into_table(self, mut source: Source, analytes: Vec<AnalyteColumn>) -> SampleTable {
        source.rows = self.rows;
        (source.x, source.y) = self.xy.map_or((None, None), |(x, y)| (Some(x), Some(y)));
        SampleTable {
            source,
            crs: self.crs,
            crs_example: self.crs_example,
            crs_hint: self.crs_hint,
            coords: self.coords,
            lines: self.lines,
            analytes,
            text: self.text,
            places: self.places,
            empty_rows: self.empty_rows,
            notes: self.notes,
        }
    }
}
