"""Did anything look at a change after its merge, was it independent, and which scans say nothing?

Definitions 5: post-merge detection ran if an ok scan of the protected branch exists within the
follow-up; it is independent if a tool or rules looked that no ok pre-merge scan of that pull
request had used. Where a version is unknown the same tool counts as the same look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.pilot import Pilot
from metrics.scope import repositories
from metrics.tables import Tables

UNUSABLE: Final = ("failed", "partial", "unreadable")
UNKNOWN: Final = ""
SILENT_COLUMNS: Final = ("scan_id", "file", "repository", "tool", "status", "status_reason", "scanned_at")


def detection(changes: pl.DataFrame, tables: Tables, follow_up: timedelta) -> pl.DataFrame:
    """Tell of each change what looked at it.

    Returns
    -------
    DataFrame
        repository, number, detected, independent, pre_scanned (bool), detecting_tools (sorted list);
        as many rows as `changes`, in their order.

    Where `changes` tell their `base_branch`, a scan of another branch is no look at them.
    """
    told = pl.col("base_branch") if "base_branch" in changes.columns else pl.lit(None, pl.String)
    rows = changes.select(*KEY, "merged_at", base=told).with_row_index("row")
    before = _pre_merge(tables, rows)
    after = _post_merge(tables, rows)
    looks = _looks(rows, after, follow_up)
    tools = looks.group_by("row").agg(detecting_tools=pl.col("tool").unique().sort())
    scanned = before.filter(pl.col("scanned_at") <= pl.col("merged_at"))["row"].implode()
    return (
        rows.join(tools, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.col("detecting_tools").fill_null(pl.lit([], pl.List(pl.String))),
            detected=pl.col("detecting_tools").is_not_null(),
            independent=pl.col("row").is_in(_independent(looks, after, before).implode()),
            pre_scanned=pl.col("row").is_in(scanned),
        )
        .drop("row", "merged_at", "base")
    )


def unusable_scans(tables: Tables, pilot: Pilot, start: datetime) -> pl.DataFrame:
    """Scans of the pilot, or of nobody known, that say nothing and were never made good.

    Left out are scans from before `start`, which could not have seen the pilot's changes, and
    checks of a pull request: what such a check missed is first seen after the merge, as an escape.

    Returns
    -------
    DataFrame
        scan_id, file, repository, tool, status, status_reason, scanned_at; sorted by file.
    """
    own = repositories(tables.scans, pilot)
    is_nobodys = pl.col("repository").is_null()
    is_check = ~is_nobodys & (pl.col("stage") == "pre_merge")
    is_of_interest = is_nobodys | pl.col("repository").is_in(own)
    is_recent = pl.col("scanned_at").is_null() | (pl.col("scanned_at") >= start)
    silent = silent_scans(tables.scans)
    holds_back = ~pl.col("is_made_good") & is_of_interest & is_recent & ~is_check
    return silent.filter(holds_back).drop("is_made_good", "stage")


def silent_scans(scans: pl.LazyFrame) -> pl.DataFrame:
    """Scans whose silence means nothing: not ok, or ok without a place; `is_made_good` by a later ok scan.

    Made good: a later ok scan of the same file, or of the same tool, repository and ref.
    """
    has_place = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    is_ok = (pl.col("status") == "ok") & has_place
    says_nothing = pl.col("status").is_in(UNUSABLE) | ((pl.col("status") == "ok") & ~has_place)
    bad = scans.filter(says_nothing).select(*SILENT_COLUMNS, "stage", "ref", "ingested_at").collect()
    return _with_made_good(bad, scans.filter(is_ok)).drop("ref", "ingested_at").sort("file", "scan_id")


def _with_made_good(bad: pl.DataFrame, good: pl.LazyFrame) -> pl.DataFrame:
    stream = ("tool", "repository", "ref")
    same_file = good.filter(pl.col("file").is_in(bad["file"].unique().implode()))
    same_repository = good.filter(pl.col("repository").is_in(bad["repository"].unique().implode()))
    last = {"good_at": pl.col("scanned_at").max(), "good_ingested_at": pl.col("ingested_at").max()}
    by_file = same_file.group_by("file").agg(**last).collect()
    by_stream = same_repository.group_by(stream).agg(stream_good_at=pl.col("scanned_at").max()).collect()
    beside = bad.join(by_file, on="file", how="left").join(by_stream, on=stream, how="left", nulls_equal=True)
    # A scan without a time of its own (its file could not be read) is put right by reading the file again.
    read_again = pl.col("good_ingested_at") > pl.col("ingested_at")
    later = (pl.col("good_at") > pl.col("scanned_at")) | (pl.col("stream_good_at") > pl.col("scanned_at"))
    is_good = read_again.fill_null(value=False) | later.fill_null(value=False)
    return beside.with_columns(is_made_good=is_good).select(*bad.columns, "is_made_good")


def _ok(tables: Tables, stage: str) -> pl.LazyFrame:
    is_placed = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    return tables.scans.filter(pl.col("status") == "ok", pl.col("stage") == stage, is_placed).with_columns(
        pl.col("tool", "rules_version").fill_null(UNKNOWN)
    )  # fmt: skip


def _pre_merge(tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Ok scans of the changes' pull requests: row, merged_at, tool, rules_version, scanned_at."""
    scans = _ok(tables, "pre_merge").select(
        "repository", "pull_request", "tool", "rules_version", "scanned_at"
    )
    of = ("repository", "pull_request")
    return scans.join(rows.lazy(), left_on=of, right_on=KEY, how="inner").drop(of).collect()


def _post_merge(tables: Tables, rows: pl.DataFrame) -> pl.DataFrame:
    """Ok scans of protected branches in order, numbered by `run`: rules unchanged within a run."""
    names = rows["repository"].unique()
    scans = (
        _ok(tables, "post_merge").filter(pl.col("repository").is_in(names.implode()))
        .select("repository", "tool", "rules_version", "scanned_at", branch=_branch())
        .sort("repository", "tool", "branch", "scanned_at", "rules_version").collect()
    )  # fmt: skip
    stream = pl.struct("repository", "tool", "branch", "rules_version")
    return scans.with_columns(run=stream.rle_id().cast(pl.Int64))


def _branch() -> pl.Expr:
    return pl.col("ref").str.strip_prefix("refs/heads/").fill_null(UNKNOWN)


def _looks(rows: pl.DataFrame, scans: pl.DataFrame, follow_up: timedelta) -> pl.DataFrame:
    """One row per change, tool and branch that was looked at in the follow-up: its first and last run."""
    by = ["repository", "tool", "branch"]
    is_own = (pl.col("base") == pl.col("branch")).fill_null(value=True) | (pl.col("branch") == UNKNOWN)
    pairs = (
        rows.select("row", "repository", "base", "merged_at", until=pl.col("merged_at") + follow_up)
        .join(scans.select(by).unique(), on="repository", how="inner").filter(is_own).sort("merged_at")
    )  # fmt: skip
    ordered = scans.select(*by, "scanned_at", "run").sort("scanned_at", "run")
    first = ordered.rename({"run": "first_run", "scanned_at": "first_at"})
    last = ordered.rename({"run": "last_run", "scanned_at": "last_at"})
    # Polars cannot check the order within groups and would warn: both sides are sorted above.
    seen = pairs.join_asof(
        first, left_on="merged_at", right_on="first_at", by=by, strategy="forward", check_sortedness=False
    ).filter(pl.col("first_at") <= pl.col("until"))
    return seen.join_asof(
        last, left_on="until", right_on="last_at", by=by, strategy="backward", check_sortedness=False
    ).select("row", "tool", "first_run", "last_run")


def _independent(looks: pl.DataFrame, scans: pl.DataFrame, before: pl.DataFrame) -> pl.Series:
    """Rows of changes that a tool, or rules, looked at that had not looked before their merge."""
    used = before.group_by("row", "tool").agg(pl.col("rules_version").unique())
    new_tool = looks.join(used, on=("row", "tool"), how="anti")["row"].unique()
    is_open = ~pl.col("row").is_in(new_tool.implode())
    is_known = ~pl.col("rules_version").list.contains(UNKNOWN)
    versions = scans.select("run", version="rules_version").unique()
    new_rules = (
        looks.filter(is_open).join(used, on=("row", "tool"), how="inner").filter(is_known)
        .with_columns(run=pl.int_ranges("first_run", pl.col("last_run") + 1)).explode("run")
        .join(versions, on="run", how="inner")
        .filter((pl.col("version") != UNKNOWN) & ~pl.col("rules_version").list.contains(pl.col("version")))
    )  # fmt: skip
    return pl.concat([new_tool, new_rules["row"]]).unique()
