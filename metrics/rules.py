"""Which merges, and which pushes that merged no pull request, bypassed a repository's rules?

GitHub lists the pushes that bypassed rules for a month at most, so they are read weekly. What is certain
of a repository is the time up to the last look that a chain of looks without a gap has covered, beginning
with the month that its first look asked for: what merged before or after that may have bypassed a rule
unseen, and is unknown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.features import unread
from metrics.tables import Tables

FEATURE: Final = "rule_suites"
COVERED: Final = timedelta(weeks=4)  # what one look has seen for certain
RULES_UNREAD: Final = "rules_unread"


def rule_bypasses(merges: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Tell of each merged change whether its merge bypassed a rule.

    Parameters
    ----------
    merges
        repository, number, merge_sha, merged_at.

    Returns
    -------
    DataFrame
        repository, number, rules_bypassed (null = cannot be known), RULES_UNREAD (the host's words where
        it refused to tell; null otherwise); as many rows as `merges`, in their order.
    """
    rows = merges.select(*KEY, "merge_sha", "merged_at").with_row_index("row")
    is_bypass = pl.col("row").is_in(_pushed_past(rows, cut).implode())
    looked_at = rows.join(_looks(cut), on="repository", how="left", maintain_order="left")
    is_seen = pl.col("merged_at").is_between(_covered_since(), pl.col("asked_at"))
    is_told = (is_seen & pl.col("merge_sha").is_not_null()).fill_null(value=False)
    bypassed = pl.when(is_bypass).then(pl.lit(True)).when(is_told).then(pl.lit(False))
    return looked_at.select(*KEY, RULES_UNREAD, rules_bypassed=bypassed)


def bypassing_pushes(cut: Tables) -> pl.DataFrame:
    """Pushes that bypassed rules, per repository: repository, pushes, of_no_change, last_pushed_at."""
    merged = cut.pull_requests.filter(pl.col("merged_at").is_not_null(), pl.col("merge_sha").is_not_null())
    merges = merged.select("repository", after_sha="merge_sha", is_merge=pl.lit(True)).unique()
    pushes = cut.rule_bypasses.join(merges, on=["repository", "after_sha"], how="left")
    counted = pushes.group_by("repository").agg(
        pushes=pl.len(),
        of_no_change=pl.col("is_merge").is_null().sum(),
        last_pushed_at=pl.col("pushed_at").max(),
    )
    return counted.sort("repository").collect()


def _pushed_past(rows: pl.DataFrame, cut: Tables) -> pl.Series:
    """Rows whose merge commit was pushed past the rules; few commits are looked for in many."""
    pushes = cut.rule_bypasses.select("repository", merge_sha="after_sha").drop_nulls().collect()
    likely = rows.filter(pl.col("merge_sha").is_in(pushes["merge_sha"].implode()))
    return likely.join(pushes, on=["repository", "merge_sha"], how="semi")["row"]


def _covered_since() -> pl.Expr:
    return pl.coalesce("since_at", pl.col("asked_at") - COVERED)


def _looks(cut: Tables) -> pl.DataFrame:
    """When each repository's rules were last looked at, or what the host says instead."""
    is_read = (pl.col("feature") == FEATURE) & (pl.col("status") == "ok")
    looked = cut.features.filter(is_read).select("repository", "asked_at", "since_at").collect()
    refused = unread(cut, FEATURE).rename({"words": RULES_UNREAD})
    return looked.join(refused, on="repository", how="full", coalesce=True)
