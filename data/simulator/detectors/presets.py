"""Which truths are asked for often: a labelled set, and some detectors of known rates that looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.simulator.detectors.engine import verdicts
from data.simulator.detectors.items import LabelledSet, labelled_set
from data.simulator.detectors.planted import PlantedVerdict
from data.simulator.detectors.truth import Detector, Item, Version

THRESHOLD: Final = 0.5


def house(attacks: int, benign: int, cohort: str = "house") -> tuple[Item, ...]:
    """A labelled set of attacks of two families, as near to halves as can be, and of benign items."""
    half = attacks // 2
    families = (("override", attacks - half), ("exfiltration", half))
    return labelled_set(LabelledSet("h", cohort, families, benign), seed=1)


def detector(false_positive_rate: float, false_negative_rate: float, name: str = "Guard") -> Detector:
    """A detector of known rates, with a probability from one half on."""
    return Detector(name, (Version("v1", THRESHOLD, false_positive_rate, false_negative_rate),))


def panel(items: tuple[Item, ...], detectors: tuple[Detector, ...], seed: int) -> Iterator[PlantedVerdict]:
    """What each of the detectors says of all items."""
    for one in detectors:
        yield from verdicts(one, items, seed)
