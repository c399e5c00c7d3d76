"""What can go wrong between us and GitHub, by what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final, Literal

from ingest.errors import SourceError
from ingest.sources.github.older import parts_unknown

MOST_WORDS: Final = 200  # characters of a foreign text that go into a sentence


class GitHubFault(Exception):  # noqa: N818 - a fault is met and dealt with, an error is shown
    """Base of all; none of them leaves the source."""


class TooMuchFault(GitHubFault):
    """Asked for too much at once (502, 504, a time-out, a lost line, errors in an answer): ask for less."""


class UnansweredFault(GitHubFault):
    """Even the smallest question found no answer, however often it was asked."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class StoppedFault(GitHubFault):
    """The run is being ended: nobody asks or waits any more."""


class DeniedFault(GitHubFault):
    """403 or 404 that is no limit: the feature is off, or the token may not read it."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class FieldsFault(GitHubFault):
    """An older server does not know these parts of the question: ask again without them.

    `fields` are pairs (type, field); (type, "") = the type itself, or a value of that enumeration that
    the server did not name; (enumeration, value) = one value of it.
    """

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(", ".join(f"{kind}.{name}" if name else kind for kind, name in fields))
        self.fields = fields


class HubError(SourceError):
    """Would meet every repository alike (credentials, address, limits, network): it ends the run."""


class CursorError(SourceError):
    """GitHub no longer takes a cursor: the list has to be begun anew; a smaller question is no help."""


# "cut": the line was there and broke, in the middle of an answer or before one
Lost = Literal["slow", "unreachable", "cut", "certificate"]


@dataclass(frozen=True)
class Heard:
    """What came back to one request: an answer, or (`lost`) why there was none."""

    graph: bool  # asked by GraphQL, else by REST
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    content: Any = None  # parsed JSON; None = the body was none
    text: str = ""  # first words of a body that was no JSON, or of the error
    lost: Lost | None = None

    @property
    def data(self) -> Any:
        """GraphQL's data; None = none."""
        return self.content.get("data") if isinstance(self.content, dict) else None

    @property
    def errors(self) -> tuple[dict[str, Any], ...]:
        """GraphQL's errors."""
        listed = self.content.get("errors") if isinstance(self.content, dict) else None
        return tuple(error for error in listed or () if isinstance(error, dict))

    @property
    def said(self) -> str:
        """The server's own words, in one line of at most 200 characters."""
        words = self._message or "; ".join(str(error.get("message")) for error in self.errors) or self.text
        return shortened(words)

    def hiding(self, hidden: Callable[[str], str]) -> Heard:
        """The same with every foreign word `hidden`: message, errors, text; data stay as they came.

        To be done before anything is cut to a length: half a secret is no longer recognised.
        """
        content = self.content
        if isinstance(content, dict):
            words = {name: content[name] for name in ("message", "errors") if content.get(name)}
            content = content | _each_text(words, hidden) if words else content
        return replace(self, content=content, text=hidden(self.text))

    @property
    def _message(self) -> str:
        message = self.content.get("message") if isinstance(self.content, dict) else None
        return message if isinstance(message, str) else ""


def shortened(words: str) -> str:
    """Foreign words in one line of at most 200 characters."""
    return " ".join(words.split())[:MOST_WORDS]


def _each_text(value: Any, changed: Callable[[str], str]) -> Any:
    match value:
        case str():
            return changed(value)
        case list():
            return [_each_text(each, changed) for each in value]
        case dict():
            return {name: _each_text(each, changed) for name, each in value.items()}
    return value


class Kind(Enum):
    """What can be done about an answer."""

    GOOD = auto()  # use it; errors beside it can be lived with
    PRIMARY = auto()  # points are used up: wait until they are given anew
    SECONDARY = auto()  # too fast: wait as told, or a minute and longer
    TOO_MUCH = auto()  # ask for less
    PASSING = auto()  # ask again after a moment
    CERTIFICATE = auto()
    UNAUTHORISED = auto()
    SIGN_ON = auto()  # the organisation wants the token authorised for its single sign-on
    SCOPES = auto()
    DENIED = auto()
    FIELDS = auto()  # an older server: ask without them
    CURSOR = auto()  # a cursor is no longer taken: begin the list anew
    NOWHERE = auto()  # no GraphQL at this address
    REFUSED = auto()


_TOO_MUCH_STATUS: Final = frozenset({408, 413, 502, 504})
_PASSING_STATUS: Final = frozenset({408, 425, 500, 502, 503, 504})
_DENIED_STATUS: Final = frozenset({403, 404, 410, 451})
_LESS_MAY_HELP_STATUS: Final = frozenset({500, 503})  # GitHub was seen to answer so where it gave up
_LIMIT_STATUS: Final = frozenset({403, 429})
_LIMIT_TYPES: Final = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
_SECONDARY_WORDS: Final = ("secondary rate limit", "abuse detection", "temporarily blocked")
_TOO_MUCH_TYPES: Final = frozenset(
    {
        "RESOURCE_LIMITS_EXCEEDED",
        "MAX_NODE_LIMIT_EXCEEDED",
        "NODE_LIMIT_EXCEEDED",
        "TIMEOUT",
        "INTERNAL",
        "INTERNAL_SERVER_ERROR",
        "SERVICE_UNAVAILABLE",
    }
)
_TOO_MUCH_WORDS: Final = ("something went wrong", "timeout", "timed out", "stack level too deep")
_LIVED_WITH: Final = frozenset({"NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_SCOPES"})


@dataclass(frozen=True)
class Rule:
    """One line of the table: when it holds, the answer is of this kind."""

    kind: Kind
    holds: Callable[[Heard], bool]


def kind_of(heard: Heard) -> Kind:
    """What can be done about an answer: the first rule that holds."""
    return next((rule.kind for rule in RULES if rule.holds(heard)), Kind.GOOD)


def less_may_help(heard: Heard) -> bool:
    """Whether a passing trouble may come from the size of a question: GitHub was there, and then was not."""
    return heard.graph and (heard.lost == "cut" or heard.status in _LESS_MAY_HELP_STATUS)


def _certificate_refused(heard: Heard) -> bool:
    return heard.lost == "certificate"


def _question_was_slow(heard: Heard) -> bool:
    return heard.graph and heard.lost == "slow"


def _no_answer(heard: Heard) -> bool:
    return heard.lost is not None


def _wants_sign_on(heard: Heard) -> bool:
    by_header = heard.status == 403 and "x-github-sso" in heard.headers  # noqa: PLR2004 - HTTP
    return by_header or any(_extensions(error).get("saml_failure") for error in heard.errors)


def _not_accepted(heard: Heard) -> bool:
    return heard.status == 401  # noqa: PLR2004 - HTTP


def _told_to_slow_down(heard: Heard) -> bool:
    told_when = heard.status in _LIMIT_STATUS and "retry-after" in heard.headers
    return told_when or (_brings_nothing(heard) and _has_words(heard.said, _SECONDARY_WORDS))


def _points_used_up(heard: Heard) -> bool:
    by_status = heard.status in _LIMIT_STATUS and heard.headers.get("x-ratelimit-remaining") == "0"
    by_words = _brings_nothing(heard) and "rate limit exceeded" in heard.said.lower()
    return by_status or by_words or bool(_types(heard) & _LIMIT_TYPES)


def _too_many_requests(heard: Heard) -> bool:
    return heard.status == 429  # noqa: PLR2004 - HTTP


def _server_gave_up(heard: Heard) -> bool:
    return heard.graph and heard.status in _TOO_MUCH_STATUS


def _server_stumbled(heard: Heard) -> bool:
    return heard.status in _PASSING_STATUS


def _errors_for_a_list(heard: Heard) -> bool:
    """Whether REST answered with errors: no smaller question would help, and what ails it passes."""
    return not heard.graph and bool(heard.errors)


def _too_much_by_errors(heard: Heard) -> bool:
    by_words = any(_has_words(str(error.get("message")), _TOO_MUCH_WORDS) for error in heard.errors)
    return by_words or bool(_types(heard) & _TOO_MUCH_TYPES)


def _no_graph_here(heard: Heard) -> bool:
    return heard.graph and heard.status in {404, 405, 410}


def _may_not(heard: Heard) -> bool:
    return not heard.graph and heard.status in _DENIED_STATUS


def _refused(heard: Heard) -> bool:
    return heard.status >= 300  # noqa: PLR2004 - HTTP


def _is_no_json(heard: Heard) -> bool:
    return heard.content is None


def _is_no_answer(heard: Heard) -> bool:
    return heard.graph and heard.data is None and not heard.errors


def _cursor_refused(heard: Heard) -> bool:
    return "INVALID_CURSOR_ARGUMENTS" in _types(heard)


def _unknown_parts(heard: Heard) -> bool:
    return bool(heard.errors) and all(parts_unknown(error) for error in heard.errors)


def _lacks_scopes(heard: Heard) -> bool:
    return heard.data is None and "INSUFFICIENT_SCOPES" in _types(heard)


def _part_failed(heard: Heard) -> bool:
    return heard.data is not None and any(error.get("type") not in _LIVED_WITH for error in heard.errors)


def _bad_question(heard: Heard) -> bool:
    return heard.data is None and bool(heard.errors)


# The order matters: what is told beside data comes after what is told instead of it.
RULES: Final = (
    Rule(Kind.CERTIFICATE, _certificate_refused),
    Rule(Kind.TOO_MUCH, _question_was_slow),
    Rule(Kind.PASSING, _no_answer),
    Rule(Kind.SIGN_ON, _wants_sign_on),
    Rule(Kind.UNAUTHORISED, _not_accepted),
    Rule(Kind.SECONDARY, _told_to_slow_down),
    Rule(Kind.PRIMARY, _points_used_up),
    Rule(Kind.SECONDARY, _too_many_requests),
    Rule(Kind.TOO_MUCH, _server_gave_up),
    Rule(Kind.PASSING, _server_stumbled),
    Rule(Kind.NOWHERE, _no_graph_here),
    Rule(Kind.DENIED, _may_not),
    Rule(Kind.REFUSED, _refused),
    Rule(Kind.PASSING, _is_no_json),  # a proxy's page
    Rule(Kind.PASSING, _is_no_answer),
    Rule(Kind.PASSING, _errors_for_a_list),
    Rule(Kind.CURSOR, _cursor_refused),
    Rule(Kind.TOO_MUCH, _too_much_by_errors),
    Rule(Kind.FIELDS, _unknown_parts),
    Rule(Kind.SCOPES, _lacks_scopes),
    Rule(Kind.TOO_MUCH, _part_failed),
    Rule(Kind.REFUSED, _bad_question),
)


def _brings_nothing(heard: Heard) -> bool:
    return heard.data is None if heard.graph else heard.status >= 300  # noqa: PLR2004 - HTTP


def _extensions(error: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = error.get("extensions")
    return extensions if isinstance(extensions, dict) else {}


def _types(heard: Heard) -> set[str]:
    named = {str(error.get("type")) for error in heard.errors}
    return named | {str(_extensions(error).get("code")) for error in heard.errors}


def _has_words(text: str, words: tuple[str, ...]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)
