"""The dashboard's own program ends with the command that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from dashboard import serving
from dashboard.ports import LOOPBACK, require_free

ROOT = Path(__file__).parents[2]
CONFIG = '[[pilot]]\nname = "pay"\nrepositories = ["acme/pay"]\nstart_on = 2026-06-01\n'
PATIENCE_SECONDS = 60


def is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/_stcore/health", timeout=5):
            return True
    except (URLError, ConnectionError):
        return False


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """What it writes to stderr."""
    return tmp_path / "stderr"


@pytest.fixture
def served(tmp_path: Path, port: int, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`pilot serve` that has answered once."""
    config = tmp_path / "pilot.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "dashboard", "serve", "--config", str(config), "--port", str(port)]
    with said.open("wb") as stderr:
        started = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True
        )
    try:
        wait_until_up(started, port)
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def wait_until_up(started: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_up(port):
        assert started.poll() is None, "it stopped before it answered"
        assert time.monotonic() < deadline, "it does not answer"
        time.sleep(0.01)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_nothing_listens_any_more_when_the_command_was_asked_to_end(
    served: subprocess.Popen[bytes], port: int, said: Path, asked: signal.Signals
) -> None:
    served.send_signal(asked)
    assert served.wait(PATIENCE_SECONDS) == 0
    assert said.read_text(encoding="utf-8").splitlines()[-1] == "pilot: dashboard stopped"
    assert not is_up(port)
    require_free(port)


def test_a_program_that_does_not_end_by_itself_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    )
    started = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert started.stdout is not None
    with started.stdout as ready:
        ready.readline()
        monkeypatch.setattr(serving, "PATIENCE_SECONDS", 0.01)
        serving._stop(started)
    assert started.returncode == -signal.SIGKILL
