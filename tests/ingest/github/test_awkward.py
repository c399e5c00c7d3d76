"""Awkward pull requests that were met in the field, through live answers to rows, one test each.

Not here: alerts without a severity and the abuse limit are the business of alerts and of limits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.judging import judge_pull_requests
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed
from ingest.sources.github_export.parts import PENDING
from tests.builders_github import BOB, JANE, at, commit, event, node, review, rows
from tests.builders_live import AT, live, parsed, suites_exchange, told

HEAD, OLD_HEAD = "c" * 40, "a" * 40
EVE = {"__typename": "User", "login": "eve"}


def bot(login: str) -> dict[str, Any]:
    return {"__typename": "Bot", "login": login}


def moment(clock: str, day: int = 1) -> datetime:
    return datetime.fromisoformat(at(clock, day))


def only(result: Parsed, table: str = "pull_requests") -> dict[str, Any]:
    (row,) = trusted(result, table)
    return row


def trusted(result: Parsed, table: str) -> list[dict[str, Any]]:
    """Rows of a table; every one holds its contract."""
    if table not in result.frames:
        return []
    stamped = result.frames[table].with_columns(
        source=pl.lit("github"), ingested_at=pl.lit(AT).dt.cast_time_unit("us")
    )
    checked = check(stamped, BY_NAME[table])
    assert checked.rejected_by_rule == {}
    return checked.valid.to_dicts()


def verdicts(result: Parsed) -> list[tuple[str, str | None]]:
    return [(row["state"], row["state_before_dismissal"]) for row in trusted(result, "reviews")]


def kinds(result: Parsed) -> list[str]:
    return [row["kind"] for row in trusted(result, "review_events")]


def merged(**fields: Any) -> dict[str, Any]:
    return node(**{"mergedAt": at("11:00"), "closedAt": at("11:00"), "mergedBy": BOB, **fields})


def judged(result: Parsed) -> dict[str, Any]:
    frames = {name: result.frames[name] for name in ("pull_requests", "changed_files", "commits")}
    (row,) = judge_pull_requests(*frames.values(), IngestSettings()).to_dicts()
    return row


def test_01_a_review_whose_author_was_deleted_is_a_review_by_nobody():
    row = only(live(node(reviews=[review(author=None)])), "reviews")

    assert (row["reviewer"], row["reviewer_kind"], row["state"]) == (None, "deleted", "APPROVED")


def test_02_an_author_who_was_deleted_has_no_login_as_null_or_as_ghost():
    ghost = {"__typename": "User", "login": "ghost"}
    authors = [only(live(node(author=author))) for author in (None, ghost)]

    assert [(row["author_login"], row["author_kind"]) for row in authors] == [(None, "deleted")] * 2


def test_03_a_fork_that_was_deleted_takes_the_sizes_of_its_changes_along():
    lost = node(headRefName="main", additions=0, deletions=0, changedFiles=0, files=[])
    result = live(lost)

    assert [only(result)[name] for name in ("additions", "deletions", "changed_file_count")] == [None] * 3
    assert judge_pull_requests(
        result.frames["pull_requests"],
        pl.DataFrame(schema={name: BY_NAME["changed_files"].polars_schema[name] for name in
                             ("repository", "number", "path", "additions", "file_class", "sensitive_area")}),
        result.frames["commits"],
        IngestSettings(),
    )["relevant_file_count"].to_list() == [None]  # fmt: skip


def test_04_a_team_that_was_asked_to_review_is_named_by_its_slug():
    team = {"__typename": "Team", "slug": "core-payments"}
    asked = [event("ReviewRequestedEvent", "08:30", requestedReviewer=team)]

    assert only(live(node(timelineItems=asked)), "review_events")["subject"] == "core-payments"


def test_05_a_review_that_is_still_being_written_has_not_happened():
    result = live(node(reviews=[review("PENDING", submittedAt=None)]))

    assert trusted(result, "reviews") == []
    assert result.left_out == {PENDING: 1}


def test_06_two_reviews_that_were_dismissed_keep_each_its_own_verdict():
    given = [
        review("DISMISSED", id="PRR_1", fullDatabaseId="1"),
        review("DISMISSED", id="PRR_2", fullDatabaseId="2", author=EVE),
    ]
    acts = [
        event("ReviewDismissedEvent", "10:10", previousReviewState="CHANGES_REQUESTED",
              review={"id": "PRR_2", "fullDatabaseId": "2"}),
        event("ReviewDismissedEvent", "10:20", previousReviewState="APPROVED",
              review={"id": "PRR_1", "fullDatabaseId": "1"}),
    ]  # fmt: skip

    assert verdicts(live(node(reviews=given, timelineItems=acts))) == [
        ("DISMISSED", "APPROVED"),
        ("DISMISSED", "CHANGES_REQUESTED"),
    ]


def test_07_an_approval_by_a_bot_is_one_by_a_machine():
    reviewers = [bot("coderabbitai"), {"__typename": "User", "login": "coderabbitai"}]
    approved = [review(id=str(n), fullDatabaseId=str(n), author=by) for n, by in enumerate(reviewers)]

    assert [row["reviewer_kind"] for row in trusted(live(node(reviews=approved)), "reviews")] == [
        "bot",
        "bot",
    ]


def test_08_an_approval_before_ready_stands_before_the_clock_starts():
    draft = node(
        reviews=[review(submittedAt=at("09:00"))], timelineItems=[event("ReadyForReviewEvent", "10:00")]
    )
    result = live(draft)

    assert only(result)["ready_at"] == moment("10:00")
    assert only(result, "reviews")["submitted_at"] == moment("09:00")


def test_09_a_force_push_after_the_last_approval_is_the_last_push():
    pushed = event("HeadRefForcePushedEvent", "10:30", afterCommit={"oid": HEAD})
    result = live(merged(reviews=[review(commit={"oid": OLD_HEAD})], timelineItems=[pushed]))

    assert only(result)["last_push_at"] == moment("10:30")
    assert only(result, "reviews")["submitted_at"] == moment("10:00")
    assert only(result, "reviews")["commit_sha"] != only(result)["head_sha"]


def test_10_a_change_that_was_ready_twice_started_its_clock_at_the_first_time():
    timeline = [
        event("ReadyForReviewEvent", "09:00"),
        event("ConvertToDraftEvent", "10:00"),
        event("ReadyForReviewEvent", "10:30"),
    ]
    row = only(live(node(timelineItems=timeline)))

    assert (row["ready_at"], row["draft_seconds"]) == (moment("09:00"), 1800)


def test_11_a_change_that_was_closed_reopened_and_merged_is_merged():
    timeline = [
        event("ClosedEvent", "09:00"),
        event("ReopenedEvent", "09:30"),
        event("MergedEvent", "11:00", commit={"oid": "d" * 40}),
        event("ClosedEvent", "11:01"),
    ]
    result = live(merged(timelineItems=timeline, closedAt=at("11:01")))

    assert (only(result)["merged_at"], only(result)["closed_at"]) == (moment("11:00"), moment("11:01"))
    assert kinds(result) == ["closed", "reopened", "merged", "closed"]


def test_12_every_entry_into_a_merge_queue_is_an_event():
    timeline = [
        event("AddedToMergeQueueEvent", "09:00"),
        event("RemovedFromMergeQueueEvent", "09:30"),
        event("AddedToMergeQueueEvent", "10:00"),
    ]

    assert kinds(live(merged(timelineItems=timeline, mergedBy=bot("github-merge-queue")))) == [
        "added_to_merge_queue",
        "removed_from_merge_queue",
        "added_to_merge_queue",
    ]


def test_13_a_change_that_a_bot_merged_was_merged_by_a_machine():
    row = only(live(merged(mergedBy=bot("graphite-app"))))

    assert (row["merged_by"], row["merged_by_kind"]) == ("graphite-app", "bot")


def test_14_a_request_for_changes_stands_beside_the_merge():
    result = live(merged(reviews=[review("CHANGES_REQUESTED")]))

    assert verdicts(result) == [("CHANGES_REQUESTED", None)]
    assert only(result)["merged_at"] == moment("11:00")


def test_15_a_later_request_for_changes_comes_after_the_approval():
    given = [review(), review("CHANGES_REQUESTED", id="PRR_2", fullDatabaseId="12", submittedAt=at("10:30"))]
    told_rows = trusted(live(node(reviews=given)), "reviews")

    assert [row["state"] for row in sorted(told_rows, key=lambda row: row["submitted_at"])] == [
        "APPROVED",
        "CHANGES_REQUESTED",
    ]


def test_16_a_review_after_the_merge_keeps_its_moment():
    result = live(merged(reviews=[review("COMMENTED", submittedAt=at("12:00"))]))

    assert only(result, "reviews")["submitted_at"] > only(result)["merged_at"]


def test_17_an_approval_within_a_minute_is_one_to_the_second():
    result = live(node(reviews=[review(submittedAt="2026-06-01T08:00:41Z")]))
    waited = only(result, "reviews")["submitted_at"] - only(result)["ready_at"]

    assert waited.total_seconds() == 41


def test_18_a_review_of_ones_own_change_bears_the_authors_name():
    result = live(node(reviews=[review("COMMENTED", author=JANE)]))

    assert only(result, "reviews")["reviewer"] == only(result)["author_login"] == "jane"


def test_19_a_commit_without_author_or_account_is_by_nobody_known():
    made = [commit(OLD_HEAD, author=None), commit(author={"name": None, "email": None, "user": None})]
    told_rows = trusted(live(node(commits=made)), "commits")

    assert [(row["author_login"], row["author_kind"]) for row in told_rows] == [(None, "unknown")] * 2


def test_20_a_co_author_called_claude_without_anthropics_address_may_be_a_person():
    made = commit(message="Fix\n\nCo-authored-by: claude <claude@people.example>")
    result = live(node(commits=[made]))

    assert (judged(result)["authorship"], only(result, "commits")["model"]) == ("human", None)


def test_21_a_list_of_exactly_thirty_is_whole_when_github_says_that_it_ends():
    thirty = [commit(f"{n:040d}") for n in range(29)] + [commit()]
    result = live(node(commits=thirty))

    assert only(result)["cut_lists"] == []
    assert len(trusted(result, "commits")) == 30


def test_21_a_list_beyond_a_page_is_followed_to_its_end():
    many = [review("COMMENTED", id=f"PRR_{n}", fullDatabaseId=str(n)) for n in range(137)]
    result = live(node(reviews=many))

    assert len(trusted(result, "reviews")) == 137
    assert only(result)["cut_lists"] == []


def test_22_check_suites_that_stay_queued_for_ever_do_not_hide_that_the_others_passed():
    waiting = node(commits=[commit(statusCheckRollup={"state": "PENDING"})])
    idle = {"status": "QUEUED", "conclusion": None, "createdAt": at("08:00"), "app": {"slug": "dependabot"}}
    passed = idle | {"status": "COMPLETED", "conclusion": "SUCCESS", "app": {"slug": "github-actions"}}

    assert only(live(waiting))["checks_at_merge"] == "pending"
    result = parsed(*told([waiting]), suites_exchange(1, idle, passed))
    assert only(result)["checks_at_merge"] == "success"


def test_25_states_in_lower_case_are_the_same_states():
    given = [review("approved"), review("dismissed", id="PRR_2", fullDatabaseId="12")]
    act = event(
        "ReviewDismissedEvent", "10:30", previousReviewState="changes_requested", review={"id": "PRR_2"}
    )
    lower = node(reviews=given, timelineItems=[act], commits=[commit(statusCheckRollup={"state": "success"})])

    assert verdicts(live(lower)) == [("APPROVED", None), ("DISMISSED", "CHANGES_REQUESTED")]
    assert only(live(lower))["checks_at_merge"] == "success"


def test_26_a_description_that_is_null_carries_no_traces():
    result = live(node(body=None, reviews=[review(body=None)]))

    assert only(result)["signals"] == []
    assert only(result, "reviews")["body_chars"] is None


def test_27_a_change_that_a_bot_opened_has_its_author():
    row = only(live(node(author=bot("dependabot"))))

    assert (row["author_login"], row["author_kind"]) == ("dependabot", "bot")


def test_28_auto_merge_is_an_event_by_whoever_turned_it_on():
    timeline = [event("AutoMergeEnabledEvent", "09:00", actor=BOB), event("AutoMergeDisabledEvent", "09:30")]
    told_rows = trusted(live(node(timelineItems=timeline)), "review_events")

    assert [(row["kind"], row["actor"]) for row in told_rows] == [
        ("auto_merge_enabled", "bob"),
        ("auto_merge_disabled", "jane"),
    ]


def test_29_an_app_has_one_spelling():
    spellings = ["app/mendral-app", "mendral-app[bot]"]
    opened = [only(live(node(author={"__typename": "User", "login": login}))) for login in spellings]
    opened.append(only(live(node(author=bot("mendral-app")))))

    assert [(row["author_login"], row["author_kind"]) for row in opened] == [("mendral-app", "bot")] * 3


def test_moments_of_servers_that_tell_milliseconds_are_the_same_moments():
    exact = live(node(createdAt="2026-06-01T08:00:00.250Z", updatedAt="2026-06-01T12:00:00Z"))

    assert only(exact)["created_at"] == datetime.fromisoformat("2026-06-01T08:00:00.250+00:00")


def test_all_of_them_together_are_as_each_alone():
    some = [node(n, reviews=[review(id=f"PRR_{n}", fullDatabaseId=str(n))]) for n in range(1, 40)]
    alone = [rows(live(one), "reviews")[0]["review_id"] for one in some]

    assert [row["review_id"] for row in trusted(live(*some), "reviews")] == alone
