"""How is it defined how much was counted at all?"""

from __future__ import annotations

from typing import Final

from metrics.arms import ALL_SIDES
from metrics.catalogue.metric import Metric
from metrics.measures import merged_pull_request_count
from metrics.shares import EXACT

INVENTORY: Final[tuple[Metric, ...]] = (
    Metric(
        id="merged_pull_request_count",
        title="Merged pull requests by authorship",
        unit="pull requests",
        numerator="merged pull requests of the pilot's repositories",
        denominator="none: every one counts",
        excludes="nothing",
        caveats="Authorship is judged from evidence; unknown means that the author is known to use agents.",
        method=EXACT,
        references=(),
        compute=merged_pull_request_count,
        arms=ALL_SIDES,
        family="inventory",
    ),
)
