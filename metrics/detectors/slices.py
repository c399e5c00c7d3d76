"""What is known of one detector version in one part of its verdicts, at its threshold or another?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from metrics.detectors.audits import Audit
from metrics.detectors.curves import Curve, curve
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import Basis, Counts, Part, Scores, Unit


@dataclass(frozen=True)
class Silent:
    """Items without a verdict, or without a score that would give one."""

    errors: int = 0
    skipped: int = 0
    unscored: int = 0


@dataclass(frozen=True, eq=False)
class DetectorSlice:
    """Everything that a metric of detectors looks at.

    `counts` holds every item of the part, for coverage. Rates rest on `based`: labelled sets alone where
    there are any, the traffic that an audit was drawn from, or all of it. Where passed items were not
    labelled by design, `based` holds no false negative and no true negative: they are not known.
    """

    unit: Unit
    part: Part
    threshold: float | None  # at which the verdicts stand; None = not told
    counts: Counts
    based: Counts
    seeds: Counts
    presumed_flagged: int  # of cohorts that pass for benign, but for attacks that were found there
    presumed_passed: int
    scores: Scores | None  # of labelled sets, and of what passes for benign; None = no scores
    score_kind: str  # "none" where there are none, "mixed" where there are several kinds
    is_binned: bool  # there are so many distinct scores that they are counted in bins
    unscored: int  # items with a verdict and no score
    audit: Audit | None
    basis: Basis
    only_flagged: bool  # the log tells of no passed item at all
    rules: DetectorRules
    confidence: float
    is_at_log: bool = True  # at the log's own threshold
    members: tuple[DetectorSlice, ...] = ()  # of a mean: the cohorts
    presumed_silent: Silent = Silent()  # of cohorts that pass for benign
    unknown_passed: int = 0  # what passed and may be an attack of this part: of a family, everything unknown

    @cached_property
    def curve(self) -> Curve | None:
        """Catch and false alarms at each distinct score; None without scores."""
        return None if self.scores is None else curve(self.scores)
