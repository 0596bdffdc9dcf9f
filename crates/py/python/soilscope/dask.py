"""Grids by chunks on a Dask cluster.

Samples and recipe are one task of the graph that every chunk depends on: Dask sends them to each worker once, keeps them there, and
computes them anew where they are lost with a worker. A chunk depends on nothing else, so a worker that dies costs only its own chunks,
and the result has the same bits whatever the chunks and whoever computes them.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

import dask.array
from dask.base import normalize_token, tokenize
from dask.delayed import delayed

from ._dask_map import MapProject, map
from ._grid import Frame, Grid
from ._krige import Settings, attributes, kriging, layers
from ._soilscope import Kriging, Predictor, Samples, SoilscopeError, Transform, Variogram

if TYPE_CHECKING:
    import xarray

    from ._krige import Like

__all__ = ["MapProject", "krige", "map"]

#: How often this process has been sent samples: once for each set, unless a worker had to give them up.
received = 0


class Prepared:
    """Samples and a recipe, fitted once in each process, when they are first used there."""

    def __init__(self, samples: Samples, recipe: Kriging, transform: str | Transform | None) -> None:
        self.samples, self.recipe, self.transform = samples, recipe, transform
        self._predictor: Predictor | None = None
        self._fitting = threading.Lock()

    def predictor(self, threads: int) -> Predictor:
        with self._fitting:
            if self._predictor is None:
                self._predictor = self.recipe.fit(self.samples, transform=self.transform, threads=threads)
            return self._predictor

    def __getstate__(self) -> tuple[Samples, Kriging, str | Transform | None]:
        return self.samples, self.recipe, self.transform

    def __setstate__(self, state: tuple[Samples, Kriging, str | Transform | None]) -> None:
        global received
        received += 1
        self.__init__(*state)  # type: ignore[misc]

    def __sizeof__(self) -> int:
        # What the scheduler reckons with: the samples, and the index that is made of them.
        return 1000 + 200 * len(self.samples)

    def __repr__(self) -> str:
        return f"<{len(self.samples)} samples, {self.recipe}>"


def krige(
    samples: Samples,
    variogram: Variogram | str,
    *,
    like: Like = None,
    grid: Grid | None = None,
    chunks: Any = 512,
    covariates: Any = None,
    transform: str | Transform | None = None,
    threshold: float | None = None,
    threads: int = 1,
    **settings: Unpack[Settings],
) -> xarray.Dataset:
    """Kriging of a grid, lazily: what `soilscope.krige` computes at once, as chunks of Dask.

    Nothing is computed here but the checks of the settings. Parameters as of `soilscope.krige`, and:

    Parameters
    ----------
    like : xarray.DataArray or Dataset, or grid : Grid
        Whose columns and rows are predicted.
    chunks : int or tuple
        Rows and columns of a chunk, as Dask takes them; the chunks of `like` where it has some and nothing else is asked for. Chunks do
        not change a bit of the result.
    covariates : array of numpy or Dask, shape (rows, columns, p), optional
        Covariates of the cells.
    threads : int
        Of one chunk; a worker computes several chunks at once itself.

    Returns
    -------
    xarray.Dataset
        Of lazy float64 arrays `prediction`, `variance`, and `exceedance` where a threshold was given.

    Examples
    --------
    >>> import soilscope, soilscope.dask
    >>> samples = soilscope.Samples([[0, 0], [3, 1], [1, 4]], [1.0, 2.0, 4.0])
    >>> grid = soilscope.Grid.over((0, 0, 4, 4), cell=1)
    >>> lazy = soilscope.dask.krige(samples, "0.1 Nug + 1 Sph(5)", grid=grid, chunks=2)
    >>> lazy.prediction.data.numblocks
    (2, 2)
    >>> bool((lazy.prediction == soilscope.krige(samples, "0.1 Nug + 1 Sph(5)", grid=grid).prediction).all())
    True
    """
    import xarray

    if (like is None) == (grid is None):
        raise SoilscopeError("give one of like and grid")
    frame = Frame.of(like, grid)
    recipe = kriging(samples, variogram, covariates, {**settings})
    if isinstance(transform, str):
        transform = Transform(transform, samples)
    # What cannot be prepared is told now, not by a worker.
    samples.transformed(transform or "none")
    own_chunks = None if like is None else getattr(like, "chunksizes", None)
    if chunks == 512 and own_chunks:
        chunks = tuple(own_chunks[dim] for dim in frame.dims)
    rows, columns = dask.array.core.normalize_chunks(chunks, frame.grid.shape, dtype=np.float64)
    names = ["prediction", "variance"] + (["exceedance"] if threshold is not None else [])
    token = tokenize(samples, recipe, transform)
    prepared = delayed(Prepared(samples, recipe, transform), name=f"soilscope-samples-{token}", traverse=False)
    arrays: list[Any] = [
        dask.array.from_array(frame.grid.y, chunks=(rows,)), "y",
        dask.array.from_array(frame.grid.x, chunks=(columns,)), "x",
    ]  # fmt: skip
    if covariates is not None:
        wanted = (*frame.grid.shape, samples.covariate_count)
        if covariates.shape != wanted:
            raise SoilscopeError(f"covariates has the shape {covariates.shape}, but must have {wanted}")
        arrays += [dask.array.asarray(covariates).rechunk((rows, columns, -1)), "yxp"]
    with warnings.catch_warnings():
        # More chunks than columns and rows have: that is what a grid is.
        warnings.simplefilter("ignore", dask.array.PerformanceWarning)
        cube = dask.array.blockwise(
            chunk, "lyx", *arrays,
            name=f"soilscope-krige-{tokenize(token, frame.grid.x, frame.grid.y, covariates, threshold, rows, columns)}",
            new_axes={"l": len(names)}, concatenate=True, dtype=np.float64, meta=np.empty((0, 0, 0)),
            prepared=prepared, threshold=threshold, threads=threads,
        )  # fmt: skip
    layer = {name: frame.array(cube[k], name, attributes(name, threshold)) for k, name in enumerate(names)}
    return xarray.Dataset(layer, attrs={"recipe": repr(recipe)})


def chunk(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    covariates: NDArray[np.float64] | None = None,
    *,
    prepared: Prepared,
    threshold: float | None,
    threads: int,
) -> NDArray[np.float64]:
    """One chunk: layers by rows by columns."""
    predictor = prepared.predictor(threads)
    found = predictor.predict_grid(x, y, covariates=covariates, threshold=threshold, threads=threads)
    return np.stack(list(layers(found).values()))


@normalize_token.register(Samples)
def _(samples: Samples) -> tuple[str, str]:
    """Samples are the same where their numbers are."""
    digest = hashlib.sha256(repr(samples.sphere_radius).encode())
    for column in (samples.coords, samples.values, samples.error_variances, samples.covariates):
        digest.update(b"none" if column is None else np.ascontiguousarray(column).data)
    return "soilscope.Samples", digest.hexdigest()


@normalize_token.register((Kriging, Variogram))
def _(described: Kriging | Variogram) -> tuple[str, str]:
    """What says all of itself."""
    return type(described).__name__, repr(described)


@normalize_token.register(Transform)
def _(transform: Transform) -> tuple[Any, ...]:
    _, (name, values) = transform.__reduce__()
    return "soilscope.Transform", name, values.tobytes()
