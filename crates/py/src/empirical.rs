//! Empirical variograms, and models fitted to them.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use soilscope_core::variogram::{self, Direction, Estimator, FitWeights, LagClass, LagClasses, ModelTemplate};

use crate::Reduced;
use crate::arrays::Numbers;
use crate::error::{SoilscopeError, refused};
use crate::samples::Samples;
use crate::variogram::Variogram;
use crate::work::detached;

/// Estimators by name; `cressie` as the command line writes it.
const ESTIMATORS: [(&str, Estimator); 6] = [
    ("matheron", Estimator::Matheron),
    ("cressie-hawkins", Estimator::CressieHawkins),
    ("cressie", Estimator::CressieHawkins),
    ("pairwise-relative", Estimator::PairwiseRelative),
    ("dowd", Estimator::Dowd),
    ("genton", Estimator::Genton),
];

/// The estimator of a name.
pub(crate) fn estimator(name: &str) -> PyResult<Estimator> {
    let found = ESTIMATORS.iter().find(|(own, _)| *own == name).map(|(_, estimator)| *estimator);
    found.ok_or_else(|| {
        let names = ESTIMATORS.map(|(own, _)| own).join(", ");
        SoilscopeError::new_err(format!("no estimator is called '{name}'; there are {names}"))
    })
}

/// Semivariances by lag class; classes without pairs are left out. Immutable; pickles.
///
/// Made by `empirical_variogram`, or from columns of the same length (n,): `np` pairs, `dist` their mean distance (coordinate
/// units), `gamma` semivariance (unit squared), and, where they are known, `azimuth` (degrees) and `error_variance` (what measurement
/// errors add to `gamma`).
#[pyclass(frozen, eq, module = "soilscope")]
#[derive(PartialEq)]
pub(crate) struct EmpiricalVariogram {
    pub(crate) inner: variogram::EmpiricalVariogram,
}

#[pymethods]
impl EmpiricalVariogram {
    #[new]
    #[pyo3(signature = (np, dist, gamma, *, azimuth=None, error_variance=None, estimator="matheron", cutoff=None))]
    fn new(
        np: Vec<u64>,
        dist: &Bound<'_, PyAny>,
        gamma: &Bound<'_, PyAny>,
        azimuth: Option<&Bound<'_, PyAny>>,
        error_variance: Option<&Bound<'_, PyAny>>,
        estimator: &str,
        cutoff: Option<f64>,
    ) -> PyResult<Self> {
        let column = |what: &str, object: &Bound<'_, PyAny>| -> PyResult<Vec<f64>> {
            let column = Numbers::column(what, object)?.to_vec()?;
            if column.len() == np.len() {
                return Ok(column);
            }
            let (left, right) = (np.len(), column.len());
            let message = format!("np has {left} entries but {what} has {right}: they must pair one to one");
            Err(SoilscopeError::new_err(message))
        };
        let (dist, gamma) = (column("dist", dist)?, column("gamma", gamma)?);
        let azimuth = azimuth.map(|a| column("azimuth", a)).transpose()?;
        let errors = error_variance.map(|e| column("error_variance", e)).transpose()?;
        let class = |i: usize| LagClass {
            np: np[i],
            dist: dist[i],
            gamma: gamma[i],
            azimuth: azimuth.as_ref().map(|a| a[i]).filter(|a| !a.is_nan()),
            error_variance: errors.as_ref().map_or(0.0, |e| e[i]),
        };
        let classes = (0..np.len()).map(class).collect();
        let cutoff = cutoff.unwrap_or_else(|| dist.iter().copied().fold(0.0, f64::max));
        let estimator = self::estimator(estimator)?;
        Ok(Self { inner: variogram::EmpiricalVariogram { classes, estimator, cutoff } })
    }

    /// Pairs of each class, shape (n,), int64.
    #[getter]
    fn np<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_vec(py, self.inner.classes.iter().map(|c| c.np as i64).collect())
    }

    /// Mean distance of each class's pairs, shape (n,), coordinate units.
    #[getter]
    fn dist<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |c| c.dist)
    }

    /// Semivariance of each class, shape (n,), unit squared.
    #[getter]
    fn gamma<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |c| c.gamma)
    }

    /// Azimuth of each class's direction, shape (n,), degrees clockwise from north; NaN where all directions are together.
    #[getter]
    fn azimuth<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |c| c.azimuth.unwrap_or(f64::NAN))
    }

    /// What measurement errors add to each class's semivariance, shape (n,), unit squared.
    #[getter]
    fn error_variance<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |c| c.error_variance)
    }

    /// Name of the estimator.
    #[getter]
    fn estimator(&self) -> &'static str {
        let found = ESTIMATORS.iter().find(|(_, own)| *own == self.inner.estimator);
        found.map_or("another", |(name, _)| name)
    }

    /// Largest lag looked at.
    #[getter]
    fn cutoff(&self) -> f64 {
        self.inner.cutoff
    }

    fn __len__(&self) -> usize {
        self.inner.classes.len()
    }

    fn __repr__(&self) -> String {
        let pairs: u64 = self.inner.classes.iter().map(|c| c.np).sum();
        let (classes, cutoff) = (self.inner.classes.len(), self.inner.cutoff);
        format!(
            "<soilscope.EmpiricalVariogram: {classes} classes, {pairs} pairs within {cutoff}, {}>",
            self.estimator()
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, Bound<'py, PyTuple>> {
        let names = ["np", "dist", "gamma", "azimuth", "error_variance", "estimator", "cutoff"];
        let columns = names.iter().map(|name| slf.getattr(*name)).collect::<PyResult<Vec<_>>>()?;
        let rebuild = slf.py().import("soilscope._pickle")?.getattr("empirical")?;
        Ok((rebuild, PyTuple::new(slf.py(), columns)?))
    }
}

impl EmpiricalVariogram {
    fn column<'py>(&self, py: Python<'py>, f: impl Fn(&LagClass) -> f64) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.inner.classes.iter().map(f).collect())
    }
}

/// Empirical variogram: each pair of samples within the cutoff once, in all directions together or in each of `azimuths`.
///
/// Parameters
/// ----------
/// samples : Samples
///     On the modelling scale: `samples.transformed("log")` for log-normal kriging.
/// cutoff, width : float, optional
///     Largest lag and width of a class, coordinate units; gstat's by default: a third of the bounding box's diagonal, 15 classes.
/// boundaries : array_like, optional
///     Upper bounds of the classes instead; a class is (lower, upper].
/// azimuths : sequence of float, optional
///     Directions, degrees clockwise from north.
/// tolerance : float, optional
///     Degrees either side of an azimuth; by default half of what divides 180 among them.
/// estimator : str
///     `"matheron"`, `"cressie-hawkins"`, `"pairwise-relative"`, `"dowd"` or `"genton"`.
/// threads : int, optional
///     All cores by default; the result is the same for any number.
///
/// Raises
/// ------
/// SoilscopeError
///     No pair within the cutoff, or settings or values that the estimator cannot take.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [1, 0], [2, 0]], [1.0, 3.0, 2.0])
/// >>> v = soilscope.empirical_variogram(samples, cutoff=2, width=1)
/// >>> v.np, v.gamma
/// (array([2, 1]), array([1.25, 0.5 ]))
#[pyfunction]
#[pyo3(signature = (samples, *, cutoff=None, width=None, boundaries=None, azimuths=None, tolerance=None, estimator="matheron", threads=None))]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub(crate) fn empirical_variogram(
    py: Python<'_>,
    samples: &Samples,
    cutoff: Option<f64>,
    width: Option<f64>,
    boundaries: Option<&Bound<'_, PyAny>>,
    azimuths: Option<Vec<f64>>,
    tolerance: Option<f64>,
    estimator: &str,
    threads: Option<i128>,
) -> PyResult<EmpiricalVariogram> {
    let samples = &*samples.inner;
    let lags = match (boundaries, cutoff, width) {
        (Some(upper), None, None) => LagClasses::with_boundaries(Numbers::column("boundaries", upper)?.to_vec()?),
        (Some(_), ..) => {
            return Err(SoilscopeError::new_err("boundaries stand instead of cutoff and width: give one or the other"));
        }
        (None, None, None) => LagClasses::default_for(samples.diagonal()),
        (None, cutoff, width) => {
            let cutoff = cutoff.unwrap_or(samples.diagonal() / 3.0);
            LagClasses::regular(cutoff, width.unwrap_or(cutoff / 15.0))
        }
    };
    let lags = lags.map_err(refused)?;
    let azimuths = azimuths.unwrap_or_default();
    if azimuths.is_empty() && tolerance.is_some() {
        return Err(SoilscopeError::new_err("a tolerance belongs to azimuths: give them too"));
    }
    let tolerance = tolerance.unwrap_or(90.0 / azimuths.len().max(1) as f64);
    let directions: Vec<Direction> = azimuths.into_iter().map(|azimuth| Direction { azimuth, tolerance }).collect();
    let estimator = self::estimator(estimator)?;
    detached(py, threads, |executor| {
        variogram::empirical_variogram_with(samples, &lags, &directions, estimator, executor)
    })
    .map(|inner| EmpiricalVariogram { inner })
}

/// A fitted variogram.
#[pyclass(frozen, eq, get_all, module = "soilscope")]
#[derive(PartialEq, Clone)]
pub(crate) struct Fit {
    /// The model.
    variogram: Variogram,
    /// Weighted sum of squares at the optimum.
    sserr: f64,
    /// Whether a range ended at the largest that was looked at: the samples do not show a sill.
    range_at_limit: bool,
}

#[pymethods]
impl Fit {
    fn __repr__(&self) -> String {
        let limit = if self.range_at_limit { ", range at its limit" } else { "" };
        format!("<soilscope.Fit: {}, sserr {}{limit}>", self.variogram.inner, self.sserr)
    }
}

/// Fits what a model leaves open to an empirical variogram, by weighted least squares. No start value decides.
///
/// Parameters
/// ----------
/// empirical : EmpiricalVariogram
/// model : str
///     gstat's notation with numbers left out, or `?` in their place: `"Nug + Sph"`, `"Nug + Sph(900)"`, `"Nug + Mat(kappa=?)"`.
/// weights : str or Variogram
///     `"pairs-over-squared-distance"` (gstat's default), `"pairs"`, `"equal"`; or a model whose squared semivariance divides the pairs
///     (Cressie 1985).
///
/// Raises
/// ------
/// SoilscopeError
///     Text that is no model, fewer classes than parameters, or no variation.
///
/// Examples
/// --------
/// >>> import numpy as np, soilscope
/// >>> truth = soilscope.Variogram("1 Nug + 2 Sph(30)")
/// >>> lags = np.arange(10.0, 70.0, 10.0)
/// >>> classes = soilscope.EmpiricalVariogram([100] * 6, lags, truth.semivariance(lags))
/// >>> fitted = soilscope.fit(classes, "Nug + Sph").variogram
/// >>> round(fitted.structures[0]["range"], 3)
/// 30.0
#[pyfunction]
#[pyo3(signature = (empirical, model, weights=None))]
pub(crate) fn fit(
    py: Python<'_>,
    empirical: &EmpiricalVariogram,
    model: &str,
    weights: Option<&Bound<'_, PyAny>>,
) -> PyResult<Fit> {
    let template: ModelTemplate = model.parse().map_err(refused)?;
    let weights = fit_weights(weights)?;
    let fitted = detached(py, Some(1), |_| variogram::fit(&empirical.inner, &template, &weights))?;
    Ok(Fit { variogram: fitted.variogram.into(), sserr: fitted.sserr, range_at_limit: fitted.range_at_limit })
}

fn fit_weights(weights: Option<&Bound<'_, PyAny>>) -> PyResult<FitWeights> {
    let Some(weights) = weights else { return Ok(FitWeights::default()) };
    if let Ok(reference) = weights.cast::<Variogram>() {
        return Ok(FitWeights::PairsOverSquaredSemivariance(reference.get().inner.clone()));
    }
    match &*weights.extract::<String>()? {
        "pairs" => Ok(FitWeights::Pairs),
        "pairs-over-squared-distance" => Ok(FitWeights::PairsOverSquaredDistance),
        "equal" => Ok(FitWeights::Equal),
        other => Err(SoilscopeError::new_err(format!(
            "no weights are called '{other}'; there are pairs, pairs-over-squared-distance and equal, or a variogram"
        ))),
    }
}
