from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.base import Parsed
from ingest.sources.github.assembling import nodes
from ingest.sources.github.check_suites import settled
from ingest.sources.github.withheld import without
from tests.builders_github import REPOSITORY, commit, event, node, review, rows
from tests.builders_live import (
    AT,
    OWN,
    batch_of,
    files_exchange,
    files_part,
    live,
    more_exchange,
    own_part,
    page,
    pages_exchange,
    parsed,
    suites_exchange,
    told,
    whole_exchange,
)

HEAD = "c" * 40
FORBIDDEN = "Resource not accessible by integration"


def only(result: Parsed, table: str = "pull_requests") -> dict[str, Any]:
    (row,) = rows(result, table)
    return row


def reviews(*ids: int) -> list[dict[str, Any]]:
    return [review(id=f"PRR_{one}", fullDatabaseId=str(one)) for one in ids]


def forbidden(*path: str | int) -> dict[str, Any]:
    return {"type": "FORBIDDEN", "path": ["repository", *path], "message": FORBIDDEN}


def pending(**fields: Any) -> dict[str, Any]:
    return node(commits=[commit(statusCheckRollup={"state": "PENDING"})], **fields)


# --- pieces become one


def test_pages_that_follow_are_appended_in_their_order_and_the_list_is_whole():
    told_first = own_part(node(reviews=reviews(1, 2, 3, 4, 5)), {**OWN, "reviews": 2})
    result = parsed(
        pages_exchange(told_first),
        more_exchange(1, "reviews", reviews(3, 4), more=True),
        more_exchange(1, "reviews", reviews(5)),
    )

    assert [row["review_id"] for row in rows(result, "reviews")] == ["1", "2", "3", "4", "5"]
    assert only(result)["cut_lists"] == []


@pytest.mark.parametrize(
    ("name", "entries", "table"),
    [
        ("reviews", reviews(1, 2), "reviews"),
        (
            "timelineItems",
            [event("ClosedEvent", "09:00"), event("ReopenedEvent", "09:30")],
            "review_events",
        ),
        ("commits", [commit("a" * 40), commit("b" * 40)], "commits"),
        ("files", [{"path": "a.py"}, {"path": "b.py"}], "changed_files"),
    ],
)
def test_an_entry_that_two_pages_tell_is_one_row(name: str, entries: list[Any], table: str):
    exchanges = told([node(**{name: entries})])
    again = more_exchange(1, name, entries)

    assert len(rows(parsed(*exchanges, again), table)) == 2


def test_the_later_copy_of_an_entry_counts_and_keeps_the_first_ones_place():
    changed = review("DISMISSED", id="PRR_1", fullDatabaseId="1")
    result = parsed(*told([node(reviews=reviews(1, 2))]), more_exchange(1, "reviews", [changed]))

    assert [(row["review_id"], row["state"]) for row in rows(result, "reviews")] == [
        ("1", "DISMISSED"),
        ("2", "APPROVED"),
    ]


def test_entries_without_an_id_are_not_taken_for_copies():
    bare = [event("ClosedEvent", "09:00", id=None), event("ClosedEvent", "09:00", id=None)]

    assert len(rows(live(node(timelineItems=bare)), "review_events")) == 2


def test_a_list_that_goes_on_behind_its_last_page_is_cut():
    first = own_part(node(reviews=reviews(1, 2)), {**OWN, "reviews": 1})
    result = parsed(pages_exchange(first), more_exchange(1, "reviews", reviews(2), more=True))

    assert only(result)["cut_lists"] == ["reviews"]


def test_a_list_of_exactly_a_pages_size_is_whole_because_github_says_so():
    assert only(live(node(reviews=reviews(*range(1, 31)))))["cut_lists"] == []
    assert only(live(node(commits=[commit(f"{n:040d}") for n in range(99)] + [commit()])))["cut_lists"] == []


def test_labels_beyond_their_first_page_are_labels_too():
    names = [f"area-{n:02d}" for n in range(27)]

    assert only(live(node(labels=[{"name": name} for name in names])))["labels"] == names


def test_the_last_answer_about_a_pull_request_wins():
    early, late = node(title="Round", reviews=reviews(1)), node(title="Round totals", reviews=reviews(1, 2))
    result = parsed(
        pages_exchange(own_part(early)),
        more_exchange(1, "reviews", reviews(9)),
        whole_exchange({1: own_part(late)}),
        files_exchange({1: files_part(late)}),
    )

    assert only(result)["title"] == "Round totals"
    assert [row["review_id"] for row in rows(result, "reviews")] == ["1", "2"]


def test_answers_that_tell_no_pull_request_give_none():
    empty = whole_exchange({4: None}, [{"type": "NOT_FOUND", "path": ["repository", "p4"], "message": "?"}])

    assert nodes(batch_of([empty, pages_exchange(None)])) == []


def test_parsing_a_batch_twice_gives_the_same_and_leaves_the_answers_alone():
    exchanges = told([node(reviews=reviews(1, 2, 3))], {"reviews": 1})
    batch = batch_of(exchanges)

    assert nodes(batch) == nodes(batch)
    assert exchanges == told([node(reviews=reviews(1, 2, 3))], {"reviews": 1})


@st.composite
def page_sizes(draw: st.DrawFn) -> dict[str, int]:
    return {name: draw(st.integers(1, 7)) for name in (*OWN, "files")}


@settings(max_examples=60, deadline=None)
@given(sizes=page_sizes(), lengths=st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_however_lists_are_split_into_pages_the_rows_are_the_same(sizes: Any, lengths: list[int]):
    commits = [commit(f"{n:040x}") for n in range(lengths[2])] + [commit()]
    long = node(
        reviews=reviews(*range(lengths[0])),
        timelineItems=[event("ClosedEvent", f"09:{n:02d}") for n in range(lengths[1])],
        commits=commits,
        labels=[{"name": f"l{n}"} for n in range(lengths[3])],
        files=[{"path": f"f{n}.py", "additions": n, "deletions": 0} for n in range(lengths[4])],
    )
    whole, split = live(long, node(2)), parsed(*told([long, node(2)], sizes))

    assert {name: frame.to_dicts() for name, frame in split.frames.items()} == {
        name: frame.to_dicts() for name, frame in whole.frames.items()
    }


# --- what is not told is unknown


def test_a_pull_request_whose_second_question_has_no_answer_has_unknown_files_and_checks():
    row = only(parsed(pages_exchange(own_part(node()))))

    assert (row["changed_file_count"], row["cut_lists"], row["checks_at_merge"]) == (1, [], None)


def test_checks_that_may_not_be_read_are_unknown_and_not_none():
    part = files_part(node()) | {"head": {"nodes": [{"commit": {"oid": HEAD, "statusCheckRollup": None}}]}}
    denied = forbidden("p1", "head", "nodes", 0, "commit", "statusCheckRollup")
    own = pages_exchange(own_part(node()))

    assert only(parsed(own, files_exchange({1: part}, [denied])))["checks_at_merge"] is None
    assert only(parsed(own, files_exchange({1: part})))["checks_at_merge"] == "none"


def test_a_null_that_moved_up_from_what_may_not_be_read_is_unknown_too():
    part = files_part(node()) | {"head": {"nodes": [None]}}
    denied = forbidden("p1", "head", "nodes", 0, "commit", "statusCheckRollup")

    result = parsed(pages_exchange(own_part(node())), files_exchange({1: part}, [denied]))

    assert only(result)["checks_at_merge"] is None


def test_an_author_who_may_not_be_seen_is_unknown_and_not_deleted():
    hidden = own_part(node()) | {"author": None}
    denied = forbidden("pullRequests", "nodes", 0, "author")

    assert only(parsed(pages_exchange(hidden, errors=[denied])))["author_kind"] == "unknown"
    assert only(parsed(pages_exchange(hidden)))["author_kind"] == "deleted"


def test_a_timeline_that_may_not_be_read_leaves_the_ready_time_unknown():
    hidden = own_part(node()) | {"timelineItems": None}
    result = parsed(pages_exchange(hidden, errors=[forbidden("pullRequests", "nodes", 0, "timelineItems")]))

    assert only(result)["ready_at"] is None
    assert only(live(node()))["ready_at"] is not None


def test_an_entry_that_may_not_be_read_leaves_its_list_incomplete():
    told_part = own_part(node(reviews=reviews(1, 2)))
    told_part["reviews"]["nodes"][1] = None
    result = parsed(
        pages_exchange(told_part, errors=[forbidden("pullRequests", "nodes", 0, "reviews", "nodes", 1)])
    )

    assert len(rows(result, "reviews")) == 1
    assert only(result)["cut_lists"] == ["reviews"]


def test_values_that_github_would_not_tell_are_counted():
    denied = [
        forbidden("pullRequests", "nodes", 0, "author"),
        forbidden("pullRequests", "nodes", 0, "mergedBy"),
    ]

    assert parsed(pages_exchange(own_part(node()), errors=denied)).left_out == {
        "value that GitHub would not tell": 2
    }


@pytest.mark.parametrize(
    ("value", "path", "left"),
    [
        ({"a": 1, "b": 2}, ["a"], {"b": 2}),
        ({"a": [{"b": 1}, {"b": 2}]}, ["a", 1, "b"], {"a": [{"b": 1}, {}]}),
        ({"a": [1, 2]}, ["a", 0], {"a": [None, 2]}),
        ({"a": [1]}, ["a", 7], {"a": [1]}),
        ({"a": None}, ["a", "b", "c"], {}),
        ({"a": 1}, ["b", "c"], {"a": 1}),
        (None, ["a"], None),
    ],
)
def test_what_stands_at_a_path_is_taken_out(value: Any, path: list[Any], left: Any):
    assert without(value, path) == left


def test_a_head_that_moved_between_the_questions_has_unknown_checks():
    moved = files_part(node()) | {
        "head": {"nodes": [{"commit": {"oid": "d" * 40, "statusCheckRollup": {"state": "FAILURE"}}}]}
    }

    assert (
        only(parsed(pages_exchange(own_part(node())), files_exchange({1: moved})))["checks_at_merge"] is None
    )


def test_three_zeros_without_any_file_are_unknown_sizes():
    nothing = {"additions": 0, "deletions": 0, "changedFiles": 0}
    empty, renamed = (
        node(**nothing, files=[]),
        node(**nothing | {"changedFiles": 1}, files=[{"path": "b.py"}]),
    )

    assert only(live(empty))["additions"] is None
    assert only(live(empty))["changed_file_count"] is None
    assert (only(live(renamed))["additions"], only(live(renamed))["changed_file_count"]) == (0, 1)


# --- checks that never run


def suite(conclusion: str | None, status: str = "COMPLETED", hours_ago: float = 48) -> dict[str, Any]:
    created_at = (AT - timedelta(hours=hours_ago)).isoformat().replace("+00:00", "Z")
    return {"status": status, "conclusion": conclusion, "createdAt": created_at, "app": {"slug": "ci"}}


IDLE = suite(None, "QUEUED")
SUITES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "all others passed": ([IDLE, suite("SUCCESS"), suite("NEUTRAL"), suite("SKIPPED")], "success"),
    "in lower case": ([suite(None, "queued"), suite("success", "completed")], "success"),
    "one failed": ([IDLE, suite("SUCCESS"), suite("FAILURE")], "failure"),
    "one timed out": ([IDLE, suite("TIMED_OUT")], "failure"),
    "one was cancelled": ([IDLE, suite("CANCELLED")], "failure"),
    "one wants something": ([IDLE, suite("ACTION_REQUIRED")], "failure"),
    "one did not start": ([IDLE, suite("STARTUP_FAILURE")], "failure"),
    "one was given up": ([suite("STALE"), suite("SUCCESS")], "success"),
    "nothing concluded": ([IDLE, IDLE], "pending"),
    "one is at work": ([IDLE, suite("SUCCESS"), suite(None, "IN_PROGRESS")], "pending"),
    "one was queued just now": ([IDLE, suite("SUCCESS"), suite(None, "QUEUED", 2)], "pending"),
    "queued for exactly a day": ([suite(None, "QUEUED", 24), suite("SUCCESS")], "pending"),
    "a commit status is awaited": ([suite("SUCCESS")], "pending"),
    "no suites": ([], "pending"),
}


@pytest.mark.parametrize("case", SUITES)
@pytest.mark.parametrize("state", ["PENDING", "EXPECTED"])
def test_suites_that_stay_queued_for_ever_are_left_out_of_account(case: str, state: str):
    suites, word = SUITES[case]
    waiting = node(commits=[commit(statusCheckRollup={"state": state})])

    assert only(parsed(*told([waiting]), suites_exchange(1, *suites)))["checks_at_merge"] == word


def test_suites_of_another_head_settle_nothing():
    result = parsed(*told([pending()]), suites_exchange(1, IDLE, suite("SUCCESS"), oid="d" * 40))

    assert only(result)["checks_at_merge"] == "pending"


@pytest.mark.parametrize(
    ("status", "word"),
    [({"state": "PENDING"}, "pending"), ({"state": "SUCCESS"}, "success"), (None, "success")],
)
def test_a_commit_status_that_is_awaited_is_not_settled_by_suites(status: Any, word: str):
    exchange = suites_exchange(1, IDLE, suite("SUCCESS"))
    exchange.answer["data"]["repository"]["p1"]["head"]["nodes"][0]["commit"]["status"] = status

    assert only(parsed(*told([pending()]), exchange))["checks_at_merge"] == word


def test_suites_that_are_told_in_part_settle_nothing():
    exchange = suites_exchange(1, IDLE, suite("SUCCESS"))
    told_part = exchange.answer["data"]["repository"]["p1"]["head"]["nodes"][0]["commit"]
    told_part["checkSuites"] = page(told_part["checkSuites"]["nodes"], goes_on=True)

    assert only(parsed(*told([pending()]), exchange))["checks_at_merge"] == "pending"


@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "ERROR"])
def test_a_conclusion_that_github_drew_itself_is_left_alone(state: str):
    assert settled({"state": state}, [IDLE, suite("FAILURE")], AT) == {"state": state}


def test_the_clock_for_idle_suites_is_that_of_the_answer():
    early = datetime.fromisoformat(IDLE["createdAt"]) + timedelta(hours=1)
    exchanges = [*told([pending()]), suites_exchange(1, IDLE, suite("SUCCESS"))]

    assert only(parsed(*exchanges, at=early))["checks_at_merge"] == "pending"
    assert only(parsed(*exchanges))["checks_at_merge"] == "success"


def test_rows_lead_back_to_the_kept_answer():
    result = live(node(7, reviews=reviews(1)))

    assert only(result)["raw_ref"] == "raw/github/R_1/00000001.jsonl#7"
    assert only(result, "reviews")["raw_ref"] == "raw/github/R_1/00000001.jsonl#7/reviews/0"
    assert only(result)["repository"] == REPOSITORY
