"""What do the commands of `pilot canary` do, once their words are read?"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from dashboard.composition import Session, clock
from dashboard.documents import plain
from dashboard.printing import aside, console, say, show
from dashboard.recording import by_command, enter_canary
from ingest.contracts.approvals import CANARY_KINDS
from ingest.errors import UsageError
from ingest.sources.canaries import PREFIX

PROMPT: Final = "prompt"
PULL_REQUEST: Final = "pull_request"
LIST_COLUMNS: Final = ("marker", "kind", "registered", "by", "where", "what")
NONE_YET: Final = 'no canary is registered: `pilot canary add --what "..." --by NAME`; see docs/canaries.md'
_RANDOM_BYTES: Final = 4
_PLACES: Final = {
    PROMPT: "put the marker where whoever reads the command or the change to its end sees it",
    PULL_REQUEST: "put the marker into the title or the name of the branch",
}
_RULES: Final = (
    "plant few: 2-5 % of what people are asked, and never a burst of them",
    "harmless when it is allowed: a dry run, a file that nobody uses, a branch that cannot be merged",
    "people know that canaries exist and agreed; whoever allows one is told at once, and nobody else by name",
)


@dataclass(frozen=True)
class Asked:
    """One canary as the words of the command line."""

    what: str
    by: str
    kind: str | None = None  # none: a pull request where a number is given, else a prompt
    repository: str | None = None
    number: int | None = None


def add(session: Session, asked: Asked, *, as_json: bool) -> None:
    """Register a canary under a marker of its own, and say how to plant it."""
    row = _row(asked)
    enter_canary(session, row, by_command("`pilot canary`", lambda text: aside.print(text, markup=False)))
    advice = list(_advice(row))
    document = {**plain(row), "plant": advice}
    show(document, as_json, lambda: _print_added(row, advice))


def _row(asked: Asked) -> dict[str, Any]:
    kind = (asked.kind or (PULL_REQUEST if asked.number else PROMPT)).lower().replace("-", "_")
    if kind not in CANARY_KINDS:
        raise UsageError(f"--kind is {asked.kind!r}, expected one of: {', '.join(CANARY_KINDS)}")
    if asked.number is not None and (kind != PULL_REQUEST or not asked.repository):
        raise UsageError("--number is about a pull request and needs --repository owner/name")
    if not asked.what.strip():
        raise UsageError('--what says nothing; say in words what is wrong with it, as "deletes the backups"')
    return {
        "canary_id": f"{PREFIX}{secrets.token_hex(_RANDOM_BYTES)}", "kind": kind, "registered_at": clock(),
        "registered_by": asked.by, "repository": asked.repository, "number": asked.number, "what": asked.what,
    }  # fmt: skip


def _advice(row: dict[str, Any]) -> Iterator[str]:
    is_named = row["number"] is not None
    yield "it needs no marker: its repository and number tell it" if is_named else _PLACES[row["kind"]]
    yield from _RULES


def _print_added(row: dict[str, Any], advice: list[str]) -> None:
    say(f"registered {row['canary_id']} ({row['kind'].replace('_', ' ')})")
    for line in advice:
        say(f"- {line}")


def list_all(session: Session, *, as_json: bool) -> None:
    """Print every canary that is registered, the latest first."""
    columns = ("canary_id", "kind", "registered_at", "registered_by", "repository", "number", "what")
    told = session.tables.canaries.select(columns).collect()
    rows = told.sort("registered_at", "canary_id", descending=True).to_dicts()
    show([plain(row) for row in rows], as_json, lambda: _print_list(rows))


def _print_list(rows: list[dict[str, Any]]) -> None:
    if not rows:
        say(NONE_YET)
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in LIST_COLUMNS:
        table.add_column(heading, no_wrap=heading == LIST_COLUMNS[0])  # it is searched for as it stands
    for row in rows:
        table.add_row(*map(Text, _cells(row)))
    console.print(table)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    number = f"#{row['number']}" if row["number"] else ""
    registered = f"{row['registered_at']:%Y-%m-%d}"
    where = f"{row['repository'] or ''}{number}"
    return (
        row["canary_id"],
        row["kind"].replace("_", " "),
        registered,
        row["registered_by"],
        where,
        row["what"] or "",
    )
