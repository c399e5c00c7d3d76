from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.contracts import FILE_MARKS, LANDED_COMMITS, Table
from ingest.history import standing
from ingest.history.blame import Blamer
from ingest.history.mirrors import Mirrors
from ingest.history.surviving import UNBLAMED, UNFIT, UNREADABLE, count_surviving
from ingest.settings import ClassSettings, GitSettings, IngestSettings, SourcesSettings
from ingest.store import Store
from tests.builders_git import GitRepo, lines

NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)
REPOSITORY = "acme/payments"
SETTINGS = IngestSettings(sources=SourcesSettings(git=GitSettings(at_once=2)))
_PROVENANCE = {"source": "git", "ingested_at": NOON, "raw_ref": "git"}


class Counted:
    """A repository, its mirror, and a store that knows what landed."""

    def __init__(self, folder: Path) -> None:
        self.repo = GitRepo(folder / "work")
        self.mirrors = Mirrors(folder / "git")
        self.store = Store(str(folder / "lake"))

    def count(self, settings: IngestSettings = SETTINGS) -> dict[str, int]:
        self.repo.bare(self.mirrors.path(REPOSITORY))
        landed = self.repo.git("rev-list", "--reverse", "main").split("\n")
        told = rows(LANDED_COMMITS, *(self._landed(*at) for at in enumerate(landed)))
        self.store.replace(LANDED_COMMITS, told, "git")
        return count_surviving(self.store, self.mirrors, settings, NOON)

    def _landed(self, place: int, sha: str) -> dict[str, Any]:
        return {"repository": REPOSITORY, "sha": sha, "branch": "main", "place": place, "landed_at": NOON,
                "is_merge": False, "authorship": "human", "evidence": []}  # fmt: skip

    def standing(self) -> dict[str, int | None]:
        landed = self.store.current("landed_commits").select("sha", "surviving_code_lines").collect()
        return dict(landed.iter_rows())

    def kept(self) -> Path:
        return self.mirrors.path(REPOSITORY).joinpath(*standing.KEPT_IN)


def rows(table: Table, *given_rows: dict[str, Any]) -> pl.DataFrame:
    filled = [{name: {**_PROVENANCE, **row}.get(name) for name in table.columns} for row in given_rows]
    return pl.DataFrame(filled, schema=table.polars_schema)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


@pytest.fixture
def blamed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of files that were blamed."""
    asked: list[str] = []
    ask = Blamer.counts

    def noted(self: Blamer, commit: str, path: str) -> dict[str, int] | None:
        asked.append(path)
        return ask(self, commit, path)

    monkeypatch.setattr(Blamer, "counts", noted)
    return asked


def test_lines_that_still_stand_are_counted_for_the_commit_that_wrote_them(counted: Counted) -> None:
    repo = counted.repo
    first = repo.commit_file("a.py", lines(["one", "", "three", "four"]))
    gone = repo.commit_file("a.py", lines(["one", "", "three", "4"]))
    last = repo.commit_file("a.py", lines(["one", "", "three", "IV", "five"]))
    assert counted.count() == {}
    assert counted.standing() == {first: 3, gone: 0, last: 2}
    at = counted.store.current("landed_commits").select("surviving_at").unique().collect().item()
    assert at == last


def test_only_code_is_counted(counted: Counted) -> None:
    repo = counted.repo
    repo.write("README.md", "words\n").write("tests/test_a.py", "t\n").write("poetry.lock", "l\n")
    repo.write("made.py", "m\nm\n").write("src/a b.py", "one\ntwo\n").write("empty.py", "")
    sha = repo.commit("first")
    mark = {
        "repository": REPOSITORY,
        "path": "made.py",
        "file_class": "generated",
        "mark": "m",
        "commit_sha": sha,
    }
    assert counted.count() == {}
    assert counted.standing() == {sha: 4}
    counted.store.write(FILE_MARKS, rows(FILE_MARKS, mark))
    counted.count()
    assert counted.standing() == {sha: 2}
    counted.count(SETTINGS.model_copy(update={"classes": ClassSettings(test=["src/**"])}))
    assert counted.standing() == {sha: 0}


def test_binary_and_big_files_are_left_out_and_said(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MOST_LINES", 3)
    monkeypatch.setattr(standing, "BIGGEST_BYTES", 50)
    repo = counted.repo.write("data.bin", b"\0\n1\n").write("long.py", "x\n" * 4).write("wide.py", "x" * 51)
    sha = repo.commit_file("a.py", "x\n" * 3)
    assert counted.count() == {UNFIT: 3}
    assert counted.standing() == {sha: 3}


def test_what_no_blame_could_count_is_said_and_tried_again(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = counted.repo.commit_file("a.py", "x\n")
    with monkeypatch.context() as without:
        without.setattr(Blamer, "counts", lambda *_: None)
        assert counted.count() == {UNBLAMED: 1}
    assert counted.count() == {}
    assert counted.standing() == {sha: 1}


def test_a_content_whose_blame_took_too_long_is_not_waited_for_again(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = counted.repo.commit_file("a.py", "x\n")
    with monkeypatch.context() as slow:
        slow.setattr(standing, "BLAME_SECONDS", 0.0)
        slow.setattr(Blamer, "counts", lambda *_: None)
        assert counted.count() == {UNBLAMED: 1}
    assert counted.count() == {UNBLAMED: 1}
    second = counted.repo.commit_file("a.py", "x\ny\n")
    assert counted.count() == {}
    assert counted.standing() == {first: 1, second: 1}


def test_only_changed_files_are_blamed_again(counted: Counted, blamed: list[str]) -> None:
    repo = counted.repo
    first = repo.write("a.py", "one\n").commit_file("b.py", "two\n")
    counted.count()
    assert blamed == ["a.py", "b.py"]
    second = repo.commit_file("b.py", "two\nthree\n")
    counted.count()
    assert blamed == ["a.py", "b.py", "b.py"]
    repo.remove("a.py").move("b.py", "c.py").commit("rename")
    counted.count()
    assert blamed[3:] == ["c.py"]
    assert counted.standing() == {first: 1, second: 1, repo.head: 0}


def test_a_file_that_changed_and_changed_back_is_counted_anew(counted: Counted) -> None:
    repo = counted.repo
    first = repo.commit_file("a.py", "one\n")
    counted.count()
    between = repo.commit_file("a.py", "two\n")
    back = repo.commit_file("a.py", "one\n")
    counted.count()
    assert counted.standing() == {first: 0, between: 0, back: 1}


def test_a_branch_that_was_rewritten_is_counted_anew(counted: Counted, blamed: list[str]) -> None:
    repo = counted.repo
    repo.commit_file("a.py", "one\n")
    counted.count()
    repo.git("checkout", "--quiet", "--orphan", "again")
    other = repo.commit("first, again")
    repo.git("branch", "--force", "main", "again")
    repo.checkout("main")
    counted.count()
    assert blamed == ["a.py", "a.py"]
    assert counted.standing()[other] == 1


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense", None])
def test_what_is_kept_may_be_lost_or_damaged(counted: Counted, damage: bytes | None) -> None:
    sha = counted.repo.commit_file("a.py", "one\n")
    counted.count()
    if damage is None:
        counted.kept().unlink()
    else:
        counted.kept().write_bytes(damage)
    counted.count()
    assert counted.standing() == {sha: 1}


def test_a_stop_loses_little(counted: Counted, monkeypatch: pytest.MonkeyPatch, blamed: list[str]) -> None:
    monkeypatch.setattr(standing, "FILES_AT_ONCE", 2)
    for number in range(5):
        counted.repo.write(f"f{number}.py", f"{number}\n")
    sha = counted.repo.commit("first")
    ask = Blamer.counts

    def killed_at_last(self: Blamer, commit: str, path: str) -> dict[str, int] | None:
        if path == "f4.py":
            raise KeyboardInterrupt
        return ask(self, commit, path)

    with monkeypatch.context() as killed:
        killed.setattr(Blamer, "counts", killed_at_last)
        with pytest.raises(KeyboardInterrupt):
            counted.count()
    assert sorted(blamed) == ["f0.py", "f1.py", "f2.py", "f3.py"]
    counted.count()
    assert blamed[4:] == ["f4.py"]
    assert counted.standing() == {sha: 5}


def test_nothing_is_counted_where_it_is_not_wanted(counted: Counted) -> None:
    sha = counted.repo.commit_file("a.py", "one\n")
    unwanted = GitSettings(surviving=False)
    counted.count(IngestSettings(sources=SourcesSettings(git=unwanted)))
    counted.count(IngestSettings())
    assert counted.standing() == {sha: None}


def test_the_end_of_a_shallow_mirror_has_no_number(counted: Counted) -> None:
    counted.repo.commit_file("a.py", "one\n")
    end = counted.repo.commit_file("a.py", "one\ntwo\n")
    counted.count(IngestSettings())
    (counted.mirrors.path(REPOSITORY) / "shallow").write_text(f"{end}\n")
    count_surviving(counted.store, counted.mirrors, SETTINGS, NOON)
    assert counted.standing()[end] is None


def test_a_mirror_that_cannot_be_read_is_said(counted: Counted) -> None:
    counted.repo.commit_file("a.py", "one\n")
    counted.count(IngestSettings())
    for pack in (counted.mirrors.path(REPOSITORY) / "objects").rglob("*"):
        if pack.is_file():
            pack.unlink()
    assert count_surviving(counted.store, counted.mirrors, SETTINGS, NOON) == {UNREADABLE: 1}
