"""The tables' keeper: one writer, many readers of published versions, on a folder or an object store."""

from __future__ import annotations

from ingest.store.facade import Store
from ingest.store.history import CleanedUpError
from ingest.store.pins import pins_of
from ingest.store.values import Published, Written

__all__ = ["CleanedUpError", "Published", "Store", "Written", "pins_of"]
