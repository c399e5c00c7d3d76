"""What a connection does with everything that GitHub, or what stands before it, may answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.sources.github.connection import LEAST, Answer, Connection, Hub
from ingest.sources.github.faults import (
    CursorError,
    DeniedFault,
    FieldsFault,
    Heard,
    HubError,
    Kind,
    StoppedFault,
    TooMuchFault,
    kind_of,
)
from ingest.sources.github.transport import address_of, requester_for
from tests.github_server.faults import Faults
from tests.github_server.http import GitHubServer
from tests.github_server.world import Repo, World
from tests.ingest.github.helpers_connection import (
    BEGUN_AT,
    GOOD,
    QUESTION,
    Request,
    Said,
    Time,
    but_for_the_least,
    connected,
    date_of,
    hub_for,
    limited,
    serving,
    settings_for,
)

REPOSITORY = (
    'query { repository(owner: "acme", name: "shop") { id } rateLimit { cost remaining limit resetAt } }'
)


def asked(*answers: Said, time: Time | None = None, **changed: Any) -> Answer:
    """Answer to one question where these are said one after the other."""
    with serving(*answers) as script, connected(script.url, time, **changed) as (_hub, connection):
        return connection.ask(QUESTION, {})


def errors(*problems: dict[str, Any], **beside: Any) -> Said:
    return Said({"errors": list(problems), **beside})


def world() -> World:
    return World(repositories=[Repo("R_1", 1, "acme/shop")])


# -- addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://github.acme.example/api/v3", "https://github.acme.example/api/graphql"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
        ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/graphql"),
    ],
)
def test_graphql_is_asked_where_each_kind_of_server_has_it(url: str, graphql: str):
    hub = hub_for(url)
    assert hub.connect()._requester.graphql_url == graphql


def test_the_address_of_a_server_of_ones_own_is_taken_as_it_is():
    assert address_of("https://github.acme.example:8443/api/v3/") == "https://github.acme.example:8443/api/v3"


def test_nothing_is_throttled_or_retried_by_the_library():
    requester = requester_for(
        settings_for("https://api.github.com", timeout_seconds=7), hub_for("https://x")._auth()
    )
    kept = requester.kwargs
    assert kept["retry"] is None
    assert (kept["seconds_between_requests"], kept["seconds_between_writes"]) == (0, 0)
    assert (kept["timeout"], kept["per_page"], kept["user_agent"]) == (7, 100, "pilot-metrics")


# -- good answers ------------------------------------------------------------------------------------


def test_an_answer_brings_its_data_and_the_time_of_github():
    answer = asked(Said(headers={"date": date_of(BEGUN_AT + timedelta(hours=5))}))
    assert answer == Answer(GOOD["data"], (), BEGUN_AT + timedelta(hours=5))


def test_a_question_goes_out_with_its_variables_and_the_token():
    with serving(Said()) as script, connected(script.url) as (_hub, connection):
        connection.ask("query($n: Int) { x }", {"n": 3})
    [request] = script.requests
    assert request.path == "/api/graphql"
    assert request.body == b'{"query": "query($n: Int) { x }", "variables": {"n": 3}}'
    assert request.headers["Authorization"] == "token good-token"


def test_requests_are_counted_and_what_points_are_left_is_known():
    account = {"cost": 3, "remaining": 4997, "limit": 5000, "resetAt": "2026-11-21T10:00:00Z"}
    said = Said({"data": {"viewer": None, "rateLimit": account}})
    with serving(said) as script, connected(script.url) as (hub, connection):
        assert (hub.points_left, hub.points_limit) == (None, None)
        connection.ask(QUESTION, {})
        connection.ask(QUESTION, {})
        assert (hub.requests, hub.points_left, hub.points_limit) == (2, 4997, 5000)


def test_a_server_without_limits_leaves_points_unknown():
    with serving(Said()) as script, connected(script.url) as (hub, connection):
        connection.ask(QUESTION, {})
        assert (hub.points_left, hub.points_limit) == (None, None)


def test_a_line_stays_open_between_questions():
    with GitHubServer(world()) as server, connected(server.url) as (_hub, connection):
        connection.ask(REPOSITORY, {})
        first = connection._requester._Requester__connection  # type: ignore[attr-defined]
        connection.ask(REPOSITORY, {})
        assert connection._requester._Requester__connection is first  # type: ignore[attr-defined]


def test_a_body_that_names_no_encoding_is_utf_8():
    said = Said(
        '{"data": {"viewer": {"login": "Zoë"}}}'.encode(), headers={"content-type": "application/json"}
    )
    assert asked(said).data == {"viewer": {"login": "Zoë"}}


@pytest.mark.parametrize("none", [None, []])
def test_errors_that_are_there_but_none_are_none(none: object):
    assert asked(Said({"data": {"viewer": None}, "errors": none})).errors == ()


@pytest.mark.parametrize("kind", ["NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_SCOPES"])
def test_parts_that_may_not_be_read_stand_beside_the_data(kind: str):
    problem = {"type": kind, "path": ["repository", "p7"], "message": "no"}
    answer = asked(errors(problem, data={"repository": {"p7": None}}))
    assert answer.data == {"repository": {"p7": None}}
    assert answer.errors == (problem,)


def test_no_more_requests_are_in_flight_than_configured():
    flying, peak, lock = [0], [0], Lock()

    def answer(_request: Request) -> Said:
        with lock:
            flying[0] += 1
            peak[0] = max(peak[0], flying[0])
        Event().wait(0.004)
        with lock:
            flying[0] -= 1
        return Said()

    with serving(answer) as script:
        hub = hub_for(script.url, at_once=2)
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _each: ask_five_times(hub), range(6)))
    assert hub.requests == 30
    assert peak[0] == 2


def ask_five_times(hub: Hub) -> None:
    connection = hub.connect()
    for _ in range(5):
        connection.ask(QUESTION, {})
    connection.close()


# -- too much ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        Said(b"<html>Bad Gateway</html>", status=502),
        Said({"message": "We couldn't respond to your request in time."}, status=504),
        errors({"message": "Something went wrong while executing your query."}),
        errors({"message": "Something went wrong while executing your query."}, data=None),
        errors({"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits"}, data={"repository": None}),
        errors(
            {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "This query requests up to 900,000 possible nodes"}
        ),
        errors({"message": "Timeout on validation of query"}),
        errors({"path": ["repository"], "message": "boom"}, data={"repository": None}),
    ],
)
def test_what_is_too_much_is_told_at_once_so_that_less_is_asked(said: Said):
    time = Time()
    with pytest.raises(TooMuchFault):
        asked(said, time=time)
    assert time.slept == []


def test_an_answer_that_takes_too_long_is_too_much():
    faults = Faults(at={1: "slow"}, slow_seconds=0.2)
    with GitHubServer(world(), faults) as server, connected(server.url) as (hub, _connection):
        hub._settings = hub._settings.model_copy(update={"timeout_seconds": 0.02})
        impatient = hub.connect()
        with pytest.raises(TooMuchFault, match="timed out"):
            impatient.ask(REPOSITORY, {})
        impatient.close()


def test_an_answer_that_goes_silent_is_too_much():
    said = Said(b'{"data": ', length=500, stalls=True)
    with serving(said) as script, connected(script.url) as (hub, _connection):
        hub._settings = hub._settings.model_copy(update={"timeout_seconds": 0.02})
        impatient = hub.connect()
        with pytest.raises(TooMuchFault, match="timed out"):
            impatient.ask(QUESTION, {})
        impatient.close()


@pytest.mark.parametrize(
    "said",
    [
        Said(b'{"data": {"viewer"'),
        Said(b'{"data": {"vi', length=500),
        Said(status=500),
        Said({"message": "No server is currently available"}, 503),
        Said(resets=True),
    ],
)
def test_cut_bodies_lost_lines_and_breakdowns_are_asked_for_again_and_then_for_less(said: Said):
    time = Time()
    with (
        serving(Said(), but_for_the_least(said)) as script,
        connected(script.url, time) as (_hub, connection),
    ):
        connection.ask(QUESTION, {})
        with pytest.raises(TooMuchFault):
            connection.ask(QUESTION, {})
    assert len(script.requests) == 1 + 4 + 1  # the last one: is GitHub there at all?
    assert time.total == 0.5 + 1 + 2


def test_what_is_too_much_at_the_first_contact_is_told_as_well():
    time = Time()
    with (
        serving(but_for_the_least(Said(resets=True))) as script,
        connected(script.url, time) as (_hub, connection),
        pytest.raises(TooMuchFault),
    ):
        connection.ask(QUESTION, {})
    assert time.total == 0.5 + 1


def test_a_cursor_that_is_no_longer_taken_is_refused_at_once():
    query = """query { repository(owner: "acme", name: "shop") {
        pullRequests(first: 2, after: "gone", orderBy: {field: UPDATED_AT, direction: DESC}) {
            nodes { number } } } }"""
    time = Time()
    with GitHubServer(world()) as server, connected(server.url, time) as (hub, connection):
        with pytest.raises(CursorError, match=r"\(`gone` does not appear.*`pilot ingest github --full`"):
            connection.ask(query, {})
        assert hub.requests == 1
    assert time.slept == []


# -- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RATE_LIMITED", "RATE_LIMIT"])
def test_used_up_points_are_waited_for_by_the_clock_of_github(kind: str):
    time = Time()
    their_now = BEGUN_AT + timedelta(days=2)
    headers = {"date": date_of(their_now)} | limited(0, their_now + timedelta(seconds=30))
    refusal = Said({"errors": [{"type": kind, "message": "API rate limit exceeded"}]}, headers=headers)
    assert asked(refusal, Said(), time=time).data == GOOD["data"]
    assert time.total == 31


@pytest.mark.parametrize("status", [403, 429])
def test_used_up_points_may_also_be_told_by_the_status(status: int):
    time = Time()
    refusal = Said(
        {"message": "API rate limit exceeded"}, status, limited(0, BEGUN_AT + timedelta(seconds=5))
    )
    asked(refusal, Said(), time=time)
    assert time.total == 6


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (Said({"message": "You have exceeded a secondary rate limit."}, 403), 60),
        (Said({"message": "You have exceeded a secondary rate limit."}, 403, {"retry-after": "7"}), 7),
        (Said({"message": "slow down"}, 429), 60),
        (Said({"message": "slow down"}, 429, {"retry-after": date_of(BEGUN_AT + timedelta(seconds=9))}), 9),
        (Said({"message": "You have triggered an abuse detection mechanism."}, 403), 60),
    ],
)
def test_a_request_to_slow_down_is_obeyed(said: Said, seconds: int):
    time = Time()
    asked(said, Said(), time=time)
    assert time.total == seconds


def test_a_wait_counts_down_for_people():
    time = Time()
    asked(Said({"message": "slow down"}, 429, {"retry-after": "3"}), Said(), time=time)
    assert [one.doing for one in time.told] == [f"limit reached: waiting {left} s" for left in (3, 2, 1)]


def test_points_that_run_out_are_waited_for_before_the_limit_is_met():
    time = Time()
    account = {"cost": 2, "remaining": 1, "limit": 5000, "resetAt": "2026-11-21T09:00:20Z"}
    said = Said({"data": {"rateLimit": account}})
    with serving(said, Said()) as script, connected(script.url, time) as (_hub, connection):
        connection.ask(QUESTION, {})
        assert time.total == 0
        connection.ask(QUESTION, {})
        assert time.total == 21


def test_a_server_with_few_points_is_never_asked_beyond_them():
    few = World(repositories=[Repo("R_1", 1, "acme/shop")], points_limit=3)

    class Hours(Time):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            few.points_used = 0  # what we slept has passed for the server too

    time = Hours()
    with GitHubServer(few) as server, connected(server.url, time) as (hub, connection):
        for _ in range(8):
            assert connection.ask(REPOSITORY, {}).data["repository"] == {"id": "R_1"}
        assert hub.requests == 8
    assert [one.points for one in server.asked] == [1] * 8
    assert [one.doing for one in time.told].count("limit reached: waiting 60 min") == 2


def test_the_end_of_a_limit_too_far_away_ends_the_run():
    refusal = Said({"message": "API rate limit exceeded"}, 403, limited(0, BEGUN_AT + timedelta(hours=2)))
    with pytest.raises(HubError, match=r"until 2026-11-21 11:00:01 UTC.*What was read is kept"):
        asked(refusal, max_wait_minutes=90)


@pytest.mark.parametrize(
    "kind", ["rate_limited", "rate_limited_403", "secondary", "secondary_after", "secondary_429", "abuse"]
)
def test_limits_of_the_whole_server_are_outlived(kind: str):
    faults = Faults(at={2: kind}, date_skew=timedelta(hours=-7))
    with GitHubServer(world(), faults) as server, connected(server.url, Time()) as (hub, connection):
        for _ in range(3):
            assert connection.ask(REPOSITORY, {}).data["repository"] == {"id": "R_1"}
        assert hub.requests == 4


def test_a_stopped_run_asks_nothing_more():
    with serving(Said()) as script, connected(script.url) as (hub, connection):
        hub.stop()
        with pytest.raises(StoppedFault):
            connection.ask(QUESTION, {})
    assert script.requests == []


# -- passing troubles --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cut", "reset", "500", "html"])
def test_a_passing_trouble_is_asked_past(kind: str):
    time = Time()
    with (
        GitHubServer(world(), Faults(at={1: kind, 3: kind})) as server,
        connected(server.url, time) as (hub, way),
    ):
        for _ in range(2):
            assert way.ask(REPOSITORY, {}).data["repository"] == {"id": "R_1"}
        assert hub.requests == 4
    assert time.slept == [0.5, 0.5]


def test_a_server_that_hangs_up_again_and_again_is_out_of_reach_and_nothing_is_lost():
    time = Time()
    faults = Faults(at=dict.fromkeys(range(2, 30), "reset"))
    with GitHubServer(world(), faults) as server, connected(server.url, time) as (hub, connection):
        connection.ask(REPOSITORY, {})
        with pytest.raises(
            HubError, match=r"GitHub \(127.0.0.1:\d+\) cannot be reached: .*; nothing is lost, run again"
        ):
            connection.ask(REPOSITORY, {})
        by_the_smallest = 0.5 + 1 + 2 + 4 + 8 + 16 + 32 + 60
        assert time.total == 0.5 + 1 + 2 + by_the_smallest
        with pytest.raises(HubError):
            connection.ask(REPOSITORY, {})  # another thread need not wait two minutes to find out
        assert time.total == 0.5 + 1 + 2 + by_the_smallest
        assert hub.requests == 1 + 4 + 9 + 2


def test_a_wrong_host_is_known_after_three_tries():
    time = Time()
    with connected("https://github.invalid/api/v3", time) as (hub, connection):
        with pytest.raises(
            HubError, match=r"GitHub \(github.invalid\) cannot be reached.*\[sources.github\] url"
        ):
            connection.ask(QUESTION, {})
        assert hub.requests == 3
    assert time.total == 1.5


def test_a_closed_port_is_named_in_plain_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            connected(f"http://127.0.0.1:{port}") as (_hub, connection),
            pytest.raises(HubError, match="Connection refused") as caught,
        ):
            connection.ask(QUESTION, {})
    assert "object at 0x" not in str(caught.value)


def test_a_page_of_a_proxy_is_quoted():
    page = Said(
        b"<html><title>Sign in to the corporate network</title></html>", headers={"content-type": "text/html"}
    )
    with pytest.raises(HubError, match=r"not JSON: '<html><title>Sign in to the corporate.*HTTPS_PROXY"):
        asked(page)


def test_maintenance_is_waited_for_as_long_as_told():
    time = Time()
    asked(Said({"message": "Maintenance"}, 503, {"retry-after": "20"}), Said(), time=time)
    assert time.total == 20


def beginnings(time: Time) -> list[str]:
    """What is told when a wait, or smaller questions, begin."""
    return [one.doing for one in time.told if not one.done]


def test_every_pause_of_more_than_a_second_is_told_with_its_reason_and_the_try_that_follows():
    time = Time()
    with serving(Said([]), Said(status=502)) as script, connected(script.url, time) as (_hub, connection):
        connection.get("/meta")
        with pytest.raises(SourceError):
            connection.get("/meta")
    assert len(script.requests) == 1 + 9
    assert beginnings(time) == [
        f"GitHub answered 502: asking again in {seconds} (try {number} of 9)"
        for number, seconds in enumerate(("2 s", "4 s", "8 s", "16 s", "32 s", "1 min"), start=4)
    ]


def test_that_less_is_asked_for_is_told_once():
    time = Time()
    with (
        serving(Said(), Said(status=504), Said(status=502)) as script,
        connected(script.url, time) as (hub, way),
    ):
        way.ask(QUESTION, {})
        for _ in range(3):
            with pytest.raises(TooMuchFault):
                way.ask(QUESTION, {})
        hub.pause(8)
    assert beginnings(time) == [
        "GitHub answered 504: asking for less at once",
        "GitHub answered 502: asking again in 8 s",
    ]


# -- refusals ----------------------------------------------------------------------------------------


def test_a_token_that_is_not_accepted_is_said_at_once():
    with pytest.raises(HubError) as caught:
        asked(Said({"message": "Bad credentials"}, 401))
    assert str(caught.value).startswith(
        "the token in environment variable GITHUB_TOKEN is not accepted by 127.0.0.1:"
    )
    assert "make a new one" in str(caught.value)


def test_a_token_that_needs_single_sign_on_says_what_to_do():
    sso = "required; url=https://github.com/orgs/acme/sso?authorization_request=A1B2C3D4"
    said = Said(
        {"message": "Resource protected by organization SAML enforcement."}, 403, {"x-github-sso": sso}
    )
    with pytest.raises(SourceError, match=r"Configure SSO") as caught:
        asked(said)
    assert "https://github.com/orgs/acme/sso" in str(caught.value)
    assert "A1B2C3D4" not in str(caught.value)


def test_single_sign_on_may_also_be_told_beside_data():
    problem = {
        "type": "FORBIDDEN",
        "path": ["repository"],
        "extensions": {"saml_failure": True},
        "message": "Resource protected by organization SAML enforcement.",
    }
    with pytest.raises(SourceError, match="single sign-on"):
        asked(errors(problem, data={"repository": None}))


def test_a_missing_scope_is_named():
    problem = {"type": "INSUFFICIENT_SCOPES", "message": "The 'slug' field requires one of: ['read:org']"}
    with pytest.raises(SourceError, match=r"lacks a scope: The 'slug' field requires one of: \['read:org'\]"):
        asked(errors(problem))


def test_a_bad_question_is_told_with_githubs_words():
    with pytest.raises(SourceError, match="refuses the question: Parse error on") as caught:
        asked(errors({"message": 'Parse error on "}"'}))
    assert not isinstance(caught.value, HubError)


def test_an_address_without_graphql_is_named():
    with serving(Said({"message": "Not Found"}, 404)) as script:
        wrong = script.root + "/api"
        with (
            connected(wrong) as (_hub, connection),
            pytest.raises(HubError, match="speaks no GraphQL") as caught,
        ):
            connection.ask(QUESTION, {})
    assert wrong in str(caught.value)
    assert "https://<your server>/api/v3" in str(caught.value)


PROXY_WANTS_CREDENTIALS = (
    "the proxy before {} wants credentials (HTTP 407); give them in HTTPS_PROXY: http:// and, right behind "
    "it, user:password@proxy:port"
)


def test_a_proxy_that_wants_credentials_is_told_apart():
    with serving(Said(b"<html>", 407)) as script, connected(script.url) as (_hub, connection):
        with pytest.raises(HubError) as caught:
            connection.ask(QUESTION, {})
        host = script.root.removeprefix("http://")
    assert str(caught.value) == PROXY_WANTS_CREDENTIALS.format(host)


def test_a_proxy_that_wants_credentials_for_a_tunnel_is_told_apart(through_proxy: Callable[[str], None]):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        Thread(target=refuse_tunnels, args=(proxy,), daemon=True).start()
        through_proxy(f"http://127.0.0.1:{proxy.getsockname()[1]}")
        address = "https://api.github.com"
        with connected(address, Time()) as (_hub, way), pytest.raises(HubError) as caught:
            way.ask(QUESTION, {})
    assert str(caught.value) == PROXY_WANTS_CREDENTIALS.format("api.github.com")


def refuse_tunnels(proxy: socket.socket) -> None:
    """Want credentials of everybody, until the server is closed."""
    with suppress(OSError):
        while True:
            line, _address = proxy.accept()
            with line:
                line.recv(4096)
                line.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")


@pytest.mark.parametrize(("status", "told"), [(403, " (HTTP 403)"), (200, "")])
def test_a_page_of_somebody_in_between_is_no_answer_of_github(status: int, told: str):
    page = Said(b"<html>Blocked by policy</html>", status)
    with serving(page) as script, connected(script.url, Time()) as (_hub, connection):
        with pytest.raises(HubError) as caught:
            connection.ask(QUESTION, {})
        host = script.root.removeprefix("http://")
    assert str(caught.value) == (
        f"{host} answers something that is not JSON: '<html>Blocked by policy</html>'{told}; expected "
        "GitHub. A proxy or a login page may stand between: check [sources.github] url and HTTPS_PROXY"
    )


def test_an_ip_allow_list_is_told_with_githubs_words():
    said = Said({"message": "the `acme` organization has an IP allow list enabled"}, 403)
    with pytest.raises(SourceError, match="IP allow list enabled"):
        asked(said)


# -- older servers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "parts"),
    [
        (
            {
                "message": "Field 'isInMergeQueue' doesn't exist on type 'PullRequest'",
                "extensions": {
                    "code": "undefinedField",
                    "typeName": "PullRequest",
                    "fieldName": "isInMergeQueue",
                },
            },
            ("PullRequest", "isInMergeQueue"),
        ),
        ({"message": "Field 'a' doesn't exist on type 'B'"}, ("B", "a")),
        ({"message": "Cannot query field 'a' on type 'B'. Did you mean 'c'?"}, ("B", "a")),
        ({"message": "No such type XEvent, so it can't be a fragment condition"}, ("XEvent", "")),
        ({"message": "Unknown type 'XEvent'."}, ("XEvent", "")),
        ({"message": "Fragment on XEvent can't be spread inside PullRequestTimelineItems"}, ("XEvent", "")),
        ({"message": "Value 'X_EVENT' does not exist in 'Kinds' enum."}, ("Kinds", "X_EVENT")),
        (
            {
                "message": "Variable $k of type [Kinds!] was provided invalid value for 3 "
                '(Expected "X_EVENT" to be one of: A, B)'
            },
            ("Kinds", "X_EVENT"),
        ),
        (
            {
                "message": "Argument 'itemTypes' on Field 'timelineItems' has an invalid value "
                "([A, X_EVENT]). Expected type '[Kinds!]'."
            },
            ("Kinds", ""),
        ),
    ],
)
def test_what_an_older_server_does_not_know_is_named(problem: dict[str, Any], parts: tuple[str, str]):
    with pytest.raises(FieldsFault) as caught:
        asked(errors(problem, problem))
    assert caught.value.fields == (parts,)


def test_a_field_that_the_server_does_not_have_is_named_by_the_whole_server():
    query = 'query { repository(owner: "acme", name: "shop") { id notThere } }'
    with (
        GitHubServer(world()) as server,
        connected(server.url) as (_hub, connection),
        pytest.raises(FieldsFault) as caught,
    ):
        connection.ask(query, {})
    assert caught.value.fields == (("Repository", "notThere"),)


def test_an_unknown_field_beside_another_complaint_is_a_bad_question():
    with pytest.raises(SourceError, match="Parse error"):
        asked(errors({"message": "Field 'a' doesn't exist on type 'B'"}, {"message": "Parse error"}))


# -- REST --------------------------------------------------------------------------------------------


def got(*answers: Said, time: Time | None = None, path: str = "/repos/acme/shop/x") -> Any:
    with serving(*answers) as script, connected(script.url, time) as (_hub, connection):
        reply = connection.get(path, {"per_page": "100", "hide_secret": "true"})
        return reply, script


def test_a_page_of_rest_brings_content_time_and_headers():
    reply, script = got(Said([{"n": 1}], headers={"x-oauth-scopes": "repo"}))
    assert reply.content == [{"n": 1}]
    assert reply.at == BEGUN_AT
    assert reply.headers["x-oauth-scopes"] == "repo"
    assert reply.next is None
    assert script.requests[0].path == "/api/v3/repos/acme/shop/x?hide_secret=true&per_page=100"


def test_an_object_is_left_as_it_came():
    reply, _script = got(Said({"n": 1}))
    assert reply.content == {"n": 1}


def test_the_next_page_is_found_by_its_parameters_whatever_host_is_named():
    following = "https://ghes.internal/api/v3/repositories/1/x?page=2&per_page=100&after=Y3Vy%3D"
    link = f'<{following}>; rel="next", <https://ghes.internal/api/v3/x?page=9>; rel="last"'
    reply, _script = got(Said([], headers={"link": link}))
    assert reply.next == {"page": "2", "per_page": "100", "after": "Y3Vy="}


@pytest.mark.parametrize("status", [403, 404, 410, 451])
def test_what_is_off_or_not_permitted_is_a_fault_with_githubs_words(status: int):
    with pytest.raises(DeniedFault) as caught:
        got(Said({"message": "Advanced Security must be enabled for this repository"}, status))
    assert (caught.value.status, caught.value.said) == (
        status,
        "Advanced Security must be enabled for this repository",
    )


def test_a_gateway_that_fails_by_rest_is_asked_again():
    time = Time()
    reply, script = got(Said(b"<html>", 502), Said([], status=200), time=time)
    assert reply.content == []
    assert len(script.requests) == 2


def test_a_limit_by_rest_is_waited_for():
    time = Time()
    got(
        Said({"message": "API rate limit exceeded"}, 403, limited(0, BEGUN_AT + timedelta(seconds=4))),
        Said([]),
        time=time,
    )
    assert time.total == 5


def test_a_redirect_on_the_same_server_keeps_the_question():
    def moved(_request: Request) -> Said:
        return Said(
            {"message": "Moved"}, 301, {"location": "/api/v3/repositories/1/x?hide_secret=true&per_page=100"}
        )

    reply, script = got(moved, Said([7]))  # type: ignore[arg-type]
    assert reply.content == [7]
    assert [request.path.partition("?")[2] for request in script.requests] == [
        "hide_secret=true&per_page=100"
    ] * 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_server_is_not_followed_and_names_both(status: int):
    said = Said({"message": "Moved"}, status, {"location": "https://ghes.internal/api/v3/repositories/1/x"})
    with pytest.raises(
        HubError, match=r"http://127.0.0.1:\d+ sends us on to https://ghes.internal.*\[sources.github\] url"
    ):
        got(said)


def test_a_question_that_is_moved_stays_a_question():
    with (
        serving(Said({}, 307, {"location": "/api/graphql/v2"}), Said()) as script,
        connected(script.url) as (_hub, connection),
    ):
        assert connection.ask(QUESTION, {}).data == GOOD["data"]
    assert [(one.method, one.path) for one in script.requests] == [
        ("POST", "/api/graphql"),
        ("POST", "/api/graphql/v2"),
    ]
    assert script.requests[0].body == script.requests[1].body


def test_rest_of_the_whole_server_is_read():
    with GitHubServer(world()) as server, connected(server.url) as (_hub, connection):
        assert connection.get("/repos/acme/shop").content["full_name"] == "acme/shop"


# -- proxies -----------------------------------------------------------------------------------------


@pytest.fixture
def through_proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Names the proxy of the environment."""
    for name in ("no_proxy", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def use(address: str) -> None:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)

    return use


def test_a_proxy_of_the_environment_is_used(through_proxy: Callable[[str], None]):
    with serving(Said()) as proxy:
        through_proxy(proxy.root)
        with connected("http://127.0.0.1:9/api/v3") as (_hub, connection):
            assert connection.ask(QUESTION, {}).data == GOOD["data"]
    assert proxy.requests[0].path == "http://127.0.0.1:9/api/graphql"


def test_the_smallest_question_is_one_of_githubs():
    with GitHubServer(world()) as server, connected(server.url) as (_hub, connection):
        assert set(connection.ask(LEAST, {}).data["rateLimit"]) == {"cost", "remaining", "limit", "resetAt"}


def test_every_kind_has_an_answer_that_leads_to_it():
    heard = {
        Kind.GOOD: Heard(graph=True, status=200, content={"data": {}}),
        Kind.CERTIFICATE: Heard(graph=True, lost="certificate"),
        Kind.NOWHERE: Heard(graph=True, status=404, content={}),
        Kind.DENIED: Heard(graph=False, status=404, content={}),
        Kind.PASSING: Heard(graph=False, lost="slow"),
        Kind.REFUSED: Heard(graph=False, status=422, content={"message": "Validation Failed"}),
    }
    assert {kind: kind_of(one) for kind, one in heard.items()} == {kind: kind for kind in heard}


def test_a_connection_that_is_closed_holds_no_line():
    with GitHubServer(world()) as server:
        hub = hub_for(server.url)
        connection: Connection = hub.connect()
        connection.ask(REPOSITORY, {})
        connection.close()
        assert connection._requester._Requester__connection is None  # type: ignore[attr-defined]
