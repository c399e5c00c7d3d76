"""What does the Approvals page answer, in sentences? Pure text; `wording` words every number."""

from __future__ import annotations

from typing import Final

from dashboard import wording
from dashboard.components.approvals_sights import Sights
from dashboard.measured import Measured
from metrics.estimate import Estimate, Number, Undefined
from metrics.fatigue import judging
from metrics.fatigue.prompts import INFERRED
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sessions_trend import PER

FAST: Final = "fast_prompt_approval_share"
WITH_INFERRED: Final = "fast_prompt_approval_share_with_inferred"
INFERRED_ALONE: Final = "fast_prompt_approval_share_inferred"
REJECTS: Final = "fast_prompt_reject_share"
ACCEPTED: Final = "prompt_approval_share"
MEASURABLE: Final = "measurable_prompt_share"
BLOCKED: Final = "blocked_hours"
PER_HOUR: Final = "prompts_per_session_hour"
AUTOMATED: Final = "automated_decision_share"
LASTING: Final = "lasting_grant_share"
UNTOLD: Final = "unknown_decider_share"
UNSIZED: Final = "unknown_prompt_size_share"
CANARIES: Final = "canary_miss_share"
PULL_CANARIES: Final = "pull_request_canary_miss_share"
RETENTION: Final = "prompt_retention_days"
COVERED: Final = "prompt_log_coverage_share"

NO_LOGS: Final = "No permission prompt of this pilot has been logged."
SWITCH_ON: Final = (
    "Switch telemetry on where agents run, name the files under `[sources.approvals]` and ingest: "
    "docs/telemetry.md says what each agent needs."
)
NOT_ATTENTION: Final = (
    "Waiting is not attention: a wait is an upper bound of it, so a fast answer shows that nobody read and "
    "a slow one shows nothing. Read every share as 'at least'."
)
PUBLISHED: Final = (
    "published: about 93 % (Anthropic, 2026). A high share alone proves nothing: in a hospital 92.9 % of the "
    "alerts were overridden, and 92.4 % of those answers were right (JMIR Med Inform 2022;10(10):e40511)"
)
SEEN: Final = ("◆", "ask")
FEW: Final = ("○", "wait")
UNKNOWN: Final = ("?", "wait")

# Reason for which a decision is left out -> whether it is a gap, and what it means or what would mend it.
MEANINGS: Final[dict[str, tuple[bool, str]]] = {
    judging.AUTOMATED: (False, "as it should be: automation is shown below, never among people's answers"),
    judging.READ_ONLY: (False, "as it should be: it can change nothing"),
    judging.REJECTED: (False, "as it should be: judged by the same rule, as the control"),
    judging.PLAN_OR_QUESTION: (False, "as it should be: another act than allowing a request"),
    judging.CANARY: (False, "as it should be: judged apart, see canaries"),
    judging.CARRIED: (False, "as it should be: nobody was asked; see approvals given for longer than once"),
    judging.UNANSWERED: (False, "nobody answered it"),
    judging.NOT_INTERACTIVE: (False, "scripts and SDK sessions: nobody is there to look"),
    judging.AWAY: (False, "whoever took so long did something else; a wait says nothing then"),
    judging.UNKNOWN_DECIDER: (True, "switch on traces and the entrypoint: docs/telemetry.md"),
    judging.NO_WAIT: (True, "switch on traces, or a hook at the prompt: logs alone do not tell it"),
    judging.NO_PERSON: (True, "name the person: a `path_pattern` of the place, or accounts in the telemetry"),
    INFERRED: (True, "transcripts alone: switch on telemetry, then the wait is known and not inferred"),
}  # fmt: skip


def answer(measured: Measured, seen: Sights) -> tuple[str, tuple[str, str]]:
    """The page's one sentence, and its glyph and tone."""
    number = measured.number(FAST)
    if isinstance(number, Estimate):
        spread = f"{wording.percent(number.value)}, {wording.span(number)}"
        people = wording.plural(seen.people, "person", "people")
        return f"At least {_counted(seen)} ({spread}, {people}).", SEEN if seen.fast else FEW
    if seen.approvals:
        return f"{_counted(seen)[:1].upper()}{_counted(seen)[1:]}: {_too_few(measured, seen)}.", FEW
    return f"Cannot tell whether people look at what they allow: {number.reason}.", UNKNOWN


def _counted(seen: Sights) -> str:
    verb = "was" if seen.fast == 1 else "were"
    approvals = f"{wording.fraction(seen.fast, seen.approvals)} measurable approvals of permission prompts"
    return f"{approvals} {verb} faster than a look"


def _too_few(measured: Measured, seen: Sights) -> str:
    rules = measured.case.measuring.fatigue
    people = wording.plural(seen.people, "person", "people")
    return (
        f"{people}, and no rate is stated below {rules.minimum_approvals} approvals or "
        f"{rules.minimum_people} people"
    )


def lines(measured: Measured, seen: Sights) -> tuple[tuple[str, str], ...]:
    """What the answer rests on, and what it must not be taken for."""
    return (
        ("Mind", NOT_ATTENTION),
        ("Measurable", coverage(measured)),
        ("Control", f"rejects judged by the same rule: {told(measured.number(REJECTS))}"),
        ("Accepted", f"of the prompts that people answer: {told(measured.number(ACCEPTED))}; {PUBLISHED}"),
        ("Canaries", canaries(measured, seen)),
    )


def told(number: Number) -> str:
    """A number with counts and interval; where there is no rate, its reason with the counts."""
    return wording.number(number) if isinstance(number, Estimate) else number.reason


def coverage(measured: Measured) -> str:
    """How many decisions the headline rests on, and what would mend the largest gap."""
    covered = measured.number(FAST).coverage
    said = f"{wording.fraction(covered.measured, covered.total)} decisions"
    gap = largest_gap(covered.excluded)
    if gap is not None:
        reason, count = gap
        return f"{said}. Largest gap: {reason} ({count:,}); {MEANINGS[reason][1]}"
    if not covered.excluded:
        return f"{said}; nothing is missing that could be logged"
    reason, count = max(covered.excluded, key=lambda each: each[1])
    return f"{said}; the others are set aside by what the logs say of them, most as {reason} ({count:,})"


def largest_gap(excluded: tuple[tuple[str, int], ...]) -> tuple[str, int] | None:
    """The commonest reason that better logs would mend; None where there is none.

    >>> largest_gap((("read-only request", 9), ("wait not known", 2), ("person not known", 1)))
    ('wait not known', 2)
    """
    gaps = [(reason, count) for reason, count in excluded if MEANINGS.get(reason, (False, ""))[0]]
    return max(gaps, key=lambda gap: gap[1], default=None)


def canaries(measured: Measured, seen: Sights) -> str:
    """What seeded requests say: only with them is attention itself measured, and fatigue spoken of."""
    if not seen.has_canaries:
        return "none answered, so nothing here measures attention itself: docs/canaries.md"
    missed = (("prompts", measured.number(CANARIES)), ("pull requests", measured.number(PULL_CANARIES)))
    known = [f"{what} {wording.number(each)}" for what, each in missed if isinstance(each, Estimate)]
    return f"let through, the direct measure of approval fatigue: {'; '.join(known)}"


def rule(rules: FatigueRules) -> str:
    """When an approval of a prompt counts as fast, in words."""
    return (
        f"faster than {rules.floor_seconds:g} s, or than what was shown reads at "
        f"{rules.chars_per_second:g} characters a second; commands of up to {rules.short_command_chars} "
        f"characters only by the {rules.floor_seconds:g} s"
    )


def trend(number: Number) -> str:
    """Whether approvals become fast as a session goes on, in words."""
    if isinstance(number, Undefined):
        return f"Within sessions: {number.reason}."
    ends = "" if number.low is None or number.high is None else f" ({number.low:.3g} to {number.high:.3g})"
    return (
        f"Within sessions, the odds of a fast approval are {number.value:.3g} times as high{ends} after "
        f"{PER} prompts more: {_way(number)}."
    )


def _way(number: Estimate) -> str:
    if number.low is not None and number.low > 1:
        return "people become faster"
    if number.high is not None and number.high < 1:
        return "people become slower"
    return "cannot tell whether they change"


def settings(measured: Measured) -> tuple[str, ...]:
    """Settings that only this page's numbers depend on."""
    rules = measured.case.measuring.fatigue
    paces = (rules.review_lines_per_hour, rules.review_warning_lines_per_hour)
    fast, warned = (f"{pace:,.0f}" for pace in paces)
    floor = f"within {rules.review_floor_seconds:g} s, or its lines at {fast} an hour"
    return (
        f"a prompt is approved fast when {rule(rules)}",
        f"waits over {rules.longest_seconds:g} s are not measured",
        f"a pull request is approved fast {floor}; warned above {warned}",
        f"rushed above {rules.rushed_lines:,} lines in {rules.rushed_minutes} minutes",
        f"no rate below {rules.minimum_approvals} approvals or {rules.minimum_people} people",
    )
