"""How are incomplete beta and gamma functions evaluated without underflow?

scipy gives them to full precision until they fall below the smallest float, which happens as soon
as counts are far from what a threshold allows. There the classical continued fractions take over:
they converge fastest exactly where the plain value vanishes (Press, Teukolsky, Vetterling and
Flannery, Numerical Recipes, 3rd ed. 2007, sections 6.2 and 6.4; Lentz 1976, DOI 10.1364/AO.15.000668).

This is the only home of ``scipy.special`` in the product. ``scipy.stats`` and ``scipy.optimize``
stay out: they cost the command line more than half a second each, at every start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]
TINY: Final = 1e-290  # below this a plain value is about to lose digits
PRECISION: Final = 1e-15
_NEVER_ZERO: Final = 1e-300  # Lentz: a vanishing denominator is moved off zero


def log_beta(a: float, b: float) -> float:
    """Logarithm of the complete beta function B(a, b)."""
    return float(special.betaln(a, b))


def log_gamma(a: float) -> float:
    """Logarithm of the gamma function."""
    return float(special.gammaln(a))


def beta_below(a: float, b: float, p: float) -> float:
    """Share of a Beta(a, b) distribution below p."""
    return float(special.betainc(a, b, p))


def beta_quantile(a: float, b: float, share: float) -> float:
    """The p with this share of a Beta(a, b) distribution below it."""
    return float(special.betaincinv(a, b, share))


def beta_upper_quantile(a: float, b: float, share: float) -> float:
    """The p with this share of a Beta(a, b) distribution above it; exact for small shares."""
    return float(special.betainccinv(a, b, share))


def gamma_quantile(a: float, share: float) -> float:
    """The z with this share of a Gamma(a, 1) distribution below it."""
    return float(special.gammaincinv(a, share))


def normal_quantile(share: float) -> float:
    """The z with this share of a standard normal distribution below it."""
    return float(special.ndtri(share))


def binomial_probability(x: int, n: int, p: float) -> float:
    """Probability of exactly x successes in n trials.

    >>> round(binomial_probability(0, 299, 0.01), 6)
    0.049536
    """
    log_ways = -math.log(n + 1) - log_beta(x + 1, n - x + 1)
    return math.exp(log_ways + float(special.xlogy(x, p)) + float(special.xlog1py(n - x, -p)))


def binomial_at_most(x: int, n: int, p: float) -> float:
    """Probability of at most x successes in n trials."""
    return float(special.bdtr(x, n, p))


def log_beta_below(a: float, b: float, p: float) -> float:
    """Logarithm of the share of Beta(a, b) below p; finite however small the share is.

    >>> round(log_beta_below(100_000.5, 1_000.0, 0.01) / 1e5, 3)
    -4.549
    """
    plain = float(special.betainc(a, b, p))
    if plain > TINY:
        return math.log(plain)
    front = a * math.log(p) + b * math.log1p(-p) - math.log(a) - log_beta(a, b)
    return front - math.log(_lentz(_beta_terms(a, b, p)))


def log_beta_above(a: float, b: float, p: float) -> float:
    """Logarithm of the share of Beta(a, b) above p; finite however small the share is."""
    plain = float(special.betaincc(a, b, p))
    if plain > TINY:
        return math.log(plain)
    front = a * math.log(p) + b * math.log1p(-p) - math.log(b) - log_beta(a, b)
    return front - math.log(_lentz(_beta_terms(b, a, 1 - p)))


def log_gamma_below(a: float, z: float) -> float:
    """Logarithm of the share of Gamma(a, 1) below z; finite however small the share is."""
    plain = float(special.gammainc(a, z))
    if plain > TINY:
        return math.log(plain)
    return a * math.log(z) - z - log_gamma(a + 1) + math.log(_series(a, z))


def log_gamma_above(a: float, z: float) -> float:
    """Logarithm of the share of Gamma(a, 1) above z; finite however small the share is."""
    plain = float(special.gammaincc(a, z))
    if plain > TINY:
        return math.log(plain)
    return a * math.log(z) - z - log_gamma(a) - math.log(_lentz(_gamma_terms(a, z)))


def _beta_terms(a: float, b: float, p: float) -> Iterator[tuple[float, float]]:
    """Numerators and denominators of the fraction 1 + d1/(1 + d2/(1 + ...)) of NR 6.4.6."""
    yield 1.0, 1.0
    for m in count():
        yield -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        k = m + 1
        yield k * (b - k) * p / ((a + 2 * k - 1) * (a + 2 * k)), 1.0


def _gamma_terms(a: float, z: float) -> Iterator[tuple[float, float]]:
    """Numerators and denominators of z + 1 - a - 1(1-a)/(z + 3 - a - ...) of NR 6.2.7."""
    yield 1.0, z + 1 - a
    for k in count(1):
        yield -k * (k - a), z + 2 * k + 1 - a


def _lentz(terms: Iterator[tuple[float, float]]) -> float:
    """Evaluate b0 + a1/(b1 + a2/(b2 + ...)); the first numerator is not used."""
    _, value = next(terms)
    c, d = value, 0.0
    for numerator, denominator in terms:
        d = 1 / ((denominator + numerator * d) or _NEVER_ZERO)
        c = (denominator + numerator / c) or _NEVER_ZERO
        value *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return value


def _series(a: float, z: float) -> float:
    """Sum of z^k / ((a+1)...(a+k)), k from 0 (NR 6.2.5)."""
    total, term = 1.0, 1.0
    for k in count(1):
        term *= z / (a + k)
        total += term
        if term < total * PRECISION:
            break
    return total


def gamma_upper_quantile(a: float, share: float) -> float:
    """The z with this share of a Gamma(a, 1) distribution above it; exact for small shares."""
    return float(special.gammainccinv(a, share))


def normal_below(z: float) -> float:
    """Share of a standard normal distribution below z."""
    return float(special.ndtr(z))


def poisson_probability(x: Floats, mean: float) -> Floats:
    """Probability of exactly x events, for each x, where `mean` are expected."""
    probability: Floats = np.exp(special.xlogy(x, mean) - mean - special.gammaln(x + 1))
    return probability


def student_quantile(dof: float, share: float) -> float:
    """The t with this share of Student's distribution below it."""
    return float(special.stdtrit(dof, share))


def student_below(dof: float, t: float) -> float:
    """Share of Student's distribution below t."""
    return float(special.stdtr(dof, t))


def log_beta_each(a: Floats, b: Floats) -> Floats:
    """Logarithm of the complete beta function B(a, b), for each pair."""
    logarithms: Floats = special.betaln(a, b)
    return logarithms


def xlogy_each(x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Product of x and the logarithm of y, for each pair; 0 where x is 0, whatever y is.

    >>> [float(term) for term in xlogy_each([0, 2], [0.0, 1.0])]
    [0.0, 0.0]
    """
    terms: Floats = special.xlogy(x, y)
    return terms
