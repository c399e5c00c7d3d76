"""Do two detectors differ on the same items, judged by the items on which they disagree?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from metrics.statistics.special import binomial_at_most, normal_below

FEW: Final = 25  # fewer disagreements than this ask for the exact test
EXACT: Final = "exact"
CORRECTED: Final = "chi-squared with continuity correction"


@dataclass(frozen=True)
class McNemar:
    """The test in all its usual forms; `method` says which one `p` is of."""

    only_first: int
    only_second: int
    chi2: float
    chi2_corrected: float
    p_chi2: float
    p_corrected: float
    p_exact: float
    method: str

    @property
    def p(self) -> float:
        """The p-value to be shown."""
        return self.p_exact if self.method == EXACT else self.p_corrected


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """McNemar's test from the numbers of items that only one of the two caught (or flagged).

    McNemar (1947), DOI 10.1007/BF02295996; continuity correction of Edwards (1948). With fewer than 25
    disagreements the exact binomial test stands. Ask it of attacks and of benign items apart.

    >>> found = mcnemar(150, 86)
    >>> round(found.chi2, 4), round(found.chi2_corrected, 4), found.method
    (17.3559, 16.8178, 'chi-squared with continuity correction')
    >>> round(mcnemar(1, 8).p, 4)
    0.0391
    """
    both = only_first + only_second
    apart = abs(only_first - only_second)
    chi2 = apart**2 / both if both else 0.0
    corrected = max(apart - 1, 0) ** 2 / both if both else 0.0
    exact = min(1.0, 2 * binomial_at_most(min(only_first, only_second), both, 0.5))
    method = EXACT if both < FEW else CORRECTED
    return McNemar(only_first, only_second, chi2, corrected, _p(chi2), _p(corrected), exact, method)


def _p(chi2: float) -> float:
    """Chance of a chi-squared with one degree of freedom as large."""
    return 2 * normal_below(-math.sqrt(chi2))
