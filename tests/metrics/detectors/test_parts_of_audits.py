"""What a part of an audit says is of that part, and what the audit is silent about is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from metrics.catalogue.detectors import DETECTOR_METRICS
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.results import DetectorResult, of_detectors
from metrics.detectors.rules import DetectorRules
from metrics.detectors.values import WHOLE, Part
from metrics.estimate import Estimate, Number, Undefined
from metrics.gate.case import Ask, Case
from tests.builders_detectors import UNIT, detection, detector_tables, label, selection, set_label
from tests.builders_metrics import Row, day, pilot, policy

RULES = DetectorRules(presumed_benign=("chat*",))
USER, DOCUMENT = Part("surface", "user"), Part("surface", "document")
JAILBREAK, ENCODED = Part("family", "jailbreak"), Part("family", "encoded")


def known(rows: Sequence[Row], labels: Sequence[Row] = (), draws: Sequence[Row] = ()) -> Detectors:
    return detectors(detector_tables(rows, labels, draws), pilot(), RULES, 0.95)


def estimate(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def audited() -> tuple[list[Row], list[Row], list[Row]]:
    """Of 100 that passed, 10 of them of users, 20 drawn: 4 of users, a miss among these.

    Of 4 flagged items of users 2 are false alarms; of documents none was flagged.
    """
    alarms = [detection(f"f{n}", "flag", surface="user") for n in range(4)]
    passed = [detection(f"p{n}", surface="user" if n % 25 < 4 and n < 54 else "document") for n in range(100)]
    mine = [row["event_id"] for row in passed if row["surface"] == "user"]
    others = [row["event_id"] for row in passed if row["surface"] != "user"]
    drawn = [*mine[:4], *others[:16]]
    labels = [label(each, "attack" if each == mine[0] else "benign") for each in drawn]
    labels += [label(f"f{n}", "attack" if n < 2 else "benign", family="jailbreak") for n in range(4)]
    labels[0]["family"] = "jailbreak"
    draws = [selection(each, stratum_count=100, stratum_sample_count=20) for each in drawn]
    assert len(mine) == 12
    return [*alarms, *passed], labels, draws


def house() -> tuple[list[Row], list[Row]]:
    """A labelled set: 3 encoded attacks of which one passed, and 2 benign items; one more failed."""
    rows = [detection(f"h{n}", "flag" if n < 2 else "pass", cohort="house") for n in range(5)]
    labels = [set_label(f"h{n}", "attack" if n < 3 else "benign") for n in range(5)]
    for row in labels[:3]:
        row["family"] = "encoded"
    return [*rows, detection("h5", "error", cohort="house")], labels


# -- what lies in a part ---------------------------------------------------------------------------


def test_an_audit_counts_in_a_surface_what_lies_in_it():
    found = known(*audited())
    user, document, whole = (
        estimate(found.number("detector_fpr", UNIT, each)) for each in (USER, DOCUMENT, WHOLE)
    )
    assert (user.n, user.coverage.total, dict(user.coverage.excluded)) == (8, 16, {"passed, not drawn": 8})
    assert (document.n, document.coverage.total) == (16, 88)
    assert (whole.n, whole.coverage.total) == (24, 104)
    assert "4 of 12 passed items labelled" in user.method


def test_a_family_rests_on_everything_that_was_drawn():
    number = estimate(known(*audited()).number("detector_fnr", UNIT, JAILBREAK))
    assert (number.n, number.coverage.total) == (24, 104)


# -- what can be -----------------------------------------------------------------------------------


def test_no_more_items_of_a_surface_are_benign_than_passed_there():
    """By the draw 5 x 3 = 15 benign items of users passed; 12 passed, and one of them is a miss."""
    number = estimate(known(*audited()).number("detector_fpr", UNIT, USER))
    assert (number.numerator, number.denominator) == (2, 13)
    assert number.value == pytest.approx(2 / 13)
    assert number.low is not None
    assert number.high is not None
    assert number.low < number.value < number.high
    assert "cut to the 11 passed items here that can be so" in number.method


def test_what_can_be_stays_as_the_draw_has_it():
    found = known(*audited())
    whole, missed = found.number("detector_fpr", UNIT), found.number("detector_fnr", UNIT, USER)
    assert "cut" not in whole.method
    assert (whole.numerator, whole.denominator) == (2, 97)
    assert (missed.numerator, missed.denominator) == (5, 7)


# -- what an audit is silent about -----------------------------------------------------------------


def test_an_audit_says_what_it_does_not_speak_for():
    rows, labels, draws = audited()
    more, known_of_set = house()
    found = known([*rows, *more], [*labels, *known_of_set], draws)
    outside = "not of what the rate rests on"
    missed, alarms = (
        dict(found.number(f"detector_{each}", UNIT).coverage.excluded) for each in ("fnr", "fpr")
    )
    assert missed == {"passed, not drawn": 80, "error": 1, outside: 3}
    assert alarms == {"passed, not drawn": 80, "error": 1, outside: 2}


def test_of_a_kind_that_the_audit_did_not_meet_the_labelled_set_tells():
    rows, labels, draws = audited()
    more, known_of_set = house()
    found = known([*rows, *more], [*labels, *known_of_set], draws)
    missed = found.number("detector_fnr", UNIT, ENCODED)
    assert (missed.numerator, missed.denominator) == (1, 3)
    assert missed.method == "Wilson, labelled set, since the audit met no attack of this kind"
    assert found.slice(UNIT, ENCODED).basis == "labelled set"
    assert found.slice(UNIT, JAILBREAK).basis == "sampled audit"
    assert isinstance(known(rows, labels, draws).number("detector_fnr", UNIT, ENCODED), Undefined)


def test_where_nothing_passes_for_benign_nothing_is_left_out_of_it():
    failed = [detection("x", "error"), detection("y", "skipped"), detection("z")]
    assert known(failed).number("detector_fpr_presumed", UNIT).coverage.total == 0
    chat = [detection("c", "flag", cohort="chat"), detection("d", "error", cohort="chat")]
    coverage = known([*failed, *chat]).number("detector_fpr_presumed", UNIT).coverage
    assert (coverage.measured, dict(coverage.excluded)) == (1, {"error": 1})


# -- bounds by kind of attack ----------------------------------------------------------------------


def test_what_passed_and_nobody_knows_may_be_of_any_kind():
    """5 caught, 3 seen to pass, 97 unknown: at most 100 of 105 passed."""
    rows = [*(detection(f"f{n}", "flag") for n in range(10)), *(detection(f"p{n}") for n in range(100))]
    labels = [label(f"f{n}", family="jailbreak" if n < 5 else "encoded") for n in range(10)]
    labels += [label(f"p{n}", family="jailbreak") for n in range(3)]
    found = known(rows, labels)
    jailbreak, encoded = (found.number("detector_fnr", UNIT, each) for each in (JAILBREAK, ENCODED))
    assert isinstance(jailbreak, Undefined)
    assert "the rate is at most 95.2 %; label passed items drawn by chance" in jailbreak.reason
    assert isinstance(encoded, Undefined)
    assert encoded.reason == (
        "not identifiable: no passed item was labelled by design; label passed items drawn by chance"
    )


# -- what each number rests on ---------------------------------------------------------------------


def printed() -> list[DetectorResult]:
    rows, labels, draws = audited()
    more, known_of_set = house()
    tables = detector_tables([*rows, *more], [*labels, *known_of_set], draws)
    return list(of_detectors(Case(tables, pilot(), policy(), Ask(day(60)))))


def test_each_number_says_what_it_rests_on_itself():
    told = {row.metric: row.as_json()["detector"]["basis"] for row in printed() if row.part == WHOLE}
    assert told.keys() == {each.id for each in DETECTOR_METRICS}
    assert told["detector_fnr"] == told["detector_f1"] == "sampled audit"
    assert told["detector_auc"] == told["detector_tpr_at_fpr_1"] == "labelled set"
    assert told["detector_precision"] == "reviewed alarms"
    assert told["detector_fnr_seeded"] == "seeded"
    assert told["detector_fpr_presumed"] == told["detector_fpr_presumed_at_catch_95"] == "presumed benign"
    assert told["detector_error_share"] == "every verdict"


def test_alarms_of_a_labelled_set_rest_on_it():
    told = {row.metric: row.rests_on for row in printed() if row.part == Part("cohort", "house")}
    assert told["detector_precision"] == told["detector_fnr"] == "labelled set"
