"""Order among scans: which scan is compared with which.

A *stream* is what one configured tool says of one repository: same tool, rules version and category.
A *lane* is a stream on one protected branch, or on the head of one pull request. Only ok scans count
as "the previous one", for the silence of a partial scan means nothing. Ok scans of one lane at one
moment (the runs of one file) are one look: neither is the previous one of the other.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.contracts import LANDED_COMMITS

_STREAM: Final = ("repository", "tool", "rules_version", "category")
_SEPARATOR: Final = "\x1f"
_USED: Final = ("ok", "partial")
_LANDED: Final = ("repository", "sha", "place", "landed_at")
_SCAN_COLUMNS: Final = (
    *_STREAM, "scan_id", "commit_sha", "ref", "pull_request", "stage", "status", "scanned_at",
)  # fmt: skip


def placed_scans(
    scans: pl.DataFrame, pull_requests: pl.DataFrame, landed_commits: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Scans with a repository and a time that were read, with their stream, lane and place in it.

    Added columns: `lane`, `is_ok`, `ok_before` and `ok_until` (ok looks in the lane before and until
    this moment), `base_lane` (of a head: the protected branch's lane that it is compared with),
    `code_at` (state of the code seen), `code_place` (of a landed commit: its place in the branch's history),
    `into_branch` (of a head: the branch that its pull request wants into).
    """
    is_placed = pl.col("repository").is_not_null() & pl.col("scanned_at").is_not_null()
    is_used = pl.col("status").is_in(_USED)
    placed = scans.filter(is_placed & is_used).select(_SCAN_COLUMNS).unique("scan_id", keep="any")
    with_base = _with_base_ref(placed, pull_requests).with_columns(stream=_joined(*_STREAM))
    laned = with_base.with_columns(lane=_lane(), base_lane=_joined("stream", "base_ref"))
    landed = _no_landed() if landed_commits is None else landed_commits.select(_LANDED)
    ordered = _with_code_time(laned, pull_requests, landed).sort("lane", "scanned_at", "scan_id")
    judged = ordered.with_columns(is_ok=pl.col("status") == "ok")
    looks = judged.filter("is_ok").select("lane", "scanned_at").unique().sort("lane", "scanned_at")
    placed_looks = looks.with_columns(place=pl.int_range(pl.len()).over("lane"))
    return _with_looks(judged, placed_looks).sort("lane", "scanned_at", "scan_id")


def _with_looks(scans: pl.DataFrame, looks: pl.DataFrame) -> pl.DataFrame:
    """Count the ok looks of each scan's lane before its moment and until it."""
    last = scans.sort("scanned_at").join_asof(
        looks.rename({"scanned_at": "look_at"}).sort("look_at"),
        left_on="scanned_at",
        right_on="look_at",
        by="lane",
        strategy="backward",
        check_sortedness=False,
    )
    until = pl.col("place").fill_null(-1) + 1
    is_at_look = (pl.col("look_at") == pl.col("scanned_at")).fill_null(value=False)
    counted = last.with_columns(ok_until=until, ok_before=until - is_at_look.cast(pl.Int64))
    return counted.drop("place", "look_at")


def ok_scans(placed: pl.DataFrame) -> pl.DataFrame:
    """Ok looks by lane and place: `lane`, `place`, `ok_at`, and the oldest code of the look.

    That is `ok_code_at`, and `ok_code_place` where its place in the branch's history is known.
    """
    looks = placed.filter("is_ok").group_by("lane", pl.col("ok_before").alias("place"))
    return looks.agg(
        ok_at=pl.col("scanned_at").min(),
        ok_code_at=pl.col("code_at").min(),
        ok_code_place=pl.col("code_place").min(),
    )


def on_branch(placed: pl.DataFrame) -> pl.DataFrame:
    """Scans of protected branches."""
    return placed.filter(pl.col("stage") == "post_merge")


def on_heads(placed: pl.DataFrame) -> pl.DataFrame:
    """Scans of pull request heads, with `base_place`: the latest earlier ok scan to compare with."""
    heads = placed.filter((pl.col("stage") == "pre_merge") & pl.col("pull_request").is_not_null())
    bases = ok_scans(on_branch(placed)).select(
        base_lane="lane",
        base_place="place",
        base_at="ok_at",
        base_code_at="ok_code_at",
        base_code_place="ok_code_place",
    )
    return heads.sort("scanned_at", "scan_id").join_asof(
        bases.sort("base_at", "base_place"),
        left_on="scanned_at",
        right_on="base_at",
        by="base_lane",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )


def branch_of(ref: str) -> pl.Expr:
    """Name of the branch that a ref column names."""
    return pl.col(ref).str.strip_prefix("refs/heads/")


def _joined(*names: str) -> pl.Expr:
    return pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in names], separator=_SEPARATOR)


def _lane() -> pl.Expr:
    head = pl.format("pull request {}", pl.col("pull_request"))
    is_branch = (pl.col("stage") == "post_merge") | pl.col("pull_request").is_null()
    place = pl.when(is_branch).then(pl.col("ref").fill_null("")).otherwise(head)
    return pl.concat_str([pl.col("stream"), place], separator=_SEPARATOR)


def _with_base_ref(placed: pl.DataFrame, pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Protected branch that a head wants into, where that one is scanned; else the repository's first one."""
    branches = placed.filter(pl.col("stage") == "post_merge").select("repository", "ref").unique()
    default = branches.group_by("repository").agg(default_ref=pl.col("ref").min())
    targets = pull_requests.select("repository", pull_request="number", into_branch="base_branch")
    refs = targets.select(
        "repository", "pull_request", wanted_ref=pl.format("refs/heads/{}", pl.col("into_branch"))
    )
    wanted = refs.join(
        branches, left_on=["repository", "wanted_ref"], right_on=["repository", "ref"], how="semi"
    )
    return (
        placed.join(targets, on=["repository", "pull_request"], how="left")
        .join(wanted, on=["repository", "pull_request"], how="left")
        .join(default, on="repository", how="left")
        .with_columns(base_ref=pl.coalesce("wanted_ref", "default_ref"))
        .drop("wanted_ref", "default_ref")
    )


def _no_landed() -> pl.DataFrame:
    return pl.DataFrame(schema={name: LANDED_COMMITS.polars_schema[name] for name in _LANDED})


def _with_code_time(laned: pl.DataFrame, pull_requests: pl.DataFrame, landed: pl.DataFrame) -> pl.DataFrame:
    """Moment of the code that was scanned: when its commit landed, else the scan's own time.

    A scan ends minutes after it checked out its commit; what merged in between is not in it.
    """
    merges = pull_requests.filter(pl.col("merge_sha").is_not_null() & pl.col("merged_at").is_not_null())
    made = merges.group_by("repository", pl.col("merge_sha").alias("commit_sha")).agg(
        made_at=pl.col("merged_at").max()
    )
    known = landed.select("repository", "landed_at", commit_sha="sha", code_place="place")
    made_at = pl.coalesce("made_at", "landed_at")
    code_at = pl.when(made_at <= pl.col("scanned_at")).then(made_at).otherwise("scanned_at")
    return (
        laned.join(made, on=["repository", "commit_sha"], how="left")
        .join(known, on=["repository", "commit_sha"], how="left")
        .with_columns(code_at=code_at)
        .drop("made_at", "landed_at")
    )
