"""The receiver as people start it: a program of its own, asked over the network, ended and killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """
[[pilot]]
name = "search"
repositories = ["acme/search"]
start_on = 2026-06-01
[sources.approvals]
paths = ["telemetry/otlp*"]
"""


class Receiver:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pilot.toml").write_text(CONFIG)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = self.start(self.port)
        self._wait_until_up()

    def start(self, port: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dashboard", "receive", "--port", str(port)]
        where = ["--config", str(self.folder / "pilot.toml")]
        return subprocess.Popen([*command, *where], cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def _wait_until_up(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("nothing listens")

    def post(self, number: int) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = json.dumps({"resourceLogs": [{"schemaUrl": str(number)}]})
            connection.request("POST", "/v1/logs", body, {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()

    def kept(self) -> set[int]:
        lines = [line for path in self.files() for line in path.read_bytes().split(b"\n")[:-1]]
        return {int(json.loads(line)["resourceLogs"][0]["schemaUrl"]) for line in lines}

    def files(self) -> list[Path]:
        return sorted((self.folder / "telemetry").glob("otlp-*"))


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.process.kill()
    receiver.process.communicate()


def test_it_receives_until_it_is_asked_to_end_and_only_one_may(receiver: Receiver) -> None:
    assert receiver.post(7) == 200
    second = receiver.start(receiver.port + 1)
    assert "another receiver writes here" in second.communicate(timeout=60)[1]
    assert second.returncode == 2
    receiver.process.send_signal(signal.SIGTERM)
    told = receiver.process.communicate(timeout=60)[1]
    assert "messages: 1 kept, 0 refused, 0 put off" in told
    assert "Traceback" not in told
    assert receiver.kept() == {7}


def test_a_kill_in_a_flood_loses_nothing_that_was_acknowledged(receiver: Receiver) -> None:
    acknowledged: set[int] = set()

    def send(first: int) -> None:
        for number in range(first, first + 1000):
            try:
                if receiver.post(number) == 200:
                    acknowledged.add(number)
            except OSError:
                return

    senders = [Thread(target=send, args=(first,)) for first in range(0, 6000, 1000)]
    for sender in senders:
        sender.start()
    until = time.monotonic() + 20
    while len(acknowledged) < 60 and time.monotonic() < until:
        time.sleep(0.01)
    receiver.process.kill()
    for sender in senders:
        sender.join(60)
    assert len(acknowledged) >= 60
    assert acknowledged <= receiver.kept()
