"""Alerts of the code host become findings by the same rules as results of scan files."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.attribution import attribute
from ingest.attribution.alert_identity import alert_finding, alert_key
from ingest.attribution.alert_places import followed_keys
from ingest.attribution.alert_stays import hosted, stays
from ingest.attribution.changes import merges
from ingest.attribution.from_alerts import all_findings, by_alerts
from ingest.attribution.host_alerts import reported
from ingest.attribution.lanes import placed_scans
from ingest.attribution.reopening import reopened
from ingest.attribution.unplaced import might_be_news
from ingest.contracts import DISPOSITIONS_TABLE
from ingest.tracking.history import History
from tests.builders_alerts import (
    MAIN,
    alert,
    alert_rows,
    commit,
    commit_rows,
    host_scan,
    pull_ref,
    scan_rows,
    secret,
    seen_on,
)
from tests.builders_sarif import REPOSITORY, Row, day, file, frames, pull, scan
from tests.builders_sarif import reported as results_of


def findings(
    alerts: Sequence[Row],
    scans: Sequence[Row] = (),
    pulls: Sequence[Row] = (),
    files: Sequence[Row] = (),
    **others: Sequence[Row],
) -> pl.DataFrame:
    _, scan_results, pull_requests, changed_files = frames([], others.get("results", ()), pulls, files)
    lists = (pull_requests, changed_files, commit_rows(*others.get("commits", ())))
    given = reported(alert_rows(*alerts), scan_rows(*scans))
    return all_findings(given, by_alerts(given, lists[0]), scan_results, lists)


def only(found: pl.DataFrame) -> Row:
    (row,) = found.iter_rows(named=True)
    return row


def facts(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


# -- first seen ----------------------------------------------------------------------------------


def test_an_alert_of_the_first_analysis_is_a_baseline():
    found = only(findings([alert(1, 1)], [host_scan("a1", 1), host_scan("a2", 5)], [pull(7, 4)], [file(7)]))
    assert facts(found, "method", "introduced_by", "first_seen_at", "gone_at") == (
        "baseline",
        None,
        day(1),
        None,
    )


def test_an_alert_created_by_a_later_analysis_belongs_to_the_sole_merge_before_it():
    found = only(findings([alert(1, 5)], [host_scan("a1", 1), host_scan("a2", 5)], [pull(7, 4)], [file(7)]))
    names = ("method", "introduced_by", "confidence", "first_seen_at", "first_seen_stage", "first_seen_scan")
    assert facts(found, *names) == ("sole_merge", 7, "high", day(5), "post_merge", "a2")


def test_the_finding_is_named_by_the_number_of_its_alert():
    found = only(findings([alert(12, 5)], [host_scan("a1", 1), host_scan("a2", 5)]))
    assert found["finding_id"] == alert_finding(REPOSITORY, "code_scanning", 12)
    assert facts(found, "rule", "severity", "path", "line", "tool") == (
        "rule-12",
        "high",
        "app.py",
        3,
        "CodeQL",
    )


@pytest.mark.parametrize("minutes", [-4, 0, 4])
def test_an_upload_is_processed_within_minutes_so_the_nearest_analysis_created_the_alert(minutes: int):
    created = 5 + minutes / 24 / 60
    scans = [host_scan("a1", 1), host_scan("a2", 5), host_scan("a3", 6)]
    found = only(findings([alert(1, created)], scans, [pull(7, 4), pull(8, 5.5)]))
    assert facts(found, "introduced_by", "first_seen_at") == (7, day(5))


def test_an_alert_without_an_analysis_near_its_creation_is_first_seen_by_the_next_one():
    scans = [host_scan("a1", 1), host_scan("a2", 6)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "first_seen_at") == (7, day(6))


def test_an_alert_first_seen_on_a_pull_request_and_then_on_main_was_reported_before_the_merge():
    seen = seen_on(MAIN, pull_ref(7))
    scans = [host_scan("a1", 1), host_scan("h7", 2, 7), host_scan("a2", 5)]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(7, 3), pull(8, 4)], [file(7), file(8)]))
    names = ("introduced_by", "method", "first_seen_at", "first_seen_stage", "post_merge_seen_at")
    assert facts(found, *names) == (7, "pull_request_head", day(2), "pre_merge", day(5))


def test_an_analysis_of_main_before_the_merge_did_not_have_what_a_pull_request_showed():
    seen = seen_on(MAIN, pull_ref(7))
    scans = [host_scan("a1", 1), host_scan("h7", 2, 7), host_scan("a2", 2.5), host_scan("a3", 5)]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(6, 2.25), pull(7, 4)], [file(6), file(7)]))
    assert facts(found, "introduced_by", "post_merge_seen_at") == (7, day(5))


def test_an_analysis_of_an_older_merge_that_ended_after_the_next_one_does_not_hold_it():
    seen = seen_on(MAIN, pull_ref(7))
    scans = [
        host_scan("a1", 1),
        host_scan("h7", 2, 7),
        host_scan("a2", 4.25, commit_sha="merge-6"),
        host_scan("a3", 5, commit_sha="merge-7"),
    ]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(6, 3.5), pull(7, 4)]))
    assert facts(found, "introduced_by", "post_merge_seen_at") == (7, day(5))


def test_a_second_attempt_that_merged_brought_in_what_the_first_one_showed():
    seen = seen_on(MAIN, pull_ref(7), pull_ref(8))
    scans = [host_scan("a1", 1), host_scan("h7", 2, 7), host_scan("h8", 3, 8), host_scan("a2", 5)]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(7), pull(8, 4)], [file(8)]))
    assert facts(found, "introduced_by", "method", "first_seen_at", "first_seen_stage") == (
        8,
        "pull_request_head",
        day(3),
        "pre_merge",
    )


def test_a_change_that_fixes_an_alert_did_not_bring_it_in():
    seen = seen_on(MAIN, pull_ref(9), states=["fixed", "fixed"], commits=["", "commit-h9"])
    scans = [host_scan("a1", 1), host_scan("a2", 5), host_scan("h9", 6, 9), host_scan("a3", 8)]
    found = only(
        findings([alert(1, 5, fixed_at=day(8), state="fixed", **seen)], scans, [pull(7, 4), pull(9, 7)])
    )
    assert facts(found, "introduced_by", "method", "gone_at") == (7, "sole_merge", day(8))


def test_what_an_unmerged_pull_request_showed_is_on_main_before_the_merge_of_the_one_that_fixes_it():
    seen = seen_on(MAIN, pull_ref(7), pull_ref(9), states=["fixed", "open", "fixed"])
    gone = {"state": "fixed", "fixed_at": day(9), **seen}
    scans = [
        host_scan("a1", 1),
        host_scan("h7", 2, 7),
        host_scan("a2", 5),
        host_scan("h9", 6, 9),
        host_scan("a3", 9),
    ]
    found = only(findings([alert(1, 2, **gone)], scans, [pull(7), pull(8, 4), pull(9, 8)], [file(8)]))
    assert facts(found, "introduced_by", "post_merge_seen_at", "gone_at") == (8, day(5), day(9))


def test_an_alert_that_its_pull_request_fixed_before_the_merge_is_gone_at_that_commit():
    seen = seen_on(pull_ref(7), states=["fixed"], commits=["fix"])
    scans = [
        host_scan("a1", 1),
        host_scan("h1", 2, 7),
        host_scan("h2", 3, 7, commit_sha="fix"),
        host_scan("h3", 3.5, 7),
    ]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "first_seen_stage", "gone_at") == (7, "pre_merge", day(3))


def test_what_the_last_look_at_a_pull_request_says_is_fixed_was_there_until_then():
    seen = seen_on(pull_ref(7), states=["fixed"])
    scans = [host_scan("a1", 1), host_scan("h1", 2, 7), host_scan("h2", 3, 7), host_scan("h3", 3.5, 7)]
    found = only(findings([alert(1, 2, **seen)], scans, [pull(7, 4)]))
    assert found["gone_at"] == day(3.5)


def test_of_two_merges_between_two_analyses_the_one_that_touched_the_path_explains_the_alert():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    files = [file(7, "other.py"), file(8)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 3), pull(8, 4)], files))
    assert facts(found, "method", "introduced_by") == ("sole_path", 8)


def test_an_alert_that_no_single_merge_explains_is_unattributed():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 3), pull(8, 4)]))
    assert facts(found, "method", "introduced_by") == ("unattributed", None)


def test_a_new_version_of_the_scanner_makes_what_it_reports_a_baseline():
    scans = [host_scan("a1", 1), host_scan("a2", 5, rules_version="2.0")]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4)], [file(7)]))
    assert facts(found, "method", "introduced_by") == ("baseline", None)


# -- categories, tools, states -------------------------------------------------------------------


def test_an_alert_is_only_in_analyses_of_its_own_category():
    scans = [host_scan("a1", 1), host_scan("j1", 4.5, category="/js"), host_scan("a2", 5)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4)]))
    assert facts(found, "first_seen_scan", "introduced_by") == ("a2", 7)


def test_an_alert_whose_category_changed_keeps_the_change_that_brought_it_in():
    scans = [
        host_scan("a1", 1, category="/old"),
        host_scan("a2", 5, category="/old"),
        host_scan("a3", 9),
        host_scan("a4", 10),
    ]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4), pull(8, 8)], [file(7), file(8)]))
    names = ("introduced_by", "method", "first_seen_at", "gone_at")
    assert facts(found, *names) == (7, "sole_merge", day(5), None)


def test_another_category_that_did_not_create_an_alert_never_had_it():
    scans = [host_scan("j1", 1, category="/js"), host_scan("j2", 6, category="/js"), host_scan("a1", 9)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4)]))
    assert facts(found, "method", "first_seen_scan") == ("baseline", "a1")


def test_the_old_category_of_an_alert_ends_where_the_new_one_begins():
    scans = [
        host_scan("a1", 1, category="/old"),
        host_scan("a2", 5, category="/old"),
        host_scan("a3", 9),
        host_scan("b1", 10, category="/old"),
    ]
    gone = {"state": "fixed", "fixed_at": day(11), **seen_on(MAIN, states=["fixed"])}
    found = only(findings([alert(1, 5, **gone)], [*scans, host_scan("a4", 11)], [pull(7, 4)]))
    assert facts(found, "introduced_by", "gone_at") == (7, day(11))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_the_analysis_nearest_to_the_fix_is_the_one_without_the_alert(minutes: int):
    fixed_at = day(9 + minutes / 24 / 60)
    gone = {"state": "fixed", "fixed_at": fixed_at, **seen_on(MAIN, states=["fixed"])}
    scans = [host_scan("a1", 1), host_scan("a2", 5), host_scan("a3", 9), host_scan("a4", 11)]
    assert only(findings([alert(1, 5, **gone)], scans, [pull(7, 4)]))["gone_at"] == day(9)


def test_an_alert_of_another_tool_is_in_no_analysis_of_this_one():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    assert findings([alert(1, 5, tool="Trivy")], scans, [pull(7, 4)]).is_empty()


def test_an_alert_is_gone_with_the_analysis_that_fixed_it():
    gone = {"state": "fixed", "fixed_at": day(9), **seen_on(MAIN, states=["fixed"])}
    scans = [
        host_scan("a1", 1),
        host_scan("a2", 5),
        host_scan("a3", 7),
        host_scan("a4", 9),
        host_scan("a5", 11),
    ]
    found = only(findings([alert(1, 5, **gone)], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "gone_at") == (7, day(9))


def test_a_dismissed_alert_is_still_there():
    dismissed = {"state": "dismissed", "dismissed_at": day(6), **seen_on(MAIN, states=["dismissed"])}
    scans = [host_scan("a1", 1), host_scan("a2", 5), host_scan("a3", 7)]
    found = only(findings([alert(1, 5, **dismissed)], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "gone_at") == (7, None)


def test_a_failed_analysis_neither_brings_an_alert_nor_ends_one():
    scans = [host_scan("a1", 1), host_scan("f", 3, status="failed"), host_scan("a2", 5)]
    found = only(findings([alert(1, 5)], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "first_seen_scan") == (7, "a2")


def test_an_alert_of_a_dependency_is_no_finding_of_any_change():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    assert findings([alert(1, 5, kind="dependabot", tool="Dependabot")], scans, [pull(7, 4)]).is_empty()


# -- beside scan files ---------------------------------------------------------------------------


def test_where_files_of_a_tool_are_known_its_alerts_are_not_counted_again():
    files = [
        scan("s1", 1, source="sarif", tool="codeql"),
        scan("s2", 5, source="sarif", tool="codeql"),
    ]
    scans = [*files, host_scan("a1", 1), host_scan("a2", 5)]
    found = findings([alert(1, 5)], scans, [pull(7, 4)], results=results_of("s2", "bad"))
    assert only(found)["rule"] == "bad"
    assert reported(alert_rows(alert(1, 5)), scan_rows(*scans)).doubled_count == 1


def test_analyses_of_the_host_do_not_end_what_files_of_the_same_tool_report():
    same = {"tool": "CodeQL", "category": "/python"}
    scans = [scan("s1", 1, source="sarif", **same), host_scan("a2", 5)]
    found = only(findings([], scans, results=results_of("s1", "old")))
    assert found["gone_at"] is None


def test_files_of_another_tool_or_repository_leave_the_alerts_alone():
    others = [
        scan("s1", 1, source="sarif", tool="Semgrep"),
        scan("s2", 1, source="sarif", tool="CodeQL", repository="acme/else"),
        scan("s3", 1, source="sarif", tool="CodeQL", status="withdrawn"),
    ]
    scans = [*others, host_scan("a1", 1), host_scan("a2", 5)]
    assert only(findings([alert(1, 5)], scans, [pull(7, 4)]))["introduced_by"] == 7


# -- what may be left out ------------------------------------------------------------------------

REF = st.sampled_from([MAIN, pull_ref(1), pull_ref(2), pull_ref(3)])
CATEGORY = st.sampled_from(["/python", "/python", "/js"])
STATUS = st.sampled_from(["ok", "ok", "ok", "partial", "failed"])
HALF_DAY = st.integers(2, 24).map(lambda half: half / 2)


@st.composite
def told_alerts(draw: st.DrawFn) -> Row:
    """Where and when one alert was seen."""
    refs = draw(st.lists(REF, unique=True, min_size=1))
    states = [draw(st.sampled_from(["open", "open", "fixed"])) for _ in refs]
    categories = [draw(CATEGORY) for _ in refs]
    created = draw(HALF_DAY)
    fixed_at = day(created + draw(HALF_DAY)) if states[0] == "fixed" and refs[0] == MAIN else None
    return {"created_on": created, "fixed_at": fixed_at, **_seen(refs, states, categories)}


def _seen(refs: list[str], states: list[str], categories: list[str]) -> Row:
    return seen_on(*refs, states=states, categories=categories)


@st.composite
def hosted_histories(draw: st.DrawFn) -> tuple[list[Row], list[Row], list[Row]]:
    """Some weeks of analyses, alerts and merges of one repository."""
    scans = []
    for place in range(draw(st.integers(1, 14))):
        number = draw(st.sampled_from([None, None, None, 1, 2, 3]))
        rules = draw(st.sampled_from(["1", "1", "1", "2"]))
        facts = {"category": draw(CATEGORY), "status": draw(STATUS), "rules_version": rules}
        scans.append(host_scan(f"a{place}", draw(HALF_DAY), number, **facts))
    told = draw(st.lists(told_alerts(), min_size=1, max_size=6))
    alerts = [alert(number, **facts) for number, facts in enumerate(told, start=1)]
    pulls = [pull(number, draw(st.none() | HALF_DAY)) for number in (1, 2, 3)]
    return alerts, scans, pulls


def with_every_analysis(alerts: list[Row], scans: list[Row], pulls: list[Row]) -> pl.DataFrame:
    """Findings that follow when every analysis repeats all that it reported."""
    given = scan_rows(*scans)
    proposals = frames([], [], pulls)[2]
    analyses = hosted(placed_scans(given, proposals))
    stayed = stays(alert_rows(*alerts), analyses, merges(proposals)).join(analyses, on="host_stream")
    is_there = pl.col("scanned_at").is_between(
        "begin_at", pl.col("end_at").fill_null(day(1000)), closed="left"
    )
    present = stayed.filter(is_there).select("number", "scan_id").unique().rows()
    by_number = {row["number"]: row for row in alerts}
    results = [
        {
            **results_of(scan_id, by_number[number]["rule"], message="bad")[0],
            "position": number,
            "finding_key": alert_key("code_scanning", number),
            "raw_ref": by_number[number]["raw_ref"],
        }
        for number, scan_id in present
    ]
    followed = History(followed=followed_keys(alert_rows(*alerts)))
    return attribute(given, frames([], results)[1], proposals, frames([], [])[3], followed)


@pytest.mark.deep
@settings(deadline=None, max_examples=20)
@given(hosted_histories())
def test_analyses_that_say_nothing_new_may_be_left_out(history: tuple[list[Row], list[Row], list[Row]]):
    assert findings(*history).equals(with_every_analysis(*history))


@settings(deadline=None, max_examples=10)
@given(hosted_histories(), st.randoms(use_true_random=False))
def test_order_of_alerts_and_analyses_changes_nothing(
    history: tuple[list[Row], list[Row], list[Row]], chance: Random
):
    shuffled = [list(rows) for rows in history]
    for rows in shuffled:
        chance.shuffle(rows)
    assert findings(*shuffled).equals(findings(*history))


def unexplained(alerts: Sequence[Row], scans: Sequence[Row], pulls: Sequence[Row] = ()) -> list[int]:
    """Numbers of the alerts that no analysis explains and that a change may have brought in."""
    told, proposals = reported(alert_rows(*alerts), scan_rows(*scans)), frames([], [], pulls)[2]
    unplaced = by_alerts(told, proposals).unplaced
    return might_be_news(unplaced, told.analyses, proposals)["number"].sort().to_list()


def test_an_alert_that_no_analysis_explains_may_be_bad_news():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    assert unexplained([alert(1, 5), alert(2, 5, tool="Trivy"), secret(3, 5, "c")], scans) == [2]


def fixed(number: int, created_on: float, fixed_on: float, **facts: Any) -> Row:
    """An alert that main had between two days."""
    gone = {"state": "fixed", "fixed_at": day(fixed_on), **seen_on(MAIN, states=["fixed"])}
    return alert(number, created_on, **{**gone, **facts})


def test_an_alert_that_was_fixed_before_the_first_known_analysis_is_no_news_and_no_finding():
    scans = [host_scan("a1", 5), host_scan("a2", 9)]
    alerts = [fixed(1, 2, 4), fixed(2, 2, 5 - 1 / 1440), fixed(3, 2, 4, tool="codeql")]
    assert unexplained(alerts, scans) == []
    assert findings(alerts, scans).is_empty()


def test_an_alert_that_was_fixed_after_the_first_known_analysis_may_be_news_where_none_explains_it():
    scans = [host_scan("a1", 5), host_scan("a2", 9)]
    elsewhere = seen_on("refs/heads/old", states=["fixed"])
    assert unexplained([fixed(1, 6, 7, **elsewhere)], scans) == [1]


@pytest.mark.parametrize("state", ["open", "dismissed"])
def test_an_alert_that_is_older_than_the_first_analysis_is_a_baseline(state: str):
    scans = [host_scan("a1", 5), host_scan("a2", 9)]
    old = alert(1, 2, state=state, **seen_on(MAIN, states=[state]))
    found = only(findings([old], scans, [pull(7, 4), pull(8, 8)], [file(7), file(8)]))
    assert facts(found, "method", "introduced_by", "first_seen_at", "gone_at") == (
        "baseline",
        None,
        day(5),
        None,
    )
    assert unexplained([old], scans) == []


def test_an_alert_that_is_older_than_the_looking_and_on_no_branch_looked_at_is_no_news():
    scans = [host_scan("a1", 5), host_scan("a2", 9)]
    created = {1: 4.99, 2: 4.995, 3: 6}  # a quarter of an hour before the first look, while it ran, later
    alerts = [alert(number, at, **seen_on("refs/heads/old")) for number, at in created.items()]
    assert unexplained(alerts, scans) == [2, 3]


def test_an_alert_that_is_older_than_the_first_pull_request_is_no_news_of_any_change():
    scans = [host_scan("a1", 5)]
    opened = {**pull(7, 9), "created_at": day(4)}
    alerts = [alert(1, 3.9, tool="Trivy"), alert(2, 4.1, tool="Trivy")]
    assert unexplained(alerts, scans, [opened]) == [2]
    assert unexplained(alerts, scans) == [1, 2]


@pytest.mark.parametrize(
    ("reason", "expected"), [("false positive", []), ("won't fix", [1]), ("used in tests", [1]), (None, [1])]
)
def test_only_a_false_positive_is_no_weakness(reason: str | None, expected: list[int]):
    dismissed = alert(1, 5, tool="Trivy", state="dismissed", dismissed_at=day(6), dismissed_reason=reason)
    assert unexplained([dismissed], [host_scan("a1", 1)]) == expected


def test_a_false_positive_that_is_open_again_may_be_bad_news():
    again = alert(1, 5, tool="Trivy", state="open", dismissed_reason="false positive")
    assert unexplained([again], [host_scan("a1", 1)]) == [1]


def test_an_alert_in_a_category_that_no_analysis_has_is_looked_for_in_all():
    scans = [host_scan("a1", 1), host_scan("a2", 5)]
    found = only(findings([alert(1, 5, **seen_on(MAIN, category="/else"))], scans, [pull(7, 4)]))
    assert facts(found, "introduced_by", "first_seen_scan") == (7, "a2")


# -- secrets -------------------------------------------------------------------------------------


def test_a_secret_belongs_to_the_pull_request_that_holds_its_commit():
    found = only(findings([secret(1, 5, "abc")], pulls=[pull(7, 4)], commits=[commit(7, "abc")]))
    names = ("method", "introduced_by", "confidence", "introduced_commit", "first_seen_stage")
    assert facts(found, *names) == ("commit", 7, "high", "abc", "post_merge")
    assert facts(found, "first_seen_at", "post_merge_seen_at", "gone_at") == (day(5), day(5), None)


def test_a_secret_that_was_reported_before_the_merge_was_merged_over():
    found = only(findings([secret(1, 3, "abc")], pulls=[pull(7, 4)], commits=[commit(7, "abc")]))
    assert facts(found, "first_seen_stage", "post_merge_seen_at", "introduced_by") == ("pre_merge", None, 7)


def test_a_secret_in_the_squashed_commit_belongs_to_the_pull_request_that_made_it():
    found = only(findings([secret(1, 5, "merge-7")], pulls=[pull(7, 4)]))
    assert facts(found, "method", "introduced_by") == ("commit", 7)


def test_of_several_pull_requests_with_the_commit_the_first_that_merged_brought_the_secret_in():
    pulls = [pull(6), pull(8, 5), pull(9, 4)]
    commits = [commit(6, "abc"), commit(8, "abc"), commit(9, "abc")]
    found = only(findings([secret(1, 6, "abc")], pulls=pulls, commits=commits))
    assert facts(found, "introduced_by", "confidence") == (9, "medium")


def test_a_secret_of_an_unknown_commit_from_before_the_first_merge_was_there_already():
    found = only(findings([secret(1, 2, "old")], pulls=[pull(7, 4)]))
    assert facts(found, "method", "introduced_by", "confidence") == ("baseline", None, "none")


def test_a_later_secret_of_an_unknown_commit_is_unattributed():
    found = only(findings([secret(1, 5, "pushed")], pulls=[pull(7, 4)]))
    assert facts(found, "method", "first_seen_stage") == ("unattributed", "post_merge")


def test_a_commit_of_no_pull_request_explains_nothing():
    found = only(findings([secret(1, 5, "abc")], pulls=[pull(7, 4)], commits=[commit(0, "abc")]))
    assert found["method"] == "unattributed"


def test_a_secret_outside_the_code_is_no_finding():
    assert findings([secret(1, 5, None, found_in="issue_body")], pulls=[pull(7, 4)]).is_empty()


def test_a_secret_whose_place_is_not_told_is_a_finding_all_the_same():
    found = only(findings([secret(1, 5, None, found_in=None)], pulls=[pull(7, 4)]))
    assert found["method"] == "unattributed"


def test_a_revoked_secret_is_gone_a_merely_dismissed_one_is_not():
    at = {"state": "dismissed", "dismissed_at": day(6)}
    revoked = secret(1, 5, "abc", dismissed_reason="revoked", **at)
    ignored = secret(2, 5, "abc", dismissed_reason="wont_fix", **at)
    found = findings([revoked, ignored], pulls=[pull(7, 4)], commits=[commit(7, "abc")])
    by_rule = {row["rule"]: row["gone_at"] for row in found.iter_rows(named=True)}
    assert by_rule == {"rule-1": day(6), "rule-2": None}


# -- taken back ----------------------------------------------------------------------------------


def decided(number: int, on_day: float, disposition: str = "wont_fix", source: str = "github") -> Row:
    return {
        "finding_id": alert_finding(REPOSITORY, "code_scanning", number),
        "decided_at": day(on_day),
        "decided_by": "maria",
        "disposition": disposition,
        "source": source,
    }


def asked_again(alerts: Sequence[Row], decisions: Sequence[Row]) -> pl.DataFrame:
    table = pl.DataFrame(list(decisions), schema=DISPOSITIONS_TABLE.polars_schema, orient="row")
    return reopened(alert_rows(*alerts), table)


def test_an_alert_that_is_open_in_spite_of_its_dismissal_was_reopened():
    row = only(asked_again([alert(1, 1, updated_at=day(6))], [decided(1, 5)]))
    assert facts(row, "disposition", "decided_at", "decided_by") == ("reopened", day(6), "unknown")


def test_a_dismissed_alert_and_a_reopened_one_that_is_known_are_not_asked_about_again():
    dismissed = alert(1, 1, state="dismissed", updated_at=day(6))
    known = alert(2, 1, updated_at=day(7))
    decisions = [decided(1, 5), decided(2, 5), decided(2, 6, "reopened")]
    assert asked_again([dismissed, known], decisions).is_empty()


def test_what_a_look_told_before_the_dismissal_takes_nothing_back():
    assert asked_again([alert(1, 1, updated_at=day(4))], [decided(1, 5)]).is_empty()


def test_a_decision_of_a_triage_file_is_not_taken_back_by_an_open_alert():
    assert asked_again([alert(1, 1, updated_at=day(6))], [decided(1, 5, source="triage")]).is_empty()
