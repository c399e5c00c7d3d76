"""What does a table of verdict by truth say, with exact intervals?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metrics.statistics.intervals import clopper_pearson
from metrics.statistics.special import normal_quantile


@dataclass(frozen=True)
class Share:
    """A share or a ratio with its limits; value None = 0 of 0."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Diagnostic:
    """All shares of a table of verdict by truth."""

    sensitivity: Share
    specificity: Share
    positive_predictive_value: Share
    negative_predictive_value: Share
    false_positive_rate: Share
    false_negative_rate: Share
    positive_likelihood_ratio: Share
    negative_likelihood_ratio: Share


@dataclass(frozen=True)
class Table:
    """Items by verdict and truth."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


def diagnostic(table: Table, level: float) -> Diagnostic:
    """Shares with Clopper and Pearson's limits, likelihood ratios with those on the log scale.

    Simel, Samsa and Matchar (1991), DOI 10.1016/0895-4356(91)90128-V.

    >>> found = diagnostic(Table(670, 202, 74, 640), 0.95)
    >>> round(found.sensitivity.value, 4), round(found.positive_likelihood_ratio.low, 4)
    (0.9005, 3.3207)
    """
    tp, fp = table.true_positives, table.false_positives
    fn, tn = table.false_negatives, table.true_negatives
    return Diagnostic(
        sensitivity=_share(tp, fn, level),
        specificity=_share(tn, fp, level),
        positive_predictive_value=_share(tp, fp, level),
        negative_predictive_value=_share(tn, fn, level),
        false_positive_rate=_share(fp, tn, level),
        false_negative_rate=_share(fn, tp, level),
        positive_likelihood_ratio=_ratio((tp, tp + fn), (fp, fp + tn), level),
        negative_likelihood_ratio=_ratio((fn, tp + fn), (tn, fp + tn), level),
    )


def _share(part: int, rest: int, level: float) -> Share:
    value = part / (part + rest) if part + rest else None
    return Share(value, *clopper_pearson(part, part + rest, level))


def _ratio(first: tuple[int, int], second: tuple[int, int], level: float) -> Share:
    """Ratio of two shares; without limits where one of the counts is 0."""
    (x1, n1), (x2, n2) = first, second
    value = (x1 / n1) / (x2 / n2) if n1 and x2 else None
    if not value:
        return Share(value, 0.0, math.inf)
    spread = 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2
    if spread <= 0:  # both shares are 1: there is nothing to judge by
        return Share(value, 0.0, math.inf)
    reach = normal_quantile((1 + level) / 2) * math.sqrt(spread)
    return Share(value, value * math.exp(-reach), value * math.exp(reach))
