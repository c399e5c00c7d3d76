"""Did a commit that says what it reverts bring a fixed finding back?

What a declared revert brings back is the finding that it was: nothing new was introduced. Who writes a
fixed weakness anew has introduced it.
"""

from __future__ import annotations

import polars as pl


def returned_pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """Edges between what a revert brought back and what it had been before its fix; `lines` have `group`."""
    reported = lines.filter("has_origin")
    back = reported.filter(pl.col("reverts").is_not_null())
    keys = ["repository", "finding_key"]
    came = back.select(*keys, "landed_at", right="group").unique()
    were = reported.group_by(*keys, left="group").agg(
        were_at=pl.coalesce(pl.col("landed_at").min(), pl.col("scanned_at").min())
    )
    pairs = came.join(were, on=keys, how="inner").filter(
        (pl.col("left") != pl.col("right")) & (pl.col("were_at") <= pl.col("landed_at"))
    )
    kept = pairs.join(_overlapping(pairs, reported), on=["left", "right"], how="anti")
    latest = kept.sort("right", "were_at", "left", descending=[False, True, False])
    return latest.unique("right", keep="first", maintain_order=True).select("left", "right")


def _overlapping(pairs: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which one lane still reported the old one when it first reported the new one."""
    begins = reported.group_by("lane", right="group").agg(begin_at=pl.col("scanned_at").min())
    ends = reported.group_by("lane", left="group").agg(end_at=pl.col("scanned_at").max())
    both = pairs.join(begins, on="right", how="inner").join(ends, on=["left", "lane"], how="inner")
    return both.filter(pl.col("end_at") >= pl.col("begin_at")).select("left", "right").unique()
