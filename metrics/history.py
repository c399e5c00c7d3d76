"""Which findings without a known pull request does the history of their repository explain?

Definitions 5 charges a change with what it introduced. What landed before the pilot began, with somebody
else's change, or in a push of a person or of automation past any pull request, is no doing of the pilot's
agents and holds nothing back. What an agent, or nobody knows who, pushed past review still does: it is in
no change that could be counted, and in no review that could have caught it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from metrics.tables import Tables

NO_CHANGE: Final = "no change explains it"
UNKNOWN_CHANGE: Final = "landed with a change that is not known"
OWN_CHANGE: Final = "landed with a change of the pilot that it is not attributed to"
PUSHED: Final = "pushed past review"
NOT_A_PERSONS: Final = ("agent", "unknown")  # whose pushes past review nobody answers for
_COMMIT: Final = ("repository", "introduced_commit")
_WITH: Final = ("repository", "landed_with")


def unexplained(
    findings: pl.DataFrame, cut: Tables, judged: tuple[datetime, pl.DataFrame, tuple[str, ...]]
) -> pl.DataFrame:
    """Keep the findings that history does not explain, and say in `unexplained` why not.

    Parameters
    ----------
    findings
        Of no known change, with repository and introduced_commit.
    judged
        The pilot's start, the arrivals of its changes (:class:`metrics.scope.Scope`), and the classes of
        authorship that count as agents.
    """
    start, arrivals, agents = judged
    placed = _with_changes(_with_landing(findings, cut), cut, arrivals)
    is_of_nobody = pl.col("pushed_by").is_in([*agents, *NOT_A_PERSONS])
    why = (
        pl.when(pl.col("landed_at").is_null()).then(pl.lit(NO_CHANGE))
        .when(pl.col("landed_at") < start).then(None)
        .when(pl.col("landed_with").is_null() & is_of_nobody).then(pl.lit(PUSHED))
        .when(pl.col("landed_with").is_null()).then(None)
        .when(pl.col("is_own")).then(pl.lit(OWN_CHANGE))
        .when(~pl.col("is_known")).then(pl.lit(UNKNOWN_CHANGE))
    )  # fmt: skip
    kept = placed.with_columns(unexplained=why).filter(pl.col("unexplained").is_not_null())
    return kept.select(*findings.columns, "unexplained")


def is_read(cut: Tables) -> pl.Series:
    """Repositories whose history was read."""
    return cut.landed_commits.select(pl.col("repository").unique()).collect()["repository"]


def _with_landing(findings: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Add when, with which pull request and by whom the introducing commit landed; null = it did not."""
    wanted = findings["introduced_commit"].drop_nulls().unique().implode()
    landed = cut.landed_commits.filter(pl.col("sha").is_in(wanted)).select(
        "repository", "landed_at", introduced_commit="sha", landed_with="pull_request", pushed_by="authorship"
    )
    return findings.join(landed.collect(), on=_COMMIT, how="left", maintain_order="left")


def _with_changes(findings: pl.DataFrame, cut: Tables, arrivals: pl.DataFrame) -> pl.DataFrame:
    """Add whether the pull request that it landed with is known, and whether it is the pilot's own."""
    numbers = findings["landed_with"].drop_nulls().unique().implode()
    known = cut.pull_requests.filter(pl.col("number").is_in(numbers)).select(
        "repository", landed_with="number", is_known=pl.lit(True)
    )
    own = arrivals.filter(pl.col("introduced_by").is_in(numbers)).select(
        "repository", landed_with="introduced_by", is_own=pl.lit(True)
    )
    beside = findings.join(known.collect(), on=_WITH, how="left", maintain_order="left").join(
        own, on=_WITH, how="left", maintain_order="left"
    )
    return beside.with_columns(pl.col("is_known", "is_own").fill_null(value=False))
