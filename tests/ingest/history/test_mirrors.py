from __future__ import annotations

from pathlib import Path

from ingest.history.mirrors import Mirrors
from tests.builders_git import GitRepo


def test_a_mirror_is_found_by_the_name_of_its_repository(tmp_path: Path):
    mirrors = Mirrors(tmp_path / "git")
    repo = GitRepo(tmp_path / "work")
    head = repo.commit_file("a.py", "1\n")
    repo.bare(mirrors.path("acme/pay.web"))
    git = mirrors.git("acme/pay.web")
    assert git is not None
    assert git.text("rev-parse", "HEAD") == head
    assert mirrors.git("acme/pay") is None
    assert mirrors.repositories() == ["acme/pay.web"]


def test_without_a_folder_there_are_no_mirrors(tmp_path: Path):
    assert Mirrors(tmp_path / "none").repositories() == []


def test_halves_and_strange_folders_are_no_mirrors(tmp_path: Path):
    for name in ("acme+pay.git.half", "acme+pay.git.old", "notes.git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "acme+empty.git").mkdir()
    assert Mirrors(tmp_path).repositories() == []
