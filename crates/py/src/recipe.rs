//! Recipes of interpolation: what becomes a predictor by seeing samples.

use std::num::NonZeroUsize;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use soilscope_core::drift::Drift;
use soilscope_core::neighbourhood::{Neighbourhood, Search, Sectors};
use soilscope_core::support::{BlockNodes, Support};
use soilscope_core::{Interpolator, Result, idw, kriging};

use crate::Reduced;
use crate::arrays::{count, count_if};
use crate::error::{SoilscopeError, refused};
use crate::predictor::Predictor;
use crate::samples::Samples;
use crate::variogram::Variogram;

/// A known mean, or a trend of this degree and with so many covariates.
pub(crate) fn drift(mean: Option<f64>, degree: u8, covariates: usize) -> std::result::Result<Drift, &'static str> {
    match (mean, degree, covariates) {
        (None, 0, 0) => Ok(Drift::Constant),
        (Some(mean), 0, 0) => Ok(Drift::KnownMean(mean)),
        (None, degree, covariates) => Ok(Drift::Trend { degree, covariates }),
        (Some(_), ..) => Err("a known mean stands instead of a trend: give mean, or degree and covariates"),
    }
}

/// Which samples serve a target; all of them where nothing is asked for.
pub(crate) fn neighbourhood(
    neighbours: Option<usize>,
    min_neighbours: Option<usize>,
    radius: Option<f64>,
    sectors: Option<usize>,
) -> Result<Neighbourhood> {
    if (neighbours, min_neighbours, radius, sectors) == (None, None, None, None) {
        return Ok(Neighbourhood::Global);
    }
    let search = Search::new(neighbours, min_neighbours.unwrap_or(1), radius)?;
    let search = match sectors {
        Some(count) => search.with_sectors(Sectors::from_count(count)?)?,
        None => search,
    };
    Ok(Neighbourhood::Moving(search))
}

fn near_counts(
    neighbours: Option<i128>,
    min_neighbours: Option<i128>,
    sectors: Option<i128>,
) -> PyResult<[Option<usize>; 3]> {
    Ok([
        count_if("neighbours", neighbours)?,
        count_if("min_neighbours", min_neighbours)?,
        count_if("sectors", sectors)?,
    ])
}

/// Width and height of a block, from one number or two.
fn block(size: &Bound<'_, PyAny>, nodes: &str) -> PyResult<Support> {
    let size = match size.extract::<f64>() {
        Ok(side) => [side, side],
        Err(_) => size.extract::<[f64; 2]>().map_err(|_| {
            let found = size.repr().map_or_else(|_| "that".to_owned(), |text| text.to_string());
            PyTypeError::new_err(format!("block is {found}, but must be a number, or a width and a height"))
        })?,
    };
    let unknown = || {
        SoilscopeError::new_err(format!(
            "no nodes of a block are called '{nodes}'; there are gaussN and regularN, as gauss4"
        ))
    };
    let side = |text: &str| text.parse().ok().and_then(NonZeroUsize::new).ok_or_else(unknown);
    let nodes = match (nodes.strip_prefix("gauss"), nodes.strip_prefix("regular")) {
        (Some(n), _) => BlockNodes::Gauss(side(n)?),
        (_, Some(n)) => BlockNodes::Regular(side(n)?),
        _ => return Err(unknown()),
    };
    Support::block(size, nodes).map_err(refused)
}

/// A recipe that Python made, as Rust's.
pub(crate) fn interpolator(recipe: &Bound<'_, PyAny>) -> PyResult<Box<dyn Interpolator>> {
    if let Ok(own) = recipe.cast::<Kriging>() {
        return Ok(Box::new(own.get().inner.clone()));
    }
    if let Ok(own) = recipe.cast::<InverseDistance>() {
        return Ok(Box::new(own.get().inner));
    }
    match recipe.cast::<Nearest>() {
        Ok(own) => Ok(Box::new(own.get().inner)),
        Err(_) => {
            let found = recipe.get_type().name()?;
            Err(PyTypeError::new_err(format!("recipe must be Kriging, InverseDistance or Nearest, not {found}")))
        }
    }
}

/// Arguments that a recipe was made with, as text and for pickling.
struct Arguments(Vec<(&'static str, Py<PyAny>)>);

impl Arguments {
    fn of(pairs: Vec<(&'static str, Option<Bound<'_, PyAny>>)>) -> Self {
        Self(pairs.into_iter().filter_map(|(name, value)| Some((name, value?.unbind()))).collect())
    }

    fn text(&self, py: Python<'_>) -> PyResult<String> {
        let one = |(name, value): &(&str, Py<PyAny>)| Ok(format!("{name}={}", value.bind(py).repr()?));
        Ok(self.0.iter().map(one).collect::<PyResult<Vec<_>>>()?.join(", "))
    }

    fn reduce<'py>(&self, class: Bound<'py, PyAny>) -> Reduced<'py, (Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = class.py();
        let named = pyo3::types::PyDict::new(py);
        for (name, value) in &self.0 {
            named.set_item(name, value)?;
        }
        Ok((py.import("soilscope._pickle")?.getattr("recipe")?, (class, named.into_any())))
    }
}

/// A kriging recipe: simple, ordinary, universal or with external drift, of points or blocks, as gstat's. Immutable; pickles.
///
/// Parameters
/// ----------
/// variogram : Variogram or str
///     Of the field on the scale of the samples (or of the transform given to `fit`).
/// mean : float, optional
///     A known mean: simple kriging.
/// degree : int
///     Of a polynomial of the place: 0 for a constant (ordinary kriging), up to 4.
/// covariates : int
///     How many covariates samples and targets bring (external drift).
/// neighbours, min_neighbours : int, optional
///     Most and fewest samples of a target, nearest first; all samples where neither these nor `radius` are given. With all, n samples
///     cost n^3 once: take neighbours beyond some thousands.
/// radius : float, optional
///     Largest distance of a neighbour, coordinate units.
/// sectors : int, optional
///     4 or 8 sectors around a target that share `neighbours` evenly.
/// block : float or (float, float), optional
///     Width and height of a block, coordinate units; points by default.
/// block_nodes : str
///     `"gauss4"` (gstat's default), or `"regular4"`; the number is nodes a side.
///
/// Raises
/// ------
/// SoilscopeError
///     Settings that contradict each other or lie outside their domain.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [3, 1], [1, 4]], [1.0, 2.0, 4.0])
/// >>> kriging = soilscope.Kriging("0.1 Nug + 1 Sph(5)")
/// >>> p = kriging.fit(samples).predict([[1.0, 1.0]])
/// >>> p.value.round(6), p.variance.round(6)  # gstat's answer
/// (array([1.832251]), array([0.66158]))
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct Kriging {
    pub(crate) inner: kriging::Kriging,
    arguments: Arguments,
}

#[pymethods]
impl Kriging {
    #[new]
    #[pyo3(signature = (variogram, *, mean=None, degree=0, covariates=0, neighbours=None, min_neighbours=None, radius=None,
                        sectors=None, block=None, block_nodes=None))]
    #[allow(clippy::too_many_arguments, reason = "named in Python")]
    fn new<'py>(
        py: Python<'py>,
        variogram: &Bound<'py, PyAny>,
        mean: Option<f64>,
        degree: i128,
        covariates: i128,
        neighbours: Option<i128>,
        min_neighbours: Option<i128>,
        radius: Option<f64>,
        sectors: Option<i128>,
        block: Option<&Bound<'py, PyAny>>,
        block_nodes: Option<&str>,
    ) -> PyResult<Self> {
        let model = Variogram::of(variogram)?;
        let (degree, covariates): (u8, usize) = (count("degree", degree)?, count("covariates", covariates)?);
        let [neighbours, min_neighbours, sectors] = near_counts(neighbours, min_neighbours, sectors)?;
        let drift = drift(mean, degree, covariates).map_err(refused)?;
        let near = neighbourhood(neighbours, min_neighbours, radius, sectors).map_err(refused)?;
        let support = match (block, block_nodes) {
            (Some(size), nodes) => self::block(size, nodes.unwrap_or("gauss4"))?,
            (None, None) => Support::Point,
            (None, Some(_)) => return Err(SoilscopeError::new_err("block_nodes belong to a block: give its size too")),
        };
        let text = Bound::new(py, Variogram::from(model.clone()))?.str()?.into_any();
        let number = |n: Option<usize>| n.map(|n| n.into_pyobject(py).map(Bound::into_any)).transpose();
        let real = |x: Option<f64>| x.map(|x| x.into_pyobject(py).map(Bound::into_any)).transpose();
        let arguments = Arguments::of(vec![
            ("variogram", Some(text)),
            ("mean", real(mean)?),
            ("degree", number((degree > 0).then_some(usize::from(degree)))?),
            ("covariates", number((covariates > 0).then_some(covariates))?),
            ("neighbours", number(neighbours)?),
            ("min_neighbours", number(min_neighbours)?),
            ("radius", real(radius)?),
            ("sectors", number(sectors)?),
            ("block", block.cloned()),
            ("block_nodes", block_nodes.map(|n| n.into_pyobject(py).map(Bound::into_any)).transpose()?),
        ]);
        Ok(Self { inner: kriging::Kriging::new(model, drift, near).with_support(support), arguments })
    }

    /// The model.
    #[getter]
    fn variogram(&self) -> Variogram {
        self.inner.variogram.clone().into()
    }

    /// Prepares predictions; the interpreter's lock is released, and Ctrl-C ends it.
    ///
    /// Parameters
    /// ----------
    /// samples : Samples
    ///     In data units.
    /// transform : str or Transform, optional
    ///     The scale on which the field is kriged; predictions come back in data units.
    /// threads : int, optional
    ///     All cores by default.
    #[pyo3(signature = (samples, *, transform=None, threads=None))]
    fn fit(
        &self,
        py: Python<'_>,
        samples: &Samples,
        transform: Option<&Bound<'_, PyAny>>,
        threads: Option<i128>,
    ) -> PyResult<Predictor> {
        Predictor::of(py, &self.inner, samples, transform, threads)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("soilscope.Kriging({})", self.arguments.text(py)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, (Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        slf.get().arguments.reduce(slf.get_type().into_any())
    }
}

/// Inverse distance weighting: weights d^-power; no error model, so no variance. Immutable; pickles.
///
/// Parameters as of `Kriging`; `power` is above 0.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [3, 0]], [1.0, 4.0])
/// >>> soilscope.InverseDistance(power=2).fit(samples).predict([[1.0, 0.0]]).value
/// array([1.6])
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct InverseDistance {
    inner: idw::InverseDistance,
    arguments: Arguments,
}

#[pymethods]
impl InverseDistance {
    #[new]
    #[pyo3(signature = (*, power=2.0, neighbours=None, min_neighbours=None, radius=None, sectors=None))]
    fn new(
        py: Python<'_>,
        power: f64,
        neighbours: Option<i128>,
        min_neighbours: Option<i128>,
        radius: Option<f64>,
        sectors: Option<i128>,
    ) -> PyResult<Self> {
        let [neighbours, min_neighbours, sectors] = near_counts(neighbours, min_neighbours, sectors)?;
        let near = neighbourhood(neighbours, min_neighbours, radius, sectors).map_err(refused)?;
        let number = |n: Option<usize>| n.map(|n| n.into_pyobject(py).map(Bound::into_any)).transpose();
        let real = |x: Option<f64>| x.map(|x| x.into_pyobject(py).map(Bound::into_any)).transpose();
        let arguments = Arguments::of(vec![
            ("power", real(Some(power))?),
            ("neighbours", number(neighbours)?),
            ("min_neighbours", number(min_neighbours)?),
            ("radius", real(radius)?),
            ("sectors", number(sectors)?),
        ]);
        Ok(Self { inner: idw::InverseDistance { power, neighbourhood: near }, arguments })
    }

    /// Prepares predictions; as `Kriging.fit`, without a transform.
    #[pyo3(signature = (samples, *, threads=None))]
    fn fit(&self, py: Python<'_>, samples: &Samples, threads: Option<i128>) -> PyResult<Predictor> {
        Predictor::of(py, &self.inner, samples, None, threads)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("soilscope.InverseDistance({})", self.arguments.text(py)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, (Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        slf.get().arguments.reduce(slf.get_type().into_any())
    }
}

/// The value of the nearest sample (Thiessen polygons), within `radius` where it is given. Immutable; pickles.
///
/// Examples
/// --------
/// >>> import soilscope
/// >>> samples = soilscope.Samples([[0, 0], [9, 0]], [1.0, 2.0])
/// >>> soilscope.Nearest(radius=2).fit(samples).predict([[1.0, 0.0], [5.0, 0.0]]).value
/// array([ 1., nan])
#[pyclass(frozen, module = "soilscope")]
pub(crate) struct Nearest {
    inner: idw::Nearest,
    arguments: Arguments,
}

#[pymethods]
impl Nearest {
    #[new]
    #[pyo3(signature = (*, radius=None))]
    fn new(py: Python<'_>, radius: Option<f64>) -> PyResult<Self> {
        let real = radius.map(|x| x.into_pyobject(py).map(Bound::into_any)).transpose()?;
        Ok(Self { inner: idw::Nearest { radius }, arguments: Arguments::of(vec![("radius", real)]) })
    }

    /// Prepares predictions; as `Kriging.fit`, without a transform.
    #[pyo3(signature = (samples, *, threads=None))]
    fn fit(&self, py: Python<'_>, samples: &Samples, threads: Option<i128>) -> PyResult<Predictor> {
        Predictor::of(py, &self.inner, samples, None, threads)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("soilscope.Nearest({})", self.arguments.text(py)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Reduced<'py, (Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        slf.get().arguments.reduce(slf.get_type().into_any())
    }
}
