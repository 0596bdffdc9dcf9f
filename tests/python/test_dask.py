"""Kriging by chunks, on a real cluster of separate processes, of which one is killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import dask.array
import numpy as np
import pytest
import soilscope
import soilscope.dask
import xarray
from distributed import Client, LocalCluster, wait
from distributed.diagnostics.plugin import SchedulerPlugin
from soilscope import Grid, Samples, SoilscopeError

MODEL = "0.05 Nug + 0.59 Sph(897)"
SETTINGS = {"neighbours": 24, "transform": "log", "threshold": 500.0}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture()
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.mark.parametrize("chunks", [7, 32, (100, 17), (-1, 40), "auto"])
def test_chunks_change_no_bit(meuse: Samples, chunks) -> None:
    for cell in (50, 51.3):  # of which one has columns that are even to the last bit
        grid = Grid.over(meuse, cell, crs="EPSG:28992")
        whole = soilscope.krige(meuse, MODEL, grid=grid, **SETTINGS)
        lazy = soilscope.dask.krige(meuse, MODEL, grid=grid, chunks=chunks, **SETTINGS)
        assert all(layer.chunks is not None for layer in lazy.data_vars.values())
        found = lazy.compute(scheduler="threads")
        xarray.testing.assert_identical(found.drop_attrs(), whole.drop_attrs())
        assert found.spatial_ref.attrs == whole.spatial_ref.attrs
        assert lazy.prediction.encoding["grid_mapping"] == "spatial_ref"


def test_nothing_is_computed_before_it_is_asked_for(meuse: Samples) -> None:
    huge = Grid(np.arange(0.0, 1e6, 5.0), np.arange(0.0, 1e6, 5.0))
    lazy = soilscope.dask.krige(meuse, MODEL, grid=huge, chunks=20_000, neighbours=16)
    assert lazy.prediction.shape == (200_000, 200_000)
    part = lazy.prediction[100:103, 200_000 - 5 :]
    small = soilscope.krige(meuse, MODEL, grid=Grid(huge.x[-5:], huge.y[100:103]), neighbours=16)
    assert part.shape == small.prediction.shape
    with pytest.raises(SoilscopeError, match="number of neighbours is 0"):
        soilscope.dask.krige(meuse, MODEL, grid=huge, neighbours=0)
    with pytest.raises(SoilscopeError, match="needs values above 0|sample 0"):
        soilscope.dask.krige(meuse.with_values(-meuse.values), MODEL, grid=huge, transform="log")


def test_names_follow_from_what_is_computed(meuse: Samples) -> None:
    grid = Grid.over(meuse, 100)

    def key(samples: Samples, **settings: object) -> str:
        return soilscope.dask.krige(samples, MODEL, grid=grid, **settings).prediction.data.name

    same = Samples(meuse.coords.copy(), meuse.values.copy())
    assert key(meuse) == key(same)
    changed = meuse.values.copy()
    changed[7] += 1e-9
    keys = [key(meuse), key(meuse.with_values(changed)), key(meuse, neighbours=5), key(meuse, transform="log"), key(meuse, degree=1)]
    assert len(set(keys)) == len(keys)


def test_covariates_by_chunks(meuse: Samples) -> None:
    grid = Grid.over(meuse, 120)
    samples = Samples(meuse.coords, meuse.values, covariates=meuse.coords[:, :1] / 1000)
    cells = np.broadcast_to(grid.x[None, :, None] / 1000, (*grid.shape, 1))
    whole = soilscope.krige(samples, MODEL, grid=grid, covariates=cells)
    for given in (cells, dask.array.from_array(cells, chunks=13)):
        lazy = soilscope.dask.krige(samples, MODEL, grid=grid, covariates=given, chunks=9)
        np.testing.assert_array_equal(lazy.prediction, whole.prediction)


def received(client: Client) -> dict[str, int]:
    """How often each worker has been sent samples."""
    return client.run(lambda: __import__("soilscope.dask", fromlist=["received"]).received)


def test_samples_are_sent_to_each_worker_once(meuse: Samples, client: Client) -> None:
    grid = Grid.over(meuse, 20)
    before = received(client)
    lazy = soilscope.dask.krige(meuse, MODEL, grid=grid, chunks=16, **SETTINGS)
    assert lazy.prediction.data.npartitions > 60
    found = lazy.compute()
    after = received(client)
    assert {worker: after[worker] - before[worker] for worker in after} == dict.fromkeys(after, 1)
    whole = soilscope.krige(meuse, MODEL, grid=grid, **SETTINGS)
    for name in whole.data_vars:
        np.testing.assert_array_equal(found[name], whole[name])


class Watch(SchedulerPlugin):
    """Which worker finished which chunk, and how often."""

    name = "watch"

    def __init__(self) -> None:
        self.finished: dict[str, list[str]] = defaultdict(list)

    def transition(self, key, start, finish, *args, worker=None, **kwargs) -> None:
        if start == "processing" and finish == "memory" and "soilscope-krige" in str(key):
            self.finished[str(key)].append(worker)


def test_a_killed_worker_costs_its_own_chunks_only(meuse: Samples, cluster: LocalCluster, client: Client) -> None:
    grid = Grid.over(meuse, 4)
    lazy = soilscope.dask.krige(meuse, MODEL, grid=grid, chunks=100, neighbours=64, transform="log")
    # Both layers at once, as a chunk is computed: nothing but chunks can then be lost.
    data = lazy.prediction.data
    name = next(layer for layer in data.dask.layers if layer.startswith("soilscope-krige"))
    cube = dask.array.Array(data.dask, name, chunks=((2,), *data.chunks), dtype=np.float64)
    blocks = data.npartitions
    watch = Watch()
    cluster.scheduler.add_plugin(watch)
    try:
        processes = client.run(os.getpid)
        running = client.persist(cube)
        # Kill a worker that has finished some chunks, while others are left to do.
        deadline = time.time() + 120
        done: Counter[str] = Counter()
        while not done or min(done.get(w, 0) for w in processes) < 3:
            assert time.time() < deadline and done.total() < blocks, "it was over before anybody could be killed"
            done = Counter(workers[-1] for workers in list(watch.finished.values()))
            time.sleep(0.002)
        victim = max(done, key=lambda w: done[w])
        os.kill(processes[victim], signal.SIGKILL)
        wait(running, timeout=300)
        values = running.compute()
    finally:
        cluster.scheduler.remove_plugin(watch.name)
    whole = soilscope.krige(meuse, MODEL, grid=grid, neighbours=64, transform="log")
    np.testing.assert_array_equal(values[0], whole.prediction)
    np.testing.assert_array_equal(values[1], whole.variance)
    assert len(watch.finished) == blocks
    twice = {key: workers for key, workers in watch.finished.items() if len(workers) > 1}
    assert len(twice) >= 1, "the worker that died had finished some"
    assert all(workers[0] == victim and len(workers) == 2 for workers in twice.values())
    others = [key for key, workers in watch.finished.items() if workers[0] != victim]
    assert others and all(len(watch.finished[key]) == 1 for key in others)
