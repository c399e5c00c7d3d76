from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.history import hunks
from ingest.history.changing import Change, Did
from ingest.history.git import Git
from ingest.history.hunks import Hunk, changes_of, joined, parsed
from ingest.history.moving import Moves
from ingest.history.rewriting import MOST_LINES, before_reformatting, replaced_line
from ingest.history.wording import wording
from tests.builders_git import GitRepo, lines


def hunk(removed: list[str], added: list[str], old_start: int = 1, new_start: int = 1) -> Hunk:
    return Hunk("a.py", old_start, tuple(removed), "a.py", new_start, tuple(added))


# -- what git prints ------------------------------------------------------------------------------


def test_both_sides_of_every_changed_place_are_read(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", lines(["one", "two", "three", "four"]))
    sha = repo.commit_file("a.py", lines(["one", "2", "three", "four", "five"]))
    first, second = changes_of(Git(repo.path), sha) or ()
    assert (first.old_start, first.removed, first.new_start, first.added) == (2, ("two",), 2, ("2",))
    assert (second.removed, second.new_start, second.added) == ((), 5, ("five",))


def test_lines_that_look_like_headers_stay_lines(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.sql", lines(["-- drop", "@@ -1 +1 @@", "x"]))
    sha = repo.commit_file("a.sql", lines(["++ b/other.sql", "-- a/other.sql", "x"]))
    (only,) = changes_of(Git(repo.path), sha) or ()
    assert only.removed == ("-- drop", "@@ -1 +1 @@")
    assert only.added == ("++ b/other.sql", "-- a/other.sql")
    assert only.new_path == "a.sql"


@pytest.mark.parametrize("name", ["a b.py", "ü.py", 'q"uote.py', "ta\tb.py", "-dash.py", ":(glob)*.py"])
def test_odd_names_of_files_are_read(tmp_path: Path, name: str) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file(name, "old\n")
    sha = repo.commit_file(name, "new\n")
    (of_all,) = changes_of(Git(repo.path), sha) or ()
    (of_one,) = changes_of(Git(repo.path), sha, name) or ()
    assert of_all == of_one == Hunk(name, 1, ("old",), name, 1, ("new",))


def test_a_renamed_file_is_compared_with_itself(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("old.py", lines(["one", "two", "three", "four", "five", "six"]))
    repo.move("old.py", "new.py")
    sha = repo.commit_file("new.py", lines(["one", "2", "three", "four", "five", "six"]))
    assert changes_of(Git(repo.path), sha) == (Hunk("old.py", 2, ("two",), "new.py", 2, ("2",)),)


def test_lines_that_only_differ_in_whitespace_are_no_changed_ones(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", lines(["run(x)"]))
    sha = repo.commit_file("a.py", lines(["if y:", "    run(x)"]))
    (only,) = changes_of(Git(repo.path), sha) or ()
    assert (only.removed, only.added) == ((), ("if y:",))


def test_a_missing_line_end_is_no_line(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", "one")
    sha = repo.commit_file("a.py", "two\nthree")
    assert changes_of(Git(repo.path), sha) == (hunk(["one"], ["two", "three"]),)


def test_roots_merges_and_binary_files_show_nothing(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    root = repo.commit_file("a.py", "one\n")
    repo.branch("side").commit_file("b.py", "two\n")
    repo.checkout("main").commit_file("c.py", "three\n")
    merge = repo.merge("side")
    binary = repo.write("logo.png", b"\0\1\2").commit("logo")
    assert [changes_of(Git(repo.path), sha) for sha in (root, merge, binary)] == [(), (), ()]


def test_changes_that_are_too_big_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", "one\n")
    repo.write("big.txt", "x\n" * 1_000)
    sha = repo.commit_file("a.py", "two\n")
    monkeypatch.setattr(hunks, "MOST_BYTES", 1_000)
    assert changes_of(Git(repo.path), sha) is None
    assert changes_of(Git(repo.path), sha, "a.py") == (hunk(["one"], ["two"]),)


_TEXT = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12)
_SIDES = st.tuples(st.lists(_TEXT, max_size=4), st.lists(_TEXT, max_size=4)).filter(any)


@given(st.lists(_SIDES, max_size=5))
def test_whatever_the_lines_hold_every_place_is_read_as_it_was_written(
    places: list[tuple[list[str], list[str]]],
) -> None:
    told = [b"diff --git a/a.py b/a.py", b"--- a/a.py", b"+++ b/a.py"]
    for removed, added in places:
        told.append(f"@@ -7,{len(removed)} +9,{len(added)} @@ def f():".encode())
        told += [f"-{line}".encode() for line in removed] + [f"+{line}".encode() for line in added]
    assert list(parsed(told)) == [hunk(removed, added, 7, 9) for removed, added in places]


# -- reformatted ----------------------------------------------------------------------------------

ONE_LINE = "result = subprocess.run(self.command, shell=True, capture_output=True)"
WRAPPED = ["result = subprocess.run(", "    self.command, shell=True, capture_output=True", ")"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["x = call(first, 'second')"], ["x = call(", "    first,", '    "second",', ")"]),
        (["total = first + \\", "    second_value"], ["total = (", "    first", "    + second_value", ")"]),
        (
            ["return some_name(a) or other_name(b)"],
            ["return (", "    some_name(a)", "    or other_name(b)", ")"],
        ),
        (["say('it\\'s fine here')"], ['say("it\'s fine here")']),
        (["const answer = compute(1)"], ["const answer = compute(1);"]),
        (["from package import one, two"], ["from package import (", "    one,", "    two,", ")"]),
    ],
)
def test_what_a_formatter_does_changes_no_wording(before: list[str], after: list[str]) -> None:
    assert wording(before).text == wording(after).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("run(cmd, shell=False)", "run(cmd, shell=True)"),
        ("eval(text)", "literal.eval(text)"),
        ("call()", "call"),
        ("x = load(f)", "x = load(f, Loader)"),
    ],
)
def test_another_statement_has_another_wording(before: str, after: str) -> None:
    assert wording([before]).text != wording([after]).text


@pytest.mark.parametrize("line", [11, 12, 13])
def test_every_line_of_a_wrapped_statement_comes_from_the_one_line(line: int) -> None:
    assert before_reformatting(hunk([ONE_LINE], WRAPPED, 7, 11), line) == 7


def test_a_joined_line_comes_from_the_first_of_its_lines() -> None:
    assert before_reformatting(hunk(WRAPPED, [ONE_LINE], 7, 11), 11) == 7


def test_a_line_is_found_by_its_place_in_the_text() -> None:
    before = ["first_call(one)", "second_call(two)"]
    after = ["first_call(", "    one", ")", "second_call(", "    two", ")"]
    assert [before_reformatting(hunk(before, after), line) for line in range(1, 7)] == [1, 1, 1, 2, 2, 2]


def test_a_wrapped_statement_is_found_beside_a_changed_one() -> None:
    before = ["limit = 10", ONE_LINE]
    after = ["limit = 20", *WRAPPED]
    found = [before_reformatting(hunk(before, after, 4, 4), line) for line in range(4, 8)]
    assert found == [None, 5, 5, 5]


def test_a_changed_statement_was_not_only_reformatted() -> None:
    after = ["result = subprocess.run(", "    self.command, shell=True", ")"]
    assert before_reformatting(hunk([ONE_LINE], after), 2) is None


def test_a_short_piece_is_not_taken_for_an_equal_one() -> None:
    assert before_reformatting(hunk(["x = 1", "pass"], ["y = 2", "pass"]), 2) is None


def test_a_piece_that_was_there_twice_is_not_guessed() -> None:
    twice = ["execute(query, values)", "log(1)", "execute(query, values)", "log(2)"]
    assert before_reformatting(hunk(twice, ["execute(query, values)", "log(3)"]), 1) is None


def test_very_long_places_are_not_compared() -> None:
    before, after = ["x = 1"] * MOST_LINES, ["x = 1"] * MOST_LINES
    assert before_reformatting(hunk(before, after), 1) is None
    assert replaced_line(hunk(before, after), 1) is None


_WORDS = st.lists(st.sampled_from(["alpha", "beta_2", "gamma", "delta7"]), min_size=3, max_size=8)


@given(_WORDS, st.data())
def test_however_arguments_are_wrapped_they_come_from_their_line(
    words: list[str], data: st.DataObject
) -> None:
    breaks = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    inner = "".join(
        f"{word},\n" if broken else f"{word}, " for word, broken in zip(words, breaks, strict=True)
    )
    after = f"call_it(\n{inner}\n)".split("\n")
    before = ["other = 1", f"call_it({', '.join(words)})"]
    own = hunk(before, ["other = 2", *after], 5, 5)
    for line in range(6, 6 + len(after)):
        assert before_reformatting(own, line) in {6, None}
    assert before_reformatting(own, 6) == 6


# -- replaced -------------------------------------------------------------------------------------


def test_an_edited_line_stands_in_for_the_one_most_like_it() -> None:
    before = ["cursor = connect()", "cursor.execute(query % name)", "cursor.close()"]
    after = ["cursor = connect(retries=3)", "cursor.execute(query % (name, limit))"]
    assert replaced_line(hunk(before, after, 20, 20), 21) == 21


def test_of_equally_similar_lines_the_first_is_taken() -> None:
    before = ["run(first, shell=True)", "run(second, shell=True)"]
    assert replaced_line(hunk(before, ["run(third, shell=True)"], 5, 5), 5) == 5


def test_a_line_that_is_like_none_stands_in_for_none() -> None:
    assert replaced_line(hunk(["import os"], ["password = ask_for_it(user)"]), 1) is None


def test_a_statement_that_was_wrapped_while_it_was_changed_stands_in_for_the_old_one() -> None:
    after = ["result = subprocess.run(", "    self.command, shell=True, capture_output=False", ")"]
    before = ["ready = True", ONE_LINE]
    assert [replaced_line(hunk(before, after, 8, 8), line) for line in (8, 9)] == [9, 9]


def test_a_line_that_was_only_put_in_stands_in_for_none() -> None:
    assert replaced_line(hunk([], ["run(cmd)"]), 1) is None


# -- moved ----------------------------------------------------------------------------------------

SHORT = "hash_object = hashlib.sha1(key)"  # below the 40 characters that blame needs to follow a copy


def place(path: str, start: int, removed: list[str], added: list[str]) -> Hunk:
    return Hunk(path, start, tuple(removed), path, start, tuple(added))


def test_a_short_line_is_followed_to_the_file_it_was_taken_from() -> None:
    there = place("send.py", 54, [f"    {SHORT}", "    other = 1"], [])
    here = place("models.py", 550, [], ["x = 1", f"        {SHORT}"])
    assert Moves([here, there]).line_before(0, 551) == ("send.py", 54)


def test_a_copy_is_a_new_line() -> None:
    there = place("a.py", 5, [SHORT], [])
    here = place("b.py", 5, [], [SHORT, "x = 1", SHORT])
    moves = Moves([there, here])
    assert [moves.line_before(1, line) for line in (5, 7)] == [("a.py", 5), None]


def test_equal_lines_follow_their_neighbours() -> None:
    before = place("a.py", 1, ["def one():", SHORT, "def two():", SHORT], [])
    after = place("b.py", 1, [], ["def two():", SHORT, "def one():", SHORT])
    moves = Moves([before, after])
    assert [moves.line_before(1, line) for line in (2, 4)] == [("a.py", 4), ("a.py", 2)]


def test_equal_lines_without_equal_neighbours_follow_each_other_in_order() -> None:
    before = place("a.py", 1, [SHORT, "a", SHORT], [])
    after = place("b.py", 1, [], ["b", SHORT, "c", "d", SHORT])
    moves = Moves([before, after])
    assert [moves.line_before(1, line) for line in (2, 5)] == [("a.py", 1), ("a.py", 3)]


def test_what_anybody_could_write_is_not_followed() -> None:
    assert (
        Moves([place("a.py", 1, ["return None"], []), place("b.py", 1, [], ["return None"])]).line_before(
            1, 1
        )
        is None
    )


def test_a_statement_that_was_moved_in_another_form_is_followed() -> None:
    there = place("cli.py", 272, ["apps = 1", ONE_LINE], [])
    here = place("publish.py", 129, [], ["ready = True", *WRAPPED])
    moves = Moves([there, here])
    assert [moves.statement_before(1, line) for line in range(129, 133)] == [None, *[("cli.py", 273)] * 3]


def test_a_statement_is_followed_past_a_line_that_stayed() -> None:
    before = place("a.py", 200, [ONE_LINE], [])
    after = place("a.py", 202, [], WRAPPED)
    assert Change([before, after]).did("a.py", 203) == Did("reformatted", ("a.py", 200))


def test_of_a_moved_statement_and_its_copy_in_another_form_the_equal_one_is_the_old_one() -> None:
    there = place("a.py", 5, [ONE_LINE], [])
    here = place("b.py", 5, [], [*WRAPPED, "x = 1", ONE_LINE])
    change = Change([there, here])
    assert change.did("b.py", 9) == Did("moved", ("a.py", 5))
    assert change.did("b.py", 6) == Did(is_anew=True)


def test_a_line_in_a_long_text_is_followed_with_it() -> None:
    before = ["sql = '''", "    select a, b", "    from {table}", "'''.format(table=name)"]
    after = [line.replace("'''", '"""') for line in before]
    moves = Moves([place("a.py", 10, before, []), place("b.py", 20, [], after)])
    assert [moves.statement_before(1, line) for line in range(20, 24)] == [
        ("a.py", at) for at in range(10, 14)
    ]


@pytest.mark.parametrize(
    "silencer", ["# noqa: S602", "# type: ignore[arg-type]", "# nosec", "# pylint: disable=x"]
)
def test_a_comment_that_only_silences_a_checker_changes_nothing(silencer: str) -> None:
    one, other = ONE_LINE, f"{ONE_LINE}  {silencer}"
    assert before_reformatting(hunk([one], [other]), 1) == before_reformatting(hunk([other], [one]), 1) == 1


def test_another_comment_is_another_line() -> None:
    assert before_reformatting(hunk([ONE_LINE], [f"{ONE_LINE}  # password: hunter2"]), 1) is None


def test_a_comment_line_is_not_taken_for_its_neighbour() -> None:
    after = ["# noqa: password=hunter2", *WRAPPED]
    assert before_reformatting(hunk([ONE_LINE], after), 1) is None
    assert before_reformatting(hunk([ONE_LINE], after), 2) == 1


@given(st.permutations([f"unmistakable_call(number_{at})" for at in range(6)]))
def test_every_line_of_a_reordered_file_is_followed(order: list[str]) -> None:
    before = [f"unmistakable_call(number_{at})" for at in range(6)]
    moves = Moves([place("a.py", 1, before, []), place("b.py", 1, [], order)])
    found = [moves.line_before(1, line) for line in range(1, 7)]
    assert found == [("a.py", 1 + before.index(line)) for line in order]


# -- all together ---------------------------------------------------------------------------------


def test_a_commit_moved_reformatted_replaced_or_brought_in_each_of_its_lines() -> None:
    change = Change(
        [
            place("a.py", 1, [ONE_LINE], WRAPPED),
            place("a.py", 10, [], [SHORT]),
            place("a.py", 20, ["run(first, shell=True)"], ["run(second, shell=True)"]),
            place("a.py", 30, [], ["entirely_new(line)"]),
            place("b.py", 40, [SHORT], []),
        ]
    )
    assert change.did("a.py", 2) == Did("reformatted", ("a.py", 1))
    assert change.did("a.py", 10) == Did("moved", ("b.py", 40))
    assert change.did("a.py", 20) == Did(None, ("a.py", 20), is_anew=True)
    assert change.did("a.py", 30) == Did(is_anew=True)
    assert change.did("a.py", 99) == Did()


# -- close together -------------------------------------------------------------------------------


def test_places_close_together_are_told_apart_and_joined(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    before = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    repo.commit_file("a.py", lines(before))
    after = ["zero", "one", "two", "3", "four", "six", "seven", "eight", "nine", "10"]
    told = changes_of(Git(repo.path), repo.commit_file("a.py", lines(after))) or ()
    assert [(each.removed, each.added, each.unchanged) for each in told] == [
        ((), ("zero",), ("one", "two")),
        (("three",), ("3",), ("four",)),
        (("five",), (), ()),
        (("ten",), ("10",), ()),
    ]
    assert [each.old_start for each in told if each.removed] == [3, 5, 10]
    assert [each.new_start for each in told if each.added] == [1, 4, 10]
    whole = Hunk("a.py", 1, tuple(before[:5]), "a.py", 1, tuple(after[:5]))
    assert [joined(told, at) for at in range(3)] == [whole] * 3
    assert joined(told, 3) == told[3]


def test_a_statement_is_followed_through_a_line_that_is_equal_by_chance(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", lines(["first_call(", "    one,", ")", "second_call(two, three)"]))
    after = ["first_call(one)", "second_call(", "    two,", "    three,", ")"]
    told = changes_of(Git(repo.path), repo.commit_file("a.py", lines(after))) or ()
    assert len(told) == 2
    found = [Change(told).did("a.py", line) for line in (1, 2, 3, 4)]
    assert found == [Did("reformatted", ("a.py", old)) for old in (1, 4, 4, 4)]


def test_a_copy_beside_a_line_that_stays_is_no_other_form_of_it() -> None:
    parts = [
        Hunk("a.py", 3, ("old = 1",), "a.py", 3, ("old = 2",), unchanged=(ONE_LINE,)),
        Hunk("a.py", 5, ("limit = 10",), "a.py", 5, tuple(WRAPPED)),
    ]
    assert Change(parts).did("a.py", 6) == Did(is_anew=True)


def test_a_copy_in_another_form_beside_its_line_is_not_guessed() -> None:
    assert before_reformatting(hunk([ONE_LINE, "x = 1"], [*WRAPPED, ONE_LINE]), 1) is None
