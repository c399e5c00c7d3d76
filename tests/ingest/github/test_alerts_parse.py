"""Kept answers about alerts become rows: states, severities, scans, decisions, features, bypasses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.attribution.alert_identity import alert_finding
from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.settings import IngestSettings
from ingest.sources.github.alerts.parse import alert_frames
from ingest.sources.github.alerts.scans import REMEDY, Branches
from ingest.sources.github.batches import Exchange, packed, unpacked
from tests.builders_alerts import (
    MAIN,
    NOW,
    analysis,
    batch,
    code_alert,
    dependabot_alert,
    instance,
    pull_ref,
    rule_suite,
    secret_alert,
    text_of,
)
from tests.builders_sarif import REPOSITORY, Row, day

NAME = "github/R_1/00000007.jsonl"
REAL = Path(__file__).parents[3] / ".." / "shared" / "real" / "findings" / "api"


def told(*exchanges: Exchange, settings: IngestSettings | None = None, **facts: Any) -> dict[str, list[Row]]:
    """Rows by table that a batch gives after it was kept and read again; all hold their contracts."""
    kept = unpacked(packed(batch(*exchanges, **facts)), NAME)
    found = alert_frames(kept, NAME, settings or IngestSettings())
    return {name: _trusted(name, frame) for name, frame in found.items()}


def _trusted(name: str, frame: pl.DataFrame) -> list[Row]:
    checked = check(frame.with_columns(source=pl.lit("github"), ingested_at=pl.lit(NOW)), BY_NAME[name])
    assert checked.rejected_by_rule == {}
    return checked.valid.to_dicts()


def code(*alerts: Row, **by: Any) -> Exchange:
    return Exchange("code_scanning/alerts", {"per_page": "100", "changed_after": None, **by}, list(alerts))


def instances(number: int, *found: Row) -> Exchange:
    return Exchange("code_scanning/instances", {"number": number}, list(found))


def secrets(*alerts: Row) -> Exchange:
    return Exchange("secret_scanning/alerts", {"changed_after": None}, list(alerts))


def locations(number: int, *found: Row) -> Exchange:
    return Exchange("secret_scanning/locations", {"number": number}, list(found))


def dependencies(*alerts: Row) -> Exchange:
    return Exchange("dependabot/alerts", {"changed_after": None}, list(alerts))


def analyses(*made: Row) -> Exchange:
    return Exchange("code_scanning/analyses", {}, list(made))


def facts(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def real(name: str) -> list[Row]:
    path = REAL / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded answers are not on this machine")
    content = json.loads(path.read_bytes())
    return content if isinstance(content, list) else [content]


# -- code scanning -------------------------------------------------------------------------------


def test_an_alert_of_a_code_scanner_is_one_row():
    (row,) = told(code(code_alert(3)))["alerts"]
    key = ("repository", "kind", "number", "state")
    assert facts(row, *key) == (REPOSITORY, "code_scanning", 3, "open")
    rule = ("rule", "cwe", "severity", "is_security", "tool", "tool_version", "category")
    assert facts(row, *rule) == (
        "py/sql-injection", ["CWE-89"], "high", True, "CodeQL", "2.22.4", "/language:python",
    )  # fmt: skip
    place = ("path", "line", "is_blamable", "created_at", "updated_at", "fixed_at")
    assert facts(row, *place) == ("app/db.py", 12, True, day(5), day(5), None)
    assert row["message"] == "This query depends on a user-provided value."
    assert row["url"].endswith("/security/code-scanning/3")
    assert row["raw_ref"] == f"raw/{NAME}#code_scanning/3"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"security_severity_level": "critical", "severity": "error"}, ("critical", True)),
        ({"security_severity_level": "low", "severity": "error"}, ("low", True)),
        ({"severity": "error", "tags": ["security"]}, ("high", True)),
        ({"severity": "warning", "tags": ["external/cwe/cwe-275"]}, ("medium", True)),
        ({"severity": "note", "tags": None}, ("low", False)),
        ({"severity": "none"}, ("none", False)),
        ({}, ("medium", False)),
    ],
)
def test_severity_is_the_security_level_else_the_rules_own(rule: Row, expected: tuple[str, bool]):
    (row,) = told(code(code_alert(1, rule={"id": "r", **rule})))["alerts"]
    assert facts(row, "severity", "is_security") == expected


def test_every_alert_of_a_security_tool_is_about_security():
    alert = code_alert(1, rule={"id": "B101", "severity": "note"}, tool={"name": "Bandit", "version": None})
    (row,) = told(code(alert))["alerts"]
    assert row["is_security"]


def test_where_an_alert_was_seen_is_told_by_its_instances_and_its_own_entry():
    seen = [
        instance(pull_ref(7), state="fixed", commit_sha="f7"),
        instance(MAIN, category="/old", commit_sha="c1"),
    ]
    (row,) = told(code(code_alert(1)), instances(1, *seen))["alerts"]
    assert facts(row, "refs", "ref_categories", "ref_states", "ref_commits") == (
        [MAIN, MAIN, pull_ref(7)],
        ["/language:python", "/old", "/language:python"],
        ["open", "open", "fixed"],
        ["c5", "c1", "f7"],
    )


def test_instances_that_came_in_several_pages_are_one_list():
    pages = [instances(1, instance(pull_ref(7))), instances(1, instance(pull_ref(8)))]
    (row,) = told(code(code_alert(1)), *pages)["alerts"]
    assert row["refs"] == [MAIN, pull_ref(7), pull_ref(8)]


def test_an_alert_that_an_earlier_batch_told_wholly_is_not_told_again_without_its_instances():
    page = code(code_alert(1, changed=6), code_alert(2, changed=5), changed_after=day(5).isoformat())
    assert [row["number"] for row in told(page)["alerts"]] == [1]


def test_an_image_is_no_line_of_code():
    location = {"path": "registry.example/app:1.2", "start_line": 1}
    alert = code_alert(1, most_recent_instance=instance(location=location), tool={"name": "Trivy"})
    (row,) = told(code(alert))["alerts"]
    assert row["is_blamable"] is False


def test_a_secret_in_a_scanners_message_is_hidden():
    planted = "Possible hardcoded password: 'hunter2-planted'"
    alert = code_alert(1, most_recent_instance=instance(message={"text": planted}))
    (row,) = told(code(alert))["alerts"]
    assert row["message"] == "Possible hardcoded password: '***'"


def test_a_fixed_alert_says_when():
    alert = code_alert(1, changed=9, state="fixed", fixed_at=text_of(day(9)))
    found = told(code(alert))
    assert facts(found["alerts"][0], "state", "fixed_at") == ("fixed", day(9))
    assert "dispositions" not in found


@pytest.mark.parametrize(
    ("reason", "disposition"),
    [("false positive", "false_positive"), ("won't fix", "wont_fix"), ("used in tests", "wont_fix")],
)
def test_a_dismissal_of_a_code_alert_is_a_decision(reason: str, disposition: str):
    found = told(code(_dismissed(reason)))
    assert facts(found["alerts"][0], "state", "dismissed_at", "dismissed_by", "dismissed_reason") == (
        "dismissed", day(8), "maria", reason,
    )  # fmt: skip
    (row,) = found["dispositions"]
    assert facts(row, "finding_id", "disposition", "decided_at", "decided_by", "reason") == (
        alert_finding(REPOSITORY, "code_scanning", 1), disposition, day(8), "maria", f"{reason}: seen ***",
    )  # fmt: skip


def _dismissed(reason: str | None, **others: Any) -> Row:
    return code_alert(
        1,
        changed=8,
        state="dismissed",
        dismissed_at=text_of(day(8)),
        dismissed_by={"login": "maria"},
        dismissed_reason=reason,
        dismissed_comment="seen jo@example.org",
        **others,
    )


def test_who_approved_a_dismissal_is_its_second_person():
    (row,) = told(code(_dismissed("won't fix", dismissal_approved_by={"login": "sven"})))["dispositions"]
    assert row["second_person"] == "sven"


def test_a_dismissal_by_a_deleted_account_is_still_a_decision():
    alert = {**_dismissed("won't fix"), "dismissed_by": None}
    (row,) = told(code(alert))["dispositions"]
    assert row["decided_by"] == "unknown"


def test_a_reason_nobody_knows_goes_to_quarantine_with_its_word():
    kept = batch(code(_dismissed("won't tell")))
    frame = alert_frames(kept, NAME, IngestSettings())["dispositions"]
    assert frame["disposition"].to_list() == ["won't tell"]
    checked = check(
        frame.with_columns(source=pl.lit("github"), ingested_at=pl.lit(NOW)), BY_NAME["dispositions"]
    )
    assert (checked.valid.height, checked.rejected.height) == (0, 1)


def test_a_reopened_alert_bears_no_dismissal():
    found = told(code(code_alert(1, changed=9)))
    assert facts(found["alerts"][0], "state", "dismissed_at") == ("open", None)
    assert "dispositions" not in found


# -- analyses ------------------------------------------------------------------------------------


def test_an_analysis_of_the_default_branch_is_a_scan_after_merge():
    (row,) = told(analyses(analysis(201, 5)))["scans"]
    names = ("scan_id", "tool", "tool_version", "rules_version", "category", "repository", "commit_sha")
    assert facts(row, *names) == (
        "github-analysis-201", "CodeQL", "2.22.4", "2.22.4", "/language:python", REPOSITORY, "c201",
    )  # fmt: skip
    names = ("ref", "pull_request", "stage", "status", "status_reason", "scanned_at", "result_count", "file")
    assert facts(row, *names) == (MAIN, None, "post_merge", "ok", None, day(5), 3, f"raw/{NAME}")


@pytest.mark.parametrize(
    ("ref", "stage", "number"),
    [
        (pull_ref(7), "pre_merge", 7),
        ("refs/pull/7/head", "pre_merge", 7),
        ("refs/heads/gh-readonly-queue/main/pr-9-0123abcd", "pre_merge", 9),
        ("refs/heads/feature", "unknown", None),
        (MAIN, "post_merge", None),
        ("main", "post_merge", None),
    ],
)
def test_the_ref_of_an_analysis_says_before_or_after_merge(ref: str, stage: str, number: int | None):
    (row,) = told(analyses(analysis(1, 5, ref)))["scans"]
    assert facts(row, "stage", "pull_request") == (stage, number)


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"error": "not valid SARIF"}, "failed", "GitHub says: not valid SARIF; "),
        ({"warning": "123 results were ignored"}, "partial", "GitHub says: 123 results were ignored; "),
        (
            {"results_count": 5000},
            "partial",
            "GitHub keeps the worst 5,000 results of a run, this one has 5,000; ",
        ),
    ],
)
def test_the_silence_of_an_analysis_means_what_github_says_it_means(given: Row, status: str, reason: str):
    (row,) = told(analyses(analysis(1, 5, **given)))["scans"]
    assert facts(row, "status", "status_reason") == (status, reason + REMEDY)


def test_an_analysis_without_results_that_github_says_nothing_of_is_clean():
    (row,) = told(analyses(analysis(1, 5, results_count=0)))["scans"]
    assert facts(row, "status", "status_reason") == ("ok", None)


def test_the_branch_that_the_pilots_protect_is_the_one_after_merge():
    protecting = IngestSettings(protected_branches={"acme/*": "release"})
    made = analyses(analysis(1, 5), analysis(2, 6, "refs/heads/release"))
    rows = told(made, settings=protecting)["scans"]
    assert [facts(row, "stage", "status") for row in rows] == [("unknown", "ok"), ("post_merge", "partial")]
    assert rows[1]["status_reason"].startswith("GitHub lists the alerts of the default branch only")


def test_an_analysis_of_a_protected_branch_whose_alerts_were_listed_is_a_whole_one():
    protecting = IngestSettings(protected_branches={"acme/*": "release"})
    made = analyses(analysis(1, 5, "refs/heads/release"))
    listed = Exchange("code_scanning/alerts", {"ref": "refs/heads/release"}, [])
    (row,) = told(made, listed, settings=protecting)["scans"]
    assert facts(row, "stage", "status", "status_reason") == ("post_merge", "ok", None)


def test_an_alert_that_the_lists_of_two_branches_tell_is_one_row_that_was_seen_on_both():
    on_release = code_alert(1, most_recent_instance=instance("refs/heads/release", state="fixed"))
    lists = [
        Exchange("code_scanning/alerts", {}, [code_alert(1)]),
        Exchange("code_scanning/alerts", {"ref": "refs/heads/release"}, [on_release, code_alert(2)]),
    ]
    rows = told(*lists)["alerts"]
    assert [row["number"] for row in rows] == [1, 2]
    assert facts(rows[0], "refs", "ref_states") == (
        ["refs/heads/main", "refs/heads/release"],
        ["open", "fixed"],
    )


def test_the_branches_beside_the_default_one_are_those_that_the_pilots_protect():
    protecting = IngestSettings(
        protected_branches={"acme/pay*": "release", "acme/*": "main", "acme/payments": "release"}
    )
    assert Branches.of(REPOSITORY, "main", protecting).beside_default == ("refs/heads/release",)
    assert Branches.of(REPOSITORY, None, protecting).beside_default == ()
    assert Branches.of(REPOSITORY, "main", IngestSettings()).beside_default == ()


def test_without_a_known_default_branch_the_usual_names_are_taken_for_it():
    rows = told(analyses(analysis(1, 5, "refs/heads/master"), analysis(2, 5, "dev")), default_branch=None)
    assert [facts(row, "stage", "status") for row in rows["scans"]] == [
        ("post_merge", "ok"),
        ("unknown", "ok"),
    ]


def test_old_servers_tell_the_tool_of_an_analysis_apart():
    made = analysis(1, 5, tool=None, tool_name="CodeQL", category=None)
    (row,) = told(analyses(made))["scans"]
    assert facts(row, "tool", "category") == ("CodeQL", ".github/workflows/codeql.yml:analyze")


# -- secrets -------------------------------------------------------------------------------------


def test_a_secret_in_code_is_one_row_without_its_value():
    (row,) = told(secrets({**secret_alert(4), "secret": "planted-value"}))["alerts"]
    names = ("kind", "number", "state", "rule", "severity", "is_security", "path", "line", "is_blamable")
    assert facts(row, *names) == (
        "secret_scanning", 4, "open", "mailchimp_api_key", "high", True, "app/mail.py", 3, True,
    )  # fmt: skip
    assert facts(row, "commit_sha", "found_in", "message") == ("c5", "commit", "Mailchimp API Key found")
    assert "planted-value" not in str(row)


def test_the_first_place_of_a_secret_in_code_wins_over_earlier_ones_elsewhere():
    found = [
        {"type": "issue_title", "details": {"issue_title_url": "https://github.example/1"}},
        {"type": "commit", "details": {"path": "/b.py", "start_line": 9, "commit_sha": "c9"}},
        {"type": "commit", "details": {"path": "/c.py", "start_line": 1, "commit_sha": "c2"}},
    ]
    alert = secret_alert(1, first_location_detected=None)
    (row,) = told(secrets(alert), locations(1, *found))["alerts"]
    assert facts(row, "found_in", "path", "line", "commit_sha") == ("commit", "b.py", 9, "c9")


def test_a_secret_outside_the_code_says_where():
    alert = secret_alert(1, first_location_detected=None)
    outside = {"type": "issue_body", "details": {"issue_body_url": "https://github.example/1"}}
    (row,) = told(secrets(alert), locations(1, outside))["alerts"]
    assert facts(row, "found_in", "path", "is_blamable") == ("issue_body", None, False)


@pytest.mark.parametrize(
    ("resolution", "disposition"),
    [
        ("false_positive", "false_positive"),
        ("wont_fix", "wont_fix"),
        ("used_in_tests", "wont_fix"),
        ("revoked", "confirmed"),
        ("pattern_deleted", None),
    ],
)
def test_a_resolution_of_a_secret_is_a_decision_unless_the_host_made_it(
    resolution: str, disposition: str | None
):
    resolved = {
        "state": "resolved",
        "resolution": resolution,
        "resolved_at": text_of(day(8)),
        "resolved_by": {"login": "maria"},
    }
    found = told(secrets(secret_alert(1, **resolved)))
    assert facts(found["alerts"][0], "state", "dismissed_at", "dismissed_reason") == (
        "dismissed", day(8), resolution,
    )  # fmt: skip
    assert [row["disposition"] for row in found.get("dispositions", [])] == [disposition] * bool(disposition)


# -- dependencies --------------------------------------------------------------------------------


def test_an_alert_about_a_dependency_is_one_row():
    (row,) = told(dependencies(dependabot_alert(2)))["alerts"]
    names = ("kind", "number", "state", "rule", "cwe", "severity", "path", "is_blamable", "message")
    assert facts(row, *names) == (
        "dependabot", 2, "open", "GHSA-h5c8-rqwp-cp95", ["CWE-79"], "medium", "requirements.txt", False,
        "jinja2: Attribute injection in a filter",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "score", "severity"),
    [("medium", 9.3, "critical"), ("low", 0.0, "low"), ("moderate", None, "medium")],
)
def test_severity_of_an_advisory_is_its_score_else_its_word(word: str, score: float | None, severity: str):
    advisory = {"ghsa_id": "GHSA-1", "severity": word, "cvss": {"score": score}}
    (row,) = told(dependencies(dependabot_alert(1, security_advisory=advisory)))["alerts"]
    assert row["severity"] == severity


@pytest.mark.parametrize(
    ("reason", "disposition"),
    [
        ("inaccurate", "false_positive"),
        ("tolerable_risk", "accepted"),
        ("not_used", "wont_fix"),
        ("no_bandwidth", "wont_fix"),
        ("fix_started", "confirmed"),
    ],
)
def test_a_dismissal_of_a_dependency_alert_is_a_decision(reason: str, disposition: str):
    dismissed = {
        "dismissed_at": text_of(day(8)),
        "dismissed_by": {"login": "maria"},
        "dismissed_reason": reason,
    }
    (row,) = told(dependencies(dependabot_alert(1, state="dismissed", **dismissed)))["dispositions"]
    assert facts(row, "disposition", "decided_by", "second_person") == (disposition, "maria", None)


def test_what_a_rule_of_the_host_dismissed_is_nobodys_decision():
    found = told(dependencies(dependabot_alert(1, state="auto_dismissed", auto_dismissed_at=text_of(day(6)))))
    assert facts(found["alerts"][0], "state", "dismissed_at", "dismissed_by", "dismissed_reason") == (
        "dismissed", day(6), None, "auto_dismissed",
    )  # fmt: skip
    assert "dispositions" not in found


# -- features and rules --------------------------------------------------------------------------


def test_a_feature_is_one_row_with_the_hosts_words():
    said = "Secret scanning is disabled on this repository."
    by = {"feature": "secret_scanning", "at": "2026-11-21T11:00:00+00:00"}
    (row,) = told(Exchange("feature", by, {"status": "off", "said": said}))["features"]
    assert facts(row, "repository", "feature", "status", "said", "asked_at") == (
        REPOSITORY, "secret_scanning", "off", said, datetime(2026, 11, 21, 11, tzinfo=UTC),
    )  # fmt: skip


def test_a_feature_whose_moment_is_not_told_was_asked_with_its_batch():
    (row,) = told(Exchange("feature", {"feature": "checks"}, {"status": "not_permitted", "said": None}))[
        "features"
    ]
    assert facts(row, "feature", "asked_at") == ("checks", NOW)


def test_a_push_that_bypassed_rules_is_one_row():
    pushes = [rule_suite(21), rule_suite(22, actor_name="renovate[bot]")]
    rows = told(Exchange("rule_suites", {}, pushes))["rule_bypasses"]
    assert facts(rows[0], "suite_id", "ref", "before_sha", "after_sha", "pushed_at") == (
        "21", MAIN, "b5", "c5", day(5),
    )  # fmt: skip
    assert [facts(row, "actor", "actor_kind") for row in rows] == [("maria", "user"), ("renovate", "bot")]


def test_a_batch_without_alerts_gives_nothing():
    assert told(Exchange("pages", {"first": 36}, {"data": {}})) == {}


# -- recorded answers ----------------------------------------------------------------------------


def test_recorded_page_of_fourteen_alerts_has_ten_fixed_and_four_open():
    rows = told(code(*real("pygithub_CodeScanAlert.testMultipleAlerts_1")))["alerts"]
    assert sorted(row["state"] for row in rows) == ["fixed"] * 10 + ["open"] * 4
    assert {facts(row, "severity", "is_security", "tool_version") for row in rows} == {
        ("medium", True, "2.22.4")
    }
    assert {tuple(row["cwe"]) for row in rows} == {("CWE-275",)}
    fixed = {row["fixed_at"] for row in rows}
    assert fixed == {None, datetime(2025, 8, 25, 16, 3, 9, tzinfo=UTC)}
    by_number = {row["number"]: (row["path"], row["line"]) for row in rows}
    assert by_number[14] == (".github/workflows/ci.yml", 169)


def test_recorded_alerts_without_a_security_severity_fall_back_to_the_rules_level():
    found = told(code(*real("pygithub_OrganizationCodeScanAlert.testMultipleAlerts_1")))
    (zipslip,) = (row for row in found["alerts"] if row["number"] == 4)
    assert facts(zipslip, "severity", "is_security", "cwe") == ("high", True, ["CWE-22"])
    (dismissal,) = found["dispositions"]
    assert facts(dismissal, "disposition", "decided_by") == ("false_positive", "octocat")


def test_recorded_dependency_alerts_tell_the_auto_dismissed_apart():
    rows = told(dependencies(*real("pygithub_Organization.testGetDependabotAlerts_1")))
    found = {facts(row, "number", "path", "state", "severity") for row in rows["alerts"]}
    assert (3, "package-lock.json", "dismissed", "medium") in found
    assert (5, "package-lock.json", "open", "critical") in found
    assert (2, "package-lock.json", "open", "low") in found
    assert "dispositions" not in rows


def test_a_recorded_dismissal_of_a_dependency_alert_is_a_decision():
    found = told(dependencies(*real("pygithub_DependabotAlert.testMultipleAlerts_1")))
    (row,) = found["dispositions"]
    assert row["decided_by"] == "coopernetes"
    assert row["decided_at"] == datetime(2024, 1, 20, 22, 4, tzinfo=UTC)


def test_a_recorded_resolved_secret_is_a_false_positive_without_its_value():
    found = told(secrets(*real("pygithub_SecretScanAlert.testMultipleAlerts_1")))
    assert {row["disposition"] for row in found["dispositions"]} == {"false_positive"}
    assert "XXXX" not in str(found)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("webhook_code_scanning_alert_closed-by-user", "dismissed"),
        ("webhook_code_scanning_alert_fixed", "fixed"),
        ("webhook_code_scanning_alert_reopened", "open"),
    ],
)
def test_recorded_alerts_of_every_state_are_read(name: str, state: str):
    (event,) = real(name)
    (row,) = told(code(event["alert"]))["alerts"]
    assert row["state"] == state
