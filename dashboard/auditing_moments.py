"""At which moment was each review of an act made, where people tell a day, or found several things at once?

A reviewer has one word about a change at each moment. What was found at another place of the same change
at the same moment stands a microsecond later. What was recorded already, on the day or at the moment that
is told, keeps the moment that it was recorded for: the same sheet, read again, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl

from ingest.deciding import tidy
from metrics.audited import FINDING
from metrics.calendar import day_start

NEXT: Final = timedelta(microseconds=1)
BESIDE: Final = timedelta(milliseconds=1)  # what was found at one moment stands at most so far apart
_WHAT: Final = ("audit_id", "repository", "number")
_SAID: Final = (*_WHAT, "reviewed_by", "outcome", "severity", "path", "line", "notes")
Row = Mapping[str, Any]
Key = tuple[Any, ...]


def day_of_review(on: date, timezone: str, now: datetime) -> tuple[datetime, datetime]:
    """First and last moment of a day in a pilot's zone; a day that is not over lasts until now.

    A review of the day of a merge was made after it: the last moment is the one that counts. Of a day
    that has not come the last moment is told, for its reader to refuse.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 8, 17, 12, tzinfo=UTC)
    >>> [str(at) for at in day_of_review(date(2026, 8, 16), "Europe/Berlin", noon)]
    ['2026-08-15 22:00:00+00:00', '2026-08-16 21:59:59.999999+00:00']
    >>> day_of_review(date(2026, 8, 17), "Europe/Berlin", noon)[1] == noon
    True
    """
    begins = day_start(on, timezone)
    ends = day_start(on + timedelta(days=1), timezone) - NEXT
    return begins, min(ends, now) if begins <= now else ends


def placed(rows: Sequence[Row], begins: Sequence[datetime | None], known: pl.DataFrame) -> list[Row]:
    """Rows of `audit_reviews`, each at a moment of its own.

    Parameters
    ----------
    rows
        With the latest moment that each may have as `reviewed_at`.
    begins
        Where only a day is told, its first moment; None = the moment itself is told.
    known
        What is recorded already.
    """
    moments = _Moments(known.iter_rows(named=True))
    return [
        {**row, "reviewed_at": moments.take(tidy(row), begin)}
        for row, begin in zip(rows, begins, strict=True)
    ]


class _Moments:
    """Which moments are taken, and by what."""

    def __init__(self, known: Iterable[Row]) -> None:
        self._held: dict[Key, Row] = {}
        self._recorded: dict[Key, list[datetime]] = {}
        self._used: set[Key] = set()
        for row in known:
            self._held[_key(row, row["reviewed_at"])] = row
            self._recorded.setdefault(_said(row), []).append(row["reviewed_at"])

    def take(self, row: Row, begin: datetime | None) -> datetime:
        """The moment of a review: as it is recorded, else a free one."""
        moment = self._as_recorded(row, begin)
        if moment is None:
            moment = self._free(row)
        self._used.add(_key(row, moment))
        self._held.setdefault(_key(row, moment), row)
        return moment

    def _as_recorded(self, row: Row, begin: datetime | None) -> datetime | None:
        at = row["reviewed_at"]
        span = (begin or at, at + BESIDE)
        inside = (each for each in sorted(self._recorded.get(_said(row), ())) if span[0] <= each <= span[1])
        return next((each for each in inside if _key(row, each) not in self._used), None)

    def _free(self, row: Row) -> datetime:
        moment: datetime = row["reviewed_at"]
        while _is_beside(row, self._held.get(_key(row, moment))):
            moment += NEXT
        return moment


def _key(row: Row, moment: datetime) -> Key:
    """Whose word about which change, and when; a name is one person however it is written."""
    return (*(row[name] for name in _WHAT), str(row["reviewed_by"]).casefold(), moment)


def _said(row: Row) -> Key:
    return (*(row[name] for name in _SAID), tuple(row["cwe"] or ()))


def _is_beside(row: Row, other: Row | None) -> bool:
    """Whether both were found by one person in one change, at different places."""
    if other is None or not row["outcome"] == other["outcome"] == FINDING:
        return False
    return bool((row["path"], row["line"]) != (other["path"], other["line"]))
