from __future__ import annotations

from datetime import UTC, date, datetime
from math import prod
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.fatigue.tally import BY, FLAGS, HALF, HALVES, NAMES, SIZES, VOCABULARIES, tally

MOMENT = datetime(2026, 3, 29, 12, tzinfo=UTC)
EXTREMES = (datetime(1, 1, 2, tzinfo=UTC), MOMENT, datetime(9999, 12, 30, tzinfo=UTC))
SCHEMA: dict[str, Any] = {
    **dict.fromkeys((*NAMES, *VOCABULARIES), pl.String),
    **dict.fromkeys(FLAGS, pl.Boolean),
    "happened_at": pl.Datetime("us", "UTC"),
    "wait_seconds": pl.Float64,
}
ROW = st.fixed_dictionaries({
    **{name: st.sampled_from([None, "ä", "", "person-1", "a longer name than fits"]) for name in NAMES},
    **{name: st.sampled_from([None, words[0], words[-1]]) for name, words in VOCABULARIES.items()},
    **dict.fromkeys(FLAGS, st.sampled_from([None, False, True])),
    "happened_at": st.sampled_from([None, *EXTREMES]),
    "wait_seconds": st.sampled_from([None, 0.0, 2.5]),
})  # fmt: skip


def rows(*given: dict[str, Any]) -> pl.LazyFrame:
    return pl.LazyFrame(list(given), schema=SCHEMA)


def counted_plainly(judged: pl.LazyFrame) -> pl.DataFrame:
    on = pl.col("happened_at").dt.date().alias("on")
    words = [pl.col(name).cast(pl.Enum(values)) for name, values in VOCABULARIES.items()]
    people = pl.col("reviewer", "team").cast(pl.Categorical)
    known = judged.with_columns(on, *words, people).group_by(BY)
    found = known.agg(decision_count=pl.len().cast(pl.Int64), waited_seconds=pl.col("wait_seconds").sum())
    return found.collect().sort(BY, nulls_last=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, max_size=12))
def test_packing_the_keys_changes_nothing(some: list[dict[str, Any]]) -> None:
    assert_frame_equal(tally(rows(*some), "UTC"), counted_plainly(rows(*some)))


def test_every_word_comes_back_as_itself() -> None:
    for name, words in VOCABULARIES.items():
        told = tally(rows(*({name: word} for word in (*words, None))), "UTC")
        assert told[name].to_list() == [*words, None]


@pytest.mark.parametrize("names", HALVES)
def test_each_half_of_the_packed_number_has_room(names: tuple[str, ...]) -> None:
    assert prod(SIZES[name] for name in names) < HALF


def test_everything_that_is_counted_by_is_packed() -> None:
    assert sorted(name for names in HALVES for name in names) == sorted(BY)


def test_the_day_is_that_of_the_pilot() -> None:
    late = {"happened_at": datetime(2026, 3, 29, 22, 30, tzinfo=UTC)}
    assert tally(rows(late), "Europe/Berlin")["on"].to_list() == [date(2026, 3, 30)]
