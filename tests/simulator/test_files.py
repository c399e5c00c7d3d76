"""The files speak as GitHub and the scanners do, and hold just what was planted."""

from __future__ import annotations

import csv
import tracemalloc
from collections import Counter
from pathlib import Path

import orjson
import pytest

from data.simulator.engine import run, simulate
from data.simulator.names import STYLES
from data.simulator.presets import year
from data.simulator.truth import Planted, Reviewing
from data.simulator.weaknesses import NEVER
from tests.builders_simulator import contents, flow, lively, moment, nodes, plant, repository, runs, truth

Written = tuple[Path, Planted]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    out = tmp_path_factory.mktemp("lively")
    return out, simulate(lively(page_size=50), 1, out)


def test_the_same_seed_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    out, planted = written
    assert simulate(lively(page_size=50), 1, tmp_path) == planted
    assert contents(tmp_path) == contents(out)


def test_another_seed_gives_other_bytes(written: Written, tmp_path: Path) -> None:
    simulate(lively(page_size=50), 2, tmp_path)
    assert contents(tmp_path)["truth.json"] != contents(written[0])["truth.json"]


def test_one_repository_more_changes_nothing_about_the_others(tmp_path: Path) -> None:
    first, second = repository(), repository(first_number=7)
    other = type(second)("acme/two", second.flows, second.schedules)
    simulate(truth(first), 1, tmp_path / "alone")
    simulate(truth(other, first), 1, tmp_path / "together")
    alone, together = contents(tmp_path / "alone"), contents(tmp_path / "together")
    assert all(together[name] == content for name, content in alone.items() if "acme+one" in name)


def test_every_planted_change_is_a_node_with_its_number_and_merge(written: Written) -> None:
    out, planted = written
    told = [(one.number, one.merged_at and f"{one.merged_at:%Y-%m-%dT%H:%M:%SZ}") for one in planted.changes]
    assert [(node["number"], node["mergedAt"]) for node in nodes(out)] == told


def test_pages_hold_the_page_size_and_only_the_last_has_no_next(written: Written) -> None:
    pages = [
        orjson.loads(path.read_bytes()) for path in sorted((written[0] / "pull_requests").rglob("*.json"))
    ]
    connections = [page["data"]["repository"]["pullRequests"] for page in pages]
    assert [len(one["nodes"]) for one in connections[:-1]] == [50] * (len(pages) - 1)
    assert [one["pageInfo"]["hasNextPage"] for one in connections] == [True] * (len(pages) - 1) + [False]


def test_the_last_commit_is_the_head_and_carries_the_checks(written: Written) -> None:
    for node in nodes(written[0]):
        commits = [one["commit"] for one in node["commits"]["nodes"]]
        assert commits[-1]["oid"] == node["headRefOid"]
        assert commits[-1]["statusCheckRollup"]["state"] in {"SUCCESS", "FAILURE", "PENDING"}


def test_reviews_look_at_commits_of_their_own_pull_request(written: Written) -> None:
    for node in nodes(written[0]):
        known = {one["commit"]["oid"] for one in node["commits"]["nodes"]}
        assert {review["commit"]["oid"] for review in node["reviews"]["nodes"]} <= known


def test_a_dismissed_review_has_an_event_that_remembers_its_verdict(tmp_path: Path) -> None:
    simulate(truth(repository(reviewing=Reviewing(dismissed_share=0.5))), 1, tmp_path)
    found = 0
    for node in nodes(tmp_path):
        dismissed = {one["id"] for one in node["reviews"]["nodes"] if one["state"] == "DISMISSED"}
        events = [
            one for one in node["timelineItems"]["nodes"] if one["__typename"] == "ReviewDismissedEvent"
        ]
        assert {one["review"]["id"] for one in events} == dismissed
        assert all(one["previousReviewState"] == "APPROVED" for one in events)
        found += len(events)
    assert found


def test_each_agent_shows_its_own_marks(written: Written) -> None:
    out, planted = written
    by_number = {node["number"]: node for node in nodes(out)}
    agents = [change for change in planted.changes if change.authorship == "agent"]
    assert {change.agent for change in agents} == set(STYLES)
    for change in agents:
        node, style = by_number[change.number], STYLES[change.agent]
        assert node["headRefName"].startswith(style.branch)
        assert (node["author"]["__typename"] == "Bot") == (style.login is not None)


def test_people_leave_no_marks(written: Written) -> None:
    out, planted = written
    by_number = {node["number"]: node for node in nodes(out)}
    for change in planted.changes:
        if change.authorship in ("human", "unknown"):
            text = orjson.dumps(by_number[change.number]["commits"]).lower()
            assert not any(word in text for word in (b"claude", b"cursor", b"co-authored-by"))


def test_an_assisted_change_has_one_marked_commit_among_several(written: Written) -> None:
    out, planted = written
    assisted = {change.number for change in planted.changes if change.authorship == "assisted"}
    for node in nodes(out):
        if node["number"] in assisted:
            marked = ["Co-Authored-By" in one["commit"]["message"] for one in node["commits"]["nodes"]]
            assert (sum(marked), len(marked) >= 3) == (1, True)


def test_every_run_says_what_when_and_where(written: Written) -> None:
    labels = Counter()
    for one in runs(written[0]):
        place = one["versionControlProvenance"][0]
        assert place["repositoryUri"].endswith("/acme/one")
        assert len(place["revisionId"]) == 40
        assert one["invocations"][0]["endTimeUtc"].endswith("Z")
        labels[one["tool"]["driver"]["name"], one["automationDetails"]["id"]] += 1
    assert max(labels.values()) == 1


def test_a_head_scan_names_a_commit_of_its_pull_request(written: Written) -> None:
    out, _ = written
    commits = {
        node["number"]: {one["commit"]["oid"] for one in node["commits"]["nodes"]} for node in nodes(out)
    }
    for one in runs(out, "heads"):
        place = one["versionControlProvenance"][0]
        number = int(place["branch"].split("/")[2])
        assert place["revisionId"] in commits[number]


def test_a_tool_lists_the_same_rules_in_every_run(written: Written) -> None:
    packs = {
        (one["tool"]["driver"]["name"], orjson.dumps(one["tool"]["extensions"])) for one in runs(written[0])
    }
    assert len(packs) == 3


def test_a_weak_line_keeps_its_text_while_its_number_moves(tmp_path: Path) -> None:
    planted = simulate(truth(repository(plant("untriaged"), flows=(flow(per_week=1),))), 1, tmp_path)
    path = next(one.finding.path for one in planted.changes if one.finding)
    seen = [
        result["locations"][0]["physicalLocation"]["region"]
        for one in runs(tmp_path, "main")
        for result in one["results"]
        if result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path
    ]
    assert len(seen) == 5  # five Mondays from 8 June to 6 July
    assert len({region["snippet"]["text"] for region in seen}) == 1
    assert len({region["startLine"] for region in seen}) == 5


def test_a_crashed_scan_says_so_and_reports_nothing(tmp_path: Path) -> None:
    schedule = repository().schedules[1]
    crashing = type(schedule)(schedule.tool, schedule.first_at, failed_on=(moment(6, 8).date(),))
    simulate(truth(repository(schedules=(crashing,))), 1, tmp_path)
    failed = [one for one in runs(tmp_path) if not one["invocations"][0]["executionSuccessful"]]
    assert [(one["invocations"][0]["endTimeUtc"], one["results"]) for one in failed] == [
        ("2026-06-08T02:30:00Z", [])
    ]


def test_the_triage_file_holds_every_decision_and_nothing_else(written: Written) -> None:
    out, planted = written
    with (out / "triage.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["finding"], row["disposition"]) for row in csv.DictReader(file)]
    found = [change.finding for change in planted.changes if change.finding]
    assert rows == [(one.finding_id, one.disposition) for one in found if one.disposition]


def test_the_truth_is_written_where_no_source_looks(written: Written) -> None:
    out, planted = written
    told = orjson.loads((out / "truth.json").read_bytes())
    assert [one["number"] for one in told] == [change.number for change in planted.changes]
    assert {path.name for path in out.iterdir()} == {"pull_requests", "scans", "triage.csv", "truth.json"}


def test_the_summary_counts_what_was_planted(tmp_path: Path) -> None:
    told = []
    summary = run(lively(), 1, tmp_path, told.append)
    assert (summary.pulls, summary.merged) == (len(told), sum(one.merged_at is not None for one in told))
    assert summary.escapes == sum(one.escaped for one in told) > 0
    assert summary.bypasses == sum(one.bypass for one in told) > 0
    assert summary.files == len(contents(tmp_path))


def test_no_scan_holds_a_weakness_that_never_reached_the_branch(tmp_path: Path) -> None:
    known = truth(
        repository(
            flows=(flow(per_week=20, merged_share=0.0, fates=(("bypass", 1.0),)),), baseline_findings=0
        )
    )
    simulate(known, 1, tmp_path)
    assert NEVER.year == 9999
    assert [one["results"] for one in runs(tmp_path, "main")] == [[]] * len(list(runs(tmp_path, "main")))
    assert any(one["results"] for one in runs(tmp_path, "heads"))


def peak(pulls: int, out: Path) -> int:
    tracemalloc.start()
    run(year(pulls), 1, out, lambda _change: None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_number_of_pull_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.simulator.presets.PULLS_PER_REPOSITORY", 500)
    monkeypatch.setattr("data.simulator.presets.PULLS_PER_FILE", 100)
    peak(100, tmp_path / "warm")
    assert peak(4000, tmp_path / "large") < 2 * peak(1000, tmp_path / "small")
