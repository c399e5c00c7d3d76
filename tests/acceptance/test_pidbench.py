"""A published benchmark of twelve detectors, cell by cell, through `pilot ingest` and `pilot metrics --json`.

The tables are parsed where they stand and compared at the digits that they print. Its latency table cannot
be: the scores tell no times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import pytest

from tests.acceptance.helpers_pilot import document, ingest
from tests.builders_detector_sets import PIDBENCH, SHARED, pidbench_settings

pytestmark = pytest.mark.skipif(not PIDBENCH.exists(), reason="the published scores are not there")

HEAD: Final = """as_of = 2026-11-20T00:00:00Z
[[pilot]]
name = "house"
repositories = ["acme/*"]
start_on = 2026-06-01
[detectors]
thresholds = [0.2, 0.45, 0.5, 0.55, 0.8]
presumed_benign = ["wildchat", "lmsys"]
"""
SETS: Final = {
    "rogue (5k)": "cohort rogue-security/prompt-injections-benchmark",
    "JBB (200)": "cohort JailbreakBench",
    "xTRam1 test (2k)": "cohort xTRam1/test",
    "S-Labs test (2k)": "cohort S-Labs/test",
    "WildChat": "cohort wildchat",
    "LMSYS": "cohort lmsys",
    "Avg": "mean ",
}
POINTS: Final = {
    "AUC": "detector_auc",
    "EER": "detector_eer",
    "FPR @ 95% catch": "detector_fpr_presumed_at_catch_95",
    "FPR @ 99% catch": "detector_fpr_presumed_at_catch_99",
}
SATURATED: Final = {
    "detector_tpr_at_fpr_1": {"protectai v2 (184M)", "meta prompt-guard (86M)"},
    "detector_tpr_at_fpr_01": {
        "protectai v2 (184M)", "meta prompt-guard (86M)", "sentinel (qualifire, 395M)",
        "proventra mdeberta (280M)",
    },
}  # fmt: skip
Cell = tuple[str, str, str, float]  # metric, detector, part, threshold
Rows = Mapping[Cell, dict[str, Any]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    config = tmp_path_factory.mktemp("pidbench") / "pilot.toml"
    config.write_text(HEAD + pidbench_settings(), encoding="utf-8")
    assert ingest(config)["detections"]["rows_rejected"] == 0
    return {_cell(row): row for row in document("metrics", config) if row["detector"]}


def _cell(row: dict[str, Any]) -> Cell:
    about = row["detector"]
    return row["metric"], about["name"], f"{about['part']} {about['value']}", about["threshold"]


def published() -> Iterator[tuple[str, Cell, str]]:
    """Every cell of the tables but latencies: where it stands, what it is here, and what is printed."""
    for name in ("leaderboard", "false_positives", "operating_points"):
        text = (SHARED / f"pidbench_{name}.md").read_text(encoding="utf-8")
        for title, head, line in _lines(text):
            for column, printed in zip(head[1:], line[1:], strict=True):
                cell = _meant(title, line[0], column)
                yield f"{name}: {title}, {line[0]}, {column}", cell, printed


def _lines(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    title, head = "", list[str]()
    for line in text.splitlines():
        cells = [cell.strip().strip("*") for cell in line.strip("|").split("|")]
        if line.startswith("#"):
            title, head = line.lstrip("# "), []
        elif line.startswith("|") and not head:
            head = cells
        elif line.startswith("|") and not set(line) <= set("|-") and "Latency" not in title:
            yield title, head, cells


def _meant(title: str, detector: str, column: str) -> Cell:
    if "AUC" in title:
        return "detector_auc", detector, SETS[column], 0.5
    if "F1" in title:
        return "detector_f1", detector, SETS[column], 0.5
    if "False-positive rate" in title:
        return "detector_fpr_presumed", detector, SETS[column], 0.5
    if "recall" in title:
        return "detector_recall", detector, "whole ", float(column)
    if "Threshold sweep" in title:
        return "detector_fpr_presumed", detector, "whole ", float(column)
    return POINTS[column], detector, "whole ", 0.5


def as_printed(value: float, printed: str) -> str:
    """The value with the digits of the table, halves to even as Python prints them."""
    scale, sign = (100, "%") if printed.endswith("%") else (1, "")
    digits = Decimal(1).scaleb(-len(printed.rstrip("%").partition(".")[2]))
    return f"{Decimal(value * scale).quantize(digits, ROUND_HALF_EVEN)}{sign}"


def test_every_published_cell_comes_out_as_printed(rows: Rows) -> None:
    cells = list(published())
    others = {
        place: (printed, rows[cell]["value"])
        for place, cell, printed in cells
        if rows[cell]["value"] is None or as_printed(rows[cell]["value"], printed) != printed
    }
    assert len(cells) == 120 + 36 + 168
    assert not others


def test_traffic_without_labels_is_called_presumed_benign(rows: Rows) -> None:
    for (metric, _, part, _), row in rows.items():
        if metric == "detector_fpr_presumed":
            assert "presumed" in row["method"], part
        if part in {"cohort wildchat", "cohort lmsys"} and metric in {"detector_fpr", "detector_fnr"}:
            assert row["value"] is None
            assert row["undefined_reason"].startswith("not identifiable")


@pytest.mark.parametrize("metric", SATURATED)
def test_saturated_scores_say_not_attainable(rows: Rows, metric: str) -> None:
    whole = {key[1]: row for key, row in rows.items() if key[0] == metric and key[2] == "whole "}
    refused = {name for name, row in whole.items() if row["value"] is None}
    assert refused == SATURATED[metric]
    assert all(whole[name]["undefined_reason"].startswith("not attainable") for name in refused)


def test_the_confusion_matrix_is_the_published_one(rows: Rows) -> None:
    """Bastion on rogue: 1745 caught, 62 false alarms, 258 missed, 2935 let pass."""
    place = ("bastion-prompt-protection (70M)", SETS["rogue (5k)"], 0.5)
    missed, alarms = rows["detector_fnr", *place], rows["detector_fpr", *place]
    assert (missed["numerator"], missed["denominator"]) == (258, 2003)
    assert (alarms["numerator"], alarms["denominator"]) == (62, 2997)
    assert missed["detector"]["basis"] == "labelled set"


def test_coverage_of_every_row_adds_up(rows: Rows) -> None:
    for cell, row in rows.items():
        coverage = row["coverage"]
        assert coverage["measured"] + sum(coverage["excluded"].values()) == coverage["total"], cell
