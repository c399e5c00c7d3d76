"""Which permission decisions count as a person's measurable approval, and which of them were fast?

Definitions 3. Every decision has one reason for which it is left out, or is measured. A reject is asked last:
whatever is left out as one would be measured if it were an approval, and serves as the negative control.
"""

from __future__ import annotations

from functools import reduce
from typing import Final

import polars as pl

from metrics.fatigue.rules import FatigueRules

CANARY: Final = "seeded request (judged apart)"
CARRIED: Final = "an earlier grant answered"
UNANSWERED: Final = "never answered"
AUTOMATED: Final = "not a person's decision (rule, hook or model)"
NOT_INTERACTIVE: Final = "nobody before the agent (not interactive)"
UNKNOWN_DECIDER: Final = "not known who decided"
PLAN_OR_QUESTION: Final = "plan or question"
READ_ONLY: Final = "read-only request"
NO_WAIT: Final = "wait not known"
AWAY: Final = "away (waited too long)"
NO_PERSON: Final = "person not known"
REJECTED: Final = "rejected"

# Reasons for which a decision is not measured, in the order in which they are asked.
LEFT_OUT: Final = (
    CANARY, CARRIED, UNANSWERED, AUTOMATED, NOT_INTERACTIVE, PLAN_OR_QUESTION, READ_ONLY, UNKNOWN_DECIDER,
    NO_WAIT, AWAY, NO_PERSON, REJECTED,
)  # fmt: skip
IS_UNANSWERED: Final = pl.col("decision").is_in(["pending", "cancelled"])
AUTOMATIC: Final = ("policy", "hook", "model", "none")


def judged(approvals: pl.LazyFrame, rules: FatigueRules) -> pl.LazyFrame:
    """Judge decisions, row by row, so that any number of them streams by.

    Parameters
    ----------
    approvals
        Their `canary_id` is told only where it counts (metrics.fatigue.canaries.with_known_canaries).

    Returns
    -------
    LazyFrame
        The columns of `approvals` and `left_out` (why it is not measured; null = it is), `is_inferred` (the
        prompt, its answer or the wait was inferred), `is_size_known` (without it the floor alone is the
        limit), `limit_seconds` (a wait below is fast), `is_fast` and `is_away` (null where there is no
        wait).
    """
    limit = limit_seconds(rules)
    return approvals.with_columns(
        left_out=_left_out(rules),
        is_inferred=_is_inferred(),
        is_size_known=pl.col("content_chars").is_not_null(),
        limit_seconds=limit,
        is_fast=pl.col("wait_seconds") < limit,
        is_away=_is_away(rules),
    )


def limit_seconds(rules: FatigueRules) -> pl.Expr:
    """How long a look takes at least: the floor, or reading what was shown at the fastest pace."""
    is_short_command = (pl.col("request_kind") == "command") & (
        pl.col("content_chars") <= rules.short_command_chars
    )
    read_seconds = pl.col("content_chars") / rules.chars_per_second
    by_size = pl.when(~is_short_command.fill_null(value=False)).then(read_seconds)
    return pl.max_horizontal(pl.lit(rules.floor_seconds), by_size)


def _left_out(rules: FatigueRules) -> pl.Expr:
    kind, decision, actor = (pl.col(name) for name in ("request_kind", "decision", "actor"))
    # Whatever a log says of it: an edit changes something.
    is_read_only = pl.col("is_read_only").fill_null(kind == "read") & (kind != "edit").fill_null(value=True)
    asked = (
        (CANARY, pl.col("canary_id").is_not_null()),  # see canaries.with_known_canaries
        (CARRIED, pl.col("scope") == "carried"),
        (UNANSWERED, IS_UNANSWERED),
        (AUTOMATED, actor.is_in(AUTOMATIC)),
        (NOT_INTERACTIVE, ~pl.col("is_interactive")),
        (PLAN_OR_QUESTION, kind.is_in(["plan", "question"])),
        (READ_ONLY, is_read_only),
        (UNKNOWN_DECIDER, actor != "human"),
        (NO_WAIT, pl.col("wait_seconds").is_null()),
        (AWAY, _is_away(rules)),
        (NO_PERSON, pl.col("reviewer").is_null()),
        (REJECTED, decision == "reject"),
    )
    return _first_true(asked)


def _first_true(asked: tuple[tuple[str, pl.Expr], ...]) -> pl.Expr:
    """The words of the first condition that is true; unknown is not true."""
    nothing = pl.lit(None, pl.String)
    return reduce(
        lambda later, each: pl.when(each[1]).then(pl.lit(each[0])).otherwise(later), reversed(asked), nothing
    )


def _is_away(rules: FatigueRules) -> pl.Expr:
    return pl.col("wait_seconds") > rules.longest_seconds


def _is_inferred() -> pl.Expr:
    """A wait that is only bounded, or whose beginning no record shows, is inferred too.

    Not so a reject in a transcript: only a prompt can be rejected, and its time is known to a fraction of
    a second.
    """
    shown, answered = pl.col("shown_evidence"), pl.col("actor_evidence")
    is_unseen = pl.col("wait_seconds").is_not_null() & (shown == "none")
    is_bound = (pl.col("wait_basis") == "upper_bound").fill_null(value=False)
    return (shown == "inferred") | (answered == "inferred") | is_unseen | is_bound
