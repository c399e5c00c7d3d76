"""Which rows of a table that is in the order of a moment lie in a window?"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl


def cut_out(rows: pl.DataFrame, column: str, start: datetime | None, end: datetime | None) -> pl.DataFrame:
    """Rows from `start` to before `end` (None = without that limit), and no row is copied.

    Parameters
    ----------
    rows
        In the order of `column`, which is never null.

    >>> days = pl.DataFrame({"at": [datetime(2026, 3, day) for day in (2, 3, 5)]})
    >>> cut_out(days, "at", datetime(2026, 3, 3), datetime(2026, 3, 5)).height
    1
    """
    first = 0 if start is None else place(rows[column], start)
    after = rows.height if end is None else place(rows[column], end)
    return rows.slice(first, max(after - first, 0))


def place(moments: pl.Series, at: datetime) -> int:
    """How many of these UTC moments, which are in order and never null, lie before one.

    >>> place(pl.Series([datetime(2026, 3, 2), datetime(2026, 3, 5)]), datetime(2026, 3, 5))
    1
    """
    utc = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    # Polars builds a query for each look-up, which takes longer than the look-up.
    return int(np.searchsorted(moments.to_numpy(), np.datetime64(utc, "us"), "left"))
