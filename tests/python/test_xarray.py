"""Grids with coordinates and CRS."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest
import soilscope
import xarray
from soilscope import Grid, Samples, SoilscopeError

MODEL = "0.05 Nug + 0.59 Sph(897)"


def test_a_grid_gives_coordinates_and_crs_and_back(meuse: Samples) -> None:
    grid = Grid.over(meuse, 100, crs="EPSG:28992")
    found = soilscope.krige(meuse, MODEL, grid=grid, transform="log", threshold=500.0)
    assert list(found.data_vars) == ["prediction", "variance", "exceedance"]
    assert found.prediction.dims == ("y", "x") and found.prediction.dtype == np.float64
    np.testing.assert_array_equal(found.x, grid.x)
    assert found.y[0] > found.y[-1], "north first"
    crs = found.spatial_ref.attrs
    assert crs["spatial_ref"] == crs["crs_wkt"] == "EPSG:28992"
    west, width, _, north, _, height = map(float, crs["GeoTransform"].split())
    assert (width, height) == (100.0, -100.0)
    assert (west + 50, north - 50) == (grid.x[0], grid.y[0])
    for layer in found.data_vars.values():
        assert layer.encoding["grid_mapping"] == "spatial_ref" and "spatial_ref" in layer.coords
    again = soilscope.krige(meuse, MODEL, like=found.prediction, transform="log", threshold=500.0)
    xarray.testing.assert_identical(again, found)
    assert again.variance.encoding["grid_mapping"] == "spatial_ref"


def test_like_has_its_own_names_order_and_mapping(meuse: Samples) -> None:
    x, y = np.arange(179000.0, 181000, 250), np.arange(330000.0, 333000, 300)
    like = xarray.DataArray(
        np.zeros((len(x), len(y))),
        dims=("easting", "northing"),
        coords={"easting": x, "northing": y, "rd": ((), 0, {"crs_wkt": "EPSG:28992", "grid_mapping_name": "x"})},
        attrs={"grid_mapping": "rd"},
    )
    found = soilscope.krige(meuse, MODEL, like=like)
    assert found.prediction.dims == ("northing", "easting")
    assert found.rd.attrs == like.rd.attrs and found.prediction.encoding["grid_mapping"] == "rd"
    of_dataset = soilscope.krige(meuse, MODEL, like=xarray.Dataset({"any": like}))
    xarray.testing.assert_identical(of_dataset, found)
    places = np.column_stack([np.repeat(x, len(y)), np.tile(y, len(x))])
    by_place = soilscope.krige(meuse, MODEL, places).value.reshape(len(x), len(y))
    np.testing.assert_array_equal(found.prediction.transpose("easting", "northing"), by_place)


def test_where_pyproj_is_the_crs_is_written_out(meuse: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in that says what of it is used: `CRS.from_user_input(…).to_cf()`."""

    class CRS:
        @staticmethod
        def from_user_input(crs: str) -> "CRS":
            assert crs == "EPSG:28992"
            return CRS()

        def to_cf(self) -> dict[str, str]:
            return {"crs_wkt": "PROJCRS[...]", "grid_mapping_name": "oblique_stereographic"}

    monkeypatch.setitem(sys.modules, "pyproj", types.SimpleNamespace(CRS=CRS))
    crs = soilscope.krige(meuse, MODEL, grid=Grid.over(meuse, 500, crs="EPSG:28992")).spatial_ref.attrs
    assert crs["spatial_ref"] == crs["crs_wkt"] == "PROJCRS[...]"
    assert crs["grid_mapping_name"] == "oblique_stereographic" and crs["GeoTransform"]
    monkeypatch.setitem(sys.modules, "pyproj", None)
    crs = soilscope.krige(meuse, MODEL, grid=Grid.over(meuse, 500, crs="EPSG:28992")).spatial_ref.attrs
    assert crs["crs_wkt"] == "EPSG:28992"


def test_gaps_are_nan_and_told(meuse: Samples) -> None:
    grid = Grid.over(meuse, 200)
    found = soilscope.krige(meuse, MODEL, grid=grid, radius=150.0)
    missing = int(np.isnan(found.prediction).sum())
    assert 0 < missing < found.prediction.size
    assert found.attrs["gaps"] == f"{missing} too-few-neighbours"
    np.testing.assert_array_equal(np.isnan(found.prediction), np.isnan(found.variance))


def test_covariates_of_a_grid(meuse: Samples) -> None:
    grid = Grid.over(meuse, 150)
    slope = lambda place: (place[..., :1] - 178000.0) / 1000  # noqa: E731
    samples = Samples(meuse.coords, meuse.values, covariates=slope(meuse.coords))
    cells = slope(np.stack(np.meshgrid(grid.x, grid.y), axis=-1))
    cells[3, 4] = np.nan
    found = soilscope.krige(samples, MODEL, grid=grid, covariates=cells)
    by_place = soilscope.krige(samples, MODEL, grid.places, covariates=cells.reshape(-1, 1))
    np.testing.assert_array_equal(found.prediction.values.ravel(), by_place.value)
    assert np.isnan(found.prediction[3, 4]) and by_place.gaps == {"missing-covariate": 1}
    for wrong in (cells[:-1], cells[..., 0], np.concatenate([cells, cells], axis=-1)):
        with pytest.raises(SoilscopeError, match="covariates has the shape"):
            soilscope.krige(samples, MODEL, grid=grid, covariates=wrong)


@pytest.mark.parametrize("like,words", [
    (xarray.DataArray(np.zeros((2, 2)), dims=("a", "b")), "of which none is called x and y"),
    (xarray.DataArray(np.zeros((2, 2)), dims=("y", "x")), "like has no coordinates along x"),
])  # fmt: skip
def test_like_without_places_is_refused(meuse: Samples, like, words: str) -> None:
    with pytest.raises(SoilscopeError, match=words):
        soilscope.krige(meuse, MODEL, like=like)


def test_it_works_without_xarray(meuse: Samples) -> None:
    """As on a machine that has numpy alone."""
    program = (
        "import sys\n"
        "for name in ('xarray', 'dask', 'pandas'): sys.modules[name] = None\n"
        "import soilscope\n"
        "samples = soilscope.Samples([[0, 0], [3, 1], [1, 4]], [1.0, 2.0, 4.0])\n"
        "grid = soilscope.Grid.over(samples, 1)\n"
        "found = soilscope.krige(samples, '0.1 Nug + 1 Sph(5)', grid=grid)\n"
        "assert isinstance(found, soilscope.Predictions) and found.value.shape == grid.shape\n"
        "fields = soilscope.simulate(samples, '1 Sph(5)', grid=grid, realisations=2, seed=1)\n"
        "assert fields.shape == (2, *grid.shape)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_grids() -> None:
    grid = Grid.over((5, 5, 95, 41), cell=(10, 20))
    assert grid.shape == (3, 10) and grid.x[0] == 5.0 and grid.y.tolist() == [50.0, 30.0, 10.0]
    assert Grid.over((3, 3, 3, 3), cell=2).shape == (1, 1)
    assert Grid.over((0, 0, 100, 100), cell=0.3).window() is not None
    assert Grid([0.0, 1.0, 3.0], [0.0]).window() is None
    assert "2 rows x 3 columns" in repr(Grid([0, 1, 2], [0, 1]))
    with pytest.raises(SoilscopeError, match="x has the shape"):
        Grid([[0.0]], [1.0])
