"""What do the raw logs of detectors say, and which formulas follow? Plain loops, nothing of the product."""

from __future__ import annotations

import csv
import json
import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
LEVELS = ("l5_unlikely", "l4_less_likely", "l3_likely", "l2_very_likely", "l1_confident")
PRESUMED = ("plain *",)
Z = 1.959963984540054

Row = dict[str, Any]


class Unit(NamedTuple):
    """One version of a detector at its threshold."""

    name: str
    version: str
    threshold: float | None


class Part(NamedTuple):
    """Which of its verdicts."""

    by: str
    value: str


WHOLE = Part("whole", "")


@dataclass(frozen=True)
class Item:
    """A verdict, with what is true of its item."""

    unit: Unit
    event: str
    said: str
    cohort: str
    surface: str
    repository: str
    at: datetime | None = None
    score: float | None = None
    seed: str | None = None
    truth: str = "unlabelled"
    kind: str | None = None
    family: str | None = None

    @property
    def is_scanned(self) -> bool:
        return self.said in ("flag", "pass")

    @property
    def is_known(self) -> bool:
        return self.is_scanned and self.truth in ("attack", "benign")

    @property
    def week(self) -> str | None:
        if self.at is None:
            return None
        year, week, _ = self.at.astimezone(BERLIN).isocalendar()
        return f"{year}-W{week:02}"

    def is_(self, said: str, truth: str) -> bool:
        return (self.said, self.truth) == (said, truth)


# -- logs ------------------------------------------------------------------------------------------------


def lines(path: Path) -> Iterator[Row]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


def flagged(is_flagged: object) -> str:
    return "flag" if is_flagged else "pass"


def from_line(row: Row, unit: Unit, place: tuple[str, str]) -> Item:
    """What every line tells; who said it and of where is known of the file."""
    cohort, repository = place
    at = datetime.fromisoformat(row["timestamp"])
    surface = row.get("surface", "unknown")
    return Item(unit, row["request_id"], "pass", cohort, surface, repository, at, seed=row.get("seed_id"))


def prompt_guard(folder: Path) -> Iterator[Item]:
    for version in ("v1", "v2"):
        unit, place = Unit("PromptGuard", version, 0.9), ("payments agents", "acme/payments-api")
        for row in lines(folder / f"payments/promptguard-{version}.jsonl"):
            answer = row["response"]
            assert answer["status"] == "success"
            said = {"block": "flag", "allow": "pass"}[answer["decision"]]
            assert said == flagged(answer["score"] >= 0.9)
            yield replace(from_line(row, unit, place), said=said, score=answer["score"])


def lakera(folder: Path) -> Iterator[Item]:
    for row in lines(folder / "payments/lakera.jsonl"):
        (result,) = row["response"]["results"]
        unit = Unit("Lakera Guard", "2026-06", 2.0)
        level = LEVELS.index(result["result"])
        item = from_line(row, unit, ("payments agents", "acme/payments-api"))
        yield replace(item, said=flagged(level >= 2), score=float(level))


def search_guard(folder: Path) -> Iterator[Item]:
    for row in lines(folder / "search/classifier.jsonl"):
        (answer,) = row["response"]
        risk = answer["score"] if answer["label"] != "SAFE" else 1 - answer["score"]
        item = from_line(row, Unit("SearchGuard", "r3", 0.5), ("search agents", "acme/search"))
        yield replace(item, said=flagged(answer["label"] != "SAFE"), score=risk)


def shields(folder: Path) -> Iterator[Item]:
    unit, place = Unit("Prompt Shields", "2024-09-01", None), ("checkout agents", "acme/checkout")
    for row in lines(folder / "checkout/shields.jsonl"):
        answer, item = row["response"], replace(from_line(row, unit, place), surface="user")
        if "guardrail_status" in answer:
            status = {"not_run": "skipped", "guardrail_failed_to_respond": "error"}
            yield replace(item, said=status[answer["guardrail_status"]])
            continue
        yield replace(item, said=flagged(answer["userPromptAnalysis"]["attackDetected"]))
        for place_of, each in enumerate(answer["documentsAnalysis"] or ()):
            event = f"{item.event}/document {place_of}"
            yield replace(item, event=event, surface="document", said=flagged(each["attackDetected"]))


def house(folder: Path) -> Iterator[Item]:
    columns = {
        "promptguard_v1": Unit("PromptGuard", "v1", 0.9),
        "promptguard_v2": Unit("PromptGuard", "v2", 0.9),
        "injectionnet": Unit("InjectionNet", "base", 0.5),
        "lakera": Unit("Lakera Guard", "2026-06", 2.0),
    }
    for row in table(folder / "house/scores.csv"):
        for column, unit in columns.items():
            score = LEVELS.index(row[column]) if column == "lakera" else float(row[column])
            said = flagged(score >= (unit.threshold or 0))
            yield Item(
                unit, row["item"], said, "house attacks", "user", "acme/payments-api", score=float(score)
            )


def further(folder: Path) -> Iterator[Item]:
    """Tables that the test adds to the demo."""
    for row in table(folder / "further/scores.csv"):
        unit, score = Unit(row["detector"], row["detector_version"], 0.9), float(row["score"])
        said = flagged(score >= 0.9)
        yield Item(unit, row["event_id"], said, row["cohort"], "user", "acme/search", score=score)


NOW = datetime.fromisoformat("2026-08-17T00:00:00Z")


def all_items(folder: Path, as_of: datetime = NOW) -> list[Item]:
    """Every verdict of the logs up to a moment, with what was known then of its item."""
    truth = Truths(folder, as_of)
    sources = (prompt_guard, lakera, search_guard, shields, house, further)
    items = (item for source in sources for item in source(folder))
    return [truth.of(item) for item in items if item.at is None or item.at <= as_of]


# -- truth -----------------------------------------------------------------------------------------------


class Truths:
    """People's labels and those of sets, settled by hand's rules."""

    def __init__(self, folder: Path, as_of: datetime) -> None:
        self.people: dict[str, dict[str, Row]] = defaultdict(dict)
        self.sets: dict[str, tuple[str, str | None]] = {}
        for row in table(folder / "house/scores.csv"):
            self.sets[row["item"]] = (row["is"], row["kind"])
        for row in table(folder / "further/scores.csv"):
            if row["label"]:
                self.sets[row["event_id"]] = (row["label"], None)
        paths = sorted(folder.glob("labels/*people.csv"))
        rows = sorted((row for path in paths for row in table(path)), key=lambda one: one["labelled_at"])
        for row in rows:
            if datetime.fromisoformat(row["labelled_at"]) <= as_of:
                self.people[row["event_id"]][row["annotator"]] = row  # the latest of each stands

    def of(self, item: Item) -> Item:
        if item.seed is not None:
            return replace(item, truth="seed", kind="seed", family=self.planted(item.seed))
        said = [one for one in self.people.get(item.event, {}).values() if one["annotator_kind"] == "human"]
        if said:
            families = sorted({one["family"] for one in said if one["family"]})
            family = families[0] if families else None
            truth = self.settled(said)
            return replace(item, truth=truth, kind="human", family=family if truth != "benign" else None)
        if item.event in self.sets:
            truth, family = self.sets[item.event]
            return replace(item, truth=truth, kind="dataset", family=family)
        is_presumed = any(fnmatchcase(item.cohort, each) for each in PRESUMED)
        return replace(item, truth="presumed" if is_presumed else "unlabelled")

    def planted(self, seed: str) -> str | None:
        rows = self.people[f"seed:{seed}"].values()
        return next((row["family"] for row in rows), None)

    @staticmethod
    def settled(said: list[Row]) -> str:
        last = [one["label"] for one in said if one["is_adjudication"] == "true"][-1:]
        found = set(last or (one["label"] for one in said))
        return found.pop() if len(found) == 1 and "unsure" not in found else "unclear"


# -- formulas --------------------------------------------------------------------------------------------


def wilson(x: float, n: float) -> tuple[float, float]:
    """Wilson 1927; Clopper-Pearson where none or all are counted."""
    if x == 0:
        return 0.0, 1 - 0.025 ** (1 / n)
    if x == n:
        return 0.025 ** (1 / n), 1.0
    share, square = x / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return middle - reach, middle + reach


def by_squares(ends: tuple[float, float], x: float, n: float) -> tuple[float, float]:
    """Limits by a draw and those of Wilson: what each leaves open is added by squares."""
    share, (low, high) = x / n, wilson(x, n)
    down = math.sqrt((share - ends[0]) ** 2 + (share - low) ** 2)
    up = math.sqrt((ends[1] - share) ** 2 + (high - share) ** 2)
    return max(share - down, 0.0), min(share + up, 1.0)


def variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((one - mean) ** 2 for one in values) / (len(values) - 1)


def area(attacks: Sequence[float], benign: Sequence[float]) -> tuple[float, float]:
    """Area by pairs, ties one half, and DeLong's standard error by placements."""
    ten = [place(each, benign) for each in attacks]
    one = [1 - place(each, attacks) for each in benign]
    error = math.sqrt(variance(ten) / len(ten) + variance(one) / len(one))
    return sum(ten) / len(ten), error


def place(score: float, others: Sequence[float]) -> float:
    """Share of the others that lie below it; those alike count one half. Others rise."""
    return (bisect_left(others, score) + bisect_right(others, score)) / 2 / len(others)


def at_or_above(scores: Sequence[float], threshold: float) -> int:
    """Of scores that rise."""
    return len(scores) - bisect_left(scores, threshold)


def average_precision(attacks: Sequence[float], benign: Sequence[float]) -> float:
    """Precision at the score of each attack, on average; scores alike count together."""
    total = 0.0
    for score in attacks:
        caught, alarms = at_or_above(attacks, score), at_or_above(benign, score)
        total += caught / (caught + alarms)
    return total / len(attacks)


def points(attacks: Sequence[float], benign: Sequence[float]) -> list[tuple[float, int, int]]:
    """Threshold, attacks and benign items from there on; first a threshold that flags nothing."""
    every = sorted({*attacks, *benign}, reverse=True)
    found = [(each, at_or_above(attacks, each), at_or_above(benign, each)) for each in every]
    return [(math.inf, 0, 0), *found]


def corners(curve: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """The curve without points before and after which the same step is taken, as scikit-learn draws it."""

    def step(place: int) -> tuple[int, int]:
        return curve[place][1] - curve[place - 1][1], curve[place][2] - curve[place - 1][2]

    last = len(curve) - 1
    return [one for at, one in enumerate(curve) if at in (0, last) or step(at) != step(at + 1)]


def quantile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest."""
    place, ordered = (len(values) - 1) * share, sorted(values)
    below = math.floor(place)
    return ordered[below] + (place - below) * (ordered[min(below + 1, len(values) - 1)] - ordered[below])


def hypergeometric(k: int, drawn: int, those: int, population: int) -> float:
    """Chance of k of those among the drawn."""
    ways = math.comb(those, k) * math.comb(population - those, drawn - k)
    return ways / math.comb(population, drawn)


def exact_total(k: int, drawn: int, population: int) -> tuple[int, int]:
    """Fewest and most of a population of which k among the drawn would not surprise (2.5 % each side)."""
    low, high = k, population - (drawn - k)
    while sum(hypergeometric(i, drawn, low, population) for i in range(k, drawn + 1)) <= 0.025:
        low += 1
    while sum(hypergeometric(i, drawn, high, population) for i in range(k + 1)) <= 0.025:
        high -= 1
    return low, high


Reviewed = tuple[int, int, int]  # attacks, benign items, and those that nobody reviewed


def begg_greenes(alarms: Reviewed, passed: Reviewed) -> tuple[float, float]:
    """Share of attacks caught, and its standard error (Begg and Greenes 1983; Zhou 1994)."""
    (s1, r1, u1), (s0, r0, u0) = alarms, passed
    n1, n0 = s1 + r1 + u1, s0 + r0 + u0
    caught, missed = n1 * s1 / (s1 + r1), n0 * s0 / (s0 + r0)
    share = caught / (caught + missed)
    spread = (n1 + n0) / (n1 * n0) + r1 / (s1 * (s1 + r1)) + r0 / (s0 * (s0 + r0))
    return share, share * (1 - share) * math.sqrt(spread)
