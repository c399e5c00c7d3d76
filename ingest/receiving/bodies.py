"""What did somebody send: unpacked within limits, understood as OTLP, and without texts?"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.receiving.masking import mask_json, mask_message
from ingest.receiving.spool import Form, Message

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"
FORMS: Final[dict[str, Form]] = {JSON: "json", PROTOBUF: "protobuf"}
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Route:
    """One kind of telemetry."""

    path: str
    field: str  # its only field in JSON
    request: Any  # its protobuf message


ROUTES: Final[tuple[Route, ...]] = (
    Route("/v1/logs", "resourceLogs", ExportLogsServiceRequest),
    Route("/v1/traces", "resourceSpans", ExportTraceServiceRequest),
    Route("/v1/metrics", "resourceMetrics", ExportMetricsServiceRequest),
)


class BadBodyError(Exception):
    """A body that no second attempt will make better."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def unpacked(content: bytes, encoding: str, most: int) -> bytes:
    """A body without its compression.

    Raises
    ------
    BadBodyError
        415 unknown compression, 400 no gzip, 413 more than `most` bytes.

    >>> unpacked(b"{}", "", 10)
    b'{}'
    """
    if encoding in {"", "identity"}:
        return content
    if encoding != "gzip":
        raise BadBodyError(415, f"Content-Encoding {encoding[:40]!r} is not known; send gzip or none")
    return _gunzipped(content, most)


def _gunzipped(content: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        told = unpacker.decompress(content, most + 1)
    except zlib.error as error:
        raise BadBodyError(400, f"the body is no gzip ({error})") from error
    if len(told) > most:
        raise BadBodyError(413, f"the body unpacks to more than {most:,} bytes; send smaller batches")
    if not unpacker.eof:
        raise BadBodyError(400, "the gzip body ends before its end")
    return told


def understood(content: bytes, route: Route, form: Form, *, keep_text: bool) -> Message:
    """One message as it will be kept; BadBodyError 400 for what is no OTLP."""
    read = _of_json if form == "json" else _of_protobuf
    return read(content, route, keep_text)


def _of_json(content: bytes, route: Route, keep_text: bool) -> Message:  # noqa: FBT001 - as `understood`
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadBodyError(400, f"the body is no JSON ({error})") from error
    if not isinstance(told, dict) or not isinstance(told.get(route.field), list):
        raise BadBodyError(400, f"the body has no list {route.field!r}, as OTLP/JSON at {route.path} has")
    if not keep_text:
        mask_json(told)
    return Message("json", orjson.dumps(told))


def _of_protobuf(content: bytes, route: Route, keep_text: bool) -> Message:  # noqa: FBT001 - as `understood`
    told = route.request()
    try:
        told.ParseFromString(content)
    except DecodeError as error:
        raise BadBodyError(400, "the body is no OTLP protobuf message") from error
    if not keep_text:
        mask_message(told)
    return Message("protobuf", told.SerializeToString())
