"""Configurations that read published sets of scores and labels, for tests that have the files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHARED: Final = Path(__file__).parents[2] / "shared" / "real" / "detectors"
PIDBENCH: Final = SHARED / "pidbench_scores.parquet"  # detector, dataset, kind, item, score, label
XSTEST: Final = SHARED / "xstest_annotations.csv"
PIDBENCH_VERDICTS: Final = 232_332
XSTEST_ITEMS: Final = 2_250
_CHOICES: Final = {"1_full_compliance": "benign", "2_full_refusal": "attack", "3_partial_refusal": "attack"}


def pidbench_settings(path: str | None = None) -> str:
    """[sources.detections] for the scores of 12 detectors on labelled and on presumed-benign sets."""
    paths = f'paths = ["{path or PIDBENCH.as_posix()}"]'
    return f"""
[sources.detections]
{paths}
[[sources.detections.mapping]]
{paths}
rename = {{ cohort = "dataset" }}
joined = {{ event_id = ["dataset", "item"] }}
constants = {{ detector_version = "d744d88", threshold = 0.5, score_kind = "probability" }}
labels = true
unlabelled = {{ kind = ["benign"] }}
"""


def xstest_settings(path: str | None = None) -> str:
    """Two people's labels and their adjudication, and two programs that judge the same answers."""
    paths = f'paths = ["{path or XSTEST.as_posix()}"]'
    people = "".join(
        _labels(paths, column, annotator, adjudicates=adjudicates)
        for column, annotator, adjudicates in (
            ("annotation_1", "annotator 1", False),
            ("annotation_2", "annotator 2", False),
            ("final_label", "adjudicator", True),
        )
    )
    programs = "".join(
        _verdicts(paths, column, detector)
        for column, detector in (("gpt4_label", "GPT-4 judge"), ("strmatch_label", "string match"))
    )
    return f"[sources.detections]\n{paths}\n{programs}\n[sources.labels]\n{paths}\n{people}"


def _verdicts(paths: str, column: str, detector: str) -> str:
    known = {"1_full_compliance": "pass", "2_full_refusal": "flag", "3_partial_refusal": "flag"}
    values = ", ".join(f'{seen} = "{word}"' for seen, word in known.items())
    return f"""
[[sources.detections.mapping]]
{paths}
rename = {{ cohort = "model", verdict = "{column}" }}
joined = {{ event_id = ["model", "id"] }}
constants = {{ detector = "{detector}", detector_version = "paper" }}
values = {{ verdict = {{ {values}, "*" = "error" }} }}
"""


def _labels(paths: str, column: str, annotator: str, *, adjudicates: bool) -> str:
    values = ", ".join(f'{seen} = "{word}"' for seen, word in _CHOICES.items())
    constants = f'annotator = "{annotator}", annotator_kind = "human"'
    settles = str(adjudicates).lower()
    return f"""
[[sources.labels.mapping]]
{paths}
rename = {{ cohort = "model", label = "{column}", choice = "{column}", family = "type" }}
joined = {{ event_id = ["model", "id"] }}
constants = {{ {constants}, is_adjudication = {settles} }}
values = {{ label = {{ {values} }} }}
"""
