"""What does an answer tell at a place? A value of the kind that is expected there, or an error.

What may be missing reads as None; what is there but is of another kind, or an unknown word, raises: such
rows belong in quarantine, not among the verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

Meaning = TypeVar("Meaning")

SHOWN_CHARS: Final = 40  # of a strange value in an error: enough to know it, too little to hold a text
_LATEST_SECONDS: Final = 4_102_444_800  # the year 2100; above, it is no number of seconds


def part(value: Any, *names: str) -> Any:
    """Value below these names; None when one of them is not there.

    >>> part({"metadata": {"request_uuid": "r-1"}}, "metadata", "request_uuid"), part([1], "metadata")
    ('r-1', None)
    """
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def has(value: Any, *names: str) -> bool:
    """Whether it is an object that has all these names."""
    return isinstance(value, Mapping) and all(name in value for name in names)


def is_listing(value: Any, *names: str) -> bool:
    """Whether it is a list of objects that all have these names, and holds one at least."""
    return isinstance(value, list) and bool(value) and all(has(each, *names) for each in value)


def text(value: Any) -> str | None:
    """A name or an id; None for what is none.

    >>> text(" g-7 "), text(3), text(""), text(True), text({})
    ('g-7', '3', None, None, None)
    """
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def joined(value: Any) -> str | None:
    """Names of a list in one text; None where there are none.

    >>> joined(["jailbreak", None, "injection"]), joined([])
    ('jailbreak, injection', None)
    """
    names = [text(each) for each in value] if isinstance(value, list) else []
    return ", ".join(name for name in names if name) or None


def raw(value: Any) -> str | None:
    """A score or verdict as the answer writes it; None where it is no plain value.

    >>> raw(0.91), raw(True), raw("HIGH"), raw(None), raw({"a": 1})
    ('0.91', 'true', 'HIGH', None, None)
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:SHOWN_CHARS] if isinstance(value, str | int | float) else None


def wanted(answer: Any, name: str) -> Any:
    """What must be there.

    Raises
    ------
    KeyError
        It is not.
    """
    if not has(answer, name):
        raise KeyError(name)
    return answer[name]


def truth(value: Any, name: str) -> bool:
    """A plain yes or no.

    Raises
    ------
    ValueError
        It is anything else; "false" in quotes, too, is not guessed at.
    """
    if not isinstance(value, bool):
        raise ValueError(  # noqa: TRY004 - what stands in a log is a value, not our type
            f"{name} is {shown(value)}; expected true or false"
        )
    return value


def number(value: Any, name: str) -> float | None:
    """A number; None where there is none, never 0.

    >>> number(1, "score"), number(None, "score")
    (1.0, None)

    Raises
    ------
    ValueError
        It is not a finite number.
    """
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    told = _as_float(value) if is_number else math.nan
    if not math.isfinite(told):
        raise ValueError(f"{name} is {shown(value)}; expected a number or null")
    return told


def share(value: Any, name: str) -> float | None:
    """A number from 0 to 1; None where there is none.

    Raises
    ------
    ValueError
        It is not such a number.
    """
    told = number(value, name)
    if told is not None and not 0 <= told <= 1:
        raise ValueError(f"{name} is {shown(value)}; expected a number from 0 to 1")
    return told


def meaning(value: Any, meanings: Mapping[str, Meaning], name: str) -> Meaning:
    """What a word of a known list means.

    >>> meaning("BLOCKED", {"BLOCKED": "flag", "NONE": "pass"}, "action")
    'flag'

    Raises
    ------
    ValueError
        The word is not on the list.
    """
    if not isinstance(value, str) or value not in meanings:
        raise ValueError(f"{name} is {shown(value)}; expected one of {', '.join(meanings)}")
    return meanings[value]


def objects(value: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """A list of objects.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"{name} is {shown(value)}; expected a list of objects")
    return value


def values(value: Any, name: str) -> list[Any]:
    """A list of anything.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004 - as above
            f"{name} is {shown(value)}; expected a list"
        )
    return value


def entries(value: Any, name: str) -> Mapping[str, Any]:
    """An object.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004 - as above
            f"{name} is {shown(value)}; expected an object"
        )
    return value


def moment(value: Any, name: str) -> datetime | None:
    """A moment in UTC, of seconds since 1970 or of ISO 8601 with an offset; None where there is none.

    >>> moment(1_700_000_000.5, "start_time"), moment("2026-03-01T10:00:00+02:00", "created_at")
    (datetime.datetime(2023, 11, 14, 22, 13, 20, 500000, tzinfo=datetime.timezone.utc), datetime.datetime(2026, 3, 1, 8, 0, tzinfo=datetime.timezone.utc))

    Raises
    ------
    ValueError
        It is no moment, or has no offset from UTC.
    """  # noqa: E501 - a doctest's output is one line
    if value is None:
        return None
    told = _of_text(value, name) if isinstance(value, str) else _of_seconds(value, name)
    if told is None:
        raise ValueError(
            f"{name} is {shown(value)}; expected seconds since 1970 or ISO 8601 with an offset from UTC"
        )
    return told


def _of_text(value: str, name: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(value)
        return told.astimezone(UTC) if told.tzinfo else None
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {shown(value)}; expected a moment of ISO 8601") from None


def _of_seconds(value: Any, name: str) -> datetime | None:
    told = number(value, name)
    is_moment = told is not None and 0 <= told < _LATEST_SECONDS
    return datetime.fromtimestamp(told, UTC) if told is not None and is_moment else None


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def shown(value: Any) -> str:
    """A strange value for an error's sentence: its beginning, or only its kind.

    >>> shown("maybe"), shown({"text": "a secret"}), shown(None)
    ("'maybe'", 'an object', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    return repr(value)[:SHOWN_CHARS] if isinstance(value, str) else (raw(value) or "something else")
