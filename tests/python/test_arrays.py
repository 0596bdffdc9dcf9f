"""Arrays in and out: what is copied, what is taken, what is refused, and in which words."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest
import soilscope
from conftest import ROOT
from soilscope import Samples, SoilscopeError

MODEL = "0.05 Nug + 0.59 Sph(897)"


def rust(variant: str, **fields: object) -> str:
    """The words of an error of the Rust library, from its source."""
    source = (ROOT / "crates/core/src/error.rs").read_text()
    before = source[: re.search(rf"\n    {variant} (?:{{|\()", source).start()]  # type: ignore[union-attr]
    (*_, template) = re.findall(r"#\[error\(\s*\"((?:[^\"\\]|\\.|\\\n)*)\"", before)
    return re.sub(r"\\\n\s*", "", template).format(**fields)


# ---- no copy where the layout allows ----


def test_samples_are_looked_at_without_a_copy(meuse: Samples) -> None:
    assert np.shares_memory(meuse.coords, meuse.coords) and np.shares_memory(meuse.values, meuse.values)
    assert meuse.coords.ctypes.data == meuse.coords.ctypes.data
    for array in (meuse.coords, meuse.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


def test_a_view_keeps_its_samples_alive() -> None:
    values = Samples(np.arange(2000.0).reshape(-1, 2), np.arange(1000.0)).values
    spill = [np.full(1000, -1.0) for _ in range(100)]
    assert values.sum() == 499500.0 and len(spill) == 100


def test_samples_do_not_change_with_the_arrays_they_were_made_of() -> None:
    coords, values = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([1.0, 2.0])
    samples = Samples(coords, values)
    coords[0], values[0] = 9.0, 9.0
    assert samples.coords[0].tolist() == [0.0, 0.0] and samples.values[0] == 1.0


@pytest.mark.parametrize("make,in_place", [
    (lambda a: a, True),
    (lambda a: a[:7], True),
    (lambda a: a.astype("f4"), False),
    (lambda a: a.astype(">f8"), False),
    (lambda a: np.asfortranarray(a), False),
    (lambda a: a[::2], False),
    (lambda a: a[:, ::-1], False),
    (lambda a: np.frombuffer(b"\0" + a.tobytes(), "f8", offset=1).reshape(-1, 2), False),
    (lambda a: a.tolist(), False),
])  # fmt: skip
def test_places_are_read_where_they_lie_or_copied(meuse: Samples, make, in_place: bool) -> None:
    places = np.column_stack([np.linspace(179000, 181000, 50), np.linspace(330000, 333000, 50)])
    places = places.astype("f4").astype("f8")
    given = make(places)
    assert soilscope.places_in_place(given) is in_place
    found = soilscope.krige(meuse, MODEL, given, neighbours=8)
    same = soilscope.krige(meuse, MODEL, np.array(given, dtype="f8", order="C"), neighbours=8)
    np.testing.assert_array_equal(found.value, same.value)


def test_results_are_their_own_writable_arrays(meuse: Samples) -> None:
    found = soilscope.krige(meuse, MODEL, meuse.coords)
    assert found.value.flags.c_contiguous and found.value.flags.writeable
    assert np.shares_memory(found.value, found.value) and found.value is found.value
    grid = soilscope.Grid.over(meuse, 200)
    dataset = soilscope.krige(meuse, MODEL, grid=grid)
    predictions = soilscope.Kriging(MODEL).fit(meuse).predict_grid(grid.x, grid.y)
    assert dataset.prediction.shape == predictions.value.shape == grid.shape


def test_the_arrays_of_a_dataset_are_those_that_rust_wrote(meuse: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    from soilscope import _krige

    seen = []
    original = _krige.dataset
    monkeypatch.setattr(_krige, "dataset", lambda f, p, r, t: (seen.append(p), original(f, p, r, t))[1])
    dataset = soilscope.krige(meuse, MODEL, grid=soilscope.Grid.over(meuse, 200))
    assert np.shares_memory(dataset.prediction.values, seen[0].value)


# ---- what is taken ----


def test_numbers_of_all_kinds(meuse: Samples) -> None:
    samples = Samples([(0, 0), (np.float32(3), np.int64(1)), (1, 4)], (1, np.float16(2), 4))
    assert samples.values.tolist() == [1.0, 2.0, 4.0]
    kriging = soilscope.Kriging("0.1 Nug + 1 Sph(5)", neighbours=np.int64(3), radius=np.float32(9))
    assert kriging.fit(samples, threads=np.int32(1)).predict(np.array([[1, 1]])).value.shape == (1,)
    assert soilscope.Variogram(MODEL).semivariance(np.float64(897.0)) == pytest.approx(0.64)
    assert soilscope.Variogram(MODEL).semivariance([[0.0, 897.0]]).shape == (1, 2)


def test_pandas_columns() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [0.0, 3.0], "y": [0.0, 4.0], "zinc": [1.0, 2.0]})
    assert Samples(frame[["x", "y"]], frame["zinc"]).diagonal == 5.0


def test_no_target_is_no_prediction(meuse: Samples) -> None:
    found = soilscope.krige(meuse, MODEL, np.empty((0, 2)))
    assert found.value.shape == (0,) and found.gaps == {} and len(found) == 0


def test_a_target_that_is_no_place_is_a_gap(meuse: Samples) -> None:
    found = soilscope.krige(meuse, MODEL, [[np.nan, 0.0], [179000.0, 331000.0], [0.0, np.inf]], neighbours=5)
    assert np.isnan(found.value).tolist() == [True, False, True]
    assert found.variance is not None and np.isnan(found.variance).tolist() == [True, False, True]
    assert found.gap.tolist() == [5, 0, 5] and found.gaps == {"not-finite": 2}
    few = soilscope.krige(meuse, MODEL, [[0.0, 0.0]], radius=10.0)
    assert few.gaps == {"too-few-neighbours": 1} and "too-few-neighbours" in repr(few)


def test_threads_and_shape_change_no_bit(meuse: Samples) -> None:
    grid = soilscope.Grid.over(meuse, 31.7)
    recipe = soilscope.Kriging(MODEL, neighbours=16)
    whole = recipe.fit(meuse, transform="log").predict_grid(grid.x, grid.y, threshold=500, threads=1)
    cells = recipe.fit(meuse, transform="log").predict(grid.places, threshold=500, threads=2)
    half = recipe.fit(meuse, transform="log").predict_grid(grid.x[7:60], grid.y[5:70], threshold=500, threads=2)
    for name in ("value", "variance", "exceedance"):
        all_of = getattr(whole, name)
        np.testing.assert_array_equal(all_of.ravel(), getattr(cells, name))
        np.testing.assert_array_equal(all_of[5:70, 7:60], getattr(half, name))


def test_an_even_grid_and_its_places_agree(meuse: Samples) -> None:
    """Here the cells share their work as a window; the places do not."""
    grid = soilscope.Grid.over(meuse, 20)
    predictor = soilscope.Kriging(MODEL, neighbours=24).fit(meuse)
    window, places = predictor.predict_grid(grid.x, grid.y), predictor.predict(grid.places)
    np.testing.assert_array_equal(window.value.ravel(), places.value)
    np.testing.assert_array_equal(window.variance.ravel(), places.variance)


# ---- what is refused, in the words of Rust ----


def test_words_are_rusts(meuse: Samples) -> None:
    with pytest.raises(SoilscopeError) as refused:
        Samples([[0.0, 0.0], [1.0, np.nan]], [1.0, 2.0])
    assert str(refused.value) == rust("NotFinite", index=1, what="northing", value="NaN")
    with pytest.raises(SoilscopeError) as refused:
        Samples([[0.0, 0.0]], [1.0, 2.0])
    names = {"left_name": "coordinates", "left": 1, "right_name": "values", "right": 2}
    assert str(refused.value) == rust("LengthMismatch", **names)
    with pytest.raises(SoilscopeError) as refused:
        soilscope.Kriging(MODEL, neighbours=0)
    name = "maximum number of neighbours"
    assert str(refused.value) == rust("Parameter", name=name, value=0, requirement="at least 1")
    twice = Samples([[0, 0], [5, 5], [0, 0]], [1, 2, 3])
    with pytest.raises(SoilscopeError) as refused:
        soilscope.krige(twice, MODEL, [[1.0, 1.0]])
    place = {"first": 0, "second": 2, "easting": 0, "northing": 0}
    assert str(refused.value) == rust("CoincidentSamples", **place)
    with pytest.raises(SoilscopeError) as refused:
        soilscope.krige(meuse, "1 Nug + Sqh(9)", [[1.0, 1.0]])
    begins, ends = rust("Notation", text="1 Nug + Sqh(9)", reason="\0").split("\0")
    assert str(refused.value).startswith(begins) and str(refused.value).endswith(ends)
    with pytest.raises(SoilscopeError) as refused:
        Samples([[0, 0]], [0.0]).transformed("log")
    words = {"index": 0, "value": 0, "transform": "logarithmic", "requirement": "values above 0"}
    begins = rust("Transform", **words).split("logarithmic")[0]
    assert str(refused.value).startswith(begins)


@pytest.mark.parametrize("call,words", [
    (lambda: Samples([0.0, 1.0], [1.0]), "coords has the shape (2,), but must have (n, 2)"),
    (lambda: Samples([[0.0, 1.0, 2.0]], [1.0]), "coords has the shape (1, 3), but must have (n, 2)"),
    (lambda: Samples([[0.0, 1.0]], [[1.0]]), "values has the shape (1, 1), but must have (n,)"),
    (lambda: Samples(np.empty((0, 2)), []), "0 samples are too few"),
    (lambda: Samples(np.ma.masked_equal([[0.0, 1.0]], 1.0), [1.0]), "coords has masked numbers"),
    (lambda: soilscope.Kriging(MODEL, mean=1.0, degree=1), "a known mean stands instead of a trend"),
    (lambda: soilscope.Kriging(MODEL, block_nodes="gauss4"), "block_nodes belong to a block"),
    (lambda: soilscope.Kriging(MODEL, block=10, block_nodes="simpson"), "no nodes of a block are called 'simpson'"),
    (lambda: soilscope.Kriging(MODEL, block=[10.0, 0.0]), "side of the block is 0"),
    (lambda: soilscope.Kriging(MODEL, neighbours=-1), "neighbours is -1, but must be 0 or more"),
    (lambda: soilscope.Kriging(MODEL, degree=300), "degree is 300, but must be less"),
    (lambda: soilscope.krige(Samples([[0, 0]], [1.0]), MODEL, [[0, 0]], threads=-2), "threads is -2, but must be 0 or more"),
    (lambda: soilscope.krige(Samples([[0, 0]], [1.0]), MODEL), "give one of places, like and grid"),
    (lambda: soilscope.Grid.over((0, 0, np.nan, 1), 1.0), "must be finite: west, south, east, north"),
    (lambda: soilscope.Transform("cube"), "no transform is called 'cube'"),
    (lambda: soilscope.Grid.over((0, 0, 1, 1), 0.0), "cell is 0.0, but must be above 0"),
])  # fmt: skip
def test_refusals(call, words: str) -> None:
    with pytest.raises(SoilscopeError) as refused:
        call()
    assert words in str(refused.value)
    assert isinstance(refused.value, ValueError)


def test_what_is_no_number_is_a_type_or_value_error() -> None:
    for wrong, words in (
        ([["a", "b"]], "coords has text, but must have real numbers"),
        (np.array([[1j, 1.0]]), "coords has complex numbers"),
        (np.array([["2020-01-01", "2021-01-01"]], "M8[D]"), "coords has times"),
        ({1: 2}, "real number"),
    ):
        with pytest.raises(TypeError, match=words):
            Samples(wrong, [1.0])
    samples = Samples([[0, 0], [3, 1]], [1.0, 2.0])
    for call, words in (
        (lambda: soilscope.Kriging(MODEL, neighbours="all"), "neighbours"),
        (lambda: soilscope.Kriging(None), "variogram must be a Variogram, or its notation as text, not NoneType"),
        (lambda: soilscope.Kriging(MODEL, block="x"), "block is 'x', but must be a number, or a width and a height"),
        (lambda: soilscope.validate(samples, "x"), "recipe must be Kriging, InverseDistance or Nearest, not str"),
        (lambda: soilscope.validate(samples, soilscope.Nearest(), folds=2.5), "folds is 2.5, but must be"),
    ):
        with pytest.raises(TypeError, match=words):
            call()
    with pytest.raises(TypeError, match="unexpected keyword"):
        soilscope.krige(Samples([[0, 0]], [1.0]), MODEL, [[0, 0]], neighbors=3)


def test_settings_without_effect_are_refused(meuse: Samples) -> None:
    with pytest.raises(SoilscopeError, match="the recipe's drift has none"):
        soilscope.Kriging(MODEL).fit(meuse).predict([[0, 0]], covariates=[[1.0]])
    with pytest.raises(SoilscopeError, match="give them to Samples too"):
        soilscope.krige(meuse, MODEL, [[0, 0]], covariates=[[1.0]])
    with pytest.raises(SoilscopeError, match="needs a variance"):
        soilscope.Nearest().fit(meuse).predict([[0, 0]], threshold=5.0)
    with pytest.raises(SoilscopeError, match="boundaries stand instead of"):
        soilscope.empirical_variogram(meuse, cutoff=5, boundaries=[1.0, 2.0])
    with pytest.raises(SoilscopeError, match="a tolerance belongs to azimuths"):
        soilscope.empirical_variogram(meuse, tolerance=10)
    with pytest.raises(SoilscopeError, match="give one of places, like and grid"):
        soilscope.krige(meuse, MODEL, [[0, 0]], grid=soilscope.Grid.over(meuse, 500))
    with pytest.raises(SoilscopeError, match="only method='kriged' has them"):
        soilscope.simulate(meuse, MODEL, [[0, 0]], realisations=1, seed=1, neighbours=5)


# ---- objects ----


def test_objects_pickle_and_print(meuse: Samples) -> None:
    scores = soilscope.Transform("normal-score", meuse)
    carried = Samples(meuse.coords, meuse.values, error_variances=np.full(155, 0.1), covariates=np.ones((155, 2)))
    empirical = soilscope.empirical_variogram(meuse, azimuths=[0, 90])
    for thing in (meuse, carried, soilscope.Variogram(MODEL), scores, soilscope.Transform("box-cox:0.3"), empirical):
        assert pickle.loads(pickle.dumps(thing)) == thing and copy.deepcopy(thing) == thing
        assert "soilscope." in repr(thing)
    sphere = Samples([[5.0, 52.0], [6.0, 53.0]], [1.0, 2.0], sphere_radius=soilscope.EARTH_RADIUS)
    assert pickle.loads(pickle.dumps(sphere)).sphere_radius == soilscope.EARTH_RADIUS
    assert meuse != sphere and len({soilscope.Variogram(MODEL), soilscope.Variogram(MODEL)}) == 1
    at = [[180000.0, 331000.0]]
    for recipe in (
        soilscope.Kriging(MODEL, neighbours=9, min_neighbours=2, radius=900.0, block=(40, 20), block_nodes="regular3"),
        soilscope.Kriging(MODEL, mean=400.0),
        soilscope.InverseDistance(power=1.5, neighbours=12, sectors=4),
        soilscope.Nearest(radius=1e6),
    ):
        again = pickle.loads(pickle.dumps(recipe))
        assert repr(again) == repr(recipe) == repr(eval(repr(recipe)))
        assert again.fit(meuse).predict(at).value == recipe.fit(meuse).predict(at).value
    found = soilscope.krige(meuse, MODEL, at)
    again = pickle.loads(pickle.dumps(found))
    assert again.value == found.value and again.variance == found.variance and again.exceedance is None
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(soilscope.Kriging(MODEL).fit(meuse))


def test_simulation_is_conditional_and_numbered(meuse: Samples) -> None:
    grid = soilscope.Grid.over(meuse, 100)
    options = {"seed": 7, "transform": "log", "grid": grid}
    for method in ("sequential", "circulant", "kriged"):
        fields = soilscope.simulate(meuse, MODEL, realisations=10, method=method, **options)
        later = soilscope.simulate(meuse, MODEL, realisations=2, first=7, method=method, **options)
        assert fields.dims == ("realisation", "y", "x") and later.realisation.values.tolist() == [7, 8]
        np.testing.assert_array_equal(fields.sel(realisation=[7, 8]), later)
        assert float(fields.min()) > 0 and fields.std("realisation").mean() > 50
    at_samples = soilscope.simulate(meuse, MODEL, meuse.coords, realisations=2, seed=7)
    np.testing.assert_allclose(at_samples, np.tile(meuse.values, (2, 1)))
    with pytest.raises(SoilscopeError, match="evenly spaced"):
        uneven = soilscope.Grid([0.0, 1.0, 3.0], [0.0, 1.0])
        soilscope.simulate(meuse, MODEL, grid=uneven, realisations=1, seed=1, method="circulant")


def test_validation_by_every_kind_of_folds(meuse: Samples) -> None:
    recipe = soilscope.Kriging(MODEL, neighbours=16)
    loo = soilscope.validate(meuse, recipe, transform="log")
    assert loo.scores["n"] == 155 and np.array_equal(loo.fold, np.arange(155))
    assert loo.scores["rmse"] == pytest.approx(np.sqrt(np.mean(loo.residual**2)), rel=1e-12)
    blocks = soilscope.validate(meuse, recipe, folds="block:500", transform="log")
    assert 2 < blocks.fold.max() < 60 and blocks.scores["rmse"] > loo.scores["rmse"]
    five = soilscope.validate(meuse, recipe, folds=5, seed=3)
    assert np.bincount(five.fold).tolist() == [31] * 5
    by_label = soilscope.validate(meuse, recipe, folds=five.fold)
    np.testing.assert_array_equal(by_label.prediction, five.prediction)
    for folds, words in ((1, "number of folds is 1"), ("random", "no folds are called"), ([1, 2], "folds has 2 entries")):
        with pytest.raises(SoilscopeError, match=words):
            soilscope.validate(meuse, recipe, folds=folds)


def test_choice_says_why(meuse: Samples) -> None:
    choice = soilscope.choose(meuse.transformed("log"), transformed=True, seed=1)
    assert choice.variogram.is_bounded and str(choice.variogram.structures[0]["type"]) in choice.explain()
    assert choice.to_dict()["samples"] == 155 and len(choice.empirical) > 5
    with pytest.raises(SoilscopeError, match="too few|too-few|at least"):
        soilscope.choose(meuse.subset(range(5)))
