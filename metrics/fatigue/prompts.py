"""What do the counted decisions about permission prompts say of a window?

Every number says of each decision whether it stands in the denominator, and if not, why; so that what is
measured and what is left out always add up to all decisions. People are the unit where people decide;
a share of everything that was logged is stated without an interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.judging import (
    AUTOMATED,
    AUTOMATIC,
    AWAY,
    CANARY,
    CARRIED,
    IS_UNANSWERED,
    NO_PERSON,
    NO_WAIT,
    NOT_INTERACTIVE,
    PLAN_OR_QUESTION,
    REJECTED,
    UNANSWERED,
    UNKNOWN_DECIDER,
)
from metrics.fatigue.people import clustered_share
from metrics.fatigue.tally import kinds
from metrics.measures import Slice

NONE_LOGGED: Final = "no permission decision of the pilot's repositories was logged in this window"
INFERRED, EXPLICIT, APPROVED = "inferred", "explicit", "approved"
NO_SCOPE, NO_MODE, NOT_MEANT = (
    "scope not told",
    "mode not told",
    "not an approval that a person may have given",
)
EVERYTHING: Final = "exact share of what was logged"
EXACT_SUM: Final = "exact sum"
TOLD_BOUNDS: Final = "exact share of all; limits: those not told are in another mode, or all in this one"
HOURS: Final = "hours"
PER_HOUR: Final = "prompts per hour"
NO_SESSIONS: Final = "no session of an agent that began in this window lasted"
_LEFT_OUT, _COUNT = pl.col("left_out"), pl.col("decision_count")
_IS_ACCEPT, _IS_HUMAN = pl.col("decision") == "accept", pl.col("actor") == "human"
_NO_ANSWER: Final = (
    CANARY,
    CARRIED,
    UNANSWERED,
    AUTOMATED,
    NOT_INTERACTIVE,
    PLAN_OR_QUESTION,
    UNKNOWN_DECIDER,
)
_MAY_BE_MEASURED: Final = (UNKNOWN_DECIDER, NO_WAIT, AWAY, NO_PERSON)
Compute = Callable[[Slice], Number]


def _because(*reasons: tuple[str, pl.Expr]) -> pl.Expr:
    """The first reason that holds; null = none does."""
    return pl.coalesce(*(pl.when(holds).then(pl.lit(reason)) for reason, holds in reasons))


_IS_NOBODYS: Final = (NO_PERSON, pl.col("reviewer").is_null())
# Why a decision does not stand in the denominator; null = it does.
UNLESS_EXPLICIT: Final = pl.coalesce(_LEFT_OUT, _because((INFERRED, pl.col("is_inferred"))))
UNLESS_INFERRED: Final = pl.coalesce(_LEFT_OUT, _because((EXPLICIT, ~pl.col("is_inferred"))))
UNLESS_REJECTED: Final = (
    pl.when(_LEFT_OUT == REJECTED)
    .then(_because((INFERRED, pl.col("is_inferred"))))
    .otherwise(_LEFT_OUT.fill_null(APPROVED))
)
# An answer counts whether or not its wait is known; requests that only read are prompts as well.
UNLESS_ANSWERED: Final = pl.coalesce(
    pl.when(_LEFT_OUT.is_in(_NO_ANSWER)).then(_LEFT_OUT),
    _because((UNKNOWN_DECIDER, ~_IS_HUMAN), _IS_NOBODYS),
)
UNLESS_GRANTED: Final = pl.coalesce(
    UNLESS_ANSWERED, _because((REJECTED, ~_IS_ACCEPT), (NO_SCOPE, pl.col("scope").is_null()))
)
UNLESS_DECIDER: Final = _because(
    (UNANSWERED, IS_UNANSWERED),
    (UNKNOWN_DECIDER, pl.col("actor").is_in(["unknown", "none"])),
)
UNLESS_DECIDED: Final = _because((UNANSWERED, IS_UNANSWERED))
UNLESS_MODE: Final = _because((NO_MODE, pl.col("mode").is_null()))
UNLESS_MEANT: Final = _because(
    (
        NOT_MEANT,
        ~(_IS_ACCEPT & (_LEFT_OUT.is_null() | _LEFT_OUT.is_in(_MAY_BE_MEASURED)).fill_null(value=False)),
    )
)


def coverage_of(decisions: pl.DataFrame, unless: pl.Expr) -> Coverage:
    """How many decisions stand in a denominator, and why the others do not, the commonest reason first.

    Parameters
    ----------
    decisions
        From :func:`metrics.fatigue.tally.kinds`.
    """
    counts = decisions.group_by(unless=unless).agg(_COUNT.sum()).sort(-_COUNT, "unless")
    reasons = tuple((reason, n) for reason, n in counts.iter_rows() if reason is not None)
    total = sum(counts["decision_count"])
    return Coverage(total - sum(n for _, n in reasons), total, reasons)


def _kinds(of: Slice) -> pl.DataFrame:
    return kinds(of.prompts)


def by_people(counted: pl.Expr, unless: pl.Expr) -> Compute:
    """A share of people's decisions, with the person as the unit."""

    def compute(of: Slice) -> Number:
        decisions = of.once(_kinds)
        coverage = coverage_of(decisions, unless)
        if not coverage.total:
            return Undefined(NONE_LOGGED, 0, coverage)
        people = per_person(decisions, counted, unless)
        fast, n = people["counted"].to_list(), people["decision_count"].to_list()
        return clustered_share(fast, n, coverage, of.measuring.fatigue, of.measuring.confidence)

    return compute


def per_person(decisions: pl.DataFrame, counted: pl.Expr, unless: pl.Expr) -> pl.DataFrame:
    """How many decisions of each person stand in a denominator, and in its numerator.

    Parameters
    ----------
    decisions
        From :func:`metrics.fatigue.tally.kinds`.

    Returns
    -------
    DataFrame
        reviewer, counted, decision_count; by reviewer.
    """
    standing = decisions.filter(unless.is_null())
    sums = (_COUNT.filter(counted).sum().alias("counted"), _COUNT.sum())
    return standing.group_by("reviewer").agg(sums).sort("reviewer")


def of_everything(counted: pl.Expr, unless: pl.Expr) -> Compute:
    """A share of all that was logged: no interval is meant."""

    def compute(of: Slice) -> Number:
        decisions = of.once(_kinds)
        coverage = coverage_of(decisions, unless)
        if not coverage.measured:
            return Undefined(_why_none(coverage), 0, coverage)
        x = int(decisions.filter(unless.is_null() & counted)["decision_count"].sum())
        n = coverage.measured
        return Estimate(x / n, None, None, None, "share", EVERYTHING, x, n, n, coverage)

    return compute


def _why_none(coverage: Coverage) -> str:
    if not coverage.total:
        return NONE_LOGGED
    reason, many = coverage.excluded[0]
    return f"none of {coverage.total} decisions can serve; of most ({many}): {reason}"


def blocked_hours(of: Slice) -> Number:
    """Sum of the waits for people's answers, without those that were too long to have been at the desk."""
    awaited = _because(
        (UNANSWERED, IS_UNANSWERED),
        (AUTOMATED, pl.col("actor").is_in(AUTOMATIC)),
        (UNKNOWN_DECIDER, ~_IS_HUMAN),
        (NO_WAIT, pl.col("is_away").is_null()),
        (AWAY, pl.col("is_away")),
    )
    decisions = of.once(_kinds)
    coverage = coverage_of(decisions, awaited)
    if not coverage.measured:
        return Undefined(_why_none(coverage), 0, coverage, HOURS)
    seconds = float(decisions.filter(awaited.is_null())["waited_seconds"].sum())
    hours, n = seconds / 3600, coverage.measured
    return Estimate(hours, None, None, None, HOURS, EXACT_SUM, hours, 1, n, coverage)


def prompts_per_session_hour(of: Slice) -> Number:
    """How often people were asked while agents were at work: answers by people, to an hour of sessions."""
    decisions = of.once(_kinds)
    coverage = coverage_of(decisions, UNLESS_ANSWERED)
    if not coverage.measured:
        return Undefined(_why_none(coverage), 0, coverage, PER_HOUR)
    hours = _session_hours(of.sessions)
    if not hours:
        return Undefined(NO_SESSIONS, coverage.measured, coverage, PER_HOUR)
    answered = coverage.measured
    return Estimate(
        answered / hours, None, None, None, PER_HOUR, EXACT_SUM, answered, hours, answered, coverage
    )


def _session_hours(sessions: pl.DataFrame) -> float:
    """Hours from first to last sign of sessions that may have had a person before them."""
    manned = sessions.filter(pl.col("is_interactive").fill_null(value=True))
    spans = (manned["last_at"] - manned["first_at"]).dt.total_microseconds()
    return float(spans.sum()) / 3.6e9


IS_FAST: Final = pl.col("is_fast")
IS_AUTOMATED: Final = pl.col("actor").is_in(["policy", "hook", "model"])
fast_prompt_approval_share: Final = by_people(IS_FAST, UNLESS_EXPLICIT)
fast_prompt_approval_share_with_inferred: Final = by_people(IS_FAST, _LEFT_OUT)
fast_prompt_approval_share_inferred: Final = by_people(IS_FAST, UNLESS_INFERRED)
fast_prompt_reject_share: Final = by_people(IS_FAST, UNLESS_REJECTED)
prompt_approval_share: Final = by_people(_IS_ACCEPT, UNLESS_ANSWERED)
lasting_grant_share: Final = by_people(pl.col("scope").is_in(["session", "permanent"]), UNLESS_GRANTED)
measurable_prompt_share: Final = of_everything(_LEFT_OUT.is_null(), UNLESS_MEANT)
unknown_prompt_size_share: Final = of_everything(~pl.col("is_size_known"), _LEFT_OUT)
automated_decision_share: Final = of_everything(IS_AUTOMATED, UNLESS_DECIDER)
unknown_decider_share: Final = of_everything(pl.col("actor") == "unknown", UNLESS_DECIDED)


def mode_share(mode: str) -> Compute:
    """Decisions known to be under one permission mode, of all: at least so many; others may be, too."""

    def compute(of: Slice) -> Number:
        decisions = of.once(_kinds)
        told = coverage_of(decisions, UNLESS_MODE)
        if not told.measured:
            return Undefined(_why_none(told), 0, told)
        x = int(decisions.filter(pl.col("mode") == mode)["decision_count"].sum())
        low = x / told.total
        high = (x + told.total - told.measured) / told.total
        return Estimate(low, low, high, None, "share", TOLD_BOUNDS, x, told.total, told.measured, told)

    return compute
