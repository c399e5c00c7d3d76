"""Do the numbers about detectors agree with the worked ones, where those lie beside the checkout?"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from metrics.statistics import begg_greenes, kappa
from metrics.statistics.auc import auc_of, paired
from metrics.statistics.auditing import Stratum, false_negative_rate, missed_standard_error
from metrics.statistics.capture import chao2, chapman, lincoln_petersen
from metrics.statistics.dawid_skene import fit_counts
from metrics.statistics.diagnostic import Table, diagnostic
from metrics.statistics.funnel import binomial_quantile
from metrics.statistics.horvitz_thompson import Drawn, ratio, total
from metrics.statistics.intervals import clopper_pearson, wilson
from metrics.statistics.mcnemar import mcnemar
from metrics.statistics.rogan_gladen import corrected, rogan_gladen
from metrics.statistics.sampling import rule_of_three, sensitivity_size
from metrics.statistics.special import normal_quantile

SHARED = Path(__file__).parents[2] / ".." / "shared"
FILE = SHARED / "vectors" / "detectors.json"
REAL = SHARED / "real" / "detectors"
VECTORS: dict[str, dict[str, Any]] = (
    {each["name"]: each for each in json.loads(FILE.read_text())["vectors"]} if FILE.exists() else {}
)
ROGUE = "rogue-security/prompt-injections-benchmark"
Z = normal_quantile(0.975)


def table(name: str) -> pl.DataFrame:
    """A published data set, from where the worked numbers lie or the real data."""
    found = [path for path in (FILE.parent / name, REAL / name) if path.exists()]
    if not found:
        pytest.skip(f"the published data ({name}) do not lie beside the worked numbers")
    return pl.read_csv(found[0], null_values=["NA", ""])


def _patients(values: dict[str, Any]) -> dict[str, Any]:
    """Data aSAH of R's package pROC (Turck et al. 2010): three markers of a poor outcome."""
    data = table("aSAH.csv")
    is_poor = (data["outcome"] == "Poor").to_numpy()
    first, second = (data[values[side]].cast(pl.Float64).to_numpy() for side in "ab")
    return _compared(first, second, is_poor)


def _compared(first: Any, second: Any, is_attack: Any) -> dict[str, Any]:
    found = paired(first, second, is_attack)
    areas = {"auc_a": found.first.value, "auc_b": found.second.value}
    return areas | {"z": found.z, "p": found.p, "ci_diff": list(found.interval(0.95))}


def _limits(values: dict[str, Any]) -> dict[str, list[float]]:
    data = table("aSAH.csv")
    is_poor = (data["outcome"] == "Poor").to_numpy()
    columns = {name: data[name].cast(pl.Float64).to_numpy() for name in values}
    return {name: list(auc_of(scores, is_poor).interval(0.95)) for name, scores in columns.items()}


def rogue(values: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Two detectors' scores of the same prompts, and which of these are attacks."""
    scores = pl.read_parquet(REAL / "pidbench_scores.parquet").filter(dataset=ROGUE)
    sides = [
        scores.filter(pl.col("detector").str.starts_with(values[side])).sort("kind", "item") for side in "ab"
    ]
    assert [side["detector"].n_unique() for side in sides] == [1, 1]
    return (*(side["score"].to_numpy() for side in sides), (sides[0]["label"] == 1).to_numpy())


def _scanned(values: dict[str, Any]) -> dict[str, Any]:
    return _compared(*rogue(values))


def _mcnemar(values: dict[str, Any]) -> dict[str, float]:
    if "table" in values:
        cells = values["table"]
        found = mcnemar(cells[0][1], cells[1][0])
    else:
        found = mcnemar(*[count for name, count in values.items() if name.startswith("only_")])
    ps = {"p": found.p_chi2, "p_cc": found.p_corrected, "p_exact": found.p_exact}
    return ps | {"chi2": found.chi2, "chi2_cc": found.chi2_corrected}


def _diagnostic(values: dict[str, Any]) -> dict[str, list[float | None]]:
    found = diagnostic(Table(values["tp"], values["fp"], values["fn"], values["tn"]), 0.95)
    names = {
        "se": found.sensitivity, "sp": found.specificity,
        "ppv": found.positive_predictive_value, "npv": found.negative_predictive_value,
        "fpr": found.false_positive_rate, "fnr": found.false_negative_rate,
        "lr+": found.positive_likelihood_ratio, "lr-": found.negative_likelihood_ratio,
    }  # fmt: skip
    return {name: [share.value, share.low, share.high] for name, share in names.items()}


def _rogan_gladen(values: dict[str, Any]) -> dict[str, Any]:
    x, n, errors = values["pos"], values["n"], (values["se"], values["sp"])
    found = rogan_gladen(x, n, errors, 0.95)
    exact = [corrected(limit, errors) for limit in clopper_pearson(x, n, 0.95)]
    assert (found.warning is None) == (0 <= found.value <= 1)
    return {"est": found.value, "ci_blaker": [found.low, found.high], "ci_cp": exact}


def _begg_greenes(values: dict[str, Any]) -> dict[str, Any]:
    cells = values["cells"]
    sides = [begg_greenes.Verified(*(cells[letter + side] for letter in "sru")) for side in "10"]
    naive, found = begg_greenes.complete_cases(*sides), begg_greenes.corrected(*sides, 0.95)
    figures = {"se": found.sensitivity, "sp": found.specificity}
    return {
        "complete_case_se_sp_ppv_npv": list(vars(naive).values()),
        "bg": {
            name: [share.value, share.standard_error, share.low, share.high]
            for name, share in figures.items()
        },
    }


def drawn(above: pl.Expr, below: pl.Expr) -> list[Drawn]:
    """Data apistrat of R's package survey: schools drawn by type; column fpc = how many there are."""
    data = table("apistrat.csv").with_columns(
        above.cast(pl.Float64).alias("y"), below.cast(pl.Float64).alias("x")
    )
    return [
        Drawn(float(part["fpc"][0]), part["y"].to_numpy(), part["x"].to_numpy())
        for part in data.partition_by("stype", maintain_order=True)
    ]


def _schools(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("y") == "enroll":
        found = total(drawn(pl.col("enroll"), pl.lit(1)))
        return {"total": found.value, "se": found.standard_error}
    found = ratio(drawn(*RATIOS[values.get("y") or values["num"]]))
    reach = Z * found.standard_error
    ends = [found.value - reach, found.value + reach]
    return {"mean": found.value, "ratio": found.value, "se": found.standard_error, "ci": ends}


NO_AWARD = pl.col("awards") == "No"
RATIOS = {
    "api00": (pl.col("api00"), pl.lit(1)),
    "api.stu": (pl.col("api.stu"), pl.col("enroll")),
    "awards==No & sch.wide==No": (NO_AWARD & (pl.col("sch.wide") == "No"), NO_AWARD),
}


def _toy(values: dict[str, Any]) -> dict[str, Any]:
    strata = [Stratum(*row) for row in zip(values["Nh"], values["nh"], values["misses"], strict=True)]
    found, caught = false_negative_rate(strata, values["TP"], 0.95), values["TP"]
    crude = sum(values["misses"]) / (sum(values["misses"]) + caught)
    figures = {"M": found.missed, "se_M": missed_standard_error(strata), "unweighted_wrong": crude}
    return figures | {"fnr": found.value, "se_fnr": found.standard_error}


def _lincoln_petersen(values: dict[str, Any]) -> dict[str, Any]:
    found = lincoln_petersen(values["n1"], values["n2"], values["m"], 0.95)
    assert found is not None
    unseen = [found.low - found.seen, found.high - found.seen]
    return {"N": found.value, "ci": [found.low, found.high], "unseen": found.unseen, "unseen_ci": unseen}


def _chapman(values: dict[str, Any]) -> dict[str, Any]:
    found = chapman(values["n1"], values["n2"], values["m"], 0.95)
    return {"N": found.value, "var": found.standard_error**2}


def _chao2(values: dict[str, Any]) -> dict[str, Any]:
    found = chao2(values["S"], values["Q1"], values["Q2"], values["m"], 0.95)
    return {"N": found.value, "se": found.standard_error}


def _dawid_skene(_values: dict[str, Any]) -> dict[str, Any]:
    """Five observers judged 45 patients' fitness, the first of them three times."""
    data = table("dawid_skene_1979_table1.csv")
    counts = np.zeros((45, 5, 4), dtype=np.int64)
    np.add.at(counts, tuple(data[name].to_numpy() - 1 for name in ("item", "observer", "label")), 1)
    found = fit_counts(counts)
    own = found.confusion[0, 0].tolist()
    return {
        "class_marginals": found.marginals.tolist(),
        "loglik": found.log_likelihood,
        "observer1_row1": own,
    }


def _kappa(values: dict[str, Any]) -> dict[str, Any]:
    found = kappa.cohen(np.array(values["table"]), 0.95)
    assert found is not None
    assert found.standard_error_null is not None
    reach = Z * found.standard_error_null
    return {
        "kappa": found.value,
        "se_cohen": found.standard_error_cohen,
        "se_fleiss": found.standard_error_null,
        "ci_fleiss": [found.value - reach, found.value + reach],
    }


def _annotators(_values: dict[str, Any]) -> dict[str, Any]:
    """Agreement in percent, printed with one decimal, and kappa with two."""
    found = {}
    for (model,), part in table("xstest_annotations.csv").group_by("model"):
        labels = part.select("annotation_1", "annotation_2")
        kinds = sorted({*part["annotation_1"], *part["annotation_2"]})
        counts = np.array([[row.count(kind) for kind in kinds] for row in labels.rows()])
        agreed = kappa.fleiss(counts, 0.95)
        assert agreed is not None
        found[str(model)] = [round(100 * agreed.agreement, 1), agreed.value]
    return found


def _bootstrap(values: dict[str, Any]) -> dict[str, list[float]]:
    """Resampled shares follow a binomial distribution, so their percentiles are its quantiles."""
    names = {"asr": values["attacks"], "fpr": values["benign"]}
    ends = {
        name: [binomial_quantile(n, x / n, p) / n for p in (0.025, 0.975)] for name, (x, n) in names.items()
    }
    return {name: [x / n, *ends[name]] for name, (x, n) in names.items()}


# The longest prefix that fits a vector's name says how it is computed.
COMPUTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "wilson-": lambda values: list(wilson(values["x"], values["n"], 0.95)),
    "cp-": lambda values: list(clopper_pearson(values["x"], values["n"], 0.95)),
    "diag-": _diagnostic,
    "delong-": _patients,
    "delong-ci": _limits,
    "delong-pid": _scanned,
    "mcnemar-": _mcnemar,
    "rogan-gladen-": _rogan_gladen,
    "begg-greenes-": _begg_greenes,
    "ht-": _schools,
    "ht-toy": _toy,
    "lincoln-petersen": _lincoln_petersen,
    "chapman": _chapman,
    "chao2": _chao2,
    "dawid-skene": _dawid_skene,
    "kappa-1": _kappa,
    "kappa-xstest": _annotators,
    "n-sens": lambda values: {"n_total": sensitivity_size(*list(values.values()), 0.95)},
    "rule-of-three": lambda values: [rule_of_three(n, 0.95) for n in values["n"]],
    "boot-": _bootstrap,
}
CHOSEN = [
    (name, max((prefix for prefix in COMPUTED if name.startswith(prefix)), key=len, default=""))
    for name in VECTORS
]
NOT_PRODUCED = {"unrounded", "must"}  # what a rounded number was before, and a sentence


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize(("name", "prefix"), CHOSEN)
def test_worked_number_is_reproduced(name: str, prefix: str):
    vector = VECTORS[name]
    expected = vector["expected"] or vector["inputs"]  # limits of single areas stand among the inputs
    found = COMPUTED[prefix](vector["inputs"])
    if isinstance(expected, dict):
        expected = {key: value for key, value in expected.items() if key not in NOT_PRODUCED}
        found = {key: found[key] for key in expected}
    for got, wanted in zip(_leaves(found), _leaves(expected), strict=True):
        assert abs(got - wanted) <= vector["tolerance"] * max(1.0, abs(wanted)), f"{got} is not {wanted}"


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize("name", ["hepatic", "diaphanography"])
def test_published_cells_are_those_of_the_published_rows(name: str):
    values = VECTORS[f"begg-greenes-{name}"]["inputs"]
    rows = table(Path(values["data"]).name)
    counted = {
        "s1": rows.filter(disease=1, test=1).height, "r1": rows.filter(disease=0, test=1).height,
        "u1": rows.filter(pl.col("disease").is_null(), test=1).height,
        "s0": rows.filter(disease=1, test=0).height, "r0": rows.filter(disease=0, test=0).height,
        "u0": rows.filter(pl.col("disease").is_null(), test=0).height,
    }  # fmt: skip
    assert counted == values["cells"]


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
@pytest.mark.parametrize("name", ["fnr", "fpr"])
def test_disagreements_of_two_detectors_are_those_of_their_scores(name: str):
    first, second, is_attack = rogue(VECTORS["delong-pid"]["inputs"])
    of = is_attack if name == "fnr" else ~is_attack
    only = [int((of & (a >= 0.5) & (b < 0.5)).sum()) for a, b in ((first, second), (second, first))]
    counts = {key: n for key, n in VECTORS[f"mcnemar-pid-{name}"]["inputs"].items() if key.startswith("only")}
    assert only == list(counts.values())


@pytest.mark.skipif(not VECTORS, reason="no worked numbers beside the checkout")
def test_a_sample_size_is_rounded_up():
    vector = VECTORS["n-sens"]
    assert sensitivity_size(0.8, 0.1, 0.07, 0.95) == math.ceil(vector["expected"]["unrounded"])


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
