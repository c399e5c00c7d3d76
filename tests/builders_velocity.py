"""Builders for waits: what happened to pull requests, in hours after the pilot's start (a Monday)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from metrics.arms import ARMS
from metrics.gate.case import Ask, Case
from metrics.measures import Slice
from metrics.measuring import Measuring
from metrics.segments import Segment, Window, whole
from metrics.slices import Slicer
from metrics.velocity.waits import pull_request_waits
from tests.builders_metrics import START, Row, event, pilot, policy, pull_request, review, tables

NOW = 1000.0  # hours after the start at which tests look, unless they say otherwise


def at(hours: float) -> datetime:
    """The moment so many hours after the start."""
    return START + timedelta(hours=hours)


def moment(hours: float | None) -> datetime | None:
    """The same; nothing for None."""
    return None if hours is None else at(hours)


def opened(number: int, hours: float = 0, *, merged: float | None = None, **given: Any) -> Row:
    """An agent's pull request, ready from its creation; hours for created, ready, closed and merged."""
    closed, ready = given.pop("closed", merged), given.pop("ready", hours)
    moments = {
        "created_at": at(hours),
        "ready_at": moment(ready),
        "closed_at": moment(closed),
        "merged_at": moment(merged),
    }
    return pull_request(number, None, **{**moments, **given})


def verdict(number: int, hours: float, state: str = "APPROVED", **given: Any) -> Row:
    """A review by robin, an approval unless it is said otherwise."""
    reviewer = given.get("reviewer", "robin")
    own_id = f"r{number}-{hours}-{state}-{reviewer}"
    return review(number, **{"submitted_at": at(hours), "review_id": own_id, "state": state, **given})


def turned(number: int, kind: str, hours: float, **given: Any) -> Row:
    """A timeline event after so many hours."""
    return event(number, kind, at(hours), **given)


def rows(
    pulls: Iterable[Row],
    reviews: Iterable[Row] = (),
    events: Iterable[Row] = (),
    *,
    now: float = NOW,
    **given: Any,
) -> pl.DataFrame:
    """Every pull request's wait; a review of another pull request shows that reviews were collected."""
    seen = [*reviews, verdict(9999, 0)] if given.pop("collected", True) else list(reviews)
    known = tables(
        pull_requests=pulls, reviews=seen, review_events=events, changed_files=given.pop("files", ())
    )
    its_pilot = given.pop("pilot", pilot())
    return pull_request_waits(known.cut(at(now)), its_pilot, Measuring(**given), at(now))


def row(pull: Row, *reviews: Row, events: Iterable[Row] = (), **given: Any) -> dict[str, Any]:
    """The wait of one pull request."""
    return rows([pull], reviews, events, **given).row(0, named=True)


def case(
    pulls: Iterable[Row],
    reviews: Iterable[Row] = (),
    events: Iterable[Row] = (),
    *,
    now: float = NOW,
    **given: Any,
) -> Case:
    """A pilot at a moment with these tables; any other keyword is a setting of measuring."""
    known = tables(pull_requests=pulls, reviews=[*reviews, verdict(9999, 0)], review_events=events)
    return Case(known, given.pop("pilot", pilot()), policy(), Ask(at(now)), Measuring(**given))


def of(found: Case, arm: str = "agent", hours: tuple[float, float] | None = None) -> Slice:
    """An arm, or a comparison, over the whole pilot or over a sprint of these hours."""
    segment = whole(found)
    if hours is not None:
        segment = Segment("sprint 1", Window("sprint", at(hours[0]), at(hours[1])))
    return Slicer(found).slice(ARMS[arm], segment)
