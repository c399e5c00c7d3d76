"""Bare mirrors of the repositories: what landed, and where lines come from."""

from __future__ import annotations

from typing import Final

from ingest.sources.base import LiveSource
from ingest.sources.git.pulling import pull

GIT: Final = LiveSource(
    "git", "history of the repositories, kept as bare mirrors: what landed, and where lines come from", pull
)

__all__ = ["GIT"]
