"""Pull requests of one repository through perceval, with the fair settings: nothing held, nobody waited for.

It asks for more than we do (accounts, reactions), and for less (no timeline, no files, no checks).
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from perceval.backends.core.github import CATEGORY_PULL_REQUEST, GitHub


def main(url: str, name: str) -> None:
    owner, _, repository = name.partition("/")
    parts = urlsplit(url)
    backend = GitHub(
        owner=owner,
        repository=repository,
        api_token=["good-token"],
        base_url=f"{parts.scheme}://{parts.netloc}",
        sleep_for_rate=False,
    )
    print(sum(1 for _ in backend.fetch(category=CATEGORY_PULL_REQUEST)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
