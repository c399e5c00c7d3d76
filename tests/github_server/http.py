"""The server itself: sockets on the loopback, connections that stay open, answers spoiled in writing."""

from __future__ import annotations

import gzip
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import parse_qsl, urlsplit

from tests.github_server.answering import Answerer, Asked, Incoming, Outgoing
from tests.github_server.faults import Faults
from tests.github_server.world import World

__all__ = ["Asked", "GitHubServer"]
WORTH_PACKING: Final = 1400  # bytes
_HANG_UP: Final = struct.pack("ii", 1, 0)  # close at once, by a reset


class GitHubServer:
    """Speaks as GitHub does, on a free port of the loopback, as long as the context is open.

    `url` is the base of REST as a server of one's own has it; queries go to `/api/graphql` beside it.
    """

    def __init__(
        self, world: World, faults: Faults | None = None, latency_seconds: float = 0.0, port: int = 0
    ) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.latency_seconds = latency_seconds
        self._answerer = Answerer(world, self.faults)
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.owner = self
        self._closing = Event()
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def root(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """What `[sources.github] url` is set to."""
        return f"{self.root}/api/v3"

    @property
    def asked(self) -> list[Asked]:
        """Every request so far, in order of its answer."""
        return self._answerer.asked

    @property
    def requests(self) -> int:
        """Number of requests so far."""
        return len(self.asked)

    @property
    def points(self) -> int:
        """What they cost: points of GraphQL, and one for each request by REST."""
        return sum(one.points for one in self.asked)

    def forget(self) -> None:
        """Begin to count anew; ordinals of faults go on."""
        self._answerer.asked.clear()

    def answer(self, request: Incoming) -> Outgoing:
        """Answer one request after the time that the way takes."""
        reply = self._answerer.answer(request)
        slow = self.faults.slow_seconds if reply.fault == "slow" else 0.0
        if pause := self.latency_seconds + slow:
            self._closing.wait(pause)
        return reply

    def start(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and end."""
        self._closing.set()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Threads of their own, which end with the server; clients that hang up are no errors."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    owner: GitHubServer

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.open: set[socket.socket] = set()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.open.discard(request)

    def hang_up(self) -> None:
        """End the connections that are still open."""
        for one in list(self.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; anything else is a fault of the server's own."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "github.com"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_parts: Any) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        told = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parameters = dict(parse_qsl(told.query, keep_blank_values=True))
        headers = cast("Mapping[str, str]", self.headers)  # whose names are found in any spelling
        request = Incoming(self.command, told.path, parameters, headers, body)
        self._write(self.server.owner.answer(request))

    def _write(self, reply: Outgoing) -> None:
        if reply.fault == "reset":
            self._reset()
            return
        content, headers = self._packed(reply)
        self.send_response_only(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        is_cut = reply.fault == "cut"
        self.wfile.write(content[: len(content) // 2] if is_cut else content)
        self.wfile.flush()
        self.close_connection = self.close_connection or is_cut

    def _packed(self, reply: Outgoing) -> tuple[bytes, dict[str, str]]:
        takes_gzip = "gzip" in (self.headers.get("accept-encoding") or "")
        if not takes_gzip or len(reply.body) < WORTH_PACKING:
            return reply.body, reply.headers
        return gzip.compress(reply.body, 1), {**reply.headers, "content-encoding": "gzip"}

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP)
        self.connection.close()
