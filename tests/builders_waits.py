"""Builders of waits for the tests of survival statistics."""

from __future__ import annotations

import numpy as np

from metrics.statistics.survival import Waits

NOBODY = Waits(np.empty(0), np.empty(0, dtype=np.int64))


def waits(*rows: tuple[float, ...]) -> Waits:
    """At least one row of hours, cause and, when there is a third number, entry."""
    table = np.array(rows, dtype=np.float64)
    entry = table[:, 2] if table.shape[1] > 2 else None
    return Waits(table[:, 0], table[:, 1].astype(np.int64), entry)
