"""Logs of permission prompts: who was asked, who answered, and how long they looked."""

from __future__ import annotations

from typing import Final

from ingest.sources.approvals.pulling import pull
from ingest.sources.base import LiveSource

APPROVALS_SOURCE: Final = LiveSource(
    "approvals",
    "logs of permission prompts, in the formats of coding agents; read on from where they ended",
    pull,
)

__all__ = ["APPROVALS_SOURCE"]
