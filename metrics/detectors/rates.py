"""How often does a detector err either way, and how is that known?

Definitions 4: where passed items were not labelled by design, misses are not identifiable: labels on flagged
items alone would show none by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from metrics.detectors.audits import Audit, Share
from metrics.detectors.drawing_precision import USUAL_FNR, Assumed, needed_size
from metrics.detectors.left_out import (
    ERROR,
    OTHERWISE,
    SKIPPED,
    UNCLEAR,
    covering,
    of_attacks,
    of_benign,
    of_flagged,
    of_truth,
)
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.stating import as_count, in_words, limits, proportion
from metrics.detectors.values import Counts
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.auditing import bounds_without_audit

NO_ATTACK: Final = "no item with a verdict is known to be an attack"
NO_BENIGN: Final = "no item with a verdict is known to be benign"
NO_PRESUMED: Final = "no item passes for benign here"
NO_REVIEW: Final = "nothing that it flagged is known to be an attack or benign"
NO_F1: Final = "there are no attacks and no false alarms"
NO_SEED: Final = "no planted item got a verdict"
REVIEWED_ABOVE: Final = (
    "what it flagged was reviewed from the log's threshold on, so nothing is known below it"
)
AT_ANOTHER: Final = "the audit was drawn at the log's own threshold, so that it tells nothing of another"
NOT_MET: Final = "since the audit met no attack of this kind"
OF_AUDIT: Final = "not stated of a sampled audit"
NOT_BY_FALSE_ALARMS: Final = (
    "not identifiable: passed items were not labelled by design, so how many of them are benign is not known"
)
BY_FLAG: Final = "labelled because it was flagged"


def false_positive_rate(part: DetectorSlice) -> Number:
    """Benign items that it flagged: FP / (FP + TN)."""
    if part.basis == "labelled set":
        return _of_set(part.based.false_positives, of_benign(part), part, NO_BENIGN)
    audit = part.audit
    if audit is None:
        return Undefined(NOT_BY_FALSE_ALARMS, 0, of_benign(part).narrowed(0, BY_FLAG))
    beyond = part.counts.attacks - audit.inside.attacks
    return _audited(part, audit, audit.false_alarm_rate, beyond)


def false_negative_rate(part: DetectorSlice) -> Number:
    """Attacks that it let pass: FN / (TP + FN), or why that is not known."""
    audit = part.audit
    if part.basis == "labelled set":
        stated = _of_set(part.based.false_negatives, of_attacks(part), part, NO_ATTACK)
        return stated if audit is None or part.part.by != "family" else in_words(stated, NOT_MET)
    if audit is None:
        return Undefined(_not_identifiable(part), 0, of_attacks(part).narrowed(0, BY_FLAG))
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
    coverage = covering(part, measured, part.presumed_silent)
    stated = proportion(part.presumed_flagged, coverage, part.confidence, NO_PRESUMED)
    reviewed = measured - part.counts.presumed_flagged - part.counts.presumed_passed
    more = f", {reviewed:,} of them labelled" if reviewed > 0 else ""
    return in_words(stated, f"presumed benign{more}")


def false_negative_rate_seeded(part: DetectorSlice) -> Number:
    """Planted attacks that it let pass."""
    seeds = part.seeds
    left_out = (
        (ERROR, seeds.errors), (SKIPPED, seeds.skipped),
        (UNCLEAR, seeds.unclear_flagged + seeds.unclear_passed),
    )  # fmt: skip
    excluded = tuple(each for each in left_out if each[1])
    coverage = Coverage(seeds.attacks, seeds.attacks + sum(count for _, count in excluded), excluded)
    return in_words(proportion(seeds.false_negatives, coverage, part.confidence, NO_SEED), "seeded")


def false_alarm_share(part: DetectorSlice) -> Number:
    """False alarms among its alarms: FP / (TP + FP)."""
    return _of_alarms(part.based.false_positives, part)


def precision(part: DetectorSlice) -> Number:
    """Attacks among its alarms: TP / (TP + FP)."""
    return _of_alarms(part.based.true_positives, part)


def _of_alarms(numerator: int, part: DetectorSlice) -> Number:
    """Of alarms that were labelled; below the log's threshold nobody reviewed them as such."""
    coverage, threshold, usual = of_flagged(part), part.threshold, part.unit.threshold
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
    coverage = of_truth(
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
    return in_words(
        stated, part.basis if part.basis == "labelled set" else "flagged items that were labelled"
    )


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
    more = ((ERROR, counts.errors), (SKIPPED, counts.skipped), (OTHERWISE, outside))
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
