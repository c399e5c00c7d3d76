"""The demo in the repository is the simulator's, and shows the three answers that it is meant to show."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from dashboard.configuration import load
from data.simulator.awkward import IMPOSSIBLE_NUMBER
from data.simulator.demo import AS_OF, FOLDER, TRUTH, write_demo
from data.simulator.truth import Arm, Planted, PlantedChange
from tests.builders_simulator import contents, moment, runs

ROOT = Path(__file__).parents[2]
PILOTS = {
    "payments": ("acme/payments-api", "acme/payments-ledger"),
    "search": ("acme/search",),
    "checkout": ("acme/checkout",),
}
STARTS = {
    "payments": moment(4, 19, 22),
    "search": moment(5, 31, 22),
    "checkout": moment(5, 31, 22),
}  # Berlin midnight
SPRINT, WATCHED = timedelta(days=14), timedelta(days=30)


Written = tuple[Path, Planted]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Written:
    out = tmp_path_factory.mktemp("demo")
    return out, write_demo(out)


def changes(demo: Written, pilot: str, arm: Arm = "agent") -> list[PlantedChange]:
    return [one for one in demo[1].changes if one.repository in PILOTS[pilot] and one.authorship == arm]


def sprint(pilot: str, at: datetime) -> int:
    return (at - STARTS[pilot]) // SPRINT + 1


def mature_sprints(pilot: str) -> int:
    return (AS_OF - WATCHED - STARTS[pilot]) // SPRINT


def counted(demo: Written, pilot: str) -> Counter[int]:
    """In-scope agent changes by sprint."""
    return Counter(sprint(pilot, one.merged_at) for one in changes(demo, pilot) if one.in_scope)


def reported_after_merge(demo: Written, pilot: str, arm: Arm = "agent") -> list[PlantedChange]:
    after = ("escape", "untriaged")
    return [one for one in changes(demo, pilot, arm) if one.fate in after and one.finding.first_seen_at]


def test_writing_the_demo_again_changes_no_byte(demo: Written) -> None:
    assert contents(demo[0]) == contents(FOLDER)


def test_writing_in_place_removes_what_is_no_longer_made(tmp_path: Path) -> None:
    stale = tmp_path / "scans" / "old.sarif"
    stale.parent.mkdir()
    stale.write_text("{}")
    write_demo(tmp_path)
    assert not stale.exists()


def test_the_demo_is_small_and_readable_line_by_line() -> None:
    files = contents(FOLDER)
    assert sum(map(len, files.values())) < 9_000_000
    page = files["pull_requests/acme+search/page-00001.json"].splitlines()
    assert len(page) == 2 + 100
    assert orjson.loads(page[1].rstrip(b","))["number"] == 87


def test_the_configuration_names_the_pilots_and_the_fixed_moment() -> None:
    configuration = load(ROOT / "data" / "pilot.toml")
    assert configuration.as_of_at == AS_OF == TRUTH.as_of
    assert [pilot.name for pilot in configuration.pilot] == list(PILOTS)
    for pilot in configuration.pilot:
        # Berlin is two hours ahead of UTC in summer.
        assert STARTS[pilot.name] + timedelta(hours=2) == moment(pilot.start_on.month, pilot.start_on.day)
        assert (pilot.sprint_days, pilot.timezone) == (14, "Europe/Berlin")
    assert configuration.gate.follow_up_days == WATCHED.days


def test_payments_has_enough_clean_mature_changes_to_prove_it(demo: Written) -> None:
    mature = sum(
        n for number, n in counted(demo, "payments").items() if 1 <= number <= mature_sprints("payments")
    )
    assert mature >= 380
    assert reported_after_merge(demo, "payments") == []


def test_search_is_clean_but_too_small(demo: Written) -> None:
    assert mature_sprints("search") == 3
    assert all(34 <= counted(demo, "search")[number] <= 46 for number in (1, 2, 3))
    assert reported_after_merge(demo, "search") == []


def test_a_late_escape_reopened_one_of_the_last_two_mature_sprints_of_checkout(demo: Written) -> None:
    (late,) = [one for one in reported_after_merge(demo, "checkout") if one.escaped]
    number = sprint("checkout", late.merged_at)
    matured_at = STARTS["checkout"] + number * SPRINT + WATCHED
    assert number in (mature_sprints("checkout") - 1, mature_sprints("checkout"))
    assert matured_at < late.finding.first_seen_at < late.finding.decided_at < AS_OF
    assert counted(demo, "checkout")[number] <= 100  # one of so few is at least 1 %


def test_exactly_one_report_of_checkout_waits_for_triage(demo: Written) -> None:
    waiting = [one for one in reported_after_merge(demo, "checkout") if not one.escaped]
    assert [(one.fate, one.in_scope, one.finding.disposition) for one in waiting] == [
        ("untriaged", True, None)
    ]


def test_only_checkout_has_a_bypass(demo: Written) -> None:
    bypasses = {name: [one.number for one in changes(demo, name) if one.bypass] for name in PILOTS}
    assert {name: len(numbers) for name, numbers in bypasses.items()} == {
        "payments": 0,
        "search": 0,
        "checkout": 1,
    }


@pytest.mark.parametrize("pilot", PILOTS)
def test_people_of_the_same_repositories_have_escapes_of_their_own(demo: Written, pilot: str) -> None:
    escaped = [one for one in changes(demo, pilot, "human") if one.escaped]
    assert any(one.merged_at >= STARTS[pilot] for one in escaped)


def test_people_worked_in_the_months_before_a_pilot(demo: Written) -> None:
    before = [
        one
        for one in changes(demo, "payments", "human")
        if one.merged_at and one.merged_at < STARTS["payments"]
    ]
    assert len(before) > 20
    assert any(one.escaped for one in before)


def test_some_findings_were_fixed_one_accepted_and_some_dismissed(demo: Written) -> None:
    fates = Counter(one.fate for one in demo[1].changes)
    assert fates["fixed"] > 10
    assert fates["accepted"] == 1
    assert fates["false_alarm"] == 2


def test_dismissals_come_before_their_sprint_closes(demo: Written) -> None:
    for pilot in PILOTS:
        for one in changes(demo, pilot):
            if one.fate == "false_alarm":
                assert one.finding.decided_at < STARTS[pilot] + sprint(pilot, one.merged_at) * SPRINT


@pytest.mark.parametrize("pilot", PILOTS)
def test_an_independent_tool_looked_after_nearly_every_mature_change(demo: Written, pilot: str) -> None:
    at = [
        one["invocations"][0]["endTimeUtc"]
        for one in runs(demo[0], "main")
        if one["tool"]["driver"]["name"] == "DeepScan"
        and one["invocations"][0]["executionSuccessful"]
        and any(one["versionControlProvenance"][0]["repositoryUri"].endswith(name) for name in PILOTS[pilot])
    ]
    merged = [
        one.merged_at for one in changes(demo, pilot) if one.in_scope and one.merged_at < AS_OF - WATCHED
    ]
    looked = [any(f"{m:%Y-%m-%dT%H}" <= look <= f"{m + WATCHED:%Y-%m-%dT%H}" for look in at) for m in merged]
    assert sum(looked) / len(looked) >= 0.9


def test_the_awkward_inputs_are_there_once_each(demo: Written) -> None:
    out, _ = demo
    nodes = [
        node
        for path in sorted((out / "pull_requests").rglob("*.json"))
        for node in orjson.loads(path.read_bytes())["data"]["repository"]["pullRequests"]["nodes"]
    ]
    reviews = [review for node in nodes for review in node["reviews"]["nodes"]]
    twice = [number for number, n in Counter(node["id"] for node in nodes).items() if n == 2]
    bad = [node["number"] for node in nodes if node["mergedAt"] and node["mergedAt"] < node["createdAt"]]
    failed = [one for one in runs(out) if not one["invocations"][0]["executionSuccessful"]]
    assert sum(review["state"] == "PENDING" for review in reviews) == 1
    assert len({review["id"] for review in reviews if review["author"] is None}) == 1
    assert len(twice) == 3
    assert bad == [IMPOSSIBLE_NUMBER]
    assert len(failed) == 1
