"""How immutable objects of Rust are made again from what pickle kept."""

from __future__ import annotations

from typing import Any

from . import _soilscope


def samples(coords: Any, values: Any, errors: Any, covariates: Any, radius: float | None) -> _soilscope.Samples:
    return _soilscope.Samples(
        coords, values, error_variances=errors, covariates=covariates, sphere_radius=radius
    )


def transform(name: str, values: Any) -> _soilscope.Transform:
    if name != "normal-score":
        return _soilscope.Transform(name)
    # Normal scores are of values alone; where they lie does not matter.
    return _soilscope.Transform(name, _soilscope.Samples([(float(i), 0.0) for i in range(len(values))], values))


def empirical(
    np: Any, dist: Any, gamma: Any, azimuth: Any, errors: Any, estimator: str, cutoff: float
) -> _soilscope.EmpiricalVariogram:
    return _soilscope.EmpiricalVariogram(
        np, dist, gamma, azimuth=azimuth, error_variance=errors, estimator=estimator, cutoff=cutoff
    )


def recipe(kind: Any, arguments: dict[str, Any]) -> Any:
    return kind(**arguments)


def predictions(value: Any, variance: Any, exceedance: Any, gap: Any, reduced: int) -> _soilscope.Predictions:
    return _soilscope.Predictions(value, variance, exceedance, gap, reduced)
