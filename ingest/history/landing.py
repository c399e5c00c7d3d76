"""What landed on the protected branches, and which files do their repositories mark?"""

from __future__ import annotations

from datetime import datetime

from ingest.history.mirrors import Mirrors
from ingest.settings import IngestSettings
from ingest.store import Store


def land(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:  # noqa: ARG001
    """Bring `landed_commits` and `file_marks` in line with the mirrors; what could not be used, by reason."""
    return {}
