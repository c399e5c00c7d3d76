"""Where does every reported line come from?"""

from __future__ import annotations

from datetime import datetime

from ingest.history.mirrors import Mirrors
from ingest.settings import IngestSettings
from ingest.store import Store


def trace(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:  # noqa: ARG001
    """Bring `line_origins` in line with what scans reported; what could not be traced, by reason."""
    return {}
