"""What came back to a request? An answer or a reason for none; no exception of a library gets past here.

Exceptions of `requests` hold the request with its Authorization header, so they are turned into values
and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    SSLError,
    Timeout,
)
from urllib3.exceptions import ReadTimeoutError

from ingest.sources.github.faults import Heard, Lost

_MOST_TEXT: Final = 400  # characters kept of a body that is no JSON

Exchanged = tuple[int, Mapping[str, Any], str]  # status, headers, body


def heard_from(ask: Callable[[], Exchanged], *, graph: bool) -> Heard:
    """Answer of a request, or why there was none."""
    try:
        status, headers, body = ask()
    except OSError as error:  # all of requests' and the system's own
        return Heard(graph, text=_words(error), lost=_lost(error))
    return _read(body, Heard(graph, status, dict(headers)))


def _read(body: str, head: Heard) -> Heard:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        is_cut = head.status < 300 and body.lstrip().startswith(("{", "["))  # noqa: PLR2004 - HTTP
        lost: Lost | None = "cut" if is_cut else None
        return Heard(head.graph, head.status, head.headers, text=body[:_MOST_TEXT], lost=lost)
    return Heard(head.graph, head.status, head.headers, content)


def _lost(error: OSError) -> Lost:
    if isinstance(error, SSLError):
        return "certificate" if "certificate" in str(error).lower() else "unreachable"
    if isinstance(error, ConnectTimeout):
        return "unreachable"
    if isinstance(error, Timeout) or _stopped_in_the_body(error):
        return "slow"
    is_cut = isinstance(error, ChunkedEncodingError | ContentDecodingError)
    return "cut" if is_cut else "unreachable"


def _stopped_in_the_body(error: OSError) -> bool:
    return bool(error.args) and isinstance(error.args[0], ReadTimeoutError)


def _words(error: OSError) -> str:
    """Innermost reason: what is around it names objects of libraries."""
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", None) or cause
    return f"{str(reason).rsplit('>: ', maxsplit=1)[-1]}"
