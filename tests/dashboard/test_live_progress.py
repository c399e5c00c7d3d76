"""What people see of a live run: bars on a terminal, few lines on a pipe, nothing beside JSON."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from dashboard import progressing
from dashboard.progressing import progress
from ingest.sources.base import Progress as Told

READING = Told("acme/pay", "reading pull requests", 36, 400, requests=3, points_left=4997, seconds_left=75)
FINISHED = Told("acme/pay", "done", 400, 400, requests=21, points_left=4979)
OTHER = Told("acme/web", "reading pull requests", 0, None, requests=1)


def waiting(seconds: int, gone: int = 0) -> Told:
    """A wait with so many seconds left, and so many gone."""
    return Told("GitHub", f"limit reached: waiting {seconds} s", gone, seconds_left=float(seconds))


def pausing(seconds: int, number: int, gone: int = 0) -> Told:
    doing = f"GitHub answered 502: asking again in {seconds} s (try {number} of 9)"
    return Told("GitHub", doing, gone, seconds_left=float(seconds))


def shown(monkeypatch: pytest.MonkeyPatch, *told: Told, terminal: bool = False, quiet: bool = False) -> str:
    text = StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, highlight=False)
    monkeypatch.setattr(progressing, "aside", console)
    with progress(quiet=quiet) as seen:
        for each in told:
            seen.live(each)
    return text.getvalue()


def test_a_pipe_gets_a_line_at_the_start_and_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, READING, READING, READING, FINISHED, FINISHED)
    assert text.splitlines() == [
        "acme/pay: reading pull requests",
        "acme/pay: done, 21 requests, 4,979 points left",
    ]


def test_a_pipe_gets_one_line_for_each_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, READING, waiting(3), waiting(2, 1), waiting(1, 2), READING, waiting(60))
    assert text.splitlines() == [
        "acme/pay: reading pull requests",
        "GitHub: limit reached: waiting 3 s",
        "GitHub: limit reached: waiting 60 s",
        "acme/pay: reading pull requests, 3 requests, 4,997 points left, 2 min left",
    ]


def test_pauses_of_several_threads_are_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    told = (pausing(8, 6), pausing(4, 5), pausing(7, 6, 1), pausing(3, 5, 1), pausing(8, 6))
    assert shown(monkeypatch, *told).splitlines() == [
        "GitHub answered 502: asking again in 8 s (try 6 of 9)",
        "GitHub answered 502: asking again in 4 s (try 5 of 9)",
        "GitHub answered 502: asking again in 8 s (try 6 of 9)",
    ]


def test_a_place_that_was_left_in_the_middle_ends_with_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = shown(monkeypatch, OTHER, READING, FINISHED)
    assert text.splitlines()[-1] == "acme/web: reading pull requests, 1 request"


def test_a_terminal_shows_counts_requests_points_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, READING, OTHER, terminal=True)
    assert "36/400" in text
    assert "3 requests, 4,997 points left, 2 min left" in text
    assert "acme/web" in text


def test_a_terminal_counts_a_wait_down_and_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    during = shown(monkeypatch, READING, waiting(41), terminal=True)
    after = shown(monkeypatch, READING, waiting(41), FINISHED, terminal=True)
    assert "GitHub: limit reached: waiting 41 s" in during
    assert "waiting" not in after.rpartition("acme/pay")[2]


def test_nothing_is_shown_beside_json(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, READING, waiting(5), FINISHED, terminal=True, quiet=True) == ""


def test_files_of_a_source_are_one_line_on_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    text = StringIO()
    monkeypatch.setattr(progressing, "aside", Console(file=text, width=80))
    with progress(quiet=False) as seen:
        for done in range(3):
            seen.files("sarif", done, 2)
    assert text.getvalue() == "sarif: 2 of 2\n"
