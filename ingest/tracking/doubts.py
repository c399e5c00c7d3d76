"""Which findings may be older ones in another place or in other words, where no history tells?

A line that was moved or copied has the text of an earlier finding of its rule. A statement that was edited
takes the place of a finding of its rule, which went away in the same look. Whose doing such news is cannot be
sure.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.tracking.renames import changes

_ROOT: Final = ("repository", "root_key")


def doubtful(reports: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Findings that may be older ones: repository, root_key.

    Parameters
    ----------
    reports
        Located reports with `group` and `root_key`.
    heads
        Looks at heads: `lane`, `ok_before`, `base_lane`, `base_place`.
    """
    untold = reports.group_by(_ROOT).agg(is_told=pl.col("introduced_commit").is_not_null().any())
    unsure = pl.concat([_alike(reports), _in_stead(reports, heads)]).unique()
    return unsure.join(untold.filter(~pl.col("is_told")), on=list(_ROOT), how="semi")


def _alike(reports: pl.DataFrame) -> pl.DataFrame:
    """Findings whose rule and text another one had before, or in the same look."""
    seen = reports.filter(pl.col("text").is_not_null())
    each = seen.group_by("rule", "text", *_ROOT).agg(first_at=pl.col("scanned_at").min())
    same = ["repository", "rule", "text"]
    counted = each.with_columns(
        earliest_at=pl.col("first_at").min().over(same),
        earliest_count=(pl.col("first_at") == pl.col("first_at").min()).sum().over(same),
    )
    is_first = (pl.col("first_at") == pl.col("earliest_at")) & (pl.col("earliest_count") == 1)
    return counted.filter(~is_first).select(_ROOT).unique()


def _in_stead(reports: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Findings that were new in a look in which one of their rule went away."""
    gone, new = changes(reports, heads)
    replaced = new.join(gone, on=["earlier", "later", "rule"], how="semi")
    roots = reports.select("group", *_ROOT).unique()
    return replaced.select("group").unique().join(roots, on="group", how="inner").select(_ROOT)
