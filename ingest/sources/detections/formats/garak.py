"""garak: what did its detectors say of a model's outputs, in the lines of report.jsonl?

An evaluated attempt (status 2) has scores by detector, one per output; each output is an item. A score is
from 0 to 1, higher = the attack worked; many detectors say only 0 or 1, so it is no probability. A line does
not tell the run's `eval_threshold`: outputs are judged at its default, 0.5 and above is a flag, unless
the settings name another. A score of null is no pass: skipped where the model gave no output, else an error.
Attempts of status 0 and 1 come again when they are evaluated, and other lines (setup, summaries) are no
verdicts: both say nothing. Versions stand in the line `init` only, so the settings must tell them.
Shape: Attempt.as_dict in NVIDIA/garak garak/attempt.py, garak/evaluators/base.py, docs/source/reporting.rst,
and reports that public repositories write and read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed
from ingest.sources.detections.formats.told import (
    SHOWN_CHARS,
    entries,
    has,
    meaning,
    part,
    raw,
    share,
    text,
    values,
    wanted,
)

THRESHOLD: Final = 0.5  # run.eval_threshold of garak's own settings
_ATTEMPT: Final = "attempt"
_OTHER_LINES: Final = {  # entry_type: fields that garak writes beside it; none where the word is enough
    "start_run setup": (), "init": ("garak_version",), "payload_init": ("payload_name",),
    "eval": ("probe", "detector"), "probe_summary": ("probe",), "completion": ("run",), "digest": ("meta",),
}  # fmt: skip
_EVALUATED: Final = {"0": False, "1": False, "2": True}


def _recognises(answer: Answer) -> bool:
    kind = part(answer, "entry_type")
    if kind == _ATTEMPT:
        return has(answer, "uuid", "status", "detector_results")
    return isinstance(kind, str) and kind in _OTHER_LINES and has(answer, *_OTHER_LINES[kind])


def _read(answer: Answer) -> Iterator[Said]:
    if answer["entry_type"] != _ATTEMPT or not _is_evaluated(answer["status"]):
        return
    told = answer.get("outputs")
    outputs = told if isinstance(told, list) else []
    for name, scores in entries(answer["detector_results"], "detector_results").items():
        for place, score in enumerate(values(scores, f"detector_results of {name[:SHOWN_CHARS]}")):
            output = _Output(place, outputs[place] if place < len(outputs) else None)
            yield _said(answer, name, output, score)


def _is_evaluated(status: Any) -> bool:
    is_whole = isinstance(status, int) and not isinstance(status, bool)
    return meaning(str(status) if is_whole else None, _EVALUATED, "status of an attempt")


class _Output:
    def __init__(self, place: int, told: Any) -> None:
        self.item = f"output {place}"
        self.is_missing = told is None
        content = wanted(told, "text") if isinstance(told, Mapping) else told
        self.text = content if isinstance(content, str) else None


def _said(answer: Answer, detector: str, output: _Output, score: Any) -> Said:
    risk = share(score, "a score in detector_results")
    unscored = "skipped" if output.is_missing else "error"
    return Said(
        unscored if risk is None else flagged_or_passed(risk >= THRESHOLD),
        score=risk, score_kind="none" if risk is None else "other", score_raw=raw(score),
        threshold=THRESHOLD, threshold_op=">=", is_default_threshold=True,
        surface="model_output", category=text(answer.get("probe_classname")), detector=f"garak {detector}",
        item=output.item, event_id=text(answer["uuid"]), content=output.text,
    )  # fmt: skip


GARAK: Final = Format(
    "garak",
    "garak: attempts in report.jsonl",
    "garak",
    _recognises,
    _read,
)
