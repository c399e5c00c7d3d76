from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote_plus

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading, wording
from dashboard.components import numbers, quality_rows, quality_text
from dashboard.measured import Measured, measure
from metrics.estimate import Coverage, Estimate, Number, Undefined
from tests.builders_measured import MeasuredSession, filled, together, without
from tests.builders_metrics import finding
from tests.dashboard.test_app import opened_at, texts

PAGE = "views/code_quality.py"
WHOLE = {
    ("vulnerabilities_per_kloc", "numerator"): "Confirmed findings",
    ("vulnerabilities_per_kloc_high", "numerator"): "Findings counted",
    ("vulnerabilities_per_kloc", "n"): "Changes counted",
    ("code_kloc_added", "n"): "Code added",
    ("found_before_merge_share", "denominator"): "Findings seen to after merge",
    ("found_before_merge_share", "numerator"): "Found before merge",
    ("pre_merge_scan_share", "numerator"): "Scanned before merge",
    ("post_merge_detection_share", "numerator"): "Scanned after merge",
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


def ratio(low: float | None, high: float | None, value: float = 1.32, **given: Any) -> Estimate:
    told = Estimate(value, low, high, 0.95, wording.RATIO, "Mantel-Haenszel", 1, 1, 20, Coverage(20, 20))
    return replace(told, **given)


def compared(usual: Number, **others: Number) -> Any:
    """Numbers of every comparison: `usual`, except where a metric is named."""
    return SimpleNamespace(number=lambda metric, _arm: others.get(metric, usual))


@pytest.mark.parametrize("pilot", ["payments", "search", "checkout"])
def test_every_pilot_opens_whatever_it_has(pilot: str) -> None:
    app = at(pilot=pilot)
    assert not app.exception
    assert f"Pilot {pilot}" in [each.value for each in app.header]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (
            ratio(1.1, 2.3),
            "Agent changes bring in more findings per KLOC than people's: 1.32 times theirs, between",
        ),
        (
            ratio(0.2, 0.8, 0.5),
            "Agent changes bring in fewer findings per KLOC than people's: 0.5 times theirs",
        ),
        (
            ratio(0.76, 2.3),
            "Cannot tell whether agent changes bring in more findings per KLOC than people's: 1.32",
        ),
        (Undefined("no finding on either side", 0, Coverage(0, 0)), "Cannot tell whether"),
    ],
)
def test_the_answer_says_no_more_than_the_interval(number: Number, said: str) -> None:
    sentence, _ = quality_text.answer(compared(number))
    assert sentence.startswith(said)


def test_a_conclusion_that_depends_on_unreviewed_findings_is_said_first() -> None:
    measured = compared(ratio(0.76, 2.3), vulnerabilities_per_kloc_ratio_high=ratio(1.1, 2.3))
    sentence, _ = quality_text.answer(measured)
    assert sentence.startswith("It depends on what is counted, and to whom.")
    assert quality_text.changes(measured) == ("unreviewed findings counted: more",)


def test_the_smallest_ratio_that_could_be_seen_stands_beside_the_answer(shown: str) -> None:
    assert re.search(
        r"A rate above [\d.]+ times people's would have been seen, with 80&nbsp;% power",
        unescape(shown).replace("\xa0", "&nbsp;"),
    )


def test_a_volume_that_could_show_nothing_says_so(payments: Measured) -> None:
    seen = SimpleNamespace(case=payments.case, number=lambda *_: ratio(None, None, unbounded="no ratio"))
    assert quality_text.visible(seen) == "This volume could not have shown any ratio with 80 % power."  # type: ignore[arg-type]
    unknown = SimpleNamespace(number=lambda *_: Undefined("no finding", 0, Coverage(0, 0)))
    assert "no finding" in quality_text.visible(unknown)  # type: ignore[arg-type]


def test_rates_carry_findings_and_lines_of_both_ends_of_the_band(shown: str) -> None:
    assert "confirmed 1 finding in 24.4 KLOC: 0.041 per KLOC" in shown
    assert "all not dismissed 4 findings in 24.4 KLOC: 0.164 per KLOC" in shown


def test_the_crude_ratio_never_stands_without_the_one_of_like_with_like(shown: str) -> None:
    assert "like for like (same repository and language) 1 times" in shown
    assert "as they come 1 times" in shown


def test_surviving_lines_that_nobody_counted_are_unknown_with_the_remedy(shown: str) -> None:
    assert "surviving lines are unknown" in shown
    assert "deliver `surviving_code_lines`" in shown


def test_what_could_be_known_asks_for_nothing(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["pull_requests"] = [{**row, "surviving_code_lines": 200} for row in rows["pull_requests"]]
    session.tables = together(rows)
    shown = texts(at(pilot="payments"))
    assert "1 finding in 12.2 KLOC" in shown
    assert "deliver `surviving_code_lines`" not in shown


def test_findings_of_images_and_manifests_are_listed_and_not_divided(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["findings"].append(
        finding("image", 110, 45, repository="acme/payments-api", is_blamable=False, path="Dockerfile")
    )
    session.tables = together(rows)
    app = at(pilot="payments", weaknesses="Findings listed, not divided: agents")
    assert "agents 1, people 0" in texts(app)
    assert list(app.dataframe[0].value["Path"]) == ["Dockerfile"]
    assert "4 findings in 24.4 KLOC" in texts(app)


def test_both_sides_show_how_they_were_looked_at(shown: str) -> None:
    assert "60 of 61 scanned" in shown
    assert "scan-a" in shown
    assert "Teams choose what they give to agents" in shown


def test_all_charts_have_words_for_those_who_cannot_see_them() -> None:
    charts = at(pilot="payments").get("plotly_chart")
    assert len(charts) == 5
    assert all(len(chart.proto.alt) > 40 for chart in charts)


@pytest.mark.parametrize("side", numbers.SIDES, ids=lambda side: side.arm)
@pytest.mark.parametrize("of", WHOLE, ids=" ".join)
def test_a_number_opens_as_many_rows_as_it_says(
    payments: Measured, of: tuple[str, str], side: numbers.Side
) -> None:
    metric, part = of
    (kind,) = [kind for kind in quality_rows.ROWS if kind.name == WHOLE[of]]
    number = payments.number(metric, side.arm)
    assert isinstance(number, Estimate)
    assert kind.select(payments.slice(side.arm)).height == getattr(number, part)


def test_each_card_says_how_many_rows_it_opens(shown: str, payments: Measured) -> None:
    offered = {
        numbers.option(kind.name, side): (kind, side) for kind in quality_rows.ROWS for side in numbers.SIDES
    }
    links = re.findall(r"weaknesses=([^#]+)#rows\" target=\"_self\">open the ([\d,]+) rows?<", shown)
    assert len(links) > len(numbers.SIDES)
    for name, said in links:
        kind, side = offered[unquote_plus(name)]
        assert kind.select(payments.slice(side.arm)).height == int(said.replace(",", "")), name


def test_findings_of_before_the_merge_are_told_from_later_ones(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["findings"].append(
        finding(
            "early",
            110,
            1,
            repository="acme/payments-api",
            path="src/part110.py",
            first_seen_stage="pre_merge",
            post_merge_seen_at=None,
        )
    )
    session.tables = together(rows)
    measured = measure(session.case("payments"))
    number = measured.number("found_before_merge_share")
    assert isinstance(number, Estimate)
    found = quality_rows.found_before(measured.slice("agent"))
    assert (found.height, number.numerator, number.denominator) == (1, 1, 5)


def test_the_two_ways_of_counting_scans_after_merge_are_told_apart(shown: str) -> None:
    assert "counts changes whose follow-up is over; the table below counts younger ones too" in shown


def test_what_cannot_be_compared_is_not_said_to_hold_on_either_side(payments: Measured) -> None:
    assert "Either side" in dict(quality_text.lines(payments))
    without_people = measure(MeasuredSession().case("checkout"))
    assert "Either side" not in dict(quality_text.lines(without_people))


def test_what_was_left_out_can_be_opened(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["pull_requests"][0] = {**rows["pull_requests"][0], "base_branch": "release"}
    rows["pull_requests"][1] = {**rows["pull_requests"][1], "code_additions": None}
    session.tables = together(rows)
    app = at(pilot="payments", weaknesses="Left out: agents")
    assert list(app.dataframe[0].value["Why"]) == ["files unknown", "merged to another branch"]


def kinds_of(session: MeasuredSession, agents: int, people: int) -> None:
    """So many injections of each side beside the four findings that it has."""
    rows = filled("payments")
    for side, first, count in (("a", 100, agents), ("p", 200, people)):
        rows["findings"] += [
            finding(
                f"{side}{n}",
                first + n % 60,
                45,
                repository="acme/payments-api",
                cwe=["CWE-89"],
                path=f"{side}.py",
            )
            for n in range(count)
        ]
    session.tables = together(rows)


def test_kinds_of_findings_are_shown_with_the_counts_of_both_sides(shown: str) -> None:
    for part in (
        "What kinds of findings",
        "No CWE told",
        "0.164 in 24.4 KLOC",
    ):
        assert part in shown


def test_few_findings_of_a_kind_have_counts_and_no_ratio(session: MeasuredSession) -> None:
    kinds_of(session, 19, 30)
    shown = texts(at(pilot="payments"))
    assert "19 findings" in shown
    assert "fewer than 20 findings on a side" in shown


def test_enough_findings_of_a_kind_have_a_ratio(session: MeasuredSession) -> None:
    kinds_of(session, 40, 20)
    measured = measure(session.case("payments"))
    (injections,) = [part for part in measured.kinds("family") if part.name == "Injection"]
    assert isinstance(injections.ratio, Estimate)
    assert injections.ratio.value == pytest.approx(2.0)
    assert "2 times" in texts(at(pilot="payments"))


def test_without_findings_the_kinds_say_what_would_bring_them(session: MeasuredSession) -> None:
    session.tables = together(without(filled("payments"), "findings", "dispositions"))
    app = at(pilot="payments")
    assert not app.exception
    assert texts(app).count("No finding is counted on either side") == 2


def test_it_is_said_how_the_change_of_each_finding_is_known(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["findings"].append(
        finding("blamed", 110, 45, repository="acme/payments-api", method="blame", confidence="high")
    )
    session.tables = together(rows)
    shown = texts(at(pilot="payments"))
    assert "the history of the line names the commit" in shown
    assert "1 of 5" in shown
    assert "4 of 5" in shown


def test_both_sides_looked_at_by_the_same_rules_are_said_to_be(shown: str) -> None:
    assert "every version of every tool&#x27;s rules looked at both sides" in shown or (
        "every version of every tool's rules looked at both sides" in shown
    )


def test_rules_that_looked_at_one_side_more_are_named_with_their_shares(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["scans"] = [
        {**row, "rules_version": "2"} if row["scan_id"].startswith("pre-1") else row for row in rows["scans"]
    ]
    session.tables = together(rows)
    shown = texts(at(pilot="payments"))
    assert "Both sides were not looked at alike" in shown
    assert "scan-a with rules 2 before merge at 60 of 61 (98.4 %) of agents' changes" in unescape(
        shown
    ).replace("\xa0", " ")


def strata() -> str:
    """What the chart of ratios says."""
    charts = [each.proto.alt for each in at(pilot="payments").get("plotly_chart")]
    return next(alt for alt in charts if "Like for like" in alt)


def test_the_ratio_by_surviving_lines_is_drawn_where_they_are_known(session: MeasuredSession) -> None:
    rows = filled("payments")
    rows["pull_requests"] = [
        {**row, "surviving_code_lines": 200 if row["number"] < 200 else 100} for row in rows["pull_requests"]
    ]
    session.tables = together(rows)
    assert "By lines that still stand, confirmed: 0.5 times" in strata()


def test_a_ratio_by_surviving_lines_that_nobody_knows_is_not_drawn() -> None:
    assert "By lines that still stand" not in strata()


def test_each_choice_of_rows_says_its_count_and_lists_it() -> None:
    app = at(pilot="payments")
    for chosen in app.selectbox(key="weaknesses").options:
        app.selectbox(key="weaknesses").set_value(chosen).run()
        assert not app.exception, chosen
        (said,) = [each.value for each in app.markdown if each.value.startswith("**")]
        count = int(said.strip("*").split()[0].replace(",", ""))
        assert [table.value.shape[0] for table in app.dataframe] == ([count] if count else []), chosen


def test_a_finding_links_to_its_change() -> None:
    table = at(pilot="payments", weaknesses="Findings counted: people").dataframe[0].value
    assert all("/pull/2" in link for link in table["Link"])


def test_a_pilot_without_changes_says_what_to_do() -> None:
    shown = texts(at(pilot="search"))
    assert "No change has merged in this window" in shown
    assert "Cannot tell whether agent changes bring in more" in shown


def test_without_scans_the_source_that_brings_them_is_named(session: MeasuredSession) -> None:
    session.tables = together(without(filled("payments"), "scans", "findings", "dispositions"))
    app = at(pilot="payments")
    assert not app.exception
    assert "`[sources.sarif]`" in texts(app)


def test_without_people_there_is_no_comparison_and_it_is_said() -> None:
    shown = texts(at(pilot="checkout"))
    assert "No change of a person to compare with" in shown
    assert "1 finding in 24.4 KLOC" in shown


def test_the_page_ends_with_where_its_numbers_come_from(session: MeasuredSession, shown: str) -> None:
    for part in ("published run 20260817T000000-demo", "severity medium and above", "test files not counted"):
        assert part in shown
    session.setting = replace(session.setting, include_tests=True)
    assert "test files counted" in texts(at(pilot="payments"))
