"""What do several tables together say about each pull request: its arm, its size, what it touches?"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.authorship import classify
from ingest.contracts import PULL_REQUESTS
from ingest.marking import class_by_name
from ingest.settings import IngestSettings

KEY: Final = ["repository", "number"]
SEEN_BY_SOURCE: Final = "gone_at"  # a live source judges this one itself
MACHINE_WRITTEN: Final = ("generated", "minified")  # a change to nothing else is out of the gate's scope

Frame = pl.DataFrame | pl.LazyFrame


def judge_pull_requests(
    pull_requests: Frame, changed_files: Frame, commits: Frame, settings: IngestSettings
) -> pl.DataFrame:
    """Judge all derived columns of all pull requests; key plus derived columns, in the order given.

    What follows from files is null where the files are unknown: none were collected though some
    changed, or the list was cut. `sensitive_areas` then names only what was seen. Marks of the repository
    count for lines alone: they neither take a change out of scope nor a sensitive area away.
    """
    changes = pull_requests.lazy().collect()
    arms = classify(changes, commits, settings.authorship)
    sizes = changes.select(*KEY, "changed_file_count", "cut_lists").join(
        _totals(changed_files.lazy()), on=KEY, how="left", maintain_order="left"
    )
    judged = arms.join(_known(sizes), on=KEY, how="left", maintain_order="left")
    return judged.select(
        *PULL_REQUESTS.key, *(name for name in PULL_REQUESTS.derived if name != SEEN_BY_SOURCE)
    )


def _totals(changed_files: pl.LazyFrame) -> pl.DataFrame:
    is_code, added = pl.col("file_class") == "code", pl.col("additions")
    is_relevant = ~class_by_name(changed_files).is_in(MACHINE_WRITTEN)
    totals = changed_files.group_by(KEY).agg(
        file_count=pl.len().cast(pl.Int64),
        added=added.filter(is_code).sum(),
        has_unknown_size=added.filter(is_code).is_null().any(),
        relevant=is_relevant.sum().cast(pl.Int64),
        areas=pl.col("sensitive_area").drop_nulls().unique().sort(),
    )
    return totals.collect()


def _known(sizes: pl.DataFrame) -> pl.DataFrame:
    """Keep the totals of complete lists only; a change known to touch no file has known zeros."""
    is_cut = pl.col("cut_lists").list.contains("changed_files") | (
        pl.col("file_count") < pl.col("changed_file_count")
    )
    is_empty = pl.col("file_count").is_null() & (pl.col("changed_file_count") == 0)
    is_whole = is_empty | (pl.col("file_count").is_not_null() & ~is_cut.fill_null(value=False))
    has_sizes = ~pl.col("has_unknown_size").fill_null(value=False)
    return sizes.select(
        *KEY,
        code_additions=pl.when(is_whole & has_sizes).then(pl.col("added").fill_null(0)),
        relevant_file_count=pl.when(is_whole).then(pl.col("relevant").fill_null(0)),
        sensitive_areas=pl.col("areas").fill_null([]),
    )
