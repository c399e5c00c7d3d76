"""A server that says what it is told to say, and a clock that only sleeping moves."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Event, Lock, Thread
from typing import Any

from ingest.settings import GitHubSettings
from ingest.sources.base import Outside, Progress
from ingest.sources.github.connection import LEAST, Connection, Hub
from ingest.sources.github.credentials import App, Credentials

TOKEN = "good-" + "token"
QUESTION = "query { viewer { login } rateLimit { cost remaining limit resetAt } }"
GOOD = {"data": {"viewer": {"login": "jo"}, "rateLimit": None}}
BEGUN_AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Time:
    """Sleeps without sleeping; remembers how long, and what was told meanwhile."""

    def __init__(self, begun_at: datetime = BEGUN_AT) -> None:
        self.slept: list[float] = []
        self.told: list[Progress] = []
        self.total = 0.0  # seconds slept
        self._begun_at = begun_at
        self._lock = Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.total += seconds

    def tell(self, progress: Progress) -> None:
        with self._lock:
            self.told.append(progress)

    def now(self) -> datetime:
        return self._begun_at + timedelta(seconds=self.total)

    @property
    def outside(self) -> Outside:
        return Outside(sleep=self.sleep, tell=self.tell)


@dataclass(frozen=True)
class Said:
    """One answer as it is written to the wire."""

    body: Any = field(default_factory=lambda: GOOD)  # bytes as they are; else JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # content-length; None = as it is
    stalls: bool = False  # goes silent before the end
    resets: bool = False  # the line breaks instead

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Script:
    """Answers one after the other; the last one for ever."""

    def __init__(self, *answers: Said | Callable[[Request], Said]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.root = ""
        self._lock = Lock()

    @property
    def url(self) -> str:
        return f"{self.root}/api/v3"

    def answer(self, request: Request) -> Said:
        with self._lock:
            self.requests.append(request)
            said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return said if isinstance(said, Said) else said(request)


def but_for_the_least(said: Said) -> Callable[[Request], Said]:
    """The same answer to every question but the smallest one there is."""
    return lambda request: Said() if LEAST.encode() in request.body else said


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_parts: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        said = self.server.script.answer(Request(self.command, self.path, dict(self.headers), body))
        if said.resets:
            self._reset()
            return
        self.send_response_only(said.status)
        given = {"date": date_of(BEGUN_AT), "content-type": "application/json"} | dict(said.headers)
        for name, value in given.items():
            self.send_header(name, value)
        length = len(said.content) if said.length is None else said.length
        self.send_header("content-length", str(length))
        self.end_headers()
        self.wfile.write(said.content)
        if said.stalls:
            Event().wait(0.1)
        self.close_connection = said.length is not None

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    script: Script

    def handle_error(self, *_parts: Any) -> None:
        """A client that hangs up, or distrusts the certificate, is what some tests want."""


@contextmanager
def serving(*answers: Said | Callable[[Request], Said], tls: SSLContext | None = None) -> Iterator[Script]:
    """A server on the loopback that gives these answers."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.script = Script(*answers)
    scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
    server.script.root = f"{scheme}://{host}:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield server.script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settings_for(url: str, **changed: Any) -> GitHubSettings:
    return GitHubSettings(url=url, **changed)


def hub_for(
    url: str, time: Time | None = None, credentials: Credentials | None = None, **changed: Any
) -> Hub:
    time = time or Time()
    known = credentials or Credentials("environment variable GITHUB_TOKEN", token=TOKEN)
    return Hub(settings_for(url, **changed), known, time.outside, time.now)


@contextmanager
def connected(
    url: str, time: Time | None = None, credentials: Credentials | None = None, **changed: Any
) -> Iterator[tuple[Hub, Connection]]:
    hub = hub_for(url, time, credentials, **changed)
    connection = hub.connect()
    try:
        yield hub, connection
    finally:
        connection.close()


def app_with(key: str, app_id: int = 7, installation: int = 11) -> Credentials:
    return Credentials("key file app.pem", app=App(app_id, installation, key))


def date_of(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def limited(left: int, resets_at: datetime, most: int = 5000) -> dict[str, str]:
    """Headers that tell what is left of a quota."""
    return {
        "x-ratelimit-limit": str(most),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(int(resets_at.timestamp())),
    }


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An exception with all that it drags along."""
    yield error
    for other in (error.__cause__, error.__context__):
        if other is not None:
            yield from chain_of(other)
