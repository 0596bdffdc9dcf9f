//! Predictions of places and of grids.

use numpy::PyArrayMethods;
use pyo3::prelude::*;
use soilscope_core::transform::Transform as Scale;
use soilscope_core::{Error, Interpolator, Targets};

use crate::arrays::{Numbers, Places};
use crate::error::{SoilscopeError, refused};
use crate::fill::{Axes, Job, Part};
use crate::predictions::{Columns, Predictions};
use crate::samples::Samples;
use crate::transform::Transform;
use crate::work::{Threads, detached};

/// Places that a thread predicts at a time.
const BATCH: usize = 1024;

/// Ready to predict: immutable, and safe to use from several threads at once.
///
/// It does not pickle, because what it prepared may be large: send samples and recipe, and fit there.
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct Predictor {
    inner: Box<dyn soilscope_core::Predictor>,
    scale: Scale,
}

impl Predictor {
    pub(crate) fn of(
        py: Python<'_>,
        recipe: &dyn Interpolator,
        samples: &Samples,
        transform: Option<&Bound<'_, PyAny>>,
        threads: Option<i128>,
    ) -> PyResult<Self> {
        let scale = transform.map_or(Ok(Scale::None), |t| Transform::of(t, &samples.inner))?;
        let inner = detached(py, threads, |executor| recipe.fit_on(&scale.forward(&samples.inner)?, executor))?;
        Ok(Self { inner, scale })
    }

    /// Covariates of targets that have this shape, where the drift asks for some.
    fn covariates<'py>(&self, given: Option<&Bound<'py, PyAny>>, shape: &[usize]) -> PyResult<Option<Numbers<'py>>> {
        let needed = self.inner.covariates();
        match (needed, given) {
            (0, None) => Ok(None),
            (0, Some(_)) => Err(SoilscopeError::new_err("covariates were given, but the recipe's drift has none")),
            (_, None) => {
                let message =
                    format!("the drift has {needed} covariates, but the targets have 0: give one column for each");
                Err(SoilscopeError::new_err(message))
            }
            (_, Some(given)) => {
                let numbers = Numbers::of("covariates", given)?;
                let wanted: Vec<usize> = shape.iter().copied().chain([needed]).collect();
                if numbers.shape() != wanted {
                    let found = numbers.shape();
                    let message = format!("covariates has the shape {found:?}, but must have {wanted:?}");
                    return Err(SoilscopeError::new_err(message));
                }
                Ok(Some(numbers))
            }
        }
    }

    /// Predictions of this shape: `work` fills each part of so many targets.
    fn fill(
        &self,
        py: Python<'_>,
        shape: &[usize],
        part: usize,
        threshold: Option<f64>,
        threads: Option<i128>,
        work: impl Fn(&Job<'_>, &mut Part<'_>) + Sync,
    ) -> PyResult<Predictions> {
        if let Some(value) = threshold
            && value.is_nan()
        {
            return Err(refused(Error::Parameter { name: "threshold", value, requirement: "a number" }));
        }
        if threshold.is_some() && !self.inner.has_variance() {
            let message =
                "a probability of being above a threshold needs a variance, and this method has none: use kriging";
            return Err(SoilscopeError::new_err(message));
        }
        let columns = Columns::new(py, shape.iter().product(), self.inner.has_variance(), threshold.is_some());
        let job = Job::new(&*self.inner, &self.scale, threshold);
        {
            let mut value = columns.value.try_readwrite()?;
            let mut variance = columns.variance.as_ref().map(|c| c.try_readwrite()).transpose()?;
            let mut exceedance = columns.exceedance.as_ref().map(|c| c.try_readwrite()).transpose()?;
            let mut gap = columns.gap.try_readwrite()?;
            let parts = Part::cut(
                part,
                value.as_slice_mut()?,
                variance.as_mut().map(|c| c.as_slice_mut()).transpose()?,
                exceedance.as_mut().map(|c| c.as_slice_mut()).transpose()?,
                gap.as_slice_mut()?,
            );
            detached(py, threads, |threads: &Threads| threads.each(parts, |part| work(&job, part)))?;
        }
        columns.done(shape, job.reduced())
    }
}

#[pymethods]
impl Predictor {
    /// Whether predictions have a variance.
    #[getter]
    fn has_variance(&self) -> bool {
        self.inner.has_variance()
    }

    /// How many covariates each target must bring.
    #[getter]
    fn covariate_count(&self) -> usize {
        self.inner.covariates()
    }

    /// Samples, by number, that say nothing new under the model beside others, and were left out of the system of all samples.
    #[getter]
    fn left_out(&self) -> Vec<usize> {
        self.inner.left_out().to_vec()
    }

    /// Predicts places. The interpreter's lock is released, and Ctrl-C ends it.
    ///
    /// Parameters
    /// ----------
    /// places : array_like, shape (n, 2)
    ///     Easting and northing. A C-contiguous array of float64 is read where it lies (`places_in_place` tells): do not write to it
    ///     meanwhile.
    /// covariates : array_like, shape (n, p), optional
    ///     What the drift asks for, read likewise; NaN where it is not known.
    /// threshold : float, optional
    ///     In data units: `exceedance` is the probability of being above it.
    /// threads : int, optional
    ///     All cores by default; the result is the same for any number.
    ///
    /// Returns
    /// -------
    /// Predictions
    ///     Arrays of shape (n,), written where they lie.
    #[pyo3(signature = (places, *, covariates=None, threshold=None, threads=None))]
    fn predict(
        &self,
        py: Python<'_>,
        places: &Bound<'_, PyAny>,
        covariates: Option<&Bound<'_, PyAny>>,
        threshold: Option<f64>,
        threads: Option<i128>,
    ) -> PyResult<Predictions> {
        let places = Places::of("places", places)?;
        let places = places.as_slice()?;
        let covariates = self.covariates(covariates, &[places.len()])?;
        let covariates = covariates.as_ref().map_or(Ok(&[][..]), Numbers::as_slice)?;
        let count = self.inner.covariates();
        self.fill(py, &[places.len()], BATCH, threshold, threads, |job, part| {
            let range = part.targets();
            let covariates = &covariates[range.start * count..range.end * count];
            let targets = Targets::points(&places[range]).with_covariates(covariates, count);
            job.predict(&targets, part, |nth| nth);
        })
    }

    /// Predicts the cells of a grid by the coordinates of its columns and rows. The interpreter's lock is released, and Ctrl-C ends it.
    ///
    /// The bits are those of `predict` at the same places, however the grid is cut; where columns and rows are evenly spaced,
    /// neighbouring cells share their work.
    ///
    /// Parameters
    /// ----------
    /// x, y : array_like, shape (columns,) and (rows,)
    ///     Eastings of the columns and northings of the rows, in any order.
    /// covariates : array_like, shape (rows, columns, p), optional
    ///     What the drift asks for; NaN where it is not known.
    /// threshold, threads
    ///     As of `predict`.
    ///
    /// Returns
    /// -------
    /// Predictions
    ///     Arrays of shape (rows, columns), written where they lie.
    #[pyo3(signature = (x, y, *, covariates=None, threshold=None, threads=None))]
    fn predict_grid(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        covariates: Option<&Bound<'_, PyAny>>,
        threshold: Option<f64>,
        threads: Option<i128>,
    ) -> PyResult<Predictions> {
        let (x, y) = (Numbers::column("x", x)?, Numbers::column("y", y)?);
        let axes = Axes { x: x.as_slice()?, y: y.as_slice()? };
        let shape = [axes.y.len(), axes.x.len()];
        let covariates = self.covariates(covariates, &shape)?;
        let covariates = covariates.as_ref().map_or(Ok(&[][..]), Numbers::as_slice)?;
        self.fill(py, &shape, axes.strip(), threshold, threads, |job, part| job.predict_strip(axes, covariates, part))
    }

    fn __repr__(&self) -> String {
        let variance = if self.inner.has_variance() { "with" } else { "without" };
        format!("<soilscope.Predictor: {variance} variance, {}>", self.scale.distribution())
    }
}
