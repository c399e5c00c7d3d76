"""What do the scores of a detector say: area, average precision, error at other thresholds, Brier?

Of labelled sets only: an audit is drawn at the threshold in use and tells nothing of another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from metrics.detectors.curves import Curve
from metrics.detectors.left_out import OTHERWISE, UNSCORED, coverage
from metrics.detectors.operating import Point, at_catch, at_false_positive_rate, equal_error
from metrics.detectors.rates import NO_ATTACK, NO_PRESUMED
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.stating import as_count, in_words, proportion
from metrics.detectors.values import Scores
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.auc import auc
from metrics.statistics.precision_recall import average_precision, average_precision_interval
from metrics.statistics.special import normal_quantile

Compute = Callable[[DetectorSlice], Number]
AREA: Final = "probability"
SCORE: Final = "squared error"
NO_SCORES: Final = "the log has no scores"
MIXED: Final = "the scores are of several kinds, which have no common order"
OUTSIDE: Final = "scores outside 0 to 1 are no probabilities"
NO_SET: Final = "needs labels that do not depend on the verdict: a labelled set with {}"
NO_RATE: Final = "the settings name no such rate"
NOT_PROBABILITY: Final = "the scores are no probabilities but {}"


def area(part: DetectorSlice) -> Number:
    """Chance that an attack scores higher than a benign item; a tie counts one half."""
    found = _scored(part, needs_benign=True)
    if isinstance(found, Undefined):
        return replace(found, unit=AREA)
    made = auc(found.attacks, found.benign)
    low, high = made.interval(part.confidence)
    pairs, n = made.positives * made.negatives, made.positives + made.negatives
    return Estimate(
        made.value, min(low, made.value), max(high, made.value), part.confidence, AREA,
        _scores_method("DeLong", part), as_count(made.value * pairs), pairs, n, _of_scores(part, n),
    )  # fmt: skip


def mean_precision(part: DetectorSlice) -> Number:
    """Precision at the score of each attack, on average."""
    found = _scored(part, needs_benign=True)
    if isinstance(found, Undefined):
        return found
    value, attacks = average_precision(found.attacks, found.benign), int(found.attacks.sum())
    low, high = average_precision_interval(value, attacks, part.confidence)
    n = attacks + int(found.benign.sum())
    return Estimate(
        value, min(low, value), max(high, value), part.confidence, "share",
        _scores_method("Logit", part), as_count(value * attacks), attacks, n, _of_scores(part, n),
    )  # fmt: skip


def equal_error_rate(part: DetectorSlice) -> Number:
    """Where misses and false alarms are nearest to each other: their mean."""
    found = _scored(part, needs_benign=True)
    if isinstance(found, Undefined):
        return found
    curve = _curve(part)
    value, place = equal_error(curve)
    n = curve.attacks + curve.benign
    method = _scores_method(f"Nearest point, score {curve.thresholds[place]:.6g}", part)
    coverage = _of_scores(part, n)
    return Estimate(value, None, None, None, "share", method, as_count(value * n), n, n, coverage)


def brier(part: DetectorSlice) -> Number:
    """Mean squared distance of the score from what is true, 0 or 1."""
    found = _scored(part, needs_benign=False)
    if isinstance(found, Undefined):
        return replace(found, unit=SCORE)
    if part.score_kind != "probability":
        return Undefined(NOT_PROBABILITY.format(part.score_kind), 0, _of_scores(part, 0), SCORE)
    if found.values[0] > 1 or found.values[-1] < 0:
        return Undefined(OUTSIDE, 0, _of_scores(part, 0), SCORE)
    errors = np.concatenate([(found.values - 1) ** 2, found.values**2])
    counts = np.concatenate([found.attacks, found.benign])
    n = int(counts.sum())
    value = float(counts @ errors) / n
    spread = math.sqrt(float(counts @ (errors - value) ** 2) / (n - 1) / n) if n > 1 else 1.0
    reach = normal_quantile((1 + part.confidence) / 2) * spread
    low, high = max(0.0, value - reach), min(1.0, value + reach)
    return Estimate(
        value, min(low, value), max(high, value), part.confidence, SCORE, _scores_method("Normal", part),
        as_count(value * n), n, n, _of_scores(part, n),
    )  # fmt: skip


def catch_at_false_positive_rate(place: int) -> Compute:
    """Attacks caught at the lowest threshold that keeps false alarms at one of the configured rates."""

    def caught(part: DetectorSlice) -> Number:
        found = _scored(part, needs_benign=True)
        if isinstance(found, Undefined):
            return found
        rates, curve = part.rules.false_positive_rates, _curve(part)
        if place >= len(rates):
            return Undefined(NO_RATE, 0, _of_scores(part, 0))
        point = at_false_positive_rate(curve, rates[place])
        if isinstance(point, str):
            return Undefined(point, curve.attacks, _of_scores(part, curve.attacks))
        said = f"{point.false_positives:,} of {curve.benign:,} benign flagged, at most {rates[place]:.4g}"
        return _at_point(part, point.true_positives, curve.attacks, _where(point, said))

    return caught


def false_positive_rate_at_catch(place: int) -> Compute:
    """Labelled benign items flagged at the highest threshold that catches a configured share of attacks."""

    def flagged(part: DetectorSlice) -> Number:
        found = _catching(part, place, needs_benign=True)
        if isinstance(found, Undefined):
            return found
        point, curve = found
        where = _catch_words(part, place, point, curve)
        return _at_point(part, point.false_positives, curve.benign, where)

    return flagged


def false_positive_rate_presumed_at_catch(place: int) -> Compute:
    """Traffic that passes for benign flagged where a configured share of labelled attacks is caught."""

    def flagged(part: DetectorSlice) -> Number:
        found = _catching(part, place, needs_benign=False)
        if isinstance(found, Undefined):
            return found
        point, curve = found
        if not curve.presumed:
            return Undefined(NO_PRESUMED, 0, _of_scores(part, 0))
        where = f"presumed benign, {_catch_words(part, place, point, curve)}"
        return _at_point(part, point.presumed_flagged, curve.presumed, where)

    return flagged


def _catching(part: DetectorSlice, place: int, *, needs_benign: bool) -> tuple[Point, Curve] | Undefined:
    """The point that catches a configured share, and its curve; else why there is none."""
    found = _scored(part, needs_benign=needs_benign)
    if isinstance(found, Undefined):
        return found
    curve = _curve(part)
    point = _caught(part, place, curve)
    return point if isinstance(point, Undefined) else (point, curve)


def _caught(part: DetectorSlice, place: int, curve: Curve) -> Point | Undefined:
    rates = part.rules.catch_rates
    if place >= len(rates):
        return Undefined(NO_RATE, 0, _of_scores(part, 0))
    if not curve.attacks:
        return Undefined(NO_SET.format("attacks"), 0, _of_scores(part, 0))
    return at_catch(curve, rates[place])


def _catch_words(part: DetectorSlice, place: int, point: Point, curve: Curve) -> str:
    rate = part.rules.catch_rates[place]
    return _where(point, f"{point.true_positives:,} of {curve.attacks:,} attacks caught, for {rate:.4g}")


def _where(point: Point, said: str) -> str:
    return f"from score {point.threshold:.6g} on: {said}"


def _at_point(part: DetectorSlice, numerator: int, of: int, where: str) -> Number:
    stated = proportion(numerator, _of_scores(part, of), part.confidence, NO_ATTACK)
    return in_words(stated, _scores_method(where, part))


def _scored(part: DetectorSlice, *, needs_benign: bool) -> Scores | Undefined:
    """Scores of labelled sets, or why there is nothing to say of them."""
    scores = part.scores
    if scores is None:
        return Undefined(NO_SCORES, 0, _of_scores(part, 0))
    if part.score_kind == "mixed":
        return Undefined(MIXED, 0, _of_scores(part, 0))
    missing = [
        name
        for name, counts in (("attacks", scores.attacks), ("benign items", scores.benign))
        if not counts.sum() and (needs_benign or name == "attacks")
    ]
    if missing:
        return Undefined(NO_SET.format(" and ".join(missing)), 0, _of_scores(part, 0))
    return scores


def _curve(part: DetectorSlice) -> Curve:
    assert part.curve is not None  # noqa: S101 - there are scores
    return part.curve


def _of_scores(part: DetectorSlice, measured: int) -> Coverage:
    """Of items with a verdict: those whose score the number rests on."""
    counts = part.counts
    others = counts.flagged + counts.passed - measured
    unscored = min(part.unscored, others) if part.is_at_log else 0
    return coverage(part, measured, **{OTHERWISE: others - unscored, UNSCORED: unscored or (
        0 if part.is_at_log else part.unscored)})  # fmt: skip


def _scores_method(method: str, part: DetectorSlice) -> str:
    binned = ", scores in about a million bins" if part.is_binned else ""
    return f"{method}{binned}"
