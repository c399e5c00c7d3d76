"""Which values did GitHub withhold from an answer? They are taken out, so that they read as unknown.

An answer whose parts may not all be read comes whole but for nulls, and `errors` name the path of
each. Such a null is no statement: "no checks", "no files" or "a deleted account" would be one. A
null that cannot stand where it is moves up to the next place that may hold one (GraphQL, October
2021, section 6.4.4), so the path leads to a null or beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

Step = str | int
_NOT_THERE: Final = "NOT_FOUND"  # a question that was answered: there is no such thing


def repository_of(answer: Any) -> dict[str, Any]:
    """What an answer tells under `data.repository`, without what was withheld; empty for nothing."""
    data = answer.get("data") if isinstance(answer, dict) else None
    for path in withheld_paths(answer):
        data = without(data, path)
    told = data.get("repository") if isinstance(data, dict) else None
    return told if isinstance(told, dict) else {}


def withheld_paths(answer: Any) -> Iterator[list[Step]]:
    """Paths below `data` at which something could not be told."""
    problems = answer.get("errors") if isinstance(answer, dict) else None
    for problem in problems or ():
        path = problem.get("path")
        if path and problem.get("type") != _NOT_THERE:
            yield path


def without(value: Any, path: Sequence[Step]) -> Any:
    """A copy of the value without what stands at the path; an entry of a list leaves a gap (null).

    >>> without({"commit": {"oid": "c", "statusCheckRollup": None}}, ["commit", "statusCheckRollup"])
    {'commit': {'oid': 'c'}}
    >>> without({"commit": None, "number": 7}, ["commit", "statusCheckRollup"])
    {'number': 7}
    """
    if isinstance(value, dict) and path[0] in value:
        return _without_field(value, str(path[0]), path[1:])
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        return _without_entry(value, path[0], path[1:])
    return value


def _without_field(value: dict[str, Any], name: str, rest: Sequence[Step]) -> dict[str, Any]:
    if value[name] is None or not rest:
        return {field: inner for field, inner in value.items() if field != name}
    return {**value, name: without(value[name], rest)}


def _without_entry(value: list[Any], place: int, rest: Sequence[Step]) -> list[Any]:
    entry = without(value[place], rest) if rest and value[place] is not None else None
    return [*value[:place], entry, *value[place + 1 :]]
