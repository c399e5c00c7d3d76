"""Whose is a line that stands in two places?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.history.blame import Blamer, Place
from ingest.history.git import Git, GitError
from ingest.history.walking import Trail, Walker
from tests.builders_git import GitRepo, lines

WEAK = "page = fetch(base_address + value_from_outside, 5)"
ONE = ["def one():", "    '''Fetch the orders, as 11 asks.'''", f"    {WEAK}", "    return page.closed(11)"]
TWO = ["def two():", "    '''Close the refunds, as 22 asks.'''", "    merge(22)", "    return store(22)"]
THREE = ["def three():", "    '''Price the parcels, as 33.'''", f"    {WEAK}", "    return page.closed(33)"]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


def trail(repo: GitRepo, path: str, line: int) -> Trail:
    start = Place(repo.head, path, line)
    return Walker(Blamer(Git(repo.path))).trails([start])[start]


def origins(repo: GitRepo, path: str) -> list[str]:
    """Commits that brought in the weak lines of a file, from top to bottom."""
    text = repo.read(path).splitlines()
    weak = [number for number, line in enumerate(text, 1) if line.strip() == WEAK]
    return [_commit(trail(repo, path, number)) for number in weak]


def _commit(found: Trail) -> str:
    assert found.origin is not None
    return found.origin.commit


def test_a_copy_in_the_same_file_is_brought_in_by_who_copied(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*ONE, *TWO]))
    copied = repo.commit_file("a.py", lines([*ONE, *TWO, *THREE]))
    assert Blamer(Git(repo.path)).blame("HEAD", "a.py", [11])[11].origin.commit == wrote
    assert origins(repo, "a.py") == [wrote, copied]


def test_a_copy_above_its_original_is_brought_in_by_who_copied(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*TWO, "", *ONE]))
    copied = repo.commit_file("a.py", lines([*TWO, "", *THREE, "", *ONE]))
    assert origins(repo, "a.py") == [copied, wrote]


def test_a_copy_in_another_file_is_brought_in_by_who_copied(repo: GitRepo) -> None:
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines(ONE))
    repo.write("a.py", lines([*ONE, "", "more = 1"]))
    copied = repo.commit_file("b.py", lines([*TWO, "", *ONE]))
    assert (origins(repo, "a.py"), origins(repo, "b.py")) == ([wrote], [copied])


def test_a_moved_block_keeps_its_origin(repo: GitRepo) -> None:
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines([*TWO, "", *ONE]))
    repo.write("a.py", lines(TWO))
    repo.commit_file("b.py", lines([*TWO, "", *ONE]))
    assert origins(repo, "b.py") == [wrote]


def test_of_what_was_moved_and_copied_at_once_one_is_new(repo: GitRepo) -> None:
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines([*TWO, "", *ONE]))
    repo.write("a.py", lines(TWO))
    squashed = repo.commit_file("b.py", lines([*TWO, "", *ONE, "", *THREE]))
    assert origins(repo, "b.py") == [wrote, squashed]


def test_a_copy_in_a_renamed_file_is_brought_in_by_who_renamed_it(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*TWO, "", *ONE]))
    repo.move("a.py", "b.py")
    renamed = repo.commit_file("b.py", lines([*THREE, "", *TWO, "", *ONE]))
    assert origins(repo, "b.py") == [renamed, wrote]


def test_copies_stay_apart_when_they_are_moved_together(repo: GitRepo) -> None:
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines([*ONE, "", *TWO]))
    copied = repo.commit_file("a.py", lines([*ONE, "", *TWO, "", *THREE]))
    repo.write("b.py", lines([*TWO, "", *THREE, "", *ONE])).commit_file("a.py", lines(TWO))
    assert origins(repo, "b.py") == [copied, wrote]


def test_a_copy_on_a_squashed_branch_is_brought_in_by_the_squash(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*ONE, "", *TWO]))
    repo.branch("side").commit_file("a.py", lines([*ONE, "", *TWO, "", "last = 1"]))
    repo.commit_file("a.py", lines([*ONE, "", *TWO, "", *THREE]))
    repo.checkout("main").commit_file("c.py", "beside = 1\n")
    squashed = repo.squash("side", "Copy it (#7)")
    assert origins(repo, "a.py") == [wrote, squashed]


def test_a_copy_on_a_merged_branch_is_brought_in_by_its_own_commit(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*ONE, "", *TWO]))
    copied = repo.branch("side").commit_file("a.py", lines([*ONE, "", *TWO, "", *THREE]))
    repo.checkout("main").commit_file("a.py", lines(["above = 1", *ONE, "", *TWO]))
    repo.merge("side")
    assert origins(repo, "a.py") == [wrote, copied]


def test_a_short_line_that_was_moved_with_its_block_keeps_its_origin(repo: GitRepo) -> None:
    block = [*ONE[:2], "    go(x)", *ONE[2:]]
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines([*TWO, "", *block]))
    repo.write("a.py", lines(TWO))
    repo.commit_file("b.py", lines([*TWO, "", *block]))
    assert trail(repo, "b.py", 8) == Trail(Place(wrote, "a.py", 8), "copies")


def test_of_equal_lines_the_one_that_was_moved_is_followed_not_the_one_that_stayed(repo: GitRepo) -> None:
    wrote = repo.write("b.py", lines(TWO)).commit_file("a.py", lines([*TWO, *ONE]))
    copied = repo.commit_file("a.py", lines([*TWO, *ONE, *THREE]))
    repo.write("a.py", lines([*TWO, *ONE]))
    repo.commit_file("b.py", lines([*TWO, *THREE]))
    assert (origins(repo, "a.py"), origins(repo, "b.py")) == ([wrote], [copied])


class WithoutPlain(Git):
    """A mirror in which a plain blame fails."""

    def run(self, *arguments: str, **how: object) -> bytes:  # type: ignore[override]
        if "blame" in arguments and "-M" not in arguments:
            raise GitError("fatal: unable to read 5ca1ab1e")
        return super().run(*arguments, **how)  # type: ignore[arg-type]


def test_where_a_plain_blame_cannot_be_made_the_other_one_holds(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines([*ONE, *TWO]))
    repo.commit_file("a.py", lines([*ONE, *TWO, *THREE]))
    start = Place(repo.head, "a.py", 11)
    found = Walker(Blamer(WithoutPlain(repo.path))).trails([start])[start]
    assert found == Trail(Place(wrote, "a.py", 3), "copies")
