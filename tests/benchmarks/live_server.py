"""A loopback server in a process of its own, so that its memory and its work are nobody's else.

Prints its address; then tells, for every line it reads, how much was asked of it since it began.
"""

from __future__ import annotations

import json
import sys

from tests.github_server.http import GitHubServer
from tests.github_server.loading import invented
from tests.github_server.world import World

ENOUGH = 1_000_000  # a limit that nobody meets: who needs more than an hour's quota is not made to wait


def main(count: int, latency_seconds: float) -> None:
    repo = invented(count, seed=1)
    with GitHubServer(World([repo], points_limit=ENOUGH), latency_seconds=latency_seconds) as server:
        print(json.dumps({"url": server.url, "repository": repo.name_with_owner}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"requests": server.requests, "points": server.points}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
