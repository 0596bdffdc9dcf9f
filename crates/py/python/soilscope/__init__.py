"""Soilscope for Python: variograms, kriging, simulation, validation and limits of the law, on numpy arrays.

The names and numbers are those of the Rust library, which does the work on all cores without the interpreter's lock. Where
xarray is installed, grids come back with coordinates and CRS; `soilscope.dask` computes them by chunks on a cluster.

>>> import numpy as np, soilscope
>>> x, y = np.meshgrid(np.arange(0.0, 100.0, 10.0), np.arange(0.0, 100.0, 10.0))
>>> samples = soilscope.Samples(np.c_[x.ravel(), y.ravel()], (np.sin(x / 25) + np.cos(y / 30)).ravel())
>>> model = soilscope.fit(soilscope.empirical_variogram(samples), "Nug + Sph").variogram
>>> soilscope.krige(samples, model, [[42.0, 17.0]])
<soilscope.Predictions: 1 with variance, no gaps>
"""

from __future__ import annotations

from . import assess
from ._grid import Grid
from ._krige import idw, krige, simulate
from ._soilscope import (
    EARTH_RADIUS,
    Choice,
    EmpiricalVariogram,
    Fit,
    InverseDistance,
    Kriging,
    Nearest,
    Predictions,
    Predictor,
    Samples,
    SoilscopeError,
    Transform,
    Validation,
    Variogram,
    __version__,
    choose,
    empirical_variogram,
    exceedance,
    fit,
    places_in_place,
    validate,
)

__all__ = [
    "EARTH_RADIUS",
    "Choice",
    "EmpiricalVariogram",
    "Fit",
    "Grid",
    "InverseDistance",
    "Kriging",
    "Nearest",
    "Predictions",
    "Predictor",
    "Samples",
    "SoilscopeError",
    "Transform",
    "Validation",
    "Variogram",
    "__version__",
    "assess",
    "choose",
    "empirical_variogram",
    "exceedance",
    "fit",
    "idw",
    "krige",
    "places_in_place",
    "simulate",
    "validate",
]
