"""Which sprints does the gate rely on, and what does the rule say about each?

Definitions 5: only sprints of the current epoch serve, the rule reads the latest ones that are
neighbours in the calendar, and a sprint must stay strictly below the threshold. Escapes are read
twice: `low` counts confirmed ones, `high` also those that nobody has reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from metrics.gate.policy import Policy
from metrics.gate.states import SprintCount
from metrics.statistics.search import smallest

Band = Literal["low", "high"]
STRICT_CHANGES: Final = 100  # strict mode: what one sprint can count for at most


@dataclass(frozen=True)
class Moment:
    """When and in which circumstances the gate is read."""

    as_of: datetime
    epoch: int  # the current one
    timezone: str = "UTC"  # dates in answers are days in this zone
    unattributed: int = 0  # findings that no change could be charged with
    unusable_scans: int = 0  # scans that could not be read or placed and were never made good
    unread: str = ""  # what the code host says of scans that it does not show; empty = it shows all


@dataclass(frozen=True)
class Run:
    """The sprints of one epoch under one policy, in order."""

    sprints: tuple[SprintCount, ...]
    policy: Policy

    @property
    def closed(self) -> tuple[SprintCount, ...]:
        """Sprints that have ended."""
        return tuple(sprint for sprint in self.sprints if sprint.closed)

    @property
    def mature(self) -> tuple[SprintCount, ...]:
        """Sprints that ended and were watched for the follow-up since."""
        return tuple(sprint for sprint in self.sprints if sprint.mature)

    @property
    def young(self) -> tuple[SprintCount, ...]:
        """Sprints that ended and are still watched: bad news only."""
        return tuple(sprint for sprint in self.closed if not sprint.mature)

    @property
    def relied_on(self) -> tuple[SprintCount, ...]:
        """The latest mature neighbours, at most as many as the rule asks for."""
        return latest_neighbours(self.mature, self.policy.sprints)

    def breaching(self, band: Band) -> tuple[SprintCount, ...]:
        """Sprints that break the rule now: young ones at once, older ones while relied on."""
        return tuple(each for each in (*self.relied_on, *self.young) if self.breaks(each, band))

    def breaks(self, sprint: SprintCount, band: Band) -> bool:
        """Whether a sprint is at or above the threshold; an empty one is not."""
        return breaks(escapes(sprint, band), sprint.changes, self.policy.escape_rate)

    def is_detected(self, sprint: SprintCount) -> bool:
        """Whether enough of a sprint's changes were looked at after merge for its zero to mean something."""
        return sprint.changes > 0 and sprint.detected / sprint.changes >= self.policy.detection_share


def run_of(sprints: Sequence[SprintCount], policy: Policy, epoch: int) -> Run:
    """Sprints that belong to an epoch, in order."""
    own = (sprint for sprint in sprints if sprint.epoch == epoch)
    return Run(tuple(sorted(own, key=lambda sprint: sprint.number)), policy)


def escapes(sprint: SprintCount, band: Band) -> int:
    """Changes with an escape: confirmed ones (low), or also unreviewed ones (high)."""
    return sprint.escapes_low if band == "low" else sprint.escapes_high


def criticals(sprint: SprintCount, band: Band) -> int:
    """Changes with a critical escape: confirmed ones (low), or also unreviewed ones (high)."""
    return sprint.critical if band == "low" else max(sprint.critical, sprint.critical_high)


def breaks(x: int, n: int, p0: float) -> bool:
    """Whether x of n is not strictly below p0. The quotient is compared: p0 * n would round.

    >>> breaks(3, 300, 0.01), breaks(2, 300, 0.01), breaks(0, 0, 0.01)
    (True, False, False)
    """
    return n > 0 and x / n >= p0


def escapes_allowed(n: int, p0: float) -> int:
    """Most escapes with which a sprint of n changes stays strictly below p0.

    >>> escapes_allowed(96, 0.01), escapes_allowed(100, 0.01), escapes_allowed(101, 0.01)
    (0, 0, 1)
    """
    return smallest(lambda x: x / n >= p0, 0) - 1 if n > 0 else 0


def latest_neighbours(sprints: Sequence[SprintCount], count: int) -> tuple[SprintCount, ...]:
    """The last sprints, at most `count`, whose numbers follow each other without a gap."""
    backwards = tuple(reversed(sprints))[:count]
    neighbours = [each for back, each in enumerate(backwards) if each.number == backwards[0].number - back]
    return tuple(reversed(neighbours))
