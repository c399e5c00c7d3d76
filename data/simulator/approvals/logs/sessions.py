"""What do all formats need: decisions by session, moments as text, something to show of the right length?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final

import orjson

from data.simulator.approvals.planted import PlantedDecision, PlantedSession

Conversation = tuple[PlantedSession, Sequence[PlantedDecision]]

SYNTHETIC: Final = "synthetic"  # key by which every made record says so, where its format has room
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PROMPT_TAKES: Final = timedelta(milliseconds=22)  # from a call to its prompt, or to a rule's answer
_FIELDS: Final = {"edit": "new_string", "read": "file_path", "command": "command"}


def conversations(planted: Iterable[PlantedDecision]) -> Iterator[Conversation]:
    """Session and its decisions, one session after another."""
    for session, decided in groupby(planted, lambda one: one.session):
        yield session, tuple(decided)


def iso(at: datetime) -> str:
    """A moment to the millisecond, as JavaScript writes it.

    >>> iso(EPOCH)
    '1970-01-01T00:00:00.000Z'
    """
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def nanoseconds(at: datetime) -> str:
    """Nanoseconds since 1970, as OTLP writes them."""
    return f"{milliseconds(at)}000000"


def ended_at(one: PlantedDecision) -> datetime | None:
    """When the tool had run, or was refused; None = never answered."""
    if one.decided_at is None or one.decision != "accept":
        return one.decided_at
    return one.decided_at + timedelta(seconds=one.run_seconds)


def turn_at(one: PlantedDecision) -> datetime:
    """When the call's turn came: the calls of one message are dealt with one after another."""
    known = one.shown_at or one.decided_at
    return one.called_at if known is None else known - PROMPT_TAKES


def hexadecimal(what: str, length: int) -> str:
    """An id that follows from what it is of."""
    return blake2b(what.encode(), digest_size=length // 2).hexdigest()


def uuid_of(what: str) -> str:
    """An id in the shape of a UUID that follows from what it is of."""
    told = hexadecimal(what, 32)
    return f"{told[:8]}-{told[8:12]}-4{told[13:16]}-a{told[17:20]}-{told[20:]}"


def shown_text(one: PlantedDecision, chars: int) -> str:
    """Something of this length to show; a seeded request carries its marker."""
    begins = f"invented # {one.canary_id} " if one.canary_id else "invented "
    return f"{begins}{'x' * chars}"[: max(chars, len(begins) if one.canary_id else 0)]


def tool_input(one: PlantedDecision) -> dict[str, Any]:
    """Arguments of the call, as many characters of JSON as were planted."""
    field = _FIELDS.get(one.kind, "text")
    fixed = {"file_path": "src/orders.py", "old_string": ""} if one.kind == "edit" else {}
    empty = len(orjson.dumps({**fixed, field: ""}))
    return {**fixed, field: shown_text(one, max(1, one.chars - empty))}


def lines(records: Iterable[dict[str, Any]]) -> bytes:
    """Records as JSON lines."""
    return b"".join(orjson.dumps(record) + b"\n" for record in records)
