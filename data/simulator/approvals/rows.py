"""How do planted decisions look in the table `approvals`, without the way through logs?"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from data.simulator.approvals.engine import decisions
from data.simulator.approvals.planted import AUTOMATED, PlantedDecision
from data.simulator.approvals.truth import ApprovalTruth
from ingest.contracts import APPROVALS

PROVENANCE: Final = ("source", "ingested_at")
SCHEMA: Final = {name: kind for name, kind in APPROVALS.polars_schema.items() if name not in PROVENANCE}


def rows(truth: ApprovalTruth, seed: int) -> pl.DataFrame:
    """Decisions in the columns of `approvals`, as logs with every moment in them would give them."""
    return framed(decisions(truth, seed))


def framed(planted: Iterable[PlantedDecision]) -> pl.DataFrame:
    """Decisions that are already drawn, in the columns of `approvals` without source and ingested_at."""
    return pl.DataFrame([_row(one) for one in planted], schema=SCHEMA)


def pseudonym(account: str) -> str:
    """A stand-in for the pseudonym that ingestion would give; the same for the same account.

    >>> pseudonym("ada@acme.example") == pseudonym("Ada@acme.example ")
    True
    """
    told = blake2b(account.strip().lower().encode(), digest_size=8).digest()
    return f"p-{b32encode(told).decode().lower()[:12]}"


def _row(one: PlantedDecision) -> dict[str, Any]:
    return {**_of_session(one), **_of_request(one), **_of_answer(one)}


def _of_session(one: PlantedDecision) -> dict[str, Any]:
    session = one.session
    return {
        "vendor": session.vendor, "session_id": session.session_id, "mode": session.mode,
        "is_interactive": session.is_interactive, "reviewer": pseudonym(session.reviewer.account),
        "team": session.reviewer.team, "repository": session.repository,
        "agent_version": session.agent_version, "model": session.model, "raw_ref": "simulator",
    }  # fmt: skip


def _of_request(one: PlantedDecision) -> dict[str, Any]:
    return {
        "call_id": one.call_id, "tool_name": one.tool_name, "request_kind": one.kind,
        "is_read_only": one.is_read_only, "content_chars": one.chars, "canary_id": one.canary_id,
    }  # fmt: skip


def _of_answer(one: PlantedDecision) -> dict[str, Any]:
    was_asked = one.shown_at is not None
    return {
        "happened_at": one.decided_at or one.shown_at or one.called_at, "shown_at": one.shown_at,
        "decided_at": one.decided_at, "wait_seconds": one.wait_seconds,
        "wait_basis": None if one.wait_seconds is None else "records", "decision": one.decision,
        "shown_evidence": "explicit" if was_asked else "none", "actor": one.actor,
        "actor_evidence": "explicit" if one.actor in (*AUTOMATED, "human") else "none", "scope": one.scope,
    }  # fmt: skip
