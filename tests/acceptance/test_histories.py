"""Findings of generated git histories, through the product's usual way, beside what is true of them."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from random import Random

import orjson
import pytest

from dashboard.composition import Question, open_session
from data.simulator.histories import Ending, HistoryTruth, PlantedCommit
from ingest.file_classes import classify_path
from tests.acceptance.helpers_pilot import table
from tests.builders_histories import WITH_TRIAGE, Matched, Pilot, pilot, runs_of, say

RIGHT_SHARE = 0.98
NORMAL_SEEDS = (1,)
DEEP_SEEDS = tuple(range(11, 21))
NORMAL, LARGE, FEW = HistoryTruth(changes=60), HistoryTruth(), HistoryTruth(changes=30)
ENDINGS: tuple[Ending, ...] = ("lines above", "renames", "formatter")


@pytest.fixture(scope="module", params=NORMAL_SEEDS)
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pilot:
    return pilot(tmp_path_factory.mktemp("known"), request.param, NORMAL)


@pytest.fixture(scope="module")
def matched(known: Pilot) -> Matched:
    return known.matched()


# -- what was introduced, and by whom ---------------------------------------------------------------
def assert_one_finding_each(seen: Matched) -> None:
    assert seen.merged() == [], say(seen.merged())
    assert seen.doubled() == [], say(seen.doubled())
    assert seen.findings.height == len(seen.written.seen) > 0


def assert_attributed(seen: Matched) -> None:
    wrong = seen.wrong()
    assert len(wrong) <= (1 - RIGHT_SHARE) * seen.findings.height, say(wrong)


def test_every_weakness_that_a_scan_could_see_is_one_finding(matched: Matched) -> None:
    assert_one_finding_each(matched)


def test_findings_have_the_change_that_introduced_them(matched: Matched) -> None:
    assert_attributed(matched)


def test_what_two_scanners_report_is_one_finding_with_both(matched: Matched) -> None:
    told = {weakness.number: frozenset(row["tools"]) for row, weakness in matched.rows if weakness}
    expected = {weakness.number: weakness.tools for weakness in matched.written.seen}
    assert told == expected
    assert any(len(tools) == 2 for tools in expected.values())


def test_decisions_can_rest_on_where_a_finding_was_seen(matched: Matched) -> None:
    commits = dict(matched.scans.select("scan_id", "commit_sha").iter_rows())
    assert all(row["seen_commit"] == commits[row["first_seen_scan"]] for row, _ in matched.rows)


@pytest.mark.deep
@pytest.mark.parametrize("seed", DEEP_SEEDS)
def test_larger_histories_are_told_right(tmp_path: Path, seed: int) -> None:
    seen = pilot(tmp_path, seed, LARGE).matched()
    assert_attributed(seen)
    assert_one_finding_each(seen)


# -- what landed, and what still stands -------------------------------------------------------------
def landed(known: Pilot) -> dict[str, dict[str, object]]:
    rows = table(known.config, "landed_commits").iter_rows(named=True)
    return {row["sha"]: row for row in rows}


def test_every_commit_of_the_branch_has_its_pull_request(known: Pilot) -> None:
    rows = landed(known)
    told = {sha: (row["pull_request"], row["is_merge"]) for sha, row in rows.items()}
    assert told == {one.sha: (one.pull_request, one.is_merge) for one in known.written.commits}


def test_it_is_told_how_the_pull_request_of_a_commit_is_known(known: Pilot) -> None:
    rows = landed(known)
    wrong = [(one, rows[one.sha]["landing"]) for one in known.written.commits
             if rows[one.sha]["landing"] != one.landing]  # fmt: skip
    assert wrong == []


def test_reverts_are_told(known: Pilot) -> None:
    rows = landed(known)
    expected = {one.sha: one.reverts for one in known.written.commits if one.reverts}
    assert {sha: row["reverts"] for sha, row in rows.items() if row["reverts"]} == expected


def test_makers_of_commits_are_told_by_their_own_evidence(known: Pilot) -> None:
    rows = landed(known)
    wrong = [
        (one, rows[one.sha]["authorship"])
        for one in known.written.commits
        if not one.is_merge and making(str(rows[one.sha]["authorship"])) != one.making
    ]
    assert wrong == []


def making(authorship: str) -> str:
    """An agent that helps a person, by its trailer, is an agent to the truth."""
    return "agent" if authorship == "assisted" else authorship


def surviving_code(one: PlantedCommit, marked: frozenset[str]) -> int:
    return sum(
        lines for path, lines in one.surviving if path not in marked and classify_path(path)[0] == "code"
    )


def test_lines_that_still_stand_are_given_to_the_commits_that_wrote_them(known: Pilot) -> None:
    rows = landed(known)
    marked = frozenset(path for path, _ in known.written.marks)
    expected = {one.sha: surviving_code(one, marked) for one in known.written.commits}
    told = {sha: row["surviving_code_lines"] for sha, row in rows.items()}
    assert told.keys() == expected.keys()
    assert None not in told.values()
    assert sum(told.values()) == sum(expected.values())  # type: ignore[arg-type]
    misplaced = sum(abs(told[sha] - lines) for sha, lines in expected.items()) / 2  # type: ignore[operator]
    # Blame may give a line to whoever wrote an equal one beside it: empty lines, closing brackets.
    assert misplaced <= 0.05 * sum(expected.values())


def test_marks_of_the_repository_change_the_class_of_its_files(known: Pilot) -> None:
    marks = table(known.config, "file_marks")
    assert dict(marks.select("path", "file_class").iter_rows()) == dict(known.written.marks)


# -- laws -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Pilot:
    return pilot(tmp_path_factory.mktemp("base"), 3, FEW)


@pytest.fixture
def own(base: Pilot, tmp_path: Path) -> Pilot:
    """A copy of it, with its lake, that a test may spoil."""
    return base.copied(tmp_path / "own")


def fresh(one: Pilot) -> Pilot:
    """The same files in an empty lake."""
    shutil.rmtree(one.folder / "lake")
    return one.ingest()


def test_ingesting_again_changes_no_finding(own: Pilot, base: Pilot) -> None:
    assert own.ingest().findings().equals(base.findings())


def test_a_second_clone_changes_no_finding(own: Pilot, base: Pilot) -> None:
    shutil.rmtree(own.folder / "lake" / "git")
    assert own.ingest().ids() == base.ids()


def test_the_order_of_files_and_runs_changes_no_finding(own: Pilot, base: Pilot) -> None:
    rng = Random(5)  # noqa: S311 - an order, no secret
    paths = list(runs_of(own.folder))
    documents = [orjson.loads(path.read_bytes()) for path in paths]
    rng.shuffle(documents)
    for path, document in zip(paths, documents, strict=True):
        rng.shuffle(document["runs"])
        for run in document["runs"]:
            rng.shuffle(run["results"])
        path.write_bytes(orjson.dumps(document))
    assert stories(fresh(own)) == stories(base)


@pytest.mark.deep
def test_files_of_one_run_each_change_no_finding(own: Pilot, base: Pilot) -> None:
    shutil.rmtree(own.folder / "lake")
    assert stories(own.rewritten(runs_per_file=1)) == stories(base)


def stories(one: Pilot) -> list[tuple[object, ...]]:
    """What is told of each finding, whichever file and position it was read from."""
    columns = ("finding_id", "introduced_commit", "introduced_by", "method", "first_seen_at", "gone_at")
    return sorted(one.findings().select(columns).rows(), key=repr)


@pytest.mark.deep
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_later_scan_after_a_harmless_commit_brings_no_finding(
    own: Pilot, base: Pilot, ending: Ending
) -> None:
    longer = own.rewritten(endings=(ending,))
    assert longer.ids() == base.ids(), say(longer.matched().doubled())


def test_harmless_commits_bring_no_finding_to_an_empty_lake(own: Pilot, base: Pilot) -> None:
    shutil.rmtree(own.folder / "lake")
    longer = own.rewritten(endings=ENDINGS)
    assert longer.ids() == base.ids(), say(longer.matched().doubled())


def test_a_decision_stays_with_its_finding(own: Pilot, base: Pilot) -> None:
    decided = sorted(base.ids())
    rows = [f"{one},false_positive,2026-06-01T08:00:00Z,ines,never from input" for one in decided]
    triage = "\n".join(("finding,disposition,at,by,reason", *rows, ""))
    (own.folder / "triage.csv").write_text(triage, encoding="utf-8")
    own.config.write_text(own.config.read_text(encoding="utf-8") + WITH_TRIAGE, encoding="utf-8")
    longer = own.rewritten(endings=ENDINGS)
    decisions = open_session(Question(longer.config)).tables.dispositions.collect()
    assert sorted(decisions.filter(disposition="false_positive")["finding_id"]) == sorted(longer.ids())


# -- without the history ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def without_git(tmp_path_factory: pytest.TempPathFactory) -> Pilot:
    return pilot(tmp_path_factory.mktemp("without"), 3, FEW, settings="")


def test_without_history_no_weakness_is_lost_but_copies_may_be_taken_for_each_other(
    without_git: Pilot,
) -> None:
    seen = without_git.matched()
    found = {weakness.number for _, weakness in seen.rows if weakness}
    lost = [one for one in seen.written.seen if one.number not in found]
    assert [one for one in lost if one.happenings[0].what != "copy"] == []
    assert all(weakness for _, weakness in seen.rows)


def test_without_history_there_are_no_more_findings_than_texts_in_places(without_git: Pilot) -> None:
    keys = table(without_git.config, "scan_results")["finding_key"].n_unique()
    assert len(without_git.written.seen) <= without_git.findings().height <= keys


def test_without_history_what_is_said_surely_is_right(without_git: Pilot) -> None:
    seen = without_git.matched()
    sure = [(row, weakness) for row, weakness in seen.rows if row["confidence"] == "high"]
    wrong = [
        seen.words(row, weakness)
        for row, weakness in sure
        if weakness is None or row["introduced_by"] not in {number for _, number in seen.right(weakness)}
    ]
    assert sure
    assert wrong == [], say(wrong)


def test_without_history_nothing_is_told_of_it(without_git: Pilot) -> None:
    told = Counter(
        {name: table(without_git.config, name).height for name in ("landed_commits", "line_origins")}
    )
    assert told.total() == 0
    assert without_git.findings()["method"].is_in(["blame"]).sum() == 0
