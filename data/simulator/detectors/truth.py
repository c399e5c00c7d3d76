"""What is true of detectors and of what they look at, before any log is written?

A detector sees a strength in each item: normal with mean 0 for benign items, and with a higher mean for
attacks (binormal model). It flags from a cut on, so the rate of false alarms and the rate of misses are what
the truth says, and the area under the ROC curve follows. The score that a log shows is a rising function of
the strength.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Final, Literal

Truth = Literal["attack", "benign"]
ScoreKind = Literal["probability", "ordinal", "relative", "other", "none"]
Operator = Literal[">=", ">"]
Surface = Literal["user", "document", "tool_output", "model_output", "memory", "system", "unknown"]

STANDARD: Final = NormalDist()
LEVELS: Final = ("l5_unlikely", "l4_less_likely", "l3_likely", "l2_very_likely", "l1_confident")
LEVEL_STEP: Final = 0.5  # of strength, from one level of an ordinal score to the next


@dataclass(frozen=True)
class Version:
    """A detector between two changes of it."""

    name: str
    threshold: float  # score at the cut
    false_positive_rate: float
    false_negative_rate: float
    by_family: tuple[tuple[str, float], ...] = ()  # rate of misses of some kinds of attack
    starts_at: datetime | None = None  # None = from the beginning
    slope: float = 2.5  # how fast the score rises with the strength

    @property
    def cut(self) -> float:
        """Strength from which it flags."""
        return STANDARD.inv_cdf(1 - self.false_positive_rate)

    def strength(self, family: str | None) -> float:
        """Mean strength of the attacks of a family; of all others, without one."""
        missed = dict(self.by_family).get(family or "", self.false_negative_rate)
        return self.cut - STANDARD.inv_cdf(missed)

    @property
    def area(self) -> float:
        """Area under the ROC curve of attacks of no special family.

        >>> round(Version("v1", 0.5, 0.1, 0.1).area, 3)
        0.965
        """
        return STANDARD.cdf(self.strength(None) / sqrt(2))


@dataclass(frozen=True)
class Detector:
    """Something that looks at items and says what it thinks."""

    name: str
    versions: tuple[Version, ...]
    kind: ScoreKind = "probability"
    operator: Operator = ">="
    shared: float = 0.4  # correlation of its strengths with those of another such detector
    levels: tuple[str, ...] = LEVELS  # of an ordinal score, riskiest last
    flagged_level: int = 2  # place of the first level that is flagged
    saturated_share: float = 0.0  # of the benign items that have the highest score
    error_share: float = 0.0
    skipped_share: float = 0.0

    def version_at(self, moment: datetime | None) -> Version:
        """The version in force at a moment; without one the last."""
        known = [one for one in self.versions if _has_begun(one, moment)]
        return (known or self.versions[:1])[-1]


@dataclass(frozen=True)
class Item:
    """Something that detectors looked at."""

    event_id: str
    truth: Truth
    text: str
    family: str | None = None  # kind of attack
    surface: Surface = "user"
    cohort: str = "traffic"
    conversation_id: str | None = None
    occurred_at: datetime | None = None
    seed_id: str | None = None  # planted, and known to be an attack
    repository: str | None = None


def calibrated(name: str, threshold: float, strength: float, prevalence: float) -> Version:
    """A version whose score is the probability that the item is an attack, where `prevalence` are attacks.

    Bayes' rule for two normals one apart by `strength` makes the log odds a straight line.

    >>> version = calibrated("r1", 0.5, 2.0, 0.5)
    >>> round(version.cut, 3), version.slope, round(version.false_negative_rate, 4)
    (1.0, 2.0, 0.1587)
    """
    cut = (log_odds(threshold) + strength**2 / 2 - log_odds(prevalence)) / strength
    rates = (1 - STANDARD.cdf(cut), STANDARD.cdf(cut - strength))
    return Version(name, threshold, *rates, slope=strength)


def score(version: Version, strength: float) -> float:
    """Score of a strength: the threshold at the cut, and from 0 to 1.

    >>> version = Version("v1", 0.9, 0.05, 0.1)
    >>> round(score(version, version.cut), 6)
    0.9
    """
    return 1 / (1 + exp(-log_odds(version.threshold) - version.slope * (strength - version.cut)))


def log_odds(share: float) -> float:
    """Logarithm of the odds of a probability.

    >>> log_odds(0.5)
    0.0
    """
    return log(share / (1 - share))


def _has_begun(version: Version, moment: datetime | None) -> bool:
    return version.starts_at is None or moment is None or version.starts_at <= moment
