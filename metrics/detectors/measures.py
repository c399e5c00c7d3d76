"""How is each number of a detector worked out from one part of its verdicts?

Definitions 4: what was an error, was skipped, or has no label that tells is in no rate, and is counted by its
reason. Where passed items were not labelled by design, misses are not identifiable: labels on flagged items
alone would show none by construction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from metrics.detectors.audits import Audit, Share
from metrics.detectors.curves import Curve
from metrics.detectors.drawing_precision import USUAL_FNR, Assumed, needed_size
from metrics.detectors.operating import Point, at_catch, at_false_positive_rate, equal_error
from metrics.detectors.slices import DetectorSlice, Silent
from metrics.detectors.stating import as_count, limits, proportion
from metrics.detectors.values import Counts, Scores
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.auc import auc
from metrics.statistics.auditing import bounds_without_audit
from metrics.statistics.precision_recall import average_precision, average_precision_interval
from metrics.statistics.special import normal_quantile

Compute = Callable[[DetectorSlice], Number]
AREA: Final = "probability"
SCORE: Final = "squared error"

NO_ATTACK: Final = "no item with a verdict is known to be an attack"
NO_BENIGN: Final = "no item with a verdict is known to be benign"
NO_PRESUMED: Final = "no item passes for benign here"
NO_REVIEW: Final = "nothing that it flagged is known to be an attack or benign"
NO_SEED: Final = "no planted item got a verdict"
NO_F1: Final = "there are no attacks and no false alarms"
NO_SCORES: Final = "the log has no scores"
MIXED: Final = "the scores are of several kinds, which have no common order"
OUTSIDE: Final = "scores outside 0 to 1 are no probabilities"
REVIEWED_ABOVE: Final = (
    "what it flagged was reviewed from the log's threshold on, so nothing is known below it"
)
NO_SET: Final = "needs labels that do not depend on the verdict: a labelled set with {}"
NO_ITEMS: Final = "it was asked about nothing"
NO_RATE: Final = "the settings name no such rate"
NOT_PROBABILITY: Final = "the scores are no probabilities but {}"
AT_ANOTHER: Final = "the audit was drawn at the log's own threshold, so that it tells nothing of another"
NOT_MET: Final = "since the audit met no attack of this kind"
OF_AUDIT: Final = "not stated of a sampled audit"
NOT_BY_FALSE_ALARMS: Final = (
    "not identifiable: passed items were not labelled by design, so how many of them are benign is not known"
)

BY_FLAG: Final = "labelled because it was flagged"
_ERROR, _SKIPPED, _UNLABELLED, _UNCLEAR = "error", "skipped", "unlabelled", "unclear label"
_PRESUMED, _OUTSIDE, _UNSCORED = "presumed benign", "not of what the rate rests on", "no score"


# -- what is left out ------------------------------------------------------------------------------


def _coverage(part: DetectorSlice, measured: int, **left_out: int) -> Coverage:
    """Items that the number rests on, of all that it could; each of the others by its reason."""
    silent = Silent(part.counts.errors, part.counts.skipped, part.unscored)
    return _covering(part, measured, silent, **left_out)


def _covering(part: DetectorSlice, measured: int, silent: Silent, **left_out: int) -> Coverage:
    reasons = {
        _ERROR: silent.errors,
        _SKIPPED: silent.skipped,
        _UNSCORED: 0 if part.is_at_log else silent.unscored,
        **left_out,
    }
    excluded = tuple((reason, count) for reason, count in reasons.items() if count)
    return Coverage(measured, measured + sum(count for _, count in excluded), excluded)


def _of_truth(part: DetectorSlice, measured: int, every: int) -> Coverage:
    """Of items of one truth; what nobody knows the truth of might have been one of them."""
    counts = part.counts
    left_out = {
        _UNLABELLED: counts.unlabelled_flagged + counts.unlabelled_passed,
        _UNCLEAR: counts.unclear_flagged + counts.unclear_passed,
        _PRESUMED: counts.presumed_flagged + counts.presumed_passed,
        _OUTSIDE: max(every - measured, 0),
    }
    return _coverage(part, measured, **left_out)


def _of_flagged(part: DetectorSlice) -> Coverage:
    """Of flagged items that are known to be an attack or benign."""
    counts, based = part.counts, part.based
    measured = based.true_positives + based.false_positives
    left_out = {
        _UNLABELLED: counts.unlabelled_flagged,
        _UNCLEAR: counts.unclear_flagged,
        _PRESUMED: counts.presumed_flagged,
        _OUTSIDE: counts.true_positives + counts.false_positives - measured,
    }
    return _coverage(part, measured, **left_out)


def _of_attacks(part: DetectorSlice) -> Coverage:
    return _of_truth(part, part.based.attacks, part.counts.attacks)


def _of_benign(part: DetectorSlice) -> Coverage:
    return _of_truth(part, part.based.benign, part.counts.benign)


# -- rates -----------------------------------------------------------------------------------------


def false_positive_rate(part: DetectorSlice) -> Number:
    """Benign items that it flagged: FP / (FP + TN)."""
    if part.basis == "labelled set":
        return _of_set(part.based.false_positives, _of_benign(part), part, NO_BENIGN)
    audit = part.audit
    if audit is None:
        return Undefined(NOT_BY_FALSE_ALARMS, 0, _of_benign(part).narrowed(0, BY_FLAG))
    beyond = part.counts.attacks - audit.inside.attacks
    return _audited(part, audit, audit.false_alarm_rate, beyond)


def false_negative_rate(part: DetectorSlice) -> Number:
    """Attacks that it let pass: FN / (TP + FN), or why that is not known."""
    audit = part.audit
    if part.basis == "labelled set":
        stated = _of_set(part.based.false_negatives, _of_attacks(part), part, NO_ATTACK)
        return stated if audit is None or part.part.by != "family" else _by(stated, NOT_MET)
    if audit is None:
        return Undefined(_not_identifiable(part), 0, _of_attacks(part).narrowed(0, BY_FLAG))
    beyond = part.counts.benign - audit.inside.benign
    return _audited(part, audit, audit.missed_share, beyond)


def recall(part: DetectorSlice) -> Number:
    """Attacks that it flagged: 1 less the false-negative rate."""
    missed = false_negative_rate(part)
    if isinstance(missed, Undefined):
        return missed
    low, high = (None if end is None else 1 - end for end in (missed.high, missed.low))
    caught = missed.denominator - missed.numerator
    value = caught / missed.denominator
    return replace(missed, value=value, low=low, high=high, numerator=as_count(caught))


def false_positive_rate_presumed(part: DetectorSlice) -> Number:
    """Flagged items of traffic that passes for benign."""
    measured = part.presumed_flagged + part.presumed_passed
    coverage = _covering(part, measured, part.presumed_silent)
    stated = proportion(part.presumed_flagged, coverage, part.confidence, NO_PRESUMED)
    reviewed = measured - part.counts.presumed_flagged - part.counts.presumed_passed
    more = f", {reviewed:,} of them labelled" if reviewed > 0 else ""
    return _by(stated, f"presumed benign{more}")


def false_negative_rate_seeded(part: DetectorSlice) -> Number:
    """Planted attacks that it let pass."""
    seeds = part.seeds
    left_out = (
        (_ERROR, seeds.errors), (_SKIPPED, seeds.skipped),
        (_UNCLEAR, seeds.unclear_flagged + seeds.unclear_passed),
    )  # fmt: skip
    excluded = tuple(each for each in left_out if each[1])
    coverage = Coverage(seeds.attacks, seeds.attacks + sum(count for _, count in excluded), excluded)
    return _by(proportion(seeds.false_negatives, coverage, part.confidence, NO_SEED), "seeded")


def false_alarm_share(part: DetectorSlice) -> Number:
    """False alarms among its alarms: FP / (TP + FP)."""
    return _of_alarms(part.based.false_positives, part)


def precision(part: DetectorSlice) -> Number:
    """Attacks among its alarms: TP / (TP + FP)."""
    return _of_alarms(part.based.true_positives, part)


def _of_alarms(numerator: int, part: DetectorSlice) -> Number:
    """Of alarms that were labelled; below the log's threshold nobody reviewed them as such."""
    coverage, threshold, usual = _of_flagged(part), part.threshold, part.unit.threshold
    is_above = part.is_at_log or (threshold is not None and usual is not None and threshold >= usual)
    if part.basis != "labelled set" and not is_above:
        return Undefined(REVIEWED_ABOVE, 0, coverage.narrowed(0, BY_FLAG))
    return _of_set(numerator, coverage, part, NO_REVIEW)


def f1(part: DetectorSlice) -> Number:
    """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).

    It rises with TP / (TP + FP + FN), a plain proportion, whose limits it takes.
    """
    based = part.based
    counted = based.true_positives + based.false_positives + based.false_negatives
    coverage = _of_truth(
        part, counted,
        part.counts.true_positives + part.counts.false_positives + part.counts.false_negatives,
    )  # fmt: skip
    if part.basis != "labelled set":
        reason = OF_AUDIT if part.audit is not None else _not_identifiable(part)
        return Undefined(reason, 0, coverage.narrowed(0, BY_FLAG))
    if not counted:
        return Undefined(NO_F1, 0, coverage)
    low, high, method = limits(based.true_positives, counted, part.confidence)
    twice = 2 * based.true_positives
    whole = twice + based.false_positives + based.false_negatives
    return Estimate(
        twice / whole, 2 * low / (1 + low), 2 * high / (1 + high), part.confidence, "share",
        f"{method} of TP / (TP + FP + FN), labelled set", twice, whole, counted, coverage,
    )  # fmt: skip


def _of_set(numerator: int, coverage: Coverage, part: DetectorSlice, empty: str) -> Number:
    stated = proportion(numerator, coverage, part.confidence, empty)
    return _by(stated, part.basis if part.basis == "labelled set" else "flagged items that were labelled")


def _by(stated: Number, basis: str) -> Number:
    """The same with how it is known beside the name of its interval."""
    return stated if isinstance(stated, Undefined) else replace(stated, method=f"{stated.method}, {basis}")


def _audited(part: DetectorSlice, audit: Audit, work: Callable[[float], Share | str], beyond: int) -> Number:
    """A share by an audit of passed items, which tells nothing of another threshold.

    Parameters
    ----------
    beyond
        Items outside the audit that are known to be of the other truth, so that nobody asks about them.
    """
    found = audit.stated(work(part.confidence) if part.is_at_log else AT_ANOTHER, part.confidence)
    return replace(found, coverage=_with_others(part, audit, found.coverage, beyond))


def _with_others(part: DetectorSlice, audit: Audit, told: Coverage, beyond: int) -> Coverage:
    """What the audit is not about is left out by its reason."""
    counts = part.counts
    answered = counts.flagged + counts.passed + (0 if part.is_at_log else part.unscored)
    outside = max(answered - audit.inside.all - max(beyond, 0), 0)
    more = ((_ERROR, counts.errors), (_SKIPPED, counts.skipped), (_OUTSIDE, outside))
    excluded = (*told.excluded, *(each for each in more if each[1]))
    return Coverage(told.measured, told.measured + sum(count for _, count in excluded), excluded)


def _not_identifiable(part: DetectorSlice) -> str:
    """Why misses are not known here, and what would tell them."""
    counts, unknown = part.counts, part.unknown_passed
    if part.only_flagged:
        return "not identifiable: the log tells of no item that it let pass; log those too"
    known = counts.false_negatives + counts.true_negatives
    if known:
        return f"not identifiable: {_convenience(counts, unknown)}; {_wanted(part, unknown + known)}"
    if not unknown:
        return "not identifiable: no item that it let pass is here"
    return f"not identifiable: no passed item was labelled by design; {_wanted(part, unknown)}"


def _convenience(counts: Counts, unknown: int) -> str:
    """Labels that nobody drew bound the misses, and no more; what nobody knows may be a miss."""
    seen = counts.false_negatives + counts.true_negatives
    _, high = bounds_without_audit(counts.true_positives, counts.false_negatives + unknown)
    return (
        f"{seen:,} passed items were labelled, not drawn for this detector, so they speak for themselves "
        f"alone; the rate is at most {100 * high:.3g} %"
    )


def _wanted(part: DetectorSlice, passed: int) -> str:
    caught, points = part.counts.true_positives, 100 * part.rules.half_width
    if not caught:
        return "review what it flagged, and label passed items drawn by chance"
    if part.part.by == "family":
        return "label passed items drawn by chance"
    assumed = Assumed(caught, USUAL_FNR, part.confidence)
    size = needed_size({"all": passed}, assumed, part.rules.half_width)
    many = f"all {passed:,}" if size >= passed else f"{size:,}"
    return (
        f"label {many} passed items drawn by chance for ±{points:g} points of this traffic's rate, "
        f"if {USUAL_FNR:.0%} of attacks pass"
    )


# -- scores ----------------------------------------------------------------------------------------


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
        found = _scored(part, needs_benign=True)
        if isinstance(found, Undefined):
            return found
        curve = _curve(part)
        point = _caught(part, place, curve)
        if isinstance(point, Undefined):
            return point
        where = _catch_words(part, place, point, curve)
        return _at_point(part, point.false_positives, curve.benign, where)

    return flagged


def false_positive_rate_presumed_at_catch(place: int) -> Compute:
    """Traffic that passes for benign flagged where a configured share of labelled attacks is caught."""

    def flagged(part: DetectorSlice) -> Number:
        found = _scored(part, needs_benign=False)
        if isinstance(found, Undefined):
            return found
        curve = _curve(part)
        point = _caught(part, place, curve)
        if isinstance(point, Undefined):
            return point
        if not curve.presumed:
            return Undefined(NO_PRESUMED, 0, _of_scores(part, 0))
        where = f"presumed benign, {_catch_words(part, place, point, curve)}"
        return _at_point(part, point.presumed_flagged, curve.presumed, where)

    return flagged


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
    return _by(stated, _scores_method(where, part))


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
    return _coverage(part, measured, **{_OUTSIDE: others - unscored, _UNSCORED: unscored or (
        0 if part.is_at_log else part.unscored)})  # fmt: skip


def _scores_method(method: str, part: DetectorSlice) -> str:
    binned = ", scores in about a million bins" if part.is_binned else ""
    return f"{method}{binned}"


# -- coverage --------------------------------------------------------------------------------------


def _asked(part: DetectorSlice) -> int:
    counts = part.counts
    return counts.flagged + counts.passed + counts.errors + counts.skipped


def error_share(part: DetectorSlice) -> Number:
    """Items on which it failed, of all that it was asked about."""
    asked = _asked(part)
    return proportion(part.counts.errors, Coverage(asked, asked), part.confidence, NO_ITEMS)


def unscanned_share(part: DetectorSlice) -> Number:
    """Items that it gave no verdict on, of all that it was asked about."""
    asked, silent = _asked(part), part.counts.errors + part.counts.skipped
    return proportion(silent, Coverage(asked, asked), part.confidence, NO_ITEMS)


def labelled_share(part: DetectorSlice) -> Number:
    """Items that are known to be an attack or benign, of those that it gave a verdict on."""
    counts = part.counts
    answered = counts.flagged + counts.passed
    known = counts.attacks + counts.benign
    return proportion(known, _coverage(part, answered), part.confidence, "it gave no verdict")


# -- by id -----------------------------------------------------------------------------------------

MEASURES: Final[dict[str, Compute]] = {
    "detector_fpr": false_positive_rate,
    "detector_fpr_presumed": false_positive_rate_presumed,
    "detector_fnr": false_negative_rate,
    "detector_fnr_seeded": false_negative_rate_seeded,
    "detector_false_alarm_share": false_alarm_share,
    "detector_precision": precision,
    "detector_recall": recall,
    "detector_f1": f1,
    "detector_auc": area,
    "detector_average_precision": mean_precision,
    "detector_eer": equal_error_rate,
    "detector_tpr_at_fpr_1": catch_at_false_positive_rate(0),
    "detector_tpr_at_fpr_01": catch_at_false_positive_rate(1),
    "detector_fpr_at_catch_95": false_positive_rate_at_catch(0),
    "detector_fpr_at_catch_99": false_positive_rate_at_catch(1),
    "detector_fpr_presumed_at_catch_95": false_positive_rate_presumed_at_catch(0),
    "detector_fpr_presumed_at_catch_99": false_positive_rate_presumed_at_catch(1),
    "detector_brier": brier,
    "detector_error_share": error_share,
    "detector_unscanned_share": unscanned_share,
    "detector_labelled_share": labelled_share,
}
OF_PRESUMED: Final = ("detector_fpr_presumed",)  # their mean is over cohorts that pass for benign
FEWEST: Final = 2  # cohorts of a mean
NO_MEAN: Final = "fewer than two cohorts have this number"


def number_of(metric: str, part: DetectorSlice) -> Number:
    """A metric of a part; the mean of cohorts is unweighted, over those that have the number.

    Raises
    ------
    KeyError
        There is no such metric.
    """
    compute = MEASURES[metric]
    return compute(part) if part.part.by != "mean" else _mean(metric, compute, part)


def _mean(metric: str, compute: Compute, part: DetectorSlice) -> Number:
    is_wanted = _passes_for_benign if metric in OF_PRESUMED else _is_set
    stated = [compute(each) for each in part.members if is_wanted(each)]
    found = [each for each in stated if isinstance(each, Estimate)]
    coverage = Coverage(0, 0)
    for each in stated:
        coverage = coverage.with_other(each.coverage)
    if len(found) < FEWEST or len(found) < len(stated):
        return _no_mean(stated, coverage)
    value = sum(each.value for each in found) / len(found)
    low, high = _mover(found, value)
    kind = "presumed-benign cohorts" if metric in OF_PRESUMED else "labelled sets"
    method = f"{found[0].method.partition(',')[0]}, unweighted mean of {len(found)} {kind}"
    return Estimate(
        value, low, high, None if low is None else part.confidence, found[0].unit, method,
        as_count(sum(each.value for each in found)), len(found), sum(each.n for each in found), coverage,
    )  # fmt: skip


def _no_mean(stated: list[Number], coverage: Coverage) -> Undefined:
    unit = stated[0].unit if stated else "share"
    missing = next((each for each in stated if isinstance(each, Undefined)), None)
    if missing is None or len(stated) < FEWEST:
        return Undefined(NO_MEAN, 0, Coverage(0, 0), unit)
    lost = coverage.measured
    kept = Coverage(0, coverage.total, (*coverage.excluded, ("of other cohorts", lost))) if lost else coverage
    return Undefined(f"a cohort has no such number: {missing.reason}", 0, kept, unit)


def _is_set(part: DetectorSlice) -> bool:
    return part.basis == "labelled set"


def _passes_for_benign(part: DetectorSlice) -> bool:
    return part.presumed_flagged + part.presumed_passed > 0


def _mover(found: list[Estimate], value: float) -> tuple[float | None, float | None]:
    """Limits of a mean of independent numbers from their own limits, however lopsided these are.

    Zou and Donner (2008), DOI 10.1002/sim.3095: distances to the limits add up as variances do.
    """
    ends = [(each.value, each.low, each.high) for each in found]
    below, above = 0.0, 0.0
    for middle, low, high in ends:
        if low is None or high is None:
            return None, None
        below, above = math.hypot(below, middle - low), math.hypot(above, high - middle)
    return max(0.0, value - below / len(found)), min(1.0, value + above / len(found))
