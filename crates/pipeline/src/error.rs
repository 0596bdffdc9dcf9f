//! What can be wrong with files, coordinate systems and runs.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

/// A refusal that names the file, the row, the column and the value where there is one, why, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that was named is not there.
    #[error("{file}: there is no such file")]
    NoSuchFile {
        /// The path as given.
        file: String,
    },
    /// A file is there but its bytes cannot be had.
    #[error("{file}: cannot be read: {reason}")]
    Unreadable {
        /// The path as given.
        file: String,
        /// What the system or GDAL said.
        reason: String,
    },
    /// A file was read, but it is not a table of places that we understand.
    #[error("{file}: {reason}; {remedy}")]
    Table {
        /// The path as given.
        file: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// A column, analyte or layer that was asked for is not there.
    #[error("{file}: there is no {what} '{name}'{}; there {}", suggestion(.nearest.as_deref()), listing(.available))]
    Unknown {
        /// The path as given.
        file: String,
        /// Column, analyte, layer.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        available: Vec<String>,
        /// The one most like it, where one is.
        nearest: Option<String>,
    },
    /// One cell or row of a table.
    #[error("{0}")]
    Cell(Box<BadCell>),
    /// Neither the file nor the user says where on Earth the coordinates are.
    #[error(
        "{file}: the coordinate reference system (CRS) is not stated, and the file does not hold one; state it, for \
         example --crs {example}, or --crs local for a plane that is nowhere on Earth{hint}"
    )]
    CrsNotStated {
        /// The path as given.
        file: String,
        /// A CRS that the file's own column names suggest, or any.
        example: String,
        /// Why that one; may be empty.
        hint: String,
    },
    /// A CRS cannot be used.
    #[error("CRS '{definition}': {reason}")]
    Crs {
        /// What was given, shortened.
        definition: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// A place cannot be brought from one CRS to another.
    #[error("the place ({first}, {second}) cannot be transformed from {from} to {to}: {reason}")]
    Transform {
        /// Easting or longitude.
        first: f64,
        /// Northing or latitude.
        second: f64,
        /// The CRS it is in.
        from: String,
        /// The CRS that was wanted.
        to: String,
        /// Why not.
        reason: String,
    },
    /// The values of one analyte cannot be interpolated.
    #[error("{file}, analyte '{analyte}': {refusal}; {remedy}")]
    Samples {
        /// The path as given.
        file: String,
        /// The analyte as asked for.
        analyte: String,
        /// What the mathematics said; boxed, so that every `Result` stays small.
        refusal: Box<soilscope_core::Error>,
        /// What to do about the file.
        remedy: String,
    },
    /// A target exists and may not be replaced.
    #[error("{} exists; use --overwrite to replace it", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// A target cannot be written: folder, rights, a full disk.
    #[error("{}: {message}", path.display())]
    Write {
        /// The target.
        path: PathBuf,
        /// What the system or GDAL said.
        message: String,
    },
    /// Another process is at work in the folder.
    #[error(
        "{}: another run is at work here{}; wait for it, or use another folder",
        folder.display(),
        if who.is_empty() { String::new() } else { format!(" ({who})") }
    )]
    Busy {
        /// The journal.
        folder: PathBuf,
        /// Which process.
        who: String,
    },
    /// The folder holds a run that was not finished.
    #[error(
        "{} holds {strips} strips of a run that was not finished: --resume goes on with it, --overwrite begins again",
        folder.display()
    )]
    Unfinished {
        /// The journal.
        folder: PathBuf,
        /// Strips that are done.
        strips: usize,
    },
    /// A run cannot go on, as it would not be the same.
    #[error(
        "{} is of a run with other inputs or settings, and cannot go on: {}; undo that, or begin again with --overwrite",
        folder.display(),
        changes.join(", ")
    )]
    Changed {
        /// The journal.
        folder: PathBuf,
        /// What is different.
        changes: Vec<String>,
    },
    /// There are no parts to put together.
    #[error("{} holds no parts of a run: compute them first, with --part 1/N and so on", folder.display())]
    NoParts {
        /// The journal.
        folder: PathBuf,
    },
    /// There is no such grid.
    #[error(transparent)]
    Grid(#[from] crate::grid::GridError),
    /// A raster cannot be a template.
    #[error("{file}: {refusal}")]
    Template {
        /// The path as given.
        file: String,
        /// Why.
        refusal: crate::grid::GridError,
    },
    /// A mask that chooses nothing, or cannot be placed.
    #[error("mask: {message}")]
    Mask {
        /// Why.
        message: String,
    },
    /// A layer of uncertainty was asked of a method that has none.
    #[error(
        "this method gives no prediction variance, so no standard deviation, variance or exceedance probability: ask for \
         the prediction alone, or use kriging"
    )]
    NoVariance,
    /// GDAL refused something that is about no one file.
    #[error("GDAL: {message}")]
    Gdal {
        /// What it said.
        message: String,
    },
    /// A worker thread could not start, or stopped on an internal error.
    #[error("{message}")]
    Worker {
        /// What happened.
        message: String,
    },
    /// The run was stopped from outside; nothing unfinished is left.
    #[error("interrupted")]
    Interrupted,
    /// A refusal of the mathematics that needs no file to explain it.
    #[error(transparent)]
    Core(#[from] soilscope_core::Error),
}

/// Result with this crate's [`Error`](enum@Error).
pub type Result<T> = std::result::Result<T, Error>;

/// One cell, or one row, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadCell {
    /// The path as given.
    pub file: String,
    /// `line` of a text file, counted from 1 with the header; `feature` of a vector file, counted from 1.
    pub row_word: &'static str,
    /// Its number.
    pub row: usize,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What stands there, shortened.
    pub value: String,
    /// Why it cannot be used.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for BadCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} {}", self.file, self.row_word, self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", column '{column}'")?;
        }
        write!(f, ": ")?;
        if !self.value.is_empty() {
            write!(f, "'{}' ", self.value)?;
        }
        write!(f, "{}; {}", self.reason, self.remedy)
    }
}

impl From<BadCell> for Error {
    fn from(bad: BadCell) -> Self {
        Self::Cell(Box::new(bad))
    }
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean '{name}'?)"))
}

/// `are: a, b, c and 12 more`, short enough for a terminal.
fn listing(available: &[String]) -> String {
    const SHOWN: usize = 60;
    if available.is_empty() {
        return "are none".to_owned();
    }
    let mut text = format!("are: {}", available[..available.len().min(SHOWN)].join(", "));
    if available.len() > SHOWN {
        text.push_str(&format!(" and {} more", available.len() - SHOWN));
    }
    text
}

/// At most 60 characters of `text`, without control characters, for a message.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
