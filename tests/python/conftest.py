"""What the tests share: the repository's data and gstat's answers."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soilscope

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests/golden/vectors"


def number(text: str) -> float:
    """`NA` and text are NaN."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def table(path: Path) -> dict[str, np.ndarray]:
    """Columns of a CSV file."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([number(row[name]) for row in rows]) for name in rows[0]}


def data(name: str) -> dict[str, np.ndarray]:
    return table(ROOT / "data" / name)


def places(columns: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([columns["x"], columns["y"]])


@dataclass
class Case:
    """One case of gstat's: settings and answer."""

    id: str
    params: dict[str, Any]
    answer: dict[str, np.ndarray]

    @property
    def samples(self) -> soilscope.Samples:
        columns = data(self.params["data"])
        value = self.params["value"]
        values = np.log(columns[value[4:-1]]) if value.startswith("log(") else columns[value]
        drift = "sqrt(dist)" in self.params.get("trend", "") or self.id == "cv_loo_uk"
        covariates = np.sqrt(columns["dist"])[:, None] if drift else None
        return soilscope.Samples(places(columns), values, covariates=covariates)

    @property
    def notation(self) -> str:
        def term(m: dict[str, Any]) -> str:
            arguments = [str(m["range"])] if "range" in m else []
            arguments += [f"kappa={m['kappa']}"] if "kappa" in m else []
            if "major_axis_azimuth_deg" in m:
                arguments += [f"az={m['major_axis_azimuth_deg']}", f"ratio={m['ratio_minor_to_major']}"]
            return f"{m['psill']} {m['type']}" + (f"({', '.join(arguments)})" if arguments else "")

        return " + ".join(term(m) for m in self.params["model"])

    @property
    def kept(self) -> np.ndarray:
        """Rows that are no matter of convention, as ties of distances are."""
        kept = np.ones(len(next(iter(self.answer.values()))), bool)
        for mark in ("tie", "on_axis"):
            if mark in self.answer:
                kept &= self.answer[mark] != 1
        return kept


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    entries = json.loads((VECTORS / "manifest.json").read_text())["cases"]
    return {e["id"]: Case(e["id"], e["params"], table(VECTORS / e["file"])) for e in entries}


@pytest.fixture(scope="session")
def meuse() -> soilscope.Samples:
    """Zinc in the topsoil of the Meuse flood plain, mg/kg."""
    columns = data("meuse.csv")
    return soilscope.Samples(places(columns), columns["zinc"])
