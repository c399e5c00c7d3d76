from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from dashboard.ports import LOOPBACK, asked_port, require_free
from ingest.errors import UsageError


def test_a_busy_port_is_an_error_that_says_so() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} cannot be used .*--port"):
            require_free(port)


def test_a_free_port_is_accepted_and_left_free() -> None:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    require_free(port)
    require_free(port)


@pytest.mark.parametrize("port", [0, -1, 65_536, 99_999])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match=f"^{port} is no port number; use 1024 to 65535$"):
        require_free(port)


@pytest.mark.parametrize("text", ["abc", "", "0", "65536", "-1", "8501.0", "8_501", " 8501", "²", "٨٥٠١"])
def test_a_word_that_is_no_port_is_refused_by_what_was_seen(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        asked_port([text])
    assert str(refusal.value) == f"PORT {text!r} is no port number; use 1024 to 65535"


def test_no_word_at_all_is_refused_like_an_empty_one() -> None:
    with pytest.raises(UsageError, match=r"^PORT '' is no port number"):
        asked_port([])


@pytest.mark.parametrize(("text", "port"), [("1", 1), ("8501", 8501), ("65535", 65_535)])
def test_digits_in_range_are_a_port(text: str, port: int) -> None:
    assert asked_port([text]) == port


def test_make_gets_one_line_and_no_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "dashboard.ports", "abc"], capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert result.stderr == "pilot: PORT 'abc' is no port number; use 1024 to 65535\n"
