"""How much of what will be found has been found already, and what does a young sprint hint at?

Only escapes that were reported have a delay, so long delays are missing from recent changes
(right truncation) and the plain distribution of delays is too fast. The reverse-time hazard
corrects that: Lagakos, Barraj and De Gruttola (1988), DOI 10.1093/biomet/75.3.515; Kalbfleisch and
Lawless (1991), Statistica Sinica 1; for nowcasts Lawless (1994), Canadian Journal of Statistics 22(1).
On a triangle of counts it equals the chain ladder (Mack 1993, DOI 10.2143/AST.23.2.2005092).

A nowcast is shown, never gated: a delay distribution that is too fast makes bad news look good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.special import gamma_quantile

ENOUGH_DELAYS: Final = 30
METHOD: Final = "reverse-time hazard, Poisson upper limit on effective changes"


@dataclass(frozen=True)
class Delay:
    """One escape that was reported, in whole periods (days) since its merge."""

    reported_after: int
    observable_for: int  # how long that change has been followed by now


def reverse_time_hazard(delays: Sequence[Delay], longest: int) -> tuple[float, ...]:
    """Share of the escapes that surface within `longest` periods that has surfaced by each age.

    Returns
    -------
    F(0) .. F(longest), rising to 1. Delays beyond `longest` are left out. An age before the first
    report that could be observed has share 0.

    >>> reverse_time_hazard([Delay(0, 2), Delay(1, 2), Delay(0, 0)], 1)
    (0.5, 1.0)
    """
    shares = [1.0]
    for age in range(longest, 0, -1):
        reported = sum(each.reported_after == age for each in delays if each.observable_for >= age)
        by_then = sum(each.reported_after <= age for each in delays if each.observable_for >= age)
        shares.append(shares[-1] * (1 - reported / by_then) if by_then else 0.0)
    return tuple(reversed(shares))


def chain_ladder(triangle: Sequence[Sequence[int | None]]) -> tuple[float, ...]:
    """The same shares from counts per cohort (row) and delay (column); None = not observable yet.

    >>> chain_ladder([[1, 1], [1, None]])
    (0.5, 1.0)
    """
    longest = max(len(row) for row in triangle) - 1
    shares = [1.0]
    for age in range(longest, 0, -1):
        rows = [[value or 0 for value in row[: age + 1]] for row in triangle if _is_observed(row, age)]
        before, with_this = sum(sum(row[:-1]) for row in rows), sum(sum(row) for row in rows)
        shares.append(shares[-1] * (before / with_this) if with_this else 0.0)
    return tuple(reversed(shares))


def effective_changes(ages: Sequence[float], shares: Sequence[float]) -> float:
    """How many fully followed changes these are worth, each weighted by the share of its age.

    An age between two periods counts as the earlier one; an age before merge counts for nothing.

    >>> effective_changes([0.5, 1.0, 40.0], [0.25, 1.0])
    2.25
    """
    last = len(shares) - 1
    return math.fsum(shares[min(math.floor(age), last)] for age in ages if age >= 0)


def nowcast(
    escapes: int, ages: Sequence[float], delays: Sequence[Delay], follow_up_days: int, confidence: float
) -> Number:
    """Escape rate that a young sprint is heading for, with its one-sided upper limit.

    Parameters
    ----------
    escapes
        Escapes known by now among the changes.
    ages
        Days since merge, one per change.
    delays
        Past escapes of any author with their delays; those beyond the follow-up are left out.

    Undefined with fewer than 30 delays, without changes, and while the changes are too young for
    any of the past escapes to have surfaced.
    """
    usable = [each for each in delays if 0 <= each.reported_after <= follow_up_days]
    if len(usable) < ENOUGH_DELAYS:
        seen = f"{len(usable)} past escapes with a delay of at most {follow_up_days} days"
        return Undefined(f"{seen}; {ENOUGH_DELAYS} needed", len(ages), Coverage(0, len(ages)))
    exposure = effective_changes(ages, reverse_time_hazard(usable, follow_up_days))
    return nowcast_on_exposure(escapes, exposure, len(ages), confidence)


def nowcast_on_exposure(escapes: int, exposure: float, n: int, confidence: float) -> Number:
    """Escapes per effective change with a one-sided Poisson upper limit.

    Garwood (1936), DOI 10.1093/biomet/28.3-4.437.

    >>> nowcast = nowcast_on_exposure(1, 206.77, 600, 0.95)
    >>> round(nowcast.value, 5), round(nowcast.high, 5)
    (0.00484, 0.02294)
    """
    if exposure <= 0:
        reason = "no change is old enough for an escape to have surfaced" if n else "no changes"
        return Undefined(reason, n, Coverage(0, n))
    high = gamma_quantile(escapes + 1, confidence) / exposure
    value = escapes / exposure
    return Estimate(value, None, high, confidence, "share", METHOD, escapes, exposure, n, Coverage(n, n))


def _is_observed(row: Sequence[int | None], age: int) -> bool:
    return len(row) > age and row[age] is not None
