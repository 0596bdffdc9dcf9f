"""`make bench-national`: 10^6 samples and 10^9 cells, how the cost grows, and what that says of a cluster. Writes docs/national.md.

Environment: SOILSCOPE and BENCH (programs), FOLDER (samples, runs), ONLY=scaling or whole (the rest is taken from earlier runs in FOLDER),
PRICE (of a core-hour, for the last table). Maps are removed when they are measured; the largest needs about 20 GB of disk.
"""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
sys.dont_write_bytecode = True
import machine  # noqa: E402

SOILSCOPE, BENCH = os.environ["SOILSCOPE"], os.environ["BENCH"]
FOLDER = Path(os.environ["FOLDER"])
SIDE, BOUNDS = 1_000_000, "3500000,2000000,4500000,3000000"
KRIGING = ["--model", "100 Nug + 300 Sph(50000)"]
IDW = ["--method", "idw:2"]
BILLION = 31_623            # cells a side: 10^9
# name: (label, samples, cells a side, neighbours, threads, method, rasters)
WHOLE = {
    "idw": ("inverse squared distance, 12 nearest", 1_000_000, BILLION, 12, 2, IDW, "prediction"),
    "kriging": ("ordinary kriging, 32 nearest, with standard deviation", 1_000_000, BILLION, 32, 2, KRIGING, "prediction,sd"),
}
SCALING = {
    "k": ("ordinary kriging", 100_000, 3_162, 32, 2, KRIGING, "prediction,sd"),
    "k-cells": ("… 10 × the cells", 100_000, 10_000, 32, 2, KRIGING, "prediction,sd"),
    "k-samples": ("… 10 × the samples", 1_000_000, 3_162, 32, 2, KRIGING, "prediction,sd"),
    "k-neighbours": ("… 2 × the neighbours", 100_000, 3_162, 64, 2, KRIGING, "prediction,sd"),
    "k-thread": ("… one thread", 100_000, 3_162, 32, 1, KRIGING, "prediction,sd"),
    "i": ("inverse distance", 100_000, 3_162, 12, 2, IDW, "prediction"),
    "i-cells": ("… 10 × the cells", 100_000, 10_000, 12, 2, IDW, "prediction"),
    "i-samples": ("… 10 × the samples", 1_000_000, 3_162, 12, 2, IDW, "prediction"),
    "i-neighbours": ("… 2 × the neighbours", 100_000, 3_162, 24, 2, IDW, "prediction"),
    "i-thread": ("… one thread", 100_000, 3_162, 12, 1, IDW, "prediction"),
}
REPEAT = 3                  # of the scaling table; the whole is run once


def samples(n):
    path = FOLDER / f"s{n}.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        subprocess.run([BENCH, "gen", str(n), "1", partial], check=True, stdout=subprocess.DEVNULL)
        partial.rename(path)
    return path


def command(case, out, csv):
    _, _, side, neighbours, threads, method, rasters = case
    return [SOILSCOPE, "map", str(csv), "--analyte", "value", "--unit", "mg/kg", "--crs", "EPSG:3035", *method, "--neighbours", str(neighbours),
            "--cell", repr(SIDE / side), "--bounds", BOUNDS, "--only", rasters, "--threads", str(threads), "-q", "-o", str(out)]


def run(name, case):
    out = FOLDER / "map"
    shutil.rmtree(out, ignore_errors=True)
    print(f"{name}: {case[0]}, {case[1]:,} samples, {case[2]:,} x {case[2]:,} cells, {case[4]} threads", flush=True)
    subprocess.run(command(case, out, samples(case[1])), check=True)
    record = json.loads((out / "run.json").read_text())
    cells = record["cells"]
    found = {
        "name": name, "commit": machine.commit(), "date": machine.today(), "total": record["seconds"]["total"], "read": record["seconds"]["read"],
        "computing": cells["seconds"], "completing": record["seconds"]["map"] - cells["seconds"], "cells": cells["cells"],
        "predicted": cells["predicted"], "peak": record["peak_memory"], "work": cells["work"], "threads": record["threads"],
        "bytes": sum(o["bytes"] for o in record["outputs"]),
    }
    shutil.rmtree(out)
    with open(FOLDER / "runs.jsonl", "a") as log:
        log.write(json.dumps(found) + "\n")
    print(f"    {found['total']:.1f} s, {found['cells'] / found['total'] / 1e6:.2f} M cells/s, {found['peak'] / 2**20:.0f} MiB", flush=True)


def notes():
    path = FOLDER / "runs.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def middle(name):
    """The run of median length."""
    rows = sorted((r for r in notes() if r["name"] == name), key=lambda r: r["total"])
    return rows[len(rows) // 2] if rows else None


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def row(case, found, base):
    return [case[0], f"{case[1]:,}", f"{case[2]:,}²", str(case[3]), str(case[4]), f"{found['total']:.1f}", f"{found['cells'] / found['total'] / 1e6:.2f}",
            f"{found['peak'] / 2**20:.0f}", "" if base is None else f"{found['total'] / base['total']:.2f}"]


def shares(found):
    """Of the threads' time: what they computed, what they waited, and the time in which files were completed."""
    work, threads = found["work"], found["threads"]
    all_of_it = found["total"] * threads
    completing = found["completing"] * threads
    told = [work["search"], work["systems"], work["solutions"], work["other"], work["waiting"], completing]
    told.append(all_of_it - sum(told))
    return [f"{100 * part / all_of_it:.0f} %" for part in told] + [f"{100 * work['writing'] / found['total']:.0f} %"]


def report(price):
    text = ["# National grids", "", "Written by `make bench-national` from its runs (benches/national.py); not edited by hand. Whole processes, from the CSV to the finished "
            "cloud-optimised GeoTIFF.", "", "## Machine", ""]
    told = notes()
    about = {"date": told[-1]["date"], "commit": ", ".join(dict.fromkeys(r["commit"] for r in told))} if told else {}
    about |= {k: v for k, v in machine.facts("python3").items() if "OpenBLAS" not in k}
    text += table(["what", "value"], [[k, v] for k, v in about.items()])
    head = ["work", "samples", "cells", "neighbours", "threads", "s", "M cells/s", "peak, MiB", "factor"]
    text += ["## A million samples, a billion cells", ""]
    text += table(head[:-1], [row(case, found, None)[:-1] for name, case in WHOLE.items() if (found := middle(name))])
    text += ["Where the time of all threads goes. *Systems*: covariances of samples with each other and their factors. *Solutions*: covariances of cells "
             "with samples, solutions and what follows. *Other*: layers and all else that computes; of inverse distance everything. *Waiting*: for the writer. "
             "*Completing*: overviews and compression, after the computing. *Rest*: reading, sums of files. Beside these one thread writes strips to the "
             "disk: its share of the run's length stands last.", ""]
    text += table(["work", "search", "systems", "solutions", "other", "waiting", "completing", "rest", "writing"],
                  [[case[0], *shares(found)] for name, case in {**WHOLE, **SCALING}.items() if not case[0].startswith("…") and (found := middle(name))])
    text += ["## How the cost grows", "", f"Medians of {REPEAT} runs; the factor is of the whole process against the first line of each kind.", ""]
    rows, base = [], None
    for name, case in SCALING.items():
        found = middle(name)
        base = found if not case[0].startswith("…") else base
        if found:
            rows.append(row(case, found, None if found is base else base))
    text += table(head, rows)
    text += ["## What a cluster takes", "",
             "Parts need nothing of each other ([how](large.md)), so core-hours are those of one machine, and each part reads the samples again. Computed from the first table: "
             "cells per core-hour = cells / (seconds × threads / 3600); the country is one of 500,000 km² at 30 m, which has 556 million cells.", ""]
    rows = []
    for name, case in WHOLE.items():
        if found := middle(name):
            per_hour = found["cells"] / (found["total"] * found["threads"] / 3600)
            hours = 5.0e11 / 900 / per_hour
            rows.append([case[0], f"{per_hour / 1e9:.2f}", f"{hours:.2f}", f"{1000 * hours:,.0f}", f"{found['read']:.1f}",
                         *([f"{1000 * hours * price:,.2f}"] if price else [])])
    text += table(["work", "10⁹ cells per core-hour", "core-hours of the country", "core-hours of 1,000 maps of it", "seconds each part takes to read",
                   *([f"cost of 1,000 maps at {price:g} a core-hour"] if price else [])], rows)
    if not price:
        text += ["What it costs is that many core-hours times the price of one where you compute; `PRICE=0.05 make bench-national ONLY=report` adds the column.", ""]
    text += ["## Commands", "", "`SAMPLES` are made by `soilscope-bench gen NUMBER 1 SAMPLES.csv`.", "", "```"]
    for case in WHOLE.values():
        words = [w if " " not in w else f"'{w}'" for w in command(case, "OUT", "SAMPLES.csv")]
        text.append(" ".join(["soilscope", *words[1:]]))
    text += ["```", ""]
    (HERE.parent / "docs" / "national.md").write_text("\n".join(text))
    print("bench-national: wrote docs/national.md")


def main():
    only = set(filter(None, os.environ.get("ONLY", "").split(",")))
    wanted = lambda part: not only or part in only
    if wanted("scaling"):
        for _ in range(REPEAT):
            for name, case in SCALING.items():
                run(name, case)
    for name, case in WHOLE.items():
        if wanted("whole") or name in only:
            run(name, case)
    report(float(os.environ.get("PRICE", "0") or 0))


if __name__ == "__main__":
    main()
