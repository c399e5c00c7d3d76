"""How many lines of each landed commit still stand?"""

from __future__ import annotations

from datetime import datetime

from ingest.history.mirrors import Mirrors
from ingest.settings import IngestSettings
from ingest.store import Store


def count_surviving(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:  # noqa: ARG001
    """Bring `surviving_code_lines` of landed commits in line with the mirrors; remarks by reason."""
    return {}
