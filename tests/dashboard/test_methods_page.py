from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import describing, loading
from dashboard.components import methods
from metrics.catalogue import EVERY, FAMILIES
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.gate.criteria import CRITERIA
from metrics.gate.policy import Policy
from metrics.gate.states import STATES
from metrics.measuring import Measuring
from tests.builders_dashboard import FakeSession, published, rate
from tests.dashboard.test_app import opened, opened_at, session, texts

__all__ = ["session"]
PAGE = "views/methods.py"
NUMBERS: Mapping[tuple[str, str], Number] = {
    ("security_escape_rate", "agent"): Estimate(
        1 / 96, 0.0, 0.05, 0.95, "share", "exact", 1, 96, 96, Coverage(96, 100, (("other branch", 4),))
    ),
    ("security_escape_rate", "human"): Undefined("no merged changes", 0, Coverage(0, 0)),
    ("merged_pull_request_count", "unknown"): rate(1, 7),
}


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "measured", lambda _pilot: SimpleNamespace(numbers=NUMBERS))
    monkeypatch.setattr(FakeSession, "measuring", lambda _self, _pilot: Measuring(), raising=False)


def asked(words: str) -> AppTest:
    app = opened(PAGE)
    return app.text_input(key=methods.FIND_KEY).set_value(words).run()


def test_every_metric_criterion_and_state_is_explained() -> None:
    app = opened(PAGE)
    assert not app.exception
    shown = texts(app)
    for name in [*(metric.id for metric in EVERY), *(each.id for each in CRITERIA), *STATES]:
        assert f">{name}</a>" in shown
    assert all(f"<h3>{FAMILIES[metric.family]}</h3>" in shown for metric in EVERY)


def test_a_metric_says_what_it_says_today_of_each_side_with_counts() -> None:
    shown = texts(asked("security_escape_rate"))
    assert "agent: 1 of 96 (1.04 %), between 0 % and 5 % at 95 %<br>human: unknown: no merged" in shown
    assert (
        "1 of 96 (1.04 %), between 0 % and 5 % at 95 %; measurable 96 of 100; left out: 4 other branch"
        in shown
    )
    assert "unknown: no merged changes" in shown


def test_the_way_to_the_function_and_the_source_takes_one_look() -> None:
    shown = texts(asked("security_escape_rate"))
    assert "metrics.measures.escape_rate<" in shown
    assert '<a href="https://doi.org/10.1093/biomet/26.4.404">' in shown


def test_a_search_leaves_what_holds_every_word_and_opens_it_when_it_is_little() -> None:
    shown = texts(asked("UNATTRIBUTED change explains"))
    assert ">unattributed_finding_count</a>" in shown
    assert ">security_escape_rate</a>" not in shown
    assert "<details open>" in shown
    assert "<details open>" not in texts(opened(PAGE))


def test_words_from_an_address_are_looked_for() -> None:
    shown = texts(opened_at(PAGE, **{methods.FIND_KEY: "bypass_count"}))
    assert ">bypass_count</a>" in shown


def test_words_that_stand_nowhere_are_said_without_their_markup() -> None:
    app = asked("![x](https://example.org) zebra")
    assert [info.value for info in app.info] == [
        "**Nothing here holds “x https example.org zebra”.** Try fewer words, or another one."
    ]


def test_a_criterion_and_the_state_say_how_the_pilot_stands(session: FakeSession) -> None:
    verdict = session.judged["payments"].verdict
    outcome = verdict.criteria[0]
    assert outcome.sentence in texts(asked(outcome.criterion))
    assert "payments: now" in texts(asked(verdict.state))


def test_settings_in_force_are_shown_with_value_and_meaning() -> None:
    shown = texts(asked("follow_up_days"))
    assert "<td>[gate] follow_up_days</td><td>30</td><td>" in shown
    assert "[velocity] clock" not in shown


def test_before_the_first_ingest_the_meanings_are_there_and_the_values_are_not(session: FakeSession) -> None:
    session.published = None
    shown = texts(opened(PAGE))
    assert "Run `pilot ingest`" in shown
    assert ">security_escape_rate</a>" in shown
    assert "agent:" not in shown


def test_every_setting_that_a_number_rests_on_has_value_and_meaning(session: FakeSession) -> None:
    entries = describing.in_force(session.pilot("payments"), Policy(), Measuring())
    told = {entry.title: dict(entry.lines) for entry in entries}
    assert told["[velocity] working_days"]["value"] == "mon, tue, wed, thu, fri"
    assert told["[velocity] working_from"]["value"] == "09:00"
    assert told["[gate] escape_rate"]["value"] == "0.01"
    assert told["[pilot] repositories"]["value"] == "acme/payments-*"
    assert told["[vulnerabilities] include_tests"]["value"] == "no"
    assert all(lines["meaning"] for lines in told.values())


def test_a_new_publication_changes_the_footer(session: FakeSession) -> None:
    session.published = published("a-later-run")
    assert "published run a-later-run" in texts(opened(PAGE))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("X 2004, DOI 10.1016/j.jspi.2002.09.004", "10.1016/j.jspi.2002.09.004"),
        ("X, DOI 10.1016/a.b; Y", "10.1016/a.b"),
        ("X DOI 10.1002/(SICI)17:8<873::A>3.0.CO", "10.1002/%28SICI%2917%3A8%3C873%3A%3AA%3E3.0.CO"),
    ],
)  # fmt: skip
def test_a_doi_becomes_a_link_whatever_letters_it_has(text: str, address: str) -> None:
    assert f'<a href="https://doi.org/{address}">' in methods.linked(text)


def test_text_without_a_doi_is_only_text() -> None:
    assert methods.linked("<b>Cox</b> & Oakes 1984") == "&lt;b&gt;Cox&lt;/b&gt; &amp; Oakes 1984"
