from __future__ import annotations

import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from dashboard import canary_commands
from dashboard.cli import main
from ingest.sources.approvals.base import MARKER
from tests.builders_metrics import day, pull_request
from tests.builders_snapshot import World


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that something was published in."""
    folder = tmp_path_factory.mktemp("canaries")
    World(folder).deliver(7, pull_requests=[pull_request(1, 2.0)])
    return folder / "lake"


@pytest.fixture
def world(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    shutil.copytree(filled, tmp_path / "lake")
    made = World(tmp_path)
    made.look(30)
    monkeypatch.setattr(canary_commands, "clock", lambda: day(29))
    monkeypatch.setattr("dashboard.recording.clock", lambda: day(29))
    return made


def run(world: World, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `pilot canary` with these words."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["canary", *words, "--config", str(world.config)])
    return code, out.getvalue(), " ".join(err.getvalue().split())


def test_a_canary_gets_a_marker_of_its_own_and_is_listed(world: World):
    said = [run(world, "add", "--what", "deletes the backups", "--by", "rosa", "--json") for _ in range(2)]
    made = [json.loads(out) for _, out, _ in said]
    listed = json.loads(run(world, "list", "--json")[1])

    assert all(MARKER.fullmatch(each["canary_id"]) for each in made)
    assert {each["canary_id"] for each in listed} == {each["canary_id"] for each in made}
    assert len(listed) == 2
    assert {(each["kind"], each["registered_by"], each["what"]) for each in listed} == {
        ("prompt", "rosa", "deletes the backups")
    }


def test_people_are_told_how_to_plant_it(world: World):
    code, out, err = run(world, "add", "--what", "opens the firewall", "--by", "rosa")
    told = " ".join(out.split())

    assert (code, err) == (0, "")
    assert "registered pilot-canary-" in told
    assert "2-5 %" in told
    assert "agreed" in told


def test_a_pull_request_is_told_by_its_number(world: World):
    words = ("--repository", "acme/a", "--number", "12", "--by", "rosa", "--what", "drops a check")
    assert run(world, "add", *words)[0] == 0
    (row,) = json.loads(run(world, "list", "--json")[1])

    assert (row["kind"], row["repository"], row["number"]) == ("pull_request", "acme/a", 12)
    assert "acme/a#12" in run(world, "list")[1]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--what", "x", "--by", "ann@example.com"], "registered_by: seen an e-mail address"),
        (["--what", " ", "--by", "rosa"], "--what says nothing"),
        (["--what", "x", "--by", "rosa", "--kind", "song"], "expected one of: prompt, pull_request"),
        (["--what", "x", "--by", "rosa", "--number", "3"], "needs --repository owner/name"),
        (
            ["--what", "x", "--by", "rosa", "--repository", "nowhere"],
            "repository is 'nowhere', expected owner/name",
        ),
    ],
)
def test_what_cannot_be_registered_is_refused_with_a_remedy(world: World, words: list[str], complaint: str):
    code, out, err = run(world, "add", *words)

    assert (code != 0, out) == (True, "")
    assert complaint in err
    assert json.loads(run(world, "list", "--json")[1]) == []


def test_without_canaries_the_list_says_how_to_begin(world: World):
    assert "pilot canary add" in run(world, "list")[1]
