"""What would a table of one's own tell, one row per decision?"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any, Final

from data.simulator.approvals.logs.sessions import SYNTHETIC, iso
from data.simulator.approvals.planted import PlantedDecision

COLUMNS: Final = (
    "session", "call", "agent", "asked", "answered", "answer", "who", "grant", "tool", "what", "reads_only",
    "chars", "person", "team", "repository", SYNTHETIC,
)  # fmt: skip
# Our columns and these: the mapping that the settings need to read such a table.
RENAME: Final = {
    "session_id": "session", "call_id": "call", "vendor": "agent", "shown_at": "asked",
    "decided_at": "answered", "decision": "answer", "actor": "who", "scope": "grant", "tool_name": "tool",
    "request_kind": "what", "is_read_only": "reads_only", "content_chars": "chars", "reviewer": "person",
    "team": "team", "repository": "repository",
}  # fmt: skip


def csv_table(planted: Iterable[PlantedDecision]) -> bytes:
    """Decisions that were answered, as CSV with a header."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(one) for one in planted if one.decided_at is not None)
    return out.getvalue().encode()


def _row(one: PlantedDecision) -> tuple[Any, ...]:
    session = one.session
    shown = "" if one.shown_at is None else iso(one.shown_at)
    decided = "" if one.decided_at is None else iso(one.decided_at)
    reads = "" if one.is_read_only is None else str(one.is_read_only).lower()
    return (
        session.session_id, one.call_id, session.vendor, shown, decided, one.decision, one.actor,
        one.scope or "", one.tool_name, one.kind, reads, one.chars, session.reviewer.account,
        session.reviewer.team, session.repository, "true",
    )  # fmt: skip
