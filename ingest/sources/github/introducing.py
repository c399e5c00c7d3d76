"""Who is asked, who asks, and what is left of the limit? Three small requests before any reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from github.Auth import AppAuth

from ingest.settings import GitHubSettings
from ingest.sources.github.connection import Connection
from ingest.sources.github.credentials import App
from ingest.sources.github.faults import DeniedFault, Kind, kind_of
from ingest.sources.github.hearing import heard_from
from ingest.sources.github.transport import requester_for

VIEWER: Final = "query { viewer { login } rateLimit { cost limit remaining resetAt } }"
REPOSITORY: Final = """\
query($owner: String!, $name: String!) {
  rateLimit { cost remaining limit resetAt }
  repository(owner: $owner, name: $name) { id nameWithOwner isArchived }
}"""
SCOPES: Final = "x-oauth-scopes"


@dataclass(frozen=True)
class Introduction:
    """What a server says of itself and of who asks; None = it does not tell."""

    login: str | None
    scopes: tuple[str, ...] | None  # of a classic token; None = it tells none, as fine-grained ones do
    version: str | None  # of a server of one's own
    points_left: int | None  # None with points_limit: no limits
    points_limit: int | None
    resets_at: datetime | None
    at: datetime  # the server's clock


@dataclass(frozen=True)
class Seen:
    """A repository as it calls itself today."""

    name: str  # owner/name
    is_archived: bool


def look_up(connection: Connection, repository: str) -> Seen | None:
    """A repository by any name that it had; None = not there, or not for us to see."""
    owner, _, name = repository.partition("/")
    told = connection.ask(REPOSITORY, {"owner": owner, "name": name}).data.get("repository")
    return Seen(told["nameWithOwner"], bool(told["isArchived"])) if told else None


@dataclass(frozen=True)
class Grants:
    """What an App was given where it is installed."""

    app: str  # its short name
    account: str  # organisation or person that installed it
    selection: str  # "selected" or "all" repositories
    permissions: Mapping[str, str]  # key -> read, write, admin


def grants(settings: GitHubSettings, app: App) -> Grants | None:
    """What the App's installation says of itself; None = the server does not tell."""
    requester = requester_for(settings, AppAuth(app.id, app.private_key))
    path = f"/app/installations/{app.installation}"
    try:
        heard = heard_from(lambda: requester.requestJson("GET", path), graph=False)
    finally:
        requester.close()
    told = heard.content if kind_of(heard) is Kind.GOOD else None
    return _grants(told) if isinstance(told, dict) else None


def _grants(told: Mapping[str, Any]) -> Grants:
    account = (told.get("account") or {}).get("login") or "?"
    app, selection = told.get("app_slug") or "?", told.get("repository_selection") or "?"
    return Grants(app, account, selection, told.get("permissions") or {})


def introduce(connection: Connection) -> Introduction:
    """Ask a server who we are to it.

    Raises
    ------
    SourceError
        It cannot be reached, or does not accept the credentials.
    """
    answer = connection.ask(VIEWER, {})
    limit = answer.data.get("rateLimit") or {}
    viewer = answer.data.get("viewer") or {}
    resets_at = limit.get("resetAt")
    return Introduction(
        login=viewer.get("login"),
        scopes=_scopes(connection),
        version=_told(connection, "/meta").get("installed_version"),
        points_left=limit.get("remaining"),
        points_limit=limit.get("limit"),
        resets_at=datetime.fromisoformat(resets_at) if resets_at else None,
        at=answer.at,
    )


def _scopes(connection: Connection) -> tuple[str, ...] | None:
    try:
        headers = connection.get("/user").headers
    except DeniedFault:  # an App is no user
        return None
    lower = {name.lower(): value for name, value in headers.items()}
    told = tuple(filter(None, map(str.strip, lower.get(SCOPES, "").split(","))))
    return told or None  # fine-grained tokens tell none: what they may do shows when it is tried


def _told(connection: Connection, path: str) -> Mapping[str, Any]:
    try:
        content = connection.get(path).content
    except DeniedFault:
        return {}
    return content if isinstance(content, dict) else {}
