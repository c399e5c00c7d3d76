"""Planted secrets come out nowhere: not in errors and their chains, not in logs, not in what is kept."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.sources.github.credentials import Credentials
from ingest.sources.github.faults import GitHubFault
from ingest.sources.github.permissions import GraphProbe, Probed
from tests.github_server.answering import Answerer, Incoming
from tests.github_server.faults import Faults
from tests.github_server.http import GitHubServer
from tests.github_server.world import Repo, World
from tests.ingest.github.helpers_connection import (
    QUESTION,
    Request,
    Said,
    Time,
    app_with,
    chain_of,
    connected,
    serving,
)
from tests.ingest.github.helpers_keys import key_pair
from tests.ingest.github.helpers_pulling import NAME, Lake, world_of
from tests.ingest.github.helpers_pulling import TOKEN as LAKES_TOKEN

PLANTED = "plantedPlanted" + "1234567890"  # of no known form, as on a server of one's own
WITH_TOKEN = Credentials("environment variable GITHUB_TOKEN", token=PLANTED)
ECHO = f"the token {PLANTED} is odd"
QUERY = 'query { repository(owner: "acme", name: "shop") { id } }'


@pytest.mark.parametrize(
    "said",
    [
        Said({"message": ECHO}, 401),
        Said({"message": ECHO}, 403),
        Said({"message": ECHO}, 403, {"x-github-sso": f"required; url=https://x/{PLANTED}"}),
        Said({"message": ECHO}, 404),
        Said({"message": ECHO}, 502),
        Said({"message": ECHO}, 500),
        Said({"errors": [{"message": ECHO}]}),
        Said({"errors": [{"type": "INSUFFICIENT_SCOPES", "message": ECHO}]}),
        Said(ECHO.encode()),
        Said(b'{"data": ' + ECHO.encode()),
        Said(b"{", length=100),
        Said({}, 301, {"location": f"https://{PLANTED}.example/x"}),
    ],
)
@pytest.mark.parametrize("way", ["graphql", "rest"])
def test_no_error_brings_the_token_along(said: Said, way: str):
    with (
        serving(said) as script,
        connected(script.url, Time(), WITH_TOKEN) as (_hub, connection),
        pytest.raises((SourceError, GitHubFault)) as caught,
    ):
        connection.ask(QUESTION, {}) if way == "graphql" else connection.get("/x")
    for error in chain_of(caught.value):
        held = [str(error), repr(error), repr(error.args), repr(vars(error))]
        assert PLANTED not in "".join(held)
    shown = "".join(traceback.format_exception(caught.value))
    assert PLANTED not in shown
    assert "Authorization" not in shown


@pytest.mark.parametrize("address", ["https://github.invalid", "http://127.0.0.1:1"])
def test_no_exception_of_a_library_hangs_behind_an_error(address: str):
    with connected(address, Time(), WITH_TOKEN) as (_hub, connection), pytest.raises(SourceError) as caught:
        connection.ask(QUESTION, {})
    assert list(chain_of(caught.value)) == [caught.value]


def test_a_password_in_the_address_is_not_shown():
    with connected("http://127.0.0.1:1", Time(), WITH_TOKEN) as (hub, _connection):
        # settings refuse such an address, so it is put past them
        hub._settings = hub._settings.model_copy(update={"url": "http://jo:hunter2@127.0.0.1:1"})
        connection = hub.connect()
        with pytest.raises(SourceError) as caught:
            connection.ask(QUESTION, {})
        connection.close()
    assert "hunter2" not in str(caught.value)


def withheld(**more: Any) -> Said:
    """An answer of which a part may not be read, with words that repeat the token."""
    error = {"type": "FORBIDDEN", "path": ["repository", "id"], "message": ECHO, **more}
    return Said({"data": {"repository": {"id": None}}, "errors": [error]})


def test_words_about_parts_that_may_not_be_read_come_without_the_token_and_short():
    said = withheld(message=f"{ECHO}\n{'x' * 300}", extensions={"why": [{"said": ECHO}]})
    with serving(said) as script, connected(script.url, Time(), WITH_TOKEN) as (_hub, connection):
        [error] = connection.ask(QUESTION, {}).errors
    assert error["message"] == f"the token *** is odd {'x' * 179}"
    assert error["extensions"] == {"why": [{"said": "the token *** is odd"}]}
    assert (error["type"], error["path"]) == ("FORBIDDEN", ["repository", "id"])


@pytest.mark.parametrize("known", ["ghp_" + "a1B2c3D4e5" * 4, "glpat-" + "abcDEF123456" * 2])
def test_a_token_of_a_known_form_is_hidden_whosever_it_is(known: str):
    said = withheld(message=f"{known} may not read it")
    with serving(said) as script, connected(script.url, Time(), WITH_TOKEN) as (_hub, connection):
        assert connection.ask(QUESTION, {}).errors[0]["message"] == "*** may not read it"


@pytest.mark.parametrize("before", range(200 - len(PLANTED), 201))
def test_no_half_of_a_token_is_left_where_words_are_cut(before: int):
    said = Said({"message": f"{'x' * before}{PLANTED}"}, 404)
    with (
        serving(said) as script,
        connected(script.url, Time(), WITH_TOKEN) as (_hub, connection),
        pytest.raises(GitHubFault) as caught,
    ):
        connection.get("/x")
    assert str(caught.value) == f"{'x' * before}***"[:200]


@pytest.mark.parametrize("before", range(400 - len(PLANTED), 401, 3))
@pytest.mark.parametrize("status", [200, 422])
def test_no_half_of_a_token_is_left_where_a_page_is_cut(before: int, status: int):
    page = f"<html>{' ' * (before - 6)}{PLANTED} and more {'x' * 100}".encode()
    with (
        serving(Said(page, status)) as script,
        connected(script.url, Time(), WITH_TOKEN) as (_hub, connection),
        pytest.raises(SourceError) as caught,
    ):
        connection.ask(QUESTION, {})
    assert PLANTED[:4] not in str(caught.value)


def test_headers_of_a_page_come_without_the_token():
    said = Said([], headers={"x-oauth-scopes": f"repo, {PLANTED}"})
    with serving(said) as script, connected(script.url, Time(), WITH_TOKEN) as (_hub, connection):
        assert connection.get("/user").headers["x-oauth-scopes"] == "repo, ***"


def test_a_redirect_that_names_a_token_in_small_letters_does_not_show_it():
    small = Credentials("environment variable GITHUB_TOKEN", token=PLANTED.lower())
    said = Said({}, 301, {"location": f"https://{PLANTED.lower()}.example/x"})
    with (
        serving(said) as script,
        connected(script.url, Time(), small) as (_hub, connection),
        pytest.raises(SourceError, match=r"sends us on to https://\*\*\*.example") as caught,
    ):
        connection.get("/x")
    assert PLANTED.lower() not in "".join(str(error) for error in chain_of(caught.value))


def test_a_refusal_to_an_app_brings_neither_its_key_nor_what_it_was_signed_with():
    private, _public = key_pair()
    line = private.splitlines()[3]

    def refused(request: Request) -> Said:
        return Said({"message": f"{request.headers['Authorization']} and {line} are odd"}, 401)

    with (
        serving(refused) as script,
        connected(script.url, Time(), app_with(private)) as (_hub, connection),
        pytest.raises(SourceError) as caught,
    ):
        connection.ask(QUESTION, {})
    assert "gives the App no token: Bearer *** and *** are odd" in str(caught.value)


def test_a_permission_is_tried_and_told_without_the_token():
    probe = GraphProbe("nameWithOwner")
    with serving(withheld()) as script, connected(script.url, Time(), WITH_TOKEN) as (_hub, connection):
        assert probe(connection, "acme/shop") == Probed("missing", "the token *** is odd")


def test_a_run_shows_and_keeps_nothing_of_a_token_that_github_repeats():
    lake, world = Lake(), world_of(20)
    server = Answerer(world, Faults())

    def answer(request: Request) -> Said:
        headers = {name.lower(): told for name, told in request.headers.items()}
        reply = server.answer(Incoming(request.method, request.path, {}, headers, request.body))
        told = json.loads(reply.body)
        path = ["repository", "pullRequests", "nodes", 0, "author"]
        error = {"type": "FORBIDDEN", "path": path, "message": f"{LAKES_TOKEN} may not read it"}
        return Said(told | {"errors": [error]}, reply.status, reply.headers)

    with serving(answer) as script:
        pulled = lake.pull(script)
    assert lake.states[NAME].denied == {"author": "*** may not read it"}
    assert list(pulled.left_out) == ["author: may not be read (*** may not read it)"]
    kept = [*map(bytes.decode, lake.raw.kept.values()), *lake.cursor.values()]
    shown = [repr(lake.told), repr(pulled)]
    assert not [text for text in (*kept, *shown) if LAKES_TOKEN in text]


def test_nothing_is_logged_about_tokens_or_answers(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("github.Requester").setLevel(logging.DEBUG)
    private, public = key_pair()
    world = World([Repo("R_1", 1, "acme/shop")], tokens={}, app_id=7, app_public_key=public)
    with GitHubServer(world) as server, connected(server.url, None, app_with(private)) as (hub, connection):
        hub.limits._now = world.now
        connection.ask(QUERY, {})
        secrets = hub.secrets
    assert set(world.tokens) <= set(secrets)
    assert world.tokens
    logged = caplog.text
    assert not [secret for secret in secrets if secret in logged]
    assert "acme" not in logged


def test_the_secrets_of_a_run_grow_with_the_tokens_of_an_app():
    private, public = key_pair()
    world = World([Repo("R_1", 1, "acme/shop")], tokens={}, app_id=7, app_public_key=public)
    with GitHubServer(world) as server, connected(server.url, None, app_with(private)) as (hub, connection):
        hub.limits._now = world.now
        before = hub.secrets
        connection.ask(QUERY, {})
        assert set(hub.secrets) - set(before) == set(world.tokens)
