"""What does the server answer to one request: who may ask, what is left of the limit, what goes wrong?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from math import ceil
from threading import Lock
from typing import Any, Final

import orjson

from tests.github_server import graph, rest
from tests.github_server.asking import read
from tests.github_server.cost import NODE_LIMIT, Cost, cost_of
from tests.github_server.faults import Faults
from tests.github_server.world import World

PREFIX: Final = "/api/v3"
GRAPHQL: Final = ("/api/graphql", "/graphql")
HOUR: Final = timedelta(hours=1)
DOCUMENTATION: Final = "https://docs.github.com/rest"
BROKEN: Final = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be "
    "a GitHub bug. Please include `0A1B:2C3D:4E5F` when reporting this issue."
)
SECONDARY: Final = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach "
    "out to GitHub Support for help, please include the request ID 0A1B:2C3D:4E5F."
)
ABUSE: Final = (
    "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."
)
OVER: Final = "API rate limit exceeded for user ID 4711."
HTML: Final = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it, with what it cost."""

    method: str
    path: str  # without the query string
    kind: str  # "graphql" or "rest"
    points: int = 0
    query: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None  # what went wrong on purpose
    status: int = 0


@dataclass(frozen=True)
class Incoming:
    """One request as it came."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_graphql(self) -> bool:
        """Whether it is a query."""
        return self.path in GRAPHQL and self.method == "POST"

    @property
    def token(self) -> str:
        """Token that came with it, in either spelling of the header."""
        return (self.headers.get("authorization") or "").partition(" ")[2]


@dataclass(frozen=True)
class Outgoing:
    """One answer before it is written; `fault` may still spoil the writing."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True)
class Question:
    """One query that was read, with its variables and what it costs."""

    text: str
    variables: Mapping[str, Any]
    cost: Cost


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Outgoing:
    content = b"" if body is None else orjson.dumps(body)
    kind = {} if body is None else {"content-type": "application/json; charset=utf-8"}
    return Outgoing(status, content, kind | (headers or {}))


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> Outgoing:
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return _json(status, body, headers)


def _html(status: int, title: str) -> Outgoing:
    return Outgoing(status, HTML.format(title).encode(), {"content-type": "text/html"})


def _of_graphql(problems: list[dict[str, Any]]) -> Outgoing:
    return _json(200, {"errors": problems})


class Answerer:
    """Answers requests of all threads, and remembers what was asked."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.asked: list[Asked] = []
        self._count = 0
        self._lock = Lock()

    def answer(self, request: Incoming) -> Outgoing:
        """Answer one request, or spoil it."""
        ordinal = self._next_ordinal()
        if self.faults.before is not None:
            with self.world.lock:
                self.faults.before(ordinal, self.world)
        kind = self.faults.kind_at(ordinal)
        reply, asked = self._spoiled(request, kind) or self._answered(request)
        reply = self._dated(reply, request)
        with self._lock:
            self.asked.append(replace(asked, fault=kind or asked.fault, status=reply.status))
        return replace(reply, fault=kind if kind in _IN_WRITING else reply.fault)

    def _next_ordinal(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    # -- what goes wrong on purpose ---------------------------------------------------------------

    def _spoiled(self, request: Incoming, kind: str | None) -> tuple[Outgoing, Asked] | None:
        if kind is None or kind in _IN_WRITING:
            return None
        return self._fault(kind, request), _as_asked(request)

    def _fault(self, kind: str, request: Incoming) -> Outgoing:
        """What a request gets that meets this fault."""
        if kind == "rate_limited":
            told = self._limit_headers(request, spent_for=timedelta(seconds=1))
            if request.is_graphql:
                return replace(_of_graphql([{"type": "RATE_LIMITED", "message": OVER}]), headers=_typed(told))
            return _refused(403, OVER, told)
        if kind == "rate_limited_403":
            return _refused(403, OVER, self._limit_headers(request, spent_for=timedelta(seconds=1)))
        if kind == "errors":
            return _json(200, {"data": None, "errors": [{"message": BROKEN}]})
        return _FAULTS[kind]()

    # -- what is right ----------------------------------------------------------------------------

    def _answered(self, request: Incoming) -> tuple[Outgoing, Asked]:
        asked = _as_asked(request)
        if not self._may_ask(request):
            return _refused(401, "Bad credentials"), asked
        if request.is_graphql:
            return self._of_query(request, asked)
        return self._of_rest(request, asked)

    def _may_ask(self, request: Incoming) -> bool:
        if rest.is_of_app(request.path.removeprefix(PREFIX)):
            return True
        with self.world.lock:
            rest.drop_ended_tokens(self.world)
            return request.token in self.world.tokens

    def _of_rest(self, request: Incoming, asked: Asked) -> tuple[Outgoing, Asked]:
        path = request.path.removeprefix(PREFIX)
        is_free = path == "/rate_limit"
        if not is_free and not self._charge("core_used", 1):
            return _refused(403, OVER), asked
        parts = (request.method, path, request.parameters, request.headers, request.body)
        reply = rest.handle(self.world, *parts)
        paid = replace(asked, points=0 if is_free else 1)
        if reply is None:
            return _refused(404, "Not Found"), paid
        return _json(
            reply.status, reply.body, {name.lower(): told for name, told in reply.headers.items()}
        ), paid

    def _of_query(self, request: Incoming, asked: Asked) -> tuple[Outgoing, Asked]:
        told = _decoded(request.body)
        if told is None:
            return _refused(400, "Problems parsing JSON"), asked
        text, variables = told.get("query") or "", told.get("variables") or {}
        asked = replace(asked, query=text, variables=variables)
        query = read(text)
        if query.document is None:
            return _of_graphql(list(query.problems)), asked
        question = Question(text, variables, cost_of(query.document, variables))
        return self._of_question(request, question, replace(asked, points=question.cost.points))

    def _of_question(self, request: Incoming, question: Question, asked: Asked) -> tuple[Outgoing, Asked]:
        cost = question.cost
        if cost.is_too_much:
            return _of_graphql([_too_many_nodes(cost)]), replace(asked, points=0)
        if not self._charge("points_used", cost.points):
            return _of_graphql([{"type": "RATE_LIMITED", "message": OVER}]), replace(asked, points=0)
        context = graph.Context(self.world, cost, self.faults.date_skew)
        told = graph.answer(read(question.text), question.variables, context)
        cannot_tell = not self.faults.unanswerable.isdisjoint(context.told)
        kind = self.faults.too_much_as if cannot_tell else self.faults.kind_for(cost)
        if kind is not None and kind != "slow":
            return self._fault(kind, request), replace(asked, fault=kind)
        return replace(_json(200, told), fault=kind), replace(asked, fault=kind)

    # -- limits and the clock ---------------------------------------------------------------------

    def _charge(self, account: str, points: int) -> bool:
        """Take points off one account, if it has them; both are filled again each hour."""
        world = self.world
        with world.lock:
            self._refill()
            used: int = getattr(world, account)
            if world.points_limit is not None and used + points > world.points_limit:
                return False
            setattr(world, account, used + points)
            return True

    def _refill(self) -> None:
        world, now = self.world, self.world.now()
        if world.resets_at is None:
            world.resets_at = now.replace(microsecond=0) + HOUR
        elif now >= world.resets_at:
            world.points_used, world.core_used = 0, 0
            world.resets_at = now.replace(microsecond=0) + HOUR

    def _dated(self, reply: Outgoing, request: Incoming) -> Outgoing:
        """Add the clock and what is left, as they stand after the request."""
        now = self.world.now() + self.faults.date_skew
        own = {"date": format_datetime(now, usegmt=True), "x-github-request-id": "0A1B:2C3D:4E5F"}
        return replace(reply, headers=own | self._limit_headers(request) | reply.headers)

    def _limit_headers(self, request: Incoming, spent_for: timedelta | None = None) -> dict[str, str]:
        """What is left, by the server's clock; `spent_for` tells that nothing is left for so long."""
        with self.world.lock:
            limit, now = self.world.points_limit, self.world.now()
            used = self.world.points_used if request.is_graphql else self.world.core_used
            resets_at = self.world.resets_at or now + HOUR
        if spent_for is not None:
            limit = limit or 5000
            used, resets_at = limit, now + spent_for
        if limit is None:
            return {}
        return _limits_told((limit, used), resets_at + self.faults.date_skew, is_graphql=request.is_graphql)


_IN_WRITING: Final = ("cut", "reset", "slow")


def _limits_told(account: tuple[int, int], resets_at: datetime, *, is_graphql: bool) -> dict[str, str]:
    limit, used = account
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(max(0, limit - used)),
        "x-ratelimit-used": str(used),
        "x-ratelimit-reset": str(ceil(resets_at.timestamp())),
        "x-ratelimit-resource": "graphql" if is_graphql else "core",
    }


_FAULTS: Final = {
    "500": lambda: _refused(500, "Server Error"),
    "502": lambda: _html(502, "502 Bad Gateway"),
    "504": lambda: _refused(504, "We couldn't respond to your request in time. Sorry about that."),
    "secondary": lambda: _refused(403, SECONDARY),
    "secondary_after": lambda: _refused(403, SECONDARY, {"retry-after": "1"}),
    "secondary_429": lambda: _refused(429, SECONDARY, {"retry-after": "1"}),
    "abuse": lambda: _refused(403, ABUSE, {"retry-after": "1"}),
    "html": lambda: _html(200, "Sign in to the corporate network"),
}


def _typed(headers: dict[str, str]) -> dict[str, str]:
    return {"content-type": "application/json; charset=utf-8", **headers}


def _as_asked(request: Incoming) -> Asked:
    kind = "graphql" if request.is_graphql else "rest"
    return Asked(request.method, request.path, kind, parameters=request.parameters)


def _decoded(body: bytes) -> dict[str, Any] | None:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return told if isinstance(told, dict) else None


def _too_many_nodes(cost: Cost) -> dict[str, Any]:
    return {
        "type": "MAX_NODE_LIMIT_EXCEEDED",
        "message": f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit "
        f"of {NODE_LIMIT:,}.",
    }
