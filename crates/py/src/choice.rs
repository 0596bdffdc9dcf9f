//! A model chosen without a parameter touched.

use pyo3::prelude::*;
use soilscope_core::auto;

use crate::arrays::count;
use crate::empirical::{EmpiricalVariogram, estimator};
use crate::error::refused;
use crate::json;
use crate::recipe::drift;
use crate::samples::Samples;
use crate::variogram::Variogram;
use crate::work::detached;

/// The model chosen, against what, and how sure.
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct Choice {
    inner: auto::Choice,
}

#[pymethods]
impl Choice {
    /// The model to use.
    #[getter]
    fn variogram(&self) -> Variogram {
        self.inner.variogram().clone().into()
    }

    /// The empirical variogram, in lag classes that suit the samples.
    #[getter]
    fn empirical(&self) -> EmpiricalVariogram {
        EmpiricalVariogram { inner: self.inner.empirical.clone() }
    }

    /// What a reader should know.
    #[getter]
    fn remarks(&self) -> Vec<String> {
        self.inner.remarks.clone()
    }

    /// The whole decision in words.
    fn explain(&self) -> String {
        self.inner.explain()
    }

    /// The whole decision as a dictionary: candidates with their scores, parameters with intervals, tests.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::record(py, &self.inner)
    }

    fn __repr__(&self) -> String {
        format!("<soilscope.Choice: {}>", self.inner.variogram())
    }
}

/// Chooses a variogram by how well models predict samples that they have not seen, or says why none is to be had.
///
/// Parameters
/// ----------
/// samples : Samples
///     On the modelling scale.
/// degree, covariates : int
///     Drift, as of `Kriging`.
/// estimator : str
///     As of `empirical_variogram`.
/// transformed : bool
///     Whether the values have been transformed already: then no transform is proposed.
/// seed : int
///     Of what is drawn at random.
/// threads : int, optional
///     All cores by default; the result is the same for any number.
///
/// Raises
/// ------
/// SoilscopeError
///     The samples carry no model: the message has the reason and the remedy.
///
/// Examples
/// --------
/// >>> import numpy as np, soilscope
/// >>> x, y = np.meshgrid(np.arange(0.0, 100.0, 10.0), np.arange(0.0, 100.0, 10.0))
/// >>> values = np.sin(x / 25) + np.cos(y / 30)
/// >>> choice = soilscope.choose(soilscope.Samples(np.c_[x.ravel(), y.ravel()], values.ravel()))
/// >>> choice.variogram.effective_range > 20
/// True
#[pyfunction]
#[pyo3(signature = (samples, *, degree=0, covariates=0, estimator="matheron", transformed=false, seed=0, threads=None))]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub(crate) fn choose(
    py: Python<'_>,
    samples: &Samples,
    degree: i128,
    covariates: i128,
    estimator: &str,
    transformed: bool,
    seed: i128,
    threads: Option<i128>,
) -> PyResult<Choice> {
    let (degree, covariates) = (count("degree", degree)?, count("covariates", covariates)?);
    let seed = count("seed", seed)?;
    let (drift, estimator) = (drift(None, degree, covariates).map_err(refused)?, self::estimator(estimator)?);
    let settings = auto::Settings { drift, estimator, transformed, seed, ..auto::Settings::default() };
    let inner = detached(py, threads, |executor| auto::choose(&samples.inner, &settings, executor))?;
    Ok(Choice { inner })
}
