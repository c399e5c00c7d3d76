"""Builders for permission decisions: say what matters, the rest is a person's measurable approval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import polars as pl

from metrics.fatigue.judging import judged
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.tally import tally
from tests.builders_metrics import REPOSITORY, Row, day, tables

_CALLS = count(1)
SLOW, FAST = 30.0, 0.5


def approval(wait: float | None = SLOW, **given: Any) -> Row:
    """A person's explicit accept of a short command in an interactive session, ten days after the start."""
    happened_at = given.get("happened_at", day(10))
    shown_at = None if wait is None else happened_at - timedelta(seconds=wait)
    usual = {
        "vendor": "claude_code",
        "session_id": "s1",
        "call_id": f"c{next(_CALLS)}",
        "happened_at": happened_at,
        "shown_at": shown_at,
        "decided_at": happened_at,
        "wait_seconds": wait,
        "wait_basis": "span",
        "shown_evidence": "explicit",
        "decision": "accept",
        "actor": "human",
        "actor_evidence": "explicit",
        "scope": "once",
        "mode": "default",
        "tool_name": "Bash",
        "request_kind": "command",
        "is_read_only": False,
        "is_interactive": True,
        "content_chars": 40,
        "reviewer": "p1",
        "team": "pay",
        "repository": REPOSITORY,
    }
    return {**usual, **given}


def decisions(fast: int, slow: int, **given: Any) -> list[Row]:
    """So many fast and so many slow ones."""
    return [approval(FAST, **given) for _ in range(fast)] + [approval(SLOW, **given) for _ in range(slow)]


def frame(rows: Iterable[Row]) -> pl.LazyFrame:
    """The table of decisions with these rows."""
    return tables(approvals=rows).approvals


def judge(rows: Iterable[Row], rules: FatigueRules | None = None) -> pl.DataFrame:
    """The same, judged."""
    return judged(frame(rows), rules or FatigueRules()).collect()


def counted(rows: Iterable[Row], timezone: str = "UTC") -> pl.DataFrame:
    """The same, judged and counted."""
    return tally(judged(frame(rows), FatigueRules()), timezone)


def busy_approvals(people: int = 6) -> list[Row]:
    """Enough decisions of every kind for every number: of each person ten approvals and six rejects."""
    names = [f"p{number}" for number in range(people)]
    answers = [
        row
        for place, name in enumerate(names)
        for row in (
            *decisions(place, 10 - place, reviewer=name),
            *decisions(1, 5, reviewer=name, decision="reject"),
            *decisions(2, 4, reviewer=name, shown_evidence="inferred", wait_basis="transcript"),
            approval(reviewer=name, scope="session", mode="accept_edits"),
        )
    ]
    modes = [approval(None, actor="policy", mode=mode) for mode in ("default", "bypass", "auto")]
    return [*answers, *modes, approval(700), approval(None, actor="unknown"), approval(5, content_chars=None)]
