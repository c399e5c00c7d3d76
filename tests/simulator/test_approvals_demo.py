"""The demo's prompts show three pilots in which people answer in different ways."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import orjson
import pytest

from dashboard.configuration import load
from data.simulator.approvals import Expected, PlantedDecision, by_pilot, by_reviewer
from data.simulator.approvals.demo import ENDS_ON, TRUTH, write_approvals
from data.simulator.demo import AS_OF, FOLDER, SEED
from tests.builders_simulator import contents

ROOT = Path(__file__).parents[2]
DEMO = FOLDER / "approvals"
LARGEST = 3_000_000

Written = tuple[Path, Sequence[PlantedDecision]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Written:
    out = tmp_path_factory.mktemp("approvals")
    return out, write_approvals(out, SEED)


@pytest.fixture(scope="module")
def pilots(demo: Written) -> dict[str, Expected]:
    return by_pilot(demo[1])


def test_the_demo_in_the_repository_is_the_simulators(demo: Written) -> None:
    assert contents(demo[0]) == contents(DEMO)


def test_it_is_small(demo: Written) -> None:
    assert sum(map(len, contents(DEMO).values())) < LARGEST
    assert 1_500 <= len(demo[1]) <= 3_000


def test_nothing_happened_before_june_or_after_the_demos_moment(demo: Written) -> None:
    moments = [one.decided_at or one.called_at for one in demo[1]]
    assert date(2026, 6, 1) <= min(moments).date()
    assert max(moments) < AS_OF
    assert max(moments).date() <= ENDS_ON


def test_payments_looks_and_lets_rules_decide_most(pilots: dict[str, Expected]) -> None:
    payments = pilots["payments"]
    assert len(payments.reviewers) == 8
    assert payments.fast_share is not None
    assert payments.fast_share < 0.15
    assert payments.automated_count > 0.5 * payments.decision_count


def test_search_has_too_few_people_for_a_rate(pilots: dict[str, Expected]) -> None:
    assert len(pilots["search"].reviewers) == 3


def test_checkout_waves_through_and_missed_two_of_five_seeded_requests(pilots: dict[str, Expected]) -> None:
    checkout = pilots["checkout"]
    assert len(checkout.reviewers) == 7
    assert checkout.fast_share is not None
    assert checkout.fast_share > 0.4
    assert (checkout.canary_missed_count, checkout.canary_count) == (2, 5)


def test_the_storefront_team_waves_through_and_the_other_does_not(demo: Written) -> None:
    checkout = [one for one in demo[1] if one.session.pilot == "checkout"]
    shares = {
        team: [
            each.fast_share or 0.0
            for each in by_reviewer(one for one in checkout if one.session.reviewer.team == team).values()
        ]
        for team in ("storefront", "checkout-flow")
    }
    assert min(shares["storefront"]) > max(shares["checkout-flow"])


def test_in_one_week_of_checkout_nobody_was_asked(demo: Written) -> None:
    modes = Counter(
        (one.session.started_at.isocalendar().week, one.session.mode)
        for one in demo[1]
        if one.session.pilot == "checkout"
    )
    assert {week for week, mode in modes if mode == "bypass"} == {29}
    assert modes[29, "bypass"] > 10
    assert modes[29, "default"] == 0


def test_every_seeded_request_is_registered(demo: Written) -> None:
    registered = list(csv.DictReader((DEMO / "canaries.csv").read_text().splitlines()))
    seeded = {one.canary_id for one in demo[1] if one.canary_id}
    assert {row["canary_id"] for row in registered} == seeded
    for marker in seeded:
        files = (content for name, content in contents(DEMO).items() if name != "canaries.csv")
        assert any((marker or "").encode() in content for content in files)


def test_accounts_are_of_nobodys_domain() -> None:
    assert {each.account.split("@")[1] for place in TRUTH.workplaces for each in place.reviewers} == {
        "acme.example"
    }


def test_the_truth_beside_the_logs_says_what_was_planted(pilots: dict[str, Expected]) -> None:
    told = orjson.loads((DEMO / "truth.json").read_bytes())
    assert told["pilots"] == {name: each.told() for name, each in pilots.items()}
    assert len(told["attention"]) == 18


def test_the_configuration_reads_every_log_and_nothing_else() -> None:
    sources = load(ROOT / "data" / "pilot.toml").sources
    assert sources.approvals is not None
    base = ROOT / "data"
    read = {path for pattern in sources.approvals.paths for path in base.glob(pattern) if path.is_file()}
    rest = {path.relative_to(DEMO).as_posix() for path in DEMO.rglob("*") if path.is_file()} - {
        path.relative_to(DEMO).as_posix() for path in read
    }
    assert rest == {"README.txt", "canaries.csv", "truth.json"}
