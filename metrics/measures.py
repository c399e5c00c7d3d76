"""How is each number worked out from one arm of a pilot in one window?

Definitions 0 and 5: what cannot be known is left out of the denominator and counted by reason;
an empty denominator gives no number but the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import polars as pl

from metrics.density.changes import Density
from metrics.estimate import Coverage, Number, Undefined
from metrics.fatigue.retention import PromptLogs
from metrics.features import SCANS_UNREAD, said_of
from metrics.findings import unattributed
from metrics.gate.policy import Policy
from metrics.measuring import Measuring
from metrics.refusals import explained, not_measured
from metrics.shares import NO_CHANGE, count, escape_share, share

Part = TypeVar("Part")
NO_MERGE: Final = "no pull request of this authorship merged in this window"
NONE_WATCHED: Final = "no in-scope change of this window has been watched to the end of its follow-up"
NONE_SENSITIVE: Final = "no change of this window is known to touch a sensitive area with known reviews"


class Rows(Protocol):
    """What one arm of a pilot did in one window; a part may be worked out when it is first asked for."""

    @property
    def changes(self) -> pl.DataFrame:
        """In-scope changes (metrics.escapes.described); only of agents and of people."""

    @property
    def findings(self) -> pl.DataFrame:
        """Findings of these changes, and unattributed ones first seen in the window."""

    @property
    def aftermath(self) -> pl.DataFrame:
        """Which of the changes were reverted or mended in a hurry (metrics.aftermath)."""

    @property
    def drawn(self) -> pl.DataFrame:
        """Which of the changes were drawn for an audit, and what came of it (metrics.audited)."""

    @property
    def merged_count(self) -> int:
        """Merged pull requests of the arm's authorship, in scope or not."""

    @property
    def coverage(self) -> Coverage:
        """Of the changes."""

    @property
    def waits(self) -> pl.DataFrame:
        """Pull requests that waited in the window (metrics.velocity.waits.in_window)."""

    @property
    def opened(self) -> pl.LazyFrame:
        """Pull requests that were opened in it, whenever their clock started."""

    @property
    def density(self) -> Density:
        """Changes merged in the window with their lines and findings."""

    @property
    def prompts(self) -> pl.DataFrame:
        """Permission decisions of the window's days, counted (metrics.fatigue.tally), whoever opened what."""

    @property
    def sessions(self) -> pl.DataFrame:
        """Sessions of agents that began in it."""

    @property
    def sign_offs(self) -> pl.DataFrame:
        """Reviews of people that approved the arm's pull requests in it (metrics.fatigue.sign_offs)."""

    @property
    def canaries(self) -> pl.DataFrame:
        """Seeded requests that were answered, or came up, in it (metrics.fatigue.canaries)."""

    @property
    def prompt_logs(self) -> PromptLogs:
        """Where permission prompts were logged in it, and for how long (metrics.fatigue.retention)."""


@dataclass(frozen=True)
class Slice:
    """One arm of a pilot in one window, as a metric sees it."""

    rows: Rows
    policy: Policy
    measuring: Measuring
    as_of: datetime
    against: Slice | None = None  # in a comparison: the other side
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def changes(self) -> pl.DataFrame:
        """In-scope changes."""
        return self.rows.changes

    @property
    def findings(self) -> pl.DataFrame:
        """Findings of these, and unattributed ones."""
        return self.rows.findings

    @property
    def aftermath(self) -> pl.DataFrame:
        """Which of the changes were reverted or mended in a hurry."""
        return self.rows.aftermath

    @property
    def drawn(self) -> pl.DataFrame:
        """Which of the changes were drawn for an audit."""
        return self.rows.drawn

    @property
    def merged_count(self) -> int:
        """Merged pull requests, in scope or not."""
        return self.rows.merged_count

    @property
    def coverage(self) -> Coverage:
        """Of the changes."""
        return self.rows.coverage

    @property
    def waits(self) -> pl.DataFrame:
        """Pull requests that waited."""
        return self.rows.waits

    @property
    def opened(self) -> pl.LazyFrame:
        """Pull requests that were opened."""
        return self.rows.opened

    @property
    def density(self) -> Density:
        """Merged changes with their lines and findings."""
        return self.rows.density

    @property
    def prompts(self) -> pl.DataFrame:
        """Permission decisions, counted."""
        return self.rows.prompts

    @property
    def sessions(self) -> pl.DataFrame:
        """Sessions of agents."""
        return self.rows.sessions

    @property
    def sign_offs(self) -> pl.DataFrame:
        """Reviews of people that approved."""
        return self.rows.sign_offs

    @property
    def canaries(self) -> pl.DataFrame:
        """Seeded requests, and what became of them."""
        return self.rows.canaries

    @property
    def prompt_logs(self) -> PromptLogs:
        """Where permission prompts were logged, and for how long."""
        return self.rows.prompt_logs

    @property
    def alone(self) -> Slice:
        """The first side of a comparison, without the other."""
        return self if self.against is None else self.once(_without_other)

    def compared_with(self, other: Slice) -> Slice:
        """The same against another side; what was worked out of it alone is not worked out again."""
        both = replace(self, against=other)
        both._kept[_without_other] = self  # noqa: SLF001 - of the same class
        return both

    def once(self, work: Callable[[Slice], Part]) -> Part:
        """What a function makes of this slice; the second time it is not worked out again."""
        if work not in self._kept:
            self._kept[work] = work(self)
        part: Part = self._kept[work]
        return part


def _without_other(of: Slice) -> Slice:
    return replace(of, against=None)


def escape_rate(of: Slice) -> Number:
    """Changes with a confirmed escape, of the in-scope changes."""
    return _escape_share(of, of.changes.filter("escaped_confirmed").height)


def escape_rate_high(of: Slice) -> Number:
    """Changes with a confirmed or unreviewed escape, of the in-scope changes."""
    either = pl.col("escaped_confirmed") | pl.col("escaped_unreviewed")
    return _escape_share(of, of.changes.filter(either).height)


def _escape_share(of: Slice, escaped: int) -> Number:
    found = escape_share(escaped, _true(of.changes, "detected") > 0, of.coverage, of.policy.confidence)
    return explained(found, said_of(of.changes, SCANS_UNREAD))


def bypass_count(of: Slice) -> Number:
    """Changes that merged over a finding reported before."""
    if of.changes.is_empty():
        return Undefined(NO_CHANGE, 0, of.coverage, "changes")
    return count(_true(of.changes, "bypassed"), of.coverage, "changes")


def untriaged_escape_count(of: Slice) -> Number:
    """Escapes that no decision was made about."""
    if of.changes.is_empty():
        return Undefined(NO_CHANGE, 0, of.coverage, "findings")
    waiting = of.findings.filter(pl.col("is_escape") & (pl.col("status") == "unreviewed")).height
    return count(waiting, of.coverage, "findings")


def unattributed_finding_count(of: Slice) -> Number:
    """Post-merge findings that no known change explains."""
    nobodys = unattributed(of.findings).height
    if of.changes.is_empty() and not nobodys:
        return Undefined(NO_CHANGE, 0, of.coverage, "findings")
    return count(nobodys, of.coverage, "findings")


def merged_pull_request_count(of: Slice) -> Number:
    """Merged pull requests of one authorship, in scope or not."""
    coverage = Coverage(of.merged_count, of.merged_count)
    if not of.merged_count:
        return Undefined(NO_MERGE, 0, coverage, "pull requests")
    return count(of.merged_count, coverage, "pull requests")


def watched_share(column: str) -> Callable[[Slice], Number]:
    """Share of the changes whose follow-up is over; before that silence is no answer.

    Left out, with the host's words, are changes whose repository's scans could not be read.
    """

    def compute(of: Slice) -> Number:
        watched = of.changes.filter(pl.col("watched_until") <= of.as_of)
        readable = watched.filter(pl.col(SCANS_UNREAD).is_null())
        words = not_measured(said_of(watched, SCANS_UNREAD))
        coverage = of.coverage.narrowed(watched.height, "follow-up not over")
        empty = NONE_WATCHED if watched.is_empty() else words
        told = coverage.narrowed(readable.height, words)
        return share(_true(readable, column), told, of.policy.confidence, empty)

    return compute


def known_share(holds: pl.Expr, known: pl.Expr, unknown: str, unread: str = "") -> Callable[[Slice], Number]:
    """Share among the changes of which it is known.

    Parameters
    ----------
    unread
        Column with the host's words where it refused to tell: they are the reason there.
    """

    def compute(of: Slice) -> Number:
        told, rest = of.changes.filter(known), of.changes.filter(~known)
        words = said_of(rest, unread) if unread else ""
        refused = rest[unread].count() if words else 0
        readable = of.coverage.narrowed(of.changes.height - refused, not_measured(words))
        empty = NO_CHANGE if of.changes.is_empty() else _why_unknown(unknown, words, refused == rest.height)
        coverage = readable.narrowed(told.height, unknown)
        return share(told.filter(holds).height, coverage, of.policy.confidence, empty)

    return compute


def _why_unknown(unknown: str, words: str, is_all_refused: bool) -> str:  # noqa: FBT001 (one of two reasons)
    if is_all_refused:
        return not_measured(words)
    every = f"{unknown} for every change of this window"
    return f"{every}; {not_measured(words)}" if words else every


def sensitive_sign_off(of: Slice) -> Number:
    """Changes with a human's approval, of those known to touch a sensitive area."""
    is_sensitive = pl.col("sensitive_areas").list.len() > 0
    possible = of.changes.filter(is_sensitive | ~pl.col("files_known"))
    sensitive = possible.filter(is_sensitive)
    told = sensitive.filter(pl.col("human_approved").is_not_null())
    steps = ((possible, "no sensitive area"), (sensitive, "files unknown"), (told, "reviews unknown"))
    coverage = of.coverage
    for rows, reason in steps:
        coverage = coverage.narrowed(rows.height, reason)
    empty = NO_CHANGE if of.changes.is_empty() else NONE_SENSITIVE
    return share(_true(told, "human_approved"), coverage, of.policy.confidence, empty)


def _true(rows: pl.DataFrame, column: str) -> int:
    return rows.filter(pl.col(column)).height
