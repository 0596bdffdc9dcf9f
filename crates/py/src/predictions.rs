//! Predictions as arrays.

use numpy::{PyArray1, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use soilscope_core::Gap;

use crate::Reduced;
use crate::error::SoilscopeError;

/// Why there is no prediction, by the number that stands in `Predictions.gap`.
const GAPS: [&str; 7] = [
    "none",
    "too-few-neighbours",
    "singular-system",
    "singular-drift",
    "missing-covariate",
    "not-finite",
    "another reason",
];

/// Number of a gap.
pub(crate) fn code(gap: Gap) -> u8 {
    match gap {
        Gap::TooFewNeighbours { .. } => 1,
        Gap::SingularSystem => 2,
        Gap::SingularDrift => 3,
        Gap::MissingCovariate => 4,
        Gap::NotFinite => 5,
        _ => 6,
    }
}

/// Predictions of places (n,) or of a grid (rows, columns), all arrays of one shape.
#[pyclass(frozen, get_all, module = "soilscope")]
pub(crate) struct Predictions {
    /// Values, data units, float64; NaN where there is none.
    value: Py<PyArrayDyn<f64>>,
    /// Prediction error variances, unit squared, float64; None for methods without an error model.
    variance: Option<Py<PyArrayDyn<f64>>>,
    /// Probabilities of being above the threshold, float64; None where none was asked for.
    exceedance: Option<Py<PyArrayDyn<f64>>>,
    /// 0, or why there is no prediction, uint8: 1 too few neighbours, 2 singular system, 3 singular drift, 4 missing covariate,
    /// 5 not finite. `gaps` counts them.
    gap: Py<PyArrayDyn<u8>>,
    /// Targets whose system was singular until samples that say nothing new were left out of it.
    reduced: usize,
}

/// Columns while they are filled.
pub(crate) struct Columns<'py> {
    pub(crate) value: Bound<'py, PyArray1<f64>>,
    pub(crate) variance: Option<Bound<'py, PyArray1<f64>>>,
    pub(crate) exceedance: Option<Bound<'py, PyArray1<f64>>>,
    pub(crate) gap: Bound<'py, PyArray1<u8>>,
}

impl<'py> Columns<'py> {
    /// Room for predictions of so many targets.
    pub(crate) fn new(py: Python<'py>, len: usize, variance: bool, exceedance: bool) -> Self {
        let column = || PyArray1::zeros(py, len, false);
        Self {
            value: column(),
            variance: variance.then(column),
            exceedance: exceedance.then(column),
            gap: PyArray1::zeros(py, len, false),
        }
    }

    /// The columns as they are, in another shape of as many numbers.
    pub(crate) fn done(self, shape: &[usize], reduced: usize) -> PyResult<Predictions> {
        let shaped = |column: Bound<'py, PyArray1<f64>>| column.reshape(shape).map(Bound::unbind);
        Ok(Predictions {
            value: shaped(self.value)?,
            variance: self.variance.map(shaped).transpose()?,
            exceedance: self.exceedance.map(shaped).transpose()?,
            gap: self.gap.reshape(shape)?.unbind(),
            reduced,
        })
    }
}

#[pymethods]
impl Predictions {
    #[new]
    #[pyo3(signature = (value, variance, exceedance, gap, reduced=0))]
    fn new(
        value: Bound<'_, PyArrayDyn<f64>>,
        variance: Option<Bound<'_, PyArrayDyn<f64>>>,
        exceedance: Option<Bound<'_, PyArrayDyn<f64>>>,
        gap: Bound<'_, PyArrayDyn<u8>>,
        reduced: usize,
    ) -> PyResult<Self> {
        let like = |other: Option<&Bound<'_, PyArrayDyn<f64>>>| other.is_none_or(|o| o.shape() == value.shape());
        if !like(variance.as_ref()) || !like(exceedance.as_ref()) || gap.shape() != value.shape() {
            return Err(SoilscopeError::new_err("the arrays of predictions differ in shape"));
        }
        Ok(Self {
            value: value.unbind(),
            variance: variance.map(Bound::unbind),
            exceedance: exceedance.map(Bound::unbind),
            gap: gap.unbind(),
            reduced,
        })
    }

    /// How many targets have no prediction, by reason: `{}` where all have one.
    #[getter]
    fn gaps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let codes = self.gap.bind(py).try_readonly()?;
        let mut counts = [0_usize; GAPS.len()];
        codes.as_array().iter().for_each(|&code| counts[usize::from(code).min(GAPS.len() - 1)] += 1);
        let dict = PyDict::new(py);
        for (name, &count) in GAPS.iter().zip(&counts).skip(1).filter(|(_, count)| **count > 0) {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.value.bind(py).shape().first().copied().unwrap_or(0)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let sizes: Vec<String> = self.value.bind(py).shape().iter().map(usize::to_string).collect();
        let with = match (&self.variance, &self.exceedance) {
            (Some(_), Some(_)) => " with variance and exceedance",
            (Some(_), None) => " with variance",
            _ => "",
        };
        let gaps = self.gaps(py)?;
        let gaps = if gaps.is_empty() { "no gaps".to_owned() } else { format!("gaps {gaps}") };
        Ok(format!("<soilscope.Predictions: {}{with}, {gaps}>", sizes.join(" x ")))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, Bound<'py, PyTuple>> {
        let names = ["value", "variance", "exceedance", "gap", "reduced"];
        let parts = names.iter().map(|name| slf.getattr(*name)).collect::<PyResult<Vec<_>>>()?;
        let rebuild = slf.py().import("soilscope._pickle")?.getattr("predictions")?;
        Ok((rebuild, PyTuple::new(slf.py(), parts)?))
    }
}
