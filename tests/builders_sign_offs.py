"""Builders for approvals of pull requests, in seconds after they were ready, and for seeded requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import polars as pl

from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sign_offs import sign_offs
from metrics.gate.case import Ask, Case
from tests.builders_fatigue import approval, decisions
from tests.builders_metrics import Row, pilot, policy, review, tables
from tests.builders_velocity import NOW, at, opened, turned

HOUR = 3600.0
READ = 300  # changed lines: 1,080 s at 1,000 lines an hour, 2,160 s at 500
REVIEWERS = ("robin", "sam", "alex", "kim", "toni", "noor")


def change(number: int, hours: float = 0, lines: int = READ, **given: Any) -> Row:
    """An agent's pull request, ready and last pushed `hours` after the start."""
    told = {"additions": lines, "deletions": 0, "last_push_at": at(hours)}
    return opened(number, hours, **{**told, **given})


def approved(number: int, seconds: float, hours: float = 0, **given: Any) -> Row:
    """Robin's silent approval so many seconds after `hours`."""
    submitted_at = at(hours) + timedelta(seconds=seconds)
    reviewer = given.get("reviewer", "robin")
    usual = {
        "submitted_at": submitted_at, "review_id": f"r{number}-{reviewer}-{hours}-{seconds}",
        "comment_count": 0, "body_chars": 0,
    }  # fmt: skip
    return review(number, **{**usual, **given})


def rows(
    pulls: Iterable[Row], reviews: Iterable[Row], events: Iterable[Row] = (), **given: Any
) -> pl.DataFrame:
    """Every approval, judged; an event of another pull request shows that timelines were collected."""
    seen = [*events, *([turned(9999, "labeled", 0)] if given.pop("collected", True) else [])]
    its_pilot, rules = given.pop("pilot", pilot()), FatigueRules(**given.pop("rules", {}))
    known = tables(pull_requests=pulls, reviews=reviews, review_events=seen, **given)
    return sign_offs(known.cut(at(NOW)), its_pilot, rules)


def row(pull: Row, *reviews: Row, events: Iterable[Row] = (), **given: Any) -> dict[str, Any]:
    """The last approval of one pull request."""
    return rows([pull], reviews, events, **given).row(-1, named=True)


def reviewed(people: int, each: int, fast: int, **given: Any) -> dict[str, list[Row]]:
    """So many approvals by each of so many people, of which each gave so many within a minute."""
    found: dict[str, list[Row]] = {"pull_requests": [], "reviews": []}
    first, hours = given.pop("first", 1), given.pop("hours", 1.0)
    for place in range(people * each):
        number, start = first + place, place * hours
        seconds = 30.0 if place // people < fast else 3 * HOUR
        found["pull_requests"].append(change(number, start, **given))
        found["reviews"].append(approved(number, seconds, start, reviewer=f"person{place % people}"))
    return found


def case(now: float = NOW, **given: Any) -> Case:
    """A pilot with these tables, whose timelines were collected."""
    events = [*given.pop("review_events", ()), turned(9999, "labeled", 0)]
    its_pilot = given.pop("pilot", pilot())
    return Case(tables(review_events=events, **given), its_pilot, policy(), Ask(at(now)))


def canary(canary_id: str = "pilot-canary-7f3a", kind: str = "prompt", **given: Any) -> Row:
    """A seeded request, registered at the start."""
    usual = {"canary_id": canary_id, "kind": kind, "registered_at": at(0), "registered_by": "sam"}
    return {**usual, **given}


def session(name: str = "s1", first: float = 0, last: float | None = None, **given: Any) -> Row:
    """A session of an agent in the pilot's repository, from so many hours after the start."""
    usual = {
        "vendor": "claude_code", "session_id": name, "first_at": at(first),
        "last_at": at(first + 1 if last is None else last), "task_count": 1, "decision_count": 3,
        "repository": "acme/pay",
    }  # fmt: skip
    return {**usual, **given}


def sighting(kind: str, name: str, hours: float = 0, **given: Any) -> Row:
    """A fact about agents."""
    place = given.pop("place", "telemetry")
    usual = {
        "sighting_id": f"{kind}-{name}-{hours}-{place}", "vendor": "claude_code", "kind": kind, "name": name,
        "place": place, "seen_at": at(hours),
    }  # fmt: skip
    return {**usual, **given}


def _prompts(place: int) -> list[Row]:
    """Explicit approvals, inferred ones and rejects of one of six people, who are not alike."""
    usual = {"reviewer": f"p{place}", "happened_at": at(45)}
    fast, scope = 1 + place % 2, "once" if place % 2 else "session"
    inferred = {**usual, "shown_evidence": "inferred", "wait_basis": "transcript"}
    return [
        *decisions(fast, 4, **usual),
        approval(scope=scope, content_chars=None, **usual),
        *decisions(fast, 5, **inferred),
        *decisions(fast, 5, decision="reject", **usual),
        *decisions(place % 2, place % 2, decision="reject", **usual),
    ]


def busy() -> dict[str, list[Row]]:
    """Approvals of both sides by six people each, seeded requests that were missed and caught, and logs."""
    people = {"authorship": "human", "author_login": "ana", "agent": None}
    sides = (reviewed(6, 6, 2, first=300), reviewed(6, 6, 1, first=400, **people))
    found = {name: [row for side in sides for row in side[name]] for name in sides[0]}
    # One approval of each side with a word, so that not everybody is silent.
    spoken = {"r300-person0-0.0-30.0", "r400-person0-0.0-30.0"}
    found["reviews"] = [
        {**row, "comment_count": 1} if row["review_id"] in spoken else row for row in found["reviews"]
    ]
    marked = "pilot-canary-pull"
    found["pull_requests"] += [
        change(500, 50, title=marked, merged=60), change(501, 50, title=marked, closed=60)
    ]  # fmt: skip
    found["reviews"].append(approved(500, 30, 50))
    found["review_events"] = [turned(300, "labeled", 0)]
    found["canaries"] = [canary(), canary(marked, "pull_request")]
    answers = ((0.5, "accept"), (30.0, "accept"), (0.5, "reject"), (30.0, "reject"))
    found["approvals"] = [
        approval(wait, decision=decision, canary_id=canary()["canary_id"], happened_at=at(40))
        for wait, decision in answers
    ]
    found["approvals"] += [row for place in range(6) for row in _prompts(place)]
    shop = session("s2", 20, repository="acme/shop")
    found["approval_sessions"] = [session(first=1, last=30), shop]
    found["agent_sightings"] = [sighting("retention_days", "45")]
    return found
