//! What can be wrong with what is packed, read or verified.

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
    #[error("{}, row {row}, column '{column}': '{value}': {reason}; {remedy}", .path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Its row, the header being row 1.
        row: u64,
        /// The column as the file names it.
        column: String,
        /// The cell, shortened.
        value: String,
        /// Why it is refused.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
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
