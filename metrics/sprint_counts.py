"""How many changes, escapes and looks does each sprint of a pilot have?

Definitions 5: a change belongs to the sprint in which it merged; what was found later counts for
that sprint. `first_published` counts by events known on the day the sprint closed, so that a
number that has moved since can be shown beside the one that was first seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from metrics.escapes import STANDINGS
from metrics.estimate import Coverage, Number
from metrics.features import SCANS_UNREAD
from metrics.gate.policy import Policy
from metrics.gate.states import FirstPublished, SprintCount
from metrics.refusals import explained, said
from metrics.shares import escape_share

_COUNTED: Final = ("bypassed", "detected", "independent")
Counts = Mapping[str, Any]  # counts, and the words of what could not be read


@dataclass(frozen=True)
class Place:
    """Where a sprint lies in time and in the run of evidence."""

    number: int  # from 1
    start: datetime  # UTC
    end: datetime  # UTC, exclusive
    epoch: int | None  # None = straddles a change of epoch
    closed: bool
    mature: bool


def count_sprints(
    changes: pl.DataFrame,
    places: tuple[Place, ...],
    coverage: Callable[[datetime, datetime], Coverage],
    policy: Policy,
) -> tuple[SprintCount, ...]:
    """Count every sprint that has started; no nowcast yet.

    Parameters
    ----------
    changes
        From :func:`metrics.escapes.described`.
    coverage
        What was in scope between two moments (:meth:`metrics.scope.Scope.coverage`).
    """
    counts = _counts(changes)
    return tuple(
        _sprint(place, counts.get(place.number, {}), coverage(place.start, place.end), policy)
        for place in places
    )


def recount_without_late(
    sprints: tuple[SprintCount, ...], changes: pl.DataFrame, policy: Policy
) -> tuple[SprintCount, ...]:
    """The same sprints if dismissals made after a sprint had closed did not count."""
    counts = _counts(changes)
    return tuple(_with_standing(sprint, counts.get(sprint.number, {}), policy) for sprint in sprints)


def _counts(changes: pl.DataFrame) -> dict[int, Counts]:
    """Per sprint: changes, and changes of each kind under each standing of the decisions."""
    kinds = [_low(suffix) for suffix, _ in STANDINGS] + [_high(suffix) for suffix, _ in STANDINGS]
    critical = [pl.col(f"critical{suffix}").sum() for suffix, _ in STANDINGS]
    critical += [_critical_high(suffix) for suffix, _ in STANDINGS]
    rows = (
        changes.filter(pl.col("sprint").is_not_null())
        .group_by("sprint")
        .agg(*kinds, *critical, pl.col(_COUNTED).sum(), _unread(), changes=pl.len())
    )
    return {row["sprint"]: row for row in rows.iter_rows(named=True)}


def _unread() -> pl.Expr:
    return pl.col(SCANS_UNREAD).drop_nulls().unique().sort()


def _rate(escaped: int, looked: bool, counts: Counts, stated: tuple[Coverage, Policy]) -> Number:  # noqa: FBT001
    coverage, policy = stated
    found = escape_share(escaped, looked, coverage, policy.confidence)
    return explained(found, said(counts.get(SCANS_UNREAD, ())))


def _low(suffix: str) -> pl.Expr:
    return pl.col(f"escaped_confirmed{suffix}").sum().alias(f"low{suffix}")


def _high(suffix: str) -> pl.Expr:
    either = pl.col(f"escaped_confirmed{suffix}") | pl.col(f"escaped_unreviewed{suffix}")
    return either.sum().alias(f"high{suffix}")


def _critical_high(suffix: str) -> pl.Expr:
    either = pl.col(f"critical{suffix}") | pl.col(f"critical_unreviewed{suffix}")
    return either.sum().alias(f"critical_high{suffix}")


def _sprint(place: Place, counts: Counts, coverage: Coverage, policy: Policy) -> SprintCount:
    low, high = counts.get("low", 0), counts.get("high", 0)
    looked = counts.get("detected", 0) > 0
    return SprintCount(
        number=place.number,
        start=place.start,
        end=place.end,
        closed=place.closed,
        mature=place.mature,
        epoch=place.epoch,
        changes=counts.get("changes", 0),
        escapes_low=low,
        escapes_high=high,
        critical=counts.get("critical", 0),
        bypasses=counts.get("bypassed", 0),
        detected=counts.get("detected", 0),
        independent=counts.get("independent", 0),
        rate=_rate(low, looked, counts, (coverage, policy)),
        rate_high=_rate(high, looked, counts, (coverage, policy)),
        nowcast=None,
        first_published=_first_published(place, counts),
        critical_high=counts.get("critical_high", 0),
    )


def _first_published(place: Place, counts: Counts) -> FirstPublished | None:
    if not place.closed:
        return None
    low, high = counts.get("low_at_close", 0), counts.get("high_at_close", 0)
    return FirstPublished(counts.get("changes", 0), low, high, place.end)


def _with_standing(sprint: SprintCount, counts: Counts, policy: Policy) -> SprintCount:
    low, high = counts.get("low_without_late", 0), counts.get("high_without_late", 0)
    looked = sprint.detected > 0
    return replace(
        sprint,
        escapes_low=low,
        escapes_high=high,
        critical=counts.get("critical_without_late", 0),
        critical_high=counts.get("critical_high_without_late", 0),
        rate=_rate(low, looked, counts, (sprint.rate.coverage, policy)),
        rate_high=_rate(high, looked, counts, (sprint.rate_high.coverage, policy)),
    )
