"""What the simulator planted comes out: exactly where that is determined, within intervals where not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.simulator.changes import changes as simulated_changes
from data.simulator.engine import simulate
from data.simulator.tools import AUDIT_SCAN, DEEP_SCAN, LINT_GUARD
from data.simulator.truth import Fate, Flow, Repository, Schedule, Truth
from metrics.statistics.intervals import clopper_pearson
from tests.acceptance.helpers_pilot import document, ingest, table, verdicts
from tests.acceptance.helpers_truth import FOLLOW_UP, Counted, Told, printed, sprints, told

AS_OF = datetime(2026, 8, 17, tzinfo=UTC)
PILOTS = {
    "payments": ("acme/payments-api", "acme/payments-ledger"),
    "search": ("acme/search",),
    "checkout": ("acme/checkout",),
}
# Midnight in Berlin, two hours ahead of UTC in summer.
STARTS = {
    "payments": datetime(2026, 4, 19, 22, tzinfo=UTC),
    "search": datetime(2026, 5, 31, 22, tzinfo=UTC),
    "checkout": datetime(2026, 5, 31, 22, tzinfo=UTC),
}
# One scan of acme/payments-api crashed and was run again a day later.
CRASHED_AT = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
RUN_AGAIN_AT = CRASHED_AT + timedelta(hours=26)
REPORTED_AFTER = ("escape", "untriaged", "false_alarm")
# Clean changes that show a rate below 1 % at 95 % (the worked number `evalue_n_required` for no escape).
ENOUGH_CLEAN = 367


@pytest.fixture(scope="module")
def planted(demo: Path) -> list[Told]:
    return told(demo.parent / "demo" / "truth.json")


def of_pilot(planted: list[Told], pilot: str) -> list[Told]:
    return [one for one in planted if one.repository in PILOTS[pilot]]


def with_finding(planted: list[Told]) -> list[Told]:
    return [one for one in planted if one.first_seen_at is not None]


def number(rows: list[dict[str, Any]], pilot: str, metric: str, arm: str = "agent") -> dict[str, Any]:
    (row,) = [
        row
        for row in rows
        if (row["pilot"], row["metric"], row["arm"], row["segment"]) == (pilot, metric, arm, "all")
    ]
    return row


@pytest.fixture(scope="module")
def numbers(demo: Path) -> list[dict[str, Any]]:
    return document("metrics", demo)


# -- (a) the demo, exactly --------------------------------------------------------------------------


def test_every_pull_request_is_published_once_with_its_author_and_merge(
    demo: Path, planted: list[Told]
) -> None:
    rows = table(demo, "pull_requests").select("repository", "number", "authorship", "agent", "merged_at")
    expected = [(one.repository, one.number, one.authorship, one.agent, one.merged_at) for one in planted]
    assert sorted(rows.rows()) == sorted(expected)
    assert len({one.authorship for one in planted}) == 5


def test_every_planted_finding_is_traced_to_its_change_and_nothing_else_is_news(
    demo: Path, planted: list[Told]
) -> None:
    findings = table(demo, "findings")
    news = findings.filter(pl.col("method") != "baseline")
    columns = ("finding_id", "repository", "introduced_by", "first_seen_at", "first_seen_stage")
    expected = [
        (
            one.finding_id, *one.key, one.first_seen_at,
            "post_merge" if one.fate in REPORTED_AFTER else "pre_merge",
        )
        for one in with_finding(planted)
    ]  # fmt: skip
    assert sorted(news.select(columns).rows()) == sorted(expected)
    assert findings.height > news.height
    assert findings.filter(method="baseline")["introduced_by"].null_count() == findings.height - news.height


def test_every_decision_is_published_as_it_was_made(demo: Path, planted: list[Told]) -> None:
    rows = table(demo, "dispositions").select("finding_id", "disposition", "decided_at").rows()
    expected = [(one.finding_id, one.disposition, one.decided_at) for one in planted if one.disposition]
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize("pilot", PILOTS)
def test_sprints_are_counted_as_planted(demo: Path, planted: list[Told], pilot: str) -> None:
    seen = [printed(sprint) for sprint in verdicts(demo, "--pilot", pilot)[pilot]["sprints"]]
    assert seen == sprints(of_pilot(planted, pilot), STARTS[pilot], AS_OF)


@pytest.mark.parametrize("pilot", PILOTS)
def test_numbers_of_the_whole_pilot_are_counted_as_planted(
    numbers: list[dict[str, Any]], planted: list[Told], pilot: str
) -> None:
    agents = [one for one in of_pilot(planted, pilot) if one.counts_by(AS_OF)]
    expected = {
        "security_escape_rate": (sum(one.escaped_by(AS_OF) for one in agents), len(agents)),
        "security_escape_rate_high": (sum(one.suspected_by(AS_OF) for one in agents), len(agents)),
        "bypass_count": (sum(one.fate == "bypass" for one in agents), 1),
        "untriaged_escape_count": (
            sum(one.suspected_by(AS_OF) and not one.escaped_by(AS_OF) for one in agents),
            1,
        ),
        "unattributed_finding_count": (0, 1),
    }
    seen = {metric: number(numbers, pilot, metric) for metric in expected}
    assert {metric: (row["numerator"], row["denominator"]) for metric, row in seen.items()} == expected


@pytest.mark.parametrize("pilot", PILOTS)
def test_merged_pull_requests_are_counted_by_authorship(
    numbers: list[dict[str, Any]], planted: list[Told], pilot: str
) -> None:
    merged = [one for one in of_pilot(planted, pilot) if one.merged_by(AS_OF)]
    counts = Counter(one.authorship for one in merged if one.merged_at >= STARTS[pilot])
    seen = {
        arm: number(numbers, pilot, "merged_pull_request_count", arm)["numerator"]
        for arm in ("agent", "assisted", "automation", "unknown", "human")
    }
    assert seen == dict(counts)


@pytest.mark.parametrize("pilot", PILOTS)
def test_coverage_says_how_many_changes_are_out_of_scope(
    numbers: list[dict[str, Any]], planted: list[Told], pilot: str
) -> None:
    merged = [one for one in of_pilot(planted, pilot) if one.authorship == "agent" and one.merged_at]
    coverage = number(numbers, pilot, "security_escape_rate")["coverage"]
    assert (coverage["measured"], coverage["total"]) == (sum(one.in_scope for one in merged), len(merged))
    assert sum(coverage["excluded"].values()) == sum(not one.in_scope for one in merged) > 0


@pytest.mark.parametrize("pilot", PILOTS)
def test_people_of_the_same_repositories_are_the_baseline(
    demo: Path, planted: list[Told], pilot: str
) -> None:
    verdict = verdicts(demo, "--pilot", pilot)[pilot]
    people = [one for one in of_pilot(planted, pilot) if one.authorship == "human" and one.in_scope]
    during = [one for one in people if one.merged_at >= STARTS[pilot]]
    before = [one for one in people if one.merged_at < STARTS[pilot]]
    for name, own in (("human_baseline", during), ("before_baseline", before)):
        seen = verdict[name]["escapes"], verdict[name]["changes"]
        assert seen == ((sum(one.escaped_by(AS_OF) for one in own), len(own)) if own else (None, None))


def test_what_was_accepted_mended_or_dismissed_counts_nowhere(demo: Path, planted: list[Told]) -> None:
    harmless = [one for one in planted if one.fate in {"accepted", "fixed", "false_alarm"}]
    assert {one.fate for one in harmless} == {"accepted", "fixed", "false_alarm"}
    for pilot in ("payments", "search"):
        verdict = verdicts(demo, "--pilot", pilot)[pilot]
        assert all(sprint["escapes_high"] == sprint["bypasses"] == 0 for sprint in verdict["sprints"])


# -- (b) the demo, over time ------------------------------------------------------------------------
# Maturity of sprint k: start + 14 k + 30 days, at midnight in Berlin, which is 22:00 in UTC.
# payments merges 68, 68, 72, 66, 66, 66 changes in sprints 1 to 6 and none escapes: two sprints are
# mature on 17 June; 340 clean changes on 29 July do not prove 1 %, 406 on 12 August do (367 needed).
# checkout: sprints 1 and 2 are mature on 29 July. Sprint 5 (33 changes) closes on 10 August; that
# night a scan reports #565 of it, and nobody decides. On 12 August the audit reports #407, merged in
# sprint 2 (35 changes), and it is confirmed on 13 August at 14:56:23. Sprint 4 is mature on
# 26 August: then the rule no longer reads sprint 2, and #565 is what is left.
STATES_BY_HAND = (
    ("payments", "2026-04-20T00:00:00", "TOO_EARLY"),
    ("payments", "2026-05-18T00:00:00", "TOO_EARLY"),
    ("payments", "2026-05-26T00:00:00", "TOO_EARLY"),  # a false alarm that nobody has looked at, sprint open
    ("payments", "2026-06-15T02:29:59", "TOO_EARLY"),
    ("payments", "2026-06-15T02:30:00", "NOT_MEASURABLE"),  # a nightly scan crashed
    ("payments", "2026-06-16T04:29:59", "NOT_MEASURABLE"),
    ("payments", "2026-06-16T04:30:00", "TOO_EARLY"),  # and was run again 26 hours later
    ("payments", "2026-06-16T21:59:59", "TOO_EARLY"),
    ("payments", "2026-06-16T22:00:00", "MET_UNPROVEN"),
    ("payments", "2026-07-28T22:00:00", "MET_UNPROVEN"),
    ("payments", "2026-08-11T21:59:59", "MET_UNPROVEN"),
    ("payments", "2026-08-11T22:00:00", "MET_PROVEN"),
    ("payments", "2026-08-17T00:00:00", "MET_PROVEN"),
    ("checkout", "2026-05-31T21:59:59", "TOO_EARLY"),
    ("checkout", "2026-07-14T22:00:00", "TOO_EARLY"),
    ("checkout", "2026-07-28T21:59:59", "TOO_EARLY"),
    ("checkout", "2026-07-28T22:00:00", "MET_UNPROVEN"),
    ("checkout", "2026-08-10T02:29:59", "MET_UNPROVEN"),
    ("checkout", "2026-08-10T02:30:00", "UNTRIAGED"),
    ("checkout", "2026-08-12T05:00:00", "UNTRIAGED"),
    ("checkout", "2026-08-13T14:56:22", "UNTRIAGED"),
    ("checkout", "2026-08-13T14:56:23", "NOT_MET"),
    ("checkout", "2026-08-25T21:59:59", "NOT_MET"),
    ("checkout", "2026-08-25T22:00:00", "UNTRIAGED"),
)


@pytest.mark.parametrize(("pilot", "at", "state"), STATES_BY_HAND)
def test_the_state_at_a_moment_is_the_one_worked_out_by_hand(
    demo: Path, pilot: str, at: str, state: str
) -> None:
    assert verdicts(demo, "--pilot", pilot, "--as-of", f"{at}Z")[pilot]["state"] == state


def test_the_hand_made_states_rest_on_the_planted_counts(planted: list[Told]) -> None:
    payments = sprints(of_pilot(planted, "payments"), STARTS["payments"], AS_OF)
    assert [one.changes for one in payments[:6]] == [68, 68, 72, 66, 66, 66]
    checkout = sprints(of_pilot(planted, "checkout"), STARTS["checkout"], AS_OF)
    assert [(one.changes, one.escapes_low, one.escapes_high) for one in checkout[:5]] == [
        (36, 0, 0), (35, 1, 1), (33, 0, 0), (32, 0, 0), (33, 0, 1)
    ]  # fmt: skip


def state_of(counted: list[Counted], *, is_blind: bool) -> str:
    """Table of definitions 5 for pilots whose evidence never turns against them.

    Detection covers every change that has matured; `is_blind` says that a scan has failed and was
    not run again yet.
    """
    mature = [one for one in counted if one.mature]
    read = mature[-2:] + [one for one in counted if one.closed and not one.mature]
    if any(one.changes and one.escapes_low / one.changes >= 0.01 for one in read):
        return "NOT_MET"
    if any(one.changes and one.escapes_high / one.changes >= 0.01 for one in read):
        return "UNTRIAGED"
    if is_blind:
        return "NOT_MEASURABLE"
    if len(mature) < 2:
        return "TOO_EARLY"
    is_clean = not any(one.escapes_high for one in mature)
    is_proven = is_clean and sum(one.changes for one in mature) >= ENOUGH_CLEAN
    return "MET_PROVEN" if is_proven else "MET_UNPROVEN"


def compare_on(demo: Path, planted: list[Told], at: datetime) -> None:
    for pilot, verdict in verdicts(demo, "--as-of", at.isoformat()).items():
        expected = sprints(of_pilot(planted, pilot), STARTS[pilot], at)
        assert [printed(sprint) for sprint in verdict["sprints"]] == expected, (pilot, at)
        is_blind = pilot == "payments" and CRASHED_AT <= at < RUN_AGAIN_AT
        assert verdict["state"] == state_of(expected, is_blind=is_blind), (pilot, at)


@pytest.mark.parametrize("fortnight", range(10))
def test_every_fortnight_counts_and_states_are_those_of_the_truth(
    demo: Path, planted: list[Told], fortnight: int
) -> None:
    compare_on(demo, planted, datetime(2026, 4, 20, 12, tzinfo=UTC) + fortnight * timedelta(days=14))


@pytest.mark.deep
def test_every_day_counts_and_states_are_those_of_the_truth(demo: Path, planted: list[Told]) -> None:
    for day in range(130):
        compare_on(demo, planted, datetime(2026, 4, 19, 12, tzinfo=UTC) + timedelta(days=day))


def test_a_bypass_blocks_from_its_merge_on_whatever_the_state(demo: Path, planted: list[Told]) -> None:
    (bypass,) = [one for one in planted if one.fate == "bypass"]
    blocked = {
        at: verdicts(demo, "--pilot", "checkout", "--as-of", at.isoformat())["checkout"]["blocked_by"]
        for at in (bypass.merged_at - timedelta(seconds=1), bypass.merged_at, AS_OF)
    }
    assert ["no_bypass" in names for names in blocked.values()] == [False, True, True]


# -- (c) a known rate, within its interval ----------------------------------------------------------
# 1,200 changes by agents and 800 by people in 40 weeks; every escape has had its scan and its decision
# by the moment of judgement, eight weeks after the last change. Each interval of Clopper and Pearson
# (1934) holds the true rate with a probability of at least 95 %. The seeds were taken from 1 on, not
# chosen: at this coverage 4 intervals all hold it with a probability of 81 % or more, and 3 of 4 with
# 98 %. They are fixed, so the outcome is too.
RATE = {"agent": 0.02, "human": 0.03}
UNTRIAGED = 0.01
SEEDS = (1, 2)
FATES: tuple[tuple[Fate, float], ...] = (
    ("untriaged", UNTRIAGED), ("false_alarm", 0.01), ("fixed", 0.03), ("accepted", 0.005), ("bypass", 0.005),
)  # fmt: skip
BEGINS, ENDS = date(2025, 9, 15), date(2026, 6, 22)  # Mondays, 40 weeks apart
CONFIG = """
as_of = 2026-08-17T00:00:00Z
[[pilot]]
name = "known"
repositories = ["acme/known"]
start_on = 2025-09-15
[sources]
keep_raw = false
[sources.github_export]
paths = ["raw/pull_requests/**/*.json"]
[sources.sarif]
paths = ["raw/scans/**/*.sarif"]
[sources.triage]
paths = ["raw/triage.csv"]
"""


def known_truth() -> Truth:
    flows = (
        Flow("agent", 30, BEGINS, ENDS, fates=(("escape", RATE["agent"]), *FATES)),
        Flow("human", 20, BEGINS, ENDS, fates=(("escape", RATE["human"]), *FATES)),
    )
    night = datetime(2025, 9, 8, 2, tzinfo=UTC)
    schedules = (
        Schedule(LINT_GUARD, night),
        Schedule(DEEP_SCAN, night + timedelta(minutes=30)),
        Schedule(AUDIT_SCAN, night + timedelta(hours=1), every_days=28, finds=0.3),
    )
    return Truth(AS_OF, (Repository("acme/known", flows, schedules),), page_size=500)


def measured(folder: Path, seed: int) -> tuple[list[Told], list[dict[str, Any]]]:
    """Simulate, ingest and measure one pilot of 2,000 pull requests."""
    simulate(known_truth(), seed, folder / "raw")
    config = folder / "pilot.toml"
    config.write_text(CONFIG, encoding="utf-8")
    ingest(config)
    return told(folder / "raw" / "truth.json"), document("metrics", config)


def holds(row: dict[str, Any], rate: float) -> bool:
    return row["low"] <= rate <= row["high"]


@pytest.mark.deep
def test_a_known_escape_rate_lies_in_its_interval_and_is_counted_exactly(tmp_path: Path) -> None:
    hits: list[bool] = []
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        planted, rows = measured(folder, seed)
        assert len(planted) == 2000
        for arm, rate in RATE.items():
            own = [one for one in planted if one.authorship == arm and one.in_scope]
            low = number(rows, "known", "security_escape_rate", arm)
            high = number(rows, "known", "security_escape_rate_high", arm)
            assert (low["numerator"], low["denominator"]) == (
                sum(one.escaped_by(AS_OF) for one in own),
                len(own),
            )
            assert high["numerator"] == sum(one.suspected_by(AS_OF) for one in own)
            hits.append(holds(low, rate))
    assert hits.count(True) >= len(hits) - 1


@pytest.mark.deep
def test_over_many_seeds_the_interval_holds_the_rate_as_often_as_it_promises() -> None:
    """Planted counts without files: of 200 intervals at 95 % at least 183 hold the rate.

    At exactly 95 % fewer than 183 would happen with a probability of about 1 %; Clopper and Pearson
    is never below its level.
    """
    truth = known_truth()
    hits = 0
    for seed in range(1, 201):
        own = [
            change.told()
            for change in simulated_changes(truth, truth.repositories[0], seed)
            if change.pull.author.arm == "agent"
        ]
        in_scope = [one for one in own if one.in_scope]
        low, high = clopper_pearson(sum(one.escaped for one in in_scope), len(in_scope), 0.95)
        hits += low <= RATE["agent"] <= high
    assert hits >= 183


@pytest.mark.deep
def test_follow_up_of_the_oracle_is_the_products(demo: Path) -> None:
    rows = document("metrics", demo)
    assert {row["settings"]["follow_up_days"] for row in rows} == {FOLLOW_UP.days}
