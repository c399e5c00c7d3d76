from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import wording
from metrics.gate.states import EpochNow
from tests.builders_dashboard import FakeSession, assessment, verdict
from tests.dashboard.test_app import APP, opened, session, texts

__all__ = ["session"]


def at(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def html(app: AppTest) -> str:
    return "".join(str(each.proto.body) for each in app.html)


def test_all_pilots_are_listed_with_rule_and_evidence(session: FakeSession) -> None:
    shown = html(opened())
    for each in session.judged.values():
        assert each.verdict.sentence.split(":")[0] in shown
        assert f"pilot={each.verdict.pilot}" in shown


def test_evidence_that_restarted_says_when_and_why_in_plain_type(session: FakeSession) -> None:
    begun_anew = EpochNow(2, date(2026, 7, 1), "the gate's policy changed", ())
    session.judged["payments"] = assessment(verdict(epoch=begun_anew))
    shown = html(opened())
    day = '<span class="pm-day">2026-07-01</span>'
    assert f"<dd>Evidence restarted on {day}: the gate&#x27;s policy changed</dd>" in shown
    assert f"<div>restarted on {day}</div>" in shown


@pytest.mark.parametrize("pilot", ["payments", "search", "checkout"])
def test_choosing_a_pilot_shows_its_verdict(pilot: str) -> None:
    app = opened()
    app.selectbox(key="pilot").set_value(pilot).run()
    assert not app.exception
    assert f"Pilot {pilot}" in [each.value for each in app.header]


def test_the_address_chooses_pilot_and_change() -> None:
    app = at(pilot="checkout", change="acme/payments-api#2040")
    assert "Pilot checkout" in [each.value for each in app.header]
    assert "Take card numbers by form" in texts(app)


def test_an_unknown_pilot_in_the_address_is_named_and_falls_back_to_the_first() -> None:
    app = at(pilot="nobody")
    assert not app.exception
    assert "Pilot payments" in [each.value for each in app.header]
    said = "There is no pilot `nobody`; there are: payments, search, checkout. This is payments."
    assert [each.value for each in app.warning if "no pilot" in each.value] == [said]


def test_markdown_in_the_address_stays_letters() -> None:
    app = at(pilot="`![](https://example.org/x.png)`")
    (said,) = [each.value for each in app.warning if "no pilot" in each.value]
    assert "`'![](https://example.org/x.png)'`" in said


def test_a_known_pilot_or_none_in_the_address_gives_no_warning() -> None:
    assert not [
        each for app in (at(pilot="search"), at()) for each in app.warning if "no pilot" in each.value
    ]


def test_opening_a_change_shows_its_pull_request_and_its_findings() -> None:
    app = at(pilot="checkout")
    app.selectbox(key="change").set_value("acme/payments-api#2040").run()
    assert not app.exception
    shown = html(app)
    assert "**1 finding**" in texts(app)
    assert "sql-injection" in shown
    assert "src/ledger.py:41" in shown
    assert any(
        "https://example.org/acme/payments-api/pull/2040" in str(each.proto)
        for each in app.get("link_button")
    )


def test_the_worst_changes_are_offered_first() -> None:
    options = at(pilot="checkout").selectbox(key="change").options
    assert options[:2] == ["acme/payments-api#2040", "acme/payments-api#4017"]


def test_a_change_of_another_pilot_is_closed_when_the_pilot_changes() -> None:
    app = at(pilot="checkout", change="acme/payments-api#2040")
    app.selectbox(key="pilot").set_value("search").run()
    assert not app.exception
    assert app.selectbox(key="change").value is None


def test_each_choice_of_rows_lists_as_many_as_its_name_says() -> None:
    app = at(pilot="checkout")
    for option in app.selectbox(key="rows").options:
        app.selectbox(key="rows").set_value(option).run()
        said = int(option.rsplit("(", 1)[1].rstrip(")").replace(",", ""))
        assert app.dataframe[0].value.shape[0] == said, option
        assert any(
            wording.plural(said, "row") in str(each.proto.label) for each in app.get("download_button")
        )


def test_what_needs_a_person_is_named_and_nothing_is_said_when_nothing_does() -> None:
    assert "1 finding waits for triage" in html(at(pilot="checkout"))
    assert "Nothing waits for a person." in texts(at(pilot="payments"))


def test_a_finding_that_needs_somebody_opens_the_change_that_carries_it() -> None:
    assert "?pilot=checkout&amp;change=acme%2Fpayments-api%234017" in html(at(pilot="checkout"))


def test_both_charts_have_words_for_those_who_cannot_see_them() -> None:
    charts = at(pilot="checkout").get("plotly_chart")
    assert len(charts) == 2
    assert all(len(chart.proto.alt) > 40 for chart in charts)


def test_the_page_ends_with_where_its_numbers_come_from() -> None:
    shown = html(at(pilot="search"))
    assert "published run 20260817T000000-demo" in shown
    assert "policy 0123456789ab" in shown
