"""One run of a contender: its command filled in, its limits, its time, its columns made comparable."""
import csv
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from array import array

import table
from install import HERE


class Bench:
    """Where everything is."""

    def __init__(self, folder, bench, soilscope, peers, limit):
        self.folder, self.peers, self.limit = folder, peers, limit
        self.programs = {"bench": str(bench), "soilscope": str(soilscope), "python": str(peers.python),
                         "kriging_rs": str(peers.kriging_rs), "here": str(HERE)}
        self.log = folder / "runs.jsonl"
        self._digests = {}
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.memory = memory * 85 // 100

    def samples(self, n):
        path = self.folder / "samples" / f"s{n}.csv"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            self.tell("gen", n, table.SAMPLES[n], partial, *(["--clustered"] if n in table.CLUSTERED else []))
            partial.rename(path)
        return path

    def tell(self, *args):
        """What `soilscope-bench` answers."""
        done = subprocess.run([self.programs["bench"], *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or f"soilscope-bench {args[0]} failed")
        return json.loads(done.stdout)

    def out(self, case, contender):
        return self.folder / "out" / case.key / "".join(c if c.isalnum() else "-" for c in contender.name)

    def command(self, case, contender, out, threads=table.THREADS):
        cells = contender.cells or case.cells
        words = dict(self.programs, work=case.work, csv=str(self.samples(case.samples)), cells=cells, out=str(out),
                     threads=threads, neighbours=case.neighbours, cell=f"{table.SIDE / int(cells.split(':')[0]):g}")
        return [part.format(**words) for part in contender.command]

    def shown(self, case, contender):
        """The command without this machine's folders."""
        command = self.command(case, contender, "OUT")
        short = {self.programs["bench"]: "soilscope-bench", self.programs["soilscope"]: "soilscope",
                 self.programs["python"]: "python", self.programs["kriging_rs"]: "kriging-rs-peer",
                 str(self.samples(case.samples)): "SAMPLES.csv"}
        words = [short.get(w, w).replace(str(HERE) + "/", "") for w in command]
        return " ".join(f"'{w}'" if any(c in w for c in " ();<>") else w for w in words)

    def fingerprint(self, case, contender):
        """Runs of another program, version, script or sample file are not this contender's."""
        parts = [self.shown(case, contender), self.peers.version(contender.needs) or "", self.digest(self.samples(case.samples))]
        if contender.ours:
            parts += [self.digest(w) for w in self.command(case, contender, "")[:1]]
        elif contender.name == "kriging-rs":
            parts.append(self.digest(self.programs["kriging_rs"]))
        else:
            scripts = [w for w in self.command(case, contender, "") if w.startswith(str(HERE))]
            parts += [self.digest(w) for w in [*scripts, HERE / "scripts/common.py"]]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def digest(self, path):
        path = str(path)
        if path not in self._digests:
            with open(path, "rb") as file:
                self._digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._digests[path]

    def once(self, case, contender):
        """One measured run; its record."""
        out, samples = self.out(case, contender), self.samples(case.samples)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        if contender.before and not samples.with_suffix(".shp" if "shape" in contender.before else ".grass").exists():
            quiet(["sh", HERE / "scripts" / contender.before, samples], out / "before.log")
        record = measure(self.command(case, contender, out), out, self.limit, self.memory)
        if record["status"] == "ok":
            if contender.after:
                quiet(["sh", HERE / "scripts" / contender.after, samples, out], out / "after.log")
            if (out / "self.json").exists():
                said = json.loads((out / "self.json").read_text())
                record.update({key: said[key] for key in ("compute_s", "read_s", "threads") if key in said})
            if case.compare != "nothing":
                columns(case, out)
        return record

    def note(self, record):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "a") as file:
            file.write(json.dumps(record) + "\n")

    def notes(self):
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]     # an interrupted write is no record


def measure(command, out, limit, memory):
    """Runs a command in a group of its own, ended after `limit` seconds; stdout and stderr go to the folder."""
    env = dict(os.environ, **{f"{lib}_NUM_THREADS": str(table.THREADS) for lib in ("OPENBLAS", "OMP", "NUMBA", "RAYON")})

    def bounds():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    late = threading.Event()
    with open(out / "stdout", "wb") as stdout, open(out / "stderr", "wb") as stderr:
        busy = busy_seconds()
        began = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env, preexec_fn=bounds)

        def end():
            late.set()
            os.killpg(child.pid, signal.SIGKILL)        # the group that this program started

        timer = threading.Timer(limit, end)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    record = {
        "status": "timeout" if late.is_set() else "ok" if child.returncode == 0 else "failed",
        "wall_s": round(wall, 4), "cpu_s": round(cpu, 3), "rss_mib": round(usage.ru_maxrss / 1024, 1),
        "others": round(max(0.0, busy_seconds() - busy - cpu) / wall, 2), "at": int(time.time()),
    }
    if record["status"] == "failed":
        text = (out / "stderr").read_text(errors="replace").strip()
        record["why"] = text.splitlines()[-1][-200:] if text else f"exit {child.returncode}"
    return record


def busy_seconds():
    """Time that all cores have spent on anything, this machine's only."""
    try:
        with open("/proc/stat") as file:
            ticks = [int(t) for t in file.readline().split()[1:]]
    except OSError:
        return 0.0
    return (sum(ticks[:3]) + sum(ticks[5:7])) / os.sysconf("SC_CLK_TCK")


def quiet(command, log):
    with open(log, "wb") as file:
        if subprocess.run(list(map(str, command)), stdout=file, stderr=file).returncode != 0:
            print(f"bench-peers: {command[1]} failed; see {log}", file=sys.stderr)


def columns(case, out):
    """Makes `pred.f64` and its like of what a contender left: rasters, JSON, CSV."""
    if (out / "pred.f64").exists():
        return
    raster = {"pred": ["pred.tif", "pred.sdat", "map/value_prediction.tif", "fields/value_realisations.tif"], "sd": ["map/value_sd.tif"]}
    for name, paths in raster.items():
        for path in (p for p in paths if (out / p).exists()):
            quiet(["gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-ot", "Float64", out / path, out / f"{name}.f64"], out / "translate.log")
    if case.work == "variogram":
        classes = json.loads((out / "stdout").read_text())["classes"]
        write(out / "pred.f64", (c["gamma"] for c in classes))
        write(out / "np.f64", (c["np"] for c in classes))
    if (out / "residuals.csv").exists():
        with open(out / "residuals.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for column, name in (("prediction", "pred"), ("variance", "var")):
            write(out / f"{name}.f64", (float(row[column] or "nan") for row in rows))


def write(path, numbers):
    numbers = array("d", numbers)
    if sys.byteorder == "big":
        numbers.byteswap()
    path.write_bytes(numbers.tobytes())
