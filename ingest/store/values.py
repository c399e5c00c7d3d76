"""What the store answers: how much a write changed, and which versions belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Written:
    """What a write changed; a replay changes nothing."""

    inserted: int
    updated: int
    unchanged: int  # delivered rows that are stored already, or are older than what is stored
    deleted: int = 0  # only `replace` takes rows away

    def __add__(self, other: Written) -> Written:
        return Written(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
        )


@dataclass(frozen=True)
class Published:
    """A set of table versions that belong together; readers pin it and never see half a run."""

    run_id: str
    at: datetime  # UTC
    versions: Mapping[str, int]  # table -> Delta version; a table that is missing was empty
