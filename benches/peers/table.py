"""The one place where it is said what is run: samples, cases, contenders with their command lines, targets, scaling.

Words in braces are filled in by `runner.py`. A contender's columns are compared with those of the case's reference, the first
contender of `REFERENCES` that is there.
"""
from dataclasses import dataclass, field

SAMPLES = {155: 1, 2_000: 1, 5_000: 1, 20_000: 1, 100_000: 1, 1_000_000: 1, 200_000: 1,     # number: seed
           20_001: 1, 100_001: 1}
CLUSTERED = {20_001, 100_001}       # half of them at sites of 50
THREADS = 2
MODEL = "100 Nug + 300 Sph(50000)"
BOUNDS = "3500000,2000000,4500000,3000000"
SIDE = 1_000_000
TOLERANCE = 1e-9            # of the field's spread

# ---- how each contender is called ----

# What every call of the command line has in common. Maps are rasters alone, as the peers make them: no cross-validation, no
# picture, no judging how far a cell is to be trusted.
SAMPLES_ARE = ["{csv}", "--analyte", "value", "--unit", "mg/kg", "--crs", "EPSG:3035"]
GRID_IS = ["--bounds", BOUNDS, "--cell", "{cell}"]
RUN_IS = ["--threads", "{threads}", "-q"]
KRIGED = [*GRID_IS, "--only", "prediction,sd", *RUN_IS, "-o", "{out}/map", "--overwrite"]
COMMAND_LINE = {
    "local": ["map", *SAMPLES_ARE, "--model", MODEL, "--neighbours", "{neighbours}", *KRIGED],
    "idw": ["map", *SAMPLES_ARE, "--method", "idw:2", "--neighbours", "{neighbours}", *GRID_IS, "--only", "prediction", *RUN_IS,
            "-o", "{out}/map", "--overwrite"],
    "global": ["map", *SAMPLES_ARE, "--model", MODEL, "--neighbours", "all", *KRIGED],
    "global-exponential": ["map", *SAMPLES_ARE, "--model", "100 Nug + 300 Exp(16000)", "--neighbours", "all", *KRIGED],
    "variogram": ["variogram", *SAMPLES_ARE, "--model", MODEL, "--cutoff", "100000", "--width", repr(100_000 / 15), "--json", *RUN_IS],
    "leave-one-out": ["validate", *SAMPLES_ARE, "--model", MODEL, "--neighbours", "{neighbours}", *RUN_IS,
                      "-o", "{out}/residuals.csv", "--overwrite"],
    "simulation": ["simulate", *SAMPLES_ARE, "--model", MODEL, "--simulator", "sgs", "--neighbours", "16", "--nodes", "16",
                   "--realisations", "10", *GRID_IS, *RUN_IS, "-o", "{out}/fields", "--overwrite"],
    "read": ["check", *SAMPLES_ARE, *RUN_IS],
}
LIBRARY = ["{bench}", "run", "{work}", "{csv}", "{cells}", "{out}", "--threads", "{threads}", "--neighbours", "{neighbours}"]
USUAL = ["{work}", "{csv}", "{cells}", "{out}"]


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple
    needs: str = ""             # a key of install.PEERS
    before: str = ""            # script that prepares its input, not timed
    after: str = ""             # script that exports its output, not timed
    cells: str = ""             # other cells than the case's: part of them, where all would take too long
    single: bool = False        # its rasters hold 32-bit numbers: they may differ by their last bits
    other_problem: str = ""     # why its numbers are not comparable
    threads: int = 0            # where it does not say them itself
    slow: bool = False          # run once, and only with SLOW=1

    @property
    def ours(self):
        return self.name.startswith("soilscope")


def script(name, *more):
    return ("{python}", "{here}/scripts/" + name, *USUAL, *more)


def shell(name):
    return ("sh", "{here}/scripts/" + name, *USUAL)


def program(work, **more):
    return Contender("soilscope program", ("{soilscope}", *COMMAND_LINE[work]), threads=THREADS,
                     single=work in ("local", "idw", "global", "global-exponential"), **more)


LIB = Contender("soilscope library", tuple(LIBRARY))


def gstat(processes=1, **more):
    name = "gstat" if processes == 1 else f"gstat, {processes} processes"
    extra = () if processes == 1 else (str(processes),)
    return Contender(name, ("Rscript", "{here}/scripts/gstat.R", *USUAL, *extra), needs="gstat", **more)


def numpy(**more):
    return Contender("NumPy, SciPy", script("numpy_peer.py"), needs="numpy", **more)


def pykrige(**more):
    return Contender("PyKrige", script("pykrige_peer.py"), needs="pykrige", **more)


def gstools(**more):
    return Contender("GSTools", script("gstools_peer.py"), needs="gstools", **more)


def pyinterp(why=""):
    return Contender("pyinterp", script("pyinterp_peer.py"), needs="pyinterp", other_problem=why)


SAGA = Contender("SAGA", shell("saga.sh"), needs="saga", before="shapefile.sh", single=True, threads=2)
GRASS = Contender("GRASS", shell("grass.sh"), needs="grass", before="grass-location.sh", after="grass-out.sh", threads=1,
                  other_problem="its search is approximate")
GDAL = Contender("gdal_grid", shell("gdal.sh"), needs="gdal", threads=2)


def kriging_rs(**more):
    return Contender("kriging-rs", ("{kriging_rs}", *USUAL), needs="kriging-rs", **more)


NO_NUGGET = "its universal kriging has no nugget and no variance"
REFERENCES = ("gstat, 2 processes", "gstat", "NumPy, SciPy")

# ---- the cases ----


@dataclass(frozen=True)
class Case:
    key: str
    title: str
    work: str
    samples: int
    cells: str
    contenders: tuple
    neighbours: int = 32
    unit: str = "cells"
    compare: str = "predictions"        # or variograms, moments, nothing
    kriging: tuple = field(default=())  # of moments: what makes the kriging that they are held against

    @property
    def issue(self):
        return self.key.split("-")[0]


CASES = (
    Case("p1-20k", "Local ordinary kriging, 32 nearest, value and variance: 20,000 samples, 500 × 500 cells", "local", 20_000,
         "500", (LIB, program("local"), gstat(2), gstat(), pyinterp(NO_NUGGET), numpy(), SAGA, pykrige())),
    Case("p1-100k", "The same: 100,000 samples, 1,000 × 1,000 cells", "local", 100_000, "1000",
         (LIB, program("local"), gstat(2), pyinterp(NO_NUGGET), SAGA, numpy())),
    Case("p2", "The same on a fine grid: 5,000 samples, 4,000 × 4,000 cells; peers on 500 × 500 of them", "local", 5_000, "4000",
         (LIB, program("local"), gstat(2, cells="4000:1750,1750,500,500"), numpy(cells="4000:1750,1750,500,500"))),
    Case("p3", "Inverse squared distance, 12 nearest: 100,000 samples, 1,000 × 1,000 cells", "idw", 100_000, "1000",
         (LIB, program("idw"), numpy(), SAGA, pyinterp(), GRASS, GDAL, gstat(2)), neighbours=12),
    Case("p4-2k", "Global ordinary kriging with variance, spherical: 2,000 samples, 200 × 200 cells", "global", 2_000, "200",
         (LIB, program("global"), numpy(), pykrige(), gstat(2, cells="200:75,75,50,50"), gstools(cells="200:75,75,50,50"),
          kriging_rs(cells="200:75,75,50,50", other_problem="it leaves the nugget out"), Contender(
              "SAGA", shell("saga.sh"), needs="saga", before="shapefile.sh", single=True, threads=2, slow=True))),
    Case("p4-2k-exp", "The same, exponential: a dense matrix", "global-exponential", 2_000, "200",
         (LIB, program("global-exponential"), numpy(), gstat(2, cells="200:75,75,50,50"))),
    Case("p4-5k", "Global, spherical: 5,000 samples, 200 × 200 cells", "global", 5_000, "200",
         (LIB, program("global"), numpy(), pykrige())),
    Case("p4-5k-exp", "The same, exponential: a dense matrix", "global-exponential", 5_000, "200",
         (LIB, program("global-exponential"), numpy())),
    Case("p5-20k", "Empirical variogram, cutoff a tenth of the extent, 15 classes: 20,000 samples", "variogram", 20_000, "1",
         (LIB, program("variogram"), kriging_rs(), numpy(), gstat(), gstools()), unit="samples", compare="variograms"),
    Case("p5-100k", "The same: 100,000 samples", "variogram", 100_000, "1",
         (LIB, program("variogram"), kriging_rs(), numpy(), gstat(), gstools(slow=True)), unit="samples", compare="variograms"),
    Case("p6", "Leave-one-out, 32 neighbours: 20,000 samples", "leave-one-out", 20_000, "1",
         (LIB, program("leave-one-out"), numpy(), gstat(slow=True)), unit="samples"),
    Case("p6-2k", "The same: 2,000 samples", "leave-one-out", 2_000, "1",
         (LIB, program("leave-one-out"), numpy(), gstat()), unit="samples"),
    Case("p7", "Conditional sequential Gaussian simulation, 10 realisations, 32 neighbours: 2,000 samples, 200 × 200 cells",
         "simulation", 2_000, "200", (LIB, program("simulation"), gstat()), unit="draws", compare="moments",
         kriging=("{bench}", "run", "local", "{csv}", "{cells}", "{out}")),
    Case("p8-read", "Reading 1,000,000 samples", "read", 1_000_000, "1", (LIB, program("read"), numpy(), gstat()),
         unit="samples", compare="nothing"),
    Case("p8-start", "Start-up: the version; R with gstat, Python with NumPy and SciPy loaded and nothing done", "start", 155, "1", (
        Contender("soilscope program", ("{soilscope}", "--version")),
        Contender("gstat", ("Rscript", "-e", "suppressPackageStartupMessages(library(gstat))"), needs="gstat"),
        Contender("NumPy, SciPy", ("{python}", "-c", "import numpy, scipy.linalg, scipy.spatial"), needs="numpy"),
    ), unit="starts", compare="nothing"),
    Case("p8-cells", "Memory: the program with 1,000 × 1,000 of P2's cells", "local", 5_000, "1000", (program("local"),),
         compare="nothing"),
)


def results(cells, work, samples):
    """How many units of work a contender did: cells, samples or draws."""
    if work in ("variogram", "leave-one-out", "read"):
        return samples
    if work == "start":
        return 1
    side, _, part = cells.partition(":")
    n = int(side) ** 2
    if part:
        _, _, columns, rows = map(int, part.split(","))
        n = columns * rows
    return n * (10 if work == "simulation" else 1)


# ---- what is to be reached ----


@dataclass(frozen=True)
class Target:
    """`kind` is `ratio` (ours against `peer`, for each unit of work, at least `bound`; `fastest` is any peer of the same
    problem), `most` (ours, at most `bound`), `floor` (compute at most `bound` times the operations at the measured rate of
    matrix products), `like` (for each unit at most `bound` times `peer`, which is ours of another case), `grows` (memory at
    most `bound` times that of `peer`, ours of another case)."""
    key: str
    case: str
    kind: str
    bound: float
    what: str = "compute_s"         # or wall_s, read_s, rss_mib
    ours: str = "soilscope library"
    peer: str = ""
    text: str = ""

    def words(self):
        """What is wanted."""
        return f"≥ {self.bound:g} ×" if self.kind == "ratio" else f"≤ {self.bound:g}" + (" ×" if self.kind in ("floor", "like", "grows") else "")


PROGRAM = "soilscope program"
TARGETS = (
    Target("P1a", "p1-20k", "ratio", 30, "wall_s", PROGRAM, "gstat, 2 processes", "whole process, 20,000 samples (50 hoped for)"),
    Target("P1b", "p1-20k", "ratio", 30, "compute_s", peer="gstat, 2 processes", text="computing, 20,000 samples (50 hoped for)"),
    Target("P1c", "p1-100k", "ratio", 30, "wall_s", PROGRAM, "gstat, 2 processes", "whole process, 100,000 samples"),
    Target("P1d", "p1-100k", "ratio", 30, "compute_s", peer="gstat, 2 processes", text="computing, 100,000 samples"),
    Target("P1e", "p1-20k", "most", 100, "rss_mib", PROGRAM, text="memory of the program, 20,000 samples"),
    Target("P1f", "p1-100k", "most", 100, "rss_mib", PROGRAM, text="memory of the program, 100,000 samples"),
    Target("P2a", "p2", "ratio", 300, "compute_s", peer="gstat, 2 processes", text="computing, by cell"),
    Target("P2b", "p2", "ratio", 100, "wall_s", PROGRAM, "gstat, 2 processes", "from CSV to finished COG, by cell"),
    Target("P3a", "p3", "ratio", 10, "compute_s", peer="NumPy, SciPy", text="computing, against SciPy's k-d tree"),
    Target("P3b", "p3", "ratio", 80, "wall_s", PROGRAM, "gdal_grid", "whole process, against gdal_grid"),
    Target("P4a", "p4-2k", "ratio", 10, "compute_s", peer="NumPy, SciPy", text="spherical, 2,000 samples"),
    Target("P4b", "p4-5k", "ratio", 10, "compute_s", peer="NumPy, SciPy", text="spherical, 5,000 samples"),
    Target("P4c", "p4-2k-exp", "ratio", 2, "compute_s", peer="NumPy, SciPy", text="dense, 2,000 samples"),
    Target("P4d", "p4-5k-exp", "ratio", 2, "compute_s", peer="NumPy, SciPy", text="dense, 5,000 samples"),
    Target("P4e", "p4-2k-exp", "floor", 1.5, text="dense, 2,000 samples: n³/3 + n² a cell at the rate of matrix products"),
    Target("P4f", "p4-5k-exp", "floor", 1.5, text="dense, 5,000 samples: the same"),
    Target("P5a", "p5-20k", "ratio", 20, "compute_s", peer="fastest", text="20,000 samples, fastest peer"),
    Target("P5b", "p5-100k", "ratio", 20, "compute_s", peer="fastest", text="100,000 samples, fastest peer"),
    Target("P6", "p6", "like", 2, peer="p1-20k", text="a sample, against a cell of P1"),
    Target("P7", "p7", "ratio", 20, "compute_s", peer="gstat", text="computing"),
    Target("P8a", "p8-start", "most", 0.020, "wall_s", PROGRAM, text="start-up, seconds"),
    Target("P8b", "p8-read", "most", 1.0, "read_s", text="1,000,000 samples read, seconds"),
    Target("P8c", "p2", "grows", 1.2, "rss_mib", PROGRAM, "p8-cells", "memory of the program, 16 million cells against 1 million"),
)

# ---- how our own cost grows ----

Scale = tuple  # label, work, samples, cells, neighbours, threads
SCALING = (
    ("local kriging", "local", 20_000, "500", 32, 2),
    ("… 4 × the cells", "local", 20_000, "1000", 32, 2),
    ("… 16 × the cells", "local", 20_000, "2000", 32, 2),
    ("… a tenth of the samples", "local", 2_000, "500", 32, 2),
    ("… 10 × the samples", "local", 200_000, "500", 32, 2),
    ("… half of the samples at sites", "local", 20_001, "500", 32, 2),
    ("… half the neighbours", "local", 20_000, "500", 16, 2),
    ("… 2 × the neighbours", "local", 20_000, "500", 64, 2),
    ("… one thread", "local", 20_000, "500", 32, 1),
    ("inverse distance", "idw", 100_000, "1000", 12, 2),
    ("… 4 × the cells", "idw", 100_000, "2000", 12, 2),
    ("… 10 × the samples", "idw", 1_000_000, "1000", 12, 2),
    ("… half of the samples at sites", "idw", 100_001, "1000", 12, 2),
    ("… 2 × the neighbours", "idw", 100_000, "1000", 24, 2),
    ("… one thread", "idw", 100_000, "1000", 12, 1),
    ("global kriging, spherical", "global", 2_000, "200", 32, 2),
    ("… 4 × the cells", "global", 2_000, "400", 32, 2),
    ("… 2.5 × the samples", "global", 5_000, "200", 32, 2),
    ("… one thread", "global", 2_000, "200", 32, 1),
    ("global kriging, exponential", "global-exponential", 2_000, "200", 32, 2),
    ("… 4 × the cells", "global-exponential", 2_000, "400", 32, 2),
    ("… one thread", "global-exponential", 2_000, "200", 32, 1),
    ("empirical variogram", "variogram", 20_000, "1", 32, 2),
    ("… 5 × the samples", "variogram", 100_000, "1", 32, 2),
    ("… one thread", "variogram", 20_000, "1", 32, 1),
    ("leave-one-out", "leave-one-out", 20_000, "1", 32, 2),
    ("… 10 × the samples", "leave-one-out", 200_000, "1", 32, 2),
    ("… one thread", "leave-one-out", 20_000, "1", 32, 1),
    ("simulation, 10 realisations", "simulation", 2_000, "200", 32, 2),
    ("… 4 × the cells", "simulation", 2_000, "400", 32, 2),
    ("… 10 × the samples", "simulation", 20_000, "200", 32, 2),
    ("… one thread", "simulation", 2_000, "200", 32, 1),
)

# ---- what the work is, counted ----

# work: (operations, of samples n, units u and neighbours k; the formula in words; bytes; the formula in words)
# Operations are those of the plain method, each unit by itself; sharing them among cells is what may exceed a peak.
PAIR, COVARIANCE = 5, 12        # difference of places, squared length; root, scaling, cubic


def _local(n, u, k, pairs=0):
    return u * (k ** 3 / 3 + 3 * k ** 2 + k * (k + 1) / 2 * (PAIR + COVARIANCE) + 6 * k)


LOCAL_TEXT = "a unit: k³/3 (Cholesky) + 3 k² (three forward solutions) + 17 k (k + 1)/2 (covariances) + 6 k"
WORK = {
    "local": (_local, LOCAL_TEXT, lambda n, u, k: 16 * u, "16 a cell: value and variance"),
    "leave-one-out": (_local, LOCAL_TEXT, lambda n, u, k: 40 * u, "40 a sample: place, value; value and variance"),
    "idw": (lambda n, u, k, pairs=0: u * k * (PAIR + 4), "a cell: 9 k (distance, weight, two sums); the search is not counted",
            lambda n, u, k: 8 * u, "8 a cell"),
    "global": (lambda n, u, k, pairs=0: n ** 3 / 3 + u * n ** 2, "n³/3 (Cholesky) + n² a cell (forward solution), as for a dense matrix",
               lambda n, u, k: 8 * (n * n / 2 + 2 * u), "8 n²/2 (the matrix) + 16 a cell"),
    "global-exponential": (lambda n, u, k, pairs=0: n ** 3 / 3 + u * n ** 2, "n³/3 (Cholesky) + n² a cell (forward solution)",
                           lambda n, u, k: 8 * (n * n / 2 + 2 * u), "8 n²/2 (the matrix) + 16 a cell"),
    "variogram": (lambda n, u, k, pairs=0: pairs * 10, "10 a pair within the cutoff (distance with root, half squared difference, sums)",
                  lambda n, u, k: 24 * n, "24 a sample"),
    "simulation": (lambda n, u, k, pairs=0: _local(n, u / 10, k) + u * 2 * k, LOCAL_TEXT + ", once for all realisations; + 2 k a draw",
                   lambda n, u, k: 8 * u, "8 a draw"),
}
