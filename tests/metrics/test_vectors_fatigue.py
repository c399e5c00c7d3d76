"""Do shares over people and their trends agree with the worked ones, where those lie beside the checkout?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics.statistics.beta_binomial import beta_binomial
from metrics.statistics.funnel import binomial_quantile, funnel_limits
from metrics.statistics.gee import logistic_trend
from metrics.statistics.people import cluster_ratio, intraclass_correlation, quasi_binomial
from metrics.statistics.trends import cochran_armitage

FILE = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "stats.json"
VECTORS: dict[str, dict[str, Any]] = (
    {each["name"]: each for each in json.loads(FILE.read_text())["vectors"]} if FILE.exists() else {}
)


def _clusters(values: dict[str, Any]) -> dict[str, float | None]:
    found = cluster_ratio(values["x"], values["n"], values["confidence"])
    icc = intraclass_correlation(values["x"], values["n"])
    ends = {"lo": found.low, "hi": found.high}
    return {"p": found.value, "se": found.se, "deff": found.deff, **ends, "icc": icc}


def _trend(values: dict[str, Any]) -> dict[str, float]:
    found = cochran_armitage(values["x"], values["n"], values["score"])
    assert found is not None
    return {"z": found.z, "chi2": found.z**2, "p": found.p}


def _beta_binomial(values: dict[str, Any]) -> dict[str, float]:
    found = beta_binomial(values["x"], values["n"])
    assert found is not None
    return {"mu": found.mean, "rho": found.correlation, "loglik": found.log_likelihood}


def _quasi(values: dict[str, Any]) -> dict[str, float]:
    found = quasi_binomial(values["x"], values["n"])
    assert found is not None
    return {"intercept": found.logit, "phi": found.dispersion, "se": found.se}


def _gee(values: dict[str, Any]) -> dict[str, list[float]]:
    y = np.array(values["y"], dtype=np.float64)
    along = np.array(values["position"], dtype=np.float64)
    found = logistic_trend(y, np.ones(len(y)), along, np.array(values["id"]) - 1)
    assert found is not None
    return {"coef": [found.intercept, found.slope], "robust_se": list(found.se)}


def _funnel(values: dict[str, Any]) -> list[list[float]]:
    target = values["target"]
    return [[binomial_quantile(n, target, each) / n for each in values["probs"]] for n in values["n"]]


COMPUTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "cluster_ratio_rate": _clusters,
    "cochran_armitage_smokers": _trend,
    "beta_binomial_mle": _beta_binomial,
    "quasi_binomial_glm": _quasi,
    "gee_logistic_trend": _gee,
    "funnel_limits_binomial": _funnel,
}


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize("name", COMPUTED)
def test_worked_number_is_reproduced(name: str):
    vector = VECTORS[name]
    found, expected = COMPUTED[name](vector["inputs"]), vector["expected"]
    tolerance = vector["tolerance"]
    got, wanted = (np.array(_leaves(each), dtype=np.float64) for each in (found, expected))
    assert got == pytest.approx(wanted, rel=tolerance, abs=tolerance)


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_the_bias_reduced_error_is_the_larger_one_that_few_people_need():
    values = VECTORS["gee_logistic_trend"]["inputs"]
    y, along = (np.array(values[name], dtype=np.float64) for name in ("y", "position"))
    found = logistic_trend(y, np.ones(len(y)), along, np.array(values["id"]) - 1)
    assert found is not None
    assert found.se_reduced[1] == pytest.approx(0.138, abs=1e-3)


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_a_funnels_limits_are_the_quantiles():
    assert funnel_limits(100, 0.2).high == VECTORS["funnel_limits_binomial"]["expected"][3][2]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
