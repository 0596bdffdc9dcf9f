//! Cross-validation.

use numpy::PyArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use soilscope_core::transform::Transform as Scale;
use soilscope_core::validation::{Folds, Residual, Scores, residuals_with_limits};

use crate::arrays::count;
use crate::error::{SoilscopeError, refused};
use crate::json;
use crate::recipe::interpolator;
use crate::samples::Samples;
use crate::transform::Transform;
use crate::work::detached;

/// What each sample would have been predicted as without it; arrays of shape (n,), in the order of the samples.
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct Validation {
    rows: Vec<Residual>,
    folds: Folds,
}

impl Validation {
    fn column<'py>(&self, py: Python<'py>, f: impl Fn(&Residual) -> Option<f64>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_vec(py, self.rows.iter().map(|r| f(r).unwrap_or(f64::NAN)).collect())
    }
}

#[pymethods]
impl Validation {
    /// The samples' values, data units.
    #[getter]
    fn observed<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| Some(r.observed))
    }

    /// Predictions from the other folds, data units; NaN where there is none.
    #[getter]
    fn prediction<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| r.prediction)
    }

    /// Prediction error variances, data units squared.
    #[getter]
    fn variance<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| r.variance)
    }

    /// Observed minus predicted, data units.
    #[getter]
    fn residual<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| r.residual)
    }

    /// Residuals over their standard deviations, on the modelling scale.
    #[getter]
    fn zscore<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| r.zscore)
    }

    /// Continuous ranked probability scores, data units.
    #[getter]
    fn crps<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, |r| r.crps)
    }

    /// Fold of each sample, from 0.
    #[getter]
    fn fold<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_vec(py, (0..self.rows.len()).map(|i| self.folds.of(i) as i64).collect())
    }

    /// Scores over all samples with a prediction, as a dictionary: n, gaps, me, mae, rmse (data units), r2, ccc, msdr, crps, log_score,
    /// coverage.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match Scores::of(&self.rows) {
            Some(scores) => json::record(py, &scores),
            None => Err(SoilscopeError::new_err("no sample has a prediction, so there is nothing to score")),
        }
    }

    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __repr__(&self) -> String {
        let n = self.rows.len();
        match Scores::of(&self.rows) {
            Some(s) => format!(
                "<soilscope.Validation: {n} samples, {} folds, me {:.4}, rmse {:.4}>",
                self.folds.count(),
                s.me,
                s.rmse
            ),
            None => format!("<soilscope.Validation: {n} samples, no prediction>"),
        }
    }
}

/// Predicts each sample from those of the other folds, the recipe unchanged.
///
/// Parameters
/// ----------
/// samples : Samples
///     In data units.
/// recipe : Kriging, InverseDistance or Nearest
/// folds : "loo", int, "block:SIZE" or sequence
///     Leave one out; so many random folds; squares of this side (coordinate units); or a label for each sample, of which equal ones are
///     held out together.
/// transform : str or Transform, optional
///     Modelling scale, as of `Kriging.fit`.
/// seed : int
///     Of random folds.
/// threads : int, optional
///     All cores by default; the result is the same for any number.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [10, 0], [20, 0]], [1.0, 3.0, 5.0])
/// >>> result = soilscope.validate(samples, soilscope.InverseDistance(neighbours=2))
/// >>> result.prediction[1]
/// np.float64(3.0)
#[pyfunction]
#[pyo3(signature = (samples, recipe, *, folds=None, transform=None, seed=1, threads=None))]
pub(crate) fn validate(
    py: Python<'_>,
    samples: &Samples,
    recipe: &Bound<'_, PyAny>,
    folds: Option<&Bound<'_, PyAny>>,
    transform: Option<&Bound<'_, PyAny>>,
    seed: i128,
    threads: Option<i128>,
) -> PyResult<Validation> {
    let samples = &*samples.inner;
    let (recipe, seed) = (interpolator(recipe)?, count("seed", seed)?);
    let folds = folds.map_or(Ok(Folds::leave_one_out(samples)), |folds| self::folds(folds, samples, seed))?;
    let scale = transform.map_or(Ok(Scale::None), |t| Transform::of(t, samples))?;
    let predictions =
        detached(py, threads, |executor| recipe.leave_out_on(&scale.forward(samples)?, &folds, executor))?;
    Ok(Validation { rows: residuals_with_limits(samples, &[], &predictions, &scale), folds })
}

fn folds(folds: &Bound<'_, PyAny>, samples: &soilscope_core::Samples, seed: u64) -> PyResult<Folds> {
    if let Ok(number) = folds.extract::<i128>() {
        return Folds::random(samples, count("folds", number)?, seed).map_err(refused);
    }
    if let Ok(text) = folds.extract::<String>() {
        if text == "loo" {
            return Ok(Folds::leave_one_out(samples));
        }
        return match text.strip_prefix("block:").map(str::parse) {
            Some(Ok(size)) => Folds::spatial_blocks(samples, size).map_err(refused),
            _ => Err(SoilscopeError::new_err(format!(
                "no folds are called '{text}'; there are loo, a number, block:SIZE and a label for each sample"
            ))),
        };
    }
    let Ok(labels) = folds.try_iter() else {
        let message = format!(
            "folds is {}, but must be loo, a whole number, block:SIZE or a label for each sample",
            folds.repr()?
        );
        return Err(PyTypeError::new_err(message));
    };
    let labels: Vec<String> = labels.map(|label| Ok(label?.str()?.to_string())).collect::<PyResult<_>>()?;
    if labels.len() != samples.len() {
        let (left, right) = (labels.len(), samples.len());
        return Err(refused(soilscope_core::Error::LengthMismatch {
            left_name: "folds",
            left,
            right_name: "samples",
            right,
        }));
    }
    Ok(Folds::by_label(&labels))
}
