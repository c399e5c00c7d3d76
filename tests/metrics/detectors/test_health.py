from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metrics.detectors.detectors import detectors
from metrics.detectors.health import HealthLine, cleaned, health
from metrics.detectors.rules import DetectorRules
from tests.builders_detectors import confusion, detection, detector_tables, label, scored, set_label
from tests.builders_metrics import Row, pilot

HASH = "a" * 64


def lines(rows: Sequence[Row], labels: Sequence[Row] = (), **rules: Any) -> tuple[HealthLine, ...]:
    return health(detectors(detector_tables(rows, labels), pilot(), DetectorRules(**rules), 0.95))


def line(kind: str, rows: Sequence[Row], labels: Sequence[Row] = (), **rules: Any) -> HealthLine | None:
    found = [each for each in lines(rows, labels, **rules) if each.kind == kind]
    assert len(found) <= 1
    return found[0] if found else None


def told(kind: str, rows: Sequence[Row], labels: Sequence[Row] = (), **rules: Any) -> HealthLine:
    found = line(kind, rows, labels, **rules)
    assert found is not None
    return found


def many(n: int, verdict: str = "pass", **given: Any) -> list[Row]:
    return [detection(f"{verdict}{k}", verdict, **given) for k in range(n)]


def test_without_verdicts_there_is_no_line():
    assert lines([]) == ()


@pytest.mark.parametrize(("verdict", "kind"), [("error", "errors"), ("skipped", "skipped")])
@pytest.mark.parametrize(("count", "state"), [(0, "good"), (4, "note"), (5, "warning")])
def test_errors_and_skips_are_counted_among_everything_it_was_asked(
    verdict: str, kind: str, count: int, state: str
):
    found = told(kind, many(100 - count) + many(count, verdict))
    assert (found.state, found.count, found.total) == (state, count, 100)


def test_repeated_texts_are_counted_where_a_hash_tells():
    rows = [detection("a", content_sha256=HASH), detection("b", content_sha256=HASH), detection("c")]
    assert (told("duplicates", rows).count, told("duplicates", rows).total) == (1, 2)
    assert (
        told("duplicates", many(1)).sentence == "No hash of the texts is told: repeated ones cannot be seen"
    )


def test_items_without_a_label_are_unlabelled_and_never_benign():
    found = told("labels", many(3), [label("pass0", "benign")])
    assert (found.count, found.total, found.state) == (2, 3, "warning")
    assert told("unclear", many(2), [label("pass0", "unsure"), label("pass1")]).count == 1


def test_missing_scores_and_times_are_told():
    rows = [scored("a", 0.1), detection("b")]
    assert (told("scores", rows).count, told("scores", rows).total) == (1, 2)
    assert told("scores", many(2)).sentence.startswith("It gives no scores")
    assert told("times", [detection("a", at=None), detection("b")]).count == 1


def test_a_version_or_threshold_that_is_not_told_is_said():
    assert told("version", many(1, detector_version="unknown")).state == "warning"
    assert line("version", many(1)) is None
    assert told("threshold", many(1, threshold=None)).state == "note"


def test_verdicts_that_their_score_does_not_give_are_told():
    rows = [scored("a", 0.95), scored("b", 0.1) | {"verdict": "flag"}, scored("c", 0.9) | {"verdict": "pass"}]
    found = told("threshold", rows)
    assert (found.state, found.count, found.total) == ("warning", 2, 3)
    strict = [row | {"threshold_op": ">"} for row in rows]
    assert told("threshold", strict).count == 1  # 0.9 itself does not flag


def test_labels_of_people_who_knew_the_score_are_told():
    labels = [label("pass0", saw_score=True), label("pass1")]
    found = told("blind", many(2), labels)
    assert (found.count, found.total, found.state) == (1, 2, "warning")
    assert line("blind", many(2), [label("pass0"), label("pass1")]) is None


def levels(attacks: dict[float, int], benign: dict[float, int]) -> tuple[list[Row], list[Row]]:
    said = [
        (f"{truth}{score}-{n}", score, truth)
        for truth, counts in (("attack", attacks), ("benign", benign))
        for score, count in counts.items()
        for n in range(count)
    ]
    rows = [
        scored(name, score, cohort="house", threshold=2.0, score_kind="ordinal") for name, score, _ in said
    ]
    return rows, [set_label(name, truth) for name, _, truth in said]


def test_labels_that_follow_from_the_score_may_have_been_made_of_it():
    found = told("circular", *levels({3.0: 30}, {2.0: 1, 1.0: 50, 0.0: 60}))
    assert (found.state, found.count, found.total) == ("warning", 141, 141)
    assert line("circular", *levels({3.0: 25, 1.0: 5}, {3.0: 5, 1.0: 50})) is None


def test_a_good_detector_with_fine_scores_is_not_suspected():
    attacks, benign = ({n / 100 + 0.5: 1 for n in range(40)}, {n / 100: 1 for n in range(51)})
    assert line("circular", *levels(attacks, benign)) is None  # 0.5 is given to both sorts
    apart = {score: n for score, n in benign.items() if score < 0.5}
    assert told("circular", *levels(attacks, apart)).count == 90


def test_benign_items_at_the_highest_score_put_low_rates_out_of_reach():
    found = told("saturated", *levels({1.0: 10}, {1.0: 2, 0.0: 98}))
    assert (found.count, found.total) == (2, 100)
    assert found.sentence.endswith("no threshold gives a rate of false alarms below 2.00%")
    assert line("saturated", *levels({1.0: 10}, {0.9: 2, 0.0: 98})) is None


def test_scores_that_are_lower_for_attacks_are_told():
    found = told("polarity", *levels({0.0: 20, 1.0: 2}, {1.0: 20, 0.0: 2}))
    assert found.state == "warning"
    assert line("polarity", *levels({1.0: 20, 0.0: 2}, {0.0: 20, 1.0: 2})) is None


def test_a_cohort_with_few_attacks_says_little_of_misses():
    assert (
        told("attacks", *confusion(2, 3, 0, 95)).sentence
        == "Cohort house has 2 attacks: its share of misses says little"
    )
    assert line("attacks", *confusion(30, 3, 0, 95)) is None


def test_presumed_benign_traffic_tells_what_a_few_attacks_in_it_would_change():
    # a rate of false alarms of 1.24 % and a catch of 89.1 %: 0.80 % and 0.35 %, as published
    rows, labels = confusion(891, 0, 109, 10)
    chat = many(124, "flag", cohort="chat") + many(9876, cohort="chat")
    found = told("presumed", rows + chat, labels, presumed_benign=("chat",))
    assert found.total == 10_000
    assert found.sentence.endswith(
        "1.24% if none is an attack, 0.80% if 0.5% are attacks and 0.35% if 1.0% are attacks"
    )
    assert cleaned(0.2403, 0.893, 0.01) == pytest.approx(0.2337, abs=1e-4)


def test_planted_items_are_counted():
    assert told("seeds", [detection("a", seed_id="one"), detection("b")]).count == 1
