//! Errors as Python's exceptions.

use std::fmt::Display;

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

pyo3::create_exception!(
    soilscope,
    SoilscopeError,
    PyValueError,
    "What is wrong with samples, models or settings, in the words of the Rust library: what, where, and the remedy."
);

/// A refusal of Rust's, in its words.
pub(crate) fn refused(error: impl Display) -> PyErr {
    SoilscopeError::new_err(error.to_string())
}
