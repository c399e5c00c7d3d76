"""By which key does each finding go, and by which others has it gone?

It goes by the key of its earliest report. Where two findings share that one, as when a fixed weakness was
written anew, the later one's is made from the key and the origin of its line.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.identity import finding_id, finding_key

_GROUP: Final = ("repository", "group")


def with_roots(lines: pl.DataFrame) -> pl.DataFrame:
    """Located reports with `root_key`: the key of the finding that each of them is about."""
    earliest = lines.sort("scanned_at", "finding_key", "node").unique(
        _GROUP, keep="first", maintain_order=True
    )
    ranked = earliest.select(*_GROUP, "node", "scanned_at", base="finding_key").sort("scanned_at", "group")
    is_taken = pl.int_range(pl.len()).over("repository", "base") > 0
    named = ranked.with_columns(is_taken=is_taken)
    own = named.filter("is_taken")
    told = own.with_columns(root_key=_keys_with_origin(own, "base"))
    free = named.filter(~pl.col("is_taken")).with_columns(root_key=pl.col("base"))
    roots = pl.concat([free, told]).select(*_GROUP, "root_key")
    return lines.join(roots, on=list(_GROUP), how="left", maintain_order="left")


def aliases(lines: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Other ids of findings: `repository`, `root_key`, `aliases`; every id is an alias of one finding.

    Those of its other keys, and those that it had in `earlier`, the findings as they were derived last, with
    all their aliases. What is some finding's own id today is nobody's alias.
    """
    own = _own(lines)
    names = _names(lines)
    stored = earlier.select(name_id="finding_id", former="aliases")
    known = pl.concat([stored.select("name_id"), stored.select(name_id="former").explode("name_id")])
    plain = names.filter(pl.col("is_key") | pl.col("name_id").is_in(known["name_id"].implode()))
    former = _owned(names, own).join(stored, on="name_id", how="inner").explode("former")
    told = pl.concat(
        [plain.drop("is_key"), former.select("repository", "root_key", "first_at", name_id="former")]
    ).drop_nulls("name_id")
    others = _owned(told, own).join(own, on="name_id", how="anti")
    listed = others.group_by("repository", "root_key").agg(aliases=pl.col("name_id").sort())
    return own.join(listed, on=["repository", "root_key"], how="left").select(
        "repository", "root_key", pl.col("aliases").fill_null([])
    )


def _own(lines: pl.DataFrame) -> pl.DataFrame:
    """Ids that findings have today."""
    roots = lines.select("repository", "root_key").unique().sort("repository", "root_key")
    return roots.with_columns(name_id=_ids(roots, "root_key"))


def _names(lines: pl.DataFrame) -> pl.DataFrame:
    """Every id that the reports of a finding could have given it, and when the first of them was made."""
    seen = lines.group_by("repository", "root_key", "finding_key", "node").agg(
        first_at=pl.col("scanned_at").min()
    )
    keys = seen.select("repository", "root_key", "first_at", name="finding_key", is_key=pl.lit(True))
    made = seen.with_columns(name=_keys_with_origin(seen, "finding_key"), is_key=pl.lit(False))
    both = pl.concat([keys, made.select(keys.columns)])
    return both.with_columns(name_id=_ids(both, "name")).drop("name")


def _owned(names: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Each id with the one finding that it means: whose it is today, else whose report was the earliest."""
    is_own = own.select("repository", "root_key", "name_id", is_own=pl.lit(True))
    marked = names.join(is_own, on=["repository", "root_key", "name_id"], how="left")
    ordered = marked.sort(pl.col("is_own").is_null(), "first_at", "root_key", "name_id")
    return ordered.unique("name_id", keep="first", maintain_order=True).select(
        "repository", "root_key", "first_at", "name_id"
    )


def _keys_with_origin(rows: pl.DataFrame, key: str) -> pl.Series:
    pairs = rows.select(key, "node").iter_rows()
    return pl.Series([finding_key(base, None, origin, 0) for base, origin in pairs], dtype=pl.String)


def _ids(rows: pl.DataFrame, key: str) -> pl.Series:
    pairs = rows.select("repository", key).iter_rows()
    return pl.Series([finding_id(repository, name) for repository, name in pairs], dtype=pl.String)
