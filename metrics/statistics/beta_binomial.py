"""How do people's own shares vary around the common one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from metrics.statistics.special import log_beta_each

Floats = npt.NDArray[np.float64]
_WIDEST: Final = 12.0  # logits beyond this are shares that no counts can tell from 0 or 1
_POINTS: Final = 33  # of the grid, each way
_NARROWER: Final = 0.5
_ROUNDS: Final = 45  # halves the grid to rounding


@dataclass(frozen=True)
class BetaBinomial:
    """Shares of people that follow a beta distribution."""

    mean: float
    correlation: float  # of two decisions of one person: 1 / (a + b + 1)
    log_likelihood: float


def beta_binomial(x: Sequence[float], n: Sequence[float]) -> BetaBinomial | None:
    """Most likely beta-binomial of counts per person; Skellam (1948), DOI 10.1111/j.2517-6161.1948.tb00014.x.

    The likelihood is laid over a grid that closes in on its best point.

    Returns
    -------
    None when all or none were counted, or there is one person: there is no best point then.

    >>> found = beta_binomial([3, 0, 12, 5], [20, 15, 30, 25])
    >>> round(found.mean, 2), round(found.correlation, 2)
    (0.2, 0.1)
    """
    counted, of = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    total = float(counted.sum())
    if len(of) < 2 or total in (0.0, float(of.sum())):  # noqa: PLR2004 - nothing varies
        return None
    centre, reach = np.zeros(2), _WIDEST
    for _ in range(_ROUNDS):
        steps = np.linspace(-reach, reach, _POINTS)
        means, correlations = (np.clip(each + steps, -_WIDEST, _WIDEST) for each in centre)
        grid = _log_likelihoods(counted, of, _shares(means), _shares(correlations))
        best = np.unravel_index(np.argmax(grid), grid.shape)
        centre, reach = np.array([means[best[0]], correlations[best[1]]]), reach * _NARROWER
    mean, correlation = (float(each) for each in _shares(centre))
    return BetaBinomial(mean, correlation, float(grid.max()))


def _shares(logits: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-logits))
    return shares


def _log_likelihoods(counted: Floats, of: Floats, means: Floats, correlations: Floats) -> Floats:
    """For every pair of mean and correlation, one person after the other."""
    whole = (1 / correlations - 1)[None, :]
    a, b = means[:, None] * whole, (1 - means)[:, None] * whole
    no_one = log_beta_each(a, b)
    found = np.zeros(a.shape)
    for x, n in zip(counted, of, strict=True):
        ways = -np.log(n + 1) - log_beta_each(np.array(x + 1), np.array(n - x + 1))
        found += ways + log_beta_each(a + x, b + n - x) - no_one
    return found
