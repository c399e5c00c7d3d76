"""How does the receiver answer? OTLP/HTTP 1.x: 200 when it is on the disk, 4xx for ever, 503 for now.

https://opentelemetry.io/docs/specs/otlp/#otlphttp. Senders repeat what was answered with 503 or 429, and drop
what was answered with 400; so a full disk and a flood are 503, and only what will never be understood is 400.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route as Address

from ingest.receiving.bodies import FORMS, JSON, PROTOBUF, ROUTES, BadBodyError, Route, understood, unpacked
from ingest.receiving.writing import Writer

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "::1", "[::1]")
RETRY_SECONDS: Final = "2"
_TRY_LATER: Final = 503
_STATUS_CODES: Final = {400: 3, 403: 7, 408: 4, 413: 8, 415: 3, _TRY_LATER: 14}  # of google.rpc.Code
_MESSAGE_TAG: Final = b"\x12"  # field 2 of google.rpc.Status, a string
_CODE_TAG: Final = b"\x08"  # field 1, a number
_SEVEN_BITS: Final = 0x7F


@dataclass(frozen=True)
class Limits:
    """How much is taken at once."""

    body_bytes: int = 4 * 1024 * 1024  # of one request, as sent
    unpacked_bytes: int = 32 * 1024 * 1024  # of one request, unpacked
    at_once: int = 8  # requests that are worked on at the same time
    body_seconds: float = 20.0  # longest time for a body to arrive


@dataclass
class Counts:
    """What was answered since the start."""

    kept: int = 0
    refused: int = 0  # for ever
    put_off: int = 0  # for now


Answering = Callable[[Request], Coroutine[Any, Any, Response]]


class Receiver:
    """Takes messages, one request at a time, and hands them to the writer."""

    def __init__(self, writer: Writer, limits: Limits, counts: Counts, *, keep_text: bool = False) -> None:
        self._writer, self._limits, self._keep_text = writer, limits, keep_text
        self._counts, self._working = counts, 0

    def taking(self, route: Route) -> Answering:
        """Answer the requests of one kind."""

        async def take(request: Request) -> Response:
            if self._working >= self._limits.at_once:
                return self._put_off(request, "too many requests at once; try again")
            self._working += 1
            try:
                return await self._answer(request, route)
            finally:
                self._working -= 1

        return take

    async def _answer(self, request: Request, route: Route) -> Response:
        try:
            await self._keep(request, route)
        except BadBodyError as error:
            self._counts.refused += 1
            return _refusal(request, error.status, str(error))
        except OSError as error:
            return self._put_off(
                request, f"cannot be written ({error.strerror}); make room, it is sent again"
            )
        self._counts.kept += 1
        return _accepted(request)

    async def _keep(self, request: Request, route: Route) -> None:
        form = FORMS.get(_content_type(request))
        if form is None:
            raise BadBodyError(415, f"send Content-Type {JSON} or {PROTOBUF}")
        if "origin" in request.headers:
            raise BadBodyError(403, "pages in a browser may not send telemetry here")
        content = await self._body(request)
        encoding = request.headers.get("content-encoding", "").strip().lower()
        told = unpacked(content, encoding, self._limits.unpacked_bytes)
        message = await asyncio.to_thread(understood, told, route, form, keep_text=self._keep_text)
        await asyncio.wrap_future(self._writer.submit(message))

    async def _body(self, request: Request) -> bytes:
        """All of a body, or an error as soon as it is too much."""
        taken = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for part in request.stream():
                    taken += part
                    if len(taken) > self._limits.body_bytes:
                        raise BadBodyError(413, f"the body has more than {self._limits.body_bytes:,} bytes")
        except TimeoutError as error:
            raise BadBodyError(408, f"the body did not arrive in {self._limits.body_seconds:g} s") from error
        except ClientDisconnect as error:
            raise BadBodyError(400, "the body ended before its end") from error
        return bytes(taken)

    def _put_off(self, request: Request, words: str) -> Response:
        self._counts.put_off += 1
        return _refusal(request, _TRY_LATER, words)

    async def tell(self, _request: Request) -> Response:
        """Say in words what was done."""
        counts = self._counts
        return PlainTextResponse(
            f"pilot receive: {counts.kept} kept, {counts.refused} refused, {counts.put_off} put off\n"
        )


def application(receiver: Receiver, close: Callable[[], None]) -> Starlette:
    """The receiver as a web application; `close` is called when it ends."""

    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(close)

    addresses = [Address(route.path, receiver.taking(route), methods=["POST"]) for route in ROUTES]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES))
    return Starlette(routes=[Address("/", receiver.tell), *addresses], middleware=[hosts], lifespan=living)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _accepted(request: Request) -> Response:
    """An export response without words: everything was taken."""
    is_json = _content_type(request) == JSON
    return Response(b"{}" if is_json else b"", media_type=JSON if is_json else PROTOBUF)


def _refusal(request: Request, status: int, words: str) -> Response:
    """A google.rpc.Status in the sender's own form."""
    headers = {"Retry-After": RETRY_SECONDS} if status == _TRY_LATER else {}
    code = _STATUS_CODES[status]
    if _content_type(request) == PROTOBUF:
        told = words.encode()
        content = _CODE_TAG + bytes([code]) + _MESSAGE_TAG + _varint(len(told)) + told
        return Response(content, status, headers, PROTOBUF)
    return Response(orjson.dumps({"code": code, "message": words}), status, headers, JSON)


def _varint(number: int) -> bytes:
    """A number as protobuf writes it.

    >>> _varint(300).hex()
    'ac02'
    """
    taken = bytearray()
    while number > _SEVEN_BITS:
        taken.append(number & _SEVEN_BITS | _SEVEN_BITS + 1)
        number >>= 7
    return bytes([*taken, number])
