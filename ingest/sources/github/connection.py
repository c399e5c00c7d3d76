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
from ingest.sources.github.complaints import Asked, app_complaint, complaint, trouble
from ingest.sources.github.credentials import App, Credentials
from ingest.sources.github.faults import (
    CursorError,
    DeniedFault,
    FieldsFault,
    Heard,
    HubError,
    Kind,
    TooMuchFault,
    kind_of,
    less_may_help,
    shortened,
)
from ingest.sources.github.heads import budget_of, quota_of, resets_at, seconds_to_wait, told_at
from ingest.sources.github.hearing import Exchanged, heard_from
from ingest.sources.github.installation import Installation
from ingest.sources.github.limits import Budget, Limits, Patience
from ingest.sources.github.older import parts_unknown
from ingest.sources.github.transport import address_of, next_page, requester_for

JSON: Final = MappingProxyType({"Accept": "application/vnd.github+json"})
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
NO_ANSWER: Final = "GitHub gave no answer"
FIRST_PAUSE: Final = 0.5  # seconds; doubled each time
LONGEST_PAUSE: Final = 60.0
PAUSES: Final = 8  # of one question, before GitHub counts as out of reach
PAUSES_AT_FIRST: Final = 2  # while nothing was ever heard: an address may be wrong
PAUSES_OF_LARGE: Final = 3  # where asking for less may help
TOO_MUCH_IN_A_ROW: Final = 8  # a question that was halved to nothing, and still: is GitHub there at all?
LEAST: Final = "query { rateLimit { cost remaining limit resetAt } }"  # the smallest question there is
_ANSWERED: Final = frozenset({Kind.GOOD, Kind.FIELDS})
_LOST_ON_THE_WAY: Final = frozenset({"unreachable", "cut"})


@dataclass(frozen=True)
class Answer:
    """What GraphQL said."""

    data: dict[str, Any]
    # Those that can be lived with, parts that may not be read or are gone; words without secrets, and short
    errors: tuple[dict[str, Any], ...]
    at: datetime  # GitHub's clock


@dataclass(frozen=True)
class Reply:
    """What REST said: one page."""

    content: Any
    next: Mapping[str, str] | None  # parameters of the next page; None = this was the last
    at: datetime  # GitHub's clock
    headers: Mapping[str, str]  # names in lower case; without secrets


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
        self.limits = Limits(Patience(settings.at_once, settings.max_wait_minutes * 60.0), outside, now)
        self.asked = _asked(settings, credentials)
        self._settings = settings
        self._credentials = credentials
        self._local_now = now
        self._counting = Lock()
        self._was_heard = False
        self._is_out_of_reach = False
        self._too_much = NO_ANSWER  # how GitHub last showed that it was asked for too much
        self._is_less_told = False
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
        """Wait before the same question is asked again: it cannot be made smaller."""
        self.limits.pause(seconds, self._too_much)

    def ask_for_less(self, heard: Heard) -> None:
        """Take note that it was too much at once; people are told the first time."""
        with self._counting:
            is_told, self._is_less_told = self._is_less_told, True
            self._too_much = trouble(heard)
        if not is_told:
            self.limits.tell(f"{trouble(heard)}: asking for less at once")

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
        """How often to ask again after such an answer, where asking for less is no way out."""
        if heard.lost in _LOST_ON_THE_WAY and self._is_out_of_reach:
            return 0
        return PAUSES if self._was_heard else PAUSES_AT_FIRST

    def give_up(self, heard: Heard) -> None:
        """Take note that an answer was not to be had: other threads need not find out for themselves."""
        self._is_out_of_reach = heard.lost in _LOST_ON_THE_WAY

    def hear(self, send: Callable[[], Exchanged], *, graph: bool) -> Heard:
        """What comes back to a request, counted, and with no secret of this run in its words."""
        with self._counting:
            self.requests += 1
        heard = self._heard_or_why_not(send, graph=graph)
        if isinstance(heard, str):
            raise HubError(heard)
        self.limits.note(quota_of(heard), budget_of(heard), told_at(heard))
        return heard

    def _heard_or_why_not(self, send: Callable[[], Exchanged], *, graph: bool) -> Heard | str:
        # Words instead of an error: one that is raised anew drags the first along, with whatever it says.
        try:
            return heard_from(send, graph=graph).hiding(self.scrubbed)
        except HubError as error:
            return self.scrubbed(str(error))

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
            heard = self.hear(lambda: _posted(requester, path, {}), graph=False)
        finally:
            requester.close()
        if kind_of(heard) in {Kind.UNAUTHORISED, Kind.DENIED, Kind.SIGN_ON, Kind.REFUSED}:
            ahead = self.limits.now - self._local_now()
            raise HubError(self.scrubbed(str(app_complaint(heard, self.asked, ahead))))
        return heard


class Connection:
    """One thread's way to GitHub."""

    def __init__(self, hub: Hub, requester: Requester) -> None:
        self._hub = hub
        self._requester = requester
        self._too_much = 0  # answers in a row that only told us to ask for less

    def ask(self, query: str, variables: Mapping[str, Any]) -> Answer:
        """Answer to a GraphQL question, however long it takes.

        Raises
        ------
        TooMuchFault
            GitHub cannot answer so much at once.
        FieldsFault
            The server is older than the question.
        CursorError
            A cursor in it is no longer taken.
        HubError
            No question can be answered: credentials, network, limits.
        SourceError
            This one cannot.
        """
        heard = self._heard(lambda: self._asked(query, variables), graph=True)
        return Answer(heard.data, tuple(map(_in_short, heard.errors)), self._at(heard))

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
        headers = {name: self._hub.scrubbed(told) for name, told in heard.headers.items()}
        return Reply(heard.content, next_page(heard.headers), self._at(heard), headers)

    def close(self) -> None:
        """Close the line."""
        self._requester.close()

    def _heard(self, send: Callable[[], Exchanged], *, graph: bool) -> Heard:
        kind, heard = _Persistence(self._hub, graph=graph).told(send)
        if kind is not Kind.GOOD:
            self._fail(kind, heard)
        self._good()
        return heard

    def _good(self) -> None:
        self._too_much = 0
        self._hub.good()

    def _fail(self, kind: Kind, heard: Heard) -> NoReturn:
        if kind is Kind.TOO_MUCH or (kind is Kind.PASSING and less_may_help(heard)):
            self._fail_as_too_much(kind, heard)
        if kind is Kind.DENIED:
            raise DeniedFault(heard.status, heard.said)
        if kind is Kind.FIELDS:
            parts = (part for error in heard.errors for part in parts_unknown(error))
            raise FieldsFault(tuple(dict.fromkeys(parts)))
        if kind is Kind.CURSOR:
            raise CursorError(_cursor_complaint(heard, self._hub.asked))
        error = complaint(kind, heard, self._hub.asked)
        raise type(error)(self._hub.scrubbed(str(error)))

    def _fail_as_too_much(self, kind: Kind, heard: Heard) -> NoReturn:
        self._too_much += 1
        if kind is Kind.PASSING or self._too_much >= TOO_MUCH_IN_A_ROW:
            self._see_that_github_answers()
        self._hub.ask_for_less(heard)
        raise TooMuchFault(heard.said or f"HTTP {heard.status}")

    def _see_that_github_answers(self) -> None:
        """Tell a question that is too large from a server that is out, which no smaller one would bring back.

        Raises
        ------
        HubError
            Even the smallest question finds no answer, for as long as a server is waited for.
        """
        persistence = _Persistence(self._hub, graph=True, is_least=True)
        kind, heard = persistence.told(lambda: self._asked(LEAST, {}))
        if kind not in _ANSWERED:
            cause = Kind.PASSING if kind is Kind.TOO_MUCH else kind
            raise HubError(self._hub.scrubbed(str(complaint(cause, heard, self._hub.asked))))
        self._good()

    def _asked(self, query: str, variables: Mapping[str, Any]) -> Exchanged:
        body = {"query": query, "variables": dict(variables)}
        return _posted(self._requester, self._requester.graphql_url, body)

    def _at(self, heard: Heard) -> datetime:
        return told_at(heard) or self._hub.limits.now


class _Persistence:
    """One question, asked until it is answered or hopeless."""

    def __init__(self, hub: Hub, *, graph: bool, is_least: bool = False) -> None:
        self._hub = hub
        self._graph = graph
        self._is_least = is_least  # there is no smaller question: whatever ails it has to pass
        self._turn = 0
        self._token = ""
        self._pauses = 0
        self._renewed = False

    def told(self, send: Callable[[], Exchanged]) -> tuple[Kind, Heard]:
        """What came back in the end, and what can be done about it."""
        while True:
            heard = self._sent(send)
            kind = kind_of(heard)
            if kind is Kind.GOOD or not self._may_ask_again(kind, heard):
                return kind, heard

    def _sent(self, send: Callable[[], Exchanged]) -> Heard:
        """What came back, when it was our turn."""
        with self._hub.limits.turn("graphql" if self._graph else "core") as self._turn:
            instead = self._hub.sign_in()
            if instead is not None:
                return instead
            self._token = self._hub.token
            return self._hub.hear(send, graph=self._graph)

    def _may_ask_again(self, kind: Kind, heard: Heard) -> bool:
        """Wait as long as the answer demands; whether to ask again."""
        match kind:
            case Kind.PRIMARY:
                self._hub.limits.primary(self._turn, quota_of(heard), resets_at(heard))
            case Kind.SECONDARY:
                self._hub.limits.secondary(self._turn, seconds_to_wait(heard))
            case Kind.PASSING:
                return self._paused(heard)
            case Kind.TOO_MUCH:
                return self._is_least and self._paused(heard)
            case Kind.UNAUTHORISED:
                return self._signed_in_anew()
            case _:
                return False
        return True

    def _paused(self, heard: Heard) -> bool:
        is_large = not self._is_least and less_may_help(heard)
        most = min(self._hub.pauses(heard), PAUSES_OF_LARGE if is_large else PAUSES)
        if self._pauses >= most:
            if not is_large:
                self._hub.give_up(heard)
            return False
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._pauses)
        self._pauses += 1
        turn = f" (try {self._pauses + 1} of {most + 1})"
        self._hub.limits.pause(max(seconds, seconds_to_wait(heard) or 0.0), trouble(heard), turn)
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


def _in_short(error: Mapping[str, Any]) -> dict[str, Any]:
    words = {"message": shortened(str(error["message"]))} if error.get("message") else {}
    return {**error, **words}


def _cursor_complaint(heard: Heard, asked: Asked) -> str:
    return (
        f"GitHub ({asked.host}) no longer takes the place at which a list was to go on ({heard.said}); "
        "expected a cursor of an earlier answer. Run `pilot ingest github --full` to begin the lists anew"
    )


def _posted(requester: Requester, address: str, body: Mapping[str, Any]) -> Exchanged:
    # Not `graphql_query`: it raises whatever stands beside an error away, and trips over `errors: null`.
    return requester.requestJson("POST", address, headers=dict(JSON), input=dict(body))


def _got(requester: Requester, path: str, parameters: Mapping[str, str]) -> Exchanged:
    # Relative, and not `...AndCheck`: that one asserts that addresses in answers stay on the host.
    return requester.requestJson("GET", path, parameters=dict(parameters), headers=dict(JSON))
