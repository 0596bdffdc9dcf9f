"""pyinterp 2024.11: inverse distance; and its universal kriging, which has no nugget and gives no variance, so it is
another problem than the others': for its speed alone."""
import numpy as np
import pyinterp

import common as c

job = c.Job()


def spatial(xy):
    return np.column_stack([xy, np.zeros(len(xy))])


tree = pyinterp.core.RTree3DFloat64(None, True)     # Cartesian coordinates
tree.packing(spatial(job.xy), job.v)
cells = spatial(job.points())
if job.work == "idw":
    pred, _ = tree.inverse_distance_weighting(cells, None, c.IDW_NEIGHBOURS, int(c.POWER), False, c.THREADS)
else:
    pred, _ = tree.universal_kriging(cells, None, c.NEIGHBOURS, pyinterp.core.CovarianceFunction.Spherical,
                                     c.PSILL ** 0.5, c.RANGE["spherical"], False, c.THREADS)
job.done(pred=pred)
