"""Where do the rows of one file gather, and what does a node inherit from its place in it?"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from msgspec import UnsetType

from ingest.authorship import NOBODY, People, actor
from ingest.sources.github_export.shapes import Actor

Row = dict[str, Any]


@dataclass
class Collected:
    """Rows of one file, by table, and what was no row by definition."""

    people: People = NOBODY
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Place:
    """Where a node was read, and what its page says about all nodes."""

    ref: str
    repository: str | None = None
    default_branch: str | None = None


def account_of(told: Actor | UnsetType | None, people: People) -> tuple[str | None, str]:
    """Tell login and kind; an account that nobody asked for is unknown, a null one was deleted."""
    if isinstance(told, UnsetType):
        return None, "unknown"
    return actor(told.login, told.typename, people) if told else actor(None)
