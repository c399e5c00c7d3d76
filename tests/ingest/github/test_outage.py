"""One server is asked for too much, another is out: the first is asked for less, the second is said."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from graphql import parse

from ingest.sources.github.faults import HubError, TooMuchFault
from ingest.sources.github.sizing import PageSize, adaptively
from tests.github_server.answering import Answerer, Incoming
from tests.github_server.cost import cost_of
from tests.github_server.faults import Faults
from tests.github_server.http import GitHubServer
from tests.github_server.world import World
from tests.ingest.github.helpers_connection import (
    GOOD,
    Request,
    Said,
    Time,
    but_for_the_least,
    connected,
    serving,
)
from tests.ingest.github.helpers_pulling import NAME, PARTS, Lake, plain, world_of

UNAVAILABLE = Said({"message": "No server is currently available to service your request."}, 503)
RESET = Said(resets=True)
GATEWAY = Said(b"<html>Bad Gateway</html>", 502)
QUESTION = "query($first: Int!) { viewer { login } }"
MINUTES = 60.0


def counted(request: Request) -> int:
    """How many pull requests a question asks for, with lists of their own or without."""
    told = json.loads(request.body)
    return cost_of(parse(told["query"]), told["variables"]).pulls


def github(world: World, spoiled: Callable[[Request], Said | None]) -> Callable[[Request], Said]:
    """All of the test server, but where something else is said."""
    server = Answerer(world, Faults())

    def answer(request: Request) -> Said:
        headers = {name.lower(): told for name, told in request.headers.items()}
        instead = spoiled(request)
        if instead is not None:
            return instead
        reply = server.answer(Incoming(request.method, request.path, {}, headers, request.body))
        return Said(reply.body, reply.status, reply.headers)

    return answer


@pytest.mark.parametrize("said", [UNAVAILABLE, RESET])
def test_a_question_is_halved_until_it_is_answered(said: Said):
    sizes = []

    def answer(request: Request) -> Said:
        first = json.loads(request.body)["variables"].get("first", 0)
        sizes.append(first)
        return said if first > 10 else Said()

    with serving(answer) as script, connected(script.url, Time()) as (_hub, connection):
        size = PageSize(36, 36)
        told = adaptively(size, lambda first: connection.ask(QUESTION, {"first": first}), [].append)
    assert told.data == GOOD["data"]
    at_first_contact, least = [36] * 3, [0]
    assert sizes == [*at_first_contact, *least, *[18] * 4, *least, 9]


@pytest.mark.parametrize("said", [UNAVAILABLE, RESET])
def test_everything_is_read_from_a_server_that_breaks_above_ten_pull_requests(said: Said):
    calm, troubled = Lake(), Lake()
    with GitHubServer(world_of(60)) as server:
        calm.pull(server)
    broken = github(world_of(60), lambda request: said if counted(request) > 10 else None)
    with serving(broken) as script:
        troubled.pull(script)
    assert len(troubled.numbers) == 60
    assert {part: plain(troubled, part) for part in PARTS} == {part: plain(calm, part) for part in PARTS}
    assert not troubled.states[NAME].unread


@pytest.mark.parametrize("said", [UNAVAILABLE, RESET, GATEWAY])
@pytest.mark.parametrize("good", [0, 1, 3])
def test_an_outage_of_the_whole_server_ends_in_minutes_with_a_sentence(said: Said, good: int):
    lake, left = Lake(), [good]

    def spoiled(_request: Request) -> Said | None:
        left[0] -= 1
        return None if left[0] >= 0 else said

    with (
        serving(github(world_of(300), spoiled)) as script,
        pytest.raises(HubError, match=r"GitHub \(127.0.0.1:\d+\) .*; nothing is lost, run again to go on"),
    ):
        lake.pull(script)
    assert sum(lake.slept) < 4 * MINUTES


@pytest.mark.parametrize("said", [UNAVAILABLE, RESET, GATEWAY])
def test_an_outage_while_many_are_read_by_number_ends_as_soon(said: Said):
    world, lake, outage = world_of(300), Lake(), _Outage(said, "pullRequest(number:", "timelineItems(")
    with serving(github(world, outage.spoiled)) as script:
        lake.pull(script)
        for pull in world.repositories[0].pulls.values():
            pull["updatedAt"] = f"2027{pull['updatedAt'][4:]}"
        outage.is_near, slept = True, sum(lake.slept)
        with pytest.raises(HubError):
            lake.pull(script)
    assert outage.has_begun
    assert sum(lake.slept) - slept < 4 * MINUTES


class _Outage:
    """Begins with the first question that holds these words, and has no end."""

    def __init__(self, said: Said, *words: str) -> None:
        self.is_near = self.has_begun = False
        self._said, self._words = said, words

    def spoiled(self, request: Request) -> Said | None:
        text = json.loads(request.body)["query"]
        is_first = self.is_near and all(words in text for words in self._words)
        self.has_begun = self.has_begun or is_first
        return self._said if self.has_begun else None


@pytest.mark.parametrize("minutes", [1, 2])
@pytest.mark.parametrize("said", [UNAVAILABLE, RESET, GATEWAY])
def test_an_outage_of_minutes_is_outlived_and_nobody_is_given_up(said: Said, minutes: int):
    lake, asked = Lake(), []

    def spoiled(request: Request) -> Said | None:
        asked.append(request)
        is_out = len(asked) > 1 and sum(lake.slept) < minutes * MINUTES
        return said if is_out else None

    with serving(github(world_of(60), spoiled)) as script:
        lake.pull(script)
    assert minutes * MINUTES <= sum(lake.slept) < (minutes + 1) * MINUTES
    assert len(lake.numbers) == 60
    assert not lake.states[NAME].unread


def test_pull_requests_that_can_never_be_told_are_no_outage_however_many_stand_together():
    lake = Lake()
    with GitHubServer(world_of(12), Faults(unanswerable=set(range(2, 8)))) as server:
        lake.pull(server)
    assert {int(number) for number in lake.states[NAME].unread} == set(range(2, 8))
    assert lake.numbers == {1, *range(8, 13)}


def test_a_server_that_only_answers_the_smallest_question_is_asked_for_less_for_ever():
    with (
        serving(but_for_the_least(GATEWAY)) as script,
        connected(script.url, Time()) as (_hub, connection),
    ):
        for _ in range(40):
            with pytest.raises(TooMuchFault):
                connection.ask(QUESTION, {"first": 1})
    assert len(script.requests) == 40 + 40 // 8
