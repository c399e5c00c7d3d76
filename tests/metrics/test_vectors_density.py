"""Do the rates and ratios agree with the worked ones, where those lie beside the checkout?"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics.statistics.clustered import quasi_poisson
from metrics.statistics.etest import etest
from metrics.statistics.rates import Count, garwood
from metrics.statistics.ratios import quotient, rate_ratio_exact
from metrics.statistics.stratified import mantel_haenszel

FILE = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "stats.json"
VECTORS: dict[str, dict[str, Any]] = (
    {each["name"]: each for each in json.loads(FILE.read_text())["vectors"]} if FILE.exists() else {}
)


def _garwood(values: dict[str, Any]) -> list[float]:
    return list(garwood(values["x"], values["exposure"], 0.95))


def _pair(values: dict[str, Any]) -> tuple[Count, Count]:
    return Count(values["x1"], values["T1"]), Count(values["x2"], values["T2"])


def _exact(values: dict[str, Any]) -> dict[str, Any]:
    found = rate_ratio_exact(*_pair(values), 0.95)
    assert found is not None
    return {"ratio": found.value, "ci": [found.low, found.high], "p": found.p}


def _etest_of_scipy(values: dict[str, Any]) -> float:
    return etest(Count(values["k1"], values["n1"]), Count(values["k2"], values["n2"]), "wald")


def _etests(values: dict[str, Any]) -> dict[str, Any]:
    wald = etest(*_pair(values), "wald")
    return {
        "etest_score": etest(*_pair(values), "score"),
        "etest_wald": wald,
        "scipy": wald,
        "exact_cond": _exact(values)["p"],
    }


def _strata(first: list[Any], second: list[Any]) -> list[tuple[Count, Count]]:
    return [
        (Count(x1, t1), Count(x2, t2))
        for x1, t1, x2, t2 in zip(*first, *second, strict=True)
    ]  # fmt: skip


def _crude(strata: list[tuple[Count, Count]]) -> float:
    first, second = (
        Count(sum(pair[side].events for pair in strata), sum(pair[side].exposure for pair in strata))
        for side in (0, 1)
    )
    return quotient(first, second)


def _stratified(strata: list[tuple[Count, Count]], names: tuple[str, ...]) -> dict[str, Any]:
    found = mantel_haenszel(strata, 0.95)
    assert found is not None
    told = {
        "crude": _crude(strata),
        "crude_ratio": _crude(strata),
        "mh": found.value,
        "ci": [found.low, found.high],
        "mh_ci": [found.low, found.high],
        "stratum": [quotient(*pair) for pair in strata],
    }
    return {name: told[name] for name in names}


def _clozapine(values: dict[str, Any]) -> dict[str, Any]:
    strata = _strata([values["a"], values["T1"]], [values["b"], values["T0"]])
    return _stratified(strata, ("crude", "mh", "ci", "stratum"))


def _openepi(values: dict[str, Any]) -> dict[str, Any]:
    strata = _strata([values["a"], values["T1"]], [values["b"], values["T0"]])
    return _stratified(strata, ("crude", "mh", "ci"))


def _simpson(values: dict[str, Any]) -> dict[str, Any]:
    agents, people = ([values[f"{side}_vulns"], values[f"{side}_kloc"]] for side in ("agent", "human"))
    return _stratified(_strata(agents, people), ("crude_ratio", "stratum", "mh", "mh_ci"))


def _glm(values: dict[str, Any]) -> dict[str, Any]:
    events, exposure = (np.array(values[name], dtype=np.float64) for name in ("vulns", "kloc"))
    fit = quasi_poisson(events, exposure, np.array(values["agent"]) == 1)
    assert fit is not None
    assert fit.dof == len(events) - 2
    return {
        "coef": [fit.log_rate, fit.log_ratio],
        "se": [fit.se_log_rate, fit.se_log_ratio],
        "phi": fit.dispersion,
    }


# The longest prefix that fits a vector's name says how it is computed.
COMPUTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "garwood": _garwood,
    "rate_ratio": _exact,
    "etest_scipy": _etest_of_scipy,
    "etest_variants": _etests,
    "mh_rate_ratio_clozapine": _clozapine,
    "mh_rate_ratio_openepi": _openepi,
    "simpson": _simpson,
    "quasi_poisson_glm": _glm,
}
CHOSEN = [(name, prefix) for name, prefix in product(VECTORS, COMPUTED) if name.startswith(prefix)]


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize(("name", "prefix"), CHOSEN)
def test_worked_number_is_reproduced(name: str, prefix: str):
    vector = VECTORS[name]
    found = COMPUTED[prefix](vector["inputs"])
    for got, expected in zip(_leaves(found), _leaves(vector["expected"]), strict=True):
        assert abs(got - expected) <= vector["tolerance"] * max(1.0, abs(expected))


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_every_family_of_worked_numbers_is_checked():
    families = ("garwood", "rate_ratio", "etest", "mh_", "simpson", "quasi_poisson")
    assert {prefix for _, prefix in CHOSEN} == set(COMPUTED)
    assert {name for name, _ in CHOSEN} == {name for name in VECTORS if name.startswith(families)}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
