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
from urllib3.exceptions import ProtocolError, ReadTimeoutError
from urllib3.exceptions import SSLError as BrokenTLSError

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
        return Heard(head.graph, head.status, head.headers, text=_beginning(body), lost=lost)
    return Heard(head.graph, head.status, head.headers, content)


def _beginning(body: str) -> str:
    """First words of a body, without the one that the cut goes through: it may be half a secret."""
    text = body.strip()
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT].rsplit(maxsplit=1)[0]


def _lost(error: OSError) -> Lost:
    if isinstance(error, SSLError) and "certificate" in str(error).lower():
        return "certificate"
    if isinstance(error, ConnectTimeout):
        return "unreachable"
    if isinstance(error, Timeout) or _comes_from(error, ReadTimeoutError):
        return "slow"
    # what fails while a line is made comes from a MaxRetryError instead
    is_broken = _comes_from(error, ProtocolError, BrokenTLSError)
    is_cut = is_broken or isinstance(error, ChunkedEncodingError | ContentDecodingError)
    return "cut" if is_cut else "unreachable"


def _comes_from(error: OSError, *kinds: type[Exception]) -> bool:
    return bool(error.args) and isinstance(error.args[0], kinds)


def _words(error: OSError) -> str:
    """Innermost reason: what is around it names objects of libraries."""
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", None) or cause
    return f"{str(reason).rsplit('>: ', maxsplit=1)[-1]}"
