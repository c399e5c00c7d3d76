"""How long after its merge is an escape of a change reported?

Only what was found by now has a delay, so a plain median of young changes is too short (right truncation).
Seen backwards in time the delays are truncated on the left, and the product-limit estimator of waits that
are seen only from some hour on gives their distribution: Lagakos, Barraj and De Gruttola (1988), DOI
10.1093/biomet/75.3.515. It is the distribution among escapes that surface within the longest time that any
of them could have been watched; of later ones nothing is known.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import polars as pl

from metrics.escape_measures import escapes_of
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.survival import Waits, kaplan_meier, quantile
from metrics.velocity.medians import values_outside

METHOD: Final = "product limit in reverse time, log-log interval"
NONE_FOUND: Final = "no escape of these changes is known"
SECONDS_PER_DAY: Final = 86_400
# The first day by which half have surfaced; at exactly one half the earlier of two days serves.
HALF: Final = 0.5 + 1e-9
INSTANT: Final = 1e-9  # days: an escape reported at the very moment of judgement was seen


def median_days(of: Slice) -> Number:
    """Days after the merge by which half of the escapes that nobody dismissed were first reported.

    No limits where so few escapes could not even bound the median of plain numbers.
    """
    escapes = escapes_of(of, "not_dismissed")
    coverage = Coverage(escapes.height, escapes.height)
    if escapes.is_empty():
        return Undefined(NONE_FOUND, 0, coverage, "days")
    n, level = escapes.height, of.policy.confidence
    value, low, high = _reached(escapes, of, level)
    if not values_outside(n, level):
        return Estimate(value, None, None, None, "days", METHOD, n, n, n, coverage)
    return Estimate(value, low, high, level, "days", METHOD, n, n, n, coverage)


def delay_days(escapes: pl.DataFrame) -> pl.Series:
    """Days from the merge to the first report; a report that a clock puts before the merge counts as 0."""
    seconds = (pl.col("first_seen_at") - pl.col("merged_at")).dt.total_seconds(fractional=True)
    return escapes.select((seconds / SECONDS_PER_DAY).clip(0).alias("delay_days"))["delay_days"]


def _reached(escapes: pl.DataFrame, of: Slice, level: float) -> tuple[float, float | None, float | None]:
    """The day by which half have surfaced, with its limits; None = no limit that way."""
    watched = (pl.lit(of.as_of) - pl.col("merged_at")).dt.total_seconds(fractional=True) / SECONDS_PER_DAY
    observable = escapes.select(days=watched)["days"].to_numpy()
    longest = float(observable.max())
    backwards = longest - delay_days(escapes).to_numpy()
    waits = Waits(
        backwards,
        np.ones(len(backwards), dtype=np.int64),
        np.minimum(longest - observable, backwards - INSTANT),
    )
    late, latest, earliest = quantile(kaplan_meier(waits), HALF, level)
    return longest - late, _before(longest, earliest), _before(longest, latest)


def _before(longest: float, day: float) -> float | None:
    return None if math.isinf(day) else longest - day
