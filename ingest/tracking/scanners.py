"""Which findings of different scanners are one weakness?

They point at one line, and their rules share a CWE or are known to say the same. What a scanner reports
twice at a line in one look stays two, so they are paired one to one, the likest first. A line is the same
where its origin is, or where no origin is known the path and number in one commit.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.tracking.equivalents import shared_names
from ingest.tracking.joining import Groups
from ingest.tracking.locating import ORIGIN, PLACE

_ONE: Final = ("group", "tool", "rule", "ordinal")


def join_scanners(groups: Groups, lines: pl.DataFrame) -> None:
    """Make what several scanners say of one weakness one finding."""
    marked = _marked(lines.filter("is_blamable"))
    pairs = pl.concat([_pairs(marked, ORIGIN), _pairs(marked, PLACE)])
    ordered = pairs.group_by("left", "right").agg(
        pl.col("shared").max(), pl.col("distance").min(), pl.col("rules").min()
    )
    best_first = ordered.sort("shared", "distance", "rules", "left", "right", descending=[True] + [False] * 4)
    for left, right in best_first.select("left", "right").iter_rows():
        groups.join(left, right)


def followed_pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """Edges between what a code host follows under several numbers: one rule of one tool at one origin."""
    followed = lines.filter(pl.col("is_followed") & pl.col("introduced_commit").is_not_null())
    of_line = followed.group_by("repository", "tool", "rule", *ORIGIN).agg(
        left=pl.col("node").min(), right=pl.col("node").unique()
    )
    edges = of_line.explode("right").filter(pl.col("left") != pl.col("right"))
    return edges.select("left", "right").sort("left", "right")


def _marked(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per finding, line and name of its weakness."""
    rules = lines.select("tool", "rule").unique()
    names = [shared_names(tool, rule) for tool, rule in rules.iter_rows()]
    named = rules.with_columns(names=pl.Series(names, dtype=pl.List(pl.String)))
    told = lines.join(named, on=["tool", "rule"], how="left")
    weaknesses = pl.col("cwe").list.concat(pl.col("names"))
    marked = told.with_columns(mark=weaknesses.list.unique()).explode("mark")
    return marked.filter(pl.col("mark").is_not_null()).select("repository", *_ONE, *ORIGIN, *PLACE, "mark")


def _pairs(marked: pl.DataFrame, place: tuple[str, ...]) -> pl.DataFrame:
    """Findings of two scanners at one place, with how many names they share and how far apart they stand."""
    at = ["repository", *place]
    known = marked.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in place))
    once = known.select(*at, *_ONE, "mark").unique()
    crowded = once.filter(pl.col("tool").n_unique().over(*at, "mark") > 1)
    both = crowded.join(crowded, on=[*at, "mark"], how="inner", suffix="_other")
    apart = both.filter((pl.col("group") < pl.col("group_other")) & (pl.col("tool") != pl.col("tool_other")))
    return apart.group_by(left="group", right="group_other").agg(
        shared=pl.col("mark").n_unique(),
        distance=(pl.col("ordinal") - pl.col("ordinal_other")).abs().min(),
        rules=pl.concat_str(
            pl.min_horizontal("rule", "rule_other"), pl.max_horizontal("rule", "rule_other")
        ).min(),
    )
