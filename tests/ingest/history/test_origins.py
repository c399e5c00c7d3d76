from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import ALERTS, LANDED_COMMITS, LINE_ORIGINS, SCAN_RESULTS, SCANS, Table
from ingest.history import origins
from ingest.history.blame import Blamer
from ingest.history.git import Git, GitError
from ingest.history.lineage import changed_paths, depths, first_parents, full_names, shallow_commits
from ingest.history.mirrors import Mirrors
from ingest.history.origins import BEYOND, NO_BLAME, NOT_MIRRORED, NOT_THERE, UNREADABLE, trace
from ingest.identity import line_text_key
from ingest.settings import IngestSettings
from ingest.store import Store
from tests.builders_git import GitRepo, lines

NOON = datetime(2026, 8, 3, 12, tzinfo=UTC)
REPOSITORY = "acme/payments"
EVAL = "result = eval(expression_of(user))"
_PROVENANCE = {"source": "sarif", "ingested_at": NOON, "raw_ref": "scan.sarif:0", "is_blamable": True,
               "is_security": True, "severity": "high", "cwe": []}  # fmt: skip


class Traced:
    """A repository, its mirror, and a store with scans of it."""

    def __init__(self, folder: Path) -> None:
        self.repo = GitRepo(folder / "work")
        self.mirrors = Mirrors(folder / "git")
        self.store = Store(str(folder / "lake"))
        self.scans = 0

    def scan(self, commit: str, *places: tuple[str, int | None], **scan: Any) -> None:
        """One ok scan of a commit that reports some lines."""
        self.scans += 1
        own = {"scan_id": f"s{self.scans}", "tool": "bandit", "repository": REPOSITORY, "commit_sha": commit,
               "stage": "post_merge", "status": "ok", "scanned_at": NOON, "file": "scan.sarif"}  # fmt: skip
        self.store.write(SCANS, rows(SCANS, {**own, **scan}))
        results = [
            {"scan_id": f"s{self.scans}", "position": at, "finding_key": f"k{at}", "rule": "B307",
             "path": path, "line": line, "scanned_at": NOON}
            for at, (path, line) in enumerate(places)
        ]  # fmt: skip
        self.store.write(SCAN_RESULTS, rows(SCAN_RESULTS, *results))

    def trace(self) -> dict[str, int]:
        self.repo.bare(self.mirrors.path(REPOSITORY))
        return trace(self.store, self.mirrors, IngestSettings(), NOON)

    def origins(self) -> pl.DataFrame:
        return self.store.current("line_origins").sort("commit_sha", "path", "line").collect()

    def origin(self, commit: str, path: str, line: int) -> dict[str, Any]:
        return self.origins().row(by_predicate=(pl.col("commit_sha") == commit) & (pl.col("path") == path)
                                  & (pl.col("line") == line), named=True)  # fmt: skip


def rows(table: Table, *given_rows: dict[str, Any]) -> pl.DataFrame:
    filled = [{name: {**_PROVENANCE, **row}.get(name) for name in table.columns} for row in given_rows]
    return pl.DataFrame(filled, schema=table.polars_schema)


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    return Traced(tmp_path)


@pytest.fixture
def blames(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Files that were blamed, in their order."""
    asked: list[tuple[str, str]] = []
    ask = Blamer.blame

    def noted(self: Blamer, commit: str, path: str, wanted: Any) -> Any:
        asked.append((commit, path))
        return ask(self, commit, path, wanted)

    monkeypatch.setattr(Blamer, "blame", noted)
    return asked


# -- what is told of a line -----------------------------------------------------------------------


def test_a_reported_line_gets_its_origin(traced: Traced) -> None:
    wrote = traced.repo.commit_file("a.py", lines(["x = 1", f"    {EVAL}"]))
    head = traced.repo.commit_file("a.py", lines(["import ast", "x = 1", f"    {EVAL}"]))
    traced.scan(head, ("a.py", 3))
    assert traced.trace() == {}
    told = traced.origin(head, "a.py", 3)
    assert (told["introduced_commit"], told["introduced_path"], told["introduced_line"]) == (wrote, "a.py", 2)
    assert (told["blame"], told["steps"], told["replaced_commit"]) == ("copies", [], None)
    assert told["text_key"] == line_text_key(EVAL)
    assert told["blob_sha"] == traced.repo.git("rev-parse", "HEAD:a.py")


def test_every_row_holds_its_contract(traced: Traced) -> None:
    traced.repo.commit_file("a.py", lines([EVAL]))
    head = traced.repo.commit_file("a.py", lines(["result = eval(expression_of(user, 1))"]))
    traced.scan(head, ("a.py", 1), ("a.py", 9), ("gone.py", 1))
    traced.trace()
    assert LINE_ORIGINS.schema.validate(traced.origins()).height == 3


def test_an_edited_line_names_the_origin_of_the_one_that_it_replaced(traced: Traced) -> None:
    wrote = traced.repo.commit_file("a.py", lines([EVAL]))
    style = traced.repo.commit_file("a.py", lines(["result = eval(", "    expression_of(user)", ")"]))
    head = traced.repo.commit_file("a.py", lines(["result = eval(", "    expression_of(user, safe)", ")"]))
    traced.scan(head, ("a.py", 2))
    traced.trace()
    told = traced.origin(head, "a.py", 2)
    assert style != told["introduced_commit"] == head
    assert (told["replaced_commit"], told["replaced_path"], told["replaced_line"]) == (wrote, "a.py", 1)


def test_what_later_commits_did_is_kept(traced: Traced) -> None:
    wrote = traced.repo.commit_file("a.py", lines([EVAL]))
    style = traced.repo.commit_file("a.py", lines(["result = eval(", "    expression_of(user)", ")"]))
    traced.scan(style, ("a.py", 1))
    traced.trace()
    told = traced.origin(style, "a.py", 1)
    assert (told["introduced_commit"], told["steps"]) == (wrote, [f"reformatted:{style}"])


def test_commits_that_the_protected_branch_lists_are_looked_past(traced: Traced) -> None:
    wrote = traced.repo.commit_file("a.py", lines(["limits = {'a': 1}"]))
    tidied = traced.repo.commit_file("a.py", lines(["limits = dict(a=1)"]))
    head = traced.repo.commit_file(".git-blame-ignore-revs", f"{tidied}\n")
    landed = {"repository": REPOSITORY, "sha": head, "branch": "main", "place": 2, "landed_at": NOON,
              "is_merge": False, "authorship": "human", "evidence": []}  # fmt: skip
    traced.store.write(LANDED_COMMITS, rows(LANDED_COMMITS, landed))
    traced.scan(tidied, ("a.py", 1))
    traced.trace()
    assert traced.origin(tidied, "a.py", 1)["introduced_commit"] == wrote


# -- which lines are wanted -----------------------------------------------------------------------


def test_an_abbreviated_commit_is_traced_under_its_own_name(traced: Traced) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(sha[:9], ("a.py", 1))
    traced.scan(sha, ("a.py", 1))
    traced.trace()
    assert traced.origins().select("commit_sha", "introduced_commit").rows() == [(sha[:9], sha), (sha, sha)]


@pytest.mark.parametrize(
    "scan",
    [{"status": "unreadable"}, {"status": "withdrawn"}, {"repository": None}, {"commit_sha": None},
     {"repository": "acme/other"}],
)  # fmt: skip
def test_what_cannot_be_placed_is_not_traced(traced: Traced, scan: dict[str, Any]) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(sha, ("a.py", 1), **scan)
    assert traced.trace() == {}
    assert traced.origins().is_empty()


def test_alerts_are_traced_where_they_are_open(traced: Traced) -> None:
    first = traced.repo.commit_file("a.py", lines([EVAL]))
    second = traced.repo.commit_file("b.py", lines(["x = 1"]))
    alert = {"repository": REPOSITORY, "kind": "code_scanning", "number": 1, "state": "open", "rule": "r",
             "path": "a.py", "line": 1, "refs": ["refs/heads/main", "refs/pull/1/head"], "ref_categories": [],
             "ref_states": ["open", "fixed"], "ref_commits": [first, second], "created_at": NOON}  # fmt: skip
    untold = {**alert, "number": 2, "ref_states": [], "ref_commits": [second]}
    traced.store.write(ALERTS, rows(ALERTS, alert))
    traced.trace()
    assert traced.origins()["commit_sha"].to_list() == [first]
    traced.store.write(ALERTS, rows(ALERTS, untold))
    traced.trace()
    assert set(traced.origins()["commit_sha"]) == {first, second}


def test_commits_that_the_mirror_does_not_hold_are_counted(traced: Traced) -> None:
    traced.repo.commit_file("a.py", lines([EVAL]))
    for commit in ("0" * 40, "--all", "HEAD", "main", "deadbee"):
        traced.scan(commit, ("a.py", 1), ("a.py", 2))
    assert traced.trace() == {NOT_MIRRORED: 5}
    assert traced.origins().is_empty()


def test_lines_that_are_not_there_are_counted_by_reason(traced: Traced) -> None:
    traced.repo.write("folder/a.py", lines([EVAL]))
    sha = traced.repo.commit("first")
    odd = ("gone.py", "folder", "./folder/a.py", "../a.py", "/folder/a.py", "line\nbreak.py", "a:b")
    traced.scan(
        sha, *((path, 1) for path in odd), ("folder/a.py", 2), ("folder/a.py", 1), ("folder/a.py", None)
    )
    assert traced.trace() == {NOT_THERE: len(odd), BEYOND: 1}
    assert traced.origins().filter(pl.col("blame") != "none")["path"].to_list() == ["folder/a.py"]


def test_what_no_blame_could_follow_is_counted_and_tried_again(
    traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(sha, ("a.py", 1))
    with monkeypatch.context() as without:
        without.setattr(Blamer, "blame", lambda *_: {})
        assert traced.trace() == {NO_BLAME: 1}
    assert traced.origin(sha, "a.py", 1)["introduced_commit"] is None
    assert traced.trace() == {}
    assert traced.origin(sha, "a.py", 1)["introduced_commit"] == sha


def test_a_mirror_that_cannot_be_read_does_not_stop_the_others(traced: Traced) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(sha, ("a.py", 1))
    broken = traced.mirrors.path("acme/broken")
    broken.mkdir(parents=True)
    (broken / "HEAD").write_text("nonsense")
    traced.scan(sha, ("a.py", 1), repository="acme/broken")
    assert traced.trace() == {UNREADABLE: 1}
    assert traced.origins()["repository"].to_list() == [REPOSITORY]


# -- nothing is blamed twice ----------------------------------------------------------------------


def test_a_second_run_blames_nothing(traced: Traced, blames: list[tuple[str, str]]) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(sha, ("a.py", 1), ("gone.py", 1))
    traced.trace()
    blames.clear()
    assert traced.trace() == {NOT_THERE: 1}
    assert blames == []


def test_files_that_did_not_change_are_not_blamed_again(
    traced: Traced, blames: list[tuple[str, str]]
) -> None:
    repo = traced.repo
    shas = [repo.write("same.py", lines([EVAL])).commit_file("other.py", "x = 0\n")]
    shas += [repo.commit_file("other.py", f"x = {day}\n") for day in range(1, 6)]
    for sha in reversed(shas):
        traced.scan(sha, ("same.py", 1), ("other.py", 1))
    traced.trace()
    assert [path for _, path in blames].count("same.py") == 1
    assert traced.origins().filter(path="same.py")["introduced_commit"].unique().to_list() == [shas[0]]
    blames.clear()
    later = repo.commit_file("other.py", "x = 9\n")
    traced.scan(later, ("same.py", 1))
    traced.trace()
    assert blames == []
    assert traced.origin(later, "same.py", 1)["introduced_commit"] == shas[0]


def test_a_line_that_only_a_later_scan_reports_is_looked_up_where_it_was_traced(
    traced: Traced, blames: list[tuple[str, str]]
) -> None:
    sha = traced.repo.commit_file("a.py", lines([EVAL, EVAL + "  # again"]))
    traced.scan(sha, ("a.py", 1))
    head = traced.repo.commit_file("b.py", "x = 1\n")
    traced.scan(head, ("a.py", 1), ("a.py", 2))
    traced.trace()
    assert blames == [(sha, "a.py"), (head, "a.py")]
    assert traced.origins()["introduced_line"].to_list().count(2) == 1


def test_a_file_that_changed_and_changed_back_is_blamed_again(
    traced: Traced, blames: list[tuple[str, str]]
) -> None:
    first = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.repo.commit_file("a.py", lines(["result = None"]))
    back = traced.repo.commit_file("a.py", lines([EVAL]))
    traced.scan(first, ("a.py", 1))
    traced.scan(back, ("a.py", 1))
    traced.trace()
    assert [traced.origin(sha, "a.py", 1)["introduced_commit"] for sha in (first, back)] == [first, back]
    assert len(blames) == 2


def test_what_was_traced_on_another_branch_does_not_count(traced: Traced) -> None:
    repo = traced.repo
    repo.commit_file("b.py", "x = 1\n")
    repo.branch("side")
    on_side = repo.commit_file("a.py", lines([EVAL]))
    repo.checkout("main")
    on_main = repo.commit_file("a.py", lines([EVAL]), at=NOON)
    traced.scan(on_side, ("a.py", 1))
    traced.scan(on_main, ("a.py", 1))
    traced.trace()
    assert [traced.origin(sha, "a.py", 1)["introduced_commit"] for sha in (on_side, on_main)] == [
        on_side,
        on_main,
    ]


def test_lines_are_written_some_at_a_time(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "LINES_AT_ONCE", 2)
    sha = traced.repo.commit_file("a.py", lines([f"{EVAL}  # {number}" for number in range(7)]))
    traced.scan(sha, *(("a.py", number) for number in range(1, 8)))
    follow, asked = origins.followed, []

    def killed_later(walker: Any, places: Any) -> pl.DataFrame:
        asked.append(list(places))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return follow(walker, asked[-1])

    with monkeypatch.context() as killed:
        killed.setattr(origins, "followed", killed_later)
        with pytest.raises(KeyboardInterrupt):
            traced.trace()
    assert traced.origins().height == 4
    traced.trace()
    assert traced.origins()["introduced_line"].to_list() == [1, 2, 3, 4, 5, 6, 7]


_EDITS = st.lists(
    st.tuples(st.sampled_from(["a.py", "b.py"]), st.sampled_from(["top", "bottom", "line", "back"])),
    min_size=1,
    max_size=3,
)


@pytest.mark.deep
@settings(max_examples=15, deadline=None)
@given(_EDITS, st.randoms(use_true_random=False))
def test_carried_origins_are_those_that_blame_gives(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, str]], random: Any
) -> None:
    together = Traced(tmp_path_factory.mktemp("together"))
    alone = Traced(tmp_path_factory.mktemp("alone"))
    files = {"a.py": [EVAL, "x = 1"], "b.py": [EVAL, "y = 2"]}
    for path, content in files.items():
        together.repo.write(path, lines(content))
    shas = [together.repo.commit("first")]
    for number, (path, edit) in enumerate(edits):
        files[path] = edited(files[path], edit, number)
        shas.append(together.repo.commit_file(path, lines(files[path])))
    wanted = [(path, 1) for path in files]
    random.shuffle(shas)
    for sha in shas:
        together.scan(sha, *wanted)
    together.trace()
    alone.repo = together.repo
    for sha in shas:
        alone.scan(sha, *wanted)
        alone.trace()
    assert alone.origins().equals(together.origins())
    blamer = Blamer(Git(together.mirrors.path(REPOSITORY)))
    fresh = [blamer.blame(sha, path, [1])[1].origin for sha in sorted(shas) for path in files]
    told = together.origins().select("introduced_commit", "introduced_path", "introduced_line").rows()
    assert told == fresh


def edited(content: list[str], edit: str, number: int) -> list[str]:
    added = f"put_in(number_{number})"
    changes = {"top": [added, *content], "bottom": [*content, added], "line": [added, *content[1:]],
               "back": [EVAL, *content[1:]]}  # fmt: skip
    # A line beside its like is a copy, with an origin of its own: blame alone cannot tell which is which.
    is_copy = edit == "back" and EVAL in content
    return changes["bottom" if is_copy else edit]


# -- what lies before what ------------------------------------------------------------------------


def test_commits_are_named_in_full(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    sha = repo.commit_file("a.py", "x\n")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    assert full_names(Git(repo.path), [sha, sha[:7], tree, "HEAD", "^", "x" * 40, "0" * 40]) == {
        sha: sha,
        sha[:7]: sha,
    }


def test_a_merge_lies_above_its_first_parent_only(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    root = repo.commit_file("a.py", "a\n")
    repo.branch("side").commit_file("b.py", "b\n")
    repo.checkout("main")
    main = repo.commit_file("c.py", "c\n")
    merge = repo.merge("side")
    git = Git(repo.path)
    parents = first_parents(git, [merge])
    assert parents == {merge: main, main: root}
    assert depths(parents, [merge, root, main]) == {merge: 2, root: 0, main: 1}
    assert changed_paths(git, main, merge) == {"b.py"}
    assert changed_paths(git, root, merge) == {"b.py", "c.py"}
    assert changed_paths(git, merge, merge) == set()


def test_a_shallow_clone_knows_where_it_ends(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit_file("a.py", lines([EVAL]))
    end = repo.commit_file("b.py", "x\n")
    traced = Traced(tmp_path)
    target = traced.mirrors.path(REPOSITORY)
    repo.git("clone", "--quiet", "--bare", "--depth", "1", repo.path.as_uri(), str(target))
    assert shallow_commits(Git(target)) == {end}
    traced.scan(end, ("a.py", 1))
    assert trace(traced.store, traced.mirrors, IngestSettings(), NOON) == {NO_BLAME: 1}


def test_git_that_fails_is_no_clean_answer(tmp_path: Path) -> None:
    with pytest.raises(GitError):
        first_parents(Git(tmp_path), ["0" * 40])
