"""What became of a finding of a pull request when a squash or a rebase brought it to the branch?

Its commits are not those that landed. A finding of its heads is the one of the branch that came in with that
same pull request and has its key, or its place, or else is the only one of its rule and text on both sides.
Rebasing the pull request gives it new commits too: what has one key on all its heads is one finding. Where
nothing is known of what landed, a head's finding is the one of the branch that has its key.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_PULL: Final = ("repository", "number")


def landed_pairs(lines: pl.DataFrame) -> pl.DataFrame:
    """Edges between findings of heads whose lines did not land, and those of the branch that did."""
    own = lines.filter(_is_own_head()).with_columns(number="pull_request")
    landed = lines.filter(pl.col("has_origin") & pl.col("landed_number").is_not_null())
    arrived = landed.with_columns(number="landed_number")
    by_key = _matched(own, arrived, (*_PULL, "finding_key"))
    left = own.join(by_key, left_on="node", right_on="right", how="anti")
    rest = arrived.join(by_key, left_on="node", right_on="left", how="anti")
    by_text = _one_to_one(_latest(left), rest, (*_PULL, "rule", "text"))
    return pl.concat([by_key, _rebased(own), _placed(left, rest), by_text, _unread_pairs(lines)])


def _is_of_head() -> pl.Expr:
    return (pl.col("stage") == "pre_merge") & pl.col("pull_request").is_not_null()


def _is_own_head() -> pl.Expr:
    return _is_of_head() & pl.col("has_origin") & pl.col("is_landed").eq_missing(False)


def _unread_pairs(lines: pl.DataFrame) -> pl.DataFrame:
    unread = lines.filter(pl.col("has_origin") & pl.col("is_landed").is_null())
    heads, rest = unread.filter(_is_of_head()), unread.filter(~_is_of_head())
    pairs = _matched(heads, rest, ("repository", "finding_key"))
    return pairs.filter(pl.col("left") != pl.col("right"))


def _matched(own: pl.DataFrame, arrived: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    lands = arrived.select(*by, left="node").unique()
    heads = own.select(*by, right="node").unique()
    return lands.join(heads, on=list(by), how="inner").select("left", "right").unique().sort("left", "right")


def _placed(own: pl.DataFrame, arrived: pl.DataFrame) -> pl.DataFrame:
    """Edges between lines at one place of one file.

    A squash brings a line in where the last head had it, a rebase where its own commit had brought it in.
    """
    place = (*_PULL, "rule", "introduced_path", "introduced_line")
    squashed = _latest(own).with_columns(introduced_path="path", introduced_line="line")
    return pl.concat([_matched(squashed, arrived, place), _matched(own, arrived, place)])


def _rebased(own: pl.DataFrame) -> pl.DataFrame:
    """Edges among the findings of one pull request's heads that have one key."""
    of_key = own.group_by(*_PULL, "finding_key").agg(left=pl.col("node").min(), right=pl.col("node").unique())
    edges = of_key.explode("right").filter(pl.col("left") != pl.col("right"))
    return edges.select("left", "right").unique().sort("left", "right")


def _latest(own: pl.DataFrame) -> pl.DataFrame:
    """What the last look at each pull request's head reported."""
    return own.filter(pl.col("scanned_at") == pl.col("scanned_at").max().over("lane"))


def _one_to_one(own: pl.DataFrame, arrived: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Edges where exactly one finding stands on either side."""
    sides = [
        each.filter(pl.col("text").is_not_null()).select(*by, pl.col("node").alias(name)).unique()
        for each, name in ((arrived, "left"), (own, "right"))
    ]
    lands, heads = (side.filter(pl.len().over(by) == 1) for side in sides)
    return lands.join(heads, on=list(by), how="inner").select("left", "right").sort("left", "right")
