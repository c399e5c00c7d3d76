"""Reading a repository live, beside perceval on the same server: requests, points, seconds, memory.

Stays small itself: a child's peak memory begins at that of the process it leaves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

ROOT = Path(__file__).parents[2]
COUNT: Final = int(os.environ.get("BENCH_LIVE", "1000"))
LATENCIES: Final = (0.0, 0.05)
CONFIGURATION: Final = """
[store]
uri = "lake"
[[pilot]]
name = "live"
repositories = ["{repository}"]
start_on = 2026-03-02
[sources.github]
url = "{url}"
token_file = "token"
"""
HEAD: Final = f"{'':<44}{'requests':>9}{'points':>8}{'seconds':>9}{'peak MB':>9}"


@dataclass(frozen=True)
class Asked:
    """What a server was asked so far."""

    requests: int
    points: int  # what the hourly quota loses by it: points of GraphQL, and one for each request by REST


class Server:
    """The server's process."""

    def __init__(self, latency_seconds: float) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.live_server", str(COUNT), str(latency_seconds)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        told = self._line()
        self.url, self.repository = told["url"], told["repository"]

    def asked(self) -> Asked:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Asked(**self._line())

    def stop(self) -> None:
        self._process.communicate()

    def _line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def main(folder: Path) -> None:
    for latency in LATENCIES:
        _beside(folder / f"live-{latency}", latency)


def _beside(folder: Path, latency: float) -> None:
    """Three readings of the same repository at one latency."""
    server = Server(latency)
    try:
        print(f"  {COUNT:,} pull requests, {1000 * latency:.0f} ms away\n  {HEAD}", flush=True)
        config = _configured(folder, server)
        ours = [sys.executable, "-m", "dashboard", "ingest", "github", "--config", str(config)]
        theirs = [sys.executable, "-m", "tests.benchmarks.live_perceval", server.url, server.repository]
        _report("pilot ingest github, first time", ours, server)
        _report("  again, nothing new", ours, server)
        _report("perceval github, pull_request", theirs, server)
    finally:
        server.stop()


def _configured(folder: Path, server: Server) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "token").write_text("good-token")
    (folder / "token").chmod(0o600)
    config = folder / "pilot.toml"
    config.write_text(CONFIGURATION.format(repository=server.repository, url=server.url))
    return config


def _report(title: str, command: Sequence[str], server: Server) -> None:
    before, began = server.asked(), perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - began
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"bench: {title.strip()} ended with {code}: {list(command)}")
    after = server.asked()
    requests, points = after.requests - before.requests, after.points - before.points
    print(
        f"  {title:<44}{requests:>9,}{points:>8,}{seconds:>9.2f}{usage.ru_maxrss / 1024:>9,.0f}", flush=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
