"""A map in parts on a real cluster: the bytes of an undivided run, also where a worker is killed in the middle."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soilscope.dask
from conftest import ROOT
from distributed import Client, LocalCluster
from distributed.diagnostics.plugin import SchedulerPlugin
from soilscope import SoilscopeError
from soilscope._dask_map import SampleFile
from soilscope.dask import MapProject

#: `make test-python` says where the program is.
PROGRAM = os.environ["SOILSCOPE"]
MAP = ("--analyte", "zinc", "--crs", "EPSG:28992", "--model", "0.05 Nug + 0.59 Sph(897)", "--transform", "log",
       "--threshold", "500", "--neighbours", "100", "--only", "prediction,sd,exceedance")  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture()
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


class Watch(SchedulerPlugin):
    """Which worker began and finished which task."""

    name = "map-watch"

    def __init__(self) -> None:
        self.began: list[str] = []
        self.finished: list[tuple[str, str]] = []
        self.fetched: list[str] = []

    def transition(self, key, start, finish, *args, worker=None, **kwargs) -> None:
        if "soilscope-map" in str(key) and finish == "processing":
            self.began.append(str(key))
        if "soilscope-map" in str(key) and start == "processing" and finish == "memory":
            self.finished.append((str(key), worker))
        if "soilscope-map" in str(key) and start == "memory":
            self.fetched.append(str(key))


def rasters(folder: Path) -> dict[str, str]:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.tif")}
    assert len(found) >= 3, list(folder.iterdir())
    return found


def undivided(tmp_path: Path, *more: str) -> dict[str, str]:
    out = tmp_path / "whole"
    subprocess.run([PROGRAM, "map", str(ROOT / "data/meuse.csv"), *MAP, *more, "-o", str(out), "--quiet"], check=True)
    return rasters(out)


def received(client: Client) -> dict[str, int]:
    """How often each worker has been sent a samples file."""
    return client.run(lambda: __import__("soilscope._dask_map", fromlist=["received"]).received)


def test_the_bytes_of_an_undivided_run(
    tmp_path: Path, client: Client, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = ROOT / "data/meuse.csv"
    as_it_is = SampleFile.__init__

    def elsewhere(self: SampleFile, path: Path) -> None:
        """A file that workers cannot see: it has to be sent."""
        as_it_is(self, path)
        self.origin = str(tmp_path / "elsewhere" / path.name)

    monkeypatch.setattr(SampleFile, "__init__", elsewhere)
    watch = Watch()
    cluster.scheduler.add_plugin(watch)
    before = received(client)
    try:
        project = MapProject(samples, tmp_path / "parts", 4, (*MAP, "--cell", "4"), program=PROGRAM)
        assert soilscope.dask.map(project, client) == tmp_path / "parts"
    finally:
        cluster.scheduler.remove_plugin(watch.name)
    assert rasters(tmp_path / "parts") == undivided(tmp_path, "--cell", "4")
    keys = sorted(key for key, _ in watch.finished)
    assert [key.rsplit("-", 1)[0] for key in keys] == [
        "soilscope-map-assemble", *[f"soilscope-map-part-{k}-of-4" for k in (1, 2, 3, 4)]
    ]  # fmt: skip
    after = received(client)
    assert {worker: after[worker] - before[worker] for worker in after} == dict.fromkeys(after, 1)
    digest = hashlib.sha256(samples.read_bytes()).hexdigest()
    kept = client.run(lambda dask_worker: [str(p) for p in Path(dask_worker.local_directory).rglob("*.csv")])
    assert [Path(p).parts[-3:] for found in kept.values() for p in found] == [("soilscope-samples", digest, "meuse.csv")] * 2


def test_a_killed_worker_costs_its_part_only(tmp_path: Path, client: Client, cluster: LocalCluster) -> None:
    watch = Watch()
    cluster.scheduler.add_plugin(watch)
    project = MapProject(ROOT / "data/meuse.csv", tmp_path / "parts", 6, (*MAP, "--cell", "3"), program=PROGRAM)
    processes = client.run(os.getpid)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            soilscope.dask.map(project, client)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    mapping = threading.Thread(target=work)
    mapping.start()
    try:
        deadline = time.time() + 120
        # One part is done and told, and another under way at the worker that is killed.
        while not watch.fetched:
            assert time.time() < deadline and mapping.is_alive(), failed
            time.sleep(0.005)
        victim = dict(watch.finished)[watch.fetched[0]]
        os.kill(processes[victim], signal.SIGKILL)
        mapping.join(300)
    finally:
        cluster.scheduler.remove_plugin(watch.name)
    assert not mapping.is_alive() and not failed, failed
    assert rasters(tmp_path / "parts") == undivided(tmp_path, "--cell", "3")
    finished = [key for key, _ in watch.finished]
    assert sorted(set(finished)) == sorted(finished), "no part was computed twice to its end"
    assert len(finished) == 7 and watch.began.count(watch.fetched[0]) == 1
    assert len(watch.began) > 7, "the part that the worker died of was begun again"
    assert not (tmp_path / "parts/unfinished").exists()


def test_what_the_program_refuses_is_told_in_its_words(tmp_path: Path, client: Client) -> None:
    samples, out = ROOT / "data/meuse.csv", tmp_path / "out"
    wrong = MapProject(samples, out, 2, (*MAP, "--cell", "-3"), program=PROGRAM)
    with pytest.raises(SoilscopeError, match="the cell size must be a positive number, not -3"):
        soilscope.dask.map(wrong, client)
    with pytest.raises(SoilscopeError, match="ask for fewer parts"):
        soilscope.dask.map(MapProject(samples, out, 500, (*MAP, "--cell", "40"), program=PROGRAM), client)
    with pytest.raises(SoilscopeError, match="is not on .*: put it on its PATH"):
        soilscope.dask.map(MapProject(samples, out, 2, MAP, program="no-such-soilscope"), client)
    with pytest.raises(FileNotFoundError):
        soilscope.dask.map(MapProject(tmp_path / "none.csv", out, 2, MAP, program=PROGRAM), client)


@pytest.mark.parametrize("wrong,words", [
    ({"arguments": ("--part", "1/2")}, "--part: soilscope.dask.map says that itself"),
    ({"arguments": ("--out=x",)}, "--out=x: soilscope.dask.map says that itself"),
    ({"parts": 0}, "parts is 0, but must be at least 1"),
    ({"threads": 0}, "threads is 0, but must be at least 1"),
])  # fmt: skip
def test_projects_that_are_refused(wrong: dict, words: str) -> None:
    with pytest.raises(SoilscopeError, match=words):
        MapProject(**{"samples": "a.csv", "out": "out", "parts": 2, **wrong})
