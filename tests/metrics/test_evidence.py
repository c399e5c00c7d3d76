from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.gate.evidence import evidence
from metrics.gate.policy import Policy
from metrics.gate.rule import Band
from metrics.gate.states import Evidence, SprintCount
from metrics.statistics.evalues import e_below
from tests.builders_gate import DAY_0, moment, sprint, still_open, young

POLICY = Policy()


def shown(
    sprints: Sequence[SprintCount], policy: Policy = POLICY, as_of_day: int = 60, band: Band = "low"
) -> Evidence:
    return evidence(sprints, policy, moment(as_of_day), band)


def on(day_number: int) -> date:
    return DAY_0.date() + timedelta(days=day_number)


def test_good_news_rests_on_mature_sprints_and_bad_news_on_closed_ones():
    found = shown([sprint(1, 40), young(2, 40, 4), still_open(3, 40, 9)])
    assert (found.escapes, found.changes) == (0, 40)
    assert found.e_below == pytest.approx(1.3378406)
    assert found.e_above == pytest.approx(shown([young(1, 80, 4)]).e_above)
    assert found.e_above > 1


def test_eighty_clean_changes_are_a_fifth_of_proof():
    found = shown([sprint(1, 40), sprint(2, 40)])
    assert found.progress == pytest.approx(19.8195, abs=1e-4)
    assert found.more_clean_changes == 287
    assert found.upper_limit == pytest.approx(0.045007046)


def test_progress_is_a_hundred_at_proof_and_never_negative():
    assert shown([sprint(1, 367)]).progress == 100
    assert shown([sprint(1, 366)]).progress < 100
    assert shown([sprint(1, 100, 9)]).progress == 0


def test_before_anything_is_mature_nothing_is_shown():
    found = shown([young(1, 5_000)])
    assert (found.e_below, found.progress, found.upper_limit) == (1, 0, 1)
    assert found.more_clean_changes == 367


def test_nothing_at_all_is_no_evidence_and_no_pace():
    found = shown([])
    assert (found.e_below, found.e_above, found.changes_per_week, found.proof_on) == (1, 1, None, None)


def test_only_the_current_epoch_counts():
    earlier, straddling = sprint(1, 300, 30), replace(sprint(2, 300, 30), epoch=None)
    assert evidence([earlier, straddling, sprint(3, 80, epoch=2)], POLICY, moment(100, epoch=2)) == evidence(
        [sprint(3, 80, epoch=2)], POLICY, moment(100, epoch=2)
    )


def test_high_band_counts_unreviewed_findings_too():
    counted = [sprint(1, 300, 0, 2), sprint(2, 300)]
    assert shown(counted).escapes == 0
    assert shown(counted, band="high").escapes == 2
    assert shown(counted, band="high").more_clean_changes == 281


def test_strict_mode_counts_each_sprint_for_at_most_a_hundred_changes():
    large, capped = [sprint(1, 400, 4), sprint(2, 300)], Policy(strict=True)
    found = shown(large, capped)
    assert (found.escapes, found.changes) == (4, 700)
    # 4 of 400 weigh like 1 of 100.
    assert found.e_below == pytest.approx(shown([sprint(1, 100, 1), sprint(2, 100)]).e_below)
    assert shown([sprint(1, 60), sprint(2, 60)], capped) == shown([sprint(1, 60), sprint(2, 60)])


def test_changes_that_nothing_looked_at_are_no_clean_ones():
    blind, seen = sprint(1, 400, detected=10), sprint(2, 100, detected=90)
    found = shown([blind, seen])
    assert (found.changes, found.e_below) == (110, pytest.approx(e_below(0, 110, 0.01)))


def test_an_escape_of_a_sprint_that_nothing_looked_at_counts_all_the_same():
    found = shown([sprint(1, 400, 2, detected=1), sprint(2, 100)])
    assert (found.escapes, found.changes) == (2, 102)
    assert found.e_below == pytest.approx(e_below(2, 102, 0.01))


def test_pace_is_that_of_the_last_three_closed_sprints():
    counted = [sprint(1, 900), sprint(2, 30), sprint(3, 40), young(4, 50), still_open(5, 1)]
    assert shown(counted).changes_per_week == pytest.approx(120 / 6)


def test_a_clean_change_counts_when_its_sprint_matures():
    # 267 more are needed: sprint 2 brings 200 on day 58, sprint 3 (open, at the pace) the rest on day 72.
    counted = [sprint(1, 100), young(2, 200), still_open(3, 5)]
    assert shown(counted, as_of_day=45).proof_on == on(42 + 30)


def test_proof_waits_for_sprints_that_have_not_begun():
    # 40 a sprint: 367 changes need ten sprints; the tenth ends on day 140.
    counted = [sprint(1, 40), sprint(2, 40), young(3, 40), young(4, 40), still_open(5, 3)]
    assert shown(counted, as_of_day=62).proof_on == on(140 + 30)


def test_known_escapes_of_young_sprints_delay_the_date():
    clean = [sprint(1, 100), young(2, 200), still_open(3, 5)]
    escaped = [sprint(1, 100), young(2, 200, 1), still_open(3, 5)]
    before, after = shown(clean, as_of_day=45).proof_on, shown(escaped, as_of_day=45).proof_on
    assert before is not None
    assert after is not None
    assert after > before


def test_an_open_sprint_already_beyond_the_pace_counts_in_full():
    counted = [sprint(1, 50), still_open(2, 317)]
    assert shown(counted, as_of_day=45).proof_on == on(28 + 30)


def test_without_a_pace_there_is_no_date():
    assert shown([sprint(1, 0), sprint(2, 0)]).proof_on is None
    assert shown([still_open(1, 20)], as_of_day=5).proof_on is None


def test_proof_that_no_horizon_reaches_has_no_date():
    assert shown([sprint(1, 1, 1), *[sprint(number, 0) for number in (2, 3)], sprint(4, 1)]).proof_on is None


def test_what_is_proven_is_proven_today():
    found = shown([sprint(1, 400)], as_of_day=60)
    assert (found.more_clean_changes, found.proof_on) == (0, on(60))


def test_forecasts_say_what_one_more_escape_costs():
    none, one = shown([sprint(1, 40), sprint(2, 40)]).forecasts
    assert (none.more_escapes, none.more_clean_changes) == (0, 287)
    assert (one.more_escapes, one.more_clean_changes) == (1, 577)
    assert none.proof_on is not None
    assert one.proof_on is not None
    assert one.proof_on > none.proof_on


def test_after_a_pilot_ended_no_date_lies_in_the_past():
    found = shown([sprint(1, 40), sprint(2, 40)], as_of_day=1_000)
    assert found.proof_on is not None
    assert found.proof_on > on(1_000)


def test_a_sprint_that_has_ended_without_being_counted_is_not_waited_for():
    # Sprint 2 would have ended today and is not there: the next that can bring 67 more ends on day 42.
    assert shown([sprint(1, 300)], as_of_day=28).proof_on == on(42 + 30)


def test_escapes_that_cluster_in_one_sprint_vary_more_than_chance():
    assert shown([sprint(1, 300, 9), *[sprint(number, 300) for number in (2, 3, 4)]]).varies is True
    assert shown([sprint(number, 300, 2) for number in (1, 2, 3, 4)]).varies is False
    assert shown([sprint(1, 300, 1), sprint(2, 300)]).varies is False


def test_a_bad_and_early_look_still_counts_for_variation():
    assert shown([*[sprint(number, 300) for number in (1, 2, 3)], young(4, 300, 9)]).varies is True


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3)), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([0.9, 0.95, 0.99]),
)
def test_clean_changes_that_are_asked_for_are_what_proves_it(
    counts: list[tuple[int, int]],
    strict: bool,  # noqa: FBT001
    confidence: float,
):
    policy = Policy(strict=strict, confidence=confidence)
    counted = [sprint(number, n, min(x, n)) for number, (n, x) in enumerate(counts, start=1)]
    found = shown(counted, policy)
    assert (found.more_clean_changes == 0) == (found.progress == 100) == (found.upper_limit < 0.01)
    if not strict and found.more_clean_changes:
        more = sprint(len(counted) + 1, found.more_clean_changes)
        fewer = sprint(len(counted) + 1, found.more_clean_changes - 1)
        assert shown([*counted, fewer], policy).progress < shown([*counted, more], policy).progress == 100
