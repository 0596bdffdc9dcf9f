"""PyKrige: the moving window (its compiled loop) for `local`, all samples at once (vectorised) for `global`."""
from pykrige.ok import OrdinaryKriging

import common as c

job = c.Job()
x, y = job.axes()
kriging = OrdinaryKriging(job.xy[:, 0], job.xy[:, 1], job.v, variogram_model="spherical",
                          variogram_parameters={"psill": c.PSILL, "range": c.RANGE["spherical"], "nugget": c.NUGGET})
local = job.work == "local"
pred, var = kriging.execute("grid", x, y, backend="C" if local else "vectorized",
                            n_closest_points=c.NEIGHBOURS if local else None)
job.done(pred=pred, var=var)
