"""Killed, crowded out, out of space or locked out: `pilot ingest` as real processes, never half a state."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from dashboard.composition import Question, open_session
from tests.acceptance.conftest import copy_demo
from tests.acceptance.helpers_pilot import NAMES, assert_same_content, content, ingest, run, versions
from tests.marks import deep

ROOT = Path(__file__).parents[2]
LATER = ("acme+checkout", "acme+search")  # repositories whose files arrive after the first publication
# What a full disk is to a process: no file may grow beyond this many bytes.
LIMITED = (
    "import resource, sys; from dashboard.cli import main; size = int(sys.argv[1]);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY));"
    "sys.exit(main(sys.argv[2:]))"
)


def child(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ingesting(config: Path) -> subprocess.Popen[str]:
    return child("-m", "dashboard", "ingest", "--json", "--config", str(config))


def gate(config: Path) -> str:
    """What `pilot gate --json` prints, or its complaint."""
    _, out, err = run("gate", config, "--json")
    return out or err


def quarantined(config: Path) -> dict[str, pl.DataFrame]:
    """Refused rows by table, without the run that met them first."""
    store = open_session(Question(config)).store
    refused = {name: store.quarantined(name).drop("run_id", "ingested_at").collect() for name in NAMES}
    return {name: rows.sort("raw_ref") for name, rows in refused.items()}


@dataclass(frozen=True)
class Course:
    """A demo whose later files are held back at first: the state before, and the state that must come."""

    config: Path
    before: dict[str, str]  # gate's answer by the state that it rests on
    expected: dict[str, pl.DataFrame]
    refused: dict[str, pl.DataFrame]
    seconds: float  # that one undisturbed ingest takes from start to end

    @property
    def lake(self) -> Path:
        return self.config.parent / "lake"

    def reset(self) -> None:
        """Put the store back to how it was before."""
        shutil.rmtree(self.lake, ignore_errors=True)
        saved = self.config.parent / "saved"
        if saved.exists():
            shutil.copytree(saved, self.lake)

    def check_completed(self) -> None:
        """The next undisturbed ingest brings everything, once."""
        ingest(self.config)
        assert_same_content(content(self.config), self.expected)
        after = quarantined(self.config)
        assert all(rows.equals(self.refused[name]) for name, rows in after.items())
        assert gate(self.config) == self.before["new"]


def hold_back(folder: Path, files: Path) -> None:
    """Move the later repositories' files out of sight."""
    for kind in ("pull_requests", "scans"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name in LATER:
            (files / kind / name).rename(folder / kind / name)


def bring_back(folder: Path, files: Path) -> None:
    for kind in ("pull_requests", "scans"):
        for name in LATER:
            (folder / kind / name).rename(files / kind / name)


def course(folder: Path, *, is_begun: bool) -> Course:
    config = copy_demo(folder)
    if is_begun:
        hold_back(folder / "held", folder / "demo")
        ingest(config)
        bring_back(folder / "held", folder / "demo")
        shutil.copytree(folder / "lake", folder / "saved")
    answers = {"old": gate(config)}
    began = time.monotonic()
    said, complaints = ingesting(config).communicate()
    seconds = time.monotonic() - began
    assert json.loads(said), complaints
    answers["new"] = gate(config)
    assert answers["new"] != answers["old"]
    return Course(config, answers, content(config), quarantined(config), seconds)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return course(tmp_path_factory.mktemp("first"), is_begun=False)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return course(tmp_path_factory.mktemp("second"), is_begun=True)


@pytest.fixture
def begun(second: Course) -> Course:
    """Something was published before; whatever earlier tests did to the store is undone."""
    second.reset()
    return second


@pytest.fixture(
    params=["first", *deep("second")], ids=["nothing published yet", "something published before"]
)
def disturbed(request: pytest.FixtureRequest) -> Course:
    made: Course = request.getfixturevalue(request.param)
    made.reset()
    return made


# -- killed -------------------------------------------------------------------------------------------


def kill_after(config: Path, seconds: float) -> bool:
    """Whether an ingest was still running when it was killed."""
    process = ingesting(config)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def survive(disturbed: Course, kills: int, seed: int) -> None:
    moments = random.Random(seed)  # noqa: S311 - repeatable, not secret
    killed = 0
    for _ in range(kills):
        killed += kill_after(disturbed.config, disturbed.seconds * moments.uniform(0.2, 1.0))
        answer = gate(disturbed.config)
        assert answer in disturbed.before.values()
        if answer == disturbed.before["new"]:  # it had published: start over
            disturbed.reset()
    assert killed, "no ingest was caught running: the test proved nothing"
    disturbed.check_completed()


@pytest.mark.deep
def test_kills_at_any_moment_leave_the_old_or_the_new_state_and_lose_nothing(disturbed: Course) -> None:
    survive(disturbed, kills=3, seed=1)


@pytest.mark.deep
def test_fifty_kills_leave_the_old_or_the_new_state_and_lose_nothing(disturbed: Course) -> None:
    survive(disturbed, kills=50, seed=2)


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not holds():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


@pytest.mark.parametrize("name", ["pull_requests", *deep("scan_results", "findings", "quarantine")])
def test_a_kill_right_after_a_table_was_written_is_taken_up(begun: Course, name: str) -> None:
    where = begun.lake / ("quarantine" if name == "quarantine" else f"tables/{name}")

    def files() -> set[Path]:
        return set(where.rglob("_delta_log/*.json"))

    if name == "quarantine":  # its rows were all met by the first run
        shutil.rmtree(begun.lake)
    known = files()
    process = ingesting(begun.config)
    wait_until(lambda: files() > known, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    answer = gate(begun.config)
    was_late = process.returncode == 0  # it had ended before the signal came
    allowed = {begun.before["new"]} if was_late else set(begun.before.values())
    assert answer in allowed or (name == "quarantine" and "nothing has been ingested yet" in answer)
    begun.check_completed()


def test_the_complaint_before_anything_was_published_names_the_remedy(tmp_path: Path) -> None:
    config = copy_demo(tmp_path)
    kill_after(config, 0.05)
    code, out, err = run("gate", config)
    assert (code, out) == (13, "")
    assert "nothing has been ingested yet; run `pilot ingest` first" in err


# -- out of space -------------------------------------------------------------------------------------


@pytest.mark.deep
@pytest.mark.parametrize("limit", [200, *deep(2_000, 30_000, 50_000)])
def test_a_full_disk_is_one_clear_line_and_the_old_state_stays(begun: Course, limit: int) -> None:
    process = child("-c", LIMITED, str(limit), "ingest", "--json", "--config", str(begun.config))
    out, err = process.communicate()
    own = [line for line in err.splitlines() if line.startswith("pilot: ")]
    assert (process.returncode, out, len(own)) == (13, "", 1), err
    assert "free space and run again" in own[0]
    assert gate(begun.config) == begun.before["old"]
    begun.check_completed()


# -- crowded ------------------------------------------------------------------------------------------


def line_about_waiting(process: subprocess.Popen[str]) -> str:
    """Read stderr up to the end of the sentence that says who holds the store."""
    assert process.stderr is not None
    said = ""
    while ")" not in said.partition("waiting for")[2]:
        line = process.stderr.readline()
        assert line, said
        said += f"{line.strip()} "
    return said


@pytest.mark.deep
def test_two_ingests_at_once_wait_for_each_other_and_both_end_well(begun: Course) -> None:
    with open_session(Question(begun.config)).store.lock("a long look"):
        both = [ingesting(begun.config), ingesting(begun.config)]
        for process in both:
            assert f"waiting for process {os.getpid()} on " in line_about_waiting(process)
            assert process.poll() is None
    reports = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    read = sorted(sum(row["files_read"] for row in report) for report in reports)
    assert read[0] == 0
    assert read[1] > 0
    begun.check_completed()


@pytest.mark.deep
def test_ingests_that_start_together_publish_one_state(begun: Course) -> None:
    both = [ingesting(begun.config) for _ in range(2)]
    complaints = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], complaints
    begun.check_completed()


def test_gate_answers_while_another_process_writes(begun: Course) -> None:
    with open_session(Question(begun.config)).store.lock("a long look"):
        assert gate(begun.config) == begun.before["old"]


@pytest.mark.deep
def test_an_ingest_that_is_stopped_by_hand_says_so_and_publishes_nothing(begun: Course) -> None:
    with open_session(Question(begun.config)).store.lock("a long look"):
        process = ingesting(begun.config)
        line_about_waiting(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out) == (130, "")  # as shells say it
    assert err.splitlines()[-1].startswith("pilot: stopped; ")
    assert gate(begun.config) == begun.before["old"]
    begun.check_completed()


# -- locked out ---------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store_can_be_read_and_refuses_an_ingest_in_one_line(begun: Course) -> None:
    lake = begun.lake
    folders = [lake, *(path for path in lake.rglob("*") if path.is_dir())]
    known = versions(begun.config)
    for path in (*folders, lake / ".lock"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert gate(begun.config) == begun.before["old"]
        code, out, err = run("ingest", begun.config, "--json")
    finally:
        for path in (*folders, lake / ".lock"):
            path.chmod(0o700 if path.is_dir() else 0o600)
    assert (code, out, len(err.splitlines())) == (13, "", 1)
    assert "make the folder writable" in err
    assert versions(begun.config) == known
    begun.check_completed()


def test_a_store_below_a_file_is_one_clear_line(tmp_path: Path) -> None:
    config = copy_demo(tmp_path)
    (tmp_path / "lake").write_text("no folder")
    for command in ("ingest", "gate"):
        code, out, err = run(command, config)
        assert (code, out, len(err.splitlines())) == (13, "", 1)
        assert "is a file, expected a folder" in err


def test_a_store_whose_table_was_taken_away_is_refused_and_never_begun_anew(begun: Course) -> None:
    shutil.rmtree(begun.lake / "tables" / "reviews")
    code, _, err = run("gate", begun.config)
    assert (code, len(err.splitlines())) == (13, 1)
    code, _, err = run("ingest", begun.config, "--json")
    assert code == 13
    assert "restore" in err
