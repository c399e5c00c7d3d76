"""What every metric returns: a number with its counts and interval, or the reason there is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Coverage:
    """How much of what should have been measured could be.

    >>> Coverage(measured=300, total=400, excluded=(("no ready time", 100),)).share
    0.75
    """

    measured: int  # rows that the number rests on
    total: int  # rows that it should rest on
    excluded: tuple[tuple[str, int], ...] = ()  # reason -> rows left out

    @property
    def share(self) -> float | None:
        """Measured over total, between 0 and 1; None when there was nothing to measure."""
        return self.measured / self.total if self.total else None

    def narrowed(self, measured: int, reason: str) -> Coverage:
        """The same when only some of what was measured can serve.

        >>> Coverage(3, 4, (("cut", 1),)).narrowed(2, "open")
        Coverage(measured=2, total=4, excluded=(('cut', 1), ('open', 1)))
        """
        left_out = self.measured - measured
        more = ((reason, left_out),) if left_out else ()
        return Coverage(measured, self.total, (*self.excluded, *more))

    def with_other(self, other: Coverage) -> Coverage:
        """Both sides of a comparison together.

        >>> Coverage(2, 3, (("open", 1),)).with_other(Coverage(4, 6, (("cut", 1), ("open", 1))))
        Coverage(measured=6, total=9, excluded=(('cut', 1), ('open', 2)))
        """
        reasons = Counter(dict(self.excluded)) + Counter(dict(other.excluded))
        excluded = tuple(sorted(reasons.items()))
        return Coverage(self.measured + other.measured, self.total + other.total, excluded)


@dataclass(frozen=True)
class Estimate:
    """A number that cannot be built without its counts.

    >>> rate = Estimate(0.0104, 0.0, 0.05, 0.95, "share", "Clopper-Pearson", 1, 96, 96, Coverage(96, 96))
    >>> rate.numerator, rate.denominator
    (1, 96)
    """

    value: float
    low: float | None  # lower end of the interval; None = not bounded below by this method
    high: float | None  # upper end; None = not bounded above by this method
    level: float | None  # confidence of the interval, 0..1; None = no interval is meant
    unit: str
    method: str
    numerator: float
    denominator: float
    n: int  # units observed (changes, reviews, findings)
    coverage: Coverage
    unbounded: str | None = None  # why the value is infinite, in words ("not reached"); its low end is known

    def as_json(self) -> dict[str, Any]:
        """The nested shape of design section 5."""
        return {
            "value": self.value, "low": self.low, "high": self.high, "level": self.level,
            "unit": self.unit, "numerator": self.numerator, "denominator": self.denominator,
            "n": self.n, "method": self.method, "undefined_reason": self.unbounded,
        }  # fmt: skip


@dataclass(frozen=True)
class Undefined:
    """A number that does not exist, and why; never shown as 0."""

    reason: str
    n: int
    coverage: Coverage
    unit: str = "share"

    def as_json(self) -> dict[str, Any]:
        """The nested shape of design section 5, with every number null."""
        return {
            "value": None, "low": None, "high": None, "level": None, "unit": self.unit,
            "numerator": None, "denominator": None, "n": self.n, "method": None,
            "undefined_reason": self.reason,
        }  # fmt: skip


Number = Estimate | Undefined
