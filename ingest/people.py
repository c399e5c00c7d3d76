"""Findings that people told: incidents, and what audits found."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ingest.store import Store

PEOPLE_SOURCE: Final = "people"


def derive_people(store: Store, at: datetime) -> None:
    """Bring the findings that people told in line with incidents and audit reviews."""
