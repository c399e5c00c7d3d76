"""Are people quicker, and do they reject less, after many accepts in a row or many prompts in short time?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.estimate import Coverage, Number
from metrics.fatigue.judging import READ_ONLY
from metrics.fatigue.people import clustered_share
from metrics.fatigue.rules import FatigueRules
from metrics.fatigue.sequences import sequences

# Curve -> where its bands begin; the last one has no end.
BANDS: Final = {"streak": (0, 3, 10), "recent": (0, 2, 5, 10)}
_BINS_PER_SECOND: Final = 1000
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CurvePoint:
    """Answers of all people in one band, about requests that can change something."""

    curve: str  # streak: accepts in a row before; recent: prompts in the ten minutes before
    low: int  # the band begins here
    high: int | None  # and ends before here; None = it does not end
    answer_count: int
    people_count: int
    median_wait_seconds: float | None  # to the millisecond; None = too few answers or people to tell
    fast: Number  # of the measurable approvals
    rejected: Number  # of all answers about requests that can change something


def curves(
    approvals: pl.LazyFrame, rules: FatigueRules, confidence: float, *, with_inferred: bool = False
) -> tuple[CurvePoint, ...]:
    """Work out the curve by streak, then the one by prompts in the last ten minutes.

    Parameters
    ----------
    approvals
        From :func:`metrics.fatigue.judging.judged`.
    with_inferred
        Count answers whose prompt or wait was inferred too; without it they still make streaks.
    """
    counts, waits = _counted(sequences(approvals), rules, with_inferred=with_inferred)
    return tuple(
        _point(curve, band, counts, waits, (rules, confidence))
        for curve, begins in BANDS.items()
        for band in range(len(begins))
    )


def _counted(
    parts: Iterable[pl.DataFrame], rules: FatigueRules, *, with_inferred: bool
) -> tuple[pl.DataFrame, dict[tuple[str, int], Counts]]:
    """Counts by band and person, and how often each wait (in milliseconds) came, by band."""
    bins = int(rules.longest_seconds * _BINS_PER_SECOND) + 1
    waits = {
        (curve, band): np.zeros(bins, np.int64)
        for curve, begins in BANDS.items()
        for band in range(len(begins))
    }
    counts = [pl.DataFrame(schema=_COUNTED)]
    for rows in parts:
        told = rows.filter(_IS_ASKED & (~pl.col("is_inferred") | with_inferred))
        for curve, begins in BANDS.items():
            banded = told.with_columns(band=_band(curve, begins), curve=pl.lit(curve))
            counts.append(banded.group_by("curve", "band", "reviewer").agg(_SUMS).select(*_COUNTED))
            for (band,), some in banded.filter(~pl.col("is_away")).group_by("band"):
                milliseconds = (some["wait_seconds"] * _BINS_PER_SECOND).round().cast(pl.Int64)
                waits[curve, int(band)] += np.bincount(milliseconds.to_numpy(), minlength=bins)
    return pl.concat(counts), waits


_COUNTED: Final = {
    "curve": pl.String, "band": pl.Int64, "reviewer": pl.String, "answers": pl.Int64, "rejects": pl.Int64,
    "measured": pl.Int64, "fast": pl.Int64,
}  # fmt: skip
# Requests that only read make bursts and streaks too, but whether they are looked at matters little.
_IS_ASKED: Final = (pl.col("left_out") != READ_ONLY).fill_null(value=True)
_IS_MEASURED: Final = pl.col("left_out").is_null()
_SUMS: Final = (
    pl.len().cast(pl.Int64).alias("answers"),
    pl.col("is_reject").sum().cast(pl.Int64).alias("rejects"),
    _IS_MEASURED.sum().cast(pl.Int64).alias("measured"),
    (_IS_MEASURED & pl.col("is_fast")).sum().cast(pl.Int64).alias("fast"),
)


def _band(curve: str, begins: tuple[int, ...]) -> pl.Expr:
    return pl.sum_horizontal((pl.col(curve) >= each).cast(pl.Int64) for each in begins) - 1


def _point(
    curve: str,
    band: int,
    counts: pl.DataFrame,
    waits: dict[tuple[str, int], Counts],
    how: tuple[FatigueRules, float],
) -> CurvePoint:
    rows = counts.filter((pl.col("curve") == curve) & (pl.col("band") == band)).sort("reviewer")
    begins = (*BANDS[curve], None)
    total, people = int(rows["answers"].sum()), rows.height
    measured = int(rows["measured"].sum())
    is_enough = total >= how[0].minimum_approvals and people >= how[0].minimum_people
    out = (("not a measurable approval", total - measured),) if total > measured else ()
    fast = clustered_share(
        rows["fast"].to_list(), rows["measured"].to_list(), Coverage(measured, total, out), *how
    )
    rejected = clustered_share(
        rows["rejects"].to_list(), rows["answers"].to_list(), Coverage(total, total), *how
    )
    median = median_of(waits[curve, band]) if is_enough else None
    return CurvePoint(curve, begins[band] or 0, begins[band + 1], total, people, median, fast, rejected)


def median_of(counts: Counts) -> float | None:
    """The middle wait in seconds, of counts by millisecond; None when there are none.

    >>> median_of(np.array([0, 1, 0, 1]))
    0.002
    """
    total = int(counts.sum())
    if not total:
        return None
    upto = np.cumsum(counts)
    lower, upper = (int(np.searchsorted(upto, rank)) for rank in ((total + 1) // 2, total // 2 + 1))
    return (lower + upper) / 2 / _BINS_PER_SECOND
