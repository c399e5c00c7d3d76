"""Which passed items can be drawn for labelling, in which strata, and which ones are drawn?

What a detector let pass is where its misses are. A stratified sample without replacement finds them with a
known chance for every item (Cochran 1977, Sampling Techniques, 3rd ed., chapter 5). What a second detector
flagged is a small stratum that holds most of the misses; a large stratum keeps a floor all the same, since
few items of it would leave the estimate open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

import numpy as np
import polars as pl

from metrics.detectors.slicing import is_of_unit
from metrics.detectors.values import ANSWERED, Unit
from metrics.statistics.search import smallest

SIMPLE: Final = "all"
NEAR: Final = "near the threshold"
FAR: Final = "far from the threshold"
FLAGGED_BY: Final = "flagged by {}"
PASSED_BY: Final = "passed by {}"
NOT_SEEN_BY: Final = "not seen by {}"
FLOOR: Final = 0.5  # the largest stratum gets at least this share of the items
NEAR_SHARE: Final = 0.1  # the riskiest part of what passed
SMALLEST: Final = 2  # items of a stratum that tell how much they vary
POPULATION: Final = ("event_id", "content_sha256", "score")
STRATUM: Final = "stratum"


@dataclass(frozen=True)
class Drawable:
    """Which verdicts are drawn from."""

    unit: Unit
    cohort: str | None = None  # None = every one that came without the truth
    since: datetime | None = None
    until: datetime | None = None
    drawn_at: datetime | None = None  # what came later could not be drawn; None = not drawn yet


@dataclass(frozen=True)
class Planned:
    """How many items of a stratum are drawn."""

    name: str
    population: int
    sampled: int

    @property
    def probability(self) -> float:
        """Chance of each item of being drawn.

        >>> Planned("all", 400, 100).probability
        0.25
        """
        return self.sampled / self.population


def of_drawable(judged: pl.LazyFrame, drawable: Drawable) -> pl.LazyFrame:
    """Verdicts of the unit, cohort and time that a draw is about; no planted item, and no known truth.

    Parameters
    ----------
    judged
        metrics.detectors.judging.judged.
    """
    is_inside = (
        is_of_unit(drawable.unit),
        ~pl.col("is_seed"),
        _is_in_cohort(drawable),
        *_is_in_time(drawable),
    )
    return judged.filter(*is_inside)


def _is_in_cohort(drawable: Drawable) -> pl.Expr:
    if drawable.cohort is not None:
        return pl.col("cohort") == drawable.cohort
    return ~pl.col("is_of_set")


def _is_in_time(drawable: Drawable) -> tuple[pl.Expr, ...]:
    """Verdicts without a moment are in no window, but may have been drawn where there is none."""
    at, since, until = pl.col("occurred_at"), drawable.since, drawable.until
    after = () if since is None else (at >= since,)
    before = () if until is None else (at < until,)
    drawn_at = drawable.drawn_at
    known = () if drawn_at is None else (at.is_null() | (at <= drawn_at),)
    return (*after, *before, *known)


def population(judged: pl.LazyFrame, selections: pl.LazyFrame, drawable: Drawable) -> pl.DataFrame:
    """Items that passed and that no draw has taken, by event.

    Returns
    -------
    DataFrame
        POPULATION.
    """
    passed = of_drawable(judged, drawable).filter(pl.col("verdict") == "pass").select(POPULATION)
    fresh = passed.join(selections.select("event_id"), on="event_id", how="anti")
    return fresh.unique("event_id", keep="any").sort("event_id").collect()


# -- strata ----------------------------------------------------------------------------------------


def stratified(
    items: pl.DataFrame, judged: pl.LazyFrame, unit: Unit, second: str | None = None, *, near: bool = False
) -> pl.DataFrame:
    """The population with the stratum of each item.

    A second detector's verdict is looked for on the same event, else on the same content; where it failed
    or was not asked, it has not seen the item.
    """
    if second is None:
        return items.with_columns(_near(FAR if near else SIMPLE, items, near=near).alias(STRATUM))
    told = with_second(items, judged, unit, second)
    seen = (
        pl.when("flagged").then(pl.lit(FLAGGED_BY.format(second)))
        .when(_is_near(items, near=near)).then(pl.lit(NEAR))
        .when(pl.col("flagged").is_null()).then(pl.lit(NOT_SEEN_BY.format(second)))
        .otherwise(pl.lit(PASSED_BY.format(second)))
    )  # fmt: skip
    return told.with_columns(seen.alias(STRATUM)).drop("flagged")


def _near(otherwise: str, items: pl.DataFrame, *, near: bool) -> pl.Expr:
    return pl.when(_is_near(items, near=near)).then(pl.lit(NEAR)).otherwise(pl.lit(otherwise))


def _is_near(items: pl.DataFrame, *, near: bool) -> pl.Expr:
    """Whether an item is of the riskiest part; ties belong together, and all alike are no part."""
    limit = items["score"].quantile(1 - NEAR_SHARE, "lower") if near else None
    is_part = limit is not None and items.select((pl.col("score") < limit).any()).item()
    return (pl.col("score") >= limit).fill_null(value=False) if is_part else pl.lit(value=False)


def with_second(items: pl.DataFrame, judged: pl.LazyFrame, unit: Unit, second: str) -> pl.DataFrame:
    """The population with `flagged`: whether any version of another detector flagged the same item."""
    is_told = pl.col("verdict").is_in(ANSWERED)
    others = judged.filter((pl.col("detector") == second) & is_told & ~is_of_unit(unit))
    said = others.select("event_id", "content_sha256", flagged=pl.col("verdict") == "flag")
    by_event = said.group_by("event_id").agg(by_event=pl.col("flagged").any())
    by_content = said.drop_nulls("content_sha256").group_by("content_sha256")
    both = (
        items.lazy()
        .join(by_event, on="event_id", how="left")
        .join(by_content.agg(by_content=pl.col("flagged").any()), on="content_sha256", how="left")
    )
    flagged = both.with_columns(flagged=pl.coalesce("by_event", "by_content"))
    return flagged.drop("by_event", "by_content").sort("event_id").collect()


# -- how many of each ------------------------------------------------------------------------------


def allocated(populations: Mapping[str, int], size: int) -> tuple[Planned, ...]:
    """How many items of each stratum are drawn, largest stratum first.

    The largest gets at least FLOOR of them, the others get equal shares of the rest, and what a small one
    cannot take goes to the larger ones.

    Raises
    ------
    ValueError
        When there is nothing to draw from, or the size leaves a stratum with fewer than SMALLEST.

    >>> [each.sampled for each in allocated({"flagged by B": 40, "passed by B": 9_960}, 200)]
    [160, 40]
    >>> [each.sampled for each in allocated({"flagged by B": 400, "passed by B": 9_600}, 200)]
    [100, 100]
    """
    if not populations or size < 1:
        raise ValueError(f"a draw needs items and a size of at least 1, not {len(populations)} and {size}")
    planned = _allocated(populations, size)
    if not _is_enough(planned):
        least = smallest(lambda each: _is_enough(_allocated(populations, each)), size)
        raise ValueError(f"size is {size}; {len(planned)} strata need at least {least} items")
    return planned


def _is_enough(planned: tuple[Planned, ...]) -> bool:
    is_simple = len(planned) == 1
    return is_simple or all(each.sampled >= min(each.population, SMALLEST) for each in planned)


def _allocated(populations: Mapping[str, int], size: int) -> tuple[Planned, ...]:
    rising = sorted(populations.items(), key=lambda each: (each[1], each[0]))
    *others, (largest, most) = rising
    left = size - min(most, ceil(size * FLOOR))
    sizes: dict[str, int] = {}
    for place, (name, count) in enumerate(others):
        sizes[name] = min(count, left // (len(others) - place))
        left -= sizes[name]
    sizes[largest] = min(most, size - sum(sizes.values()))
    return tuple(Planned(name, count, sizes[name]) for name, count in reversed(rising))


# -- the draw --------------------------------------------------------------------------------------


def drawn(items: pl.DataFrame, plan: tuple[Planned, ...], seed: int) -> pl.DataFrame:
    """Draw without replacement in each stratum; the same seed draws the same of the same population.

    Parameters
    ----------
    items
        Rows with `event_id` and `stratum`, in any order.

    Returns
    -------
    DataFrame
        event_id, stratum, stratum_count, stratum_sample_count, selection_probability, place (in a queue
        whose order tells nothing of the strata) and seed, by place.

    >>> items = pl.DataFrame({"event_id": ["c", "a", "d", "b"], "stratum": ["all"] * 4})
    >>> plan = (Planned("all", 4, 2),)
    >>> first = drawn(items, plan, 7)
    >>> first.equals(drawn(items.reverse(), plan, 7)), first["selection_probability"].sum()
    (True, 1.0)
    """
    ordered = items.sort("event_id")
    generator = np.random.Generator(np.random.PCG64(seed))
    # The smallest numbers of each stratum are drawn: a larger draw of the same seed holds the smaller one.
    numbered = ordered.with_columns(number=pl.Series(generator.random(ordered.height)))
    ranked = numbered.with_columns(rank=pl.col("number").rank("ordinal").over(STRATUM))
    taken = ranked.join(_planned(plan), on=STRATUM).filter(pl.col("rank") <= pl.col("stratum_sample_count"))
    chosen = taken.sort("event_id").with_columns(
        selection_probability=pl.col("stratum_sample_count") / pl.col("stratum_count"),
        place=pl.Series(generator.permutation(taken.height), dtype=pl.Int64),
        seed=pl.lit(seed, pl.Int64),
    )
    names = ("event_id", STRATUM, "stratum_count", "stratum_sample_count", "selection_probability", "place",
             "seed")  # fmt: skip
    return chosen.select(names).sort("place")


def _planned(plan: tuple[Planned, ...]) -> pl.DataFrame:
    rows = [(each.name, each.population, each.sampled) for each in plan]
    schema = {STRATUM: pl.String, "stratum_count": pl.Int64, "stratum_sample_count": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
