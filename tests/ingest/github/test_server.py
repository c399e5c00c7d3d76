"""The server that other tests ask: it has to be as awkward as GitHub, or they prove nothing."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from graphql import parse

from tests.builders_github import BOB, JANE, event, node, review
from tests.builders_github import parse as parse_file
from tests.github_server import Faults, GitHubServer, Repo, World
from tests.github_server.cost import cost_of
from tests.github_server.loading import invented, page_export, real_world

REAL = Path(__file__).parents[3] / ".." / "shared" / "real" / "pull_requests"
NAME = "acme/payments"


def day(number: int) -> str:
    return f"2026-06-{number:02d}T12:00:00Z"


def repository() -> Repo:
    """Five pull requests, each changed on the day of its number."""
    nodes = {number: node(number, createdAt=day(number), updatedAt=day(number)) for number in range(1, 6)}
    return Repo("R_1", 1, NAME, nodes)


class Client:
    """Asks a server over one connection."""

    def __init__(self, server: GitHubServer, token: str = "good-token") -> None:  # noqa: S107 - no secret
        self.server = server
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, text: str, **variables: Any) -> requests.Response:
        asked = {"query": text, "variables": variables}
        return self.session.post(f"{self.server.root}/api/graphql", json=asked, timeout=5)

    def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        reply = self.post(text, **variables)
        assert reply.status_code == 200
        return reply.json()

    def repository(self, chosen: str, name: str = NAME) -> dict[str, Any]:
        owner, _, short = name.partition("/")
        return self.ask(f'{{repository(owner: "{owner}", name: "{short}") {{{chosen}}}}}')

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.server.url}{path}", timeout=5)


@pytest.fixture
def world() -> World:
    return World([repository()])


@pytest.fixture
def faults() -> Faults:
    return Faults(slow_seconds=0.01)


@pytest.fixture
def client(world: World, faults: Faults) -> Iterator[Client]:
    with GitHubServer(world, faults) as server:
        client = Client(server)
        yield client
        client.session.close()


LIST = "pageInfo {hasNextPage endCursor} nodes {number}"
BY_CHANGE = "orderBy: {field: UPDATED_AT, direction: DESC}"


def page(client: Client, first: int, after: str | None = None) -> tuple[list[int], str | None]:
    """Numbers of one page by last change, and the cursor of the next one."""
    place = f'after: "{after}", ' if after else ""
    told = client.repository(f"pullRequests(first: {first}, {place}{BY_CHANGE}) {{{LIST}}}")
    listed = told["data"]["repository"]["pullRequests"]
    info = listed["pageInfo"]
    return [one["number"] for one in listed["nodes"]], info["endCursor"] if info["hasNextPage"] else None


# -- lists and their cursors -------------------------------------------------------------------------


def test_pages_follow_each_other_to_the_end(client: Client):
    first, second_at = page(client, 2)
    second, third_at = page(client, 2, second_at)
    third, end = page(client, 2, third_at)
    assert (first, second, third, end) == ([5, 4], [3, 2], [1], None)


def test_a_cursor_stays_where_it_was_when_something_moves_to_the_front(client: Client, world: World):
    _, after = page(client, 2)
    world.repositories[0].touch(2, day(20))
    assert page(client, 2, after) == ([3, 1], None)
    assert page(client, 2)[0] == [2, 5]


def test_a_cursor_outlives_the_pull_request_that_it_names(client: Client, world: World):
    _, after = page(client, 2)
    world.repositories[0].remove(4)
    assert page(client, 2, after)[0] == [3, 2]


def test_an_order_that_is_told_is_kept_although_it_is_not_monotone(client: Client, world: World):
    world.repositories[0].order = [5, 3, 1, 4, 2]
    first, after = page(client, 3)
    assert (first, page(client, 3, after)) == ([5, 3, 1], ([4, 2], None))


def test_a_told_order_has_what_was_touched_first_and_goes_on_behind_the_cursor(client: Client, world: World):
    repo = world.repositories[0]
    repo.order = [5, 3, 1, 4, 2]
    _, after = page(client, 2)
    repo.touch(2, day(20))
    repo.touch(6, day(21))
    assert page(client, 9, after)[0] == [1, 4]
    assert page(client, 9)[0] == [6, 2, 5, 3, 1, 4]


def test_what_a_told_order_does_not_name_is_new_and_comes_first(client: Client, world: World):
    world.repositories[0].order = [1, 3]
    assert page(client, 9)[0] == [5, 4, 2, 1, 3]


def test_the_order_by_age_is_not_disturbed_by_changes(client: Client, world: World):
    world.repositories[0].touch(1, day(30))
    by_age = "pullRequests(first: 9, orderBy: {field: CREATED_AT, direction: ASC})"
    told = client.repository(f"{by_age} {{totalCount edges {{cursor node {{number}}}}}}")
    listed = told["data"]["repository"]["pullRequests"]
    assert [edge["node"]["number"] for edge in listed["edges"]] == [1, 2, 3, 4, 5]
    assert listed["totalCount"] == 5


def test_states_leave_others_out(client: Client, world: World):
    world.repositories[0].touch(3, day(3), state="MERGED", mergedAt=day(3), closedAt=day(3))
    told = client.repository(f"pullRequests(first: 9, states: [MERGED, CLOSED]) {{totalCount {LIST}}}")
    assert [one["number"] for one in told["data"]["repository"]["pullRequests"]["nodes"]] == [3]


def test_a_long_list_goes_on_behind_its_cursor(client: Client, world: World):
    reviews = [review(id=f"PRR_{place}", fullDatabaseId=str(place)) for place in range(63)]
    world.repositories[0].touch(1, day(1), reviews=reviews)
    entries = "totalCount pageInfo {hasNextPage endCursor} nodes {id}"
    asked = f"pullRequest(number: 1) {{reviews(first: 50%s) {{{entries}}}}}"
    first = client.repository(asked % "")["data"]["repository"]["pullRequest"]["reviews"]
    behind = f', after: "{first["pageInfo"]["endCursor"]}"'
    rest = client.repository(asked % behind)["data"]["repository"]["pullRequest"]["reviews"]
    assert [len(one["nodes"]) for one in (first, rest)] == [50, 13]
    assert [one["pageInfo"]["hasNextPage"] for one in (first, rest)] == [True, False]
    assert [one["id"] for one in first["nodes"] + rest["nodes"]] == [one["id"] for one in reviews]
    assert first["totalCount"] == 63


def test_the_last_entry_can_be_asked_for(client: Client, world: World):
    commits = [{"commit": {"oid": letter * 40, "statusCheckRollup": None}} for letter in "abc"]
    world.repositories[0].touch(1, day(1), commits=commits)
    asked = "pullRequest(number: 1) {commits(last: 1) {pageInfo {hasPreviousPage} nodes {commit {oid}}}}"
    told = client.repository(asked)["data"]["repository"]["pullRequest"]["commits"]
    assert told == {"pageInfo": {"hasPreviousPage": True}, "nodes": [{"commit": {"oid": "c" * 40}}]}


def test_a_timeline_brings_only_the_types_that_were_asked_for(client: Client, world: World):
    events = [event("ReadyForReviewEvent", "09:00"), event("LabeledEvent", "09:10", label={"name": "bug"})]
    world.repositories[0].touch(1, day(1), timelineItems=events)
    entries = "timelineItems(first: 9, itemTypes: [READY_FOR_REVIEW_EVENT]) {nodes {__typename}}"
    asked = f"pullRequest(number: 1) {{{entries}}}"
    told = client.repository(asked)["data"]["repository"]["pullRequest"]["timelineItems"]
    assert told["nodes"] == [{"__typename": "ReadyForReviewEvent"}]


# -- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value"),
        ("(first: 101)", "EXCESSIVE_PAGINATION", "Requesting 101 records on the `pullRequests` connection"),
        ("(last: 200)", "EXCESSIVE_PAGINATION", "exceeds the `last` limit of 100 records"),
        ('(first: 1, after: "x")', "INVALID_CURSOR_ARGUMENTS", "`x` does not appear to be a valid cursor"),
    ],
)
def test_a_page_that_nobody_may_ask_for_is_refused(client: Client, arguments: str, kind: str, words: str):
    told = client.repository(f"pullRequests{arguments} {{totalCount}}")
    (problem,) = told["errors"]
    assert (problem["type"], problem["path"]) == (kind, ["repository", "pullRequests"])
    assert words in problem["message"]
    assert told["data"] == {"repository": None}


def test_a_cursor_of_another_order_is_refused(client: Client):
    _, after = page(client, 2)
    told = client.repository(f'pullRequests(first: 2, after: "{after}") {{totalCount}}')
    assert told["errors"][0]["type"] == "INVALID_CURSOR_ARGUMENTS"


def test_a_pull_request_that_is_not_there_is_null_beside_the_others(client: Client):
    told = client.repository("p1: pullRequest(number: 1) {number} p77: pullRequest(number: 77) {number}")
    assert told["data"] == {"repository": {"p1": {"number": 1}, "p77": None}}
    (problem,) = told["errors"]
    assert (problem["type"], problem["path"]) == ("NOT_FOUND", ["repository", "p77"])
    assert problem["message"] == "Could not resolve to a PullRequest with the number of 77."


def test_a_repository_that_is_not_there_is_null(client: Client):
    told = client.repository("id", "acme/nothing")
    assert told["data"] == {"repository": None}
    assert told["errors"][0]["message"] == "Could not resolve to a Repository with the name 'acme/nothing'."


def test_a_field_that_the_schema_lacks_is_told_as_github_does(client: Client):
    told = client.repository("shoeSize")
    assert "data" not in told
    (problem,) = told["errors"]
    codes = {"code": "undefinedField", "typeName": "Repository", "fieldName": "shoeSize"}
    assert (problem["extensions"], problem["message"]) == (
        codes,
        "Field 'shoeSize' doesn't exist on type 'Repository'",
    )


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ("id(size: 1)", "argumentNotAccepted"),
        ("... on Shoe {id}", "undefinedType"),
        ("pullRequests(first: 1, states: [LOST]) {totalCount}", "argumentLiteralsIncompatible"),
    ],
)
def test_other_mistakes_bear_githubs_codes(client: Client, chosen: str, code: str):
    assert code in [one["extensions"]["code"] for one in client.repository(chosen)["errors"]]


def test_a_text_that_is_no_query_is_refused(client: Client):
    told = client.ask("{repository(")
    assert told["errors"][0]["message"].startswith("Parse error")


def test_a_variable_that_is_missing_is_an_error_without_data(client: Client):
    told = client.ask(
        'query($n: Int!) {repository(owner: "acme", name: "payments") {pullRequest(number: $n) {id}}}'
    )
    assert "data" not in told
    assert "$n" in told["errors"][0]["message"]


def test_a_field_that_the_token_may_not_read_is_refused_at_its_path(client: Client, world: World):
    world.denied_fields = {"Commit.statusCheckRollup"}
    told = client.repository(
        "pullRequest(number: 1) {commits(first: 1) {nodes {commit {oid statusCheckRollup {state}}}}}"
    )
    (problem,) = told["errors"]
    way = ["repository", "pullRequest", "commits", "nodes", 0, "commit", "statusCheckRollup"]
    assert (problem["type"], problem["path"]) == ("FORBIDDEN", way)
    assert problem["message"] == "Resource not accessible by integration"
    (entry,) = told["data"]["repository"]["pullRequest"]["commits"]["nodes"]
    assert entry == {"commit": {"oid": "c" * 40, "statusCheckRollup": None}}


def test_a_token_that_is_unknown_is_refused(world: World):
    with GitHubServer(world) as server, Client(server, "bad").session as session:
        reply = session.get(f"{server.url}/repos/{NAME}", timeout=5)
        assert (reply.status_code, reply.json()["message"]) == (401, "Bad credentials")


def test_a_token_whose_time_is_over_is_refused(client: Client, world: World):
    world.token_ends["good-token"] = world.now() - timedelta(seconds=1)
    assert client.post("{viewer {login}}").status_code == 401


# -- names and accounts ------------------------------------------------------------------------------


def test_an_old_name_leads_to_the_repository_under_its_new_one(client: Client, world: World):
    world.repositories[0].name_with_owner = "acme/cash"
    world.repositories[0].former_names = [NAME]
    assert client.repository("id nameWithOwner")["data"]["repository"] == {
        "id": "R_1",
        "nameWithOwner": "acme/cash",
    }


def test_accounts_are_told_by_type_and_a_deleted_one_is_null(client: Client, world: World):
    bot = {"__typename": "Bot", "login": "copilot-swe-agent"}
    reviews = [review(author=None), review(author=bot), review(author=BOB)]
    world.repositories[0].touch(1, day(1), author=None, reviews=reviews)
    asked = "pullRequest(number: 1) {author {login} reviews(first: 9) {nodes {author {__typename login}}}}"
    told = client.repository(asked)["data"]["repository"]["pullRequest"]
    assert told == {
        "author": None,
        "reviews": {"nodes": [{"author": None}, {"author": bot}, {"author": BOB}]},
    }


def test_whom_a_review_was_asked_of_may_be_a_team(client: Client, world: World):
    team = {"__typename": "Team", "slug": "payments"}
    world.repositories[0].touch(
        1, day(1), timelineItems=[event("ReviewRequestedEvent", "09:00", requestedReviewer=team)]
    )
    asked = """pullRequest(number: 1) {timelineItems(first: 9) {nodes {... on ReviewRequestedEvent {
        actor {login} requestedReviewer {__typename ... on Team {slug} ... on User {login}}}}}}"""
    told = client.repository(asked)["data"]["repository"]["pullRequest"]["timelineItems"]["nodes"]
    assert told == [{"actor": {"login": JANE["login"]}, "requestedReviewer": team}]


def test_an_owner_lists_its_repositories(client: Client, world: World):
    world.repositories.append(Repo("R_2", 2, "acme/attic", is_archived=True))
    world.repositories.append(Repo("R_3", 3, "jane/own"))
    asked = '{repositoryOwner(login: "%s") {login repositories(first: 9) {nodes {nameWithOwner isArchived}}}}'
    told = client.ask(asked % "ACME")["data"]["repositoryOwner"]
    listed = [(one["nameWithOwner"], one["isArchived"]) for one in told["repositories"]["nodes"]]
    assert (told["login"], listed) == ("acme", [(NAME, False), ("acme/attic", True)])
    assert client.ask(asked % "nobody")["data"] == {"repositoryOwner": None}


def test_a_node_is_found_by_its_id(client: Client):
    (own,) = client.repository("pullRequests(first: 1) {nodes {id}}")["data"]["repository"]["pullRequests"][
        "nodes"
    ]
    text = "query($ids: [ID!]!) {nodes(ids: $ids) {__typename ... on PullRequest {number}}}"
    told = client.ask(text, ids=[own["id"], "R_1", "lost"])
    assert told["data"]["nodes"] == [
        {"__typename": "PullRequest", "number": 1},
        {"__typename": "Repository"},
        None,
    ]
    assert told["errors"][0]["path"] == ["nodes", 2]


# -- cost and limits ---------------------------------------------------------------------------------

SEVEN = """query($first: Int!) {repository(owner: "acme", name: "payments") {
  pullRequests(first: $first) {nodes {
    number title author {login} labels(first: 20) {nodes {name}} reviews(first: 50) {nodes {state}}
    timelineItems(first: 100) {nodes {__typename}} commits(first: 100) {nodes {commit {oid}}}
    files(first: 100) {nodes {path}}
    head: commits(last: 1) {nodes {commit {
      statusCheckRollup {state} checkSuites(first: 20) {nodes {status}}}}}
}}}}"""


@pytest.mark.parametrize(
    ("first", "asked", "nodes", "points"), [(21, 148, 8_232, 1), (50, 351, 19_600, 4), (100, 701, 39_200, 7)]
)
def test_a_query_costs_what_github_would_take(first: int, asked: int, nodes: int, points: int):
    cost = cost_of(parse(SEVEN), {"first": first})
    assert (cost.requests, cost.nodes, cost.points) == (asked, nodes, points)


def test_lists_of_aliases_cost_one_request_each():
    chosen = " ".join(f"p{n}: pullRequest(number: {n}) {{...lists}}" for n in range(1, 49))
    lists = """fragment lists on PullRequest {
        files(first: 100) {totalCount} labels(first: 1) {totalCount} reviews(last: 3) {totalCount}}"""
    cost = cost_of(parse(f'{{repository(owner: "a", name: "b") {{{chosen}}}}} {lists}'), {})
    assert (cost.requests, cost.points, cost.pulls, cost.heavy_pulls) == (144, 1, 48, 48)


def test_a_query_without_any_list_costs_a_point():
    assert cost_of(parse("{viewer {login}}"), {}).points == 1


def test_lists_below_several_nodes_cost_a_request_for_each():
    text = "query($ids: [ID!]!) {nodes(ids: $ids) {... on PullRequest {files(first: 10) {totalCount}}}}"
    assert cost_of(parse(text), {"ids": ["a", "b", "c"]}).requests == 3


def test_the_cost_is_told_and_taken(client: Client, world: World):
    world.points_used = 100
    told = client.post(
        SEVEN.replace("{repository", "{rateLimit {cost used remaining limit nodeCount} repository", 1),
        first=50,
    )
    assert told.json()["data"]["rateLimit"] == {
        "cost": 4, "used": 104, "remaining": 4896, "limit": 5000, "nodeCount": 19_600,
    }  # fmt: skip
    headers = {
        name: told.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "used", "resource")
    }
    assert headers == {"limit": "5000", "remaining": "4896", "used": "104", "resource": "graphql"}
    assert (client.server.points, client.server.requests) == (4, 1)


def test_too_many_nodes_are_refused_and_cost_nothing(client: Client):
    files = "files(first: 100) {nodes {path}}"
    lists = " ".join(f"l{n}: {files}" for n in range(51))
    told = client.repository(f"pullRequests(first: 100) {{nodes {{{lists}}}}}")
    assert told["errors"] == [
        {
            "type": "MAX_NODE_LIMIT_EXCEEDED",
            "message": "This query requests up to 510,100 possible nodes which exceeds the maximum limit of "
            "500,000.",
        }
    ]
    assert client.server.points == 0


def test_a_limit_that_is_used_up_is_told_with_status_200_until_it_is_reset(client: Client, world: World):
    world.points_used = 5000
    world.resets_at = world.now() + timedelta(minutes=10)
    reply = client.post("{viewer {login}}")
    assert (reply.status_code, reply.json()["errors"][0]["type"]) == (200, "RATE_LIMITED")
    assert "data" not in reply.json()
    world.resets_at = world.now()
    assert "data" in client.ask("{viewer {login}}")


def test_requests_by_rest_are_counted_apart_and_refused_with_403(client: Client, world: World):
    world.core_used = 4999
    world.resets_at = world.now() + timedelta(minutes=10)
    assert client.get(f"/repos/{NAME}").headers["x-ratelimit-remaining"] == "0"
    refused = client.get(f"/repos/{NAME}")
    assert (refused.status_code, refused.headers["x-ratelimit-resource"]) == (403, "core")
    assert refused.json()["message"].startswith("API rate limit exceeded")
    assert "data" in client.ask("{viewer {login}}")


def test_a_server_without_limits_says_nothing_of_them(client: Client, world: World):
    world.points_limit = None
    reply = client.post("{rateLimit {cost}}")
    assert reply.json() == {"data": {"rateLimit": None}}
    assert not [name for name in reply.headers if name.lower().startswith("x-ratelimit")]


# -- the way to it -----------------------------------------------------------------------------------


def test_a_route_that_is_not_there_is_404(client: Client):
    reply = client.get("/nothing")
    assert (reply.status_code, reply.json()["message"]) == (404, "Not Found")


def test_the_base_without_a_prefix_serves_both_interfaces(client: Client):
    root = client.server.root
    assert client.session.get(f"{root}/repos/{NAME}", timeout=5).json()["full_name"] == NAME
    asked = {"query": "{viewer {login}}"}
    assert client.session.post(f"{root}/graphql", json=asked, timeout=5).json()["data"]


def test_a_body_that_is_no_json_is_a_bad_request(client: Client):
    reply = client.session.post(f"{client.server.root}/graphql", data=b"{", timeout=5)
    assert (reply.status_code, reply.json()["message"]) == (400, "Problems parsing JSON")


def test_a_long_answer_is_packed_when_the_client_takes_it(client: Client, world: World):
    world.repositories[0].touch(1, day(1), body="word " * 1000)
    text = '{repository(owner: "acme", name: "payments") {pullRequest(number: 1) {body}}}'
    packed = client.post(text)
    assert packed.headers["content-encoding"] == "gzip"
    client.session.headers["Accept-Encoding"] = "identity"
    plain = client.post(text)
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_one_connection_serves_many_requests(client: Client):
    address = client.server.root.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=5)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/rate_limit", headers={"Authorization": "token good-token"})
        connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_threads_are_served_at_once_and_counted_exactly(world: World):
    with GitHubServer(world) as server, ThreadPoolExecutor(8) as pool:

        def ask(_place: int) -> list[int]:
            client = Client(server)
            with client.session:
                return [page(client, 9)[0][0] for _ in range(5)]

        assert list(pool.map(ask, range(8))) == [[5] * 5] * 8
        assert (server.requests, server.points, world.points_used) == (40, 40, 40)


def test_every_request_is_remembered(client: Client):
    client.get(f"/repos/{NAME}?page=2")
    client.post("query($n: Int) {viewer {login}}", n=1)
    client.post("{viewer {login}}")
    rest, wrong, right = client.server.asked
    assert (rest.method, rest.path, rest.kind) == ("GET", f"/api/v3/repos/{NAME}", "rest")
    assert (rest.points, rest.query, rest.parameters, rest.status) == (1, None, {"page": "2"}, 200)
    assert (wrong.kind, wrong.points, wrong.variables) == ("graphql", 0, {"n": 1})  # a variable nobody uses
    assert (right.query, right.points) == ("{viewer {login}}", 1)
    client.server.forget()
    assert client.server.requests == 0


# -- faults ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("500", 500, "Server Error"),
        ("502", 502, "502 Bad Gateway"),
        ("504", 504, "couldn't respond to your request in time"),
        ("secondary", 403, "exceeded a secondary rate limit"),
        ("secondary_after", 403, "exceeded a secondary rate limit"),
        ("secondary_429", 429, "exceeded a secondary rate limit"),
        ("abuse", 403, "abuse detection"),
        ("rate_limited", 200, "RATE_LIMITED"),
        ("rate_limited_403", 403, "API rate limit exceeded"),
        ("html", 200, "<!DOCTYPE html>"),
        ("errors", 200, "Something went wrong while executing your query"),
    ],
)
def test_a_fault_meets_the_request_that_it_was_meant_for(
    client: Client, faults: Faults, kind: str, status: int, words: str
):
    faults.at = {2: kind}
    replies = [client.post("{viewer {login}}") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, status, 200]
    assert [words in reply.text for reply in replies] == [False, True, False]
    assert [one.fault for one in client.server.asked] == [None, kind, None]
    assert client.server.points == 2


@pytest.mark.parametrize(
    ("kind", "after"), [("secondary", None), ("secondary_after", "1"), ("secondary_429", "1"), ("abuse", "1")]
)
def test_a_secondary_limit_says_how_long_or_does_not(
    client: Client, faults: Faults, kind: str, after: str | None
):
    faults.at = {1: kind}
    reply = client.post("{viewer {login}}")
    assert reply.headers.get("retry-after") == after
    assert reply.headers["x-ratelimit-remaining"] == "5000"


@pytest.mark.parametrize("kind", ["rate_limited", "rate_limited_403"])
def test_a_primary_limit_is_over_in_a_second_by_the_servers_clock(client: Client, faults: Faults, kind: str):
    faults.at = {1: kind}
    reply = client.post("{viewer {login}}")
    told = parsedate_to_datetime(reply.headers["date"]).timestamp()
    assert reply.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(reply.headers["x-ratelimit-reset"]) - told <= 2


def test_a_cut_answer_ends_before_its_length(client: Client, faults: Faults):
    faults.at = {1: "cut"}
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.post("{viewer {login}}")
    assert client.ask("{viewer {login}}")["data"]


def test_a_reset_connection_has_no_answer(client: Client, faults: Faults):
    faults.at = {1: "reset"}
    with pytest.raises(requests.exceptions.ConnectionError):
        client.post("{viewer {login}}")
    assert client.ask("{viewer {login}}")["data"]


def test_a_slow_answer_comes_too_late_for_an_impatient_client(client: Client, faults: Faults):
    faults.at, faults.slow_seconds = {1: "slow"}, 30
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{client.server.url}/user", timeout=0.02)


def test_a_fault_may_come_again_and_again(client: Client, faults: Faults):
    faults.every = {"502": 3}
    statuses = [client.post("{viewer {login}}").status_code for _ in range(6)]
    assert statuses == [200, 200, 502, 200, 200, 502]


@pytest.mark.parametrize(("kind", "status"), [("502", 502), ("504", 504), ("errors", 200)])
def test_a_page_that_is_too_long_fails_and_a_shorter_one_does_not(
    client: Client, faults: Faults, kind: Any, status: int
):
    faults.too_much_above, faults.too_much_as = 2, kind
    owned = (
        f'{{repository(owner: "acme", name: "payments") {{pullRequests(first: %d, {BY_CHANGE}) {{{LIST}}}}}}}'
    )
    assert client.post(owned % 3).status_code == status
    assert client.server.asked[-1].fault == kind
    assert client.ask(owned % 2)["data"]["repository"]["pullRequests"]["nodes"] == [
        {"number": 5},
        {"number": 4},
    ]


def test_too_many_numbers_at_once_fail_as_well(client: Client, faults: Faults):
    faults.too_much_above = 2
    named = " ".join(f"p{number}: pullRequest(number: {number}) {{number}}" for number in (1, 2, 3))
    assert client.post(f'{{repository(owner: "acme", name: "payments") {{{named}}}}}').status_code == 502


def test_light_questions_may_be_spared(client: Client, faults: Faults):
    faults.too_much_above, faults.too_much_if_light = 2, False
    assert page(client, 5)[0] == [5, 4, 3, 2, 1]
    heavy = "pullRequests(first: 5) {nodes {files(first: 1) {nodes {path}}}}"
    assert client.post(f'{{repository(owner: "acme", name: "payments") {{{heavy}}}}}').status_code == 502


def test_a_pull_request_may_be_unanswerable_but_for_its_number(client: Client, faults: Faults):
    faults.unanswerable = {4}
    lists = "number files(first: 1) {totalCount}"
    asked = f'{{repository(owner: "acme", name: "payments") {{pullRequest(number: %d) {{{lists}}}}}}}'
    assert [client.post(asked % number).status_code for number in (3, 4, 5)] == [200, 502, 200]
    assert page(client, 5)[0] == [5, 4, 3, 2, 1]


def test_the_world_may_change_before_a_request(client: Client, faults: Faults):
    def change(ordinal: int, world: World) -> None:
        if ordinal == 2:
            world.repositories[0].touch(1, day(30))

    faults.before = change
    assert [page(client, 2)[0] for _ in range(2)] == [[5, 4], [1, 5]]


def test_the_servers_clock_may_differ(client: Client, faults: Faults):
    faults.date_skew = timedelta(hours=-3)
    reply = client.post("{rateLimit {resetAt}}")
    told = parsedate_to_datetime(reply.headers["date"])
    resets_at = datetime.fromisoformat(reply.json()["data"]["rateLimit"]["resetAt"])
    assert timedelta(hours=2.9) < datetime.now(UTC) - told < timedelta(hours=3.1)
    assert timedelta(minutes=59) < resets_at - told <= timedelta(hours=1)
    assert int(reply.headers["x-ratelimit-reset"]) == resets_at.timestamp()


# -- worlds ------------------------------------------------------------------------------------------


def test_an_invented_repository_is_the_same_each_time_and_begins_like_a_larger_one():
    small, large = invented(40, 3), invented(60, 3)
    assert small == invented(40, 3)
    assert small.pulls == {number: large.pulls[number] for number in range(1, 41)}
    assert small.pulls != invented(40, 4).pulls


def test_an_invented_repository_has_what_makes_real_ones_awkward():
    pulls = invented(320, 1).pulls.values()
    longest = {
        name: max(len(pull[name]) for pull in pulls) for name in ("reviews", "commits", "files", "labels")
    }
    assert longest == {"reviews": 63, "commits": 130, "files": 140, "labels": 24}
    assert max(len(pull["timelineItems"]) for pull in pulls) > 100
    assert {pull["state"] for pull in pulls} == {"OPEN", "CLOSED", "MERGED"}
    assert {(pull["author"] or {}).get("__typename") for pull in pulls} == {"User", "Bot", None}
    kinds = {entry["__typename"] for pull in pulls for entry in pull["timelineItems"]}
    assert {"HeadRefForcePushedEvent", "ReviewDismissedEvent", "ReadyForReviewEvent"} <= kinds
    assert any(pull["isDraft"] for pull in pulls)
    assert {entry["state"] for pull in pulls for entry in pull["reviews"]} == {
        "APPROVED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED", "PENDING",
    }  # fmt: skip


def test_the_export_of_a_repository_is_whole_and_reads_without_a_loss(tmp_path: Path):
    repo = invented(110, 1)
    parsed = parse_file(tmp_path, page_export(repo))
    frames = parsed.frames
    assert frames["pull_requests"].height == 110
    assert not frames["pull_requests"]["cut_lists"].explode().drop_nulls().len()
    for table, name in (
        ("changed_files", "files"),
        ("commits", "commits"),
        ("review_events", "timelineItems"),
    ):
        assert frames[table].height == sum(len(pull[name]) for pull in repo.pulls.values())
    submitted = [one for pull in repo.pulls.values() for one in pull["reviews"] if one["state"] != "PENDING"]
    assert frames["reviews"].height == len(submitted)
    assert frames["reviews"]["review_id"].is_unique().all()


@pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")
def test_a_world_of_real_pull_requests_tells_the_order_that_github_told():
    world = real_world(REAL)
    sizes = {repo.name_with_owner: len(repo.pulls) for repo in world.repositories}
    assert sizes == {"dotnet/aspire": 92, "oven-sh/bun": 116, "PostHog/posthog": 2000}
    large = world.find("posthog/posthog")
    assert large is not None
    moments = [large.pulls[number]["updatedAt"] for number in large.order or ()]
    assert sum(later > earlier for earlier, later in pairwise(moments)) == 12


def test_no_world_is_there_where_no_files_are(tmp_path: Path):
    assert real_world(tmp_path).repositories == []


def test_the_server_runs_by_itself_until_it_is_told_to_stop():
    command = [sys.executable, "-m", "tests.github_server", "--invented", "3"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as process:
        assert process.stdout is not None
        url, _, token = process.stdout.readline().partition("  token: ")
        headers = {"Authorization": f"token {token.strip()}"}
        told = requests.get(f"{url}/repos/{NAME}", headers=headers, timeout=5).json()
        process.send_signal(signal.SIGTERM)
    assert (told["full_name"], process.returncode) == (NAME, 0)
