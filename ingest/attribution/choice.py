"""One row per finding: when it came, through which change, how that is known and how surely."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.attribution.arrivals import FINDING
from ingest.attribution.changes import best_sighting, touched, with_head, with_sole_merge, with_sole_path

_HISTORY: Final = ("is_blamed", "blame_number", "told_number")  # what `blamed` says
_CHOSEN: Final = (*FINDING, "came_at", "number", "method", "confidence")
_Methods = tuple[tuple[str, pl.Expr, str], ...]  # method, whether it applies, column of the pull request
_BY_HISTORY: Final[_Methods] = (
    ("blame", pl.col("is_blamed"), "blame_number"),
    ("commit", pl.col("told_number").is_not_null(), "told_number"),
)


def judged_sightings(sighted: pl.DataFrame, merged: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """First sighting per identity and pull request, its merge, and whether it may have touched the path.

    What landed with another change after the branch was looked at is no news of a head that carries it;
    `sighted` is joined with what history tells (`blamed`).
    """
    is_news = ~pl.col("is_baseline") & ~_is_carried()
    news = sighted.filter(is_news).rename({"pull_request": "number"})
    first = news.sort("scanned_at", "scan_id").unique([*FINDING, "number"], keep="first", maintain_order=True)
    first = first.select(*FINDING, "number", "path", *_HISTORY, sighted_at="scanned_at")
    with_merge = first.join(merged, on=["repository", "number"], how="left")
    return _with_touch(with_merge, files).with_columns(may_touch=pl.col("touches").fill_null(value=True))


def contested(sighted: pl.DataFrame, merged: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Findings of heads that another change may have brought to them: FINDING and `number` of the head.

    It touched the path too, and merged after the code that the head is compared with.
    """
    others = files.join(merged, on=["repository", "number"], how="inner").rename({"number": "other"})
    both = sighted.join(others, on=["repository", "path"], how="inner")
    is_between = (pl.col("merged_at") > pl.col("base_code_at")) & (
        pl.col("merged_at") <= pl.col("scanned_at")
    )
    is_anothers = pl.col("other") != pl.col("pull_request")
    return both.filter(is_between & is_anothers).select(*FINDING, number="pull_request").unique()


def judged_arrivals(
    arrived: pl.DataFrame, sighted: pl.DataFrame, merged: pl.DataFrame, files: pl.DataFrame
) -> pl.DataFrame:
    """Arrivals, joined with what history tells, with the change that explains each by the best method."""
    touches = touched(files, arrived)
    news = with_sole_path(with_sole_merge(with_head(arrived, sighted), merged), merged, touches)
    is_news = ~pl.col("is_baseline")
    methods: _Methods = (
        ("explicit", is_news & pl.col("pull_request").is_not_null(), "pull_request"),
        ("pull_request_head", pl.col("head_may_touch") & pl.col("head").is_not_null(), "head"),
        *_BY_HISTORY,
        ("sole_merge", is_news & pl.col("sole_merge").is_not_null(), "sole_merge"),
        ("sole_path", is_news & pl.col("sole_path").is_not_null(), "sole_path"),
        ("pull_request_head", pl.col("head").is_not_null(), "head"),
    )
    unexplained = pl.when("is_baseline").then(pl.lit("baseline")).otherwise(pl.lit("unattributed"))
    judged = news.with_columns(
        number=_number(methods), method=_method(methods, unexplained), came_at="scanned_at"
    )
    return judged.join(
        merged.select("repository", "number", "merged_at"), on=["repository", "number"], how="left"
    )


def chosen(arrived: pl.DataFrame, sighted: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """One story of each identity: explicit words, else its arrival, else its sightings.

    All three are joined with what history tells.
    """
    by_arrival = _first_told(arrived)
    rest = sighted.join(by_arrival, on=list(FINDING), how="anti")
    by_sighting = _by_sighting(best_sighting(rest))
    columns = [*FINDING, "came_at", "number", "method", "path"]
    known = pl.concat([by_arrival.select(columns), by_sighting.select(columns)])
    heads_only = seen.filter(pl.col("stage") == "pre_merge").join(known, on=list(FINDING), how="anti")
    told = seen.filter(pl.col("introduced_by").is_not_null())
    others = pl.concat([heads_only, told.join(known, on=list(FINDING), how="anti")]).unique(list(FINDING))
    baseline = others.select(
        *FINDING,
        came_at=pl.lit(None, pl.Datetime("us", "UTC")),
        number=_number(_BY_HISTORY),
        method=_method(_BY_HISTORY, pl.lit("baseline")),
        path="path",
    )
    return _with_explicit(pl.concat([known, baseline]), told)


def _by_sighting(best: pl.DataFrame) -> pl.DataFrame:
    """What only heads showed: of a head that may have touched it, else as history tells, else of a head."""
    methods: _Methods = (
        ("pull_request_head", pl.col("may_touch"), "number"),
        *_BY_HISTORY,
        ("pull_request_head", pl.lit(value=True), "number"),
    )
    return best.with_columns(
        number=_number(methods),
        method=_method(methods, pl.lit("unattributed")),
        came_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def with_confidence(
    stories: pl.DataFrame, files: pl.DataFrame, told: pl.DataFrame, rivals: pl.DataFrame
) -> pl.DataFrame:
    """Stories with `confidence`: a known list of files without the path makes any inference weak.

    That of a blame is told by history (`told`, as `blamed` gives it); where there is none, news that may be
    an older finding (`is_doubtful`), or what another change may have brought to a head (`rivals`, as
    `contested` gives them), is never sure.
    """
    blames = told.select(*FINDING, "is_blamed", "blame_confidence", "is_doubtful")
    claimed = rivals.with_columns(is_contested=pl.lit(True))
    judged = (
        _with_touch(stories, files)
        .join(blames, on=list(FINDING), how="left")
        .join(claimed, on=[*FINDING, "number"], how="left")
    )
    is_unsure = pl.col("is_doubtful") | (~pl.col("is_blamed") & pl.col("is_contested").fill_null(value=False))
    inferred = (
        pl.when(pl.col("touches").eq_missing(False))
        .then(pl.lit("low"))
        .when(is_unsure)
        .then(pl.lit("medium"))
        .when((pl.col("method") == "pull_request_head") | pl.col("touches").fill_null(value=False))
        .then(pl.lit("high"))
        .otherwise(pl.lit("medium"))
    )
    confidence = (
        pl.when(pl.col("method") == "blame")
        .then("blame_confidence")
        .when(pl.col("number").is_null())
        .then(pl.lit("none"))
        .when(pl.col("method").is_in(["explicit", "commit"]))
        .then(pl.lit("high"))
        .when(pl.col("method") == "sole_path")
        .then(pl.lit("medium"))
        .otherwise(inferred)
    )
    return judged.with_columns(confidence=confidence).select(_CHOSEN)


def _method(methods: _Methods, unexplained: pl.Expr) -> pl.Expr:
    """Name of the first method that applies."""
    named = [pl.when(_holds(applies)).then(pl.lit(method)) for method, applies, _ in methods]
    return pl.coalesce([*named, unexplained])


def _number(methods: _Methods) -> pl.Expr:
    """Pull request by the first method that applies: history may say that there is none."""
    number: pl.Expr = pl.lit(None, pl.Int64)
    for _, applies, column in reversed(methods):
        number = pl.when(_holds(applies)).then(column).otherwise(number)
    return number


def _holds(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(value=False)


def _is_carried() -> pl.Expr:
    """Whether the line landed with another change after the code that the head is compared with."""
    by_place = pl.col("landed_place") > pl.col("base_code_place")
    is_later = pl.coalesce(by_place, pl.col("landed_at") > pl.col("base_code_at"))
    return _holds(is_later) & pl.col("blame_number").ne_missing(pl.col("pull_request"))


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
