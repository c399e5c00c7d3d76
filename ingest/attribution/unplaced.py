"""Which of the alerts that no analysis explains might be bad news?

An alert that cannot be placed may hide an escape, so it holds the verdict back, unless it is certain that
it accuses no change that was read:

* It is older than the first analysis of its tool that is known (one that has ended by then is, too): what
  was there when the looking began is a baseline (definitions 2), and nothing clears what merged before.
* It is older than the first pull request that is known: no change that was read brought it in.
* A person dismissed it as a false positive. Any other dismissal leaves a weakness where it is.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.alert_stays import PROCESSING

FALSE_POSITIVE: Final = "false positive"  # the host's word
_TOOL: Final = ("repository", "tool_name")


def might_be_news(
    unplaced: pl.DataFrame, analyses: pl.DataFrame, pull_requests: pl.DataFrame
) -> pl.DataFrame:
    """Those of the alerts that a change may have brought in.

    Parameters
    ----------
    unplaced
        Rows of `alerts`.
    analyses
        Rows of `scans`: all that the host told, whatever their status.
    pull_requests
        Rows of `pull_requests`, merged or not.
    """
    looks = analyses.group_by("repository", _name()).agg(looked_at=pl.col("scanned_at").min())
    opened = pull_requests.group_by("repository").agg(opened_at=pl.col("created_at").min())
    known = (
        unplaced.with_columns(_name())
        .join(looks, on=_TOOL, how="left")
        .join(opened, on="repository", how="left")
    )
    is_no_news = pl.any_horizontal(_is_older_than_looks(), _is_older_than_changes(), _is_no_weakness())
    return known.filter(~is_no_news.fill_null(value=False)).select(unplaced.columns)


def _name() -> pl.Expr:
    return pl.col("tool").str.to_lowercase().alias("tool_name")


def _is_older_than_looks() -> pl.Expr:
    """Whether it was created before the first look, or had ended by then, but for the time of processing."""
    was_created = pl.col("created_at") < pl.col("looked_at") - PROCESSING
    return was_created | (pl.col("fixed_at") < pl.col("looked_at"))


def _is_older_than_changes() -> pl.Expr:
    return pl.col("created_at") < pl.col("opened_at")


def _is_no_weakness() -> pl.Expr:
    return (pl.col("state") == "dismissed") & (pl.col("dismissed_reason") == FALSE_POSITIVE)
