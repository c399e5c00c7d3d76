"""What do detectors say of items of a known truth? They share a part of each item's luck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import sqrt
from random import Random
from typing import Final

from data.simulator.detectors.planted import PlantedVerdict
from data.simulator.detectors.truth import (
    LEVEL_STEP,
    STANDARD,
    Detector,
    Item,
    Version,
    score,
)
from data.simulator.draws import stream

PLACES: Final = 4  # decimals of a score
RAW_PLACES: Final = 2  # of one that is then told relative to the threshold


def verdicts(
    detector: Detector, items: Iterable[Item], seed: int, version: Version | None = None
) -> Iterator[PlantedVerdict]:
    """Say what a detector says of each item, by the version in force then or by a given one.

    Two detectors, and two versions of one, share `Detector.shared` of their luck about an item.
    """
    for item in items:
        by = version or detector.version_at(item.occurred_at)
        rng = stream(seed, "detector", detector.name, by.name, item.event_id)
        yield _verdict(detector, by, item, (rng, seed))


def _verdict(detector: Detector, version: Version, item: Item, chance: tuple[Random, int]) -> PlantedVerdict:
    rng, seed = chance
    fails = rng.random()
    if fails < detector.error_share:
        return PlantedVerdict(item, detector, version, "error")
    if fails < detector.error_share + detector.skipped_share:
        return PlantedVerdict(item, detector, version, "skipped")
    strength = _luck(detector, item, rng, seed) + _mean(version, item)
    shown = _shown(detector, version, strength)
    flags = _flags(detector, version, strength, shown)
    return PlantedVerdict(item, detector, version, "flag" if flags else "pass", shown)


def _luck(detector: Detector, item: Item, rng: Random, seed: int) -> float:
    common = stream(seed, "item", item.event_id).gauss(0.0, 1.0)
    return sqrt(detector.shared) * common + sqrt(1 - detector.shared) * rng.gauss(0.0, 1.0)


def _mean(version: Version, item: Item) -> float:
    return version.strength(item.family) if item.truth == "attack" else 0.0


def _shown(detector: Detector, version: Version, strength: float) -> float | None:
    if detector.kind == "none":
        return None
    if detector.kind == "ordinal":
        steps = range(1 - detector.flagged_level, len(detector.levels) - detector.flagged_level)
        return float(sum(strength >= version.cut + LEVEL_STEP * step for step in steps))
    if detector.kind == "relative":
        return relative(round(score(version, strength), RAW_PLACES), version.threshold)
    if detector.saturated_share and strength >= STANDARD.inv_cdf(1 - detector.saturated_share):
        return 1.0
    return round(score(version, strength), PLACES)


def relative(raw: float, threshold: float) -> float:
    """How far a score is from the threshold, from -1 to 1, in tenths, as LLM Guard tells it.

    >>> relative(0.97, 0.92), relative(0.46, 0.92), relative(0.92, 0.92)
    (0.6, -0.5, 0.0)
    """
    room = 1 - threshold if raw > threshold else threshold
    return round((raw - threshold) / room, 1)


def _flags(detector: Detector, version: Version, strength: float, shown: float | None) -> bool:
    """By what the log shows, so that a rounded score never contradicts its verdict."""
    if shown is None:
        return strength >= version.cut
    if detector.kind == "ordinal":
        return shown >= detector.flagged_level
    if detector.kind == "relative":
        shown = round(score(version, strength), RAW_PLACES)
    return shown > version.threshold if detector.operator == ">" else shown >= version.threshold
