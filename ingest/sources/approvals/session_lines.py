"""What do readers of session files share: entries, moments, rows, and what they leave for the next part?

Files of sessions are foreign JSON, one entry per line: any value may be missing or of another type, and is
then not told. No reader may fail for that; an entry that is no JSON object goes to quarantine with its place.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ingest.sources.approvals.base import Context, Found, Record, unreadable
from ingest.sources.approvals.telling import object_of

PLACE: Final = "telemetry"  # where a session tells of agents
BLOCK: Final = 4096  # rows that are handed on together
SERVER_PREFIX: Final = "mcp__"
_HEAD_LINES: Final = 40

Entry = Mapping[str, Any]
Take = Callable[[Entry, Record], None]


def entries_in(head: bytes) -> Iterator[dict[str, Any]]:
    """Whole JSON objects among the first lines of a file; how its format is recognised."""
    lines = head.removeprefix(b"\xef\xbb\xbf").splitlines()[:_HEAD_LINES]
    return (entry for line in lines if (entry := object_of(line)) is not None)


def text(entry: Entry, *names: str) -> str | None:
    """First of these values that is a text with something in it.

    >>> text({"a": 7, "b": "x"}, "a", "b"), text({"a": ""}, "a")
    ('x', None)
    """
    return next((told for name in names if isinstance(told := entry.get(name), str) and told), None)


def whole(entry: Entry, name: str) -> int | None:
    """The whole number below a name.

    >>> whole({"a": 7, "b": True}, "a"), whole({"a": 7, "b": True}, "b")
    (7, None)
    """
    told = entry.get(name)
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def part(entry: Entry, name: str) -> Entry:
    """The object below a name; empty where there is none."""
    told = entry.get(name)
    return told if isinstance(told, dict) else {}


def parts(entry: Entry, name: str) -> list[Entry]:
    """The objects in the list below a name; empty where there is none."""
    told = entry.get(name)
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def spelled(told: object) -> str | None:
    """What an agent hands to a tool, as text: JSON with spaces behind commas and colons; None for nothing.

    >>> spelled({"command": "ls"}), spelled("ls"), spelled(None)
    ('{"command": "ls"}', 'ls', None)
    """
    if told is None or isinstance(told, str):
        return told
    try:
        return json.dumps(told, ensure_ascii=False)
    except RecursionError:  # nested deeper than anybody reads: its size is not known
        return None


def server_of(tool_name: str) -> str | None:
    """MCP server in the name of a tool.

    >>> server_of("mcp__jira__search"), server_of("Bash")
    ('jira', None)
    """
    named = tool_name.removeprefix(SERVER_PREFIX)
    return (named.partition("__")[0] or None) if named != tool_name else None


@dataclass
class Telling:
    """What a reader has to tell so far; handed on block by block."""

    context: Context
    vendor: str
    signals: list[dict[str, Any]] = field(default_factory=list)
    sightings: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    reviewer: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.reviewer = self.context.person(self.context.place.person)

    def signal(self, record: Record, told: Mapping[str, Any]) -> None:
        """Tell a signal; what it does not say of vendor, person, team and repository is known here."""
        place = self.context.place
        known = {
            "vendor": self.vendor, "reviewer": self.reviewer, "team": place.team,
            "is_interactive": place.is_interactive, "raw_ref": f"{self.context.name}#{record.offset}",
        }  # fmt: skip
        repository = told.get("repository") or place.repository
        self.signals.append({**known, **told, "repository": repository})

    def sighting(self, kind: str, name: str | None, at: datetime, **more: str | None) -> None:
        """Tell a fact about agents, once a day."""
        place = self.context.place
        told = {"vendor": self.vendor, "repository": place.repository, "team": place.team, **_known(more)}
        if name:
            key = (str(told["vendor"]), kind, name, str(told["repository"]), at.date().isoformat())
            self.sightings.setdefault(
                key, {**told, "kind": kind, "name": name, "place": PLACE, "seen_at": at}
            )

    def unreadable(self, record: Record) -> None:
        """Send a record to quarantine."""
        self.signals.append(unreadable(self.context, record, self.vendor))

    def skip(self, reason: str) -> None:
        """Count a record that tells nothing of prompts."""
        self.left_out[reason] += 1

    def found(self, state: Mapping[str, Any]) -> Found:
        """All that was told since the last time."""
        given = Found(self.signals, list(self.sightings.values()), dict(self.left_out), state)
        self.signals, self.sightings, self.left_out = [], {}, Counter()
        return given


def _known(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def read_through(
    records: Iterable[Record], telling: Telling, take: Take, state: Callable[[], Mapping[str, Any]]
) -> Iterator[Found]:
    """Take every entry, and hand on what was told whenever a block of it is full, and at the end."""
    for record in records:
        entry = object_of(record.content)
        if entry is not None:
            take(entry, record)
        elif record.content.strip():
            telling.unreadable(record)
        if len(telling.signals) >= BLOCK:
            yield telling.found(state())
    yield telling.found(state())
