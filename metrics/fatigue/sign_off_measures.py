"""How are approvals of pull requests, seeded requests and prompt logs stated as numbers of one slice?

Definitions 3. Shares of approvals have the reviewer as their unit. What cannot be known is left out and
counted by reason; every approval that people gave is either measured or has one reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from metrics.estimate import Number, Undefined
from metrics.fatigue import canaries, retention
from metrics.fatigue.people import clustered_share
from metrics.fatigue.sign_offs import ACCOUNT_UNKNOWN, COMMENTS_UNKNOWN, NO_SIGN_OFF, OWN, SIZE_UNKNOWN
from metrics.measures import Slice
from metrics.shares import count
from metrics.velocity.population import OUT_OF_SCOPE
from metrics.velocity.waits import coverage

OVERSIZE_LINES: Final = 400  # more can hardly be reviewed at one go: Cohen 2006, the SmartBear study at Cisco
NO_APPROVAL: Final = "nobody approved a pull request of this authorship in this window"
APPROVALS: Final = "approvals"

_LEFT_OUT: Final = pl.col("left_out")
_NO_SIGN_OFF: Final = pl.when(_LEFT_OUT.is_in(NO_SIGN_OFF)).then("left_out")
_SILENCE_UNKNOWN: Final = pl.when(pl.col("is_silent").is_null()).then(pl.lit(COMMENTS_UNKNOWN))
_LINES_UNKNOWN: Final = pl.when(pl.col("changed_lines").is_null()).then(pl.lit(SIZE_UNKNOWN))
# Why an approval does not serve; null for those that do.
NOT_TIMED: Final = _LEFT_OUT
NOT_HEARD: Final = pl.coalesce(_NO_SIGN_OFF, _SILENCE_UNKNOWN)
NOT_SIZED: Final = pl.coalesce(_NO_SIGN_OFF, _LINES_UNKNOWN)
NOT_SUMMED: Final = pl.coalesce(_NO_SIGN_OFF, _SILENCE_UNKNOWN, _LINES_UNKNOWN)
NOT_PLACED: Final = pl.when(_LEFT_OUT.is_in([*OUT_OF_SCOPE, ACCOUNT_UNKNOWN])).then("left_out")


def approval_share(which: pl.Expr, reason: pl.Expr) -> Callable[[Slice], Number]:
    """Share of the approvals without a reason to leave them out; the reviewer is the unit."""

    def compute(of: Slice) -> Number:
        covered = coverage(of.sign_offs, reason)
        if of.sign_offs.is_empty():
            return Undefined(NO_APPROVAL, 0, covered)
        people = (
            of.sign_offs.filter(reason.is_null()).group_by("person", maintain_order=True)
            .agg(x=which.sum(), n=pl.len())
        )  # fmt: skip
        x, n = people["x"].to_list(), people["n"].to_list()
        return clustered_share(x, n, covered, of.measuring.fatigue, of.measuring.confidence)

    return compute


def approval_count(which: pl.Expr, reason: pl.Expr) -> Callable[[Slice], Number]:
    """Number of such approvals among those without a reason to leave them out."""

    def compute(of: Slice) -> Number:
        covered = coverage(of.sign_offs, reason)
        if not covered.measured:
            words = "; ".join(f"{why} ({n:,})" for why, n in covered.excluded) or NO_APPROVAL
            return Undefined(words, 0, covered, APPROVALS)
        return count(of.sign_offs.filter(reason.is_null() & which).height, covered, APPROVALS)

    return compute


fast_approval_share: Final = approval_share(pl.col("is_fast"), NOT_TIMED)
warned_approval_share: Final = approval_share(pl.col("is_warned"), NOT_TIMED)
silent_approval_share: Final = approval_share(pl.col("is_silent"), NOT_HEARD)
oversize_approval_share: Final = approval_share(pl.col("changed_lines") > OVERSIZE_LINES, NOT_SIZED)
rushed_approval_count: Final = approval_count(pl.col("is_rushed"), NOT_SUMMED)
self_approval_count: Final = approval_count(_LEFT_OUT == OWN, NOT_PLACED)


def canary_miss_share(of: Slice) -> Number:
    """Seeded prompts that a person allowed, of those that people answered."""
    return canaries.miss_share(of.canaries, canaries.PROMPT, of.measuring.confidence)


def pull_request_canary_miss_share(of: Slice) -> Number:
    """Seeded pull requests that a person approved, of those that people answered."""
    return canaries.miss_share(of.canaries, canaries.PULL_REQUEST, of.measuring.confidence)


def canary_fast_odds_ratio(of: Slice) -> Number:
    """How far being missed and being answered fast go together."""
    return canaries.fast_odds_ratio(of.canaries, of.measuring.confidence)


def prompt_log_coverage_share(of: Slice) -> Number:
    """Days of repositories with agents at work that have a prompt log."""
    return retention.log_coverage(of.prompt_logs, of.measuring.confidence)


def prompt_retention_days(of: Slice) -> Number:
    """How long prompt logs are kept."""
    return retention.retention_days(of.prompt_logs, of.as_of)
