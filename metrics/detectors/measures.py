"""Which function states each number of a detector, and what is its mean over cohorts?"""

from __future__ import annotations

import math
from typing import Final

from metrics.detectors.left_out import coverage
from metrics.detectors.rates import (
    f1,
    false_alarm_share,
    false_negative_rate,
    false_negative_rate_seeded,
    false_positive_rate,
    false_positive_rate_presumed,
    precision,
    recall,
)
from metrics.detectors.score_measures import (
    Compute,
    area,
    brier,
    catch_at_false_positive_rate,
    equal_error_rate,
    false_positive_rate_at_catch,
    false_positive_rate_presumed_at_catch,
    mean_precision,
)
from metrics.detectors.slices import DetectorSlice
from metrics.detectors.stating import as_count, proportion
from metrics.estimate import Coverage, Estimate, Number, Undefined

NO_ITEMS: Final = "it was asked about nothing"


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
    return proportion(known, coverage(part, answered), part.confidence, "it gave no verdict")


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
