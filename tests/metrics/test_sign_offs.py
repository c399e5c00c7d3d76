from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.fatigue.sign_offs import LEFT_OUT
from tests.builders_metrics import Row, changed_file, pilot, tables
from tests.builders_sign_offs import HOUR, READ, approved, change, row, rows
from tests.builders_velocity import at, turned

ASKED = "review_requested"


def commit(sha: str, hours: float, number: int = 1) -> Row:
    return {
        "repository": "acme/pay", "number": number, "sha": sha, "committed_at": at(hours),
        "author_kind": "bot", "authorship": "agent",
    }  # fmt: skip


# 300 lines take 1,080 s at 1,000 an hour, and 2,160 s at 500.
@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(1079, "fast"), (1080, "warned"), (2159, "warned"), (2160, "neither")],
)
def test_an_approval_without_a_word_is_judged_by_the_lines_it_is_about(seconds: float, verdict: str):
    found = row(change(1), approved(1, seconds))
    assert (found["seconds"], found["changed_lines"], found["left_out"]) == (seconds, READ, None)
    assert (found["is_fast"], found["is_warned"]) == (verdict == "fast", verdict == "warned")


@pytest.mark.parametrize(("seconds", "verdict"), [(59, "fast"), (60, "warned")])
def test_nobody_looks_at_the_smallest_change_in_less_than_a_minute(seconds: float, verdict: str):
    found = row(change(1, lines=10), approved(1, seconds))
    assert (found["is_fast"], found["is_warned"]) == (verdict == "fast", verdict == "warned")


@pytest.mark.parametrize(
    "word",
    [{"comment_count": 1}, {"body_chars": 21}, {"comment_count": None, "body_chars": 200}],
)
def test_whoever_said_something_is_neither_silent_nor_fast(word: dict[str, Any]):
    found = row(change(1), approved(1, 5, **word))
    assert (found["left_out"], found["is_silent"], found["is_fast"]) == (None, False, False)


def test_an_lgtm_is_no_word():
    assert row(change(1), approved(1, 5, body_chars=len("LGTM, thanks!")))["is_fast"]


@pytest.mark.parametrize("state", ["COMMENTED", "CHANGES_REQUESTED", "APPROVED", "DISMISSED"])
def test_whoever_reviewed_before_has_looked(state: str):
    earlier = approved(1, 5, state=state, reviewer="Robin")
    assert row(change(1), earlier, approved(1, 50))["is_silent"] is False


def test_an_earlier_review_by_somebody_else_is_not_theirs():
    assert row(change(1), approved(1, 5, reviewer="sam"), approved(1, 50))["is_fast"]


def test_time_runs_from_the_latest_moment_at_which_the_reviewer_can_have_begun():
    pull = change(1, 0, ready=1, last_push_at=at(2))
    assert row(pull, approved(1, 30, 2))["seconds"] == 30
    asked = [turned(1, ASKED, 3, subject="Robin"), turned(1, ASKED, 4, subject="sam")]
    assert row(pull, approved(1, 30, 3), events=asked)["seconds"] == 30
    later = [turned(1, ASKED, 5, subject="robin")]
    assert row(pull, approved(1, 30, 3), events=later)["seconds"] == HOUR + 30
    again = [turned(1, "convert_to_draft", 2.5), turned(1, "ready_for_review", 3)]
    assert row(pull, approved(1, 30, 3), events=again)["seconds"] == 30


def test_without_a_ready_time_it_runs_from_the_creation():
    assert row(change(1, 2, ready=None), approved(1, 30, 2))["seconds"] == 30


def test_a_push_after_the_approval_is_no_beginning_but_makes_it_stale():
    pull = change(1, 0, merged=9, last_push_at=at(8), head_sha="c2")
    told = {"commits": [commit("c1", 1), commit("c2", 8)]}
    found = row(pull, approved(1, 30, 1, commit_sha="c1"), **told)
    assert (found["seconds"], found["is_stale"], found["left_out"]) == (30, True, None)
    assert row(pull, approved(1, 30, 8, commit_sha="c2"), **told)["is_stale"] is False
    assert row({**pull, "merged_at": None}, approved(1, 30, 1, commit_sha="c1"), **told)["is_stale"] is None


PUSHED_LATER = {"last_push_at": at(8)}


@pytest.mark.parametrize(
    ("pull", "sha", "told", "left_out"),
    [
        ({"last_push_at": None}, None, {}, "pushes unknown"),
        (PUSHED_LATER, None, {}, "pushes unknown"),
        (PUSHED_LATER, None, {"commits": [commit("a", 1), commit("b", 8)]}, None),
        (PUSHED_LATER, None, {"commits": [commit("b", 8)]}, "pushes unknown"),
        ({**PUSHED_LATER, "cut_lists": ["commits"]}, None, {"commits": [commit("a", 1)]}, "pushes unknown"),
        ({**PUSHED_LATER, "cut_lists": ["commits"]}, "a", {"commits": [commit("a", 1)]}, None),
        (
            PUSHED_LATER, None,
            {"commits": [commit("a", 1)], "events": [turned(1, "head_ref_force_pushed", 7)]},
            "pushes unknown",
        ),
    ],
)  # fmt: skip
def test_pushes_before_an_approval_must_be_known(
    pull: dict[str, Any], sha: str | None, told: dict[str, Any], left_out: str | None
):
    found = row(change(1, **pull), approved(1, 30, 1, commit_sha=sha), **told)
    assert found["left_out"] == left_out
    assert (found["is_fast"] is None) == (left_out is not None)


@pytest.mark.parametrize(
    ("pull", "review", "left_out"),
    [
        ({}, {"reviewer": None, "reviewer_kind": "deleted"}, "account deleted or unknown"),
        ({}, {"reviewer_kind": "unknown"}, "account deleted or unknown"),
        ({"author_login": "Robin"}, {}, "approved by its author or driver"),
        ({"driver": "robin"}, {}, "approved by its author or driver"),
        ({"merged": 0.001}, {}, "given after it was merged or closed"),
        ({"ready": 1}, {}, "given before it was ready"),
        ({"additions": None}, {}, "size unknown"),
        ({"additions": 9}, {}, "too few changed lines"),
        ({}, {"comment_count": None}, "comments or earlier reviews unknown"),
        ({}, {"body_chars": None}, "comments or earlier reviews unknown"),
        ({"cut_lists": ["reviews"]}, {}, "comments or earlier reviews unknown"),
        ({"cut_lists": ["review_events"]}, {}, "review requests unknown"),
        ({"base_branch": "old"}, {}, "to another branch"),
    ],
)
def test_what_cannot_be_measured_has_a_reason(pull: dict[str, Any], review: dict[str, Any], left_out: str):
    found = row(change(1, **pull), approved(1, 30, **review))
    assert found["left_out"] == left_out
    assert left_out in LEFT_OUT
    assert (found["is_fast"], found["is_warned"]) == (None, None)


def test_where_no_timeline_was_collected_requests_are_not_known():
    assert row(change(1), approved(1, 30), collected=False)["left_out"] == "review requests unknown"


def test_bots_and_other_verdicts_are_no_approvals_of_people():
    others = [approved(1, 10, reviewer="helper", reviewer_kind="bot"), approved(1, 20, state="COMMENTED")]
    assert rows([change(1)], others).is_empty()


def test_a_dismissed_approval_counts_as_given():
    dismissed = {"state": "DISMISSED", "state_before_dismissal": "APPROVED"}
    assert row(change(1), approved(1, 30, **dismissed))["is_fast"]


def test_only_lines_that_people_read_are_counted():
    classes = {
        "code": 30,
        "test": 20,
        "docs": 10,
        "generated": 900,
        "vendored": 800,
        "lock": 700,
        "minified": 5,
    }
    files = [
        changed_file(1, f"{name}.py", file_class=name, additions=lines, deletions=1)
        for name, lines in classes.items()
    ]
    found = row(change(1, lines=2500), approved(1, 30), changed_files=files)
    assert (found["changed_lines"], found["is_size_of_files"]) == (63, True)
    cut = row(change(1, lines=2500, cut_lists=["files"]), approved(1, 30), changed_files=files)
    assert (cut["changed_lines"], cut["is_size_of_files"]) == (2500, False)
    unknown = [*files, changed_file(1, "more.py", additions=None, deletions=1)]
    assert row(change(1, lines=2500), approved(1, 30), changed_files=unknown)["changed_lines"] == 2500


def test_more_than_a_thousand_lines_within_an_hour_mark_the_silent_ones():
    pulls = [change(n, 0, lines=400) for n in range(1, 6)]
    given = [
        approved(1, 10 * HOUR), approved(2, 10 * HOUR + 1800, comment_count=2), approved(3, 10 * HOUR + 3599),
        approved(4, 12 * HOUR), approved(5, 10 * HOUR + 60, reviewer="sam"),
    ]  # fmt: skip
    found = rows(pulls, given)
    assert found.filter("is_rushed")["number"].to_list() == [1, 3]  # 1,200 lines in 3,599 s
    exactly = rows(pulls, [approved(1, 0.0), approved(2, 1800.0), approved(3, 3600.0)])
    assert exactly["is_rushed"].to_list() == [False, False, False]  # an hour later is another hour


def test_a_thousand_lines_are_not_more_than_a_thousand_and_are_not_counted_twice():
    pulls = [change(1, lines=600), change(2, lines=400)]
    given = [approved(1, 10.0), approved(2, 20.0), approved(1, 30.0)]
    assert not rows(pulls, given)["is_rushed"].any()
    assert rows([change(1, lines=1001)], [approved(1, 30.0)])["is_rushed"].to_list() == [True]


def test_only_repositories_of_the_pilot_count():
    assert rows([change(1)], [approved(1, 30)], pilot=pilot(exclude=("acme/pay",))).is_empty()
    assert rows([], []).is_empty()
    assert tables().reviews.collect().is_empty()


REVIEWS = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(1, 9000), st.sampled_from(["robin", "Robin", "sam", "ana", None]),
        st.sampled_from(["user", "bot", "deleted"]),
        st.sampled_from(["APPROVED", "COMMENTED", "CHANGES_REQUESTED"]), st.sampled_from([0, 1, None]),
    ),
    max_size=12,
)  # fmt: skip
PULLS = [
    change(1, author_login="ana"), change(2, lines=4), change(3, additions=None),
    change(4, ready=1, lines=900),
]  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(REVIEWS)
def test_every_approval_of_a_person_is_measured_or_has_one_reason(given_reviews: list[tuple[Any, ...]]):
    reviews = [
        approved(number, seconds, reviewer=reviewer, reviewer_kind=kind, state=state, comment_count=comments,
                 review_id=f"r{place}")
        for place, (number, seconds, reviewer, kind, state, comments) in enumerate(given_reviews)
    ]  # fmt: skip
    found = rows(PULLS, reviews)
    may_be_people = [row for row in reviews if row["state"] == "APPROVED" and row["reviewer_kind"] != "bot"]
    assert sorted(found["review_id"]) == sorted(row["review_id"] for row in may_be_people)
    assert found["submitted_at"].is_sorted()
    assert set(found["left_out"].drop_nulls()) <= set(LEFT_OUT)
    is_measured = pl.col("left_out").is_null()
    assert found.filter(is_measured.ne(pl.col("is_fast").is_not_null())).is_empty()
    assert found.filter(pl.col("is_fast") & (pl.col("is_warned") | ~pl.col("is_silent"))).is_empty()


MINUTES = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 2)), min_size=1, max_size=10)


@settings(deadline=None, max_examples=20)
@given(MINUTES)
def test_a_rush_is_what_a_count_over_every_hour_finds(told: list[tuple[int, int]]):
    """Each approval is of 400 lines: three within an hour are a rush of the person who gave them."""
    people = ("robin", "sam", "alex")
    pulls = [change(n, 0, lines=400) for n in range(1, len(told) + 1)]
    given_reviews = [
        approved(n, 60.0 * minute, reviewer=people[who], review_id=f"r{n}")
        for n, (minute, who) in enumerate(told, start=1)
    ]
    found = {row["review_id"]: row["is_rushed"] for row in rows(pulls, given_reviews).rows(named=True)}
    for n, (minute, who) in enumerate(told, start=1):
        theirs = [other for other, whose in told if whose == who]
        hours = [
            sum(end - 60 < other <= end for other in theirs) for end in theirs if end - 60 < minute <= end
        ]
        assert found[f"r{n}"] is (max(hours) > 2)
