"""How often do escapes surface within a time, per line and per finding, how soon, and what needs no scanner?

Definitions 5: shown beside the escape rate, never gated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import polars as pl

from metrics.aftermath import HOTFIX_DAYS
from metrics.arrivals import KEY
from metrics.audits import Audited, audited
from metrics.density.changes import FILES_UNKNOWN, NO_CODE_LINES
from metrics.density.measures import (
    LINES_IN_KLOC,
    LINES_UNKNOWN,
    METHOD,
    NONE_LOOKED_AT_AFTER,
    why_not_looked_at,
)
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.features import SCANS_UNREAD, said_of
from metrics.measures import Slice
from metrics.refusals import explained
from metrics.shares import NO_CHANGE, escape_share, share
from metrics.statistics.rates import garwood
from metrics.units import PER_KLOC
from metrics.windows import cut_out

Band = Literal["confirmed", "not_dismissed"]  # which escapes count: the lower, or the upper end
QUARTER_DAYS: Final = 90  # definitions 5 name this window beside the follow-up
NOT_WATCHED: Final = "not watched for {days} days yet"
NONE_WATCHED: Final = "no in-scope change of this window has been watched for {days} days yet"
NOT_LOOKED_AT: Final = "no ok scan looked at it after its merge"
NO_LINES: Final = "no change that was looked at after its merge is known to have added lines of code"
FILES_OF_NONE: Final = "files of no change of this window are known"


def found_within(band: Band, days: int | None = None) -> Callable[[Slice], Number]:
    """Share of the changes watched for so many days in which an escape was found by then.

    Parameters
    ----------
    days
        After the merge; None = the policy's follow-up.
    """

    def compute(of: Slice) -> Number:
        limit = of.policy.follow_up_days if days is None else days
        watched, coverage = watched_for(of, limit)
        escapes = escapes_of(of, band).filter(_is_within(limit))
        escaped = among_these(escapes, watched)
        return _stated(of, watched, escaped, (coverage, NONE_WATCHED.format(days=limit)))

    return compute


def _stated(of: Slice, watched: pl.DataFrame, escaped: int, told: tuple[Coverage, str]) -> Number:
    coverage, none = told
    level = of.policy.confidence
    if watched.is_empty():
        return share(0, coverage, level, NO_CHANGE if of.changes.is_empty() else none)
    found = escape_share(escaped, bool(watched["detected"].any()), coverage, level)
    return explained(found, said_of(watched, SCANS_UNREAD))


def watched_for(of: Slice, days: int) -> tuple[pl.DataFrame, Coverage]:
    """Changes that merged so many days ago or earlier, and how many of all those are."""
    since = of.as_of - timedelta(days=days) + timedelta(microseconds=1)
    watched = cut_out(of.changes, "merged_at", None, since)
    return watched, of.coverage.narrowed(watched.height, NOT_WATCHED.format(days=days))


def escapes_of(of: Slice, band: Band) -> pl.DataFrame:
    """Escapes of the slice's changes: confirmed ones, or all that nobody dismissed."""
    counts = pl.lit(True) if band == "not_dismissed" else pl.col("status") == "confirmed"
    return of.findings.filter(pl.col("is_escape") & counts)


def among_these(findings: pl.DataFrame, changes: pl.DataFrame) -> int:
    """How many of these changes the findings are of."""
    return _likely(changes, findings).join(findings, on=KEY, how="semi").height


def findings_of_these(findings: pl.DataFrame, changes: pl.DataFrame) -> int:
    """How many of the findings are of these changes."""
    return findings.join(_likely(changes, findings), on=KEY, how="semi").height


def _likely(changes: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Changes that a finding could be of: few findings are looked for in many changes."""
    return changes.lazy().select(KEY).filter(pl.col("number").is_in(findings["number"].implode())).collect()


def _is_within(days: int) -> pl.Expr:
    return pl.col("first_seen_at") <= pl.col("merged_at") + timedelta(days=days)


@dataclass(frozen=True)
class _Added:
    """Lines that escapes are divided by."""

    changes: pl.DataFrame  # repository, number, code_lines
    coverage: Coverage
    why_none: str


def escapes_per_kloc(band: Band) -> Callable[[Slice], Number]:
    """Escapes in lines of code per thousand such lines that the changes added.

    A change counts when an ok scan looked at it after its merge, or when something escaped in it: finding
    nothing where nothing looked is no zero, and bad news counts whoever brings it.
    """

    def compute(of: Slice) -> Number:
        added = of.once(_added)
        if added.changes.is_empty():
            return Undefined(added.why_none, 0, added.coverage, PER_KLOC)
        found = of.density.findings.filter("after_merge")
        counted = found if band == "not_dismissed" else found.filter(pl.col("status") == "confirmed")
        return _per_kloc(of, added, findings_of_these(counted, added.changes))

    return compute


def _added(of: Slice) -> _Added:
    is_looked_at = pl.col("looked_after") | (pl.col("after_merge") > 0)
    # Few columns: of a million changes the others would be copied for nobody.
    looked = of.density.changes.lazy().filter(is_looked_at).select(*KEY, "code_lines").collect()
    known = looked.filter(pl.col("code_lines").is_not_null()) if looked["code_lines"].null_count() else looked
    added = known.filter(pl.col("code_lines") > 0)
    coverage = of.density.in_scope
    for rows, reason in ((looked, NOT_LOOKED_AT), (known, FILES_UNKNOWN), (added, NO_CODE_LINES)):
        coverage = coverage.narrowed(rows.height, reason)
    return _Added(added, coverage, _why_none(of, looked, known))


def _per_kloc(of: Slice, added: _Added, escapes: int) -> Number:
    kloc, level = int(added.changes["code_lines"].sum()) / LINES_IN_KLOC, of.policy.confidence
    low, high = garwood(escapes, kloc, level)
    n, coverage = added.changes.height, added.coverage
    return Estimate(escapes / kloc, low, high, level, PER_KLOC, METHOD, escapes, kloc, n, coverage)


def _why_none(of: Slice, looked: pl.DataFrame, known: pl.DataFrame) -> str:
    if looked.is_empty():
        return why_not_looked_at(of.density.changes, NONE_LOOKED_AT_AFTER)
    return LINES_UNKNOWN if known.is_empty() else NO_LINES


def reverted_share(of: Slice) -> Number:
    """In-scope changes that were reverted, so far."""
    reverted = of.aftermath.filter(pl.col("reverted_at").is_not_null()).height
    return share(reverted, of.coverage, of.policy.confidence, NO_CHANGE)


def hotfixed_share(of: Slice) -> Number:
    """In-scope changes of which a hotfix touched a file soon after, of those that are old enough."""
    watched, coverage = watched_for(of, HOTFIX_DAYS)
    told = watched.lazy().filter("files_known").select(KEY).collect()
    hotfixed = among_these(of.aftermath.filter(pl.col("hotfixed_at").is_not_null()), told)
    none = NO_CHANGE if of.changes.is_empty() else NONE_WATCHED.format(days=HOTFIX_DAYS)
    empty = none if watched.is_empty() else FILES_OF_NONE
    return share(hotfixed, coverage.narrowed(told.height, FILES_UNKNOWN), of.policy.confidence, empty)


def audit_escape_rate(of: Slice) -> Number:
    """Audited changes in which a reviewer found a weakness."""
    return of.once(_audited).rate


def audit_escape_rate_high(of: Slice) -> Number:
    """The same with those counted of which the reviewer could not tell."""
    return of.once(_audited).rate_high


def _audited(of: Slice) -> Audited:
    return audited(of.drawn, of.policy.confidence)
