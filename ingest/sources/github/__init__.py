"""Pull requests, checks and alerts of GitHub, read live and kept current."""

from __future__ import annotations

from typing import Final

from ingest.settings import IngestSettings
from ingest.sources.base import LiveSource, Pulled, Surroundings


def pull(settings: IngestSettings, surroundings: Surroundings) -> Pulled:
    """Bring the tables up to date with GitHub; its client is loaded when it is asked, and only then."""
    from ingest.sources.github import pulling  # noqa: PLC0415

    return pulling.pull(settings, surroundings)


GITHUB: Final = LiveSource(
    "github", "pull requests, reviews, checks and alerts of GitHub or GitHub Enterprise Server, live", pull
)

__all__ = ["GITHUB"]
