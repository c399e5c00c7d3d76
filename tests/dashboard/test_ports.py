from __future__ import annotations

import socket

import pytest

from dashboard.ports import LOOPBACK, require_free
from ingest.errors import UsageError


def test_a_busy_port_is_an_error_that_says_so() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} cannot be used"):
            require_free(port)


def test_a_free_port_is_accepted_and_left_free() -> None:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    require_free(port)
    require_free(port)


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(UsageError, match="99999"):
        require_free(99_999)
