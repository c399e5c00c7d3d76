"""Who labels what: two people blind, a third who settles, the labelled set itself, and whoever plants?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from data.simulator.detectors.planted import Label, PlantedDraw, PlantedLabel, PlantedStratum, PlantedVerdict
from data.simulator.detectors.truth import Detector, Item, Version
from data.simulator.draws import stream

SECOND, NEAR, REST = "second", "near", "rest"  # flagged by another detector, near the threshold, others
WITH_ITS_SET: Final = datetime(1970, 1, 1, tzinfo=UTC)
OTHER: Final[dict[str, Label]] = {"attack": "benign", "benign": "attack"}


@dataclass(frozen=True)
class Reviewing:
    """How two people label: one of them errs now and then, never both, and a third settles it."""

    first: str
    second: str
    settles: str
    begins_at: datetime
    errs: float = 0.04  # share of the items on which one of the two is wrong
    unsure: float = 0.25  # of these: is unsure rather than wrong
    unsettled: int = 0  # disagreements, from the last, that are still open
    every_seconds: int = 45
    saw_score: bool = False


def reviewed(
    items: Sequence[Item], told: Reviewing, seed: int, design_id: str | None = None
) -> tuple[PlantedLabel, ...]:
    """Two labels for each item, and a third where the two differ: so the truth comes out, where settled."""
    rng = stream(seed, "reviewing", design_id, told.begins_at.isoformat())
    errors = [_error(told, item, rng) for item in items]
    open_from = _open_from([error is not None for error in errors], told.unsettled)
    made: list[PlantedLabel] = []
    for place, (item, error) in enumerate(zip(items, errors, strict=True)):
        moment = told.begins_at + timedelta(seconds=place * told.every_seconds)
        made.extend(_labels(item, error, (told, moment, design_id)))
        if error is not None and place < open_from:
            made.append(_settled(item, (told, moment, design_id)))
    return tuple(made)


def _error(told: Reviewing, item: Item, rng: Random) -> tuple[str, Label] | None:
    """Whoever errs about an item, and what that person says."""
    chance, who, how = rng.random(), rng.random(), rng.random()
    if chance >= told.errs:
        return None
    return (told.first if who < 1 / 2 else told.second, "unsure" if how < told.unsure else OTHER[item.truth])


def _open_from(differs: Sequence[bool], unsettled: int) -> int:
    places = [place for place, each in enumerate(differs) if each]
    return places[-unsettled] if unsettled and places else len(differs)


Sitting = tuple[Reviewing, datetime, str | None]


def _labels(item: Item, error: tuple[str, Label] | None, sitting: Sitting) -> Iterator[PlantedLabel]:
    told, moment, design_id = sitting
    for annotator, later in ((told.first, timedelta()), (told.second, timedelta(hours=26))):
        said: Label = error[1] if error and error[0] == annotator else item.truth
        family = item.family if said == "attack" else None
        yield PlantedLabel(
            item.event_id, annotator, moment + later, "human", said, family, design_id, told.saw_score
        )


def _settled(item: Item, sitting: Sitting) -> PlantedLabel:
    told, moment, design_id = sitting
    later = moment + timedelta(days=2)
    return PlantedLabel(
        item.event_id, told.settles, later, "human", item.truth, item.family, design_id, True, True
    )


def of_set(items: Iterable[Item], annotator: str) -> tuple[PlantedLabel, ...]:
    """Labels that came with a labelled set."""
    return tuple(
        PlantedLabel(item.event_id, annotator, WITH_ITS_SET, "dataset", item.truth, item.family)
        for item in items
    )


def of_seeds(items: Iterable[Item], annotator: str, planted_at: datetime) -> tuple[PlantedLabel, ...]:
    """Planted items are known to be attacks."""
    return tuple(
        PlantedLabel(f"seed:{item.seed_id}", annotator, planted_at, "seed", "attack", item.family)
        for item in items
    )


@dataclass(frozen=True)
class Sampling:
    """An audit of what a detector let pass: how many of which stratum."""

    design_id: str
    pilot: str
    size: int
    drawn_at: datetime
    drawn_by: str
    near: float  # scores from here on, below the threshold, are near it
    floor: int = 0  # of each stratum at least so many, or all


def drawn(
    passed: Sequence[PlantedVerdict], second: Sequence[PlantedVerdict], told: Sampling, seed: int
) -> PlantedDraw:
    """Draw passed items by strata: flagged by a second detector, near the threshold, the rest."""
    detector, version = _only(passed)
    by_second = {one.item.event_id for one in second if one.verdict == "flag"}
    strata = _strata(passed, by_second, told.near)
    sizes = _sizes([len(items) for items in strata.values()], told)
    rng = stream(seed, "draw", told.design_id)
    return PlantedDraw(
        told.design_id, told.pilot, detector, version, second[0].detector.name,
        tuple(
            PlantedStratum(name, tuple(items), tuple(rng.sample(items, size)))
            for (name, items), size in zip(strata.items(), sizes, strict=True)
        ),
        told.drawn_at, told.drawn_by, seed,
    )  # fmt: skip


def _only(passed: Sequence[PlantedVerdict]) -> tuple[Detector, Version]:
    if {one.verdict for one in passed} != {"pass"} or len({one.version.name for one in passed}) != 1:
        raise ValueError("an audit draws from items that one version let pass")
    return passed[0].detector, passed[0].version


def _strata(passed: Sequence[PlantedVerdict], by_second: set[str], near: float) -> dict[str, list[Item]]:
    strata: dict[str, list[Item]] = {SECOND: [], NEAR: [], REST: []}
    for one in passed:
        is_near = one.score is not None and one.score >= near
        by_score = NEAR if is_near else REST
        strata[SECOND if one.item.event_id in by_second else by_score].append(one.item)
    return {name: items for name, items in strata.items() if items}


def _sizes(populations: Sequence[int], told: Sampling) -> list[int]:
    """The floor of each stratum first; what is left goes to the last, which is the largest."""
    *first, last = [min(population, told.floor) for population in populations]
    return [*first, min(populations[-1], max(last, told.size - sum(first)))]
