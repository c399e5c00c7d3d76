"""Which findings only changed their path, or their line in a statement, between two looks?

Where no history tells, a finding that an ok look no longer has, while one of the same rule and text is new
to its lane elsewhere, is the same one if nothing else could be meant: all that went away is of one file, all
that came is of one file, and they are as many. First those are paired whose files have one name, as a moved
folder leaves them; then the rest. Where history tells, only what is flagged at another line of its statement
is joined so, as when a call is wrapped: both lines came in with one commit, a few lines apart. Heads of pull
requests are compared with the look at the branch that comes before them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.tracking.locating import ORIGIN

_PAIR: Final = ("earlier", "later")  # two looks that are compared
_LOOK: Final = ("lane", "ok_before")
_ROUNDS: Final = (
    ("rule", "introduced_commit", "introduced_path"),
    ("rule", "text", "file_name"),
    ("rule", "text"),
)
_LONGEST_STATEMENT: Final = 10  # lines
_CARRIED: Final = ("has_origin", *ORIGIN, "scanned_at")


def renamed_pairs(lines: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Edges between findings that went and those that came in their stead.

    Parameters
    ----------
    lines
        Located reports with `group`.
    heads
        Looks at heads: `lane`, `ok_before`, `base_lane`, `base_place`.
    """
    return _paired(*changes(lines, heads))


def changes(lines: pl.DataFrame, heads: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What went away and what was new between each two looks that are compared."""
    looks = _looks(lines)
    pairs = _compared(looks, heads)
    present = _present(lines, looks)
    gone = _only_on(pairs, present, _PAIR)
    new = _only_on(pairs, present, (_PAIR[1], _PAIR[0])).join(
        _firsts(present), on=["look", "group"], how="semi"
    )
    return gone, new


def _looks(lines: pl.DataFrame) -> pl.DataFrame:
    looks = lines.filter("is_ok").select(*_LOOK, "scanned_at").unique().sort(_LOOK)
    return looks.unique(_LOOK, keep="first", maintain_order=True).with_row_index("look")


def _compared(looks: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Pairs of looks: each one of a lane with the one before, each one at a head with the branch's."""
    named = looks.select(*_LOOK, earlier="look")
    following = looks.select("lane", pl.col("ok_before") - 1, later="look")
    in_lane = following.join(named, on=list(_LOOK), how="inner")
    on_heads = heads.join(looks.select(*_LOOK, later="look"), on=list(_LOOK), how="inner").join(
        named, left_on=["base_lane", "base_place"], right_on=list(_LOOK), how="inner"
    )
    return pl.concat([in_lane.select(_PAIR), on_heads.select(_PAIR)]).unique().sort(_PAIR)


def _present(lines: pl.DataFrame, looks: pl.DataFrame) -> pl.DataFrame:
    usable = lines.filter(pl.col("is_ok") & ~pl.col("is_followed"))
    seen = usable.join(looks.select(*_LOOK, "look"), on=list(_LOOK), how="inner")
    ordered = seen.sort("look", "group", "path", "line", "position")
    once = ordered.unique(["look", "group"], keep="first", maintain_order=True)
    return once.select(
        "look",
        "lane",
        "group",
        "rule",
        "text",
        "path",
        "line",
        "landed_at",
        *_CARRIED,
        file_name=pl.col("path").str.split("/").list.last(),
    )


def _only_on(pairs: pl.DataFrame, present: pl.DataFrame, sides: tuple[str, str]) -> pl.DataFrame:
    """What one look of each pair has and the other one has not."""
    here, there = sides
    at_here = pairs.join(present.rename({"look": here}), on=here, how="inner")
    missing = at_here.join(
        present.select(pl.col("look").alias(there), "group"), on=[there, "group"], how="anti"
    )
    return missing.with_columns(look=pl.col(here))


def _firsts(present: pl.DataFrame) -> pl.DataFrame:
    """First look of each lane that has a finding."""
    return present.group_by("lane", "group").agg(pl.col("look").min())


def _paired(gone: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    edges = [pl.DataFrame(schema={"left": pl.String, "right": pl.String})]
    for keys in _ROUNDS:
        by = [*_PAIR, *keys]
        matched = _matched(gone, new, by)
        edges.append(matched.select("left", "right"))
        gone = gone.join(matched, left_on=[*_PAIR, "group"], right_on=[*_PAIR, "left"], how="anti")
        new = new.join(matched, left_on=[*_PAIR, "group"], right_on=[*_PAIR, "right"], how="anti")
    return pl.concat(edges).unique(maintain_order=True)


def _matched(gone: pl.DataFrame, new: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Pairs of groups whose counterpart is certain, in the order of their lines."""
    at = [*by, "place", "count"]
    went = _of_one_file(gone, by).select(*at, _sided("left"), left="group")
    came = _of_one_file(new, by).select(*at, _sided("right"), "landed_at", right="group")
    both = went.join(came, on=at, how="inner")
    return both.filter(_is_same()).select(*by, "place", "left", "right").sort(*by, "place")


def _sided(side: str) -> pl.Expr:
    return pl.struct(_CARRIED).alias(f"{side}_facts")


def _is_same() -> pl.Expr:
    """Whether nothing tells the two apart: two origins, or one that is younger than the other's report."""
    left, right = (pl.col(f"{side}_facts").struct for side in ("left", "right"))
    are_traced = left.field("has_origin") & right.field("has_origin")
    is_of_one = pl.all_horizontal(left.field(name) == right.field(name) for name in ORIGIN[:2])
    apart = (left.field("introduced_line") - right.field("introduced_line")).abs()
    is_younger = (pl.col("landed_at") > left.field("scanned_at")).fill_null(value=False)
    is_one_statement = (is_of_one & (apart <= _LONGEST_STATEMENT)).fill_null(value=False)
    return pl.when(are_traced).then(is_one_statement).otherwise(~is_younger)


def _of_one_file(side: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    ordered = side.sort(*by, "path", "line", "group", nulls_last=True)
    counted = ordered.with_columns(
        place=pl.int_range(pl.len()).over(by),
        count=pl.len().over(by),
        files=pl.col("path").n_unique().over(by),
    )
    return counted.filter(pl.col("files") == 1)
