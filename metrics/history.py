"""Which findings that are of no counted change does the history of their repository explain?

Definitions 5 charges a change with what it introduced. What landed before the pilot began, with somebody
else's change, or in a push of a person or of automation past any pull request, is no doing of the pilot's
agents and holds nothing back. What an agent, or nobody knows who, pushed past review still does: it is in
no change that could be counted, and in no review that could have caught it. So does what is told of a
change that cannot have brought it in: one of the two is wrong, and the finding is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from metrics.tables import Tables

NO_CHANGE: Final = "no change explains it"
UNKNOWN_CHANGE: Final = "landed with a change that is not known"
OWN_CHANGE: Final = "landed with a change of the pilot that it is not attributed to"
PUSHED: Final = "pushed past review"
NAMES_DISPUTED: Final = "said to be of a change that cannot have brought it in: {}"
LANDED_DISPUTED: Final = "landed with a change that does not count: {}"
# Whose pushes past review nobody answers for: with one commit alone, any agent evidence is that of most.
NOT_A_PERSONS: Final = ("agent", "assisted", "unknown")
BASELINE: Final = "baseline"
_COMMIT: Final = ("repository", "introduced_commit")
_NAMED: Final = ("repository", "introduced_by")
_WITH: Final = ("repository", "landed_with")


@dataclass(frozen=True)
class Judged:
    """What an arm's changes were found to be."""

    start: datetime  # of the pilot
    agents: tuple[str, ...]  # classes of authorship that count as agents
    arrivals: pl.DataFrame  # of its changes (metrics.scope.Scope), the number as introduced_by
    disputed: pl.DataFrame  # repository, number, why_not: known, but nothing should be of them


def unexplained(findings: pl.DataFrame, cut: Tables, judged: Judged) -> pl.DataFrame:
    """Keep the findings that history does not explain, and say in `unexplained` why not.

    Parameters
    ----------
    findings
        Of no arrival, with repository, introduced_by, introduced_commit and method.

    What a known change of others is said to have brought in is theirs. A finding of a baseline is kept only
    where something speaks against the pilot: without a word about where it comes from it is no news.
    """
    named = _with_named(findings, cut, judged)
    placed = _with_changes(_with_landing(named, cut), cut, judged)
    kept = placed.with_columns(unexplained=_why(judged)).filter(pl.col("unexplained").is_not_null())
    return kept.select(*findings.columns, "unexplained")


def is_read(cut: Tables) -> pl.Series:
    """Repositories whose history was read."""
    return cut.landed_commits.select(pl.col("repository").unique()).collect()["repository"]


def _why(judged: Judged) -> pl.Expr:
    """Why a finding holds the pilot back; null = it does not."""
    is_said_of_others = pl.col("is_named") & pl.col("named_not").is_null()
    is_of_own_arm = pl.col("named_by").is_in(judged.agents)
    disputed = pl.format(NAMES_DISPUTED, "named_not")
    return (
        pl.when(is_said_of_others).then(None)
        .when(pl.col("landed_at") < judged.start).then(None)
        .when(is_of_own_arm & pl.col("named_not").is_not_null()).then(disputed)
        .when(pl.col("landed_at").is_not_null()).then(_why_landed(judged))
        .when(pl.col("named_not").is_not_null()).then(disputed)
        .when(pl.col("method") != BASELINE).then(pl.lit(NO_CHANGE))
    )  # fmt: skip


def _why_landed(judged: Judged) -> pl.Expr:
    """Why the landing of the introducing commit explains nothing; null = it does."""
    is_of_nobody = pl.col("pushed_by").is_in([*judged.agents, *NOT_A_PERSONS])
    is_pushed = pl.col("landed_with").is_null()
    return (
        pl.when(is_pushed & is_of_nobody).then(pl.lit(PUSHED))
        .when(is_pushed).then(None)
        .when(pl.col("is_own")).then(pl.lit(OWN_CHANGE))
        .when(pl.col("landed_not").is_not_null()).then(pl.format(LANDED_DISPUTED, "landed_not"))
        .when(~pl.col("is_known")).then(pl.lit(UNKNOWN_CHANGE))
    )  # fmt: skip


def _with_named(findings: pl.DataFrame, cut: Tables, judged: Judged) -> pl.DataFrame:
    """Add whether the pull request that each is said to be of is known, whose it is, and why it is none."""
    numbers = findings["introduced_by"].drop_nulls().unique().implode()
    known = cut.pull_requests.filter(pl.col("number").is_in(numbers)).select(
        "repository", introduced_by="number", named_by="authorship", is_named=pl.lit(True)
    )
    disputed = judged.disputed.rename({"number": "introduced_by", "why_not": "named_not"})
    beside = findings.join(known.collect(), on=_NAMED, how="left", maintain_order="left")
    whole = beside.join(disputed, on=_NAMED, how="left", maintain_order="left")
    return whole.with_columns(pl.col("is_named").fill_null(value=False))


def _with_landing(findings: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Add when, with which pull request and by whom the introducing commit landed; null = it did not."""
    wanted = findings["introduced_commit"].drop_nulls().unique().implode()
    landed = cut.landed_commits.filter(pl.col("sha").is_in(wanted)).select(
        "repository", "landed_at", introduced_commit="sha", landed_with="pull_request", pushed_by="authorship"
    )
    return findings.join(landed.collect(), on=_COMMIT, how="left", maintain_order="left")


def _with_changes(findings: pl.DataFrame, cut: Tables, judged: Judged) -> pl.DataFrame:
    """Add what is known of the pull request that it landed with: others', the pilot's own, or disputed."""
    numbers = findings["landed_with"].drop_nulls().unique().implode()
    is_others = pl.col("merged_at").is_not_null() & ~pl.col("authorship").is_in(judged.agents)
    known = cut.pull_requests.filter(pl.col("number").is_in(numbers), is_others).select(
        "repository", landed_with="number", is_known=pl.lit(True)
    )
    own = judged.arrivals.filter(pl.col("introduced_by").is_in(numbers)).select(
        "repository", landed_with="introduced_by", is_own=pl.lit(True)
    )
    disputed = judged.disputed.rename({"number": "landed_with", "why_not": "landed_not"})
    beside = findings
    for facts in (known.collect(), own, disputed):
        beside = beside.join(facts, on=_WITH, how="left", maintain_order="left")
    return beside.with_columns(pl.col("is_known", "is_own").fill_null(value=False))
