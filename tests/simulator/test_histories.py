from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from data.simulator import histories
from data.simulator.histories import HistoryTruth, WrittenHistory
from data.simulator.histories.edits import Create, Insert, Move, Rename, applied, removal
from data.simulator.histories.formatting import joined, requoted, wrapped
from data.simulator.histories.lines import Line, Tree, flagged, place_of
from data.simulator.histories.objects import tree_id
from ingest.identity import bare_text
from tests.builders_simulator import contents, nodes

TRUTH = HistoryTruth()
SEED = 5
EVENTS = {
    "begin", "weak feature", "copy", "generated", "lines above", "lines between", "rename",
    "rename with edits", "moved function", "moved line", "indented", "formatter", "edited", "fix",
    "brought back", "revert",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> WrittenHistory:
    return histories.write(tmp_path_factory.mktemp("history"), SEED, TRUTH)


def git(written: WrittenHistory, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(written.bare), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def results(written: WrittenHistory) -> list[tuple[str, str, str, int, str]]:
    """Tool, commit, path, line and text of every result of every scan."""
    return [
        (run["tool"]["driver"]["name"], run["versionControlProvenance"][0]["revisionId"],
         place["artifactLocation"]["uri"], place["region"]["startLine"], place["region"]["snippet"]["text"])
        for path in sorted((written.folder / "scans").glob("*.sarif"))
        for run in orjson.loads(path.read_bytes())["runs"]
        for result in run["results"]
        for place in [result["locations"][0]["physicalLocation"]]
    ]  # fmt: skip


# -- the repository ---------------------------------------------------------------------------------
def test_git_gives_the_commits_the_ids_that_were_worked_out(written: WrittenHistory) -> None:
    assert git(written, "rev-parse", "main").strip() == written.head
    assert git(written, "fsck", "--full", "--strict") == ""


def test_every_commit_of_the_main_branch_is_told(written: WrittenHistory) -> None:
    assert set(git(written, "rev-list", "main").split()) == {one.sha for one in written.commits}
    assert len(written.commits) > TRUTH.changes


def test_the_head_of_every_pull_request_is_kept(written: WrittenHistory) -> None:
    heads = {node["number"]: node["headRefOid"] for node in nodes(written.folder)}
    told = git(written, "for-each-ref", "--format=%(refname) %(objectname)", "refs/pull").split()
    assert dict(zip(told[::2], told[1::2], strict=True)) == {
        f"refs/pull/{number}/head": sha for number, sha in heads.items()
    }


def test_the_same_seed_gives_the_same_bytes(written: WrittenHistory, tmp_path: Path) -> None:
    again = histories.write(tmp_path, SEED, TRUTH)
    assert replace(again, folder=written.folder) == written
    assert contents(tmp_path) == contents(written.folder)


def test_another_seed_gives_another_history(written: WrittenHistory, tmp_path: Path) -> None:
    assert histories.write(tmp_path, SEED + 1, TRUTH).head != written.head


def test_an_ending_comes_after_the_same_history(written: WrittenHistory, tmp_path: Path) -> None:
    longer = histories.write(tmp_path, SEED, replace(TRUTH, endings=("renames", "formatter", "lines above")))
    shas = [one.sha for one in written.commits]
    assert [one.sha for one in longer.commits][: len(shas)] == shas
    assert len(longer.commits) == len(shas) + 3
    assert len(longer.weaknesses) == len(written.weaknesses)


# -- scans ------------------------------------------------------------------------------------------
def test_every_result_points_at_the_line_that_git_has_there(written: WrittenHistory) -> None:
    places = {(commit, path, line): text.strip() for _, commit, path, line, text in results(written)}
    asked = "".join(f"{commit}:{path}\n" for commit, path in sorted({key[:2] for key in places}))
    files = batch(written, asked)
    assert len(places) > 1000
    assert {key: files[key[0], key[1]][key[2] - 1].strip() for key in places} == places


def batch(written: WrittenHistory, asked: str) -> dict[tuple[str, str], list[str]]:
    """Lines of many files of many commits, asked of git at once."""
    command = ["git", "-C", str(written.bare), "cat-file", "--batch"]
    rest = subprocess.run(command, input=asked.encode(), capture_output=True, check=True).stdout
    files = {}
    for name in asked.splitlines():
        head, rest = rest.split(b"\n", 1)
        size = -1 if head.endswith(b" missing") else int(head.split()[2])
        files[split(name)] = rest[: max(size, 0)].decode().splitlines()
        rest = rest[size + 1 :]
    return files


def split(name: str) -> tuple[str, str]:
    commit, _, path = name.partition(":")
    return commit, path


def test_a_scan_reports_all_weaknesses_of_its_commit_that_its_tool_knows(written: WrittenHistory) -> None:
    told = Counter(
        (tool, seen.commit, seen.path, seen.line)
        for weakness in written.weaknesses
        for seen in weakness.sightings
        for tool in seen.tools
    )
    assert set(told) == {result[:4] for result in results(written)}
    assert set(told.values()) == {1}
    assert sum(scan.result_count for scan in written.scans) == len(results(written))


def test_two_tools_name_the_same_weakness_differently(written: WrittenHistory) -> None:
    both = [weakness for weakness in written.seen if len(weakness.tools) == 2]
    assert len(both) > 10
    assert all(len({name for _, name in weakness.rules}) == 2 for weakness in both)


# -- truth of weaknesses ----------------------------------------------------------------------------
def test_a_weakness_is_in_the_commit_that_introduced_it_and_in_none_before(written: WrittenHistory) -> None:
    landed = [weakness for weakness in written.weaknesses if weakness.is_landed]
    assert len(landed) > 30
    names = [
        (one, f"{one.introduced_commit}:{one.path}", f"{one.introduced_commit}^:{one.path}") for one in landed
    ]
    files = batch(written, "".join(f"{name}\n" for _, *both in names for name in both))
    for one, name, name_before in names:
        now, before = files[split(name)], files[split(name_before)]
        text = now[one.line - 1]
        assert now.count(text) > before.count(text), one


def test_weaknesses_that_never_landed_are_those_of_changes_that_were_closed_or_mended(
    written: WrittenHistory,
) -> None:
    branched = [weakness for weakness in written.weaknesses if not weakness.is_landed]
    assert branched
    assert all(weakness.introduced_by for weakness in branched)
    assert not {one.introduced_commit for one in branched} & {one.sha for one in written.commits}


def test_everything_happens_over_a_few_seeds(tmp_path: Path) -> None:
    told = [histories.write(tmp_path / str(seed), seed, TRUTH) for seed in (1, 2, 3)]
    happened = {one.what for each in told for weakness in each.weaknesses for one in weakness.happenings}
    assert happened == EVENTS
    landings = {one.landing for each in told for one in each.commits}
    assert landings == {None, "merge_sha", "merge_commit", "rebase", "subject"}
    assert {one.making for each in told for one in each.commits} == {
        "agent",
        "human",
        "unknown",
        "automation",
    }
    assert all(40 <= len(each.seen) <= 90 for each in told)
    assert any(git(each, "for-each-ref", "refs/heads/release") for each in told)


def test_what_was_written_anew_before_anybody_looked_has_more_than_one_right_answer(tmp_path: Path) -> None:
    rarely = HistoryTruth(scan_every=60, head_scans_share=0.0)
    told = histories.write(tmp_path, 1, rarely)
    anew = [weakness for weakness in told.weaknesses if weakness.also_right]
    assert anew
    for one in anew:
        happened = {each.commit: each.what for each in one.happenings}
        assert {happened[sha] for sha in one.also_right} <= {"edited", "brought back"}


# -- truth of commits -------------------------------------------------------------------------------
def test_every_line_that_stands_was_written_by_one_commit(written: WrittenHistory) -> None:
    told = Counter[str]()
    for one in written.commits:
        told.update(dict(one.surviving))
    paths = git(written, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "main").splitlines()
    files = batch(written, "".join(f"main:{path}\n" for path in paths))
    standing = {path: len(lines) for (_, path), lines in files.items()}
    assert told == standing
    assert written.lines == sum(standing.values())


def test_pages_tell_the_commits_and_files_of_the_history(written: WrittenHistory) -> None:
    merged = [node for node in nodes(written.folder) if node["merged"]]
    assert len(merged) > 100
    for node in merged[::20]:
        oids = [one["commit"]["oid"] for one in node["commits"]["nodes"]]
        base = git(written, "rev-parse", f"{oids[0]}^").strip()
        said = git(
            written, "-c", "core.quotePath=false", "diff", "--name-only", "-M50%", base, node["headRefOid"]
        )
        assert {file["path"] for file in node["files"]["nodes"]} == set(said.splitlines())
        assert git(written, "rev-list", "--reverse", f"{base}..{node['headRefOid']}").split() == oids


def test_some_squashed_pull_requests_are_known_by_their_subject_only(written: WrittenHistory) -> None:
    untold = {node["number"] for node in nodes(written.folder) if node["merged"] and not node["mergeCommit"]}
    by_subject = {one.pull_request for one in written.commits if one.landing == "subject"}
    assert by_subject
    assert by_subject <= untold


def test_marks_are_told_by_the_repository_itself(written: WrittenHistory) -> None:
    assert "wire/** linguist-generated" in git(written, "show", "main:.gitattributes")
    assert "DO NOT EDIT" in git(written, "show", "main:api/schema.py").splitlines()[0]
    assert dict(written.marks)["lib/codec/fast.py"] == "vendored"


# -- parts ------------------------------------------------------------------------------------------
ONE, TWO, THREE = Line(1, "one"), Line(2, "two", weakness=7), Line(3, "three")
TREE: Tree = applied([Create("a.py", (ONE, TWO)), Create("b.py", (THREE,))], {})


def test_an_edit_finds_its_lines_wherever_they_are() -> None:
    moved = applied([Rename("a.py", "c.py"), Move((2,), 3), Insert(1, (Line(4, "four"),))], TREE)
    assert {path: file.content for path, file in moved.items()} == {
        "b.py": b"three\ntwo\n",
        "c.py": b"one\nfour\n",
    }
    assert flagged(moved) == [(7, "b.py", 2, "two")]


def test_a_file_without_lines_is_gone() -> None:
    assert set(applied([removal([3])], TREE)) == {"a.py"}


def test_a_line_that_was_taken_away_has_no_place() -> None:
    with pytest.raises(LookupError, match="key 3"):
        place_of(applied([removal([3])], TREE), 3)


def test_a_folder_is_sorted_as_if_its_name_ended_with_a_slash() -> None:
    blob = bytes(20)
    assert tree_id({"a.b": blob, "a/c": blob}) == tree_id({"a/c": blob, "a.b": blob})


@pytest.mark.parametrize("style", ["exploded", "hugged"])
def test_a_formatter_changes_no_more_than_it_may(style: str) -> None:
    text = "    rows = run('select ' + value, limit(3, 4), [one, two])"
    pieces = wrapped(text, style)  # type: ignore[arg-type]
    assert len(pieces) > 2
    assert joined(pieces) == text
    assert bare_text(requoted(text)) == bare_text(text).replace("'", '"')
