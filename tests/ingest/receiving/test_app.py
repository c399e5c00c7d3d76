from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from ingest.receiving.app import Counts, Limits, Receiver, application
from ingest.receiving.spool import Message, Spool
from ingest.receiving.writing import Writer

JSON, PROTOBUF = "application/json", "application/x-protobuf"
LOGS = {"resourceLogs": []}
Answer = tuple[int, dict[str, str], bytes]


def awaited(answer: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives, in a thread of its own: browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, answer).result()


class Desk:
    """The application, asked without a network."""

    def __init__(self, folder: Path, limits: Limits | None = None, *, keep_text: bool = False) -> None:
        self.folder, self.counts = folder, Counts()
        self.writer = Writer(Spool(folder, lambda: datetime(2026, 8, 17, tzinfo=UTC)))
        receiver = Receiver(self.writer, limits or Limits(), self.counts, keep_text=keep_text)
        self.app = application(receiver, self.writer.close)

    def kept(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("otlp-*")))

    def ask(self, *parts: bytes, path: str = "/v1/logs", **headers: str) -> Answer:
        return awaited(self.asked(stream(*parts), path, headers))

    async def asked(
        self, receive: Callable[[], Awaitable[dict[str, Any]]], path: str, headers: dict[str, str]
    ) -> Answer:
        named = {"host": "127.0.0.1:4318", "content-type": JSON} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        told = [(name.encode(), value.encode()) for name, value in named.items()]
        scope = {
            "type": "http", "method": "POST", "path": path, "headers": told, "query_string": b"",
            "http_version": "1.1", "scheme": "http", "raw_path": path.encode(), "root_path": "",
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)  # type: ignore[arg-type]
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], answered, b"".join(each.get("body", b"") for each in sent[1:])


def stream(*parts: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    """A body that arrives in parts."""

    async def told() -> AsyncIterator[dict[str, Any]]:
        for place, part in enumerate(parts):
            yield {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
        while True:
            yield {"type": "http.disconnect"}

    messages = told()
    return lambda: anext(messages)  # type: ignore[arg-type, return-value]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.writer.close()


def test_json_is_kept_in_one_line_and_answered_as_the_standard_says(desk: Desk) -> None:
    assert desk.ask(b'{\n  "resource', b'Logs": []\n}')[::2] == (200, b"{}")
    assert desk.kept() == b'{"resourceLogs":[]}\n'


def test_protobuf_is_kept_behind_its_length(desk: Desk) -> None:
    message = ExportLogsServiceRequest()
    message.resource_logs.add().schema_url = "s"
    status, headers, body = desk.ask(message.SerializeToString(), content_type=PROTOBUF)
    assert (status, headers["content-type"], body) == (200, PROTOBUF, b"")
    assert desk.kept() == len(message.SerializeToString()).to_bytes(4, "big") + message.SerializeToString()


def test_gzip_is_unpacked(desk: Desk) -> None:
    assert desk.ask(gzip.compress(orjson.dumps(LOGS), mtime=0), content_encoding="gzip")[0] == 200
    assert desk.kept() == b'{"resourceLogs":[]}\n'


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"{", {}, 400, "no JSON"),
        (b'{"hello": 1}', {}, 400, "no list 'resourceLogs'"),
        (b"[1]", {}, 400, "no list"),
        (b"", {}, 400, "no JSON"),
        (b"\xff\xff", {"content_type": PROTOBUF}, 400, "no OTLP protobuf"),
        (b"{}", {"content_type": "text/plain"}, 415, "send Content-Type"),
        (b"{}", {"content_encoding": "br"}, 415, "'br' is not known"),
        (b"{}", {"content_encoding": "gzip"}, 400, "no gzip"),
        (gzip.compress(b"{}" * 99, mtime=0)[:-9], {"content_encoding": "gzip"}, 400, "ends before its end"),
        (b'{"resourceLogs": []}', {"origin": "https://evil.example"}, 403, "browser"),
    ],
)
def test_what_will_never_be_understood_is_refused_with_a_word_and_nothing_is_kept(
    desk: Desk, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    answered, _, told = desk.ask(body, **headers)
    assert answered == status
    assert words.encode() in told
    assert desk.kept() == b""


def test_a_name_that_is_not_this_machine_is_refused(desk: Desk) -> None:
    assert desk.ask(orjson.dumps(LOGS), host="rebound.example:4318")[0] == 400
    assert desk.kept() == b""


def test_too_much_is_refused_before_all_of_it_is_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Limits(body_bytes=10, unpacked_bytes=1000))
    assert desk.ask(b"12345", b"67890", b"1")[0] == 413
    desk.writer.close()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Limits(unpacked_bytes=1000))
    bomb = gzip.compress(b" " * 50_000_000)
    status, _, told = desk.ask(bomb, content_encoding="gzip")
    assert (status, b"more than 1,000 bytes" in told) == (413, True)
    desk.writer.close()


def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    async def silence() -> dict[str, Any]:
        await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    desk = Desk(tmp_path, Limits(body_seconds=0.01))
    assert awaited(desk.asked(silence, "/v1/logs", {}))[0] == 408
    desk.writer.close()


def test_a_flood_is_put_off_and_every_acknowledged_message_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Limits(at_once=4))

    async def flood() -> list[Answer]:
        bodies = (b'{"resourceLogs":[{"schemaUrl":"%d"}]}' % number for number in range(40))
        return await asyncio.gather(*(desk.asked(stream(body), "/v1/logs", {}) for body in bodies))

    answers = awaited(flood())
    desk.writer.close()
    taken = [answer for answer in answers if answer[0] == 200]
    put_off = [answer for answer in answers if answer[0] == 503]
    assert len(taken) + len(put_off) == 40
    assert 4 <= len(taken) < 40
    assert all(answer[1]["retry-after"] == "2" for answer in put_off)
    assert len(desk.kept().splitlines()) == len(taken) == desk.counts.kept


def test_a_full_disk_is_put_off_in_the_senders_own_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)

    def submit(_message: Message) -> Future[None]:
        kept: Future[None] = Future()
        kept.set_exception(OSError(28, "No space left on device"))
        return kept

    monkeypatch.setattr(desk.writer, "submit", submit)
    status, headers, told = desk.ask(orjson.dumps(LOGS))
    assert (status, headers["retry-after"], orjson.loads(told)["code"]) == (503, "2", 14)
    status, _, told = desk.ask(b"", content_type=PROTOBUF)
    assert (status, told[:2], b"No space left on device" in told) == (503, b"\x08\x0e", True)
    desk.writer.close()


def test_texts_are_kept_only_where_the_settings_ask_for_it(tmp_path: Path) -> None:
    attribute = {"key": "prompt", "value": {"stringValue": "delete it"}}
    body = orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": [attribute]}]}]}]})
    for name, keep_text, told in (("masked", False, b"xxxxxx xx"), ("whole", True, b"delete it")):
        (tmp_path / name).mkdir()
        desk = Desk(tmp_path / name, keep_text=keep_text)
        assert desk.ask(body)[0] == 200
        desk.writer.close()
        assert told in desk.kept()
