"""`pilot doctor` asks GitHub who we are, what is left, what is found and what may be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from dashboard.doctoring_github import _used_up
from ingest.sources.github.permissions import PERMISSIONS
from tests.dashboard.builders_live import TOKEN, Key, configured, lines_of, new_key, repository, world
from tests.github_server import Faults, GitHubServer, World

SOURCE = {"github", "github limit", "clock", "least privilege", "repository", "permissions"}


@pytest.fixture
def known() -> World:
    return world()


@pytest.fixture
def server(known: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(known) as running:
        yield running


@pytest.fixture(scope="module")
def key() -> Key:
    return new_key()


def examined(
    capsys: pytest.CaptureFixture[str], config: Path, *words: str, code: int = 0
) -> dict[str, list[dict[str, str]]]:
    """What doctor says, by what it is about."""
    capsys.readouterr()
    assert main(["doctor", "--json", *words, "--config", str(config)]) == code
    told: dict[str, list[dict[str, str]]] = {}
    for each in json.loads(capsys.readouterr().out):
        told.setdefault(each["about"], []).append(each)
    return told


def only(told: dict[str, list[dict[str, str]]], about: str) -> dict[str, Any]:
    (complaint,) = told[about]
    return complaint


def test_who_asks_whom_and_what_is_left_is_told(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = examined(capsys, configured(tmp_path, server))
    taken, answers = told["github"]
    assert taken["seen"] == "secret taken from environment variable GITHUB_TOKEN"
    assert answers["seen"].startswith(f"{server.url} answers; asked as ")
    assert "of 5,000 points left, new ones at " in only(told, "github limit")["seen"]
    assert only(told, "clock")["level"] == "ok"
    assert only(told, "repository")["seen"] == "acme/pay: found"


def test_every_permission_is_tried_and_the_least_set_is_told(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = examined(capsys, configured(tmp_path, server))
    levels = {one.name: only(told, f"permission {one.name}")["level"] for one in PERMISSIONS}
    assert set(levels.values()) == {"ok"}
    least = only(told, "permissions")["seen"]
    assert all(one.name in least for one in PERMISSIONS)


def test_each_repository_and_permission_costs_one_request(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    examined(capsys, configured(tmp_path, server))
    introduction, looked_up = 3, 1
    assert server.requests == introduction + looked_up + len(PERMISSIONS)


def test_what_is_not_configured_is_not_tried(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = examined(capsys, configured(tmp_path, server, "alerts = []\nrule_bypasses = false"))
    assert "permission Dependabot alerts" not in told
    assert "permission Administration" not in told


def test_a_missing_permission_is_told_with_what_it_is_for_and_how_to_grant_it(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.denied_fields = {"Commit.checkSuites", "Commit.statusCheckRollup"}
    complaint = only(examined(capsys, configured(tmp_path, server)), "permission Checks")
    assert complaint["level"] == "warning"
    assert (
        "acme/pay: missing (Resource not accessible by integration): results of checks" in complaint["seen"]
    )
    assert complaint["remedy"] == "Repository permissions > Checks > Read-only"


def test_without_pull_requests_nothing_works_and_that_is_an_error(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.denied_fields = {"Repository.pullRequests"}
    told = examined(capsys, configured(tmp_path, server), code=11)
    assert only(told, "permission Pull requests")["level"] == "error"


def test_a_feature_that_is_off_is_no_complaint(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.repositories[0].secret_alerts = None
    complaint = only(examined(capsys, configured(tmp_path, server)), "permission Secret scanning alerts")
    assert complaint["level"] == "ok"
    assert "Secret scanning is disabled on this repository" in complaint["seen"]


def test_a_classic_token_may_do_too_much(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.tokens[TOKEN] = ["repo", "read:org", "delete_repo"]
    complaint = only(examined(capsys, configured(tmp_path, server)), "least privilege")
    assert complaint["seen"] == "may write where reading is enough: delete_repo and repo"
    assert complaint["remedy"] == "prefer a fine-grained token, or a GitHub App, with read-only permissions"


def test_a_classic_token_without_a_scope_is_told_which(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.tokens[TOKEN] = ["repo"]
    lacking = only(examined(capsys, configured(tmp_path, server)), "permission Members")
    assert lacking["seen"] == "the token has no scope for it: names of teams that were asked to review"
    assert (lacking["level"], lacking["remedy"]) == ("warning", "add the scope read:org")


def test_a_token_that_tells_no_scopes_is_judged_by_what_it_may_read(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.tokens[TOKEN] = []
    told = examined(capsys, configured(tmp_path, server))
    assert "least privilege" not in told
    assert [each["level"] for each in told["permission Members"]] == ["ok"]


def test_a_repository_that_is_not_there_is_an_error_and_others_are_looked_at(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.repositories.append(repository("other/web", seed=2))
    more = 'repositories = ["acme/gone", "other/web"]'
    told = examined(capsys, configured(tmp_path, server, more), code=11)
    gone, found = told["repository"]
    assert (gone["level"], gone["seen"]) == ("error", "acme/gone: is not there, or may not be seen")
    assert found["seen"] == "other/web: found"
    assert "other/web" in only(told, "permission Metadata")["seen"]


def test_a_renamed_and_an_archived_repository_are_named_so(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = known.repositories[0]
    repo.former_names, repo.name_with_owner, repo.is_archived = ["acme/pay"], "acme/billing", True
    complaint = only(examined(capsys, configured(tmp_path, server)), "repository")
    assert complaint["seen"] == "acme/pay: is called acme/billing today, archived"
    assert (complaint["level"], "write acme/billing" in complaint["remedy"]) == ("warning", True)


def test_a_pattern_tells_what_it_takes_in(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.repositories += [repository("acme/pay-api", seed=2), repository("acme/web", seed=3)]
    told = examined(capsys, configured(tmp_path, server, repository="acme/pay*"))
    assert only(told, "repository")["seen"] == "acme/pay*: 2 repositories: acme/pay, acme/pay-api"
    assert len(told["permission Checks"]) == 1


def test_a_pattern_that_fits_nothing_is_an_error(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = examined(capsys, configured(tmp_path, server, repository="acme/nothing-*"), code=11)
    assert "acme/nothing-*" in only(told, "repository")["seen"]


def test_a_server_of_ones_own_tells_its_version_and_that_it_has_no_limits(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.points_limit = None
    told = examined(capsys, configured(tmp_path, server))
    assert "(Enterprise Server 3.17.4) answers" in told["github"][1]["seen"]
    assert only(told, "github limit")["seen"] == "this server has none"


def test_a_limit_that_is_nearly_used_up_is_a_warning(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.points_used = 4600
    told = examined(capsys, configured(tmp_path, server))
    assert only(told, "github limit")["level"] == "warning"


def test_a_clock_that_differs_is_a_warning_with_the_difference(
    tmp_path: Path, known: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(known, Faults(date_skew=timedelta(minutes=10))) as skewed:
        complaint = only(examined(capsys, configured(tmp_path, skewed)), "clock")
    assert complaint["level"] == "warning"
    seconds = int(complaint["seen"].split()[4])
    assert 595 <= seconds <= 605
    assert "behind GitHub's" in complaint["seen"]


def test_offline_asks_nobody_and_still_says_where_the_secret_is(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = examined(capsys, configured(tmp_path, server), "--offline")
    assert only(told, "github")["seen"] == "secret taken from environment variable GITHUB_TOKEN"
    assert not set(told) & (SOURCE - {"github"})
    assert server.requests == 0


def test_a_missing_secret_is_said_once_and_nobody_is_asked(
    tmp_path: Path, server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    complaint = only(examined(capsys, configured(tmp_path, server), code=11), "github")
    assert "GITHUB_TOKEN" in complaint["seen"]
    assert server.requests == 0


def test_a_token_that_is_not_accepted_is_one_error(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.tokens.clear()
    _, complaint = examined(capsys, configured(tmp_path, server), code=11)["github"]
    assert (complaint["level"], "not accepted" in complaint["seen"]) == ("error", True)


def test_a_token_file_that_others_can_read_is_a_warning(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN, encoding="utf-8")
    path.chmod(0o644)
    config = configured(tmp_path, server, 'token_file = "token"')
    _, warned, _ = examined(capsys, config)["github"]
    assert (warned["level"], warned["remedy"]) == ("warning", f"chmod 600 {path}")
    path.chmod(0o600)
    assert len(examined(capsys, config)["github"]) == 2


def with_app(folder: Path, server: GitHubServer, known: World, key: Key) -> Path:
    """A configuration that asks as an App."""
    known.app_id, known.installation_id, known.app_public_key = 7, 8, key.public
    path = folder / "app.pem"
    path.write_text(key.private, encoding="utf-8")
    path.chmod(0o600)
    return configured(folder, server, 'app_id = 7\ninstallation_id = 8\nprivate_key_path = "app.pem"')


def test_an_app_tells_where_it_is_installed_and_what_it_lacks_or_has_too_much(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    granted = {one.key: "read" for one in PERMISSIONS} | {"contents": "write", "workflows": "write"}
    del granted["members"]
    known.installation_permissions = granted
    told = examined(capsys, with_app(tmp_path, server, known, key))
    assert (
        "asked as App pilot-metrics, installed by acme for selected repositories" in told["github"][1]["seen"]
    )
    excess = only(told, "least privilege")
    assert excess["seen"] == "may write where reading is enough: contents: write and workflows: write"
    lacking = only(told, "permission Members")
    assert lacking["seen"] == "the App's installation lacks it: names of teams that were asked to review"
    assert (lacking["level"], lacking["remedy"]) == (
        "warning",
        "Organization permissions > Members > Read-only",
    )


def test_what_an_app_may_write_comes_before_what_it_may_read_unasked(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    known.installation_permissions = {one.key: "read" for one in PERMISSIONS} | {"contents": "write"}
    config = with_app(tmp_path, server, known, key)
    config.write_text(config.read_text() + "rule_bypasses = false\n", encoding="utf-8")
    writes, unasked = examined(capsys, config)["least privilege"]
    assert writes["seen"] == "may write where reading is enough: contents: write"
    assert unasked["seen"] == "may read what the configuration does not ask for: administration"
    assert {writes["remedy"], unasked["remedy"]} == {
        "set them to Read-only or No access on the App's page, Permissions"
    }


def test_a_permission_that_was_not_given_and_is_refused_is_told_once(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    known.installation_permissions = {one.key: "read" for one in PERMISSIONS if one.name != "Checks"}
    known.denied_fields = {"Commit.checkSuites"}
    told = examined(capsys, with_app(tmp_path, server, known, key))
    assert only(told, "permission Checks")["seen"] == "the App's installation lacks it: results of checks"


def test_a_vital_permission_that_was_not_given_and_is_refused_is_an_error(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    known.installation_permissions = {one.key: "read" for one in PERMISSIONS if one.key != "pull_requests"}
    known.denied_fields = {"Repository.pullRequests"}
    told = examined(capsys, with_app(tmp_path, server, known, key), code=11)
    assert only(told, "permission Pull requests")["level"] == "error"


def test_several_owners_share_the_line_of_a_permission(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.repositories.append(repository("other/web", seed=2))
    known.repositories[1].secret_alerts = None
    more = 'repositories = ["acme/pay", "other/web"]'
    complaint = only(
        examined(capsys, configured(tmp_path, server, more)), "permission Secret scanning alerts"
    )
    assert complaint["level"] == "ok"
    assert complaint["seen"] == (
        "acme/pay: leaked secrets: where, never what; other/web: switched off there "
        "(Secret scanning is disabled on this repository.): not measured"
    )


def test_doctor_does_not_wait_for_points_and_says_from_when_on_to_run_again(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    known.points_used = 5000
    told = examined(capsys, configured(tmp_path, server), code=11)
    complaint = only(told, "github limit")
    assert (complaint["level"], complaint["seen"]) == ("error", "used up: the rest could not be looked at")
    assert re.fullmatch(r"run again after \d\d:\d\d UTC", complaint["remedy"])
    assert len(told["github"]) == 1
    assert server.requests == 1


@pytest.mark.parametrize(
    ("second", "after"), [("09:49:01", "09:50"), ("09:50:00", "09:50"), ("23:59:30", "00:00")]
)
def test_the_minute_to_run_again_after_is_never_too_early(second: str, after: str) -> None:
    until = datetime.fromisoformat(f"2026-11-21T{second}Z")
    assert _used_up(until).remedy == f"run again after {after} UTC"


def test_an_installation_that_is_gone_is_one_sentence(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    config = with_app(tmp_path, server, known, key)
    known.installation_id = 9
    _, complaint = examined(capsys, config, code=11)["github"]
    assert "installation_id names no installation" in complaint["seen"]


def test_no_secret_is_ever_printed(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    for config in (configured(tmp_path, server), with_app(tmp_path, server, known, key)):
        for words in ([], ["--json"], ["--debug"]):
            main(["doctor", *words, "--config", str(config)])
    known.tokens.clear()
    main(["doctor", "--debug", "--config", str(configured(tmp_path, server))])
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert "not accepted" in text
    assert not [secret for secret in (TOKEN, "ghs_", *lines_of(key)) if secret in text]


def test_what_was_read_is_told_with_counts_and_what_a_killed_run_kept(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    assert main(["ingest", "--config", str(config)]) == 0
    told = examined(capsys, config, "--offline")
    complaint = only(told, "completeness")
    assert complaint["level"] == "ok"
    assert re.fullmatch(
        r"acme/pay: 3 pull requests held, everything read once, all numbers listed on \d{4}-\d\d-\d\d, "
        r"0 could not be read",
        complaint["seen"],
    )
    assert [each["level"] for each in told["github"]] == ["ok"]
    raw = open_session(Question(config)).store.raw_area
    last = raw.names("github/")[-1]
    for number in (90, 91):  # as a run leaves them that is killed before it publishes
        raw.keep(f"{last.rpartition('/')[0]}/{number:08d}.jsonl", raw.read(last))
    _, kept = examined(capsys, config, "--offline")["github"]
    assert (kept["level"], kept["seen"]) == (
        "warning",
        "2 batches are kept, the next run goes on from there",
    )
    assert kept["remedy"] == "run `pilot ingest github`"
