"""What the organisation decided that the gate asks for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from json import dumps
from typing import Final, Literal

Reading = Literal["as_written", "followed_up", "proven"]
READINGS: Final[tuple[Reading, ...]] = ("as_written", "followed_up", "proven")


@dataclass(frozen=True)
class Policy:
    """The gate's settings; definitions section 5 gives the defaults and their reasons."""

    require: Reading = "proven"  # the reading that allows expansion
    escape_rate: float = 0.01  # a sprint must stay strictly below
    sprints: int = 2  # consecutive sprints below it
    follow_up_days: int = 30  # W: how long a sprint is watched before it is mature
    confidence: float = 0.95  # what "proven" means
    minimum_severity: str = "medium"  # findings below it are no escapes
    blocking: tuple[str, ...] = ("no_bypass", "independent_detection")  # criteria that must be met
    include_assisted: bool = False  # count assisted changes as in scope
    detection_share: float = 0.90  # share of changes that post-merge detection must have covered
    critical_stops: bool = True  # one confirmed critical escape is ABOVE_PROVEN by itself
    strict: bool = False  # cap each sprint's evidence at 100 changes
    triage_days: int = 7  # an untriaged finding should not be older

    @property
    def proof(self) -> float:
        """The e-value that counts as proof: 1 / (1 - confidence), 20 at 95 %."""
        return round(1 / (1 - self.confidence), 9)

    @property
    def digest(self) -> str:
        """Twelve characters that change when any setting does."""
        return sha256(dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]
