"""Does a recount from the demo's raw logs, in plain Python, come to what is printed of detectors?

Two detectors are added to the demo, of which the recount knows how they were made: one whose alarms were
reviewed in part, with a simple draw of what it passed, and one of two labelled sets and presumed traffic.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dashboard.cli import main
from tests.acceptance.conftest import copy_demo
from tests.acceptance.helpers_pilot import document
from tests.acceptance.recount_detectors import (
    WHOLE,
    Item,
    Part,
    Row,
    Unit,
    Z,
    all_items,
    table,
)
from tests.acceptance.recount_detectors_rates import AUDIT, SET, Recount, Stated

PILOTS = {"payments": "acme/payments-", "search": "acme/search", "checkout": "acme/checkout"}
SCHEMA = Path(__file__).parents[2] / "docs/schemas/metrics.schema.json"
FURTHER = """
[[sources.detections.mapping]]
paths = ["demo/detectors/further/scores.csv"]
constants = { threshold = 0.9, score_kind = "probability" }
labels = true
[[sources.detections.place]]
paths = ["demo/detectors/further/*"]
surface = "user"
repository = "acme/search"
"""


# -- the demo, and two detectors more ----------------------------------------------------------------------


def further(folder: Path) -> None:
    """Scores of the house's set again, of other detectors and under other names."""
    scored, labels, draws = [], [], []
    for place, row in enumerate(table(folder / "house/scores.csv")):
        score, truth = row["promptguard_v2"], row["is"]
        for name, is_reviewed in (("PartGuard", place % 3 != 0), ("SimpleGuard", True)):
            event, is_flagged = f"{name[:2]}{place}", float(score) >= 0.9
            scored.append((event, name, score, "search mail", None))
            is_drawn = not is_flagged and place % 4 == 0
            if is_drawn:
                draws.append((name, event))
            if is_drawn or (is_flagged and is_reviewed):
                labels.append((event, truth, name if is_drawn else None))
        cohort = ("set one", "set two", "plain chat", "plain mail")[place % 5 % 4]
        is_labelled = cohort.startswith("set")
        if is_labelled or truth == "benign":
            scored.append((f"se{place}", "SetGuard", score, cohort, truth if is_labelled else None))
    written(folder / "further/scores.csv", "event_id,detector,score,cohort,label,detector_version",
            [(*one, "1") for one in scored])  # fmt: skip
    written(
        folder / "labels/further-people.csv",
        "event_id,annotator,labelled_at,annotator_kind,label,family,design_id,saw_score,is_adjudication",
        [(event, "sana-qureshi", "2026-08-12T08:00:00Z", "human", truth, None, design, "false", "false")
         for event, truth, design in labels],
    )  # fmt: skip
    counts = Counter(name for name, _ in draws)
    passed = Counter(name for _, name, score, *_ in scored if float(score) < 0.9)
    written(
        folder / "labels/further-draws.csv",
        "design_id,event_id,pilot,detector,detector_version,threshold,stratum,stratum_count,"
        "stratum_sample_count,selection_probability,place,seed,drawn_at,drawn_by",
        [(name, event, "search", name, "1", 0.9, "all", passed[name], counts[name],
          counts[name] / passed[name], place, 7, "2026-08-10T08:00:00Z", "ines-security")
         for place, (name, event) in enumerate(draws)],
    )  # fmt: skip


def written(path: Path, head: str, rows: Iterable[Iterable[Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only detectors and labels: the rest of the demo says nothing about them."""
    copied = copy_demo(tmp_path_factory.mktemp("detectors"))
    further(copied.parent / "demo/detectors")
    others = r"\n\[+sources\.(sarif|triage|github_export|canaries|approvals)\b.*(?:\n(?!\[).*)*"
    text = re.sub(others, "", "\n" + copied.read_text())
    for was, now in (
        ("keep_raw = true", "keep_raw = false"),
        ('"demo/detectors/house/*.csv"]', '"demo/detectors/house/*.csv", "demo/detectors/further/*.csv"]'),
        ("presumed_benign = []", 'presumed_benign = ["plain *"]'),
        ("\n[sources.labels]", FURTHER + "\n[sources.labels]"),
    ):
        assert was in text
        text = text.replace(was, now, 1)
    text = re.sub(r"start_on = \S+", "start_on = 2026-08-03", text)  # few sprints: no subject here
    copied.write_text(text, encoding="utf-8")
    assert main(["ingest", "--config", str(copied)]) == 0
    return copied


@pytest.fixture(scope="module")
def printed(config: Path) -> list[Row]:
    return list(document("metrics", config))


@dataclass(frozen=True)
class Printed:
    """A row of a detector, and what it is about."""

    pilot: str
    unit: Unit
    part: Part
    row: Row

    @property
    def metric(self) -> str:
        return str(self.row["metric"])

    @property
    def basis(self) -> str:
        return str(self.row["detector"]["basis"])

    @property
    def coverage(self) -> tuple[int, int, Counter[str]]:
        told = self.row["coverage"]
        return told["measured"], told["total"], Counter(told["excluded"])

    def __str__(self) -> str:
        return f"{self.metric} of {self.unit.name} {self.unit.version}, {self.part.by} {self.part.value}"


Recounts = dict[tuple[str, Unit], Recount]


@pytest.fixture(scope="module")
def rows(printed: list[Row]) -> list[Printed]:
    return of_detectors(printed)


def of_detectors(printed: list[Row]) -> list[Printed]:
    found = []
    for row in printed:
        if (told := row["detector"]) is not None:
            unit = Unit(told["name"], told["version"], told["threshold"])
            found.append(Printed(row["pilot"], unit, Part(told["part"], told["value"]), row))
    return found


@pytest.fixture(scope="module")
def logs(config: Path) -> list[Item]:
    return all_items(config.parent / "demo/detectors")


@pytest.fixture(scope="module")
def recounts(config: Path, logs: list[Item]) -> Recounts:
    return recounted(config.parent / "demo/detectors", logs)


def recounted(folder: Path, logs: list[Item]) -> Recounts:
    by: dict[tuple[str, Unit], list[Item]] = defaultdict(list)
    for one in logs:
        pilot = next(name for name, prefix in PILOTS.items() if one.repository.startswith(prefix))
        by[pilot, one.unit].append(one)
    drawn: dict[Unit, dict[str, Row]] = defaultdict(dict)
    for path in sorted((folder / "labels").glob("*draws.csv")):
        for row in table(path):
            unit = Unit(row["detector"], row["detector_version"], float(row["threshold"]))
            drawn[unit][row["event_id"]] = row
    return {key: Recount(own, drawn[key[1]]) for key, own in by.items()}


@pytest.fixture(scope="module")
def pairs(rows: list[Printed], recounts: Recounts) -> list[tuple[Printed, Stated]]:
    """Every row with what should stand there."""
    return [(row, recounts[row.pilot, row.unit].state(row.metric, row.part)) for row in rows]


@pytest.fixture(scope="module")
def numbers(rows: list[Printed]) -> dict[tuple[str, Unit, Part], Printed]:
    return {(row.metric.removeprefix("detector_"), row.unit, row.part): row for row in rows}


def differing(found: Iterable[tuple[Printed, object, object]]) -> list[str]:
    return [f"{row}: printed {seen}, recounted {meant}" for row, seen, meant in found if seen != meant]


def near(*expected: float | None) -> Any:
    """Equal but for the last digits, or equally missing."""
    return [None if one is None else pytest.approx(one, rel=1e-9, abs=1e-9) for one in expected]


# -- each row ----------------------------------------------------------------------------------------------


def test_each_version_in_the_logs_is_printed_with_all_its_parts(
    rows: list[Printed], recounts: Recounts
) -> None:
    printed: dict[tuple[str, Unit], set[Part]] = defaultdict(set)
    for row in rows:
        printed[row.pilot, row.unit].add(row.part)
    assert printed == {key: one.parts for key, one in recounts.items()}
    assert max(Counter((row.metric, row.pilot, row.unit, row.part) for row in rows).values()) == 1


def test_each_part_of_a_kind_has_the_same_numbers(rows: list[Printed]) -> None:
    """But for planted attacks and presumed traffic, which stand where there is some."""
    by: dict[str, dict[tuple[Unit, Part], set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row.metric not in ("detector_fnr_seeded", "detector_fpr_presumed"):
            by[row.part.by][row.unit, row.part].add(row.metric)
    for kind, found in by.items():
        assert len({frozenset(each) for each in found.values()}) == 1, kind


def test_values_numerators_and_denominators(pairs: list[tuple[Printed, Stated]]) -> None:
    names = ("value", "numerator", "denominator")
    assert len(pairs) > 900
    assert not differing(
        (row, [row.row[each] for each in names], near(stated.value, stated.numerator, stated.denominator))
        for row, stated in pairs
    )


def test_limits_by_textbook(pairs: list[tuple[Printed, Stated]]) -> None:
    checked = [(row, stated.limits) for row, stated in pairs if stated.limits is not None]
    assert len(checked) > 300
    assert not differing((row, [row.row["low"], row.row["high"]], near(*limits)) for row, limits in checked)


def test_limits_hold_their_value(rows: list[Printed]) -> None:
    for row in rows:
        low, value, high = (row.row[each] for each in ("low", "value", "high"))
        assert low is None or 0 <= low <= value <= high <= 1, str(row)


def test_how_misses_are_known(rows: list[Printed], recounts: Recounts) -> None:
    assert not differing(
        (row, row.basis, recounts[row.pilot, row.unit].rests_on(row.metric, row.part)) for row in rows
    )


def test_what_is_measured_and_why_the_rest_is_left_out(pairs: list[tuple[Printed, Stated]]) -> None:
    assert not differing(
        (row, (row.row["n"], *row.coverage), (stated.n, stated.measured, stated.total, stated.excluded))
        for row, stated in pairs
    )


@pytest.mark.parametrize("by", ["surface", "week"])
def test_parts_of_an_audit_add_up_to_it(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts, by: str
) -> None:
    checked = 0
    for (_, unit), recount in recounts.items():
        whole = numbers["fnr", unit, WHOLE]
        parts = [numbers["fnr", unit, part] for part in recount.parts if part.by == by]
        if whole.basis == AUDIT and parts:
            assert sum(row.row["n"] for row in parts if row.basis == AUDIT) == whole.row["n"]
            checked += 1
    assert checked


def test_no_part_of_an_audit_is_below_what_can_be(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts
) -> None:
    """At the least all that passed is benign, but for misses that were found."""
    for (_, unit, part), row in numbers.items():
        if row.metric == "detector_fpr" and row.basis == AUDIT and row.row["value"] is not None:
            recount = recounts[row.pilot, unit]
            own = [one for one in recount.own(part) if one.cohort in recount.audited]
            alarms = [one for one in own if one.said == "flag"]
            false = sum(one.is_("flag", "benign") for one in own)
            if sum(one.is_known for one in alarms) == len(alarms):
                passed = sum(one.said == "pass" and one.truth != "attack" for one in own)
                assert row.row["value"] >= false / (false + passed) - 1e-9, str(row)


def test_what_has_no_number_says_why(pairs: list[tuple[Printed, Stated]]) -> None:
    for row, stated in pairs:
        reason = row.row["undefined_reason"]
        assert (reason is None) == (row.row["value"] is not None), str(row)
        assert stated.says in (reason or ""), str(row)


# -- sums --------------------------------------------------------------------------------------------------


def test_what_is_measured_and_what_is_left_out_add_up(rows: list[Printed]) -> None:
    for row in rows:
        measured, total, excluded = row.coverage
        assert measured + excluded.total() == total, str(row)


def test_every_verdict_of_the_logs_is_asked_about_or_planted(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts
) -> None:
    for (_, unit), recount in recounts.items():
        asked, planted = (numbers[each, unit, WHOLE] for each in ("error_share", "fnr_seeded"))
        assert asked.row["denominator"] + planted.coverage[1] == len(recount.items)


def unasked(metric: str, recount: Recount, *, is_audit: bool) -> int:
    """Items of the other kind: known to be benign for misses, to be attacks for false alarms."""
    other = "attack" if metric == "fpr" else "benign"
    own = (one for one in recount.own(WHOLE) if one.truth == other)
    return sum(not is_audit or one.cohort not in recount.audited for one in own)


def test_every_verdict_is_counted_once_or_left_out_with_a_reason(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts
) -> None:
    for (_, unit), recount in recounts.items():
        for metric in ("fpr", "fnr", "recall"):
            row = numbers[metric, unit, WHOLE]
            if row.basis != AUDIT:
                total = len(recount.own(WHOLE)) - unasked(metric, recount, is_audit=False)
                assert row.coverage[1] == total, str(row)


def test_an_audit_says_what_it_does_not_speak_for(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts
) -> None:
    for (_, unit), recount in recounts.items():
        for metric in ("fpr", "fnr", "recall"):
            row = numbers[metric, unit, WHOLE]
            if row.basis == AUDIT:
                total = len(recount.own(WHOLE)) - unasked(metric, recount, is_audit=True)
                assert row.coverage[1] == total, str(row)


@pytest.mark.parametrize("by", ["cohort", "surface", "week"])
def test_parts_add_up_to_the_whole(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts, by: str
) -> None:
    for (_, unit), recount in recounts.items():
        own = recount.own(WHOLE)
        parts = [part for part in recount.parts if part.by == by]
        timeless = [one for one in own if one.week is None] if by == "week" else []
        for metric, counted in (("error_share", {"error"}), ("unscanned_share", {"error", "skipped"})):
            whole = numbers[metric, unit, WHOLE].row
            rows = [numbers[metric, unit, part].row for part in parts]
            assert sum(row["denominator"] for row in rows) == whole["denominator"] - len(timeless)
            failed = sum(one.said in counted for one in timeless)
            assert sum(row["numerator"] for row in rows) == whole["numerator"] - failed
        whole = numbers["labelled_share", unit, WHOLE].row
        labelled = sum(numbers["labelled_share", unit, part].row["numerator"] for part in parts)
        assert labelled == whole["numerator"] - sum(one.is_known for one in timeless)


@pytest.mark.parametrize("by", ["family", "surface", "week"])
def test_misses_of_all_parts_are_the_misses(
    numbers: dict[tuple[str, Unit, Part], Printed], recounts: Recounts, by: str
) -> None:
    """Known ones, and those that an audit estimates."""
    checked = 0
    for (_, unit), recount in recounts.items():
        whole = numbers["fnr", unit, WHOLE]
        parts = [part for part in recount.parts if part.by == by and recount.basis(part) == whole.basis]
        has_none = by == "family" and any(one.truth == "attack" and not one.family for one in recount.items)
        if whole.basis not in (SET, AUDIT) or has_none or not parts:
            continue
        rows = [numbers["fnr", unit, part].row for part in parts]
        for name in ("numerator", "denominator"):
            total = sum(row[name] or 0 for row in rows)
            assert total == pytest.approx(whole.row[name]), (unit, name)
        checked += 1
    assert checked


# -- what cannot be known ------------------------------------------------------------------------------------


def unknown_misses(rows: list[Printed]) -> list[Printed]:
    found = [row for row in rows if row.metric == "detector_fnr" and row.basis not in (SET, AUDIT)]
    assert found
    return found


def test_misses_without_labels_by_design_are_never_a_number(rows: list[Printed]) -> None:
    for row in unknown_misses(rows):
        names = ("value", "low", "high", "numerator", "denominator")
        assert [row.row[each] for each in names] == [None] * 5
        assert row.row["undefined_reason"].startswith("not identifiable: "), str(row)


def at_most(row: Printed) -> float | None:
    found = re.search(r"at most ([\d.]+) %", row.row["undefined_reason"])
    return float(found[1]) if found else None


def worst(row: Printed, recount: Recount) -> float:
    """If every passed item that may be an attack (of this kind) were one."""
    own = recount.own(row.part)
    passed = [
        one for one in recount.own(WHOLE if row.part.by == "family" else row.part) if one.said == "pass"
    ]
    caught = sum((one.said, one.truth) == ("flag", "attack") for one in own)
    missed = sum((one.said, one.truth) == ("pass", "attack") for one in own)
    maybe = missed + sum(one.truth not in ("attack", "benign") for one in passed)
    return 100 * maybe / (caught + maybe)


def test_the_most_that_could_be_missed(rows: list[Printed], recounts: Recounts) -> None:
    told = [row for row in unknown_misses(rows) if at_most(row) is not None]
    assert told
    for row in told:
        assert at_most(row) == pytest.approx(worst(row, recounts[row.pilot, row.unit]), rel=0.005), str(row)


def caught_in_all(own: list[Item]) -> float:
    """Attacks among alarms, each standing for as many as were flagged for each that is known."""
    alarms = [one for one in own if one.said == "flag"]
    known = [one for one in alarms if one.is_known]
    return len(alarms) / len(known) * sum(one.truth == "attack" for one in known)


def test_how_many_labels_would_tell(rows: list[Printed], recounts: Recounts) -> None:
    """By the plain formula with its finite correction, if a fifth of all attacks passes."""
    checked = 0
    for row in unknown_misses(rows):
        recount = recounts[row.pilot, row.unit]
        found = re.search(r"label (?:all )?(\d+) passed items", row.row["undefined_reason"])
        if row.part.by == "family" or found is None:
            continue
        own = recount.own(row.part)
        passed = sum(one.said == "pass" for one in own)
        share = caught_in_all(own) / 4 / passed
        size = (1 - share) / share * (Z * 0.2 * 0.8 / 0.05) ** 2
        assert int(found[1]) == min(math.ceil(size / (1 + (size - 1) / passed)), passed), str(row)
        checked += 1
    assert checked > 5


@pytest.mark.deep
def test_before_all_was_labelled_less_was_known(config: Path) -> None:
    """Some drawn items wait for their second label, and some disagreements for a third."""
    as_of = "2026-08-12T12:00:00Z"
    folder = config.parent / "demo/detectors"
    recounts = recounted(folder, all_items(folder, datetime.fromisoformat(as_of)))
    found = of_detectors(document("metrics", config, "--as-of", as_of))
    pairs = [(row, recounts[row.pilot, row.unit].state(row.metric, row.part)) for row in found]
    test_values_numerators_and_denominators(pairs)
    test_limits_by_textbook(pairs)
    test_what_is_measured_and_why_the_rest_is_left_out(pairs)


# -- what was put in ---------------------------------------------------------------------------------------


def test_what_was_put_in_comes_out_again(
    config: Path, numbers: dict[tuple[str, Unit, Part], Printed]
) -> None:
    told = json.loads((config.parent / "demo/detectors/truth.json").read_text())
    house = {
        "promptguard_v1": Unit("PromptGuard", "v1", 0.9),
        "promptguard_v2": Unit("PromptGuard", "v2", 0.9),
        "lakera": Unit("Lakera Guard", "2026-06", 2.0),
        "injectionnet": Unit("InjectionNet", "base", 0.5),
    }
    for name, unit in house.items():
        for metric, rate in (("fpr", "false_positive_rate"), ("fnr", "false_negative_rate")):
            row = numbers[metric, unit, Part("cohort", "house attacks")].row
            assert row["value"] == pytest.approx(told["house attacks"][name][rate])
    audited = numbers["fnr", house["promptguard_v2"], Part("cohort", "payments agents")].row
    assert audited["low"] <= told["traffic"]["PromptGuard v2"]["false_negative_rate"] <= audited["high"]
    silent = numbers["unscanned_share", Unit("Prompt Shields", "2024-09-01", None), WHOLE].row
    assert silent["numerator"] == sum(
        told["traffic"]["Prompt Shields"][each] for each in ("errors", "skipped")
    )


def test_draws_of_items_whose_truth_is_known_come_near_it(
    numbers: dict[tuple[str, Unit, Part], Printed], logs: list[Item]
) -> None:
    """The scores of PromptGuard v2 on the house's set again: 57 of 300 attacks pass."""
    known = [one for one in logs if one.unit == ("PromptGuard", "v2", 0.9) and one.cohort == "house attacks"]
    truth = sum((one.said, one.truth) == ("pass", "attack") for one in known) / 300
    for name, method in (("SimpleGuard", "Horvitz-Thompson; exact"), ("PartGuard", "Begg-Greenes")):
        row = numbers["fnr", Unit(name, "1", 0.9), WHOLE].row
        assert row["method"].startswith(method)
        assert row["low"] <= truth <= row["high"]


# -- form --------------------------------------------------------------------------------------------------


def test_rows_hold_the_schema(printed: list[Row], rows: list[Printed]) -> None:
    """Each form that the rows have, once."""
    forms = {}
    for row in [*(each.row for each in rows), *printed[:50]]:
        kinds = (type(each).__name__ for key, each in row.items() if key != "settings")
        forms[row["metric"], (row["detector"] or {}).get("part"), *kinds] = row
    assert len(forms) > 50
    jsonschema.validate(list(forms.values()), json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert all(row.keys() == printed[0].keys() for row in printed)


def test_segments_and_windows_tell_which_verdicts_are_meant(rows: list[Printed], recounts: Recounts) -> None:
    for row in rows:
        told, unit = row.row["detector"], row.unit
        name = f"{unit.name} {unit.version}"
        at = "" if unit.threshold is None else f" {told['operator']} {unit.threshold:g}"
        part = "mean of cohorts" if row.part.by == "mean" else f"{row.part.by} {row.part.value}".strip()
        assert row.row["segment"] == f"detector {name}{at}, {part}"
        moments = [one.at for one in recounts[row.pilot, unit].items if one.at is not None]
        ends = [each.isoformat().replace("+00:00", "Z") for each in (min(moments), max(moments))] if moments \
            else [None, None]  # fmt: skip
        window = row.row["window"]
        assert [window["kind"], window["start"], window["end"]] == ["all", *ends]
        assert row.row["arm"] == "all"
