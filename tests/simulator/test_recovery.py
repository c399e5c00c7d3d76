"""What was put in about waiting and about weaknesses comes out again, through files and ingestion.

Two pilots of about 2,000 pull requests each. The first is cut while a good part still waits, so that
figures of the closed ones alone would be far off; the second was watched to the end. The seeds are
the first ones, not chosen; they are fixed, so the outcome is too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from math import exp, inf, log
from pathlib import Path
from statistics import NormalDist
from typing import Final

import pytest

from dashboard.composition import Question, open_session
from data.simulator.changes import Change, changes
from data.simulator.engine import simulate
from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import Fate, Flow, Repository, Reviewing, Schedule, Truth
from metrics.estimate import Estimate
from tests.acceptance.helpers_pilot import ingest

pytestmark = pytest.mark.deep  # two invented years, of which every arm is measured

Numbers = dict[tuple[str, str], Estimate]

CONFIG: Final = """
as_of = {as_of:%Y-%m-%d}T00:00:00Z
[[pilot]]
name = "known"
repositories = ["acme/known"]
start_on = {start_on}
[sources]
keep_raw = false
[sources.github_export]
paths = ["raw/pull_requests/**/*.json"]
[sources.sarif]
paths = ["raw/scans/**/*.sarif"]
[sources.triage]
paths = ["raw/triage.csv"]
"""
FATES: Final = ("escape", "untriaged", "fixed", "accepted", "bypass")  # all but the dismissed ones


def measured(known: Truth, seed: int, start_on: date, folder: Path) -> Numbers:
    """Simulate, ingest and work out every number of the whole pilot."""
    simulate(known, seed, folder / "raw")
    config = folder / "pilot.toml"
    config.write_text(CONFIG.format(as_of=known.as_of, start_on=start_on), encoding="utf-8")
    ingest(config)
    results = open_session(Question(config)).results()
    return {
        (each.metric, each.arm): each.number
        for each in results
        if each.segment == "all" and isinstance(each.number, Estimate)
    }


def holds(number: Estimate, truth: float) -> bool:
    low, high = number.low, number.high
    return (-inf if low is None else low) <= truth <= (inf if high is None else high)


def repository(flows: tuple[Flow, ...], first_on: date, **more: object) -> Repository:
    night = datetime(first_on.year, first_on.month, first_on.day, 2, tzinfo=UTC) - timedelta(days=7)
    schedules = (
        Schedule(LINT_GUARD, night),
        Schedule(DEEP_SCAN, night + timedelta(minutes=30)),
        Schedule(AUDIT_SCAN, night + timedelta(hours=1), every_days=28, finds=0.3),
    )
    return Repository("acme/known", flows, schedules, **more)  # type: ignore[arg-type]


# -- (a) waiting: four weeks, the first of them before the pilot, not all decided at the end ----------
TAU: Final = 14 * 24.0
WAITING_ENDS: Final = date(2026, 6, 29)
WAITING_BEGINS: Final = WAITING_ENDS - timedelta(weeks=4)  # a Monday, like all of these
PILOT_STARTS: Final = WAITING_BEGINS + timedelta(weeks=1)
OF_PEOPLE: Final = Reviewing(
    approved_share=0.85, first_look_hours=15, spread=1.1, changes_requested_share=0.0, dismissed_share=0.0
)
OF_AGENTS: Final = replace(OF_PEOPLE, first_look_hours=30)
REVIEWING: Final = {"agent": OF_AGENTS, "human": OF_PEOPLE}


def waiting_truth() -> Truth:
    flows = tuple(
        Flow(arm, per_week, WAITING_BEGINS, WAITING_ENDS, merged_share=1.0)
        for arm, per_week in (("agent", 300), ("human", 200))
    )
    known = repository(flows, WAITING_BEGINS, reviewing=OF_PEOPLE, reviewing_of_agents=OF_AGENTS)
    return Truth(datetime(2026, 6, 29, tzinfo=UTC), (known,), page_size=500)


def approved_by(hours: float, reviewing: Reviewing) -> float:
    """Share approved by then: a lognormal delay among those that are approved at all."""
    z = log(hours / reviewing.first_look_hours) / reviewing.spread
    return reviewing.approved_share * NormalDist().cdf(z)


def median_hours(reviewing: Reviewing) -> float:
    """When half of all are approved."""
    z = NormalDist().inv_cdf(0.5 / reviewing.approved_share)
    return reviewing.first_look_hours * exp(reviewing.spread * z)


def mean_up_to(tau: float, reviewing: Reviewing) -> float:
    """Mean of a lognormal delay that is cut at tau."""
    spread, z = reviewing.spread, log(tau / reviewing.first_look_hours) / reviewing.spread
    below = reviewing.first_look_hours * exp(spread**2 / 2) * NormalDist().cdf(z - spread)
    return below + tau * (1 - NormalDist().cdf(z))


# The rest merges without an approval after some two hours, in both arms alike.
MEAN_DIFFERENCE: Final = 0.85 * (mean_up_to(TAU, OF_AGENTS) - mean_up_to(TAU, OF_PEOPLE))


@pytest.fixture(scope="module")
def waits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Numbers, ...]:
    return tuple(
        measured(waiting_truth(), seed, PILOT_STARTS, tmp_path_factory.mktemp("waits")) for seed in (1, 2)
    )


def within_intervals(waits: tuple[Numbers, ...], metric: str, truths: dict[str, float]) -> None:
    """Of four intervals at 95 % at most one may miss: all but certain (98.6 %) when they are honest."""
    hits = [holds(numbers[metric, arm], truths[arm]) for numbers, arm in product(waits, truths)]
    assert hits.count(True) >= len(hits) - 1


@pytest.mark.parametrize(("mark", "hours"), [("first", 24.0), ("second", 72.0)])
def test_shares_approved_in_time_are_recovered(waits: tuple[Numbers, ...], mark: str, hours: float) -> None:
    truths = {arm: approved_by(hours, reviewing) for arm, reviewing in REVIEWING.items()}
    within_intervals(waits, f"approved_within_{mark}_mark_share", truths)


def test_medians_are_recovered(waits: tuple[Numbers, ...]) -> None:
    truths = {arm: median_hours(reviewing) for arm, reviewing in REVIEWING.items()}
    within_intervals(waits, "median_hours_to_approval", truths)


@pytest.mark.parametrize("kind", ["", "_stratified"])
def test_the_difference_between_agents_and_people_is_recovered(waits: tuple[Numbers, ...], kind: str) -> None:
    for numbers in waits:
        found = numbers[f"restricted_mean_hours_difference{kind}", "agent vs human"]
        assert holds(found, MEAN_DIFFERENCE)
        assert found.value == pytest.approx(MEAN_DIFFERENCE, rel=0.15)
        assert numbers["decision_log_rank_p", "agent vs human"].value < 1e-6


def test_figures_of_the_closed_ones_alone_would_have_been_too_short(waits: tuple[Numbers, ...]) -> None:
    for numbers in waits:
        naive = numbers["median_hours_to_approval_approved_only", "agent"]
        assert naive.value < 0.8 * numbers["median_hours_to_approval", "agent"].value
        assert numbers["open_pull_request_count", "agent"].value > 40


# -- (b) weaknesses: forty weeks, and eight more in which every one is found ---------------------------
WEAK_BEGINS, WEAK_ENDS = date(2025, 9, 15), date(2026, 6, 22)
AGENT_FATES: Final[tuple[tuple[Fate, float], ...]] = (
    ("escape", 0.06), ("untriaged", 0.01), ("false_alarm", 0.01), ("fixed", 0.05), ("accepted", 0.005),
    ("bypass", 0.005),
)  # fmt: skip
HUMAN_FATES: Final[tuple[tuple[Fate, float], ...]] = (("escape", 0.03), ("fixed", 0.03), ("untriaged", 0.005))
LONG_RUN: Final = range(100, 115)  # 30,000 pull requests


def weak_truth() -> Truth:
    flows = (
        Flow("agent", 30, WEAK_BEGINS, WEAK_ENDS, fates=AGENT_FATES),
        Flow("human", 20, WEAK_BEGINS, WEAK_ENDS, fates=HUMAN_FATES),
    )
    return Truth(datetime(2026, 8, 17, tzinfo=UTC), (repository(flows, WEAK_BEGINS),), page_size=500)


@dataclass(frozen=True)
class Sum:
    """What the merged changes of one arm add up to."""

    code_lines: int  # added outside of tests and generated files
    confirmed: int  # findings that were reported and confirmed
    not_dismissed: int  # findings that were reported and not dismissed

    def per_kloc(self, *, confirmed: bool) -> float:
        return 1000 * (self.confirmed if confirmed else self.not_dismissed) / self.code_lines


@cache
def planted(seeds: range) -> dict[str, Sum]:
    """Add up the truth for each arm, without any of the product's code."""
    known = weak_truth()
    every = (one for seed in seeds for one in changes(known, known.repositories[0], seed))
    merged = [one for one in every if one.told().in_scope]
    return {arm: _sum([one for one in merged if one.pull.author.arm == arm]) for arm in ("agent", "human")}


def _sum(rows: list[Change]) -> Sum:
    reported = [one for one in rows if one.pull.arrival.fate in FATES and one.seen_at is not None]
    confirmed = sum(one.decision is not None for one in reported)
    return Sum(sum(map(code_lines, rows)), confirmed, len(reported))


def code_lines(change: Change) -> int:
    is_left_out = ("tests/", "src/generated/")
    return sum(file.additions for file in change.pull.content.files if not file.path.startswith(is_left_out))


@pytest.fixture(scope="module")
def weaknesses(tmp_path_factory: pytest.TempPathFactory) -> Numbers:
    return measured(weak_truth(), 1, WEAK_BEGINS, tmp_path_factory.mktemp("weaknesses"))


BANDS: Final = (("vulnerabilities_per_kloc", True), ("vulnerabilities_per_kloc_high", False))


@pytest.mark.parametrize(("metric", "confirmed"), BANDS)
@pytest.mark.parametrize("arm", ["agent", "human"])
def test_findings_and_lines_are_counted_as_planted(
    weaknesses: Numbers, metric: str, arm: str, *, confirmed: bool
) -> None:
    found, known = weaknesses[metric, arm], planted(range(1, 2))[arm]
    assert found.numerator == (known.confirmed if confirmed else known.not_dismissed)
    assert found.denominator == pytest.approx(known.code_lines / 1000)


@pytest.mark.parametrize(("metric", "confirmed"), BANDS)
@pytest.mark.parametrize("arm", ["agent", "human"])
def test_the_long_run_rate_lies_in_the_interval(
    weaknesses: Numbers, metric: str, arm: str, *, confirmed: bool
) -> None:
    assert holds(weaknesses[metric, arm], planted(LONG_RUN)[arm].per_kloc(confirmed=confirmed))


@pytest.mark.parametrize("kind", ["ratio", "crude_ratio"])
def test_the_ratio_between_agents_and_people_is_recovered(weaknesses: Numbers, kind: str) -> None:
    found = weaknesses[f"vulnerabilities_per_kloc_{kind}", "agent vs human"]
    truths = [planted(LONG_RUN)[arm].per_kloc(confirmed=True) for arm in ("agent", "human")]
    assert holds(found, truths[0] / truths[1])
    assert not holds(found, 1.0)
