"""Which share of attacks passed, by the items of a draw that are settled so far?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metrics.detectors.drawing_precision import Caught
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.auditing import Stratum, false_negative_rate

NONE_DONE: Final = "no item of a stratum has been settled yet"
NONE_CAUGHT: Final = "nothing that it flagged is an attack, and no miss was found"
NOT_REVIEWED: Final = "nobody has reviewed what it flagged, so how many attacks it caught is not known"
UNSETTLED: Final = "drawn, not settled yet"


def reached(strata: Sequence[Stratum], caught: Caught, level: float) -> Number:
    """The miss rate by what is settled, or why it cannot be told.

    Parameters
    ----------
    strata
        With the settled items as those that were sampled; chance ordered the queue, so they are a sample.
    caught
        What was flagged; alarms that nobody reviewed are taken to be attacks as often as those reviewed.
    """
    drawn = sum(each.population for each in strata)
    done = sum(each.sampled for each in strata)
    coverage = Coverage(done, drawn)
    if any(not each.sampled for each in strata):
        return Undefined(NONE_DONE, done, coverage)
    if caught.flagged and not caught.reviewed:
        return Undefined(NOT_REVIEWED, done, coverage)
    found = false_negative_rate(strata, round(caught.count), level)
    if found.value is None:
        return Undefined(NONE_CAUGHT, done, coverage)
    return Estimate(
        found.value, found.low, found.high, level, "share", found.method,
        found.missed, found.missed + caught.count, done, coverage,
    )  # fmt: skip
