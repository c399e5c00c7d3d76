"""What do an answer's headers, and GitHub's own account of points, say of time and limits?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ingest.sources.github.faults import Heard
from ingest.sources.github.limits import Budget, Quota


def told_at(heard: Heard) -> datetime | None:
    """GitHub's clock when it answered."""
    return _date(heard.headers.get("date"))


def seconds_to_wait(heard: Heard) -> float | None:
    """Seconds of Retry-After, which is a number or a date; None = not told."""
    told = heard.headers.get("retry-after")
    if told is None:
        return None
    if told.strip().isdigit():
        return float(told)
    until, at = _date(told), told_at(heard)
    return max(0.0, (until - at).total_seconds()) if until and at else None


def resets_at(heard: Heard) -> datetime | None:
    """When new points are given, by GitHub's clock."""
    seconds = _number(heard.headers.get("x-ratelimit-reset"))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def quota_of(heard: Heard) -> Quota:
    """Which quota a request was paid from."""
    return "graphql" if heard.graph else "core"


def cost_of(heard: Heard) -> int:
    """Points that a question cost; 0 where the server counts none."""
    cost = _account(heard).get("cost")
    return cost if isinstance(cost, int) else 0


def budget_of(heard: Heard) -> Budget | None:
    """What is left of the quota; None = the server does not say, or has no limits."""
    account = _account(heard)
    left = _number(account.get("remaining", heard.headers.get("x-ratelimit-remaining")))
    most = _number(account.get("limit", heard.headers.get("x-ratelimit-limit")))
    if left is None or most is None:
        return None
    return Budget(left, most, resets_at(heard) or moment(account.get("resetAt")), max(1, cost_of(heard)))


def _account(heard: Heard) -> Mapping[str, Any]:
    """Answer to the field `rateLimit`, which is null on servers without limits."""
    account = heard.data.get("rateLimit") if heard.graph and isinstance(heard.data, dict) else None
    return account if isinstance(account, dict) else {}


def _number(value: object) -> int | None:
    try:
        return int(float(str(value)))  # a proxy was seen to send "1e3"
    except ValueError:
        return None


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def moment(text: object) -> datetime | None:
    """An ISO 8601 moment; None = it is none."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
