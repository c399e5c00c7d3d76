"""One row per finding: when it came, through which change, how that is known and how surely."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.attribution.changes import best_sighting, touched, with_head, with_sole_merge, with_sole_path

_CHOSEN: Final = (*FINDING, "came_at", "number", "method", "confidence")


def judged_sightings(sighted: pl.DataFrame, merged: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """First sighting per identity and pull request, its merge, and whether it may have touched the path."""
    news = sighted.filter(~pl.col("is_baseline")).rename({"pull_request": "number"})
    first = news.sort("scanned_at", "scan_id").unique([*FINDING, "number"], keep="first", maintain_order=True)
    first = first.select(*FINDING, "number", "path", sighted_at="scanned_at")
    with_merge = first.join(merged, on=["repository", "number"], how="left")
    return _with_touch(with_merge, files).with_columns(may_touch=pl.col("touches").fill_null(value=True))


def judged_arrivals(
    arrived: pl.DataFrame, sighted: pl.DataFrame, merged: pl.DataFrame, files: pl.DataFrame
) -> pl.DataFrame:
    """Arrivals with the change that explains each, by the best method that applies."""
    touches = touched(files, arrived)
    news = with_sole_path(with_sole_merge(with_head(arrived, sighted), merged), merged, touches)
    is_news = ~pl.col("is_baseline")
    methods = (
        ("explicit", pl.when(is_news).then("pull_request")),
        ("pull_request_head", pl.when("head_may_touch").then("head")),
        ("sole_merge", pl.when(is_news).then("sole_merge")),
        ("sole_path", pl.when(is_news).then("sole_path")),
        ("pull_request_head", pl.col("head")),
    )
    judged = news.with_columns(
        number=pl.coalesce([number for _, number in methods]), method=_method(methods), came_at="scanned_at"
    )
    return judged.join(
        merged.select("repository", "number", "merged_at"), on=["repository", "number"], how="left"
    )


def chosen(arrived: pl.DataFrame, sighted: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """One story of each identity: explicit words, else its arrival, else its sightings."""
    by_arrival = _first_told(arrived)
    rest = sighted.join(by_arrival, on=list(FINDING), how="anti")
    by_sighting = best_sighting(rest).with_columns(
        method=pl.lit("pull_request_head"), came_at=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    columns = [*FINDING, "came_at", "number", "method", "path"]
    known = pl.concat([by_arrival.select(columns), by_sighting.select(columns)])
    heads_only = seen.filter(pl.col("stage") == "pre_merge").join(known, on=list(FINDING), how="anti")
    told = seen.filter(pl.col("introduced_by").is_not_null())
    others = pl.concat([heads_only, told.join(known, on=list(FINDING), how="anti")]).unique(list(FINDING))
    baseline = others.select(
        *FINDING,
        came_at=pl.lit(None, pl.Datetime("us", "UTC")),
        number=pl.lit(None, pl.Int64),
        method=pl.lit("baseline"),
        path="path",
    )
    return _with_explicit(pl.concat([known, baseline]), told)


def with_confidence(stories: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Stories with `confidence`: a known list of files without the path makes any inference weak."""
    judged = _with_touch(stories, files)
    inferred = (
        pl.when(pl.col("touches").eq_missing(False))
        .then(pl.lit("low"))
        .when((pl.col("method") == "pull_request_head") | pl.col("touches").fill_null(value=False))
        .then(pl.lit("high"))
        .otherwise(pl.lit("medium"))
    )
    confidence = (
        pl.when(pl.col("number").is_null())
        .then(pl.lit("none"))
        .when(pl.col("method") == "explicit")
        .then(pl.lit("high"))
        .when(pl.col("method") == "sole_path")
        .then(pl.lit("medium"))
        .otherwise(inferred)
    )
    return judged.with_columns(confidence=confidence).select(_CHOSEN)


def _method(methods: tuple[tuple[str, pl.Expr], ...]) -> pl.Expr:
    unexplained = pl.when("is_baseline").then(pl.lit("baseline")).otherwise(pl.lit("unattributed"))
    named = [pl.when(number.is_not_null()).then(pl.lit(method)) for method, number in methods]
    return pl.coalesce([*named, unexplained])


def _first_told(arrived: pl.DataFrame) -> pl.DataFrame:
    """First arrival of each identity; a baseline yields to a later arrival that a change explains.

    What was there at the start, went away and came back was brought back by somebody; and what merged
    before the first look of a new tool may be known to an older one.
    """
    ordered = arrived.sort("came_at", "is_baseline", "scan_id")
    first = ordered.unique(list(FINDING), keep="first", maintain_order=True)
    baselines = first.filter(pl.col("method") == "baseline").select(
        *FINDING, looked_at="came_at", looked_lane="lane"
    )
    came_back = pl.col("lane") == pl.col("looked_lane")
    merged_before = pl.col("merged_at") <= pl.col("looked_at")
    explained = (
        ordered.filter(pl.col("number").is_not_null())
        .join(baselines, on=list(FINDING), how="inner", maintain_order="left")
        .filter(came_back | merged_before)
        .unique(list(FINDING), keep="first", maintain_order=True)
        .drop("looked_at", "looked_lane")
    )
    return pl.concat([first.join(explained, on=list(FINDING), how="anti"), explained])


def _with_explicit(stories: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    first = told.sort("scanned_at", "scan_id", "introduced_by").unique(
        list(FINDING), keep="first", maintain_order=True
    )
    joined = stories.join(first.select(*FINDING, "introduced_by"), on=list(FINDING), how="left")
    is_told = pl.col("introduced_by").is_not_null()
    return joined.with_columns(
        number=pl.coalesce("introduced_by", "number"),
        method=pl.when(is_told).then(pl.lit("explicit")).otherwise("method"),
    ).drop("introduced_by")


def _with_touch(rows: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Whether the pull request touched the path; null where its files are not known."""
    hits = touched(files, rows).with_columns(is_hit=pl.lit(True))
    listed = files.select("repository", "number").unique().with_columns(is_listed=pl.lit(True))
    joined = rows.join(hits, on=["repository", "number", "path"], how="left").join(
        listed, on=["repository", "number"], how="left"
    )
    touches = pl.when("is_listed").then(pl.col("is_hit").fill_null(value=False))
    return joined.with_columns(touches=touches).drop("is_hit", "is_listed")
