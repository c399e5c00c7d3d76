"""Which change brought an arrival in: the merges between two scans, and the files that they touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.attribution.lanes import branch_of

ARRIVAL: Final = ("scan_id", "finding_key")


def merges(pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Merged pull requests: where, when, into which branch, as which commit."""
    return pull_requests.filter(pl.col("merged_at").is_not_null()).select(
        "repository", "number", "merged_at", "base_branch", "merge_sha"
    )


def touched(changed_files: pl.DataFrame, paths: pl.DataFrame) -> pl.DataFrame:
    """Pull requests that touched the paths in question: repository, number, path."""
    wanted = paths.select("repository", "path").unique()
    files = changed_files.select("repository", "number", "path").unique()
    return files.join(wanted, on=["repository", "path"], how="semi")


def with_sole_merge(arrived: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Arrivals with `sole_merge`: the one pull request merged in their window, if it is one."""
    return _with_sole(arrived, merged, ("repository", "branch"), "sole_merge")


def with_sole_path(arrived: pl.DataFrame, merged: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Arrivals with `sole_path`: the one of the window's pull requests that touched the path."""
    candidates = touches.join(merged, on=["repository", "number"], how="inner")
    return _with_sole(arrived, candidates, ("repository", "branch", "path"), "sole_path")


def with_head(arrived: pl.DataFrame, sighted: pl.DataFrame) -> pl.DataFrame:
    """Arrivals with `head`: the merged pull request of the window on whose head it had been seen.

    `head_may_touch` is false where that one is known not to have touched the path: its head may carry
    what another merge brought in since the branch was last scanned.
    """
    candidates = arrived.select(*ARRIVAL, "repository", "ref", "after_at", "until_at").join(
        sighted.filter(pl.col("merged_at").is_not_null()), on=list(FINDING), how="inner"
    )
    best = _best_first(candidates.filter(_is_in_window())).unique(
        list(ARRIVAL), keep="first", maintain_order=True
    )
    seen_on = best.select(*ARRIVAL, head="number", head_may_touch="may_touch")
    return arrived.join(seen_on, on=list(ARRIVAL), how="left")


def best_sighting(sighted: pl.DataFrame) -> pl.DataFrame:
    """One sighting per identity: merged pull requests first, then those that touched it, then by time."""
    return _best_first(sighted).unique(list(FINDING), keep="first", maintain_order=True)


def _best_first(sighted: pl.DataFrame) -> pl.DataFrame:
    return sighted.sort(
        pl.col("merged_at").is_null(), ~pl.col("may_touch"), "sighted_at", "number", maintain_order=False
    )


def _is_in_window() -> pl.Expr:
    is_after = pl.col("after_at").is_null() | (pl.col("merged_at") > pl.col("after_at"))
    is_until = pl.col("merged_at") <= pl.col("until_at")
    is_into_branch = pl.col("base_branch").is_null() | (pl.col("base_branch") == branch_of("ref"))
    return is_after & is_until & is_into_branch


def _with_sole(arrived: pl.DataFrame, candidates: pl.DataFrame, by: Sequence[str], name: str) -> pl.DataFrame:
    """Count the candidates of each window by their ranks at its two ends, without listing them."""
    located = arrived.with_columns(branch=branch_of("ref"))
    windows = located.select("scan_id", *by, "after_at", "until_at").unique()
    ranked = _ranked(windows, candidates, by)
    ends = _rank_at(_rank_at(windows, ranked, by, "until_at"), ranked, by, "after_at")
    count = pl.col("until_at_rank").fill_null(0) - pl.col("after_at_rank").fill_null(0)
    is_sole = (count == 1) & pl.col("after_at").is_not_null()
    sole = ends.select("scan_id", *by, pl.when(is_sole).then("until_at_number").alias(name))
    return located.join(sole, on=["scan_id", *by], how="left", nulls_equal=True).drop("branch")


def _ranked(windows: pl.DataFrame, candidates: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Merges of each scanned branch in order, numbered from 1; a null base may be any branch."""
    branches = windows.select("repository", "branch").unique()
    into = branches.join(candidates, on="repository", how="inner").filter(
        pl.col("base_branch").is_null() | (pl.col("base_branch") == pl.col("branch"))
    )
    ordered = into.sort("merged_at", "number")
    return ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over(by))


def _rank_at(windows: pl.DataFrame, ranked: pl.DataFrame, by: Sequence[str], moment: str) -> pl.DataFrame:
    """Rank and number of the last merge up to a moment."""
    last = ranked.select(
        *by,
        pl.col("merged_at").alias(f"{moment}_merged"),
        pl.col("rank").alias(f"{moment}_rank"),
        pl.col("number").alias(f"{moment}_number"),
    )
    known = windows.filter(pl.col(moment).is_not_null()).sort(moment, "scan_id")
    found = known.join_asof(
        last,
        left_on=moment,
        right_on=f"{moment}_merged",
        by=list(by),
        strategy="backward",
        check_sortedness=False,
    )
    unknown = windows.filter(pl.col(moment).is_null())
    return pl.concat([found, unknown], how="diagonal")
