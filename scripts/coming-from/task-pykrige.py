import numpy as np
from pykrige.ok import OrdinaryKriging

meuse = np.genfromtxt("data/meuse.csv", delimiter=",", names=True, usecols=("x", "y", "zinc"))
grid = np.genfromtxt("data/meuse_grid.csv", delimiter=",", names=True, usecols=("x", "y"))
x, y, z = meuse["x"], meuse["y"], np.log(meuse["zinc"])

# 15 classes from the shortest to the longest distance; there is no cutoff, and the fit is a soft L1.
kriging = OrdinaryKriging(x, y, z, variogram_model="spherical", nlags=15, weight=True)
psill, range_, nugget = model = list(kriging.variogram_model_parameters)
value, variance = kriging.execute("points", grid["x"], grid["y"])

error, z_squared = [], []
for i in range(len(z)):
    rest = np.arange(len(z)) != i
    given = {"psill": psill, "range": range_, "nugget": nugget}
    one = OrdinaryKriging(x[rest], y[rest], z[rest], variogram_model="spherical", variogram_parameters=given)
    p, v = one.execute("points", [x[i]], [y[i]])
    error.append(z[i] - p[0])
    z_squared.append(error[-1] ** 2 / v[0])

for what, number in {
    "nugget": nugget, "psill": psill, "range": range_,
    "mean": value.mean(), "variance": variance.mean(),
    "rmse": np.sqrt(np.mean(np.square(error))), "msdr": np.mean(z_squared),
}.items():
    print(what, f"{number:.12g}")
