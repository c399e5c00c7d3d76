"""Telemetry of coding agents, as a collector's file exporter or `pilot receive` writes it (OTLP)."""

from __future__ import annotations

from typing import Final

from ingest.sources.approvals.base import Format
from ingest.sources.approvals.otlp.reading import read, recognises

OTLP: Final = Format(
    "otlp",
    "telemetry of Claude Code, Codex or Gemini CLI in files of a collector: JSON lines, or messages behind "
    "lengths, each or all of them zstd",
    "otlp",
    recognises,
    read,
)

__all__ = ["OTLP"]
