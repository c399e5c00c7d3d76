"""Do waits and their comparison agree with the worked numbers, where those lie beside the checkout?"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from metrics.statistics.logrank import log_rank
from metrics.statistics.survival import (
    Curve,
    Waits,
    aalen_johansen,
    kaplan_meier,
    quantile,
    restricted_mean,
    share_at,
)
from metrics.working_time import WorkingTime, working_hours_between

FILE = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "stats.json"
VECTORS: dict[str, dict[str, Any]] = (
    {each["name"]: each for each in json.loads(FILE.read_text())["vectors"]} if FILE.exists() else {}
)
# The 1,384 patients of Kyle et al. (2002), DOI 10.1056/NEJMoa01133202 (mgus2 of R's package survival), as
# columns months and cause: 1 = the disease came, 2 = death without it, 0 = neither yet.
PATIENTS = FILE.parent / "mgus2.csv"


def _waits(values: dict[str, Any], time: str = "time", cause: str = "event") -> Waits:
    return Waits(np.array(values[time], dtype=np.float64), np.array(values[cause], dtype=np.int64))


def _survival(values: dict[str, Any]) -> dict[str, Any]:
    curve = kaplan_meier(_waits(values))
    return {
        "time": curve.time.tolist(),
        "n": curve.at_risk.tolist(),
        "d": curve.events.tolist(),
        "surv": curve.share.tolist(),
        "se": curve.se.tolist(),
    }


def _median(values: dict[str, Any]) -> dict[str, Any]:
    curve = kaplan_meier(_waits(values))
    found = {
        "loglog": quantile(curve, 0.5, 0.95),
        "log": quantile(curve, 0.5, 0.95, "log"),
        "plain": quantile(curve, 0.5, 0.95, "plain"),
    }
    return {"median": found["log"][0]} | {scale: list(limits[1:]) for scale, limits in found.items()}


def _log_rank(values: dict[str, Any]) -> dict[str, float]:
    found = log_rank(_waits(values, "time1", "event1"), _waits(values, "time2", "event2"))
    return vars(found)


def _restricted(values: dict[str, Any]) -> list[float]:
    return list(restricted_mean(kaplan_meier(_waits(values)), values["tau"]))


def _incidence_with_ties(values: dict[str, Any]) -> dict[str, list[float]]:
    first, second = (aalen_johansen(_waits(values, cause="cause"), cause) for cause in (1, 2))
    return {"time": first.time.tolist(), "cif1": first.share.tolist(), "cif2": second.share.tolist()}


def _incidence_at_the_end(values: dict[str, Any]) -> float:
    return share_at(aalen_johansen(_waits(values, cause="cause"), 2), 6, 0.95)[0]


def _patients(values: dict[str, Any]) -> dict[str, list[float]]:
    if not PATIENTS.exists():
        pytest.skip("the patients (mgus2.csv: months, cause) do not lie beside the worked numbers")
    table = pl.read_csv(PATIENTS, comment_prefix="#")
    waits = Waits(table["months"].cast(pl.Float64).to_numpy(), table["cause"].to_numpy())
    disease, death = (aalen_johansen(waits, cause) for cause in (1, 2))
    naive = kaplan_meier(Waits(waits.hours, (waits.cause == 1).astype(np.int64)))
    return {
        "pcm": _at(disease, values["times"]),
        "death": _at(death, values["times"]),
        "se_pcm": disease.se[np.searchsorted(disease.time, values["times"], "right") - 1].tolist(),
        "naive_1_minus_km_pcm": [1 - share for share in _at(naive, values["times"])],
    }


def _at(curve: Curve, times: list[float]) -> list[float]:
    return [share_at(curve, moment, 0.95)[0] for moment in times]


def _working(values: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(values[name]) for name in ("start", "end"))
    return working_hours_between(start, end, WorkingTime(timezone=values["tz"]))


# The longest prefix that fits a vector's name says how it is computed.
COMPUTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "km_6mp_median_ci": _median,
    "km_placebo_median_ci": _median,
    "km_6mp": _survival,
    "logrank_": _log_rank,
    "rmst_": _restricted,
    "aalen_johansen_ties": _incidence_with_ties,
    "aalen_johansen_no_ties": _incidence_at_the_end,
    "mgus2_cif": _patients,
    "working_hours_": _working,
}
CHOSEN = [
    (name, max((prefix for prefix in COMPUTED if name.startswith(prefix)), key=len))
    for name in VECTORS
    if name.startswith(tuple(COMPUTED))
]


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize(("name", "prefix"), CHOSEN)
def test_worked_number_is_reproduced(name: str, prefix: str):
    vector = VECTORS[name]
    expected = vector["expected"]
    found = COMPUTED[prefix](vector["inputs"])
    if isinstance(expected, dict):
        found = {key: found[key] for key in expected}
    for got, wanted in zip(_leaves(found), _leaves(expected), strict=True):
        assert _agrees(got, wanted, vector["tolerance"]), f"{got} is not {wanted}"


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_every_worked_number_of_waits_is_checked():
    families = ("km_", "rmst_", "logrank_", "aalen_", "mgus2_cif", "working_hours_")
    assert {name for name, _ in CHOSEN} == {name for name in VECTORS if name.startswith(families)}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


def _agrees(got: float, expected: float | str, tolerance: float) -> bool:
    if expected == "inf":
        return math.isinf(got)
    return bool(abs(got - float(expected)) <= tolerance * max(1.0, abs(float(expected))))
