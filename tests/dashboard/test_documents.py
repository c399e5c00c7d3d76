from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf, nan

from dashboard.documents import plain
from metrics.estimate import Coverage, Estimate, Undefined

NONE_LEFT_OUT = Coverage(96, 96)


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


def test_moments_are_iso_8601_in_utc_and_days_are_days() -> None:
    assert plain(datetime(2026, 8, 17, 12, 30, tzinfo=UTC)) == "2026-08-17T12:30:00Z"
    assert plain(date(2026, 8, 17)) == "2026-08-17"


def test_what_is_infinite_or_no_number_is_null() -> None:
    assert plain([inf, -inf, nan, 1.5, 0]) == [None, None, None, 1.5, 0]


def test_values_nest_by_their_fields() -> None:
    assert plain({"pair": Pair((1, "a"), Pair(None, True))}) == {
        "pair": {"left": [1, "a"], "right": {"left": None, "right": True}}
    }


def test_an_estimate_carries_its_counts_and_no_reason() -> None:
    document = plain(Estimate(1 / 96, 0.0, 0.05, 0.95, "share", "Clopper-Pearson", 1, 96, 96, NONE_LEFT_OUT))
    assert (document["numerator"], document["denominator"], document["n"]) == (1, 96, 96)
    assert document["undefined_reason"] is None


def test_an_undefined_number_is_null_with_its_reason_and_never_zero() -> None:
    document = plain(Undefined("no merged changes", 0, Coverage(0, 0)))
    assert document["value"] is document["numerator"] is document["low"] is None
    assert document["undefined_reason"] == "no merged changes"
