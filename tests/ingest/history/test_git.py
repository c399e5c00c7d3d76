from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ingest.history.git import Git, GitError, git_version
from tests.builders_git import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "work")
    made.commit_file("a.py", "one\ntwo\n", "Begin")
    return made


def test_lines_and_pieces_come_one_by_one_without_their_ends(repo: GitRepo):
    git = Git(repo.path)
    assert list(git.stream("show", "HEAD:a.py")) == [b"one", b"two"]
    assert list(git.pieces("ls-tree", "-z", "--name-only", "HEAD")) == [b"a.py"]


def test_a_last_piece_without_an_end_is_not_lost(repo: GitRepo):
    repo.commit_file("b.txt", "no end")
    assert list(Git(repo.path).stream("show", "HEAD:b.txt")) == [b"no end"]


def test_an_error_raises_at_the_end_with_gits_own_words(repo: GitRepo):
    given = repo.head.encode() + b"\nnonsense\n"
    with pytest.raises(GitError, match=r"rev-list in .*nonsense"):
        list(Git(repo.path).stream("rev-list", "--no-walk", "--stdin", stdin=given))


def test_what_came_before_an_error_is_given_on(repo: GitRepo):
    lost = repo.commit_file("b.py", "lost\n")
    blob = repo.git("rev-parse", "HEAD:b.py")
    first = repo.sha("HEAD~1")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (repo.path / "b.py").unlink()  # git would take the content from there
    asked = f"{first}\n{lost}\n".encode()
    pieces = Git(repo.path).pieces("diff-tree", "--stdin", "--root", "--numstat", "-z", stdin=asked)
    assert [next(pieces), next(pieces)] == [first.encode(), b"2\t0\ta.py"]
    with pytest.raises(GitError, match=f"unable to read {blob}"):
        list(pieces)


def test_an_answer_that_nobody_reads_to_its_end_is_let_go(repo: GitRepo):
    repo.commit_file("long.txt", "line\n" * 200_000)
    lines = Git(repo.path).stream("show", "HEAD:long.txt")
    assert next(lines) == b"line"
    lines.close()


def test_much_said_on_the_side_does_not_hold_the_answer_up(repo: GitRepo):
    blobs = [repo.git("rev-parse", "HEAD:a.py")] * 3
    asked = "\n".join(f"{blob}^{{commit}}" for blob in blobs * 3000).encode()
    answer = list(Git(repo.path).stream("cat-file", "--batch-check", stdin=asked))
    assert len(answer) == 9000


def test_an_exit_code_that_is_an_answer_is_none_of_an_error(repo: GitRepo):
    asked = ("grep", "-l", "nothing of the kind", "HEAD")
    assert Git(repo.path).run(*asked, accepted=(0, 1)) == b""
    with pytest.raises(GitError):
        Git(repo.path).run(*asked)


def test_a_folder_that_is_no_repository_never_answers_for_the_one_around_it(repo: GitRepo):
    inside = repo.path / "lake" / "git" / "acme+pay.git"
    inside.mkdir(parents=True)
    with pytest.raises(GitError, match="not a git repository"):
        Git(inside).text("rev-parse", "HEAD")


def test_settings_and_hooks_of_this_machine_and_of_the_caller_count_for_nothing(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[log]\n\tdate = nonsense\n[alias]\n\tx = !touch hooked\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert Git(repo.path).text("log", "-1", "--format=%s") == "Begin"


def test_a_missing_git_is_said_with_what_to_do(repo: GitRepo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="git is not installed here; install it"):
        Git(repo.path).run("version")
    with pytest.raises(GitError, match="git is not installed here"):
        list(Git(repo.path).stream("log"))


def test_commits_are_told_from_other_things_and_from_what_is_not_there(repo: GitRepo):
    git, blob = Git(repo.path), repo.git("rev-parse", "HEAD:a.py")
    assert git.has_all([repo.head, blob, "f" * 40]) == {repo.head}
    assert git.has_all([]) == frozenset()
    assert (git.has(repo.head), git.has("f" * 40)) == (True, False)


def test_what_is_shown_of_a_repository_holds_no_secret(repo: GitRepo):
    assert "hunter2" not in repr(Git(repo.path, {"GIT_CONFIG_VALUE_0": "hunter2"}))


def test_the_version_is_numbers():
    assert git_version() > (2, 0)


def test_a_long_answer_that_takes_too_long_is_ended_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stuck = tmp_path / "bin" / "git"
    stuck.parent.mkdir()
    stuck.write_text("#!/bin/sh\necho first\nexec sleep 60\n")
    stuck.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stuck.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("ingest.history.git.LONGEST_SECONDS", 0.2)
    lines = Git(tmp_path).stream("log")
    with pytest.raises(GitError, match=r"git log took longer than 0 s"):
        list(lines)


def test_an_answer_in_time_is_whole_and_nobody_waits_for_it_any_more(repo: GitRepo):
    before = threading.active_count()
    assert list(Git(repo.path).stream("show", "HEAD:a.py")) == [b"one", b"two"]
    assert threading.active_count() == before
