"""Which class has a file whose own repository marks it?"""

from __future__ import annotations

from typing import Final

import polars as pl

NAMED: Final = "named_class"  # column: the class by the file's name and the settings, whatever marks say
_KEY: Final = ["repository", "path"]
_MARKED: Final = "marked_class"


def with_marks(changed_files: pl.LazyFrame, file_marks: pl.LazyFrame) -> pl.LazyFrame:
    """Changed files with the class of their mark where there is one; the order of rows stays.

    A mark is written only where it says something else than the file's name and the settings do
    (`ingest.history.marks`), so it always counts for `file_class`: by which lines are counted and findings
    divided. Whoever is judged may write marks, so what is in the gate's scope, and what is sensitive,
    rests on `named_class` alone.

    >>> files = pl.LazyFrame({"repository": ["a/b"] * 2, "path": ["x.py", "y.py"],
    ...                       "file_class": ["code"] * 2, "sensitive_area": ["identity"] * 2})
    >>> marks = pl.LazyFrame({"repository": ["a/b"], "path": ["x.py"], "file_class": ["generated"]})
    >>> with_marks(files, marks).select("file_class", "named_class", "sensitive_area").collect().rows()
    [('generated', 'code', 'identity'), ('code', 'code', 'identity')]
    """
    marks = file_marks.select(*_KEY, pl.col("file_class").alias(_MARKED)).unique(_KEY, keep="any")
    marked = changed_files.join(marks, on=_KEY, how="left", maintain_order="left")
    named = pl.col("file_class").alias(NAMED)
    return marked.with_columns(pl.coalesce(_MARKED, "file_class").alias("file_class"), named).drop(_MARKED)


def class_by_name(changed_files: pl.LazyFrame) -> pl.Expr:
    """The class by the name of each file: of files without marks it is the only one."""
    is_marked = NAMED in changed_files.collect_schema().names()
    return pl.col(NAMED if is_marked else "file_class")
