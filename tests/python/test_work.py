"""Long work: the interpreter goes on meanwhile, and Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soilscope

MODEL = "0.05 Nug + 0.59 Sph(897)"


def test_other_threads_go_on_while_kriging(meuse: soilscope.Samples) -> None:
    grid = soilscope.Grid.over(meuse, 2)
    predictor = soilscope.Kriging(MODEL, neighbours=48).fit(meuse)
    ticks, stop = [], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.002)

    ticker = threading.Thread(target=tick)
    ticker.start()
    began = time.perf_counter()
    predictor.predict_grid(grid.x, grid.y, threads=1)
    ended = time.perf_counter()
    stop.set()
    ticker.join()
    meanwhile = [t for t in ticks if began < t < ended]
    # With the lock held it would tick once at most. A tenth of the ticks is enough on a machine that does other things too.
    assert ended - began > 0.05
    assert len(meanwhile) > (ended - began) / 0.002 / 10 > 2


def test_one_predictor_serves_several_threads(meuse: soilscope.Samples) -> None:
    predictor = soilscope.Kriging(MODEL, neighbours=16).fit(meuse)
    places = soilscope.Grid.over(meuse, 40).places
    expected = predictor.predict(places).value
    found: dict[int, np.ndarray] = {}
    threads = [threading.Thread(target=lambda k=k: found.update({k: predictor.predict(places, threads=2).value})) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 2, 3]
    for value in found.values():
        np.testing.assert_array_equal(value, expected)


LONG = """
import numpy as np, soilscope
random = np.random.default_rng(1)
samples = soilscope.Samples(random.uniform(0, 1e5, (20000, 2)), random.normal(size=20000))
print("ready", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("call", [
    "soilscope.krige(samples, '1 Exp(9000)', grid=soilscope.Grid.over(samples, 20), neighbours=64)",
    "soilscope.simulate(samples, '1 Exp(9000)', grid=soilscope.Grid.over(samples, 100), realisations=50, seed=1)",
])  # fmt: skip
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals of POSIX")
def test_ctrl_c_ends_long_work(call: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", LONG.format(call=call)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        assert process.poll() is None, "it takes minutes"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(30) == 0
    finally:
        process.kill()


def test_work_goes_on_after_a_fork(meuse: soilscope.Samples) -> None:
    """Threads end with the call that started them, so that a forked process misses none."""
    places = soilscope.Grid.over(meuse, 100).places
    expected = soilscope.krige(meuse, MODEL, places, threads=2).value
    program = (
        "import os, sys, numpy as np, soilscope\n"
        "s = soilscope.Samples(np.random.default_rng(1).uniform(0, 9, (50, 2)), np.arange(50.0))\n"
        "work = lambda: soilscope.krige(s, '1 Exp(3)', s.coords + 0.5, threads=2).value.sum()\n"
        "first = work()\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(0 if work() == first else 3)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    assert hasattr(os, "fork") and expected.shape == (len(places),)
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_no_thread_is_refused(meuse: soilscope.Samples) -> None:
    with pytest.raises(soilscope.SoilscopeError, match="number of threads is 0, but must be at least 1"):
        soilscope.krige(meuse, MODEL, [[0.0, 0.0]], threads=0)
