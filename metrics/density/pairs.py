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
from metrics.density.measures import BANDS, LINES_IN_KLOC, Band, Lines, why_no_rate
from metrics.estimate import Coverage
from metrics.measures import Slice
from metrics.measuring import Measuring
from metrics.statistics.clustered import Dispersion, dispersion, totals
from metrics.statistics.rates import Count

Floats = npt.NDArray[np.float64]
OF_SECOND: Final = "_of_second"
NO_OTHER_SIDE: Final = "there is no other side to compare with"
NOTHING_SHARED: Final = "no repository and language in which changes of both sides were looked at"
NOT_SHARED: Final = "repository and language of one side only"
SURVIVING_UNKNOWN: Final = "surviving lines unknown"
NONE_SURVIVING: Final = "surviving lines of one side are unknown, or none of them stands"
STANDING: Final[Lines] = "surviving_code_lines"
BOTH: Final = (True, False)
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
    sums = of.once(_by_place)
    return Pair(_n(sums), _totals(sums, band), _coverage(of), of.measuring, _why_none(of))


def shared_pair(of: Slice, band: Band) -> Pair:
    """Only the repositories and languages in which both sides added code; worked out once for a slice."""
    return of.once(_SHARED[band])


def surviving_pair(of: Slice, band: Band) -> Pair:
    """Everything that both sides did in changes of which it is known how many of their lines still stand."""
    rows = of.once(_standing)
    events, kloc, is_first = _arrays(rows, band)
    coverage = _coverage(of).narrowed(rows.height, SURVIVING_UNKNOWN)
    why_none = _why_none(of) or (None if _both_stand(rows) else NONE_SURVIVING)
    return Pair(rows.height, totals(events, kloc, is_first), coverage, of.measuring, why_none)


def _both_stand(rows: pl.DataFrame) -> bool:
    standing = rows.filter(pl.col("lines") > 0)
    return standing["is_first"].n_unique() == len(BOTH)


def arrays(
    of: Slice, band: Band, lines: Lines = "code_lines"
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Findings, KLOC and whether it is of the first side, of each rated change whose lines are known."""
    return _arrays(of.once(_standing if lines == STANDING else _rows), band)


def places(of: Slice, band: Band) -> Iterator[tuple[str, str, Pair]]:
    """Every repository and language with what both sides did there, by name."""
    sums = of.once(_by_place)
    names = pl.concat([side.density.places for side in _sides(of)]).unique()
    for (place, *_), here in sums.partition_by("place", as_dict=True, maintain_order=True).items():
        repository, language = names.row(by_predicate=pl.col("place") == place)[1:]
        n = _n(here)
        none = None if here["is_shared"].all() else ONE_SIDE_ONLY
        yield repository, language, Pair(n, _totals(here, band), Coverage(n, n), of.measuring, none)


def _shared(of: Slice, band: Band) -> Pair:
    rows, sums = of.once(_rows), of.once(_by_place)
    both = sums.filter("is_shared")
    n = _n(both)
    coverage = _coverage(of).narrowed(n, NOT_SHARED)
    why_none = _why_none(of) or (NOTHING_SHARED if not n else None)
    alike = (
        rows if both.height == sums.height else rows.filter(pl.col("place").is_in(both["place"].implode()))
    )
    counts, found = _counts(both, band), _dispersion(alike, band)
    return Pair(n, _totals(both, band), coverage, of.measuring, why_none, counts, found)


_SHARED: Final = {band: partial(_shared, band=band) for band in BANDS}


def _sides(of: Slice) -> list[Slice]:
    return [side for side in (of, of.against) if side is not None]


def _rows(of: Slice) -> pl.DataFrame:
    """The rated changes of both sides: place, findings of either end of the band, lines, is_first."""
    return _of_sides(of, "code_lines")


def _standing(of: Slice) -> pl.DataFrame:
    """The same with the lines that still stand; changes of which that is unknown are left out."""
    return _of_sides(of, STANDING).filter(pl.col("lines").is_not_null())


def _of_sides(of: Slice, lines: Lines) -> pl.DataFrame:
    return pl.concat(
        side.density.sizes.select("place", *BANDS, lines=lines, is_first=pl.lit(side is of))
        for side in _sides(of)
    )


def _arrays(rows: pl.DataFrame, band: Band) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    events, lines = (rows[name].cast(pl.Float64).to_numpy() for name in (band, "lines"))
    return events, lines / LINES_IN_KLOC, rows["is_first"].to_numpy()


def _by_place(of: Slice) -> pl.DataFrame:
    """Changes, findings and lines of both sides in each place, in the order of their names."""
    sums = pl.col(*BANDS, "lines").sum()
    by_side = of.once(_rows).group_by("place", "is_first").agg(sums, n=pl.len())
    first, second = (by_side.filter(which).drop("is_first") for which in ("is_first", ~pl.col("is_first")))
    both = first.join(second, on="place", how="full", coalesce=True, suffix=OF_SECOND)
    is_shared = pl.col("n").is_not_null() & pl.col(f"n{OF_SECOND}").is_not_null()
    return both.select("place", pl.exclude("place").fill_null(0), is_shared=is_shared).sort("place")


def _n(sums: pl.DataFrame) -> int:
    return int(sums.select(pl.sum_horizontal(pl.col("n", f"n{OF_SECOND}").sum())).item())


def _totals(sums: pl.DataFrame, band: Band) -> tuple[Count, Count]:
    return _pair(*sums.select(pl.col(_of_both(band)).sum()).row(0))


def _counts(sums: pl.DataFrame, band: Band) -> tuple[tuple[Count, Count], ...]:
    return tuple(_pair(*row) for row in sums.select(_of_both(band)).iter_rows())


def _of_both(band: Band) -> tuple[str, ...]:
    """Findings and lines of the first side, then of the second."""
    return band, "lines", f"{band}{OF_SECOND}", f"lines{OF_SECOND}"


def _pair(first_events: int, first_lines: int, second_events: int, second_lines: int) -> tuple[Count, Count]:
    return (
        Count(first_events, first_lines / LINES_IN_KLOC),
        Count(second_events, second_lines / LINES_IN_KLOC),
    )


def _dispersion(rows: pl.DataFrame, band: Band) -> Dispersion | None:
    events, kloc, is_first = _arrays(rows, band)
    group = 2 * rows["place"].cast(pl.Int64).to_numpy() + is_first
    return dispersion(events, kloc, group)


def _why_none(of: Slice) -> str | None:
    if of.against is None:
        return NO_OTHER_SIDE
    if of.density.sizes.is_empty():
        return f"on this side {why_no_rate(of.density)}"
    is_empty = of.against.density.sizes.is_empty()
    return f"on the other side {why_no_rate(of.against.density)}" if is_empty else None


def _coverage(of: Slice) -> Coverage:
    sides = [side.density.coverage for side in _sides(of)]
    excluded = [dict(side.excluded) for side in sides]
    counts = {reason: sum(each.get(reason, 0) for each in excluded) for reason in ALL_REASONS}
    reasons = tuple((reason, number) for reason, number in counts.items() if number)
    return Coverage(sum(side.measured for side in sides), sum(side.total for side in sides), reasons)
