"""What is one event or span of an agent's telemetry, whatever it was encoded as?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from ingest.sources.sarif.origin import repository_name

Value = str | None  # numbers and truths, too, as text
METRICS: Final = "metrics: they count, and tell of no single request"
UNWANTED: Final = "events that tell nothing of permission prompts"
BROKEN: Final = "broken"
FAULTS: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
UNSAID: Final = frozenset({"", "<REDACTED>", "[REDACTED]"})
UNKNOWN_MOMENT: Final = 0  # what the protocol writes where nobody knows a moment
_UNTOLD_MOMENTS: Final = (None, "", 0, "0")
_LATEST: Final = 253_402_300_799_999_999  # the last microsecond of the year 9999
_REPOSITORY: Final = (
    "repository", "pilot.repository", "vcs.repository.name", "pilot.vcs.repository.name",
    "vcs.repository.url.full", "pilot.vcs.repository.url.full",
)  # fmt: skip
_TEAM: Final = ("team", "pilot.team", "department", "pilot.department")


class Origin(NamedTuple):
    """What a resource says: the process that sent the event."""

    service: str | None
    version: str | None
    repository: str | None
    team: str | None
    entrypoint: str | None


class Event(NamedTuple):
    """A log record or a span."""

    name: str  # with the agent's prefix, as `claude_code.tool_decision`
    told: Mapping[str, Value]
    at: int  # microseconds since 1970, UTC; of a span its beginning
    ended_at: int | None  # the same; None for log records
    span_id: str | None
    parent_id: str | None
    origin: Origin

    def text(self, name: str) -> str | None:
        """Attribute; nothing when it is empty or blacked out.

        >>> event = Event("x", {"n": "3", "who": "<REDACTED>"}, 0, None, None, None, NOWHERE)
        >>> event.text("n"), event.text("who")
        ('3', None)
        """
        value = self.told.get(name)
        return None if value in UNSAID else value

    def number(self, name: str) -> float | None:
        """Attribute as a number that is not negative, however it was written.

        >>> Event("x", {"a": "30", "b": "soon"}, 0, None, None, None, NOWHERE).number("a")
        30.0
        """
        value = self.told.get(name)
        try:
            number = float(value) if value is not None else -1.0
        except ValueError:
            return None
        return number if 0 <= number < float(1 << 53) else None

    def whole(self, name: str) -> int | None:
        """Attribute as a whole number."""
        number = self.number(name)
        return None if number is None else int(number)


NOWHERE: Final = Origin(None, None, None, None, None)


@dataclass
class Asked:
    """Which names are wanted, and what became of the rest."""

    wanted: Collection[str]
    has_span_events: bool = False  # whether events inside spans are wanted, too
    has_timeless: bool = False  # whether events whose moment nobody knows are wanted, too
    others: Counter[str] = field(default_factory=Counter)  # reason -> events
    origins: dict[tuple[tuple[str, Value], ...], Origin] = field(default_factory=dict)

    def moment(self, nanoseconds: Any) -> int:
        """A moment in microseconds; where such events are wanted, one that is not told is UNKNOWN_MOMENT.

        >>> Asked((), has_timeless=True).moment("0")
        0
        """
        is_unknown = nanoseconds in _UNTOLD_MOMENTS
        return UNKNOWN_MOMENT if is_unknown and self.has_timeless else moment(nanoseconds)

    def origin(self, told: Mapping[str, Value]) -> Origin:
        """What a resource says; the same resource comes with every message."""
        key = tuple(told.items())
        known = self.origins.get(key)
        if known is None:
            if len(self.origins) > _ORIGINS_KEPT:
                self.origins.clear()
            known = self.origins[key] = _origin(told)
        return known

    def name_of(self, body: str | None, told: Mapping[str, Value], origin: Origin) -> str | None:
        """Full name of an event, if it is wanted."""
        name = str(told.get("event.name") or body or "")
        is_claude = (origin.service or "").startswith("claude-code")
        full = f"claude_code.{name}" if is_claude and not name.startswith("claude_code.") else name
        return full if full in self.wanted else None


_ORIGINS_KEPT: Final = 10_000


def _origin(told: Mapping[str, Value]) -> Origin:
    text = Event("", told, 0, None, None, None, NOWHERE).text
    repositories = (repository_name(text(name)) for name in _REPOSITORY)
    return Origin(
        text("service.name"),
        text("service.version"),
        next(filter(None, repositories), None),
        next(filter(None, map(text, _TEAM)), None),
        text("app.entrypoint"),
    )


def moment(nanoseconds: Any) -> int:
    """A moment in microseconds; ValueError or TypeError when it is none.

    >>> moment("1784204668057209041")
    1784204668057209
    """
    return in_time(int(nanoseconds) // 1000)


def in_time(at: int) -> int:
    """A moment that a table can hold; ValueError for any other."""
    if not 0 < at <= _LATEST:
        raise ValueError(f"{at} microseconds since 1970 are no moment of the years 1970 to 9999")
    return at


def written(told: Mapping[str, Value]) -> int | None:
    """Moment that the attribute `event.timestamp` says, in microseconds.

    >>> written({"event.timestamp": "2026-07-16T12:24:28.056Z"})
    1784204668056000
    """
    text = told.get("event.timestamp")
    if not isinstance(text, str) or not text:
        return None
    at = datetime.fromisoformat(text)
    return in_time(round(at.timestamp() * 1_000_000)) if at.tzinfo else None


def spelled(word: str | None) -> str:
    """A word in lower case without `_`, `-` and blanks: agents write theirs in several ways.

    >>> spelled("Approved_For-Session"), spelled(None)
    ('approvedforsession', '')
    """
    return (word or "").lower().translate(_IGNORED)


_IGNORED: Final = str.maketrans("", "", "_- ")


def plain_number(number: float | str) -> str:
    """A number as it would be written by hand.

    >>> plain_number(30.0), plain_number(0.5), plain_number("NaN")
    ('30', '0.5', 'nan')
    """
    told = float(number)
    return str(int(told) if told.is_integer() else told)
