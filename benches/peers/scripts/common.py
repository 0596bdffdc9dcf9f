"""What every Python peer shares: the square, its cells, the models, the columns it leaves. As src/setting.rs has it."""
import json
import pathlib
import sys
import time

import numpy as np

X0, Y0, SIDE = 3_500_000.0, 2_000_000.0, 1_000_000.0
NUGGET, PSILL = 100.0, 300.0
RANGE = {"spherical": 50_000.0, "exponential": 16_000.0}
NEIGHBOURS, IDW_NEIGHBOURS, POWER = 32, 12, 2.0
CUTOFF, CLASSES = 100_000.0, 15
REALISATIONS = 10
THREADS = 2


class Job:
    """`SCRIPT WORK CSV CELLS OUT [MORE]`: reads the samples, times the work, leaves columns."""

    def __init__(self):
        self.work, path, self.cells, out = sys.argv[1:5]
        self.more = sys.argv[5:]
        self.out = pathlib.Path(out)
        began = time.perf_counter()
        table = np.loadtxt(path, delimiter=",", skiprows=1)
        self.xy, self.v = table[:, :2].copy(), table[:, 2].copy()
        self.said = {"read_s": time.perf_counter() - began, "threads": THREADS}
        self.model = "exponential" if self.work == "global-exponential" else "spherical"
        self.began = time.perf_counter()

    def axes(self):
        """Eastings of the columns from the west, northings of the rows from the north."""
        side, _, part = self.cells.partition(":")
        side = int(side)
        column, row, columns, rows = map(int, part.split(",")) if part else (0, 0, side, side)
        step = SIDE / side
        return (X0 + (np.arange(column, column + columns) + 0.5) * step,
                Y0 + SIDE - (np.arange(row, row + rows) + 0.5) * step)

    def points(self):
        return np.column_stack([a.ravel() for a in np.meshgrid(*self.axes())])

    def covariance(self, h):
        """Without the nugget."""
        if self.model == "exponential":
            return PSILL * np.exp(-h / RANGE[self.model])
        t = np.minimum(h / RANGE[self.model], 1.0)
        return PSILL * (1.0 - 1.5 * t + 0.5 * t ** 3)

    def done(self, **columns):
        """Stops the clock, then writes."""
        self.said["compute_s"] = time.perf_counter() - self.began
        for name, column in columns.items():
            np.asarray(column, float).tofile(self.out / f"{name}.f64")
        (self.out / "self.json").write_text(json.dumps(self.said))
