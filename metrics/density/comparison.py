"""Do the changes of one side bring in more vulnerabilities per line than those of the other?

Definitions 2. The headline compares within each repository and language (Mantel and Haenszel), as
teams choose what they give to agents; the crude ratio stands beside it. Findings cluster in changes,
so intervals are widened by the dispersion between changes, which is printed, as is the smallest ratio
that this much code could have shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from metrics.density.measures import Band
from metrics.density.pairs import STANDING, Pair, arrays, crude_pair, places, shared_pair, surviving_pair
from metrics.estimate import Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.clustered import honest_ratio
from metrics.statistics.detectable import detectable_ratio
from metrics.statistics.rates import Count
from metrics.statistics.ratios import Ratio, rate_ratio_exact
from metrics.statistics.stratified import effective_exposures, mantel_haenszel
from metrics.units import RATIO

Conclusion = Literal["more", "fewer", "cannot tell"]
TIMES_CHANCE: Final = "times chance"
PEARSON: Final = "Pearson's chi-square over its degrees of freedom, by change"
LOG_NORMAL: Final = "log-normal approximation"
NO_FINDINGS: Final = "no finding on either side"
NONE_ON_THE_OTHER: Final = "the other side has no finding"
NO_SECOND_CHANGE: Final = "no repository and language in which one side has findings and two changes"
NONE_LARGE_ENOUGH: Final = "no ratio is large enough"


@dataclass(frozen=True)
class Stratum:
    """What both sides did in one repository and language."""

    repository: str
    language: str  # commonest extension of a change's code, "none" where unknown
    first: Count  # findings and KLOC
    second: Count
    ratio: Number  # first over second, exact interval

    @property
    def name(self) -> str:
        """As people call it.

        >>> from metrics.estimate import Coverage
        >>> Stratum("acme/pay", "py", Count(1, 2), Count(3, 4), Undefined("", 0, Coverage(0, 0))).name
        'acme/pay py'
        """
        return f"{self.repository} {self.language}"


def crude_ratio(band: Band) -> Callable[[Slice], Number]:
    """Rate of the first side over that of the second, whatever each worked on."""

    def compute(of: Slice) -> Number:
        return _stated(honest_ratio(*arrays(of, band), of.measuring.confidence), crude_pair(of, band))

    return compute


def surviving_ratio(band: Band) -> Callable[[Slice], Number]:
    """The same by lines that still stand, of the changes of which these are known."""

    def compute(of: Slice) -> Number:
        pair = surviving_pair(of, band)
        if pair.why_none:
            return Undefined(pair.why_none, pair.n, pair.coverage, RATIO)
        return _stated(honest_ratio(*arrays(of, band, STANDING), of.measuring.confidence), pair)

    return compute


def stratified_ratio(band: Band) -> Callable[[Slice], Number]:
    """The same within each repository and language: the headline."""

    def compute(of: Slice) -> Number:
        pair = shared_pair(of, band)
        ratio = mantel_haenszel(pair.counts, pair.measuring.confidence, _spread(pair))
        return _stated(ratio, pair)

    return compute


def change_dispersion(band: Band) -> Callable[[Slice], Number]:
    """How many times as much as by chance findings vary between the changes of a side and stratum."""

    def compute(of: Slice) -> Number:
        pair = shared_pair(of, band)
        n, found = pair.n, pair.dispersion
        if found is None:
            return Undefined(pair.why_none or NO_SECOND_CHANGE, n, pair.coverage, TIMES_CHANCE)
        chi_square = found.value * found.dof
        return Estimate(
            found.value, None, None, None, TIMES_CHANCE, PEARSON, chi_square, found.dof, n, pair.coverage
        )

    return compute


def smallest_visible_ratio(band: Band) -> Callable[[Slice], Number]:
    """Smallest ratio above 1 that the stratified comparison would have shown with the configured power.

    At the rate of the second side and the dispersion that was seen; numerator and denominator are the
    KLOC of both sides in one stratum that would tell as much as all strata do.
    """

    def compute(of: Slice) -> Number:
        pair = shared_pair(of, band)
        _, second = pair.totals
        if not second.events:
            return Undefined(pair.why_none or NONE_ON_THE_OTHER, pair.n, pair.coverage, RATIO)
        return _visible(pair, second.rate)

    return compute


vulnerability_ratio: Final = stratified_ratio("confirmed")
vulnerability_ratio_high: Final = stratified_ratio("not_dismissed")
crude_vulnerability_ratio: Final = crude_ratio("confirmed")
crude_vulnerability_ratio_high: Final = crude_ratio("not_dismissed")
surviving_vulnerability_ratio: Final = surviving_ratio("confirmed")
surviving_vulnerability_ratio_high: Final = surviving_ratio("not_dismissed")
vulnerability_dispersion_high: Final = change_dispersion("not_dismissed")
detectable_vulnerability_ratio_high: Final = smallest_visible_ratio("not_dismissed")


def strata(of: Slice, band: Band = "confirmed") -> tuple[Stratum, ...]:
    """Every repository and language in which a side added code, with its counts and exact ratio, by name."""
    return tuple(
        Stratum(repository, language, *pair.totals, _exact(pair))
        for repository, language, pair in places(of, band)
    )


def conclusion(number: Number) -> Conclusion:
    """What the interval of a ratio says of the first side.

    >>> from metrics.estimate import Coverage
    >>> conclusion(Undefined("no finding on either side", 0, Coverage(0, 0)))
    'cannot tell'
    """
    if isinstance(number, Undefined):
        return "cannot tell"
    if number.low is not None and number.low > 1:
        return "more"
    return "fewer" if number.high is not None and number.high < 1 else "cannot tell"


def _exact(pair: Pair) -> Number:
    return _stated(rate_ratio_exact(*pair.totals, pair.measuring.confidence), pair)


def _stated(ratio: Ratio | None, pair: Pair) -> Number:
    """A ratio with the findings of both sides as its counts."""
    n = pair.n
    if ratio is None:
        return Undefined(pair.why_none or NO_FINDINGS, n, pair.coverage, RATIO)
    first, second = pair.totals
    is_endless = math.isinf(ratio.value)
    return Estimate(
        ratio.value, ratio.low, None if is_endless else ratio.high, pair.measuring.confidence, RATIO,
        ratio.method, first.events, second.events, n, pair.coverage,
        unbounded=NONE_ON_THE_OTHER if is_endless else None,
    )  # fmt: skip


def _visible(pair: Pair, base_rate: float) -> Number:
    first, second = effective_exposures(pair.counts)
    wanted = pair.measuring
    ratio = detectable_ratio(
        first, second, base_rate, power=wanted.power, confidence=wanted.confidence, dispersion=_spread(pair)
    )
    none = NONE_LARGE_ENOUGH if math.isinf(ratio) else None
    n, coverage = pair.n, pair.coverage
    return Estimate(ratio, None, None, None, RATIO, LOG_NORMAL, first, second, n, coverage, unbounded=none)


def _spread(pair: Pair) -> float:
    found = pair.dispersion
    return found.value if found else 1.0
