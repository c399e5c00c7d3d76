"""Does a recount from the demo's raw files, in plain Python, come to the numbers that the product prints?

Nothing of the product's arithmetic is used: pages, SARIF and triage are read anew, curves follow the
textbook's loop over event times. Taken from published tables is only what is not the subject here: who made
a pull request and who drove its agent, which class a file has, and which id a finding has.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist, median
from typing import Any

import pytest

from tests.acceptance.helpers_pilot import document, table
from tests.marks import deep

MOMENTS = ("2026-07-02T13:00:00Z", "2026-08-17T00:00:00Z")  # in the middle of a sprint, and the demo's own
PILOTS = {"payments": "acme/payments-", "search": "acme/search", "checkout": "acme/checkout"}
SIDES = ("agent", "human")
CLASSES = (*SIDES, "assisted", "unknown", "automation")
BOTH = [(pilot, arm) for pilot in PILOTS for arm in SIDES]
LIMIT = 14 * 24.0
FOLLOW_UP = timedelta(days=30)
BANDS = (10, 50, 250, 1000, math.inf)
REAL = ("confirmed", "accepted", "fixed", "wont_fix")
OPEN, APPROVED, REJECTED, UNAPPROVED = "open", "approved", "rejected", "merged without approval"

Key = tuple[str, int]
Row = dict[str, Any]


def when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600


def middle(values: list[float]) -> float | None:
    return median(values) if values else None


def agree(printed: float | None, expected: float | None) -> bool:
    """Whether both are undefined, or alike but for rounding."""
    if printed is None or expected is None:
        return printed is expected
    return math.isclose(printed, expected, rel_tol=1e-9, abs_tol=1e-12)


@dataclass(frozen=True)
class Review:
    """What a person who is neither author nor driver said."""

    at: datetime
    who: str
    verdict: str  # as given
    dismissed_at: datetime | None


@dataclass(frozen=True)
class Pull:
    """A pull request as it stood at a moment."""

    key: Key
    authorship: str
    base: str
    created_at: datetime
    ready_at: datetime | None  # None = still a draft
    closed_at: datetime | None
    merged_at: datetime | None
    reviews: tuple[Review, ...]  # independent ones up to the close
    pushes: tuple[datetime, ...]
    files: tuple[Row, ...]  # path, additions, file_class
    lines: int

    @property
    def approved_at(self) -> datetime | None:
        return min((each.at for each in self.reviews if each.verdict == "APPROVED"), default=None)

    @property
    def fate(self) -> str:
        if self.approved_at:
            return APPROVED
        if self.closed_at is None:
            return OPEN
        return UNAPPROVED if self.merged_at else REJECTED

    @property
    def is_in_scope(self) -> bool:
        return self.base == "main" and any(each["file_class"] != "generated" for each in self.files)

    @property
    def code(self) -> list[Row]:
        return [each for each in self.files if each["file_class"] == "code"]

    @property
    def code_lines(self) -> int:
        return sum(each["additions"] for each in self.code)

    @property
    def stratum(self) -> tuple[str, str]:
        """Repository, and the commonest extension of its code (of two as common the first by name)."""
        names = Counter(each["path"].rpartition(".")[2] for each in self.code)
        return self.key[0], min(names, key=lambda name: (-names[name], name), default="")

    @property
    def likeness(self) -> tuple[str, int]:
        """Repository and band of sizes."""
        return self.key[0], next(place for place, end in enumerate(BANDS) if self.lines <= end)

    def standing(self) -> list[Review]:
        """Everybody's latest verdict at the merge that nobody had dismissed."""
        told = [each for each in self.reviews if each.verdict in ("APPROVED", "CHANGES_REQUESTED")]
        latest = {each.who: each for each in sorted(told, key=lambda each: each.at)}
        return [each for each in latest.values() if each.dismissed_at is None]


@dataclass(frozen=True)
class Wait:
    """Hours in which a pull request was seen waiting, and what ended them."""

    entry: float
    end: float
    fate: str


@dataclass(frozen=True)
class World:
    """What was printed about a moment, and the raw material as it stood then."""

    as_of: datetime
    printed: dict[tuple[str, str, str, str], Row]  # pilot, metric, arm, segment
    pulls: list[Pull]
    findings: dict[Key, list[str | None]]  # pull request -> latest decision about each of its findings
    looks: Callable[[Pull], bool]

    def of(self, pilot: str, *authorships: str) -> list[Pull]:
        """Pull requests to the protected branch of a pilot's repositories."""
        name = PILOTS[pilot]
        own = (pull for pull in self.pulls if pull.key[0].startswith(name) and pull.base == "main")
        return [pull for pull in own if pull.authorship in authorships]

    def rows(self, metric: str, pilot: str, arm: str) -> Iterator[tuple[str, Row, Window]]:
        """Printed rows of every window, without those of single agents."""
        for (of_pilot, name, of_arm, segment), row in self.printed.items():
            if (of_pilot, name, of_arm) == (pilot, metric, arm) and not segment.startswith("agent "):
                yield segment, row, Window.of(row, self.as_of)


@dataclass(frozen=True)
class Window:
    """From when to before when, and the moment of judgement."""

    start: datetime
    end: datetime
    is_epoch: bool
    as_of: datetime

    @classmethod
    def of(cls, row: Row, as_of: datetime) -> Window:
        told = row["window"]
        start, end = (datetime.fromisoformat(told[name]) for name in ("start", "end"))
        return cls(start, end, told["kind"] == "epoch", as_of)

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def waiting(self, pulls: Iterable[Pull]) -> list[tuple[Pull, Wait]]:
        """Whose clock began in the window; in an epoch also who was waiting at its start, from then on."""
        return [(pull, wait) for pull in pulls if (wait := self.wait(pull)) is not None]

    def wait(self, pull: Pull) -> Wait | None:
        if pull.ready_at is None or pull.ready_at >= self.end:
            return None
        stopped_at = max(pull.approved_at or pull.closed_at or self.as_of, pull.ready_at)
        is_late = pull.ready_at < self.start
        if is_late and not (self.is_epoch and stopped_at > self.start):
            return None
        entry = hours(pull.ready_at, self.start) if is_late else 0.0
        return Wait(entry, hours(pull.ready_at, stopped_at), pull.fate)


def nodes(folder: Path) -> dict[Key, Row]:
    """Newest copy of every pull request of the pages; merged before it was created is no pull request."""
    newest: dict[Key, Row] = {}
    for page in sorted(folder.glob("pull_requests/*/*.json")):
        repository = json.loads(page.read_text())["data"]["repository"]
        for node in repository["pullRequests"]["nodes"]:
            key = (repository["nameWithOwner"], node["number"])
            is_possible = node["mergedAt"] is None or node["mergedAt"] >= node["createdAt"]
            if is_possible and (key not in newest or newest[key]["updatedAt"] < node["updatedAt"]):
                newest[key] = node
    return newest


def reviews(node: Row, driver: str | None, until: datetime) -> Iterator[Review]:
    """Independent reviews up to a moment; a dismissed one with the verdict that it was given as."""
    events = node["timelineItems"]["nodes"]
    dismissals = {
        each["review"]["id"]: each for each in events if each["__typename"] == "ReviewDismissedEvent"
    }
    involved = {(node["author"] or {}).get("login"), driver, None}
    for each in node["reviews"]["nodes"]:
        who, at = each["author"] or {}, when(each["submittedAt"])
        is_independent = who.get("__typename") == "User" and who["login"] not in involved
        if is_independent and at is not None and at <= until:
            act = dismissals.get(each["id"])
            verdict = act["previousReviewState"] if act else each["state"]
            yield Review(at, who["login"], verdict, when(act["createdAt"]) if act else None)


def ready(node: Row, as_of: datetime) -> datetime | None:
    """The demo's drafts become ready once and never turn back."""
    events = node["timelineItems"]["nodes"]
    told = [each["createdAt"] for each in events if each["__typename"] == "ReadyForReviewEvent"]
    at = datetime.fromisoformat(min(told, default=node["createdAt"]))
    return at if at <= as_of else None


def pull_at(key: Key, node: Row, told: tuple[Row, tuple[Row, ...]], as_of: datetime) -> Pull:
    """A pull request as it stood; `told` is its published row and its files."""
    known, files = told
    closed_at, merged_at = (
        at if (at := when(node[name])) and at <= as_of else None for name in ("closedAt", "mergedAt")
    )
    pushes = (each["commit"]["committedDate"] for each in node["commits"]["nodes"])
    return Pull(
        key, known["authorship"], node["baseRefName"], datetime.fromisoformat(node["createdAt"]),
        ready(node, as_of), closed_at, merged_at,
        tuple(reviews(node, known["driver"], closed_at or as_of)),
        tuple(datetime.fromisoformat(each) for each in pushes), files, node["additions"] + node["deletions"],
    )  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """One run of a scanner."""

    at: datetime
    repository: str
    ref: str
    tool: str
    results: dict[tuple[str, str, str], float]  # rule, path, text of the line -> security severity

    @property
    def number(self) -> int | None:
        """Pull request whose head was scanned; None = the protected branch."""
        found = re.fullmatch(r"refs/pull/(\d+)/head", self.ref)
        return int(found[1]) if found else None


def scans(folder: Path, as_of: datetime) -> list[Scan]:
    """Runs that did not fail, in order; the demo's rule packs keep their version."""
    runs = [run for file in folder.glob("scans/*/*/*.sarif") for run in json.loads(file.read_text())["runs"]]
    succeeded = (scan_of(run) for run in runs if run["invocations"][0]["executionSuccessful"])
    return sorted((scan for scan in succeeded if scan.at <= as_of), key=lambda scan: scan.at)


def scan_of(run: Row) -> Scan:
    place, driver = run["versionControlProvenance"][0], run["tool"]["driver"]
    packs = [driver, *run["tool"].get("extensions", [])]
    rules = {rule["id"]: rule["properties"] for pack in packs for rule in pack.get("rules", [])}
    results = {}
    for result in run["results"]:
        spot = result["locations"][0]["physicalLocation"]
        rule, text = result["rule"]["id"], "".join(spot["region"]["snippet"]["text"].split())
        score = rules[rule].get("security-severity", "0")
        results[rule, spot["artifactLocation"]["uri"], text] = float(score)
    at = datetime.fromisoformat(run["invocations"][0]["endTimeUtc"])
    repository = "/".join(place["repositoryUri"].split("/")[-2:])
    return Scan(at, repository, place["branch"], driver["name"], results)


def introduced(runs: list[Scan], merged: list[Pull]) -> dict[tuple[str, str, str], Key]:
    """Change that brought each finding of at least medium severity in: (repository, rule, path) -> change."""
    first: dict[tuple[str, ...], Key | None] = {}
    before: dict[tuple[str, str], Scan] = {}
    for run in runs:
        last = before.get((run.repository, run.tool))
        for finding in run.results:
            is_news = last is not None and finding not in last.results
            owner = (
                (run.repository, run.number) if run.number
                else sole_change(merged, (last, run), finding[1]) if last and is_news
                else None
            )  # fmt: skip
            first.setdefault((run.repository, *finding), owner)
        if run.number is None:
            before[run.repository, run.tool] = run
    grave = {(run.repository, *each) for run in runs for each, score in run.results.items() if score >= 4}
    return {(name[0], name[1], name[2]): owner for name, owner in first.items() if owner and name in grave}


def sole_change(merged: list[Pull], between: tuple[Scan, Scan], path: str) -> Key | None:
    """The only change merged between two scans, else the only one of them that touched the path."""
    last, run = between
    here = [each for each in merged if each.merged_at and last.at < each.merged_at <= run.at]
    here = [each for each in here if each.key[0] == run.repository]
    if len(here) > 1:
        here = [each for each in here if path in {file["path"] for file in each.files}]
    return here[0].key if len(here) == 1 else None


def decided(folder: Path, as_of: datetime) -> dict[str, str]:
    """Latest decision about each finding by its id."""
    with (folder / "triage.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["at"])
    return {row["finding"]: row["disposition"] for row in rows if datetime.fromisoformat(row["at"]) <= as_of}


def looked_at(runs: list[Scan]) -> Callable[[Pull], bool]:
    """Whether anything looked at a change: its head before, or within 30 days a tool that knew the branch."""
    heads: dict[Key, list[datetime]] = defaultdict(list)
    branch: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for run in runs:
        of_branch = branch[run.repository, run.tool] if run.number is None else None
        (heads[run.repository, run.number or 0] if of_branch is None else of_branch).append(run.at)

    def looks(pull: Pull) -> bool:
        assert pull.merged_at
        until = pull.merged_at + FOLLOW_UP
        streams = (times for (repository, _), times in branch.items() if repository == pull.key[0])
        later = (
            any(pull.merged_at <= at <= until for at in times if times[0] <= pull.merged_at)
            for times in streams
        )
        return any(at <= pull.merged_at for at in heads[pull.key]) or any(later)

    return looks


@pytest.fixture(scope="module", params=[*deep(*MOMENTS[:-1]), MOMENTS[-1]], ids=["in July", "now"])
def world(demo: Path, request: pytest.FixtureRequest) -> World:
    as_of, folder = datetime.fromisoformat(request.param), demo.parent / "demo"
    printed = {
        (row["pilot"], row["metric"], row["arm"], row["segment"]): row
        for row in document("metrics", demo, "--as-of", request.param)
    }
    pulls, runs = as_they_stood(demo, as_of), scans(folder, as_of)
    owners = introduced(runs, [pull for pull in pulls if pull.merged_at and pull.base == "main"])
    decisions, findings = decided(folder, as_of), defaultdict(list)
    for row in table(demo, "findings").iter_rows(named=True):
        if owner := owners.get((row["repository"], row["rule"], row["path"])):
            findings[owner].append(decisions.get(row["finding_id"]))
    assert sum(map(len, findings.values())) == len(owners)
    return World(as_of, printed, pulls, findings, looked_at(runs))


def as_they_stood(demo: Path, as_of: datetime) -> list[Pull]:
    """Every pull request that had been opened by then."""
    files: dict[Key, tuple[Row, ...]] = defaultdict(tuple)
    for row in table(demo, "changed_files").iter_rows(named=True):
        files[row["repository"], row["number"]] += (row,)
    rows = table(demo, "pull_requests").iter_rows(named=True)
    known = {(row["repository"], row["number"]): row for row in rows}
    raw = nodes(demo.parent / "demo")
    assert raw.keys() == known.keys()
    stood = (pull_at(key, node, (known[key], files[key]), as_of) for key, node in raw.items())
    return [pull for pull in stood if pull.created_at <= as_of]


def steps(waits: Iterable[Wait]) -> Iterator[tuple[float, float, float]]:
    """The textbook's loop: at each time of an end, its hour, Kaplan-Meier, and Aalen-Johansen of approval.

    An end that leaves nobody in sight while others have yet to come into it is passed over (Lai and Ying
    1991): the textbook's curve would stay at 0 whatever these still do.
    """
    known = list(waits)
    waiting, approved = 1.0, 0.0
    last_entry = max((wait.entry for wait in known), default=0.0)
    for hour in sorted({wait.end for wait in known if wait.fate != OPEN}):
        at_risk = sum(wait.entry < hour <= wait.end or wait.entry == 0 == hour for wait in known)
        ended = [wait.fate for wait in known if wait.end == hour and wait.fate != OPEN]
        if len(ended) < at_risk or hour > last_entry or not last_entry:
            approved += waiting * ended.count(APPROVED) / at_risk
            waiting *= 1 - len(ended) / at_risk
        yield hour, waiting, approved


def approved_by(waits: list[Wait], mark: float) -> float:
    return max((share for hour, _, share in steps(waits) if hour <= mark), default=0.0)


def first_hour(waits: list[Wait], has_come: Callable[[float, float], bool]) -> float | None:
    return next((hour for hour, waiting, approved in steps(waits) if has_come(waiting, approved)), None)


def restricted_mean(waits: list[Wait]) -> float:
    """Rectangles under the share still waiting, up to the limit."""
    drawn = [(0.0, 1.0), *((hour, waiting) for hour, waiting, _ in steps(waits) if hour < LIMIT)]
    corners = [*drawn, (LIMIT, 0.0)]
    return sum(height * (until - since) for (since, height), (until, _) in pairwise(corners))


def was_followed(seen: list[tuple[Pull, Wait]], window: Window, limit: float) -> bool:
    """Whether so long a wait could have been seen, or nobody waits any more."""
    earliest = min(pull.ready_at for pull, _ in seen if pull.ready_at)
    return all(wait.fate != OPEN for _, wait in seen) or hours(earliest, window.as_of) >= limit


def waiting_numbers(seen: list[tuple[Pull, Wait]], window: Window) -> dict[str, float | None]:
    """Every number about waiting; None = undefined, or not reached."""
    waits = [wait for _, wait in seen]
    ages = [wait.end for wait in waits if wait.fate == OPEN]
    early = sum(
        bool(pull.approved_at and pull.ready_at and pull.approved_at < pull.ready_at) for pull, _ in seen
    )

    def followed(limit: float, number: Callable[[], float]) -> float | None:
        return number() if was_followed(seen, window, limit) else None

    return {
        "approved_within_first_mark_share": followed(24, lambda: approved_by(waits, 24)),
        "approved_within_second_mark_share": followed(72, lambda: approved_by(waits, 72)),
        "median_hours_to_approval": first_hour(waits, lambda _, approved: approved >= 0.5 - 1e-12),
        "p90_hours_to_decision": first_hour(waits, lambda waiting, _: waiting <= 0.1 + 1e-12),
        "restricted_mean_hours_to_decision": followed(LIMIT, lambda: restricted_mean(waits)),
        "open_pull_request_count": len(ages),
        "median_open_hours": middle(ages),
        "approved_before_ready_count": early,
        "median_hours_to_approval_approved_only": middle([w.end for w in waits if w.fate == APPROVED]),
        "median_hours_to_first_human_review": first_hour(
            list(review_waits(seen)), lambda _, reviewed: reviewed >= 0.5 - 1e-12
        ),
        "mean_review_rounds": rounds([pull for pull, wait in seen if wait.fate != OPEN]),
    }


def review_waits(seen: list[tuple[Pull, Wait]]) -> Iterator[Wait]:
    """The same with the first review of any verdict in the place of approval."""
    for pull, wait in seen:
        first = min((review.at for review in pull.reviews), default=None)
        if first is None or pull.ready_at is None:
            yield wait
        elif (end := max(hours(pull.ready_at, first), 0.0)) > wait.entry or wait.entry == 0:
            yield Wait(wait.entry, end, APPROVED)


def rounds(pulls: list[Pull]) -> float | None:
    """One, and one more for each request for changes before the first approval."""
    asked = [
        sum(
            review.verdict == "CHANGES_REQUESTED" and review.at < (pull.approved_at or window_end(pull))
            for review in pull.reviews
        )
        for pull in pulls
    ]
    return 1 + sum(asked) / len(asked) if asked else None


def window_end(pull: Pull) -> datetime:
    """After everything that was said about it."""
    return (pull.closed_at or datetime.max.replace(tzinfo=UTC)) + timedelta(microseconds=1)


def counted(row: Row) -> tuple[int, int] | None:
    """Numerator and denominator as printed."""
    return None if row["value"] is None else (row["numerator"], row["denominator"])


def fraction(part: Iterable[bool]) -> tuple[int, int] | None:
    flags = list(part)
    return (sum(flags), len(flags)) if flags else None


@pytest.mark.parametrize(("pilot", "arm"), BOTH)
def test_everything_about_waiting_is_what_the_textbooks_loop_gives(
    world: World, pilot: str, arm: str
) -> None:
    pulls = world.of(pilot, arm)
    for segment, _, window in world.rows("median_hours_to_approval", pilot, arm):
        seen = window.waiting(pulls)
        for metric, expected in waiting_numbers(seen, window).items() if seen else ():
            printed = world.printed[pilot, metric, arm, segment]
            assert agree(printed["value"], expected), (segment, metric)


@pytest.mark.parametrize(("pilot", "arm"), BOTH)
def test_as_many_wait_in_each_window_as_the_pages_say(world: World, pilot: str, arm: str) -> None:
    pulls = world.of(pilot, arm)
    for segment, row, window in world.rows("restricted_mean_hours_to_decision", pilot, arm):
        assert row["n"] == len(window.waiting(pulls)), segment


@pytest.mark.parametrize(("pilot", "arm"), BOTH)
def test_of_those_opened_in_a_sprint_as_many_merged_after_as_many_hours(
    world: World, pilot: str, arm: str
) -> None:
    pulls = world.of(pilot, arm)
    for segment, row, window in world.rows("merged_share", pilot, arm):
        if not window.is_epoch:
            opened = [pull for pull in pulls if window.holds(pull.created_at)]
            assert counted(row) == fraction(pull.merged_at is not None for pull in opened), segment
            assert all(map(agree, closed_only(world, pilot, arm, segment), closed(opened))), segment


def closed_only(world: World, pilot: str, arm: str, segment: str) -> list[float | None]:
    """Median hours to merge and to rejection as printed."""
    names = ("median_hours_to_merge_closed_only", "median_hours_to_reject_closed_only")
    return [world.printed[pilot, name, arm, segment]["value"] for name in names]


def closed(pulls: list[Pull]) -> list[float | None]:
    """Median hours from creation to merge, and to rejection."""
    merged = [hours(pull.created_at, pull.merged_at) for pull in pulls if pull.merged_at]
    rejected = [
        hours(pull.created_at, pull.closed_at) for pull in pulls if pull.closed_at and not pull.merged_at
    ]
    return [middle(merged), middle(rejected)]


@pytest.mark.parametrize(("pilot", "arm"), BOTH)
def test_as_many_merged_over_a_stale_approval_or_a_request_for_changes(
    world: World, pilot: str, arm: str
) -> None:
    pulls = world.of(pilot, arm)
    for segment, over, window in world.rows("merged_over_change_request_share", pilot, arm):
        merged = [pull for pull, _ in window.waiting(pulls) if pull.merged_at]
        standing = [(pull, pull.standing()) for pull in merged]
        refused = (any(each.verdict == "CHANGES_REQUESTED" for each in told) for _, told in standing)
        assert counted(over) == fraction(refused), segment
        stale = world.printed[pilot, "stale_approval_share", arm, segment]
        assert counted(stale) == fraction(are_stale(standing)), segment


def are_stale(standing: list[tuple[Pull, list[Review]]]) -> Iterator[bool]:
    """Of each merge with a standing approval whether something was pushed after it."""
    for pull, told in standing:
        approvals = [each.at for each in told if each.verdict == "APPROVED"]
        if approvals:
            yield any(max(approvals) < pushed_at for pushed_at in pull.pushes)


@pytest.mark.parametrize(("pilot", "arm"), BOTH)
def test_as_many_merged_without_a_humans_approval(world: World, pilot: str, arm: str) -> None:
    pulls = [pull for pull in world.of(pilot, arm) if pull.is_in_scope]
    for segment, row, window in world.rows("merged_without_human_approval_share", pilot, arm):
        unapproved = (pull.fate == UNAPPROVED for pull in pulls if window.holds(pull.merged_at))
        assert counted(row) == fraction(unapproved), segment


@pytest.mark.parametrize("pilot", PILOTS)
def test_means_of_agents_and_people_differ_by_as_much_whatever_the_work(world: World, pilot: str) -> None:
    for _, row, window in world.rows("restricted_mean_hours_difference", pilot, "agent vs human"):
        first, second = ([w for _, w in window.waiting(world.of(pilot, arm))] for arm in SIDES)
        assert row["value"] == pytest.approx(restricted_mean(first) - restricted_mean(second), rel=1e-9)


@pytest.mark.parametrize("pilot", PILOTS)
def test_means_differ_by_as_much_within_repository_and_size(world: World, pilot: str) -> None:
    metric = "restricted_mean_hours_difference_stratified"
    for _, row, window in world.rows(metric, pilot, "agent vs human"):
        first, second = (alike(window.waiting(world.of(pilot, arm))) for arm in SIDES)
        shared = first.keys() & second.keys()
        weights = {each: 1 / (1 / len(first[each]) + 1 / len(second[each])) for each in shared}
        total = sum(
            weights[each] * (restricted_mean(first[each]) - restricted_mean(second[each])) for each in shared
        )
        assert row["value"] == pytest.approx(total / sum(weights.values()), rel=1e-9)


def alike(seen: list[tuple[Pull, Wait]]) -> dict[tuple[str, int], list[Wait]]:
    found: dict[tuple[str, int], list[Wait]] = defaultdict(list)
    for pull, wait in seen:
        found[pull.likeness].append(wait)
    return found


@pytest.mark.parametrize("pilot", PILOTS)
def test_the_log_rank_test_within_repository_and_size_says_the_same(world: World, pilot: str) -> None:
    for _, row, window in world.rows("decision_log_rank_p", pilot, "agent vs human"):
        first, second = (alike(window.waiting(world.of(pilot, arm))) for arm in SIDES)
        parts = [log_rank(first[each], second[each]) for each in first.keys() | second.keys()]
        observed, expected, variance = (sum(part) for part in zip(*parts, strict=True))
        p = 2 * NormalDist().cdf(-abs(observed - expected) / math.sqrt(variance))
        assert (row["numerator"], row["denominator"]) == pytest.approx((observed, expected), rel=1e-9)
        assert row["value"] == pytest.approx(p, rel=1e-9)


def log_rank(first: list[Wait], second: list[Wait]) -> tuple[float, float, float]:
    """Observed and expected decisions of the first side, and the variance, summed over times of decision."""
    observed = expected = variance = 0.0
    for hour in {wait.end for wait in (*first, *second) if wait.fate != OPEN}:
        n1, n2 = (
            sum(w.entry < hour <= w.end or w.entry == 0 == hour for w in side) for side in (first, second)
        )
        d1, d2 = (sum(w.end == hour and w.fate != OPEN for w in side) for side in (first, second))
        n, d = n1 + n2, d1 + d2
        observed, expected = observed + d1, expected + d * n1 / n
        variance += d * n1 * n2 * (n - d) / (n * n * (n - 1)) if n > 1 else 0
    return observed, expected, variance


@dataclass(frozen=True)
class Code:
    """Findings and lines of changes that something looked at."""

    confirmed: int
    not_dismissed: int
    lines: int


def code_of(world: World, pulls: Iterable[Pull]) -> Code:
    looked = [pull for pull in pulls if world.looks(pull) and pull.code_lines]
    decisions = [each for pull in looked for each in world.findings.get(pull.key, [])]
    confirmed = sum(each in REAL for each in decisions)
    dismissed = decisions.count("false_positive")
    return Code(confirmed, len(decisions) - dismissed, sum(pull.code_lines for pull in looked))


def merged_in(world: World, window: Window, pilot: str, *authorships: str) -> list[Pull]:
    """In-scope changes that merged in a window."""
    own = (pull for pull in world.of(pilot, *authorships) if pull.is_in_scope)
    return [pull for pull in own if window.holds(pull.merged_at)]


@pytest.mark.parametrize("arm", CLASSES)
@pytest.mark.parametrize("pilot", PILOTS)
def test_as_many_findings_came_with_as_many_lines_of_code(world: World, pilot: str, arm: str) -> None:
    for segment, low, window in world.rows("vulnerabilities_per_kloc", pilot, arm):
        found = code_of(world, merged_in(world, window, pilot, arm))
        high = world.printed[pilot, "vulnerabilities_per_kloc_high", arm, segment]
        expected = [(each, found.lines / 1000) for each in (found.confirmed, found.not_dismissed)]
        assert [counted(low), counted(high)] == (expected if found.lines else [None, None]), segment


@pytest.mark.parametrize("arm", CLASSES)
@pytest.mark.parametrize("pilot", PILOTS)
def test_as_much_code_was_added_looked_at_or_not(world: World, pilot: str, arm: str) -> None:
    for segment, row, window in world.rows("code_kloc_added", pilot, arm):
        pulls = merged_in(world, window, pilot, arm)
        expected = sum(pull.code_lines for pull in pulls) / 1000 if pulls else None
        assert row["value"] == expected, segment


@pytest.mark.parametrize("band", ["confirmed", "not_dismissed"])
@pytest.mark.parametrize("pilot", PILOTS)
def test_the_ratio_within_repository_and_language_is_that_of_mantel_and_haenszel(
    world: World, pilot: str, band: str
) -> None:
    metric = "vulnerabilities_per_kloc_ratio" + ("_high" if band == "not_dismissed" else "")
    arms = {arm for of, name, arm, _ in world.printed if (of, name) == (pilot, metric)}
    assert len(arms) == 5
    for arm in arms:
        for _, row, window in world.rows(metric, pilot, arm):
            sides = [merged_in(world, window, pilot, *side.split("+")) for side in arm.split(" vs ")]
            assert agree(row["value"], mantel_haenszel(world, sides, band)), arm


def mantel_haenszel(world: World, sides: list[list[Pull]], band: str) -> float | None:
    """Sum of x1 t2 / (t1 + t2) over sum of x2 t1 / (t1 + t2); None where the second side has no finding."""
    above = below = 0.0
    for stratum in {pull.stratum for side in sides for pull in side}:
        first, second = (code_of(world, (pull for pull in side if pull.stratum == stratum)) for side in sides)
        both = first.lines + second.lines
        above += getattr(first, band) * second.lines / both if both else 0
        below += getattr(second, band) * first.lines / both if both else 0
    return above / below if below else None


def test_the_recount_had_something_to_count(world: World) -> None:
    fates = Counter(pull.fate for pull in world.pulls)
    assert {OPEN, APPROVED, REJECTED, UNAPPROVED} == fates.keys()
    assert any(review.dismissed_at for pull in world.pulls for review in pull.reviews)
    assert sum(map(len, world.findings.values())) > 20
