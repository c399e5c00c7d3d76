"""Do the numbers of the gate agree with the worked ones, where those lie beside the checkout?"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from metrics.gate.policy import Policy
from metrics.gate.verdict import judge
from metrics.operating import odds
from metrics.statistics.delays import (
    Delay,
    chain_ladder,
    effective_changes,
    nowcast_on_exposure,
    reverse_time_hazard,
)
from metrics.statistics.evalues import (
    anytime_upper,
    changes_required_anytime,
    e_above,
    e_below,
    exposure_required,
    log_e_below,
)
from metrics.statistics.intervals import (
    changes_required,
    clopper_pearson_upper,
    jeffreys_upper,
    probability_below,
    wilson,
)
from tests.builders_gate import moment, watched

FILE = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "stats.json"
VECTORS: dict[str, dict[str, Any]] = (
    {each["name"]: each for each in json.loads(FILE.read_text())["vectors"]} if FILE.exists() else {}
)


def _upper(values: dict[str, Any]) -> float:
    return clopper_pearson_upper(values["x"], values["n"], values["confidence"])


def _cp_required(values: dict[str, Any]) -> list[int]:
    return [changes_required(x, values["p0"], values["confidence"]) for x in values["x"]]


def _posteriors(values: dict[str, Any]) -> dict[str, float]:
    x, n, p0 = values["x"], values["n"], values["p0"]
    return {name: probability_below(x, n, p0, tuple(prior)) for name, prior in values["priors"].items()}


def _below(values: dict[str, Any]) -> list[float]:
    return [e_below(*case, values["p0"], (values["a"], values["b"])) for case in values["cases"]]


def _above(values: dict[str, Any]) -> list[float]:
    return [e_above(*case, values["p0"], (values["a"], values["b"])) for case in values["cases"]]


def _confseq(values: dict[str, Any]) -> float:
    return log_e_below(values["x"], values["n"], values["p0"], (values["a"], values["b"]))


def _required(values: dict[str, Any]) -> list[int]:
    return [changes_required_anytime(x, values["p0"], 1 - values["alpha"]) for x in values["x"]]


def _exposure(values: dict[str, Any]) -> list[int]:
    return [exposure_required(x, values["rate0"], 1 - values["alpha"]) for x in values["x"]]


def _anytime(values: dict[str, Any]) -> list[float]:
    return [anytime_upper(*case, 1 - values["alpha"]) for case in values["cases"]]


def _observed(values: dict[str, Any]) -> list[list[float]]:
    return [[odds(p, n, values["sprints"], Policy()).as_written for n in values["n"]] for p in values["p"]]


def _hazard(values: dict[str, Any]) -> list[float]:
    pairs = zip(values["delay"], values["max_observable_delay"], strict=True)
    return list(reverse_time_hazard([Delay(*pair) for pair in pairs], values["W"]))


def _nowcast(values: dict[str, Any]) -> dict[str, float]:
    # One sprint has reached age 1, the other age 0, on a scale of sprints.
    shares = [values["F"][1], values["F"][0]]
    ages = [1.0] * values["n"][0] + [0.0] * values["n"][1]
    exposure = effective_changes(ages, shares)
    x, n = sum(values["known_escapes"]), sum(values["n"])
    found = nowcast_on_exposure(x, exposure, n, 0.95)
    return {
        "effective_n": exposure,
        "nowcast_rate": found.value,  # type: ignore[union-attr]
        "raw_rate": x / n,
        "raw_cp_upper95": clopper_pearson_upper(x, n, 0.95),
        "poisson_upper95_on_effective": found.high,  # type: ignore[union-attr]
    }


def _verdict(values: dict[str, Any]) -> dict[str, Any]:
    counts = [(each["n"], each["x"]) for each in values["sprints"]]
    policy = Policy(escape_rate=values["p0"], confidence=1 - values["alpha"], follow_up_days=values["W"])
    judged = judge(watched(counts, values["as_of_day"], values["W"]), policy, moment(values["as_of_day"]))
    shown = judged.evidence
    return {
        "state": judged.state,
        "x": shown.escapes,
        "n": shown.changes,
        "clean_needed": shown.more_clean_changes,
        "upper95": shown.upper_limit,
        "upper95_single_look": clopper_pearson_upper(shown.escapes, shown.changes, policy.confidence),
    }


# The longest prefix that fits a vector's name says how it is computed.
COMPUTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "cp_upper": _upper,
    "cp_n_required": _cp_required,
    "jeffreys_upper95": lambda values: jeffreys_upper(values["x"], values["n"], 0.95),
    "bayes_prob_below": _posteriors,
    "wilson95": lambda values: list(wilson(values["x"], values["n"], values["confidence"])),
    "evalue_below": _below,
    "evalue_above": _above,
    "evalue_n_required": _required,
    "evalue_poisson": _exposure,
    "confseq_": _confseq,
    "anytime_upper": _anytime,
    "observed_rule": _observed,
    "verdict_": _verdict,
    "chain_ladder": lambda values: list(chain_ladder(values["triangle"])),
    "reverse_time_hazard": _hazard,
    "nowcast_last_two": _nowcast,
}
CHOSEN = [(name, prefix) for name, prefix in product(VECTORS, COMPUTED) if name.startswith(prefix)]


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize(("name", "prefix"), CHOSEN)
def test_worked_number_is_reproduced(name: str, prefix: str):
    vector = VECTORS[name]
    found = COMPUTED[prefix](vector["inputs"])
    for got, expected in zip(_leaves(found), _leaves(vector["expected"]), strict=True):
        assert _agrees(got, expected, vector["tolerance"]), f"{got} is not {expected}"


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_every_family_of_worked_numbers_is_checked():
    assert {prefix for _, prefix in CHOSEN} == set(COMPUTED)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


def _agrees(got: Any, expected: Any, tolerance: float) -> bool:
    if expected is None:
        return True
    if isinstance(expected, str):
        return bool(got == (math.inf if expected == "inf" else expected))
    return bool(abs(got - expected) <= tolerance * max(1.0, abs(expected)))
