//! The Python package `soilscope`: [`soilscope_core`] and [`soilscope_assess`] for numpy arrays.
//!
//! Wrappers only: what is computed is computed there, under the same names. What belongs to Python stands here: arrays in and
//! out (`arrays`), work on threads while the interpreter goes on and Ctrl-C is heard (`work`), errors as exceptions
//! (`error`). Grids with coordinates (xarray) and Dask are Python's own, in `python/soilscope`.
//!
//! The crate reads no file and links neither GDAL nor PROJ, so that its wheel needs nothing but numpy.

mod arrays;
mod assess;
mod choice;
mod empirical;
mod error;
mod fill;
mod json;
mod predictions;
mod predictor;
mod recipe;
mod samples;
mod simulation;
mod transform;
mod trend;
mod validation;
mod variogram;
mod work;

use pyo3::prelude::*;

/// What pickle makes an object again from: a function, and its arguments.
type Reduced<'py, Arguments> = PyResult<(Bound<'py, PyAny>, Arguments)>;

/// What `soilscope` is made of; import that.
#[pymodule(name = "_soilscope")]
mod module {
    #[pymodule_export]
    use crate::arrays::places_in_place;
    #[pymodule_export]
    use crate::assess::{coefficients, indices, limit, thresholds};
    #[pymodule_export]
    use crate::choice::{Choice, choose};
    #[pymodule_export]
    use crate::empirical::{EmpiricalVariogram, Fit, empirical_variogram, fit};
    #[pymodule_export]
    use crate::error::SoilscopeError;
    #[pymodule_export]
    use crate::predictions::Predictions;
    #[pymodule_export]
    use crate::predictor::Predictor;
    #[pymodule_export]
    use crate::recipe::{InverseDistance, Kriging, Nearest};
    #[pymodule_export]
    use crate::samples::Samples;
    #[pymodule_export]
    use crate::simulation::simulate;
    #[pymodule_export]
    use crate::transform::{Transform, exceedance};
    #[pymodule_export]
    use crate::trend::{mann_kendall, sen_slope};
    #[pymodule_export]
    use crate::validation::{Validation, validate};
    #[pymodule_export]
    use crate::variogram::Variogram;

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("EARTH_RADIUS", soilscope_core::metric::EARTH_RADIUS)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
