"""What is left of a question for an older server that does not know all of it?

A GitHub Enterprise Server answers a question with an unknown field by naming the field and telling
nothing else. Such fields are taken out; what they would have told is unknown then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ingest.sources.github.older import Part

_TOKEN: Final = re.compile(r'\.\.\.|"(?:[^"\\]|\\.)*"|[$\w]+|[^\s,]')
_OWNERS: Final = {
    "repository": "Repository",
    "repositoryOwner": "RepositoryOwner",
    "pullRequest": "PullRequest",
    "rateLimit": "RateLimit",
    "pageInfo": "PageInfo",
    "defaultBranchRef": "Ref",
    "commit": "Commit",
    "mergeCommit": "Commit",
    "afterCommit": "Commit",
    "user": "User",
}  # field -> type of what is below it; elsewhere only fragments tell
_EVENT_WORDS: Final = "PullRequestTimelineItemsItemType"
_LATEST_WORDS: Final = (
    "ADDED_TO_MERGE_QUEUE_EVENT",
    "REMOVED_FROM_MERGE_QUEUE_EVENT",
    "AUTO_MERGE_ENABLED_EVENT",
    "AUTO_MERGE_DISABLED_EVENT",
)  # what an older server does not know when it complains of the filter and names no word


@dataclass(frozen=True)
class _Item:
    """A field, a spread, an inline fragment or a definition: its own tokens, and what is below it."""

    head: tuple[str, ...]
    below: tuple[_Item, ...] | None = None

    @property
    def is_definition(self) -> bool:
        return self.head[0] == "fragment"

    @property
    def fragment(self) -> str | None:
        """Name of the fragment that is spread here."""
        is_spread = self.head[0] == "..." and self.head[1] != "on"
        return self.head[1] if is_spread else None

    @property
    def condition(self) -> str | None:
        """Type that a fragment, inline or defined, is on."""
        place = {"...": 1, "fragment": 2}.get(self.head[0])
        has_one = place is not None and len(self.head) > place and self.head[place] == "on"
        return self.head[place + 1] if has_one and place is not None else None

    @property
    def field(self) -> str:
        """Name of a field, whatever its alias."""
        has_alias = len(self.head) > 2 and self.head[1] == ":"  # noqa: PLR2004 - alias, colon, name
        return self.head[2] if has_alias else self.head[0]


def without(query: str, parts: Iterable[Part]) -> str:
    """The query without these fields, types and values, and without fragments that nobody needs then.

    A field is taken out where its type is the one named, or is not to be seen from the text.

    >>> without("query{repository{id isArchived}}", [("Repository", "isArchived")])
    'query{repository{id}}'
    """
    unknown = set(parts)
    if any(kind == _EVENT_WORDS and not value for kind, value in unknown):
        unknown |= {(_EVENT_WORDS, word) for word in _LATEST_WORDS}
    items, _end = _items(_TOKEN.findall(query), 0)
    left = _pruned(items, unknown)
    return "\n".join(map(_written, left))


def _items(tokens: Sequence[str], start: int) -> tuple[tuple[_Item, ...], int]:
    """Selections from here to the closing brace."""
    items: list[_Item] = []
    place = start
    while place < len(tokens) and tokens[place] != "}":
        head, place = _head(tokens, place)
        below = None
        if place < len(tokens) and tokens[place] == "{":
            below, place = _items(tokens, place + 1)
        items.append(_Item(head, below))
    return tuple(items), place + 1


def _head(tokens: Sequence[str], start: int) -> tuple[tuple[str, ...], int]:
    """Tokens of one selection before its braces: name, alias, arguments, condition."""
    place = start + _width(tokens, start)
    if place < len(tokens) and tokens[place] == "(":
        place = _closing(tokens, place)
    return tuple(tokens[start:place]), place


def _width(tokens: Sequence[str], start: int) -> int:
    if tokens[start] == "fragment":
        return 4  # fragment NAME on TYPE
    if tokens[start] == "...":
        return 3 if tokens[start + 1] == "on" else 2
    return 3 if tokens[start + 1 : start + 2] == [":"] else 1


def _closing(tokens: Sequence[str], start: int) -> int:
    depth = 0
    for place in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place], 0)
        if depth == 0:
            return place + 1
    return len(tokens)


def _pruned(items: tuple[_Item, ...], unknown: set[Part]) -> list[_Item]:
    """Prune until nothing empty and nothing unused is left."""
    defined = {item.head[1] for item in items if item.is_definition}
    left = [kept for item in items if (kept := _kept(item, None, (unknown, defined))) is not None]
    still = {item.head[1] for item in left if item.is_definition} & _spread(left)
    used = [item for item in left if not item.is_definition or item.head[1] in still]
    return used if tuple(used) == items else _pruned(tuple(used), unknown)


def _spread(items: Iterable[_Item]) -> set[str]:
    found: set[str] = set()
    for item in items:
        found |= {item.fragment} if item.fragment else set()
        found |= _spread(item.below or ())
    return found


def _kept(item: _Item, owner: str | None, known: tuple[set[Part], set[str]]) -> _Item | None:
    unknown, defined = known
    if _is_unknown(item, owner, unknown) or (item.fragment and item.fragment not in defined):
        return None
    head = tuple(token for token in item.head if not _is_value(token, unknown))
    if item.below is None:
        return replace(item, head=head)
    inner = item.condition or ("Query" if item.head[0] == "query" else _OWNERS.get(item.field))
    below = tuple(kept for each in item.below if (kept := _kept(each, inner, known)) is not None)
    return _Item(head, below) if below else None


def _is_unknown(item: _Item, owner: str | None, unknown: set[Part]) -> bool:
    if item.condition is not None:
        return (item.condition, "") in unknown
    if item.fragment is not None:
        return False
    named = {kind for kind, field in unknown if field == item.field}
    return bool(named) and (owner is None or owner in named)


def _is_value(token: str, unknown: set[Part]) -> bool:
    return token.isupper() and any(token == value for _, value in unknown)


def _written(item: _Item) -> str:
    head = " ".join(item.head).replace("... on", "...on")
    for mark in ("(", ")", ":", "[", "]", "!"):
        head = head.replace(f" {mark}", mark).replace(f"{mark} ", mark)
    below = "" if item.below is None else "{" + " ".join(map(_written, item.below)) + "}"
    return head + below
