//! Variogram models.

use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use soilscope_core::variogram;

use crate::arrays::Numbers;
use crate::error::refused;

/// A nested variogram, read from gstat's notation. Immutable; pickles.
///
/// The nugget is variation of the field at the smallest scale; `Err` is measurement error of the samples, which is filtered.
/// Semivariances are in the square of the values' unit, lags in coordinate units.
///
/// Parameters
/// ----------
/// notation : str
///     `psill Type(range[, kappa=...][, az=..., ratio=...])`, terms joined by `+`, as `"0.05 Nug + 0.59 Sph(897)"`. Types: Nug, Err,
///     Sph, Exp, Gau, Exc, Mat, Ste, Bes, Cir, Pen, Lin, Per, Wav, Hol, Pow, Log.
///
/// Raises
/// ------
/// SoilscopeError
///     Text that is no complete model; `fit` fills in what is left out.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> v = soilscope.Variogram("0.05 Nug + 0.59 Sph(897)")
/// >>> v.nugget, v.sill, v.semivariance([0.0, 897.0])
/// (0.05, 0.64, array([0.  , 0.64]))
/// >>> soilscope.Variogram("Nug + Sph(897)")
/// Traceback (most recent call last):
///     ...
/// soilscope.SoilscopeError: cannot read the variogram model 'Nug + Sph(897)': 2 of its numbers are left open; write for example '0.05 Nug + 0.59 Sph(897)'
#[pyclass(frozen, eq, module = "soilscope")]
#[derive(PartialEq, Clone)]
pub(crate) struct Variogram {
    pub(crate) inner: variogram::Variogram,
}

impl Variogram {
    /// A variogram, or the one of a text.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<variogram::Variogram> {
        match object.cast::<Self>() {
            Ok(own) => Ok(own.get().inner.clone()),
            Err(_) => match object.extract::<String>() {
                Ok(text) => text.parse().map_err(refused),
                Err(_) => {
                    let found = object.get_type().name()?;
                    Err(PyTypeError::new_err(format!(
                        "variogram must be a Variogram, or its notation as text, not {found}"
                    )))
                }
            },
        }
    }
}

impl From<variogram::Variogram> for Variogram {
    fn from(inner: variogram::Variogram) -> Self {
        Self { inner }
    }
}

#[pymethods]
impl Variogram {
    #[new]
    fn new(notation: &str) -> PyResult<Self> {
        notation.parse().map(|inner| Self { inner }).map_err(refused)
    }

    /// Micro-scale variance.
    #[getter]
    fn nugget(&self) -> f64 {
        self.inner.nugget()
    }

    /// Measurement-error variance of the samples.
    #[getter]
    fn error_variance(&self) -> f64 {
        self.inner.error_variance()
    }

    /// Nugget plus partial sills: the variance of the field, where `is_bounded`.
    #[getter]
    fn sill(&self) -> f64 {
        self.inner.sill()
    }

    /// Whether there is a sill.
    #[getter]
    fn is_bounded(&self) -> bool {
        self.inner.is_bounded()
    }

    /// Distance at which 95 % of the sill is reached, coordinate units.
    #[getter]
    fn effective_range(&self) -> f64 {
        self.inner.effective_range()
    }

    /// The structures beside the nugget: dictionaries of type, partial_sill, range, kappa (None where the type has none), azimuth and
    /// ratio.
    #[getter]
    fn structures<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let record = |s: &variogram::Structure| {
            let dict = PyDict::new(py);
            dict.set_item("type", s.model().abbreviation())?;
            dict.set_item("partial_sill", s.partial_sill())?;
            dict.set_item("range", s.range())?;
            dict.set_item("kappa", s.model().shape())?;
            dict.set_item("azimuth", s.anisotropy().azimuth())?;
            dict.set_item("ratio", s.anisotropy().ratio())?;
            Ok(dict)
        };
        self.inner.structures().iter().map(record).collect()
    }

    /// Semivariance at lags along an azimuth (degrees clockwise from north); 0 at lag 0. An array of the lags' shape.
    #[pyo3(signature = (lags, azimuth=0.0))]
    fn semivariance<'py>(&self, lags: &Bound<'py, PyAny>, azimuth: f64) -> PyResult<Bound<'py, PyAny>> {
        along(lags, azimuth, |h| self.inner.semivariance(h))
    }

    /// Covariance at lags along an azimuth: sill less semivariance. An array of the lags' shape.
    #[pyo3(signature = (lags, azimuth=0.0))]
    fn covariance<'py>(&self, lags: &Bound<'py, PyAny>, azimuth: f64) -> PyResult<Bound<'py, PyAny>> {
        along(lags, azimuth, |h| self.inner.covariance(h))
    }

    /// The same correlation with all variances multiplied.
    fn scaled(&self, factor: f64) -> PyResult<Self> {
        self.inner.scaled(factor).map(Into::into).map_err(refused)
    }

    fn __str__(&self) -> String {
        self.inner.to_string()
    }

    fn __repr__(&self) -> String {
        format!("soilscope.Variogram('{}')", self.inner)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.to_string().hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (String,)) {
        (slf.get_type().into_any(), (slf.get().inner.to_string(),))
    }
}

fn along<'py>(lags: &Bound<'py, PyAny>, azimuth: f64, f: impl Fn([f64; 2]) -> f64) -> PyResult<Bound<'py, PyAny>> {
    let numbers = Numbers::of("lags", lags)?;
    let (sin, cos) = azimuth.to_radians().sin_cos();
    let values = numbers.as_slice()?.iter().map(|&h| f([h * sin, h * cos])).collect();
    Ok(PyArray1::from_vec(lags.py(), values).reshape(numbers.shape().to_vec())?.into_any())
}
