"""Which class has a file whose own repository marks it?"""

from __future__ import annotations

from typing import Final

import polars as pl

_KEY: Final = ["repository", "path"]
_MARKED: Final = "marked_class"


def with_marks(changed_files: pl.LazyFrame, file_marks: pl.LazyFrame) -> pl.LazyFrame:
    """Changed files with the class of their mark where there is one; the order of rows stays.

    A mark is written only where it says something else than the file's name and the settings do
    (`ingest.history.marks`), so it always counts. What is no code any more guards nothing: its
    sensitive area is taken away.

    >>> files = pl.LazyFrame({"repository": ["a/b"] * 2, "path": ["x.py", "y.py"],
    ...                       "file_class": ["code"] * 2, "sensitive_area": ["identity"] * 2})
    >>> marks = pl.LazyFrame({"repository": ["a/b"], "path": ["x.py"], "file_class": ["generated"]})
    >>> with_marks(files, marks).select("path", "file_class", "sensitive_area").collect().rows()
    [('x.py', 'generated', None), ('y.py', 'code', 'identity')]
    """
    columns = changed_files.collect_schema().names()
    marks = file_marks.select(*_KEY, pl.col("file_class").alias(_MARKED)).unique(_KEY, keep="any")
    marked = changed_files.join(marks, on=_KEY, how="left", maintain_order="left")
    file_class = pl.coalesce(_MARKED, "file_class").alias("file_class")
    guards = pl.col(_MARKED).is_null() | (pl.col(_MARKED) == "code")
    return marked.with_columns(
        file_class, pl.when(guards).then(pl.col("sensitive_area")).alias("sensitive_area")
    ).select(columns)
