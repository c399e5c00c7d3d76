from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote_plus

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading
from dashboard.components import numbers, siding, velocity_rows, velocity_text
from dashboard.measured import Measured, measure
from metrics.arms import HEADLINE
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.measuring import Measuring
from metrics.velocity.comparison import conclusion
from metrics.working_time import WorkingTime
from tests.builders_dashboard import published
from tests.builders_measured import MeasuredSession, filled, together, without
from tests.dashboard.test_app import opened_at, texts

PAGE = "views/velocity.py"
WHOLE = {  # card or number -> the rows that it opens, as many as the number says
    ("open_pull_request_count", "value"): "Open now",
    ("median_hours_to_approval", "numerator"): "Approved",
    ("median_hours_to_approval", "denominator"): "Waits counted",
    ("approved_within_first_mark_share", "denominator"): "Waits counted",
    ("approved_within_first_mark_share", "numerator"): "Approved by the first mark",
    ("approved_within_second_mark_share", "numerator"): "Approved by the second mark",
    ("median_working_hours_to_approval", "numerator"): "Approved, working time",
    ("restricted_mean_working_hours_to_decision", "numerator"): "Decided, working time",
    ("median_open_hours", "numerator"): "Open now",
    ("restricted_mean_hours_to_decision", "numerator"): "Decided",
    ("p90_hours_to_decision", "numerator"): "Decided",
    ("merged_without_human_approval_share", "numerator"): "Merged without approval",
    ("median_hours_to_first_human_review", "numerator"): "Looked at by a person",
    ("approved_before_ready_count", "value"): "Approved before ready",
    ("merged_over_change_request_share", "numerator"): "Merged over a change request",
    ("mean_review_rounds", "n"): "Rounds of review",
    ("merged_share", "denominator"): "Opened",
    ("merged_share", "numerator"): "Merged",
    ("median_hours_to_merge_closed_only", "numerator"): "Merged",
    ("median_hours_to_approval_approved_only", "numerator"): "Approved of those opened",
}


@pytest.fixture(autouse=True)
def session(measured_session: MeasuredSession) -> MeasuredSession:
    return measured_session


@pytest.fixture(scope="module")
def shown() -> str:
    """All words of the page of a pilot with both sides; for tests that only read."""
    with pytest.MonkeyPatch.context() as patched:
        fake = MeasuredSession()
        patched.setattr(loading, "open_session", lambda: fake)
        st.cache_resource.clear()
        return texts(at(pilot="payments"))


def at(**query: str) -> AppTest:
    return opened_at(PAGE, **query)


def gap(low: float | None, high: float | None, value: float = 3.0) -> Estimate:
    return Estimate(value, low, high, 0.95, "hours", "bootstrap", 10, 20, 20, Coverage(20, 20))


def compared(usual: Number, **others: Number) -> Any:
    """Numbers of every comparison: `usual`, except where an arm is named (`_vs_` for ' vs ')."""
    named = {name.replace("_vs_", " vs ").replace("_", "+"): number for name, number in others.items()}
    return SimpleNamespace(number=lambda _metric, arm: named.get(arm, usual))


@pytest.mark.parametrize("pilot", ["payments", "search", "checkout"])
def test_every_pilot_opens_whatever_it_has(pilot: str) -> None:
    app = at(pilot=pilot)
    assert not app.exception
    assert f"Pilot {pilot}" in [each.value for each in app.header]


def test_the_answer_has_both_sides_and_never_the_raw_gap_alone(shown: str) -> None:
    assert "Cannot tell whether agent changes wait longer than people" in shown
    assert "half of 62 pull requests approved after 6 h" in shown
    assert "like for like (same repository and size)" in shown
    assert "as they come" in shown


def test_merges_without_an_approval_are_a_headline(shown: str) -> None:
    assert "a control that failed: agents 1 of 61" in shown


def test_what_a_fast_approval_does_not_prove_is_said(shown: str) -> None:
    assert "An instant approval may be a sign of fatigue" in shown


def test_a_conclusion_that_depends_on_the_sides_is_said_first() -> None:
    measured = compared(gap(1, 5), agent_assisted_vs_human=gap(-1, 5))
    sentence, _ = velocity_text.answer(measured)
    assert sentence.startswith("It depends on whom assisted and unknown changes count to.")
    moved = siding.moved(measured, "any", conclusion)
    assert moved == ("assisted counted as agents': cannot tell",)
    assert siding.sentence(moved) == "The conclusion changes with assisted counted as agents': cannot tell."


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (gap(1, 5), "Agent changes wait longer for a decision than people's: like for like 3 h longer"),
        (gap(-5, -1, -3), "Agent changes wait shorter for a decision than people's"),
        (gap(-1, 5), "Cannot tell whether agent changes wait longer than people's: like for like 3 h longer"),
        (gap(None, None), "Cannot tell"),
        (Undefined("nobody", 0, Coverage(0, 0), "hours"), "Cannot tell whether"),
    ],
)
def test_the_answer_says_no_more_than_the_interval(number: Number, said: str) -> None:
    sentence, _ = velocity_text.answer(compared(number))
    assert sentence.startswith(said)


def test_cards_carry_interval_counts_and_coverage(shown: str) -> None:
    assert "Approved within 24 h" in shown
    assert "60 of 62 approved" in shown
    assert "measurable 62 of 63" in shown
    assert "1 still a draft" in shown


def test_the_marks_come_from_the_settings(session: MeasuredSession) -> None:
    session.setting = replace(session.setting, approved_within_hours=(8, 48))
    shown = texts(at(pilot="payments"))
    assert "Approved within 8 h" in shown
    assert "Approved within 48 h" in shown


def test_who_waits_longest_now_is_listed_with_age_and_who_is_asked() -> None:
    app = at(pilot="payments")
    assert "**2 pull requests** wait for a decision." in texts(app)
    table = app.dataframe[0].value
    assert sorted(table["Title"]) == ["Waits of agent", "Waits of human"]
    assert list(table["Waiting (days)"]) == [7.0, 7.0]
    assert list(table["Who is asked"]) == ["nobody", "nobody"]


def test_when_nothing_waits_it_is_said(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["pull_requests"] = [row for row in rows["pull_requests"] if row["merged_at"] is not None]
    session.tables = together(rows)
    assert "Nothing waits for a decision." in texts(at(pilot="payments"))


def test_working_time_prints_its_calendar(shown: str) -> None:
    assert "Working time is Mon, Tue, Wed, Thu, Fri, 09:00 to 17:00 UTC, no holidays" in shown
    assert velocity_text.calendar(WorkingTime(days=(5, 6))).startswith("Sat, Sun, ")


def test_figures_of_studies_stand_apart_with_their_warning() -> None:
    app = at(pilot="payments")
    (expander,) = [each for each in app.expander if "published studies" in each.label]
    inside = " ".join(str(each.value) for each in expander.markdown)
    assert "leave out what is still open" in inside


def test_all_charts_have_words_for_those_who_cannot_see_them() -> None:
    charts = at(pilot="payments").get("plotly_chart")
    assert len(charts) == 3
    assert all(len(chart.proto.alt) > 40 for chart in charts)


@pytest.mark.parametrize("side", numbers.SIDES, ids=lambda side: side.arm)
@pytest.mark.parametrize("of", WHOLE, ids=" ".join)
def test_a_number_opens_as_many_rows_as_it_says(
    payments: Measured, of: tuple[str, str], side: numbers.Side
) -> None:
    metric, part = of
    (kind,) = [kind for kind in velocity_rows.ROWS if kind.name == WHOLE[of]]
    number = payments.number(metric, side.arm)
    assert isinstance(number, Estimate)
    assert kind.select(payments.slice(side.arm)).height == getattr(number, part)


@pytest.mark.parametrize("first_mark", [1, 2, 3, 8])
def test_a_mark_that_parts_the_approved_opens_those_within_it(first_mark: int) -> None:
    fake = MeasuredSession(setting=Measuring(approved_within_hours=(first_mark, 48)))
    measured = measure(fake.case("payments"))
    number = measured.number("approved_within_first_mark_share")
    assert isinstance(number, Estimate)
    opened = velocity_rows.approved_by(0)(measured.slice("agent"))
    assert opened.height == number.numerator < velocity_rows.known(measured.slice("agent")).height
    assert (opened["hours"] <= first_mark).all()


def test_each_card_says_how_many_rows_it_opens(shown: str, payments: Measured) -> None:
    offered = {
        numbers.option(kind.name, side): (kind, side) for kind in velocity_rows.ROWS for side in numbers.SIDES
    }
    links = re.findall(r"waits=([^#]+)#rows\" target=\"_self\">open the ([\d,]+) rows?<", shown)
    assert len(links) > len(numbers.SIDES)
    for name, said in links:
        kind, side = offered[unquote_plus(name)]
        assert kind.select(payments.slice(side.arm)).height == int(said.replace(",", "")), name


def test_what_was_left_out_can_be_opened(payments: Measured) -> None:
    (kind,) = [kind for kind in velocity_rows.ROWS if kind.name == "Left out"]
    rows = kind.select(payments.slice("agent"))
    coverage = payments.number("median_hours_to_approval").coverage
    assert rows.height == coverage.total - coverage.measured
    assert rows["left_out"].to_list() == ["still a draft"]


def test_each_choice_of_rows_says_its_count_and_lists_it() -> None:
    app = at(pilot="payments")
    for chosen in app.selectbox(key="waits").options:
        app.selectbox(key="waits").set_value(chosen).run()
        assert not app.exception, chosen
        (said,) = [
            each.value for each in app.markdown if each.value.startswith("**") and each.value.endswith("**")
        ]
        count = int(said.strip("*").split()[0].replace(",", ""))
        listed = [table.value.shape[0] for table in app.dataframe][1:]
        assert listed == ([count] if count else []), chosen


def test_the_address_opens_the_rows_of_a_card() -> None:
    app = at(pilot="payments", waits="Open now: people")
    assert app.selectbox(key="waits").value == "Open now: people"
    assert list(app.dataframe[1].value["Title"]) == ["Waits of human"]
    assert "?pilot=payments&amp;waits=Open+now%3A+people#rows" in texts(app)


def test_an_address_that_names_no_rows_opens_those_that_come_first() -> None:
    app = at(pilot="payments", waits="Nonsense: agents")
    assert not app.exception
    assert app.selectbox(key="waits").value == "Waits counted: agents"


def test_every_card_opens_rows_that_there_are(shown: str) -> None:
    offered = {numbers.option(kind.name, side) for kind in velocity_rows.ROWS for side in numbers.SIDES}
    linked = {unquote_plus(name) for name in re.findall(r"waits=([^#]+)#rows", shown)}
    assert len(linked) > len(numbers.SIDES)
    assert linked <= offered


def test_a_pilot_without_pull_requests_says_what_to_do() -> None:
    shown = texts(at(pilot="search"))
    assert "No pull request was opened in this window" in shown
    assert "Ingest pull requests with their reviews" in shown
    assert "unknown" in shown


def test_without_reviews_the_source_that_brings_them_is_named(session: MeasuredSession) -> None:
    session.tables = together(without(filled("payments"), "reviews"))
    app = at(pilot="payments")
    assert not app.exception
    assert "`[sources.github_export]`" in texts(app)


def test_without_people_there_is_no_comparison_and_it_is_said() -> None:
    app = at(pilot="checkout")
    shown = texts(app)
    assert "No change of a person to compare with" in shown
    assert "Cannot tell whether agent changes wait longer" in shown
    assert "half of 62 pull requests approved after 6 h" in shown


def test_what_cannot_be_compared_is_not_said_to_hold_on_either_side(payments: Measured) -> None:
    assert "Either side" in dict(velocity_text.lines(payments))
    without_people = measure(MeasuredSession().case("checkout"))
    assert "Either side" not in dict(velocity_text.lines(without_people))


def test_the_page_ends_with_where_its_numbers_come_from(shown: str, payments: Measured) -> None:
    for part in (
        "published run 20260817T000000-demo",
        "clock starts at ready for review",
        "means counted up to",
    ):
        assert part in shown
    assert any("size bands end at 10, 50, 250, 1,000" in part for part in velocity_text.settings(payments))


def test_a_second_look_at_the_same_publication_measures_nothing_again(session: MeasuredSession) -> None:
    at(pilot="payments")
    at(pilot="payments")
    assert session.measured_pilots == ["payments"]
    session.published = published("a-later-run")
    at(pilot="payments")
    assert session.measured_pilots == ["payments", "payments"]


def test_an_edited_setting_is_measured_anew(session: MeasuredSession) -> None:
    at(pilot="payments")
    session.setting = replace(session.setting, clock="created")
    at(pilot="payments")
    assert session.measured_pilots == ["payments", "payments"]


def test_every_comparison_has_its_words() -> None:
    assert HEADLINE.name not in siding.WORDS
    assert all(siding.title(arm)[0].isupper() for arm in siding.SENSITIVITY)


def test_clocks_that_start_at_creation_for_want_of_a_ready_time_are_counted() -> None:
    rows = filled("payments")
    told, untold = rows["pull_requests"], [{**row, "ready_at": None} for row in rows["pull_requests"]]
    lines = []
    for pulls in (told, untold):
        fake = MeasuredSession()
        fake.tables = together({**rows, "pull_requests": pulls})
        lines.append(dict(velocity_text.lines(measure(fake.case("payments")))).get("Clock"))
    assert lines[0] is None
    assert str(lines[1]).startswith("ready time unknown for ")
