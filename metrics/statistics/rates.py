"""How many events per exposure (findings per KLOC) were seen, and between which limits lies the rate?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metrics.statistics.special import gamma_quantile, gamma_upper_quantile


@dataclass(frozen=True)
class Count:
    """Events and the exposure that they were seen in.

    >>> Count(12, 8.0).rate
    1.5
    """

    events: float  # not negative; a fraction where counts are divided by their dispersion
    exposure: float  # in any unit (KLOC, person-years), not negative

    @property
    def rate(self) -> float:
        """Events per unit of exposure; infinite for events without exposure, not a number for neither."""
        if self.exposure:
            return self.events / self.exposure
        return math.inf if self.events else math.nan


def garwood(events: float, exposure: float, confidence: float) -> tuple[float, float]:
    """Exact two-sided interval of a Poisson rate; never covers less often than it says.

    Garwood (1936), DOI 10.1093/biomet/28.3-4.437.

    Returns
    -------
    Two rates per unit of exposure; the lower one is 0 without events. With no exposure everything is
    possible: (0, inf).

    >>> [round(limit, 4) for limit in garwood(0, 5.0, 0.95)]
    [0.0, 0.7378]
    """
    if not exposure:
        return 0.0, math.inf
    tail = (1 - confidence) / 2
    low = gamma_quantile(events, tail) if events else 0.0
    return low / exposure, gamma_upper_quantile(events + 1, tail) / exposure
