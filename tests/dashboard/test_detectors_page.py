from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote_plus

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import loading
from dashboard.components import detectors_curves, detectors_pair, detectors_text, numbers
from dashboard.components import detectors_rows as rows_of
from dashboard.components.detectors_choice import Looked, of_sets
from dashboard.components.detectors_costs import cost_at
from dashboard.components.detectors_matrix import truth_rows
from dashboard.components.detectors_scanners import hidden_row, scanner_row
from dashboard.components.detectors_threshold import offered
from dashboard.measured import Measured, measure
from metrics.detectors.costs import CostCurve, cost_curve
from metrics.detectors.hidden import Hidden
from metrics.detectors.rules import DetectorRules
from metrics.detectors.scanners import Scanner
from metrics.detectors.values import WHOLE, Part, Unit
from metrics.estimate import Coverage, Estimate, Undefined
from metrics.measuring import Measuring
from metrics.tables import Tables
from tests.builders_detectors import (
    UNIT,
    detection,
    detector_tables,
    label,
    scored,
    seed_label,
    selection,
    set_label,
)
from tests.builders_measured import MeasuredSession
from tests.builders_metrics import Row
from tests.dashboard.test_app import opened_at, texts

PAGE = "views/detectors.py"
OLD = Unit("PromptGuard", "v1", 0.9)
SHIELDS = Unit("Shields", "2024", None)
RULES = DetectorRules(presumed_benign=("chat",), events_per_day=1000)
FAMILIES = ("jailbreak", "injection")


def guarded(version: str, misses: int, alarms: int) -> list[Row]:
    """40 attacks and 60 benign items of a set, 200 of a chat, two errors, a skipped one, two seeds."""
    own = {"detector_version": version, "repository": "acme/payments-api"}
    of_set = {**own, "cohort": "house"}
    wrong = {n: 0.1 + n / 1000 for n in range(misses)}
    return [
        *(scored(f"a{n}", wrong.get(n, 0.95 - n / 2000), 1 + n % 21, **of_set) for n in range(40)),
        *(scored(f"b{n}", 0.97 if n < alarms else 0.05 + n / 500, 1 + n % 21, **of_set) for n in range(60)),
        *(
            scored(f"c{n}", 0.93 if n < 4 else 0.02, 1 + n % 21, **{**own, "cohort": "chat"})
            for n in range(200)
        ),
        *(detection(f"e{n}", "error", **own) for n in range(2)),
        detection("k0", "skipped", **own),
        *(detection(f"s{n}", verdict, seed_id=f"s{n}", **own) for n, verdict in enumerate(("flag", "pass"))),
    ]


def shielded(repository: str) -> list[Row]:
    """A detector without scores in traffic: 20 flagged, 200 passed."""
    own = {"detector": "Shields", "detector_version": "2024", "threshold": None, "repository": repository}
    return [detection(f"{repository}{n}", "flag" if n < 20 else "pass", n % 14, **own) for n in range(220)]


def only_flagged(repository: str) -> list[Row]:
    """People looked at what was flagged, and at nothing else: 8 attacks, 12 benign."""
    return [label(f"{repository}{n}", "attack" if n < 8 else "benign") for n in range(20)]


def labels() -> list[Row]:
    return [
        *(set_label(f"a{n}", family=FAMILIES[n % 4 == 0]) for n in range(40)),
        *(set_label(f"b{n}", "benign") for n in range(60)),
        *(seed_label(f"s{n}") for n in range(2)),
        *only_flagged("acme/checkout-api"),
        *only_flagged("acme/payments-api"),
    ]


def three_pilots() -> Tables:
    """Payments has two versions of a guard and a shield, checkout a shield alone, search nothing."""
    rows = [*guarded("v2", 4, 3), *guarded("v1", 12, 1), *shielded("acme/payments-api")]
    return detector_tables([*rows, *shielded("acme/checkout-api")], labels())


def session_of(tables: Tables) -> MeasuredSession:
    return MeasuredSession(tables=tables, setting=Measuring(detectors=RULES))


@pytest.fixture(scope="module")
def session() -> MeasuredSession:
    return session_of(three_pilots())


@pytest.fixture(scope="module")
def payments(session: MeasuredSession) -> Measured:
    return measure(session.case("payments"))


@pytest.fixture(scope="module")
def guard(payments: Measured) -> Looked:
    return Looked(payments, UNIT, WHOLE)


@pytest.fixture(scope="module")
def pages(session: MeasuredSession) -> Iterator[None]:
    """The product opens this session; what it measured is kept from test to test."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "open_session", lambda: session)
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


@pytest.fixture(scope="module")
def read(pages: None) -> dict[str, AppTest]:  # noqa: ARG001 - they are opened on its session
    """The page of every pilot; for tests that only read."""
    return {name: opened_at(PAGE, pilot=name) for name in ("payments", "search", "checkout")}


def shown(app: AppTest) -> str:
    return unescape(texts(app)).replace("\N{NO-BREAK SPACE}", " ")


def cells(app: AppTest, detector: str) -> list[str]:
    """The line of a detector in the table of all versions."""
    tables = [str(each.proto.body) for each in app.html if "How misses are known" in str(each.proto.body)]
    found = [line for line in re.findall("<tr>(.*?)</tr>", tables[0]) if detector in line]
    told = re.findall("<td>(.*?)</td>", found[0])
    return [unescape(each).replace("\N{NO-BREAK SPACE}", " ") for each in told]


def of_kind(looked: Looked, name: str) -> int:
    kind = next(each for each in rows_of.KINDS if each.name == name)
    return rows_of.rows(looked, kind).collect().height


@pytest.mark.parametrize("pilot", ["payments", "search", "checkout"])
def test_every_pilot_opens_whatever_it_has(read: dict[str, AppTest], pilot: str) -> None:
    assert not read[pilot].exception
    assert f"Pilot {pilot}" in [each.value for each in read[pilot].header]


def test_without_verdicts_the_page_says_how_to_connect_detectors(read: dict[str, AppTest]) -> None:
    words = shown(read["search"])
    assert "No verdict of a detector about this pilot has been ingested." in words
    assert "docs/detectors.md" in words
    assert "One detector in full" not in words


def test_the_answer_tells_both_errors_with_their_counts(read: dict[str, AppTest]) -> None:
    words = shown(read["payments"])
    assert "flag from 1.67 % of benign items (1 of 60), PromptGuard v1 >= 0.9" in words
    assert (
        "2 detectors miss from 10 % of attacks (4 of 40), PromptGuard v2 >= 0.9, to 30 % (12 of 40)" in words
    )


def test_a_detector_whose_flagged_items_alone_were_labelled_has_no_miss_rate(
    read: dict[str, AppTest],
) -> None:
    for pilot in ("payments", "checkout"):
        name, _, fnr, way, *_ = cells(read[pilot], "Shields")
        assert (name, fnr) == ("Shields 2024", "not identifiable")
        assert "label" in way
        assert not re.search(r"\b0 (of|%)", fnr + way)
    words = shown(read["checkout"])
    assert "Shields 2024 has false alarms in 60 % of labelled alerts (12 of 20)" in words
    assert "how often attacks pass is not identifiable yet" in words


def test_nowhere_on_the_page_do_labels_of_flagged_items_make_a_rate_of_0(read: dict[str, AppTest]) -> None:
    words = shown(read["checkout"])
    assert "0 of 8" not in words
    assert "8 of 8" not in words
    assert "100 % (" not in words


def test_a_matrix_does_not_know_what_passed_where_nobody_looked(session: MeasuredSession) -> None:
    looked = Looked(measure(session.case("checkout")), SHIELDS, WHOLE)
    assert [(row.name, row.flagged, row.passed) for row in truth_rows(looked)] == [
        ("attack", 8, None), ("labelled benign", 12, None),
    ]  # fmt: skip


def test_each_version_has_one_line_with_counts_way_labels_and_coverage(read: dict[str, AppTest]) -> None:
    _, fpr, fnr, way, labelled, scanned, presumed, alarms = cells(read["payments"], "PromptGuard v2")
    assert fpr.endswith(", 3 of 60")
    assert fnr.endswith(", 4 of 40")
    assert way == "labelled set"
    assert labelled.startswith("100 of 30")
    assert scanned == "300 of 303 (99 %); 2 errors, 1 skipped"
    assert presumed.endswith(", 4 of 200")
    assert alarms.endswith(", 3 of 39")


def test_seeds_stand_apart_and_in_no_rate(read: dict[str, AppTest]) -> None:
    assert "PromptGuard v2 >= 0.9 missed 1 of 2" in shown(read["payments"])


@pytest.mark.parametrize(
    ("kind", "count"),
    [("False alarms", 3), ("Misses", 4), ("Attacks caught", 36), ("Benign items passed", 57),
     ("Flagged, presumed benign", 4), ("Passed, presumed benign", 196), ("Errors", 2), ("Skipped", 1),
     ("Planted items", 2), ("Every verdict", 305)],
)  # fmt: skip
def test_every_count_opens_as_many_rows_as_it_says(guard: Looked, kind: str, count: int) -> None:
    assert of_kind(guard, kind) == count


def test_every_way_down_opens_as_many_rows_as_it_says(guard: Looked) -> None:
    links = re.findall(r'verdicts=([^#"]+)#rows" target="_self">([0-9,]+) ', rows_of.ways_down(guard))
    assert len(links) == 7
    for kind, count in links:
        assert of_kind(guard, unquote_plus(kind)) == int(count)


def test_rows_tell_who_labelled_them(guard: Looked) -> None:
    misses = next(each for each in rows_of.KINDS if each.name == "Misses")
    assert set(rows_of.rows(guard, misses).collect()["labelled_by"]) == {"set"}
    planted = next(each for each in rows_of.KINDS if each.name == "Planted items")
    assert set(rows_of.rows(guard, planted).collect()["labelled_by"]) == {"planted"}


def test_a_part_is_all_that_is_listed_of_it(payments: Measured) -> None:
    assert of_kind(Looked(payments, UNIT, Part("cohort", "house")), "Every verdict") == 100


@pytest.mark.usefixtures("pages")
def test_every_detector_can_be_chosen_by_its_address() -> None:
    app = opened_at(PAGE, pilot="payments", detector=SHIELDS.name)
    assert app.selectbox(key="detector").value == SHIELDS.name
    assert not app.exception
    assert "This detector gives no score" in shown(app)


@pytest.mark.usefixtures("pages")
def test_choosing_another_detector_and_other_items_changes_the_figures() -> None:
    app = opened_at(PAGE, pilot="payments")
    app.selectbox(key="detector").select(UNIT.name).run()
    app.selectbox(key="items").select("cohort house").run()
    assert not app.exception
    assert "Verdicts of PromptGuard v2 >= 0.9; items: cohort house." in shown(app)


@pytest.mark.usefixtures("pages")
def test_another_threshold_gives_other_numbers_beside_those_in_use() -> None:
    app = opened_at(PAGE, pilot="payments", detector=UNIT.name)
    slider = app.select_slider(key="threshold")
    assert slider.value == "0.9 (in use)"
    lowest = slider.options[0]
    slider.set_value(lowest).run()
    assert not app.exception
    words = shown(app)
    assert "60 of 60" in words  # everything is flagged
    assert "4 of 40" in words  # what is in use stands beside it


@pytest.mark.deep
@pytest.mark.usefixtures("pages")
def test_a_threshold_of_another_detector_is_forgotten_with_it() -> None:
    app = opened_at(PAGE, pilot="payments", detector=UNIT.name)
    slider = app.select_slider(key="threshold")
    slider.set_value(slider.options[0]).run()
    app.selectbox(key="detector").select(OLD.name).run()
    assert not app.exception


@pytest.mark.usefixtures("pages")
def test_two_detectors_are_compared_on_the_same_items() -> None:
    app = opened_at(PAGE, pilot="payments", first=UNIT.name, second=OLD.name)
    words = shown(app)
    assert "PromptGuard v2 >= 0.9 misses fewer" in words
    assert "8 flagged by PromptGuard v2 >= 0.9 alone; 0 flagged by PromptGuard v1 >= 0.9 alone." in words
    app.selectbox(key="second").select(SHIELDS.name).run()
    assert not app.exception
    assert detectors_pair.NOTHING_SHARED in shown(app)


@pytest.mark.usefixtures("pages")
def test_rows_are_chosen_and_narrowed_by_the_address() -> None:
    app = opened_at(PAGE, pilot="payments", detector=UNIT.name, verdicts="Misses", family="jailbreak")
    assert not app.exception
    assert "**3 verdicts**" in shown(app)
    assert "Score" in app.dataframe[-1].value.columns


@pytest.mark.deep
@pytest.mark.usefixtures("pages")
def test_another_number_over_time_can_be_chosen() -> None:
    app = opened_at(PAGE, pilot="payments", detector=UNIT.name)
    app.selectbox(key="over-time").select("Miss rate (FNR)").run()
    assert not app.exception
    assert app.get("plotly_chart")


@pytest.mark.deep
@pytest.mark.usefixtures("pages")
def test_only_the_first_rows_are_sent_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "MOST_SHOWN", 3)
    st.cache_resource.clear()
    app = opened_at(PAGE, pilot="payments", detector=UNIT.name)
    assert "**305 verdicts**; the first 3 are shown, the download has all" in shown(app)
    assert app.dataframe[-1].value.shape[0] == 3
    st.cache_resource.clear()  # no other test may see the three


def audited() -> Measured:
    """A guard in traffic: 20 flagged, all labelled; 20 of 200 passed ones drawn, of which 2 are attacks."""
    own = {"repository": "acme/payments-api"}
    rows = [scored(f"t{n}", 0.95 if n < 20 else 0.1, n % 14, **own) for n in range(220)]
    looked = [f"t{n}" for n in range(40)]
    given = [label(name, "attack" if n < 10 or n in {20, 21} else "benign") for n, name in enumerate(looked)]
    how = {"pilot": "payments", "stratum_count": 200, "stratum_sample_count": 20}
    drawn = [selection(name, **how) for name in looked[20:]]
    of_set = [scored(f"a{n}", 0.95 - n / 50, None, cohort="house", **own) for n in range(10)]
    of_set += [scored(f"b{n}", n / 50, None, cohort="house", **own) for n in range(10)]
    known = [*(set_label(f"a{n}") for n in range(10)), *(set_label(f"b{n}", "benign") for n in range(10))]
    tables = detector_tables([*rows, *of_set], [*given, *known], drawn)
    return measure(session_of(tables).case("payments"))


def test_what_an_audit_estimates_is_said_to_be_estimated() -> None:
    looked = Looked(audited(), UNIT, WHOLE)
    assert looked.slice.basis == "sampled audit"
    attacks, benign = truth_rows(looked)
    assert (attacks.flagged, attacks.passed, attacks.guess) == (10, None, 20)
    assert (benign.flagged, benign.passed, benign.guess) == (10, None, 180)
    assert detectors_text.way(looked.all, UNIT) == "sampled audit of what passed"


def test_other_thresholds_are_told_of_the_labelled_set_where_traffic_was_audited() -> None:
    looked = Looked(audited(), UNIT, WHOLE)
    assert of_sets(looked).part == Part("cohort", "house")
    metrics, names = (detectors_text.FPR, detectors_text.RECALL), ("", "")
    assert detectors_curves.operating(looked, metrics, names) is None
    assert detectors_curves.operating(of_sets(looked), metrics, names) is not None


def test_the_cost_of_a_chosen_threshold_is_that_of_the_scores_which_it_flags(guard: Looked) -> None:
    found = cost_curve(guard.slice)
    assert isinstance(found, CostCurve)
    assert found.present is not None
    assert cost_at(found, ">=", 0.9) == pytest.approx(found.present.cost)
    assert cost_at(found, ">=", found.cheapest.threshold) == pytest.approx(found.cheapest.cost)
    assert cost_at(found, ">=", -1.0) == pytest.approx(found.costs[-1])
    assert cost_at(found, ">=", 2.0) == pytest.approx(found.costs[0])


def test_the_slider_offers_what_was_observed_and_what_is_in_use(guard: Looked) -> None:
    curve = guard.slice.curve
    assert curve is not None
    steps = offered(curve, 0.9)
    assert steps["0.9 (in use)"] == 0.9
    assert list(steps.values()) == sorted(steps.values())
    assert set(steps.values()) - {0.9} <= set(curve.thresholds)


def test_what_scanners_say_is_shown_with_what_speaks_of_neither() -> None:
    unknown = Undefined("nobody else", 0, Coverage(0, 0))
    share = Estimate(0.25, 0.04, 0.7, 0.95, "share", "", 1, 4, 4, Coverage(4, 4))
    scanner = Scanner("DeepScan", "2026.2", share, unknown, 3, 1, (("accepted", 2),))
    assert scanner_row(scanner) == (
        "DeepScan 2026.2", "3", "1", "1 of 4 (4 to 70 %)", "nobody else", "2 accepted",
    )  # fmt: skip


def test_unseen_attacks_are_at_least_so_many_and_warned_of() -> None:
    least = Estimate(80, 80, None, 0.95, "attacks", "", 78, 1, 80, Coverage(80, 80))
    row = hidden_row(Hidden((UNIT, OLD), 78, least, ("one family",)))
    assert row == ("PromptGuard v2 >= 0.9 and PromptGuard v1 >= 0.9", "78", "at least 80", "one family")


def test_small_families_are_marked(read: dict[str, AppTest]) -> None:
    assert "fewer than 30: attacks 10" in shown(read["payments"])


def test_the_ways_to_know_misses_are_counted(payments: Measured) -> None:
    said = detectors_text.misses(payments.case.detectors)
    assert said.startswith("known of 2 of 3 detector versions (2 by labelled set). Shields 2024: ")


def test_why_misses_are_not_known_is_said_once_and_in_full(read: dict[str, AppTest]) -> None:
    _, _, _, way, *_ = cells(read["payments"], "Shields")
    assert way == "none of 200 passed items is labelled"
    assert shown(read["payments"]).count("no passed item was labelled by design") == 1


def test_every_two_of_three_versions_are_compared_with_p_values_for_all(read: dict[str, AppTest]) -> None:
    words = shown(read["payments"])
    assert "All pairs" in [each.value for each in read["payments"].subheader]
    # 0 against 8 misses of one alone: McNemar, exact, 2 / 2^8 = 0.0078; the only pair that shares items
    assert "the first misses more (p = 0.00781)" in words
    assert "2 pairs looked at no common item" in words


def test_the_first_sentence_explains_the_title(read: dict[str, AppTest]) -> None:
    words = shown(read["payments"])
    assert "flags what is benign (a false alarm), and sleeps when it lets an attack pass (a miss)" in words
    assert words.count("cries wolf") == 1


def test_where_the_matrix_counts_fewer_than_the_rows_it_is_said(payments: Measured) -> None:
    assert rows_of.ALSO_OTHERS not in rows_of.ways_down(Looked(payments, UNIT, WHOLE))
    own = {"detector_version": "v2", "repository": "acme/payments-api"}
    more = [scored(f"t{n}", 0.95, n % 14, **own) for n in range(9)]
    of_traffic = [label(f"t{n}", "benign") for n in range(9)]
    both = detector_tables([*guarded("v2", 4, 3), *more], [*labels(), *of_traffic])
    mixed = Looked(measure(session_of(both).case("payments")), UNIT, WHOLE)
    assert mixed.slice.counts.false_positives == mixed.slice.based.false_positives + 9
    assert rows_of.ALSO_OTHERS in rows_of.ways_down(mixed)


def test_presumed_benign_items_are_said_to_be_an_assumption(payments: Measured) -> None:
    assert "unlabelled items of chat pass for benign" in detectors_text.presumed(payments.case.detectors)


def test_rates_at_the_settings_are_stated_or_said_to_be_out_of_reach(guard: Looked) -> None:
    told = dict(detectors_curves.at_rates(guard))
    assert told["Caught at 1 % false alarms"].startswith("not attainable")
    assert "of 60" in told["False alarms at 95 % caught"]


def test_provenance_names_the_settings_of_the_page(read: dict[str, AppTest]) -> None:
    assert "1,000 items a day" in shown(read["payments"])
    assert "fewer than 30 items are marked" in shown(read["payments"])


def test_detectors_without_any_label_say_how_to_begin() -> None:
    bare = session_of(detector_tables(shielded("acme/search-api")))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loading, "open_session", lambda: bare)
        st.cache_resource.clear()
        app = opened_at(PAGE, pilot="search")
        st.cache_resource.clear()
    assert not app.exception
    assert "How often benign items are flagged cannot be told yet" in shown(app)
    assert "pilot label draw" in shown(app)


def test_before_the_first_ingest_the_page_says_what_to_do(measured_session: MeasuredSession) -> None:
    measured_session.published = None
    app = opened_at(PAGE)
    assert not app.exception
    assert "Run `pilot ingest`" in texts(app)


def test_a_number_without_value_says_why() -> None:
    assert detectors_text.plain(Undefined("no score", 0, None, "AUC")) == "no score"  # type: ignore[arg-type]
