import gstools as gs
import numpy as np

meuse = np.genfromtxt("data/meuse.csv", delimiter=",", names=True, usecols=("x", "y", "zinc"))
grid = np.genfromtxt("data/meuse_grid.csv", delimiter=",", names=True, usecols=("x", "y"))
x, y, z = meuse["x"], meuse["y"], np.log(meuse["zinc"])

centre, gamma, count = gs.vario_estimate((x, y), z, np.arange(0, 1501, 100), return_counts=True)
model = gs.Spherical(dim=2)
model.fit_variogram(centre, gamma, weights=np.sqrt(count) / centre)  # squared, they are N / h²
value, variance = gs.krige.Ordinary(model, (x, y), z, exact=True)((grid["x"], grid["y"]))

error, z_squared = [], []
for i in range(len(z)):
    rest = np.arange(len(z)) != i
    p, v = gs.krige.Ordinary(model, (x[rest], y[rest]), z[rest], exact=True)(([x[i]], [y[i]]))
    error.append(z[i] - p[0])
    z_squared.append(error[-1] ** 2 / v[0])

for what, number in {
    "nugget": model.nugget, "psill": model.var, "range": model.len_scale,
    "mean": value.mean(), "variance": variance.mean(),
    "rmse": np.sqrt(np.mean(np.square(error))), "msdr": np.mean(z_squared),
}.items():
    print(what, f"{number:.12g}")
