"""What is every number of a pilot's detectors, by unit and part, as one long table?

`pilot metrics --json` prints these rows after those of the catalogue's arms. Where a pilot has no detectors
there are none, and nothing is worked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from metrics.catalogue.detectors import DETECTOR_METRICS
from metrics.catalogue.metric import DetectorMetric
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.values import Basis, Part, Unit
from metrics.estimate import Number
from metrics.gate.case import Case

AT_OTHERS = ("whole", "mean", "cohort")  # parts for which other thresholds are stated
OF_PRESUMED, OF_SEEDS = "detector_fpr_presumed", "detector_fnr_seeded"
Otherwise = Literal["reviewed alarms", "presumed benign", "every verdict"]
OF_TRUTH: Final = ("detector_fpr", "detector_fnr", "detector_recall", "detector_f1")
OF_ALARMS: Final = ("detector_false_alarm_share", "detector_precision")
OTHERWISE: Final[dict[str, Basis | Otherwise]] = {  # all that is in none of these is of labelled sets
    OF_SEEDS: "seeded",
    OF_PRESUMED: "presumed benign",
    "detector_fpr_presumed_at_catch_95": "presumed benign",
    "detector_fpr_presumed_at_catch_99": "presumed benign",
    "detector_error_share": "every verdict",
    "detector_unscanned_share": "every verdict",
    "detector_labelled_share": "every verdict",
}


@dataclass(frozen=True)
class DetectorResult:
    """One number of a detector with everything that it needs to be read alone."""

    pilot: str
    metric: str
    unit: Unit  # at the threshold that the number is about
    part: Part
    basis: Basis  # how misses are known there
    start: datetime | None  # first verdict of the unit; None = no time is told
    end: datetime | None  # last verdict
    number: Number
    as_of: datetime
    settings: dict[str, Any]
    arm: str = "all"

    @property
    def segment(self) -> str:
        """Which verdicts: "detector PromptGuard v2 >= 0.9, cohort rogue"."""
        return f"detector {self.unit.name}, {self.part.name}"

    @property
    def rests_on(self) -> Basis | Otherwise:
        """What this number rests on: rates of misses and false alarms on the basis, others on one thing."""
        if self.metric in OF_TRUTH:
            return self.basis
        if self.metric in OF_ALARMS and self.basis != "labelled set":
            return "reviewed alarms"
        return OTHERWISE.get(self.metric, "labelled set")

    def as_json(self) -> dict[str, Any]:
        """The row of `pilot metrics --json`, with moments as moments; what is undefined is null."""
        coverage, unit = self.number.coverage, self.unit
        return {
            "pilot": self.pilot, "metric": self.metric, "arm": self.arm, "segment": self.segment,
            "window": {"kind": "all", "start": self.start, "end": self.end},
            **self.number.as_json(),
            "coverage": {
                "measured": coverage.measured, "total": coverage.total, "excluded": dict(coverage.excluded),
            },
            "as_of": self.as_of, "settings": self.settings,
            "detector": {
                "name": unit.detector, "version": unit.version, "threshold": unit.threshold,
                "operator": unit.operator, "part": self.part.by, "value": self.part.value,
                "basis": self.rests_on,
            },
        }  # fmt: skip


def of_detectors(case: Case) -> Iterator[DetectorResult]:
    """Every number of every detector of one pilot, at its own threshold and at those of the settings."""
    detectors = case.detectors
    settings = asdict(case.policy) | case.measuring.as_settings()
    for unit in detectors.units:
        start, end = detectors.span(unit)
        for at in (None, *others(unit, case)):
            shown = unit if at is None else replace(unit, threshold=at)
            for metric, part in stated(case, unit, at):
                seen = detectors.slice(unit, part, at)
                if is_stated(metric, seen):
                    number = detectors.number(metric.id, unit, part, at)
                    yield DetectorResult(
                        case.pilot.name, metric.id, shown, part, seen.basis, start, end, number,
                        case.ask.as_of, settings,
                    )  # fmt: skip


def others(unit: Unit, case: Case) -> tuple[float, ...]:
    """Further thresholds at which numbers of a unit with scores are stated."""
    if case.detectors.slice(unit).scores is None:
        return ()
    return tuple(each for each in case.measuring.detectors.thresholds if each != unit.threshold)


def stated(case: Case, unit: Unit, at: float | None) -> Iterator[tuple[DetectorMetric, Part]]:
    """Which metrics are stated of which parts; at another threshold only those that it changes."""
    parts = case.detectors.parts(unit)
    for metric in DETECTOR_METRICS:
        if at is None:
            yield from ((metric, part) for part in parts if part.by in metric.parts)
        elif metric.is_at_other_thresholds:
            kept = (part for part in parts if part.by in metric.parts and part.by in AT_OTHERS)
            yield from ((metric, part) for part in kept)


def is_stated(metric: DetectorMetric, seen: DetectorSlice) -> bool:
    """Whether there is anything to state: what only some parts have is stated of these and of the whole."""
    if seen.part.by == "whole":
        return True
    if metric.id == OF_PRESUMED:
        return seen.presumed_flagged + seen.presumed_passed > 0
    return metric.id != OF_SEEDS or seen.seeds.flagged + seen.seeds.passed > 0
