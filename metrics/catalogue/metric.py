"""What does every metric of the catalogue say of itself?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from metrics.estimate import Number
from metrics.measures import Slice

Family = Literal["escapes", "oversight", "velocity", "vulnerabilities", "approvals", "inventory"]
FAMILIES: Final[dict[Family, str]] = {
    "escapes": "Security escapes",
    "oversight": "Oversight of merges",
    "velocity": "Approval velocity",
    "vulnerabilities": "Vulnerabilities per KLOC",
    "approvals": "Fast approvals",
    "inventory": "What was counted",
}
Better = Literal["lower", "higher", "neither"]
SAMENESS: Final = "Teams choose what they give to agents; arms may be scanned differently."
CLOPPER_PEARSON: Final = "Clopper and Pearson 1934, DOI 10.1093/biomet/26.4.404"
NEWCOMBE_1998: Final = "Newcombe 1998, DOI 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"


@dataclass(frozen=True)
class Metric:
    """One number of the product, with its definition."""

    id: str
    title: str
    unit: str
    numerator: str
    denominator: str
    excludes: str
    caveats: str
    method: str
    references: tuple[str, ...]
    compute: Callable[[Slice], Number]
    family: Family
    arms: tuple[str, ...] = ("agent",)
    better: Better = "neither"  # which way is good news
    by_agent: bool = False  # also stated for each agent of the arm
    is_quotient: bool = True  # the value is numerator over denominator
