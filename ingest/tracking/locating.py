"""Where does each report point, and where does that line come from?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.tracking.history import History

PLACE: Final = ("place_commit", "path", "line")
ORIGIN: Final = ("introduced_commit", "introduced_path", "introduced_line")
REPLACED: Final = ("replaced_commit", "replaced_path", "replaced_line")
_ABSENT: Final = "absent"
_REPORT: Final = (
    "scan_id", "position", "finding_key", "rule", "cwe", "path", "line", "is_blamable", "text_key",
    "fingerprint", "told_commit",
)  # fmt: skip
_SCAN: Final = (
    "scan_id", "repository", "tool", "stage", "pull_request", "lane", "scanned_at", "is_ok", "ok_before",
    "commit_sha", "into_branch",
)  # fmt: skip


def located(placed: pl.DataFrame, scan_results: pl.DataFrame, history: History) -> pl.DataFrame:
    """Reports of placed scans with their line's origin, one row per scan and key, in a fixed order.

    Added columns: `place_commit` (commit in which path and line hold), `is_followed` (by a code host),
    `text` (what stands for the line's text), ORIGIN, `blame`, `has_steps`, REPLACED, and of the commit that
    brought the line in: `is_landed` (null where nothing is known of the repository's branch), `landed_at`,
    `landed_place`, `landed_number`, `reverts`; `is_aside` tells heads that want into another branch.
    """
    seen = _reports(placed, scan_results).join(
        _followed(history), on=["repository", "finding_key"], how="left"
    )
    pointing = seen.with_columns(
        pl.col("is_followed").fill_null(value=False),
        # A scanner of history tells path and line in the commit that it names.
        place_commit=pl.when("is_followed")
        .then("place_commit")
        .otherwise(pl.coalesce("told_commit", "commit_sha")),
    )
    traced = pointing.join(_origins(history), on=["repository", *PLACE], how="left")
    told = _with_landing(traced, history).with_columns(text=_text())
    return told.sort("repository", "scanned_at", "scan_id", "position")


def _reports(placed: pl.DataFrame, scan_results: pl.DataFrame) -> pl.DataFrame:
    """What is present, as the tool says, once per scan and key."""
    present = scan_results.filter(pl.col("baseline_state").ne_missing(_ABSENT)).select(_REPORT)
    ordered = present.sort("scan_id", "finding_key", "position")
    once = ordered.unique(["scan_id", "finding_key"], keep="first", maintain_order=True)
    return once.join(
        placed.select(_SCAN).with_columns(
            scanner="tool", tool=pl.col("tool").fill_null("").str.to_lowercase()
        ),
        on="scan_id",
        how="inner",
    )


def _followed(history: History) -> pl.DataFrame:
    return history.followed.unique(["repository", "finding_key"], keep="any").with_columns(
        is_followed=pl.lit(True)
    )


def _origins(history: History) -> pl.DataFrame:
    known = history.line_origins.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in ORIGIN))
    return known.select(
        "repository",
        "path",
        "line",
        "blame",
        *ORIGIN,
        *REPLACED,
        place_commit="commit_sha",
        has_steps=pl.col("steps").list.len() > 0,
        traced_text="text_key",
    )


def _with_landing(traced: pl.DataFrame, history: History) -> pl.DataFrame:
    landed = history.landed_commits.select(
        "repository",
        "landed_at",
        "reverts",
        introduced_commit="sha",
        landed_place="place",
        landed_number="pull_request",
        is_known=pl.lit(True),
    )
    branches = history.landed_commits.group_by("repository").agg(branch=pl.col("branch").min())
    read = branches.with_columns(is_read=pl.lit(True))
    joined = traced.join(landed, on=["repository", "introduced_commit"], how="left").join(
        read, on="repository", how="left"
    )
    is_landed = pl.when(pl.col("is_read") & pl.col("introduced_commit").is_not_null()).then(
        pl.col("is_known").fill_null(value=False)
    )
    is_aside = (pl.col("into_branch") != pl.col("branch")).fill_null(value=False)
    return joined.with_columns(is_landed=is_landed, is_aside=is_aside).drop("is_known", "is_read", "branch")


def _text() -> pl.Expr:
    """The line's text, else the tool's own fingerprint of the result."""
    text = pl.coalesce("text_key", "traced_text")
    return pl.coalesce(pl.format("text {}", text), pl.format("fingerprint {}", pl.col("fingerprint")))
