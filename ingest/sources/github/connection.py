"""How is GitHub asked? One connection per thread, one patience for all: limits, faults, renewal, secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from github.Auth import AppAuth, Auth, Token
from github.Requester import Requester

from ingest.redaction import without_known_secrets
from ingest.settings import GitHubSettings
from ingest.sources.base import Outside
from ingest.sources.github.complaints import Asked, app_complaint, complaint
from ingest.sources.github.credentials import App, Credentials
from ingest.sources.github.faults import (
    DeniedFault,
    FieldsFault,
    Heard,
    HubError,
    Kind,
    TooMuchFault,
    kind_of,
)
from ingest.sources.github.heads import budget_of, cost_of, quota_of, resets_at, seconds_to_wait, told_at
from ingest.sources.github.hearing import Exchanged, heard_from
from ingest.sources.github.installation import Installation
from ingest.sources.github.limits import Budget, Limits, Patience
from ingest.sources.github.older import parts_unknown
from ingest.sources.github.transport import address_of, next_page, requester_for

JSON: Final = MappingProxyType({"Accept": "application/vnd.github+json"})
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
FIRST_PAUSE: Final = 0.5  # seconds; doubled each time
LONGEST_PAUSE: Final = 60.0
PAUSES: Final = 8  # of one question, before GitHub counts as out of reach
PAUSES_AT_FIRST: Final = 2  # while nothing was ever heard: an address may be wrong
PAUSES_OF_LARGE: Final = 3  # where asking for less may help
_LESS_MAY_HELP: Final = 500  # GitHub was seen to answer so where it gave up


@dataclass(frozen=True)
class Answer:
    """What GraphQL said."""

    data: dict[str, Any]
    errors: tuple[dict[str, Any], ...]  # those that can be lived with: parts that may not be read or are gone
    at: datetime  # GitHub's clock


@dataclass(frozen=True)
class Reply:
    """What REST said: one page."""

    content: Any
    next: Mapping[str, str] | None  # parameters of the next page; None = this was the last
    at: datetime  # GitHub's clock
    headers: Mapping[str, str]  # names in lower case


class Hub:
    """What all threads of one run share: who we are, limits, and what was used; safe for threads."""

    def __init__(
        self,
        settings: GitHubSettings,
        credentials: Credentials,
        outside: Outside,
        now: Callable[[], datetime],
    ) -> None:
        self.requests = 0  # sent, also those without an answer
        self.points = 0  # of GraphQL's quota
        self.limits = Limits(Patience(settings.at_once, settings.max_wait_minutes * 60.0), outside, now)
        self.asked = _asked(settings, credentials)
        self._settings = settings
        self._credentials = credentials
        self._local_now = now
        self._counting = Lock()
        self._was_heard = False
        self._is_out_of_reach = False
        self._app = self._installation(credentials.app) if credentials.app else None
        _check_bundle(settings)

    @property
    def points_left(self) -> int | None:
        """Of GraphQL's quota; None = not known, or no limits."""
        budget = self._budget()
        return budget.left if budget else None

    @property
    def points_limit(self) -> int | None:
        """Of GraphQL's quota an hour; None = not known, or no limits."""
        budget = self._budget()
        return budget.most if budget else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that may appear nowhere, with the tokens that an App got on the way."""
        return self._credentials.secrets + (self._app.tokens if self._app else ())

    def connect(self) -> Connection:
        """A connection for one thread; close it there."""
        return Connection(self, requester_for(self._settings, self._auth()))

    def stop(self) -> None:
        """End the run: whoever waits or asks gets a StoppedFault."""
        self.limits.stop()

    def pause(self, seconds: float) -> None:
        """Wait before the same question is asked again."""
        self.limits.pause(seconds, "no answer")

    def scrubbed(self, text: str) -> str:
        """Text without this run's secrets."""
        return without_known_secrets(text, self.secrets)

    def sign_in(self) -> Heard | None:
        """See that there is a token; None = there is, else what came instead of one."""
        return self._app.refresh() if self._app else None

    @property
    def token(self) -> str:
        """The token that goes with requests now."""
        return self._auth().token

    def renews(self, token: str) -> bool:
        """Whether another token can be had for one that is no longer taken."""
        if self._app:
            self._app.forget(token)
        return self._app is not None

    def pauses(self, heard: Heard) -> int:
        """How often to ask again after such an answer."""
        if heard.graph and (heard.lost == "cut" or heard.status == _LESS_MAY_HELP):
            return PAUSES_OF_LARGE
        if heard.lost == "unreachable" and self._is_out_of_reach:
            return 0
        return PAUSES if self._was_heard else PAUSES_AT_FIRST

    def give_up(self, heard: Heard) -> None:
        """Take note that an answer was not to be had: other threads need not find out for themselves."""
        self._is_out_of_reach = heard.lost == "unreachable"

    def count(self, heard: Heard) -> None:
        """Take note of what a request cost, and of GitHub's clock."""
        with self._counting:
            self.requests += 1
            self.points += cost_of(heard)
        self.limits.note(quota_of(heard), budget_of(heard), told_at(heard))

    def good(self) -> None:
        """Take note of an answer that can be used."""
        self._was_heard = True
        self._is_out_of_reach = False
        self.limits.good()

    def _budget(self) -> Budget | None:
        return self.limits.budget("graphql")

    def _auth(self) -> Auth:
        return self._app.auth if self._app else Token(self._credentials.token or "")

    def _installation(self, app: App) -> Installation:
        return Installation(lambda: self._issue(app), lambda: self.limits.now)

    def _issue(self, app: App) -> Heard:
        requester = requester_for(self._settings, AppAuth(app.id, app.private_key))
        path = f"/app/installations/{app.installation}/access_tokens"
        try:
            heard = heard_from(lambda: _posted(requester, path, {}), graph=False)
        finally:
            requester.close()
        self.count(heard)
        if kind_of(heard) in {Kind.UNAUTHORISED, Kind.DENIED, Kind.SIGN_ON, Kind.REFUSED}:
            ahead = self.limits.now - self._local_now()
            raise HubError(self.scrubbed(str(app_complaint(heard, self.asked, ahead))))
        return heard


class Connection:
    """One thread's way to GitHub."""

    def __init__(self, hub: Hub, requester: Requester) -> None:
        self._hub = hub
        self._requester = requester

    def ask(self, query: str, variables: Mapping[str, Any]) -> Answer:
        """Answer to a GraphQL question, however long it takes.

        Raises
        ------
        TooMuchFault
            GitHub cannot answer so much at once.
        FieldsFault
            The server is older than the question.
        HubError
            No question can be answered: credentials, network, limits.
        SourceError
            This one cannot.
        """
        body = {"query": query, "variables": dict(variables)}
        address = self._requester.graphql_url
        heard = self._heard(lambda: _posted(self._requester, address, body), graph=True)
        return Answer(heard.data, heard.errors, self._at(heard))

    def get(self, path: str, parameters: Mapping[str, str] = NOTHING) -> Reply:
        """One page of REST below the server's address; `path` begins with a slash.

        Raises
        ------
        DeniedFault
            403 or 404 that is no limit.
        HubError, SourceError
            As for `ask`.
        """
        heard = self._heard(lambda: _got(self._requester, path, parameters), graph=False)
        return Reply(heard.content, next_page(heard.headers), self._at(heard), heard.headers)

    def close(self) -> None:
        """Close the line."""
        self._requester.close()

    def _heard(self, send: Callable[[], Exchanged], *, graph: bool) -> Heard:
        persistence = _Persistence(self._hub, graph=graph)
        while True:
            heard = persistence.sent(send)
            kind = kind_of(heard)
            if kind is Kind.GOOD:
                self._hub.good()
                return heard
            if not persistence.may_ask_again(kind, heard):
                self._fail(kind, heard)

    def _fail(self, kind: Kind, heard: Heard) -> NoReturn:
        said = self._hub.scrubbed(heard.said)
        if kind is Kind.TOO_MUCH or _is_too_large(heard):
            raise TooMuchFault(said or f"HTTP {heard.status}")
        if kind is Kind.DENIED:
            raise DeniedFault(heard.status, said)
        if kind is Kind.FIELDS:
            parts = (part for error in heard.errors for part in parts_unknown(error))
            raise FieldsFault(tuple(dict.fromkeys(parts)))
        error = complaint(kind, heard, self._hub.asked)
        raise type(error)(self._hub.scrubbed(str(error)))

    def _at(self, heard: Heard) -> datetime:
        return told_at(heard) or self._hub.limits.now


class _Persistence:
    """One question, asked until it is answered or hopeless."""

    def __init__(self, hub: Hub, *, graph: bool) -> None:
        self._hub = hub
        self._graph = graph
        self._turn = 0
        self._token = ""
        self._pauses = 0
        self._renewed = False

    def sent(self, send: Callable[[], Exchanged]) -> Heard:
        """What came back, when it was our turn."""
        with self._hub.limits.turn("graphql" if self._graph else "core") as self._turn:
            instead = self._hub.sign_in()
            if instead is not None:
                return instead
            self._token = self._hub.token
            heard = heard_from(send, graph=self._graph)
            self._hub.count(heard)
            return heard

    def may_ask_again(self, kind: Kind, heard: Heard) -> bool:
        """Wait as long as the answer demands; whether to ask again."""
        match kind:
            case Kind.PRIMARY:
                self._hub.limits.primary(self._turn, quota_of(heard), resets_at(heard))
            case Kind.SECONDARY:
                self._hub.limits.secondary(self._turn, seconds_to_wait(heard))
            case Kind.PASSING:
                return self._paused(heard)
            case Kind.UNAUTHORISED:
                return self._signed_in_anew()
            case _:
                return False
        return True

    def _paused(self, heard: Heard) -> bool:
        if self._pauses >= self._hub.pauses(heard):
            self._hub.give_up(heard)
            return False
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._pauses)
        self._pauses += 1
        self._hub.limits.pause(max(seconds, seconds_to_wait(heard) or 0.0), "no answer")
        return True

    def _signed_in_anew(self) -> bool:
        """An App's token may have ended before its time; a person's is not taken for a reason."""
        if self._renewed:
            return False
        self._renewed = True
        return self._hub.renews(self._token)


def _asked(settings: GitHubSettings, credentials: Credentials) -> Asked:
    parts = urlsplit(address_of(settings.url))
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return Asked(host, settings.url, credentials.origin, settings.ca_bundle)


def _check_bundle(settings: GitHubSettings) -> None:
    if settings.ca_bundle and not Path(settings.ca_bundle).exists():
        raise HubError(
            f"{settings.ca_bundle} ([sources.github] ca_bundle) does not exist; expected certificates"
        )


def _is_too_large(heard: Heard) -> bool:
    return heard.graph and (heard.lost == "cut" or heard.status == _LESS_MAY_HELP)


def _posted(requester: Requester, address: str, body: Mapping[str, Any]) -> Exchanged:
    # Not `graphql_query`: it raises whatever stands beside an error away, and trips over `errors: null`.
    return requester.requestJson("POST", address, headers=dict(JSON), input=dict(body))


def _got(requester: Requester, path: str, parameters: Mapping[str, str]) -> Exchanged:
    # Relative, and not `...AndCheck`: that one asserts that addresses in answers stay on the host.
    return requester.requestJson("GET", path, parameters=dict(parameters), headers=dict(JSON))
