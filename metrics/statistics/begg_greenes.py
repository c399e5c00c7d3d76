"""How sensitive is a detector when it decided itself which items were looked at?

Where flagged items are reviewed more often than passed ones, the naive sensitivity is too good: 1 by
construction, if only flagged ones are. Begg and Greenes (1983), DOI 10.2307/2530820, weigh the reviewed items
of each verdict up to all items of that verdict; standard errors as in Zhou (1994), DOI 10.2307/2986245.
It assumes that, given the verdict, what was reviewed does not depend on the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from metrics.statistics import hypergeometric
from metrics.statistics.special import normal_quantile

WALD: Final = "Begg-Greenes, normal limits"
EXACT: Final = "Begg-Greenes, exact limits of both verdicts"


@dataclass(frozen=True)
class Verified:
    """Items of one verdict: how many were found to be attacks, benign, and how many nobody looked at."""

    attacks: int
    benign: int
    unverified: int

    @property
    def reviewed(self) -> int:
        """Items with a truth."""
        return self.attacks + self.benign

    @property
    def all(self) -> int:
        """Items of this verdict."""
        return self.reviewed + self.unverified


@dataclass(frozen=True)
class Corrected:
    """A share with its standard error and limits; the error is None where it cannot be told."""

    value: float | None  # None = 0 of 0
    standard_error: float | None
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class BeggGreenes:
    """Sensitivity and specificity over all items, whoever looked at which."""

    sensitivity: Corrected
    specificity: Corrected


@dataclass(frozen=True)
class CompleteCases:
    """The same from reviewed items only: biased, for comparison; None = 0 of 0."""

    sensitivity: float | None
    specificity: float | None
    positive_predictive_value: float | None
    negative_predictive_value: float | None


def corrected(flagged: Verified, passed: Verified, level: float) -> BeggGreenes:
    """Sensitivity and specificity corrected for which items were reviewed.

    Raises
    ------
    ValueError
        Items of one of the verdicts exist and none was reviewed: nothing can be told without assuming.

    >>> found = corrected(Verified(26, 11, 30), Verified(7, 44, 782), 0.95)
    >>> round(found.sensitivity.value, 6), round(found.sensitivity.standard_error, 6)
    (0.291678, 0.080232)
    >>> [round(limit, 4) for limit in (found.sensitivity.low, found.sensitivity.high)]
    [0.1344, 0.4489]
    """
    for name, verified in (("flagged", flagged), ("passed", passed)):
        if verified.unverified and not verified.reviewed:
            raise ValueError(f"none of {verified.unverified:,} {name} items was reviewed; review some")
    turned = [Verified(each.benign, each.attacks, each.unverified) for each in (passed, flagged)]
    return BeggGreenes(_share(flagged, passed, level), _share(turned[0], turned[1], level))


def complete_cases(flagged: Verified, passed: Verified) -> CompleteCases:
    """What the reviewed items alone say, as if they were drawn regardless of the verdict.

    >>> round(complete_cases(Verified(26, 11, 30), Verified(7, 44, 782)).sensitivity, 4)
    0.7879
    """
    return CompleteCases(
        _over(flagged.attacks, passed.attacks),
        _over(passed.benign, flagged.benign),
        _over(flagged.attacks, flagged.benign),
        _over(passed.benign, passed.attacks),
    )


def _over(part: float, rest: float) -> float | None:
    return part / (part + rest) if part + rest else None


def _share(own: Verified, other: Verified, level: float) -> Corrected:
    """Share of the attacks that got the verdict `own`."""
    value = _over(_scaled(own), _scaled(other))
    if value is None or not all((own.attacks, own.benign, other.attacks, other.benign)):
        return _exactly(own, other, value, level)
    odds = own.benign / (own.attacks * own.reviewed) + other.benign / (other.attacks * other.reviewed)
    se = value * (1 - value) * math.sqrt((own.all + other.all) / (own.all * other.all) + odds)
    reach = normal_quantile((1 + level) / 2) * se
    return Corrected(value, se, max(0.0, value - reach), min(1.0, value + reach), WALD)


def _scaled(verified: Verified) -> float:
    """Attacks among all items of this verdict."""
    return verified.all * verified.attacks / verified.reviewed if verified.all else 0.0


def _exactly(own: Verified, other: Verified, value: float | None, level: float) -> Corrected:
    """Limits of both numbers of attacks, each side sharing the chance of error (Bonferroni)."""
    tail = (1 - level) / 4
    own_low, own_high = hypergeometric.limits(own.attacks, own.reviewed, own.all, tail)
    other_low, other_high = hypergeometric.limits(other.attacks, other.reviewed, other.all, tail)
    low, high = _over(own_low, other_high), _over(own_high, other_low)
    is_open = not other_low  # the other verdict may have no attack at all
    return Corrected(value, None, low or 0.0, 1.0 if is_open or high is None else high, EXACT)
