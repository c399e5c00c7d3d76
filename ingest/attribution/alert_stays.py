"""From when until when was each alert in the analyses of each ref that it was seen on?

A host does not say which alerts an analysis reported: an alert tells when it was created and fixed, and
on which refs it was seen. It is taken to be in every analysis of such a ref, by its tool and in its
category, from its first one until it was fixed.

* The alert is created by one analysis, the one nearest in time to its creation: an upload is processed
  within minutes. Its most recent instance is no first sighting, so it is not used as one.
* What was first seen on a pull request is on a branch from the first analysis of code that holds the
  earliest merge of a pull request that it was seen on, not from the next analysis that happens to run.
* Where the category was renamed, the alert was created in the old one and is known in the new one only.

Limits, on purpose: an alert that was fixed and came back is taken for present all the time, and alerts
that never reached the default branch are not listed by the host.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

KIND: Final = "code_scanning"
PROCESSING: Final = timedelta(minutes=10)  # between the upload of an analysis and its alerts
STREAM: Final = ("repository", "ref", "tool", "lane_category")
_ALERT: Final = ("repository", "number")
_INSTANCE: Final = (*_ALERT, "ref", "category")
_FIXED: Final = "fixed"


def hosted(placed: pl.DataFrame) -> pl.DataFrame:
    """Analyses of the host with `host_stream`: the ref, tool and category that an alert's instances name."""
    named = placed.with_columns(
        tool=pl.col("tool").str.to_lowercase(), lane_category=pl.col("category").fill_null("")
    )
    streams = named.select(STREAM).unique().sort(STREAM).with_row_index("host_stream")
    joined = named.join(streams, on=STREAM, how="inner", nulls_equal=True)
    return joined.sort("host_stream", "scanned_at", "scan_id")


def stays(alerts: pl.DataFrame, analyses: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Stays of alerts: repository, number, host_stream, begin_at, end_at (null = still there).

    Parameters
    ----------
    alerts
        Rows of `alerts`; other kinds than code scanning have no stays.
    analyses
        As `hosted` gives them.
    merged
        Merged pull requests, as `merges` gives them.
    """
    seen = instances(alerts)
    paired = _nearest(_with_streams(seen, analyses), analyses, "created_at", "near_at")
    usable = paired.filter(pl.col("is_own") | pl.col("near_at").is_not_null())
    known = usable.join(_creations(usable), on=_ALERT, how="left").join(
        _arrivals(seen, merged), on=_ALERT, how="left"
    )
    begun = _begun(known, analyses)
    ended = _nearest(begun, analyses, "fixed_at", "fixing_at")
    stayed = _at_commit(ended, analyses).with_columns(end_at=_end())
    is_there = pl.col("end_at").is_null() | (pl.col("begin_at") < pl.col("end_at"))
    return stayed.filter(pl.col("begin_at").is_not_null() & is_there).select(
        *_ALERT, "host_stream", "begin_at", "end_at"
    )


def instances(alerts: pl.DataFrame) -> pl.DataFrame:
    """One row per alert of a code scanner, ref and category that it was seen in."""
    lists = ("refs", "ref_categories", "ref_states", "ref_commits")
    listed = alerts.filter((pl.col("kind") == KIND) & (pl.col("refs").list.len() > 0)).explode(lists)
    return listed.select(
        *_ALERT,
        "created_at",
        "fixed_at",
        tool=pl.col("tool").str.to_lowercase(),
        ref="refs",
        category="ref_categories",
        state="ref_states",
        commit="ref_commits",
        own_number=pl.col("refs").str.extract(r"^refs/pull/(\d+)/", 1).cast(pl.Int64),
    )


def _with_streams(seen: pl.DataFrame, analyses: pl.DataFrame) -> pl.DataFrame:
    """Streams that may have reported each instance; `is_own`: of its category, or of any if that has none.

    A stream of another category counts for the time before the own one began (`own_began_at`).
    """
    streams = analyses.group_by("host_stream", *STREAM).agg(
        pull_request=pl.col("pull_request").first(),
        stream_from_at=pl.col("scanned_at").min(),
        stream_until_at=pl.col("scanned_at").max(),
    )
    both = seen.join(streams, on=["repository", "ref", "tool"], how="inner")
    is_same = (pl.col("category") == "") | (pl.col("category") == pl.col("lane_category"))
    marked = both.with_columns(is_own=is_same | ~is_same.any().over(_INSTANCE))
    own_began_at = pl.col("stream_from_at").filter("is_own").min().over(_INSTANCE)
    told = marked.with_columns(own_began_at=pl.when(~pl.col("is_own")).then(own_began_at))
    began_late = pl.col("own_began_at") > pl.col("created_at") + PROCESSING
    return told.filter(pl.col("is_own") | began_late)


def _nearest(pairs: pl.DataFrame, analyses: pl.DataFrame, moment: str, name: str) -> pl.DataFrame:
    """Add the analysis of the stream that is nearest to a moment, within the time of processing."""
    looks = analyses.select("host_stream", pl.col("scanned_at").alias(name), look_at="scanned_at")
    joined = pairs.sort(moment).join_asof(
        looks.sort("look_at"),
        left_on=moment,
        right_on="look_at",
        by="host_stream",
        strategy="nearest",
        tolerance=PROCESSING,
        check_sortedness=False,
    )
    return joined.drop("look_at")


def _creations(pairs: pl.DataFrame) -> pl.DataFrame:
    """Analysis that created each alert, where one is known: its time, and its pull request."""
    distance = (pl.col("near_at") - pl.col("created_at")).abs()
    near = pairs.filter(pl.col("near_at").is_not_null()).sort(distance, "near_at", "host_stream")
    first = near.unique(_ALERT, keep="first", maintain_order=True)
    return first.select(*_ALERT, first_at="near_at", first_number="pull_request")


def _arrivals(seen: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Earliest merge of a pull request that each alert was seen on, and not fixed by."""
    merges = merged.select("repository", own_number="number", merged_at="merged_at")
    carried = seen.filter(pl.col("state") != _FIXED).join(merges, on=["repository", "own_number"])
    return carried.group_by(_ALERT).agg(carried_at=pl.col("merged_at").min())


def _begun(pairs: pl.DataFrame, analyses: pl.DataFrame) -> pl.DataFrame:
    """Add `begin_at`: the first analysis of the stream since the creation that holds what a merge brought."""
    came_by_merge = pl.col("first_number").is_not_null() & pl.col("pull_request").is_null()
    since = pairs.with_columns(
        since_at=pl.coalesce("first_at", "created_at"),
        holds_at=pl.when(came_by_merge).then("carried_at"),
    )
    by_time = _next(since, analyses, ("since_at", "scanned_at"), "begin_by_time")
    by_code = _next(by_time, analyses, ("holds_at", "code_at"), "begin_by_code")
    is_carried = pl.col("holds_at").is_not_null()
    later = pl.max_horizontal("begin_by_time", "begin_by_code")
    is_known = pl.col("begin_by_time").is_not_null() & pl.col("begin_by_code").is_not_null()
    begin_at = pl.when(~is_carried).then("begin_by_time").when(is_known).then(later)
    return by_code.with_columns(begin_at=begin_at)


def _next(pairs: pl.DataFrame, analyses: pl.DataFrame, moments: tuple[str, str], name: str) -> pl.DataFrame:
    """Add the time of the first analysis of the stream at or after a moment."""
    wanted, looked = moments
    looks = analyses.select("host_stream", pl.col("scanned_at").alias(name), look_at=looked).sort(
        "look_at", name
    )
    joined = pairs.sort(wanted).join_asof(
        looks,
        left_on=wanted,
        right_on="look_at",
        by="host_stream",
        strategy="forward",
        check_sortedness=False,
    )
    return joined.drop("look_at")


def _at_commit(pairs: pl.DataFrame, analyses: pl.DataFrame) -> pl.DataFrame:
    """Add the first analysis of the commit that an instance names."""
    made = analyses.group_by("host_stream", pl.col("commit_sha").alias("commit")).agg(
        commit_at=pl.col("scanned_at").min()
    )
    return pairs.join(made, on=["host_stream", "commit"], how="left")


def _end() -> pl.Expr:
    """End of a stay: on a branch by the alert's own time, on a pull request by its instance."""
    by_instance = pl.coalesce("commit_at", "stream_until_at")
    is_branch = pl.col("pull_request").is_null()
    by_time = pl.when(is_branch).then(pl.coalesce("fixing_at", "fixed_at"))
    gone = pl.when(pl.col("state") == _FIXED).then(pl.coalesce(by_time, by_instance))
    return pl.min_horizontal(gone, "own_began_at")
