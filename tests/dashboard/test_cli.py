"""The doors: what main() does with arguments and errors; the commands themselves are tested in acceptance."""

from __future__ import annotations

import pytest

from dashboard import cli
from dashboard.cli import main
from ingest.errors import StoreError


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("init", "ingest", "gate", "metrics", "doctor", "describe", "serve"))


def test_a_command_that_succeeds_exits_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "states"]) == 0
    assert "MET_PROVEN" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["describe", "--debug", "nothing"], ["--debug", "describe", "nothing"]])
def test_debug_may_stand_anywhere(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_several_lines_is_still_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_question: object) -> None:
        raise StoreError("first\n  second")

    monkeypatch.setattr(cli, "open_session", fails)
    assert main(["gate"]) == 13
    assert capsys.readouterr().err == "pilot: first second\n"


def test_interrupting_says_what_becomes_of_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_question: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "open_session", interrupted)
    assert main(["gate"]) == 130
    assert "taken up by the next run" in capsys.readouterr().err


def test_a_full_disk_is_one_line_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_question: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "open_session", full)
    assert main(["gate"]) == 1
    assert "No space left" in capsys.readouterr().err
