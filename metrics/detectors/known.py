"""Are the misses of the detectors that watch the traffic known, and what would it take?

Known means: by a labelled set or a sampled audit, with an interval no wider than the settings allow to either
side. Planted attacks tell of the planted kinds only, and labels of flagged items tell nothing of misses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Final

import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.drawing_precision import USUAL_FNR, Assumed, needed_size
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.slicing import is_of_unit, is_traffic
from metrics.detectors.values import Basis, Unit
from metrics.estimate import Estimate, Number, Undefined
from metrics.statistics.sampling import seeds_size

FNR: Final = "detector_fnr"
IN_USE: Final = timedelta(days=7)  # a unit without a verdict on traffic for so long is no longer in use
KNOWING: Final[tuple[Basis, ...]] = ("labelled set", "sampled audit")
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Misses:
    """What is known of the misses of one unit in use."""

    unit: Unit
    fnr: Number
    basis: Basis
    unknown: str  # why they are not known, and what it would take; empty = they are


def misses_in_use(detectors: Detectors) -> tuple[Misses, ...]:
    """Every unit in use on traffic, sorted; empty where no detector gave a verdict on traffic."""
    return tuple(_misses(detectors, unit) for unit in units_in_use(detectors))


def units_in_use(detectors: Detectors) -> tuple[Unit, ...]:
    """Units with a verdict on traffic in the week before the last one of any; those without times count.

    Traffic is what no labelled set has a label for, and was not planted.
    """
    traffic = detectors.tally.filter(is_traffic(detectors.tally))
    last = pl.col("last_at")
    is_recent = last.is_null() | (last >= last.max() - IN_USE)
    recent = traffic.filter(is_recent)
    return tuple(unit for unit in detectors.units if not recent.filter(is_of_unit(unit)).is_empty())


def _misses(detectors: Detectors, unit: Unit) -> Misses:
    of, number = detectors.slice(unit), detectors.number(FNR, unit)
    return Misses(unit, number, of.basis, ", ".join(_why_not(of, number)))


def _why_not(of: DetectorSlice, number: Number) -> Iterator[str]:
    if isinstance(number, Undefined):
        yield number.reason
    elif of.basis not in KNOWING:
        yield f"told by {of.basis} attacks only"
    elif _reach(number) > of.rules.known_half_width + ROUNDING:
        yield f"known to {_points(_reach(number))} percentage points only"
        yield from _needed(of, number)


def _reach(number: Estimate) -> float:
    """How far the interval reaches to the farther side."""
    if number.low is None or number.high is None:
        return 1.0
    return max(number.value - number.low, number.high - number.value)


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _needed(of: DetectorSlice, number: Estimate) -> Iterator[str]:
    """How many labels would do, supposing that the rate is as it seems; where no miss was seen, as usual.

    So few attacks leave something open however many are labelled: by squares, the draw may leave the rest.
    """
    wanted = of.rules.known_half_width
    rate = number.value if 0 < number.value < 1 else USUAL_FNR
    if of.audit is None:
        attacks = seeds_size(rate, wanted, of.confidence)
        yield f"about {attacks} labelled attacks would do"
        return
    caught = of.audit.flagged.attacks
    populations = {layer.name: layer.population for layer in of.audit.layers}
    attacks = seeds_size(rate, wanted, of.confidence)
    if attacks >= number.denominator:
        yield (
            f"traffic with about {attacks} attacks would do, and this has about {number.denominator:,.0f}: "
            "draw from a longer time"
        )
    elif caught:
        assumed, left = Assumed(caught, rate, of.confidence), wanted * sqrt(1 - attacks / number.denominator)
        yield f"about {needed_size(populations, assumed, left):,} labels of passed items would do"
