//! Samples.

use std::sync::Arc;

use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use soilscope_core::metric::Metric;

use crate::Reduced;
use crate::arrays::{Numbers, Places, view, view_rows};
use crate::error::refused;
use crate::transform::Transform;

/// Values at places, checked once: at least one sample, all numbers finite. Immutable; pickles.
///
/// The arrays given are copied: they are the samples' own from then on. `coords`, `values` and the others look at that memory
/// without a copy, and cannot be written.
///
/// Parameters
/// ----------
/// coords : array_like, shape (n, 2)
///     Easting and northing, in CRS units; longitude and latitude in degrees where `sphere_radius` is given.
/// values : array_like, shape (n,)
///     In any unit.
/// error_variances : array_like, shape (n,), optional
///     Variance of each sample's own measurement error, the value's unit squared.
/// covariates : array_like, shape (n, p), optional
///     Covariates for the drift.
/// sphere_radius : float, optional
///     Distances are great circles on a sphere of this radius, as `soilscope.EARTH_RADIUS` (metres).
///
/// Raises
/// ------
/// SoilscopeError
///     No sample, arrays of different lengths, or a number that is not finite.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [3, 4]], [1.0, 2.0])
/// >>> len(samples), samples.mean, samples.diagonal
/// (2, 1.5, 5.0)
/// >>> soilscope.Samples([[0, 0]], [float("nan")])
/// Traceback (most recent call last):
///     ...
/// soilscope.SoilscopeError: sample 0 has a value that is not a finite number (NaN)
#[pyclass(frozen, eq, module = "soilscope")]
#[derive(PartialEq)]
pub(crate) struct Samples {
    pub(crate) inner: Arc<soilscope_core::Samples>,
}

impl From<soilscope_core::Samples> for Samples {
    fn from(inner: soilscope_core::Samples) -> Self {
        Self { inner: Arc::new(inner) }
    }
}

#[pymethods]
impl Samples {
    #[new]
    #[pyo3(signature = (coords, values, *, error_variances=None, covariates=None, sphere_radius=None))]
    fn new(
        coords: &Bound<'_, PyAny>,
        values: &Bound<'_, PyAny>,
        error_variances: Option<&Bound<'_, PyAny>>,
        covariates: Option<&Bound<'_, PyAny>>,
        sphere_radius: Option<f64>,
    ) -> PyResult<Self> {
        let coords = Places::of("coords", coords)?.as_slice()?.to_vec();
        let mut samples =
            soilscope_core::Samples::new(coords, Numbers::column("values", values)?.to_vec()?).map_err(refused)?;
        if let Some(radius) = sphere_radius {
            samples = samples.on_sphere(radius).map_err(refused)?;
        }
        if let Some(errors) = error_variances {
            let errors = Numbers::column("error_variances", errors)?.to_vec()?;
            samples = samples.with_error_variances(errors).map_err(refused)?;
        }
        if let Some(covariates) = covariates {
            let rows = Numbers::rows("covariates", "(n, p): p covariates of each sample", covariates, None)?;
            let (width, numbers) = (rows.shape()[1], rows.as_slice()?);
            let columns: Vec<Vec<f64>> =
                (0..width).map(|k| numbers.iter().skip(k).step_by(width).copied().collect()).collect();
            samples = samples.with_covariates(&columns).map_err(refused)?;
        }
        Ok(samples.into())
    }

    /// Places, shape (n, 2), easting first; no copy, read-only.
    #[getter]
    fn coords<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        view_rows(slf, slf.get().inner.coords().as_flattened(), 2)
    }

    /// Values, shape (n,); no copy, read-only.
    #[getter]
    fn values<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyArray1<f64>> {
        view(slf, slf.get().inner.values())
    }

    /// Variances of the samples' own measurement errors, shape (n,), or None; no copy, read-only.
    #[getter]
    fn error_variances<'py>(slf: &Bound<'py, Self>) -> Option<Bound<'py, PyArray1<f64>>> {
        slf.get().inner.error_variances().map(|errors| view(slf, errors))
    }

    /// Covariates, shape (n, p), or None; a copy.
    #[getter]
    fn covariates<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
        if self.inner.covariate_count() == 0 {
            return Ok(None);
        }
        let rows: Vec<Vec<f64>> = (0..self.inner.len()).map(|i| self.inner.covariates(i).to_vec()).collect();
        PyArray2::from_vec2(py, &rows).map(Some).map_err(refused)
    }

    /// How many covariates each sample has.
    #[getter]
    fn covariate_count(&self) -> usize {
        self.inner.covariate_count()
    }

    /// Radius of the sphere that distances are measured on, or None on a plane.
    #[getter]
    fn sphere_radius(&self) -> Option<f64> {
        match self.inner.metric() {
            Metric::Sphere { radius } => Some(radius),
            _ => None,
        }
    }

    /// Bounding box: (west, south, east, north).
    #[getter]
    fn bounds(&self) -> (f64, f64, f64, f64) {
        let ([west, south], [east, north]) = self.inner.bounds();
        (west, south, east, north)
    }

    /// Length of the bounding box's diagonal.
    #[getter]
    fn diagonal(&self) -> f64 {
        self.inner.diagonal()
    }

    /// Arithmetic mean of the values.
    #[getter]
    fn mean(&self) -> f64 {
        self.inner.mean()
    }

    /// Sample variance of the values (denominator n - 1).
    #[getter]
    fn variance(&self) -> f64 {
        self.inner.variance()
    }

    /// The same places and covariates with other values; error variances are dropped.
    fn with_values(&self, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = Numbers::column("values", values)?.to_vec()?;
        self.inner.with_values(values).map(Into::into).map_err(refused)
    }

    /// The samples at these numbers, in that order, with what they carry.
    ///
    /// Examples
    /// --------
    /// >>> import soilscope
    /// >>> soilscope.Samples([[0, 0], [3, 4]], [1.0, 2.0]).subset([1]).values
    /// array([2.])
    fn subset(&self, indices: Vec<usize>) -> PyResult<Self> {
        if let Some(beyond) = indices.iter().find(|&&i| i >= self.inner.len()) {
            return Err(PyIndexError::new_err(format!("sample {beyond} of {}", self.inner.len())));
        }
        self.inner.subset(&indices).map(Into::into).map_err(refused)
    }

    /// The samples on the scale of a transform, as `"log"`: what variograms for it are computed from.
    ///
    /// Examples
    /// --------
    /// >>> import soilscope
    /// >>> soilscope.Samples([[0, 0], [3, 4]], [1.0, 1.0]).transformed("log").values
    /// array([0., 0.])
    fn transformed(&self, transform: &Bound<'_, PyAny>) -> PyResult<Self> {
        let transform = Transform::of(transform, &self.inner)?;
        transform.forward(&self.inner).map(Into::into).map_err(refused)
    }

    /// Raises SoilscopeError where two samples share a place.
    fn check_distinct_places(&self) -> PyResult<()> {
        self.inner.check_distinct_places().map_err(refused)
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    fn __repr__(&self) -> String {
        let ([west, south], [east, north]) = self.inner.bounds();
        let values = self.inner.values();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let n = self.inner.len();
        let s = if n == 1 { "" } else { "s" };
        format!("<soilscope.Samples: {n} sample{s}, values {low} to {high}, x {west} to {east}, y {south} to {north}>")
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, Bound<'py, PyTuple>> {
        let names = ["coords", "values", "error_variances", "covariates", "sphere_radius"];
        let parts = names.iter().map(|name| slf.getattr(*name)).collect::<PyResult<Vec<_>>>()?;
        let rebuild = slf.py().import("soilscope._pickle")?.getattr("samples")?;
        Ok((rebuild, PyTuple::new(slf.py(), parts)?))
    }
}
