//! Arrays of Python in, without a copy where they lie as Rust wants them; arrays out.

use numpy::ndarray::{ArrayView1, ArrayView2};
use numpy::{PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use soilscope_core::Coord;

use crate::error::{SoilscopeError, refused};

/// Numbers of an array, row by row: those of the caller's array where it is of float64, aligned and C-contiguous, and else of a
/// copy that is.
pub(crate) struct Numbers<'py> {
    array: PyReadonlyArrayDyn<'py, f64>,
}

impl<'py> Numbers<'py> {
    /// # Errors
    /// Not an array of numbers, or one in which some are masked.
    pub(crate) fn of(what: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        static REQUIRE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static MASKED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = object.py();
        if object.is_instance(MASKED.import(py, "numpy.ma", "MaskedArray")?)?
            && object.getattr("mask")?.call_method0("any")?.is_truthy()?
        {
            return Err(refused(format!("{what} has masked numbers: leave them out, or fill them")));
        }
        let array = ASARRAY.import(py, "numpy", "asarray")?.call1((object,))?;
        let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
        // What numpy would turn into numbers without a word.
        let other = match kind.as_str() {
            "c" => Some("complex numbers"),
            "M" | "m" => Some("times"),
            "S" | "U" => Some("text"),
            _ => None,
        };
        if let Some(other) = other {
            return Err(PyTypeError::new_err(format!("{what} has {other}, but must have real numbers")));
        }
        let options = PyDict::new(py);
        options.set_item("dtype", numpy::dtype::<f64>(py))?;
        options.set_item("requirements", ["C", "A", "E"])?;
        let array = REQUIRE.import(py, "numpy", "require")?.call((array,), Some(&options))?;
        Ok(Self { array: array.cast_into::<PyArrayDyn<f64>>()?.try_readonly().map_err(refused)? })
    }

    /// One column of numbers.
    ///
    /// # Errors
    /// As [`Numbers::of`], or another shape.
    pub(crate) fn column(what: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let numbers = Self::of(what, object)?;
        if numbers.shape().len() != 1 {
            return Err(shape(what, "(n,)", numbers.shape()));
        }
        Ok(numbers)
    }

    /// Rows of `width` numbers each.
    ///
    /// # Errors
    /// As [`Numbers::of`], or another shape.
    pub(crate) fn rows(what: &str, wanted: &str, object: &Bound<'py, PyAny>, width: Option<usize>) -> PyResult<Self> {
        let numbers = Self::of(what, object)?;
        match *numbers.shape() {
            [_, columns] if width.is_none_or(|w| w == columns) => Ok(numbers),
            _ => Err(shape(what, wanted, numbers.shape())),
        }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.array.shape()
    }

    pub(crate) fn as_slice(&self) -> PyResult<&[f64]> {
        self.array.as_slice().map_err(refused)
    }

    pub(crate) fn to_vec(&self) -> PyResult<Vec<f64>> {
        self.as_slice().map(<[f64]>::to_vec)
    }
}

/// A number of things that Python gave: not below 0.
///
/// # Errors
/// Below 0, in words that name it; too large for this machine.
pub(crate) fn count<T: TryFrom<i128>>(what: &str, given: i128) -> PyResult<T> {
    T::try_from(given).map_err(|_| {
        let requirement = if given < 0 { "0 or more" } else { "less" };
        refused(format!("{what} is {given}, but must be {requirement}"))
    })
}

/// As [`count`], where it was given.
///
/// # Errors
/// As [`count`].
pub(crate) fn count_if<T: TryFrom<i128>>(what: &str, given: Option<i128>) -> PyResult<Option<T>> {
    given.map(|given| count(what, given)).transpose()
}

fn shape(what: &str, wanted: &str, found: &[usize]) -> PyErr {
    let sizes: Vec<String> = found.iter().map(usize::to_string).collect();
    let comma = if found.len() == 1 { "," } else { "" };
    SoilscopeError::new_err(format!("{what} has the shape ({}{comma}), but must have {wanted}", sizes.join(", ")))
}

/// Places: an array of shape (n, 2), easting first.
pub(crate) struct Places<'py>(Numbers<'py>);

impl<'py> Places<'py> {
    pub(crate) fn of(what: &str, object: &Bound<'py, PyAny>) -> PyResult<Self> {
        Numbers::rows(what, "(n, 2): easting, northing", object, Some(2)).map(Self)
    }

    pub(crate) fn as_slice(&self) -> PyResult<&[Coord]> {
        self.0.as_slice().map(|numbers| numbers.as_chunks().0)
    }
}

/// Whether places in this array are read where they lie: C-contiguous, aligned float64 of shape (n, 2). Others are copied first.
///
/// Examples
/// --------
/// >>> import numpy as np, soilscope
/// >>> places = np.zeros((3, 2))
/// >>> soilscope.places_in_place(places), soilscope.places_in_place(places.astype("f4")), soilscope.places_in_place(places[::-1])
/// (True, False, False)
#[pyfunction]
pub(crate) fn places_in_place(places: &Bound<'_, PyAny>) -> PyResult<bool> {
    let read = Places::of("places", places)?;
    let address = read.as_slice()?.as_ptr() as usize;
    let Ok(own) = places.getattr("ctypes") else { return Ok(false) };
    Ok(own.getattr("data")?.extract::<usize>()? == address)
}

/// Numbers that belong to `owner`, which never changes them, as an array that cannot be written.
#[allow(unsafe_code, reason = "numpy has no safe way to look at memory that it does not own")]
pub(crate) fn view<'py, T>(owner: &Bound<'py, T>, numbers: &[f64]) -> Bound<'py, PyArray1<f64>> {
    // SAFETY: `numbers` are of an immutable value that `owner`, a frozen class, holds as long as it lives, and the array keeps
    // `owner` alive; nothing writes through the array, which is made read-only before Python sees it.
    let array = unsafe { PyArray1::borrow_from_array(&ArrayView1::from(numbers), owner.clone().into_any()) };
    drop(array.readwrite().make_nonwriteable());
    array
}

/// As [`view`], rows of `width` numbers.
#[allow(unsafe_code, reason = "as view")]
pub(crate) fn view_rows<'py, T>(
    owner: &Bound<'py, T>,
    numbers: &[f64],
    width: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let rows = ArrayView2::from_shape((numbers.len() / width.max(1), width), numbers).map_err(refused)?;
    // SAFETY: as in `view`.
    let array = unsafe { PyArray2::borrow_from_array(&rows, owner.clone().into_any()) };
    drop(array.readwrite().make_nonwriteable());
    Ok(array)
}
