"""How strong is the evidence that a rate is below, or above, a threshold, at any number of looks?

An e-value multiplies up what each change says about the threshold. If the rate is really at or
above it, the e-value ever reaches 1/alpha with probability at most alpha, however often it is
looked at (Ville 1939). The mixture is Robbins' beta-binomial one truncated at the threshold:
Howard, Ramdas, McAuliffe and Sekhon (2021), Annals of Statistics 49(2), Proposition 7,
DOI 10.1214/20-AOS1991. For rates per exposure the gamma-Poisson mixture takes its place.

Counts may be fractions: strict mode tempers a sprint's counts, and a tempered e-value is one still
(Jensen). `prior` is the mixing Beta(a, b), or Gamma(a, rate b); left out, a = 1/2 with its mean at
the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from metrics.statistics.search import smallest
from metrics.statistics.special import (
    log_beta,
    log_beta_above,
    log_beta_below,
    log_gamma,
    log_gamma_above,
    log_gamma_below,
)

Prior = tuple[float, float]
LogShare = Callable[[float, float, float], float]
SHAPE: Final = 0.5  # anything from 1/4 to 1 moves the changes needed by less than 15 %
LARGEST_EXPONENT: Final = math.log(1.7976931348623157e308)


def as_e_value(log_e: float) -> float:
    """The e-value of a logarithm; infinite where no float can hold it."""
    return math.exp(log_e) if log_e < LARGEST_EXPONENT else math.inf


def proof(confidence: float) -> float:
    """The e-value that counts as proof at this confidence: 1 / alpha.

    >>> proof(0.95)
    20.0
    """
    return round(1 / (1 - confidence), 9)


def log_e_below(x: float, n: float, p0: float, prior: Prior | None = None) -> float:
    """Logarithm of the evidence that the rate is below p0, from x escapes in n changes.

    >>> round(log_e_below(0, 0, 0.01), 12), round(log_e_below(10**6, 10**7, 0.01))
    (0.0, -15)
    """
    return _log_e(x, n, p0, prior or _default_prior(p0), log_beta_below)


def log_e_above(x: float, n: float, p0: float, prior: Prior | None = None) -> float:
    """Logarithm of the evidence that the rate is above p0, from x escapes in n changes."""
    return _log_e(x, n, p0, prior or _default_prior(p0), log_beta_above)


def e_below(x: float, n: float, p0: float, prior: Prior | None = None) -> float:
    """Evidence that the rate is below p0: 1 says nothing, 20 is proof at 95 %.

    >>> round(e_below(0, 80, 0.01), 3), round(e_below(0, 367, 0.01), 2)
    (1.811, 20.14)
    """
    return as_e_value(log_e_below(x, n, p0, prior))


def e_above(x: float, n: float, p0: float, prior: Prior | None = None) -> float:
    """Evidence that the rate is above p0: 1 says nothing, 20 is proof at 95 %.

    >>> round(e_above(4, 40, 0.01), 2)
    38.03
    """
    return as_e_value(log_e_above(x, n, p0, prior))


def anytime_upper(x: float, n: float, confidence: float) -> float:
    """Upper limit of the rate that holds at every look: the rates not yet shown to be too high.

    It is below p0 exactly when :func:`e_below` has reached proof at p0. 1 when nothing speaks
    against any rate: no change, or nothing but escapes.

    >>> round(anytime_upper(0, 40, 0.95), 4), anytime_upper(0, 0, 0.95)
    (0.0881, 1.0)
    """
    if x >= n:
        return 1.0
    wanted = math.log(proof(confidence))
    return _root(lambda p: log_e_below(x, n, p) - wanted, x / n)


def clean_changes_required(x: float, n: float, p0: float, confidence: float) -> int:
    """How many more changes without an escape turn x of n into proof that the rate is below p0.

    >>> clean_changes_required(0, 80, 0.01, 0.95), clean_changes_required(2, 600, 0.01, 0.95)
    (287, 281)
    """
    wanted = math.log(proof(confidence))
    return smallest(lambda more: log_e_below(x, n + more, p0) >= wanted, 0)


def changes_required_anytime(x: int, p0: float, confidence: float) -> int:
    """Smallest number of changes at which x escapes are proof that the rate is below p0.

    >>> changes_required_anytime(0, 0.01, 0.95), changes_required_anytime(1, 0.01, 0.95)
    (367, 657)
    """
    return x + clean_changes_required(x, x, p0, confidence)


def log_e_below_exposure(x: float, exposure: float, rate0: float, prior: Prior | None = None) -> float:
    """Logarithm of the evidence that events per exposure are below rate0, from x events.

    `exposure` is in any unit (KLOC, effective changes) as long as rate0 is per that unit. Valid for
    a counting process, and conservative for changes that escape at most once each.
    """
    return _log_e_exposure(x, exposure, rate0, prior or (SHAPE, SHAPE / rate0), log_gamma_below)


def log_e_above_exposure(x: float, exposure: float, rate0: float, prior: Prior | None = None) -> float:
    """Logarithm of the evidence that events per exposure are above rate0, from x events."""
    return _log_e_exposure(x, exposure, rate0, prior or (SHAPE, SHAPE / rate0), log_gamma_above)


def e_below_exposure(x: float, exposure: float, rate0: float, prior: Prior | None = None) -> float:
    """Evidence that events per exposure are below rate0."""
    return as_e_value(log_e_below_exposure(x, exposure, rate0, prior))


def e_above_exposure(x: float, exposure: float, rate0: float, prior: Prior | None = None) -> float:
    """Evidence that events per exposure are above rate0."""
    return as_e_value(log_e_above_exposure(x, exposure, rate0, prior))


def exposure_required(x: int, rate0: float, confidence: float) -> int:
    """Smallest whole exposure at which x events are proof that the rate is below rate0.

    >>> exposure_required(0, 0.01, 0.95), exposure_required(1, 0.01, 0.95)
    (368, 660)
    """
    wanted = math.log(proof(confidence))
    return smallest(lambda exposure: log_e_below_exposure(x, exposure, rate0) >= wanted, 0)


def _default_prior(p0: float) -> Prior:
    return SHAPE, SHAPE * (1 - p0) / p0


def _log_e(x: float, n: float, p0: float, prior: Prior, log_share: LogShare) -> float:
    """Mass of the likelihood on one side of p0 over the prior's mass there, over the likelihood at p0."""
    a, b = prior
    mass = log_beta(a + x, b + n - x) - log_beta(a, b)
    share = log_share(a + x, b + n - x, p0) - log_share(a, b, p0)
    return mass + share - (x * math.log(p0) + (n - x) * math.log1p(-p0))


def _log_e_exposure(
    x: float, exposure: float, rate0: float, prior: Prior, log_share: Callable[[float, float], float]
) -> float:
    a, b = prior
    mass = (log_gamma(a + x) - (a + x) * math.log(b + exposure)) - (log_gamma(a) - a * math.log(b))
    share = log_share(a + x, rate0 * (b + exposure)) - log_share(a, rate0 * b)
    return mass + share - (x * math.log(rate0) - rate0 * exposure)


def _root(rising: Callable[[float], float], low: float) -> float:
    """Where a function that rises from below zero crosses it, between `low` and 1; 1 when it does not.

    Halving in log odds reaches a float's last digits for limits near 0 as well as near 1.
    """
    lower, upper = math.log(max(low, 1e-15)), 36.0
    lower -= math.log1p(-low)
    for _ in range(64):
        middle = (lower + upper) / 2
        is_below = rising(_share(middle)) < 0
        lower, upper = (middle, upper) if is_below else (lower, middle)
    return _share(upper)


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
