"""GSTools and PyKrige on the cases of docs/coming-from.md: rows `case,tool,item,value,variance` on stdout.

Each case is one kriging system for the logarithm of zinc in data/meuse.csv, at two places: `away` (180430, 331870), a
place without a sample, and `sample`, the first sample. Needs gstools and pykrige; run by `make peers`.
"""
import csv
import pathlib
import sys
import warnings

import gstools as gs
import numpy as np
import pykrige
from pykrige.ok import OrdinaryKriging
from pykrige.uk import UniversalKriging

warnings.simplefilter("ignore")
DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
with open(DATA / "meuse.csv", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
x, y, zinc, dist = (np.array([float(r[c]) for r in rows]) for c in ("x", "y", "zinc", "dist"))
z = np.log(zinc)
PLACES = {"away": (180430.0, 331870.0), "sample": (x[0], y[0])}
px, py = (np.array(c) for c in zip(*PLACES.values()))
# The covariate of the external drift at both places; at `away` any number will do, the same for all tools.
drift, pdrift = np.sqrt(dist), np.array([0.5, np.sqrt(dist[0])])
out = csv.writer(sys.stdout, lineterminator="\n")


def put(case, tool, item, value, variance=""):
    out.writerow([case, tool, item, *(v if isinstance(v, str) else repr(float(v)) for v in (value, variance))])


def places(case, tool, result):
    for name, value, variance in zip(PLACES, *result):
        put(case, tool, name, value, variance)


def gstools(case, model, kind=gs.krige.Ordinary, ext=None, **options):
    krige = kind(model, (x, y), z, **{"exact": True, **options})
    places(case, "GSTools", krige((px, py), **({} if ext is None else {"ext_drift": ext})))


def pykrige_ok(case, model, parameters, n=None, **options):
    krige = OrdinaryKriging(x, y, z, variogram_model=model, variogram_parameters=parameters, **options)
    search = {} if n is None else {"backend": "loop", "n_closest_points": n}
    places(case, "PyKrige", krige.execute("points", px, py, **search))


put("version", "GSTools", gs.__version__, "")
put("version", "PyKrige", pykrige.__version__, "")

# ---- ranges ----
spherical = gs.Spherical(dim=2, var=0.59, len_scale=897, nugget=0.05)
sph = {"psill": 0.59, "range": 897, "nugget": 0.05}
gstools("sph", spherical)
pykrige_ok("sph", "spherical", sph)
gstools("exp", gs.Exponential(dim=2, var=0.65, len_scale=350, nugget=0.03))
pykrige_ok("exp", "exponential", {"psill": 0.65, "range": 3 * 350, "nugget": 0.03})
gstools("gau", gs.Gaussian(dim=2, var=0.5, len_scale=450 * np.sqrt(np.pi) / 2, nugget=0.12))
pykrige_ok("gau", "gaussian", {"psill": 0.5, "range": 450 * 7 / 4, "nugget": 0.12})
gstools("gau-rescale", gs.Gaussian(dim=2, var=0.5, len_scale=450, rescale=1, nugget=0.12))
gstools("exp-integral", gs.Exponential(dim=2, var=0.65, integral_scale=350, nugget=0.03))
gstools("cir", gs.Circular(dim=2, var=0.59, len_scale=1000, nugget=0.05))
gstools("cir-hyper", gs.HyperSpherical(dim=2, var=0.59, len_scale=1000, nugget=0.05))
gstools("pen", gs.SuperSpherical(dim=2, var=0.59, nu=2, len_scale=1000, nugget=0.05))
gstools("hol", gs.JBessel(dim=2, var=0.4, nu=0.5, len_scale=300, nugget=0.15))
gstools("exc", gs.Stable(dim=2, var=0.6, alpha=1.4, len_scale=400, nugget=0.05))
pykrige_ok("lin", "linear", {"slope": 0.0004, "nugget": 0.05})
pykrige_ok("pow", "power", {"scale": 0.001, "exponent": 0.9, "nugget": 0.05})
gstools("mat", gs.Matern(dim=2, var=0.6, nu=1.5, len_scale=220 * np.sqrt(1.5), nugget=0.08))
gstools("ste", gs.Matern(dim=2, var=0.6, nu=1.2, len_scale=450 / 2, nugget=0.07))
nested = gs.Exponential(dim=2, var=0.4, len_scale=500) + gs.Spherical(dim=2, var=0.2, len_scale=300)
gstools("nested", nested + gs.Nugget(dim=2, nugget=0.04))
# PyKrige takes the list [sill, range, nugget] where its dictionary takes the partial sill.
pykrige_ok("sph-list", "spherical", [0.64, 897, 0.05])
pykrige_ok("mat", gs.Matern(dim=2, var=0.6, nu=1.5, len_scale=220 * np.sqrt(1.5), nugget=0.08), None)

# ---- angles ----
gstools("anis", gs.Spherical(dim=2, var=0.59, len_scale=1200, anis=0.4, angles=np.radians(90 - 30), nugget=0.05))
anis = {"anisotropy_angle": 90 - 30, "anisotropy_scaling": 1 / 0.4}
pykrige_ok("anis", "spherical", {**sph, "range": 1200}, **anis)
# The same, said along the shortest range.
gstools("anis-short", gs.Spherical(dim=2, var=0.59, len_scale=480, anis=2.5, angles=np.radians(150), nugget=0.05))
short = {"anisotropy_angle": 150, "anisotropy_scaling": 0.4}
pykrige_ok("anis-short", "spherical", {**sph, "range": 480}, **short)

# ---- nugget ----
gstools("nugget-smoothed", spherical, exact=False)
pykrige_ok("nugget-smoothed", "spherical", sph, exact_values=False)
gstools("nugget-part", spherical, exact=False, cond_err=0.02)
gstools("nugget-each", spherical, exact=False, cond_err=np.where(np.arange(len(z)) < 50, 0.05, 0.01))

# ---- the first sample twice, the second time 0.4 higher ----
x2, y2, z2 = np.append(x, x[0]), np.append(y, y[0]), np.append(z, z[0] + 0.4)
places("twice", "GSTools", gs.krige.Ordinary(spherical, (x2, y2), z2, exact=False)((px, py)))
for case, exact in {"twice": False, "twice-exact": True}.items():
    krige = OrdinaryKriging(x2, y2, z2, variogram_model="spherical", variogram_parameters=sph, exact_values=exact)
    places(case, "PyKrige", krige.execute("points", px, py))

# ---- neighbours ----
pykrige_ok("nearest-12", "spherical", sph, n=12)
pykrige_ok("anis-nearest-12", "spherical", {**sph, "range": 1200}, n=12, **anis)

# ---- mean ----
gstools("simple", spherical, gs.krige.Simple, mean=5.9)
gstools("linear", spherical, gs.krige.Universal, drift_functions="linear")
uk = UniversalKriging(x, y, z, variogram_model="spherical", variogram_parameters=sph, drift_terms=["regional_linear"])
places("linear", "PyKrige", uk.execute("points", px, py))
external = {"psill": 0.2, "range": 870, "nugget": 0.06}
gstools("external", gs.Spherical(dim=2, var=0.2, len_scale=870, nugget=0.06), gs.krige.ExtDrift, pdrift, ext_drift=drift)
uk = UniversalKriging(x, y, z, variogram_model="spherical", variogram_parameters=external, drift_terms=["specified"],
                      specified_drift=[drift])
places("external", "PyKrige", uk.execute("points", px, py, specified_drift_arrays=[pdrift]))

# ---- great circles: every kilometre made a degree ----
lon, lat = (x - 180000) / 1000 + 5, (y - 331000) / 1000 + 52
plon, plat = (px - 180000) / 1000 + 5, (py - 331000) / 1000 + 52
krige = OrdinaryKriging(lon, lat, z, variogram_model="exponential", coordinates_type="geographic",
                        variogram_parameters={"psill": 0.65, "range": 3 * 0.35, "nugget": 0.03})
places("sphere", "PyKrige", krige.execute("points", plon, plat))
yadrenko = gs.Exponential(latlon=True, var=0.65, len_scale=np.radians(0.35), nugget=0.03)
places("sphere", "GSTools", gs.krige.Ordinary(yadrenko, (lat, lon), z, exact=True)((plat, plon)))

# ---- logarithm ----
krige = gs.krige.Ordinary(spherical, (x, y), zinc, normalizer=gs.normalizer.LogNormal(), exact=True)
places("lognormal", "GSTools", krige((px, py)))

# ---- lag classes: places 100, 150 and 250 apart, classes that end at 100, 200, 300 ----
ex, ez = np.array([0.0, 100.0, 250.0]), np.array([1.0, 2.0, 4.0])
_, gamma, count = gs.vario_estimate((ex, 0 * ex), ez, [0, 100, 200, 300], return_counts=True)
for k in range(3):
    put("edges", "GSTools", str(k), gamma[k], count[k])
# Two equal classes from the shortest distance, 100, to the longest, 250: 150 lies within, and 175 between them.
ok = OrdinaryKriging(ex, 0 * ex, ez, variogram_model="linear", variogram_parameters=[1, 0], nlags=2)
for k, (lag, value) in enumerate(zip(ok.lags, ok.semivariance)):
    put("edges", "PyKrige", str(k), value, lag)

# ---- variograms and fits ----
edges = np.arange(0, 1501, 100.0)
for estimator in ("matheron", "cressie"):
    centre, gamma, count = gs.vario_estimate((x, y), z, edges, estimator=estimator, return_counts=True)
    for k in range(len(gamma)):
        put(f"variogram-{estimator}", "GSTools", str(k), gamma[k], count[k])
    if estimator == "matheron":
        classes = centre, gamma, count
centre, gamma, count = gs.vario_estimate((x, y), z, edges, angles=np.radians(90 - 30), angles_tol=np.radians(10),
                                         return_counts=True)
for k in range(len(gamma)):
    put("variogram-azimuth", "GSTools", str(k), gamma[k], count[k])

fitted = gs.Spherical(dim=2)
# Their weights multiply the residual, so that their square is the weight of the sum of squares: sqrt(N)/h is N/h².
centre, gamma, count = classes
fitted.fit_variogram(centre, gamma, weights=np.sqrt(count) / centre, init_guess={"var": 0.5, "nugget": 0.05, "len_scale": 800})
for name in ("nugget", "var", "len_scale"):
    put("fit", "GSTools", name, getattr(fitted, name))
fitted = gs.Spherical(dim=2)
fitted.fit_variogram(centre, gamma)
for name in ("nugget", "var", "len_scale"):
    put("fit-default", "GSTools", name, getattr(fitted, name))
ok = OrdinaryKriging(x, y, z, variogram_model="spherical")
for name, value in zip(("var", "len_scale", "nugget"), ok.variogram_model_parameters):
    put("fit-default", "PyKrige", name, value)

# ---- PyKrige's own statistics: each sample from those before it in the file ----
ok = OrdinaryKriging(x, y, z, variogram_model="spherical", variogram_parameters=sph, enable_statistics=True)
for name, score in zip(("Q1", "Q2", "cR"), ok.get_statistics()):
    put("statistics", "PyKrige", name, score)
