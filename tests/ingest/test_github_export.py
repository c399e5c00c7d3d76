from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.errors import RefusedFileError
from ingest.settings import AuthorshipSettings, ClassSettings, FilesSettings, IngestSettings, SourcesSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.github_export import GITHUB_EXPORT
from ingest.sources.github_export.parts import COPIES, PENDING
from tests.builders_github import (
    BOB,
    JANE,
    REPOSITORY,
    at,
    commit,
    connection,
    event,
    node,
    page,
    parse,
    review,
    rows,
)

REAL = Path(__file__).parents[2] / ".." / "shared" / "real" / "pull_requests" / "graphql"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="real files are kept beside the project")


def moment(clock: str, day: int = 1) -> datetime:
    return datetime.fromisoformat(at(clock, day))


def checked(parsed: Parsed, table: str = "pull_requests"):
    stamped = parsed.frames[table].with_columns(
        source=pl.lit("github_export"),
        ingested_at=pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us"),
    )
    return check(stamped, BY_NAME[table])


def only(parsed: Parsed, table: str = "pull_requests"):
    (row,) = rows(parsed, table)
    return row


# --- shapes


SHAPES: dict[str, Callable[[Any], Any]] = {
    "an answer of the interface": page,
    "answers in a list": lambda one: [page(one)],
    "a named list": lambda one: {"nameWithOwner": REPOSITORY, "pullRequests": [one]},
    "a list with page information": lambda one: {
        "nameWithOwner": REPOSITORY,
        "pullRequests": connection([one]),
    },
    "edges": lambda one: {"nameWithOwner": REPOSITORY, "pullRequests": {"edges": [{"node": one}]}},
    "a list of nodes": lambda one: [one],
    "one node": lambda one: one,
    "one pull request of a repository": lambda one: {
        "data": {"repository": {"nameWithOwner": REPOSITORY, "pullRequest": one}}
    },
    "a search": lambda one: {"data": {"search": {"nodes": [one]}}},
    "JSON lines": lambda one: json.dumps(one).encode() + b"\n\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_that_people_save_gives_the_same_pull_request(shape: Any, tmp_path: Path):
    row = only(parse(tmp_path, SHAPES[shape](node(7))))

    assert (row["repository"], row["number"], row["author_login"]) == (REPOSITORY, 7, "jane")


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "UTF-8 with a mark": lambda content: b"\xef\xbb\xbf" + content,
    "UTF-16": lambda content: content.decode().encode("utf-16"),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_gzip_and_byte_order_marks_are_taken_off(wrap: Any, tmp_path: Path):
    content = wrap(json.dumps(page(node(7))).encode())

    assert only(parse(tmp_path, content))["number"] == 7


def test_whole_lines_leave_nothing_out(tmp_path: Path):
    assert parse(tmp_path, "\n".join(json.dumps(node(number)) for number in (1, 2)).encode()).left_out == {}


def test_moments_keep_their_meaning_at_any_offset_and_at_the_end_of_the_calendar(tmp_path: Path):
    told = node(commits=[commit(committedDate="2026-06-01T12:00:00+02:00")])
    edge = node(2, commits=[commit(committedDate="0001-01-01T00:00:00+05:00")])

    pushed = parse(tmp_path, [told, edge]).frames["pull_requests"]["last_push_at"]

    assert pushed[0] == moment("10:00")
    assert pushed.null_count() == 0


def test_the_default_branch_comes_from_the_page(tmp_path: Path):
    assert (
        only(parse(tmp_path, page(node(), defaultBranchRef={"name": "trunk"})))["default_branch"] == "trunk"
    )


def test_a_node_names_its_own_repository_before_the_page_does(tmp_path: Path):
    own = node(repository={"nameWithOwner": "acme/search"})

    assert only(parse(tmp_path, page(own)))["repository"] == "acme/search"


def test_a_cut_last_line_costs_only_itself_and_is_counted(tmp_path: Path):
    lines = "\n".join(json.dumps(node(number)) for number in (1, 2, 3)).encode()

    parsed = parse(tmp_path, lines[:-40])

    assert [row["number"] for row in rows(parsed)] == [1, 2]
    assert parsed.left_out == {"record that is cut off or is no JSON": 1}


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "an empty file"),
        (b"<html>Sign in</html>", "begin with '<html>"),
        (json.dumps(page(node())).encode()[:-30], "is not JSON"),
        (b'{"runs": []}', "holds no pull requests"),
        (b'"text"', "holds no pull requests"),
        (gzip.compress(b"[]" * 900, mtime=0)[:-9], "gzip"),
        (b'{"data": null, "errors": [{"message": "Bad credentials"}]}', "Bad credentials"),
    ],
)
def test_a_file_without_pull_requests_is_refused_and_says_what_was_seen(
    content: Any, seen: Any, tmp_path: Path
):
    with pytest.raises(RefusedFileError, match=r"pulls\.json") as refusal:
        parse(tmp_path, content)

    assert seen in str(refusal.value)


def test_an_empty_page_is_no_error_and_gives_no_rows(tmp_path: Path):
    assert parse(tmp_path, page()).frames == {}


def test_errors_beside_an_answer_are_counted(tmp_path: Path):
    answer = page(node()) | {"errors": [{"message": "Something went wrong"}]}

    assert parse(tmp_path, answer).left_out == {"error that GitHub reported beside its answer": 1}


# --- what is unknown stays unknown


def test_three_zeros_in_a_plain_list_mean_that_sizes_were_not_collected(tmp_path: Path):
    row = only(parse(tmp_path, [node(additions=0, deletions=0, changedFiles=0, files=[])]))

    assert (row["additions"], row["deletions"], row["changed_file_count"]) == (None, None, None)


def test_an_empty_change_that_github_itself_reports_is_really_empty(tmp_path: Path):
    row = only(parse(tmp_path, page(node(additions=0, deletions=0, changedFiles=0, files=connection([])))))

    assert (row["additions"], row["deletions"], row["changed_file_count"]) == (0, 0, 0)


def test_fields_that_nobody_asked_for_are_null_and_not_zero(tmp_path: Path):
    bare = {"number": 3, "url": f"https://git.example/{REPOSITORY}/pull/3", "createdAt": at("08:00")}
    row = only(parse(tmp_path, [bare]))

    unknown = (
        "additions",
        "is_draft",
        "ready_at",
        "draft_seconds",
        "last_push_at",
        "checks_at_merge",
        "merged_by",
    )
    assert {row[name] for name in unknown} == {None}
    assert row["author_kind"] == "unknown"


@pytest.mark.parametrize(
    ("reviews", "is_cut"),
    [
        ([review(id=str(i), fullDatabaseId=str(i)) for i in range(29)], False),
        ([review(id=str(i), fullDatabaseId=str(i)) for i in range(30)], True),
        (connection([review()], more=True), True),
        (connection([review(id=str(i), fullDatabaseId=str(i)) for i in range(30)]), False),
        ({"nodes": [review()], "totalCount": 2}, True),
        ({"nodes": [review()], "totalCount": 1}, False),
    ],
)
def test_a_list_that_goes_on_is_named(reviews: Any, is_cut: Any, tmp_path: Path):
    assert only(parse(tmp_path, [node(reviews=reviews)]))["cut_lists"] == (["reviews"] if is_cut else [])


# --- drafts


@pytest.mark.parametrize(
    ("is_draft", "events", "ready", "seconds"),
    [
        (False, [], "08:00", 0),
        (True, [], None, None),
        (False, [("ReadyForReviewEvent", "09:00")], "09:00", 0),
        (True, [("ConvertToDraftEvent", "09:00")], "08:00", 0),
        (
            False,
            [
                ("ReadyForReviewEvent", "10:30"),
                ("ConvertToDraftEvent", "10:00"),
                ("ReadyForReviewEvent", "09:00"),
            ],
            "09:00",
            1800,
        ),
    ],
    ids=["never a draft", "still a draft", "born a draft", "made a draft and still one", "ready twice"],
)
def test_the_clock_starts_when_a_change_is_first_ready(
    is_draft: Any, events: Any, ready: Any, seconds: Any, tmp_path: Path
):
    timeline = [event(kind, clock) for kind, clock in events]
    row = only(parse(tmp_path, [node(isDraft=is_draft, timelineItems=timeline)]))

    assert row["ready_at"] == (moment(ready) if ready else None)
    assert row["draft_seconds"] == seconds


def test_a_draft_spell_ends_with_the_pull_request(tmp_path: Path):
    timeline = [event("ConvertToDraftEvent", "09:00")]
    row = only(parse(tmp_path, [node(isDraft=True, closedAt=at("09:10"), timelineItems=timeline)]))

    assert row["draft_seconds"] == 600


def test_without_a_timeline_nobody_knows_when_it_was_ready(tmp_path: Path):
    told = node()
    del told["timelineItems"]

    assert only(parse(tmp_path, [told]))["ready_at"] is None


# --- pushes, checks, merging


def test_the_last_push_is_the_latest_commit_or_force_push(tmp_path: Path):
    pushed = [event("HeadRefForcePushedEvent", "11:00"), event("MergedEvent", "12:00")]

    assert only(parse(tmp_path, [node(timelineItems=pushed)]))["last_push_at"] == moment("11:00")


def test_a_cut_list_of_commits_without_the_head_does_not_tell_the_last_push(tmp_path: Path):
    row = only(parse(tmp_path, [node(commits=connection([commit("a" * 40)], more=True))]))

    assert (row["last_push_at"], row["checks_at_merge"]) == (None, None)


@pytest.mark.parametrize(
    ("rollup", "word"),
    [
        ({"state": "SUCCESS"}, "success"),
        ({"state": "ERROR"}, "failure"),
        ({"state": "EXPECTED"}, "pending"),
        (None, "none"),
    ],
)
def test_checks_are_those_of_the_head_commit(rollup: Any, word: Any, tmp_path: Path):
    made = [commit(statusCheckRollup=rollup), commit("a" * 40, statusCheckRollup={"state": "FAILURE"})]

    assert only(parse(tmp_path, [node(commits=made)]))["checks_at_merge"] == word


def test_the_timeline_tells_who_merged_where_the_field_does_not(tmp_path: Path):
    merged = event("MergedEvent", "11:00", actor=BOB, commit={"oid": "d" * 40})
    row = only(parse(tmp_path, [node(mergedAt=at("11:00"), timelineItems=[merged])]))

    assert (row["merged_by"], row["merged_by_kind"], row["merge_sha"]) == ("bob", "user", "d" * 40)
    assert row["closed_at"] == moment("11:00")


def test_accounts_are_told_apart_by_their_type(tmp_path: Path):
    kinds = [
        only(parse(tmp_path, [node(author=author)]))["author_kind"]
        for author in (
            JANE,
            {"__typename": "Bot", "login": "dependabot"},
            None,
            {"__typename": "Mannequin", "login": "m"},
        )
    ]

    assert kinds == ["user", "bot", "deleted", "mannequin"]


def test_a_login_that_the_settings_call_automation_is_no_human_reviewer(tmp_path: Path):
    configured = IngestSettings(authorship=AuthorshipSettings(automation=["Bob"]))

    assert only(parse(tmp_path, [node(reviews=[review()])], configured), "reviews")["reviewer_kind"] == "bot"


# --- reviews


def test_a_pending_review_has_not_happened_and_is_counted(tmp_path: Path):
    parsed = parse(tmp_path, [node(reviews=[review("PENDING", submittedAt=None), review()])])

    assert len(rows(parsed, "reviews")) == 1
    assert parsed.left_out == {PENDING: 1}


def test_a_review_keeps_its_length_and_not_its_text(tmp_path: Path):
    row = only(parse(tmp_path, [node(reviews=[review(body="Looks fine")])]), "reviews")

    assert (row["body_chars"], row["comment_count"], row["review_id"]) == (10, 2, "11")
    assert "Looks fine" not in str(row)


def test_a_deleted_reviewer_is_null_and_deleted(tmp_path: Path):
    row = only(parse(tmp_path, [node(reviews=[review(author=None)])]), "reviews")

    assert (row["reviewer"], row["reviewer_kind"]) == (None, "deleted")


def dismissal(clock: str = "11:00", **fields: Any):
    return event("ReviewDismissedEvent", clock, previousReviewState="APPROVED", **fields)


def states_before(folder: Path, reviews: Any, timeline: Any):
    parsed = parse(folder, [node(reviews=reviews, timelineItems=timeline)])
    return [row["state_before_dismissal"] for row in rows(parsed, "reviews")]


def test_a_dismissed_verdict_is_recovered_by_the_id_of_its_review(tmp_path: Path):
    reviews = [
        review("DISMISSED", id="A", fullDatabaseId="1"),
        review("DISMISSED", id="B", fullDatabaseId="2"),
    ]

    assert states_before(tmp_path, reviews, [dismissal(review={"id": "B"})]) == [None, "APPROVED"]


def test_a_dismissed_verdict_is_recovered_by_its_reviewer_and_time(tmp_path: Path):
    reviews = [
        review("DISMISSED", id="A", fullDatabaseId="1", submittedAt=at("09:00")),
        review("DISMISSED", id="B", fullDatabaseId="2", submittedAt=at("10:00")),
        review("DISMISSED", id="C", fullDatabaseId="3", submittedAt=at("12:00")),
        review("DISMISSED", id="D", fullDatabaseId="4", submittedAt=at("10:30"), author=JANE),
    ]

    assert states_before(tmp_path, reviews, [dismissal(review={"author": BOB})]) == [
        None,
        "APPROVED",
        None,
        None,
    ]


def test_the_only_dismissed_review_is_meant_when_the_event_names_none(tmp_path: Path):
    assert states_before(tmp_path, [review("DISMISSED")], [dismissal(review=None)]) == ["APPROVED"]


def test_two_dismissed_reviews_and_an_event_without_a_name_stay_unknown(tmp_path: Path):
    reviews = [
        review("DISMISSED", id="A", fullDatabaseId="1"),
        review("DISMISSED", id="B", fullDatabaseId="2"),
    ]

    assert states_before(tmp_path, reviews, [dismissal(review=None)]) == [None, None]


# --- events, commits, files


def test_events_are_named_as_the_other_interface_names_them(tmp_path: Path):
    timeline = [
        event("ReviewRequestedEvent", "08:10", requestedReviewer=BOB),
        event("ReviewRequestedEvent", "08:20", requestedReviewer={"__typename": "Team", "slug": "security"}),
        event("AddedToMergeQueueEvent", "08:30"),
        event("PullRequestReview", "08:40"),
    ]
    parsed = parse(tmp_path, [node(timelineItems=timeline)])

    assert [(row["kind"], row["subject"]) for row in rows(parsed, "review_events")] == [
        ("review_requested", "bob"), ("review_requested", "security"), ("added_to_merge_queue", None),
    ]  # fmt: skip
    assert parsed.left_out == {COPIES: 1}


def test_events_without_an_id_get_one_that_does_not_change(tmp_path: Path):
    twice = [event("ReopenedEvent", "09:00", id=None)] * 2
    first = [row["event_id"] for row in rows(parse(tmp_path, [node(timelineItems=twice)]), "review_events")]
    again = [row["event_id"] for row in rows(parse(tmp_path, [node(timelineItems=twice)]), "review_events")]

    assert first == again
    assert len(set(first)) == 2


def test_a_commit_without_an_account_has_an_unknown_author(tmp_path: Path):
    made = commit(author={"name": "Jane", "email": "jane@people.example", "user": None})
    row = only(parse(tmp_path, [node(commits=[made])]), "commits")

    assert (row["author_login"], row["author_kind"], row["authorship"]) == (None, "unknown", "human")


def test_files_carry_their_class_by_the_settings(tmp_path: Path):
    configured = IngestSettings(classes=ClassSettings(generated=["src/totals.py"]))
    row = only(parse(tmp_path, [node()], configured), "changed_files")

    assert (row["file_class"], row["opened_at"]) == ("generated", moment("08:00"))


def test_no_text_of_people_and_no_address_is_stored(tmp_path: Path):
    body = "Totals were off.\n\nCo-authored-by: Bob <bob@people.example>"
    told = node(body=body, commits=[commit(message=f"Fix\n\n{body}")])
    stored = str([frame.to_dicts() for frame in parse(tmp_path, [told]).frames.values()])

    assert "Totals were off" not in stored
    assert "people.example" not in stored


def test_an_assigned_person_is_kept_as_the_possible_driver(tmp_path: Path):
    told = node(author={"__typename": "Bot", "login": "copilot-swe-agent"}, assignees=[BOB])

    assert "driver-assignee: bob" in only(parse(tmp_path, [told]))["signals"]


def test_without_a_list_of_assignees_the_timeline_says_who_is_still_assigned(tmp_path: Path):
    agent = {"__typename": "Bot", "login": "copilot-swe-agent"}
    ann = {"__typename": "User", "login": "ann"}
    timeline = [
        event("AssignedEvent", "09:00", assignee=BOB, actor=agent),
        event("AssignedEvent", "09:01", assignee=ann, actor=agent),
        event("UnassignedEvent", "09:02", assignee=BOB, actor=agent),
        event("AssignedEvent", "09:03", assignee=agent, actor=BOB),
    ]

    signals = only(parse(tmp_path, [node(author=agent, timelineItems=timeline)]))["signals"]

    assert signals[1:] == ["driver-assigner: bob", "driver-assignee: ann"]


def test_the_author_of_an_issue_that_it_closes_is_a_possible_driver(tmp_path: Path):
    closes = [{"number": 3, "author": BOB}, {"number": 4, "author": JANE}, {"number": 5}]

    assert only(parse(tmp_path, [node(closingIssuesReferences=closes)]))["signals"] == [
        "driver-issue-author: bob"
    ]


def test_verdicts_in_lower_case_are_recovered_too(tmp_path: Path):
    act = event("ReviewDismissedEvent", "11:00", previousReviewState="approved", review={"id": "PRR_1"})
    parsed = parse(tmp_path, [node(reviews=[review("dismissed")], timelineItems=[act])])

    assert only(parsed, "reviews")["state_before_dismissal"] == "APPROVED"
    assert only(parsed, "review_events")["previous_state"] == "APPROVED"


# --- bad rows


def test_a_malformed_pull_request_goes_to_quarantine_and_the_file_stays(tmp_path: Path):
    result = checked(parse(tmp_path, page(node(1), node(2, createdAt="yesterday"), node(3))))

    assert result.valid.get_column("number").to_list() == [1, 3]
    assert result.rejected_by_rule == {"created_at|type": 1}
    assert result.rejected.get_column("created_at").to_list() == ["yesterday"]


def test_moments_of_good_rows_survive_a_malformed_neighbour(tmp_path: Path):
    alone = checked(parse(tmp_path, page(node(1)))).valid
    beside = checked(parse(tmp_path, page(node(1), node("two")))).valid

    assert beside.drop("raw_ref").equals(alone.drop("raw_ref"))


def test_a_malformed_review_costs_neither_its_neighbours_nor_its_pull_request(tmp_path: Path):
    parsed = parse(
        tmp_path, page(node(1, reviews=connection([review(), review(id="x", submittedAt="soon")])))
    )

    assert checked(parsed).valid.height == 1
    reviews = checked(parsed, "reviews")
    assert (reviews.valid.height, reviews.rejected.height) == (1, 1)
    assert "submitted_at|type" in reviews.rejected_by_rule


@pytest.mark.parametrize("value", [42, "text", [], {"number": 5, "title": 7}, {"number": 10**30}])
def test_a_node_that_is_none_is_rejected_as_a_row(value: Any, tmp_path: Path):
    result = checked(parse(tmp_path, page(node(1), value)))

    assert (result.valid.height, result.rejected.height) == (1, 1)


def test_a_null_node_is_counted(tmp_path: Path):
    assert parse(tmp_path, page(node(1), None)).left_out == {"null in place of a pull request": 1}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(sorted(node())), value=json_values)
def test_whatever_one_field_holds_the_neighbour_survives_and_no_row_is_lost(
    field: Any, value: Any, tmp_path: Path
):
    parsed = parse(tmp_path, page(node(1), node(2) | {field: value}))
    result = checked(parsed)
    counted = result.valid.height + result.rejected.height + result.duplicates

    assert counted == 2
    assert 1 in result.valid.get_column("number").to_list()


# --- finding files


def test_files_are_found_by_pattern_once_and_in_order(tmp_path: Path):
    for name in ("b/2.json", "a/1.json", "a/skip.json", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]")
    wanted = FilesSettings(paths=["**/*.json", "a/*.json"], exclude=["*/skip.json"])
    found = GITHUB_EXPORT.fetch(IngestSettings(sources=SourcesSettings(github_export=wanted)), tmp_path)

    assert [file.name for file in found] == ["a/1.json", "b/2.json"]


def test_a_source_that_is_not_configured_has_no_files(tmp_path: Path):
    assert list(GITHUB_EXPORT.fetch(IngestSettings(), tmp_path)) == []


def test_a_change_of_file_classes_reads_files_again(tmp_path: Path):
    file = SourceFile(tmp_path / "x.json", "x.json")
    changed = IngestSettings(classes=ClassSettings(test=["checks/**"]))

    assert GITHUB_EXPORT.settings_key(IngestSettings(), file) != GITHUB_EXPORT.settings_key(changed, file)


# --- real files


@needs_real
@pytest.mark.parametrize(
    ("name", "pulls", "reviews"), [("dotnet+aspire.json", 92, 462), ("oven-sh+bun.json", 116, 76)]
)
def test_real_nodes_hold_their_contracts_and_their_zeros_are_unknown(name: Any, pulls: Any, reviews: Any):
    parsed = GITHUB_EXPORT.parse(SourceFile((REAL / name).resolve(), name), IngestSettings())
    results = {table: checked(parsed, table) for table in parsed.frames}

    assert {
        table: result.rejected_by_rule for table, result in results.items() if result.rejected.height
    } == {}
    assert results["pull_requests"].valid.height == pulls
    assert results["reviews"].valid.height == reviews
    assert results["pull_requests"].valid.get_column("additions").null_count() == pulls
