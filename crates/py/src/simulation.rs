//! Conditional simulation.

use std::ops::Range;

use numpy::{PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use soilscope_core::simulation::{CirculantSimulation, KrigedSimulation, SequentialGaussian, Simulator};
use soilscope_core::transform::Transform as Scale;
use soilscope_core::{Coord, Error, Result, Window};

use crate::arrays::{Places, count};
use crate::error::{SoilscopeError, refused};
use crate::recipe::Kriging;
use crate::samples::Samples;
use crate::transform::Transform;
use crate::work::detached;

/// Realisations that are held at a time, beside the result.
const BATCH: usize = 8;

/// The way in which fields are made.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    Sequential,
    Circulant,
    Kriged,
}

/// Conditional Gaussian simulation: fields that vary as the model says and have the samples' values at the samples.
///
/// `soilscope.simulate` is this with grids; realisation k of a seed is the same whichever others are made with it.
#[pyfunction]
#[pyo3(signature = (samples, recipe, places, *, realisations, seed, first=0, method="sequential", window=None, transform=None,
                    threads=None))]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub(crate) fn simulate<'py>(
    py: Python<'py>,
    samples: &Samples,
    recipe: &Kriging,
    places: &Bound<'py, PyAny>,
    realisations: i128,
    seed: i128,
    first: i128,
    method: &str,
    window: Option<([f64; 2], [f64; 2], [usize; 2])>,
    transform: Option<&Bound<'py, PyAny>>,
    threads: Option<i128>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (realisations, first): (usize, usize) = (count("realisations", realisations)?, count("first", first)?);
    let seed = count("seed", seed)?;
    let method = match method {
        "sequential" => Method::Sequential,
        "circulant" => Method::Circulant,
        "kriged" => Method::Kriged,
        other => {
            let message = format!("no simulation is called '{other}'; there are sequential, circulant and kriged");
            return Err(SoilscopeError::new_err(message));
        }
    };
    if realisations == 0 {
        let requirement = "at least 1";
        return Err(refused(Error::Parameter { name: "number of realisations", value: 0.0, requirement }));
    }
    let scale = transform.map_or(Ok(Scale::None), |t| Transform::of(t, &samples.inner))?;
    let places = Places::of("places", places)?;
    let nodes = places.as_slice()?;
    let window = window.map(|(origin, step, size)| Window { origin, step, size });
    let cells = window.map_or(nodes.len(), |w| w.size[0] * w.size[1]);
    let out = PyArray2::zeros(py, [realisations, cells], false);
    {
        let mut fields = out.try_readwrite()?;
        let fields = fields.as_slice_mut()?;
        let numbers = first..first + realisations;
        detached(py, threads, |executor| {
            let samples = scale.forward(&samples.inner)?;
            let run = prepared(method, &recipe.inner, seed, &samples, nodes, window)?;
            for (nth, part) in fields.chunks_mut(BATCH * cells.max(1)).enumerate() {
                let from = numbers.start + nth * BATCH;
                let range: Range<usize> = from..from + part.len() / cells.max(1);
                let batch = run.simulate(range, executor)?;
                for (k, field) in part.chunks_mut(cells.max(1)).enumerate() {
                    field.iter_mut().zip(batch.realisation(k)).for_each(|(to, value)| *to = scale.back_value(value));
                }
            }
            Ok(())
        })?;
    }
    Ok(out)
}

fn prepared(
    method: Method,
    recipe: &soilscope_core::kriging::Kriging,
    seed: u64,
    samples: &soilscope_core::Samples,
    nodes: &[Coord],
    window: Option<Window>,
) -> Result<Box<dyn Simulator>> {
    let (model, drift) = (recipe.variogram.clone(), recipe.drift);
    Ok(match (method, window) {
        (Method::Circulant, Some(window)) => {
            Box::new(CirculantSimulation::new(model, drift, seed).prepare(Some(samples), window, None)?)
        }
        (Method::Circulant, None) => {
            let requirement = "an evenly spaced grid, or by another method";
            return Err(Error::KrigingSettings { what: "fields are simulated by circulant embedding", requirement });
        }
        (Method::Kriged, _) => Box::new(KrigedSimulation::new(recipe.clone(), seed).prepare(samples, nodes, &[])?),
        (Method::Sequential, _) => Box::new(SequentialGaussian::new(model, drift, seed).prepare(Some(samples), nodes)?),
    })
}
