from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import wording
from dashboard.wording.values import UNIT_WORDS
from metrics import differences
from metrics.catalogue import EVERY
from metrics.density import comparison, measures
from metrics.estimate import Coverage, Estimate, Undefined
from metrics.gate.policy import READINGS
from metrics.gate.states import STATES, EpochNow, Forecast, Readings
from tests.builders_dashboard import evidence, outcome, sprint, verdict

NOW = datetime(2026, 8, 17, tzinfo=UTC)


def estimate(x: int = 1, n: int = 96, **changed: object) -> Estimate:
    base = Estimate(x / n, 0.0003, 0.0567, 0.95, "share", "Clopper-Pearson", x, n, n, Coverage(n, n))
    return replace(base, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0104, "1.04 %"),
        (0.125, "12.5 %"),
        (0.99999, ">99.9 %"),
        (1e-9, "<0.01 %"),
    ],
)
def test_a_percentage_is_never_rounded_to_nothing_or_to_everything(share: float, text: str) -> None:
    assert wording.percent(share) == text


@given(st.floats(0.0001, 0.5), st.sampled_from([0.01, 0.05, 0.1]))
@settings(deadline=None, max_examples=200)
def test_a_percentage_stands_on_the_same_side_of_the_mark_as_its_number(share: float, mark: float) -> None:
    shown = float(wording.percent(share, against=mark).removesuffix(" %"))
    is_far_enough_to_show = abs(share - mark) > 1e-9
    if is_far_enough_to_show:
        assert (shown < 100 * mark) == (share < mark)


def test_a_fraction_under_twenty_stands_without_a_percentage() -> None:
    assert wording.share(1, 19) == "1 of 19"
    assert wording.share(1, 20) == "1 of 20 (5 %)"


def test_nothing_of_nothing_is_said_without_dividing() -> None:
    assert wording.share(0, 0) == "0 of 0"


def test_a_number_carries_counts_interval_and_level() -> None:
    assert wording.number(estimate()) == "1 of 96 (1.04 %), between 0.03 % and 5.67 % at 95 %"


def test_a_number_that_is_no_share_carries_its_unit() -> None:
    assert wording.number(estimate(unit="hours", value=5.2, level=None)) == "5.2 h"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(None, 0.02, "at most 2 % at 95 %"), (0.5, None, "at least 50 % at 95 %"), (None, None, "")],
)
def test_an_open_interval_says_which_end_is_bounded(low: float | None, high: float | None, text: str) -> None:
    assert wording.interval(estimate(low=low, high=high)) == text


def test_an_undefined_number_says_why_and_is_never_zero() -> None:
    assert wording.number(Undefined("no scan", 0, Coverage(0, 4))) == "unknown: no scan"


@pytest.mark.parametrize(
    ("waited", "text"), [(1, "1 hour"), (23, "23 hours"), (24, "1 day"), (240, "10 days")]
)
def test_age_is_told_in_whole_units(waited: int, text: str) -> None:
    assert wording.age(NOW - timedelta(hours=waited), NOW) == text


def test_days_and_moments_are_iso_and_may_be_unknown() -> None:
    assert wording.day(date(2026, 8, 17)) == "2026-08-17"
    assert wording.moment(NOW) == "2026-08-17 00:00 UTC"
    assert (wording.day(None), wording.moment(None)) == ("unknown", "unknown")


def test_every_state_and_reading_of_the_gate_has_words() -> None:
    assert set(wording.STATE_WORDS) == set(STATES)
    assert set(wording.READING_WORDS) == set(READINGS)
    assert len({wording.state(state) for state in STATES}) == len(STATES)


def test_readings_name_the_required_one_and_keep_the_third_answer() -> None:
    said = wording.readings(Readings(as_written=True, followed_up=False, proven=None), "followed_up")
    assert said == (
        ("As written", "yes", False),
        ("Followed up", "no", True),
        ("Proven", "cannot tell yet", False),
    )


def test_the_face_always_has_both_lines() -> None:
    judged = verdict(sentence="Rule met", evidence_sentence="Evidence 66 of 100")
    assert wording.face(judged)[1:] == (("Rule", "Rule met"), ("Evidence", "Evidence 66 of 100"))


def test_a_restart_of_the_evidence_is_said_with_its_day_and_its_reason() -> None:
    begun_anew = verdict(epoch=EpochNow(2, date(2026, 7, 1), "model upgrade", ()))
    assert wording.face(begun_anew)[3:] == (("Since", "Evidence restarted on 2026-07-01: model upgrade"),)
    assert wording.restart(verdict()) == ""


def test_what_blocks_is_called_by_the_titles_that_people_know() -> None:
    judged = verdict(
        criteria=(outcome("no_bypass", title="Nothing bypassed", state="not_met"),),
        blocked_by=("no_bypass", "proven"),
    )
    assert (
        wording.allowed(judged)
        == "May not expand yet: Nothing bypassed (not met); reading not reached: proven"
    )


def test_a_state_that_blocks_is_said_in_words() -> None:
    assert wording.blockers(verdict(blocked_by=("NOT_MET",))) == ("rule broken",)


def test_evidence_in_brief_is_cut_and_never_rounded_up_to_proof() -> None:
    judged = verdict(evidence=evidence(progress=99.9, upper_limit=0.010004))
    assert wording.evidence_brief(judged) == (
        "0 of 192 watched changes escaped; rate at most 1.0004 %; evidence 99 of 100"
    )
    assert "no change" in wording.evidence_brief(verdict(evidence=evidence(changes=0)))


def test_evidence_in_brief_tells_changes_that_nothing_scanned_from_young_ones() -> None:
    none, said = evidence(changes=0), "99 merged, none was scanned."
    old = verdict(evidence=none, evidence_sentence=said, sprints=(sprint(1, detected=0),))
    assert wording.evidence_brief(old) == "99 merged, none was scanned"
    young = verdict(evidence=none, evidence_sentence=said, sprints=(sprint(6, detected=0),))
    assert wording.evidence_brief(young) == "no change has been watched to the end yet"


def test_an_allowed_pilot_may_expand() -> None:
    assert wording.allowed(verdict(allowed=True, blocked_by=())) == "May expand"


def test_a_forecast_without_a_pace_has_no_date() -> None:
    assert wording.forecast(Forecast(0, 12, None)) == (
        "with no more escapes: 12 more clean changes, no pace to tell a date from"
    )


def test_the_command_line_can_say_words_without_loading_pages_or_charts() -> None:
    program = "import sys, dashboard.wording; print({'streamlit', 'plotly', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_units_are_called_as_the_metrics_call_them() -> None:
    named = (measures.PER_KLOC, comparison.RATIO, differences.POINTS)
    said = (wording.PER_KLOC, wording.RATIO, wording.POINTS)
    assert said == named
    assert {metric.unit for metric in EVERY}.issuperset(UNIT_WORDS)
