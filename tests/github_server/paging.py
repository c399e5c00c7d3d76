"""Which part of a list does one answer bring, and how does the next one go on from there?

Cursors are opaque to clients. One of pull requests names a place in an order (a moment and a
number), so it stays valid when others move or vanish; one of an inner list names an entry.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BinasciiError
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tests.github_server.world import Repo

MOST: Final = 100
_PREFIX: Final = b"cursor:v2:"
FIELDS: Final = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "COMMENTS": "number"}


class QueryFault(Exception):  # noqa: N818 - it becomes an entry of `errors`
    """Something that GitHub says beside the data, at the field that raised it."""

    def __init__(self, kind: str, message: str, extensions: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.extensions = extensions or {}


@dataclass(frozen=True)
class Window:
    """How much of a connection was asked for."""

    field: str
    first: int | None = None
    last: int | None = None
    after: str | None = None
    before: str | None = None

    def check(self) -> None:
        """Refuse what GitHub refuses."""
        if self.first is None and self.last is None:
            raise QueryFault(
                "MISSING_PAGINATION_BOUNDARIES",
                f"You must provide a `first` or `last` value to properly paginate the `{self.field}` "
                "connection.",
            )
        self._check_limit("first", self.first)
        self._check_limit("last", self.last)

    def _check_limit(self, name: str, limit: int | None) -> None:
        if limit is not None and limit > MOST:
            raise QueryFault(
                "EXCESSIVE_PAGINATION",
                f"Requesting {limit} records on the `{self.field}` connection exceeds the `{name}` limit "
                f"of {MOST} records.",
            )
        if limit is not None and limit < 0:
            raise QueryFault(
                "INVALID_PAGINATION", f"`{name}` on the `{self.field}` connection cannot be less than zero."
            )


@dataclass(frozen=True)
class Listing:
    """An ordered list, with the way from an entry to its cursor and back to a position."""

    entries: Sequence[Any]
    mark: Callable[[int], Any]  # position -> what its cursor says
    find: Callable[[Any], tuple[int, int]]  # what a cursor says -> entries before it, and up to it

    def cursor(self, position: int) -> str:
        """Cursor of an entry."""
        return b64encode(_PREFIX + orjson.dumps(self.mark(position))).decode()

    def bounds(self, window: Window) -> tuple[int, int]:
        """Positions of the first entry of an answer, and of the one behind its last."""
        start = self._found(window.after)[1] if window.after else 0
        end = self._found(window.before)[0] if window.before else len(self.entries)
        if window.first is not None:
            end = min(end, start + window.first)
        if window.last is not None:
            start = max(start, end - window.last)
        return start, max(start, end)

    def _found(self, cursor: str) -> tuple[int, int]:
        try:
            told = b64decode(cursor, validate=True)
            return self.find(orjson.loads(told.removeprefix(_PREFIX)))
        except (BinasciiError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise QueryFault(
                "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor."
            ) from error


def inner_listing(entries: Sequence[Any]) -> Listing:
    """A list inside something; a cursor finds its entry again where others came before it."""

    def mark(position: int) -> dict[str, Any]:
        return {"at": position, "of": _identity(entries[position])}

    def find(told: dict[str, Any]) -> tuple[int, int]:
        position: int = told["at"]
        is_there = position < len(entries) and _identity(entries[position]) == told["of"]
        if not is_there:
            position = next(
                (place for place, entry in enumerate(entries) if _identity(entry) == told["of"]), position
            )
        return position, position + 1

    return Listing(entries, mark, find)


def _identity(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return getattr(entry, "id", None)
    if "commit" in entry and isinstance(entry["commit"], dict):
        return entry["commit"].get("oid")
    return next((entry[name] for name in ("id", "path", "number", "name", "login") if name in entry), None)


def pull_listing(repo: Repo, numbers: Sequence[int], order: tuple[str, bool]) -> Listing:
    """Pull requests of a repository in an order: a field, and whether it descends.

    Where the repository tells its own order by last change, that one stands.
    """
    field, descends = order
    if repo.order is not None and field == "updatedAt":
        return _told(repo, _in_told_order(repo, numbers, descends=descends), descends=descends)

    def key(number: int) -> tuple[Any, int]:
        return repo.pulls[number].get(field) or "", number

    entries = sorted(numbers, key=key, reverse=descends)

    def mark(position: int) -> dict[str, Any]:
        value, number = key(entries[position])
        return {"by": field, "value": value, "number": number}

    def find(told: dict[str, Any]) -> tuple[int, int]:
        _same_order(told, field)
        place = (told["value"], told["number"])
        before = sum((key(number) > place) if descends else (key(number) < place) for number in entries)
        is_there = before < len(entries) and key(entries[before]) == place
        return before, before + is_there

    return Listing(entries, mark, find)


def _same_order(told: dict[str, Any], field: str) -> None:
    if told["by"] != field:
        raise ValueError("a cursor of another order")


def _in_told_order(repo: Repo, numbers: Sequence[int], *, descends: bool) -> list[int]:
    """The order that is told; pull requests that it does not name are new and come first."""
    wanted, told = set(numbers), set(repo.order or ())
    new = sorted(wanted - told, key=lambda number: (repo.pulls[number].get("updatedAt") or "", number))
    listed = [*reversed(new), *(number for number in repo.order or () if number in wanted)]
    return listed if descends else listed[::-1]


def _told(repo: Repo, entries: list[int], *, descends: bool) -> Listing:
    """A told order: a cursor finds its own entry where that did not change, and else its moment."""
    places = {number: place for place, number in enumerate(entries)}

    def moment(number: int) -> str:
        return repo.pulls[number].get("updatedAt") or ""

    def mark(position: int) -> dict[str, Any]:
        number = entries[position]
        return {"by": "updatedAt", "value": moment(number), "number": number}

    def find(told: dict[str, Any]) -> tuple[int, int]:
        _same_order(told, "updatedAt")
        place = places.get(told["number"])
        if place is not None and moment(entries[place]) == told["value"]:
            return place, place + 1
        beyond = (
            at
            for at, number in enumerate(entries)
            if (moment(number) < told["value"] if descends else moment(number) > told["value"])
        )
        first = next(beyond, len(entries))
        return first, first

    return Listing(entries, mark, find)
