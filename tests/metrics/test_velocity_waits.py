from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.velocity.waits import SCHEMA
from tests.builders_metrics import changed_file, pilot
from tests.builders_velocity import at, opened, row, rows, turned, verdict


def outcome(*of: Any, **given: Any) -> tuple[str, float | None]:
    found = row(*of, **given)
    return found["outcome"], found["hours"]


# -- what ends a wait ---------------------------------------------------------------------------------


def test_the_first_independent_approval_ends_the_wait():
    found = row(opened(1, 2, merged=30), verdict(1, 12), verdict(1, 20, reviewer="sam"))
    assert (found["outcome"], found["hours"], found["reviewer"]) == ("approved", 10, "robin")
    assert (found["approved_at"], found["decided_at"]) == (at(12), at(12))


def test_closed_unmerged_and_merged_without_approval_end_it_too():
    assert outcome(opened(1, closed=5)) == ("rejected", 5)
    assert outcome(opened(1, merged=7)) == ("merged_unapproved", 7)


def test_an_open_one_has_waited_until_now():
    assert outcome(opened(1, 3), now=10) == ("open", 7)


def test_what_happens_later_has_not_happened_yet():
    story = (opened(1, merged=20), verdict(1, 15))
    assert outcome(*story, now=10) == ("open", 10)
    assert outcome(*story, now=15) == ("approved", 15)
    assert rows([story[0]], now=-1).is_empty()


def test_an_approval_at_the_close_counts_and_one_after_it_does_not():
    assert outcome(opened(1, merged=5), verdict(1, 5)) == ("approved", 5)
    assert outcome(opened(1, merged=5), verdict(1, 5.1)) == ("merged_unapproved", 5)
    assert outcome(opened(1, closed=5), verdict(1, 6)) == ("rejected", 5)


def test_a_pull_request_that_was_closed_and_reopened_waits_until_its_last_close():
    events = [turned(1, "closed", 2), turned(1, "reopened", 3)]
    assert outcome(opened(1, closed=9), events=events) == ("rejected", 9)
    assert outcome(opened(1), events=events, now=10) == ("open", 10)


def test_a_pull_request_that_was_deleted_while_open_was_watched_until_it_was_missed():
    found = row(opened(1, 2, gone_at=at(9)), now=100)
    assert (found["outcome"], found["hours"], found["stopped_at"]) == ("gone", 7, at(9))
    assert (found["decided_at"], found["is_draft_now"]) == (None, False)


def test_before_it_was_missed_it_was_open():
    assert outcome(opened(1, 2, gone_at=at(9)), now=8) == ("open", 6)
    assert outcome(opened(1, 2, gone_at=at(9)), now=9) == ("gone", 7)


def test_what_was_decided_before_it_was_deleted_stays_decided():
    assert outcome(opened(1, closed=5, gone_at=at(9))) == ("rejected", 5)
    assert outcome(opened(1, merged=5, gone_at=at(9))) == ("merged_unapproved", 5)
    assert outcome(opened(1, gone_at=at(9)), verdict(1, 4)) == ("approved", 4)


def test_without_known_reviews_a_deleted_one_has_no_known_outcome():
    assert outcome(opened(1, gone_at=at(9)), collected=False)[0] == "unknown"


def test_a_draft_that_was_deleted_never_waited():
    draft = opened(1, 0, ready=None, is_draft=True, gone_at=at(9))
    found = row(draft)
    assert (found["left_out"], found["clock_at"], found["is_draft_now"]) == (
        "deleted as a draft",
        None,
        False,
    )
    assert row(draft, now=8)["left_out"] == "still a draft"


# -- who counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nobody",
    [{"reviewer": "Ana"}, {"reviewer": "BO"}, {"reviewer": "lint", "reviewer_kind": "bot"}],
    ids=["author", "driver", "bot"],
)
def test_author_driver_and_bots_approve_nothing(nobody: dict[str, str]):
    pull = opened(1, merged=9, author_login="ana", driver="bo")
    assert outcome(pull, verdict(1, 2, **nobody)) == ("merged_unapproved", 9)
    assert outcome(pull, verdict(1, 2, **nobody), verdict(1, 4)) == ("approved", 4)


def test_a_dismissed_approval_counts_as_given_and_is_marked():
    taken_back = verdict(1, 3, "DISMISSED", state_before_dismissal="APPROVED")
    found = row(opened(1, merged=9), taken_back, verdict(1, 8))
    assert (found["outcome"], found["hours"], found["is_approval_dismissed"]) == ("approved", 3, True)
    assert row(opened(1, merged=9), verdict(1, 8))["is_approval_dismissed"] is False


@pytest.mark.parametrize(
    "doubt",
    [
        {"reviewer": None, "reviewer_kind": "deleted"},
        {"reviewer_kind": "unknown"},
        {"state": "DISMISSED"},
    ],
    ids=["deleted reviewer", "unknown kind of account", "lost verdict"],
)
@pytest.mark.parametrize("close", [{"closed": 9.0}, {"merged": 9.0}, {}], ids=["closed", "merged", "open"])
def test_what_may_have_been_an_approval_leaves_the_outcome_open(
    doubt: dict[str, Any], close: dict[str, float]
):
    doubtful = verdict(1, 2, **doubt)
    assert outcome(opened(1, **close), doubtful)[0] == "unknown"
    assert outcome(opened(1, **close), doubtful, verdict(1, 4)) == ("approved", 4)


def test_a_cut_list_of_reviews_cannot_deny_an_approval_but_can_show_one():
    pull = opened(1, merged=9, cut_lists=["reviews"])
    assert outcome(pull)[0] == "unknown"
    assert outcome(pull, verdict(1, 4)) == ("approved", 4)


def test_without_a_single_review_none_were_collected():
    assert outcome(opened(1, merged=9), collected=False)[0] == "unknown"
    assert row(opened(1, merged=9), collected=False)["rounds"] is None


# -- the clock ----------------------------------------------------------------------------------------


def test_the_clock_starts_when_a_draft_becomes_ready():
    found = row(opened(1, 0, ready=6, merged=20), verdict(1, 10))
    assert (found["clock_at"], found["clock_basis"], found["hours"]) == (at(6), "ready", 4)


def test_without_a_known_ready_time_it_starts_at_the_creation_and_says_so():
    found = row(opened(1, 1, ready=None, merged=20, is_draft=None), verdict(1, 10))
    assert (found["clock_basis"], found["hours"]) == ("created, ready time unknown", 9)
    assert row(opened(1, merged=20))["clock_basis"] == "created"


def test_an_approval_before_ready_counts_as_zero_hours():
    found = row(opened(1, 0, ready=6, merged=20), verdict(1, 5))
    assert (found["outcome"], found["hours"], found["is_approved_before_ready"]) == ("approved", 0, True)
    assert found["approved_at"] == at(5)


@pytest.mark.parametrize(("close", "reason"), [(None, "still a draft"), (8.0, "closed as a draft")])
def test_a_draft_does_not_wait_yet(close: float | None, reason: str):
    found = row(opened(1, ready=None, is_draft=True, closed=close), verdict(1, 3))
    assert (found["left_out"], found["clock_at"], found["hours"]) == (reason, None, None)


def test_what_closed_before_it_was_ready_closed_as_a_draft():
    assert row(opened(1, ready=9, closed=8))["left_out"] == "closed as a draft"


def test_by_the_setting_everything_waits_from_its_creation():
    draft = row(opened(1, ready=None, is_draft=True), clock="created", now=10)
    assert (draft["left_out"], draft["hours"], draft["outcome"]) == (None, 10, "open")
    events = [turned(1, "convert_to_draft", 4), turned(1, "ready_for_review", 7)]
    found = row(opened(1, ready=2, merged=20), verdict(1, 10), events=events, clock="created")
    assert (found["hours"], found["clock_basis"], found["draft_spells"]) == (10, "created", [])


# -- draft again --------------------------------------------------------------------------------------


def spells(*turns: tuple[str, float]) -> list[Any]:
    kinds = {"draft": "convert_to_draft", "ready": "ready_for_review"}
    return [turned(1, kinds[kind], hours) for kind, hours in turns]


def test_later_spells_as_a_draft_are_no_waiting():
    events = spells(("ready", 2), ("draft", 4), ("ready", 7), ("draft", 8), ("ready", 8.5))
    found = row(opened(1, ready=2, merged=20), verdict(1, 12), events=events)
    assert found["hours"] == 10 - 3 - 0.5
    assert [spell["from_at"] for spell in found["draft_spells"]] == [at(4), at(8)]


def test_a_spell_that_the_decision_interrupts_counts_up_to_it():
    events = spells(("draft", 4), ("ready", 30))
    assert outcome(opened(1, merged=40), verdict(1, 12), events=events) == ("approved", 4)
    assert outcome(opened(1), events=events, now=20) == ("open", 4)
    assert outcome(opened(1, closed=12), events=spells(("draft", 4))) == ("rejected", 4)


def test_a_spell_after_the_decision_changes_nothing():
    events = spells(("draft", 14), ("ready", 15))
    assert outcome(opened(1, merged=40), verdict(1, 12), events=events) == ("approved", 12)


def test_a_repeated_event_begins_no_second_spell():
    events = spells(("draft", 4), ("draft", 5), ("ready", 7), ("ready", 9))
    assert outcome(opened(1, merged=20), verdict(1, 12), events=events) == ("approved", 9)


def test_spells_of_known_length_count_only_where_they_must_lie_before_the_end():
    told = {"draft_seconds": 3 * 3600}
    assert outcome(opened(1, closed=10, **told)) == ("rejected", 7)
    assert outcome(opened(1, merged=20, **told), verdict(1, 10)) == ("approved", 10)
    assert outcome(opened(1, updated_at=at(9), **told), now=10) == ("open", 7)
    assert outcome(opened(1, updated_at=at(11), **told), now=10) == ("open", 10)
    assert outcome(opened(1, closed=2, **told)) == ("rejected", 0)


def test_events_are_believed_before_a_length():
    events = spells(("draft", 4), ("ready", 5))
    assert outcome(opened(1, closed=10, draft_seconds=7200), events=events) == ("rejected", 9)


@pytest.mark.parametrize(
    ("pull", "events", "is_draft"),
    [
        (opened(1), spells(("draft", 4)), True),
        (opened(1, is_draft=True), spells(("draft", 4), ("ready", 5)), False),
        (opened(1, is_draft=True), [], True),
        (opened(1, is_draft=True, closed=9), [], False),
        (opened(1, is_draft=None), [], False),
    ],
)
def test_being_a_draft_now_is_told_by_the_last_event_or_the_row(pull: Any, events: Any, *, is_draft: bool):
    assert row(pull, events=events)["is_draft_now"] is is_draft


# -- working time -------------------------------------------------------------------------------------


def test_working_hours_leave_nights_and_weekends_out():
    # ready Friday 15:00, approved Monday 10:00
    found = row(opened(1, 4 * 24 + 15, merged=400), verdict(1, 7 * 24 + 10))
    assert (found["hours"], found["working_hours"]) == (67, 3)


def test_a_wait_within_a_weekend_is_no_working_time():
    found = row(opened(1, 5 * 24 + 1, merged=400), verdict(1, 6 * 24 + 20))
    assert (found["hours"], found["working_hours"]) == (43, 0)


def test_a_draft_spell_takes_only_its_working_hours_away():
    events = [turned(1, "convert_to_draft", 12), turned(1, "ready_for_review", 24 + 10)]
    found = row(opened(1, 9, merged=400), verdict(1, 24 + 12), events=events)
    assert (found["hours"], found["working_hours"]) == (27 - 22, 3 + 2)


# -- people -------------------------------------------------------------------------------------------


def test_a_wait_hangs_on_who_approved_else_who_looked_first():
    looked = verdict(1, 2, "COMMENTED", reviewer="Kim")
    assert row(opened(1, merged=9), looked, verdict(1, 3))["cluster"] == "robin"
    found = row(opened(1, merged=9), looked)
    assert (found["reviewer"], found["cluster"]) == ("Kim", "kim")


def test_else_on_who_is_still_asked_and_on_nobody_who_only_merged_it():
    asked = turned(1, "review_requested", 1, subject="Lee")
    merged = opened(1, merged=9, merged_by="Sam", merged_by_kind="user")
    assert row(merged, events=[asked])["cluster"] == "lee"
    assert row(merged)["cluster"] is None


def test_waiting_for_names_who_was_asked_and_has_not_answered():
    events = [
        turned(1, "review_requested", 1, subject="lee"),
        turned(1, "review_requested", 1, subject="Kim"),
        turned(1, "review_requested", 1, subject="max"),
        turned(1, "review_request_removed", 2, subject="max"),
        turned(1, "review_requested", 1, subject="pat"),
        turned(1, "review_requested", 5, subject="pat"),
        turned(1, "labeled", 5, subject="bug"),
    ]
    answers = [verdict(1, 3, "COMMENTED", reviewer="KIM"), verdict(1, 3, "COMMENTED", reviewer="pat")]
    assert row(opened(1), *answers, events=events)["waiting_for"] == ["lee", "pat"]
    assert row(opened(1), *answers, verdict(1, 6), events=events)["waiting_for"] == []


def test_pull_requests_that_hang_on_one_person_share_a_code_and_lonely_ones_share_none():
    pulls = [opened(n, n, merged=90) for n in range(1, 6)]
    found = rows(pulls, [verdict(1, 50, reviewer="Kim"), verdict(2, 50, reviewer="kim"), verdict(3, 50)])
    codes = found["cluster_code"].to_list()
    assert codes[0] == codes[1]
    assert len(set(codes)) == 4


# -- reviews ------------------------------------------------------------------------------------------


def test_the_first_review_is_of_any_verdict_and_within_the_life_of_the_pull_request():
    found = row(opened(1, 1, merged=9), verdict(1, 4, "COMMENTED"), verdict(1, 6))
    assert (found["first_review_at"], found["first_review_hours"]) == (at(4), 3)
    assert row(opened(1, merged=9), verdict(1, 10, "COMMENTED"))["first_review_at"] is None
    assert row(opened(1, 0, ready=5, merged=9), verdict(1, 4))["first_review_hours"] == 0


def test_rounds_count_the_requests_for_changes_before_the_decision():
    asked = [verdict(1, hour, "CHANGES_REQUESTED") for hour in (2, 4, 8)]
    dismissed = verdict(1, 3, "DISMISSED", state_before_dismissal="CHANGES_REQUESTED")
    assert row(opened(1, merged=9), *asked, dismissed, verdict(1, 6))["rounds"] == 4
    assert row(opened(1, closed=9), *asked)["rounds"] == 4
    assert row(opened(1, closed=9), *asked, *asked)["rounds"] == 4
    assert row(opened(1, closed=9, cut_lists=["reviews"]), *asked)["rounds"] is None
    bots = verdict(1, 3, "CHANGES_REQUESTED", reviewer_kind="bot")
    assert row(opened(1, merged=9), bots)["rounds"] == 1


@pytest.mark.parametrize(
    ("approval", "pull", "is_stale"),
    [
        ({"commit_sha": "head1"}, {"last_push_at": at(8)}, False),
        ({"commit_sha": "older"}, {"last_push_at": at(1)}, True),
        ({}, {"last_push_at": at(8)}, True),
        ({}, {"last_push_at": at(4)}, False),
        ({}, {}, None),
    ],
    ids=["same commit", "another commit", "later push", "earlier push", "not told"],
)
def test_an_approval_is_stale_if_the_head_that_merged_is_newer(
    approval: dict[str, Any], pull: dict[str, Any], *, is_stale: bool | None
):
    assert row(opened(1, merged=9, **pull), verdict(1, 5, **approval))["is_stale_approval"] is is_stale


def test_staleness_looks_at_the_last_approval_that_stands():
    pull = opened(1, merged=9, last_push_at=at(6))
    dismissed = verdict(1, 7, "DISMISSED", state_before_dismissal="APPROVED", reviewer="sam")
    assert row(pull, verdict(1, 5), dismissed)["is_stale_approval"] is True
    assert row(pull, verdict(1, 5), verdict(1, 7, reviewer="sam"))["is_stale_approval"] is False
    assert row(pull, dismissed)["is_stale_approval"] is None
    assert row(opened(1, last_push_at=at(6)), verdict(1, 5))["is_stale_approval"] is None


def test_merged_over_a_change_request_that_its_author_did_not_take_back():
    refused = verdict(1, 3, "CHANGES_REQUESTED")
    merged = opened(1, merged=9)
    assert row(merged, refused, verdict(1, 5, reviewer="sam"))["is_over_change_request"] is True
    assert row(merged, refused, verdict(1, 5, "COMMENTED"))["is_over_change_request"] is True
    assert row(merged, refused, verdict(1, 5))["is_over_change_request"] is False
    assert (
        row(merged, verdict(1, 3, "DISMISSED", state_before_dismissal="CHANGES_REQUESTED"))[
            "is_over_change_request"
        ]
        is False
    )
    assert row(opened(1, closed=9), refused)["is_over_change_request"] is None
    assert row(opened(1, merged=9, cut_lists=["reviews"]))["is_over_change_request"] is None


# -- scope and size -----------------------------------------------------------------------------------


def test_every_authorship_and_state_is_there_and_other_repositories_are_not():
    pulls = [
        opened(1, authorship="human"), opened(2, merged=4, authorship="automation"),
        opened(3, repository="other/one"),
    ]  # fmt: skip
    assert rows(pulls)["number"].to_list() == [1, 2]


def test_what_goes_to_another_branch_is_left_out_and_an_unknown_one_stays():
    pulls = [opened(1, base_branch="old"), opened(2, base_branch=None), opened(3)]
    assert rows(pulls)["left_out"].to_list() == ["to another branch", None, None]
    protected = rows(pulls, pilot=pilot(protected_branch="old"))["left_out"].to_list()
    assert protected == [None, None, "to another branch"]


def test_what_touches_none_of_the_paths_is_left_out_unless_its_files_are_unknown_or_cut():
    pulls = [opened(1), opened(2), opened(3), opened(4, cut_lists=["files"])]
    files = [changed_file(1, "api/a.py"), changed_file(2, "web/b.ts"), changed_file(4, "web/b.ts")]
    found = rows(pulls, files=files, pilot=pilot(paths=("api/*",)))
    assert found["left_out"].to_list() == [None, "outside the pilot's paths", None, None]


@pytest.mark.parametrize(
    ("lines", "band"),
    [(0, "up to 10"), (10, "up to 10"), (11, "11-50"), (1000, "251-1000"), (1001, "over 1000")],
)
def test_size_bands_end_where_the_setting_says(lines: int, band: str):
    assert row(opened(1, additions=lines, deletions=0))["size_band"] == band
    assert row(opened(1, additions=lines, deletions=None))["size_band"] == "unknown"


def test_hours_from_creation_are_those_that_studies_take():
    found = rows([opened(1, 1, ready=3, merged=9), opened(2, 1, closed=4), opened(3)]).sort("number")
    assert found["hours_to_merge_from_creation"].to_list() == [8, None, None]
    assert found["hours_to_reject_from_creation"].to_list() == [None, 3, None]


def test_no_pull_request_gives_no_row_and_the_same_columns():
    assert rows([]).schema == SCHEMA
    assert rows([opened(1)]).schema == SCHEMA


# -- properties ---------------------------------------------------------------------------------------

STATES = st.sampled_from(["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"])
PEOPLE = st.sampled_from(["ana", "bo", "Robin", "robin", "sam"])
REVIEWS = st.lists(
    st.builds(
        lambda number, hours, state, person: verdict(number, hours, state, reviewer=person),
        st.integers(1, 4), st.integers(0, 20), STATES, PEOPLE,
    ),
    max_size=12,
)  # fmt: skip
EVENTS = st.lists(
    st.builds(
        turned,
        st.integers(1, 4),
        st.sampled_from(["convert_to_draft", "ready_for_review", "review_requested"]),
        st.integers(0, 20),
        subject=PEOPLE,
    ),
    max_size=8,
)
PULLS = [
    opened(1, merged=15, author_login="ana"), opened(2, closed=12, ready=3, driver="bo"), opened(3, 2),
    opened(4, ready=None, is_draft=True),
]  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(REVIEWS, EVENTS, st.randoms(use_true_random=False))
def test_order_and_copies_of_rows_change_nothing(reviews: Any, events: Any, chance: Any):
    usual = rows(PULLS, reviews, events, now=18)
    mixed = [chance.sample(part, len(part)) for part in (PULLS, [*reviews, *reviews], [*events, *events])]
    assert rows(mixed[0], mixed[1], mixed[2], now=18).equals(usual)


@settings(deadline=None, max_examples=25)
@given(REVIEWS, EVENTS)
def test_waits_lie_between_nothing_and_their_whole_length(reviews: Any, events: Any):
    found = rows(PULLS, reviews, events, now=18).filter(pl.col("clock_at").is_not_null())
    length = (found["stopped_at"] - found["clock_at"]).dt.total_seconds() / 3600
    assert found["hours"].is_between(0, length).all()
    assert (found["working_hours"] <= found["hours"]).all()
    assert (found["outcome"] == "approved").equals(found["approved_at"].is_not_null())


@settings(deadline=None, max_examples=20)
@given(REVIEWS, EVENTS, st.integers(1, 20))
def test_looking_earlier_changes_only_what_was_not_decided_then(reviews: Any, events: Any, now: int):
    now_and_later = (rows(PULLS, reviews, events, now=hour) for hour in (now, 40))
    earlier, later = (
        found.filter(pl.col("left_out").is_null()).select("number", "outcome", "decided_at", "hours")
        for found in now_and_later
    )
    decided = earlier.filter(pl.col("outcome").is_in(["approved", "rejected", "merged_unapproved"]))
    assert decided.join(later, on=decided.columns, how="anti").is_empty()
