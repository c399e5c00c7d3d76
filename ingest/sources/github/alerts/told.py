"""What does a JSON answer tell at a place? Null where it tells nothing, whatever stands there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from ingest.sources.sarif.model import text_of, whole_of

_INT64_EDGE: Final = 2**63
SECRET_FIELDS: Final = frozenset({"secret"})  # the value itself, which some servers send unasked


def part(value: Any, *names: str) -> Any:
    """Value below these names; null when one of them is not there.

    >>> part({"rule": {"id": "py/eval"}}, "rule", "id"), part({"rule": None}, "rule", "id")
    ('py/eval', None)
    """
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *names: str) -> str | None:
    """Text that says something."""
    return text_of(part(value, *names))


def whole(value: Any, *names: str) -> int | None:
    """Whole number that a table can hold.

    >>> whole({"number": "7"}, "number"), whole({"number": 1e300}, "number")
    (7, None)
    """
    told = part(value, *names)
    is_too_big = isinstance(told, int | float) and not -_INT64_EDGE <= told < _INT64_EDGE
    return None if is_too_big else whole_of(told)


def moment(value: Any, *names: str) -> datetime | None:
    """Moment in UTC; one without an offset is in UTC already, as all of GitHub's are."""
    try:
        told = datetime.fromisoformat(text(value, *names) or "")
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no moment, or one that is out of the calendar in UTC
        return None


def items(value: Any) -> list[Any]:
    """Entries of a list; none where there is no list."""
    return value if isinstance(value, list) else []


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Latest of the known moments."""
    return max((each for each in moments if each is not None), default=None)


def changed_at(alert: Any) -> datetime | None:
    """When an alert last changed; null on servers that do not tell."""
    return moment(alert, "updated_at")


def is_changed(alert: Any, floor: datetime | None) -> bool:
    """Whether an alert has changed since; where that is not told it may have."""
    changed = changed_at(alert)
    return floor is None or changed is None or changed > floor


def is_in_code(location: Any) -> bool:
    """Whether a secret's location is a commit of the repository; one of its wiki has a page, too."""
    return text(location, "commit_sha") is not None and text(location, "page_url") is None


def without_secret_values(value: Any) -> Any:
    """Answer without the values of secrets, at any depth.

    >>> without_secret_values([{"number": 1, "secret": "hunter2", "secret_type": "password"}])
    [{'number': 1, 'secret_type': 'password'}]
    """
    if isinstance(value, list):
        return [without_secret_values(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without_secret_values(each) for name, each in value.items() if name not in SECRET_FIELDS}
