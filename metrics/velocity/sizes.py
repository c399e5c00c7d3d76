"""How large is a pull request, and in which band of sizes does it lie?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import polars as pl

UNKNOWN_SIZE: Final = "unknown"


def changed_lines() -> pl.Expr:
    """Lines added and deleted; null where either is unknown."""
    return pl.col("additions") + pl.col("deletions")


def size_band(ends: Sequence[int]) -> pl.Expr:
    """Name of the band that the changed lines lie in.

    >>> rows = pl.DataFrame({"additions": [0, 10, 11, 60, None], "deletions": [1, 0, 0, 0, 3]})
    >>> rows.select(band=size_band((10, 50)))["band"].to_list()
    ['up to 10', 'up to 10', '11-50', 'over 50', 'unknown']
    """
    names = band_names(ends)
    lines = changed_lines()
    fits = [pl.when(lines <= end).then(pl.lit(name)) for end, name in zip(ends, names, strict=False)]
    above = pl.when(lines.is_not_null()).then(pl.lit(names[-2])).otherwise(pl.lit(UNKNOWN_SIZE))
    return pl.coalesce(*fits, above)


def band_names(ends: Sequence[int]) -> tuple[str, ...]:
    """Bands from small to large, and last what is unknown.

    >>> band_names((10, 50))
    ('up to 10', '11-50', 'over 50', 'unknown')
    """
    between = (f"{low + 1}-{high}" for low, high in pairwise(ends))
    return (f"up to {ends[0]}", *between, f"over {ends[-1]}", UNKNOWN_SIZE)
