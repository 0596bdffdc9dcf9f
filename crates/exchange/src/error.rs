//! What can be wrong with what is packed, read or verified.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal: what, where, why, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("{}: cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system or a library said.
        reason: String,
    },
    /// A file or folder cannot be written.
    #[error("{}: cannot be written: {reason}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system or a library said.
        reason: String,
    },
    /// What was given is not what is needed.
    #[error("{what}: {reason}; {remedy}")]
    Refused {
        /// The file, field or setting.
        what: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// One cell of a table.
    #[error("{0}")]
    Cell(Box<BadCell>),
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A cell of a table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// The file.
    pub path: PathBuf,
    /// Its row, the header being row 1.
    pub row: u64,
    /// The column as the file names it.
    pub column: String,
    /// The cell, shortened.
    pub value: String,
    /// Why it is refused.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for BadCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, row, column, value, reason, remedy } = self;
        write!(f, "{}, row {row}, column '{column}': '{value}': {reason}; {remedy}", path.display())
    }
}

impl From<BadCell> for Error {
    fn from(cell: BadCell) -> Self {
        Self::Cell(Box::new(cell))
    }
}

impl Error {
    /// `path` cannot be read, for `reason`.
    pub fn unreadable(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Self::Unreadable { path: path.as_ref().to_owned(), reason: reason.to_string() }
    }

    /// `path` cannot be written, for `reason`.
    pub fn unwritable(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Self::Unwritable { path: path.as_ref().to_owned(), reason: reason.to_string() }
    }

    /// `what` is refused, for `reason`; `remedy` says what to do.
    pub fn refused(what: impl ToString, reason: impl ToString, remedy: impl ToString) -> Self {
        Self::Refused { what: what.to_string(), reason: reason.to_string(), remedy: remedy.to_string() }
    }
}
