from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.settings import FilesSettings
from ingest.sources.files import find_files


def names(base: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    settings = FilesSettings(paths=list(paths), exclude=list(exclude))
    return [file.name for file in find_files(settings, base, "[sources.test]")]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("b.json", "a.json", "deep/er/c.json", "deep/note.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def test_files_come_once_and_in_the_order_of_their_names(base: Path) -> None:
    assert names(base, "*.json", "**/*.json") == ["a.json", "b.json", "deep/er/c.json"]


def test_excluded_files_and_folders_are_left_out(base: Path) -> None:
    assert names(base, "**", exclude=("*.txt", "b*")) == ["a.json", "deep/er/c.json"]


def test_a_pattern_without_a_file_is_an_error_that_names_it(base: Path) -> None:
    with pytest.raises(SourceError, match=r"no file matches nothing/\*\.json"):
        names(base, "nothing/*.json")


def test_absolute_patterns_are_named_from_the_folder_of_the_configuration(base: Path) -> None:
    assert names(base / "deep", f"{base}/a.json") == ["../a.json"]
    assert names(base, f"{base}/**/c.json") == ["deep/er/c.json"]
