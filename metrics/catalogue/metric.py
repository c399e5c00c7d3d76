"""What does every metric of the catalogue say of itself?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from metrics.detectors.slices import DetectorSlice
from metrics.detectors.values import By
from metrics.estimate import Number
from metrics.measures import Slice

Family = Literal["escapes", "oversight", "velocity", "vulnerabilities", "approvals", "detectors", "inventory"]
FAMILIES: Final[dict[Family, str]] = {
    "escapes": "Security escapes",
    "oversight": "Oversight of merges",
    "velocity": "Approval velocity",
    "vulnerabilities": "Vulnerabilities per KLOC",
    "approvals": "Fast approvals",
    "detectors": "Detectors of attacks",
    "inventory": "What was counted",
}
Better = Literal["lower", "higher", "neither"]
SAMENESS: Final = "Teams choose what they give to agents; arms may be scanned differently."
CLOPPER_PEARSON: Final = "Clopper and Pearson 1934, DOI 10.1093/biomet/26.4.404"
NEWCOMBE_1998: Final = "Newcombe 1998, DOI 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a number of the product says of itself, whatever it is worked out from."""

    id: str
    title: str
    unit: str
    numerator: str
    denominator: str
    excludes: str
    caveats: str
    method: str
    references: tuple[str, ...]
    family: Family
    better: Better = "neither"  # which way is good news
    is_quotient: bool = True  # the value is numerator over denominator


@dataclass(frozen=True, kw_only=True)
class Metric(Described):
    """One number of the product about an arm of a pilot, with its definition."""

    compute: Callable[[Slice], Number]
    arms: tuple[str, ...] = ("agent",)
    by_agent: bool = False  # also stated for each agent of the arm


@dataclass(frozen=True, kw_only=True)
class DetectorMetric(Described):
    """One number about a version of a detector at its threshold, with its definition."""

    compute: Callable[[DetectorSlice], Number]
    parts: tuple[By, ...]  # of its verdicts, for which the number is stated
    is_at_other_thresholds: bool = False  # also stated at the thresholds that the settings name
    family: Family = "detectors"
