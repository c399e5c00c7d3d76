"""Logs of detectors: what they said of which item, and how sure they were."""

from __future__ import annotations

from typing import Final

from ingest.sources.base import LiveSource
from ingest.sources.detections.pulling import pull

DETECTIONS_SOURCE: Final = LiveSource(
    "detections",
    "logs of detectors of prompt injection, and tables of their scores; read on from where they ended",
    pull,
)

__all__ = ["DETECTIONS_SOURCE"]
