"""A first run that read nothing leaves no evidence behind that a correction could restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.cli import main
from tests.dashboard.builders_live import TOKEN, configured, repository, world
from tests.github_server import GitHubServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(world(repository(count=12))) as running:
        yield running


def said(capsys: pytest.CaptureFixture[str], command: str, config: Path, *words: str) -> tuple[int, str]:
    """Exit code and stdout of one command."""
    capsys.readouterr()
    code = main([command, *words, "--config", str(config)])
    return code, capsys.readouterr().out


def test_correcting_a_name_before_anything_was_read_restarts_nothing(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = said(capsys, "ingest", configured(tmp_path, server, repository="acme/pyay"), "github")
    assert code == 11
    assert "published new data" not in told
    assert "nothing was read: there is no data to publish yet" in told
    config = configured(tmp_path, server)
    assert said(capsys, "ingest", config, "github")[0] == 0
    (verdict,) = json.loads(said(capsys, "gate", config, "--json")[1])
    assert (verdict["epoch"]["number"], verdict["epoch"]["start"]) == (1, "2026-06-01")
    assert "restarted" not in said(capsys, "gate", config)[1]


def test_moving_the_start_after_something_was_read_says_that_the_evidence_restarted_and_why(
    tmp_path: Path, server: GitHubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, server)
    assert said(capsys, "ingest", config, "github")[0] == 0
    earliest = datetime.now(UTC).date()
    moved = config.read_text(encoding="utf-8").replace("2026-06-01", "2026-06-08")
    config.write_text(moved, encoding="utf-8")
    told = " ".join(said(capsys, "gate", config)[1].split())
    days = {earliest, earliest + timedelta(days=1)}  # midnight may pass meanwhile
    assert any(f"Evidence restarted on {day}: the gate's policy changed" in told for day in days)
