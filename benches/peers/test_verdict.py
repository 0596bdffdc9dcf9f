"""`python3 -m unittest`, in this folder; needs no peer and no package."""
import unittest

import table
from verdict import Row, evaluate, median_row, share


def run(wall, others=0.0, status="ok", **more):
    return {"status": status, "wall_s": wall, "rss_mib": 10.0, "others": others, **more}


def row(compute, units=1, **more):
    return Row("ok", units, 5, more.pop("wall_s", compute), compute, more.pop("rss_mib", 10.0), compute_s=compute, **more)


class Medians(unittest.TestCase):
    def test_disturbed_runs_do_not_count_where_there_are_others(self):
        found = median_row([run(9.0, 1.0, compute_s=8.0), run(2.0, compute_s=1.0), run(4.0, compute_s=3.0)], 2)
        self.assertEqual((found.wall_s, found.best, found.compute_s, found.runs, found.disturbed), (3.0, 2.0, 2.0, 2, False))
        self.assertEqual(found.per_unit("compute_s"), 1.0)

    def test_only_disturbed_runs_are_said_to_be_so(self):
        self.assertTrue(median_row([run(9.0, 1.0)], 1).disturbed)

    def test_runs_that_failed_count_for_nothing(self):
        self.assertEqual(median_row([run(1.0, status="failed"), run(3.0)], 1).wall_s, 3.0)
        self.assertEqual(median_row([run(1.0, status="timeout")], 1).status, "timeout")


class Verdicts(unittest.TestCase):
    def verdict(self, key, rows, limits=None):
        target = next(t for t in table.TARGETS if t.key == key)
        return evaluate(target, rows, limits or {})

    def test_ratios_are_by_unit(self):
        rows = {("p2", "soilscope library"): row(1.6, 16_000_000), ("p2", "gstat, 2 processes"): row(8.0, 250_000)}
        self.assertAlmostEqual(share(rows["p2", "gstat, 2 processes"], rows["p2", "soilscope library"], "compute_s"), 320)
        self.assertEqual(self.verdict("P2a", rows), (True, "320.0 × (gstat, 2 processes)"))

    def test_a_peer_that_is_not_there_gives_no_verdict(self):
        self.assertEqual(self.verdict("P2a", {("p2", "soilscope library"): row(1.0)}), (None, ""))
        ended = Row("timeout", 1, 1, 150.0, 150.0, 10.0)
        self.assertIsNone(self.verdict("P7", {("p7", "soilscope library"): row(1.0), ("p7", "gstat"): ended})[0])

    def test_the_fastest_peer_is_one_of_the_same_problem(self):
        rows = {("p5-20k", "soilscope library"): row(0.1), ("p5-20k", "gstat"): row(3.0), ("p5-20k", "kriging-rs"): row(1.0),
                ("p5-20k", "other"): row(0.01, other_problem=True), ("p5-20k", "soilscope program"): row(0.2)}
        self.assertEqual(self.verdict("P5a", rows), (False, "10.0 × (kriging-rs)"))

    def test_floors_are_operations_at_the_measured_rate(self):
        least = (2_000 ** 3 / 3 + 40_000 * 2_000 ** 2) / 100e9
        rows = {("p4-2k-exp", "soilscope library"): row(1.4 * least, 40_000)}
        self.assertTrue(self.verdict("P4e", rows, {2: {"dgemm_gflops": 100.0}})[0])
        self.assertFalse(self.verdict("P4e", rows, {2: {"dgemm_gflops": 110.0}})[0])
        self.assertIsNone(self.verdict("P4e", rows)[0])

    def test_memory_and_cost_against_ours_of_another_case(self):
        rows = {("p2", table.PROGRAM): row(1.0, rss_mib=80.0), ("p8-cells", table.PROGRAM): row(1.0, rss_mib=75.0),
                ("p6", "soilscope library"): row(0.05, 20_000), ("p1-20k", "soilscope library"): row(0.25, 250_000)}
        self.assertEqual(self.verdict("P8c", rows), (True, "1.07 × (80 and 75)"))
        self.assertEqual(self.verdict("P6", rows), (False, "2.50 ×"))


class Tables(unittest.TestCase):
    def test_every_target_is_of_contenders_that_are_there(self):
        cases = {c.key: {contender.name for contender in c.contenders} for c in table.CASES}
        for target in table.TARGETS:
            self.assertIn(target.ours, cases[target.case], target.key)
            if target.kind == "ratio" and target.peer != "fastest":
                self.assertIn(target.peer, cases[target.case], target.key)
            if target.kind in ("like", "grows"):
                self.assertIn(target.ours, cases[target.peer], target.key)

    def test_names_are_once(self):
        for case in table.CASES:
            names = [c.name for c in case.contenders]
            self.assertEqual(len(names), len(set(names)), case.key)
        keys = [t.key for t in table.TARGETS]
        self.assertEqual(len(keys), len(set(keys)))

    def test_units(self):
        self.assertEqual(table.results("4000:1750,1750,500,250", "local", 5_000), 125_000)
        self.assertEqual(table.results("200", "simulation", 2_000), 400_000)
        self.assertEqual(table.results("1", "variogram", 20_000), 20_000)


if __name__ == "__main__":
    unittest.main()
