from __future__ import annotations

from pathlib import Path

import pytest

from ingest.history.blame import (
    BLAME_SECONDS,
    CONTEXT_LINES,
    MOST_RANGES,
    Blamed,
    Blamer,
    Place,
    ignored_commits,
    weakest,
)
from ingest.history.git import Git, GitError
from ingest.history.walking import NOWHERE, Trail, Walker
from tests.builders_git import GitRepo, lines

BLOCK = [f"unmistakable_call(number_{at})" for at in range(5)]
SHORT = "digest = hashlib.sha1(key)"


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


def blamer(repo: GitRepo) -> Blamer:
    return Blamer(Git(repo.path))


def blamed(repo: GitRepo, path: str, line: int) -> Place:
    return blamer(repo).blame("HEAD", path, [line])[line].origin


def trail(repo: GitRepo, path: str, line: int) -> Trail:
    start = Place(repo.head, path, line)
    return Walker(blamer(repo), at_once=2).trails([start])[start]


# -- blame ----------------------------------------------------------------------------------------


def test_each_line_comes_from_the_commit_that_wrote_it(repo: GitRepo) -> None:
    first = repo.commit_file("a.py", lines(["one", "two"]))
    second = repo.commit_file("a.py", lines(["zero", "one", "2"]))
    told = blamer(repo).blame(second, "a.py", [1, 2, 3])
    assert {line: (at.origin.commit, at.origin.line) for line, at in told.items()} == {
        1: (second, 1),
        2: (first, 1),
        3: (second, 3),
    }
    assert {at.level for at in told.values()} == {"copies"}


def test_indenting_moving_and_renaming_leave_the_origin_alone(repo: GitRepo) -> None:
    first = repo.commit_file("a.py", lines(BLOCK))
    repo.move("a.py", "pkg/b.py")
    repo.commit_file("pkg/b.py", lines(["if ready:", *(f"    {line}" for line in BLOCK), "done()"]))
    assert blamed(repo, "pkg/b.py", 3) == Place(first, "a.py", 2)


def test_a_line_is_followed_with_the_block_that_it_was_moved_in(repo: GitRepo) -> None:
    first = repo.write("b.py", lines(BLOCK)).commit_file("a.py", lines(["one"]))
    repo.write("b.py", lines(["rest"]))
    repo.commit_file("a.py", lines(["one", *BLOCK]))
    assert blamed(repo, "a.py", 3) == Place(first, "b.py", 2)


@pytest.mark.parametrize("name", ["a b.py", "ü.py", 'q"uote.py', "ta\tb.py", "-dash.py", ":(glob)*.py"])
def test_odd_names_of_files_can_be_blamed(repo: GitRepo, name: str) -> None:
    first = repo.commit_file(name, lines(["one", "two"]))
    assert blamed(repo, name, 2) == Place(first, name, 2)


def test_a_name_that_is_no_text_can_be_blamed(repo: GitRepo) -> None:
    name = b"caf\xe9.py".decode("utf-8", "surrogateescape")
    first = repo.commit_file(name, "one\n")
    repo.move(name, "cafe.py").commit("spelling")
    assert blamed(repo, "cafe.py", 1) == Place(first, name, 1)


def test_many_lines_of_a_file_are_asked_about_at_once(repo: GitRepo) -> None:
    first = repo.commit_file("a.py", lines(map(str, range(5 * MOST_RANGES * CONTEXT_LINES))))
    wanted = range(1, 4 * MOST_RANGES, 2)
    far_apart = range(1, 5 * MOST_RANGES * CONTEXT_LINES, 4 * CONTEXT_LINES)
    for asked in (wanted, far_apart):
        told = blamer(repo).blame(first, "a.py", asked)
        assert {line: at.origin.line for line, at in told.items()} == {line: line for line in asked}


def test_commits_that_the_repository_itself_lists_are_looked_past(repo: GitRepo) -> None:
    first = repo.commit_file("a.py", lines(["x = {'a': 1}", "y = 2"]))
    tidied = repo.commit_file("a.py", lines(["x = dict(a=1)", "y = 2"]))
    listed = f"# tidied\n{tidied}  # all of it\n{'0' * 40}\nnonsense\n"
    head = repo.commit_file(".git-blame-ignore-revs", listed)
    git = Git(repo.bare())
    assert ignored_commits(git, head) == (tidied,)
    assert Blamer(git, (tidied,)).blame(head, "a.py", [1])[1].origin.commit == first
    assert ignored_commits(git, first) == ()


def test_a_shallow_mirrors_end_brought_nothing_in(repo: GitRepo) -> None:
    sha = repo.commit_file("a.py", lines(["one"]))
    assert Blamer(Git(repo.path), cut_off=frozenset({sha})).blame(sha, "a.py", [1]) == {}


class Lacking(Git):
    """A mirror in which old contents are missing for all forms of blame but some."""

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = BLAME_SECONDS) -> bytes:
        if "blame" in arguments and self.variables["can"] not in " ".join(arguments):
            raise GitError("fatal: unable to read 5ca1ab1e")
        variables = {name: value for name, value in self.variables.items() if name != "can"}
        return Git(self.folder, variables).run(*arguments, stdin=stdin, seconds=seconds)


@pytest.mark.parametrize(
    ("can", "level"), [("-C", "copies"), ("blame", "copies"), ("diff.renameLimit=1", "no_renames")]
)
def test_the_strongest_blame_that_can_be_made_is_named(repo: GitRepo, can: str, level: str) -> None:
    sha = repo.commit_file("a.py", lines(["one"]))
    told = Blamer(Lacking(repo.path, {"can": can})).blame(sha, "a.py", [1])
    assert told == {1: Blamed(Place(sha, "a.py", 1), level)}


def test_without_old_contents_copies_are_not_searched_for(repo: GitRepo) -> None:
    repo.write("b.py", lines(BLOCK)).commit_file("a.py", lines(["one"]))
    repo.write("b.py", lines(["rest"]))
    head = repo.commit_file("a.py", lines(["one", *BLOCK]))
    assert blamed(repo, "a.py", 3).path == "b.py"
    lost = repo.git("rev-parse", "HEAD~1:b.py")
    (repo.path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    assert blamer(repo).blame(head, "a.py", [3])[3] == Blamed(Place(head, "a.py", 3), "moves")


def test_what_no_blame_can_answer_for_leads_nowhere(repo: GitRepo) -> None:
    repo.commit_file("a.py", lines(["one"]))
    git = Lacking(repo.path, {"can": "nothing"})
    assert Blamer(git).blame("HEAD", "a.py", [1]) == {}
    assert Blamer(git).counts("HEAD", "a.py") is None
    start = Place("HEAD", "a.py", 1)
    assert Walker(Blamer(git)).trails([start]) == {start: NOWHERE}


def test_lines_are_counted_by_commit(repo: GitRepo) -> None:
    first = repo.commit_file("a.py", lines(["one", "", "three"]))
    second = repo.commit_file("a.py", lines(["one", "", "3", "four"]))
    assert blamer(repo).counts(second, "a.py") == {first: 2, second: 2}


def test_the_weakest_of_the_blames_on_the_way_is_told() -> None:
    assert weakest(["copies", "copies"]) == "copies"
    assert weakest(["moves", "none", "copies"]) == "none"


# -- walking back ---------------------------------------------------------------------------------


def test_a_line_wrapped_by_a_formatter_comes_from_who_wrote_it(repo: GitRepo) -> None:
    repo.commit_file("io.py", lines(["import subprocess", "try:", "    pass"]))
    call = "    result = subprocess.run(self.command, shell=True, capture_output=True)"
    wrote = repo.commit_file("io.py", lines(["import subprocess", "try:", call]))
    wrapped = [
        "    result = subprocess.run(",
        "        self.command, shell=True, capture_output=True",
        "    )",
    ]
    style = repo.commit_file("io.py", lines(["import subprocess", "try:", *wrapped]), "style: format")
    assert blamed(repo, "io.py", 4).commit == style
    found = trail(repo, "io.py", 4)
    assert found.origin == Place(wrote, "io.py", 3)
    assert found.steps == (f"reformatted:{style}",)


def test_a_short_line_moved_to_another_file_comes_from_who_wrote_it(repo: GitRepo) -> None:
    own = ["def send(key):", f"    {SHORT}", "    return digest"]
    wrote = repo.commit_file("send.py", lines(["import hashlib", *own]))
    repo.write("send.py", lines(["import hashlib"]))
    moved = repo.commit_file(
        "models.py", lines(["class Model:", "    def cache(self, key):", f"        {SHORT}"])
    )
    assert blamed(repo, "models.py", 3).commit == moved
    assert trail(repo, "models.py", 3) == Trail(Place(wrote, "send.py", 3), "copies", (f"moved:{moved}",))


def test_several_steps_are_told_the_latest_first(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines(["x = 1", f"{SHORT}", "y = 2"]))
    repo.write("a.py", lines(["x = 1", "y = 2"]))
    moved = repo.commit_file("b.py", lines([SHORT]))
    wrapped = repo.commit_file("b.py", lines(["digest = hashlib.sha1(", "    key,", ")"]))
    assert trail(repo, "b.py", 2) == Trail(
        Place(wrote, "a.py", 2), "copies", (f"reformatted:{wrapped}", f"moved:{moved}")
    )


def test_an_edited_statement_knows_which_line_it_stands_in_for(repo: GitRepo) -> None:
    wrote = repo.commit_file("a.py", lines(["x = 1", "run(command, shell=True)"]))
    edited = repo.commit_file("a.py", lines(["x = 1", "run(command, shell=True, check=True)"]))
    found = trail(repo, "a.py", 2)
    assert (found.origin, found.steps) == (Place(edited, "a.py", 2), ())
    assert found.replaced == Place(f"{edited}^", "a.py", 2)
    assert Walker(blamer(repo)).trails([found.replaced])[found.replaced].origin == Place(wrote, "a.py", 2)


def test_a_new_line_stands_in_for_none(repo: GitRepo) -> None:
    repo.commit_file("a.py", lines(["x = 1"]))
    head = repo.commit_file("a.py", lines(["x = 1", "run(command, shell=True)"]))
    assert trail(repo, "a.py", 2) == Trail(Place(head, "a.py", 2), "copies")


def test_a_line_that_only_a_merge_has_comes_from_the_merge(repo: GitRepo) -> None:
    repo.commit_file("a.py", lines(["one", "two"]))
    repo.branch("side").commit_file("b.py", lines(["b"]))
    repo.checkout("main").commit_file("c.py", lines(["c"]))
    repo.git("-c", "user.name=n", "-c", "user.email=e", "merge", "--no-commit", "--no-ff", "side")
    merge = repo.commit_file("a.py", lines(["one", "brought_in_by(the, merge)"]))
    assert len(repo.git("rev-list", "--parents", "-1", merge).split()) == 3
    assert trail(repo, "a.py", 2) == Trail(Place(merge, "a.py", 2), "copies")


def test_the_answer_does_not_depend_on_how_many_are_asked_about(repo: GitRepo) -> None:
    repo.commit_file("a.py", lines(BLOCK))
    repo.commit_file("b.py", lines([*BLOCK[:2], SHORT]))
    head = repo.commit_file("a.py", lines([*BLOCK[:3], "run(", "    one,", ")"]))
    places = [
        Place(head, path, line) for path, last in (("a.py", 6), ("b.py", 3)) for line in range(1, last + 1)
    ]
    together = Walker(blamer(repo), at_once=3).trails(places)
    assert together == {at: Walker(blamer(repo)).trails([at])[at] for at in places}
