"""Is a flagged statement an edit of one that had been flagged already?

The line that its commit replaced had a finding of the same rule, and no later look that reports the new one
reports the old one: the weakness is the same, the edit introduced nothing. Where several commits edited the
statement between two looks, the lines in between were never reported; they are followed as far as their
origins are known, and then no look may lie in between that reports neither.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.tracking.locating import ORIGIN, REPLACED

_STEPS: Final = 20  # edits between two looks that are followed
_SAME: Final = ("repository", "rule", "ordinal")


def edited_pairs(lines: pl.DataFrame, line_origins: pl.DataFrame) -> pl.DataFrame:
    """Edges between flagged statements and those that they were edited from, in the order of first looks."""
    reported = lines.filter("has_origin")
    pairs = _replacements(_nodes(reported), _replaced(line_origins))
    kept = pairs.join(_refuted(pairs, reported), on=["left", "right"], how="anti")
    first = reported.group_by("node").agg(first_at=pl.col("scanned_at").min())
    ordered = kept.join(first, left_on="right", right_on="node", how="left").sort("first_at", "right", "left")
    return ordered.select("left", "right")


def _nodes(reported: pl.DataFrame) -> pl.DataFrame:
    columns = [*_SAME, *ORIGIN, *REPLACED, "node"]
    return (
        reported.select(columns)
        .sort(columns, nulls_last=True)
        .unique("node", keep="first", maintain_order=True)
    )


def _replaced(line_origins: pl.DataFrame) -> pl.DataFrame:
    """Which line each origin replaced, whether or not it was reported."""
    told = line_origins.select("repository", *ORIGIN, *REPLACED).drop_nulls()
    return told.sort(told.columns).unique(["repository", *ORIGIN], keep="first", maintain_order=True)


def _replacements(nodes: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    """Pairs of old and new nodes: `left`, `right`, `is_far` (something unreported lies between)."""
    targets = nodes.select(*_SAME, *ORIGIN, left="node")
    seekers = nodes.select(*_SAME, *REPLACED, right="node").drop_nulls()
    found: list[pl.DataFrame] = []
    for step in range(_STEPS):
        hits = seekers.join(targets, left_on=[*_SAME, *REPLACED], right_on=[*_SAME, *ORIGIN], how="inner")
        found.append(hits.select("left", "right", is_far=pl.lit(step > 0)))
        seekers = _further(seekers.join(hits, on="right", how="anti"), replaced)
        if seekers.is_empty():
            break
    return pl.concat(found).filter(pl.col("left") != pl.col("right"))


def _further(seekers: pl.DataFrame, replaced: pl.DataFrame) -> pl.DataFrame:
    older = replaced.rename({new: f"{new}_older" for new in REPLACED})
    stepped = seekers.join(
        older, left_on=["repository", *REPLACED], right_on=["repository", *ORIGIN], how="inner"
    )
    return stepped.select(*_SAME, *(pl.col(f"{name}_older").alias(name) for name in REPLACED), "right")


def _refuted(pairs: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which a look reports the old one still, or an earlier one saw that neither was there."""
    begins = reported.group_by("lane", right="node").agg(
        begin_at=pl.col("scanned_at").min(), begin_place=pl.col("ok_before").min()
    )
    ends = reported.group_by("lane", left="node").agg(
        end_at=pl.col("scanned_at").max(), end_place=pl.col("ok_before").max()
    )
    both = pairs.join(begins, on="right", how="inner").join(ends, on=["left", "lane"], how="inner")
    is_still_there = pl.col("end_at") >= pl.col("begin_at")
    was_away = pl.col("is_far") & (pl.col("begin_place") > pl.col("end_place") + 1)
    return both.filter(is_still_there | was_away).select("left", "right").unique()
