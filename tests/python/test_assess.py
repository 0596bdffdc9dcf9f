"""Limits, indices and trends, by the words and numbers that the Rust library is tested with."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import data
from soilscope import SoilscopeError, assess


def test_a_limit_with_its_standing_and_source() -> None:
    limit = assess.limit("NL/intervention", "Cd", soil={"clay": 10.0, "om": 5})
    assert limit["value"] == pytest.approx(13 * 0.575 / 0.785, rel=1e-3) and limit["unit"] == "mg/kg dw"
    assert limit["entry"]["source"] and limit["standing"] in ("verified", "second-hand", "unverified")
    published = assess.limit("nl/intervention", "cadmium")
    assert published["standard_soil"] is True and published["code"] == limit["code"]
    assert assess.limit("CN/screening/paddy", "Cd", soil={"ph": 5.5})["value"] == 0.3


def test_no_row_without_its_standing() -> None:
    rows = assess.thresholds()
    assert len(rows) == 1870
    assert {row["standing"] for row in rows} == {"verified", "second-hand", "unverified"}
    assert all(row["standing"] == "unverified" for row in rows if not row["verified"])
    zinc = assess.thresholds("zinc", jurisdiction="nl")
    assert zinc and {row["analyte"] for row in zinc} == {"Zn"}


@pytest.mark.parametrize("call,words", [
    (lambda: assess.limit("XX/foo", "zinc"), "no jurisdiction has the code or name 'xx'"),
    (lambda: assess.limit("NL/intervention", "unobtainium"), "which substance is 'unobtainium'"),
    (lambda: assess.limit("CN/screening/paddy", "Cd"), "pH is not known"),
    (lambda: assess.limit("NL/intervention", "zinc", soil={"sand": 3}), "no property of soil is called 'sand'"),
    (lambda: assess.limit("NL/intervention", "zinc", soil={"clay": 300}), "clay is 300, but must be from 0 to 100"),
    (lambda: assess.thresholds(jurisdiction="XX"), "no jurisdiction has the code or name 'xx'"),
    (lambda: assess.indices({"Cd": "<0.1"}, {"Cd": 0.2}, name="x"), "choose what stands for such values"),
    (lambda: assess.indices({"Cd": "much"}, {"Cd": 0.2}, name="x"), "'much' is no content"),
    (lambda: assess.indices({"Cd": 1}, {"Cd": 0.2}, name="x", digestion="none"), "no digestion is called 'none'"),
    (lambda: assess.mann_kendall([0, 1, 2], [1, 2, 3]), "needs at least 4"),
    (lambda: assess.sen_slope([0, 1], [1, np.nan]), "must be a finite number"),
])  # fmt: skip
def test_refusals(call, words: str) -> None:
    with pytest.raises(SoilscopeError, match=words):
        call()


def test_indices_by_hand() -> None:
    contents = {"Cr": 28.27, "Hg": 0.15, "As": 12.92}
    found = assess.indices(contents, {"Cr": 41.4, "Hg": 0.04, "As": 7.5}, name="Inner Mongolia", digestion="total")
    ratios = np.array([28.27 / 41.4, 0.15 / 0.04, 12.92 / 7.5])
    np.testing.assert_allclose([r["value"] for r in found["ratios"]], ratios, rtol=1e-14)
    assert found["load_index"]["value"] == pytest.approx(1.640, abs=5e-4)  # as printed
    assert found["nemerow"]["value"] == pytest.approx(np.sqrt((ratios.max() ** 2 + ratios.mean() ** 2) / 2), rel=1e-14)
    np.testing.assert_allclose([g["value"] for g in found["geo_accumulation"]], np.log2(ratios / 1.5), rtol=1e-13)
    assert found["ecological_risk"]["index"]["value"] == pytest.approx(ratios @ [2, 40, 10], rel=1e-13)
    halved = assess.indices({"Cd": "<0.4", "Pb": 3}, {"Cd": 0.2, "Pb": 1}, name="x", non_detects="limit/2")
    assert [r["value"] for r in halved["ratios"]] == [1.0, 3.0] and halved["degree"]["substituted"] == 1
    unknown = assess.indices({"Xx": 1.0}, {"Xx": 2.0}, name="x")
    assert unknown["ecological_risk"] is None and "Xx" in unknown["no_ecological_risk"]
    limits = assess.indices({"Cd": 1.0}, {"Cd": 0.5}, name="act", kind="limits")
    assert limits["nemerow"]["value"] == 2.0 and "degree" not in limits


def test_trends_by_a_second_way() -> None:
    columns = data("synthetic_monitoring_truth.csv")
    random = np.random.default_rng(1)
    times = np.sort(random.uniform(0, 20, 12))
    values = columns["log_slope_per_year"][1] * times + 0.1 * random.normal(size=12)
    i, j = np.triu_indices(12, 1)
    test, sen = assess.mann_kendall(times, values), assess.sen_slope(times, values)
    assert test["s"] == np.sign(values[j] - values[i]).sum()
    assert sen["slope"] == pytest.approx(np.median((values[j] - values[i]) / (times[j] - times[i])), rel=1e-13)
    assert sen["interval"][0] < sen["slope"] < sen["interval"][1]
