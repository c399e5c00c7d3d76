"""What is the key of a row that was exported without one? A hash of its content."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import polars as pl

from ingest.casting import as_text

_LENGTH: Final = 24  # hexadecimal digits: 96 bits, no clash among any number of rows that fits on disks
_BETWEEN: Final = "\x1f"  # no export holds it, so ("ab", "c") and ("a", "bc") differ
_UNKNOWN: Final = "\x00"  # null and empty text differ too


def content_keys(columns: Sequence[pl.Series]) -> pl.Series:
    """One key per row, the same in every run; rows of equal content share it.

    >>> content_keys([pl.Series([7, 7, None])]).n_unique()
    2
    """
    texts = [as_text(column).fill_null(_UNKNOWN) for column in columns]
    joined = pl.select(pl.concat_str(texts, separator=_BETWEEN)).to_series()
    keys = [sha256(text.encode()).hexdigest()[:_LENGTH] for text in joined.to_list()]
    return pl.Series(keys, dtype=pl.String)


def numbered_keys(columns: Sequence[pl.Series]) -> pl.Series:
    """Keys of content and ordinal: rows of equal content, which differ elsewhere, stay apart.

    >>> numbered_keys([pl.Series([7, 7])]).n_unique()
    2
    """
    keys = content_keys(columns).alias("key").to_frame()
    ordinal = pl.int_range(pl.len()).over("key")
    numbered = pl.when(ordinal == 0).then("key").otherwise(pl.format("{}-{}", "key", ordinal + 1))
    return keys.select(numbered.alias("key")).to_series()
