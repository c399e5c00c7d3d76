from __future__ import annotations

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import audits, escapes, escapes_rows, escapes_text
from dashboard.components.numbers import SIDES, option
from dashboard.measured import Measured, measure
from metrics.estimate import Estimate
from tests.builders_measured import MeasuredSession
from tests.dashboard.test_app import opened_at, texts

PAGE = "views/escapes.py"


@pytest.fixture(autouse=True)
def session(measured_session: MeasuredSession, monkeypatch: pytest.MonkeyPatch) -> MeasuredSession:
    """The audits' panel records into a store and has tests of its own."""
    monkeypatch.setattr(audits, "panel", lambda _session, _pilot: None)
    return measured_session


def at(**query: str) -> AppTest:
    return opened_at(PAGE, **query)


def test_the_page_says_what_escaped_of_how_many(session: MeasuredSession) -> None:
    low = measure(session.case("payments")).number(escapes_text.RATE)
    assert isinstance(low, Estimate)
    shown = texts(at(pilot="payments"))
    assert f"of {int(low.denominator):,} agent changes" in shown


def test_every_row_that_can_be_opened_has_as_many_rows_as_its_number_says(session: MeasuredSession) -> None:
    measured = measure(session.case("payments"))
    pairs = (
        (escapes_text.RATE, "Changes with a confirmed escape"),
        (escapes_text.RATE_HIGH, "Changes with an escape"),
        (escapes_text.REVERTED, "Reverted"),
        (escapes_text.HOTFIXED, "Hotfixed"),
    )
    rows = {each.name: each for each in escapes_rows.ROWS}
    for side in SIDES:
        for metric, name in pairs:
            number = measured.number(metric, side.arm)
            assert isinstance(number, Estimate)
            assert rows[name].select(measured.slice(side.arm)).height == number.numerator


def test_the_list_has_every_escape_of_both_sides(session: MeasuredSession) -> None:
    measured = measure(session.case("payments"))
    listed = escapes.listed(measured)
    carrying = {
        (row["repository"], row["number"])
        for row in listed.select("repository", "number").iter_rows(named=True)
    }
    flagged = sum(_flagged(measured, side.arm).height for side in SIDES)
    assert len(carrying) == flagged
    shown = texts(at(pilot="payments"))
    assert ("No escape is known" in shown) == (not listed.height)


def _flagged(measured: Measured, arm: str) -> pl.DataFrame:
    return escapes_rows.ROWS[0].select(measured.slice(arm))


def test_choosing_rows_lists_them() -> None:
    page = at(pilot="payments")
    chooser = next(box for box in page.selectbox if box.key == escapes.KEY)
    assert option("Bypasses", SIDES[0]) in chooser.options
    chooser.select(option("Changes in scope", SIDES[0])).run()
    assert not page.exception
    assert page.dataframe
