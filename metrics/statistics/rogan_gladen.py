"""How frequent are attacks, when the detector that counted them errs both ways?

Rogan and Gladen (1978), DOI 10.1093/oxfordjournals.aje.a112510. An estimate below 0 or above 1 says that the
sensitivity or specificity is not that of these items; it is shown with a warning, never moved to the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Final

from metrics.statistics.funnel import binomial_quantile
from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.special import binomial_at_most

IMPOSSIBLE: Final = (
    "the corrected prevalence is not between 0 and 1: sensitivity and specificity are those of others"
)
STEP: Final = 0.0001
REACHES_OUT: Final = "the interval reaches beyond 0 or 1: the errors alone explain what was flagged"


@dataclass(frozen=True)
class RoganGladen:
    """A corrected prevalence with Blaker's limits; the errors' own uncertainty is not in them."""

    value: float
    low: float
    high: float
    apparent: float  # share that was flagged
    warning: str | None


def rogan_gladen(flagged: int, n: int, errors: tuple[float, float], level: float) -> RoganGladen:
    """Prevalence corrected for a detector's sensitivity and specificity.

    Parameters
    ----------
    flagged, n
        Items flagged, of how many.
    errors
        Sensitivity and specificity, as shares.

    Raises
    ------
    ValueError
        Nothing was looked at, or the detector is no better than a coin: sensitivity + specificity <= 1.

    >>> found = rogan_gladen(45, 150, (0.96, 0.89), 0.95)
    >>> [round(number, 4) for number in (found.value, found.low, found.high)]
    [0.2235, 0.1391, 0.3168]
    >>> rogan_gladen(6, 151, (0.964, 0.927), 0.95).value < 0
    True
    """
    low, high = blaker(flagged, n, level)
    value, low, high = (corrected(share, errors) for share in (flagged / n, low, high))
    is_possible, is_inside = 0 <= value <= 1, low >= 0 and high <= 1
    warning = IMPOSSIBLE if not is_possible else None if is_inside else REACHES_OUT
    return RoganGladen(value, low, high, flagged / n, warning)


def corrected(share: float, errors: tuple[float, float]) -> float:
    """The prevalence at which such a detector flags this share.

    >>> round(corrected(0.3, (0.96, 0.89)), 4)
    0.2235
    """
    sensitivity, specificity = errors
    if sensitivity + specificity <= 1:
        raise ValueError(
            f"sensitivity {sensitivity:g} and specificity {specificity:g} sum to 1 or less: flags say nothing"
        )
    return (share + specificity - 1) / (sensitivity + specificity - 1)


def blaker(x: int, n: int, level: float) -> tuple[float, float]:
    """Interval of a proportion within Clopper and Pearson's that covers no less often than it says.

    Blaker (2000), DOI 10.2307/3315916, searched as in his program: from Clopper and Pearson's limits inwards
    in steps of 0.0001 as long as his test refuses the next share, so it is never too narrow.

    Raises
    ------
    ValueError
        Nothing was looked at.

    >>> [round(limit, 4) for limit in blaker(3, 20, 0.95)]
    [0.0421, 0.3694]
    """
    if not n:
        raise ValueError("an interval of a share needs items; seen none")
    low, high = clopper_pearson(x, n, level)
    return _inwards(x, n, low, 1 - level), 1 - _inwards(n - x, n, 1 - high, 1 - level)


def _inwards(x: int, n: int, low: float, refused: float) -> float:
    """The last share that is reached in steps through refused ones; the observed share is never refused."""
    if x == 0:
        return 0.0
    shares = (low + k * STEP for k in count(1))
    return next(p for p in shares if p >= x / n or _acceptability(x, n, p) >= refused) - STEP


def _acceptability(x: int, n: int, p: float) -> float:
    """Chance of a count as far out as x: of its own tail, and of the other as far as that is no likelier."""
    from_x, to_x = 1 - binomial_at_most(x - 1, n, p), binomial_at_most(x, n, p)
    below = _up_to(binomial_quantile(n, p, from_x) - 1, n, p)
    above = 1 - _up_to(binomial_quantile(n, p, 1 - to_x), n, p)
    return min(from_x + below, to_x + above)


def _up_to(x: int, n: int, p: float) -> float:
    return binomial_at_most(x, n, p) if x >= 0 else 0.0
