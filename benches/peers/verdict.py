"""From runs to medians, ratios and verdicts: the arithmetic of the report, tested in test_verdict.py."""
import statistics
from dataclasses import dataclass
from typing import Optional

import table

DISTURBED = 0.15        # cores that others used meanwhile


@dataclass(frozen=True)
class Row:
    """Median run of a contender."""
    status: str
    units: int
    runs: int
    wall_s: float
    best: float
    rss_mib: float
    others: float = 0.0
    disturbed: bool = False
    compute_s: Optional[float] = None
    read_s: Optional[float] = None
    threads: Optional[int] = None
    why: str = ""
    other_problem: bool = False

    def per_unit(self, key):
        value = getattr(self, key)
        return None if value is None else value / self.units


def median_row(runs, units, other_problem=False):
    """The median of the runs that nobody disturbed, or of all where there are none; of runs that failed, the last."""
    good = [r for r in runs if r["status"] == "ok"]
    if not good:
        last = runs[-1]
        return Row(last["status"], units, len(runs), last["wall_s"], last["wall_s"], last["rss_mib"], last["others"], why=last.get("why", ""))
    quiet = [r for r in good if r["others"] < DISTURBED]
    used = quiet or good

    def median(key):
        values = [r[key] for r in used if key in r]
        return statistics.median(values) if values else None

    return Row("ok", units, len(used), median("wall_s"), min(r["wall_s"] for r in used), median("rss_mib"), median("others"), not quiet,
               median("compute_s"), median("read_s"), used[0].get("threads"), other_problem=other_problem)


def share(row, other, key):
    """How many times longer `row` takes for each unit; None where one of the two is not known."""
    if row is None or other is None or row.status != "ok" or other.status != "ok":
        return None
    a, b = row.per_unit(key), other.per_unit(key)
    return a / b if a and b else None


def evaluate(target, rows, limits):
    """Whether a target is reached (None: not measured), and the measured number in words."""
    ours = rows.get((target.case, target.ours))
    if ours is None or ours.status != "ok" or getattr(ours, target.what) is None:
        return None, ""
    value = getattr(ours, target.what)
    if target.kind == "most":
        return value <= target.bound, f"{value:.3g}"
    if target.kind == "grows":
        base = rows.get((target.peer, target.ours))
        if base is None or base.status != "ok":
            return None, ""
        factor = value / getattr(base, target.what)
        return factor <= target.bound, f"{factor:.2f} × ({value:.0f} and {getattr(base, target.what):.0f})"
    if target.kind == "like":
        base = rows.get((target.peer, target.ours))
        factor = share(ours, base, target.what)
        return (None, "") if factor is None else (factor <= target.bound, f"{factor:.2f} ×")
    if target.kind == "floor":
        rate = limits.get(table.THREADS, {}).get("dgemm_gflops")
        case = next(c for c in table.CASES if c.key == target.case)
        if rate is None:
            return None, ""
        least = table.WORK[case.work][0](case.samples, ours.units, case.neighbours) / rate / 1e9
        return value <= target.bound * least, f"{value / least:.2f} × ({value:.3g} s, of which {least:.3g} s must be)"
    if target.peer == "fastest":
        peers = {name: row for (case, name), row in rows.items()
                 if case == target.case and not name.startswith("soilscope") and not row.other_problem}
        factors = {name: share(row, ours, target.what) for name, row in peers.items()}
        factors = {name: f for name, f in factors.items() if f is not None}
        name = min(factors, key=factors.get, default=None)
        factor = factors.get(name)
    else:
        name, factor = target.peer, share(rows.get((target.case, target.peer)), ours, target.what)
    if factor is None:
        return None, ""
    return factor >= target.bound, f"{factor:.1f} × ({name})"
