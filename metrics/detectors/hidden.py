"""How many attacks are there at least, beside those that somebody confirmed?

Capture-recapture across detectors, on attacks in traffic that people confirmed. Detectors that learned from
the same examples find the same attacks, so the estimate is too low (tried where the truth was known: half to
all of it). So it stands as "at least", and never as a headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from metrics.detectors.detectors import Detectors
from metrics.detectors.slicing import of_unit
from metrics.detectors.values import ANSWERED, Unit
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.capture import Captured, chao2, chapman

Flags = npt.NDArray[np.bool_]
ATTACKS: Final = "attacks"
AT_LEAST: Final = "at least, lower limit of {}"
NOTHING_SEEN: Final = "no confirmed attack in traffic was flagged by one of them"
ALIKE: Final = 0.3  # correlation of what two detectors catch, from which their finds hang together
FEWEST: Final = 3  # detectors for an estimate from all of them at once
FEWEST_ITEMS: Final = 10  # attacks from which a correlation is told
SAME_NAME: Final = "{} and {} seem to be of one family: their finds overlap more than by chance"
SAME_FINDS: Final = "{} and {} catch the same attacks (correlation {:.2f} over {}): far more may be unseen"


@dataclass(frozen=True)
class Hidden:
    """Attacks in the traffic that all these units looked at."""

    units: tuple[Unit, ...]
    seen: int  # confirmed, and flagged by one of them
    at_least: Number  # attacks in all
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Grid:
    """Attacks by units: whether it looked, and whether it flagged."""

    units: tuple[Unit, ...]
    looked: Flags
    flagged: Flags
    is_confirmed: Flags  # in traffic, by people; others are of labelled sets

    def of(self, places: Sequence[int]) -> _Grid:
        """Attacks that all of these units looked at."""
        kept = self.looked[:, places].all(axis=1)
        columns = np.ix_(np.flatnonzero(kept), np.asarray(places))
        units = tuple(self.units[place] for place in places)
        return _Grid(units, self.looked[columns], self.flagged[columns], self.is_confirmed[kept])


def unseen_attacks(detectors: Detectors) -> tuple[Hidden, ...]:
    """How many attacks there are at least, by all detectors together (from three on) and by every two.

    Of each detector the unit counts that looked at most of the confirmed attacks. Empty with fewer than two
    detectors, or without a confirmed attack in traffic.

    Sources: Chapman (1951); Chao (1987), DOI 10.2307/2531532; on detectors that are not independent: Briand
    et al. (2000), DOI 10.1109/32.852741.
    """
    grid = _grid(detectors)
    if not grid.is_confirmed.any():
        return ()
    places = range(len(grid.units))
    groups = [tuple(places)] if len(grid.units) >= FEWEST else []
    return tuple(
        _hidden(grid.of(group), detectors.confidence) for group in (*groups, *combinations(places, 2))
    )


def _grid(detectors: Detectors) -> _Grid:
    known = detectors.judged.filter(
        (pl.col("truth") == "attack") & ~pl.col("is_seed") & pl.col("verdict").is_in(ANSWERED)
    )
    rows = {unit: _rows(known, unit) for unit in detectors.units}
    chosen = tuple(_chosen(rows))
    told = [rows[unit].with_columns(place=pl.lit(place)) for place, unit in enumerate(chosen)]
    if not told:
        return _Grid((), *(np.zeros((0, 0), dtype=np.bool_),) * 2, np.zeros(0, dtype=np.bool_))
    return _filled(pl.concat(told), chosen)


def _rows(known: pl.LazyFrame, unit: Unit) -> pl.DataFrame:
    is_confirmed = (pl.col("basis_kind") == "human") & ~pl.col("is_of_set")
    return of_unit(known, unit).select(
        "event_id", flagged=pl.col("verdict") == "flag", is_confirmed=is_confirmed
    ).collect()  # fmt: skip


def _chosen(rows: dict[Unit, pl.DataFrame]) -> Iterator[Unit]:
    """Of each detector the unit that looked at most."""
    looked = {unit: (int(found["is_confirmed"].sum()), found.height) for unit, found in rows.items()}
    for detector in sorted({unit.detector for unit in rows}):
        own = [unit for unit in rows if unit.detector == detector]
        best = max(own, key=lambda unit: looked[unit])
        if looked[best][0]:
            yield best


def _filled(told: pl.DataFrame, units: tuple[Unit, ...]) -> _Grid:
    events = told.group_by("event_id").agg(pl.col("is_confirmed").any()).sort("event_id")
    places = told.join(events.with_row_index("row").select("event_id", "row"), on="event_id")
    looked, flagged = (np.zeros((events.height, len(units)), dtype=np.bool_) for _ in range(2))
    at = places["row"].to_numpy(), places["place"].to_numpy()
    looked[at], flagged[at] = True, places["flagged"].to_numpy()
    return _Grid(units, looked, flagged, events["is_confirmed"].to_numpy())


def _hidden(grid: _Grid, level: float) -> Hidden:
    confirmed = grid.flagged[grid.is_confirmed]
    times = confirmed.sum(axis=1)
    seen = int((times > 0).sum())
    return Hidden(grid.units, seen, _at_least(confirmed, times, level), tuple(_warnings(grid)))


def _at_least(confirmed: Flags, times: npt.NDArray[np.int64], level: float) -> Number:
    """Never fewer than those that are known, found by a detector or not."""
    known, seen = len(confirmed), int((times > 0).sum())
    coverage = Coverage(known, known)
    if not seen:
        return Undefined(NOTHING_SEEN, known, coverage, ATTACKS)
    found = _captured(confirmed, times, level)
    least = float(max(known, int(found.low)))
    method = AT_LEAST.format(found.method)
    return Estimate(least, least, None, level, ATTACKS, method, seen, 1, known, coverage)


def _captured(confirmed: Flags, times: npt.NDArray[np.int64], level: float) -> Captured:
    detectors = confirmed.shape[1]
    if detectors < FEWEST:
        first, second = (int(each) for each in confirmed.sum(axis=0))
        return chapman(first, second, int((times == detectors).sum()), level)
    once, twice = (int((times == often).sum()) for often in (1, 2))
    return chao2(int((times > 0).sum()), once, twice, detectors, level)


def _warnings(grid: _Grid) -> Iterator[str]:
    for first, second in combinations(range(len(grid.units)), 2):
        names = grid.units[first].detector, grid.units[second].detector
        if are_akin(*names):
            yield SAME_NAME.format(*names)
        alike = _correlation(grid.flagged[:, first], grid.flagged[:, second])
        if len(grid.flagged) >= FEWEST_ITEMS and alike >= ALIKE:
            yield SAME_FINDS.format(*names, alike, len(grid.flagged))


def are_akin(first: str, second: str) -> bool:
    """Whether the first words of two names begin alike.

    >>> are_akin("Prompt-Guard v2 86M", "prompt-guard-small"), are_akin("prompt-guard", "prompt-shield")
    (True, False)
    """
    one, other = (re.split(r"[\s(/:@]", name.strip().lower(), maxsplit=1)[0] for name in (first, second))
    return one.startswith(other) or other.startswith(one)


def _correlation(first: Flags, second: Flags) -> float:
    """Of what two detectors catch among attacks that both looked at; 0 where one catches all or none."""
    if first.all() or second.all() or not first.any() or not second.any():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
