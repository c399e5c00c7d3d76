"""How many lines of code did each change add, how many still stand, and in which language?

Definitions 2: added lines without generated, vendored, lock, minified and, unless the organisation
says otherwise, test files; the same for whoever made the change.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.keys import pull_key
from metrics.tables import Tables

NO_LANGUAGE: Final = "none"
_EXTENSION: Final = r"[^/]\.([A-Za-z0-9_+-]+)$"  # a leading dot begins a name, not an extension


def with_lines(changes: pl.DataFrame, cut: Tables, *, include_tests: bool) -> pl.DataFrame:
    """Add code_lines and language to changes, in their order; surviving_code_lines as told or as counted.

    Parameters
    ----------
    changes
        repository, number, code_additions, surviving_code_lines (null = not told: then it is what history
        counts for all commits that the change landed with, and null where it does not know one of them).
    include_tests
        Count added lines of test files as well. How many of those still stand is not known, so
        surviving lines are unknown then.
    """
    files = _files(changes, cut)
    rows = changes.with_row_index("row").join(_languages(files), on="row", how="left", maintain_order="left")
    named = rows.with_columns(pl.col("language").fill_null(NO_LANGUAGE))
    if not include_tests:
        standing = pl.coalesce("surviving_code_lines", _counted(changes, cut))
        return named.with_columns(code_lines="code_additions", surviving_code_lines=standing).drop("row")
    counted = named.join(_tests(files), on="row", how="left", maintain_order="left")
    tests = pl.when(~pl.col("has_unknown_test").fill_null(value=False)).then(pl.col("tests").fill_null(0))
    return counted.with_columns(
        code_lines=pl.col("code_additions") + tests, surviving_code_lines=pl.lit(None, pl.Int64)
    ).drop("row", "tests", "has_unknown_test")


def _counted(changes: pl.DataFrame, cut: Tables) -> pl.Series:
    """Lines of class code that still stand of the commits of each change; null = not known of all."""
    names = changes["repository"].unique().sort().to_list()
    lines = pl.col("surviving_code_lines")
    commits = cut.landed_commits.filter(pl.col("pull_request").is_not_null())
    sums = commits.group_by(key=pull_key(names, "pull_request")).agg(
        counted=pl.when(lines.null_count() == 0).then(lines.sum())
    )
    keyed = changes.lazy().select(key=pull_key(names))
    return keyed.join(sums, on="key", how="left", maintain_order="left").collect()["counted"]


def _files(changes: pl.DataFrame, cut: Tables) -> pl.DataFrame:
    """Files of class code and test, by the row of their change."""
    names = changes["repository"].unique().sort().to_list()
    rows = changes.lazy().select(key=pull_key(names)).with_row_index("row")
    counted = cut.changed_files.filter(pl.col("file_class").is_in(["code", "test"])).select(
        "additions", key=pull_key(names), is_test=pl.col("file_class") == "test", path="path"
    )
    return counted.join(rows, on="key", how="inner").drop("key").collect()


def _tests(files: pl.DataFrame) -> pl.DataFrame:
    """Added lines of test files per change, and whether one of unknown size is among them."""
    tests, added = files.filter("is_test"), pl.col("additions")
    return tests.group_by("row").agg(tests=added.sum(), has_unknown_test=added.is_null().any())


def _languages(files: pl.DataFrame) -> pl.DataFrame:
    """Commonest extension among a change's files of class code; of two as common the first by name."""
    code = files.filter(~pl.col("is_test")).select("row", extension=_extension())
    names = code["extension"].unique().drop_nulls().sort()
    place = pl.col("extension").cast(pl.Enum(names)).to_physical().cast(pl.Int64)
    # One whole number per change and language: a million of them are counted in a fraction of the time.
    both = code.select(both=pl.col("row").cast(pl.Int64) * len(names) + place).drop_nulls()
    counted = (
        both.group_by("both")
        .len()
        .select("len", row=pl.col("both") // len(names), place=pl.col("both") % len(names))
    )
    rank = pl.col("len").cast(pl.Int64) * len(names) - pl.col("place")
    best = counted.group_by("row").agg(place=(-rank.max()) % len(names))
    return best.select(pl.col("row").cast(pl.get_index_type()), language=names.gather(best["place"]))


def _extension() -> pl.Expr:
    return pl.col("path").str.extract(_EXTENSION).str.to_lowercase()
