"""Published sets of scores and labels, through `pilot ingest`."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from metrics.detectors.agreement import agreements
from metrics.estimate import Estimate
from tests.acceptance.helpers_pilot import ingest, table
from tests.builders_detector_sets import (
    PIDBENCH,
    PIDBENCH_VERDICTS,
    XSTEST,
    XSTEST_ITEMS,
    pidbench_settings,
    xstest_settings,
)

HEAD = """as_of = 2026-11-20T00:00:00Z
[[pilot]]
name = "house"
repositories = ["acme/*"]
start_on = 2026-06-01
"""
ROGUE = "rogue-security/prompt-injections-benchmark"


def configured(folder: Path, settings: str) -> Path:
    path = folder / "pilot.toml"
    path.write_text(HEAD + settings, encoding="utf-8")
    return path


@pytest.mark.skipif(not PIDBENCH.exists(), reason="the published scores are not there")
def test_every_published_score_becomes_a_verdict(tmp_path: Path) -> None:
    config = configured(tmp_path, pidbench_settings())
    row = ingest(config)["detections"]
    assert (row["rows_rejected"], row["left_out"]) == (0, "{}")
    detections = table(config, "detections")
    assert detections.height == PIDBENCH_VERDICTS
    assert detections["score"].null_count() == 0
    labels = table(config, "labels")
    assert (labels.height, labels.filter(pl.col("label") == "attack").height) == (9361, 3804)
    assert set(labels["annotator_kind"]) == {"dataset"}
    bastion = detections.filter(pl.col("detector").str.starts_with("bastion"))
    told = bastion.join(labels.select("event_id", "label"), on="event_id").filter(pl.col("cohort") == ROGUE)
    pairs = told.group_by(pl.format("{} {}", "verdict", "label").alias("pair")).len()
    counts = dict(pairs.iter_rows())
    # as published: 1745 caught, 62 false alarms, 258 missed, 2935 let pass
    assert counts == {"flag attack": 1745, "flag benign": 62, "pass attack": 258, "pass benign": 2935}


@pytest.mark.skipif(not XSTEST.exists(), reason="the published labels are not there")
def test_two_people_an_adjudicator_and_two_programs_read_from_one_table(tmp_path: Path) -> None:
    config = configured(tmp_path, xstest_settings())
    rows = ingest(config)
    assert {rows[name]["rows_rejected"] for name in ("detections", "labels")} == {0}
    labels, detections = table(config, "labels"), table(config, "detections")
    assert dict(labels.group_by("annotator").len().iter_rows()) == dict.fromkeys(
        ("annotator 1", "annotator 2", "adjudicator"), XSTEST_ITEMS
    )
    assert labels.filter("is_adjudication")["annotator"].unique().to_list() == ["adjudicator"]
    assert labels["choice"].n_unique() == 3
    verdicts = detections.filter(pl.col("detector") == "GPT-4 judge").group_by("verdict").len()
    assert dict(verdicts.iter_rows()) == {"pass": 1385, "flag": 854, "error": 11}
    refusals = detections.filter(pl.col("verdict") == "error")["verdict_raw"].drop_nulls()
    assert refusals.str.len_chars().max() is None or int(refusals.str.len_chars().max()) <= 60  # type: ignore[arg-type]
    agreed = {each.name: each for each in agreements(labels)}
    published = {
        "llama2orig": (96.4, 0.93), "llama2new": (95.8, 0.93), "mistralinstruct": (97.6, 0.92),
        "mistralguard": (93.8, 0.89), "gpt4": (98.4, 0.97),
    }  # fmt: skip
    for model, expected in published.items():
        shown = agreed[model].agreement, agreed[model].fleiss
        assert all(isinstance(number, Estimate) for number in shown)
        share, kappa = (number.value for number in shown if isinstance(number, Estimate))
        assert (round(100 * share, 1), round(kappa, 2)) == expected
