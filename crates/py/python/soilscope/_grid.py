"""Grids: columns and rows by their coordinates, with or without xarray."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._soilscope import Samples, SoilscopeError

if TYPE_CHECKING:
    import xarray

#: Names under which columns and rows are looked for, and what a grid of our own is given.
X_NAMES = ("x", "lon", "longitude", "easting")
Y_NAMES = ("y", "lat", "latitude", "northing")


@dataclass(frozen=True, eq=False)
class Grid:
    """Cell centres by the coordinates of columns (`x`) and rows (`y`), and the CRS they are in.

    Parameters
    ----------
    x, y : array_like, shape (columns,) and (rows,)
        Eastings and northings, in CRS units.
    crs : str, optional
        As `"EPSG:28992"`, or WKT; it is kept and written, never computed with.

    Examples
    --------
    >>> import soilscope
    >>> grid = soilscope.Grid.over((0, 0, 100, 60), cell=20, crs="EPSG:28992")
    >>> grid.shape, grid.x
    ((3, 5), array([10., 30., 50., 70., 90.]))
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    crs: str | None = None

    def __init__(self, x: ArrayLike, y: ArrayLike, crs: str | None = None) -> None:
        for name, axis in (("x", x), ("y", y)):
            numbers = np.require(axis, np.float64, ["C", "A"])
            if numbers.ndim != 1 or numbers.size == 0:
                raise SoilscopeError(f"{name} has the shape {numbers.shape}, but must have (n,) with n above 0")
            object.__setattr__(self, name, numbers)
        object.__setattr__(self, "crs", crs)

    @classmethod
    def over(
        cls,
        area: Samples | tuple[float, float, float, float],
        cell: float | tuple[float, float],
        crs: str | None = None,
    ) -> Grid:
        """Cells of a size that hold samples or bounds (west, south, east, north), aligned to multiples of it; north first."""
        west, south, east, north = area.bounds if isinstance(area, Samples) else area
        sides = np.asarray(cell, np.float64).ravel()
        if sides.size not in (1, 2) or not (np.isfinite(sides).all() and (sides > 0).all()):
            raise SoilscopeError(f"cell is {cell}, but must be above 0: a side, or width and height")
        width, height = float(sides[0]), float(sides[-1])
        if not all(math.isfinite(edge) for edge in (west, south, east, north)):
            raise SoilscopeError(f"the bounds are {(west, south, east, north)}, but must be finite: west, south, east, north")
        first, last = math.floor(west / width), max(math.ceil(east / width), math.floor(west / width) + 1)
        low, high = math.floor(south / height), max(math.ceil(north / height), math.floor(south / height) + 1)
        return cls((np.arange(first, last) + 0.5) * width, (np.arange(high - 1, low - 1, -1) + 0.5) * height, crs)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.y.size, self.x.size

    @property
    def places(self) -> NDArray[np.float64]:
        """Cell centres row by row, shape (rows * columns, 2)."""
        x, y = np.meshgrid(self.x, self.y)
        return np.column_stack([x.ravel(), y.ravel()])

    def window(self) -> tuple[list[float], list[float], list[int]] | None:
        """Origin, step and size, where columns and rows are evenly spaced to the last bit but a few."""
        steps = []
        for axis in (self.x, self.y):
            step = float(axis[-1] - axis[0]) / (axis.size - 1) if axis.size > 1 else 1.0
            even = axis[0] + np.arange(axis.size) * step
            if step == 0 or not np.allclose(axis, even, rtol=0, atol=1e-6 * abs(step)):
                return None
            steps.append(step)
        return [float(self.x[0]), float(self.y[0])], steps, [self.x.size, self.y.size]

    def __repr__(self) -> str:
        rows, columns = self.shape
        crs = f", {self.crs}" if self.crs else ""
        return (
            f"<soilscope.Grid: {rows} rows x {columns} columns, "
            f"x {self.x[0]:g} to {self.x[-1]:g}, y {self.y[0]:g} to {self.y[-1]:g}{crs}>"
        )


@dataclass(frozen=True)
class Frame:
    """A grid, with the names and attributes that its xarray has."""

    grid: Grid
    dims: tuple[str, str]
    coords: dict[str, Any]

    @classmethod
    def of(cls, like: Any, grid: Grid | None) -> Frame:
        """The frame of a DataArray or Dataset, or of a grid."""
        if (like is None) == (grid is None):
            raise SoilscopeError("give one of places, like and grid")
        if like is None:
            assert grid is not None
            coords: dict[str, Any] = {
                "y": ("y", grid.y, axis_attributes("y", grid.crs)),
                "x": ("x", grid.x, axis_attributes("x", grid.crs)),
            }
            if grid.crs is not None:
                coords["spatial_ref"] = ((), 0, crs_attributes(grid))
            return cls(grid, ("y", "x"), coords)
        y, x = spatial_dims(like)
        mapping = grid_mapping(like)
        crs = None
        coords = {name: like.coords[name].variable for name in (y, x)}
        if mapping is not None:
            attributes = like.coords[mapping].attrs
            crs = attributes.get("crs_wkt") or attributes.get("spatial_ref")
            coords[mapping] = like.coords[mapping].variable
        return cls(Grid(like.coords[x].values, like.coords[y].values, crs), (y, x), coords)

    @property
    def mapping(self) -> str | None:
        """Name of the coordinate that holds the CRS."""
        return next((name for name in self.coords if name not in self.dims), None)

    def array(self, data: Any, name: str, attributes: dict[str, Any]) -> xarray.DataArray:
        """Data of the grid's shape as a DataArray with its coordinates and CRS."""
        import xarray

        array = xarray.DataArray(data, dims=self.dims, coords=self.coords, name=name, attrs=attributes)
        if self.mapping is not None:
            # Where CF wants it, and where rioxarray looks.
            array.encoding["grid_mapping"] = self.mapping
        return array


def spatial_dims(like: Any) -> tuple[str, str]:
    """Names of the dimensions of rows and columns."""
    dims = [str(dim) for dim in like.dims]
    x = next((d for d in dims if d.lower() in X_NAMES), None)
    y = next((d for d in dims if d.lower() in Y_NAMES), None)
    if x is None or y is None:
        raise SoilscopeError(f"like has the dimensions {dims}, of which none is called x and y: rename them")
    for dim in (x, y):
        if dim not in like.coords:
            raise SoilscopeError(f"like has no coordinates along {dim}: assign those of the cell centres")
    return y, x


def grid_mapping(like: Any) -> str | None:
    """Name of the coordinate that holds the CRS, as CF and rioxarray have it."""
    told = [like, *getattr(like, "data_vars", {}).values()]
    names = [kept.get("grid_mapping") for one in told for kept in (one.encoding, one.attrs)]
    return next((name for name in [*names, "spatial_ref"] if name in like.coords), None)


def axis_attributes(axis: str, crs: str | None) -> dict[str, str]:
    """What CF says of an axis."""
    if crs == "EPSG:4326":
        name, units = ("longitude", "degrees_east") if axis == "x" else ("latitude", "degrees_north")
        return {"axis": axis.upper(), "standard_name": name, "units": units}
    return {"axis": axis.upper(), "standard_name": f"projection_{axis}_coordinate"}


def crs_attributes(grid: Grid) -> dict[str, Any]:
    """The CRS as it was given, and the transform from cells to coordinates, as rioxarray reads them; more where pyproj is there."""
    attributes: dict[str, Any] = {"spatial_ref": grid.crs, "crs_wkt": grid.crs}
    try:
        from pyproj import CRS
    except ImportError:
        pass
    else:
        attributes = CRS.from_user_input(grid.crs).to_cf()
        attributes["spatial_ref"] = attributes["crs_wkt"]
    window = grid.window()
    if window is not None:
        (x, y), (dx, dy), _ = window
        attributes["GeoTransform"] = f"{x - dx / 2!r} {dx!r} 0.0 {y - dy / 2!r} 0.0 {dy!r}"
    return attributes
