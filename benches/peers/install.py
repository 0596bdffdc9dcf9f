"""Which peers are here, in which version, and how to get those that are not. `INSTALL=1` does it."""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PYTHON_PACKAGES = ["numpy==2.4.6", "scipy==1.16.3", "pykrige==1.7.3", "gstools==1.7.0", "gstools-core==1.3.0", "threadpoolctl==3.6.0"]
DEBIAN = {"gstat": ["r-base-core", "r-cran-gstat", "r-cran-sp"], "gdal": ["gdal-bin"], "saga": ["saga"], "grass": ["grass-core"]}
PYINTERP = "pyinterp==2024.11.0"
PYINTERP_NEEDS = ["cmake", "g++", "libboost-dev", "libeigen3-dev", "libgsl-dev"]


class Peers:
    """The peers of a folder: a virtual environment for Python, a target folder for kriging-rs."""

    def __init__(self, folder):
        self.folder = folder
        self.python = folder / "venv/bin/python"
        self.kriging_rs = folder / "kriging-rs/release/kriging-rs-peer"
        self._versions = {}

    def how(self, key):
        """A sentence for who has not got it."""
        if key in DEBIAN:
            return "Debian: apt-get install " + " ".join(DEBIAN[key])
        if key == "kriging-rs":
            return "crates.io, built from benches/peers/kriging-rs"
        if key == "pyinterp":
            return f"built from source, which takes long: INSTALL=1 PYINTERP=1 ({PYINTERP}; {', '.join(PYINTERP_NEEDS)})"
        return "PyPI: pip install " + " ".join(PYTHON_PACKAGES)

    def version(self, key):
        """None where it is not here."""
        if key not in self._versions:
            self._versions[key] = self._ask(key)
        return self._versions[key]

    def _ask(self, key):
        if key == "":
            return ""
        if key == "gstat":
            code = ('v <- function(p) as.character(packageVersion(p)); cat(paste0("gstat ", v("gstat"), ", sp ", v("sp"), ", R ", '
                    'getRversion(), ", BLAS ", basename(extSoftVersion()[["BLAS"]])))')
            return answer(["Rscript", "-e", code])
        if key == "gdal":
            return first_line(answer(["gdal_grid", "--version"]))
        if key == "saga":
            return first_line(answer(["saga_cmd", "--version"]))
        if key == "grass":
            return first_line(answer(["grass", "--version"]))
        if key == "kriging-rs":
            return "kriging-rs 0.4.0, target-cpu=native, fat LTO" if self.kriging_rs.exists() else None
        packages = {"numpy": ["numpy", "scipy"], "pykrige": ["pykrige"], "gstools": ["gstools", "gstools-core"], "pyinterp": ["pyinterp"]}[key]
        code = ("import sys; from importlib.metadata import version; "
                "print('Python', sys.version.split()[0] + ',', ', '.join(p + ' ' + version(p) for p in sys.argv[1:]))")
        return answer([str(self.python), "-c", code, *packages])

    def install(self, pyinterp=False):
        """Installs what is not here: Debian packages, a virtual environment, kriging-rs. A peer that cannot be had is told of."""
        debian = [p for key, packages in DEBIAN.items() if self.version(key) is None for p in packages]
        if debian:
            apt_get(debian)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            run([sys.executable, "-m", "venv", str(self.folder / "venv")])
        if None in (self.version(k) for k in ("numpy", "pykrige", "gstools")):
            run([str(self.python), "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES])
        if self.version("kriging-rs") is None:
            env = dict(os.environ, CARGO_TARGET_DIR=str(self.folder / "kriging-rs"), RUSTFLAGS="-C target-cpu=native")
            run(["cargo", "build", "--release", "--locked"], cwd=HERE / "kriging-rs", env=env)
        if pyinterp and self.version("pyinterp") is None:
            apt_get(PYINTERP_NEEDS)
            env = dict(os.environ, PATH=f"{self.python.parent}:{os.environ['PATH']}")
            run([str(self.python), "-m", "pip", "install", "--quiet", PYINTERP], env=env)
        self._versions.clear()


def answer(command):
    """What a program says of itself; None where it is not there or fails."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or done.stderr.strip() if done.returncode == 0 else None


def first_line(text):
    return text.splitlines()[0] if text else None


def run(command, **more):
    """What goes wrong is said and lived with: the peer is then reported as not installed."""
    print("bench-peers:", " ".join(map(str, command)), flush=True)
    if subprocess.run(command, **more).returncode != 0:
        print("bench-peers: that failed; its message stands above", file=sys.stderr)


def apt_get(packages):
    if not shutil.which("apt-get"):
        print("bench-peers: no apt-get here; install by hand:", " ".join(packages), file=sys.stderr)
        return
    root = [] if os.geteuid() == 0 else ["sudo"]
    env = [*root, "env", "DEBIAN_FRONTEND=noninteractive"]
    run([*env, "apt-get", "update", "-qq"])
    run([*env, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
