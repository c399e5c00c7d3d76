"""Does a recount from the demo's raw logs, in plain Python, come to what is printed of approvals?

Nothing of the product's arithmetic is used. Taken from published tables is only what is not the subject here:
who made a pull request or a commit and who drove its agent, and which class a file has.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from data.simulator.approvals import ApprovalTruth, Policy, panel, rows
from data.simulator.approvals.presets import BEGINS_ON
from data.simulator.approvals.truth import Reviewer, Work, Workplace
from metrics.arms import ARMS
from metrics.catalogue.approvals import PROMPTS
from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.estimate import Estimate, Number, Undefined
from metrics.fatigue.curves import CurvePoint, curves
from metrics.fatigue.grid import FLOORS, PACES, sensitivity
from metrics.fatigue.judging import judged
from metrics.fatigue.people import clustered_share
from metrics.fatigue.prompts import UNLESS_DECIDER, UNLESS_EXPLICIT, coverage_of, per_person
from metrics.fatigue.rules import USUAL_RULES
from metrics.fatigue.tally import kinds, tally
from metrics.fatigue.weeks import weekly
from metrics.gate.case import Case
from metrics.segments import usual
from metrics.slices import Slicer
from tests.acceptance.conftest import copy_demo
from tests.acceptance.helpers_pilot import table
from tests.acceptance.helpers_prompts import BERLIN, Decision, all_decisions, moments
from tests.acceptance.test_recount import nodes

MOMENTS = ("2026-07-02T13:00:00Z", "2026-08-17T00:00:00Z")  # in the middle of a sprint, and the demo's own
PILOTS = {"payments": "acme/payments-", "search": "acme/search", "checkout": "acme/checkout"}
SIDES = ("agent", "human")
UNREAD = ("generated", "vendored", "lock", "minified")
NEVER, AUTOMATIC, UNKNOWN = "never answered", "automatic", "not known who decided"
# Numbers that hold of all arms alike stand in the arm of agents.
PROMPT_METRICS = tuple(metric.id for metric in PROMPTS)

Row = dict[str, Any]
Key = tuple[str, int]


@dataclass(frozen=True)
class Window:
    """From when to before when."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end

    @property
    def days(self) -> tuple[date, date]:
        return self.start.astimezone(BERLIN).date(), self.end.astimezone(BERLIN).date()


@dataclass(frozen=True)
class World:
    """What the product works out at a moment, and what the raw logs say up to it."""

    as_of: datetime
    config: Path
    cases: dict[str, Case]
    numbers: dict[tuple[str, str, str, str], Number]  # pilot, metric, arm, segment
    windows: dict[tuple[str, str], Window]  # pilot, segment
    decided: list[Decision]

    def of(self, pilot: str, segment: str = "all") -> list[Decision]:
        window = self.windows[pilot, segment]
        own = (one for one in self.decided if one.repository.startswith(PILOTS[pilot]))
        return [one for one in own if window.holds(one.at)]

    def segments(self, pilot: str) -> list[str]:
        return [segment for name, segment in self.windows if name == pilot]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo without its scans, which say nothing about approvals."""
    copied = copy_demo(tmp_path_factory.mktemp("approvals"))
    text = re.sub(r"\n\[sources\.(sarif|triage)\].*(?:\n(?!\[).*)*", "", "\n" + copied.read_text())
    copied.write_text(text.replace("keep_raw = true", "keep_raw = false"))
    assert main(["ingest", "--config", str(copied)]) == 0
    return copied


@pytest.fixture(scope="module")
def raw(config: Path) -> list[Decision]:
    return all_decisions(config.parent / "demo/approvals")


@pytest.fixture(scope="module", params=MOMENTS, ids=["in July", "now"])
def world(config: Path, raw: list[Decision], request: pytest.FixtureRequest) -> World:
    as_of = datetime.fromisoformat(request.param)
    session = open_session(Question(config, as_of=as_of))
    cases = {pilot: session.case(pilot) for pilot in PILOTS}
    numbers, windows = {}, {}
    for pilot, case in cases.items():
        slicer = Slicer(case)
        for segment in (each for each in usual(case) if each.agent is None):
            windows[pilot, segment.name] = Window(segment.window.start, segment.window.end)
            for metric in (*PROMPTS, *SIGN_OFFS):
                for arm in (each for each in metric.arms if each in SIDES):
                    found = metric.compute(slicer.slice(ARMS[arm], segment))
                    numbers[pilot, metric.id, arm, segment.name] = found
    return World(as_of, config, cases, numbers, windows, [one for one in raw if one.at <= as_of])


@pytest.fixture(params=PILOTS)
def pilot(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# -- how a share over people is stated -------------------------------------------------------------------


@cache
def student(freedom: int, share: float) -> float:
    """The t below which this share of Student's distribution lies: halving, over Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def density(t: float) -> float:
        return scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2)

    def below(t: float, parts: int = 200) -> float:
        width = t / parts
        inner = sum((4 if k % 2 else 2) * density(k * width) for k in range(1, parts))
        return 0.5 + width / 3 * (density(0.0) + inner + density(t))

    low, high = 0.0, 50.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < share else (low, middle)
    return low


def limits(counts: list[tuple[int, int]]) -> tuple[float, float]:
    """Limits of a ratio over people, on the logit scale."""
    people, total = len(counts), sum(n for _, n in counts)
    share = sum(x for x, _ in counts) / total
    squares = sum((x - share * n) ** 2 for x, n in counts)
    error = math.sqrt(people / (people - 1) * squares) / total
    reach = student(people - 1, 0.975) * error / (share * (1 - share))
    middle = math.log(share / (1 - share))
    low, high = (1 / (1 + math.exp(-each)) for each in (middle - reach, middle + reach))
    return low, high


def assert_share_over_people(number: Number, counted: Iterable[tuple[str, bool]]) -> None:
    """Printed as counted: a rate with its interval, or the counts in words where they are few."""
    people: dict[str, list[bool]] = defaultdict(list)
    for person, is_counted in counted:
        people[person].append(is_counted)
    counts = [(sum(each), len(each)) for each in people.values()]
    x, total = sum(x for x, _ in counts), sum(n for _, n in counts)
    assert number.coverage.measured == total
    if total < 30 or len(counts) < 5:
        assert isinstance(number, Undefined)
        assert number.n == total
        assert not total or number.reason.startswith(f"{x:,} of {total:,}, {len(counts)} p")
        return
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator, number.n) == (x, total, total)
    assert number.value == pytest.approx(x / total)
    if 0 < x < total and not number.method.startswith("Clopper-Pearson"):
        assert (number.low, number.high) == pytest.approx(limits(counts), abs=1e-7)


def assert_exact_share(number: Number, x: int, n: int) -> None:
    if not n:
        assert isinstance(number, Undefined)
        return
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator, number.value) == (x, n, pytest.approx(x / n))
    assert number.low is number.high is None


# -- permission prompts ------------------------------------------------------------------------------------


def test_every_decision_of_the_logs_is_one_of_the_product(world: World, pilot: str) -> None:
    """Decision by decision: who, what became of it, the wait to the millisecond, and why it is left out."""
    printed = {
        (row["session_id"], row["call_id"]): row
        for row in world.cases[pilot].approvals.collect().iter_rows(named=True)
    }
    own = {(one.session, one.call): one for one in world.decided if one.repository.startswith(PILOTS[pilot])}
    assert printed.keys() == own.keys()
    for key, one in own.items():
        row = printed[key]
        told = (row["decision"], row["actor"] in ("policy", "hook", "model"), row["left_out"], row["mode"])
        assert told == (one.decision, one.actor == AUTOMATIC, one.left_out, one.mode)
        if one.actor == "human":
            assert row["wait_seconds"] == pytest.approx(one.wait, abs=0.0005)
            assert row["is_fast"] == one.is_fast()


def test_what_is_measured_and_what_is_left_out_add_up_to_all(world: World, pilot: str) -> None:
    for metric, segment in product(PROMPT_METRICS, world.segments(pilot)):
        coverage = world.numbers[pilot, metric, "agent", segment].coverage
        assert coverage.measured + sum(n for _, n in coverage.excluded) == coverage.total
        assert coverage.total == len(world.of(pilot, segment))


def test_decisions_by_who_made_them_and_why_they_are_left_out(world: World, pilot: str) -> None:
    for segment in world.segments(pilot):
        own = world.of(pilot, segment)
        fast = world.numbers[pilot, "fast_prompt_approval_share", "agent", segment]
        reasons = Counter(one.left_out for one in own if one.left_out is not None)
        assert dict(fast.coverage.excluded) == reasons
        answered = [one for one in own if one.decision != "pending"]
        known = [one for one in answered if one.actor != "unknown"]
        automated = sum(one.actor == AUTOMATIC for one in known)
        of_decider = world.numbers[pilot, "automated_decision_share", "agent", segment]
        assert_exact_share(of_decider, automated, len(known))
        unknown = world.numbers[pilot, "unknown_decider_share", "agent", segment]
        assert_exact_share(unknown, len(answered) - len(known), len(answered))


def test_fast_approvals_and_fast_rejects_with_their_intervals(world: World, pilot: str) -> None:
    for segment in world.segments(pilot):
        for metric, reason in (
            ("fast_prompt_approval_share", None),
            ("fast_prompt_reject_share", "rejected"),
        ):
            counted = [
                (one.person, one.is_fast()) for one in world.of(pilot, segment) if one.left_out == reason
            ]
            assert_share_over_people(world.numbers[pilot, metric, "agent", segment], counted)


def test_the_approve_rate_and_lasting_grants(world: World, pilot: str) -> None:
    for segment in world.segments(pilot):
        answers = [one for one in world.of(pilot, segment) if one.is_answer]
        approved = [(one.person, one.decision == "accept") for one in answers]
        assert_share_over_people(world.numbers[pilot, "prompt_approval_share", "agent", segment], approved)
        lasting = [(one.person, one.scope == "permanent") for one in answers if one.scope is not None]
        assert_share_over_people(world.numbers[pilot, "lasting_grant_share", "agent", segment], lasting)


def test_hours_that_agents_waited(world: World, pilot: str) -> None:
    for segment in world.segments(pilot):
        by_people = (one.wait for one in world.of(pilot, segment) if one.actor == "human")
        waits = [wait for wait in by_people if wait is not None and wait <= 600]
        number = world.numbers[pilot, "blocked_hours", "agent", segment]
        assert number.coverage.measured == len(waits)
        if waits:
            assert isinstance(number, Estimate)
            assert number.value == pytest.approx(sum(waits) / 3600, abs=1e-6)


def test_weeks_count_automation_and_modes(world: World, pilot: str) -> None:
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    for one in world.decided:
        if one.repository.startswith(PILOTS[pilot]):
            week = weeks[one.on - timedelta(days=one.on.weekday())]
            is_known = one.actor in ("human", AUTOMATIC)
            week.update(decision=1, automated=one.actor == AUTOMATIC, decider_known=is_known)
            week.update({"mode_known": one.mode is not None, one.mode or "none": 1})
    found = weekly(world.cases[pilot].prompts)
    assert found["week_on"].to_list() == sorted(weeks)
    for row in found.iter_rows(named=True):
        for name in (
            "decision",
            "automated",
            "decider_known",
            "mode_known",
            "bypass",
            "accept_edits",
            "auto",
        ):
            assert row[f"{name}_count"] == weeks[row["week_on"]][name]


def test_the_grid_of_rules(world: World, pilot: str) -> None:
    own = [one for one in world.decided if one.repository.startswith(PILOTS[pilot])]
    approvals, rejects = ([one for one in own if one.left_out == why] for why in (None, "rejected"))
    grid = sensitivity(world.cases[pilot].approvals, USUAL_RULES).filter(~pl.col("is_inferred"))
    cells = {(row["floor_seconds"], row["chars_per_second"]): row for row in grid.iter_rows(named=True)}
    assert cells.keys() == set(product(FLOORS, PACES))
    for rule, row in cells.items():
        assert row["approval_count"] == len(approvals)
        assert row["reject_count"] == len(rejects)
        assert row["fast_count"] == sum(one.is_fast(*rule) for one in approvals)
        assert row["fast_reject_count"] == sum(one.is_fast(*rule) for one in rejects)


def places(answers: list[Decision]) -> Iterator[tuple[Decision, int, int]]:
    """Each answer with the accepts in a row and the answers in ten minutes that its person gave before it."""
    by: dict[str, list[Decision]] = defaultdict(list)
    for one in sorted(answers, key=lambda each: each.at):
        by[one.person].append(one)
    for own in by.values():
        streak = 0
        for place, one in enumerate(own):
            recent = sum(one.at - each.at <= timedelta(minutes=10) for each in own[:place])
            yield one, streak, recent
            streak = streak + 1 if one.decision == "accept" else 0


def test_curves_by_streak_and_by_burst(world: World, pilot: str) -> None:
    answers = [one for one in world.decided if one.repository.startswith(PILOTS[pilot]) and one.is_answer]
    placed = [each for each in places(answers) if each[0].kind != "read"]
    for point in curves(world.cases[pilot].approvals, USUAL_RULES, 0.95):
        place = 1 if point.curve == "streak" else 2
        group = [each[0] for each in placed if point.low <= each[place] < (point.high or math.inf)]
        assert_point(point, group)


def assert_point(point: CurvePoint, group: list[Decision]) -> None:
    people = {one.person for one in group}
    assert (point.answer_count, point.people_count) == (len(group), len(people))
    assert_share_over_people(point.rejected, [(one.person, one.decision == "reject") for one in group])
    measured = [(one.person, one.is_fast()) for one in group if one.left_out is None]
    assert_share_over_people(point.fast, measured)
    waits = sorted(one.wait for one in group if one.wait is not None and one.wait <= 600)
    if len(group) < 30 or len(people) < 5:
        assert point.median_wait_seconds is None
        return
    middle = (waits[(len(waits) - 1) // 2] + waits[len(waits) // 2]) / 2
    assert point.median_wait_seconds == pytest.approx(middle, abs=0.0011)


def test_canaries_are_missed_or_caught_as_they_were_answered(world: World, pilot: str) -> None:
    for segment in world.segments(pilot):
        seeded = [one for one in world.of(pilot, segment) if one.canary is not None]
        number = world.numbers[pilot, "canary_miss_share", "agent", segment]
        if not seeded:
            assert isinstance(number, Undefined)
            continue
        missed = sum(one.decision == "accept" for one in seeded)
        assert isinstance(number, Estimate)
        assert (number.numerator, number.denominator) == (missed, len(seeded))


def test_what_was_put_in_comes_out_again(config: Path, raw: list[Decision], pilot: str) -> None:
    """Of the whole time: telemetry and transcripts hide what nobody answered, and nothing else."""
    told = json.loads((config.parent / "demo/approvals/truth.json").read_text())["pilots"][pilot]
    own = [one for one in raw if one.repository.startswith(PILOTS[pilot])]
    measured = [one for one in own if one.left_out is None]
    assert (len(measured), sum(one.is_fast() for one in measured)) == (told["measurable"], told["fast"])
    assert len({one.person for one in measured}) == told["people"]
    hidden = told["decisions"] - len(own)
    assert 0 <= hidden <= told["left_out"]["unanswered"]


# -- pull requests -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignOff:
    """One approval of a pull request by a person."""

    person: str
    authorship: str
    at: datetime
    left_out: str | None
    seconds: float
    lines: int
    is_first: bool
    is_silent: bool

    @property
    def is_independent(self) -> bool:
        return self.left_out in (None, "too few changed lines", "given before it was ready")

    def is_below(self, per_hour: float) -> bool:
        return self.is_silent and self.seconds < max(60.0, self.lines * 3600 / per_hour)


@pytest.fixture(scope="module")
def given(world: World) -> dict[str, list[SignOff]]:
    """All approvals of each pilot up to the moment."""
    classes: dict[tuple[str, int, str], str] = {}
    for row in table(world.config, "changed_files").iter_rows(named=True):
        classes[row["repository"], row["number"], row["path"]] = row["file_class"]
    known = {
        (row["repository"], row["number"]): row
        for row in table(world.config, "pull_requests").iter_rows(named=True)
    }
    found: dict[str, list[SignOff]] = defaultdict(list)
    for key, node in nodes(world.config.parent / "demo").items():
        name = next(pilot for pilot, prefix in PILOTS.items() if key[0].startswith(prefix))
        found[name] += sign_offs(node, known[key], lines_to_read(key, node, classes), world.as_of)
    return found


def lines_to_read(key: Key, node: Row, classes: dict[tuple[str, int, str], str]) -> int:
    if node["files"]["pageInfo"]["hasNextPage"]:
        return int(node["additions"] + node["deletions"])
    read = [each for each in node["files"]["nodes"] if classes[(*key, each["path"])] not in UNREAD]
    return sum(each["additions"] + each["deletions"] for each in read)


def sign_offs(node: Row, known: Row, lines: int, as_of: datetime) -> Iterator[SignOff]:
    events = node["timelineItems"]["nodes"]
    dismissed = {
        one["review"]["id"]: one["previousReviewState"]
        for one in events
        if one["__typename"] == "ReviewDismissedEvent"
    }
    given = [one for one in node["reviews"]["nodes"] if one["submittedAt"] and one["author"]]
    given.sort(key=lambda one: (one["submittedAt"], one["id"]))
    for place, one in enumerate(given):
        is_approval = "APPROVED" in (one["state"], dismissed.get(one["id"]))
        at, who = datetime.fromisoformat(one["submittedAt"]), one["author"]["login"]
        if is_approval and one["author"]["__typename"] == "User" and at <= as_of:
            is_first = who not in {each["author"]["login"] for each in given[:place]}
            is_wordless = one["comments"]["totalCount"] == 0 and len(one["body"]) <= 20
            began_at, why = begin(node, who, at), reason(node, known, (who, at), lines)
            seconds = (at - began_at).total_seconds()
            yield SignOff(
                who, known["authorship"], at, why, seconds, lines, is_first, is_first and is_wordless
            )


def begin(node: Row, who: str, at: datetime) -> datetime:
    """The latest of opened or ready, asked, and pushed."""
    events = node["timelineItems"]["nodes"]
    ready = [one["createdAt"] for one in events if one["__typename"] == "ReadyForReviewEvent"]
    asked = [
        one["createdAt"]
        for one in events
        if one["__typename"] == "ReviewRequestedEvent"
        and (one["requestedReviewer"] or {}).get("login") == who
    ]
    pushed = [one["commit"]["committedDate"] for one in node["commits"]["nodes"]]
    before = (datetime.fromisoformat(each) for each in (*ready, *asked, *pushed, node["createdAt"]))
    return max(each for each in before if each <= at)


def reason(node: Row, known: Row, review: tuple[str, datetime], lines: int) -> str | None:
    who, at = review
    ready = [
        one["createdAt"]
        for one in node["timelineItems"]["nodes"]
        if one["__typename"] == "ReadyForReviewEvent"
    ]
    asked = (
        ("to another branch", node["baseRefName"] != "main"),
        ("approved by its author or driver", who in ((node["author"] or {}).get("login"), known["driver"])),
        ("given after it was merged or closed", node["closedAt"] is not None
         and at > datetime.fromisoformat(node["closedAt"])),
        ("given before it was ready", bool(ready) and at < datetime.fromisoformat(min(ready))),
        ("too few changed lines", lines < 10),
    )  # fmt: skip
    return next((why for why, holds in asked if holds), None)


def test_sign_offs_of_pull_requests(world: World, given: dict[str, list[SignOff]], pilot: str) -> None:
    shares: tuple[tuple[str, Callable[[SignOff], bool], bool], ...] = (
        ("fast_pull_request_approval_share", lambda one: one.is_below(1000), True),
        (
            "warned_pull_request_approval_share",
            lambda one: one.is_below(500) and not one.is_below(1000),
            True,
        ),
        ("silent_approval_share", lambda one: one.is_silent, False),
        ("oversize_approval_share", lambda one: one.lines > 400, False),
    )
    for segment, arm in product(world.segments(pilot), SIDES):
        own = [one for one in given[pilot] if one.authorship == arm]
        within = [one for one in own if world.windows[pilot, segment].holds(one.at)]
        for metric, counts, is_timed in shares:
            standing = [one for one in within if (not one.left_out if is_timed else one.is_independent)]
            number = world.numbers[pilot, metric, arm, segment]
            assert number.coverage.total == len(within)
            assert_share_over_people(number, [(one.person, counts(one)) for one in standing])


def test_rushed_sign_offs(world: World, given: dict[str, list[SignOff]], pilot: str) -> None:
    hour = timedelta(hours=1)
    by: dict[str, list[SignOff]] = defaultdict(list)
    for one in given[pilot]:
        by[one.person].append(one)

    def is_rushed(one: SignOff) -> bool:
        ends = (each.at for each in by[one.person] if one.at <= each.at < one.at + hour)
        first = [each for each in by[one.person] if each.is_first]
        return one.is_silent and any(
            sum(each.lines for each in first if end - hour < each.at <= end) > 1000 for end in ends
        )

    for segment, arm in product(world.segments(pilot), SIDES):
        within = [one for one in given[pilot] if world.windows[pilot, segment].holds(one.at)]
        standing = [one for one in within if one.authorship == arm and one.is_independent]
        number = world.numbers[pilot, "rushed_approval_count", arm, segment]
        if standing:
            assert isinstance(number, Estimate)
            assert number.value == sum(map(is_rushed, standing))


# -- logs that are kept ------------------------------------------------------------------------------------


def test_days_with_agents_at_work_that_have_a_log(world: World, pilot: str) -> None:
    worked: set[tuple[str, date]] = set()
    for name, at in (("pull_requests", "created_at"), ("commits", "committed_at")):
        arms = ("agent",) if name == "pull_requests" else ("agent", "assisted")
        rows_of = table(world.config, name).filter(pl.col("authorship").is_in(arms), pl.col(at).is_not_null())
        for repository, moment in rows_of.select("repository", at).iter_rows():
            if repository.startswith(PILOTS[pilot]) and moment <= world.as_of:
                worked.add((repository, moment.astimezone(BERLIN).date()))
    logged: set[tuple[str, date]] = set()
    for repository, seen in moments(world.config.parent / "demo/approvals"):
        till = [at for at in seen if at <= world.as_of]
        logged |= {(repository, at.astimezone(BERLIN).date()) for at in till}
    for segment in world.segments(pilot):
        first, after = world.windows[pilot, segment].days
        days = {each for each in worked if first <= each[1] < after}
        number = world.numbers[pilot, "prompt_log_coverage_share", "agent", segment]
        assert number.n == len(days)
        if days:
            assert isinstance(number, Estimate)
            assert number.numerator == len(days & logged)


def test_how_long_logs_are_kept(world: World, pilot: str) -> None:
    folder = world.config.parent / "demo/approvals"
    settings = [
        json.loads(file.read_text())["cleanupPeriodDays"]
        for file in folder.glob("*/.claude/settings.json")
        if file.parts[-3].replace("+", "/").startswith(PILOTS[pilot])
    ]
    number = world.numbers[pilot, "prompt_retention_days", "agent", "all"]
    assert isinstance(number, Estimate)
    if settings:
        assert number.value == min(settings)
        return
    own = (seen for repository, seen in moments(folder) if repository.startswith(PILOTS[pilot]))
    oldest = min(min(seen) for seen in own)
    assert (number.value, number.low, number.high) == ((world.as_of - oldest).days, number.value, None)


# -- what is known of the simulated ------------------------------------------------------------------------


def stated(truth: ApprovalTruth, seed: int) -> Number:
    """Fast approvals of simulated people, as the product states them."""
    counted = kinds(tally(judged(rows(truth, seed).lazy(), USUAL_RULES), "UTC"))
    people = per_person(counted, pl.col("is_fast"), UNLESS_EXPLICIT)
    x, n = people["counted"].to_list(), people["decision_count"].to_list()
    return clustered_share(x, n, coverage_of(counted, UNLESS_EXPLICIT), USUAL_RULES, 0.95)


def test_the_planted_share_lies_within_the_interval_about_as_often_as_it_says() -> None:
    found = [stated(panel(8, seed, attention=0.7, weeks=4), seed) for seed in range(40)]
    inside = [
        isinstance(each, Estimate) and each.low is not None and each.high is not None
        and each.low <= 0.3 <= each.high
        for each in found
    ]  # fmt: skip
    assert 35 <= sum(inside) <= 40  # 38 are expected; fewer than 35 come in 1 or 2 of a hundred such trials


def crew(policy: Policy, work: Work, people: int = 6) -> ApprovalTruth:
    reviewers = tuple(Reviewer(f"r{n}@acme.example", "one", 0.0, sessions_per_week=5) for n in range(people))
    ends_on = BEGINS_ON + timedelta(weeks=3)
    place = Workplace("one", ("acme/one",), "claude_code", reviewers, BEGINS_ON, ends_on, policy, work)
    return ApprovalTruth((place,))


def test_a_policy_that_approves_all_is_automation_and_no_fast_approval() -> None:
    work = Work(kinds=(("command", 0.5), ("edit", 0.5)), sdk_share=0.0)
    made = rows(crew(Policy(by_rule=1.0, denied_by_rule=0.0), work), 1)
    counted = kinds(tally(judged(made.lazy(), USUAL_RULES), "UTC"))
    coverage = coverage_of(counted, UNLESS_EXPLICIT)
    assert (coverage.measured, coverage.total) == (0, made.height)
    assert coverage.excluded == (("not a person's decision (rule, hook or model)", made.height),)
    decided = coverage_of(counted, UNLESS_DECIDER)
    assert decided.measured == decided.total == made.height


def test_requests_that_only_read_never_count() -> None:
    work = Work(kinds=(("read", 1.0),), sdk_share=0.0)
    number = stated(crew(Policy(by_rule=0.0, denied_by_rule=0.0), work), 1)
    assert isinstance(number, Undefined)
    assert number.coverage.measured == 0
    assert dict(number.coverage.excluded)["read-only request"] > 0.9 * number.coverage.total


@pytest.mark.parametrize(("people", "kind"), [(4, Undefined), (5, Estimate)])
def test_under_five_people_only_counts_are_stated(people: int, kind: type) -> None:
    work = Work(kinds=(("command", 1.0),), sdk_share=0.0)
    number = stated(crew(Policy(by_rule=0.0, denied_by_rule=0.0), work, people), 1)
    assert isinstance(number, kind)
    if isinstance(number, Undefined):
        assert f", {people} people: no rate" in number.reason
        assert number.n == number.coverage.measured > 30
