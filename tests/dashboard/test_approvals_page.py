from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading
from dashboard.components import approvals_cards, approvals_text, numbers
from dashboard.components.approvals_rows import PROMPT_ROWS, PULL_ROWS, offers
from dashboard.components.approvals_sights import NO_TEAM, Sights, decisions, sights, teams
from dashboard.components.numbers import SIDES, option
from dashboard.measured import Measured, measure
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.fatigue.judging import LEFT_OUT
from metrics.fatigue.prompts import INFERRED
from metrics.tables import Tables
from tests.builders_fatigue import approval, busy_approvals
from tests.builders_fatigue import decisions as answers
from tests.builders_measured import MeasuredSession, Rows, together
from tests.builders_metrics import Row, day
from tests.builders_sign_offs import busy, sighting
from tests.builders_velocity import turned
from tests.dashboard.test_app import opened_at, texts

PAGE = "views/approvals.py"
BEHIND = {  # number -> the rows that it opens, as many as its numerator says
    "fast_prompt_approval_share": "Fast approvals of prompts",
    "fast_prompt_reject_share": "Fast rejects of prompts",
    "fast_prompt_approval_share_with_inferred": "Fast approvals, inferred ones too",
    "fast_prompt_approval_share_inferred": "Fast approvals, inferred alone",
    "prompt_approval_share": "Prompts approved",
    "lasting_grant_share": "Approved for longer than once",
    "automated_decision_share": "Decided without a person",
    "unknown_decider_share": "Deciders not known",
    "measurable_prompt_share": "Measurable approvals of prompts",
    "unknown_prompt_size_share": "Approvals judged without a size",
    "bypass_mode_share": "Decisions in bypass mode",
    "auto_mode_share": "Decisions in auto mode",
    "accept_edits_mode_share": "Decisions in accept-edits mode",
}
WHOLE = {  # number -> the rows that its denominator counts
    "fast_prompt_approval_share": "Measured approvals of prompts",
    "fast_prompt_reject_share": "Rejects of prompts",
}
BEHIND_PULLS = {
    "fast_pull_request_approval_share": "Fast approvals",
    "warned_pull_request_approval_share": "Approvals in the warning band",
    "silent_approval_share": "Approvals without a word",
    "rushed_approval_count": "Rushed approvals",
    "self_approval_count": "Own changes approved",
    "oversize_approval_share": "Approvals of many lines",
    "stale_approval_share": "Stale approvals",
}


def placed(rows: Rows, repository: str) -> Rows:
    """The same, all of it in one repository; what names none is for everybody."""
    return {
        name: [{**row, "repository": repository} if row.get("repository") else row for row in kept]
        for name, kept in rows.items()
    }


def of_few(people: int = 3) -> list[Row]:
    return [row for place in range(people) for row in answers(4, 16, reviewer=f"p{place}", team="shop")]


def two_pilots() -> Tables:
    """Payments has everything, search nothing, checkout prompts of three people."""
    whole = {**busy(), "agent_sightings": [sighting("model", "opus", 30), sighting("mode", "bypass", 30)]}
    whole["approvals"] = [*whole["approvals"], *busy_approvals()]
    whole["review_events"] = [*whole.get("review_events", []), turned(9999, "labeled", 0)]
    few: Rows = {"approvals": of_few()}
    return together(placed(whole, "acme/payments-api"), placed(few, "acme/checkout-api"))


def session_of(tables: Tables) -> MeasuredSession:
    return MeasuredSession(tables=tables)


@pytest.fixture(scope="module")
def session() -> MeasuredSession:
    return session_of(two_pilots())


@pytest.fixture(scope="module")
def payments(session: MeasuredSession) -> Measured:
    return measure(session.case("payments"))


@pytest.fixture(scope="module")
def seen(payments: Measured) -> Sights:
    return sights(payments)


@pytest.fixture(scope="module")
def pages(session: MeasuredSession) -> Iterator[dict[str, AppTest]]:
    """The page of every pilot; for tests that only read."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "open_session", lambda: session)
        st.cache_resource.clear()
        yield {name: opened_at(PAGE, pilot=name) for name in ("payments", "search", "checkout")}
        st.cache_resource.clear()


def shown(pages: dict[str, AppTest], pilot: str) -> str:
    return unescape(texts(pages[pilot])).replace("\N{NO-BREAK SPACE}", " ")


def of_rows(rows: Iterable[Row], name: str = "payments") -> Measured:
    """A pilot with these permission decisions and nothing else."""
    return measure(session_of(together(placed({"approvals": list(rows)}, f"acme/{name}-api"))).case(name))


@pytest.mark.parametrize("pilot", ["payments", "search", "checkout"])
def test_every_pilot_opens_whatever_it_has(pages: dict[str, AppTest], pilot: str) -> None:
    assert not pages[pilot].exception
    assert f"Pilot {pilot}" in [each.value for each in pages[pilot].header]


def test_the_answer_says_at_least_how_many_of_how_many_by_how_many(
    pages: dict[str, AppTest], payments: Measured, seen: Sights
) -> None:
    number = payments.number(approvals_text.FAST)
    assert isinstance(number, Estimate)
    assert (seen.fast, seen.approvals) == (number.numerator, number.denominator)
    said = f"At least {seen.fast} of {seen.approvals} measurable approvals of permission prompts were faster"
    assert said in shown(pages, "payments")
    assert f"{seen.people} people)." in shown(pages, "payments")
    assert "Waiting is not attention" in shown(pages, "payments")


def test_under_five_people_counts_are_said_and_no_rate(pages: dict[str, AppTest]) -> None:
    words = shown(pages, "checkout")
    assert "12 of 60 measurable approvals of permission prompts were faster than a look: 3 people" in words
    assert "no rate is stated below 30 approvals or 5 people" in words
    assert approvals_cards.COUNTS_ONLY in words
    assert "20 %" not in words
    assert "Nobody is shown below 5 people" in words


def test_without_logs_the_page_says_what_to_switch_on(pages: dict[str, AppTest]) -> None:
    words = shown(pages, "search")
    assert "No permission prompt of this pilot has been logged." in words
    assert "docs/telemetry.md" in words
    assert "What could be measured" not in words


def test_fatigue_is_spoken_of_only_once_people_have_answered_canaries(pages: dict[str, AppTest]) -> None:
    assert "approval fatigue: prompts" in shown(pages, "payments")
    for pilot in ("search", "checkout"):
        assert "fatigue" not in shown(pages, pilot).lower()
        assert "No canary has come up in this pilot." in shown(pages, pilot)


def test_the_share_that_people_accept_stands_beside_what_it_does_not_prove(pages: dict[str, AppTest]) -> None:
    words = shown(pages, "payments")
    assert "about 93 % (Anthropic, 2026). A high share alone proves nothing" in words
    assert "JMIR Med Inform 2022;10(10):e40511" in words
    assert "rejects judged by the same rule" in words


def test_what_was_measured_and_what_was_left_out_add_up(payments: Measured) -> None:
    covered = payments.number(approvals_text.FAST).coverage
    assert covered.measured + sum(count for _, count in covered.excluded) == covered.total
    assert decisions(payments).collect().height == covered.total


def test_every_reason_has_a_meaning_and_the_largest_gap_is_one_that_can_be_mended() -> None:
    assert set(approvals_text.MEANINGS) == {*LEFT_OUT, INFERRED}
    gap = approvals_text.largest_gap((("read-only request", 90), ("wait not known", 9), (INFERRED, 5)))
    assert gap == ("wait not known", 9)
    assert approvals_text.largest_gap((("read-only request", 90),)) is None


@pytest.mark.parametrize("metric", BEHIND)
def test_a_number_about_prompts_opens_as_many_rows_as_it_says(payments: Measured, metric: str) -> None:
    number = payments.number(metric)
    assert isinstance(number, Estimate)
    assert offers(payments)[BEHIND[metric]].rows().height == number.numerator > 0


@pytest.mark.parametrize("metric", WHOLE)
def test_what_a_number_rests_on_can_be_opened_too(payments: Measured, metric: str) -> None:
    assert offers(payments)[WHOLE[metric]].rows().height == payments.number(metric).coverage.measured


def test_the_hours_that_agents_waited_and_the_days_that_are_logged_can_be_opened(payments: Measured) -> None:
    waits, logged = (payments.number(name) for name in ("blocked_hours", "prompt_log_coverage_share"))
    assert offers(payments)["Waits for people"].rows()["wait_seconds"].sum() / 3600 == pytest.approx(
        waits.value
    )
    assert offers(payments)["Waits for people"].rows().height == waits.n
    assert offers(payments)["Days with a log"].rows().height == logged.numerator
    days = [offers(payments)[f"Days {which} a log"].rows().height for which in ("with", "without")]
    assert sum(days) == logged.denominator > 0


def test_only_the_first_rows_are_sent_and_all_are_counted(
    payments: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = offers(payments)["Every decision"]
    monkeypatch.setattr(numbers, "MOST_SHOWN", 3)
    count, first = offer.first()
    assert count == offer.rows().height > 3
    assert first.equals(offer.rows().head(3))


def test_left_out_and_measured_prompts_are_every_decision(payments: Measured) -> None:
    offered = offers(payments)
    both = payments.number("fast_prompt_approval_share_with_inferred").coverage.measured
    every = offered["Every decision"].rows().height
    assert offered["Prompts left out"].rows().height == every - both


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.arm)
@pytest.mark.parametrize("metric", BEHIND_PULLS)
def test_a_number_about_pull_requests_opens_as_many_rows_as_it_says(
    payments: Measured, metric: str, side: Any
) -> None:
    number = payments.number(metric, side.arm)
    said = number.numerator if isinstance(number, Estimate) else 0
    assert offers(payments)[option(BEHIND_PULLS[metric], side)].rows().height == said


def test_every_link_of_a_card_opens_rows_that_are_offered(
    pages: dict[str, AppTest], payments: Measured
) -> None:
    links = re.findall(
        r"approved=([^#\"]+)#rows", " ".join(str(each.proto.body) for each in pages["payments"].html)
    )
    opened = {link.replace("+", " ").replace("%2C", ",").replace("%3A", ":") for link in links}
    assert len(opened) > 10
    assert opened <= set(offers(payments))


def test_no_list_of_single_decisions_names_anybody(payments: Measured) -> None:
    for offer in offers(payments).values():
        assert not {"reviewer", "person", "author_login"} & set(offer.columns)
        assert set(offer.rows().columns) <= set(offer.columns)
    assert len(PROMPT_ROWS) + 2 * len(PULL_ROWS) + 2 == len(offers(payments))


def test_a_small_team_has_no_row_of_its_own() -> None:
    large = [row for place in range(6) for row in answers(1, 9, reviewer=f"l{place}", team="large")]
    small = [row for place in range(3) for row in answers(9, 1, reviewer=f"s{place}", team="small")]
    found = {team.name: team for team in teams(of_rows([*large, *small]))}
    assert list(found) == ["large", "teams under 5 people"]
    assert isinstance(found["large"].fast, Estimate)
    assert found["large"].fast.numerator == 6
    assert isinstance(found["teams under 5 people"].fast, Undefined)


def test_teams_that_are_too_small_stand_together_and_totals_reconcile() -> None:
    rows = [
        row
        for place in range(8)
        for row in answers(place, 10 - place, reviewer=f"p{place}", team=f"t{place % 3}")
    ]
    (together_,) = teams(of_rows(rows))
    assert (together_.name, together_.people) == ("teams under 5 people", 8)
    assert together_.fast.coverage == Coverage(80, 80)


def test_people_whose_team_is_not_told_are_a_group_of_their_own() -> None:
    rows = [row for place in range(6) for row in answers(1, 9, reviewer=f"p{place}", team=None)]
    assert [team.name for team in teams(of_rows(rows))] == [NO_TEAM]


def test_decisions_outside_the_window_are_in_no_chart() -> None:
    rows = [approval(happened_at=day(at)) for at in (-3, 10)]
    measured = of_rows(rows)
    assert decisions(measured).collect().height == measured.number(approvals_text.FAST).coverage.total == 1


def trend(low: float | None, high: float | None, value: float = 1.2) -> Estimate:
    return Estimate(value, low, high, 0.95, "odds ratio", "", 1, 2, 2, Coverage(2, 2))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (trend(1.1, 1.5), "people become faster"),
        (trend(0.5, 0.9, 0.7), "people become slower"),
        (trend(0.9, 1.5), "cannot tell"),
        (trend(None, None), "cannot tell"),
        (Undefined("12 of 20, 4 people", 20, Coverage(20, 20)), "Within sessions: 12 of 20, 4 people."),
    ],
)
def test_a_trend_says_no_more_than_its_interval(number: Number, said: str) -> None:
    assert said in approvals_text.trend(number)


def test_nothing_measurable_is_no_zero() -> None:
    nothing = Undefined("no measurable decision in this window", 0, Coverage(0, 4, (("wait not known", 4),)))
    measured = SimpleNamespace(number=lambda _metric: nothing)
    sentence, _ = approvals_text.answer(measured, SimpleNamespace(approvals=0))  # type: ignore[arg-type]
    assert (
        sentence
        == "Cannot tell whether people look at what they allow: no measurable decision in this window."
    )


def test_agents_that_need_a_look_come_first(pages: dict[str, AppTest]) -> None:
    tables = [each.value for each in pages["payments"].dataframe if "Look at" in each.value.columns]
    assert next(iter(tables[0]["Look at"])) == "prompts can be bypassed"
    assert "opus" in list(tables[0]["Name"])


def test_a_pilot_whose_prompts_are_all_automatic_is_never_called_fast() -> None:
    measured = of_rows([approval(None, actor="policy", reviewer=f"p{place}") for place in range(40)])
    seen = sights(measured)
    sentence, _ = approvals_text.answer(measured, seen)
    assert sentence.startswith("Cannot tell whether people look")
    assert seen.fast == seen.approvals == 0


def test_before_the_first_ingest_the_page_says_what_to_do(measured_session: MeasuredSession) -> None:
    measured_session.published = None
    app = opened_at(PAGE)
    assert not app.exception
    assert "Run `pilot ingest`" in texts(app)


def test_sights_are_worked_out_once(measured_session: MeasuredSession) -> None:
    assert measured_session.pilots
    first = loading.sights("payments")
    assert loading.sights("payments") is first
    assert isinstance(first.grid, pl.DataFrame)
