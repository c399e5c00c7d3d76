"""What `pilot init` writes is where a new organisation can start from, without taking anything away."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from tests.dashboard.builders_live import TOKEN, repository, world
from tests.github_server import GitHubServer

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BEFORE_THE_FIRST = "before the first ingest"


def begun(folder: Path) -> Path:
    path = folder / "pilot.toml"
    assert main(["init", str(path), "--changes", "40"]) == 0
    return path


def test_a_fresh_file_configures_no_source(tmp_path: Path) -> None:
    assert "sources" not in tomllib.loads(begun(tmp_path).read_text(encoding="utf-8"))


def test_what_changes_the_evidence_is_said_when_the_file_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = begun(tmp_path)
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "set `repositories` and `start_on` before the first ingest, as changing them later restarts the "
        "evidence" in told
    )
    assert BEFORE_THE_FIRST in path.read_text(encoding="utf-8")
    assert BEFORE_THE_FIRST in " ".join(README.split())


def test_the_line_of_the_live_source_is_all_that_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = begun(tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GitHubServer(world(repository("acme/payments-api", count=5))) as server:
        section = f'[sources.github]\nurl = "{server.url}"'
        text = re.sub(r"(?m)^# \[sources\.github\]$", section, path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
        assert main(["doctor", "--config", str(path)]) == 0
        assert main(["ingest", "github", "--config", str(path)]) == 0
    assert open_session(Question(path)).tables.pull_requests.collect().height == 5


def test_every_source_of_files_can_be_had_by_taking_the_marks_away(tmp_path: Path) -> None:
    text = begun(tmp_path).read_text(encoding="utf-8")
    for source, key in (("github_export", "exports/pull_requests/**/*.json"), ("sarif", "scans/**/*.sarif")):
        marked = f'# [sources.{source}]\n# paths = ["{key}"]\n'
        assert marked in text
        settings = tomllib.loads(text.replace(marked, marked.replace("# ", "")))
        assert settings["sources"] == {source: {"paths": [key]}}
