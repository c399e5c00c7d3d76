"""What must hold for every metric of the catalogue and for every verdict."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrics.arms import ARMS, HEADLINE
from metrics.catalogue import BY_ID, CATALOGUE, Metric
from metrics.density.comparison import RATIO
from metrics.estimate import Estimate, Undefined
from metrics.gate.assessment import Ask, Case, assess
from metrics.gate.states import STATES, CriterionState, Verdict
from metrics.results import Result, compute
from metrics.segments import whole
from metrics.slices import Slicer
from tests.builders_metrics import (
    Row,
    audit_review,
    bypass,
    clean_sprints,
    day,
    decision,
    drawn,
    feature,
    finding,
    head_scan,
    past_rules,
    pilot,
    policy,
    pull_request,
    review,
    scan,
    tables,
)
from tests.builders_sign_offs import busy as busy_approvals

Rows = dict[str, list[Row]]
CODE: Row = {"code_additions": 120, "surviving_code_lines": 60}
AT = day(96)  # the first changes have been watched for 90 days
PERSON: Row = {"authorship": "human", "author_login": "ana", "agent": None}


def busy() -> Rows:
    """A pilot in which a little of everything happened, in two repositories."""
    rows = clean_sprints(6, 4)
    rows["pull_requests"] = [
        {**row, **CODE, "last_push_at": row["created_at"]} for row in rows["pull_requests"]
    ]
    people = [pull_request(100 + n, n, **PERSON, **CODE) for n in range(1, 9)]
    looks = [head_scan(f"head-{n}", 100 + n, n - 0.1, tool="scan-b") for n in range(1, 9)]
    rows["pull_requests"] += [
        *people,
        pull_request(200, 9, sensitive_areas=["secrets"], checks_at_merge="failure", **CODE),
        pull_request(201, None, created_at=day(70)),
        pull_request(202, None, created_at=day(60), closed_at=day(61)),
        pull_request(203, None, created_at=day(60), closed_at=day(62), **PERSON),
        pull_request(204, None, created_at=day(71), **PERSON),
    ]
    rows["scans"] += [
        *looks,
        *(scan(f"shop-{k}", k * 14 + 10, repository="acme/shop", tool="scan-b") for k in range(4)),
    ]
    rows["reviews"] += [review(100 + n, n - 0.02, reviewer="sam") for n in range(1, 7)]
    rows["findings"] = [
        finding("a", 1, 5), finding("b", 8, 20), finding("c", 103, 9), finding("e", 105, 9),
        bypass("d", 200, 8.9),
    ]  # fmt: skip
    rows["dispositions"] = [decision("a"), decision("c"), decision("b", "false_positive", 21)]
    rows["audits"] = [drawn(number) for number in (1, 2, 3, 103)]
    rows["audit_reviews"] = [audit_review(1, "finding"), audit_review(2), audit_review(103, "unclear")]
    rows["features"] = [feature("rule_suites", asked=35)]
    rows["rule_bypasses"] = [past_rules("merge200", 9), past_rules("merge107", 7)]
    second = [
        *(elsewhere(row) for row in rows["pull_requests"] if row["number"] in {*range(5), *range(100, 104)})
    ]
    rows["pull_requests"] += second
    # A repository without a single review would read as one whose reviews nobody collected.
    rows["reviews"].append(review(101, 0.97, reviewer="sam", repository="acme/shop", review_id="shop"))
    for name, more in busy_approvals().items():
        rows[name] = [*rows.get(name, []), *more]
    return rows


def elsewhere(row: Row) -> Row:
    """The same pull request in the pilot's other repository."""
    shas = {name: f"shop-{row[name]}" for name in ("head_sha", "merge_sha")}
    return {**row, "repository": "acme/shop", **shas}


BUSY = compute(tables(**busy()), [pilot()], {"pay": policy()}, AT)
EMPTY = compute(tables(), [pilot()], {"pay": policy()}, AT)


def of(metric: Metric, results: list[Result]) -> list[Result]:
    return [row for row in results if row.metric == metric.id]


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_an_empty_window_is_undefined_with_a_reason(metric: Metric):
    numbers = [row.number for row in of(metric, EMPTY)]
    assert numbers
    assert all(isinstance(number, Undefined) and number.reason for number in numbers)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_a_number_lies_in_its_interval_and_has_its_metrics_unit_and_counts(metric: Metric):
    numbers = [row.number for row in of(metric, BUSY) if isinstance(row.number, Estimate)]
    assert numbers, "the busy pilot must exercise every metric"
    for number in numbers:
        assert number.low is None or number.low <= number.value
        assert number.high is None or number.value <= number.high
        assert number.unit == metric.unit
        if metric.is_quotient:
            assert number.value == pytest.approx(number.numerator / number.denominator)


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_a_number_names_the_method_that_its_metric_is_described_with(metric: Metric):
    methods = {row.number.method for row in of(metric, BUSY) if isinstance(row.number, Estimate)}
    # of two intervals the wider one stands, and says which it is
    assert all(re.split("[ ,]", method)[0].lower() in metric.method.lower() for method in methods), methods


@pytest.mark.parametrize("results", [BUSY, EMPTY], ids=["busy", "empty"])
def test_coverage_always_adds_up(results: list[Result]):
    for row in results:
        coverage = row.number.coverage
        assert coverage.measured + sum(count for _, count in coverage.excluded) == coverage.total, row.metric


@settings(deadline=None, max_examples=4)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(chance: Any):
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in busy().items()}
    assert compute(tables(**shuffled), [pilot()], {"pay": policy()}, AT) == BUSY
    ask = Ask(AT)
    ours, theirs = (assess(tables(**rows), pilot(), policy(), ask) for rows in (shuffled, busy()))
    assert ours.verdict == theirs.verdict
    assert ours.changes.equals(theirs.changes)
    assert ours.findings.equals(theirs.findings)


def by_place(results: list[Result]) -> dict[tuple[str, str, str], Result]:
    return {(row.metric, row.arm, row.segment): row for row in results}


def test_repositories_partition_what_is_counted():
    """Teams that work in repositories of their own add up to the whole."""
    parts = [
        by_place(compute(tables(**busy()), [pilot(repositories=(name,))], {"pay": policy()}, AT))
        for name in ("acme/pay", "acme/shop")
    ]
    added = [row for row in BUSY if isinstance(row.number, Estimate) and BY_ID[row.metric].is_quotient]
    singles = [row for row in added if not ARMS[row.arm].is_comparison]
    assert len({row.metric for row in singles}) > 20
    for row in singles:
        place = (row.metric, row.arm, row.segment)
        numbers = [part[place].number for part in parts if place in part]
        counts = [(each.numerator, each.n) for each in numbers if isinstance(each, Estimate)]
        assert sum(count for count, _ in counts) == pytest.approx(row.number.numerator), place
        assert sum(n for _, n in counts) == row.number.n, place


SYMMETRIC = ("decision_log_rank_p", "finding_dispersion")
AT_THE_OTHERS_RATE = "detectable_ratio"  # asks what could be seen at the second side's rate
Ends = tuple[float | None, float | None, float | None]


@pytest.mark.parametrize(
    "metric",
    [each for each in CATALOGUE if HEADLINE.name in each.arms and each.id != AT_THE_OTHERS_RATE],
    ids=lambda metric: metric.id,
)
def test_swapping_the_sides_turns_a_comparison_round(metric: Metric):
    case = Case(tables(**busy()), pilot(), policy(), Ask(AT))
    slicer, segment = Slicer(case), whole(case)
    ours, theirs = (metric.compute(slicer.slice(arm, segment)) for arm in (HEADLINE, HEADLINE.swapped))
    assert isinstance(ours, Estimate)
    assert isinstance(theirs, Estimate)
    assert (theirs.value, theirs.low, theirs.high) == pytest.approx(turned_round(metric, ours))


def turned_round(metric: Metric, number: Estimate) -> Ends:
    """The same comparison as the other side must state it."""
    if metric.id in SYMMETRIC:
        return number.value, number.low, number.high
    if metric.unit == RATIO:
        return 1 / number.value, 1 / (number.high or math.inf), 1 / number.low if number.low else None
    return -number.value, *(None if end is None else -end for end in (number.high, number.low))


def test_every_row_twice_counts_twice_and_says_the_same():
    """Copies under other numbers leave every share, rate and wait as it was."""
    once, twice = (
        by_place(BUSY),
        by_place(compute(tables(**doubled(busy())), [pilot()], {"pay": policy()}, AT)),
    )
    for place, row in once.items():
        metric = BY_ID[row.metric]
        if (
            isinstance(row.number, Undefined)
            or metric.unit in COUNTED
            or metric.id in (*MORE_IS_SURER, *NO_SHARES)
        ):
            continue
        number = twice[place].number
        assert isinstance(number, Estimate), place
        assert number.value == pytest.approx(row.number.value), place
        assert number.n == 2 * row.number.n, place


COUNTED = ("changes", "findings", "pull requests", "approvals", "KLOC")
# Of these more of the same is more evidence, not the same again.
MORE_IS_SURER = ("decision_log_rank_p", "finding_dispersion", "detectable_ratio", "canary_fast_odds_ratio")
# A day is one day, however much happens on it; a sum of waits grows with them.
NO_SHARES = ("prompt_log_coverage_share", "blocked_hours")


def doubled(rows: Rows) -> Rows:
    """Every pull request a second time under another number, with all that belongs to it."""
    return {
        name: [*part, *(again(name, row) for row in part if is_of_one(name, row))]
        for name, part in rows.items()
    }


NEVER_COPIED = ("features", "canaries", "agent_sightings")


def is_of_one(name: str, row: Row) -> bool:
    """Scans of a branch look at copies anyway, and what may be read of a repository holds for all in it."""
    return name not in NEVER_COPIED and (name != "scans" or row.get("pull_request") is not None)


def again(name: str, row: Row) -> Row:
    if name == "rule_bypasses":
        ids = {key: f"again-{row[key]}" for key in ("suite_id", "after_sha")}
        return {**row, **ids}
    if name in {"approvals", "approval_sessions"}:
        own_id = "call_id" if name == "approvals" else "session_id"
        return {**row, own_id: f"again-{row[own_id]}"}
    if name == "dispositions":
        return {**row, "finding_id": f"again-{row['finding_id']}"}
    if name == "findings":
        number = row["introduced_by"]
        return {**row, "finding_id": f"again-{row['finding_id']}", "introduced_by": number and number + 1000}
    if name == "scans":
        number = row["pull_request"] + 1000
        return {
            **row,
            "scan_id": f"again-{row['scan_id']}",
            "pull_request": number,
            "ref": f"refs/pull/{number}/head",
        }
    shas = {key: f"again-{row[key]}" for key in ("head_sha", "merge_sha") if row.get(key)}
    ids = {"review_id": f"again-{row['review_id']}"} if "review_id" in row else {}
    return {**row, "number": row["number"] + 1000, **shas, **ids}


def rank(rows: Rows, at: float) -> int:
    return STATES.index(assess(tables(**rows), pilot(), policy(), Ask(day(at))).verdict.state)


AS_OF = st.sampled_from([10.0, 20, 45, 60, 90, 120])
PLACES = st.lists(st.integers(1, 24), max_size=2, unique=True)


def pilots(confirmed: list[int], open_ones: list[int]) -> Rows:
    """Four sprints of six changes, some with escapes seen five days after the start of their sprint."""
    rows = clean_sprints(6, 4)
    rows["findings"] = [_escape(f"c{n}", n) for n in confirmed] + [_escape(f"u{n}", n) for n in open_ones]
    rows["dispositions"] = [decision(f"c{n}", decided=(n - 1) // 6 * 14 + 6) for n in confirmed]
    return rows


def _escape(finding_id: str, number: int) -> Row:
    return finding(finding_id, number, (number - 1) // 6 * 14 + 5)


@settings(deadline=None, max_examples=10)
@given(PLACES, PLACES, st.integers(1, 24), AS_OF)
def test_another_escape_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], number: int, at: float
):
    before = pilots(confirmed, open_ones)
    unreviewed = {**before, "findings": [*before["findings"], _escape("new", number)]}
    real = {
        **unreviewed,
        "dispositions": [*before["dispositions"], decision("new", decided=(number - 1) // 6 * 14 + 6)],
    }
    assert rank(real, at) <= rank(unreviewed, at) <= rank(before, at)


@settings(deadline=None, max_examples=10)
@given(PLACES, PLACES, st.integers(1, 24), AS_OF)
def test_one_clean_change_less_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], number: int, at: float
):
    before = pilots(confirmed, open_ones)
    assume(number not in {*confirmed, *open_ones})
    fewer = {**before, "pull_requests": [row for row in before["pull_requests"] if row["number"] != number]}
    assert rank(fewer, at) <= rank(before, at)


@settings(deadline=None, max_examples=10)
@given(PLACES, PLACES, st.integers(0, 27), AS_OF)
def test_a_scan_that_cannot_be_read_never_improves_the_state(
    confirmed: list[int], open_ones: list[int], place: int, at: float
):
    before = pilots(confirmed, open_ones)
    scans = list(before["scans"])
    scans[place] = {**scans[place], "status": "unreadable"}
    assert rank({**before, "scans": scans}, at) <= rank(before, at)


# What a criterion says, worst first; the two that cannot tell are worth the same.
WORTH: dict[CriterionState, int] = {"not_met": 0, "not_measurable": 1, "not_enough_evidence": 1, "met": 2}
DETECTION = ("independent_detection", "post_merge_coverage", "pre_merge_scanning")
SOME_SCANS = st.sets(st.integers(0, 27)).map(sorted)
LENIENT = policy(require="followed_up")


def verdict_of(rows: Rows, at: float) -> Verdict:
    return assess(tables(**rows), pilot(), LENIENT, Ask(day(at))).verdict


def worth(verdict: Verdict) -> dict[str, int]:
    return {each.criterion: WORTH[each.state] for each in verdict.criteria}


def with_scans(places: list[int], *more: Row) -> Rows:
    """Four clean sprints of which only these scans are known."""
    rows = clean_sprints(6, 4)
    return {**rows, "scans": [*(rows["scans"][place] for place in places), *more]}


@settings(deadline=None, max_examples=10)
@given(SOME_SCANS, st.sampled_from(["failed", "partial", "unreadable"]), st.floats(0, 60), AS_OF)
def test_a_scan_that_says_nothing_never_improves_a_criterion(
    known: list[int], status: str, scanned: float, at: float
):
    before = verdict_of(with_scans(known), at)
    after = verdict_of(with_scans(known, scan("new", scanned, status=status, tool="scan-c")), at)
    assert all(worth(after)[name] <= value for name, value in worth(before).items())
    assert STATES.index(after.state) <= STATES.index(before.state)
    assert before.allowed or not after.allowed


@settings(deadline=None, max_examples=10)
@given(SOME_SCANS, st.integers(0, 27), AS_OF)
def test_another_scan_takes_nothing_away_from_what_scans_have_shown(known: list[int], place: int, at: float):
    """The first scan of all may turn "not measurable" into "not met"; no later one worsens detection."""
    fewer, more = (verdict_of(with_scans(each), at) for each in (known, sorted({*known, place})))
    shown, now = worth(fewer), worth(more)
    can_tell = [name for name in DETECTION if _state(fewer, name) != "not_measurable"]
    assert all(shown[name] <= now[name] for name in can_tell)
    assert all(_state(more, name) == "met" for name in DETECTION if _state(fewer, name) == "met")
    assert more.allowed or not fewer.allowed


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 27), AS_OF)
def test_without_any_scan_detection_cannot_be_told_and_the_first_one_alone_never_opens_the_gate(
    place: int, at: float
):
    without, first = verdict_of(with_scans([]), at), verdict_of(with_scans([place]), at)
    assert {_state(without, name) for name in DETECTION} == {"not_measurable"}
    assert not without.allowed
    assert not first.allowed


def _state(verdict: Verdict, criterion: str) -> CriterionState:
    return next(each.state for each in verdict.criteria if each.criterion == criterion)
