//! Scales on which a field is modelled.

use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use soilscope_core::normal_score::NormalScore;
use soilscope_core::transform::BoxCox;
use soilscope_core::{Error, Prediction, Samples, transform};

use crate::Reduced;
use crate::arrays::Numbers;
use crate::error::{SoilscopeError, refused};

/// A scale on which a field is modelled, and the way back to the data's unit. Immutable; pickles.
///
/// Wherever one is asked for, its name may stand as well, and is made for the samples at hand.
///
/// Parameters
/// ----------
/// name : str
///     `"none"`, `"log"` (natural logarithm), `"box-cox:0.3"` (a power of that lambda), `"box-cox"` (the most likely lambda of the
///     samples) or `"normal-score"` (ranks of the samples).
/// samples : Samples, optional
///     In data units; `"box-cox"` and `"normal-score"` need them.
///
/// Raises
/// ------
/// SoilscopeError
///     Another name, or values that it cannot take.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> log = soilscope.Transform("log")
/// >>> log.forward([1.0])
/// array([0.])
/// >>> log.distribution
/// 'log-normal (Gaussian on the natural logarithm)'
#[pyclass(frozen, eq, module = "soilscope")]
#[derive(PartialEq, Clone)]
pub(crate) struct Transform {
    pub(crate) inner: transform::Transform,
    name: String,
    /// What normal scores are of.
    values: Vec<f64>,
}

impl Transform {
    /// A transform, or the one of a name made for samples.
    pub(crate) fn of(object: &Bound<'_, PyAny>, samples: &Samples) -> PyResult<transform::Transform> {
        match object.cast::<Self>() {
            Ok(own) => Ok(own.get().inner.clone()),
            Err(_) => named(&object.extract::<String>()?, Some(samples)),
        }
    }
}

fn named(name: &str, samples: Option<&Samples>) -> PyResult<transform::Transform> {
    let needed = || {
        let message = format!("the {name} transform is made of samples: give them, in data units");
        samples.ok_or_else(|| SoilscopeError::new_err(message))
    };
    Ok(match name {
        "none" => transform::Transform::None,
        "log" => transform::Transform::Log,
        "box-cox" => transform::Transform::BoxCox(BoxCox::most_likely(needed()?).map_err(refused)?),
        "normal-score" => {
            let scores = NormalScore::from_values(needed()?.values(), None).map_err(refused)?;
            transform::Transform::NormalScore(Box::new(scores))
        }
        other => match other.strip_prefix("box-cox:").map(str::parse) {
            Some(Ok(lambda)) => transform::Transform::BoxCox(BoxCox::new(lambda).map_err(refused)?),
            _ => {
                return Err(SoilscopeError::new_err(format!(
                    "no transform is called '{other}'; there are none, log, box-cox, box-cox:LAMBDA and normal-score"
                )));
            }
        },
    })
}

#[pymethods]
impl Transform {
    #[new]
    #[pyo3(signature = (name, samples=None))]
    fn new(name: &str, samples: Option<&crate::samples::Samples>) -> PyResult<Self> {
        let inner = named(name, samples.map(|s| &*s.inner))?;
        let scores = matches!(inner, transform::Transform::NormalScore(_));
        let values = samples.filter(|_| scores).map(|s| s.inner.values().to_vec()).unwrap_or_default();
        let name = match &inner {
            transform::Transform::BoxCox(power) => format!("box-cox:{}", power.lambda()),
            _ => name.to_owned(),
        };
        Ok(Self { inner, name, values })
    }

    /// Its name; of a Box-Cox transform with its lambda.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// The distribution that errors have with it, for the record.
    #[getter]
    fn distribution(&self) -> String {
        self.inner.distribution()
    }

    /// Values on the modelling scale; -inf or NaN outside the transform's domain. An array of the same shape.
    fn forward<'py>(&self, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        map(values, |v| self.inner.forward_value(v))
    }

    /// Quantiles in the data's unit of quantiles on the modelling scale, without a correction for the mean. Same shape.
    fn back<'py>(&self, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        map(values, |v| self.inner.back_value(v))
    }

    fn __repr__(&self) -> String {
        format!("soilscope.Transform('{}')", self.name)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, (String, Bound<'py, PyArray1<f64>>)> {
        let rebuild = slf.py().import("soilscope._pickle")?.getattr("transform")?;
        let own = slf.get();
        Ok((rebuild, (own.name.clone(), PyArray1::from_slice(slf.py(), &own.values))))
    }
}

fn map<'py>(values: &Bound<'py, PyAny>, f: impl Fn(f64) -> f64) -> PyResult<Bound<'py, PyAny>> {
    let numbers = Numbers::of("values", values)?;
    let mapped = numbers.as_slice()?.iter().map(|&v| f(v)).collect();
    Ok(PyArray1::from_vec(values.py(), mapped).reshape(numbers.shape().to_vec())?.into_any())
}

/// Probability that the field is above a threshold, where the error of the prediction is normal on the scale of a transform.
///
/// Predictions in data units that were made with a transform have other moments than this asks for: let `krige` or
/// `Predictor.predict` compute it (`threshold=`).
///
/// Parameters
/// ----------
/// value, variance : array_like, the same shape
///     Predictions and their variances on the modelling scale.
/// threshold : float
///     In data units.
/// transform : str or Transform
///     The modelling scale.
///
/// Returns
/// -------
/// ndarray
///     Probabilities, NaN where a prediction is; the shape of `value`.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> soilscope.exceedance([0.0, 3.0], [1.0, 0.0], 0.0)
/// array([0.5, 1. ])
#[pyfunction]
#[pyo3(signature = (value, variance, threshold, transform=None))]
pub(crate) fn exceedance<'py>(
    py: Python<'py>,
    value: &Bound<'py, PyAny>,
    variance: &Bound<'py, PyAny>,
    threshold: f64,
    transform: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (value, variance) = (Numbers::of("value", value)?, Numbers::of("variance", variance)?);
    let (values, variances) = (value.as_slice()?, variance.as_slice()?);
    if value.shape() != variance.shape() {
        let (left, right) = (values.len(), variances.len());
        return Err(refused(Error::LengthMismatch { left_name: "value", left, right_name: "variance", right }));
    }
    let transform = match transform {
        None => transform::Transform::None,
        Some(object) => match object.cast::<Transform>() {
            Ok(own) => own.get().inner.clone(),
            Err(_) => named(&object.extract::<String>()?, None)?,
        },
    };
    let of = |(&value, &variance): (&f64, &f64)| {
        if value.is_nan() || variance.is_nan() {
            return f64::NAN;
        }
        let prediction = Prediction { value, variance: Some(variance), multiplier: 0.0 };
        transform.exceedance(&prediction, threshold).unwrap_or(f64::NAN)
    };
    let probabilities = values.iter().zip(variances).map(of).collect();
    Ok(PyArray1::from_vec(py, probabilities).reshape(value.shape().to_vec())?.into_any())
}
