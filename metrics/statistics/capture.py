"""How many attacks are there at least, judged by how far what several detectors found overlaps?

Only confirmed attacks may be counted. Detectors that find the same kinds of attack overlap more than chance,
so the estimate is too low: it is shown as "at least", never as the number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from metrics.statistics.special import normal_quantile

LINCOLN_PETERSEN: Final = "Lincoln-Petersen"
CHAPMAN: Final = "Chapman"
CHAO2: Final = "Chao2"


@dataclass(frozen=True)
class Captured:
    """An estimated number of all attacks, seen and unseen."""

    value: float
    low: float
    high: float  # infinite where the overlap is too small to tell
    seen: int
    standard_error: float | None
    method: str

    @property
    def unseen(self) -> float:
        """Attacks that nobody found."""
        return self.value - self.seen


def lincoln_petersen(first: int, second: int, both: int, level: float) -> Captured | None:
    """Number of attacks from two detectors' finds, supposing that these do not depend on each other.

    Limits of the share of the second's finds that the first has too, without replacement and with
    correction for continuity (Seber 1982, The Estimation of Animal Abundance, 2nd ed., section 3.1.4).

    Returns
    -------
    None where no attack was found by both.

    >>> found = lincoln_petersen(400, 400, 40, 0.95)
    >>> [round(number) for number in (found.value, found.low, found.high, found.unseen)]
    [4000, 3125, 5557, 3240]
    """
    if not both:
        return None
    value, share = first * second / both, both / second
    se = math.sqrt(share * (1 - share) / second * (1 - second / value))
    reach = normal_quantile((1 + level) / 2) * se + 1 / (2 * value)
    seen = first + second - both
    high = first / (share - reach) if share > reach else math.inf
    return Captured(value, max(seen, first / (share + reach)), high, seen, None, LINCOLN_PETERSEN)


def chapman(first: int, second: int, both: int, level: float) -> Captured:
    """The same, nearly free of bias and defined without an overlap; log-normal limits.

    Chapman (1951); variance of Seber (1970), DOI 10.2307/2528981; limits of Chao (1987), DOI 10.2307/2531532.

    >>> found = chapman(100, 100, 20, 0.95)
    >>> round(found.value, 4), round(found.standard_error**2, 4)
    (484.7619, 6729.1692)
    """
    value = (first + 1) * (second + 1) / (both + 1) - 1
    above = (first + 1) * (second + 1) * (first - both) * (second - both)
    se = math.sqrt(above / ((both + 1) ** 2 * (both + 2)))
    seen = first + second - both
    return Captured(value, *_log_normal(value, se, seen, level), seen, se, CHAPMAN)


def chao2(seen: int, once: int, twice: int, detectors: int, level: float) -> Captured:
    """Number of attacks from how many were found by one detector only, and by two.

    Chao (1987), DOI 10.2307/2531532; a lower bound. Where nothing was found by exactly two, in its
    bias-corrected form.

    Parameters
    ----------
    seen, once, twice
        Attacks found by any, by exactly one, and by exactly two detectors.
    detectors
        How many looked.

    >>> found = chao2(225, 21, 19, 50, 0.95)
    >>> round(found.value, 4), round(found.standard_error, 4)
    (236.3732, 6.5436)
    """
    factor = (detectors - 1) / detectors
    if twice:
        ratio = once / twice
        unseen = factor * once * ratio / 2
        parts = factor / 2 * ratio**2 + factor**2 * ratio**3 + factor**2 * ratio**4 / 4
        variance = twice * parts
    else:
        unseen = factor * once * (once - 1) / 2
        variance = _without_doubles(seen + unseen, once, factor)
    se = math.sqrt(max(0.0, variance))
    value = seen + unseen
    return Captured(value, *_log_normal(value, se, seen, level), seen, se, CHAO2)


def _without_doubles(value: float, once: int, factor: float) -> float:
    parts = once * (once - 1) / 2 + factor * once * (2 * once - 1) ** 2 / 4
    return factor * parts - factor**2 * once**4 / (4 * value) if value else 0.0


def _log_normal(value: float, se: float, seen: int, level: float) -> tuple[float, float]:
    """Limits of what is unseen on the log scale, so that they never fall below what was seen."""
    unseen = value - seen
    if unseen <= 0:
        return float(seen), float(seen)
    reach = math.exp(normal_quantile((1 + level) / 2) * math.sqrt(math.log1p((se / unseen) ** 2)))
    return seen + unseen / reach, seen + unseen * reach
