"""Planted decisions follow from what was put in, and from nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import groupby, islice
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.simulator.approvals import (
    ApprovalTruth,
    Policy,
    Seeded,
    Work,
    by_pilot,
    by_reviewer,
    decisions,
    expected,
    panel,
    rows,
    write_parquet,
)
from data.simulator.approvals.crowd import crowd
from data.simulator.approvals.planted import AUTOMATED
from data.simulator.approvals.rows import PROVENANCE, SCHEMA, pseudonym
from data.simulator.approvals.truth import AWAY_SECONDS, limit_seconds
from ingest.checking import check
from ingest.contracts import APPROVALS
from tests.simulator.helpers_approvals import (
    ASKS_ALWAYS,
    ATTENTION,
    PLAIN,
    people,
    planted,
    reviewer,
    truth,
    workplace,
)


def test_the_same_seed_plants_the_same_decisions() -> None:
    assert planted(seed=3) == planted(seed=3)
    assert planted(seed=3) != planted(seed=4)


def test_one_reviewer_more_changes_nothing_about_the_others() -> None:
    fewer = planted(workplace(reviewers=people()[:2]))
    more = planted(workplace(reviewers=people()[:3]))
    assert fewer == more[: len(fewer)]


def test_decisions_are_drawn_one_session_at_a_time() -> None:
    years = workplace(starts_on=date(1970, 1, 1), ends_on=date(9000, 1, 1))
    assert len(list(islice(decisions(truth(years), 1), 10))) == 10


def test_what_counts_is_fast_exactly_when_nobody_looked() -> None:
    counted = [one for one in planted() if one.left_out is None]
    assert all(one.is_fast is not one.is_looked_at for one in counted)
    assert {one.is_fast for one in counted} == {True, False}


def test_the_fast_share_of_a_reviewer_is_what_attention_leaves() -> None:
    long = workplace(policy=ASKS_ALWAYS, work=PLAIN, ends_on=date(2027, 6, 28))
    found = by_reviewer(planted(long))
    for number, attention in enumerate(ATTENTION):
        each = found[f"person-{number}@acme.example"]
        deviation = (attention * (1 - attention) / each.measurable_count) ** 0.5
        assert each.measurable_count > 500
        assert each.fast_share == pytest.approx(1 - attention, abs=3.5 * deviation)


def test_rejects_were_always_looked_at() -> None:
    rejected = [one for one in planted() if one.decision == "reject" and one.actor == "human"]
    assert rejected
    assert not any(one.is_fast for one in rejected)


def test_a_pure_policy_approver_is_automation_and_nothing_else() -> None:
    by_rule = workplace(policy=Policy(by_rule=1.0, denied_by_rule=0.0), work=PLAIN)
    found = expected(planted(by_rule))
    assert found.automated_count == found.decision_count > 0
    assert (found.measurable_count, found.fast_share) == (0, None)


def test_in_bypass_mode_nobody_is_asked() -> None:
    spell = (date(2026, 6, 8), date(2026, 6, 12))
    inside = [
        one
        for one in planted(workplace(policy=Policy(bypassed=(spell,)), work=PLAIN))
        if spell[0] <= one.session.started_at.date() <= spell[1]
    ]
    assert inside
    assert {one.actor for one in inside} == {"policy"}
    assert {one.session.mode for one in inside} == {"bypass"}


def test_read_only_requests_never_count() -> None:
    reads = [one for one in planted() if one.kind == "read"]
    assert {one.is_read_only for one in reads} == {True}
    assert all(one.left_out is not None for one in reads)


def test_before_an_sdk_session_sits_nobody() -> None:
    alone = planted(workplace(work=Work(sdk_share=1.0, canary_share=0.2)))
    assert {one.actor for one in alone} == {"policy", "unknown"}
    assert all(one.shown_at is None and one.canary_id is None for one in alone)


def test_whoever_was_away_is_measurable_by_no_one() -> None:
    away = planted(workplace(reviewers=(reviewer(away_share=1.0, unanswered_share=0.0, reject_share=0.0),)))
    waits = [one.wait_seconds or 0.0 for one in away if one.actor == "human"]
    assert min(waits) > AWAY_SECONDS
    assert expected(away).measurable_count == 0


def test_what_was_never_answered_has_neither_end_nor_wait() -> None:
    silent = planted(workplace(reviewers=(reviewer(unanswered_share=1.0),), policy=ASKS_ALWAYS, work=PLAIN))
    assert {(one.decision, one.actor, one.decided_at, one.wait_seconds) for one in silent} == {
        ("pending", "none", None, None)
    }


def test_seeded_requests_are_missed_by_whoever_does_not_look() -> None:
    asked = Work(kinds=PLAIN.kinds, sdk_share=0.0, canary_share=0.1)
    kinds = [
        expected(planted(workplace(reviewers=(reviewer(attention=attention),), work=asked)))
        for attention in (1.0, 0.0)
    ]
    assert all(each.canary_count > 3 for each in kinds)
    assert [each.canary_missed_count for each in kinds] == [0, kinds[1].canary_count]


def test_a_request_seeded_by_hand_ends_as_it_was_meant_to() -> None:
    at = datetime(2026, 6, 10, 9, tzinfo=UTC)
    account = people()[1].account
    by_hand = tuple(
        Seeded(f"pilot-canary-{word}", account, at, is_missed)
        for word, is_missed in (("seen", False), ("missed", True))
    )
    found = [one for one in planted(workplace(seeded=by_hand)) if one.canary_id]
    ends = [(one.canary_id, one.decision, one.is_fast, one.session.reviewer.account) for one in found]
    assert ends == [
        ("pilot-canary-seen", "reject", False, account),
        ("pilot-canary-missed", "accept", True, account),
    ]


def test_calls_of_one_message_are_answered_one_after_another() -> None:
    batched = planted(workplace(work=Work(batch_share=1.0)))
    messages = [list(calls) for _, calls in groupby(batched, lambda one: (one.session, one.called_at))]
    whole = [calls for calls in messages if len(calls) == 3]
    assert len(whole) > 20
    for calls in whole:
        assert [one.batch_place for one in calls] == [0, 1, 2]
        ends = [one.decided_at for one in calls if one.decided_at is not None]
        assert ends == sorted(ends)


def test_fading_makes_later_prompts_of_a_session_faster() -> None:
    tired = workplace(
        reviewers=(reviewer(attention=0.9, fading=0.2, sessions_per_week=10),), policy=ASKS_ALWAYS, work=PLAIN
    )
    counted = [one for one in planted(tired) if one.left_out is None]
    early, late = ([one.is_fast for one in counted if (one.place >= 6) is later] for later in (False, True))
    assert sum(late) / len(late) > sum(early) / len(early) + 0.2


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    attention=st.floats(0, 1),
    share=st.floats(0, 0.5),
    mode=st.sampled_from(["default", "accept_edits", "auto"]),
)
def test_every_decision_counts_or_has_one_reason(
    seed: int, attention: float, share: float, mode: str
) -> None:
    person = reviewer(
        attention=attention, reject_share=share, away_share=share / 2, unanswered_share=share / 2
    )
    policy = Policy(by_rule=share, by_hook=share / 2, by_model=share / 4, modes=((mode, 1.0),))  # type: ignore[arg-type]
    drawn = planted(workplace(reviewers=(person,), policy=policy), seed=seed)
    found = expected(drawn)
    assert found.measurable_count + found.left_out.total() == found.decision_count == len(drawn)
    assert 0 <= found.fast_count <= found.measurable_count
    assert all(one.decided_at is None or one.decided_at >= one.called_at for one in drawn)


def test_counts_of_pilots_and_of_people_add_up() -> None:
    drawn = planted(workplace(), workplace("copilot", pilot="two"))
    for grouped in (by_pilot(drawn), by_reviewer(drawn)):
        assert sum(each.decision_count for each in grouped.values()) == len(drawn)
        assert sum(each.fast_count for each in grouped.values()) == expected(drawn).fast_count


def test_a_panel_differs_by_as_much_as_was_asked_for() -> None:
    (many,) = panel(2_000, 1, attention=0.7, icc=0.15).workplaces
    drawn = [each.attention for each in many.reviewers]
    mean = sum(drawn) / len(drawn)
    variance = sum((each - mean) ** 2 for each in drawn) / len(drawn)
    assert mean == pytest.approx(0.7, abs=0.02)
    assert variance / (mean * (1 - mean)) == pytest.approx(0.15, abs=0.02)


def test_a_panel_without_correlation_is_all_alike() -> None:
    (alike,) = panel(5, 1, attention=0.6, icc=0.0).workplaces
    assert {each.attention for each in alike.reviewers} == {0.6}
    assert all(one.left_out != "automation" for one in decisions(ApprovalTruth((alike,)), 1))


# -- rows of the table ---------------------------------------------------------------------------------


def test_rows_keep_the_contract() -> None:
    made = rows(truth(), 1)
    assert dict(made.schema) == SCHEMA
    stamped = made.with_columns(source=pl.lit("simulator"), ingested_at="happened_at")
    assert check(stamped, APPROVALS).valid.height == made.height


def test_rows_say_what_was_planted() -> None:
    made, drawn = rows(truth(), 1), planted()
    measured = made.filter(
        (pl.col("actor") == "human")
        & (pl.col("decision") == "accept")
        & (pl.col("wait_seconds") <= AWAY_SECONDS),
        pl.col("is_read_only").ne_missing(True),
        ~pl.col("request_kind").is_in(["plan", "question"]),
    )
    fast = [
        wait < limit_seconds(kind, chars)
        for wait, kind, chars in measured.select("wait_seconds", "request_kind", "content_chars").iter_rows()
    ]
    found = expected(drawn)
    assert (len(fast), sum(fast)) == (found.measurable_count, found.fast_count)
    assert made["reviewer"].unique().sort().to_list() == sorted(pseudonym(each.account) for each in people())


def test_automatic_decisions_have_no_wait() -> None:
    automatic = rows(truth(), 1).filter(pl.col("actor").is_in(AUTOMATED))
    assert automatic.height
    assert automatic["wait_seconds"].null_count() == automatic["shown_at"].null_count() == automatic.height


def test_an_empty_truth_gives_no_rows() -> None:
    assert rows(ApprovalTruth(()), 1).shape == (0, len(SCHEMA))
    assert expected(()).fast_share is None


# -- crowds for benchmarks -----------------------------------------------------------------------------


def test_a_crowd_on_disk_holds_what_its_summary_says(tmp_path: Path) -> None:
    path = tmp_path / "crowd.parquet"
    summary = write_parquet(path, 20_000, 1)
    made = pl.read_parquet(path)
    assert dict(made.schema) == SCHEMA
    assert made.height == summary.decision_count == 20_000
    stamped = made.with_columns(source=pl.lit("simulator"), ingested_at="happened_at")
    assert check(stamped, APPROVALS).valid.height == made.height
    assert made.select("session_id", "call_id").is_duplicated().sum() == 0
    limit = pl.when((pl.col("request_kind") == "command") & (pl.col("content_chars") <= 200)).then(2.0)
    judged = made.filter(
        (pl.col("actor") == "human")
        & (pl.col("decision") == "accept")
        & (pl.col("wait_seconds") <= AWAY_SECONDS),
        pl.col("is_read_only").ne_missing(True),
    ).select(pl.col("wait_seconds") < limit.otherwise(pl.max_horizontal(2.0, pl.col("content_chars") / 100)))
    assert (judged.height, judged.to_series().sum()) == (summary.measurable_count, summary.fast_count)
    assert 0.2 < summary.fast_count / summary.measurable_count < 0.4


def test_a_crowd_comes_in_parts_that_do_not_depend_on_its_size() -> None:
    frames = [frame.height for frame in crowd(520_000, 1)]
    assert frames == [500_000, 20_000]


def test_waits_end_when_the_decision_happened() -> None:
    made = next(crowd(1_000, 1)).filter(pl.col("wait_seconds").is_not_null())
    waited = made["decided_at"] - made["shown_at"]
    assert (waited.dt.total_microseconds() / 1e6 - made["wait_seconds"]).abs().max() < 1e-6
    assert Counter(made["actor"]) == {"human": made.height}
    one = made.filter(pl.col("session_id") == "session-0")
    assert one["decided_at"].is_sorted()
    assert one.filter(pl.col("shown_at") < pl.col("decided_at").shift(1)).height == 0


def test_provenance_is_left_to_the_store() -> None:
    assert set(APPROVALS.polars_schema) - set(SCHEMA) == set(PROVENANCE)
