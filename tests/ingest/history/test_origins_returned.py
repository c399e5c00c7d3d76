"""Whose is a line that a revert brought back?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.history.blame import Blamer, Place
from ingest.history.git import Git
from ingest.history.returning import reverted_subjects, taken_back
from ingest.history.walking import Trail, Walker
from tests.builders_git import GitRepo, lines

WEAK = "    page = fetch(base_address + value_from_outside, 5)"
WRAPPED = ["    page = fetch(", "        base_address + value_from_outside,", "        5,", "    )"]
SAFE = "    page = fetch(KNOWN_HOSTS[value_from_outside])"
ABOVE, BELOW = ["import os", "", "def one(value_from_outside):"], ["    return page", "", "LIMIT = 4"]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


def module(*weak: str) -> str:
    return lines([*ABOVE, *weak, *BELOW])


def trail(repo: GitRepo, path: str = "a.py", line: int = 4) -> Trail:
    start = Place(repo.head, path, line)
    return Walker(Blamer(Git(repo.path))).trails([start])[start]


def fixed(repo: GitRepo) -> tuple[str, str]:
    """A weak line and its fix: both commits."""
    return (
        repo.commit_file("a.py", module(WEAK), "Fetch it"),
        repo.commit_file("a.py", module(SAFE), "Mend the fetch (#3)"),
    )


def returned(wrote: str, *steps: str) -> Trail:
    return Trail(Place(wrote, "a.py", 4), "copies", steps)


def test_what_a_revert_brings_back_comes_from_who_brought_it_in_first(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    back = repo.commit_file("a.py", module(WEAK), f'Revert "Mend the fetch"\n\nThis reverts commit {fix}.')
    assert trail(repo) == returned(wrote, f"returned:{back}")


def test_who_writes_a_fixed_weakness_anew_has_brought_it_in(repo: GitRepo) -> None:
    fixed(repo)
    again = repo.commit_file("a.py", module(WEAK), "Allow every host")
    assert trail(repo).origin == Place(again, "a.py", 4)


def test_what_the_reverted_commit_had_not_taken_out_is_new(repo: GitRepo) -> None:
    _, fix = fixed(repo)
    message = f'Revert "Mend the fetch (#3)"\n\nThis reverts commit {fix}.'
    other = "    answer = redirect_to(value_from_outside)"
    back = repo.commit_file("a.py", module(WEAK, other), message)
    assert trail(repo, line=5).origin == Place(back, "a.py", 5)


def test_a_line_comes_back_to_a_file_that_was_renamed_since(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    repo.move("a.py", "pkg/b.py").commit("rename")
    back = repo.commit_file("pkg/b.py", module(WEAK), f"Undo\n\nThis reverts commit {fix[:9]}.")
    assert trail(repo, "pkg/b.py") == returned(wrote, f"returned:{back}")


def test_a_statement_comes_back_in_another_form(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    back = repo.commit_file("a.py", module(*WRAPPED), f"Undo\n\nThis reverts commit {fix}.")
    found = [trail(repo, line=line) for line in (4, 5, 6)]
    assert found == [returned(wrote, f"returned:{back}")] * 3


def test_a_revert_of_a_revert_brings_back_what_was_there(repo: GitRepo) -> None:
    repo.commit_file("a.py", module())
    wrote = repo.commit_file("a.py", module(WEAK), "Fetch it")
    out = repo.commit_file("a.py", module(), f'Revert "Fetch it"\n\nThis reverts commit {wrote}.')
    back = repo.commit_file("a.py", module(WEAK), f'Reapply "Fetch it"\n\nThis reverts commit {out}.')
    assert trail(repo) == returned(wrote, f"returned:{back}")


def test_a_line_that_came_back_twice_is_still_the_first_one(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    first = repo.commit_file("a.py", module(WEAK), f"Undo\n\nThis reverts commit {fix}.")
    again = repo.commit_file("a.py", module(SAFE), f"Redo\n\nThis reverts commit {first}.")
    second = repo.commit_file("a.py", module(WEAK), f"Undo\n\nThis reverts commit {again}.")
    assert trail(repo) == returned(wrote, f"returned:{second}", f"returned:{first}")


def test_what_a_reverted_merge_had_taken_out_comes_back(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", module(WEAK), "Fetch it")
    repo.branch("side").commit_file("a.py", module(SAFE), "Mend the fetch")
    repo.checkout("main").commit_file("c.py", "beside = 1\n")
    merge = repo.merge("side", "Merge pull request #3 from acme/side")
    back = repo.commit_file("a.py", module(WEAK), f"Undo\n\nThis reverts commit {merge}, reversing changes.")
    assert trail(repo) == returned(wrote, f"returned:{back}")


def test_a_squash_whose_body_says_so_is_a_revert(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    body = f"Work on fetching (#9)\n\n* Tidy\n\n* Undo the fix\n\nThis reverts commit {fix}.\n\n* More"
    back = repo.write("c.py", "more = 1\n").commit_file("a.py", module(WEAK), body)
    assert trail(repo) == returned(wrote, f"returned:{back}")


@pytest.mark.parametrize("title", ['Revert "Mend the fetch" (#4)', 'Revert "Mend the fetch (#3)" (#4)'])
def test_a_title_without_an_id_means_the_latest_commit_of_that_subject(repo: GitRepo, title: str) -> None:
    repo.commit_file("c.py", "other = 1\n", "Mend the fetch")
    wrote, _ = fixed(repo)
    back = repo.commit_file("a.py", module(WEAK), title)
    assert trail(repo) == returned(wrote, f"returned:{back}")


def test_a_title_that_no_commit_had_brings_nothing_back(repo: GitRepo) -> None:
    fixed(repo)
    back = repo.commit_file("a.py", module(WEAK), 'Revert "Mend the fetch of pages" (#4)')
    assert trail(repo).origin == Place(back, "a.py", 4)


def test_a_commit_of_another_branch_is_not_what_is_reverted(repo: GitRepo) -> None:
    repo.commit_file("a.py", module(WEAK), "Fetch it")
    fix = repo.branch("side").commit_file("a.py", module(SAFE), "Mend it elsewhere")
    repo.checkout("main").commit_file("a.py", module(SAFE), "Mend it here")
    back = repo.commit_file("a.py", module(WEAK), f"Undo\n\nThis reverts commit {fix}.")
    assert trail(repo).origin == Place(back, "a.py", 4)


@pytest.mark.parametrize("told", ["0" * 40, "deadbee", "itself"])
def test_what_cannot_be_found_was_not_reverted(repo: GitRepo, told: str) -> None:
    fixed(repo)
    git = Git(repo.path)
    message = f"Undo\n\nThis reverts commit {repo.head if told == 'itself' else told}."
    assert taken_back(git, repo.head, message) == ()


def test_several_reverts_in_one_message_are_all_looked_at(repo: GitRepo) -> None:
    wrote, fix = fixed(repo)
    other = repo.commit_file("c.py", "beside = 1\n")
    message = f"Undo both\n\nThis reverts commit {other}.\n\nThis reverts commit {fix}."
    back = repo.commit_file("a.py", module(WEAK), message)
    assert trail(repo) == returned(wrote, f"returned:{back}")
    assert taken_back(Git(repo.path), back, message) == (other, fix)


def test_words_about_reverts_name_no_subject() -> None:
    assert reverted_subjects('Explain why we revert "x" at night\n\nThe revert "y" failed') == ()
