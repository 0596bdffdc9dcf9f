"""`make bench-peers`: runs what `table.py` says side by side, checks agreement, writes docs/performance.md.

Environment: BENCH and SOILSCOPE (programs), FOLDER (runs, samples, peers); ONLY=p1,p3 or p1-20k; REPEAT=5; LIMIT=150 seconds a
run; INSTALL=1, PYINTERP=1; SLOW=1 runs the slow contenders too; FRESH=1 forgets earlier runs; REPORT=1 runs nothing.
Exit code 1: Soilscope disagrees with its reference. 2: it failed or cannot be run.
"""
import os
import pathlib
import subprocess
import sys

import machine
import report
import table
from install import HERE, Peers
from runner import Bench

ROOT = HERE.parents[1]
QUICK, MIDDLE = 6.0, 12.0      # seconds below which a contender runs REPEAT times, or three


def on(name):
    return os.environ.get(name, "") not in ("", "0")


def wanted(key, only):
    return not only or any(key == o or key.split("-")[0] == o for o in only)


def repeats(record, most):
    """How often a contender that took so long is run at all."""
    if record["status"] != "ok" or record["wall_s"] > MIDDLE:
        return 1
    return most if record["wall_s"] < QUICK else min(3, most)


def run_case(bench, case, most):
    """Contenders in turns, ours before each of the others, until each has its repeats."""
    kept = {}
    for note in bench.notes():
        if note["kind"] == "run" and note["case"] == case.key:
            kept.setdefault((note["contender"], note["fingerprint"]), []).append(note)
    turns = []
    for contender in case.contenders:
        if bench.peers.version(contender.needs) is None or (contender.slow and not on("SLOW")):
            continue
        fingerprint = bench.fingerprint(case, contender)
        turns.append((contender, fingerprint, kept.setdefault((contender.name, fingerprint), [])))

    def still(turn):
        _, _, records = turn
        times = 20 if case.work == "start" and turn[0].ours else most
        return len(records) < (repeats(records[0], times) if records else 1)

    def go(turn):
        contender, fingerprint, records = turn
        record = bench.once(case, contender)
        record = {"kind": "run", "case": case.key, "contender": contender.name, "fingerprint": fingerprint, **record}
        bench.note(record)
        records.append(record)
        compute = f", computing {record['compute_s']:.3f} s" if "compute_s" in record else ""
        print(f"{case.key:10} {contender.name:20} {record['status']:8} {record['wall_s']:8.3f} s{compute}, {record['rss_mib']:.0f} MiB, "
              f"others {record['others']:.2f} cores {record.get('why', '')}", flush=True)

    ours = [t for t in turns if t[0].ours]
    others = [t for t in turns if not t[0].ours]
    while any(map(still, turns)):
        for other in [o for o in others if still(o)] or [None]:
            for turn in ours:
                if still(turn) or (other and len(turn[2]) < 2 * most and turn[2][-1]["wall_s"] < QUICK):
                    go(turn)
            if other:
                go(other)
    return [(contender, fingerprint) for contender, fingerprint, records in turns]


def compare(bench, case, turns):
    """Every contender's columns against those of the case's reference; what was found is noted."""
    def there(contender):
        return (bench.out(case, contender) / "pred.f64").exists()

    found = []
    if case.compare == "moments":
        reference = bench.folder / "out" / case.key / "kriging"
        words = dict(bench.programs, csv=bench.samples(case.samples), cells=case.cells, out=reference)
        subprocess.run([w.format(**words) for w in case.kriging], stdout=subprocess.DEVNULL, check=True)
        for contender, fingerprint in turns:
            if there(contender):
                found.append((contender, fingerprint, "kriging", ["compare-moments", reference, bench.out(case, contender)]))
    elif case.compare != "nothing":
        by_name = {c.name: c for c, _ in turns if there(c)}
        order = [by_name[name] for name in table.REFERENCES if name in by_name]
        for contender, fingerprint in turns:
            reference = next((r for r in order if r is not contender), None)
            if reference is None or not there(contender) or (contender.other_problem and not contender.ours):
                continue
            out, base = bench.out(case, contender), bench.out(case, reference)
            tolerance = ["--tolerance", table.TOLERANCE, *["--single"] * (contender.single or reference.single)]
            if case.compare == "variograms":
                found.append((contender, fingerprint, reference.name, ["compare-variograms", base, out, "--tolerance", table.TOLERANCE]))
                continue
            local = ["--neighbours", case.neighbours] if case.work in ("local", "idw", "leave-one-out") else []
            mine, theirs = contender.cells or case.cells, reference.cells or case.cells
            if ":" in mine and mine != theirs:       # whatever has all cells is looked at where the other has some
                base, out, mine, theirs = out, base, theirs, mine
            cells = [] if case.work == "leave-one-out" else ["--cells", mine, "--reference-cells", theirs]
            found.append((contender, fingerprint, reference.name,
                          ["compare", base, out, bench.samples(case.samples), *cells, *local, *tolerance]))
    for contender, fingerprint, reference, words in found:
        note = {"kind": "agreement", "case": case.key, "contender": contender.name, "fingerprint": fingerprint, "reference": reference}
        try:
            note["result"] = bench.tell(*words)
        except RuntimeError as error:
            note["result"] = {"agree": False, "error": str(error)}
        bench.note(note)
        print(f"{case.key:10} {contender.name:20} against {reference}: {report.apart(note['result'])}", flush=True)


def scaling(bench, most):
    """Ours alone, by what the work is made of."""
    for label, work, samples, cells, neighbours, threads in table.SCALING:
        case = table.Case("scaling", label, work, samples, cells, (), neighbours=neighbours, compare="nothing")
        contender = table.Contender(f"soilscope {work} {samples} {cells} {neighbours} {threads}",
                                    tuple(w.replace("{threads}", str(threads)) for w in table.LIBRARY))
        fingerprint = bench.fingerprint(case, contender)
        have = [n for n in bench.notes() if n["kind"] == "run" and n["fingerprint"] == fingerprint]
        for _ in range(len(have), min(3, most)):
            record = bench.once(case, contender)
            bench.note({"kind": "run", "case": "scaling", "contender": contender.name, "fingerprint": fingerprint, **record})
            print(f"scaling    {contender.name}: {record['status']}, {record.get('compute_s', 0):.3f} s", flush=True)
            if record["status"] != "ok" or record["wall_s"] > MIDDLE:
                break


def blas_rates(bench, threads, more):
    """Of NumPy's OpenBLAS, by the names of `scripts/limits.py`."""
    env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), **more)
    done = subprocess.run([bench.peers.python, HERE / "scripts/limits.py"], env=env, stdout=subprocess.PIPE, text=True)
    return report.parse(done.stdout) if done.returncode == 0 else {}


def limits(bench):
    """What the machine can do, with one thread and with all that are used."""
    for threads in (1, table.THREADS):
        limit = {"threads": threads, **bench.tell("limits", threads)[0]}
        if bench.peers.version("numpy"):
            # OpenBLAS knows some processors with AVX-512 as ones without; the machine's rate is that of the better kernels.
            found = [blas_rates(bench, threads, {}), blas_rates(bench, threads, {"OPENBLAS_CORETYPE": "SkylakeX"}) if limit["lanes"] == 8 else {}]
            if found[0]:
                limit["numpy_gflops"] = found[0]["dgemm_gflops"]
            limit.update({key: max(f[key] for f in found if key in f) for key in found[0]})
        bench.note({"kind": "limits", **limit})
        print("limits    ", limit, flush=True)


def main():
    folder = pathlib.Path(os.environ["FOLDER"]).resolve()
    peers = Peers(folder)
    if on("INSTALL"):
        peers.install(pyinterp=on("PYINTERP"))
    programs = [pathlib.Path(os.environ[name]).resolve() for name in ("BENCH", "SOILSCOPE")]
    bench = Bench(folder, *programs, peers, float(os.environ.get("LIMIT") or 150))
    machine.commit()    # now, for somebody may go on working meanwhile
    if on("FRESH"):
        bench.log.unlink(missing_ok=True)
    only = [o.strip().lower() for o in os.environ.get("ONLY", "").split(",") if o.strip()]
    known = {c.key for c in table.CASES} | {c.issue for c in table.CASES} | {"limits", "scaling"}
    if strange := set(only) - known:
        print(f"bench-peers: ONLY={','.join(sorted(strange))} is none of {', '.join(sorted(known))}", file=sys.stderr)
        return 2
    most = int(os.environ.get("REPEAT") or 5)
    keys = {c.needs for case in table.CASES for c in case.contenders if c.needs}
    for key in sorted(k for k in keys if peers.version(k) is None):
        print(f"bench-peers: {key} is not installed: {peers.how(key)}; or INSTALL=1")
    if not on("REPORT"):
        if wanted("limits", only):
            limits(bench)
        for case in table.CASES:
            if wanted(case.key, only):
                compare(bench, case, run_case(bench, case, most))
        if wanted("scaling", only):
            scaling(bench, most)
    summary = report.Summary(bench, machine)
    whole = summary.is_whole()
    path = ROOT / "docs/performance.md" if whole else folder / "performance.md"
    path.write_text(summary.text())
    print(f"bench-peers: wrote {path.relative_to(ROOT) if whole else path}" + ("" if whole else ", for not every case has been run"))
    for key in summary.unexplained():
        print(f"bench-peers: target {key} is not reached, and benches/peers/notes.md has no line on `{key}`", file=sys.stderr)
    for line in (wrong := summary.disagreements()):
        print("bench-peers: error:", line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
