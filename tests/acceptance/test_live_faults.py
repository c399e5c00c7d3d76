"""Everything that goes wrong between us and GitHub, alone and mixed, and kills: never another table for it.

Waiting is counted, not done: the clock of a reading in this process is the test's. Processes of their
own are killed in the midst of a request, or while they parse, store and publish what they read.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from dashboard import composition
from ingest.sources.base import Outside
from tests.acceptance.helpers_live import (
    Sync,
    Tables,
    alert,
    analysis,
    differing,
    live,
    plain,
    quarantined,
    sync,
)
from tests.acceptance.helpers_pilot import run, table, versions
from tests.github_server.faults import KINDS, Faults
from tests.github_server.http import GitHubServer
from tests.github_server.loading import invented
from tests.github_server.world import Repo, World
from tests.marks import deep

ROOT: Final = Path(__file__).parents[2]
PATIENT: Final = "at_once = 2"
HURRIED: Final = "at_once = 2\ntimeout_seconds = 1"  # where the server is slow on purpose
QUICK: Final = tuple(kind for kind in KINDS if kind != "slow")
STEP: Final = 13  # requests from one kill to the next
REPEATED: Final = 40  # requests that a resumed reading may ask again: a batch of each repository


def repositories() -> list[Repo]:
    """Three batches of one repository with alerts, and one of another."""
    large = replace(
        invented(330, seed=31),
        analyses=[analysis()],
        code_alerts=[alert(number) for number in range(1, 4)],
        instances={number: [alert(number)["most_recent_instance"]] for number in range(1, 4)},
        secret_alerts=[secret_alert(1)],
        secret_locations={1: [commit_location()]},
        dependabot_alerts=[],
        rule_suites=[],
    )
    small = replace(invented(70, seed=32), id="R_small", database_id=4242, name_with_owner="acme/small")
    return [large, small]


def secret_alert(number: int) -> dict[str, Any]:
    return {
        "number": number, "state": "open", "created_at": "2026-06-01T08:00:00Z",
        "updated_at": "2026-06-01T08:00:00Z", "secret_type": "some_api_key", "resolution": None,
        "secret_type_display_name": "Some API Key", "resolved_at": None, "resolved_by": None,
        "html_url": "https://git.example/secrets/1", "resolution_comment": None,
    }  # fmt: skip


def commit_location() -> dict[str, Any]:
    where = {"path": "config.ini", "start_line": 3, "end_line": 3, "commit_sha": "b" * 40}
    return {"type": "commit", "details": where}


@pytest.fixture(scope="module")
def untouched() -> list[Repo]:
    return repositories()


def world_of(untouched: list[Repo]) -> World:
    return World(deepcopy(untouched))


def names(untouched: list[Repo]) -> list[str]:
    return [repo.name_with_owner for repo in untouched]


@dataclass(frozen=True)
class Course:
    """An undisturbed reading by a process of its own."""

    tables: Tables
    requests: int
    tail_seconds: float  # from the last answer to the end of the process


@pytest.fixture(scope="module")
def course(untouched: list[Repo], tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("undisturbed")
    with GitHubServer(world_of(untouched)) as server:
        config = live(folder, server, names(untouched), PATIENT)
        process = reading(config)
        last_at, seen = time.monotonic(), 0
        while process.poll() is None:
            if server.requests != seen:
                last_at, seen = time.monotonic(), server.requests
            time.sleep(0.005)
        tail_seconds = time.monotonic() - last_at
        assert process.returncode == 0
    heights = {name: table(config, name).height for name in ("pull_requests", "alerts", "scans")}
    assert heights == {"pull_requests": 400, "alerts": 4, "scans": 1}
    assert quarantined(config) == 0
    return Course(plain(config), seen, tail_seconds)


def reading(config: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dashboard", "ingest", "github", "--json", "--config", str(config)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that a reading in this process would have slept."""
    slept: list[float] = []
    monkeypatch.setattr(composition, "Outside", partial(Outside, sleep=slept.append))
    return slept


@contextmanager
def faulty(
    untouched: list[Repo], folder: Path, faults: Faults, more: str = PATIENT
) -> Iterator[tuple[Path, GitHubServer]]:
    """A server that goes wrong, and a configuration that reads from it."""
    with GitHubServer(world_of(untouched), faults) as server:
        yield live(folder, server, names(untouched), more), server


def assert_undisturbed(config: Path, course: Course) -> None:
    assert differing(plain(config), course.tables) == set()
    assert quarantined(config) == 0


# -- alone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [QUICK[0], *deep(*QUICK[1:])])
@pytest.mark.usefixtures("waits")
def test_a_fault_now_and_then_changes_no_table(
    kind: str, untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    faults = Faults(at=dict.fromkeys((1, 2, 6, 11, 17, 18, 25), kind))
    with faulty(untouched, tmp_path, faults) as (config, server):
        disturbed = sync(config, server)
    assert disturbed.requests > 25
    assert_undisturbed(config, course)


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["502", *deep("reset", "cut", "errors", "secondary_after")])
@pytest.mark.usefixtures("waits")
def test_a_fault_at_every_third_request_changes_no_table(
    kind: str, untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    with faulty(untouched, tmp_path, Faults(every={kind: 3})) as (config, server):
        sync(config, server)
    assert_undisturbed(config, course)


@pytest.mark.deep
def test_an_answer_that_comes_too_late_changes_no_table(
    untouched: list[Repo], course: Course, waits: list[float], tmp_path: Path
) -> None:
    faults = Faults(at={4: "slow", 9: "slow"}, slow_seconds=1.3)
    with faulty(untouched, tmp_path, faults, HURRIED) as (config, server):
        sync(config, server)
    assert sum(waits) < 600
    assert_undisturbed(config, course)


@pytest.mark.parametrize(("words", "limit"), [("errors", 30), *deep(("502", 1), ("504", 10), ("errors", 10))])
@pytest.mark.usefixtures("waits")
def test_a_server_that_cannot_answer_large_pages_is_asked_for_small_ones(
    words: Any, limit: int, untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    """Lists of bare numbers stay as they are: it is the lists inside that cost the server."""
    faults = Faults(too_much_above=limit, too_much_as=words, too_much_if_light=False)
    with faulty(untouched, tmp_path, faults) as (config, server):
        sync(config, server)
    assert_undisturbed(config, course)


@pytest.mark.parametrize("hours", [-30, 3])
def test_a_server_whose_clock_differs_is_waited_for_by_its_own_clock(
    hours: int, untouched: list[Repo], course: Course, waits: list[float], tmp_path: Path
) -> None:
    faults = Faults(at={5: "rate_limited", 14: "rate_limited_403"}, date_skew=timedelta(hours=hours))
    with faulty(untouched, tmp_path, faults) as (config, server):
        sync(config, server)
    assert 1 <= sum(waits) < 120
    assert_undisturbed(config, course)


def test_a_limit_is_waited_for_and_a_secondary_one_at_least_a_minute(
    untouched: list[Repo], course: Course, waits: list[float], tmp_path: Path
) -> None:
    with faulty(untouched, tmp_path, Faults(at={8: "secondary"})) as (config, server):
        sync(config, server)
    assert 60 <= sum(waits) < 200
    assert_undisturbed(config, course)


# -- mixed --------------------------------------------------------------------------------------------


def mixed(seed: int, share: float) -> Faults:
    """Any fault at any request, and pages that are too large."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    at = {ordinal: dice.choice(QUICK) for ordinal in range(1, 400) if dice.random() < share}
    words: Any = dice.choice(["502", "504", "errors"])
    above = dice.choice([None, 3, 12])
    return Faults(at=at, too_much_above=above, too_much_as=words, too_much_if_light=False)


@pytest.mark.deep
@pytest.mark.parametrize("seed", [0, *deep(1, 2, 3)])
@pytest.mark.usefixtures("waits")
def test_faults_of_all_kinds_together_change_no_table(
    seed: int, untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    with faulty(untouched, tmp_path, mixed(seed, 0.25)) as (config, server):
        until_it_ends_well(config, server)
    assert_undisturbed(config, course)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 140))
@pytest.mark.usefixtures("waits")
def test_many_faults_of_all_kinds_together_change_no_table(
    seed: int, untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    with faulty(untouched, tmp_path, mixed(seed, 0.4)) as (config, server):
        until_it_ends_well(config, server)
    assert_undisturbed(config, course)


def until_it_ends_well(config: Path, server: GitHubServer) -> int:
    """Run again after a run that gave up; returns how many runs it took."""
    for attempt in range(1, 8):
        code, out, err = run("ingest", config, "github", "--json")
        if code == 0:
            return attempt
        assert code == 11, (out, err)
        assert "Traceback" not in err
    raise AssertionError(f"did not end well within {attempt} runs and {server.requests} requests: {err}")


# -- stopped and resumed ------------------------------------------------------------------------------


@pytest.mark.usefixtures("waits")
def test_a_reading_whose_token_ends_in_the_middle_is_resumed_where_it_stopped(
    untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    def end_token(ordinal: int, world: World) -> None:
        if ordinal == course.requests - 12:
            world.tokens.clear()

    with faulty(untouched, tmp_path, Faults(before=end_token)) as (config, server):
        code, _, err = run("ingest", config, "github", "--json")
        assert (code, len(err.splitlines())) == (11, 1), err
        assert versions(config) == {}
        server.world.tokens["good-token"] = ["repo"]
        resumed = sync(config, server)
    assert resumed.requests <= 12 + REPEATED
    assert_undisturbed(config, course)


def killed_at_request(untouched: list[Repo], folder: Path, ordinal: int) -> tuple[bool, Path, Sync]:
    """Kill a process when its nth request arrives, then resume; whether the kill came in time."""
    processes: list[subprocess.Popen[bytes]] = []

    def kill(seen: int, _world: World) -> None:
        if seen == ordinal:
            processes[0].kill()

    with faulty(untouched, folder, Faults(before=kill)) as (config, server):
        processes.append(reading(config))
        code = processes[0].wait()
        return code != 0, config, sync(config, server)


def killed_after_requests(
    untouched: list[Repo], folder: Path, after: tuple[int, float]
) -> tuple[bool, Path, Sync]:
    """Kill a process some time after all was asked: it parses, stores, derives or publishes."""
    requests, seconds = after
    with faulty(untouched, folder, Faults()) as (config, server):
        process = reading(config)
        while server.requests < requests and process.poll() is None:
            time.sleep(0.002)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() != 0, config, sync(config, server)


def survive(untouched: list[Repo], course: Course, folder: Path, moments: tuple[int, int]) -> None:
    """Kill at so many random moments (count, seed), resume each time, and find the same tables."""
    count, seed = moments
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    killed = 0
    for place in range(count):
        where = folder / str(place)
        if place % 3:
            ordinal = dice.randint(1, course.requests)
            was_killed, config, resumed = killed_at_request(untouched, where, ordinal)
            assert resumed.requests <= course.requests - ordinal + REPEATED
        else:
            after = (course.requests, dice.uniform(0, course.tail_seconds))
            was_killed, config, resumed = killed_after_requests(untouched, where, after)
            assert resumed.requests <= REPEATED
        killed += was_killed
        assert_undisturbed(config, course)
    assert killed > count / 2, "hardly any process was caught running: the test proved nothing"


@pytest.mark.deep
def test_kills_at_any_moment_lose_nothing_and_double_nothing(
    untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    survive(untouched, course, tmp_path, (5, 1))


@pytest.mark.deep
def test_fifty_kills_lose_nothing_and_double_nothing(
    untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    survive(untouched, course, tmp_path, (50, 2))


@pytest.mark.deep
def test_kill_after_kill_of_the_same_store_ends_in_the_same_tables(
    untouched: list[Repo], course: Course, tmp_path: Path
) -> None:
    """Every run gets a little further before it is killed in its turn."""
    processes: list[subprocess.Popen[bytes]] = []

    def kill(seen: int, _world: World) -> None:
        if seen % STEP == 0:
            processes[-1].kill()

    with faulty(untouched, tmp_path, Faults(before=kill)) as (config, server):
        for _ in range(3):
            processes.append(reading(config))
            processes[-1].wait()
        server.faults.before = None
        sync(config, server)
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 3
    assert_undisturbed(config, course)
