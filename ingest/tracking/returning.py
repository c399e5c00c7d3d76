"""Did a commit that says what it reverts bring a fixed finding back?

What a declared revert brings back is the finding that it was: nothing new was introduced. It is known by its
key, or where its file was renamed meanwhile, as the only one of its rule and text that went away. Who writes
a fixed weakness anew, without saying so, has introduced it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_BY_KEY: Final = ("repository", "finding_key")
_BY_TEXT: Final = ("repository", "rule", "text")


def returned_pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """Edges between what a revert brought back and what it had been before its fix; `lines` have `group`."""
    reported = lines.filter("has_origin")
    back = reported.filter(pl.col("reverts").is_not_null())
    by_key = _latest(_candidates(back, reported, _BY_KEY))
    rest = back.join(by_key, left_on="group", right_on="right", how="anti")
    by_text = _candidates(rest, reported.filter(pl.col("text").is_not_null()), _BY_TEXT)
    is_sole = (pl.len().over("left") == 1) & (pl.len().over("right") == 1)
    return pl.concat([by_key, by_text.filter(is_sole).select("left", "right").sort("right")])


def _candidates(back: pl.DataFrame, reported: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """What was there before, and gone, for each finding that a revert brought back: left, right, were_at."""
    came = back.group_by(*by, right="group").agg(pl.col("landed_at").min())
    were = reported.group_by(*by, left="group").agg(
        were_at=pl.coalesce(pl.col("landed_at").min(), pl.col("scanned_at").min())
    )
    pairs = came.join(were, on=list(by), how="inner").filter(
        (pl.col("left") != pl.col("right")) & (pl.col("were_at") <= pl.col("landed_at"))
    )
    kept = pairs.join(_overlapping(pairs, reported), on=["left", "right"], how="anti")
    return kept.group_by("left", "right").agg(pl.col("were_at").min())


def _latest(pairs: pl.DataFrame) -> pl.DataFrame:
    """Of several the one that came last."""
    ordered = pairs.sort("right", "were_at", "left", descending=[False, True, False])
    return ordered.unique("right", keep="first", maintain_order=True).select("left", "right")


def _overlapping(pairs: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which one lane still reported the old one when it first reported the new one."""
    begins = reported.group_by("lane", right="group").agg(begin_at=pl.col("scanned_at").min())
    ends = reported.group_by("lane", left="group").agg(end_at=pl.col("scanned_at").max())
    both = pairs.join(begins, on="right", how="inner").join(ends, on=["left", "lane"], how="inner")
    return both.filter(pl.col("end_at") >= pl.col("begin_at")).select("left", "right").unique()
