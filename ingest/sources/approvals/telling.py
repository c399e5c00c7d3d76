"""What do the records of a log say: each as a JSON object, its values as plain texts, numbers and moments?

A log may hold anything: whatever is not what it should be reads as not told (None), never as a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

import orjson

from ingest.redaction import without_secrets
from ingest.sources.approvals.base import Context, Found, Record, marker_in, unreadable

BLOCK: Final = 4_000  # records in one Found: enough for columns, little for memory
TEXT_CHARS: Final = 2_000  # of what was shown, where it is kept at all
_REDACTED_CHARS: Final = 20_000  # read for secrets, so that none is cut in two before it is seen
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = re.compile(r"\d{9,19}(?:\.\d{1,9})?")
_UNITS: Final = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0))  # below, microseconds in one: s, ms, us
_ABSURD: Final = 2.0**62  # above all nanoseconds since 1970; no column holds more
_LATEST: Final = 4e15  # microseconds: the year 2096
_PARTS_OF_HR_TIME: Final = 2  # seconds and nanoseconds, as JavaScript's OpenTelemetry writes them

Each = TypeVar("Each")


@dataclass(frozen=True)
class Told:
    """What one record said."""

    signals: Sequence[Mapping[str, Any]] = ()
    sightings: Sequence[Mapping[str, Any]] = ()
    left_out: str | None = None  # why it tells nothing


class Teller(Protocol):
    """Reads the records of one file in their order, and remembers between them."""

    vendor: str

    def tell(self, said: Mapping[str, Any]) -> Told:
        """What one record says."""

    def left(self) -> Mapping[str, Any]:
        """JSON values for the part of the file that comes later."""


@dataclass
class _Gathered:
    signals: list[Mapping[str, Any]] = field(default_factory=list)
    sightings: list[Mapping[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def told_by(teller: Teller, records: Iterable[Record], context: Context) -> Iterator[Found]:
    """Read records through a teller, block by block."""
    place = placed(context)
    for block in blocks(records):
        gathered = _Gathered()
        for record in block:
            _gather(gathered, teller, record, context)
        signals = [with_place(row, place) for row in gathered.signals]
        sightings = [with_place(row, sighted(context)) for row in gathered.sightings]
        yield Found(signals, sightings, gathered.left_out, teller.left())


def blocks(told: Iterable[Each], size: int = BLOCK) -> Iterator[list[Each]]:
    """What there is in lists of at most this many."""
    source = iter(told)
    while block := list(islice(source, size)):
        yield block


def _gather(gathered: _Gathered, teller: Teller, record: Record, context: Context) -> None:
    said = object_of(record.content)
    if said is None:
        gathered.signals.append(unreadable(context, record, teller.vendor))
        return
    told = teller.tell(said)
    origin = {"raw_ref": f"{context.name}#{record.offset}"}
    gathered.signals.extend({**row, **origin} for row in told.signals)
    gathered.sightings.extend({**row, **origin} for row in told.sightings if row["seen_at"] and row["name"])
    if told.left_out:
        gathered.left_out[told.left_out] += 1


def placed(context: Context) -> dict[str, Any]:
    """What the settings say of every signal of a file."""
    place = context.place
    return {
        "repository": place.repository, "team": place.team, "is_interactive": place.is_interactive,
        "reviewer": context.person(place.person),
    }  # fmt: skip


def sighted(context: Context) -> dict[str, Any]:
    """What the settings say of every sighting of a file."""
    return {"repository": context.place.repository, "team": context.place.team}


def with_place(row: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """A row; what it does not tell itself, its place tells.

    >>> with_place({"team": None, "vendor": "gemini"}, {"team": "search"})
    {'team': 'search', 'vendor': 'gemini'}
    """
    return {**place, **{name: value for name, value in row.items() if value is not None}}


def object_of(content: bytes) -> dict[str, Any] | None:
    """A record as a JSON object; None when it is none.

    >>> object_of(b'{"type": "tool"}'), object_of(b'[1]'), object_of(b'{"type": "to')
    ({'type': 'tool'}, None, None)
    """
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list, or an empty one where there is none."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A short text, also of a number; None for anything else and for blanks.

    >>> text(" s-1 "), text(12), text(""), text(True), text({})
    ('s-1', '12', None, None, None)
    """
    if isinstance(value, str):
        return value.strip() or None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else None


def truth(value: Any) -> bool | None:
    """A truth value, also as a word.

    >>> truth(True), truth("false"), truth("perhaps"), truth(None)
    (True, False, None, None)
    """
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def number(value: Any) -> float | None:
    """A number that is neither negative nor absurd, also as a text.

    >>> number("30"), number(-1), number("many"), number(True), number(1e300)
    (30.0, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        told = float(value)
    except (ValueError, OverflowError):
        return None
    return told if 0 <= told < _ABSURD else None


def moment(value: Any) -> datetime | None:
    """A UTC moment from ISO 8601 with an offset, from seconds, milli-, micro- or nanoseconds since 1970, or
    from the pair [seconds, nanoseconds]; None for anything else, and for a time of no known zone.

    >>> moment("2026-06-11T21:15:48+02:00").isoformat(), moment(1779832481308).isoformat()
    ('2026-06-11T19:15:48+00:00', '2026-05-26T21:54:41.308000+00:00')
    >>> moment([1779832481, 308000000]) == moment("1779832481.308"), moment("2026-06-11T21:15:48")
    (True, None)
    """  # noqa: D205 - the summary is one sentence of two lines
    if isinstance(value, list) and len(value) == _PARTS_OF_HR_TIME:
        seconds, nanoseconds = (number(part) for part in value)
        return None if seconds is None or nanoseconds is None else _since_epoch(seconds + nanoseconds / 1e9)
    is_number = isinstance(value, int | float) or (
        isinstance(value, str) and _DIGITS.fullmatch(value.strip())
    )
    if is_number:
        return _since_epoch(number(value) or 0.0)
    return _written(value.strip()) if isinstance(value, str) else None


def _since_epoch(told: float) -> datetime | None:
    microseconds = next((told * unit for limit, unit in _UNITS if told < limit), told / 1e3)
    is_plausible = 0 < microseconds < _LATEST
    return _EPOCH + timedelta(microseconds=round(microseconds)) if is_plausible else None


def _written(told: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(told)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def first_moment(said: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    """The first of these values that is a moment."""
    return next((at for at in (moment(said.get(name)) for name in names) if at is not None), None)


def seconds(milliseconds: Any) -> float | None:
    """Seconds of a number of milliseconds."""
    told = number(milliseconds)
    return None if told is None else told / 1e3


def digest(*parts: object) -> str:
    """A name for what has none of its own: the same parts always give the same name.

    >>> digest("s-1", 2) == digest("s-1", "2"), len(digest("s-1"))
    (True, 24)
    """
    told = "\x1f".join(str(part) for part in parts)
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def kept_text(what: str | None, context: Context) -> str | None:
    """What may be stored of a text: nothing, or where it is asked for its beginning without secrets."""
    return without_secrets(what[:_REDACTED_CHARS])[:TEXT_CHARS] if what and context.keep_text else None


def shown(what: str | None, context: Context) -> dict[str, Any]:
    """What a person was shown: its size and marker, and its text only where the settings ask for it."""
    return {
        "content_chars": None if what is None else len(what),
        "content_text": kept_text(what, context),
        "canary_id": marker_in(what),
    }
