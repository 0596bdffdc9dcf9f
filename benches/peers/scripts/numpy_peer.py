"""NumPy and SciPy, as a careful person writes it by hand: k-d tree on two threads; many small systems in one LAPACK call;
of all samples one Cholesky factor and triangular solves of blocks (BLAS 3); pairs within the cutoff only."""
import numpy as np
from scipy.linalg import cho_factor, solve_triangular
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

import common as c


def local(job, targets, k, leave_out):
    tree, n = cKDTree(job.xy), len(targets)
    pred, var = np.empty(n), np.empty(n)
    for s in range(0, n, 8192):
        b = targets[s:s + 8192]
        d, i = tree.query(b, k=k + leave_out, workers=c.THREADS)
        if leave_out:                       # the nearest is the sample itself
            d, i = d[:, 1:], i[:, 1:]
        p = job.xy[i]
        h = np.sqrt(((p[:, :, None, :] - p[:, None, :, :]) ** 2).sum(-1))
        a = np.ones((len(b), k + 1, k + 1))
        a[:, :k, :k] = job.covariance(h)
        a[:, range(k), range(k)] += c.NUGGET
        a[:, k, k] = 0.0
        right = np.ones((len(b), k + 1))
        right[:, :k] = job.covariance(d)
        x = np.linalg.solve(a, right[:, :, None])[:, :, 0]
        pred[s:s + 8192] = (x[:, :k] * job.v[i]).sum(1)
        var[s:s + 8192] = c.NUGGET + c.PSILL - (x * right).sum(1)
    return {"pred": pred, "var": var}


def all_samples(job):
    a = job.covariance(cdist(job.xy, job.xy))
    a[np.diag_indices_from(a)] += c.NUGGET
    low = cho_factor(a, lower=True, overwrite_a=True, check_finite=False)[0]
    u = solve_triangular(low, np.ones(len(job.v)), lower=True, check_finite=False)
    z = solve_triangular(low, job.v, lower=True, check_finite=False)
    uu = u @ u
    mean = (u @ z) / uu
    cells = job.points()
    pred, var = np.empty(len(cells)), np.empty(len(cells))
    for s in range(0, len(cells), 4096):
        w = job.covariance(cdist(job.xy, cells[s:s + 4096]))
        w = solve_triangular(low, w, lower=True, overwrite_b=True, check_finite=False)
        pred[s:s + 4096] = mean + w.T @ (z - mean * u)
        var[s:s + 4096] = c.NUGGET + c.PSILL - (w * w).sum(0) + (1.0 - u @ w) ** 2 / uu
    return {"pred": pred, "var": var}


def inverse_distance(job):
    tree, cells = cKDTree(job.xy), job.points()
    pred = np.empty(len(cells))
    for s in range(0, len(cells), 65536):
        d, i = tree.query(cells[s:s + 65536], k=c.IDW_NEIGHBOURS, workers=c.THREADS)
        w = 1.0 / d ** c.POWER
        pred[s:s + 65536] = (w * job.v[i]).sum(1) / w.sum(1)
    return {"pred": pred}


def variogram(job):
    tree = cKDTree(job.xy)
    pairs, sums = np.zeros(c.CLASSES), np.zeros(c.CLASSES)
    for s in range(0, len(job.v), 500):
        near = cKDTree(job.xy[s:s + 500]).sparse_distance_matrix(tree, c.CUTOFF, output_type="ndarray")
        i, j, h = near["i"] + s, near["j"], near["v"]
        once = j > i
        i, j, h = i[once], j[once], h[once]
        # A class is (lower, upper].
        b = np.minimum((np.ceil(h * (c.CLASSES / c.CUTOFF)) - 1).astype(np.int64), c.CLASSES - 1)
        pairs += np.bincount(b, minlength=c.CLASSES)
        sums += np.bincount(b, weights=0.5 * (job.v[i] - job.v[j]) ** 2, minlength=c.CLASSES)
    return {"pred": sums / pairs, "np": pairs}


job = c.Job()
job.done(**{
    "local": lambda: local(job, job.points(), c.NEIGHBOURS, 0),
    "leave-one-out": lambda: local(job, job.xy, c.NEIGHBOURS, 1),
    "global": lambda: all_samples(job),
    "global-exponential": lambda: all_samples(job),
    "idw": lambda: inverse_distance(job),
    "variogram": lambda: variogram(job),
    "read": dict,
}[job.work]())
