"""Which detector, at which threshold, over which items? What the reader chose on the Detectors page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard.measured import Measured
from metrics.detectors.detectors import Detectors
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.values import Part, Unit
from metrics.estimate import Number

DETECTOR_KEY: Final = "detector"  # keys are also the names in the address
PART_KEY: Final = "items"
WIDTH: Final = 420  # px
PART_WORDS: Final = {"whole": "everything", "mean": "mean of the sets"}


@dataclass(frozen=True, eq=False)
class Looked:
    """What is looked at: a pilot's detectors, one of them, and some of its verdicts."""

    measured: Measured
    unit: Unit
    part: Part

    @property
    def all(self) -> Detectors:
        """Every detector of the pilot."""
        return self.measured.case.detectors

    @property
    def slice(self) -> DetectorSlice:
        """Counts, scores and audit of what was chosen."""
        return self.all.slice(self.unit, self.part)

    def number(self, metric: str, at: float | None = None) -> Number:
        """A number of what was chosen, at its own threshold or at another one."""
        return self.all.number(metric, self.unit, self.part, at)

    @property
    def name(self) -> str:
        """As it stands in titles."""
        return f"{self.unit.name}, {part_words(self.part)}"


def of_sets(looked: Looked) -> Looked:
    """What curves and other thresholds can be told of: where traffic was audited, the only labelled set.

    An audit is drawn at the threshold in use and tells nothing of another one; of several sets the reader
    chooses.
    """
    if looked.slice.basis == "labelled set":
        return looked
    sets = [
        part for part in looked.all.parts(looked.unit)
        if part.by == "cohort" and looked.all.slice(looked.unit, part).basis == "labelled set"
    ]  # fmt: skip
    is_alone = looked.part.by == "whole" and len(sets) == 1
    return Looked(looked.measured, looked.unit, sets[0]) if is_alone else looked


def part_words(part: Part) -> str:
    """Some of a detector's verdicts, as people say it.

    >>> part_words(Part("whole")), part_words(Part("cohort", "rogue"))
    ('everything', 'cohort rogue')
    """
    return PART_WORDS.get(part.by, part.name)


def choose(measured: Measured) -> Looked:
    """Choose a detector and some of its verdicts; both stand in the address."""
    found = measured.case.detectors
    units = {unit.name: unit for unit in found.units}
    with st.container(horizontal=True):
        usual, options = list(units).index(latest(found).name), list(units)
        unit = units[
            st.selectbox("Detector", options, usual, key=DETECTOR_KEY, bind="query-params", width=WIDTH)
        ]
        parts = {part_words(part): part for part in found.parts(unit) if part.by in {"whole", "cohort"}}
        part = parts[st.selectbox("Items", list(parts), key=PART_KEY, bind="query-params", width=WIDTH)]
    return Looked(measured, unit, part)


def latest(found: Detectors) -> Unit:
    """The version that gave the last verdict with a time; of none with one, the first."""
    times = {unit: found.span(unit)[1] for unit in found.units}
    told = [(at, unit) for unit, at in times.items() if at is not None]
    return max(told)[1] if told else found.units[0]
