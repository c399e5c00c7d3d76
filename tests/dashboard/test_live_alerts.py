"""What of a code host's alerts was refused, or deleted there: what holds the verdict, and what heals it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from ingest.deriving import NO_NEWS
from ingest.ledger import UNHEALED, UNPLACED, gaps, last_remarks
from tests.acceptance.helpers_live import alert, analysis
from tests.dashboard.builders_live import TOKEN, configured, repository, world
from tests.github_server import GitHubServer, Repo, World

ALWAYS = "alerts_every_hours = 0"
RUBY = {"id": 7, "category": "/language:ruby", "error": "no code found"}
ONE_REFUSED = f"1 {UNHEALED}"


@pytest.fixture
def repo() -> Repo:
    made = repository()
    made.analyses = [analysis()]
    return made


@pytest.fixture
def config(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration whose server knows that repository."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    began, seconds = datetime.now(UTC), count()
    # No two looks fall into one second of GitHub's clock, as they do in a hurried test.
    monkeypatch.setattr(World, "now", lambda _world: began + timedelta(seconds=next(seconds)))
    with GitHubServer(world(repo)) as server:
        yield configured(tmp_path, server, ALWAYS)


def held_by(config: Path, *words: str) -> tuple[str, ...]:
    """Read, and say what holds every verdict back."""
    assert main(["ingest", "github", *words, "--config", str(config)]) == 0
    return gaps(open_session(Question(config)).store.runs())


def remarks(config: Path) -> dict[str, int]:
    return last_remarks(open_session(Question(config)).store.runs(), "derive")


def rows(config: Path, name: str, *columns: str) -> list[tuple[Any, ...]]:
    session = open_session(Question(config))
    return sorted(session.store.read(name, session.published).select(columns).collect().rows())


def changed(number: int, on_day: int, **facts: Any) -> dict[str, Any]:
    """An alert that GitHub changed on a day of July."""
    return {**alert(number), "updated_at": f"2026-07-{on_day:02d}T08:00:00Z", **facts}


# -- refused rows --------------------------------------------------------------------------------


def test_a_refused_alert_holds_every_verdict_until_github_tells_a_good_one(config: Path, repo: Repo):
    repo.code_alerts = [changed(1, 1, state="a word of tomorrow"), changed(2, 1)]
    assert ONE_REFUSED in held_by(config)
    assert ONE_REFUSED in held_by(config)
    assert rows(config, "alerts", "number") == [(2,)]
    repo.code_alerts = [changed(1, 2), changed(2, 1)]
    assert held_by(config) == ()
    assert rows(config, "alerts", "number") == [(1,), (2,)]


def test_a_refused_change_of_a_known_alert_holds_too(config: Path, repo: Repo):
    repo.code_alerts = [changed(1, 1)]
    assert held_by(config) == ()
    repo.code_alerts = [changed(1, 2, state="a word of tomorrow")]
    assert ONE_REFUSED in held_by(config)
    repo.code_alerts = [changed(1, 3, state="fixed")]
    assert held_by(config) == ()


def test_a_refused_alert_about_a_dependency_is_no_news_of_any_change(config: Path, repo: Repo):
    repo.dependabot_alerts = [{"number": 1, "state": "a word of tomorrow"}]
    assert held_by(config) == ()
    assert rows(config, "alerts", "number") == []


def test_a_refused_secret_holds(config: Path, repo: Repo):
    repo.secret_alerts = [{"number": 1, "state": "a word of tomorrow", "secret_type": "a key"}]
    assert ONE_REFUSED in held_by(config)


def test_a_refused_analysis_holds_after_the_run_that_met_it(config: Path, repo: Repo):
    repo.analyses = [{**analysis(), "results_count": -1}]
    held_by(config)
    repo.analyses = [{**analysis(), "id": 2, "created_at": "2026-07-30T08:00:00Z"}]
    assert held_by(config) == (ONE_REFUSED,)


# -- what no analysis explains -------------------------------------------------------------------


def test_an_alert_that_ended_before_the_first_known_analysis_holds_nothing(config: Path, repo: Repo):
    old = {"created_at": "2024-06-02T08:00:00Z", "fixed_at": "2025-01-01T08:00:00Z", "state": "fixed"}
    gone = changed(1, 1, **old)
    gone["most_recent_instance"]["state"] = "fixed"
    repo.code_alerts = [gone]
    assert held_by(config) == ()
    assert remarks(config) == {NO_NEWS: 1}
    assert rows(config, "findings", "finding_id") == []


def test_an_alert_of_a_tool_without_analyses_holds(config: Path, repo: Repo):
    repo.code_alerts = [changed(1, 1, tool={"name": "Trivy"}, created_at="2026-07-01T08:00:00Z")]
    assert held_by(config) == (f"1 {UNPLACED}",)


# -- deleted analyses ----------------------------------------------------------------------------


def statuses(config: Path) -> list[tuple[str, str]]:
    return rows(config, "scans", "scan_id", "status")


OK, FAILED = ("github-analysis-1", "ok"), ("github-analysis-7", "failed")
WITHDRAWN = ("github-analysis-7", "withdrawn")


def test_a_failed_analysis_that_was_deleted_on_github_is_withdrawn_by_a_full_reading(
    config: Path, repo: Repo
):
    oldest = {**analysis(), **RUBY, "created_at": "2026-06-20T08:00:00Z"}
    repo.analyses = [analysis(), oldest]
    held_by(config)
    assert statuses(config) == [OK, FAILED]
    repo.analyses = [analysis()]
    held_by(config)  # a later look does not list that far back
    assert statuses(config) == [OK, FAILED]
    held_by(config, "--full")
    assert statuses(config) == [OK, WITHDRAWN]
    held_by(config, "--from-raw")
    assert statuses(config) == [OK, WITHDRAWN]


def test_a_recent_one_is_withdrawn_by_the_next_look(config: Path, repo: Repo):
    newest = {**analysis(), **RUBY, "created_at": "2026-06-30T08:00:00Z"}
    repo.analyses = [newest, analysis()]
    held_by(config)
    held_by(config)
    assert statuses(config) == [OK, FAILED]
    repo.analyses = [analysis()]
    held_by(config)
    assert statuses(config) == [OK, WITHDRAWN]
    (reason,) = [row for row in rows(config, "scans", "scan_id", "status_reason") if row[0] == WITHDRAWN[0]]
    assert reason[1] == "GitHub no longer lists this analysis: it was deleted there"


def test_an_analysis_that_is_listed_again_counts_again(config: Path, repo: Repo):
    listed = [{**analysis(), **RUBY, "created_at": "2026-06-30T08:00:00Z"}, analysis()]
    for analyses, expected in ((listed, FAILED), (listed[1:], WITHDRAWN), (listed, FAILED)):
        repo.analyses = analyses
        held_by(config)
        assert statuses(config) == [OK, expected]


def test_an_ok_analysis_that_was_deleted_stays_a_look(config: Path, repo: Repo):
    second = {**analysis(), "id": 2, "created_at": "2026-06-30T08:00:00Z"}
    repo.analyses = [second, analysis()]
    held_by(config)
    repo.analyses = [analysis()]
    held_by(config, "--full")
    assert statuses(config) == [OK, ("github-analysis-2", "ok")]
