"""What does the sheet say about the verdict on a pilot: last week's, today's, and what is still to come?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dashboard import wording
from dashboard.components.markup import STATE_LOOKS
from dashboard.snapshot.content import PilotWeek
from dashboard.snapshot.report_changes import last_week
from metrics.gate.states import Forecast, State, Verdict

ARROWS: Final = {"better": "▲", "worse": "▼", "unchanged": ""}
LABEL: Final = "Rule "  # what the sheet prints before the sentence


@dataclass(frozen=True)
class Badge:
    """A state of the gate: glyph, tone and words together."""

    glyph: str
    tone: str
    words: str


@dataclass(frozen=True)
class Row:
    """The verdict on one pilot: last week's and now."""

    pilot: str
    before: Badge
    now: Badge
    arrow: str
    moved: str
    answer: str
    blocked: str
    rule: str
    evidence: str
    outlook: str  # empty where nothing but people stands in the way


@dataclass(frozen=True)
class Cut:
    """How many characters there are room for."""

    sentence: int  # of what the rule says
    blocked: int  # of what stands in the way


def row(week: PilotWeek, cut: Cut) -> Row:
    """Word the verdict on a pilot."""
    was, now = last_week(week), week.verdict
    moved = wording.movement(was.state, now.state)
    rule = wording.shortened(now.sentence.removeprefix(LABEL), cut.sentence)
    return Row(
        pilot=now.pilot,
        before=_badge(was.state),
        now=_badge(now.state),
        arrow=ARROWS[moved],
        moved=moved,
        answer=wording.answer(now),
        blocked=wording.shortened("; ".join(_in_the_way(now)), cut.blocked),
        rule=rule,
        evidence=_evidence(now),
        outlook="; ".join(_outlook(now, rule)),
    )


def _badge(state: State) -> Badge:
    glyph, tone = STATE_LOOKS[state]
    return Badge(glyph, tone, wording.state(state))


def _in_the_way(verdict: Verdict) -> Iterable[str]:
    """What blocks, without the state that stands beside it."""
    return (words for words in wording.blockers(verdict) if words != wording.state(verdict.state).lower())


def _evidence(verdict: Verdict) -> str:
    points = " points to proof" if verdict.evidence.changes else ""
    return f"{wording.evidence_brief(verdict)}{points}"


def _outlook(verdict: Verdict, told: str) -> Iterator[str]:
    """When time alone can clear what blocks, unless told, and what proof still needs."""
    clear = wording.day(verdict.clear_on) if verdict.clear_on and not verdict.allowed else ""
    if clear not in told:
        yield f"clear from {clear}"
    shown = verdict.evidence
    if "proven" in verdict.blocked_by and shown.more_clean_changes:
        # "Clean changes" already says that no more escapes are presumed.
        yield wording.forecast(Forecast(0, shown.more_clean_changes, shown.proof_on)).partition(": ")[2]
