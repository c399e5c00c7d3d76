"""What the settings tell of a log by its name, and that the name it is kept under names nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.errors import ConfigurationError, SourceError
from ingest.settings import ApprovalsSettings
from ingest.sources.approvals.base import Place
from ingest.sources.approvals.places import Log, logs, without_home


def found(base: Path, *places: dict[str, Any], paths: str = "logs/**/*.jsonl") -> list[Log]:
    settings = ApprovalsSettings.model_validate({"paths": [paths], "place": list(places)})
    return logs(settings, base, lambda text: f"{len(text):08d}")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("logs/rosa/one.jsonl", "logs/two.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n", encoding="utf-8")
    return tmp_path


def test_without_an_entry_nothing_is_told(base: Path) -> None:
    assert [(log.name, log.place) for log in found(base)] == [
        ("logs/rosa/one.jsonl", Place()),
        ("logs/two.jsonl", Place()),
    ]


def test_each_fact_is_the_first_that_tells_it(base: Path) -> None:
    first = {"paths": ["logs/two.jsonl"], "repository": "acme/pay"}
    second = {"paths": ["logs/**/*.jsonl"], "repository": "acme/other", "team": "core", "interactive": False}
    one, two = found(base, first, second)
    assert one.place == Place("acme/other", "core", None, False)
    assert two.place == Place("acme/pay", "core", None, False)


def test_a_pattern_finds_facts_in_the_name_and_what_is_said_outright_stands_before(base: Path) -> None:
    entry = {
        "paths": ["logs/*/*"],
        "path_pattern": r"logs/(?P<team>\w+)/(?P<interactive>)one",
        "team": "core",
    }
    assert found(base, entry)[0].place == Place(team="core")


def test_what_a_pattern_knows_for_a_person_does_not_stand_in_the_name(base: Path) -> None:
    one, two = found(base, {"paths": ["logs/**/*"], "path_pattern": r"^logs/(?P<person>\w+)/"})
    assert one.place.person == "rosa"
    assert one.name == "logs/person-00000019/one.jsonl"
    assert (two.name, two.place.person) == ("logs/two.jsonl", None)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (
            "logs/.claude/projects/-Users-jo-work-x/7f.jsonl",
            "logs/.claude/projects/project-00000016/7f.jsonl",
        ),
        (
            "logs/.claude/projects/anything/sub/7f.jsonl",
            "logs/.claude/projects/project-00000008/sub/7f.jsonl",
        ),
        ("logs/.claude/projects/7f.jsonl", "logs/.claude/projects/7f.jsonl"),
        ("logs/jo/-home-jo-x/7f.jsonl", "logs/person-00000027/project-00000010/7f.jsonl"),
        ("logs/C--Users-jo-x/7f.jsonl", "logs/project-00000013/7f.jsonl"),
        ("logs/session-state/0b-9e/events.jsonl", "logs/session-state/0b-9e/events.jsonl"),
    ],
)
def test_a_folder_that_spells_where_somebody_worked_is_a_mark(tmp_path: Path, name: str, kept: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("{}\n", encoding="utf-8")
    (log,) = found(tmp_path, {"paths": ["logs/**/*"], "path_pattern": r"^logs/(?P<person>jo)/"}, paths=name)
    assert log.name == kept


def test_a_person_inside_such_a_folder_is_known_and_goes_with_all_of_it(tmp_path: Path) -> None:
    name = "logs/.claude/projects/-Users-jo-work-x/7f.jsonl"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("{}\n", encoding="utf-8")
    entry = {"paths": ["logs/**/*"], "path_pattern": r"-Users-(?P<person>[^-]+)-"}
    (log,) = found(tmp_path, entry, paths=name)
    assert (log.place.person, log.name) == ("jo", f"logs/.claude/projects/person-{len(name):08d}/7f.jsonl")


@pytest.mark.parametrize("pattern", ["(", r"logs/(?P<repository>\w+)/"])
def test_an_entry_that_cannot_be_meant_names_itself(base: Path, pattern: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[\[sources\.approvals\.place\]\] for logs/\*/\*"):
        found(base, {"paths": ["logs/*/*"], "path_pattern": pattern})


def test_no_match_is_an_error_as_for_every_source(base: Path) -> None:
    with pytest.raises(SourceError, match=r"\[sources\.approvals\]: no file matches"):
        found(base, paths="nowhere/*")


def test_the_home_folder_can_be_meant_and_is_not_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = base / "home" / "rosa"
    folder = home / ".claude" / "projects" / f"{str(home).replace('/', '-').replace('_', '-')}-src"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    project = base / "project"
    project.mkdir()
    place = {"paths": ["~/.claude/**/*.jsonl"], "team": "core"}
    (log,) = found(project, place, paths="~/.claude/projects/**/*.jsonl")
    assert log.name == "~/.claude/projects/project-00000005/a.jsonl"
    assert (log.path.read_text(encoding="utf-8"), log.place.team) == ("{}", "core")


def test_a_name_inside_the_project_stays_as_it_is(tmp_path: Path) -> None:
    assert without_home("logs/a.jsonl", tmp_path / "logs/a.jsonl") == "logs/a.jsonl"
