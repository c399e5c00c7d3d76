"""Is the port that the dashboard wants free? Asked before anything else is done."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from typing import Final

from ingest.errors import UsageError

LOOPBACK: Final = "127.0.0.1"
HIGHEST: Final = 65_535
ADVICE: Final = "use 1024 to 65535"  # lower ones belong to the system


def asked_port(words: Sequence[str]) -> int:
    """The port that the words of a command line name; digits only, and not 0, which means any.

    >>> asked_port(["8501"])
    8501
    """
    text = words[0] if words else ""
    is_number = text.isascii() and text.isdecimal()
    if not is_number or not 0 < int(text) <= HIGHEST:
        raise UsageError(f"PORT {text!r} is no port number; {ADVICE}")
    return int(text)


def require_free(port: int) -> None:
    """Refuse a port that something else listens on, before Streamlit would silently choose another."""
    if not 0 < port <= HIGHEST:
        raise UsageError(f"{port} is no port number; {ADVICE}")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(
                f"port {port} cannot be used ({reason}); choose another by --port, or PORT=8502 for make"
            ) from error


if __name__ == "__main__":  # `make run` asks before it ingests
    try:
        require_free(asked_port(sys.argv[1:]))
    except UsageError as error:
        sys.exit(f"pilot: {error}")
