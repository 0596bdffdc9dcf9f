"""docs/performance.md from the runs: medians, ratios, targets, scaling, shares of the machine's peaks. No number is typed by hand."""
import json

import table
from install import HERE
from verdict import evaluate, median_row, share

NOTES = HERE / "notes.md"


def parse(text):
    return json.loads(text.strip().splitlines()[-1])


def apart(result):
    """What a comparison found, in a few words."""
    if "error" in result:
        return "not comparable: " + result["error"].splitlines()[0]
    if "mean_ratio" in result:
        words = f"mean {result['mean_ratio']:.3f}, variance {result['variance_ratio']:.3f} of what kriging says"
    elif "pairs_apart" in result:
        pairs = "same pairs" if result["pairs_apart"] == 0 else f"pairs differ by up to {result['pairs_apart']:.0f}"
        words = f"{pairs}, semivariances {result['gamma_apart']:.0e}"
    else:
        words = " / ".join(f"{d['max_without_ties'] / d['spread']:.0e}" for d in (result["pred"], result["var"]) if d)
        ties = max(d["ties"] for d in (result["pred"], result["var"]) if d)
        beyond = max(d["beyond"] for d in (result["pred"], result["var"]) if d)
        missing = max(d["missing"] for d in (result["pred"], result["var"]) if d)
        words += f"; {ties} ties" if ties else ""
        words += f"; {beyond - ties} of {result['pred']['targets']:,} beyond the tolerance" if beyond > ties else ""
        words += f"; {missing} missing" if missing else ""
    return words + ("" if result["agree"] else " **differs**")


def seconds(x):
    return "" if x is None else f"{x:.1f}" if x >= 10 else f"{x:.2f}" if x >= 1 else f"{x:.3f}"


def times(x):
    return "" if x is None else f"{x:.0f} ×" if x >= 10 else f"{x:.1f} ×"


def percent(x):
    return f"{100 * x:.0f} %" if x >= 0.1 else f"{100 * x:.2g} %"


def by_unit(x):
    """Seconds a unit in words."""
    for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if x * factor >= 1:
            return f"{x * factor:.3g} {name}"
    return f"{x * 1e9:.3g} ns"


def explained(key):
    """Whether the notes have a line on a target."""
    return NOTES.exists() and any(line.startswith(f"- `{key}`") for line in NOTES.read_text().splitlines())


def rows_of(header, rows):
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *("| " + " | ".join(r) + " |" for r in rows), ""]


class Summary:
    def __init__(self, bench, machine):
        self.bench, self.machine = bench, machine
        notes = bench.notes()
        self.runs = {}
        for note in notes:
            if note["kind"] == "run":
                self.runs.setdefault((note["case"], note["contender"], note["fingerprint"]), []).append(note)
        self.agreements = {(n["case"], n["contender"], n["fingerprint"]): n for n in notes if n["kind"] == "agreement"}
        self.limits = {}
        for note in notes:
            if note["kind"] == "limits":        # the best of all measurements: others only take away
                held = self.limits.setdefault(note["threads"], {})
                held.update({k: max(v, held.get(k, v)) for k, v in note.items() if isinstance(v, (int, float)) and k != "kind"})
        self.rows, self.found = {}, {}
        for case in table.CASES:
            for contender in case.contenders:
                self._row(case, contender)

    def _row(self, case, contender):
        if self.bench.peers.version(contender.needs) is None:
            return
        key = (case.key, contender.name, self.bench.fingerprint(case, contender))
        if key in self.runs:
            units = table.results(contender.cells or case.cells, case.work, case.samples)
            self.rows[key[:2]] = median_row(self.runs[key], units, bool(contender.other_problem))
            if key in self.agreements:
                self.found[key[:2]] = self.agreements[key]

    # ---- what the command ends with ----

    def is_whole(self):
        ours = [(case.key, c.name) for case in table.CASES for c in case.contenders if c.ours]
        return all(key in self.rows for key in ours) and bool(self.limits) and len(self._scaling()) == len(table.SCALING)

    def verdicts(self):
        return [(t, *evaluate(t, self.rows, self.limits)) for t in table.TARGETS]

    def unexplained(self):
        return [t.key for t, reached, _ in self.verdicts() if reached is False and not explained(t.key)]

    def disagreements(self):
        wrong = []
        for (case, name), row in self.rows.items():
            if name.startswith("soilscope") and row.status != "ok":
                wrong.append(f"{case}, {name}: {row.status} {row.why}")
        for case in table.CASES:
            there = [c.name for c in case.contenders if (case.key, c.name) in self.rows and self.rows[case.key, c.name].status == "ok"]
            if case.compare == "nothing" or not (case.kriging or any(name in table.REFERENCES for name in there)):
                continue
            wrong += [f"{case.key}, {name} was not compared" for name in there
                      if name.startswith("soilscope") and (case.key, name) not in self.found]
        for (case, name), note in self.found.items():
            if name.startswith("soilscope") and not note["result"]["agree"]:
                wrong.append(f"{case}, {name} against {note['reference']}: {apart(note['result'])}")
        return wrong

    # ---- the page ----

    def text(self):
        parts = ["# Performance", "",
                 "Written by `make bench-peers` from its runs; not edited by hand, but for [what was tried](#what-was-tried), which is",
                 "`benches/peers/notes.md`. Numbers are of one machine: compare only numbers of one table.", ""]
        parts += self._machine() + self._targets() + self._cases() + self._scaling_text() + self._shares() + self._commands()
        parts += ["## What was tried", "", (NOTES.read_text().strip() if NOTES.exists() else "Nothing is written yet."), ""]
        return "\n".join(parts)

    def _machine(self):
        peers = self.bench.peers
        facts = {"date": self.machine.today(), "commit": self.machine.commit(), **self.machine.facts(peers.python)}
        keys = list(dict.fromkeys(c.needs for case in table.CASES for c in case.contenders if c.needs))
        facts.update({k: v for k in keys if (v := peers.version(k))})
        text = ["## Machine and versions", "", *rows_of(["what", "value"], [[k, v] for k, v in facts.items()])]
        absent = [f"- {k}: not installed; {peers.how(k)}" for k in keys if not peers.version(k)]
        if absent:
            text += ["Peers that are not here:", "", *absent, ""]
        names = {"fma_gflops": "multiply-adds in registers, GFLOP/s", "dgemm_gflops": "matrix product, OpenBLAS, 4,000², GFLOP/s", "numpy_gflops": "the same with the kernels that NumPy chooses here, GFLOP/s",
                 "nalgebra_gflops": "matrix product, nalgebra, 1,500², GFLOP/s",
                 "dpotrf_gflops": "Cholesky, OpenBLAS, 5,000², GFLOP/s", "triad_gb_s": "triad, GB/s"}
        counts = sorted(self.limits)
        rows = [[name, *(f"{self.limits[t][key]:.1f}" if key in self.limits[t] else "" for t in counts)] for key, name in names.items()]
        if counts:
            text += ["What the machine can do, double precision, the best of all measurements:", ""]
            text += rows_of(["limit", *(f"{t} thread" + "s" * (t > 1) for t in counts)], rows)
        return text

    def _targets(self):
        rows = []
        for target, reached, words in self.verdicts():
            mark = {True: "yes", False: "**no**", None: "not measured"}[reached]
            if reached is False:
                mark += ", see [why](#what-was-tried)" if explained(target.key) else ", not explained yet"
            rows.append([target.key, target.text, target.words(), words, mark])
        return ["## Targets", "", "Ratios are of medians, for each cell, sample or draw.", "",
                *rows_of(["target", "of what", "wanted", "measured", "reached"], rows)]

    def _cases(self):
        text = ["## Side by side", "",
                "Whole process: start-up, reading and writing too. Computing: as each program times its own work, samples in memory to",
                "results in memory. Times are medians, the best run in brackets; memory is that of the largest process. *Ours* is how many",
                "times longer than Soilscope's library (computing) and program (whole process) each takes for the same number of cells.",
                "Differences are the largest from the reference, as a share of the spread of the samples (predictions) and of the sill",
                f"(variances); {table.TOLERANCE:.0e} is allowed, and for 32-bit rasters 1.2e-07 of the value itself. A tie is a cell whose",
                "last neighbour and the next sample are equally far, to one part in a million: programs may choose either.", ""]
        for case in table.CASES:
            rows = [self._case_row(case, c) for c in case.contenders if (case.key, c.name) in self.rows]
            if not rows:
                continue
            text += [f"### {case.key.upper()}: {case.title}", ""]
            text += rows_of(["program", "threads", "whole process, s", "computing, s", f"a {case.unit[:-1]}", "memory, MiB", "ours, computing",
                             "ours, whole", "difference", "runs, other load"], rows)
        return text

    def _case_row(self, case, contender):
        row = self.rows[case.key, contender.name]
        name = f"**{contender.name}**" if contender.ours else contender.name
        if contender.cells:
            name += f" ({row.units:,} {case.unit})"
        load = f"{row.runs}, {row.others:.2f}" + (" disturbed" if row.disturbed else "")
        if row.status != "ok":
            why = f"> {self.bench.limit:.0f} s, ended" if row.status == "timeout" else f"failed: {row.why}"
            return [name, "", why, "", "", f"{row.rss_mib:.0f}", "", "", "", load]
        library, program = self.rows.get((case.key, "soilscope library")), self.rows.get((case.key, "soilscope program"))
        key = "read_s" if case.work == "read" else "compute_s"
        best = f" ({seconds(row.best)})" if row.runs > 1 else ""
        unit = row.per_unit(key) or row.per_unit("wall_s")
        found = self.found.get((case.key, contender.name))
        difference = contender.other_problem or (f"{apart(found['result'])} ({found['reference']})" if found else "")
        return [name, str(row.threads or contender.threads or ""), seconds(row.wall_s) + best, seconds(getattr(row, key)), by_unit(unit), f"{row.rss_mib:.0f}",
                "" if contender.ours else times(share(row, library, key)), "" if contender.ours else times(share(row, program, "wall_s")),
                difference, load]

    def _scaling(self):
        found = {}
        for label, work, samples, cells, neighbours, threads in table.SCALING:
            name = f"soilscope {work} {samples} {cells} {neighbours} {threads}"
            case = table.Case("scaling", label, work, samples, cells, (), neighbours=neighbours)
            contender = table.Contender(name, tuple(w.replace("{threads}", str(threads)) for w in table.LIBRARY))
            # The first line of a kind is often a case's own run.
            fingerprint = self.bench.fingerprint(case, contender)
            if runs := [run for key, notes in self.runs.items() if key[2] == fingerprint for run in notes]:
                found[name] = median_row(runs, table.results(cells, work, samples))
        return found

    def _scaling_text(self):
        rows, base, found = [], None, self._scaling()
        for label, work, samples, cells, neighbours, threads in table.SCALING:
            row = found.get(f"soilscope {work} {samples} {cells} {neighbours} {threads}")
            if not label.startswith("…"):
                base = row
            if row is None or row.compute_s is None:
                continue
            grid = "" if cells == "1" else f"{int(cells):,}²"
            k = str(neighbours) if work in ("local", "idw", "leave-one-out", "simulation") else ""
            factor = row.compute_s / base.compute_s if base and base.compute_s and row is not base else None
            rows.append([label, f"{samples:,}", grid, k, str(threads), seconds(row.compute_s), by_unit(row.per_unit("compute_s")),
                         "" if factor is None else f"{factor:.2f}", f"{row.rss_mib:.0f}"])
        if not rows:
            return []
        return ["## How the cost grows", "", "Soilscope's library alone, computing; the factor is against the first line of each kind.", "",
                *rows_of(["work", "samples", "cells", "neighbours", "threads", "s", "a unit", "factor", "memory, MiB"], rows)]

    def _shares(self):
        limit = self.limits.get(table.THREADS)
        if not limit:
            return []
        rows, formulas = [], {}
        for case in table.CASES:
            row = self.rows.get((case.key, "soilscope library"))
            if row is None or row.compute_s is None or case.work not in table.WORK:
                continue
            count, text, size, size_text = table.WORK[case.work]
            pairs = self.found.get((case.key, "soilscope library"), {}).get("result", {}).get("pairs", 0)
            if case.work == "variogram" and not pairs:
                continue
            flops = count(case.samples, row.units, case.neighbours, pairs) / row.compute_s / 1e9
            gigabytes = size(case.samples, row.units, case.neighbours) / row.compute_s / 1e9
            of_dgemm = percent(flops / limit["dgemm_gflops"]) if "dgemm_gflops" in limit else ""
            rows.append([case.key.upper(), case.work, f"{flops:.1f}", percent(flops / limit["fma_gflops"]), of_dgemm,
                         f"{gigabytes:.2g}", percent(gigabytes / limit["triad_gb_s"])])
            formulas[case.work] = f"- {case.work}: operations {text}; bytes {size_text}."
        if not rows:
            return []
        return ["## Share of the machine's peak", "",
                f"Operations of the plain method, every unit by itself, over the time for computing on {table.THREADS} threads, against the peaks",
                "above. Work that is shared among units or left out counts as if it were done, so a share may exceed what is possible;",
                "a low one says that searching, square roots or divisions are what takes time.", "",
                *rows_of(["case", "work", "GFLOP/s", "of multiply-adds", "of matrix product", "GB/s", "of triad"], rows),
                "With n samples, k neighbours:", "", *formulas.values(), ""]

    def _commands(self):
        text = ["## Commands", "", "`OUT` is a folder; the samples of each case are written by `soilscope-bench gen NUMBER SEED SAMPLES.csv` (with `--clustered` half of them at sites of 50).", ""]
        for case in table.CASES:
            shown = [self.bench.shown(case, c) for c in case.contenders if (case.key, c.name) in self.rows]
            if shown:
                text += [f"{case.key.upper()}, seed {table.SAMPLES[case.samples]}:", "", "```", *shown, "```", ""]
        return text
