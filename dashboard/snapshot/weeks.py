"""Which ISO week is meant, and when does it begin and end for each pilot?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ingest.errors import UsageError
from metrics.calendar import day_start, iso_week, local_day

_FORM: Final = re.compile(r"(\d{4})-W(\d{2})")
_A_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """One ISO 8601 week; every pilot has it from Monday to Monday in its own zone."""

    monday: date

    @property
    def name(self) -> str:
        """The week as ISO 8601 writes it.

        >>> Week(date(2026, 12, 28)).name
        '2026-W53'
        """
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def next(self) -> Week:
        """The week after it."""
        return Week(self.monday + _A_WEEK)

    def window(self, timezone: str) -> tuple[datetime, datetime]:
        """Start and end in UTC."""
        return day_start(self.monday, timezone), day_start(self.next.monday, timezone)


def read_week(text: str) -> Week:
    """The week that a text names.

    Raises
    ------
    UsageError
        It names none; the message shows the form.

    >>> read_week("2026-W34").monday
    datetime.date(2026, 8, 17)
    """
    found = _FORM.fullmatch(text)
    try:
        year, number = (int(part) for part in found.groups()) if found else (0, 0)
        return Week(date.fromisocalendar(year, number, 1))
    except ValueError as error:
        raise UsageError(f"--week {text!r} is no ISO week; write it as 2026-W34") from error


def last_over(as_of: datetime, timezone: str) -> Week:
    """The last week that is over at a moment in a zone.

    >>> from datetime import UTC
    >>> last_over(datetime(2026, 8, 17, tzinfo=UTC), "Europe/Berlin").name
    '2026-W33'
    """
    inside = local_day(as_of, timezone) - _A_WEEK
    return read_week(iso_week(day_start(inside, timezone), timezone))
