"""Planted secrets come out nowhere: not in errors and their chains, not in logs, not in what is kept."""

from __future__ import annotations

import logging
import traceback

import pytest

from ingest.errors import SourceError
from ingest.sources.github.credentials import Credentials
from ingest.sources.github.faults import GitHubFault
from tests.github_server.http import GitHubServer
from tests.github_server.world import Repo, World
from tests.ingest.github.helpers_connection import (
    QUESTION,
    Said,
    Time,
    app_with,
    chain_of,
    connected,
    serving,
)
from tests.ingest.github.helpers_keys import key_pair

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


@pytest.mark.parametrize("address", ["http://github.invalid", "http://127.0.0.1:1"])
def test_no_exception_of_a_library_hangs_behind_an_error(address: str):
    with connected(address, Time(), WITH_TOKEN) as (_hub, connection), pytest.raises(SourceError) as caught:
        connection.ask(QUESTION, {})
    assert list(chain_of(caught.value)) == [caught.value]


def test_a_password_in_the_address_is_not_shown():
    with (
        connected("http://jo:hunter2@127.0.0.1:1", Time(), WITH_TOKEN) as (_hub, connection),
        pytest.raises(SourceError) as caught,
    ):
        connection.ask(QUESTION, {})
    assert "hunter2" not in str(caught.value)


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
