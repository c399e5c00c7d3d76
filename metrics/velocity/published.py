"""What would a study of closed pull requests publish about these?

For comparison with published figures, and named as what they are: whoever still waits is left out, so
every wait looks shorter than it is, the more so the younger the window. A window holds what was opened in
it, as studies do; who waited from before is no part of it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.estimate import Number, Undefined
from metrics.measures import Slice
from metrics.shares import share
from metrics.velocity.drafts import wall_hours
from metrics.velocity.measures import stated_median
from metrics.velocity.samples import NOT_IN_SCOPE, Sample, timed

NONE_CLOSED_SO: Final = "none of the pull requests of this window was {what}"


def merged_share(of: Slice) -> Number:
    """Merged pull requests of all that were opened, drafts and open ones among them."""
    sample = Sample.of(of.opened.select("left_out", "merged_at").collect(), NOT_IN_SCOPE)
    merged = sample.count(pl.col("merged_at").is_not_null())
    return share(merged, sample.coverage, of.measuring.confidence, sample.nothing("share").reason)


def median_hours_to_merge_closed_only(of: Slice) -> Number:
    """Median hours from creation to merge, of what merged."""
    return _closed_only(of, "hours_to_merge_from_creation", "merged")


def median_hours_to_reject_closed_only(of: Slice) -> Number:
    """Median hours from creation to closing, of what was closed unmerged."""
    return _closed_only(of, "hours_to_reject_from_creation", "closed unmerged")


def median_hours_to_approval_approved_only(of: Slice) -> Number:
    """Median hours from the clock to the first approval, of what was approved; spells as a draft count in.

    Approvals before the clock started count as 0 hours.
    """
    sample = timed(of.opened.select("left_out", "outcome", "clock_at", "approved_at").collect())
    hours = wall_hours(sample.rows["clock_at"], sample.rows["approved_at"]).clip(0)
    return _median_of(of, sample, hours, "approved")


def _closed_only(of: Slice, column: str, what: str) -> Number:
    sample = Sample.of(of.opened.select("left_out", column).collect(), NOT_IN_SCOPE)
    return _median_of(of, sample, sample.rows[column], what)


def _median_of(of: Slice, sample: Sample, hours: pl.Series, what: str) -> Number:
    """The median of the hours that are not null; counts are how many of the sample those are."""
    known = hours.drop_nulls()
    if not sample.n:
        return sample.nothing("hours")
    if not len(known):
        return Undefined(NONE_CLOSED_SO.format(what=what), 0, sample.coverage, "hours")
    return stated_median(known, sample, of.measuring.confidence)
