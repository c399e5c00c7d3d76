"""What will a sample of passed items tell of the misses, said before anybody labels it?

The half-width is that of the Horvitz-Thompson estimate of the share of attacks that passed, with the variance
linearised (Cochran 1977, Sampling Techniques, 3rd ed., chapters 5 and 6). It rests on how many attacks were
caught and on a share of misses that is assumed: both are said with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from metrics.detectors.drawing import FLAGGED_BY, NEAR, Planned, allocated
from metrics.statistics.auditing import Stratum, false_negative_rate
from metrics.statistics.horvitz_thompson import variance_of_total
from metrics.statistics.intervals import clopper_pearson_upper
from metrics.statistics.search import smallest
from metrics.statistics.special import normal_quantile

USUAL_FNR: Final = 0.2  # share of attacks that pass, where nobody says another
RISKY_SHARE: Final = 0.75  # of the misses, in what a second detector flagged or near the threshold


@dataclass(frozen=True)
class Caught:
    """What the detector has flagged so far, and what people said of it."""

    flagged: int
    attacks: int  # of these labelled attacks
    benign: int  # labelled benign

    @property
    def reviewed(self) -> int:
        """Flagged items with a label that tells."""
        return self.attacks + self.benign

    @property
    def count(self) -> float:
        """Attacks among the flagged items; where no label tells, all of them are taken for attacks.

        >>> Caught(100, 30, 10).count, Caught(100, 0, 0).count
        (75.0, 100.0)
        """
        return self.flagged * self.attacks / self.reviewed if self.reviewed else float(self.flagged)


@dataclass(frozen=True)
class Assumed:
    """What is taken for granted beforehand."""

    caught: float  # attacks that the detector flagged
    fnr: float = USUAL_FNR  # share of attacks that it let pass
    level: float = 0.95


@dataclass(frozen=True)
class Precision:
    """What a sample will tell."""

    assumed: Assumed
    half_width: float | None  # of the miss rate, to either side; None = nothing was caught
    high_if_none: float | None  # upper end of the miss rate if no miss is found at all
    elusion_if_none: float  # upper end of the share of attacks among what passed, in the largest stratum
    wanted_half_width: float
    needed: int | None  # items for that half-width; None = nothing was caught


def precision(plan: Sequence[Planned], assumed: Assumed, wanted: float) -> Precision:
    """What a planned sample will tell of the miss rate.

    Parameters
    ----------
    wanted
        Half-width that people aim at; the items that it takes are told.
    """
    largest = max(plan, key=lambda each: each.population)
    elusion = clopper_pearson_upper(0, largest.sampled, assumed.level)
    if not round(assumed.caught):
        return Precision(assumed, None, None, elusion, wanted, None)
    none = [Stratum(each.population, each.sampled, 0) for each in plan]
    one_sided = 2 * assumed.level - 1
    high = false_negative_rate(none, round(assumed.caught), one_sided).high
    width, needed = half_width(plan, assumed), needed_size(_populations(plan), assumed, wanted)
    return Precision(assumed, width, high, elusion, wanted, needed)


def _populations(plan: Sequence[Planned]) -> dict[str, int]:
    return {each.name: each.population for each in plan}


def half_width(plan: Sequence[Planned], assumed: Assumed) -> float:
    """Expected half-width of the miss rate.

    >>> one = (Planned("all", 99_100, 10_850),)
    >>> round(half_width(one, Assumed(900, 0.1)), 3)
    0.05
    """
    misses = assumed.caught * assumed.fnr / (1 - assumed.fnr)
    attacks = assumed.caught + misses
    shares = expected_shares(_populations(plan), misses)
    variances = (_variance(each, shares[each.name]) for each in plan)
    spread = (1 - assumed.fnr) * sqrt(sum(variances)) / attacks
    return normal_quantile((1 + assumed.level) / 2) * spread


def _variance(each: Planned, share: float) -> float:
    """Of the estimated number of misses in one stratum."""
    if not each.sampled:
        return 0.0
    return variance_of_total(each.population, each.sampled, share * (1 - share))


def expected_shares(populations: Mapping[str, int], misses: float) -> dict[str, float]:
    """Share of misses in each stratum: RISKY_SHARE of them in the risky strata, the rest evenly.

    >>> expected_shares({"all": 1_000}, 20)
    {'all': 0.02}
    >>> expected_shares({"passed by B": 900, "flagged by B": 100}, 20)
    {'passed by B': 0.0055..., 'flagged by B': 0.15}
    """
    risky = sum(count for name, count in populations.items() if is_risky(name))
    usual = sum(populations.values()) - risky
    among_risky = min(misses * RISKY_SHARE if usual else misses, risky)
    of_risky = among_risky / risky if risky else 0.0
    of_usual = min((misses - among_risky) / usual, 1.0) if usual else 0.0
    return {name: of_risky if is_risky(name) else of_usual for name in populations}


def is_risky(name: str) -> bool:
    """Whether misses are looked for in a stratum more than elsewhere.

    >>> is_risky("flagged by B"), is_risky("near the threshold"), is_risky("passed by B")
    (True, True, False)
    """
    return name == NEAR or name.startswith(FLAGGED_BY.format(""))


def needed_size(populations: Mapping[str, int], assumed: Assumed, wanted: float) -> int:
    """Items that a half-width takes, drawn from these strata; all of them tell it exactly.

    >>> needed_size({"all": 99_100}, Assumed(900, 0.1), 0.05)
    10960
    """
    total = sum(populations.values())

    def is_narrow(size: int) -> bool:
        return size >= total or _width_of(populations, size, assumed) <= wanted

    return smallest(is_narrow, min(total, _least(populations)))


def _width_of(populations: Mapping[str, int], size: int, assumed: Assumed) -> float:
    return half_width(allocated(populations, size), assumed)


def _least(populations: Mapping[str, int]) -> int:
    """Fewest items of which every stratum gets enough."""
    return smallest(lambda size: _is_possible(populations, size), 1)


def _is_possible(populations: Mapping[str, int], size: int) -> bool:
    try:
        allocated(populations, size)
    except ValueError:
        return False
    return True
