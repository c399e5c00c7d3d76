from __future__ import annotations

import pytest
from graphql import parse, print_ast, validate

from ingest.sources.github.fewer_fields import without
from ingest.sources.github.questions import (
    EVENTS,
    FILES_AT_ONCE,
    PAGE,
    QUERIES,
    WHOLE_AT_ONCE,
    Rest,
    Suites,
    changes,
    follow,
    look,
    whole,
)
from tests.github_server.asking import SCHEMA
from tests.github_server.cost import cost_of

TEXTS = [text for _, text in QUERIES]
NAMES = [name for name, _ in QUERIES]
EVENT_WORDS = "PullRequestTimelineItemsItemType"


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_every_question_says_what_it_costs(text: str):
    assert "rateLimit{cost remaining limit resetAt}" in text


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_no_question_loses_bots_by_asking_for_users_only(text: str):
    assert "author{... on User" not in text
    assert text.count("... on User") == text.count("... on Bot")


def test_a_full_page_of_either_question_costs_one_point():
    """36 x 4 lists + the page + its top = 146; 48 x 3 lists = 144."""
    page = cost_of(parse(PAGE), {"first": WHOLE_AT_ONCE})
    files = cost_of(parse(changes(range(1, FILES_AT_ONCE + 1))), {})
    assert (page.requests, page.points) == (146, 1)
    assert (files.requests, files.points) == (144, 1)


def test_pull_requests_by_number_cost_what_a_page_costs():
    assert cost_of(parse(whole(range(1, 37))), {}).points == 1


def test_a_look_at_twenty_places_costs_one_point():
    text = look([None, *(f"c{n}" for n in range(19))], 100)
    assert (cost_of(parse(text), {}).requests, cost_of(parse(text), {}).points) == (20, 1)


def test_a_cursor_is_written_so_that_no_character_of_it_ends_the_text():
    text = follow([Rest(7, "reviews", 'a"b\\c'), Suites(7)])
    assert validate(SCHEMA, parse(text)) == []
    assert r'after:"a\"b\\c"' in text


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
def test_leaving_out_nothing_changes_nothing(text: str):
    assert print_ast(parse(without(text, []))) == print_ast(parse(text))


@pytest.mark.parametrize("text", TEXTS, ids=NAMES)
@pytest.mark.parametrize(
    "parts",
    [
        [("PullRequestReview", "fullDatabaseId")],
        [("AddedToMergeQueueEvent", ""), ("RemovedFromMergeQueueEvent", ""), (EVENT_WORDS, "")],
        [(EVENT_WORDS, "AUTO_MERGE_ENABLED_EVENT")],
        [("Commit", "statusCheckRollup"), ("Commit", "checkSuites")],
        [("PullRequest", "closingIssuesReferences")],
        [("Assignee", ""), ("Query", "rateLimit"), ("Repository", "isArchived")],
    ],
    ids=["field", "types", "value", "checks", "issues", "union"],
)
def test_a_question_without_some_parts_is_still_a_question(text: str, parts: list[tuple[str, str]]):
    left = without(text, parts)
    assert validate(SCHEMA, parse(left)) == []
    named = [field for _, field in parts if field]
    assert not [field for field in named if field in left]


def test_a_field_is_left_where_another_type_has_it():
    text = without(PAGE, [("Label", "name")])
    assert "...label" not in text.replace(" ", "")
    assert "{name email user" in text
    assert "defaultBranchRef{name}" in text


def test_an_unknown_filter_takes_the_latest_words_out_and_keeps_the_others():
    text = without(PAGE, [(EVENT_WORDS, "")])
    assert [word for word, _, _ in EVENTS if word in text] == [
        "READY_FOR_REVIEW_EVENT", "CONVERT_TO_DRAFT_EVENT", "REVIEW_REQUESTED_EVENT",
        "REVIEW_REQUEST_REMOVED_EVENT", "HEAD_REF_FORCE_PUSHED_EVENT", "REVIEW_DISMISSED_EVENT",
        "MERGED_EVENT", "CLOSED_EVENT", "REOPENED_EVENT", "ASSIGNED_EVENT", "UNASSIGNED_EVENT",
    ]  # fmt: skip
