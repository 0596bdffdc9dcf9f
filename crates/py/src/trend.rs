//! Trends of a site over time.

use pyo3::prelude::*;
use soilscope_assess::trend;
use soilscope_core::censored::Measurement;

use crate::arrays::Numbers;
use crate::assess::measurement;
use crate::error::refused;
use crate::json;

/// Test of Mann and Kendall for a trend that rises or falls throughout.
///
/// Parameters
/// ----------
/// times : array_like, shape (n,)
///     Ascending.
/// values : sequence of float or str, length n
///     `"<0.2"` for one below its limit.
///
/// Returns
/// -------
/// dict
///     n, s, variance, z, p (two-sided), tau, tied_below.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> soilscope.assess.mann_kendall([0, 1, 2, 3, 4], ["<1.0", 0.5, 2.0, 3.0, 4.0])["s"]
/// 9.0
#[pyfunction]
pub(crate) fn mann_kendall<'py>(
    py: Python<'py>,
    times: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let values: Vec<Measurement> = values.try_iter()?.map(|v| measurement(&v?)).collect::<PyResult<_>>()?;
    let times = Numbers::column("times", times)?;
    let test = trend::mann_kendall(times.as_slice()?, &values).map_err(refused)?;
    json::record(py, &test)
}

/// Median slope of all pairs (Theil and Sen), with an interval.
///
/// Parameters
/// ----------
/// times, values : array_like, shape (n,)
///     Times ascending; all values quantified.
/// confidence : float
///     Of the interval.
///
/// Returns
/// -------
/// dict
///     slope (unit of the values per unit of time), intercept, interval, confidence.
///
/// Examples
/// --------
/// >>> import soilscope.assess
/// >>> soilscope.assess.sen_slope([0, 1, 2, 3, 4, 5], [1.0, 3.0, 5.0, 90.0, 9.0, 11.0])["slope"]
/// 2.0
#[pyfunction]
#[pyo3(signature = (times, values, *, confidence=0.95))]
pub(crate) fn sen_slope<'py>(
    py: Python<'py>,
    times: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
    confidence: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let (times, values) = (Numbers::column("times", times)?, Numbers::column("values", values)?);
    json::record(py, &trend::sen_slope(times.as_slice()?, values.as_slice()?, confidence).map_err(refused)?)
}
