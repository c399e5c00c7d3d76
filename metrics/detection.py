"""Did anything look at a change after its merge, was it independent, and which scans say nothing?

Definitions 5: post-merge detection ran if an ok scan of the protected branch exists within the
follow-up; it is independent if a tool or rules looked that no ok pre-merge scan of that pull
request had used. Where a version is unknown the same tool counts as the same look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.pilot import Pilot
from metrics.scope import KEY, is_of_pilot
from metrics.tables import Tables

UNUSABLE: Final = ("failed", "partial", "unreadable")
UNKNOWN: Final = ""


def detection(changes: pl.DataFrame, tables: Tables, follow_up: timedelta) -> pl.DataFrame:
    """Tell of each change what looked at it.

    Returns
    -------
    DataFrame
        repository, number, detected, independent, pre_scanned (bool), detecting_tools (sorted list).
    """
    before = _pre_merge(tables, changes)
    after = _post_merge(tables, changes)
    looks = _looks(changes, after, follow_up)
    by_change = looks.group_by(KEY).agg(detecting_tools=pl.col("tool").unique().sort())
    independent = _independent(looks, after, before)
    scanned = before.filter(pl.col("scanned_at") <= pl.col("merged_at")).select(KEY).unique()
    return (
        changes.select(KEY)
        .join(by_change, on=KEY, how="left", maintain_order="left")
        .join(independent.with_columns(independent=pl.lit(True)), on=KEY, how="left", maintain_order="left")
        .join(scanned.with_columns(pre_scanned=pl.lit(True)), on=KEY, how="left", maintain_order="left")
        .with_columns(
            pl.col("independent", "pre_scanned").fill_null(value=False),
            pl.col("detecting_tools").fill_null(pl.lit([], pl.List(pl.String))),
            detected=pl.col("detecting_tools").is_not_null(),
        )
    )


def unusable_scans(tables: Tables, pilot: Pilot, start: datetime) -> pl.DataFrame:
    """Scans of the pilot, or of nobody known, that say nothing and were never made good.

    Made good: a later ok scan of the same file, or of the same tool, repository and ref. Scans
    from before `start` could not have seen the pilot's changes and are left out.

    Returns
    -------
    DataFrame
        scan_id, file, repository, tool, status, status_reason, scanned_at; sorted by file.
    """
    scans = tables.scans.select(
        "scan_id", "file", "repository", "tool", "ref", "status", "status_reason", "scanned_at", "ingested_at"
    ).collect()  # fmt: skip
    own = [name for name in scans["repository"].drop_nulls().unique() if is_of_pilot(name, pilot)]
    has_place = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    is_ok = (pl.col("status") == "ok") & has_place
    says_nothing = pl.col("status").is_in(UNUSABLE) | ((pl.col("status") == "ok") & ~has_place)
    is_of_interest = pl.col("repository").is_null() | pl.col("repository").is_in(own)
    is_recent = pl.col("scanned_at").is_null() | (pl.col("scanned_at") >= start)
    bad = scans.filter(says_nothing & is_of_interest & is_recent)
    left = _never_made_good(bad, scans.filter(is_ok))
    return left.drop("ref", "ingested_at").sort("file", "scan_id")


def _never_made_good(bad: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    stream = ("tool", "repository", "ref")
    last = [
        pl.col("scanned_at").max().alias("good_at"),
        pl.col("ingested_at").max().alias("good_ingested_at"),
    ]
    with_file = bad.join(good.group_by("file").agg(last), on="file", how="left")
    with_stream = with_file.join(
        good.group_by(stream).agg(stream_good_at=pl.col("scanned_at").max()),
        on=stream, how="left", nulls_equal=True,
    )  # fmt: skip
    # A scan without a time of its own (its file could not be read) is put right by reading the file again.
    read_again = pl.col("good_ingested_at") > pl.col("ingested_at")
    later = (pl.col("good_at") > pl.col("scanned_at")) | (pl.col("stream_good_at") > pl.col("scanned_at"))
    is_good = read_again.fill_null(value=False) | later.fill_null(value=False)
    return with_stream.filter(~is_good).select(bad.columns)


def _ok(tables: Tables, stage: str) -> pl.LazyFrame:
    is_placed = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    return tables.scans.filter(pl.col("status") == "ok", pl.col("stage") == stage, is_placed).with_columns(
        pl.col("tool", "rules_version").fill_null(UNKNOWN)
    )  # fmt: skip


def _pre_merge(tables: Tables, changes: pl.DataFrame) -> pl.DataFrame:
    return (
        _ok(tables, "pre_merge")
        .join(
            changes.lazy().select(*KEY, "merged_at"),
            left_on=("repository", "pull_request"), right_on=KEY, how="inner",
        )
        .select("repository", pl.col("pull_request").alias("number"), "merged_at", "tool", "rules_version", "scanned_at")
        .collect()
    )  # fmt: skip


def _post_merge(tables: Tables, changes: pl.DataFrame) -> pl.DataFrame:
    """Ok scans of protected branches in order, numbered by `run`: rules unchanged within a run."""
    names = changes["repository"].unique()
    scans = (
        _ok(tables, "post_merge").filter(pl.col("repository").is_in(names.implode()))
        .select("repository", "tool", "rules_version", "scanned_at")
        .sort("repository", "tool", "scanned_at", "rules_version").collect()
    )  # fmt: skip
    return scans.with_columns(run=pl.struct("repository", "tool", "rules_version").rle_id().cast(pl.Int64))


def _looks(changes: pl.DataFrame, scans: pl.DataFrame, follow_up: timedelta) -> pl.DataFrame:
    """One row per change and tool that looked within the follow-up: its first and last run."""
    tools = scans.select("repository", "tool").unique()
    pairs = (
        changes.select(*KEY, "merged_at", until=pl.col("merged_at") + follow_up)
        .join(tools, on="repository", how="inner").sort("merged_at")
    )  # fmt: skip
    by = ["repository", "tool"]
    ordered = scans.select(*by, "scanned_at", "run").sort("scanned_at", "run")
    first = ordered.rename({"run": "first_run", "scanned_at": "first_at"})
    last = ordered.rename({"run": "last_run", "scanned_at": "last_at"})
    return (
        pairs.join_asof(first, left_on="merged_at", right_on="first_at", by=by, strategy="forward", check_sortedness=False)
        .filter(pl.col("first_at") <= pl.col("until"))
        .join_asof(last, left_on="until", right_on="last_at", by=by, strategy="backward", check_sortedness=False)
    )  # fmt: skip


def _independent(looks: pl.DataFrame, scans: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Changes that a tool, or rules, looked at that had not looked before their merge."""
    used = before.group_by(*KEY, "tool").agg(pl.col("rules_version").unique())
    compared = looks.join(used, on=(*KEY, "tool"), how="left")
    is_new_tool = pl.col("rules_version").is_null()
    is_known = ~pl.col("rules_version").list.contains(UNKNOWN)
    versions = scans.select("run", version="rules_version").unique()
    new_rules = (
        compared.filter(~is_new_tool & is_known)
        .with_columns(run=pl.int_ranges("first_run", pl.col("last_run") + 1)).explode("run")
        .join(versions, on="run", how="inner")
        .filter((pl.col("version") != UNKNOWN) & ~pl.col("rules_version").list.contains(pl.col("version")))
    )  # fmt: skip
    return pl.concat([compared.filter(is_new_tool).select(KEY), new_rules.select(KEY)]).unique()
