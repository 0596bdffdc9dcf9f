"""`soilscope map` in parts, each a task of a Dask cluster."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._soilscope import SoilscopeError

if TYPE_CHECKING:
    from distributed import Client

#: What `map` says on the command line itself.
OWN = ("-o", "--out", "--part", "--assemble", "--resume", "--threads", "--progress", "--json", "--quiet")

#: How often this process has been sent a samples file.
received = 0


@dataclass(frozen=True)
class MapProject:
    """A run of the program `soilscope map` that is computed in parts.

    Parameters
    ----------
    samples : path
        The samples file. It is sent to each worker once, and need not be where workers see it.
    out : path
        The run folder, on a file system that all workers share.
    parts : int
        How many.
    arguments : sequence of str
        What follows the samples on the command line, as `("--analyte", "zinc", "--crs", "EPSG:28992", "--cell", "10")`. Other files named
        there must be where all workers see them. Where the map goes, parts, threads and progress are not among them.
    program : str
        What is run; where it lies, if it is not on the workers' PATH.
    threads : int
        Of one part; a worker with several threads computes several parts at once itself.

    Raises
    ------
    SoilscopeError
        An argument that belongs to `map`, or no part.

    Examples
    --------
    >>> import soilscope.dask
    >>> arguments = ("--analyte", "zinc", "--crs", "EPSG:28992")
    >>> soilscope.dask.MapProject("meuse.csv", "out/meuse", 8, arguments).parts
    8
    """

    samples: str | os.PathLike[str]
    out: str | os.PathLike[str]
    parts: int
    arguments: tuple[str, ...] = ()
    program: str = "soilscope"
    threads: int = 1

    def __post_init__(self) -> None:
        own = [a for a in self.arguments if a.split("=")[0] in OWN]
        if own:
            raise SoilscopeError(f"{', '.join(own)}: soilscope.dask.map says that itself; leave it out of the arguments")
        for name in ("parts", "threads"):
            if getattr(self, name) < 1:
                raise SoilscopeError(f"{name} is {getattr(self, name)}, but must be at least 1")
        object.__setattr__(self, "arguments", tuple(map_to_text(self.arguments)))

    def command(self, samples: Path, *more: str) -> list[str]:
        """The program and its arguments for a part, or to assemble them."""
        out = os.path.abspath(self.out)
        quiet = ("--threads", str(self.threads), "--progress", "never", "--quiet")
        return [self.program, "map", str(samples), *self.arguments, "-o", out, *quiet, *more]


def map_to_text(arguments: tuple[Any, ...]) -> list[str]:
    """Arguments as they stand on a command line."""
    return [os.fspath(a) if isinstance(a, os.PathLike) else str(a) for a in arguments]


class SampleFile:
    """A file on its way to workers, where it is kept by what is in it."""

    def __init__(self, path: Path) -> None:
        self.origin = str(path.resolve())
        self.name, self.content = path.name, path.read_bytes()
        self.digest = hashlib.sha256(self.content).hexdigest()

    def __setstate__(self, state: dict[str, Any]) -> None:
        global received
        received += 1
        self.__dict__.update(state)

    def __sizeof__(self) -> int:
        return len(self.content) + 200

    def path(self, folder: str) -> Path:
        """The file itself where it can be seen from here, else a copy below a folder; whole or not there."""
        origin = Path(self.origin)
        try:
            if hashlib.sha256(origin.read_bytes()).hexdigest() == self.digest:
                return origin
        except OSError:
            pass
        kept = Path(folder, "soilscope-samples", self.digest, self.name)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=kept.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
            os.replace(beside, kept)
        return kept


def map(project: MapProject, client: Client) -> Path:
    """Computes the parts of a map on a cluster, and assembles them: the bytes are those of one `soilscope map`.

    Each part is a task, `soilscope-map-part-…` on Dask's dashboard, that runs `soilscope map … --part I/N` on a worker. A worker that
    dies costs its part alone, of which what was on record is not computed again; parts that are done are never begun anew. The samples
    file is sent to each worker once. Where this is interrupted, call it again: it goes on from what the run folder holds.

    Parameters
    ----------
    project : MapProject
    client : distributed.Client
        Of a cluster whose workers can run `project.program` and share the file system of `project.out`.

    Returns
    -------
    Path
        The run folder, with the map in it.

    Raises
    ------
    SoilscopeError
        What the program refused, in its words. Parts that have not begun are then cancelled.

    Examples
    --------
    Two processes of this machine, and the program on PATH::

        from distributed import Client
        import soilscope.dask

        project = soilscope.dask.MapProject(
            "data/meuse.csv", "out/meuse", parts=4,
            arguments=("--analyte", "zinc", "--crs", "EPSG:28992", "--transform", "log", "--cell", "5"),
        )
        soilscope.dask.map(project, Client(n_workers=2, threads_per_worker=1))
    """
    from dask.delayed import delayed
    from distributed import as_completed, futures_of

    file = SampleFile(Path(project.samples))
    run = hashlib.sha256(repr((project, os.path.abspath(project.out), file.digest)).encode()).hexdigest()[:8]
    with warnings.catch_warnings():
        # A large samples file in the graph is what we want: where it is lost with a worker, it is there to be sent again.
        warnings.filterwarnings("ignore", message="Sending large graph")
        (sent,) = futures_of(client.persist(delayed(file, name=f"soilscope-samples-{run}", traverse=False)))
    # To every worker before the first part, which then goes to whoever is free, and not to who has the file.
    client.replicate(sent)
    width = len(str(project.parts))
    parts = [
        client.submit(part, sent, project, k, key=f"soilscope-map-part-{k:0{width}}-of-{project.parts}-{run}", pure=False)
        for k in range(1, project.parts + 1)
    ]
    try:
        # What is done is fetched and let go, so that no worker that dies later takes it along.
        for done in as_completed(parts):
            done.result()
            done.release()
        client.submit(assemble, sent, project, key=f"soilscope-map-assemble-{run}", pure=False).result()
    finally:
        client.cancel([f for f in parts if not f.done()])
    return Path(project.out)


def part(file: SampleFile, project: MapProject, number: int) -> None:
    """One part, on a worker."""
    run(project.command(file.path(local_folder()), "--part", f"{number}/{project.parts}"))


def assemble(file: SampleFile, project: MapProject) -> None:
    """All parts become the map, on a worker."""
    run(project.command(file.path(local_folder()), "--assemble"))


def local_folder() -> str:
    """Where the worker that this runs on keeps its own files."""
    from distributed import get_worker

    return str(get_worker().local_directory)


def run(command: list[str]) -> None:
    """Runs the program to its end, or to that of this process."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, preexec_fn=ends_with_parent())
    except FileNotFoundError:
        where = f"worker {os.uname().nodename}" if hasattr(os, "uname") else "a worker"
        message = f"{command[0]} is not on {where}: put it on its PATH, or say where it lies (program=)"
        raise SoilscopeError(message) from None
    if done.returncode != 0:
        message = done.stderr.strip() or f"{command[0]} ended with {done.returncode}"
        raise SoilscopeError(message)


def ends_with_parent() -> Callable[[], Any] | None:
    """On Linux the system ends the program with the worker that runs it, however that ends: its part is then computed elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    set_death_signal, kill = 1, int(signal.SIGKILL)
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(set_death_signal, kill)
