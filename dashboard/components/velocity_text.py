"""What does the Velocity page answer, in sentences? Pure text; `wording` words every number."""

from __future__ import annotations

from typing import Final

from dashboard import wording
from dashboard.components import siding
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SIDES
from metrics.estimate import Estimate, Undefined
from metrics.velocity.clock import READY_UNKNOWN
from metrics.velocity.comparison import conclusion
from metrics.velocity.samples import timed
from metrics.working_time import WorkingTime

STRATIFIED: Final = "restricted_mean_hours_difference_stratified"
PLAIN: Final = "restricted_mean_hours_difference"
MEDIAN: Final = "median_hours_to_approval"
MEAN: Final = "restricted_mean_hours_to_decision"
UNAPPROVED: Final = "merged_without_human_approval_share"
LOG_RANK: Final = "decision_log_rank_p"
DIRECTIONS: Final = ("shorter", "longer")
LOOKS: Final = {"slower": ("▲", "ask"), "faster": ("▼", "fair"), siding.CANNOT_TELL: ("?", "wait")}
DEPENDS: Final = ("◆", "ask")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def answer(measured: Measured) -> tuple[str, tuple[str, str]]:
    """The page's one sentence, and its glyph and tone; what changes the conclusion is said first."""
    changes = siding.moved(measured, STRATIFIED, conclusion)
    if changes:
        return f"It depends on whom assisted and unknown changes count to. {_said(measured)}", DEPENDS
    return _said(measured), LOOKS[conclusion(measured.number(STRATIFIED, HEADLINE.name))]


def _said(measured: Measured) -> str:
    gap = measured.number(STRATIFIED, HEADLINE.name)
    if isinstance(gap, Undefined):
        return f"Cannot tell whether agent changes wait longer than people's: {gap.reason}."
    told = wording.difference(gap, DIRECTIONS)
    if conclusion(gap) == siding.CANNOT_TELL:
        return f"Cannot tell whether agent changes wait longer than people's: like for like {told}."
    word = DIRECTIONS[gap.value > 0]
    return f"Agent changes wait {word} for a decision than people's: like for like {told}."


def lines(measured: Measured) -> tuple[tuple[str, str], ...]:
    """What the answer rests on; the raw difference never stands without the one of like with like."""
    changes = siding.moved(measured, STRATIFIED, conclusion)
    first = (("Depends", siding.sentence(changes)),) if changes else ()
    is_known = isinstance(measured.number(STRATIFIED, HEADLINE.name), Estimate)
    last = (("Either side", siding.sentence(changes)),) if is_known and not changes else ()
    return (
        *first,
        ("Agents", waits(measured, "agent")),
        ("People", waits(measured, "human")),
        ("Difference", differences(measured)),
        ("Unapproved", unapproved(measured)),
        *last,
        *clock(measured),
        (
            "Mind",
            "An instant approval may be a sign of fatigue: faster is good only while people still look.",
        ),
    )


def clock(measured: Measured) -> tuple[tuple[str, str], ...]:
    """How many clocks start at creation because nobody tells when the pull request was ready."""
    guessed, known = measured.once("guessed clocks", lambda: _clocks(measured))
    if not guessed:
        return ()
    of_all = wording.share(guessed, guessed + known)
    return (
        ("Clock", f"ready time unknown for {of_all}: their clock starts at creation, so waits read long"),
    )


def _clocks(measured: Measured) -> tuple[int, int]:
    """Pull requests of both sides whose clock had to start at creation, and the others."""
    bases = [timed(measured.slice(arm).waits).rows["clock_basis"] for arm in SIDES]
    guessed = sum(int((basis == READY_UNKNOWN).sum()) for basis in bases)
    return guessed, sum(map(len, bases)) - guessed


def waits(measured: Measured, arm: str) -> str:
    """How long one side waits: median to approval and mean to any decision."""
    median, mean = measured.number(MEDIAN, arm), measured.number(MEAN, arm)
    if isinstance(median, Undefined):
        return f"unknown: {median.reason}"
    days = measured.case.measuring.restricted_mean_days
    pulls = wording.plural(median.denominator, "pull request")
    return (
        f"half of {pulls} approved after {wording.number(median)}; "
        f"mean wait for any decision {wording.number(mean)}, counted up to {wording.plural(days, 'day')}"
    )


def differences(measured: Measured) -> str:
    """Difference of the means, like for like and as the changes come."""
    like, plain = (measured.number(metric, HEADLINE.name) for metric in (STRATIFIED, PLAIN))
    return (
        f"like for like (same repository and size) {wording.difference(like, DIRECTIONS)}; "
        f"as they come {wording.difference(plain, DIRECTIONS)}"
    )


def log_rank(measured: Measured) -> str:
    """The stratified test with observed and expected decisions."""
    number = measured.number(LOG_RANK, HEADLINE.name)
    if isinstance(number, Undefined):
        return wording.number(number)
    seen, expected = round(number.numerator), round(number.denominator)
    return f"{wording.brief(number)}; {seen:,} agent changes decided where {expected:,} were expected"


def unapproved(measured: Measured) -> str:
    """Merges without a human's approval: no fast decision but a control that failed."""
    agents, people = (wording.number(measured.number(UNAPPROVED, arm)) for arm in SIDES)
    return f"merged without a human's approval, a control that failed: agents {agents}; people {people}"


def calendar(working: WorkingTime) -> str:
    """The team's working hours, as they are counted."""
    days = ", ".join(WEEKDAYS[day] for day in working.days)
    free = wording.plural(len(working.holidays), "holiday") if working.holidays else "no holidays"
    return f"{days}, {working.start:%H:%M} to {working.end:%H:%M} {working.timezone}, {free}"


def settings(measured: Measured) -> tuple[str, ...]:
    """Settings that only this page's numbers depend on."""
    measuring = measured.case.measuring
    clock = {"ready": "ready for review (creation where it never was a draft)", "created": "creation"}
    bands = ", ".join(f"{band:,}" for band in measuring.size_bands)
    return (
        f"clock starts at {clock[measuring.clock]}",
        "ends with the first approval by a person who is neither author nor driver",
        f"means counted up to {wording.plural(measuring.restricted_mean_days, 'day')}",
        f"size bands end at {bands} changed lines",
        f"working time {calendar(measuring.working)}",
    )
