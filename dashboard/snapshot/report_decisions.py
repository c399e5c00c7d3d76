"""What do people have to decide, by when, and what happens if they do not?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from dashboard import wording
from dashboard.snapshot.content import Content, Decision, PilotWeek
from metrics.calendar import local_day


@dataclass(frozen=True)
class Rule:
    """How long something may wait, and what it costs to leave it."""

    otherwise: str  # what it costs
    days_setting: str = ""  # setting that says how many days it may wait; empty = until the next report
    held: str = ""  # state or criterion that it can hold back
    stays: str = ""  # what it costs while that blocks


WAITING: Final = "the verdict stays waiting for triage"
BLIND: Final = "the verdict stays cannot tell"
RULES: Final[Mapping[str, Rule]] = {
    "Decide about untriaged escapes": Rule(
        "counted neither way, they can hold the verdict at waiting for triage",
        "triage_days",
        "UNTRIAGED",
        WAITING,
    ),
    "Say which change introduced unattributed findings": Rule(
        "the verdict cannot get better than waiting for triage", "triage_days", "UNTRIAGED", WAITING
    ),
    "Decide about findings pushed past review": Rule(
        "the verdict cannot get better than waiting for triage", "triage_days", "UNTRIAGED", WAITING
    ),
    "Explain changes merged over a reported finding": Rule(
        "they stay counted as bypasses", "", "no_bypass", "a blocking criterion stays not met"
    ),
    "Explain changes merged past a rule": Rule("nobody knows whether the rules of the repository hold"),
    "Mend or withdraw scans that say nothing": Rule(
        "the verdict cannot get better than cannot tell", "", "NOT_MEASURABLE", BLIND
    ),
    "Scan the protected branch after merges": Rule("changes that nothing looked at are no evidence"),
    "Let code scanning be read, or add SARIF files": Rule("what nobody may read is no evidence"),
    "Declare new agents or models as an epoch": Rule("evidence about different agents is mixed"),
    "Mend files that were refused, and ingest again": Rule(
        "the verdict cannot get better than cannot tell", "", "NOT_MEASURABLE", BLIND
    ),
}
ANYTHING_ELSE: Final = Rule("the answer cannot get better")


@dataclass(frozen=True)
class Todo:
    """A decision in words."""

    pilot: str
    what: str
    who: str
    by: str
    otherwise: str


def todos(content: Content, rows_named: int) -> tuple[Todo, ...]:
    """The most urgent decisions in words; each names so many of the rows that it is about."""
    weeks = {each.pilot: each for each in content.pilots}
    return tuple(_todo(decision, weeks[decision.pilot], rows_named) for decision in content.decisions)


def _todo(decision: Decision, week: PilotWeek, rows_named: int) -> Todo:
    item = decision.attention
    rule = RULES.get(item.what, ANYTHING_ELSE)
    what = f"{item.what}: {_named(item.rows, rows_named)}"
    return Todo(decision.pilot, what, item.who, _by(rule, item.since, week), _otherwise(rule, week))


def _otherwise(rule: Rule, week: PilotWeek) -> str:
    """What leaving it costs, in the state that the pilot is in."""
    return rule.stays if rule.held in week.verdict.blocked_by else rule.otherwise


def _named(rows: tuple[str, ...], shown: int) -> str:
    more = len(rows) - shown
    return ", ".join(rows[:shown]) + (f" and {more} more" if more > 0 else "")


def _by(rule: Rule, since: datetime | None, week: PilotWeek) -> str:
    """The last day on which it is in time, or how long it is overdue."""
    today = local_day(week.as_of, week.timezone)
    due = _due(rule, since, week)
    if due >= today:
        return f"by {wording.day(due)}"
    return f"overdue since {wording.day(due)}"


def _due(rule: Rule, since: datetime | None, week: PilotWeek) -> date:
    settings = week.results[0].settings if week.results else {}
    days = settings.get(rule.days_setting)
    if since is None or not isinstance(days, int):
        return local_day(week.end, week.timezone) + timedelta(
            days=6
        )  # last day that the next report tells of
    return local_day(since, week.timezone) + timedelta(days=days)
