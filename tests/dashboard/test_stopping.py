"""A command that the system asks to end says one sentence and gives up in order."""

from __future__ import annotations

from collections.abc import Iterator
from os import getpid, kill
from pathlib import Path
from signal import SIGTERM, getsignal, raise_signal

import pytest

from dashboard import cli, progressing
from dashboard.cli import main
from dashboard.stopping import ending_in_order
from ingest.sources.base import Progress
from tests.dashboard.builders_live import TOKEN, configured, repository, world
from tests.github_server import GitHubServer


def test_sigterm_ends_with_one_sentence_and_143(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "open_session", lambda _question: raise_signal(SIGTERM))
    assert main(["gate"]) == 143
    assert capsys.readouterr().err == cli.STOPPED


def stopped_twice(cleaned: list[str]) -> None:
    """Work that is asked to end, and asked again while it clears up."""
    try:
        raise_signal(SIGTERM)
    finally:
        raise_signal(SIGTERM)
        cleaned.append("all")


def test_a_second_sigterm_does_not_stop_the_stopping() -> None:
    cleaned: list[str] = []
    with ending_in_order() as ending, pytest.raises(KeyboardInterrupt):
        stopped_twice(cleaned)
    assert (ending.was_asked, ending.exit_code, cleaned) == (True, 143, ["all"])


def test_without_sigterm_an_interruption_is_that_of_ctrl_c() -> None:
    with ending_in_order() as ending:
        pass
    assert ending.exit_code == 130


def test_what_was_done_with_the_signal_before_is_done_with_it_again() -> None:
    before = getsignal(SIGTERM)
    with ending_in_order():
        assert getsignal(SIGTERM) is not before
    assert getsignal(SIGTERM) is before


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(world(repository(count=12))) as running:
        yield running


def test_a_live_run_that_is_asked_to_end_publishes_nothing_and_the_next_one_takes_up_its_work(
    tmp_path: Path, server: GitHubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended_at_the_first_word(_shown: object, _told: Progress) -> None:
        monkeypatch.undo()
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        kill(getpid(), SIGTERM)

    config = configured(tmp_path, server)
    monkeypatch.setattr(progressing._Lines, "live", ended_at_the_first_word)
    assert main(["ingest", "github", "--config", str(config)]) == 143
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", cli.STOPPED)
    assert main(["gate", "--config", str(config)]) == 13
    assert main(["ingest", "github", "--config", str(config)]) == 0
