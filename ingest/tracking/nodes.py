"""Which reports are certainly about one weakness, before anything is compared?

Where the origin of the line is known, those of one rule and origin: whatever moves, renames or reformats
the line, and in whatever order scans are read. Where it is not known, those with one key; they join the
line with a known origin that has their key, unless it came to the branch after they were made.
"""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from ingest.tracking.locating import ORIGIN

_SEPARATOR: Final = "\x1f"
_AT_ONE_LINE: Final = ("scan_id", "rule", *ORIGIN)
_KEY: Final = ("repository", "finding_key")
_REPORT: Final = ("scan_id", "finding_key")


def with_nodes(lines: pl.DataFrame) -> pl.DataFrame:
    """Located reports with `node`, `has_origin` and `ordinal`: the place among results of one origin."""
    has_origin = pl.col("introduced_commit").is_not_null() & ~pl.col("is_followed")
    marked = lines.with_columns(has_origin=has_origin)
    traced = _with_ordinals(marked.filter("has_origin")).with_columns(
        node=_joined("rule", *ORIGIN, "ordinal")
    )
    plain = marked.filter(~pl.col("has_origin")).with_columns(
        ordinal=pl.lit(0, pl.Int64), node=_joined("finding_key")
    )
    named = pl.concat([traced, plain])
    resolved = named if traced.is_empty() or plain.is_empty() else _resolved(named)
    return resolved.sort("repository", "scanned_at", "scan_id", "position")


def adopted(lines: pl.DataFrame) -> pl.DataFrame:
    """Edges from nodes that are not on the protected branch: a backport or its head, a rewritten branch."""
    is_off = pl.col("is_landed").eq_missing(False) & (_is_on_branch() | pl.col("is_aside"))
    is_stray = pl.col("has_origin") & is_off
    found = _adopters(lines.filter(is_stray), _settled(lines))
    edges = lines.join(found, on=list(_REPORT), how="inner").filter(pl.col("adopter") != pl.col("node"))
    return edges.select(left="adopter", right="node").unique().sort("left", "right")


def _joined(*names: str) -> pl.Expr:
    # A key alone has one part, so it is never the name of a line with an origin.
    return pl.concat_str(["repository", *names], separator=_SEPARATOR)


def _with_ordinals(traced: pl.DataFrame) -> pl.DataFrame:
    """Count the results of one rule and origin in one scan: the line itself comes before its copies."""
    is_elsewhere = pl.col("path") != pl.col("introduced_path")
    ordered = traced.sort("scan_id", is_elsewhere, "path", "line", "position")
    return ordered.with_columns(ordinal=pl.int_range(pl.len()).over(_AT_ONE_LINE))


def _is_on_branch() -> pl.Expr:
    return (pl.col("stage") == "post_merge") | pl.col("pull_request").is_null()


def _resolved(lines: pl.DataFrame) -> pl.DataFrame:
    """Reports without an origin, in the node that has their key and an origin, where there is just one."""
    plain = lines.filter(~pl.col("has_origin") & ~pl.col("is_followed"))
    settled = _adopters(plain, _settled(lines))
    others = plain.join(settled, on=list(_REPORT), how="anti")
    found = pl.concat([settled, _adopters(others, lines.filter("has_origin"))])
    return (
        lines.join(found, on=list(_REPORT), how="left")
        .with_columns(node=pl.coalesce("adopter", "node"))
        .drop("adopter")
    )


def _settled(lines: pl.DataFrame) -> pl.DataFrame:
    """Reports whose origin is not known to be off the protected branch."""
    return lines.filter(pl.col("has_origin") & pl.col("is_landed").ne_missing(False))


def _adopters(reports: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Node with an origin that each report belongs to by its key: scan_id, finding_key, `adopter`.

    Several nodes may have had a key, one after the other: then it is the one that the same lane reported
    last before, else next after.
    """
    wanted = reports.select(*_REPORT, "repository", "lane", "scanned_at", "pull_request")
    candidates = known.select(*_KEY, "node", "landed_at", "landed_number").unique()
    allowed = wanted.join(candidates, on=list(_KEY), how="inner").filter(_was_there())
    sole = allowed.filter(pl.len().over(_REPORT) == 1).select(*_REPORT, adopter="node")
    several = wanted.join(allowed, on=list(_REPORT), how="semi").join(sole, on=list(_REPORT), how="anti")
    return pl.concat([sole, _nearest(several, known, allowed)])


def _was_there() -> pl.Expr:
    """Whether a line can have been in what was scanned: it had landed, or it is the pull request's own."""
    had_landed = pl.col("landed_at").is_null() | (pl.col("landed_at") <= pl.col("scanned_at"))
    is_own = (pl.col("landed_number") == pl.col("pull_request")).fill_null(value=False)
    return had_landed | is_own


def _nearest(several: pl.DataFrame, known: pl.DataFrame, allowed: pl.DataFrame) -> pl.DataFrame:
    before = _beside(several, known, "backward")
    after = _beside(several.join(before, on=list(_REPORT), how="anti"), known, "forward")
    found = pl.concat([before, after])
    return found.join(allowed.rename({"node": "adopter"}), on=[*_REPORT, "adopter"], how="semi")


def _beside(
    several: pl.DataFrame, known: pl.DataFrame, strategy: Literal["backward", "forward"]
) -> pl.DataFrame:
    looks = known.select("lane", "finding_key", "scanned_at", adopter="node").sort("scanned_at", "adopter")
    found = several.sort("scanned_at", *_REPORT).join_asof(
        looks,
        on="scanned_at",
        by=["lane", "finding_key"],
        strategy=strategy,
        check_sortedness=False,
    )
    return found.select(*_REPORT, "adopter").drop_nulls()
