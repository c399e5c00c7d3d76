"""`pilot ingest github` for people: options, progress, report, exit codes, renames, and no secret told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from tests.dashboard.builders_live import (
    TOKEN,
    Key,
    configured,
    holding,
    lines_of,
    new_key,
    repository,
    world,
)
from tests.github_server import GitHubServer, Repo, World

PULLS = 12


@pytest.fixture
def known() -> World:
    return world(repository(count=PULLS))


@pytest.fixture
def server(known: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(known) as running:
        yield running


@pytest.fixture(scope="module")
def key() -> Key:
    return new_key()


def said(capsys: pytest.CaptureFixture[str], command: str, config: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    capsys.readouterr()
    code = main([command, *words, "--config", str(config)])
    return code, *capsys.readouterr()


def table(config: Path, name: str) -> pl.DataFrame:
    session = open_session(Question(config))
    assert session.published is not None
    return session.store.read(name, session.published).collect()


def github_row(out: str) -> dict[str, Any]:
    """The ledger row of the live source, of what `pilot ingest --json` printed."""
    (row,) = [row for row in json.loads(out) if row["source"] == "github"]
    return dict(row)


def test_a_run_reads_all_and_says_how_many_requests_it_took(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    code, out, err = said(capsys, "ingest", config, "github")
    assert (code, err.splitlines()[0]) == (0, "acme/pay: reading pull requests")
    assert table(config, "pull_requests").height == PULLS
    (line,) = [line for line in out.splitlines() if line.startswith("github  ")]
    assert line.split()[1] == str(server.requests)
    assert "published new data" in out


def test_beside_json_nothing_is_printed(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, "ingest", configured(tmp_path, server), "--json")
    row = github_row(out)
    assert (code, err, row["requests"]) == (0, "", server.requests)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("sarif", "--full"), "--full is about live sources"),
        (("sarif", "--from-raw"), "--from-raw is about live sources"),
        (("github", "--from-raw", "--full"), "give one of them"),
    ],
)
def test_options_of_live_sources_mean_nothing_without_one(
    tmp_path: Path,
    server: GitHubServer,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    expected: str,
) -> None:
    config = configured(tmp_path, server, '[sources.sarif]\npaths = ["*.sarif"]')
    code, _, err = said(capsys, "ingest", config, *words)
    assert (code, len(err.splitlines())) == (2, 1)
    assert expected in err


def test_without_the_section_people_are_told_what_to_add(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    config.write_text(config.read_text(encoding="utf-8").partition("[sources")[0], encoding="utf-8")
    code, _, err = said(capsys, "ingest", config, "github")
    assert code == 10
    assert "add the line [sources.github]" in err


def test_without_a_token_the_run_says_where_it_looked(
    tmp_path: Path, server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    code, _, err = said(capsys, "ingest", configured(tmp_path, server), "github")
    assert (code, len(err.splitlines())) == (11, 1)
    assert "GITHUB_TOKEN" in err


def test_without_a_token_other_sources_still_run(
    tmp_path: Path, server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    (tmp_path / "triage.csv").write_text("finding,disposition,at,by,reason\n", encoding="utf-8")
    config = configured(tmp_path, server, '[sources.triage]\npaths = ["triage.csv"]')
    assert said(capsys, "ingest", config, "triage")[0] == 0


def test_kept_answers_are_parsed_again_without_server_or_token(
    tmp_path: Path, server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    said(capsys, "ingest", config, "github")
    before, asked = table(config, "pull_requests"), server.requests
    monkeypatch.delenv("GITHUB_TOKEN")
    code, out, _ = said(capsys, "ingest", config, "github", "--from-raw", "--json")
    assert (code, github_row(out)["requests"], server.requests) == (0, 0, asked)
    keys, told = ["repository", "number"], pl.exclude("ingested_at")
    assert table(config, "pull_requests").select(told).sort(keys).equals(before.select(told).sort(keys))


@pytest.mark.deep
def test_reading_anew_asks_for_everything_again(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    first = github_row(said(capsys, "ingest", config, "github", "--json")[1])
    idle = github_row(said(capsys, "ingest", config, "github", "--json")[1])
    full = github_row(said(capsys, "ingest", config, "github", "--full", "--json")[1])
    assert idle["rows_in"] == 0
    assert full["rows_in"] == first["rows_in"] > PULLS


def test_a_repository_that_is_not_there_gives_eleven_and_the_others_are_read(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server, 'repositories = ["acme/pay", "acme/gone"]')
    code, out, _ = said(capsys, "ingest", config, "github")
    assert code == 11
    assert "refused acme/gone: there is no such repository" in " ".join(out.split())
    assert table(config, "pull_requests").height == PULLS


def by_an_agent(repo: Repo) -> Repo:
    """The same repository, its pull requests merged today by an agent."""
    at = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for node in repo.pulls.values():
        node |= {
            "author": {"__typename": "Bot", "login": "devin-ai-integration"},
            "state": "MERGED", "isDraft": False, "baseRefName": "main",
            "createdAt": at, "updatedAt": at, "mergedAt": at, "closedAt": at,
        }  # fmt: skip
    return repo


def changes_of(capsys: pytest.CaptureFixture[str], config: Path) -> tuple[int, str]:
    """How many changes the gate counts, and its policy."""
    out = said(capsys, "gate", config, "--json")[1]
    (verdict,) = json.loads(out)
    return sum(sprint["changes"] for sprint in verdict["sprints"]), verdict["policy_digest"]


@pytest.mark.deep
def test_a_renamed_repository_keeps_its_rows_its_pilot_and_its_policy(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = by_an_agent(known.repositories[0])
    config = configured(tmp_path, server)
    assert said(capsys, "ingest", config, "github")[0] == 0
    before, rows = changes_of(capsys, config), table(config, "pull_requests").height
    assert before[0] == PULLS
    repo.former_names, repo.name_with_owner = ["acme/pay"], "acme/billing"
    assert said(capsys, "ingest", config, "github")[0] == 0
    for name in ("acme/pay", "acme/billing", "acme/bill*"):
        named = configured(tmp_path, server, repository=name)
        assert said(capsys, "ingest", named, "github")[0] == 0
        assert changes_of(capsys, named) == before
    assert table(config, "pull_requests").height == rows
    assert table(config, "pull_requests")["repository"].unique().to_list() == ["acme/pay"]


@pytest.mark.deep
def test_doctor_knows_a_repository_that_was_read_by_both_its_names(
    tmp_path: Path, known: World, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = known.repositories[0]
    said(capsys, "ingest", configured(tmp_path, server), "github")
    repo.former_names, repo.name_with_owner = ["acme/pay"], "acme/billing"
    said(capsys, "ingest", configured(tmp_path, server), "github")
    for name, expected in (
        ("acme/pay", "acme/pay: is called acme/billing today"),
        ("acme/billing", "acme/billing: found"),
    ):
        told = json.loads(said(capsys, "doctor", configured(tmp_path, server, repository=name), "--json")[1])
        (seen,) = [each for each in told if each["about"] == "repository" and "tables" not in each["seen"]]
        assert (seen["level"], seen["seen"]) == ("ok", expected)
        assert not [each for each in told if "matches no repository" in each["seen"]]


def texts_of(folder: Path) -> str:
    """Everything that the tables below a folder hold, unpacked."""
    tables = (pl.read_parquet(path) for path in sorted(folder.rglob("*.parquet")))
    return "\n".join(frame.write_json() for frame in tables)


def planted(repo: Repo) -> Repo:
    """The same repository with a secret wherever people write."""
    for node in repo.pulls.values():
        node["title"] = f"use {TOKEN}"
        node["body"] = f"export GITHUB_TOKEN={TOKEN}"
        for commit in node.get("commits", []):
            commit["commit"]["message"] = f"add {TOKEN}\n\nReviewed-by: {TOKEN}"
        for review in node.get("reviews", []):
            review["body"] = TOKEN
    return repo


def test_no_secret_reaches_the_store_a_report_or_a_terminal(
    tmp_path: Path, known: World, server: GitHubServer, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(known.repositories[0])
    known.app_id, known.installation_id, known.app_public_key = 7, 8, key.public
    app_key = tmp_path.parent / f"{tmp_path.name}.pem"
    app_key.write_text(key.private, encoding="utf-8")
    by_app = f'app_id = 7\ninstallation_id = 8\nprivate_key_path = "{app_key}"'
    printed = ""
    runs = (("", ()), (by_app, ("--full", "--debug")), (by_app, ("--from-raw", "--json")))
    for more, words in runs:
        config = configured(tmp_path, server, more)
        code, out, err = said(capsys, "ingest", config, "github", *words)
        assert code == 0, err
        printed += out + err
    known.tokens.clear()
    known.app_public_key = new_key().public
    for more in ("", by_app):
        code, out, err = said(capsys, "ingest", configured(tmp_path, server, more), "github", "--debug")
        assert (code, "Traceback" in err) == (11, True)
        printed += out + err
    printed += said(capsys, "snapshot", config, "--out", str(tmp_path / "look"))[2]
    secrets = [TOKEN, "ghs_", *lines_of(key)]
    assert holding(tmp_path, ["export GITHUB_TOKEN="])  # the texts are kept, without what was planted
    assert holding(tmp_path, secrets) == []
    stored = texts_of(tmp_path)
    assert "acme/pay" in stored
    assert not [secret for secret in secrets if secret in printed or secret in stored]
