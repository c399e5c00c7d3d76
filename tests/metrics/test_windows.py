from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.windows import cut_out, place

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOURS = st.integers(-3, 12)


def rows(*hours: int) -> pl.DataFrame:
    moments = [NOON + timedelta(hours=hour) for hour in sorted(hours)]
    return pl.DataFrame({"at": moments}, schema={"at": pl.Datetime("us", "UTC")})


@given(st.lists(HOURS), HOURS, HOURS)
def test_a_window_holds_what_lies_from_its_start_to_before_its_end(hours: list[int], first: int, last: int):
    start, end = (NOON + timedelta(hours=hour) for hour in (first, last))
    wanted = rows(*hours).filter(pl.col("at") >= start, pl.col("at") < end)
    assert cut_out(rows(*hours), "at", start, end).equals(wanted)


def test_a_window_without_a_limit_is_open_on_that_side():
    given_rows = rows(1, 2, 3)
    moment = NOON + timedelta(hours=2)
    assert cut_out(given_rows, "at", None, None).height == 3
    assert cut_out(given_rows, "at", moment, None).height == 2
    assert cut_out(given_rows, "at", None, moment).height == 1


def test_a_moment_of_another_zone_is_the_same_moment():
    elsewhere = (NOON + timedelta(hours=2)).astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert place(rows(1, 2, 3)["at"], elsewhere) == 1
