"""What `pilot ingest` prints: whole headings, a line for each repository, what was not measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dashboard import printing
from dashboard.cli import main
from dashboard.visits import Visited, Visits
from ingest.intake import Tally
from ingest.ledger import RunInfo, ledger_row
from ingest.pipeline import IngestReport
from ingest.store import Published
from tests.builders_alerts import analysis
from tests.dashboard.builders_live import TOKEN, configured, repository, world
from tests.github_server import GitHubServer

AT = datetime(2026, 11, 21, tzinfo=UTC)
INFO = RunInfo("run", AT, "1", "{}")


def row(source: str, **counts: Any) -> dict[str, Any]:
    return ledger_row(INFO, source, Tally(**counts), requests=123_456, cursor="{}", seconds=1234.5)


def report(
    *rows: dict[str, Any], changed: bool = True, versions: dict[str, int] | None = None
) -> IngestReport:
    published = Published("run", AT, {"pull_requests": 1} if versions is None else versions)
    return IngestReport("run", published, changed, rows)


def printed(monkeypatch: pytest.MonkeyPatch, told: IngestReport, visited: Visits | None = None) -> str:
    """What a terminal of 80 columns shows."""
    text = StringIO()
    monkeypatch.setattr(printing, "console", Console(file=text, width=80, highlight=False))
    printing.print_report(told, visited or Visits())
    return text.getvalue()


def test_headings_and_large_numbers_are_whole_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {
        "files_read": 12_345,
        "files_unchanged": 12_345,
        "rows_valid": 1_234_567,
        "rows_rejected": 1_234,
    }
    text = printed(monkeypatch, report(row("github_export", **counts)))
    lines = text.splitlines()
    assert lines[1].split() == list(printing.REPORT_COLUMNS)
    assert lines[2].split() == [
        "github_export", "123,456", "12,345", "12,345", "1,234,567", "1,234", "1234.5",
    ]  # fmt: skip
    assert max(map(len, lines)) <= 80


def test_what_was_refused_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, report(row("sarif", files_refused={"a.sarif": "cut off"})))
    assert "refused a.sarif: cut off" in text


def test_each_repository_has_a_line_and_what_was_not_measured_stands_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visited = Visits(
        (Visited("acme/pay", 300, 56), Visited("acme/web", 1, 1)), "code scanning (switched off)"
    )
    lines = printed(monkeypatch, report(row("github")), visited).splitlines()
    assert lines[-4:] == [
        "acme/pay: 300 pull requests new or changed, 56 requests for them",
        "acme/web: 1 pull request new or changed, 1 request for them",
        "not measured: code scanning (switched off)",
        "published new data",
    ]


@pytest.mark.parametrize(
    ("changed", "versions", "expected"),
    [
        (True, {"pull_requests": 1}, "published new data"),
        (False, {"pull_requests": 1}, "nothing new: the published data is unchanged"),
        (True, {}, "nothing was read: there is no data to publish yet"),
    ],
)
def test_the_last_line_says_whether_there_is_new_data(
    monkeypatch: pytest.MonkeyPatch,
    changed: bool,  # noqa: FBT001 - one of the cases
    versions: dict[str, int],
    expected: str,
) -> None:
    told = report(row("github"), changed=changed, versions=versions)
    assert printed(monkeypatch, told).splitlines()[-1] == expected


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    known = world(repository("acme/pay", 12), repository("acme/web", 5, seed=2))
    for repo in known.repositories:
        repo.analyses = [analysis(1, 5)]
    with GitHubServer(known) as running:
        yield running


def last_lines(capsys: pytest.CaptureFixture[str], config: Path, *words: str) -> str:
    capsys.readouterr()
    assert main(["ingest", "github", *words, "--config", str(config)]) == 0
    return " ".join(capsys.readouterr().out.split())


BOTH = 'repositories = ["acme/pay", "acme/web"]'


def test_a_run_says_of_each_repository_what_changed_and_what_it_cost(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server, BOTH)
    first = last_lines(capsys, config)
    assert "acme/pay: 12 pull requests new or changed" in first
    assert "acme/web: 5 pull requests new or changed" in first
    assert "not measured" not in first
    again = last_lines(capsys, config)
    assert "acme/pay: 0 pull requests new or changed, 2 requests for them" in again
    assert "nothing new" in again


def test_a_renamed_repository_is_told_by_its_name_of_today(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    last_lines(capsys, config)
    renamed = server.world.repositories[0]
    renamed.former_names, renamed.name_with_owner = ["acme/pay"], "acme/billing"
    assert "acme/billing: 0 pull requests new or changed" in last_lines(capsys, config)


def test_features_that_are_off_in_some_repositories_name_them(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    second = server.world.repositories[1]
    second.analyses = second.code_alerts = None  # as where the feature is off
    told = last_lines(capsys, configured(tmp_path, server, BOTH))
    assert Counter(told.split())["measured:"] == 1
    assert "not measured: code scanning (switched off in acme/web)" in told
