"""Is the port that the dashboard wants free? Asked before anything else is done."""

from __future__ import annotations

import socket
import sys
from typing import Final

from ingest.errors import UsageError

LOOPBACK: Final = "127.0.0.1"


def require_free(port: int) -> None:
    """Refuse a port that something else listens on, before Streamlit would silently choose another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"port {port} cannot be used ({reason}); choose another: PORT=8502") from error


if __name__ == "__main__":  # `make run` asks before it ingests
    try:
        require_free(int(sys.argv[1]))
    except (UsageError, ValueError) as error:
        sys.exit(f"pilot: {error}")
