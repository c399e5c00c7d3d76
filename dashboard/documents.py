"""Verdicts and results as the JSON that other programs read; the schemas stand in docs/schemas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any, Protocol

from metrics.estimate import Estimate, Undefined
from metrics.gate.states import Evidence, Outcome, SprintCount, Verdict


class Stated(Protocol):
    """A number that can be a row; it keeps its settings, so that they are the same object in many."""

    @property
    def settings(self) -> dict[str, Any]:
        """What was decided about measuring."""

    def as_json(self) -> dict[str, Any]:
        """The row, with moments as moments."""


def plain(value: Any) -> Any:
    """Frozen values as JSON values: moments as ISO 8601 in UTC, what is infinite or undefined as null.

    >>> plain({"on": date(2026, 8, 17), "limit": float("inf"), "rows": ("a", "b")})
    {'on': '2026-08-17', 'limit': None, 'rows': ['a', 'b']}
    """
    if isinstance(value, Estimate | Undefined):
        return plain(value.as_json())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _scalar(value)


def rows(results: Iterable[Stated]) -> list[dict[str, Any]]:
    """Numbers as JSON rows; the settings, which all rows of a pilot share, are translated once."""
    translated: dict[int, Any] = {}
    found = []
    for result in results:
        document = result.as_json()
        settings = document.pop("settings")
        if id(settings) not in translated:
            translated[id(settings)] = plain(settings)
        found.append(plain(document) | {"settings": translated[id(settings)]})
    return found


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """One entry of `pilot gate --json`, in the shape of design section 5."""
    return {
        **{
            name: plain(getattr(verdict, name))
            for name in ("pilot", "as_of", "known_at", "state", "sentence")
        },
        "evidence_sentence": verdict.evidence_sentence,
        "allowed": verdict.allowed,
        "blocked_by": list(verdict.blocked_by),
        "require": verdict.require,
        "readings": asdict(verdict.readings),
        "threshold": verdict.threshold,
        "sprints": [_sprint(sprint) for sprint in verdict.sprints],
        "evidence": _evidence(verdict.evidence),
        "human_baseline": _baseline(verdict.human_baseline),
        "before_baseline": _baseline(verdict.before_baseline),
        "criteria": [_criterion(outcome) for outcome in verdict.criteria],
        "epoch": plain(verdict.epoch),
        "policy_digest": verdict.policy_digest,
        "clear_on": plain(verdict.clear_on),
        "without_late_dismissals": verdict.without_late_dismissals,
        "attention": plain(verdict.attention),
    }


def _sprint(sprint: SprintCount) -> dict[str, Any]:
    rate = plain(sprint.rate)
    return {
        **{
            name: plain(getattr(sprint, name))
            for name in ("number", "start", "end", "closed", "mature", "epoch", "changes", "escapes_low")
        },
        "escapes_high": sprint.escapes_high,
        "critical": sprint.critical,
        "bypasses": sprint.bypasses,
        "detected": sprint.detected,
        "independent": sprint.independent,
        "rate": rate["value"],
        "low": rate["low"],
        "high": rate["high"],
        "estimate": rate,
        "nowcast": plain(sprint.nowcast),
        "first_published": plain(sprint.first_published),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {field.name: plain(getattr(evidence, field.name)) for field in fields(evidence)}


def _baseline(number: Estimate | Undefined) -> dict[str, Any]:
    document = plain(number)
    return {
        "escapes": document["numerator"],
        "changes": document["denominator"],
        "rate": document["value"],
        "estimate": document,
    }


def _criterion(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.criterion,
        "title": outcome.title,
        "state": outcome.state,
        "sentence": outcome.sentence,
        "blocking": outcome.blocking,
        "estimate": plain(outcome.estimate),
    }
