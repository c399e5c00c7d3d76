"""The dashboard's own program ends with the command that started it."""

from __future__ import annotations

import os
import signal
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
from tests.browser.conftest import free_port

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
    return free_port()


@pytest.fixture
def served(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`pilot serve` that has answered once."""
    config = tmp_path / "pilot.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "dashboard", "serve", "--config", str(config), "--port", str(port)]
    started = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_up(port):
        assert started.poll() is None, "it stopped before it answered"
        assert time.monotonic() < deadline, "it does not answer"
        time.sleep(0.01)
    yield started
    started.kill()
    started.communicate()


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_nothing_listens_any_more_when_the_command_was_asked_to_end(
    served: subprocess.Popen[str], port: int, asked: signal.Signals
) -> None:
    served.send_signal(asked)
    _, said = served.communicate(timeout=PATIENCE_SECONDS)
    assert served.returncode == 0
    assert said.splitlines()[-1] == "pilot: dashboard stopped"
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
        serving._stop(started)  # noqa: SLF001
    assert started.returncode == -signal.SIGKILL
