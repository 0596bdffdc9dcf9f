"""Kriging, inverse distances and simulation in one call, of places or of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _soilscope
from ._grid import Frame, Grid
from ._soilscope import InverseDistance, Kriging, Predictions, Predictor, Samples, SoilscopeError, Transform, Variogram

if TYPE_CHECKING:
    import xarray

    Like = xarray.DataArray | xarray.Dataset | None

Recipe = Kriging | InverseDistance


class Near(TypedDict, total=False):
    """Which samples serve a target."""

    neighbours: int | None
    min_neighbours: int | None
    radius: float | None
    sectors: int | None


class Settings(Near, total=False):
    """What `Kriging` takes beside its variogram and covariates."""

    mean: float | None
    degree: int
    block: float | tuple[float, float] | None
    block_nodes: str | None


@overload
def krige(
    samples: Samples,
    variogram: Variogram | str,
    places: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    transform: str | Transform | None = None,
    threshold: float | None = None,
    threads: int | None = None,
    **settings: Unpack[Settings],
) -> Predictions: ...
@overload
def krige(
    samples: Samples,
    variogram: Variogram | str,
    places: None = None,
    *,
    like: Like = None,
    grid: Grid | None = None,
    covariates: ArrayLike | None = None,
    transform: str | Transform | None = None,
    threshold: float | None = None,
    threads: int | None = None,
    **settings: Unpack[Settings],
) -> xarray.Dataset: ...


def krige(
    samples: Samples,
    variogram: Variogram | str,
    places: ArrayLike | None = None,
    *,
    like: Any = None,
    grid: Grid | None = None,
    covariates: Any = None,
    transform: str | Transform | None = None,
    threshold: float | None = None,
    threads: int | None = None,
    **settings: Any,
) -> Any:
    """Kriging of places or of a grid, with its variance.

    Parameters
    ----------
    samples : Samples
        In data units.
    variogram : Variogram or str
        On the scale of `transform`.
    places : array_like, shape (n, 2)
        Easting and northing. Or give `like` or `grid`.
    like : xarray.DataArray or Dataset
        Whose columns and rows (x and y, or lon and lat) are predicted.
    grid : Grid
        Likewise.
    covariates : array_like, shape (n, p) or (rows, columns, p), optional
        What the samples' covariates are at the targets: kriging with external drift. NaN where it is not known.
    transform : str or Transform, optional
        `"log"` and others: the scale on which the field is kriged; results are in data units.
    threshold : float, optional
        In data units: the probability of being above it is computed too.
    threads : int, optional
        All cores by default; the result is the same for any number.
    **settings
        As of `Kriging`: mean, degree, neighbours, min_neighbours, radius, sectors, block, block_nodes.

    Returns
    -------
    Predictions
        For places; and for a grid where xarray is not installed.
    xarray.Dataset
        For a grid: `prediction` (data units), `variance` (unit squared), and `exceedance` where a threshold was given, float64, NaN
        where there is no prediction, with the grid's coordinates and CRS. Its attribute `gaps` says how many cells have none, and why.

    Raises
    ------
    SoilscopeError
        Samples, model or settings that cannot be used, in the words of the Rust library.

    Examples
    --------
    >>> import soilscope
    >>> samples = soilscope.Samples([[0, 0], [3, 1], [1, 4]], [1.0, 2.0, 4.0])
    >>> p = soilscope.krige(samples, "0.1 Nug + 1 Sph(5)", [[1.0, 1.0]])
    >>> p.value.round(6)
    array([1.832251])
    """
    recipe = kriging(samples, variogram, covariates, settings)
    predictor = recipe.fit(samples, transform=transform, threads=threads)
    return predict(predictor, recipe, places, like, grid, covariates, threshold, threads)


@overload
def idw(
    samples: Samples, places: ArrayLike, *, power: float = 2.0, threads: int | None = None, **settings: Unpack[Near]
) -> Predictions: ...
@overload
def idw(
    samples: Samples,
    places: None = None,
    *,
    power: float = 2.0,
    like: Like = None,
    grid: Grid | None = None,
    threads: int | None = None,
    **settings: Unpack[Near],
) -> xarray.Dataset: ...
def idw(
    samples: Samples,
    places: ArrayLike | None = None,
    *,
    power: float = 2.0,
    like: Any = None,
    grid: Grid | None = None,
    threads: int | None = None,
    **settings: Any,
) -> Any:
    """Inverse distance weighting of places or of a grid; as `krige`, without a variance.

    Examples
    --------
    >>> import soilscope
    >>> soilscope.idw(soilscope.Samples([[0, 0], [3, 0]], [1.0, 4.0]), [[1.0, 0.0]]).value
    array([1.6])
    """
    recipe = InverseDistance(power=power, **settings)
    predictor = recipe.fit(samples, threads=threads)
    return predict(predictor, recipe, places, like, grid, None, None, threads)


@overload
def simulate(
    samples: Samples,
    variogram: Variogram | str,
    places: ArrayLike,
    *,
    realisations: int,
    seed: int,
    first: int = 0,
    method: _soilscope.Method = "sequential",
    transform: str | Transform | None = None,
    threads: int | None = None,
    **settings: Unpack[Settings],
) -> NDArray[np.float64]: ...
@overload
def simulate(
    samples: Samples,
    variogram: Variogram | str,
    places: None = None,
    *,
    realisations: int,
    seed: int,
    first: int = 0,
    like: Like = None,
    grid: Grid | None = None,
    method: _soilscope.Method = "sequential",
    transform: str | Transform | None = None,
    threads: int | None = None,
    **settings: Unpack[Settings],
) -> xarray.DataArray: ...
def simulate(
    samples: Samples,
    variogram: Variogram | str,
    places: ArrayLike | None = None,
    *,
    realisations: int,
    seed: int,
    first: int = 0,
    like: Any = None,
    grid: Grid | None = None,
    method: str = "sequential",
    transform: str | Transform | None = None,
    threads: int | None = None,
    **settings: Any,
) -> Any:
    """Conditional Gaussian simulation: fields that vary as the model says, with the samples' values at the samples.

    Parameters
    ----------
    samples, variogram, places, like, grid, transform, threads
        As of `krige`.
    realisations : int
        How many.
    seed : int
        Where all random numbers come from; realisation k of a seed is the same whichever others are made with it.
    first : int
        Number of the first realisation.
    method : str
        `"sequential"` (any places), `"circulant"` (evenly spaced grids; exact) or `"kriged"` (any drift and neighbourhood of kriging).
    **settings
        As of `Kriging`, as far as the method has them: `mean` for all, `degree` and neighbours for `"kriged"`.

    Returns
    -------
    ndarray, shape (realisations, n)
        For places; (realisations, rows, columns) for a grid without xarray. Data units.
    xarray.DataArray
        For a grid, with the dimension `realisation` before its own.

    Examples
    --------
    >>> import soilscope
    >>> samples = soilscope.Samples([[0, 0], [30, 10]], [1.5, -0.5])
    >>> fields = soilscope.simulate(samples, "1 Exp(20)", [[0, 0], [10, 0]], realisations=3, seed=1, mean=0.0)
    >>> fields[:, 0]
    array([1.5, 1.5, 1.5])
    """
    near = {"neighbours", "min_neighbours", "radius", "sectors", "degree"} & {k for k, v in settings.items() if v}
    if method != "kriged" and near:
        raise SoilscopeError(f"{', '.join(sorted(near))}: only method='kriged' has them")
    recipe = Kriging(variogram, **settings)
    options: dict[str, Any] = {
        "realisations": realisations, "seed": seed, "first": first, "method": method,
        "transform": transform, "threads": threads,
    }  # fmt: skip
    if places is not None:
        only_one(like, grid)
        return _soilscope.simulate(samples, recipe, places, **options)
    frame = Frame.of(like, grid)
    if method == "circulant":
        options["window"] = frame.grid.window()
        fields = _soilscope.simulate(samples, recipe, np.empty((0, 2)), **options)
    else:
        fields = _soilscope.simulate(samples, recipe, frame.grid.places, **options)
    cube = fields.reshape(realisations, *frame.grid.shape)
    xarray = xarray_or_none()
    if xarray is None:
        return cube
    numbers = np.arange(first, first + realisations)
    coords = {"realisation": numbers, **frame.coords}
    array = xarray.DataArray(cube, dims=("realisation", *frame.dims), coords=coords, name="simulation")
    if frame.mapping is not None:
        array.encoding["grid_mapping"] = frame.mapping
    return array


def kriging(samples: Samples, variogram: Variogram | str, covariates: Any, settings: dict[str, Any]) -> Kriging:
    """The recipe of some settings; with the samples' covariates where the targets have some."""
    if covariates is not None:
        settings = {**settings, "covariates": samples.covariate_count}
        if samples.covariate_count == 0:
            raise SoilscopeError("covariates were given for the targets, but the samples have none: give them to Samples too")
    return Kriging(variogram, **settings)


def predict(
    predictor: Predictor,
    recipe: Recipe,
    places: ArrayLike | None,
    like: Any,
    grid: Grid | None,
    covariates: Any,
    threshold: float | None,
    threads: int | None,
) -> Any:
    """Predictions of places, or of a grid as a Dataset."""
    options: dict[str, Any] = {"covariates": covariates, "threshold": threshold, "threads": threads}
    if places is not None:
        only_one(like, grid)
        return predictor.predict(places, **options)
    frame = Frame.of(like, grid)
    predictions = predictor.predict_grid(frame.grid.x, frame.grid.y, **options)
    xarray = xarray_or_none()
    return predictions if xarray is None else dataset(frame, predictions, recipe, threshold)


def only_one(like: Any, grid: Grid | None) -> None:
    if like is not None or grid is not None:
        raise SoilscopeError("give one of places, like and grid")


def xarray_or_none() -> Any:
    """xarray, where it is installed."""
    try:
        import xarray
    except ImportError:
        return None
    return xarray


def layers(predictions: Predictions) -> dict[str, NDArray[np.float64]]:
    """The arrays of predictions by the names that they have in a Dataset."""
    named = {"prediction": predictions.value, "variance": predictions.variance, "exceedance": predictions.exceedance}
    return {name: array for name, array in named.items() if array is not None}


def attributes(layer: str, threshold: float | None) -> dict[str, Any]:
    """What a layer is, in words."""
    words = {
        "prediction": "prediction, in the unit of the samples",
        "variance": "prediction error variance, the unit of the samples squared",
        "exceedance": f"probability of being above {threshold}",
    }
    return {"long_name": words[layer], **({"threshold": threshold} if layer == "exceedance" else {})}


def dataset(frame: Frame, predictions: Predictions, recipe: Recipe, threshold: float | None) -> Any:
    """Predictions of a grid as a Dataset; the arrays are the predictions' own."""
    import xarray

    arrays = {name: frame.array(data, name, attributes(name, threshold)) for name, data in layers(predictions).items()}
    gaps = ", ".join(f"{count} {reason}" for reason, count in predictions.gaps.items())
    return xarray.Dataset(arrays, attrs={"recipe": repr(recipe), "gaps": gaps or "none"})
