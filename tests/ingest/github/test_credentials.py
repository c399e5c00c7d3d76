"""Who we are: a token, or an App whose tokens end; and what is said where that fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SourceError
from ingest.settings import GitHubSettings
from ingest.sources.github.connection import Connection, Hub
from ingest.sources.github.credentials import Credentials, credentials_of
from ingest.sources.github.faults import HubError
from tests.github_server.faults import Faults
from tests.github_server.http import GitHubServer
from tests.github_server.world import Repo, World
from tests.ingest.github.helpers_connection import (
    BEGUN_AT,
    QUESTION,
    Request,
    Said,
    Time,
    app_with,
    connected,
    date_of,
    hub_for,
    serving,
)
from tests.ingest.github.helpers_keys import key_pair, server_of_the_house

PLANTED = "ghp_" + "plantedPlanted1234567890abcdefAB"
VARIABLE = "HOUSE_TOKEN"
FILE = "secrets/token"
OF_APP = {"app_id": 7, "installation_id": 11, "private_key_path": "keys/app.pem"}
NOT_FOUND_IS_GOOD = 'query { repository(owner: "acme", name: "shop") { id } }'


def settings(**changed: Any) -> GitHubSettings:
    return GitHubSettings(**changed)


# -- what the settings name ---------------------------------------------------------------------------


def test_a_token_is_taken_from_where_the_settings_name_it():
    known = credentials_of(settings(token_env=VARIABLE), {"token": f" {PLANTED}\n"})
    assert known == Credentials("environment variable HOUSE_TOKEN", token=PLANTED)
    assert known.secrets == (PLANTED,)


def test_a_missing_token_names_the_variable_and_what_to_do():
    with pytest.raises(
        SourceError, match="environment variable GITHUB_TOKEN is missing or empty; put a token"
    ):
        credentials_of(settings(), {})


def test_a_missing_token_names_the_file_where_one_is_configured():
    with pytest.raises(SourceError, match="token file secrets/token is missing or empty"):
        credentials_of(settings(token_file=FILE), {"token": "  \n"})


@pytest.mark.parametrize("token", ["ghp_one ghp_two", "ghp_a\nghp_b", "ghp_\u201cquoted\u201d"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token: str):
    with pytest.raises(SourceError, match="characters that no token has") as caught:
        credentials_of(settings(), {"token": token})
    assert "ghp_" not in str(caught.value)


def test_an_app_wins_over_a_token():
    key = key_pair()[0]
    known = credentials_of(settings(**OF_APP), {"token": PLANTED, "private_key": key})
    assert known == Credentials("key file keys/app.pem", app=app_with(key).app)


def test_a_missing_key_names_its_file():
    with pytest.raises(SourceError, match=r"key file keys/app.pem .*private_key_path\) is missing or empty"):
        credentials_of(settings(**OF_APP), {})


@pytest.mark.parametrize(
    "key",
    ["no key at all", "-----BEGIN RSA PRIVATE KEY-----\nMIIEbroken\n-----END RSA PRIVATE KEY-----\n"],
)
def test_a_file_that_holds_no_private_key_is_refused_without_showing_it(key: str):
    with pytest.raises(SourceError, match="this is no private key of a GitHub App") as caught:
        credentials_of(settings(**OF_APP), {"private_key": key})
    assert "MIIEbroken" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_public_key_is_no_private_key():
    with pytest.raises(SourceError, match="this is no private key"):
        credentials_of(settings(**OF_APP), {"private_key": key_pair()[1]})


def test_credentials_never_show_what_is_secret():
    key = key_pair()[0]
    shown = repr(Credentials("variable X", token=PLANTED)) + repr(app_with(key))
    assert PLANTED not in shown
    assert not any(line in shown for line in key.splitlines())


def test_a_key_is_secret_as_a_whole_and_line_by_line():
    key = key_pair()[0]
    secrets = app_with(key).secrets
    assert secrets[0] == key
    assert set(key.splitlines()[1:-2]) <= set(secrets)
    assert "-----BEGIN RSA PRIVATE KEY-----" not in secrets


# -- an App at work -----------------------------------------------------------------------------------


def world_of_app(**changed: Any) -> World:
    told: dict[str, Any] = {"app_id": 7, "installation_id": 11, "app_public_key": key_pair()[1]} | changed
    return World(repositories=[Repo("R_1", 1, "acme/shop")], tokens={}, **told)


class Now(Time):
    """The real clock: an App signs its requests with it."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))


def at_work(
    server: GitHubServer, key: str | None = None, **who: int
) -> AbstractContextManager[tuple[Hub, Connection]]:
    return connected(server.url, Now(), app_with(key or key_pair()[0], **who))


def test_an_app_gets_one_token_and_uses_it_for_all_that_follows():
    with GitHubServer(world_of_app()) as server, at_work(server) as (hub, connection):
        for _ in range(3):
            assert connection.ask(NOT_FOUND_IS_GOOD, {}).data == {"repository": {"id": "R_1"}}
        connection.get("/repos/acme/shop")
        assert [one.path for one in server.asked].count("/api/v3/app/installations/11/access_tokens") == 1
        assert hub.requests == server.requests == 5


def test_all_threads_share_the_token_of_an_app():
    with GitHubServer(world_of_app()) as server:
        hub = hub_for(server.url, Now(), app_with(key_pair()[0]))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _each: ask_twice(hub), range(4)))
        assert len(server.world.tokens) == 1
        assert hub.requests == 9


def ask_twice(hub: Hub) -> None:
    connection = hub.connect()
    for _ in range(2):
        connection.ask(NOT_FOUND_IS_GOOD, {})
    connection.close()


def test_a_token_that_ends_in_the_middle_is_replaced_and_the_question_asked_again():
    server_world = world_of_app()
    with GitHubServer(server_world) as server, at_work(server) as (hub, connection):
        connection.ask(NOT_FOUND_IS_GOOD, {})
        [first] = server_world.tokens
        server_world.token_ends[first] = datetime.now(UTC) - timedelta(seconds=1)
        assert connection.ask(NOT_FOUND_IS_GOOD, {}).data == {"repository": {"id": "R_1"}}
        assert [one.status for one in server.asked] == [201, 200, 401, 201, 200]
        assert len(hub.secrets) > 2
        assert set(server_world.tokens) | {first} <= set(hub.secrets)


def test_a_short_life_is_renewed_in_its_last_quarter():
    time = Time()
    lives = timedelta(seconds=40)
    tokens = iter(f"ghs_{number}" * 4 for number in range(9))

    def answer(request: Request) -> Said:
        head = {"date": date_of(time.now())}
        if request.path.endswith("access_tokens"):
            until = (time.now() + lives).isoformat()
            return Said({"token": next(tokens), "expires_at": until}, 201, head)
        return Said(headers=head)

    with (
        serving(answer) as script,
        connected(script.url, time, app_with(key_pair()[0])) as (_hub, connection),
    ):
        for wait in (0, 29, 1, 29, 1):  # renewed at 30 s of each token's life
            time.sleep(wait)
            connection.ask(QUESTION, {})
    with_token = [one.headers["Authorization"] for one in script.requests if one.path.endswith("graphql")]
    assert [one[-1] for one in with_token] == ["0", "0", "1", "1", "2"]


def test_an_answer_without_a_token_is_asked_for_again():
    time = Time()
    with (
        serving(Said({}, 201)) as script,
        connected(script.url, time, app_with(key_pair()[0])) as (_hub, connection),
        pytest.raises(HubError, match="an answer without a token"),
    ):
        connection.ask(QUESTION, {})
    assert len(script.requests) == 3


@pytest.mark.parametrize("kind", ["reset", "502", "secondary_after", "html"])
def test_a_trouble_while_a_token_is_fetched_is_outlived(kind: str):
    with GitHubServer(world_of_app(), Faults(at={1: kind})) as server, at_work(server) as (_hub, connection):
        assert connection.ask(NOT_FOUND_IS_GOOD, {}).data == {"repository": {"id": "R_1"}}


# -- an App that fails --------------------------------------------------------------------------------


def complaint_of(server: GitHubServer, **who: Any) -> str:
    with at_work(server, **who) as (_hub, connection), pytest.raises(HubError) as caught:
        connection.ask(NOT_FOUND_IS_GOOD, {})
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_key_of_another_app_is_said_to_be_one():
    with GitHubServer(world_of_app()) as server:
        said = complaint_of(server, key=key_pair("another's")[0])
    assert "could not be decoded" in said
    assert "key file app.pem does not belong to [sources.github] app_id" in said


def test_a_wrong_app_id_is_named():
    with GitHubServer(world_of_app()) as server:
        said = complaint_of(server, app_id=8)
    assert "no App with [sources.github] app_id" in said


def test_an_installation_that_is_gone_is_named():
    with GitHubServer(world_of_app()) as server:
        said = complaint_of(server, installation=12)
    assert "[sources.github] installation_id names no installation" in said


def test_a_suspended_installation_is_told_with_githubs_words():
    said = refusal_of(Said({"message": "This installation has been suspended"}, 403))
    assert "This installation has been suspended (HTTP 403)" in said


def refusal_of(answer: Said | Callable[[Request], Said]) -> str:
    with (
        serving(answer) as script,
        connected(script.url, Time(), app_with(key_pair()[0])) as (_hub, connection),
        pytest.raises(HubError) as caught,
    ):
        connection.ask(QUESTION, {})
    return str(caught.value)


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_wrong_clock_of_this_machine_is_measured(hours: int):
    claim = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    head = {"date": date_of(BEGUN_AT + timedelta(hours=hours))}
    said = refusal_of(Said({"message": claim}, 401, head))
    assert "This machine's clock differs by 7200 s from GitHub's; set the clock" in said


# -- certificates -------------------------------------------------------------------------------------


def test_a_server_of_the_house_is_trusted_by_its_own_authority(tmp_path: Path):
    context, bundle = server_of_the_house(tmp_path)
    with (
        serving(Said(), tls=context) as script,
        connected(script.url, ca_bundle=str(bundle)) as (_hub, connection),
    ):
        assert connection.ask(QUESTION, {}).data["viewer"] == {"login": "jo"}


def test_a_certificate_that_is_not_trusted_is_said_at_once_with_the_remedy(tmp_path: Path):
    context, _bundle = server_of_the_house(tmp_path)
    time = Time()
    with (
        serving(Said(), tls=context) as script,
        connected(script.url, time) as (_hub, connection),
        pytest.raises(HubError, match=r"certificate is not trusted.*\[sources.github\] ca_bundle"),
    ):
        connection.ask(QUESTION, {})
    assert time.slept == []


def test_a_missing_file_of_certificates_is_named_before_anything_is_asked():
    with pytest.raises(HubError, match=r"nowhere/house.pem \(\[sources.github\] ca_bundle\) does not exist"):
        hub_for("https://localhost:1", ca_bundle="nowhere/house.pem")
