"""Agreement with gstat, on the cases that the Rust library is tested with."""

from __future__ import annotations

import numpy as np
import pytest
import soilscope
from conftest import Case, data, places

KRIGING = [
    "ok_sph", "ok_exp", "ok_nested", "ok_anis", "ok_mat15", "ok_ste12", "sk_sph", "ok_local_nmax12", "ok_local_maxdist500",
    "ok_local_nmin5_maxdist250", "ok_local_omax4", "uk_sqrtdist", "bk_40", "bk_200x100", "bk_200_reg4", "ok_at_data_err",
]  # fmt: skip


def settings(case: Case) -> dict:
    p, found = case.params, {}
    for key, name in (("nmax", "neighbours"), ("nmin", "min_neighbours"), ("maxdist", "radius"), ("beta", "mean")):
        if key in p:
            found[name] = p[key]
    if "omax" in p:
        found |= {"neighbours": 4 * p["omax"], "sectors": 4}
    if "block_size" in p:
        found["block"] = tuple(p["block_size"])
        if "nblockdiscr" in p.get("set", {}):
            found["block_nodes"] = f"regular{p['set']['nblockdiscr']}"
    return found


def targets(case: Case) -> tuple[np.ndarray, np.ndarray | None]:
    columns = data(case.params["targets"])
    rows = case.answer["row"].astype(int) - 1
    covariates = np.sqrt(columns["dist"])[rows, None] if "sqrt(dist)" in case.params.get("trend", "") else None
    return places(columns)[rows], covariates


def near(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    """Equal to a tolerance, and missing where the other is."""
    assert ours.shape == theirs.shape and len(ours) > 0
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", KRIGING)
def test_kriging(cases: dict[str, Case], name: str) -> None:
    case = cases[name]
    at, covariates = targets(case)
    found = soilscope.krige(case.samples, case.notation, at, covariates=covariates, **settings(case))
    # gstat's own quadrature nodes of a block have eight digits.
    tolerance = 5e-8 if name in ("bk_40", "bk_200x100") else 1e-9
    kept = case.kept
    near(found.value[kept], case.answer["pred"][kept], tolerance)
    assert found.variance is not None
    near(found.variance[kept], case.answer["var"][kept], tolerance)


@pytest.mark.parametrize("name", ["idw_p2_all", "idw_p1_n12", "idw_p05_all", "idw_p2_maxdist300", "idw_at_data"])
def test_inverse_distance(cases: dict[str, Case], name: str) -> None:
    case = cases[name]
    at, _ = targets(case)
    found = soilscope.idw(case.samples, at, power=case.params["idp"], **settings(case))
    kept = case.kept
    near(found.value[kept], case.answer["pred"][kept], 1e-9)
    assert found.variance is None


@pytest.mark.parametrize("name", ["ev_logzn_omni", "ev_logzn_cressie", "ev_logzn_4dir", "ev_logzn_bounds", "ev_logzn_default"])
def test_empirical_variogram(cases: dict[str, Case], name: str) -> None:
    case = cases[name]
    p = case.params
    directions = {"azimuths": p["azimuth_deg"], "tolerance": p["tolerance_deg"]} if "azimuth_deg" in p else {}
    lags = {k: p[k] for k in ("cutoff", "width", "boundaries") if not isinstance(p.get(k, ""), str)}
    estimator = "cressie-hawkins" if p.get("cressie") else "matheron"
    found = soilscope.empirical_variogram(case.samples, estimator=estimator, **lags, **directions)
    np.testing.assert_array_equal(found.np, case.answer["np"])
    near(found.dist, case.answer["dist"], 1e-9)
    near(found.gamma, case.answer["gamma"], 1e-12)
    if directions:
        near(found.azimuth, case.answer["dir_hor"], 0)


@pytest.mark.parametrize("name", ["cv_loo_global", "cv_loo_nmax20", "cv_loo_uk", "cv_loo_idw", "cv_5fold"])
def test_cross_validation(cases: dict[str, Case], name: str) -> None:
    case = cases[name]
    if "idp" in case.params:
        recipe = soilscope.InverseDistance(power=case.params["idp"])
    else:
        covariates = 1 if name == "cv_loo_uk" else 0
        recipe = soilscope.Kriging(case.notation, covariates=covariates, **settings(case))
    found = soilscope.validate(case.samples, recipe, folds=case.params.get("nfold"))
    near(found.prediction, case.answer["pred"], 1e-9)
    near(found.residual, case.answer["residual"], 1e-9)
    if "idp" not in case.params:
        near(found.zscore, case.answer["zscore"], 1e-9)


def test_exceedance(cases: dict[str, Case], meuse: soilscope.Samples) -> None:
    case = cases["exceedance_500"]
    at, _ = targets(case)
    found = soilscope.krige(meuse, case.notation, at, transform="log", threshold=500.0)
    assert found.exceedance is not None
    near(found.exceedance, case.answer["p"], 1e-9)
    on_log = soilscope.krige(meuse.transformed("log"), case.notation, at)
    same = soilscope.exceedance(on_log.value, on_log.variance, 500.0, "log")
    np.testing.assert_array_equal(same, found.exceedance)


@pytest.mark.parametrize("name,model,weights", [
    ("fit_sph_m7", "Nug + Sph", None),
    ("fit_exp_m7", "Nug + Exp", None),
    ("fit_sph_m1", "Nug + Sph", "pairs"),
    ("fit_sph_m6", "Nug + Sph", "equal"),
])  # fmt: skip
def test_fit(cases: dict[str, Case], name: str, model: str, weights: str | None) -> None:
    """Not above the sum of squares that gstat ended at, which is that of our variogram, and near its parameters."""
    theirs = cases[name].answer
    empirical = soilscope.empirical_variogram(cases["ev_logzn_omni"].samples, cutoff=1500, width=100)
    fitted = soilscope.fit(empirical, model, weights=weights)
    assert fitted.sserr <= theirs["sserr"][0] * (1 + 1e-9)
    by = {None: empirical.np / empirical.dist**2, "pairs": empirical.np, "equal": np.ones(len(empirical))}[weights]
    misfit = empirical.gamma - fitted.variogram.semivariance(empirical.dist)
    assert by @ misfit**2 == pytest.approx(fitted.sserr, rel=1e-9)
    (structure,) = fitted.variogram.structures
    assert structure["range"] == pytest.approx(theirs["range"][1], rel=1e-2)
    assert structure["partial_sill"] == pytest.approx(theirs["psill"][1], rel=1e-2)
    assert not fitted.range_at_limit
