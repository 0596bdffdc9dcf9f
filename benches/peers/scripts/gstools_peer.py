"""GSTools with its Rust core: kriging of all samples (the plain inverse; its default, a pseudo-inverse, is slower), and
the empirical variogram. It has no neighbour search."""
import gstools as gs
import numpy as np

import common as c

gs.config.NUM_THREADS = c.THREADS
job = c.Job()
place = (job.xy[:, 0], job.xy[:, 1])
if job.work == "variogram":
    bounds = np.linspace(0.0, c.CUTOFF, c.CLASSES + 1)
    _, gamma, pairs = gs.vario_estimate(place, job.v, bounds, return_counts=True)
    job.done(pred=gamma, np=pairs)
else:
    model = gs.Spherical(dim=2, var=c.PSILL, len_scale=c.RANGE["spherical"], nugget=c.NUGGET)
    kriging = gs.krige.Ordinary(model, place, job.v, exact=True, pseudo_inv=False)
    pred, var = kriging(tuple(job.points().T), chunk_size=5000)
    job.done(pred=pred, var=var)
