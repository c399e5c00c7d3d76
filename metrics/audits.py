"""Which changes can be drawn for a deep review, which ones are drawn, and what would a sample show?

Definitions 5: an audit needs no waiting and no scanner. Every change of the population has the same
chance (simple random sampling without replacement: Cochran 1977, Sampling Techniques, 3rd ed., chapter 2).
Limits are those of the binomial, which are wider than the exact ones of a finite population: a sample that
is a large part of all changes shows a little more than is said here, never less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from metrics.arrivals import KEY
from metrics.audited import CLEAN, FINDING, UNCLEAR
from metrics.estimate import Coverage, Number
from metrics.gate.case import Case
from metrics.shares import share
from metrics.statistics.intervals import clopper_pearson_upper
from metrics.windows import cut_out

POPULATION: Final = (*KEY, "title", "url", "agent", "author_login", "merged_at")
DESIGN: Final = "simple"
NONE_DRAWN: Final = "no change of this window was drawn for an audit"
NONE_REVIEWED: Final = "no change that was drawn has been reviewed yet"
OUTSTANDING: Final = "drawn, not reviewed yet"
OUTCOMES: Final = (CLEAN, FINDING, UNCLEAR)


@dataclass(frozen=True)
class Audited:
    """What a pilot's audits have come to so far, and what that shows."""

    drawn: int  # changes
    clean: int
    found: int  # changes with a weakness that makes an escape
    unclear: int
    rate: Number  # of those reviewed: a weakness was found
    rate_high: Number  # the same, unclear ones counted as found

    @property
    def reviewed(self) -> int:
        """Changes that somebody has looked at."""
        return self.clean + self.found + self.unclear

    @property
    def outstanding(self) -> int:
        """Changes that wait for their review."""
        return self.drawn - self.reviewed


def population(case: Case, since: datetime, until: datetime) -> pl.DataFrame:
    """In-scope agent changes of the pilot that merged in [since, until) and were never drawn, by key.

    Returns
    -------
    DataFrame
        POPULATION.
    """
    inside = cut_out(case.in_sprints, "merged_at", since, until)
    return inside.select(POPULATION).join(case.drawn, on=KEY, how="anti").sort(KEY)


def draw(population: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """Draw some changes, each with the same chance; the same seed draws the same of the same population.

    Parameters
    ----------
    population
        From :func:`population`, in any order.
    size
        How many; all where there are no more than that.

    Returns
    -------
    DataFrame
        The population's columns with design, population_count, sample_count, selection_probability and
        seed as in the contract `audits`, by repository and number.

    Raises
    ------
    ValueError
        When fewer than one change, or a negative seed, is asked for.

    >>> changes = pl.DataFrame({"repository": ["a/b"] * 4, "number": [4, 2, 3, 1]})
    >>> draw(changes, 2, 7)["number"].to_list() == draw(changes.reverse(), 2, 7)["number"].to_list()
    True
    >>> draw(changes, 9, 7)["selection_probability"].unique().to_list()
    [1.0]
    """
    if size < 1 or seed < 0:
        raise ValueError(f"a draw needs a size of at least 1 and a seed of at least 0, not {size} and {seed}")
    ordered, taken = population.sort(KEY), min(size, population.height)
    generator = np.random.Generator(np.random.PCG64(seed))
    # Every row gets a number; the smallest are drawn: a larger draw of the same seed holds the smaller one.
    places = np.sort(np.argsort(generator.random(ordered.height), kind="stable")[:taken])
    chance = taken / ordered.height if ordered.height else 0.0
    drawn: pl.DataFrame = ordered[places.tolist()]
    return drawn.with_columns(
        design=pl.lit(DESIGN),
        population_count=pl.lit(ordered.height, pl.Int64),
        sample_count=pl.lit(taken, pl.Int64),
        selection_probability=pl.lit(chance, pl.Float64),
        seed=pl.lit(seed, pl.Int64),
    )


def precision(size: int, level: float) -> float:
    """Below which share of changes with a weakness a clean sample of this size puts the pilot; one-sided.

    Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404.

    >>> f"{100 * precision(300, 0.95):.2f} %"
    '0.99 %'
    """
    return clopper_pearson_upper(0, size, level)


def audited(drawn: pl.DataFrame, confidence: float) -> Audited:
    """Count what became of drawn changes (:func:`metrics.audited.drawn_changes`), and state the rate.

    >>> rows = pl.DataFrame({"outcome": ["clean", "clean", "finding", "unclear", None]})
    >>> found = audited(rows, 0.95)
    >>> found.reviewed, found.outstanding, found.rate.numerator, found.rate_high.numerator
    (4, 1, 1, 2)
    """
    clean, found, unclear = (drawn.filter(pl.col("outcome") == each).height for each in OUTCOMES)
    reviewed = clean + found + unclear
    coverage = Coverage(drawn.height, drawn.height).narrowed(reviewed, OUTSTANDING)
    empty = NONE_REVIEWED if drawn.height else NONE_DRAWN
    rates = (share(count, coverage, confidence, empty) for count in (found, found + unclear))
    return Audited(drawn.height, clean, found, unclear, *rates)


def estimate(case: Case) -> Audited:
    """What the audits of the pilot's in-scope changes since its start have come to."""
    own = case.drawn.join(case.in_sprints, on=KEY, how="semi", maintain_order="left")
    return audited(own, case.policy.confidence)
