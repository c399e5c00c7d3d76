"""Alerts are asked for when they are due, newest change first, and no further than needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.settings import GitHubSettings
from ingest.sources.github.alerts.reading import read_alerts
from ingest.sources.github.batches import Exchange, packed
from ingest.sources.github.faults import DeniedFault, HubError
from ingest.sources.github.state import RepositoryState
from tests.builders_alerts import (
    NOW,
    Host,
    Page,
    analysis,
    batch,
    code_alert,
    dependabot_alert,
    instance,
    pull_ref,
    rule_suite,
    secret_alert,
    state,
)
from tests.builders_sarif import REPOSITORY, Row, day

ANALYSES = "code-scanning/analyses"
CODE = "code-scanning/alerts"
SECRETS = "secret-scanning/alerts"
DEPENDENCIES = "dependabot/alerts"
RULES = "rulesets/rule-suites"


@dataclass(frozen=True)
class Target:
    now: str = REPOSITORY


def read(
    host: Host, before: RepositoryState | None = None, at: datetime = NOW, **settings: Any
) -> tuple[list[Exchange], RepositoryState]:
    """All exchanges of one look, and the state after it."""
    begun = before or state()
    steps = list(read_alerts(host, Target(), begun, GitHubSettings(**settings), at))
    reached = steps[-1][1] if steps else begun
    return [exchange for exchanges, _ in steps for exchange in exchanges], reached


def only_kind(kind: str) -> dict[str, Any]:
    return {"alerts": [kind], "rule_bypasses": False}


def features(exchanges: list[Exchange]) -> dict[str, tuple[str, str | None]]:
    told = [each for each in exchanges if each.asked == "feature"]
    return {each.by["feature"]: (each.answer["status"], each.answer["said"]) for each in told}


def asked(exchanges: list[Exchange], kind: str) -> list[Any]:
    return [each.by.get("number") for each in exchanges if each.asked == kind]


# -- when ----------------------------------------------------------------------------------------


def test_an_idle_repository_with_everything_on_costs_one_request_for_each_list():
    host = Host()
    exchanges, _ = read(host)
    assert host.paths() == [ANALYSES, CODE, SECRETS, DEPENDENCIES, RULES]
    assert set(features(exchanges).values()) == {("ok", None)}


def test_each_part_is_one_step_with_the_state_after_it():
    steps = list(read_alerts(Host(), Target(), state(), GitHubSettings(), NOW))
    known = [sorted(after.alerts_at) for _, after in steps]
    kinds = ["code_scanning", "dependabot", "secret_scanning"]
    assert known == [["code_scanning"], ["code_scanning", "secret_scanning"], kinds, kinds]
    assert [after.rules_at for _, after in steps] == [None, None, None, NOW]


def test_nothing_is_asked_again_within_the_interval():
    _, reached = read(Host())
    host = Host()
    assert read(host, reached, NOW + timedelta(hours=11, minutes=59)) == ([], reached)
    assert host.asked == []


def test_alerts_are_due_after_the_interval_and_rules_after_a_week():
    _, reached = read(Host())
    after_half_a_day, after_a_week = Host(), Host()
    read(after_half_a_day, reached, NOW + timedelta(hours=12))
    read(after_a_week, reached, NOW + timedelta(days=7))
    assert after_half_a_day.paths() == [ANALYSES, CODE, SECRETS, DEPENDENCIES]
    assert after_a_week.paths() == [ANALYSES, CODE, SECRETS, DEPENDENCIES, RULES]


def test_only_what_the_settings_name_is_asked():
    host = Host()
    read(host, alerts=["dependabot"], rule_bypasses=False)
    assert host.paths() == [DEPENDENCIES]


def test_todays_name_of_a_repository_is_asked_not_the_first_one():
    host = Host()
    moved = RepositoryState(id="R_1", name="acme/old", now="acme/old")
    list(read_alerts(host, Target("acme/new"), moved, GitHubSettings(**only_kind("dependabot")), NOW))
    assert [path for path, _ in host.asked] == ["/repos/acme/new/dependabot/alerts"]


# -- what is off ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "status", "said", "expected"),
    [
        ("code_scanning", ANALYSES, 404, "no analysis found", "off"),
        ("code_scanning", ANALYSES, 403, "Code scanning is not enabled for this repository.", "off"),
        (
            "code_scanning",
            ANALYSES,
            403,
            "Advanced Security must be enabled for this repository to use code scanning.",
            "off",
        ),
        ("secret_scanning", SECRETS, 404, "Secret scanning is disabled on this repository.", "off"),
        ("dependabot", DEPENDENCIES, 403, "Dependabot alerts are disabled for this repository.", "off"),
        (
            "dependabot",
            DEPENDENCIES,
            403,
            "Dependabot alerts are not available for archived repositories.",
            "off",
        ),
        ("dependabot", DEPENDENCIES, 403, "Resource not accessible by integration", "not_permitted"),
        (
            "secret_scanning",
            SECRETS,
            404,
            "Resource not accessible by personal access token",
            "not_permitted",
        ),
        ("secret_scanning", SECRETS, 403, "Must have admin rights to Repository.", "not_permitted"),
        ("code_scanning", ANALYSES, 404, "Not Found", "not_found"),
    ],
)
def test_a_feature_that_is_off_costs_one_request_and_is_told_in_the_hosts_words(
    kind: str, path: str, status: int, said: str, expected: str
):
    host = Host({path: DeniedFault(status, said)})
    exchanges, reached = read(host, **only_kind(kind))
    assert host.paths() == [path]
    assert features(exchanges) == {kind: (expected, said)}
    assert reached.alerts_at == {kind: NOW}


def test_rules_that_may_not_be_read_are_told_too():
    exchanges, reached = read(Host({RULES: DeniedFault(404, "Not Found")}), alerts=[])
    assert features(exchanges) == {"rule_suites": ("not_found", "Not Found")}
    assert reached.rules_at == NOW


def test_analyses_without_their_alerts_are_not_kept_as_they_would_look_like_clean_scans():
    lists = {ANALYSES: [analysis(1, 1)], CODE: DeniedFault(403, "Resource not accessible by integration")}
    exchanges, reached = read(Host(lists), **only_kind("code_scanning"))
    assert [each.asked for each in exchanges] == ["feature"]
    assert reached.analyses_at is None


def test_a_refusal_in_no_words_is_told_by_its_status():
    exchanges, _ = read(Host({DEPENDENCIES: DeniedFault(404, "")}), **only_kind("dependabot"))
    assert features(exchanges) == {"dependabot": ("not_found", "HTTP 404")}


def test_an_answer_that_is_no_list_is_an_error_that_says_where():
    host = Host({DEPENDENCIES: {"message": "hello"}})
    with pytest.raises(SourceError, match=r"acme/payments: GitHub answered dict where a list of dependabot"):
        read(host, **only_kind("dependabot"))


# -- how far -------------------------------------------------------------------------------------


def test_lists_are_asked_newest_change_first_in_pages_of_a_hundred():
    host = Host()
    read(host)
    newest = {"per_page": "100", "sort": "updated", "direction": "desc"}
    assert dict(host.asked) == {
        f"/repos/{REPOSITORY}/{ANALYSES}": {"per_page": "100", "sort": "created", "direction": "desc"},
        f"/repos/{REPOSITORY}/{CODE}": newest,
        f"/repos/{REPOSITORY}/{SECRETS}": {**newest, "hide_secret": "true"},
        f"/repos/{REPOSITORY}/{DEPENDENCIES}": newest,
        f"/repos/{REPOSITORY}/{RULES}": {
            "per_page": "100",
            "rule_suite_result": "bypass",
            "time_period": "month",
        },
    }


def test_a_first_look_reads_a_list_to_its_end():
    alerts = [dependabot_alert(number, changed=20 - number) for number in range(1, 6)]
    host = Host({DEPENDENCIES: alerts}, page_size=2)
    exchanges, reached = read(host, **only_kind("dependabot"))
    assert [parameters.get("page") for _, parameters in host.asked] == [None, "2", "3"]
    assert [len(each.answer) for each in exchanges if each.asked == "dependabot/alerts"] == [2, 2, 1]
    assert reached.alerts_touched_at == {"dependabot": day(19)}


def test_a_later_look_stops_at_the_page_that_reaches_what_was_seen():
    old = [dependabot_alert(number, changed=20 - number) for number in range(1, 7)]
    _, reached = read(Host({DEPENDENCIES: old}), **only_kind("dependabot"))
    host = Host({DEPENDENCIES: [dependabot_alert(9, changed=25), *old]}, page_size=2)
    read(host, reached, NOW + timedelta(days=1), **only_kind("dependabot"))
    assert len(host.asked) == 1


def test_a_change_with_an_old_date_is_found_when_it_is_newer_than_all_that_was_seen():
    _, reached = read(Host({CODE: [code_alert(1, changed=6)]}), **only_kind("code_scanning"))
    host = Host({CODE: [code_alert(2, changed=6.5), code_alert(1, changed=6)]})
    exchanges, _ = read(host, reached, NOW + timedelta(days=30), **only_kind("code_scanning"))
    assert asked(exchanges, "code_scanning/instances") == [2]


def test_what_changed_within_a_day_before_the_last_look_is_read_again():
    alerts = [code_alert(1, changed=10), code_alert(2, changed=9.75), code_alert(3, changed=8.5)]
    _, reached = read(Host({CODE: alerts}), at=day(10.25), **only_kind("code_scanning"))
    exchanges, reached = read(Host({CODE: alerts}), reached, day(11), **only_kind("code_scanning"))
    assert asked(exchanges, "code_scanning/instances") == [1, 2]
    exchanges, _ = read(Host({CODE: alerts}), reached, day(12), **only_kind("code_scanning"))
    assert asked(exchanges, "code_scanning/instances") == []


def test_a_server_that_tells_no_change_is_read_wholly_each_time():
    alerts = [{**secret_alert(number), "updated_at": None} for number in (1, 2, 3)]
    _, reached = read(Host({SECRETS: alerts}), **only_kind("secret_scanning"))
    host = Host({SECRETS: alerts}, page_size=1)
    read(host, reached, NOW + timedelta(days=2), **only_kind("secret_scanning"))
    assert len(host.asked) == 3


def test_analyses_are_read_down_to_the_latest_that_was_seen():
    known = [analysis(number, 10 - number) for number in range(1, 5)]
    _, reached = read(Host({ANALYSES: known}), **only_kind("code_scanning"))
    assert reached.analyses_at == day(9)
    host = Host({ANALYSES: [analysis(8, 12), *known]}, page_size=2)
    read(host, reached, NOW + timedelta(days=1), **only_kind("code_scanning"))
    assert host.paths().count(ANALYSES) == 1


def test_analyses_from_before_the_first_pull_request_wanted_are_left_alone():
    made = [analysis(number, 10 - number) for number in range(1, 7)]
    host = Host({ANALYSES: made}, page_size=2)
    read(host, **only_kind("code_scanning"), created_after=date(2026, 6, 7))
    assert host.paths().count(ANALYSES) == 2


# -- details -------------------------------------------------------------------------------------


def test_where_a_new_alert_was_seen_is_asked_page_by_page():
    path = f"{CODE}/1/instances"
    seen = [instance(), instance(pull_ref(7)), instance(pull_ref(8))]
    host = Host({ANALYSES: [analysis(1, 1)], CODE: [code_alert(1)], path: seen}, page_size=2)
    exchanges, _ = read(host, **only_kind("code_scanning"))
    listed = [each for each in exchanges if each.asked == "code_scanning/instances"]
    assert [(each.by, len(each.answer)) for each in listed] == [({"number": 1}, 2), ({"number": 1}, 1)]


def test_what_the_first_analysis_of_a_tool_reported_needs_no_request_each():
    old = [{**code_alert(number), "created_at": "2026-06-01T12:05:00Z"} for number in (1, 2, 3)]
    host = Host({ANALYSES: [analysis(1, 1)], CODE: [code_alert(4), *old]})
    exchanges, _ = read(host, **only_kind("code_scanning"))
    assert asked(exchanges, "code_scanning/instances") == [4]


def test_an_alert_that_went_away_meanwhile_stops_nothing():
    lists: Row = {
        CODE: [code_alert(1), code_alert(2)],
        f"{CODE}/1/instances": DeniedFault(404, "No alert found for alert number"),
        f"{CODE}/2/instances": [instance()],
    }
    exchanges, _ = read(Host(lists), **only_kind("code_scanning"))
    assert asked(exchanges, "code_scanning/instances") == [2]
    assert features(exchanges) == {"code_scanning": ("ok", None)}


def test_the_place_of_a_secret_is_asked_only_where_the_alert_does_not_tell_it():
    outside = {"type": "issue_body", "issue_body_url": "https://github.example/1"}
    wiki = {"path": "Home.md", "commit_sha": "w1", "page_url": "https://github.example/wiki"}
    alerts = [
        secret_alert(1),
        secret_alert(2, first_location_detected=None),
        secret_alert(3, first_location_detected=outside),
        secret_alert(4, first_location_detected=wiki),
    ]
    exchanges, _ = read(Host({SECRETS: alerts, **_locations(2, 3, 4)}), **only_kind("secret_scanning"))
    assert asked(exchanges, "secret_scanning/locations") == [2, 3, 4]


def _locations(*numbers: int) -> dict[str, Any]:
    return {f"{SECRETS}/{number}/locations": [{"type": "commit", "details": {}}] for number in numbers}


# -- secrets never -------------------------------------------------------------------------------


def test_values_of_secrets_never_reach_an_exchange_even_if_a_server_sends_them():
    planted = "us2-0123456789-planted-value"
    alerts = [secret_alert(number, secret=planted, first_location_detected=None) for number in (1, 2, 3)]
    located = [{"type": "commit", "details": {"path": "a.py", "commit_sha": "c", "secret": planted}}]
    lists = {SECRETS: alerts, **{f"{SECRETS}/{number}/locations": located for number in (1, 2, 3)}}
    host = Host(lists, page_size=2)
    exchanges, _ = read(host, **only_kind("secret_scanning"))
    content = packed(batch(*exchanges))
    assert planted.encode() not in content
    assert content.count(b"mailchimp_api_key") == 3
    pages = [parameters for path, parameters in host.asked if path.endswith(SECRETS)]
    assert [parameters["hide_secret"] for parameters in pages] == ["true", "true"]


def test_bypassed_rules_are_read_to_the_end():
    host = Host({RULES: [rule_suite(number) for number in (1, 2, 3)]}, page_size=2)
    exchanges, reached = read(host, alerts=[])
    assert [len(each.answer) for each in exchanges if each.asked == "rule_suites"] == [2, 1]
    assert reached.rules_at == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_looks_that_follow_within_a_month_cover_all_since_the_first_and_a_gap_begins_anew():
    def look(now: datetime, before: RepositoryState) -> tuple[RepositoryState, str]:
        steps = list(read_alerts(Host({RULES: []}), Target(), before, GitHubSettings(alerts=[]), now))
        return steps[-1][1], steps[-1][0][-1].by["since"]

    first, since = look(NOW, state())
    assert since == "2026-10-24T12:00:00+00:00"  # four weeks before
    second, since = look(NOW + timedelta(days=27), first)
    assert since == "2026-10-24T12:00:00+00:00"
    _, since = look(NOW + timedelta(days=27 + 29), second)
    assert since == "2026-12-19T12:00:00+00:00"


def rules_at(days: int, before: RepositoryState, *, denied: bool = False) -> tuple[RepositoryState, Row]:
    """A look at bypassed rules on a day: the state after it, and what was noted of the feature."""
    refusal = DeniedFault(403, "Resource not accessible by integration")
    host = Host({RULES: refusal if denied else []})
    exchanges, reached = read(host, before, NOW + timedelta(days=days), alerts=[])
    assert host.paths() == [RULES]
    return reached, exchanges[-1].by


def test_a_refusal_breaks_no_chain_where_the_next_look_covers_the_gap():
    first, _ = rules_at(0, state())
    refused, noted = rules_at(8, first, denied=True)
    assert "since" not in noted
    assert refused.rules_at == NOW + timedelta(days=8)
    _, noted = rules_at(15, refused)
    assert noted["since"] == "2026-10-24T12:00:00+00:00"


def test_refusals_for_longer_than_a_look_goes_back_break_the_chain():
    reached, _ = rules_at(0, state())
    for days in (8, 16, 24):
        reached, _ = rules_at(days, reached, denied=True)
    _, noted = rules_at(31, reached)
    assert noted["since"] == "2026-11-24T12:00:00+00:00"  # four weeks before that look


# -- one part fails --------------------------------------------------------------------------------


class Stumbling(Host):
    """A host that fails on one path every time."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__()
        self._path, self._error = path, error

    def get(self, path: str, parameters: Mapping[str, str]) -> Page:
        answer = super().get(path, parameters)
        if path.endswith(self._path):
            raise self._error
        return answer


def test_a_part_that_fails_every_time_keeps_no_other_part_from_being_read():
    steps = read_alerts(
        Stumbling(CODE, SourceError("HTTP 500 again and again")), Target(), state(), GitHubSettings(), NOW
    )
    given = [next(steps) for _ in range(3)]
    with pytest.raises(SourceError, match="HTTP 500 again and again"):
        next(steps)
    assert [exchanges[-1].by["feature"] for exchanges, _ in given] == [
        "secret_scanning",
        "dependabot",
        "rule_suites",
    ]
    assert sorted(given[-1][1].alerts_at) == ["dependabot", "secret_scanning"]


def test_what_would_meet_every_repository_alike_ends_the_look_at_once():
    host = Stumbling(CODE, HubError("GitHub cannot be reached"))
    with pytest.raises(HubError):
        list(read_alerts(host, Target(), state(), GitHubSettings(), NOW))
    assert host.paths() == [ANALYSES, CODE]


# -- branches beside the default one ---------------------------------------------------------------

RELEASE = "refs/heads/release"


class Branched(Host):
    """A host that lists other alerts for the branch `release`."""

    def get(self, path: str, parameters: Mapping[str, str]) -> Page:
        is_release = parameters.get("ref") == RELEASE
        return super().get(path.replace(CODE, f"{CODE}@release") if is_release else path, parameters)


def look_at_release(
    host: Host, before: RepositoryState, days: int = 0
) -> tuple[list[Exchange], RepositoryState]:
    given = GitHubSettings(**only_kind("code_scanning"))
    at = NOW + timedelta(days=days)
    [step] = read_alerts(host, Target(), before, given, at, branches=[RELEASE])
    return step


def test_alerts_of_another_protected_branch_are_listed_by_its_name():
    lists = {CODE: [code_alert(1)], f"{CODE}@release": [code_alert(1), code_alert(2)]}
    host = Branched(lists)
    exchanges, _ = look_at_release(host, state())
    assert host.paths()[:3] == [ANALYSES, CODE, f"{CODE}@release"]
    assert [each.by.get("ref") for each in exchanges if each.asked == "code_scanning/alerts"] == [
        None,
        RELEASE,
    ]
    assert asked(exchanges, "code_scanning/instances") == [1, 2]


def test_a_branch_that_is_protected_later_is_read_wholly_at_first_and_by_its_changes_then():
    lists = {CODE: [code_alert(1, changed=20)], f"{CODE}@release": [code_alert(2, changed=6)]}
    _, reached = read(Host(lists), **only_kind("code_scanning"))
    exchanges, reached = look_at_release(Branched(lists), reached, days=2)
    assert asked(exchanges, "code_scanning/instances") == [2]
    exchanges, _ = look_at_release(Branched(lists), reached, days=4)
    assert asked(exchanges, "code_scanning/instances") == []


# -- how far the list of analyses goes -------------------------------------------------------------


def listed_since(host: Host, before: RepositoryState | None = None, days: int = 0) -> str:
    exchanges, _ = read(host, before, NOW + timedelta(days=days), **only_kind("code_scanning"))
    since: str = exchanges[-1].by["since"]
    return since


def test_a_first_look_lists_all_analyses_and_a_later_one_down_to_its_oldest():
    made = [analysis(number, 10 - number) for number in range(1, 5)]
    host = Host({ANALYSES: made}, page_size=2)
    assert listed_since(host) == "1970-01-01T00:00:00+00:00"
    _, reached = read(host, **only_kind("code_scanning"))
    assert listed_since(host, reached, days=2) == "2026-06-08T12:00:00+00:00"


def test_a_list_without_any_analysis_is_a_whole_one():
    assert listed_since(Host()) == "1970-01-01T00:00:00+00:00"
