"""Which changes of two sides are compared, what was left out, and what did each do in each stratum?

A stratum is a repository and a language: there both sides work on the same kind of thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.density.changes import ALL_REASONS
from metrics.density.measures import BANDS, LINES_IN_KLOC, Band, why_no_rate
from metrics.estimate import Coverage
from metrics.measures import Slice
from metrics.measuring import Measuring
from metrics.statistics.clustered import Dispersion, dispersion
from metrics.statistics.rates import Count

Floats = npt.NDArray[np.float64]
SUMS: Final = ("first_events", "first_lines", "second_events", "second_lines")
NO_OTHER_SIDE: Final = "there is no other side to compare with"
NOTHING_SHARED: Final = "no repository and language in which changes of both sides were looked at"
NOT_SHARED: Final = "repository and language of one side only"
ONE_SIDE_ONLY: Final = "changes of one side only were looked at here"


@dataclass(frozen=True)
class Pair:
    """What the rated changes of two sides add up to."""

    n: int  # changes of both sides
    totals: tuple[Count, Count]  # findings and KLOC of the first side, and of the second
    coverage: Coverage  # of both sides together
    measuring: Measuring
    why_none: str | None = None  # why there is nothing to compare
    counts: tuple[tuple[Count, Count], ...] = ()  # the same in each repository and language that both share
    dispersion: Dispersion | None = None  # between the changes of one side, repository and language


def crude_pair(of: Slice, band: Band) -> Pair:
    """Everything that both sides did."""
    sums = _by_place(_rows(of, band))
    return Pair(_n(sums), _totals(sums), _coverage(of), of.measuring, _why_none(of))


def shared_pair(of: Slice, band: Band) -> Pair:
    """Only the repositories and languages in which both sides added code; worked out once for a slice."""
    return of.once(_SHARED[band])


def arrays(of: Slice, band: Band) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Findings, KLOC and whether it is of the first side, of each rated change."""
    return _arrays(_rows(of, band))


def places(of: Slice, band: Band) -> Iterator[tuple[str, str, Pair]]:
    """Every repository and language with what both sides did there, by name."""
    sums = _by_place(_rows(of, band))
    names = pl.concat([side.density.places for side in _sides(of)]).unique()
    for (place, *_), here in sums.partition_by("place", as_dict=True, maintain_order=True).items():
        repository, language = names.row(by_predicate=pl.col("place") == place)[1:]
        n = _n(here)
        none = None if here["is_shared"].all() else ONE_SIDE_ONLY
        yield repository, language, Pair(n, _totals(here), Coverage(n, n), of.measuring, none)


def _shared(of: Slice, band: Band) -> Pair:
    rows = _rows(of, band)
    sums = _by_place(rows)
    both = sums.filter("is_shared")
    n = _n(both)
    coverage = _coverage(of).narrowed(n, NOT_SHARED)
    why_none = _why_none(of) or (NOTHING_SHARED if not n else None)
    alike = (
        rows if both.height == sums.height else rows.filter(pl.col("place").is_in(both["place"].implode()))
    )
    return Pair(n, _totals(both), coverage, of.measuring, why_none, _counts(both), _dispersion(alike))


_SHARED: Final = {band: partial(_shared, band=band) for band in BANDS}


def _sides(of: Slice) -> list[Slice]:
    return [side for side in (of, of.against) if side is not None]


def _rows(of: Slice, band: Band) -> pl.DataFrame:
    """The rated changes of both sides: place, events, lines, is_first."""
    return pl.concat(
        side.density.sizes.select(
            "place", events=pl.col(band), lines=pl.col("code_lines"), is_first=pl.lit(side is of)
        )
        for side in _sides(of)
    )


def _arrays(rows: pl.DataFrame) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    events, lines = (rows[name].cast(pl.Float64).to_numpy() for name in ("events", "lines"))
    return events, lines / LINES_IN_KLOC, rows["is_first"].to_numpy()


def _by_place(rows: pl.DataFrame) -> pl.DataFrame:
    """Changes, findings and lines of both sides in each place, in the order of their names."""
    sides = (("first", pl.col("is_first")), ("second", ~pl.col("is_first")))
    sums = [
        pl.col(name).filter(which).sum().alias(f"{side}_{name}")
        for side, which in sides
        for name in ("events", "lines")
    ]
    by_place = rows.group_by("place").agg(*sums, n=pl.len(), is_shared=pl.col("is_first").n_unique() > 1)
    return by_place.sort("place")


def _n(sums: pl.DataFrame) -> int:
    return int(sums["n"].sum())


def _totals(sums: pl.DataFrame) -> tuple[Count, Count]:
    return _pair(*sums.select(pl.col(SUMS).sum()).row(0))


def _counts(sums: pl.DataFrame) -> tuple[tuple[Count, Count], ...]:
    return tuple(_pair(*row) for row in sums.select(SUMS).iter_rows())


def _pair(first_events: int, first_lines: int, second_events: int, second_lines: int) -> tuple[Count, Count]:
    return (
        Count(first_events, first_lines / LINES_IN_KLOC),
        Count(second_events, second_lines / LINES_IN_KLOC),
    )


def _dispersion(rows: pl.DataFrame) -> Dispersion | None:
    events, kloc, is_first = _arrays(rows)
    group = 2 * rows["place"].cast(pl.Int64).to_numpy() + is_first
    return dispersion(events, kloc, group)


def _why_none(of: Slice) -> str | None:
    if of.against is None:
        return NO_OTHER_SIDE
    if of.density.rated.is_empty():
        return f"on this side {why_no_rate(of.density)}"
    is_empty = of.against.density.rated.is_empty()
    return f"on the other side {why_no_rate(of.against.density)}" if is_empty else None


def _coverage(of: Slice) -> Coverage:
    sides = [side.density.coverage for side in _sides(of)]
    excluded = [dict(side.excluded) for side in sides]
    counts = {reason: sum(each.get(reason, 0) for each in excluded) for reason in ALL_REASONS}
    reasons = tuple((reason, number) for reason, number in counts.items() if number)
    return Coverage(sum(side.measured for side in sides), sum(side.total for side in sides), reasons)
