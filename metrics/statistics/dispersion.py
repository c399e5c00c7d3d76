"""Do counts of escapes vary between sprints more than chance would make them?

"Proven" presumes a rate that stays put. The index of dispersion (Fisher, Thornton and Mackenzie
1922, DOI 10.1111/j.1744-7348.1922.tb05962.x) is referred to its exact conditional distribution:
given their total, counts of one common rate fall on the sprints like balls drawn from an urn. With
the two or three escapes of a usual pilot its chi-square approximation raises the flag too easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

DRAWS: Final = 1999  # a p-value near 0.05 is known to about 0.005
SEED: Final = 20_260_817  # same counts, same answer


def dispersion_p_value(escapes: Sequence[int], changes: Sequence[int]) -> float:
    """Chance of counts at least this uneven if all sprints had the same rate.

    1 when nothing could vary: fewer than two sprints with changes, or fewer than two escapes.

    >>> dispersion_p_value([0, 0, 0], [40, 40, 40]), dispersion_p_value([12, 0, 0, 0], [40, 40, 40, 40])
    (1.0, 0.0005)
    """
    sizes = np.array([size for size in changes if size > 0], dtype=np.int64)
    counts = np.array([x for x, size in zip(escapes, changes, strict=True) if size > 0], dtype=np.int64)
    total = int(counts.sum())
    if len(sizes) < 2 or total < 2:  # noqa: PLR2004 (one of either cannot vary)
        return 1.0
    draws = np.random.default_rng(SEED).multivariate_hypergeometric(sizes, total, DRAWS)
    expected = total * sizes / sizes.sum()
    at_least = int((_unevenness(draws, expected) >= _unevenness(counts, expected) * (1 - 1e-9)).sum())
    return (1 + at_least) / (1 + DRAWS)


def _unevenness(counts: npt.NDArray[np.int64], expected: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    squares: npt.NDArray[np.float64] = ((counts - expected) ** 2 / expected).sum(axis=-1)
    return squares
