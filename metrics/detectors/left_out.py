"""Which items is a number of a detector about, and why is each of the others left out?

What was an error, was skipped, or has no label that tells is in no rate, and is counted by its reason.
"""

from __future__ import annotations

from metrics.detectors.slices import DetectorSlice, Silent
from metrics.estimate import Coverage

ERROR, SKIPPED, UNLABELLED, UNCLEAR = "error", "skipped", "unlabelled", "unclear label"
PRESUMED, OTHERWISE, UNSCORED = "presumed benign", "not of what the rate rests on", "no score"


def coverage(part: DetectorSlice, measured: int, **left_out: int) -> Coverage:
    """Items that the number rests on, of all that it could; each of the others by its reason."""
    silent = Silent(part.counts.errors, part.counts.skipped, part.unscored)
    return covering(part, measured, silent, **left_out)


def covering(part: DetectorSlice, measured: int, silent: Silent, **left_out: int) -> Coverage:
    """The same, with what gave no answer as it is told."""
    reasons = {
        ERROR: silent.errors,
        SKIPPED: silent.skipped,
        UNSCORED: 0 if part.is_at_log else silent.unscored,
        **left_out,
    }
    excluded = tuple((reason, count) for reason, count in reasons.items() if count)
    return Coverage(measured, measured + sum(count for _, count in excluded), excluded)


def of_truth(part: DetectorSlice, measured: int, every: int) -> Coverage:
    """Of items of one truth; what nobody knows the truth of might have been one of them."""
    counts = part.counts
    left_out = {
        UNLABELLED: counts.unlabelled_flagged + counts.unlabelled_passed,
        UNCLEAR: counts.unclear_flagged + counts.unclear_passed,
        PRESUMED: counts.presumed_flagged + counts.presumed_passed,
        OTHERWISE: max(every - measured, 0),
    }
    return coverage(part, measured, **left_out)


def of_flagged(part: DetectorSlice) -> Coverage:
    """Of flagged items that are known to be an attack or benign."""
    counts, based = part.counts, part.based
    measured = based.true_positives + based.false_positives
    left_out = {
        UNLABELLED: counts.unlabelled_flagged,
        UNCLEAR: counts.unclear_flagged,
        PRESUMED: counts.presumed_flagged,
        OTHERWISE: counts.true_positives + counts.false_positives - measured,
    }
    return coverage(part, measured, **left_out)


def of_attacks(part: DetectorSlice) -> Coverage:
    """Of attacks."""
    return of_truth(part, part.based.attacks, part.counts.attacks)


def of_benign(part: DetectorSlice) -> Coverage:
    """Of items labelled benign."""
    return of_truth(part, part.based.benign, part.counts.benign)
