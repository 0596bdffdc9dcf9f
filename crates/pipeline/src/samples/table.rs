//! Samples as a file holds them: places, and what the laboratory reported.

use serde::Serialize;
use soilscope_core::Coord;
use soilscope_core::censored::Measurement;

use super::source::Source;
use super::unit::Unit;
use crate::crs::Crs;
use crate::error::BadCell;
use crate::{Error, Result};

/// Refused cells that are kept in words; the rest is counted.
const KEPT: usize = 200;

/// What a file says of one analyte in one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing was measured, or it is not in the file.
    Missing,
    /// Below a limit that the file does not state.
    NotDetected,
    /// A value, or a limit it is below.
    Measured(Measurement),
}

/// Where a unit is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitSource {
    /// The user.
    Stated,
    /// The name of the column.
    ColumnName,
    /// A column of units.
    UnitColumn,
    /// Nobody: mg/kg, as is usual.
    Assumed,
    /// Nobody, and the name is none of a concentration.
    Unknown,
}

/// The readings of one analyte.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalyteColumn {
    pub(super) name: String,
    pub(super) column: String,
    pub(super) unit: Option<Unit>,
    pub(super) unit_source: UnitSource,
    pub(super) rows: Vec<u32>,
    pub(super) readings: Vec<Reading>,
    pub(super) unreadable: Problems,
    /// Rows with a value under the limit beside it that nothing marks as below.
    pub(super) unmarked: Vec<usize>,
    pub(super) notes: Vec<String>,
}

impl AnalyteColumn {
    pub(super) fn new(name: &str, column: &str, unit: Option<Unit>, unit_source: UnitSource, tolerant: bool) -> Self {
        Self {
            name: name.to_owned(),
            column: column.to_owned(),
            unit,
            unit_source,
            rows: Vec::new(),
            readings: Vec::new(),
            unreadable: Problems::new(tolerant),
            unmarked: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Makes room for so many readings.
    pub(super) fn expect(&mut self, readings: usize) {
        super::memory::expect(&mut self.rows, readings);
        super::memory::expect(&mut self.readings, readings);
    }

    /// All readings are in: room that is left is given back.
    pub(super) fn whole(mut self) -> Self {
        self.rows.shrink_to_fit();
        self.readings.shrink_to_fit();
        self
    }

    /// As it was asked for, or as the file calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column of a wide file, or the name that a long one uses.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The unit of the readings, where one is known or assumed.
    pub fn unit(&self) -> Option<&Unit> {
        self.unit.as_ref()
    }

    /// Where the unit is known from.
    pub fn unit_source(&self) -> UnitSource {
        self.unit_source
    }

    /// The record of the table that each reading belongs to: an index into [`SampleTable::coords`].
    pub fn records(&self) -> &[u32] {
        &self.rows
    }

    /// What was reported, in [`unit`](Self::unit), in the order of the file.
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// Cells that could not be understood; only a tolerant reading has any. The first 200 are kept.
    pub fn unreadable(&self) -> &[BadCell] {
        &self.unreadable.list
    }

    /// How many cells could not be understood.
    pub fn unreadable_count(&self) -> usize {
        self.unreadable.count
    }
}

/// Cells that were refused: the first ends a strict reading, a tolerant one collects.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Problems {
    tolerant: bool,
    pub(super) list: Vec<BadCell>,
    pub(super) count: usize,
}

impl Problems {
    pub(super) fn new(tolerant: bool) -> Self {
        Self { tolerant, list: Vec::new(), count: 0 }
    }

    pub(super) fn take(&mut self, bad: BadCell) -> Result<()> {
        if !self.tolerant {
            return Err(bad.into());
        }
        self.count += 1;
        if self.list.len() < KEPT {
            self.list.push(bad);
        }
        Ok(())
    }

    /// The first refusal, for those who need the values after all.
    pub(super) fn refuse(&self) -> Result<()> {
        self.list.first().map_or(Ok(()), |bad| Err(bad.clone().into()))
    }
}

/// A column that was kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumn {
    /// Its name in the file.
    pub name: String,
    /// One cell for each record, trimmed.
    pub cells: Vec<String>,
}

/// A sample file: places, and readings of one or more analytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleTable {
    pub(super) source: Source,
    pub(super) crs: Option<Crs>,
    pub(super) crs_example: &'static str,
    pub(super) crs_hint: &'static str,
    pub(super) coords: Vec<Coord>,
    pub(super) lines: Vec<usize>,
    pub(super) analytes: Vec<AnalyteColumn>,
    pub(super) text: Vec<TextColumn>,
    pub(super) places: Problems,
    /// Rows without a place and without a value.
    pub(super) empty_rows: usize,
    pub(super) notes: Vec<String>,
}

impl SampleTable {
    /// What was read and recognised.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The CRS of [`coords`](Self::coords), as stated or held by the file; only a tolerant reading can lack one.
    pub fn crs(&self) -> Option<&Crs> {
        self.crs.as_ref()
    }

    /// The place of each record, in the CRS of the file.
    pub fn coords(&self) -> &[Coord] {
        &self.coords
    }

    /// Where each record stands: line of a text file, feature of a vector file, from 1.
    pub fn lines(&self) -> &[usize] {
        &self.lines
    }

    /// The analytes, in the order they were asked for or stand in the file.
    pub fn analytes(&self) -> &[AnalyteColumn] {
        &self.analytes
    }

    /// Columns that were asked to be kept as text.
    pub fn text_columns(&self) -> &[TextColumn] {
        &self.text
    }

    /// Rows whose place cannot be used; only a tolerant reading has any. The first 200 are kept.
    pub fn misplaced(&self) -> &[BadCell] {
        &self.places.list
    }

    /// How many rows have a place that cannot be used.
    pub fn misplaced_count(&self) -> usize {
        self.places.count
    }

    /// What the reader decided by itself and a person may want to know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// One analyte, by the name it was asked for or has in the file.
    ///
    /// # Errors
    /// [`Error::Unknown`] lists what there is.
    pub fn analyte(&self, name: &str) -> Result<&AnalyteColumn> {
        let find = |same: &dyn Fn(&AnalyteColumn) -> bool| self.analytes.iter().find(|a| same(a));
        find(&|a| a.name == name || a.column == name)
            .or_else(|| find(&|a| a.name.to_lowercase() == name.to_lowercase()))
            .or_else(|| {
                let found = super::analyte::matching(name, self.analytes.iter().map(|a| a.column.as_str()));
                if let [one] = found[..] { Some(&self.analytes[one]) } else { None }
            })
            .ok_or_else(|| Error::Unknown {
                file: self.source.path.clone(),
                what: "analyte",
                name: name.to_owned(),
                available: self.analytes.iter().map(|a| a.column.clone()).collect(),
                nearest: super::spelling::nearest(name, self.analytes.iter().map(|a| a.column.as_str())),
            })
    }

    /// The CRS, or the error that asks for one.
    pub(super) fn required_crs(&self) -> Result<&Crs> {
        self.crs.as_ref().ok_or_else(|| Error::CrsNotStated {
            file: self.source.path.clone(),
            example: self.crs_example.to_owned(),
            hint: self.crs_hint.to_owned(),
        })
    }
}
