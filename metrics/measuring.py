"""What did the organisation decide about how velocity and vulnerabilities are measured?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from metrics.detectors.rules import DetectorRules
from metrics.fatigue.rules import FatigueRules
from metrics.working_time import WorkingTime

Clock = Literal["ready", "created"]


@dataclass(frozen=True)
class Measuring:
    """Settings of [velocity], [vulnerabilities], [approvals] and [detectors]; definitions 1 to 4."""

    clock: Clock = "ready"  # what starts the wait: ready for review, or creation
    restricted_mean_days: int = 14  # the mean is taken up to here; without an end there is none
    approved_within_hours: tuple[int, int] = (24, 72)  # the two shares that are shown
    size_bands: tuple[int, ...] = (10, 50, 250, 1000)  # changed lines at which a size band ends
    working: WorkingTime = field(default_factory=WorkingTime)  # hours that the team works
    confidence: float = 0.95  # level of the intervals
    include_tests: bool = False  # count lines of test files as code, for every arm alike
    power: float = 0.8  # chance of seeing a ratio that "could have been seen"
    fatigue: FatigueRules = field(default_factory=FatigueRules)  # when an approval is too fast for a look
    detectors: DetectorRules = field(default_factory=DetectorRules)  # how detectors are measured

    def as_settings(self) -> dict[str, Any]:
        """The settings as JSON values, as they stand beside every number."""
        working = {
            "days": list(self.working.days),
            "start": self.working.start.isoformat("minutes"),
            "end": self.working.end.isoformat("minutes"),
            "timezone": self.working.timezone,
            "holidays": [day.isoformat() for day in self.working.holidays],
        }
        return {**asdict(self), "working": working}


USUAL_MEASURING: Final = Measuring()
